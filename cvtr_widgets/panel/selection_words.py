"""What the user should know of a text or a file that lead ids were read from."""

from __future__ import annotations

from collections.abc import Iterable

from cvtr_widgets.models import Rejected
from cvtr_widgets.panel.cells import plain
from cvtr_widgets.selection import Selection


def said_of(content: Selection) -> list[str]:
    """Sentences: which column was taken, what was skipped, what stood there twice."""
    again = content.duplicates
    said = [f"{again:,} {'id stands' if again == 1 else 'ids stand'} there again; each lead counts once."] if again else []
    return [*(plain(str(n), 400) for n in content.notes), *said]


def rejected_rows(rejected: Iterable[tuple[str, Rejected]]) -> list[list[str]]:
    """Where, what stood there, and why it was not taken."""
    return [[plain(f"{name} {r.where}".strip(), 80), plain(r.text, 60), plain(r.why)] for name, r in rejected]
