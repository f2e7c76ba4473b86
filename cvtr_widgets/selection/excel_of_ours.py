"""A workbook that ``to_excel(by=...)`` wrote: the sheet ``All``, and one for each value of one of its columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from cvtr_widgets.selection.column_names import bare, is_blank
from cvtr_widgets.selection.id_column import IdColumn, Table

_CUT: Final = 27
"""From so many characters on, a sheet's name may be the beginning of a longer one: Excel takes 31, less a number behind it."""
_Sheet: TypeAlias = tuple[str, Table, IdColumn]
_Rows: TypeAlias = list[tuple[Any, ...]]


def is_sheets_of_all(sheets: Sequence[_Sheet], count: int) -> bool:
    """Whether the first of these sheets is all of them, and each other one its rows with one value, which is its name.

    The names then are values, such as the publisher *No Limit Media*, and say nothing of what is meant. ``count``: how many
    sheets there are, with those that hold no leads.
    """
    if len(sheets) < 2 or len(sheets) < count or sheets[0][0] != "All":
        return False
    first, *others = sheets
    if any(column.names != first[2].names or column.header != 1 for _, _, column in sheets):
        return False
    width = len(first[2].names)
    every = _rows(first[1], width)
    parts = [(title, _rows(table, width)) for title, table, _ in others]
    if Counter(every) != Counter(row for _, rows in parts for row in rows):
        return False
    return any(all(_named_by(title, rows, place) for title, rows in parts) for place in range(width))


def _rows(table: Table, width: int) -> _Rows:
    padded = (tuple(cells) + (None,) * (width - len(cells)) for number, cells in table.rows() if number > 1)
    return [cells for cells in padded if not all(map(is_blank, cells))]


def _named_by(title: str, rows: _Rows, place: int) -> bool:
    """Whether all rows have one value in a column, and the sheet is called so. Excel cuts names, and takes not every letter."""
    values = {"" if is_blank(row[place]) else str(row[place]) for row in rows}
    if len(values) != 1:
        return False
    (value,) = values
    if not value:
        return title == "(none)"
    name, whole = bare(re.sub(r" \([0-9]+\)$", "", title)), bare(value)
    return bool(name) and (name == whole or (len(title) >= _CUT and whole.startswith(name)))
