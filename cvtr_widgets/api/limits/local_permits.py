"""Permits and places in flight of one process, in memory; ``shared_permits.py`` shares them between processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from pyrate_limiter import Decision, InMemoryBucket, Rate, RateItem

from cvtr_widgets.request_limits import Limits


class Permits(Protocol):
    """Permits (one a request), places in flight, and the moment until which everybody pauses.

    Moments and waits are in seconds of the rate limiter's clock. It calls from one thread at a time, but for ``enter`` and
    ``leave``.
    """

    block: int
    """The most permits that it pays to take at once."""

    def take(self, count: int) -> float:
        """Take so many permits, all or none: 0, or the seconds until it is worth asking again."""
        ...

    def give_back(self, count: int) -> None:
        """Permits that were taken by this very allowance and not used."""
        ...

    def used(self) -> int:
        """Permits taken within the past window, by everybody who shares it."""
        ...

    def wait(self) -> float:
        """Seconds until one permit is to be had; takes none."""
        ...

    def pause(self, until: float) -> None:
        """Nobody sends before that moment; never shortened."""
        ...

    def paused_until(self) -> float:
        """The moment; one in the past when there is none."""
        ...

    def enter(self) -> int | None:
        """One of the places in flight, or None where all are taken."""
        ...

    def leave(self, place: int) -> None:
        """Give a place back."""
        ...

    def idle(self) -> None:
        """Nothing is in flight any more: let go of what is only kept for speed."""
        ...

    def close(self) -> None:
        """Let go of files. It may be used again afterwards."""
        ...


def rate_of(limits: Limits, reserve: float) -> Rate:
    """The limit as pyrate-limiter has it. ``reserve`` seconds make the window longer than Convertr's."""
    return Rate(limits.requests, int((limits.window + reserve) * 1000))


def reserve_of(limits: Limits) -> float:
    """Seconds by which our window is longer: half of it a permit may wait for its use, half is for the way to the service,
    which counts when a request arrives.
    """
    return min(2.0, limits.window / 20)


class LocalPermits:
    """The allowance of one process, in memory. ``places`` in flight."""

    block = 1

    def __init__(self, limits: Limits, places: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rate = rate_of(limits, reserve_of(limits))
        self._bucket = InMemoryBucket([self._rate])
        # Permits and places are two limits: a permit is spent when a request goes out and comes back with the window, a place
        # is held while the request is in flight.
        self._free = set(range(places))
        self._lock = threading.Lock()
        self._paused_until = float("-inf")

    def _now(self) -> int:
        """Milliseconds; never earlier than what is in the bucket, should the clock be set back."""
        now = int(self._clock() * 1000)
        if self._bucket.items:
            now = max(now, self._bucket.items[-1].timestamp)
        self._bucket.leak(now)
        return now

    def take(self, count: int) -> float:
        """See ``Permits``."""
        decision = self._bucket.put_decision(RateItem("request", self._now(), weight=count))
        assert isinstance(decision, Decision)  # noqa: S101  a bucket in memory answers at once
        return 0.0 if decision.allowed else max(0.01, (decision.retry_after_ms or 100) / 1000)

    def give_back(self, count: int) -> None:
        """See ``Permits``."""
        for _ in range(min(count, len(self._bucket.items))):
            self._bucket.items.pop()

    def used(self) -> int:
        """See ``Permits``."""
        self._now()
        return self._bucket.count()

    def wait(self) -> float:
        """See ``Permits``."""
        now = self._now()
        # Without taking one: it is asked for the time left on screen, ten times a second.
        if self._bucket.count() < self._rate.limit:
            return 0.0
        return max(0.01, (self._bucket.items[0].timestamp - now + self._rate.interval) / 1000)

    def pause(self, until: float) -> None:
        """See ``Permits``."""
        # Never shortened: a 429 that says 5 s must not end the 60 s that another one asked for.
        self._paused_until = max(self._paused_until, until)

    def paused_until(self) -> float:
        """See ``Permits``."""
        return self._paused_until

    def enter(self) -> int | None:
        """See ``Permits``."""
        with self._lock:
            return self._free.pop() if self._free else None

    def leave(self, place: int) -> None:
        """See ``Permits``."""
        with self._lock:
            self._free.add(place)

    def idle(self) -> None:
        """See ``Permits``."""

    def close(self) -> None:
        """See ``Permits``."""
