"""The faults of the network: what the caller sees, and what is true of the lead afterwards."""

from __future__ import annotations

import contextlib
import threading
import time

import httpx
import pytest

from cvtr_widgets.errors import SandboxError
from cvtr_widgets.sandbox import Chaos, Mishap, NetworkFault, SandboxServer
from tests.sandbox.conftest import NEVER, SHORT, soon

FLAG = "leads-bulk-flag"
BODY = {"flag": "test", "flagReason": 21}


@pytest.fixture
def server():
    with SandboxServer(leads=300, seed=7, queue_delay=0.05, network=[]) as running:
        yield running


@pytest.fixture
def leads(server) -> list[int]:
    return server.lead_ids(status="Caution", limit=4)


def is_test(server, lead) -> bool:
    return server.lead(lead)["status"] == "Test"


def flagged(admin, *leads):
    return admin.write(FLAG, *leads, **BODY)


def test_without_faults_the_proxy_changes_nothing(server, admin, leads):
    assert flagged(admin, *leads).json()["leads"] == [{"id": i, "status": "ok"} for i in leads]
    assert len(admin.ids()) == 100
    assert admin.get("leads/1").status_code == 404
    assert server.max_in_flight == 1


@pytest.mark.parametrize(
    ("do", "applied"),
    [
        ("reset_before_body", False),
        ("reset_in_body", False),
        ("reset_after_body", False),
        ("reset_after_applying", True),
        ("cut_answer", True),
    ],
)
@pytest.mark.parametrize("about_one", [False, True])
def test_a_reset_before_or_after_the_service_has_applied(server, admin, leads, do, applied, about_one):
    server.network = [NetworkFault(FLAG, do, lead=leads[0] if about_one else None, times=1)]
    with pytest.raises((httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        flagged(admin, leads[0])
    assert is_test(server, leads[0]) == applied
    assert flagged(admin, leads[1]).status_code == 200


def test_a_request_that_is_cut_short_while_it_is_sent(server, admin):
    server.network = [NetworkFault(FLAG, "reset_in_body", times=1)]
    with pytest.raises((httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        admin.http.post(f"/api/v4/{FLAG}", content=b" " * 30_000_000)
    assert not any(seen.path.endswith(FLAG) for seen in server.requests)


def test_a_late_request_is_carried_out_though_the_caller_has_gone(server, admin, leads):
    server.network = [NetworkFault(FLAG, "late", seconds=NEVER, times=1)]
    with pytest.raises(httpx.ReadTimeout):
        admin.http.post(f"/api/v4/{FLAG}", json={"leads": leads[:1], **BODY}, timeout=SHORT)
    assert not is_test(server, leads[0])
    server.hurry()
    soon(lambda: is_test(server, leads[0]))
    assert server.max_in_flight == 1


def test_a_late_request_is_carried_out_when_its_time_has_come(server, admin, leads):
    server.network = [NetworkFault(FLAG, "late", seconds=0.05, times=1)]
    started = time.monotonic()
    assert flagged(admin, leads[0]).status_code == 200
    assert time.monotonic() - started >= 0.05
    assert is_test(server, leads[0])


def test_an_answer_that_never_comes(server, admin, leads):
    server.network = [NetworkFault(FLAG, "deaf", times=1)]
    with pytest.raises(httpx.ReadTimeout):
        admin.http.post(f"/api/v4/{FLAG}", json={"leads": leads[:1], **BODY}, timeout=SHORT)
    soon(lambda: is_test(server, leads[0]))


def test_one_byte_at_a_time(server, admin, leads):
    server.network = [NetworkFault(FLAG, "trickle", seconds=0.001, times=1)]
    started = time.monotonic()
    assert flagged(admin, leads[0]).status_code == 200
    assert time.monotonic() - started > 0.1


def test_nobody_is_let_in_for_a_while(server, admin, entering):
    server.network = [NetworkFault("leads", "refuse", seconds=NEVER, times=1)]
    admin.ids()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    assert len(admin.ids()) == 100  # what is connected stays so
    server.hurry()
    assert _let_in(server.url)
    server.network = [NetworkFault("leads", "refuse", seconds=0.05, times=1)]
    admin.ids()
    soon(lambda: _let_in(server.url))


def _let_in(url) -> bool:
    try:
        return httpx.get(url).status_code == 404
    except httpx.ConnectError:
        return False


def test_a_connection_closed_while_idle_is_replaced(server, admin):
    server.network = [NetworkFault("leads", "close_idle", times=1)]
    assert len(admin.ids()) == 100
    with contextlib.suppress(httpx.RemoteProtocolError):  # who is quicker than the closing meets it
        assert len(admin.ids()) == 100
    assert len(admin.ids()) == 100


def test_a_connection_reset_at_its_next_use(server, admin, leads):
    server.network = [NetworkFault("leads", "reset_when_reused", times=1)]
    admin.ids()
    with pytest.raises((httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        flagged(admin, leads[0])
    assert not is_test(server, leads[0])
    assert flagged(admin, leads[0]).status_code == 200


def test_it_ends_with_the_sandbox_and_leaves_no_thread():
    before = set(threading.enumerate())
    with SandboxServer(leads=20, network=[NetworkFault("*", "refuse", seconds=30)]) as server:
        httpx.get(server.url)
        url = server.url
    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_without_a_proxy_faults_of_the_network_are_refused():
    with SandboxServer(leads=1) as server, pytest.raises(SandboxError, match="network="):
        server.network = [NetworkFault("*", "deaf")]


FAULTS = (Mishap("*", "status", status=503), NetworkFault("*", "reset_after_body"), Mishap(FLAG, "refuse_lead"))


def test_chance_depends_on_seed_call_leads_and_attempt_only():
    chaos = Chaos(3, 0.5, FAULTS)
    drawn = {(call, lead, n): chaos.draw(call, [lead, 1], n) for call in (FLAG, "leads") for lead in range(50) for n in (1, 2)}
    assert drawn == {(call, lead, n): chaos.draw(call, [1, lead], n) for call, lead, n in drawn}
    assert 60 < sum(fault is not None for fault in drawn.values()) < 140
    assert {fault and fault.do for fault in drawn.values()} == {None, "status", "reset_after_body", "refuse_lead"}
    assert not any(fault and fault.do == "refuse_lead" for (call, _, _), fault in drawn.items() if call == "leads")
    assert chaos.draw("login", [], 1) is None
    assert drawn != {key: Chaos(4, 0.5, FAULTS).draw(key[0], [key[1], 1], key[2]) for key in drawn}


def test_chance_strikes_in_the_service_and_in_the_network_the_same_way_each_time(entering):
    def story() -> list[object]:
        told: list[object] = []
        with SandboxServer(leads=300, seed=7, chaos=Chaos(5, 0.6, FAULTS)) as server:
            admin = entering(server)
            for lead in server.lead_ids(status="Caution", limit=12):
                try:
                    answer = flagged(admin, lead)
                    told.append((answer.status_code, answer.json().get("leads")))
                except httpx.TransportError:
                    told.append("lost")
        return told

    first = story()
    assert first == story()
    assert "lost" in first
    assert any(status == 503 for status, *_ in first)
