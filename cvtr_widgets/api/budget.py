"""Staying within Convertr's limits: requests per rolling window, requests at once, and pauses after a 429.

Convertr counts for the whole platform, so what is kept here is only what *this process* has used; colleagues spend the
same allowance.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyrate_limiter import Decision, InMemoryBucket, Rate, RateItem

from cvtr_widgets.errors import Cancelled, TooManyRequests
from cvtr_widgets.models import Limits

MAX_PAUSE = 330.0
"""Seconds: a Retry-After beyond one window (300 s) and a reserve is not believed."""


def clamp_pause(seconds: float | None) -> float:
    """How long to wait after a 429: what the service says, within 1 s and ``MAX_PAUSE``; 10 s where it says nothing."""
    if seconds is None or math.isnan(seconds):
        return 10.0
    return min(max(seconds, 1.0), MAX_PAUSE)


class Budget:
    """The allowance of one process for one enterprise and user; shared by all its threads."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._bucket = InMemoryBucket([Rate(limits.requests, int(limits.window * 1000))])
        self._lock = threading.Lock()
        self._in_flight = threading.BoundedSemaphore(limits.in_flight)
        self._paused_until = 0.0
        self._stop_waiting = threading.Event()

    def used(self) -> int:
        """Requests sent from here within the past window."""
        with self._lock:
            self._bucket.leak(self._now_ms())
            return self._bucket.count()

    def pause(self, seconds: float | None) -> float:
        """Let nobody send for so long (clamped). Gives the seconds that it will be."""
        wait = clamp_pause(seconds)
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + wait)
        return wait

    def waiting(self) -> float:
        """Seconds until the next request may go out; 0 when it may go now."""
        with self._lock:
            return self._wait_needed(take=False)

    @contextmanager
    def slot(self, *, patience: float = 2 * MAX_PAUSE, cancelled: Callable[[], bool] | None = None) -> Iterator[None]:
        """One request: waits until the limits allow it, and holds one of the places in flight.

        Raises:
            TooManyRequests: the wait would be longer than ``patience`` seconds.
            Cancelled: ``cancelled()`` turned true while waiting.
        """
        with self._in_flight:
            deadline = self._clock() + patience
            while True:
                with self._lock:
                    wait = self._wait_needed(take=True)
                if wait <= 0:
                    break
                if cancelled is not None and cancelled():
                    raise Cancelled("Stopped while waiting for the request limit. Nothing was sent.")
                if self._clock() + wait > deadline:
                    raise TooManyRequests(
                        f"The request limit is used up for another {wait:.0f} s",
                        advice="Wait, or ask colleagues who use the same enterprise, then try again.",
                    )
                self._stop_waiting.wait(min(wait, 0.25))
            yield

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _wait_needed(self, *, take: bool) -> float:
        paused = self._paused_until - self._clock()
        if paused > 0:
            return paused
        now = self._now_ms()
        self._bucket.leak(now)
        if take:
            decision = self._bucket.put_decision(RateItem("request", now))
            assert isinstance(decision, Decision)  # noqa: S101  a bucket in memory answers at once
            if not decision.allowed:
                return max(0.01, (decision.retry_after_ms or 100) / 1000)
            return 0.0
        if self._bucket.count() < self.limits.requests:
            return 0.0
        oldest = self._bucket.items[0].timestamp
        return max(0.01, (oldest - now) / 1000 + self.limits.window)
