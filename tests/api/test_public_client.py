"""What a user can reach from a client: nothing there changes a lead, opens the gate of writes, or holds the token."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.auth import Auth
from cvtr_widgets.api.json_reader import Reader
from cvtr_widgets.api.lead_reader import LeadReading
from cvtr_widgets.api.lead_service import ClientService, write_gate_of
from cvtr_widgets.api.transport import Transport
from cvtr_widgets.api.write_calls import WriteCalls
from cvtr_widgets.api.write_gate import WriteGate
from cvtr_widgets.errors import RequestRefused

INTERNAL = (Auth, Reader, Transport, LeadReading, WriteCalls, WriteGate, ClientService)
READS = {
    "advertisers", "at_rest", "campaigns", "channels", "chunk", "doctor", "entries_used", "evidence", "fetch", "fetch_cost",
    "fetch_records", "first_page", "flag_reasons", "integrations", "is_delivered", "latency", "lead", "lead_jobs", "lead_notes",
    "leads", "listing", "offered_filters", "preview", "publishers", "reason_categories", "statistics", "statistics_over_time",
    "unproven", "usage", "waiting",
}  # fmt: skip
OTHERS = {"add_reason_category", "change_password", "check_password", "close"}
"""Calls that do more than read; each asks for what it needs, or for a confirmation."""


@pytest.fixture(scope="module")
def client():
    with cvtr.Sandbox(leads=20, seed=2) as sandbox, sandbox.connect() as connected:
        yield connected


def reached(start: object) -> dict[str, object]:
    """All that public attributes lead to, by the words that a user would type."""
    found: dict[str, object] = {}
    open_ = [("client", start)]
    while open_:
        path, value = open_.pop()
        for name in dir(value):
            if not name.startswith("_") and not callable(one := getattr(value, name)):
                found[f"{path}.{name}"] = one
                if type(one).__module__.startswith("cvtr_widgets.api"):
                    open_.append((f"{path}.{name}", one))
    return found


def test_no_internal_part_is_reached_from_a_client(client):
    found = reached(client)
    assert {"client.auth.way", "client.catalog", "client.identity"} <= found.keys()
    assert not [path for path, value in found.items() if isinstance(value, INTERNAL)]


def test_no_token_is_reached_from_a_client(client):
    token = client._auth.token()
    assert not [path for path, value in reached(client).items() if token in repr(value)]
    assert client.auth.way == "password"
    assert not hasattr(client.auth, "token")
    assert not client.auth.password_expired


def test_every_call_of_a_client_is_a_read_or_known_to_be_more(client):
    calls = {name for name in dir(client) if not name.startswith("_") and callable(getattr(client, name))}
    assert calls == READS | OTHERS


def test_the_parts_are_there_for_sessions(client):
    assert write_gate_of(client).sandbox


@pytest.mark.parametrize("name", ["", "  "])
def test_a_category_without_a_name_is_not_added(client, name):
    before = client.reason_categories()
    with pytest.raises(RequestRefused, match="needs a name"):
        client.add_reason_category(name, confirm=True)
    client.catalog.refresh()
    assert client.reason_categories() == before
