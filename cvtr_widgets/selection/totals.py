"""Rows that sum up the rows above them: told by what their numbers are, and by words only where the row holds nothing else."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from cvtr_widgets.arguments import shown
from cvtr_widgets.models import MAX_LEAD_ID, LeadId
from cvtr_widgets.reader_limits import SHEET_COLUMNS
from cvtr_widgets.selection.column_names import NUMBERS, filled, is_blank
from cvtr_widgets.selection.id_column import Cells
from cvtr_widgets.selection.lead_id import trimmed

_TOTAL = re.compile(
    r"\W*(?:(?:grand|sub|report|overall)[ -]?)?"
    r"(?:totals?|sums?|count|counts|average|avg|mean|summe|gesamt|gesamtsumme|gesamtergebnis|ergebnis|insgesamt|anzahl|somme|totale|totaal|suma)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_TOTAL_WORDS: Final = frozenset(
    form(word) + colon
    for word in ("total", "totals", "grand total", "subtotal", "sub total", "sum", "count", "summe", "gesamt", "somme", "totale")
    for form in (str.lower, str.upper, str.capitalize, str.title)
    for colon in ("", ":")
)
_LAST: Final = (
    "total|totals|subtotal|sum|count|average|avg|mean|max|min|product|stddev|var|summe|gesamt|gesamtergebnis|ergebnis|anzahl|mittelwert"
    "|somme|moyenne|nombre|totaal|totale|suma"
)
_ENDS_SO = re.compile(rf"(.*\S)\s+(?:{_LAST})\W*", re.IGNORECASE | re.DOTALL)
_ENDINGS: Final = frozenset(word[-3:] for word in _LAST.split("|"))
_LABEL: Final = 60
_KEPT: Final = 2_000
"""Rows of a group that are kept, to see whether a number of another column is their sum."""
_LEAST_SUM: Final = 1_000


def is_total_label(cell: Any) -> bool:
    """Whether a cell begins or ends with a word for a total: ``Total: 12``, ``Acme Total``."""
    if not isinstance(cell, str) or len(cell) >= _LABEL:
        return False
    return _TOTAL.fullmatch(trimmed(cell)) is not None or _ENDS_SO.fullmatch(trimmed(cell)) is not None


def says_total(cells: Cells, place: int, *, tail: bool) -> str:
    """Why a row is a total and no lead, else nothing.

    A row in which a cell says Total is one if its other cells are numbers, or if it is among the last rows. A lead of a
    company called Total in the middle of a list is left alone; one at the very end is refused, and the user told.
    """
    # Amid the rows only a cell that is such a word and nothing more is looked at: a company may be called Total Energies.
    if not tail and _TOTAL_WORDS.isdisjoint(_texts(cells)):
        return ""
    said = next((i for i, c in enumerate(cells) if isinstance(c, str) and len(c) < _LABEL and _TOTAL.fullmatch(trimmed(c))), None)
    if said is None:
        return ""
    others = [c for i, c in enumerate(cells) if i != said and not is_blank(c)]
    exact = trimmed(cells[said]) in _TOTAL_WORDS
    numbers = all(not isinstance(c, str) or NUMBERS.fullmatch(c) for c in others)
    if numbers or said == place or (tail and exact):
        return f"the row says “{shown(trimmed(cells[said]), 30)}”, so it is a sum, not a lead; if it is a lead, type its id"
    return ""


def _texts(cells: Cells) -> Iterable[str]:
    return (c for c in cells if isinstance(c, str))


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


class Totals:
    """What stands above the row that is read next: in its group, which a blank row or a total ends, and in the whole table."""

    def __init__(self, place: int) -> None:
        self._place = place
        self._group, self._whole = _Above(), _Above()
        self._rows: deque[Cells] = deque(maxlen=_KEPT)
        self._usual = 0
        self._least = SHEET_COLUMNS
        self._alone = False

    def add(self, number: LeadId, cells: Cells, *, gap: bool) -> None:
        """One more lead."""
        if gap:
            self.end_group()
        self._group.add(number)
        self._whole.add(number)
        self._rows.append(cells)
        count = filled(cells)
        self._usual = max(self._usual, count)
        self._least = min(self._least, count)

    def end_group(self) -> None:
        """A total has been read: what follows is another group."""
        self._group = _Above()
        self._rows.clear()

    def why(self, number: LeadId, cells: Cells, *, gap: bool) -> str:
        """Why a row is a total, else nothing."""
        return self._of_ids(number, cells, gap=gap) or self._labelled(number, cells) or self._below(cells, gap=gap)

    def _below(self, cells: Cells, *, gap: bool) -> str:
        """A number by itself below a blank row, where all rows of the table had more: a note, a count, another list."""
        alone = self._whole.count > 0 and self._least > 1 and filled(cells) == 1
        self._alone = alone and (gap or self._alone)
        return (
            "stands by itself below the table, so it may be something else; if it is a lead, type its id" if self._alone else ""
        )

    def _of_ids(self, number: LeadId, cells: Cells, *, gap: bool) -> str:
        for above in (self._group, self._whole):
            count = number == above.count and len(str(number)) < len(str(above.least))
            added = above.count > 1 and number == above.total
            if count or added:
                others = [c for c in cells if not is_blank(c)]
                numbers = all(not isinstance(c, str) or NUMBERS.fullmatch(c) for c in others)
                large = number > _LEAST_SUM and added
                if large or (numbers and (count or gap or len(others) < self._usual)):
                    what = "the number of the rows" if count else "the sum of the ids"
                    return f"is {what} above it, so it is a total, not a lead; if it is a lead, type its id"
        return ""

    def _labelled(self, number: LeadId, cells: Cells) -> str:
        """A row with a word for a total beside other words: its numbers, or Excel's own label, have to say that it is one."""
        texts = [(i, c) for i, c in enumerate(cells) if isinstance(c, str) and i != self._place and not c.isdigit()]
        # Nearly no cell ends so; the slower look is for those that do, or begin with such a word.
        for place, text in texts:
            if trimmed(text)[-3:].casefold() not in _ENDINGS and not _TOTAL.match(text[:_LABEL]):
                continue
            if is_total_label(text) and (self._subtotal(place, text) or self._sums_up(number, cells)):
                said = shown(trimmed(text), 30)
                return f"the row says “{said}” and sums up those above it, so it is no lead; if it is one, type its id"
        return ""

    def _subtotal(self, place: int, text: str) -> bool:
        """``Acme Total`` below rows that say ``Acme``, as Excel's Subtotal writes it."""
        ends = _ENDS_SO.fullmatch(trimmed(text))
        above = self._rows[-1] if self._rows else ()
        return ends is not None and place < len(above) and trimmed(str(above[place])).casefold() == ends[1].casefold()

    def _sums_up(self, number: LeadId, cells: Cells) -> bool:
        for above in (self._group, self._whole):
            if above.count and number in {above.count, above.total, round(above.total / above.count), above.total // above.count}:
                return True
        if len(self._rows) < 2:
            return False
        return any(self._is_sum(i, value) for i, c in enumerate(cells) if i != self._place and (value := _amount(c)) is not None)

    def _is_sum(self, place: int, value: float) -> bool:
        amounts = [_amount(row[place]) for row in self._rows if place < len(row)]
        held = [one for one in amounts if one is not None]
        return len(held) > 1 and value != 0 and abs(sum(held) - value) < 0.005  # half a cent


def _amount(cell: Any) -> float | None:
    if isinstance(cell, bool) or is_blank(cell):
        return None
    try:
        return float(cell.strip().replace(",", ".") if isinstance(cell, str) else cell)
    except (TypeError, ValueError, OverflowError):
        return None
