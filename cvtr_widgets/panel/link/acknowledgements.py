"""Which messages of each page have come: a page numbers what it sends, and a connection may lose one without a word."""

from __future__ import annotations

MISSING_TOLD = 20


class Acknowledgements:
    """By page, the numbers up to which all have come, and those beyond. They may pass one another on the way."""

    def __init__(self) -> None:
        self._all_to: dict[str, int] = {}
        self._beyond: dict[str, set[int]] = {}

    def note(self, page: str, number: int) -> list[int]:
        """A message has come. Gives the numbers before it that have not: the latest of them, if there are many."""
        beyond = self._beyond.setdefault(page, set())
        beyond.add(number)
        low = self._all_to.get(page, 0)
        # Numbers without a gap are kept as one number, so that a page that is open for days takes no memory.
        while low + 1 in beyond:
            low += 1
            beyond.remove(low)
        self._all_to[page] = low
        return [n for n in range(max(low + 1, number - MISSING_TOLD), number) if n not in beyond]
