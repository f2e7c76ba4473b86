"""What the table is narrowed to: filters by column, a search, and whether only selected leads are shown. A frozen value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cvtr_widgets.panel.table.column_filters import Filter
from cvtr_widgets.panel.table.sheet import TableSheet

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask: TypeAlias = npt.NDArray[np.bool_]


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

    def mask(self, sheet: TableSheet | None, ticks: Mask, *, without: str | None = None) -> Mask:
        """One flag a row. ``ticks``: which rows are selected. ``without``: a column whose filter does not count."""
        mask: Mask = np.ones(len(ticks), dtype=bool)
        if sheet is None:
            return mask
        for name, wanted in self.filters.items():
            if name != without:
                mask &= sheet.mask(name, wanted)
        if self.marked_only:
            mask &= ticks
        found = sheet.search(self.search)
        return mask if found is None else mask & found
