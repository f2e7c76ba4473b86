"""When leads were read, and whether that is too long ago to send what was read then."""

from __future__ import annotations

import time
from typing import NamedTuple

MAX_READ_AGE = 20.0
"""Seconds: leads that were read longer ago (the limit, a pause by hand) are read again before they are sent."""


class Moment(NamedTuple):
    """When leads were read, by both clocks: the steady one stands still while a machine sleeps."""

    steady: float
    wall: float

    @classmethod
    def now(cls) -> Moment:
        """This one."""
        return cls(time.monotonic(), time.time())

    def old(self, limit: float | None = None) -> bool:
        """Whether it is too long ago to send what was read then; ``limit``: less than the usual seconds."""
        age = max(time.monotonic() - self.steady, time.time() - self.wall)
        return age > MAX_READ_AGE if limit is None else age >= min(limit, MAX_READ_AGE)
