"""Settings of the interpreter that suit many answers in several threads; put back afterwards."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Iterator

SWITCH = 0.0001
"""Seconds. A thread that an answer has come for waits so long for one that is busy with columns; by default fifty times that,
once for each piece of the answer."""
YOUNG = 50_000
"""New objects until circles among them are looked for. Records are none, and there are a hundred times more of them than
of anything else."""


_lock = threading.Lock()
_within = 0
_before: tuple[float, tuple[int, int, int]] = (0.0, (0, 0, 0))


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """For the time of a read or a run. Where several overlap, the last one to end puts things back."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _within, _before  # noqa: PLW0603  settings of the process
    with _lock:
        if _within == 0:
            _before = (sys.getswitchinterval(), gc.get_threshold())
            sys.setswitchinterval(min(_before[0], SWITCH))
            gc.set_threshold(max(_before[1][0], YOUNG), *_before[1][1:])
        _within += 1


def _leave() -> None:
    global _within  # noqa: PLW0603
    with _lock:
        _within -= 1
        if _within == 0:
            sys.setswitchinterval(_before[0])
            gc.set_threshold(*_before[1])
