"""Two services whose enterprise has the same name, and nothing else in common but user ids and lead ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import SandboxServer
from tests.runs.conftest import QUICK


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("journal", "settings"):
        monkeypatch.setenv(f"CVTR_{name.upper()}", str(tmp_path / name))
    return tmp_path


@pytest.fixture
def here(folders: Path) -> Iterator[SandboxServer]:
    """One service; like its twin ``there`` it does not say that it is a sandbox."""
    with SandboxServer(leads=200, seed=4, pretend_live=True) as server:
        yield server


@pytest.fixture
def there(folders: Path) -> Iterator[SandboxServer]:
    with SandboxServer(leads=200, seed=4, pretend_live=True) as server:
        yield server


@pytest.fixture
def open_at() -> Iterator[Callable[..., cvtr.LeadSession]]:
    opened: list[cvtr.LeadSession] = []

    def make(server: SandboxServer, *, role: str = "admin", token: str | None = None, **more) -> cvtr.LeadSession:
        user, password, _ = server.users[role]
        account = {"token": token} if token is not None else {"username": user, "password": password}
        client = cvtr.connect("acme", url=server.url, **account, **more)
        opened.append(cvtr.LeadSession(client, progress=False, patience=QUICK))
        return opened[-1]

    yield make
    for session in opened:
        session.close()
        session.client.close()


def writes(server: SandboxServer) -> list:
    return [request for request in server.requests if "leads-bulk" in request.path]


def token_of(server: SandboxServer, role: str) -> str:
    """A token, as the platform's page would get it."""
    import httpx

    user, password, _ = server.users[role]
    answer = httpx.post(f"{server.url}/api/login", data={"username": user, "password": password}, trust_env=False)
    return str(answer.json()["access_token"])
