"""Which rows of a frame match and in which order they stand; the whole order only when somebody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cvtr_widgets.panel.table.archive_sheet import Sheet
from cvtr_widgets.panel.table.sort_order import BEGINNING, Pending, Sort

if TYPE_CHECKING:
    import numpy.typing as npt

    Rows: TypeAlias = npt.NDArray[np.int64]
    Mask: TypeAlias = npt.NDArray[np.bool_]


class SortedRows:
    """The rows that ``matches`` flags, sorted. ``ordering`` is what is left to do where only the beginning is in order."""

    def __init__(self, sheet: Sheet | None, matches: Mask, sort: Sort) -> None:
        self.matches = matches
        self.count = int(np.count_nonzero(matches))
        self.ordering: Pending | None = None
        self._sheet = sheet
        sort = self._sort = () if sheet is None else sheet.sort_of(sort)
        if sheet is None or not sort:
            self._order: Rows = np.arange(len(matches)) if self.count == len(matches) else np.flatnonzero(matches)
        # A million distinct texts take half a second to put in order. The first pages need only the beginning, which takes 40
        # ms; the rest is made in the background or when somebody asks for a later page.
        elif sheet.slow(sort, self.count):
            self._order = sheet.beginning(matches, sort, BEGINNING)
            self.ordering = sheet.ordering(sort) if len(self._order) < self.count else None
        else:
            self._order = self._in_order(sheet)

    def _in_order(self, sheet: Sheet) -> Rows:
        order = sheet.order(self._sort)
        # The order of all rows is what is cached: a filter then only picks from it, and taking it away sorts nothing.
        return order if self.count == len(order) else order[self.matches[order]]

    def whole(self) -> Rows:
        """All of them in order; what is missing is done now."""
        if self.ordering is not None and self._sheet is not None:
            self._order = self._in_order(self._sheet)
            self.ordering = None
        return self._order

    @property
    def beginning(self) -> Rows:
        """Those whose order is known: all, or the first ones."""
        return self._order

    def part(self, first: int, count: int) -> Rows:
        """Some of them, from a place on."""
        order = self._order if first + count <= len(self._order) else self.whole()
        return order[first : first + count]

    def place_of(self, row: int) -> int | None:
        """The place of a row in this order; None where it does not match."""
        if not self.matches[row]:
            return None
        # First where the order is known; the whole order is only made for a row that is further behind.
        found = np.flatnonzero(self._order == row)
        if not len(found):
            found = np.flatnonzero(self.whole() == row)
        return int(found[0])
