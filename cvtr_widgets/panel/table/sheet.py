"""A frame of leads with all that is kept about it. Made again with each frame; rows are known here and in the table only.

Inside are numpy arrays and plain lists made from the pandas frame when first asked for (``column_index.py``). At 1,000,000
leads Arrow, Polars and DuckDB were not quicker by what they cost: first a second copy of the texts (200 to 400 ms for five
columns); then searching takes them 20 to 320 ms and us 100, the whole order of distinct e-mails 330 to 1,050 and us some
500, its beginning 8 to 15 and us 40. A plain install brings none of them, and each weighs tens of megabytes. Measured by
``python benchmarks/table.py --engines --cpu``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cvtr_widgets.panel.selection.id_set import IdArray, RowsOfIds
from cvtr_widgets.panel.table.cells import ShownColumn, cell, empty
from cvtr_widgets.panel.table.column_filters import Between, Contains, Days, Empty, Filter, OneOf, YesNo
from cvtr_widgets.panel.table.column_index import (
    AmountColumn,
    DictionaryColumn,
    NumberColumn,
    TextColumn,
    index_of,
    text_index,
    texts_of,
)
from cvtr_widgets.panel.table.columns import SEARCHED, others
from cvtr_widgets.panel.table.search import TableSearch
from cvtr_widgets.panel.table.sort_order import BEGINNING, Ordering, Sort, SortKey, beginning, whole_order
from cvtr_widgets.panel.table.text_sort import Tell

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Rows: TypeAlias = npt.NDArray[np.int64]
    Mask: TypeAlias = npt.NDArray[np.bool_]

KEPT = 16
"""Masks and orders that are remembered, the newest ones."""


class TableSheet:
    """``columns``: those that the table was made for, then, with ``more``, what else the frame holds.

    Raises:
        ValueError: the index holds an id twice, or no whole numbers: a tick could not mean one lead.
    """

    def __init__(self, frame: pd.DataFrame, given: Sequence[ShownColumn], *, more: bool, zone: tzinfo) -> None:
        # The index of an empty frame may be of any dtype.
        if len(frame) and frame.index.dtype.kind != "i":
            raise ValueError("the frame's index does not hold lead ids")
        if not frame.index.is_unique:
            raise ValueError("a lead is in the frame twice")
        if not frame.columns.is_unique:
            raise ValueError("a column is in the frame twice")
        self.frame = frame
        self.ids: IdArray = frame.index.to_numpy(np.int64)
        self.places = RowsOfIds(self.ids)
        self.columns = (*given, *(others(given, frame) if more else ()))
        self._looks = {c.name: c.look for c in self.columns}
        self._given = frozenset(c.name for c in given)
        self._zone = zone
        # Caches, filled when first asked for and never out of date: a sheet belongs to one frame, and a new frame gets a new
        # sheet. Masks and orders take memory for each row, so only the last ones are kept.
        self._indexes: dict[str, DictionaryColumn | NumberColumn] = {}
        self._texts: dict[str, TextColumn] = {}
        self._masks: dict[tuple[str, Filter], Mask] = {}
        self._orders: dict[Sort, Rows] = {}
        self._search: TableSearch | None = None
        # Held while what searching needs is made, mostly by a background thread: it takes a second or two at a million leads.
        self._preparing = Lock()

    def __len__(self) -> int:
        return len(self.ids)

    def has(self, name: str) -> bool:
        """Whether there are values for this column."""
        return name == "lead_id" or name in self.frame.columns

    def index(self, name: str) -> DictionaryColumn | NumberColumn:
        """What is kept about a column; made when it is first asked for."""
        found = self._indexes.get(name)
        if found is None:
            if name == "lead_id":
                found = NumberColumn(self.ids, np.zeros(len(self), dtype=bool))
            else:
                found = index_of(self.frame[name], self._looks.get(name, "text"))
            self._indexes[name] = found
        return found

    def texts(self, name: str) -> TextColumn:
        """The same as text."""
        found = self._texts.get(name)
        if found is None:
            # A flag is kept as 0 and 1; as text it is True or False.
            flag = self._looks.get(name) == "flag"
            found = self._texts[name] = texts_of(self.frame[name]) if flag else text_index(self.index(name))
        return found

    def _texts_in(self, rows: Rows, name: str) -> TextColumn:
        """The same of a few rows, made from these alone."""
        column, look = self.frame[name].iloc[rows], self._looks.get(name, "text")
        return texts_of(column) if look == "flag" else text_index(index_of(column, look))

    # -- which rows ---------------------------------------------------------------------------------------------------

    def mask(self, name: str, wanted: Filter) -> Mask:
        """Rows that a filter lets through. A column that is not there is empty in every row."""
        asked = (name, wanted)
        # Popped and put back: the dict is in the order of the last use, and what is dropped is what was not asked for longest.
        found = self._masks.pop(asked, None)
        if found is None:
            found = self._mask(name, wanted) if self.has(name) else np.full(len(self), wanted == Empty())
        self._masks[asked] = found
        while len(self._masks) > KEPT:
            del self._masks[next(iter(self._masks))]
        return found

    def _mask(self, name: str, wanted: Filter) -> Mask:
        index = self.index(name)
        match wanted:
            case Empty():
                return index.blank if wanted.empty else ~index.blank
            case Contains():
                return self.texts(name).holding(wanted.text.casefold())
            case OneOf():
                return self.texts(name).among(frozenset(wanted.values))
            case Between() if isinstance(index, (NumberColumn, AmountColumn)):
                return index.between(wanted.low, wanted.high)
            case YesNo() if isinstance(index, NumberColumn):
                yes: Mask = index.values.astype(bool)
                return ~index.blank & (yes if wanted.yes else ~yes)
            case Days() if isinstance(index, NumberColumn):
                return index.days(wanted.first, wanted.last, self._zone)
            case _:
                return np.zeros(len(self), dtype=bool)

    def search(self, text: str) -> Mask | None:
        """Rows in which every word occurs; None where there is no word."""
        if not text.split():
            return None
        return self._made_search().rows(text)

    def at_once(self, _text: str) -> bool:
        """Whether a search takes only a moment: what it needs is there."""
        return self._search is not None

    def counts(self, name: str, mask: Mask | None) -> dict[str, int]:
        """Rows, or those of ``mask``, by the value of a column, most first, empty ones left out."""
        return self.texts(name).counts(mask) if name in self.frame.columns else {}

    def search_in(self, rows: Rows, text: str) -> Mask:
        """One flag for each of a few rows, found without what a search of all rows needs; ``text`` holds a word."""
        found = TableSearch(self.ids[rows].tolist(), [self._texts_in(rows, name) for name in self._searched()]).rows(text)
        return np.ones(len(rows), dtype=bool) if found is None else found

    def _made_search(self) -> TableSearch:
        with self._preparing:  # not twice at the same time, which would take twice as long
            if self._search is None:
                self._search = TableSearch(self.ids.tolist(), [self.texts(name) for name in self._searched()])
            return self._search

    def prepare(self, tell: Tell | None = None, cancel: Event | None = None) -> None:
        """Make what searching and sorting by text will need, column by column. May be called in another thread.

        ``tell(done, total)`` counts columns. What is there when ``cancel`` is set is kept.
        """
        names = self._searched()
        for done, name in enumerate(names):
            if cancel is not None and cancel.is_set():
                return
            with self._preparing:
                # Column by column, and the lock let go in between: a search that is typed meanwhile does not wait for all of
                # them.
                _ = self.texts(name).sortable
            if tell is not None:
                tell(done, len(names))
        self._made_search()
        if tell is not None:
            tell(len(names), len(names))

    def _searched(self) -> list[str]:
        """Text columns, and those numbers that the table was made to show (campaign ids)."""
        also = {"number"}
        return [
            c.name
            for c in self.columns
            if (c.look in SEARCHED or (c.look in also and c.name in self._given)) and c.name in self.frame.columns
        ]

    # -- in which order -----------------------------------------------------------------------------------------------

    def by(self, sort: Sort) -> list[SortKey]:
        """The columns to sort by, without those that are not there."""
        return [SortKey(self.index(name), descending) for name, descending in sort if self.has(name)]

    def sort_of(self, sort: Sort) -> Sort:
        """The part of a sort order whose columns are there."""
        return tuple(step for step in sort if self.has(step[0]))

    def slow(self, sort: Sort, count: int) -> bool:
        """Whether ``count`` rows are put in order in the background, behind their beginning."""
        return count > BEGINNING and any(by.index.slow for by in self.by(sort))

    def beginning(self, mask: Mask, sort: Sort, count: int) -> Rows:
        """The first rows of those that ``mask`` flags."""
        return beginning(np.flatnonzero(mask), self.by(sort), count)

    def ordering(self, sort: Sort) -> Ordering:
        """The rest of the work for the whole order."""
        return Ordering(self.by(sort))

    def order(self, sort: Sort) -> Rows:
        """All rows in order."""
        found = self._orders.pop(sort, None)
        if found is None:
            found = whole_order(len(self), self.by(sort))
        self._orders[sort] = found
        while len(self._orders) > KEPT:
            del self._orders[next(iter(self._orders))]
        return found

    # -- what is shown ------------------------------------------------------------------------------------------------

    def cells(self, rows: Rows, column: ShownColumn) -> list[str]:
        """The texts of one column in these rows."""
        return cells_of(column, lambda name: self._values(rows, name), self._zone)

    def _values(self, rows: Rows, name: str) -> list[Any]:
        return self.frame[name].iloc[rows].tolist() if name in self.frame.columns else [None] * len(rows)


def cells_of(column: ShownColumn, values: Callable[[str], list[Any]], zone: tzinfo) -> list[str]:
    """The texts of a column, whose ``values`` are given by name."""
    if column.look != "score":
        return [cell(v, column.look, zone) for v in values(column.name)]
    pairs = zip(values("score"), values("max_score"), strict=True)
    return ["" if empty(s) else f"{s}" if empty(m) else f"{s}/{m}" for s, m in pairs]
