"""Whole collections, page by page, several pages at a time, and the truth about whether everything came.

While a collection is read, others add and remove: pages shift. Ids are deduplicated, the number that came is held
against the total that the service names, gaps are read again at most twice, and what is still missing is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cvtr_widgets.api.ahead import ahead
from cvtr_widgets.api.decoding import decode
from cvtr_widgets.api.reader import Reader
from cvtr_widgets.api.stopping import never
from cvtr_widgets.api.transport import Params
from cvtr_widgets.errors import Cancelled, ReadTooLarge, Unreadable
from cvtr_widgets.models import NOT_SENT, Record, Stopped
from cvtr_widgets.rows import Rows

REPEATS = 20
"""Pages in a row with nothing new: the service gives the same ones whatever is asked for."""


@dataclass(slots=True)
class Tally:
    """What a read came to. ``expected`` is the service's total (None = it names none), ``missing`` what did not come.

    ``total_seen`` is None until the first page is there. ``rows`` counts distinct records.
    """

    expected: int | None = None
    rows: int = 0
    doubled: int = 0
    unreadable: int = 0
    requests: int = 0
    missing: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it arrived."""

    number: int
    records: list[Record]
    total: int | None


class Pages:
    """One collection with its filters. ``pages()`` yields lists of new records; ``tally`` is filled as they come."""

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
        cancelled: Stopped = never,
    ) -> None:
        self.tally = Tally()
        self._reader = reader
        self._pool = pool
        self._resource = resource
        self._params = list(params)
        self._size = size
        self._at_once = at_once
        self._allow = allow
        self._rereads = rereads
        self._cancelled = cancelled
        self._seen: set[int] = set()
        self._end = self.MAX_PAGES

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
            yield from self._counted(range(2, count + 1))
            yield from self._beyond(max(1, count)) if self.tally.rows > (self.tally.expected or 0) else self._fill_gaps()
        if self._cancelled():
            self.tally.notes.append(f"Stopped by you after {self.tally.rows:,} rows; the rest was not read.")

    def _count(self, first: Page) -> int:
        # A service may give smaller pages than were asked for: what came counts.
        size = self._size if len(first.records) >= min(self._size, first.total or 0) else max(1, len(first.records))
        return min(self.MAX_PAGES, math.ceil((first.total or 0) / size))

    def _refuse_if_large(self, first: Page) -> None:
        if self._allow is None or first.total is None:
            return
        needed = self._count(first)
        if needed > self._allow:
            raise ReadTooLarge(
                f"This read would take {needed:,} requests for {first.total:,} rows, more than the {self._allow:,} that "
                f"are made without asking. Narrow the filters, or say go on (go_on=True).",
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
        if isinstance(found, dict):
            members = self._reader.dialect.read(found, "paging", "members")
            total = self._reader.dialect.read(found, "paging", "total")
        if not isinstance(members, list):
            raise Unreadable("The answer holds no list", method="GET", path=path, advice="Check the dialect: paging.")
        records = Rows(m for m in members if isinstance(m, dict))
        self.tally.unreadable += len(members) - len(records)
        if isinstance(total, float) and total >= 2**63:
            total = int(total)  # a number that no 64 bits hold
        usable = isinstance(total, int) and not isinstance(total, bool) and total >= 0
        return Page(number, records, total if usable and total is not NOT_SENT else None)

    def _new(self, page: Page) -> list[Record]:
        ids = self._reader.own_ids(self._resource, page.records)
        distinct = set(ids)
        if len(distinct) == len(ids) and None not in distinct and self._seen.isdisjoint(distinct):  # nearly always
            self._seen.update(own for own in ids if own is not None)
            self.tally.rows += len(ids)
            return page.records
        new: list[Record] = []
        for record, own in zip(page.records, ids, strict=True):
            if own is None:
                self.tally.unreadable += 1
                continue
            if own in self._seen:
                self.tally.doubled += 1
                continue
            self._seen.add(own)
            new.append(record)
        self.tally.rows += len(new)
        return new

    def _counted(self, numbers: range, *, again: bool = False) -> Iterator[list[Record]]:
        """Pages by number, ``at_once`` at a time, given out in order, until a total that promises too much gives itself away.

        That is two empty pages, or so many that repeat what was there as no collection shifts by while it is read.
        """
        empty = stale = 0
        try:
            # Decoded here, where the records are used next: the threads of the pool only wait for answers.
            for number, body in ahead(self._pool, self._bring, numbers, at_once=self._at_once, cancelled=self._cancelled):
                page = self._read(number, body)
                if page.total is not None:
                    self.tally.expected = page.total
                new = self._new(page)
                yield new
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
                    f"After {page.number:,} requests there is still more, and the service names no total. "
                    "Narrow the filters, or say go on (go_on=True).",
                    requests=page.number + 1,
                )
            page = self._fetch(page.number + 1)
            new = self._new(page)
            if not new:
                return
            yield new

    def _beyond(self, number: int) -> Iterator[list[Record]]:
        """More came than the service counts: its total is no guide, so go on until nothing new comes."""
        yield from self._until_empty(Page(number, [{}], None))
        self.tally.notes.append(f"The service counts {self.tally.expected:,}, but {self.tally.rows:,} came.")

    def _fill_gaps(self) -> Iterator[list[Record]]:
        for _ in range(self._rereads):
            if self._short() <= 0 or self._cancelled():
                break
            count = min(self._end, math.ceil((self.tally.expected or 0) / self._size))
            yield from (new for new in self._counted(range(1, count + 1), again=True) if new)
        self.tally.missing = max(0, self._short())
        if self.tally.missing and not self._cancelled():
            self.tally.notes.append(
                f"May be incomplete by {self.tally.missing:,}: the service counts {self.tally.expected:,}, "
                f"{self.tally.rows:,} came."
            )

    def _short(self) -> int:
        return (self.tally.expected or 0) - self.tally.rows - self.tally.unreadable
