"""The sandbox, and the command as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cvtr_widgets.sandbox import SandboxServer
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


@pytest.fixture
def command(sandbox, journal_folder, tmp_path) -> Callable[..., subprocess.Popen[str]]:
    """Begin ``cvtr-widgets run FILE``."""

    def begin(file: Path, *words: str, role: str = "admin", **environ: str) -> subprocess.Popen[str]:
        user, password, _ = SandboxServer.USERS[role]
        account = {"CVTR_ENTERPRISE": "sandbox", "CVTR_URL": sandbox.url, "CVTR_USERNAME": user, "CVTR_PASSWORD": password}
        env = {**os.environ, **account, "PYTHONPATH": str(ROOT), **environ}
        return subprocess.Popen(
            [sys.executable, "-m", "cvtr_widgets.cli", "run", str(file), *words],
            cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    return begin


def summary_of(file: Path) -> dict[str, Any] | None:
    path = file.with_name(f"{file.name}.summary.json")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def end_of(process: subprocess.Popen[str], file: Path) -> Ended:
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err, summary_of(file))


@pytest.fixture
def done(command) -> Callable[..., Ended]:
    """Carry a file out to its end."""
    return lambda file, *words, **more: end_of(command(file, *words, **more), file)
