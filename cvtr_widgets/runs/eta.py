"""How fast a run goes and when it will be done, including waits for the request limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cvtr_widgets.plans.costs import limit_wait


class Eta:
    """Leads a second while it goes, without the times in which all stood still."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._started = clock()
        # Seconds in which threads waited for the limit or the user, how many wait at this moment, and since when. The limit
        # lets all of them wait or none, and a wait says nothing about how fast leads go through afterwards.
        self._stood = 0.0
        self._standing = 0
        self._since = 0.0

    def stand(self) -> None:
        """A thread begins to wait for the limit, or for the user."""
        with self._lock:
            if not self._standing:
                self._since = self._clock()
            self._standing += 1

    def go(self) -> bool:
        """It goes on. Gives whether others still wait."""
        with self._lock:
            self._standing -= 1
            if not self._standing:
                self._stood += self._clock() - self._since
            return self._standing > 0

    def rate(self, done: int) -> float:
        """Leads a second."""
        return done / max(1e-6, self.gone())

    def gone(self) -> float:
        """Seconds since the beginning, without those in which all stood still."""
        with self._lock:
            now = self._clock()
            stood = self._stood + (now - self._since if self._standing else 0.0)
            return now - self._started - stood

    def left(
        self,
        done: int,
        todo: int,
        *,
        requests: float,
        usage: tuple[int, int],
        waiting: float,
        window: float,
        first: float | None = None,
        sent: int = 0,
    ) -> float | None:
        """Seconds until ``todo`` more leads are done. ``requests``: what they take; ``usage``: used and allowed now; ``first``:
        the estimate of the whole, which counts while nothing is done yet (None: there is none), unless the leads ``sent``
        meanwhile show that it was too short. None where it was, and nothing is sent either.
        """
        standing = limit_wait(requests, usage, waiting, window)
        # Measured, as soon as there is something to measure. The wait for the limit is added and not measured: it comes in
        # lumps of minutes, and a rate that held it would be wrong both before and after.
        if done:
            return todo / self.rate(done) + standing
        rest = (first or 0.0) - self.gone()
        if sent:
            # With slow answers nothing is settled for a long time. The first estimate ran down to 2 s with most leads unsent,
            # so what is sent counts as well.
            rest = max(rest, max(0, todo - sent) / self.rate(sent))
        return rest + standing if rest > 0 else None
