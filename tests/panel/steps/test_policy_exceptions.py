"""An exception from the policy, made in the panel: offered where the policy stops leads, by a named person, in the journal."""

from __future__ import annotations

import pytest

from tests.panel.conftest import Driven
from tests.panel.steps.test_shared_plans import opened, saved_by

CAP = '[[caps]]\nname = "Tests"\nactions = ["test"]\nby = "all"\nperiod = "day"\nleads = 2\n'


@pytest.fixture
def policy(tmp_path, monkeypatch):
    def write(text: str) -> None:
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("CVTR_POLICY", str(path))

    return write


def caution(driven, number: int) -> list[int]:
    return driven.server.lead_ids(status="Caution")[:number]


def offered(driven) -> dict | None:
    return driven.view()["processing"]["exception"]


def except_them(driven, name: str = "Mary Manager", reason: str = "Agreed with the buyer", fingerprint: str | None = None) -> str:
    driven.say("exception", name=name, reason=reason, fingerprint=driven.fingerprint() if fingerprint is None else fingerprint)
    answer, view = driven.view()["head"]["answer"], offered(driven)
    problem = None if view is None else view["problem"]
    return (answer or problem or {"text": ""})["text"]


def test_it_is_offered_made_confirmed_anew_and_in_the_journal(driven, policy):
    policy(CAP + '[exceptions]\nby = ["Mary Manager"]\n')
    ids = caution(driven, 5)
    driven.plan(ids[:2], "test", reason="listed:Test lead")
    assert offered(driven) is None  # the policy stops nothing
    driven.plan(ids, "test", reason="listed:Test lead")
    view = offered(driven)
    assert view["text"] == "The policy stops 3 leads of this plan; the table says why."
    assert (view["button"], view["who"]) == ("Make an exception for 3 leads", "The policy only allows Mary Manager to make it.")
    assert "journal" in view["what"]
    driven.say("confirm", on=True)
    driven.say("signature", text="Mary Manager")
    before, texts = driven.fingerprint(), driven.state.texts_version
    assert "printed name" in except_them(driven, name=" ")
    assert "Another plan" in except_them(driven, fingerprint="x")
    assert "only allows Mary Manager to make exceptions. Ask them." in except_them(driven, name="Tom Typist")
    assert driven.fingerprint() == before
    assert driven.state.processing.confirmed
    assert except_them(driven) == ""
    plan = driven.state.processing.plan
    assert (plan.will_change, plan.exception.name, plan.exception.account) == (5, "Mary Manager", driven.session.identity.account)
    assert "Exception from the policy by Mary Manager for 3 leads: Agreed with the buyer" in plan.warnings
    assert not driven.state.processing.confirmed
    assert driven.state.texts()["signature"] == ""
    assert driven.state.texts_version > texts  # the page is told that what was typed is worth nothing any more
    assert offered(driven) is None
    driven.say("confirm", on=True)
    assert driven.run() == {"confirmed": 5}
    assert driven.state.processing.results["policy_exception"].notna().sum() == 3
    noted = driven.session.history()["policy_exception"].iloc[0]
    assert "Mary Manager" in noted
    assert "Agreed with the buyer" in noted
    driven.say("exception", name="Mary Manager", reason="again", fingerprint=plan.fingerprint)
    assert "has been run" in driven.view()["head"]["answer"]["text"]


@pytest.mark.parametrize(
    ("rules", "action", "words"),
    [
        (CAP + "[exceptions]\nallowed = false\n", "test", "The policy allows no exceptions"),
        ('never = ["test"]\n', "test", "no exception is possible: this is never done here"),
    ],
)
def test_where_none_may_be_made_that_is_said(driven, policy, rules, action, words):
    policy(rules)
    driven.plan(caution(driven, 4), action, reason="listed:Test lead")
    view = offered(driven)
    assert words in view["text"]
    assert not view["may"]
    before = driven.fingerprint()
    assert except_them(driven) != ""
    assert driven.fingerprint() == before


def test_a_selection_that_has_changed_since_has_none(driven, policy):
    policy(CAP)
    ids = caution(driven, 5)
    driven.plan(ids, "test", reason="listed:Test lead")
    driven.say("ids", text=str(ids[0]))
    assert "The selection has changed" in except_them(driven)


def test_a_plan_that_somebody_else_made_can_have_one(sandbox, driven, policy):
    agency = Driven.of(sandbox, role="agency")
    try:
        ids = [int(i) for i in agency.session.pull(status="Caution").index[:4]]
        content = saved_by(agency, ids)
    finally:
        agency.close()
    policy(CAP)
    assert opened(driven, content)["differs"].startswith("2 leads")
    assert offered(driven)["may"]
    assert except_them(driven) == ""
    driven.say("confirm", on=True)
    assert driven.run() == {"confirmed": 4}
