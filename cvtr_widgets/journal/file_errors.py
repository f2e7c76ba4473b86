"""What SQLite's errors mean for a journal; and a file that other kernels hold at this moment, which is tried again."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import stamina

from cvtr_widgets.errors import JournalError

BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
WAIT = 10.0
"""Seconds that a file may be held by others."""
# stamina logs each wait. A handler that does nothing keeps this out of notebooks; an application with logging still sees it.
logging.getLogger("stamina").addHandler(logging.NullHandler())


def is_busy(error: BaseException) -> bool:
    """Whether another connection holds the file."""
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in BUSY


def tries() -> Iterable[stamina.Attempt]:
    """For opening: SQLite waits for the locks of others by itself, but not where a file changes to WAL, or is recovered, or is
    closed by the last who had it open.
    """
    return stamina.retry_context(on=is_busy, attempts=None, timeout=WAIT, wait_initial=0.01, wait_max=0.25, wait_jitter=0.05)


def error_of(path: Path, error: Exception) -> JournalError:
    """The error in words, with what to do next."""
    name = str(path)
    if isinstance(error, sqlite3.ProgrammingError):
        return JournalError(f"The journal {name!r} has been closed; nothing more is sent. Continue in a new LeadSession.")
    if is_busy(error):
        return JournalError(
            f"The journal {name!r} has been held by another program for more than {WAIT:.0f} s ({error}). Without it nothing is "
            "sent. Wait until the other kernel has ended its work, or close what has the file open, and try again."
        )
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return JournalError(
            f"The journal {name!r} is damaged: {error}. Without it nothing is sent. Keep a copy, move the file away to "
            "begin a new one, and check at the service what the last run did."
        )
    return JournalError(
        f"The journal {name!r} cannot be used: {error}. Without it nothing is sent. Free some space or "
        "choose another folder with CVTR_JOURNAL."
    )
