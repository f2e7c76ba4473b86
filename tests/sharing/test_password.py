"""The password again before the first signature: one login, kept nowhere, never tried twice."""

from __future__ import annotations

import gc

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CredentialsError, LoginRefused, NotConfirmed
from cvtr_widgets.sandbox import SandboxServer


def logins(sandbox) -> int:
    return sum("login" in str(one) or "auth" in str(one) for one in sandbox.server.requests)


@pytest.mark.parametrize("way", ["session", "policy"])
def test_nothing_is_signed_before_the_password_was_given_again(sandbox, open_session, tmp_path, monkeypatch, way):
    if way == "policy":
        path = tmp_path / "policy.toml"
        path.write_text("password_before_signing = true", encoding="utf-8")
        monkeypatch.setenv("CVTR_POLICY", str(path))
    session = open_session(**({"password_before_signing": True} if way == "session" else {}))
    ids = sandbox.server.lead_ids(status="Caution")[:4]
    plan = session.plan(cvtr.mark_test("Test lead"), ids[:2])
    for tried in (lambda: session.run(plan, confirm=True, signature="Ana Lopes"), lambda: session.sign(plan, "Ana Lopes")):
        with pytest.raises(NotConfirmed, match="confirm_password"):
            tried()
    assert not any(sandbox.server.effects(own) for own in ids)
    session.run(session.plan(cvtr.mark_test("Test lead"), ids[2:]), confirm=True)
    before = logins(sandbox)
    session.confirm_password(SandboxServer.USERS["admin"][1])
    assert logins(sandbox) == before + 1
    assert session.run(plan, confirm=True, signature=session.sign(plan, "Ana Lopes")).counts["confirmed"] == 2
    assert logins(sandbox) == before + 1


def test_a_wrong_password_is_sent_once_and_kept_nowhere(sandbox, open_session):
    session = open_session(password_before_signing=True)
    before, wrong = logins(sandbox), "-".join(["not", "the", "password", "at", "all"])
    for given in (wrong, wrong, SandboxServer.USERS["admin"][1]):
        with pytest.raises(LoginRefused) as caught:
            session.confirm_password(given)
        assert wrong not in str(caught.value)
    assert logins(sandbox) == before + 1
    plan = session.plan(cvtr.mark_test("Test lead"), sandbox.server.lead_ids(status="Caution")[:1])
    with pytest.raises(NotConfirmed):
        session.sign(plan, "Ana Lopes")
    assert session.pull(ids=plan.frame.index) is not None, "the session itself goes on"
    del caught
    kept = [o for o in gc.get_objects() if str(type(o).__module__).startswith("cvtr_widgets.api")]
    holders = [type(o).__name__ for o in kept if wrong in str(getattr(o, "__dict__", ""))]
    assert holders == []


def test_no_password_sends_nothing(sandbox, open_session):
    session = open_session()
    before = logins(sandbox)
    with pytest.raises(CredentialsError):
        session.confirm_password("")
    assert logins(sandbox) == before
