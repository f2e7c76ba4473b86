"""Which messages of each page have come: a page numbers what it sends, and a connection may lose one without a word."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 3.0
"""Seconds after which what later messages have passed counts as lost. It may be on its way on the kernel's other channel."""
Gap = tuple[int, int]
"""Numbers that have not come: the first and the last of them."""


@dataclass(slots=True)
class _Page:
    """``late``: gaps that may still be filled, with the time each was noticed; ``lost``: those that never will be."""

    highest: int = 0
    late: list[tuple[Gap, float]] = field(default_factory=list)
    lost: list[Gap] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known as a message comes. ``given_up``: it was told to be lost, so it must not be acted upon now."""

    missing: list[Gap]
    lost: list[Gap]
    given_up: bool

    def message(self) -> dict[str, Any]:
        """As JSON values."""
        return {"missing": self.missing, "lost": self.lost}


class Acknowledgements:
    """By page, the highest number that has come, and the gaps below it. Messages may pass one another on the way.

    The kernel decides what is lost and keeps to it: the page says "nothing was done" of it, and that stays true when the message
    comes after all. No gap is ever left out: the page takes a number in none for one that has arrived, and hundreds of presses
    that one broken connection has swallowed are one gap.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pages: dict[str, _Page] = {}
        self._clock = clock
        self._lock = threading.Lock()  # a kernel hears on two threads

    def note(self, page: str, number: int) -> Noted:
        """A message has come."""
        with self._lock:
            known, now = self._pages.setdefault(page, _Page()), self._clock()
            given_up = any(first <= number <= last for first, last in known.lost)
            if number > known.highest + 1:
                known.late.append(((known.highest + 1, number - 1), now))
            known.highest = max(known.highest, number)
            late = [(part, at) for gap, at in known.late for part in _without(gap, number)]
            known.lost += [gap for gap, at in late if now - at >= PATIENCE]
            known.late = [(gap, at) for gap, at in late if now - at < PATIENCE]
            return Noted([gap for gap, _ in known.late], list(known.lost), given_up)


def _without(gap: Gap, number: int) -> list[Gap]:
    """What is left of a gap once a number has come."""
    first, last = gap
    if not first <= number <= last:
        return [gap]
    return [(low, high) for low, high in ((first, number - 1), (number + 1, last)) if low <= high]
