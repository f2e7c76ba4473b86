"""Taking several runs back in one plan: by run, person, day and week; each lead to what it was before the first of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import PlanError, RunError
from tests.runs.conftest import Gate

STATE = ("status", "reason", "category", "comment", "delivery", "replacement", "replacement_comment")


def state(sandbox, lead_id) -> tuple:
    return tuple(sandbox.server.lead(lead_id)[name] for name in STATE)


@pytest.fixture
def ids(sandbox) -> list[int]:
    """Valid leads, each flagged before without a comment."""
    found = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:12]
    for lead_id in found:
        sandbox.server.change(lead_id, status="Valid", reason="Details verified", category=None, comment=None)
    return found


RETURN, TRIAL = cvtr.mark_invalid("Returned", "No budget"), cvtr.mark_test("Trial")


def test_a_week_with_exact_nearest_impossible_and_conflicts(sandbox, open_session, ids):
    """Every kind of lead in one undo, read back from the sandbox afterwards."""
    session = open_session()
    caution = sandbox.server.lead_ids(status="Caution")[0]
    noted, changed, between, deleted, again = ids[4], ids[5], ids[6], ids[7], ids[8]
    sandbox.server.change(noted, comment="They called")
    before = {i: state(sandbox, i) for i in (*ids, caution)}
    first = session.run(session.plan(RETURN, [*ids[:4], noted, changed, between, deleted, caution]), confirm=True)
    sandbox.server.change(between, status="Invalid", reason="Bad phone number", category=None)
    second = session.run(session.plan(TRIAL, [*ids[2:4], between, again]), confirm=True)
    third = session.run(session.plan(cvtr.mark_delivered(), [ids[9]]), confirm=True, signature="Ana Lopes")
    sandbox.server.change(changed, status="Invalid", reason="Bad phone number", category=None)
    sandbox.server.delete(deleted)

    later = open_session()  # without what the first one remembers: former comments are hashes
    week = f"{datetime.now(later.client.zone):%G-W%V}"
    plan = later.plan_undo(week=week)
    frame = plan.undo
    assert dict(frame["way"]) == {
        **dict.fromkeys([*ids[:4], again, ids[9]], "exact"), noted: "nearest",
        **dict.fromkeys([changed, between, deleted, caution], "impossible"),
    }  # fmt: skip
    conflicts = frame.conflict[frame.conflict != ""]
    assert dict(conflicts) == {
        **dict.fromkeys(ids[2:4], "changed by 2 of these runs"),
        changed: "it has been changed since the run",
        between: "somebody else changed it between two of these runs",
    }
    (said,) = [words for words in plan.warnings if words.startswith("Conflict")]
    assert said == "Conflict for 2 leads: changed by 2 of these runs. Undoing takes them back to before the first of these."
    assert frame.loc[ids[2], "runs"] == f"{first.id}, {second.id}"
    assert "comment is not known" in frame.loc[noted, "why"]
    assert set(dict(plan.left_out)) == {noted, changed, between, deleted, caution}
    assert plan.undoes == (first.id, second.id, third.id)
    run = later.run(plan, confirm=True, signature="Ana Lopes")
    assert run.counts["confirmed"] == plan.will_change == 6
    assert {i: state(sandbox, i) for i in (*ids[:4], again, ids[9])} == {i: before[i] for i in (*ids[:4], again, ids[9])}
    for lead_id in (changed, between, caution):
        assert state(sandbox, lead_id) != before[lead_id]
    near = later.plan_undo([first.id], nearest=True)
    assert [e.lead_id for e in near.sendable] == [noted]
    assert any("undone as far as possible" in text for text in near.warnings)
    later.run(near, confirm=True)
    assert state(sandbox, noted)[:3] == before[noted][:3]


def test_the_order_in_which_runs_are_named_does_not_matter(sandbox, session, ids):
    before = {i: state(sandbox, i) for i in ids[:3]}
    runs = [session.run(session.plan(action, ids[:3]), confirm=True) for action in (RETURN, TRIAL, cvtr.mark_invalid("Own"))]
    plan = session.plan_undo([runs[2], runs[0].id, runs[1]])
    assert plan.will_change == 3
    session.run(plan, confirm=True)
    assert {i: state(sandbox, i) for i in ids[:3]} == before
    with pytest.raises(PlanError, match="as it was before"):
        session.plan_undo(runs)


def test_a_lead_that_an_own_later_run_changed_names_that_run(sandbox, session, ids):
    first = session.run(session.plan(RETURN, ids[:2]), confirm=True)
    second = session.run(session.plan(TRIAL, ids[:1]), confirm=True)
    plan = session.plan_undo(first)
    assert dict(plan.left_out) == {ids[0]: f"it has been changed since by run {second.id}, which is not taken back with it"}
    assert [e.lead_id for e in plan.sendable] == ids[1:2]


def test_different_kinds_of_actions_are_taken_back_one_after_the_other(sandbox, session, ids):
    first = session.run(session.plan(cvtr.mark_other(), ids[:2]), confirm=True)
    second = session.run(session.plan(RETURN, ids[:1]), confirm=True)
    plan = session.plan_undo([first, second])
    assert dict(plan.left_out) == {ids[0]: f"these runs did different kinds of things to it: take back run {second.id} first"}
    assert "Conflict for 1 lead: changed by 2 of these runs; it is left out and stays as it is." in plan.warnings
    session.run(session.plan_undo(second), confirm=True)
    session.run(session.plan_undo(first), confirm=True)
    assert {sandbox.server.lead(i)["replacement"] for i in ids[:2]} == {None}


def test_what_an_integration_received_makes_it_nearest(sandbox, session):
    leads = session.pull(status="Caution")
    lead_id = int(leads.index[0])
    sandbox.server.change(lead_id, status="Invalid", reason="Bad phone number", category=None, comment=None)
    job = int(session.integrations(int(leads.loc[lead_id, "campaign_id"])).index[0])
    run = session.run(session.plan(cvtr.mark_valid("Details verified", integrations=[job]), [lead_id]), confirm=True)
    with pytest.raises(PlanError, match="what the integrations have received"):
        session.plan_undo(run)
    assert session.plan_undo(run, nearest=True).undo.loc[lead_id, "way"] == "nearest"


def test_runs_are_chosen_by_person_and_day(sandbox, open_session, session, ids, tmp_path):
    today = datetime.now(session.client.zone).date()
    signed = session.run(session.plan(RETURN, ids[:2]), confirm=True, signature="Mary Manager")
    plain = session.run(session.plan(RETURN, ids[2:4]), confirm=True)
    agency = open_session(role="agency")
    theirs = list(agency.pull(status="Valid").index[:2])
    saved = agency.plan(cvtr.mark_other(), theirs).save(tmp_path / "a.cvtr-plan", why="Tests")
    opened = session.run(session.open_plan(saved).plan, confirm=True)
    assert session.plan_undo(person="mary manager").undoes == (signed.id,)
    assert session.plan_undo(person=agency.identity.account).undoes == (opened.id,)
    every = (signed.id, plain.id, opened.id)
    for said in (
        {"day": today},
        {"day": str(today)},
        {"week": today},
        {"week": f"{today:%G-W%V}"},
        {"person": session.identity.account},
    ):
        assert session.plan_undo(**said).undoes == every
    assert session.plan_undo(person="Mary Manager", day=today).undoes == (signed.id,)
    for said in ({"day": today - timedelta(days=1)}, {"week": today - timedelta(days=7)}, {"person": "Nobody"}):
        with pytest.raises(PlanError, match="None of your runs"):
            session.plan_undo(**said)
    for said in ({"day": "yesterday"}, {"week": "2026-W99"}, {"day": today, "week": today}, {}, {"run": signed, "day": today}):
        with pytest.raises(PlanError):
            session.plan_undo(**said)


def test_a_day_with_a_run_that_goes_on_is_not_taken_back_yet(open_session, ids):
    gate = Gate("read")
    session = open_session(on_step=gate)
    run = session.start(session.plan(RETURN, ids[:2]), confirm=True)
    with pytest.raises(RunError, match="not ended"):
        session.plan_undo(day=datetime.now(session.client.zone).date())
    gate.open()
    run.wait()
