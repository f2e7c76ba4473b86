"""The rows of a returns file, and which of its columns says what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.selection.files import table_of
from cvtr_widgets.selection.tables import heading, is_blank

ROLES = ("id", "email", "telephone", "reason", "category", "comment")
"""What a column can say."""
KEYS = ROLES[:3]
"""What names a lead."""
_NAMES = {
    "email": {"email", "emailaddress", "mail", "leademail"},
    "telephone": {"telephone", "phone", "tel", "mobile", "telephonenumber", "phonenumber", "mobilenumber"},
    "reason": {"reason", "returnreason", "rejectionreason", "reasonforreturn"},
    "category": {"category", "reasoncategory"},
    "comment": {"comment", "comments", "note", "notes"},
}
LOOK = 20
"""Rows in which the header is looked for."""


@dataclass(frozen=True)
class ReturnsTable:
    """A file as it stands: ``rows`` are (row number, cells) below the header; ``columns``: role -> place, from 0.
    ``no_leads``: rows that Excel hides or adds up, with the reason.
    """

    path: Path
    content: bytes = field(repr=False)
    sheet: str
    header: int
    names: tuple[str, ...]
    columns: dict[str, int]
    rows: tuple[tuple[int, list[Any]], ...] = field(repr=False)
    no_leads: Mapping[int, str] = field(default_factory=dict)

    def cell(self, cells: list[Any], role: str) -> str:
        """What stands in the column of a role, without spaces around it; empty where there is none."""
        place = self.columns.get(role)
        if place is None or place >= len(cells) or is_blank(cells[place]):
            return ""
        value = cells[place]
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip()


def role_of(name: Any) -> str | None:
    """What a column of this name says; None where that is not known."""
    bare = re.sub(r"[^a-z]", "", str(name).lower())
    found = next((role for role, names in _NAMES.items() if bare in names), None)
    return found or ("id" if heading(name) is not None else None)


def read_table(path: Path, sheet: str | None, wanted: Mapping[str, str]) -> ReturnsTable:
    """A returns file with its columns recognised. ``wanted``: role -> name of the column, where you say so.

    Raises:
        SelectionError: it cannot be read, has no header, or lacks a column. ColumnUnclear: two columns say the same.
    """
    strange = next((role for role in wanted if role not in ROLES), None)
    if strange is not None:
        raise SelectionError(f"columns={{{strange!r}: ...}} is not known. A column can be: {', '.join(ROLES)}.")
    content, title, read, no_leads = table_of(path, sheet)
    rows = [(number, list(cells)) for number, cells in read if not all(map(is_blank, cells))]
    texts = set(wanted.values())
    header = next((i for i, (_, cells) in enumerate(rows[:LOOK]) if _heads(cells, texts)), None)
    if header is None:
        raise SelectionError(
            "No row names a column of lead ids, e-mails or telephones. Name them in the first row, such as Lead ID or Email, or "
            "choose: columns={'email': 'name of the column'}."
        )
    names = tuple("" if is_blank(cell) else str(cell).strip() for cell in rows[header][1])
    columns: dict[str, int] = {}
    for role in ROLES:
        name = wanted.get(role)
        found = [i for i, one in enumerate(names) if (one == name if name is not None else role_of(one) == role)]
        if name is not None and len(found) != 1:
            raise SelectionError(
                f"The file has {len(found)} columns “{shown(name, 60)}”. It has: {', '.join(filter(None, names))}."
            )
        if len(found) > 1:
            several = [names[i] for i in found]
            raise ColumnUnclear(
                f"Several columns could be the {role}: {', '.join(several)}. Choose one: columns={{{role!r}: {several[0]!r}}}.",
                columns=several,
            )
        columns |= {role: found[0]} if found else {}
    if not set(KEYS) & columns.keys():
        raise SelectionError("No column names the leads: there must be one of lead ids, e-mails or telephones.")
    return ReturnsTable(path, content, title, rows[header][0], names, columns, tuple(rows[header + 1 :]), no_leads)


def _heads(cells: list[Any], wanted: set[str]) -> bool:
    texts = {str(cell).strip() for cell in cells if not is_blank(cell)}
    return bool(texts & wanted) or any(role_of(text) in KEYS for text in texts)
