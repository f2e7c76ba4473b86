"""Accounts, tokens, the second factor, expired passwords, lock-out, the request limit."""

from __future__ import annotations

import pytest

from cvtr_widgets.sandbox import SandboxServer
from tests.sandbox.conftest import Caller, soon


@pytest.fixture
def knocking(server):
    opened = []

    def knock(role: str) -> Caller:
        opened.append(Caller(server, role))
        return opened[-1]

    yield knock
    for caller in opened:
        caller.http.close()


def test_every_login_says_that_this_is_the_sandbox_whatever_comes_of_it(server, knocking):
    for role in server.users:
        assert knocking(role).login().headers["X-Cvtr-Sandbox"] == server.world
    assert knocking("admin").login(password="no").headers["X-Cvtr-Sandbox"] == server.world
    assert server.logins == len(server.users) + 1


def test_without_a_living_token_nothing_is_answered(server, admin):
    admin.http.headers["Authorization"] = "Bearer wrong"
    assert admin.get("leads").status_code == 401
    admin.http.headers["Authorization"] = admin.account["access_token"]
    assert admin.get("leads").status_code == 401
    del admin.http.headers["Authorization"]
    assert admin.get("leads").json()["error"] == "invalid_grant"


def test_a_token_ends_and_is_renewed_once_with_its_refresh_token(server, admin):
    server.expire_tokens()
    assert "expired" in admin.get("leads").json()["error_description"]
    form = {key: admin.account[key] for key in ("client_id", "client_secret", "refresh_token")} | {"grant_type": "refresh_token"}
    renewed = admin.http.post("/oauth/v2/token", data=form)
    assert renewed.status_code == 200
    admin.http.headers["Authorization"] = f"Bearer {renewed.json()['access_token']}"
    assert admin.get("leads").status_code == 200
    assert admin.http.post("/oauth/v2/token", data=form).status_code == 400
    form["refresh_token"] = renewed.json()["refresh_token"]
    server.expire_tokens(refresh_too=True)
    assert admin.http.post("/oauth/v2/token", data=form).status_code == 400


def test_a_token_lives_as_long_as_it_says(entering):
    with SandboxServer(leads=5, token_life=0.2) as server:
        caller = entering(server)
        soon(lambda: caller.get("leads").status_code == 401)


def test_the_second_factor_is_asked_for_and_a_token_of_it_serves_once(server, knocking):
    caller = knocking("mfa")
    first = caller.login()
    assert (first.status_code, first.json()["error"]) == (401, "Mfa Required")
    token, code = first.json()["mfa_token"], server.users["mfa"][2]
    wrong = caller.login(mfa_token=token, mfa_code="000000")
    assert wrong.json()["error"] == "Mfa Required"
    assert caller.login(mfa_token=token, mfa_code=code).status_code == 401
    assert caller.login(mfa_token=caller.login().json()["mfa_token"], mfa_code=code).status_code == 200


def test_with_an_expired_password_only_changing_it_works(server, knocking):
    caller = knocking("expired").enter()
    assert caller.account["password_expired"] is True
    for answer in (caller.get("leads"), caller.get("campaigns"), caller.write("leads-bulk-delete", 1, confirm=True)):
        assert answer.status_code == 403
        assert answer.json() == {
            "type": "https://tools.ietf.org/html/rfc2616#section-10",
            "title": "An error occurred",
            "detail": "Password expired",
        }
    lead_id, old = caller.account["user_id"], server.users["expired"][1]
    change = f"users/{lead_id}/change-password"
    assert caller.post(change, {"currentPassword": "wrong", "newPassword": "New-Password-1"}).status_code == 422
    assert caller.post(change, {"currentPassword": old, "newPassword": "New-Password-1"}).status_code == 202
    assert caller.get("leads").status_code == 200
    assert caller.login(password=old).status_code == 401
    assert server.users["expired"][1] == "New-Password-1"
    assert caller.login().json()["password_expired"] is False


def test_ten_failures_in_a_row_lock_an_account_and_a_success_starts_anew(server, knocking):
    assert "locked" in knocking("locked").login().json()["error_description"]
    caller = knocking("admin")
    for _ in range(9):
        assert caller.login(password="no").status_code == 401
    assert caller.login().status_code == 200
    for _ in range(10):
        assert "locked" not in caller.login(password="no").json()["error_description"]
    assert "locked" in caller.login().json()["error_description"]


def test_beyond_the_limit_429_says_how_long_to_wait_and_then_it_goes_on(entering):
    with SandboxServer(leads=5, rate_limit=4, window=3.0) as server:
        caller = entering(server)
        statuses = [caller.get("leads").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = caller.get("leads")
        assert refused.headers["Content-Type"].startswith("text/plain")
        assert 1 <= int(refused.headers["Retry-After"]) <= 3
        soon(lambda: caller.get("leads").status_code == 200)


def test_other_addresses_are_not_there(server, admin):
    assert admin.http.get("/").status_code == 404
    assert admin.http.get("/api/v2.5/publisher/1").status_code == 404
    assert admin.http.get("/api/login").status_code == 405
