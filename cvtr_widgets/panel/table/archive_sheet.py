"""Leads of an archive with all that a table asks about them: the engine answers, and no lead is loaded but those of a page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import tzinfo
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cvtr_widgets.days import day_begins, day_ends
from cvtr_widgets.frames.masking import LOOKED_INTO, shortener
from cvtr_widgets.panel.selection.id_set import RowsOfIds
from cvtr_widgets.panel.table.cells import ShownColumn, empty, plain
from cvtr_widgets.panel.table.column_filters import Between, Contains, Days, Empty, Filter, OneOf, YesNo
from cvtr_widgets.panel.table.columns import SEARCHED, others
from cvtr_widgets.panel.table.sheet import TableSheet, cells_of
from cvtr_widgets.panel.table.sort_order import Sort
from cvtr_widgets.panel.table.text_sort import Tell

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from cvtr_widgets.archive.archived_leads import ArchivedLeads

    Rows: TypeAlias = npt.NDArray[np.int64]
    Mask: TypeAlias = npt.NDArray[np.bool_]

LAST_SEEN = ShownColumn("seen_at", "Last Seen", "time")
KEPT_MASKS, KEPT_ORDERS, KEPT_PAGES = 12, 3, 8
"""Answers that are remembered: 1 byte a lead each, 8 bytes a lead each, and values of single pages."""


class ArchiveSheet:
    """What ``TableSheet`` is to a frame. ``given``: the columns that the table was made for; ``usual``: those of them that the
    archive keeps, and when each lead was last seen. ``masked``: leave out what is personal, in the table and the search.

    Takes some tenths of a second for 10,000,000 leads.
    """

    def __init__(self, leads: ArchivedLeads, given: Sequence[ShownColumn], *, zone: tzinfo, masked: bool = False) -> None:
        from cvtr_widgets.archive.rows import ArchivedRows  # with narwhals, which no other table needs

        self.rows = ArchivedRows(leads, _left_out(leads) if masked else ())
        self.leads = leads
        self.ids: Rows = self.rows.ids
        self.places = RowsOfIds(self.ids)
        # No row is read: the dtypes of an empty frame tell how each column is shown.
        nothing = self.rows.frame(self.ids[:0], self.rows.kinds)
        self.usual = tuple(c for c in (*given[:2], LAST_SEEN, *given[2:]) if self.has(c.name))
        self.columns = (*self.usual, *others(self.usual, nothing))
        self._zone = zone
        self._wanted = {"score", "max_score", *(c.name for c in given)}
        self._masks: OrderedDict[tuple[Any, ...], Mask] = OrderedDict()
        self._orders: OrderedDict[Sort, Rows] = OrderedDict()
        self._pages: OrderedDict[bytes, pd.DataFrame] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.ids)

    def has(self, name: str) -> bool:
        """Whether there are values for this column."""
        return name == "lead_id" or name in self.rows.kinds

    # -- which rows ---------------------------------------------------------------------------------------------------

    def mask(self, name: str, wanted: Filter) -> Mask:
        """Rows that a filter lets through. A column that is not there is empty in every row."""
        if not self.has(name):
            return np.full(len(self), wanted == Empty())
        return self._kept(("filter", name, wanted), lambda: self._mask(name, wanted))

    def _kept(self, asked: tuple[Any, ...], make: Any) -> Mask:
        found: Mask | None = self._masks.get(asked)
        if found is None:
            # Without the lock: the engine may take seconds, and the page must not wait for a search in the background. Two
            # threads may ask the same at once; both answers are equal.
            found = make()
        with self._lock:
            self._masks[asked] = found
            self._masks.move_to_end(asked)
            while len(self._masks) > KEPT_MASKS:
                self._masks.popitem(last=False)
        return found

    def _mask(self, name: str, wanted: Filter) -> Mask:
        rows = self.rows
        match wanted:
            case Empty():
                return rows.where(name, "empty", wanted.empty)
            case Contains():
                return rows.holding(wanted.text.casefold(), (name,))
            case OneOf():
                return rows.where(name, "one_of", wanted.values)
            case Between():
                return rows.where(name, "between", wanted.low, wanted.high)
            case YesNo():
                return rows.where(name, "is", wanted.yes)
            case Days():
                first = None if wanted.first is None else day_begins(wanted.first, self._zone)
                return rows.where(name, "between", first, None if wanted.last is None else day_ends(wanted.last, self._zone))

    def search(self, text: str) -> Mask | None:
        """Rows in which every word occurs; None where there is no word."""
        words = list(dict.fromkeys(text.casefold().split()))
        if not words:
            return None
        found = np.ones(len(self), dtype=bool)
        for word in words:
            found &= self._kept(("word", word), lambda w=word: self.rows.holding(w, self._searched(), ids=True))
        return found

    def at_once(self, text: str) -> bool:
        """Whether a search takes only a moment: its words were looked for before, or columns have few values."""
        known = all(("word", word) in self._masks for word in text.casefold().split())
        return known or all(self.rows.known_words(name) for name in self._searched())

    def search_in(self, rows: Rows, text: str) -> Mask:
        """One flag for each of a few rows."""
        names = self._searched()
        frame = self.rows.frame(rows, names)
        columns = [["" if empty(v) else str(v).casefold() for v in frame[name].tolist()] for name in names]
        lines = map("\n".join, zip(map(str, self.ids[rows].tolist()), *columns, strict=True))
        words = text.casefold().split()
        return np.fromiter((all(word in line for word in words) for line in lines), bool, len(rows))

    def prepare(self, tell: Tell | None = None, cancel: Event | None = None) -> None:
        """Ask for the values of columns that have few, which searching and sorting use."""
        names = self._searched()
        for done, name in enumerate(names):
            if cancel is not None and cancel.is_set():
                return
            self.rows.words(name)
            if tell is not None:
                tell(done + 1, len(names))

    def _searched(self) -> list[str]:
        return [c.name for c in self.columns if c.look in SEARCHED or (c.name == "campaign_id")]

    def counts(self, name: str, mask: Mask | None) -> dict[str, int]:
        """Rows, or those of ``mask``, by the value of a column, most first, empty ones left out."""
        return self.rows.counts(name, mask) if self.has(name) else {}

    # -- in which order -----------------------------------------------------------------------------------------------

    def sort_of(self, sort: Sort) -> Sort:
        """The part of a sort order whose columns are there."""
        return tuple(step for step in sort if self.has(step[0]))

    def slow(self, sort: Sort, count: int) -> bool:
        """Whether ``count`` rows are put in order in the background, behind their beginning."""
        return count > 1 and sort not in self._orders

    def beginning(self, mask: Mask, sort: Sort, count: int) -> Rows:
        """The first rows of those that ``mask`` flags."""
        return self.rows.first_among(sort, mask, count)

    def ordering(self, sort: Sort) -> ArchiveOrdering:
        """The rest of the work for the whole order."""
        return ArchiveOrdering(self, sort)

    def order(self, sort: Sort) -> Rows:
        """All rows in order."""
        found = self._orders.get(sort)
        if found is None:
            found = self.rows.order(sort)
        with self._lock:
            self._orders[sort] = found
            while len(self._orders) > KEPT_ORDERS:
                self._orders.popitem(last=False)
        return found

    # -- what is shown ------------------------------------------------------------------------------------------------

    def cells(self, rows: Rows, column: ShownColumn) -> list[str]:
        """The texts of one column in these rows."""
        return cells_of(column, lambda name: self._values(rows, name), self._zone)

    def _values(self, rows: Rows, name: str) -> list[Any]:
        if name not in self.rows.kinds:
            return [None] * len(rows)
        page = self._page(rows)
        if name not in page.columns:
            # A column that was not shown before: all kept pages lack it, so they are asked again with it.
            self._wanted.add(name)
            self._pages.clear()
            page = self._page(rows)
        return page[name].tolist()

    def _page(self, rows: Rows) -> pd.DataFrame:
        """The values of a page; each is read once for all its columns."""
        # The rows themselves are the key, not the number of the page: after a sort or a filter the same number is another page.
        place = rows.tobytes()
        found = self._pages.get(place)
        if found is None:
            found = self._pages[place] = self.rows.frame(rows, sorted(self._wanted))
            while len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        return found

    def campaigns(self, rows: Rows) -> dict[int, tuple[str, int]]:
        """Campaign id -> its name and how many of these leads are on it."""
        return {campaign: (plain(name), n) for campaign, name, n in self.rows.campaigns(rows)}


class ArchiveOrdering:
    """The whole order, asked of the engine. ``run`` may be called in another thread; the sheet remembers what it gives."""

    def __init__(self, sheet: ArchiveSheet, sort: Sort) -> None:
        self._sheet = sheet
        self._sort = sort

    def run(self, _tell: Tell | None = None, _cancel: Event | None = None) -> None:
        """Ask for it; some seconds for 10,000,000 leads."""
        self._sheet.order(self._sort)


Sheet: TypeAlias = TableSheet | ArchiveSheet


def _left_out(leads: ArchivedLeads) -> set[str]:
    """Columns of an archive that a masked view does not show."""
    kinds = leads.stored.kinds
    typed = LOOKED_INTO if "email" in kinds else frozenset()
    return {
        name
        for name, kind in kinds.items()
        if kind == "key" or shortener(name) or name in {"form", "email_domain"} or name in typed
    }
