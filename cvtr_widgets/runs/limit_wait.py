"""Requests of a run that wait for the request limit: the user is told, and a cancelled run does not wait long."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cvtr_widgets.models import LeadReads

if TYPE_CHECKING:
    from types import TracebackType

    from cvtr_widgets.runs.ongoing_run import OngoingRun

GRACE = 1.5
"""Seconds: how long after ``cancel()`` the limit may still keep what was sent from being read back."""


class LimitWait:
    """One call of the service, in a with-block; is given to it as ``cancelled``, and so asked while it waits."""

    def __init__(self, service: LeadReads, run: OngoingRun) -> None:
        self._service = service
        self._run = run
        self._lock = threading.Lock()
        self._waiting = False
        self._over = False

    def __enter__(self) -> LimitWait:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._wait(0.0)
        # The reader asks several pages at once; one that is still waiting in another thread must not send when the call has
        # ended.
        self._over = True

    def __call__(self) -> bool:
        """Whether to give up: the run was cancelled, and the limit makes it wait longer than that allows. Or the call is over,
        and what still waits in some thread is of no use to anybody.
        """
        if self._over:
            return True
        wait = self._service.waiting()
        self._wait(wait)
        # A cancelled run still wants to read back what it has sent, so it waits a little for the limit, and no longer.
        since = self._run.cancelled_since
        return since is not None and wait > max(0.0, GRACE - since)

    def _wait(self, wait: float) -> None:
        """While it waits the user is told, and the time does not count against the run's speed."""
        with self._lock:
            if (wait > 0) is not self._waiting:
                self._waiting = wait > 0
                self._run.wait_for_limit(waiting=self._waiting)
        if wait > 0:
            self._run.tell_limit(wait)
