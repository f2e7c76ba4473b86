"""A sandbox and sessions with a journal of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import cvtr_widgets as cvtr

QUICK = cvtr.Patience(settle=0.6, doubt=0.2, queue=3.0, resend=0.02)
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
