"""Signals between threads that an exception thrown into one of them cannot leave locked.

``threading.Event`` takes its lock in Python code: an exception (Ctrl-C, ``PyThreadState_SetAsyncExc``) that arrives at that
moment leaves it locked for ever. Here the lock is taken by the ``with`` statement itself, between which and its block no
exception can come.
"""

from __future__ import annotations

import threading
import time

SLICE = 0.25
"""Seconds: the longest wait without a look of one's own, should a notice have been lost."""


class Signal:
    """As ``threading.Event``."""

    def __init__(self, *, on: bool = False) -> None:
        self._on = on
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._on

    def set(self) -> None:
        """Set it, and wake all that wait."""
        # Without the lock: the flag alone decides, and whoever waits looks at it after SLICE seconds at the latest.
        self._on = True
        with self._lock:
            self._changed.notify_all()

    def clear(self) -> None:
        """Take it back."""
        self._on = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set (seconds; None: as long as it takes). Gives whether it is."""
        ends = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            while not self._on:
                left = SLICE if ends is None else min(SLICE, ends - time.monotonic())
                if left <= 0:
                    break
                self._changed.wait(left)
        return self._on
