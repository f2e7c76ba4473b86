"""``ReadSession``: the half of a session that only reads, in frames."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import checked_calls
from cvtr_widgets.errors import ArgumentError, RequestRefused
from cvtr_widgets.frames.field_map import id_of
from cvtr_widgets.frames.leads import records_frame
from cvtr_widgets.models import ActionKind, Choice, Identity, LeadId
from cvtr_widgets.selection.odd_ids import KnownIds
from cvtr_widgets.selection.select import Selection, select
from cvtr_widgets.session.lead_loader import LeadDetail, LeadLoader, Moment, Things, Words
from cvtr_widgets.session.lead_watch import LeadWatch
from cvtr_widgets.session.progress_bar import ProgressBar
from cvtr_widgets.session.seen_leads import SeenLeads
from cvtr_widgets.session.service_frames import dialect_frame, doctor_frame

if TYPE_CHECKING:
    import pandas as pd

Cancel = Callable[[], bool] | threading.Event | None


def stopper(cancel: Cancel) -> Callable[[], bool]:
    """A function that says whether the caller wants to stop."""
    if cancel is None:
        return lambda: False
    return cancel.is_set if isinstance(cancel, threading.Event) else cancel


@checked_calls
class ReadSession:
    """Pulls and selects leads and gives the service's lists. Changes nothing. ``LeadSession`` is the whole."""

    def __init__(self, client: Convertr, *, progress: bool = True, masked: bool | None = None) -> None:
        self.client = client
        self._progress = progress
        self._seen = SeenLeads()
        self._pulling = LeadLoader(client, masked=client.identity.masked is not False if masked is None else masked)

    def __reduce__(self) -> Any:
        """Raises ArgumentError: it holds connections, locks and a login, which no copy of it would share."""
        raise ArgumentError(
            f"A {type(self).__name__} cannot be copied or pickled. Make one where it is needed: cvtr.LeadSession(client)."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.client!r}>"

    @property
    def identity(self) -> Identity:
        """Whose session this is."""
        return self.client.identity

    def usage(self) -> tuple[int, int]:
        """Requests used from here in the past 5 minutes, and how many are allowed."""
        return self.client.usage()

    @property
    def masked(self) -> bool:
        """Whether names, e-mail addresses and telephones are shortened in all frames."""
        return self._pulling.masked

    def dialect(self) -> pd.DataFrame:
        """Every entry of the dialect with where it comes from; see ``service_frames.dialect_frame``."""
        return dialect_frame(self.client.evidence())

    def doctor(self) -> pd.DataFrame:
        """What of the service is as the dialect says; see ``service_frames.doctor_frame``. Only reads."""
        return doctor_frame(self.client.doctor())

    # -- leads --------------------------------------------------------------------------------------------------------

    def pull(
        self,
        *,
        ids: Any = None,
        campaign: Things = None,
        publisher: Things = None,
        status: Words = None,
        delivery: Words = None,
        created_after: Moment = None,
        created_before: Moment = None,
        on_page: Callable[[int, int | None], None] | None = None,
        on_frame: Callable[[pd.DataFrame], None] | None = None,
        cancel: Cancel = None,
        go_on: bool = False,
    ) -> pd.DataFrame:
        """Leads as a frame (``frames.leads.FRAME_COLUMNS``; index ``lead_id``), read now.

        Args:
            ids: lead ids in any form that ``select`` takes; then no filter may be given.
            campaign: id or exact name, or a list of several, one of which must fit; ``publisher`` likewise.
            status: Valid, Invalid, Caution or Test, or a list of several.
            delivery: Delivered or Not Delivered, or a list of both. The service takes one value a filter, so each combination
                is read for itself (at most 40), and a note says so where leads may change from one to the other meanwhile.
            created_after: a day or time; a bare day starts at midnight in the session's zone.
            created_before: a day or time; a bare day is included whole.
            on_page: called with (rows so far, total or None) as pages come, instead of a progress bar.
            on_frame: called with the leads so far, after the first page and each time that they have doubled.
            cancel: an event or a function; when true, what has come is given, with a note.
            go_on: allow reads of more than 300 requests.

        ``frame.attrs["notes"]`` holds what the reader should know (filters not obeyed, rows missing);
        ``frame.attrs["not_found"]`` ids that are not there or not visible; ``frame.attrs["as_of"]`` the time;
        ``frame.attrs["coverage"]`` of a read by filters how much of it came: ``why`` (empty: all of it; "loading", "stopped",
        "missing"), ``read`` and ``expected`` rows, the latter None where the service names no total.

        Raises:
            ReadTooLarge: it would take more than 300 requests and ``go_on`` is not set.
            ServiceError: it cannot be read; there is no partial answer.
        """
        filters = (campaign, publisher, status, delivery, created_after, created_before)
        if ids is not None and any(f is not None for f in filters):
            raise RequestRefused("Give ids or filters, not both", advice="Leave one of them out.")
        stop = stopper(cancel)
        with self._bar("leads", on_page) as tell:
            if ids is not None:
                chosen = self.select(ids)
                found = self._pulling.by_ids(chosen.ids, tell, stop)
                self._seen.note(found)
                found.attrs["notes"] = [*found.attrs.get("notes", ()), *chosen.warnings]
                return found
            found = self._pulling.by_filters(
                campaign=campaign, publisher=publisher, status=status, delivery=delivery,
                created_after=created_after, created_before=created_before, tell=tell, stop=stop, go_on=go_on,
                show=on_frame,
            )  # fmt: skip
            self._seen.note(found, whole=all(f is None for f in filters) and not stop())
            return found

    def count(
        self,
        *,
        campaign: int | str | None = None,
        created_after: Moment = None,
        created_before: Moment = None,
        cancel: Cancel = None,
    ) -> tuple[int | None, int]:
        """How many leads the service counts in a campaign (id or exact name) between two days or times (None: it names no
        number), and how many of them it gives with one request. Makes one request.

        Raises:
            RequestRefused: no such campaign, or no date. ServiceError: it cannot be asked.
        """
        return self._pulling.count(
            campaign=campaign, created_after=created_after, created_before=created_before, stop=stopper(cancel)
        )

    def _bar(self, what: str, given: Callable[[int, int | None], None] | None) -> ProgressBar:
        return ProgressBar(what, given, shown=self._progress)

    def detail(self, lead_id: LeadId) -> LeadDetail:
        """One lead with its job results and notes, read now.

        Raises:
            NotFound: it is not there, or not visible.
        """
        return self._pulling.detail(lead_id)

    def watch(self, lead_ids: Any) -> LeadWatch:
        """Read one to ten leads, to learn from what changes in them: do something to them on the platform's own page, then ask
        ``changed()``, or ``learn(...)`` by what the page shows. See ``LeadWatch``.

        Args:
            lead_ids: the leads, in any form that ``select`` takes.

        Raises:
            CaptureError: none, or more than ten. NotFound: a lead is not there, or not visible.
        """
        return LeadWatch(self.client, self.select(lead_ids, include_odd=True).ids, masked=self.masked)

    def select(self, what: Any, *, column: str | None = None, include_odd: bool = False) -> Selection:
        """Lead ids from a frame, a list, typed text, or the path of a CSV or Excel file; see ``cvtr_widgets.select``. Ids that
        this session has read, or that this user's journal knows, are taken whatever their size.
        """
        return select(what, column=column, include_odd=include_odd, known=self.known_ids())

    def known_ids(self) -> KnownIds:
        """What is known of this enterprise's lead ids: of the leads read in this session, and of those sent before."""
        return KnownIds(self._seen.low, self._seen.high, self._leads_among)

    def _leads_among(self, ids: Collection[LeadId]) -> Collection[LeadId]:
        return self._seen.among(ids)

    # -- lists --------------------------------------------------------------------------------------------------------

    def campaigns(self) -> pd.DataFrame:
        """Index ``id``: ``name``, ``advertiser_id``, ``status``, ``currency``."""
        rows = [{**r, "advertiser_id": id_of(r.get("advertiser"))} for r in self.client.campaigns()]
        return self._noted(records_frame(rows, ("name", "advertiser_id", "status", "currency"), "campaigns"), "campaigns")

    def publishers(self) -> pd.DataFrame:
        """Index ``id``: ``name``."""
        return self._noted(records_frame(self.client.publishers(), ("name",), "publishers"), "publishers")

    def advertisers(self) -> pd.DataFrame:
        """Advertisers that this account sees. Index ``id``: ``name``."""
        return self._noted(records_frame(self.client.advertisers(), ("name",), "advertisers"), "advertisers")

    def channels(self) -> pd.DataFrame:
        """Index ``id``: ``name``."""
        return self._noted(records_frame(self.client.channels(), ("name",), "channels"), "channels")

    def is_delivered(self, leads: Any, *, cancel: Cancel = None) -> pd.DataFrame:
        """Ask the service which leads are delivered (``is-lead-delivered``, which changes nothing).

        Args:
            leads: lead ids in any form that ``select`` takes.
            cancel: an event, or a function that says whether to stop.

        Returns:
            Index ``lead_id`` (int64), in the order given; ``delivered`` (boolean; empty where the service says nothing of a lead
            that can be understood).

        Raises:
            RequestRefused: the service refuses to say. Cancelled: ``cancel`` turned true.
        """
        import pandas as pd

        ids = self.select(leads).ids
        told = self.client.is_delivered(ids, cancelled=stopper(cancel))
        index = pd.Index(ids, dtype="int64", name="lead_id")
        return pd.DataFrame({"delivered": pd.array([told.get(lead) for lead in ids], dtype="boolean")}, index=index)

    def reasons(self, kind: ActionKind | str) -> pd.DataFrame:
        """Listed reasons of ``"valid"``, ``"invalid"`` or ``"test"``. Index ``id``: ``name``."""
        return self._noted(_choices(self.client.flag_reasons(kind), "reasons"), "lead-flag-reasons")

    def categories(self) -> pd.DataFrame:
        """Reason categories for Returned. Index ``id``: ``name``."""
        return self._noted(_choices(self.client.reason_categories(), "categories"), "lead-flag-reason-categories")

    def integrations(self, campaign: int | str) -> pd.DataFrame:
        """Integration jobs of a campaign. Index ``id``: ``name``."""
        campaign_id = self._pulling.named("campaigns", campaign)
        if campaign_id is None:
            raise RequestRefused("No campaign is named", advice="Give its id or its exact name.")
        found = self.client.integrations(campaign_id)
        if not found and not self.client.catalog.has("campaigns", campaign_id):
            raise RequestRefused(
                f"There is no campaign {campaign_id}, or it is not visible to you", advice="See session.campaigns()."
            )
        return self._noted(_choices(found, "integrations"), "campaign-processr-jobs")

    def statistics(self) -> dict[str, Any]:
        """The service's totals of the past 30 days."""
        return {k: v for k, v in self.client.statistics().items() if not k.startswith("@")}

    def statistics_over_time(self, after: Moment = None, before: Moment = None) -> pd.DataFrame:
        """Leads a day, all of them. Index ``date``; the service's counts as columns (int64). ``attrs["notes"]`` says what may be
        missing.

        Raises:
            RequestRefused: a date is none, or the range ends before it begins.
        """
        import pandas as pd

        rows = self.client.statistics_over_time(after, before)
        frame = pd.DataFrame([{k: v for k, v in r.items() if not k.startswith("@")} for r in rows])
        frame.attrs["notes"] = self.client.catalog.notes("lead-statistics-chronologies")
        if "date" not in frame.columns:
            return frame
        days = [day if isinstance(day, str) else None for day in frame["date"]]  # a number would be taken for nanoseconds
        frame["date"] = pd.to_datetime(pd.Series(days, dtype="object"), errors="coerce", utc=True).dt.date
        return frame.set_index("date").sort_index()

    def _noted(self, frame: pd.DataFrame, resource: str) -> pd.DataFrame:
        """With what the reader of this list should know."""
        frame.attrs["notes"] = self.client.catalog.notes(resource)
        return frame


def _choices(choices: Iterable[Choice], lists: str) -> pd.DataFrame:
    return records_frame([{"id": c.id, "name": c.name} for c in choices], ("name",), lists)
