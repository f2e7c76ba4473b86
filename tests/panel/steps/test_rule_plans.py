"""A rule file opened in the panel: shown in words, and a plan that is looked at before anything is sent."""

from __future__ import annotations

RULE = """
name = "Old caution leads"
why = "Nobody looks at them"
[leads]
status = "{status}"
older_than_days = 3
[action]
do = "test"
reason = "Test lead"
[limits]
most = {most}
"""


def opened(driven, most: int = 500, status: str = "Caution", text: str = RULE) -> dict:
    content = text.format(most=most, status=status).encode()
    driven.state.handle("upload", {"purpose": "plan", "name": "old.toml", "part": 0, "parts": 1}, content)
    assert driven.state.jobs.wait()
    return driven.view()["rule"]


def test_a_rule_is_shown_planned_and_run_only_when_asked(driven, sandbox, tmp_path):
    session = driven.state.session
    view = opened(driven)
    assert (view["open"], view["problem"], view["name"]) == (True, None, "Old caution leads")
    assert view["says"][:2] == ["Leads: status Caution, older than 3 days", "Action: Test, reason Test lead"]
    assert view["says"][2].startswith("Limits: at most 500 leads, else it stops, and not over 10 times the usual")
    assert driven.view()["step"] == 3
    path = tmp_path / "old.toml"
    path.write_text(RULE.format(most=500, status="Caution"))
    assert set(driven.state.processing.plan.frame.index) == set(session.plan_rule(path).frame.index)
    assert all(sandbox.server.effects(i) == [] for i in driven.state.processing.plan.frame.index)
    driven.run()
    results = driven.state.processing.results
    assert set(results["outcome"].astype(str)) == {"confirmed"}


def test_limits_and_mistakes_are_said_and_nothing_is_planned(driven):
    view = opened(driven, most=1)
    assert "its limit is 1" in view["problem"]["text"]
    assert view["says"][2].startswith("Limits: at most 1 lead")  # what it says is shown beside why it was stopped
    assert not view["open"]
    view = opened(driven, text=RULE + "usual = 1\n")
    assert "over 10 times the usual 1: it was stopped" in view["problem"]["text"]
    assert view["says"][2].endswith("not over 10 times the usual 1")
    assert driven.state.processing.plan is None
    view = opened(driven, text=RULE.replace("reason =", "reasn ="))
    assert "not known" in view["problem"]["text"]
    assert (view["name"], view["open"]) == ("", False)
    view = opened(driven, text=RULE.replace("older_than_days = 3", "older_than_days = 30000"))
    assert "No lead matches" in view["problem"]["text"]
