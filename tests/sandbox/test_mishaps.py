"""The faults: what the caller gets, and what is true of the lead afterwards."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from cvtr_widgets.sandbox import Mishap
from tests.sandbox.conftest import NEVER, SHORT, soon

FLAG = "leads-bulk-flag"
BODY = {"flag": "test", "flagReason": 21}


def is_test(server, lead) -> bool:
    return server.lead(lead)["status"] == "Test"


def flagged(admin, *leads):
    return admin.write(FLAG, *leads, **BODY)


@pytest.fixture
def leads(server) -> list[int]:
    return server.lead_ids(status="Caution", limit=4)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [403, 404, 409, 413, 422, 429, 500, 502, 503, 504])
def test_a_status_comes_before_or_after_applying(server, admin, leads, status, when):
    server.mishaps = [Mishap(FLAG, "status", when, status=status, retry_after="7", text="on a bad day")]
    answer = flagged(admin, leads[0])
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "7"
    assert "on a bad day" in answer.text
    assert is_test(server, leads[0]) == (when == "after")
    assert len(server.effects(leads[0])) == (when == "after")


NONSENSE = ["html", "cut_json", "empty", "wrong_charset"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("do", NONSENSE)
def test_an_answer_that_cannot_be_read(server, admin, leads, do, when):
    server.mishaps = [Mishap(FLAG, do, when)]
    answer = flagged(admin, leads[0])
    assert answer.status_code == 200
    with pytest.raises(ValueError):  # noqa: PT011  decoding errors of every kind are ValueErrors
        json.loads(answer.content.decode("utf-8"))
    assert is_test(server, leads[0]) == (when == "after")


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_connection_is_closed_without_a_byte(server, admin, leads, when):
    server.mishaps = [Mishap(FLAG, "reset", when, times=1)]
    with pytest.raises(httpx.RemoteProtocolError):
        flagged(admin, leads[0])
    assert is_test(server, leads[0]) == (when == "after")
    soon(lambda: server.requests[-1].ended is not None)
    assert server.requests[-1].status is None
    assert flagged(admin, leads[1]).status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_answer_takes_its_time_and_is_right(server, admin, leads, when):
    server.mishaps = [Mishap(FLAG, "slow", when, seconds=0.2)]
    started = time.monotonic()
    assert flagged(admin, leads[0]).json()["leads"][0]["status"] == "ok"
    assert time.monotonic() - started >= 0.2
    assert is_test(server, leads[0])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_caller_that_gives_up_on_a_slow_write_may_find_it_applied(server, admin, leads, when):
    server.mishaps = [Mishap(FLAG, "slow", when, seconds=NEVER)]
    with pytest.raises(httpx.ReadTimeout):
        admin.http.post(f"/api/v4/{FLAG}", json={"leads": leads[:1], **BODY}, timeout=SHORT)
    if when == "before":
        assert not is_test(server, leads[0])
        server.hurry()
    soon(lambda: is_test(server, leads[0]))
    server.hurry()


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("drop_ids", lambda ids: ids[:2]),
        ("extra_ids", lambda ids: ids + [i + 1_000_000 for i in ids]),
        ("reorder_ids", lambda ids: ids[::-1]),
        ("double_ids", lambda ids: [i for i in ids for _ in "12"]),
    ],
)
@pytest.mark.parametrize("call", [FLAG, "is-lead-delivered", "leads"])
def test_rows_go_missing_double_extra_or_astray(server, admin, leads, call, do, expected):
    server.mishaps = [Mishap(call, do)]
    if call == "leads":
        got = admin.ids(*[("id[]", i) for i in leads])
    else:
        got = [row["id"] for row in admin.write(call, *leads, **(BODY if call == FLAG else {})).json()["leads"]]
    assert got == expected(leads)
    assert all(is_test(server, i) for i in leads) == (call == FLAG)


def test_one_lead_goes_missing_from_an_answer_though_it_was_done(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "drop_ids", lead=leads[1])]
    assert [row["id"] for row in flagged(admin, *leads).json()["leads"]] == [leads[0], *leads[2:]]
    assert is_test(server, leads[1])


def test_one_lead_is_refused_and_the_others_are_done(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "refuse_lead", lead=leads[1], text="in use")]
    rows = flagged(admin, *leads).json()["leads"]
    assert rows[1] == {"id": leads[1], "status": "error", "message": "in use"}
    assert [is_test(server, i) for i in leads] == [True, False, True, True]


def test_one_lead_makes_the_whole_call_422(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "chunk_422_if_lead", lead=leads[2])]
    assert flagged(admin, *leads).status_code == 422
    assert not any(is_test(server, i) for i in leads)
    assert flagged(admin, *leads[:2]).status_code == 200


def test_a_lie_says_yes_and_does_nothing(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "lie", lead=leads[0])]
    answer = flagged(admin, *leads[:2])
    assert (answer.status_code, [row["status"] for row in answer.json()["leads"]]) == (200, ["ok", "ok"])
    assert [is_test(server, i) for i in leads[:2]] == [False, True]
    assert server.effects(leads[0]) == []


@pytest.mark.parametrize("call", [FLAG, "leads-bulk-reprocess"])
def test_never_is_a_202_that_nothing_comes_of(server, admin, leads, call):
    server.mishaps = [Mishap(call, "never")]
    before = server.lead(leads[0])
    answer = admin.write(call, leads[0], **(BODY if call == FLAG else {"confirm": True}))
    assert (answer.status_code, answer.json()["leads"][0]["status"]) == (202, "queued")
    server.mishaps = []
    admin.write("leads-bulk-reprocess", leads[1], confirm=True)  # the queue itself goes on
    soon(lambda: server.lead(leads[1])["processing_counter"] == 2)
    assert server.lead(leads[0]) == before


def test_later_is_a_yes_whose_effect_comes_when_its_time_has_come(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "later", seconds=0.3, lead=leads[0])]
    started = time.monotonic()
    assert flagged(admin, *leads[:2]).json()["leads"][0]["status"] == "ok"
    assert is_test(server, leads[1])
    soon(lambda: is_test(server, leads[0]))
    assert time.monotonic() - started >= 0.3
    assert admin.get(f"leads/{leads[0]}").json()["currentStatus"] == "Test"


@pytest.mark.parametrize("place", ["https://elsewhere.example/api/v4/leads", "http://127.0.0.1:9/"])
def test_a_redirect_leads_elsewhere(server, admin, leads, place):
    server.mishaps = [Mishap("leads", "redirect", location=place)]
    answer = admin.get("leads")
    assert (answer.status_code, answer.headers["Location"]) == (302, place)


def test_faults_can_strike_the_nth_call_some_times_or_every_call(server, admin):
    def statuses(count) -> list[int]:
        return [admin.get("leads").status_code for _ in range(count)]

    server.mishaps = [Mishap("leads", "status", status=503, nth=2)]
    assert statuses(4) == [200, 503, 200, 200]
    server.mishaps = [Mishap("leads", "status", status=503, times=2)]
    assert statuses(4) == [503, 503, 200, 200]
    server.mishaps = [Mishap("*", "status", status=503)]
    assert statuses(2) == [503, 503]
    assert admin.get("campaigns").status_code == 503
    server.mishaps = ()
    assert statuses(1) == [200]


def test_faults_strike_only_their_call_and_their_lead(server, admin, leads):
    server.mishaps = [Mishap("leads", "status", status=404, lead=leads[0])]
    assert admin.get(f"leads/{leads[0]}").status_code == 404
    assert admin.get(f"leads/{leads[1]}").status_code == 200
    assert admin.get("leads", ("id[]", leads[1])).status_code == 200
    assert flagged(admin, leads[0]).status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_login_has_its_faults_too(server, admin, when):
    before = server.logins
    server.mishaps = [Mishap("login", "status", when, status=503)]
    assert admin.login().status_code == 503
    assert server.logins == before + (when == "after")


def test_half_of_the_leads_and_then_a_failure(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "half", status=502)]
    assert flagged(admin, *leads).status_code == 502
    assert [is_test(server, i) for i in leads] == [True, True, False, False]


def test_queue_is_a_202_whose_effect_comes_when_its_time_has_come(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "queue", seconds=NEVER)]
    answer = flagged(admin, leads[0])
    assert (answer.status_code, answer.json()["leads"]) == (202, [{"id": leads[0], "status": "queued"}])
    assert not is_test(server, leads[0])
    server.mishaps = [Mishap(FLAG, "queue", seconds=0.05)]
    flagged(admin, leads[0])
    soon(lambda: is_test(server, leads[0]))


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_without_end(server, admin, leads, when):
    server.mishaps = [Mishap(FLAG, "huge", when)]
    assert len(flagged(admin, leads[0]).content) > 64_000_000
    assert is_test(server, leads[0]) == (when == "after")


def test_the_token_ends_and_can_be_renewed(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "token_ends", times=1)]
    assert flagged(admin, leads[0]).status_code == 401
    assert not is_test(server, leads[0])
    names = ("client_id", "client_secret", "refresh_token")
    form = {"grant_type": "refresh_token", **{name: admin.account[name] for name in names}}
    assert admin.http.post("/oauth/v2/token", data=form).status_code == 200
    assert admin.login().status_code == 200


def test_the_login_ends_for_good(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "login_ends", times=1)]
    assert flagged(admin, leads[0]).status_code == 401
    assert admin.login().status_code == 401
    assert not is_test(server, leads[0])


def test_the_password_expires_in_the_middle(server, admin, leads):
    server.mishaps = [Mishap(FLAG, "password_expires", times=1)]
    answer = flagged(admin, leads[0])
    assert (answer.status_code, answer.json()["detail"]) == (403, "Password expired")
    assert admin.get("leads").status_code == 403
    assert admin.login().json()["password_expired"] is True


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_colleague_flags_the_same_leads(server, admin, leads, when):
    server.mishaps = [Mishap(FLAG, "meddle", when)]
    flagged(admin, leads[0])
    assert server.lead(leads[0])["status"] == ("Test" if when == "before" else "Invalid")
    assert len(server.effects(leads[0])) == 1


def test_leads_arrive_while_they_are_listed(server, admin):
    before = admin.total()
    server.mishaps = [Mishap("leads", "arrive", times=2)]
    assert [admin.total() for _ in range(3)] == [before, before + 3, before + 6]
