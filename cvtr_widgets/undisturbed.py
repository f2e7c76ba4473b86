"""Settings of the interpreter that suit reading many pages in several threads; put back afterwards."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

SWITCH = 0.0001
"""Seconds. A thread that an answer has come for waits so long for one that is busy with columns; by default fifty times that,
once for each piece of the answer."""
YOUNG = 50_000
"""New objects until circles among them are looked for. Records are none, and there are a hundred times more of them than
of anything else."""


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """For the time of a read. Two at once may leave the shorter switching on until the later one ends; it does no harm."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(min(interval, SWITCH))
    gc.set_threshold(max(thresholds[0], YOUNG), *thresholds[1:])
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*thresholds)
