"""The rows of a returns file, and which of its columns is which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.selection.excel_sheets import CouldBe, RawTable
from cvtr_widgets.selection.files import table_of
from cvtr_widgets.selection.id_column import heading, is_blank

LEAD_KEYS = ("id", "email", "telephone", "lead_hash", "sub_id")
"""What names a lead."""
ROLES = (*LEAD_KEYS, "reason", "category", "comment")
"""What a column can say."""
ROLE_WORDS = {
    "id": "lead id", "email": "e-mail", "telephone": "telephone", "lead_hash": "lead hash", "sub_id": "sub id",
    "reason": "reason", "category": "category", "comment": "comment",
}  # fmt: skip
"""Roles in words."""
_NAMES = {
    "email": {"email", "emailaddress", "mail", "leademail"},
    "telephone": {"telephone", "phone", "tel", "mobile", "telephonenumber", "phonenumber", "mobilenumber"},
    "lead_hash": {"leadhash", "hash", "convertrhash"},
    "sub_id": {"subid", "publishersubid", "leadsubid"},
    "reason": {"reason", "returnreason", "rejectionreason", "reasonforreturn"},
    "category": {"category", "reasoncategory"},
    "comment": {"comment", "comments", "note", "notes"},
}
LOOK = 20
"""Rows in which the header is looked for."""


@dataclass(frozen=True)
class ReturnsTable:
    """A file as it stands: ``rows`` are (row number, cells) below the header; ``columns``: role -> place, from 0.
    ``no_leads``: rows that Excel hides or adds up, with the reason. ``sheets``: of a workbook, those that could be meant;
    ``notes``: sentences on the sheets that were not read.
    """

    name: str
    content: bytes = field(repr=False)
    sheet: str
    header: int
    names: tuple[str, ...]
    columns: dict[str, int]
    rows: tuple[tuple[int, list[Any]], ...] = field(repr=False)
    no_leads: Mapping[int, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def cell(self, cells: list[Any], role: str) -> str:
        """What is in the column of a role, without spaces around it; empty if there is none."""
        place = self.columns.get(role)
        if place is None or place >= len(cells) or is_blank(cells[place]):
            return ""
        value = cells[place]
        # Many programs write every number as a float: 167457.0 is what the file shows as 167457.
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip()

    @property
    def named(self) -> dict[str, str]:
        """Role -> name of its column."""
        return {role: self.names[place] for role, place in self.columns.items()}


def role_of(name: Any) -> str | None:
    """What a column of this name says; None where that is not known."""
    bare = re.sub(r"[^a-z]", "", str(name).lower())
    # By the whole name, not by a part of it: "reason code" and "email sent" hold a word of a role and say something else.
    found = next((role for role, names in _NAMES.items() if bare in names), None)
    return found or ("id" if heading(name) is not None else None)


def read_table(source: bytes | Path, name: str, sheet: str | None, wanted: Mapping[str, str | None]) -> ReturnsTable:
    """A returns file (its path, or what is in it) with its columns recognised. ``wanted``: role -> name of the column, where you
    say so, or None where no column says it.

    Raises:
        SelectionError: it cannot be read, has no header, or lacks a column. ColumnUnclear: two columns say the same.
        SheetUnclear: several sheets could be meant.
    """
    strange = next((role for role in wanted if role not in ROLES), None)
    if strange is not None:
        raise SelectionError(f"columns={{{strange!r}: ...}} is not known. A column can be: {', '.join(ROLES)}.")
    texts = {text for text in wanted.values() if text is not None}
    read = table_of(source, sheet, _names_leads(texts))
    rows = [(number, list(cells)) for number, cells in read.rows if not all(map(is_blank, cells))]
    header = _header(rows, texts)
    names = tuple("" if is_blank(cell) else str(cell).strip() for cell in rows[header][1])
    columns = {role: place for role in ROLES if (place := _place(names, role, wanted)) is not None}
    twice = [names[place] for place in columns.values() if list(columns.values()).count(place) > 1]
    if twice:
        raise SelectionError(f"The column “{shown(twice[0], 60)}” was chosen for two things. Choose another one for one of them.")
    if not set(LEAD_KEYS) & columns.keys():
        raise SelectionError(
            "No column names the leads: there must be one of lead ids, e-mails, telephones, lead hashes or sub ids."
        )
    return ReturnsTable(
        name, read.content, read.sheet, rows[header][0], names, columns, tuple(rows[header + 1 :]), read.no_leads,
        read.sheets, _about_sheets(read),
    )  # fmt: skip


def _names_leads(texts: Set[str]) -> CouldBe:
    """Whether a sheet may hold the rows: one of its first rows names a column that names leads, or one of ``texts``."""
    return lambda rows: any(_heads(cells, texts) for cells in rows[:LOOK])


def _about_sheets(read: RawTable) -> tuple[str, ...]:
    said = [f"The sheet “{shown(read.sheet, 40)}” was read."] if read.others else []
    if read.hidden:
        said.append(f"Not read, because Excel hides them: {', '.join(shown(title, 40) for title in read.hidden)}.")
    return tuple(said)


def _header(rows: list[tuple[int, list[Any]]], texts: Set[str]) -> int:
    """The place of the row that names the columns."""
    header = next((i for i, (_, cells) in enumerate(rows[:LOOK]) if _heads(cells, texts)), None)
    if header is None:
        raise SelectionError(
            "No row names a column of lead ids, e-mails or telephones. Name them in the first row, such as Lead ID or Email, or "
            "choose: columns={'email': 'name of the column'}."
        )
    return header


def _place(names: tuple[str, ...], role: str, wanted: Mapping[str, str | None]) -> int | None:
    """The column of a role."""
    if role in wanted and wanted[role] is None:
        return None
    name = wanted.get(role)
    taken = {text for other, text in wanted.items() if other != role and text is not None}
    if name is not None:
        found = [i for i, one in enumerate(names) if one == name]
        if len(found) != 1:
            raise SelectionError(
                f"The file has {len(found)} columns “{shown(name, 60)}”. It has: {', '.join(filter(None, names))}."
            )
        return found[0]
    # Without the columns that you chose for something else: they are spoken for, whatever they are called.
    found = [i for i, one in enumerate(names) if role_of(one) == role and one not in taken]
    if len(found) > 1:
        several = [names[i] for i in found]
        raise ColumnUnclear(
            f"Several columns could be the {ROLE_WORDS[role]}: {', '.join(several)}. Choose one: "
            f"columns={{{role!r}: {several[0]!r}}}.",
            columns=several,
        )
    return found[0] if found else None


def _heads(cells: Sequence[Any], wanted: Set[str]) -> bool:
    texts = {str(cell).strip() for cell in cells if not is_blank(cell)}
    return bool(texts & wanted) or any(role_of(text) in LEAD_KEYS for text in texts)


def names_in(source: bytes | Path, sheet: str | None = None) -> tuple[str, ...]:
    """The names of a file's columns, to choose from; of the first row with something in it where none names a key.

    Raises:
        SelectionError: it cannot be read, or is empty. SheetUnclear: several sheets could be meant.
    """
    rows = [list(cells) for _, cells in table_of(source, sheet, _names_leads(set())).rows if not all(map(is_blank, cells))]
    if not rows:
        raise SelectionError("The file is empty. Choose another.")
    head = next((cells for cells in rows[:LOOK] if _heads(cells, set())), rows[0])
    return tuple("" if is_blank(cell) else str(cell).strip() for cell in head)
