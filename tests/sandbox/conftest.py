"""A caller that knows no more of the sandbox than its address and what the wire examples say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cvtr_widgets.sandbox import SandboxServer

PATIENCE = 120.0
NEVER = 300.0
"""Seconds, for what comes only when the sandbox is told to hurry: however slow the machine is, it has not come before."""
SHORT = httpx.Timeout(PATIENCE, read=0.1)
"""A caller that does not wait for the answer."""


class Caller:
    """Plain httpx, logged in as one of the sandbox's users."""

    def __init__(self, server: SandboxServer, role: str = "admin") -> None:
        self.server = server
        self.role = role
        self.http = httpx.Client(base_url=server.url, timeout=PATIENCE)
        self.account: dict[str, Any] = {}

    def login(self, **form: str) -> httpx.Response:
        username, password, _ = self.server.users[self.role]
        return self.http.post("/api/login", data={"username": username, "password": password, **form})

    def enter(self) -> Caller:
        answer = self.login()
        code = self.server.users[self.role][2]
        if code is not None:
            answer = self.login(mfa_token=answer.json()["mfa_token"], mfa_code=code)
        assert answer.status_code == 200, answer.text
        self.account = answer.json()
        self.http.headers["Authorization"] = f"Bearer {self.account['access_token']}"
        return self

    def get(self, path: str, *query: tuple[str, Any]) -> httpx.Response:
        return self.http.get(f"/api/v4/{path}", params=[(key, str(value)) for key, value in query])

    def ids(self, *query: tuple[str, Any]) -> list[int]:
        answer = self.get("leads", ("itemsPerPage", 100), *query)
        assert answer.status_code == 200, answer.text
        return [lead["id"] for lead in answer.json()["hydra:member"]]

    def total(self, *query: tuple[str, Any]) -> int:
        return self.get("leads", ("itemsPerPage", 1), *query).json()["hydra:totalItems"]

    def post(self, call: str, body: Any) -> httpx.Response:
        return self.http.post(f"/api/v4/{call}", json=body)

    def write(self, call: str, *ids: int, **body: Any) -> httpx.Response:
        return self.post(call, {"leads": list(ids), **body})

    def word(self, call: str, lead: int, **body: Any) -> tuple[str, str]:
        """The answer's status and message for one lead."""
        (row,) = self.write(call, lead, **body).json()["leads"]
        assert row["id"] == lead
        return row["status"], row.get("message", "")


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """A world of its own for every test: 300 leads."""
    with SandboxServer(leads=300, seed=7, queue_delay=0.05) as running:
        yield running


@pytest.fixture
def entering() -> Iterator[Callable[..., Caller]]:
    """Logs in at any sandbox; what is opened is closed."""
    opened: list[Caller] = []

    def enter(server: SandboxServer, role: str = "admin") -> Caller:
        caller = Caller(server, role)
        opened.append(caller)
        return caller.enter()

    yield enter
    for caller in opened:
        caller.http.close()


@pytest.fixture
def admin(server: SandboxServer, entering: Callable[..., Caller]) -> Caller:
    return entering(server)


@pytest.fixture
def agency(server: SandboxServer, entering: Callable[..., Caller]) -> Caller:
    return entering(server, "agency")


def soon(true: Callable[[], bool]) -> None:
    """Wait until it is so, at most PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.005)
