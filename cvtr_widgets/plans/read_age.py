"""When leads were read, and whether that is too long ago to send what was read then."""

from __future__ import annotations

import time
from typing import NamedTuple

MAX_READ_AGE = 20.0
"""Seconds: leads that were read longer ago (the limit, a pause by hand) are read again before they are sent."""


class JournalPlace(NamedTuple):
    """How far a journal had been written: the number and hash of its last entry, and the runs that may have been sending."""

    number: int
    hash: str
    sending: tuple[str, ...]


class Moment(NamedTuple):
    """When leads were read, by both clocks: the steady one stands still while a machine sleeps. ``place``: and how far the
    journal had been written, which no clock can tell; None where that is not known.
    """

    steady: float
    wall: float
    place: JournalPlace | None = None

    @classmethod
    def now(cls, place: JournalPlace | None = None) -> Moment:
        """This one."""
        return cls(time.monotonic(), time.time(), place)

    def old(self, limit: float | None = None) -> bool:
        """Whether it is too long ago to send what was read then; ``limit``: less than the usual seconds."""
        age = max(time.monotonic() - self.steady, time.time() - self.wall)
        return age > MAX_READ_AGE if limit is None else age >= min(limit, MAX_READ_AGE)
