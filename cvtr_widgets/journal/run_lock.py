"""One owner per run: an operating-system lock beside the journal, which a dead process gives back."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from cvtr_widgets import safe_files
from cvtr_widgets.errors import RunError


class HeldByAnother(Exception):
    """Somebody else has the run."""


def owner() -> dict[str, object]:
    """Who is asking: process and machine, for the journal."""
    return {"pid": os.getpid(), "host": platform.node()}


def _lock_file(journal: Path, run_id: str) -> Path:
    return journal.with_name(f"{journal.stem}-{run_id}.lock")


def locked_runs(journal: Path) -> tuple[str, ...]:
    """The runs of this journal that somebody has, or had without coming to their end."""
    found = journal.parent.glob(_lock_file(journal, "*").name)
    return tuple(path.stem.removeprefix(f"{journal.stem}-") for path in found)


class RunLock:
    """A run that is ours until ``release()``, or until this process ends."""

    def __init__(self, journal: Path, run_id: str) -> None:
        """Take the run.

        Raises:
            HeldByAnother: somebody else has it.
            RunError: files cannot be locked where the journal lies.
        """
        self.path = _lock_file(journal, run_id)
        # Released by the thread that ends the run, not by the one that begins it.
        self._lock = FileLock(self.path, timeout=0, thread_local=False, mode=safe_files.FILE)
        try:
            # An operating-system lock, not a file that says "taken": the system takes it back from a process that dies, however
            # it dies.
            self._lock.acquire()
        except Timeout:
            raise HeldByAnother from None
        except (OSError, NotImplementedError) as error:
            raise RunError(
                f"Files cannot be locked in {str(journal.parent)!r} ({error}), so that two kernels could send the same leads. "
                "Nothing was sent. Choose another folder with CVTR_JOURNAL."
            ) from None

    def release(self, *, done: bool) -> None:
        """Give it back. ``done``: the run cannot be resumed, so nobody needs the lock's file any more."""
        self._lock.release()
        if done:
            with suppress(OSError):
                self.path.unlink()
