"""Listing leads by filters, none of which is believed unless every row obeys it.

Services of this family silently ignore a filter that they do not know and return everything. The documented filters are
always sent, the others where the service lists them; each row is then held against every filter, and what does not match
is left out here and said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from numbers import Integral
from typing import Any

from cvtr_widgets.api.cancel_token import never
from cvtr_widgets.api.json_reader import Reader
from cvtr_widgets.api.pages import Pages, ReadTally
from cvtr_widgets.api.service_lists import Catalog
from cvtr_widgets.arguments import quoted
from cvtr_widgets.days import day_begins, day_ends
from cvtr_widgets.errors import RequestRefused, ServiceError
from cvtr_widgets.frames.field_map import delivery_of, id_of, status_of, unknown_of, unknown_words
from cvtr_widgets.models import NOT_SENT, Record, Stopped

DOCUMENTED = ("campaign", "created_after", "created_before")


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """What to list. Times carry a zone; ``created_before`` is inclusive. None = any."""

    campaign: int | None = None
    publisher: int | None = None
    status: str | None = None
    delivery: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


def wanted_id(name: str, value: Any) -> int | None:
    """An id to list by; None = any.

    Raises:
        RequestRefused: anything else, empty text too: it must not become a list of all leads.
    """
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.isascii() and text.isdecimal():
        text = int(text)
    if isinstance(text, bool) or not isinstance(text, Integral) or text < 1:
        raise RequestRefused(f"{name}={quoted(value)} is not an id", advice=f"Give the {name}'s number, or leave it out for all.")
    return int(text)


def wanted_text(name: str, value: Any) -> str | None:
    """A word to list by; None = any.

    Raises:
        RequestRefused: anything else, empty text too.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise RequestRefused(f"{name}={quoted(value)} is not a {name}", advice="Give its name as text, or leave it out for all.")
    return value


def moment(value: str | date | datetime | None, zone: tzinfo, *, end: bool, text: bool = False) -> datetime | None:
    """A day or time as a moment with zone. A bare day means its start, or with ``end`` its last microsecond; a datetime or pandas
    Timestamp at midnight is a day. A time that stands twice where clocks go back means the first one, with ``end`` the last; one
    that is left out where they go forward means what both leave in.

    Raises:
        RequestRefused: text that is not a date.
    """
    if value is None:
        return None
    if isinstance(value, str):
        try:
            written = value.strip()
            return moment(_parsed(written), zone, end=end, text=True)
        except ValueError:
            raise RequestRefused(f"{written[:40]!r} is not a date", advice="Write it as 2026-11-24.") from None
    if not isinstance(value, date) or value != value:  # noqa: PLR0124  pandas' missing time
        raise RequestRefused(f"{quoted(value)} is not a date", advice="Write it as 2026-11-24, or leave it out.")
    if isinstance(value, datetime):
        if not text and _at_midnight(value):
            return (day_ends if end else day_begins)(value.date(), value.tzinfo or zone)
        plain = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value  # pandas ends in 2262
        if plain.tzinfo:
            return plain
        either = [plain.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
        return (max if end else min)(either, key=_utc)
    return (day_ends if end else day_begins)(value, zone)


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the first or last day that there is
        return at.replace(tzinfo=UTC)


def _at_midnight(value: datetime) -> bool:
    return not any((value.hour, value.minute, value.second, value.microsecond, getattr(value, "nanosecond", 0)))


def _parsed(text: str) -> date:
    if "W" in text.upper():
        raise ValueError("a week is not a day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)


def in_order(after: datetime | None, before: datetime | None, zone: tzinfo) -> None:
    """Refuse a range in which nothing can lie. ``zone``: in which its ends are named.

    Raises:
        RequestRefused: it ends before it begins.
    """
    if after is None or before is None or _utc(after) <= _utc(before):  # in one zone, clocks would be compared
        return
    ends, begins = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (before, after))
    raise RequestRefused(f"The range ends ({ends}) before it begins ({begins})", advice="Swap the two dates.")


WORDS = frozenset({"status", "delivery"})
"""Filters by words, which a service may write otherwise."""


class Listing:
    """One listing under way. ``pages()`` gives lists of records that match; ``tally`` and ``notes`` tell what happened."""

    def __init__(
        self, leads: LeadLists, wanted: LeadFilter, pages: Pages, sent: set[str], again: Callable[[], Listing] | None = None
    ) -> None:
        """``again``: the same without the filters by words, for an answer that holds nothing."""
        self.wanted = wanted
        self._again = again
        self._unknown: dict[str, Counter[str]] = {}
        self.left_out: dict[str, int] = {}
        self._leads = leads
        self._pages = pages
        self._sent = sent
        self._matched = 0
        self._more_notes: list[str] = []
        self._checks = leads.checks(wanted)

    @property
    def tally(self) -> ReadTally:
        """Counts of the whole read (before rows were left out here)."""
        return self._pages.tally

    @property
    def notes(self) -> list[str]:
        """Sentences that the user should see."""
        said = [*self.tally.notes, *self._more_notes]
        if self.tally.different:
            ids = ", ".join(map(str, self.tally.different[:5]))
            said.append(
                f"{len(self.tally.different):,} leads came as two different records, and the first is shown ({ids}). Pull "
                "these by their ids to see their current state."
            )
        for name, words in self._unknown.items():
            said += unknown_words(name, words, "were left out")
        for name, count in self.left_out.items():
            why = "ignored this filter" if name in self._sent else "does not offer this filter"
            said.append(f"The service {why}: {name.replace('_', ' ')}. {count:,} rows that do not match were left out here.")
        if self.tally.unreadable:
            said.append(f"{self.tally.unreadable:,} rows could not be read (no lead id) and are not shown.")
        return said

    def pages(self) -> Iterator[list[Record]]:
        """Lists of matching records.

        Raises:
            ReadTooLarge, ServiceError: as ``Pages.pages``.
            RequestRefused: the service does not send the field that a filter is about; or nothing matches, and there is no
                such campaign or publisher.
        """
        for records in self._pages.pages():
            found = [record for record in records if self._matches(record)] if self._checks else records
            self._matched += len(found)
            yield found
        if not self._matched and not self._pages.stopped and self._again is not None:
            yield from self._by_itself(self._again())
        if not self._matched and not self._pages.stopped:
            self._more_notes += self._leads.must_be_there(self.wanted)

    def _by_itself(self, again: Listing) -> Iterator[list[Record]]:
        """The service found nothing by its filters for words. That nothing obeys them is true of no rows, too: so one page is
        read without them, and all of it where a lead on it matches after all.
        """
        # The service may write its words differently from the dialect ("valid" for "Valid") and find nothing for ours.
        probe = again.pages()
        first = next(probe, [])
        self._unknown = again._unknown
        if not first:
            return
        self._pages, self.left_out = again._pages, again.left_out
        self._more_notes.append("The service's own filter found none of these leads; they were chosen here.")
        self._matched += len(first)
        yield first
        for found in probe:
            self._matched += len(found)
            yield found

    def _matches(self, record: Record) -> bool:
        for name, check in self._checks.items():
            if not check(record):
                # A word that nobody here understands is counted apart: the row may be just what the user wants.
                if (word := self._leads.unknown_word(name, record)) is not None:
                    self._unknown.setdefault(name, Counter())[word] += 1
                elif not self._asked_for(name, record):
                    self.left_out[name] = self.left_out.get(name, 0) + 1
                return False
        return True

    def _asked_for(self, name: str, record: Record) -> bool:
        """Whether the service was right to send this row: the ends of the range go out in whole seconds, and the upper end of
        time is our own fixing where the user named none.
        """
        if name not in {"created_after", "created_before"}:
            return False
        end = getattr(self.wanted, name)
        at = created(self._leads.field(record, "created"))
        return end is None or (at is not None and abs(at - end) < timedelta(seconds=1))


class LeadLists:
    """Listings of leads, and which filters the service offers."""

    def __init__(self, reader: Reader, pool: ThreadPoolExecutor, catalog: Catalog, *, size: int, at_once: int) -> None:
        self._reader = reader
        self._catalog = catalog
        self._pool = pool
        self._size = size
        self._at_once = at_once
        self._offered: frozenset[str] | None = None

    def offered(self, cancelled: Stopped = never) -> frozenset[str]:
        """The filters that the service lists in its enriched form; empty where it lists none. Kept once it is read."""
        if self._offered is None:
            # Without a lock, which one thread could hold for as long as the limit makes it wait.
            d = self._reader.dialect
            params = [(d.value("paging", "size"), "1"), (d.value("paging", "page"), "1")]
            path = self._reader.url("leads") + str(d.value("paging", "enriched"))
            try:
                found = self._reader.ask("GET", path, params, cancelled=cancelled)
                variables = d.read(found, "paging", "search") if isinstance(found, dict) else NOT_SENT
            except ServiceError:
                variables = NOT_SENT  # no enriched form: only the documented filters are sent
            listed = variables if isinstance(variables, list) else []
            self._offered = frozenset(v for v in listed if isinstance(v, str))
        return self._offered

    def field(self, record: Record, name: str) -> Any:
        """A field of a record, as the dialect names it."""
        return self._reader.dialect.lead.read(record, name)

    def start(
        self,
        wanted: LeadFilter,
        *,
        allow: int | None,
        cancelled: Stopped = never,
        words: bool = True,
    ) -> Listing:
        """A listing. ``words``: whether the service is asked to filter by status and delivery: it may misunderstand the words."""
        params, sent = self._params(wanted, cancelled, words=words)
        pages = Pages(
            self._reader, self._pool, "leads", params,
            size=self._size, at_once=self._at_once, allow=allow, cancelled=cancelled,
        )  # fmt: skip
        again = partial(self.start, wanted, allow=allow, cancelled=cancelled, words=False) if WORDS & sent else None
        return Listing(self, wanted, pages, sent, again)

    def unknown_word(self, name: str, record: Record) -> str | None:
        """What a record has as its status or delivery, where that is a word which nobody here understands."""
        if name not in WORDS:
            return None
        read = status_of if name == "status" else delivery_of
        return unknown_of(name, read(self.field(record, name)))

    def _params(self, wanted: LeadFilter, cancelled: Stopped, *, words: bool = True) -> tuple[list[tuple[str, str]], set[str]]:
        d = self._reader.dialect
        # The range is never cut off at the present moment: the clock of an answer may be hours off. What arrives while pages
        # are read shifts them; rows that come again are told apart by their ids.
        values: dict[str, str | None] = {
            "campaign": _text(wanted.campaign),
            "created_after": _iso(wanted.created_after),
            "created_before": _iso(wanted.created_before, up=True),
            "publisher": _text(wanted.publisher),
            "status": wanted.status and d.spoken("statuses", wanted.status),
            "delivery": wanted.delivery and d.spoken("deliveries", wanted.delivery),
        }
        params: list[tuple[str, str]] = []
        sent: set[str] = set()
        for name, value in values.items():
            key = d.value("filters", name)
            if (
                value is None
                or not key
                or (name in WORDS and not words)
                or (name not in DOCUMENTED and key not in self.offered(cancelled))
            ):
                continue
            params.append((key, value))
            sent.add(name)
        return params, sent

    def must_be_there(self, wanted: LeadFilter) -> list[str]:
        """Refuse a campaign or publisher that the service does not list: that nothing matches it would say nothing about leads.

        Gives sentences about what could not be looked up.

        Raises:
            RequestRefused: there is no such one, or it is not visible to this account.
        """
        said = []
        for resource, record_id in (("campaigns", wanted.campaign), ("publishers", wanted.publisher)):
            if record_id is None:
                continue
            try:
                there = self._catalog.has(resource, record_id)
            except ServiceError:
                said.append(f"Nothing matches. Whether {resource[:-1]} {record_id} is there at all could not be looked up.")
                continue
            if not there:
                raise RequestRefused(
                    f"There is no {resource[:-1]} {record_id}, or it is not visible to you", advice=f"See session.{resource}()."
                )
        return said

    def checks(self, wanted: LeadFilter) -> dict[str, Callable[[Record], bool]]:
        """For each filter wanted, whether a record obeys it."""
        fields = self._reader.dialect.lead
        checks: dict[str, Callable[[Record], bool]] = {}

        def same(name: str, read: Callable[[Any], Any], value: Any) -> None:
            def check(record: Record) -> bool:
                found = fields.read(record, name)
                if found is NOT_SENT:
                    raise RequestRefused(
                        f"This service does not send {name!r}, so leads cannot be filtered by it",
                        advice="Leave that filter empty, or name the field in the dialect.",
                    )
                return bool(read(found) == value)

            checks[name] = check

        if wanted.campaign is not None:
            same("campaign", id_of, wanted.campaign)
        if wanted.publisher is not None:
            same("publisher", id_of, wanted.publisher)
        if wanted.status is not None:
            same("status", status_of, status_of(wanted.status))
        if wanted.delivery is not None:
            same("delivery", delivery_of, delivery_of(wanted.delivery))
        after, before = wanted.created_after, wanted.created_before
        if after is not None:
            checks["created_after"] = lambda r: (at := created(fields.read(r, "created"))) is not None and at >= after
        if before is not None:
            checks["created_before"] = lambda r: (at := created(fields.read(r, "created"))) is not None and at <= before
        return checks


def created(value: Any) -> datetime | None:
    """A timestamp with offset as a moment; None if it is not one."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _iso(value: datetime | None, *, up: bool = False) -> str | None:
    """A moment in whole seconds, ``up``: the next one, so that what was created in a fraction of the last second comes too."""
    if value is None:
        return None
    whole = value.astimezone(UTC)
    if up and whole.microsecond and whole < datetime.max.replace(microsecond=0, tzinfo=UTC):
        whole += timedelta(seconds=1)
    return whole.replace(microsecond=0).isoformat()
