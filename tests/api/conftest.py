from __future__ import annotations

from collections.abc import Iterator

import pytest

from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from tests.api.scripted import Scripted


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.stop()


@pytest.fixture
def connect(scripted: Scripted):
    """Log in to the scripted server; what is opened is closed."""
    opened: list[Convertr] = []

    def make(**more) -> Convertr:
        more.setdefault("first_wait", 0.01)
        client = Convertr(scripted.url, "acme", Credentials("ana@acme.example", "pass-word"), **more)
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()
