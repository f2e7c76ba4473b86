"""What the table is narrowed to: filters by column, a search, and whether only selected leads are shown.

A first search of many rows shows what it has found so far, and goes on in the background (``Searching``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cvtr_widgets.panel.table.archive_sheet import Sheet
from cvtr_widgets.panel.table.column_filters import Filter
from cvtr_widgets.panel.table.sort_order import Sort
from cvtr_widgets.panel.table.sorted_rows import SortedRows
from cvtr_widgets.panel.table.text_sort import Tell

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask: TypeAlias = npt.NDArray[np.bool_]
    Rows: TypeAlias = npt.NDArray[np.int64]

AT_ONCE = 100_000
"""So many rows are searched in one go. In more, a first search takes more than a moment: what it needs must be made first."""
FIRST = 0.12
"""Seconds for what is found at once in more rows."""
BLOCK, LARGEST_BLOCK = 1_000, 8_000
"""Rows looked through between two looks at the clock: the first and the largest number."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """All of it must be so of a row."""

    filters: Mapping[str, Filter] = field(default_factory=dict, repr=False)
    search: str = field(default="", repr=False)
    marked_only: bool = False

    def with_filter(self, column: str, wanted: Filter | None) -> RowFilter:
        """With another filter of a column; None: without one."""
        others = {name: kept for name, kept in self.filters.items() if name != column}
        return dataclasses.replace(self, filters=others if wanted is None else {**others, column: wanted})

    def is_quick(self, sheet: Sheet) -> bool:
        """Whether all rows can be looked through at once."""
        return len(sheet) <= AT_ONCE or sheet.at_once(self.search) or not self.search.split()

    def mask(self, sheet: Sheet | None, ticks: Mask, *, without: str | None = None) -> Mask:
        """One flag a row. ``ticks``: which rows are selected. ``without``: a column whose filter does not count."""
        mask: Mask = np.ones(len(ticks), dtype=bool)
        if sheet is None:
            return mask
        for name, wanted in self.filters.items():
            # The list of values in a column's own filter shows what could be chosen, so its own filter must not hide the other
            # values.
            if name != without:
                mask &= sheet.mask(name, wanted)
        if self.marked_only:
            mask &= ticks
        found = sheet.search(self.search)
        return mask if found is None else mask & found


class Searching:
    """The part of a first search that takes its time.

    ``run`` may be called in another thread; it touches nothing of the table.
    """

    def __init__(self, sheet: Sheet, text: str) -> None:
        self._sheet = sheet
        self._text = text

    def first(self, order: Rows, enough: int) -> tuple[Mask, bool]:
        """Rows found so far, one flag a row of the sheet, and whether all of ``order`` was looked through.

        It looks from the beginning of ``order`` until it has found ``enough``, or for ``FIRST`` seconds: what is found later
        comes behind, so that nothing moves.
        """
        found: Mask = np.zeros(len(self._sheet), dtype=bool)
        until, at, block = perf_counter() + FIRST, 0, BLOCK
        while at < len(order) and np.count_nonzero(found) < enough and perf_counter() < until:
            # In the order shown, from the top: the first matches are those that the first page shows in the end, too, so
            # nothing moves when the rest is found.
            rows = order[at : at + block]
            found[rows] = self._sheet.search_in(rows, self._text)
            at, block = at + block, min(2 * block, LARGEST_BLOCK)
        return found, at >= len(order)

    def run(self, tell: Tell | None = None, cancel: Event | None = None) -> None:
        """Make what searching needs and search all rows; the sheet remembers what is found. ``tell`` as ``Sheet.prepare``."""
        self._sheet.prepare(tell, cancel)
        if cancel is None or not cancel.is_set():
            self._sheet.search(self._text)


def first_found(sheet: Sheet, narrowing: RowFilter, ticks: Mask, sort: Sort, page_size: int) -> tuple[Mask, Searching | None]:
    """Which rows are found at once, and the search that looks through the others; None where none are left."""
    # The first matches are looked for in the order in which they are shown. In the frame's own order, the first page would
    # change under the user when the rest is found.
    others = SortedRows(sheet, dataclasses.replace(narrowing, search="").mask(sheet, ticks), sort)
    searching = Searching(sheet, narrowing.search)
    found, through = searching.first(others.beginning, page_size)
    # While the order is not whole, only its beginning was looked through, and that is not all rows.
    return found, searching if not through or others.ordering is not None else None
