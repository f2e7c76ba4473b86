"""What a new frame shows differently from the one before, lead by lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cvtr_widgets.panel.selection.id_set import IdSet, RowsOfIds
from cvtr_widgets.panel.table.cells import ShownColumn
from cvtr_widgets.panel.table.column_index import NumberColumn, index_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Rows = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


def changed(before: pd.DataFrame, after: pd.DataFrame, were: RowsOfIds, are: RowsOfIds, columns: Sequence[ShownColumn]) -> IdSet:
    """Leads of both frames of which a value of ``columns`` differs. Two empty values are the same."""
    old = were.many(are.ids)
    new = np.flatnonzero(old >= 0)
    old = old[new]
    looks = {c.name: c.look for c in columns if c.look != "id"}
    if "score" in looks:
        looks["max_score"] = "score"  # shown beside it
    differ = np.zeros(len(new), dtype=bool)
    for name, look in looks.items():
        if name in before.columns and name in after.columns:
            differ |= _differ(before[name], after[name], old, new, look)
        elif name in after.columns or name in before.columns:
            # A column that only one of them has: what was empty before and is now absent has not changed.
            column, rows = (after[name], new) if name in after.columns else (before[name], old)
            differ |= column.notna().to_numpy(bool)[rows]
    return IdSet.of(are.ids[new[differ]])


def _differ(before: pd.Series[Any], after: pd.Series[Any], old: Rows, new: Rows, look: Any) -> Mask:
    import pandas as pd

    if isinstance(before.dtype, pd.CategoricalDtype) and isinstance(after.dtype, pd.CategoricalDtype):
        # Codes of two frames are numbered differently: both are brought to one numbering, and no value is compared row by row.
        codes: dict[Any, int] = {value: code for code, value in enumerate(before.cat.categories.tolist())}
        moved = [codes.setdefault(value, len(codes)) for value in after.cat.categories.tolist()]
        differ: Mask = np.not_equal(before.cat.codes.to_numpy()[old], np.append(moved, -1)[after.cat.codes.to_numpy()[new]])
        return differ
    if before.dtype == after.dtype and before.dtype.kind in "iufbM":
        first, second = index_of(before, look), index_of(after, look)
        if isinstance(first, NumberColumn) and isinstance(second, NumberColumn):
            blank, other = first.blank[old], second.blank[new]
            return np.asarray((blank != other) | (~blank & ~other & (first.values[old] != second.values[new])))
    return np.asarray(_plain(before, old) != _plain(after, new), dtype=bool)


def _plain(column: pd.Series[Any], rows: Rows) -> npt.NDArray[np.object_]:
    """Values with None for all kinds of empty, so that they can be compared."""
    values = column.to_numpy(dtype=object)[rows]
    blank = column.isna().to_numpy(bool)[rows]
    if blank.any():
        values[blank] = None
    return values
