"""Rows below the header of a table -> leads: which of them are leads, and which are totals, headings or something else."""

from __future__ import annotations

import dataclasses
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import ColumnUnclear
from cvtr_widgets.models import LeadId, Rejected
from cvtr_widgets.selection.column_names import filled, heading, is_blank, other_heading
from cvtr_widgets.selection.excel_xml import ROW_STRUCK
from cvtr_widgets.selection.grouped_digits import LAKHS, THOUSANDS
from cvtr_widgets.selection.id_column import Cells, IdColumn, Table, is_header
from cvtr_widgets.selection.id_sizes import alike
from cvtr_widgets.selection.lead_counts import without_other_numbers
from cvtr_widgets.selection.lead_id import EMPTY, NoId, id_of_value, trimmed
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.selection.table_blocks import Blocks, row_says_no, says_no
from cvtr_widgets.selection.totals import Totals, is_total_label, says_total
from cvtr_widgets.selection.wrapped_lists import first_of, why_by_turns

Tell = Callable[[int], None]
"""Called with rows read so far."""
_STEP: Final = 20_000
_TAIL: Final = 3
_DECIMALS: Final = ("0", "00")


def take(table: Table, column: IdColumn, tell: Tell | None = None) -> Selection:
    """The leads of a table. Each row below the header that has something in it is taken, a duplicate, or rejected.

    Raises:
        ColumnUnclear: a title above the table says that these are not meant.
    """
    _refuse_denying_title(table, column)
    ids: list[LeadId] = []
    rejected: list[Rejected] = []
    empty: dict[int, int] = {}

    def refuse(number: int, cell: Any, why: str, leads: int = 1) -> None:
        rejected.append(Rejected(f"{table.unit} {number:,}".replace(",", ""), shown("" if cell is None else cell), why, leads))

    notes = list(column.notes)
    blocks, totals = Blocks(column.names), Totals(column.place)
    for number, given, gap, tail in _with_tail(table, column.header, tell):
        cells = _without_decimals(table, column, given)
        if (moved := _other_table(column, cells)) is not None:
            refuse(number, next(c for c in cells if not is_blank(c)), "is the header of another table", 0)
            blocks.moved(told=bool(moved))
            column, totals = moved or column, Totals((moved or column).place)
            notes += [f"Another table begins in {table.unit} {number}: its ids were read from “{column.name}”."] if moved else []
            continue
        cell = cells[column.place] if column.place < len(cells) else None
        found = id_of_value(cell, exact=table.exact)
        if isinstance(found, str) and (words := _words(table, column, blocks, number, cells, gap, found, ids)):
            refuse(number, *words)
            continue
        why = blocks.why() or _astray(table, column, number, cells) or says_total(cells, column.place, tail=tail)
        if not why and isinstance(found, int):
            why = totals.why(found, cells, gap=gap)
            if not why:
                totals.add(found, cells, gap=gap)
                ids.append(found)
                continue
            totals.end_group()
        if why:
            refuse(number, cell, why, int(heading(cell) is None))
            continue
        if found == EMPTY:
            empty[len(rejected)] = number
        refuse(number, *_no_id(table, column, cells, str(found), ids))
    _explain_merged(table, column, rejected, empty)
    ids = _without_turns(column, ids, rejected)
    rejected[:0] = _above_header(table, column.header, ids)
    if column.header and not ids and not rejected:
        notes.append("There is no row below the header, so there is no lead in it.")
    return Selection.of(
        ids, table.origin, rejected=rejected, notes=(*table.notes, *notes), column=column.name, columns=column.names
    )  # fmt: skip


def _without_turns(column: IdColumn, ids: list[LeadId], rejected: list[Rejected]) -> list[LeadId]:
    """The ids of a table, but none of a list without a name in which the cells of several columns stand below each other."""
    if column.header or column.chosen or len(column.names) > 1 or not (why := why_by_turns(ids)):
        return ids
    rejected.append(Rejected("the ids", first_of(ids), why, len(set(ids))))
    return []


def _refuse_denying_title(table: Table, column: IdColumn) -> None:
    if column.chosen or not column.header:
        return
    above: deque[Cells] = deque(maxlen=_TAIL)
    for number, cells in table.rows():
        if number >= column.header:
            break
        if filled(cells):
            above.append(cells)
    titles = [next(c for c in cells if not is_blank(c)) for cells in above if filled(cells) == 1]
    if (title := next(filter(says_no, titles), None)) is not None:
        raise ColumnUnclear(
            f"Above the table stands “{shown(trimmed(title), 40)}”, which may say that its leads are not meant, so nothing was "
            f"taken. If they are meant, take that line out or choose “{column.name}” by its name (column=...).",
            columns=[column.name],
        )


def _without_decimals(table: Table, column: IdColumn, cells: Cells) -> Cells:
    """``167457,0`` below a header of one name: a decimal comma with a zero behind it, as it is in typed text."""
    if table.unit == "line" and column.width == 1 and len(cells) == 2 and cells[1] in _DECIMALS:
        return cells[:1]
    return cells


def _beside(table: Table, column: IdColumn, cells: Cells) -> bool:
    """Whether a line is none of the table's rows: words beside a pasted table, as where a mail goes on."""
    return table.unit == "line" and column.width > 1 and filled(cells) == 1 and not any(map(is_total_label, cells))


def _words(
    table: Table, column: IdColumn, blocks: Blocks, number: int, cells: Cells, gap: bool, found: str, ids: Sequence[LeadId]
) -> tuple[Any, str, int] | None:
    """What is said of a row of words, where it is a heading or stands beside the table; None for a row of the table."""
    if blocks.heads(column, number, cells, gap=gap):
        return _heading_of(table, cells, ids)
    return _no_id(table, column, cells, found, ids) if _beside(table, column, cells) else None


def _heading_of(table: Table, cells: Cells, ids: Sequence[LeadId]) -> tuple[Any, str, int]:
    leads = _like_ids(cells, ids) if table.unit == "line" else 0
    why = OUTSIDE if leads else "holds no lead id; numbers below it, down to the next lead ids, are not taken"
    return next(c for c in cells if not is_blank(c)), why, leads


def _explain_merged(table: Table, column: IdColumn, rejected: list[Rejected], empty: Mapping[int, int]) -> None:
    """Rows whose id stands in a row above, because the cell is merged: they are no further leads."""
    for place, number in empty.items():
        if any(first < number <= last and left <= column.place <= right for first, last, left, right in table.merged):
            rejected[place] = dataclasses.replace(
                rejected[place], why="is part of the merged cell above, whose id counts", leads=0
            )


def _no_id(table: Table, column: IdColumn, cells: Cells, found: str, ids: Sequence[LeadId]) -> tuple[Any, str, int]:
    """What is said of a row without a lead id in its column: the text shown, why, and how many leads it may stand for."""
    cell = cells[column.place] if column.place < len(cells) else None
    if heading(cell) is not None:
        return cell, "is the header again", 0
    if table.unit == "line" and column.width > 1 and filled(cells) == 1:  # words beside the table: a mail goes on
        leads = _like_ids(cells, ids)
        return next(c for c in cells if not is_blank(c)), OUTSIDE if leads else "holds no lead id", leads
    return cell, "no lead id in this row" if found == EMPTY else found, 1


OUTSIDE: Final = "stands outside the table: numbers in it look like lead ids and were not taken; paste them by themselves"
_NUMBER: Final = re.compile(r"(?<![\w@/+.-])[0-9]+(?![\w@/-]|\.[0-9])")


def _like_ids(cells: Cells, ids: Sequence[LeadId]) -> int:
    """How many numbers of a row have as many digits as the first or the last id of the table."""
    digits = {len(str(one)) for one in (*ids[:1], *ids[-1:])}
    return sum(
        1
        for cell in cells
        if not is_blank(cell)
        for one in _NUMBER.findall(without_other_numbers(str(cell)))
        if len(one) in digits
    )


def _above_header(table: Table, header: int, ids: Sequence[LeadId]) -> Iterator[Rejected]:
    """Rows above the header whose numbers look like ids of the table: they are not read, and that is said."""
    for number, cells in table.rows():
        if number >= header:
            return
        leads = _like_ids(cells, ids)
        words = " ".join(str(c) for c in cells if not is_blank(c))
        if leads and not other_heading(_NUMBER.sub("", words)):  # Campaign ID 44064
            yield Rejected(f"{table.unit} {number}", shown(trimmed(words)), OUTSIDE, leads)


def _other_table(column: IdColumn, cells: Cells) -> IdColumn | Literal[False] | None:
    """Whether a row is the header of another table with its lead ids elsewhere: the column of these, False where it cannot be
    told, None where it is no such header.
    """
    if not any(rank is not None for rank in map(heading, cells)):
        return None
    cell = cells[column.place] if column.place < len(cells) else None
    named = [(heading(c), place, c) for place, c in enumerate(cells) if isinstance(c, str) and heading(c) is not None]
    if heading(cell) is not None or not is_header(cells) or (filled(cells) < 2 and named[0][0] != 0):
        return None
    plain = [(place, name) for rank, place, name in named if rank == 0]
    if len(plain) != 1:
        return False
    place, name = plain[0]
    return dataclasses.replace(column, place=place, name=shown(trimmed(name), 60), width=len(cells))


def _astray(table: Table, column: IdColumn, number: int, cells: Cells) -> str:
    """Why nothing in this row can be trusted to be a lead id, whatever it is; else nothing."""
    if table.unit == "line" and 0 < column.width < len(cells) and not all(map(is_blank, cells[column.width :])):
        digits = ",".join(str(c).strip() for c in cells[column.place :] if not is_blank(c))
        if column.place == column.width - 1 and (THOUSANDS.fullmatch(digits) or LAKHS.fullmatch(digits)):
            return f"has more cells than the header, because {digits} has separators within its number: write it without them"
        return "has more cells than the header, so a column may have moved: quote the cells that hold a separator"
    if _moved_left(table, column, cells):
        return "has fewer cells than the header, so a column may have moved: fill the empty cells"
    why = table.no_leads.get(number, "") or row_says_no(cells, column.place)
    cell = cells[column.place] if column.place < len(cells) else None
    # Where the id itself is struck through, that is what is said.
    return "" if why == ROW_STRUCK and isinstance(cell, NoId) else why


def _moved_left(table: Table, column: IdColumn, cells: Cells) -> bool:
    """Whether a line has lost a cell, so that what stands in the column of ids is another number, and the id is left of it."""
    if table.unit != "line" or not column.place < len(cells) < column.width:
        return False
    found = id_of_value(cells[column.place])
    others = [one for cell in cells[: column.place] if isinstance(one := id_of_value(cell), int)]
    return isinstance(found, int) and any(alike((found, one)) for one in others)


def _with_tail(table: Table, header: int, tell: Tell | None) -> Iterator[tuple[int, Cells, bool, bool]]:
    """(number, cells, whether a blank row stands before it, whether it is among the last), blank rows left out."""
    # Each row is given some rows late: only then is it known whether it is among the last, where totals stand.
    held: deque[tuple[int, Cells, bool]] = deque()
    gap = False
    for count, (number, cells) in enumerate(table.rows()):
        if tell is not None and count % _STEP == 0:
            tell(count)
        if number <= header:
            continue
        if all(map(is_blank, cells)):
            gap = True
            continue
        held.append((number, cells, gap))
        gap = False
        if len(held) > _TAIL:
            yield (*held.popleft(), False)
    for row in held:
        yield (*row, True)
