"""A plan saved in one panel and opened in another: maker, differences, signature, sent back."""

from __future__ import annotations

import pytest

from cvtr_widgets.errors import PlanError
from tests.panel.conftest import Driven
from tests.panel.steps.test_import_returns import mails


@pytest.fixture
def other(sandbox):
    made = Driven.of(sandbox, role="agency")
    yield made
    made.close()


def opened(driven, content: bytes) -> dict:
    driven.state.handle("upload", {"purpose": "plan", "name": "a.cvtr-plan", "part": 0, "parts": 1}, content)
    assert driven.state.jobs.wait()
    return driven.view()["shared"]


def saved_by(other, ids) -> bytes:
    other.plan(ids, "test", reason="listed:Test lead")
    content, name = other.state.files.shared.save("As agreed", other.fingerprint())
    assert name.endswith(".cvtr-plan")
    return content


def test_a_plan_is_opened_signed_and_run(driven, other):
    ids = list(mails(other, 3))
    content = saved_by(other, ids)
    view = opened(driven, content)
    assert view["open"]
    assert "As agreed" in view["made"]
    assert view["differs"] == "Every lead is as it was when the plan was saved."
    assert driven.view()["step"] == 3
    plan = driven.view()["processing"]["plan"]
    assert plan["signable"]
    driven.say("signature", text="Mary Manager")
    driven.run()
    results = driven.state.processing.results
    assert set(results["signed_by"]) == {"Mary Manager"}
    assert set(results["planned_by"]) != set(results["run_by"])
    assert driven.view()["shared"]["open"]


def test_what_changed_is_shown_and_held_back_until_the_user_says_so(driven, other):
    ids = list(mails(other, 3))
    content = saved_by(other, ids)
    driven.plan(ids[:1], "invalid", reason="listed:Duplicate")
    driven.say("confirm", on=True)
    driven.run()
    view = opened(driven, content)
    assert view["differs"].startswith("1 lead is not as it was")
    assert [row[0] for row in view["differences"]] == [str(ids[0])]
    assert "Caution" in view["differences"][0][2]
    assert driven.state.processing.plan.will_change == 2
    driven.say("plan_include", on=True)
    assert driven.state.processing.plan.will_change == 3
    assert driven.view()["shared"]["include"]


def test_it_is_sent_back_with_a_remark_and_not_run_then(driven, other):
    content = saved_by(other, list(mails(other, 2)))
    opened(driven, content)
    with pytest.raises(PlanError):
        driven.state.files.shared.send_back("  ")
    back, name = driven.state.files.shared.send_back("Leave one out")
    assert name.endswith("-sent-back.cvtr-plan")
    view = opened(other, back)
    assert "Leave one out" in view["remarks"][0]
    other.say("run", fingerprint=other.fingerprint())
    assert other.state.processing.run is None
    assert other.view()["processing"]["problem"] is not None


def test_a_file_that_was_changed_is_refused(driven, other):
    content = saved_by(other, list(mails(other, 2)))
    for bad, words in ((content.replace(b"As agreed", b"As wished"), "not as it was saved"), (b"{}", "not a plan file")):
        view = opened(driven, bad)
        assert not view["open"]
        assert words in view["problem"]["text"]
    assert driven.state.processing.plan is None
    with pytest.raises(PlanError, match="out of date"):
        driven.state.files.shared.save("why", "x")
