"""Leads from the client into a frame: by filters, by ids, or one with all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.lead_listing import wanted_id, wanted_text
from cvtr_widgets.api.lead_service import remember_places
from cvtr_widgets.errors import RequestRefused
from cvtr_widgets.frames.leads import FrameBuilder, records_frame
from cvtr_widgets.frames.masking import masked, masked_texts
from cvtr_widgets.models import DELIVERY_WORDS, STATUS_WORDS, ActionKind, Choice, LeadId
from cvtr_widgets.selection.lead_id import lead_id_of
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.session.progress_bar import Tell
from cvtr_widgets.session.seen_leads import SeenLeads
from cvtr_widgets.session.several_listings import Listings, combinations

if TYPE_CHECKING:
    import pandas as pd

Moment = str | date | datetime | None
Things = int | str | Sequence[int | str] | None
Words = str | Sequence[str] | None
Why = Literal["", "loading", "stopped", "missing"]
Stop = Callable[[], bool]
Show = Callable[["pd.DataFrame"], None]
LEADS_A_FRAME = 2_000
"""Ids read before their records are turned into columns and dropped."""
JOB_COLUMNS = {"job": "text", "type": "text", "passed": "object", "score": "object", "max_score": "object", "message": "text"}
NOTE_COLUMNS = dict.fromkeys(("date", "type", "text", "user"), "text")


@dataclass(frozen=True)
class LeadDetail:
    """One lead: ``fields`` (column -> value, empty ones left out), its job results ``jobs`` and its ``notes``, both frames.

    ``jobs``: index ``id`` (int64); ``job type message`` (text), ``passed score max_score`` (object: as the service sends them).
    ``notes``: index ``id`` (int64); ``date type text user`` (text). ``attrs["notes"]`` of both says what may be missing.
    """

    lead_id: LeadId
    fields: dict[str, Any]
    jobs: pd.DataFrame
    notes: pd.DataFrame

    def __repr__(self) -> str:
        """How much there is, and nothing of it: ``fields``, ``jobs`` and ``notes`` show that."""
        return (
            f"<LeadDetail {self.lead_id}: {len(self.fields)} fields, {len(self.jobs)} job results, {len(self.notes)} notes. "
            "See .fields, .jobs, .notes.>"
        )


class LeadLoader:
    """Reads leads with a client and gives frames (``FRAME_COLUMNS``); ``masked``: with personal columns shortened."""

    def __init__(self, client: Convertr, *, masked: bool = False) -> None:
        self._client = client
        self.masked = masked
        self.seen = SeenLeads()
        """The ids of all leads that were read."""

    def _builder(self) -> FrameBuilder:
        return FrameBuilder(self._client.fields, self._client.dialect.value("processr", "names"))

    def _frame(self, builder: FrameBuilder, as_of: datetime, notes: Iterable[str], absent: Iterable[LeadId]) -> pd.DataFrame:
        names = self._client.catalog.names
        frame = builder.frame(campaigns=names("campaigns"), publishers=names("publishers"), as_of=as_of, notes=notes)
        frame.attrs["not_found"] = list(absent)
        return masked(frame) if self.masked else frame

    def by_filters(
        self,
        *,
        campaign: Things,
        publisher: Things,
        status: Words,
        delivery: Words,
        created_after: Moment,
        created_before: Moment,
        tell: Tell,
        stop: Stop,
        go_on: bool,
        show: Show | None = None,
    ) -> pd.DataFrame:
        """Leads that match all filters, each with any of its values; of several values the newest first. ``show`` is given what
        has come so far: after the first page, then each time that it has doubled, so that showing costs no more than loading.
        """
        queries = combinations(campaign=campaign, publisher=publisher, status=status, delivery=delivery)
        parts = []
        for query in queries:
            listing = self._client.listing(
                campaign=self.named("campaigns", query["campaign"]),
                publisher=self.named("publishers", query["publisher"]),
                status=_known(query["status"], STATUS_WORDS, "status"),
                delivery=_known(query["delivery"], DELIVERY_WORDS, "delivery"),
                created_after=created_after,
                created_before=created_before,
                go_on=go_on or len(queries) > 1,  # then all of them are counted together
                cancelled=stop,
            )
            parts.append((query, listing))
        found = self._read(Listings(parts, self._client.fields.lead_ids, go_on=go_on), tell, stop, show)
        unfiltered = all(f is None for f in (campaign, publisher, status, delivery, created_after, created_before))
        self.seen.note(found, whole=unfiltered and not stop())
        return found

    def count(
        self, *, campaign: int | str | None, created_after: Moment, created_before: Moment, stop: Stop
    ) -> tuple[int | None, int]:
        """How many leads the service counts (None: it names no number), and how many of them its first page has."""
        listing = self._client.listing(
            campaign=self.named("campaigns", campaign), created_after=created_after, created_before=created_before, go_on=True,
            cancelled=stop,
        )  # fmt: skip
        next(listing.pages(), None)
        return listing.tally.expected, listing.tally.rows

    def _read(self, listings: Listings, tell: Tell, stop: Stop, show: Show | None) -> pd.DataFrame:
        """The leads of listings as they come."""
        as_of = datetime.now(UTC)
        builder = self._builder()
        due = 1

        def made(why: Why, notes: Iterable[str]) -> pd.DataFrame:
            frame = self._frame(builder, as_of, notes, ())
            return _covering(_newest_first(frame) if listings.in_parts else frame, why, listings.rows, listings.expected)

        for page in listings.pages():
            builder.add(page)
            remember_places(self._client, page)
            tell(listings.rows, listings.expected)
            if listings.rows < (listings.expected or 0):
                import pandas  # noqa: F401  takes its time, once: now, while answers are on their way
            if show is not None and len(builder) >= due and not stop():
                # Doubling keeps the work of all previews together below that of the last one.
                due = 2 * len(builder)
                show(made("loading", ()))
        return made("stopped" if stop() else "missing" if listings.missing else "", listings.notes)

    def chosen(self, selection: Selection, tell: Tell, stop: Stop) -> pd.DataFrame:
        """The leads of a selection; what was not taken of it is among the notes."""
        found = self.by_ids(selection.ids, tell, stop)
        self.seen.note(found)
        found.attrs["notes"] = [*found.attrs.get("notes", ()), *selection.warnings]
        return found

    def by_ids(self, ids: Sequence[LeadId], tell: Tell, stop: Stop) -> pd.DataFrame:
        """Given leads, in their order; those that are not there are in ``attrs["not_found"]``."""
        as_of = datetime.now(UTC)
        builder = self._builder()
        absent: list[LeadId] = []
        done = 0
        for start in range(0, len(ids), LEADS_A_FRAME):
            part = ids[start : start + LEADS_A_FRAME]

            def tick(count: int, before: int = start) -> None:
                tell(before + count, len(ids))

            found = self._client.fetch_records(part, tick=tick, cancelled=stop)
            if stop():
                break
            builder.add([found[i] for i in part if i in found])
            absent += [i for i in part if i not in found]
            done += len(part)
        notes = []
        if absent:
            notes.append(f"{len(absent):,} of {len(ids):,} ids were not found: deleted, or not visible to you.")
        if done < len(ids):
            notes.append(f"Stopped by you after {done:,} of {len(ids):,} ids; the rest was not read.")
        return self._frame(builder, as_of, notes, absent)

    def named(self, resource: str, value: int | str | None) -> int | None:
        """As ``named``."""
        return named(self._client, resource, value)

    def detail(self, lead_id: LeadId) -> LeadDetail:
        """One lead with its job results and notes."""
        lead_id = lead_id_of(lead_id)
        builder = self._builder()
        builder.add([self._client.lead(lead_id)])
        row = self._frame(builder, datetime.now(UTC), (), ()).iloc[0]
        fields = {str(k): v for k, v in row.items() if v is not None and str(v) not in {"<NA>", "nan", "NaT"}}
        jobs = [
            {"id": r.get("id"), "job": _sub(r, "name"), "type": _sub(r, "type"), "passed": r.get("passed"),
             "score": r.get("score"), "max_score": r.get("maxScore"), "message": r.get("message")}
            for r in self._client.lead_jobs(lead_id)
        ]  # fmt: skip
        notes = [
            {"id": r.get("id"), "date": r.get("createdTs"), "type": r.get("type"), "text": r.get("text"), "user": r.get("user")}
            for r in self._client.lead_notes(lead_id)
        ]
        results = records_frame(jobs, JOB_COLUMNS, "job results")
        said = records_frame(notes, NOTE_COLUMNS, "notes")
        if self.masked:
            results, said = masked_texts(results, ("message",)), masked_texts(said, ("text", "user"))
        results.attrs["notes"] = self._client.catalog.notes("processr-job-leads")
        said.attrs["notes"] = self._client.catalog.notes("lead-notes")
        return LeadDetail(lead_id, fields, results, said)


def named(client: Convertr, resource: str, value: int | str | None) -> int | None:
    """An id, or the one id that has this name.

    Raises:
        RequestRefused: none or several are called so.
    """
    if not isinstance(value, str) or not value.strip() or value.strip().isdecimal():
        return wanted_id(resource[:-1], value)
    names = client.catalog.names(resource)
    found = [record_id for record_id, name in names.items() if name.lower() == value.strip().lower()]
    if len(found) != 1:
        what = f"{len(found)} {resource} are" if found else f"No {resource[:-1]} is"
        raise RequestRefused(f"{what} called {value[:60]!r}", advice=f"Give the id (session.{resource}()).")
    return found[0]


def _newest_first(frame: pd.DataFrame) -> pd.DataFrame:
    """As the service lists leads; parts come one after the other."""
    found = frame.sort_values("date", ascending=False, kind="stable")
    found.attrs = frame.attrs
    return found


def _covering(frame: pd.DataFrame, why: Why, read: int, expected: int | None) -> pd.DataFrame:
    """The frame with ``attrs["coverage"]``; one that is not whole says so in its notes, too."""
    frame.attrs["coverage"] = {"why": why, "read": read, "expected": expected}
    if why == "loading":
        frame.attrs["notes"] = [coverage_words(frame)]
    return frame


def coverage_words(frame: pd.DataFrame, *, broken: bool = False) -> str:
    """How much of what was asked for is in a frame of ``by_filters``; empty where all of it is. ``broken``: loading failed."""
    found = frame.attrs.get("coverage")
    if not found or not found["why"]:
        return ""
    expected = found["expected"]
    # What the service counts may be more than what was asked for, where rows are left out here.
    of = "" if expected is None or expected < found["read"] else f" of {expected:,}"
    if found["why"] == "loading" and not broken:
        if found["read"] == len(frame):
            return f"{len(frame):,}{of} loaded so far, still loading"
        return f"{len(frame):,} loaded so far, {found['read']:,}{of} read, still loading"
    end = "; then loading broke off" if broken else "; then you stopped it" if found["why"] == "stopped" else ""
    done = "loaded" if found["read"] == len(frame) else "read"
    return f"incomplete: {found['read']:,}{of} {done}{end}"


def _sub(record: dict[str, Any], key: str) -> Any:
    job = record.get("job")
    return job.get(key) if isinstance(job, dict) else None


def _known(value: str | None, words: Iterable[str], what: str) -> str | None:
    value = wanted_text(what, value)
    if value is None:
        return None
    known = {w.lower(): w for w in words}
    found = known.get(value.strip().lower())
    if found is None:
        raise RequestRefused(f"{value[:40]!r} is not a {what}", advice=f"Use one of {', '.join(known.values())}.")
    return found


class PlanLists:
    """The client's lists, as plans want them."""

    def __init__(self, client: Convertr) -> None:
        self._client = client

    def reasons(self, kind: ActionKind) -> Sequence[Choice]:
        """The listed reasons of a flag."""
        return self._client.flag_reasons(kind)

    def categories(self) -> Sequence[Choice]:
        """The reason categories for Returned."""
        return self._client.reason_categories()

    def integrations(self, campaign_id: int) -> Sequence[Choice]:
        """The integration jobs of a campaign."""
        return self._client.integrations(campaign_id)
