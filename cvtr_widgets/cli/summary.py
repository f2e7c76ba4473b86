"""The summary of an unattended run: a small JSON file, there from the start and true at every moment."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cvtr_widgets import safe_files
from cvtr_widgets.errors import CvtrError, RunTaken, SettingsError
from cvtr_widgets.journal.journal_folder import journal_folder
from cvtr_widgets.journal.run_lock import HeldByAnother, RunLock
from cvtr_widgets.runs.exit_code import MEANINGS
from cvtr_widgets.runs.run import Run

KIND = "cvtr-run-summary"
MOST_IDS = 1_000_000


def lock(name: str, busy: str) -> RunLock:
    """A lock of this machine's user, given back when this process ends, however it does.

    Raises:
        RunTaken: another process has it; ``busy`` says what that means.
    """
    folder = journal_folder() / "live"
    try:
        safe_files.make_folder(folder)
        return RunLock(folder / "runs-unattended", hashlib.sha256(name.encode()).hexdigest()[:16])
    except HeldByAnother:
        raise RunTaken(busy) from None
    except OSError as error:
        raise SettingsError(f"{str(folder)!r} cannot be used ({error.strerror}). Choose another with CVTR_JOURNAL.") from None


class Summary:
    """What the file says. It is written beside and renamed, so that it is there as a whole: at the start (``running``: look into
    the journal), when a run has begun, and at the end with the exit code.
    """

    def __init__(self, path: Path, file: Path) -> None:
        """Take the file.

        Raises:
            RunTaken: a run that goes on just now writes to it. SettingsError: it cannot be written, or is something else.
        """
        self.path = path
        self._claim = lock(
            f"summary {path.resolve()}", f"Another process is running and writes to {path.name!r}. Wait for it, or use --summary."
        )
        self._must_be_ours()
        self._said: dict[str, Any] = {
            "file": KIND, "version": 1, "state": "running", "exit_code": None, "means": "", "of": file.name,
            "note": "This process has not ended, or was killed: the journal says what became of the leads.",
            "started": _now(), "ended": None, "process": {"pid": os.getpid(), "host": platform.node()},
        }  # fmt: skip
        self._write()

    def _must_be_ours(self) -> None:
        if not self.path.exists():
            return
        said: Any = None
        with suppress(ValueError):
            said = json.loads(safe_files.read(self.path, SettingsError, most=MOST_IDS, what="summary"))
        if not isinstance(said, dict) or said.get("file") != KIND:
            raise SettingsError(f"{self.path.name!r} is not a summary, so it was left as it is. Use --summary.")

    def add(self, **said: Any) -> None:
        """Note something, and write the file."""
        self._said |= said
        self._write()

    def run(self, run: Run) -> None:
        """Note the run that has begun."""
        self.add(run_id=run.id)

    def end(self, state: str, code: int, run: Run | None = None, error: BaseException | None = None) -> None:
        """The end: nothing is written after it."""
        self._said.pop("note")
        said: dict[str, Any] = {"state": state, "exit_code": code, "means": MEANINGS[code], "ended": _now()}
        if run is not None:
            said |= {"run_id": run.id, "counts": run.counts, "journal_head": run.journal_head}
            error = error or run.error
        if error is not None:
            said["error"] = words(error)
        self.add(**said)
        self._claim.release(done=False)

    def _write(self) -> None:
        text = json.dumps(self._said, ensure_ascii=True, indent=1)
        safe_files.write(self.path, [text.encode(), b"\n"], SettingsError, private=True, overwrite=True)


def words(error: BaseException) -> str:
    """An error in words that hold nothing of a lead: ours in full (without the service's words), others by their kind."""
    return str(getattr(error, "plain", error)) if isinstance(error, CvtrError) else type(error).__name__


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
