"""The sandbox and sessions of the tests of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.limits.rate_limiter import RateLimiter
from cvtr_widgets.api.limits.shared_permits import allowance_folder
from tests.runs.conftest import QUICK, journal_folder, open_session, sandbox, session, until

__all__ = ["QUICK", "journal_folder", "open_session", "pause", "sandbox", "session", "until"]


@pytest.fixture
def pause(session: cvtr.LeadSession) -> Iterator[Callable[..., None]]:
    """Another kernel of the same user is told to pause for so many seconds, and ours has heard of it."""
    client = session.client
    other = RateLimiter(client.limits, folder=allowance_folder(client.origin))

    def told(seconds: float = 300) -> None:
        other.pause(seconds)
        until(lambda: client.waiting() > seconds / 3)

    yield told
    other.close()
