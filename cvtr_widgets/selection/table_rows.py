"""Rows below the header of a table -> leads: which of them are leads, and which are totals, headings or something else."""

from __future__ import annotations

import dataclasses
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cvtr_widgets.arguments import shown
from cvtr_widgets.models import MAX_LEAD_ID, LeadId, Rejected
from cvtr_widgets.selection.column_names import NUMBERS, filled, heading, heads_other_block, is_blank, other_heading
from cvtr_widgets.selection.grouped_digits import LAKHS, THOUSANDS
from cvtr_widgets.selection.id_column import Cells, IdColumn, Table, is_header
from cvtr_widgets.selection.lead_id import EMPTY, id_of_value, trimmed
from cvtr_widgets.selection.selection import Selection

Tell = Callable[[int], None]
"""Called with rows read so far."""
_TOTAL = re.compile(
    r"\W*(?:(?:grand|sub|report|overall)[ -]?)?"
    r"(?:totals?|sums?|count|counts|average|avg|mean|summe|gesamt|gesamtsumme|gesamtergebnis|ergebnis|insgesamt|anzahl|somme|totale|totaal|suma)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_STEP: Final = 20_000
_TAIL: Final = 3
_TOTAL_WORDS: Final = frozenset(
    form(word) + colon
    for word in ("total", "totals", "grand total", "subtotal", "sub total", "sum", "count", "summe", "gesamt", "somme", "totale")
    for form in (str.lower, str.upper, str.capitalize, str.title)
    for colon in ("", ":")
)


def take(table: Table, column: IdColumn, tell: Tell | None = None) -> Selection:
    """The leads of a table. Each row below the header that has something in it is taken, a duplicate, or rejected."""
    ids: list[LeadId] = []
    rejected: list[Rejected] = []

    def refuse(number: int, cell: Any, why: str, leads: int = 1) -> None:
        rejected.append(Rejected(f"{table.unit} {number:,}".replace(",", ""), shown("" if cell is None else cell), why, leads))

    under, usual, notes = "", 0, list(column.notes)
    group, whole = _Above(), _Above()
    for number, cells, gap, tail in _with_tail(table, column.header, tell):
        if (moved := _other_table(column, cells)) is not None:
            refuse(number, next(c for c in cells if not is_blank(c)), "is the header of another table", 0)
            column, under, group, whole, usual = moved or column, "" if moved else _ELSEWHERE, _Above(), _Above(), 0
            notes += [f"Another table begins in {table.unit} {number}: its ids were read from “{column.name}”."] if moved else []
            continue
        cell = cells[column.place] if column.place < len(cells) else None
        found = id_of_value(cell, exact=table.exact)
        if isinstance(cell, str) and not isinstance(found, int):
            begins = (gap or filled(cells) > 1) and number > column.header + 1
            under = _under(cells, cell, under, begins=begins)
        why = _astray(table, column, number, cells, under)
        # Amid the rows only a cell that is such a word and nothing more is looked at: a company may be called Total Energies.
        if not why and (tail or not _TOTAL_WORDS.isdisjoint(_texts(cells))):
            why = _total(cells, column.place, tail=tail)
        if why:
            refuse(number, cell, why)
        elif isinstance(found, int):
            if says := _adds_up(found, group, whole, cells, gap=gap, usual=usual):
                refuse(number, cell, says)
                group = _Above()
            else:
                group = _Above() if gap else group
                group.add(found)
                whole.add(found)
                usual = max(usual, filled(cells))
                ids.append(found)
        else:
            refuse(number, *_no_id(table, column, cells, found, ids))
    rejected[:0] = _above_header(table, column.header, ids)
    return Selection.of(
        ids, table.origin, rejected=rejected, notes=(*table.notes, *notes), column=column.name, columns=column.names
    )  # fmt: skip


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
    return sum(1 for cell in cells if not is_blank(cell) for one in _NUMBER.findall(str(cell)) if len(one) in digits)


def _above_header(table: Table, header: int, ids: Sequence[LeadId]) -> Iterator[Rejected]:
    """Rows above the header whose numbers look like ids of the table: they are not read, and that is said."""
    for number, cells in table.rows():
        if number >= header:
            return
        leads = _like_ids(cells, ids)
        words = " ".join(str(c) for c in cells if not is_blank(c))
        if leads and not other_heading(_NUMBER.sub("", words)):  # Campaign ID 44064
            yield Rejected(f"{table.unit} {number}", shown(trimmed(words)), OUTSIDE, leads)


_ELSEWHERE: Final = "is a row of another table, and nothing says which of its columns holds lead ids"


def _other_table(column: IdColumn, cells: Cells) -> IdColumn | Literal[False] | None:
    """Whether a row is the header of another table with its lead ids elsewhere: the column of these, False where it cannot be
    told, None where it is no such header.
    """
    if not any(isinstance(c, str) and heading(c) is not None for c in cells):
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


def _under(cells: Cells, cell: str, under: str, *, begins: bool) -> str:
    """The heading of another block that a row is, or that it stands under; nothing where lead ids begin again. ``begins``:
    whether a block may begin here: a word alone amid a list of ids is somebody's divider.
    """
    if heading(cell) is not None:
        return ""
    other = begins and is_header(cells) and not _TOTAL.fullmatch(trimmed(cell)) and heads_other_block(cell)
    return shown(trimmed(cell), 30) if other else under


def _astray(table: Table, column: IdColumn, number: int, cells: Cells, under: str) -> str:
    """Why nothing in this row can be trusted to be a lead id, whatever it is; else nothing."""
    if under:
        return _ELSEWHERE if under == _ELSEWHERE else f"stands under the heading “{under}”, which is not lead ids"
    if table.unit == "line" and 0 < column.width < len(cells) and not all(map(is_blank, cells[column.width :])):
        digits = ",".join(str(c).strip() for c in cells[column.place :] if not is_blank(c))
        if column.place == column.width - 1 and (THOUSANDS.fullmatch(digits) or LAKHS.fullmatch(digits)):
            return f"has more cells than the header, because {digits} has separators within its number: write it without them"
        return "has more cells than the header, so a column may have moved: quote the cells that hold a separator"
    return table.no_leads.get(number, "")


def _texts(cells: Cells) -> Iterable[str]:
    return (c for c in cells if isinstance(c, str))


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


def _total(cells: Cells, place: int, *, tail: bool) -> str:
    """Why a row is a total and no lead, else nothing.

    A row in which a cell says Total is one if its other cells are numbers, or if it is among the last rows. A lead of a
    company called Total in the middle of a list is left alone; one at the very end is refused, and the user told.
    """
    said = next((i for i, c in enumerate(cells) if isinstance(c, str) and len(c) < 60 and _TOTAL.fullmatch(trimmed(c))), None)
    if said is None:
        return ""
    others = [c for i, c in enumerate(cells) if i != said and not is_blank(c)]
    exact = trimmed(cells[said]) in _TOTAL_WORDS
    numbers = all(not isinstance(c, str) or NUMBERS.fullmatch(c) for c in others)
    if numbers or said == place or (tail and exact):
        return f"the row says “{shown(trimmed(cells[said]), 30)}”, so it is a sum, not a lead; if it is a lead, type its id"
    return ""


@dataclass
class _Above:
    """What is above a row: how many ids, their sum, and the smallest one."""

    count: int = 0
    total: int = 0
    least: LeadId = MAX_LEAD_ID

    def add(self, one: LeadId) -> None:
        """One more id."""
        self.count += 1
        self.total += one
        self.least = min(self.least, one)


def _adds_up(number: LeadId, group: _Above, whole: _Above, cells: Cells, *, gap: bool, usual: int) -> str:
    """Why a row is a total though no word says so: its number is the number of the rows, or the sum of the ids, above it."""
    for above in (group, whole):
        count = number == above.count and len(str(number)) < len(str(above.least))
        added = above.count > 1 and number == above.total
        if count or added:
            others = [c for c in cells if not is_blank(c)]
            numbers = all(not isinstance(c, str) or NUMBERS.fullmatch(c) for c in others)
            if numbers and (count or gap or len(others) < usual or number > 1_000):
                what = "the number of the rows" if count else "the sum of the ids"
                return f"is {what} above it, so it is a total, not a lead"
    return ""
