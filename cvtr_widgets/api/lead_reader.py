"""Reading a given set of leads in the cheapest way that is proven.

1. The id filter, once an answer to it held nothing but leads that were asked for. A service that ignores it gives itself
   away by rows that nobody asked for.
2. The campaign and the range of creation dates, for leads that were seen before, where that takes fewer requests.
3. One by one.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from cvtr_widgets.api.cancel_token import CancelToken, never
from cvtr_widgets.api.concurrency import map_ordered
from cvtr_widgets.api.json_reader import Reader
from cvtr_widgets.api.lead_listing import LeadFilter, LeadLists, created
from cvtr_widgets.api.pages import Pages
from cvtr_widgets.errors import Cancelled, NotAllowed, NotFound, ServiceError, Unreadable
from cvtr_widgets.frames.field_map import id_of
from cvtr_widgets.frames.record_batch import RecordBatch
from cvtr_widgets.models import LeadId, ReadCost, Record, Stopped, ordered_unique
from cvtr_widgets.selection.lead_id import lead_ids_of

GONE = 404
"""What says that there is no such lead. 403 says that it may not be seen; 410 is not documented for this service."""
RECENT_LEADS = 100
"""Leads that were read lately: one of them is read again where it matters that leads can be read at all."""
IDS_A_REQUEST = 25
"""Leads whose absence is asked after between two readings of another one."""
Found = dict[LeadId, Record]
Tick = Callable[[int], None]
T = TypeVar("T")
Make = Callable[[Sequence[LeadId], Sequence[Record]], Sequence[T]]


class _Disobeyed(Exception):
    """The id filter was ignored."""


class LeadReading:
    """``fetch(ids)`` gives the records that are there; an id that is absent was not found or is not visible."""

    def __init__(self, reader: Reader, pool: ThreadPoolExecutor, lists: LeadLists, *, size: int = 100, at_once: int = 8) -> None:
        self._reader = reader
        self._pool = pool
        self._lists = lists
        self._size = size
        self._at_once = at_once
        self._came_by: dict[LeadId | None, tuple[Any, Any]] = {}
        self._filter_works: bool | None = None
        self._recent: deque[LeadId] = deque(maxlen=RECENT_LEADS)
        self._witness: LeadId | None = None

    @property
    def id_filter(self) -> bool | None:
        """Whether the id filter is proven to work (True), to be ignored (False), or not tried yet (None)."""
        return self._filter_works

    def remember(self, records: Sequence[Record]) -> None:
        """Note campaign and creation date of leads that came by, for way 2; they are read when they are needed."""
        if self._filter_works:
            return  # there will be no way 2
        fields = self._reader.dialect.lead
        places = zip(fields.column(records, "campaign"), fields.column(records, "created"), strict=True)
        self._came_by.update(zip(fields.lead_ids(records), places, strict=True))

    def cost(self, ids: Sequence[LeadId], *, cancelled: Stopped = never) -> ReadCost:
        """How many requests a ``fetch`` of these leads takes, as far as can be told now."""
        ids = lead_ids_of(ids)
        count = len(ids)
        if count <= 1 or self._offers_ids(cancelled) is False:
            known = self._by_campaign(ids) if count > 1 else {}
            if known and len(known) < count:
                return ReadCost(count, "campaign and date", "at most; fewer where a campaign's range is small")
            return ReadCost(count, "one by one", "" if count <= 1 else "this service does not filter by id")
        why = "proven" if self._filter_works else "not proven yet; one by one if it is ignored"
        return ReadCost(math.ceil(count / self._size), "id filter", why)

    def _offers_ids(self, cancelled: Stopped) -> bool | None:
        if self._filter_works is not None:
            return self._filter_works
        key = self._reader.dialect.value("filters", "ids")
        return None if key and key in self._lists.offered(cancelled) else False

    def fetch(
        self,
        ids: Sequence[LeadId],
        make: Make[T],
        *,
        tick: Tick = lambda _n: None,
        cancelled: Stopped = never,
        gone: set[LeadId] | None = None,
    ) -> dict[LeadId, T]:
        """What ``make`` makes of a page's ids and records, by lead id, read now. Records are dropped as they come: 100,000
        would not fit.

        ``tick(n)`` is told how many of the ids are settled so far. ``gone``: see ``LeadReads.fetch``.

        Raises:
            ServiceError: something could not be read; Cancelled: it was stopped. There is no partial answer.
        """
        ids, stop = ordered_unique(lead_ids_of(ids)), CancelToken(cancelled)
        try:
            filtered = len(ids) > 1 and self._offers_ids(stop) is not False
            how = self._by_filter if filtered else self._without_filter
            found = how(ids, make, tick, stop, each=gone is None)
        except _Disobeyed:
            found = self._without_filter(ids, make, tick, stop, each=gone is None)
        stop.check()
        if gone is not None:
            found.update(self._made(make, self._asked_after([i for i in ids if i not in found], gone, stop)))
            stop.check()
        return found

    def _asked_after(self, ids: Sequence[LeadId], gone: set[LeadId], stop: CancelToken) -> Found:
        """Ask for each by its own address, between two readings of another lead; give those that are there after all.

        That a lead is gone is believed only where the service itself says so in its own form, and where another lead could be
        read just before and just after: else the way to the leads may be closed, and not the lead deleted.
        """
        found: Found = {}
        for start in range(0, len(ids), IDS_A_REQUEST):
            part = ids[start : start + IDS_A_REQUEST]
            missing: set[LeadId] = set()

            def ask(one: LeadId, missing: set[LeadId] = missing) -> Found:
                return self._each([one], stop, missing)

            before = self._another_can_be_read(part, stop)
            for _, got in map_ordered(self._pool, ask, part, at_once=self._at_once, cancelled=stop):
                found.update(got)
            if before and missing and self._another_can_be_read(part, stop):
                gone |= missing
        return found

    def _another_can_be_read(self, but: Sequence[LeadId], stop: CancelToken) -> bool:
        """Whether a lead that is none of these can be read now, by its own address."""
        for lead_id in self._others(set(but), stop):
            if self._each([lead_id], stop):
                self._witness = lead_id
                return True
        return False

    def _others(self, but: set[LeadId], stop: CancelToken) -> Iterator[LeadId]:
        """Leads that can probably be read: the last one that could, some that were read lately, a few that are listed."""
        if self._witness is not None and self._witness not in but:
            yield self._witness
        yield from [lead_id for lead_id in reversed(self._recent) if lead_id not in but][:2]
        self._recent.clear()  # they are deleted, too
        try:
            page = Pages(self._reader, self._pool, "leads", size=min(self._size, len(but) + 3), cancelled=stop).first()
        except ServiceError:
            return
        yield from [lead_id for lead_id, _ in self._named(page.records) if lead_id not in but][:3]

    def _made(self, make: Make[T], found: Found, page: RecordBatch | None = None) -> dict[LeadId, T]:
        """``page``: the records of ``found`` in its order, where they came so."""
        ids, records = list(found), page or RecordBatch(found.values())
        self._recent.extend(ids[-RECENT_LEADS:])
        self.remember(records)
        return dict(zip(ids, make(ids, records), strict=True))

    def _by_filter(self, ids: Sequence[LeadId], make: Make[T], tick: Tick, cancelled: Stopped, *, each: bool) -> dict[LeadId, T]:
        """``each``: what the filter does not find is asked for by its own address, where the answer proves nothing."""
        parts = [ids[i : i + self._size] for i in range(0, len(ids), self._size)]
        found: dict[LeadId, T] = {}
        done = 0

        def read(part: Sequence[LeadId]) -> dict[LeadId, T]:
            # The first answer proves or disproves the filter. Others are asked for meanwhile: where it is ignored, which is found
            # out once for a client, those under way are lost; everywhere else a round trip is won.
            if self._filter_works is False:
                raise _Disobeyed
            return self._made(make, *self._one_filtered(part, cancelled, each=each))

        at_once = self._at_once if len(parts) > 1 else 1
        for part, got in map_ordered(self._pool, read, parts, at_once=at_once, cancelled=cancelled):
            found.update(got)
            done += len(part)
            tick(done)
        return found

    def _one_filtered(self, part: Sequence[LeadId], cancelled: Stopped, *, each: bool) -> tuple[Found, RecordBatch | None]:
        """What was found, and the page that holds just that, where it came as one."""
        key = self._reader.dialect.value("filters", "ids")
        asked = set(part)
        params = [(key, str(i)) for i in part]
        pages = Pages(self._reader, self._pool, "leads", params, size=self._size, at_once=1, most=len(part), cancelled=cancelled)
        found: Found = {}
        page: RecordBatch | None = None
        for records in pages.pages():
            got = dict(self._named(records))
            # One row that was not asked for is enough: this service ignores the filter and has sent its first page of all
            # leads.
            if not asked.issuperset(got):
                self._filter_works = False
                raise _Disobeyed
            page = RecordBatch.of(records) if not found and len(got) == len(records) else None
            found.update(got)
        if twice := pages.tally.different:
            # Two different records of one lead: which one is right tells its own address.
            page = None
            found = {lead_id: record for lead_id, record in found.items() if lead_id not in twice}
            found.update(self._each(twice, cancelled))
        if not found or pages.tally.missing:
            # Nothing at all proves nothing about the filter: ask for each lead by its own address.
            found.update(self._each([i for i in part if i not in found], cancelled) if each else {})
        # Proven by an answer that held leads, and only leads that were asked for.
        elif self._filter_works is None:
            self._filter_works = True
        return found, page if page and len(page) == len(found) else None

    def _named(self, records: Sequence[Record]) -> Iterator[tuple[LeadId, Record]]:
        ids = self._reader.record_ids("leads", records)
        return ((lead_id, record) for lead_id, record in zip(ids, records, strict=True) if lead_id is not None)

    def _without_filter(
        self, ids: Sequence[LeadId], make: Make[T], tick: Tick, cancelled: Stopped, *, each: bool
    ) -> dict[LeadId, T]:
        found: dict[LeadId, T] = {}
        groups = self._by_campaign(ids) if len(ids) > 1 else {}
        for campaign, group in groups.items():
            if cancelled():
                raise Cancelled("Stopped. Nothing was changed; start again when you like.")
            for records in self._range(campaign, group, cancelled):
                found.update(self._made(make, records))
            tick(len(found))
        rest = [i for i in ids if i not in found] if each else []
        before = len(found)

        def read(one: LeadId) -> dict[LeadId, T]:
            return self._made(make, self._each([one], cancelled))

        for _, got in map_ordered(self._pool, read, rest, at_once=self._at_once, cancelled=cancelled):
            found.update(got)
            before += 1
            tick(before)
        return found

    def _by_campaign(self, ids: Sequence[LeadId]) -> dict[int, dict[LeadId, datetime]]:
        groups: dict[int, dict[LeadId, datetime]] = defaultdict(dict)
        for lead_id in ids:
            campaign, at = self._came_by.get(lead_id, (None, None))
            known, moment = id_of(campaign), created(at)
            if known is not None and moment is not None:
                groups[known][lead_id] = moment
        return groups

    def _range(self, campaign: int, group: Mapping[LeadId, datetime], cancelled: Stopped) -> Iterator[Found]:
        """All leads of a campaign in the range that holds the group, where that takes fewer requests than the group."""
        # The range may hold many leads that nobody asked for. Reading it is given up as soon as its total shows that one
        # request for each lead is cheaper.
        wanted = LeadFilter(campaign=campaign, created_after=min(group.values()), created_before=max(group.values()))
        listing = self._lists.start(wanted, allow=None, cancelled=cancelled)
        asked = set(group)
        there: set[LeadId] = set()
        allowed = len(group) - 1
        for records in listing.pages():
            found = {lead_id: r for lead_id, r in self._named(records) if lead_id in asked}
            yield found
            there.update(found)
            total = listing.tally.expected
            if total is None or math.ceil(total / self._size) > allowed or len(there) == len(asked):
                break

    def _each(self, ids: Sequence[LeadId], cancelled: Stopped, missing: set[LeadId] | None = None) -> Found:
        """``missing`` takes those of which the service said, in its own form, that there is no such thing.

        Raises:
            Unreadable: something else than the service says that a lead is not there, or the answer is about another one.
        """
        found: Found = {}
        for lead_id in ids:
            try:
                record = self._reader.get(f"leads/{lead_id}", cancelled=cancelled)
            except (NotFound, NotAllowed) as error:
                # A proxy's 404 page says nothing about the lead. Taken for the service's word, it would make a lead "deleted".
                if not error.own_form:
                    raise Unreadable(
                        "Something other than the service answered, so it is not known whether the lead exists",
                        method="GET", path=error.path, status=error.status, advice="Try again in a moment.",
                    ) from None  # fmt: skip
                if missing is not None and error.status == GONE:
                    missing.add(lead_id)
                continue
            # An answer is only about this lead if it says so itself.
            if not isinstance(record, dict) or self._reader.record_id("leads", record) != lead_id:
                raise Unreadable(
                    "The answer is about a different lead",
                    method="GET",
                    path=self._reader.url(f"leads/{lead_id}"),
                    advice="Try again. If that does not help, tell Convertr support.",
                )
            found[lead_id] = record
        return found
