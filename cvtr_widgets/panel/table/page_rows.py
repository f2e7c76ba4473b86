"""A page as it goes to the browser, never much more than a screen needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.table.cells import ShownColumn
from cvtr_widgets.panel.table.column_filters import Filter, OneOf, to_json

BUDGET = 70_000
"""Bytes of cell texts in a page. Where hostile or very long values would take more, all long cells are cut shorter."""
LENGTHS = (100, 60, 40, 24)


def asked(sort: Sequence[tuple[str, bool]], filters: Mapping[str, Filter]) -> dict[str, Any]:
    """Sort order and filters as JSON values."""
    sorts = [{"name": name, "descending": descending} for name, descending in sort]
    return {
        "sort": sorts[0] if sorts else None,
        "sorts": sorts,
        "filters": {name: list(f.values) for name, f in filters.items() if isinstance(f, OneOf)},
        "filtered": {name: to_json(f) for name, f in filters.items()},
    }


def columns_shown(columns: Sequence[ShownColumn], zone: str) -> list[dict[str, Any]]:
    """Columns as JSON values; those of times name the ``zone``."""
    return [{"name": c.name, "title": c.title, "look": c.look, **({"zone": zone} if c.look == "time" else {})} for c in columns]


def page_rows(ids: Sequence[LeadId], flags: Sequence[Sequence[bool]], texts: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Rows as JSON values. ``flags``: on, changed and new; ``texts``: one list a column.

    ``{"id": "167457", "on": true, "cells": ["...", ...], "changed": false, "new": false}`` with one cell a column but the id's,
    which is text, as the browser's numbers end at 2**53.
    """
    return [
        {"id": str(lead_id), "on": on, "cells": list(row), "changed": changed, "new": new}
        for lead_id, on, changed, new, *row in zip(ids, *flags, *_fitted(texts), strict=True)
    ]


def _fitted(texts: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    cells = texts
    # Shorter and shorter until the page fits: a column of 100 kB texts must not make a page that takes seconds to send.
    for length in LENGTHS:
        if sum(len(t) if t.isascii() else len(t.encode("utf-8", "replace")) for column in cells for t in column) <= BUDGET:
            break
        cells = [[t if len(t) <= length else t[:length].removesuffix("…") + "…" for t in column] for column in texts]
    return cells
