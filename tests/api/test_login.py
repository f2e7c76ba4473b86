"""Logging in: once for all threads, renewed once, never repeated when refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.lead_service import lead_service
from cvtr_widgets.errors import LoginRefused, NotReached, PasswordExpired, Unreadable
from tests.api.scripted import LOGIN, Reply, Request, Scripted, collection


def lead_or_401(live: set[str]):
    def answer(request: Request) -> Reply:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in live:
            return Reply(401, {"error": "invalid_grant", "error_description": "The access token provided has expired."})
        return Reply(200, {"id": int(request.path.rsplit("/", 1)[1])})

    return answer


def test_a_refused_login_is_not_tried_again(scripted: Scripted, connect):
    scripted.answers["POST", "/api/login"] = Reply(401, {"error": "invalid_grant", "error_description": "Invalid credentials."})
    with pytest.raises(LoginRefused, match=r"Invalid credentials.*not tried again") as caught:
        connect()
    assert "pass-word" not in str(caught.value)
    assert len(scripted.asked("/api/login")) == 1


def test_an_ended_token_is_renewed_once_for_all_threads(scripted: Scripted, connect):
    live = {"token-1"}
    for lead_id in range(101, 109):
        scripted.answers["GET", f"/api/v4/leads/{lead_id}"] = lead_or_401(live)
    scripted.answers["POST", "/oauth/v2/token"] = Reply(200, {**LOGIN, "access_token": "token-2"})
    client = connect()
    assert client.lead(101)["id"] == 101
    live.clear()
    live.add("token-2")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(client.lead, range(101, 109)))
    assert [r["id"] for r in found] == list(range(101, 109))
    assert len(scripted.asked("/oauth/v2/token")) == 1
    assert scripted.asked("/oauth/v2/token")[0].form["refresh_token"] == "refresh-1"
    assert len(scripted.asked("/api/login")) == 1


def test_where_renewal_fails_it_logs_in_anew(scripted: Scripted, connect):
    live = {"token-1"}
    scripted.answers["GET", "/api/v4/leads/101"] = lead_or_401(live)
    scripted.answers["POST", "/oauth/v2/token"] = Reply(400, {"error": "invalid_grant"})
    client = connect()
    live.clear()
    live.add("token-3")
    scripted.answers["POST", "/api/login"] = Reply(200, {**LOGIN, "access_token": "token-3"}, {"X-Cvtr-Sandbox": "1"})
    assert client.lead(101)["id"] == 101
    assert len(scripted.asked("/api/login")) == 2


def test_a_client_does_not_go_on_with_a_sandbox_that_took_the_place_of_its_own(scripted: Scripted, connect):
    live = {"token-1"}
    scripted.answers["GET", "/api/v4/leads/101"] = lead_or_401(live)
    scripted.answers["POST", "/oauth/v2/token"] = Reply(400, {"error": "invalid_grant"})
    client = connect()
    assert (client.identity.sandbox, client.identity.world) == (True, "1")
    live.clear()
    live.add("token-3")
    scripted.answers["POST", "/api/login"] = Reply(200, {**LOGIN, "access_token": "token-3"}, {"X-Cvtr-Sandbox": "2"})
    for _ in range(2):
        with pytest.raises(LoginRefused, match="A different service"):
            client.lead(101)
    assert len(scripted.asked("/api/login")) == 2  # the second time it is not even tried


def test_a_service_that_takes_no_token_at_all_is_not_asked_for_ever(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/leads/101"] = lead_or_401(set())
    scripted.answers["POST", "/oauth/v2/token"] = Reply(200, {**LOGIN, "access_token": "token-2"})
    with pytest.raises(LoginRefused):
        connect().lead(101)
    assert len(scripted.asked("/api/v4/leads/101")) == 2


def test_an_expired_password_names_the_way_out_and_can_be_changed(scripted: Scripted, connect):
    scripted.answers["POST", "/api/login"] = Reply(200, {**LOGIN, "password_expired": True})
    with pytest.raises(PasswordExpired, match="change_password"):
        connect()
    client = connect(allow_expired=True)
    scripted.answers["POST", "/api/v4/users/7/change-password"] = Reply(202)
    scripted.answers["POST", "/api/login"] = Reply(200, LOGIN)
    scripted.answers["GET", "/api/v4/lead-flag-reason-categories"] = collection([{"id": 1, "name": "None"}])
    client.change_password("pass-word", "new-word")
    assert scripted.asked("/api/v4/users/7/change-password")[0].json == {
        "currentPassword": "pass-word",
        "newPassword": "new-word",
    }
    assert [c.name for c in client.reason_categories()] == ["None"]
    assert scripted.asked("/api/login")[-1].form["password"] == "new-word"


def test_another_site_that_answers_the_login_is_recognised(scripted: Scripted, connect):
    scripted.answers["POST", "/api/login"] = Reply(200, raw=b"<html>Welcome</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(Unreadable, match="no token"):
        connect()


def test_a_service_that_cannot_be_reached_says_so(scripted: Scripted, connect):
    scripted.stop()
    with pytest.raises(NotReached, match="could not be reached"):
        connect()
    scripted._server.socket.close()


@pytest.mark.parametrize(
    "text", ["{client!r}", "{client._auth.__dict__}", "{client._auth._token!r}", "{client._auth._credentials!r}"]
)
def test_no_repr_shows_a_password_or_token(scripted: Scripted, connect, text):
    shown = text.format(client=connect())
    assert "pass-word" not in shown
    assert "token-1" not in shown
    assert "refresh-1" not in shown


def test_only_this_machine_can_be_a_sandbox(connect):
    assert connect().identity.sandbox is True


def test_a_live_enterprise_is_not_written_to():
    from cvtr_widgets.actions import catalogue
    from cvtr_widgets.api.auth import Credentials
    from cvtr_widgets.api.client import Convertr
    from cvtr_widgets.errors import LiveWritesRefused

    server = Scripted(sandbox=False)  # the same answers without the sandbox's mark
    try:
        with Convertr(server.url, "acme", Credentials("ana", "pass-word")) as client:
            assert client.identity.sandbox is False
            with pytest.raises(LiveWritesRefused, match="one single lead"):
                lead_service(client).apply(catalogue.reprocess(), [101], signature=None)
        assert not [r for r in server.requests if r.path.startswith("/api/v4/leads-bulk")]
    finally:
        server.stop()


def test_a_login_that_waits_for_the_request_limit_says_so(capsys):
    limits = cvtr.Limits(requests=4, window=3.0)
    with cvtr.Sandbox(leads=20) as sandbox, sandbox.connect(limits=limits) as client:
        assert capsys.readouterr().err == ""
        while client.usage()[0] < limits.requests:
            client.statistics()
        with sandbox.connect(limits=limits) as another:
            assert another.identity == client.identity
    assert re.fullmatch(r"The request limit is used up. The login waits for it: [23] s or more.\n", capsys.readouterr().err)
