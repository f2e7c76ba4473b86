"""The sandbox, and the command as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from cvtr_widgets.sandbox import SandboxServer
from tests.forked import CONTEXT, take_place
from tests.runs.conftest import QUICK, journal_folder, open_session, sandbox, session, until

ROOT = Path(__file__).resolve().parents[2]
__all__ = ["QUICK", "journal_folder", "open_session", "sandbox", "session", "until"]


@dataclass
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str
    summary: dict[str, Any] | None


class Command(Protocol):
    """A command that has begun."""

    returncode: int

    def communicate(self, timeout: float) -> tuple[str, str]: ...
    def send_signal(self, number: int) -> None: ...


class Forked:
    """The command in a process of its own, forked from one in which everything is imported: without the second that this takes."""

    def __init__(self, words: list[str], env: Mapping[str, str], folder: Path) -> None:
        self.returncode = 0
        self._out, self._err = (folder / f"{name}-{len(list(folder.iterdir()))}.txt" for name in ("out", "err"))
        self._process = CONTEXT.Process(target=_carry_out, args=(words, dict(env), folder, self._out, self._err))
        self._process.start()

    def communicate(self, timeout: float) -> tuple[str, str]:
        self._process.join(timeout)
        assert self._process.exitcode is not None, "it did not end"
        self.returncode = self._process.exitcode
        self._process.close()
        return tuple(path.read_text(encoding="utf-8") if path.exists() else "" for path in (self._out, self._err))

    def send_signal(self, number: int) -> None:
        if self._process.is_alive():
            os.kill(self._process.pid, number)


def _carry_out(words: list[str], env: dict[str, str], folder: Path, out: Path, err: Path) -> None:
    """In the new process: what the command's own start does."""
    from cvtr_widgets.cli.__main__ import main

    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    take_place(env, folder, (os.open(os.devnull, os.O_RDONLY), os.open(out, written, 0o600), os.open(err, written, 0o600)))
    sys.argv = ["cvtr-widgets", *words]
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


@pytest.fixture
def command(sandbox, journal_folder, tmp_path) -> Callable[..., Command]:
    """Begin ``cvtr-widgets run FILE``; ``really``: by a new interpreter, as a scheduler does."""

    def begin(file: Path, *words: str, role: str = "admin", really: bool = False, **environ: str) -> Command:
        user, password, _ = SandboxServer.USERS[role]
        account = {"CVTR_ENTERPRISE": "sandbox", "CVTR_URL": sandbox.url, "CVTR_USERNAME": user, "CVTR_PASSWORD": password}
        env = {**os.environ, **account, "PYTHONPATH": str(ROOT), **environ}
        if not really:
            return Forked(["run", str(file), *words], env, tmp_path)
        return subprocess.Popen(
            [sys.executable, "-m", "cvtr_widgets.cli", "run", str(file), *words],
            cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    return begin


def summary_of(file: Path) -> dict[str, Any] | None:
    path = file.with_name(f"{file.name}.summary.json")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def end_of(process: Command, file: Path) -> Ended:
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err, summary_of(file))


@pytest.fixture
def done(command) -> Callable[..., Ended]:
    """Carry a file out to its end."""
    return lambda file, *words, **more: end_of(command(file, *words, **more), file)
