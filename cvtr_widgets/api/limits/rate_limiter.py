"""Staying within Convertr's limits: requests per rolling window, requests at once, and pauses after a 429.

Convertr counts for the whole platform, so what is kept here is only what *this machine* has used; colleagues spend the
same allowance. ``shared_permits.py`` says what sharing between kernels promises and what not.
"""

from __future__ import annotations

import contextlib
import math
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cvtr_widgets.api.limits.local_permits import LocalPermits, Permits, reserve_of
from cvtr_widgets.api.limits.shared_permits import UNUSABLE, SharedPermits
from cvtr_widgets.errors import Cancelled, TooManyRequests
from cvtr_widgets.request_limits import Limits
from cvtr_widgets.settings import MAX_IN_FLIGHT

T = TypeVar("T")
MAX_PAUSE = 330.0
"""Seconds: a Retry-After beyond one window (300 s) and a reserve is not believed."""
WAIT_STOPPED = "Stopped while waiting for the request limit: this request was not sent. Start again when you like."
HANDING_OVER = 0.0002
"""Seconds in which the next request goes out, before the answer to this one is worked on: that holds Python's lock for long."""
SHARE = 3
"""Where nothing can be shared, each kernel keeps to the third part: the usual number of notebooks open at once."""


def clamp_pause(seconds: float | None) -> float:
    """How long to wait after a 429: what the service says, within 1 s and ``MAX_PAUSE``; 10 s where it says nothing."""
    if seconds is None or math.isnan(seconds):
        return 10.0
    return min(max(seconds, 1.0), MAX_PAUSE)


class RateLimiter:
    """The allowance for one enterprise and user; shared by all threads of this process, and by all of this user's kernels
    on the machine where a ``folder`` is given.

    ``note`` says so where the folder cannot be used: this process then keeps to a third of the limits by itself.
    """

    def __init__(self, limits: Limits, *, folder: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.note = ""
        self._clock = clock
        self._lock = threading.Lock()
        # This process's own places, before those that all kernels share: threads wait at a semaphore, which wakes them at once.
        # A lock file has to be polled.
        self._in_flight = threading.BoundedSemaphore(min(limits.in_flight, MAX_IN_FLIGHT))
        self._standing = 0
        self._busy = 0
        self._leased = 0
        # Permits that were taken together and not used yet, and since when. Taking 20 at once means one transaction in SQLite
        # for 20 requests; they are only believed for half the reserve, because a permit counts from when it was taken and the
        # platform counts from when a request arrives.
        self._leased_at = 0.0
        self._lease_life = reserve_of(limits) / 2
        self._paused_until = float("-inf")  # as last heard
        self._stop_waiting = threading.Event()
        self._permits: Permits
        if folder is None:
            self._permits = LocalPermits(limits, MAX_IN_FLIGHT, clock)
            return
        try:
            self._permits = SharedPermits(folder, limits, clock, most_wait=MAX_PAUSE)
        except UNUSABLE as error:
            self._keep_to_a_share(error)

    def _keep_to_a_share(self, error: BaseException) -> None:
        """Nothing can be shared (any more): stay within a part of the limits alone, and say so."""
        if self.note:
            return
        share = replace(self.limits, requests=max(1, self.limits.requests // SHARE))
        self._permits = LocalPermits(share, max(1, MAX_IN_FLIGHT // SHARE), self._clock)
        self._permits.pause(self._paused_until)
        # Permits in hand belong to the folder that cannot be used any more.
        self._leased = 0
        self.note = (
            f"The request limit cannot be shared with your other notebooks here ({type(error).__name__}), so this one keeps to "
            f"a third of it: {share.requests:,} requests per {self.limits.window:g} s. Set CVTR_SHARED to a folder on this "
            "machine that can be written."
        )
        warnings.warn(self.note, RuntimeWarning, stacklevel=2)

    def close(self) -> None:
        """Give back what was not used, and let go of files."""
        with self._lock:
            self._give_back()
            self._permits.close()

    def used(self) -> int:
        """Requests sent from this machine within the past window (from this process where nothing is shared)."""
        with self._lock:
            return self._asked(lambda a: a.used()) - self._leased

    def pause(self, seconds: float | None) -> float:
        """Let nobody send for so long (clamped). Gives the seconds that it will be."""
        wait = clamp_pause(seconds)
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + wait)
            self._asked(lambda a: a.pause(self._clock() + wait))
        return wait

    def waiting(self) -> float:
        """Seconds until the next request may go out; 0 when it may go now."""
        with self._lock:
            paused = self._paused()
            # With a permit in hand there is no need to ask the file.
            if paused > 0 or self._has_lease():
                return max(0.0, paused)
            return self._asked(lambda a: a.wait())

    @contextmanager
    def slot(self, *, patience: float = 2 * MAX_PAUSE, cancelled: Callable[[], bool] | None = None) -> Iterator[None]:
        """One request: waits until the limits allow it, and holds one of the places in flight.

        Raises:
            TooManyRequests: the wait would be longer than ``patience`` seconds.
            Cancelled: ``cancelled()`` turned true while waiting.
        """
        deadline = self._clock() + patience
        with self._let_in(cancelled):
            # Place first, permit last: a permit that waits for a place would grow old, and the reserve is only two seconds.
            permits, place = self._enter(deadline, cancelled)
            with self._lock:
                self._busy += 1
            try:
                self._permit(deadline, cancelled)
                yield
            finally:
                self._leave(permits, place)

    # -- within -------------------------------------------------------------------------------------------------------

    def _asked(self, question: Callable[[Permits], T]) -> T:
        """What the allowance says; where the shared one has become unusable, what our own says from now on."""
        try:
            return question(self._permits)
        except UNUSABLE as error:
            self._keep_to_a_share(error)
            return question(self._permits)

    @contextmanager
    def _let_in(self, cancelled: Callable[[], bool] | None) -> Iterator[None]:
        """One of this process's own places; others may hold them while they wait for the limit themselves."""
        self._stand(1)
        try:
            while not self._in_flight.acquire(timeout=0.25):
                if cancelled is not None and cancelled():
                    raise Cancelled(WAIT_STOPPED)
        finally:
            self._stand(-1)
        try:
            yield
        finally:
            self._in_flight.release()
            if self._standing:
                time.sleep(HANDING_OVER)

    def _stand(self, one: int) -> None:
        with self._lock:
            self._standing += one

    def _enter(self, deadline: float, cancelled: Callable[[], bool] | None) -> tuple[Permits, int]:
        """A place in flight, waiting for one where other kernels hold all."""
        while True:
            permits = self._permits
            try:
                # The permits object may be exchanged by another thread (_keep_to_a_share); a place goes back to the one that
                # gave it.
                place = permits.enter()
            except UNUSABLE as error:
                with self._lock:
                    self._keep_to_a_share(error)
                continue
            if place is not None:
                return permits, place
            self._wait(random.uniform(0.002, 0.02), deadline, cancelled)  # noqa: S311  so that kernels do not ask in step

    def _leave(self, permits: Permits, place: int) -> None:
        with contextlib.suppress(*UNUSABLE):
            permits.leave(place)
        with self._lock:
            self._busy -= 1
            if self._busy == 0:
                self._give_back()
                with contextlib.suppress(*UNUSABLE):
                    self._permits.idle()

    def _permit(self, deadline: float, cancelled: Callable[[], bool] | None) -> None:
        while True:
            with self._lock:
                wait = self._wait_needed()
            if wait <= 0:
                return
            self._wait(wait, deadline, cancelled)

    def _wait(self, seconds: float, deadline: float, cancelled: Callable[[], bool] | None) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled(WAIT_STOPPED)
        if self._clock() + seconds > deadline:
            raise TooManyRequests(
                f"The request limit is used up for another {seconds:.0f} s",
                advice="Wait, or ask colleagues who use the same enterprise, then try again.",
            )
        # In short pieces, so that cancelling is noticed and a pause that another kernel was told is seen.
        self._stop_waiting.wait(min(seconds, 0.25))

    def _wait_needed(self) -> float:
        """Use one permit: 0, or the seconds to wait for one."""
        paused = self._paused()
        if paused > 0:
            self._give_back()
            return paused
        if not self._has_lease():
            # What is left of the old block is too old to be used here, and others can use it.
            self._give_back()
            wait = self._asked(self._lease)
            if wait > 0:
                return wait
        self._leased -= 1
        return 0.0

    def _paused(self) -> float:
        """Seconds until the end of the pause."""
        self._paused_until = self._asked(lambda a: a.paused_until())
        return self._paused_until - self._clock()

    def _has_lease(self) -> bool:
        return self._leased > 0 and 0 <= self._clock() - self._leased_at <= self._lease_life

    def _lease(self, permits: Permits) -> float:
        """Take permits: one where one request is under way, a block where there are several, so that files are seldom
        touched. What is not used is given back when nothing is under way any more, or when it has become old.
        """
        now = self._clock()
        many = permits.block if self._busy > 1 else 1
        wait = permits.take(many)
        # Near the limit there may be room for one request and not for twenty.
        if wait > 0 and many > 1:
            many = 1
            wait = permits.take(1)
        if wait <= 0:
            self._leased, self._leased_at = many, now
        return wait

    def _give_back(self) -> None:
        if self._leased > 0:
            count, self._leased = self._leased, 0
            self._asked(lambda a: a.give_back(count))
