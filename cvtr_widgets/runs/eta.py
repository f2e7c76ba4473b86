"""How fast a run goes and when it will be done, including waits for the request limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cvtr_widgets.plans.costs import limit_wait


class Eta:
    """Leads a second while it goes, without the times in which all waited."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._started = clock()
        # Seconds in which threads waited for the limit or the user, how many wait at this moment, and since when. The limit
        # lets all of them wait or none, and a wait says nothing about how fast leads go through afterwards.
        self._waited = 0.0
        self._waiting = 0
        self._since = 0.0

    def pause(self) -> None:
        """A thread begins to wait for the limit, or for the user."""
        with self._lock:
            if not self._waiting:
                self._since = self._clock()
            self._waiting += 1

    def resume(self) -> bool:
        """A thread has waited. Gives whether others still wait."""
        with self._lock:
            self._waiting -= 1
            if not self._waiting:
                self._waited += self._clock() - self._since
            return self._waiting > 0

    def rate(self, done: int) -> float:
        """Leads a second."""
        return done / max(1e-6, self.gone())

    def gone(self) -> float:
        """Seconds since the beginning, without those in which all waited."""
        with self._lock:
            now = self._clock()
            waited = self._waited + (now - self._since if self._waiting else 0.0)
            return now - self._started - waited

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
        meanwhile show that it was too short. None where it was, and nothing is sent either. A lead that is ``sent`` and not done
        is half done: it still has to be read back.
        """
        limit = limit_wait(requests, usage, waiting, window)
        # Measured, as soon as there is something to measure. The wait for the limit is added and not measured: it comes in
        # lumps of minutes, and a rate that held it would be wrong both before and after.
        if done:
            halves = (done + max(done, sent)) / 2
            return (done + todo - halves) / (halves / max(1e-6, self.gone())) + limit
        rest = (first or 0.0) - self.gone()
        if sent:
            # With slow answers nothing is settled for a long time. The first estimate ran down to 2 s with most leads unsent,
            # so what is sent counts as well.
            rest = max(rest, max(0, todo - sent) / self.rate(sent))
        return rest + limit if rest > 0 else None
