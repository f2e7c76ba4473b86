"""The rules of the house are checked in every plan, however it is made, and again when it is run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import NotConfirmed, PlanOutOfDate, SettingsError


def test_leads_that_are_too_old_are_not_allowed(sandbox, session, policy, tmp_path):
    leads = session.pull(status="Caution")
    sandbox.server.change_record(int(leads.index[0]), createdTs=None)
    old = leads.index[leads["date"] < datetime.now(UTC) - timedelta(days=30)]
    assert 0 < len(old) < len(leads)
    expected = {int(leads.index[0]), *map(int, old)}
    saved = session.plan(cvtr.mark_invalid("Returned", "No budget"), leads).save(tmp_path / "a.cvtr-plan", why="Tests")
    policy("[max_age_days]\ninvalid = 30\n")
    plans = [
        session.plan(cvtr.mark_invalid("Returned", "No budget"), leads),
        session.plan(
            cvtr.mark_invalid("Returned", "No budget"), leads, fresh=False, frame=session.pull(status="Caution", ids=None)
        ),
        session.open_plan(saved).plan,
    ]
    for plan in plans:
        held = plan.frame[plan.frame["verdict"] == "not_allowed"]
        assert set(held.index) == expected & set(plan.frame.index)
        assert held.why.str.startswith("policy: Mark as Invalid only for leads up to 30 days").all()
    run = session.run(plans[0], confirm=True)
    assert not any(sandbox.server.effects(lead_id) for lead_id in expected)
    assert run.counts["skipped"] == len(expected)
    assert run.exit_code == 10
    assert session.plan(cvtr.mark_test("Test lead"), leads).counts["not_allowed"] == 0


def test_never_means_never(sandbox, session, policy):
    ids = sandbox.server.lead_ids(status="Invalid")[:2]
    before = session.plan(cvtr.delete(), ids)
    policy('never = ["delete"]')
    assert session.plan(cvtr.delete(), ids).counts["not_allowed"] == 2
    with pytest.raises(PlanOutOfDate, match="policy has changed"):
        session.run(before, confirm=2)
    assert not any(sandbox.server.effects(lead_id) for lead_id in ids)


def test_above_a_number_two_persons_are_needed_by_login(sandbox, open_session, session, policy, tmp_path):
    agency = open_session(role="agency")
    ids = list(agency.pull(status="Caution").index[:4])
    policy("[two_persons]\nabove_leads = 3\n")
    plan = agency.plan(cvtr.mark_test("Test lead"), ids)
    path = plan.save(tmp_path / "a.cvtr-plan", why="Tests")
    for lead_id in (plan, agency.open_plan(path).plan):
        with pytest.raises(NotConfirmed, match="two people"):
            agency.run(lead_id, confirm=True, signature="Somebody Else")
    attempts = [e.data for e in agency._running.journal.each(kinds=("refused",))]
    assert [(one["why"], one["account"], one["leads"]) for one in attempts] == [("two persons", "user:2", 4)] * 2
    assert agency.verify_journal().ok
    assert session.run(session.open_plan(path).plan, confirm=True).counts["confirmed"] == 4
    assert agency.run(agency.plan(cvtr.mark_other(), ids[:3]), confirm=True).exit_code == 0


@pytest.mark.parametrize(
    "text", ["nevr = []", "never = ['fly']", "[max_age_days]\ninvalid = 'old'", "[two_persons]\n", "x", "mark = 'a'"]
)
def test_a_policy_that_cannot_be_read_lets_nothing_through(sandbox, session, policy, text):
    ids = sandbox.server.lead_ids(status="Caution")[:1]
    plan = session.plan(cvtr.mark_test("Test lead"), ids)
    policy(text)
    with pytest.raises(SettingsError):
        session.plan(cvtr.mark_test("Test lead"), ids)
    with pytest.raises(SettingsError):
        session.run(plan, confirm=True)
    assert isinstance(session.pull(), pd.DataFrame)
