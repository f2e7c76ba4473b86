"""Blocks of a table below its header: a heading of something else, or one that says *not*, ends what is taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cvtr_widgets.arguments import shown
from cvtr_widgets.selection.column_names import bare, filled, heading, heads_other_block, is_blank, names_a_thing, other_heading
from cvtr_widgets.selection.id_column import Cells, IdColumn, is_header
from cvtr_widgets.selection.lead_id import trimmed
from cvtr_widgets.selection.lines import negates
from cvtr_widgets.selection.totals import is_total_label

ELSEWHERE: Final = "is a row of another table, and nothing says which of its columns holds lead ids"
_NO_ID: Final = frozenset(
    [
        "",
        "na",
        "none",
        "null",
        "nil",
        "nan",
        "unknown",
        "missing",
        "tbc",
        "tbd",
        "pending",
        "x",
        "error",
        "noid",
        "empty",
        "unbekannt",
    ]
)
"""What people write where an id is missing, without punctuation."""
_NUMBERED: Final = re.compile(r"\bno\b\.?(?=\s*(?:[0-9:]|$))|\bno\.", re.IGNORECASE)


_VERBS: Final = "(?:return|reject|delete|flag|send|reprocess|process|touch|change|use|include|mark|bill)"
_NOT_THIS = re.compile(
    rf"(?:please )?(?:(?:do not|don['\u2019]?t|not to|not to be|must not be|should not be|never) {_VERBS}(?:e?d)?"
    r"|ignored?|keep|kept|excluded?|skip|skipped|disregard|leave)(?: (?:it|this|this one|this lead|as is|as it is|for now|yet))?",
    re.IGNORECASE,
)
_FIRST_LETTERS: Final = frozenset("pPdDnNmMsSiIkKeElL")


def row_says_no(cells: Cells, place: int) -> str:
    """Why a row is not meant, where the whole of a cell says so: *do not return*, *keep*; else nothing.

    A reason such as *Not interested* is what a lead is returned for, so only what plainly is about the row counts.
    """
    for at, cell in enumerate(cells):
        if at == place or not isinstance(cell, str) or cell[:1] not in _FIRST_LETTERS or len(cell) > 60:
            continue
        if _NOT_THIS.fullmatch(cell.strip(" .!")) is not None:
            return f"the row says “{shown(trimmed(cell), 30)}”, which may mean that it is not meant; if it is, type its id"
    return ""


def says_no(text: Any) -> bool:
    """Whether a title or heading may say that what is below is not meant: ``Do not return``, ``Excluded``, ``Keep``."""
    return isinstance(text, str) and len(text) <= 120 and negates(_NUMBERED.sub(" ", text))


@dataclass
class Blocks:
    """Under which heading the next row stands. ``under``: empty where lead ids are expected."""

    names: Sequence[str]
    under: str = ""
    _denied: bool = False
    _rows: int = 0

    def why(self) -> str:
        """Why nothing is taken here, else nothing."""
        if not self.under:
            return ""
        self._rows += 1
        if self.under == ELSEWHERE:
            return ELSEWHERE
        if self._denied:
            return f"stands under “{self.under}”, which may say that it is not meant"
        return f"stands under the heading “{self.under}”, which does not say lead ids"

    def moved(self, *, told: bool) -> None:
        """Another table begins; ``told``: it says where its lead ids are. Right below a heading it is that heading's table."""
        if told and not (self._denied and not self._rows):
            self.under, self._denied = "", False
        elif not self._denied:
            self.under = ELSEWHERE

    def heads(self, column: IdColumn, number: int, cells: Cells, *, gap: bool) -> bool:
        """Whether a row without an id is a heading of something else; a header of lead ids ends what stood before."""
        cell = cells[column.place] if column.place < len(cells) else None
        single = filled(cells) == 1
        text = next(c for c in cells if not is_blank(c)) if single else cell
        if not isinstance(text, str) or is_blank(text):
            return False
        if (rank := heading(text)) is not None and text is cell:
            self._header_again(rank, cells)
            return False
        repeated = not single and any(bare(str(c)) in self._named() for c in cells if c is not cell and not is_blank(c))
        if (single or gap or repeated or trimmed(text).endswith(":")) and says_no(text):
            self._begin(text, denied=True)
            return True
        if number <= column.header + 1 or not is_header(cells) or is_total_label(text):
            return False
        if self._begins(text, gap=gap, single=single, repeated=repeated):
            self._begin(text, denied=self._denied)
            return True
        return False

    def _named(self) -> set[str]:
        return {bare(name) for name in self.names}

    def _begin(self, text: str, *, denied: bool) -> None:
        self.under, self._denied, self._rows = shown(trimmed(text), 30), denied, 0

    def _begins(self, text: str, *, gap: bool, single: bool, repeated: bool) -> bool:
        if gap or bare(text) in _NO_ID:
            return bare(text) not in _NO_ID
        if single:  # a word alone amid a list is somebody's divider, unless it is a plain name of something else
            return heads_other_block(text) and "lead" not in bare(text) and not bare(text).startswith("number")
        return repeated or heads_other_block(text) or (" " in trimmed(text) and other_heading(text))

    def _header_again(self, rank: int, cells: Cells) -> None:
        if not self.under or (self._denied and not self._rows):
            return  # a header right below "Do not return" is that of the leads not to return
        same = [bare(str(c)) for c in cells if not is_blank(c)] == [
            bare(name) for name in self.names if not name.startswith("column ")
        ]
        if rank == 0 or (same and not names_a_thing(self.under) and not heads_other_block(self.under)):
            self.under, self._denied = "", False
