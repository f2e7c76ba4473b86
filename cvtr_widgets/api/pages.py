"""Whole collections, page by page, several pages at a time, and the truth about whether everything came.

While a collection is read, others add and remove: pages shift. Ids are deduplicated, the number that came is held
against the total that the service names, gaps are read again at most twice, and what is still missing is said. A total is
only a promise: a full last page and a link to a next one are others, and the largest counts.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cvtr_widgets.api.cancel_token import never
from cvtr_widgets.api.concurrency import map_ordered
from cvtr_widgets.api.json_reader import Reader
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.api.transport import Params
from cvtr_widgets.errors import Cancelled, ReadTooLarge, Unreadable
from cvtr_widgets.frames.record_batch import RecordBatch
from cvtr_widgets.models import INT64_MAX, Record, Stopped

LATELY = 4
"""Pages that are kept to see whether a lead that comes again is the same."""
REPEATS = 20
"""Pages in a row with nothing new: the service gives the same ones whatever is asked for."""


@dataclass(slots=True)
class ReadTally:
    """What a read came to. ``expected`` is the service's total (None = it names none), ``missing`` what did not come.

    ``rows`` counts distinct records, ``doubled`` those that came again, ``different`` are ids of which two records came that are
    not the same, ``unreadable`` counts rows without an id: all of one reading, however often pages had to be read again.
    """

    expected: int | None = None
    rows: int = 0
    doubled: int = 0
    unreadable: int = 0
    requests: int = 0
    missing: int = 0
    different: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it arrived. ``more``: it has a link to a next one."""

    number: int
    records: list[Record]
    total: int | None
    more: bool = False


def _promised(total: Any) -> int | None:
    """A total as a number of rows; None if it is not one. What no 64 bits hold is as good as endless."""
    if isinstance(total, bool) or not isinstance(total, (int, float)) or not total >= 0:
        return None
    if isinstance(total, float) and total <= INT64_MAX:
        return None
    return min(total, INT64_MAX) if isinstance(total, int) else INT64_MAX


class Pages:
    """One collection with its filters. ``pages()`` yields lists of new records; ``tally`` is filled as they come.

    ``most``: no more rows than that can match (the ids that were asked for); records are then kept until the end, so that two
    different ones of one thing are seen on whatever pages they stand. ``key``: what tells rows apart, where they have no ids.
    """

    MAX_PAGES = 100_000

    def __init__(
        self,
        reader: Reader,
        pool: ThreadPoolExecutor,
        resource: str,
        params: Params = (),
        *,
        size: int = 100,
        at_once: int = 8,
        allow: int | None = None,
        rereads: int = 2,
        most: int | None = None,
        key: Callable[[Sequence[Record]], Sequence[Hashable]] | None = None,
        cancelled: Stopped = never,
    ) -> None:
        self.tally = ReadTally()
        self._reader = reader
        self._pool = pool
        self._resource = resource
        self._params = list(params)
        self._size = size
        self._at_once = at_once
        self._allow = allow
        self._rereads = rereads
        self._cancelled = cancelled
        self._most = most
        self._keys = key or (lambda records: reader.record_ids(resource, records))
        # Ids of all rows so far; records that are kept for comparing (all where few can match, else only the last pages); rows
        # without an id in this reading; the page after which nothing more is asked for.
        self._seen: set[Hashable] = set()
        self._kept: dict[Hashable, Record] = {}
        self._lately: deque[tuple[Sequence[Hashable], list[Record]]] = deque(maxlen=LATELY)
        self._page_size = size
        self._odd = 0
        self._end = self.MAX_PAGES
        self._last = Page(0, [], None)

    @property
    def stopped(self) -> bool:
        """Whether the caller wants to stop."""
        return self._cancelled()

    def first(self) -> Page:
        """The first page alone, as it comes."""
        return self._fetch(1)

    def pages(self) -> Iterator[list[Record]]:
        """Lists of records, each record once, in the service's order.

        Raises:
            ReadTooLarge: there are more pages than allowed; nothing but the first was read.
            ServiceError: a page could not be read.
        """
        first = self._fetch(1)
        self.tally.expected = first.total
        self._refuse_if_large(first)
        yield self._new(first)
        if first.total is None:
            yield from self._until_empty(first)
        else:
            count = self._count(first)
            # A total that is a multiple of the page size cannot be told from one that is cut off at that size, so one page more
            # is asked for: it must be empty.
            full = (first.total or 0) % self._page_size == 0
            yield from self._counted(range(2, count + 1 + (full and count > 1)))
            if self._goes_on():
                yield from self._until_empty(self._last)
            # Then the total is wrong, and there is nothing to hold the count against.
            if self.tally.rows > (self.tally.expected or 0):
                self.tally.notes.append(f"The service counts {self.tally.expected:,}, but {self.tally.rows:,} came.")
            else:
                yield from self._fill_gaps()
        if self._cancelled():
            self.tally.notes.append(f"Stopped by you after {self.tally.rows:,} rows; the rest was not read.")

    def _count(self, first: Page) -> int:
        # A service may give smaller pages than were asked for: what came counts.
        if len(first.records) < min(self._size, first.total or 0):
            self._page_size = max(1, len(first.records))
        return min(self.MAX_PAGES, math.ceil((first.total or 0) / self._page_size))

    def _goes_on(self) -> bool:
        """Whether there may be more than the total promises: the last page has a successor, or is full, or more came."""
        if self._cancelled() or self._end < self.MAX_PAGES or not self._last.records:
            return False
        if self._most is not None and self.tally.rows >= self._most:
            return False
        return self._last.more or len(self._last.records) >= self._page_size or self.tally.rows > (self.tally.expected or 0)

    def _refuse_if_large(self, first: Page) -> None:
        if self._allow is None or first.total is None:
            return
        needed = self._count(first)
        if needed > self._allow:
            raise ReadTooLarge(
                f"This read would take {needed:,} requests for {first.total:,} rows, more than the {self._allow:,} that "
                f"are made without asking. Narrow the filters, or pass go_on=True.",
                requests=needed,
            )

    def _asked(self, number: int) -> Params:
        d = self._reader.dialect
        return [*self._params, (d.value("paging", "size"), str(self._size)), (d.value("paging", "page"), str(number))]

    def _fetch(self, number: int) -> Page:
        found = self._reader.get(self._resource, self._asked(number), cancelled=self._cancelled)
        self.tally.requests += 1
        return self._page(found, number)

    def _bring(self, number: int) -> bytes:
        return self._reader.bring(self._resource, self._asked(number), cancelled=self._cancelled)

    def _read(self, number: int, body: bytes) -> Page:
        try:
            found = decode(body)
        except ValueError:
            return self._fetch(number)  # again, and with what there is to say should it stay so
        self.tally.requests += 1
        return self._page(found, number)

    def _page(self, found: Any, number: int) -> Page:
        path = self._reader.url(self._resource)
        members: Any = found
        total: Any = None
        link: Any = None
        if isinstance(found, dict):
            members, total, link = (self._reader.dialect.read(found, "paging", what) for what in ("members", "total", "next"))
        if not isinstance(members, list):
            raise Unreadable("The answer does not hold a list", method="GET", path=path, advice="Check the dialect: paging.")
        records = RecordBatch(m for m in members if isinstance(m, dict))
        self._note_odd(len(members) - len(records))
        page = Page(number, records, _promised(total), isinstance(link, str) and bool(link))
        # A second reading, for gaps, begins at page 1 again.
        if number > self._last.number:
            self._last = page
        return page

    def _note_odd(self, number: int) -> None:
        """Rows that cannot be told apart. Each reading of the pages finds them again: the most that one found counts."""
        self._odd += number
        self.tally.unreadable = max(self.tally.unreadable, self._odd)

    def _new(self, page: Page, *, again: bool = False) -> list[Record]:
        ids = self._keys(page.records)
        distinct = set(ids)
        if self._most is None and len(distinct) == len(ids) and None not in distinct and self._seen.isdisjoint(distinct):
            self._seen.update(distinct)  # nearly always
            self.tally.rows += len(ids)
            self._lately.append((ids, page.records))
            return page.records
        new: list[Record] = []
        here = self._kept
        if self._most is None:  # rows that shift come again on one of the next pages
            here = {lead_id: record for ids_then, rows in self._lately for lead_id, record in zip(ids_then, rows, strict=True)}
        for record, lead_id in zip(page.records, ids, strict=True):
            if lead_id is None:
                self._note_odd(1)
                continue
            # The first record stays. That another one differs is said: the lead was changed between two pages, or the service
            # names one id for two leads.
            first = here.setdefault(lead_id, record)
            if first is not record and first != record and isinstance(lead_id, int) and lead_id not in self.tally.different:
                self.tally.different.append(lead_id)
            if lead_id in self._seen:
                self.tally.doubled += not again
                continue
            self._seen.add(lead_id)
            new.append(record)
        self.tally.rows += len(new)
        self._lately.append((ids, page.records))
        return page.records if len(new) == len(page.records) else new

    def _counted(self, numbers: range, *, again: bool = False) -> Iterator[list[Record]]:
        """Pages by number, ``at_once`` at a time, given out in order, until a total that promises too much gives itself away.

        That is two empty pages, or so many that repeat what was there as no collection shifts by while it is read.
        """
        empty = stale = 0
        try:
            # Decoded here, where the records are used next: the threads of the pool only wait for answers.
            for number, body in map_ordered(self._pool, self._bring, numbers, at_once=self._at_once, cancelled=self._cancelled):
                page = self._read(number, body)
                if page.total is not None:  # of the totals of one reading the largest counts: nothing is cut off by a smaller one
                    anew = again and number == 1
                    self.tally.expected = page.total if anew else max(page.total, self.tally.expected or 0)
                new = self._new(page, again=again)
                yield new
                # Gaps are filled: the rest of the pages needs no second reading.
                if again and self._short() <= 0:
                    return
                empty = 0 if page.records else empty + 1
                stale = 0 if new or again else stale + 1
                if empty == 2 or stale == REPEATS:
                    self._end = number
                    return
        except Cancelled:
            return  # what has come is kept, and pages() says that it is not everything

    def _until_empty(self, page: Page) -> Iterator[list[Record]]:
        """No total: go on until a page is empty or brings nothing new (an endless collection repeats itself)."""
        while page.records and page.number < self.MAX_PAGES and not self._cancelled():
            if self._allow is not None and page.number >= self._allow:
                raise ReadTooLarge(
                    f"After {page.number:,} requests there is still more, and the service's total is not reliable. "
                    "Narrow the filters, or pass go_on=True.",
                    requests=page.number + 1,
                )
            page = self._fetch(page.number + 1)
            new = self._new(page)
            if not new:
                return
            yield new

    def _fill_gaps(self) -> Iterator[list[Record]]:
        for _ in range(self._rereads):
            if self._short() <= 0 or self._cancelled():
                break
            self._odd = 0
            # All pages again, not only those near the gap: when rows shift, nobody knows on which page the missing ones are
            # now.
            count = min(self._end, math.ceil((self.tally.expected or 0) / self._page_size))
            yield from (new for new in self._counted(range(1, count + 1), again=True) if new)
        self.tally.missing = max(0, self._short())
        if self.tally.missing and not self._cancelled():
            self.tally.notes.append(
                f"May be incomplete by {self.tally.missing:,}: the service counts {self.tally.expected:,}, "
                f"{self.tally.rows:,} came."
            )

    def _short(self) -> int:
        return (self.tally.expected or 0) - self.tally.rows - self.tally.unreadable
