"""Being stopped by the user, in reads that give all or nothing."""

from __future__ import annotations

import threading

from cvtr_widgets.errors import Cancelled
from cvtr_widgets.models import Stopped

Cancel = Stopped | threading.Event | None
"""How a caller stops a read: a function that says so, an event, or nothing."""


def stopper(cancel: Cancel) -> Stopped:
    """A function that says whether the caller wants to stop."""
    if cancel is None:
        return never
    return cancel.is_set if isinstance(cancel, threading.Event) else cancel


def never() -> bool:
    """Nobody stops it."""
    return False


class CancelToken:
    """Once true, always true. A read that was stopped anywhere on the way gives nothing: a lead that is absent from what it
    gives counts as deleted.
    """

    def __init__(self, stopped: Stopped) -> None:
        self._stopped = stopped
        self._seen = False

    def __call__(self) -> bool:
        """Whether it was stopped, now or before."""
        self._seen = self._seen or self._stopped()
        return self._seen

    def check(self) -> None:
        """At the end of a read.

        Raises:
            Cancelled: it was stopped on the way.
        """
        if self._seen:
            raise Cancelled("Stopped. Nothing was changed; start again when you like.")
