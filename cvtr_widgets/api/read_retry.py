"""Retry of reads: which errors are worth another attempt, how many attempts, and the waits between them.

Only reads. A write is never sent again on these terms: ``runs/write_retry.py`` decides on writes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import stamina

from cvtr_widgets.errors import NoAnswer, NotReached, NotTrusted, ServiceBroken, TooManyRequests, Unreadable

T = TypeVar("T")
ATTEMPTS = 4
LONGEST_WAIT = 8.0
"""Seconds between two attempts, before jitter."""
# Without a handler of their own, retries would be printed into notebooks as bare words; who sets logging up still sees them.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class ReadRetry:
    """Does a read, and again where another attempt may help; ``first_wait``: seconds before the second attempt."""

    def __init__(self, first_wait: float) -> None:
        self._first_wait = first_wait

    def __call__(self, read: Callable[[], T]) -> T:
        """What ``read`` gives; the error of the last attempt where all of them failed."""
        # Time between attempts grows with jitter, so that several kernels do not come back in step after an outage.
        for attempt in stamina.retry_context(
            on=worth_retrying,
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=self._first_wait,
            wait_max=LONGEST_WAIT,
            wait_jitter=self._first_wait,
        ):
            with attempt:
                return read()
        raise AssertionError("retry_context either returns or raises")


def worth_retrying(error: Exception) -> bool:
    """Whether reading once more may help."""
    if isinstance(error, TooManyRequests):
        return error.status == 429  # the rate limiter makes everybody wait; our own refusal is final
    # A certificate does not become valid by asking again.
    if isinstance(error, NotTrusted):
        return False
    return isinstance(error, (NotReached, NoAnswer, ServiceBroken, Unreadable))
