"""A sandbox and sessions with a journal of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cvtr_widgets as cvtr


class Gate:
    """An ``on_step`` that lets threads past a step only so often, until it is opened; so a test need not be quick."""

    def __init__(self, step: str, passes: int = 0) -> None:
        self._step, self._left = step, passes
        self._lock = threading.Lock()
        self._open = threading.Event()

    def __call__(self, name: str) -> None:
        if name != self._step or self._open.is_set():
            return
        with self._lock:
            self._left -= 1
            held = self._left < 0
        if held:
            assert self._open.wait(300), "nobody opened the gate"

    def open(self) -> None:
        self._open.set()


def until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for what other threads and processes do."""
    ends = time.monotonic() + seconds
    while True:
        asked = time.thread_time()
        if true():
            return
        now = time.monotonic()
        assert now < ends, "it did not come"
        time.sleep(max(0.005, 4 * (time.thread_time() - asked)))  # what costs more is asked less often


QUICK = cvtr.Patience(settle=0.6, doubt=0.2, queue=3.0, resend=0.02, plan_age=0)
"""Waits that suit a service on this machine."""


@pytest.fixture
def journal_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "journal"
    monkeypatch.setenv("CVTR_JOURNAL", str(folder))
    return folder


@pytest.fixture
def sandbox() -> Iterator[cvtr.Sandbox]:
    with cvtr.Sandbox(leads=600, seed=4) as running:
        yield running


@pytest.fixture
def open_session(sandbox: cvtr.Sandbox, journal_folder: Path):
    """Make a session; ``chunk`` leads a write. What is opened is closed."""
    opened = []

    def make(*, role: str = "admin", chunk: int = 50, **more) -> cvtr.LeadSession:
        client = sandbox.connect(role, limits=cvtr.Limits(chunk=chunk, page=2 * chunk))
        session = cvtr.LeadSession(client, progress=False, **{"patience": QUICK, **more})
        opened.append((session, client))
        return session

    yield make
    for session, client in opened:
        session.close()
        client.close()


@pytest.fixture
def session(open_session) -> cvtr.LeadSession:
    return open_session()
