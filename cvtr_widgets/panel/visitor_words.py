"""Sentences written for notebooks, as visitors of a Voilà page need them: they have neither cells nor ``session``."""

from __future__ import annotations

import re

from cvtr_widgets import settings

CALL = re.compile(r"session\.(\w+)(?:\([^)]*\)|\[[^\]]*\])?")
CELLS = re.compile(r"In a cell of its own: .*?; then sign\.")
RUNS = "the list of your runs (load this page again)"
ELSEWHERE = "whoever runs this page"
PLACES = {"resume": RUNS, "unfinished": RUNS, "history": RUNS, "recorded": RUNS, "runs": RUNS}


def for_reader(text: str) -> str:
    """The sentence with a place on the page instead of a call, where the reader has no notebook."""
    if not settings.under_voila():
        return text
    text = CELLS.sub("That cannot be done on this page. Ask whoever runs it.", text)
    placed = CALL.sub(lambda call: PLACES.get(call[1], ELSEWHERE), text)
    return placed.replace(f"{RUNS} and {RUNS}", RUNS)
