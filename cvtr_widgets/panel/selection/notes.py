"""What the user should know of a text or a file that lead ids were read from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from cvtr_widgets.models import Rejected, not_taken
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.selection.select import Selection
from cvtr_widgets.selection.selection import SetAside


def said_of(content: Selection) -> list[str]:
    """Sentences: which column was taken, what was skipped, what stood there twice."""
    again = content.duplicates
    said = [f"{again:,} {'id was' if again == 1 else 'ids were'} given more than once; each lead counts once."] if again else []
    return [*(plain(str(n), 400) for n in content.notes), *said]


def aside_groups(found: Iterable[tuple[str, SetAside]]) -> list[dict[str, Any]]:
    """Ids that were set aside, by source and reason. ``key`` names exactly these ids: they are added by it."""
    groups: dict[tuple[str, str], list[int]] = {}
    for name, one in found:
        groups.setdefault((name, one.why), []).append(one.lead_id)
    return [
        {
            # A key of the ids themselves and not a number in a list: a press that comes late cannot take other ids than were
            # shown.
            "key": hashlib.sha256(repr((name, why, ids)).encode()).hexdigest()[:32],
            "count": len(ids),
            "source": plain(name, 80),
            "why": plain(why),
            "ids": [str(i) for i in ids[:20]],
        }
        for (name, why), ids in groups.items()
    ]


def not_taken_said(rejected: Iterable[tuple[str, Rejected]], aside: int) -> str:
    """How many leads were not taken, in words that need no click; empty if there are none."""
    leads = not_taken(r for _, r in rejected)
    said = [f"{leads} not taken".capitalize()] if leads else []
    said += [f"{aside:,} set aside"] if aside else []
    return " · ".join(said)


def rejected_rows(rejected: Iterable[tuple[str, Rejected]]) -> list[list[str]]:
    """Where, what stood there, and why it was not taken."""
    return [[plain(f"{name} {r.where}".strip(), 80), plain(r.text, 60), plain(r.why)] for name, r in rejected]
