from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import SandboxServer
from tests.dialect.services import SERVICES

HERE = Path(__file__).resolve().parent


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    """The sandbox as the service named by the parameter."""
    with SandboxServer(leads=600, seed=5, speech=SERVICES[request.param], queue_delay=0.1) as server:
        yield server


def connected(server: SandboxServer, dialect: object, **more: object) -> cvtr.Convertr:
    user, password, _ = server.users["admin"]
    return cvtr.connect("sandbox", user, password, url=server.url, dialect=dialect, **more)
