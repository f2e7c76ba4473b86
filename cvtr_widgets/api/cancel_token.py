"""Being stopped by the user, in reads that give all or nothing."""

from __future__ import annotations

from cvtr_widgets.errors import Cancelled
from cvtr_widgets.models import Stopped


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
