"""Rule files: which leads they mean, what they cannot say, and the limits that stop them."""

from __future__ import annotations

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import PlanError, PlanOutOfDate, RequestRefused
from cvtr_widgets.session.rule_file import read_rule
from cvtr_widgets.session.rule_plan import plan_of_rule
from tests.unattended.conftest import end_of

RULE = """
name = "Old caution leads"
{top}
[leads]
status = "Caution"
older_than_days = 3
{leads}
[action]
do = "test"
reason = "Test lead"
{action}
[limits]
most = {most}
{limits}
"""


@pytest.fixture
def rule(tmp_path):
    def write(most=200, **parts):
        path = tmp_path / "old.toml"
        path.write_text(RULE.format(most=most, **{"top": "", "leads": "", "action": "", "limits": "", **parts}), encoding="utf-8")
        return path

    return write


def meant(session):
    leads = session.pull(status="Caution")
    return leads[leads["date"] <= pd.Timestamp.now(tz="UTC") - pd.Timedelta(days=3)]


def test_a_rule_is_about_the_leads_that_match_and_no_other(session, rule):
    leads = meant(session)
    plan = session.plan_rule(rule())
    assert set(plan.frame.index) == set(leads.index)
    campaign = int(leads.campaign_id.iloc[0])
    one = session.plan_rule(rule(leads=f"campaigns = [{campaign}]"))
    assert set(one.frame.index) == set(leads[leads.campaign_id == campaign].index)
    name = leads.campaign.iloc[0]
    assert session.plan_rule(rule(leads=f"campaigns = [{name!r}]")).frame.index.equals(one.frame.index)
    assert session.plan_rule(rule(leads="newer_than_days = 3.001")) is None


def test_many_campaigns_are_read_together_where_that_takes_fewer_requests(sandbox, session, rule):
    every, leads = session.campaigns().index.tolist(), meant(session)
    leads = leads[leads["date"] > pd.Timestamp.now(tz="UTC") - pd.Timedelta(days=10)]
    some = every[:6]

    def listed(campaigns) -> tuple[set[int], int]:
        before = len(sandbox.server.requests)
        plan = session.plan_rule(rule(leads=f"newer_than_days = 10\ncampaigns = {campaigns}"))
        lists = [
            r
            for r in sandbox.server.requests[before:]
            if r.path == "/api/v4/leads" and any("createdTs" in name for name, _ in r.query)
        ]
        return set() if plan is None else set(plan.frame.index), len(lists)

    found, requests = listed(some)
    assert found == set(leads.index[leads.campaign_id.isin(some)])
    assert requests < len(some)
    few, apart = listed(some[:2])
    assert few == set(leads.index[leads.campaign_id.isin(some[:2])])
    assert apart >= 2
    with pytest.raises(RequestRefused, match="no campaign 999999"):
        session.plan_rule(rule(leads=f"newer_than_days = 10\ncampaigns = {[*some, 999999]}"))


def test_its_limits_stop_it(session, rule):
    leads = meant(session)
    with pytest.raises(PlanError, match="its limit is"):
        session.plan_rule(rule(most=len(leads) - 1))
    oldest = session.plan_rule(rule(most=5, limits='when_more = "oldest"'))
    assert list(oldest.frame.index) == list(leads.sort_values("date", kind="stable").index[:5])
    with pytest.raises(PlanError, match="times the usual 2"):
        session.plan_rule(rule(limits="usual = 2\ntimes_usual = 3"))


def test_what_is_usual_is_known_from_the_journal(sandbox, session, rule):
    leads = meant(session)
    few = int(leads.campaign_id.value_counts().index[-1])
    session.run(session.plan_rule(rule(leads=f"campaigns = [{few}]")), confirm=True)
    assert len(leads) > 15
    with pytest.raises(PlanError, match="times the usual 10"):
        session.plan_rule(rule(limits="times_usual = 1.2"))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"leads": "stauts = 'Valid'"}, "leads.stauts is not known"),
        ({"action": "category = 'No budget'"}, "takes no category"),
        ({"most": 0}, "limits.most"),
        ({"most": "'many'"}, "limits.most"),
        ({"limits": "when_more = 'all'"}, "limits.when_more"),
        ({"leads": "newer_than_days = 2"}, "older_than_days must be less"),
        ({"top": "name = 'twice'"}, "is not TOML"),
        ({"top": "[leads"}, "is not TOML"),
    ],
)
def test_what_a_rule_cannot_say(sandbox, session, rule, parts, said):
    before = len(sandbox.server.requests)
    with pytest.raises(PlanError, match=said):
        session.plan_rule(rule(**parts))
    assert len(sandbox.server.requests) == before


def test_a_rule_never_deletes_and_is_never_about_all_leads(session, rule, tmp_path):
    path = rule()
    text = path.read_text()
    for old, new in (('do = "test"\nreason = "Test lead"', 'do = "delete"'), ('status = "Caution"\n', "")):
        path.write_text(text.replace(old, new))
        with pytest.raises(PlanError):
            session.plan_rule(path)
    with pytest.raises(PlanOutOfDate, match="for acme"):
        session.plan_rule(rule(top='enterprise = "acme"'))


def test_a_lead_that_stops_matching_meanwhile_is_held_back(session, rule):
    lead_id = int(meant(session).index[0])

    def and_then(**more):
        found = session.pull(**more)
        if lead_id in found.index:  # the moment between finding and reading
            session.run(session.plan(cvtr.mark_valid("Details verified"), [lead_id]), confirm=True)
        return found

    plan = plan_of_rule(
        session.client,
        read_rule(rule()),
        and_then,
        session.count,
        session._running,
        on_progress=lambda _n, _t: None,
        cancelled=lambda: False,
    )
    row = plan.frame.loc[lead_id]
    assert (row.verdict, row.why) == ("not_eligible", "it no longer matches the rule: status is Valid")


def test_the_command_carries_a_rule_out(session, rule, command):
    number = len(meant(session))
    file = rule()
    ended = end_of(command(file), file)
    assert (ended.code, ended.summary["rule"], ended.summary["counts"]["confirmed"]) == (0, "Old caution leads", number)
    file = rule(top='enterprise = "acme"')
    assert end_of(command(file), file).code == 40
    file = rule()
    nothing = end_of(command(file), file)
    assert (nothing.code, nothing.summary["state"], "run_id" in nothing.summary) == (0, "nothing to do", False)
