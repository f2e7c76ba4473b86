"""Typed ids that the user has added though they were set aside: for the text they were seen in, not for any other."""

from __future__ import annotations

from collections.abc import Iterable

from cvtr_widgets.models import LeadId


class AddedAnyway:
    """What was added of one text. Whoever puts in another text has not seen which of its numbers are odd."""

    def __init__(self) -> None:
        self._ids: frozenset[LeadId] = frozenset()
        self._text = ""

    def add(self, ids: Iterable[LeadId], text: str, source: str) -> None:
        """These were added; ``source``: the file that they are of (empty: they are of ``text``)."""
        if not source:
            self._ids, self._text = self.of(text) | frozenset(ids), text

    def of(self, text: str) -> frozenset[LeadId]:
        """What was added of this text, or of what it goes on from; anything else is forgotten."""
        if not _goes_on(self._text, text):
            self.forget()
        return self._ids

    def forget(self) -> None:
        """Nothing was added."""
        self._ids, self._text = frozenset(), ""


def _goes_on(before: str, text: str) -> bool:
    """Whether a text is the former one with more behind it, or what is left of it while its end is taken away."""
    start = before.rstrip()
    if not start or not text:
        return False
    return start.startswith(text) or (text.startswith(start) and not text[len(start) : len(start) + 1].isdigit())
