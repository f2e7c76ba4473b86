"""Taking a run back: what an action can restore is restored, what it cannot is said and left out."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import PlanError, RunError
from cvtr_widgets.plans import ways_back
from cvtr_widgets.sandbox import Mishap
from tests.runs.conftest import Gate

STATE = ("status", "reason", "category", "comment", "delivery", "replacement", "replacement_comment")


def state(sandbox, lead_id) -> tuple:
    return tuple(sandbox.server.lead(lead_id)[name] for name in STATE)


@pytest.fixture
def flagged(sandbox) -> list[int]:
    """Leads that somebody has flagged before, each in another way."""
    ids = sandbox.server.lead_ids(status="Caution")[:6]
    sandbox.server.change(ids[0], status="Valid", reason="Details verified", category=None, comment=None)
    sandbox.server.change(ids[1], status="Invalid", reason="Returned", category="No budget", comment="They called")
    sandbox.server.change(ids[2], status="Invalid", reason="Bad phone number", category=None, comment=None)
    sandbox.server.change(ids[3], status="Test", reason="Test lead", category=None, comment=None)
    sandbox.server.change(ids[4], status="Invalid", reason=None, category=None, comment=None)
    return ids  # the last one is Caution


def test_former_flags_come_back_and_what_cannot_is_said_and_left_out(sandbox, session, flagged):
    before = {i: state(sandbox, i) for i in flagged}
    run = session.run(session.plan(cvtr.mark_test("Trial", "by mistake"), flagged), confirm=True)
    assert run.counts["confirmed"] == 6
    undo = session.plan_undo(run)
    assert undo.will_change == 4
    assert dict(undo.left_out) == {
        flagged[4]: "it was Invalid without a reason, and a flag needs one",
        flagged[5]: "it was Caution, and no action sets that",
    }
    assert "1 lead left out: it was Caution, and no action sets that." in undo.warnings
    assert session.run(undo, confirm=True).counts["confirmed"] == 4
    assert {i: state(sandbox, i) for i in flagged[:4]} == {i: before[i] for i in flagged[:4]}


def test_after_the_kernel_is_gone_a_former_comment_is_not_known(open_session, flagged):
    session = open_session()
    run = session.run(session.plan(cvtr.mark_test("Trial"), flagged), confirm=True)
    later = open_session().plan_undo(run.id)
    assert later.will_change == 3
    assert "comment is not known" in dict(later.left_out)[flagged[1]]


def test_what_somebody_has_changed_since_is_left_alone(sandbox, session, flagged):
    run = session.run(session.plan(cvtr.mark_test("Trial"), flagged[:3]), confirm=True)
    sandbox.server.change(flagged[0], status="Invalid", reason="Bad phone number")
    sandbox.server.delete(flagged[1])
    undo = session.plan_undo(run)
    assert dict(undo.left_out) == {flagged[0]: "it has been changed since the run", flagged[1]: "it no longer exists"}
    assert [e.lead_id for e in undo.sendable] == [flagged[2]]


def test_delivered_and_undelivered_take_each_other_back(sandbox, session):
    ids = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:4]
    run = session.run(session.plan(cvtr.mark_delivered(), ids), confirm=True, signature="Ana Lopes")
    undo = session.plan_undo(run)
    assert undo.needs_signature
    assert session.run(undo, confirm=True, signature="Ana Lopes").counts["confirmed"] == 4
    assert {sandbox.server.lead(i)["delivery"] for i in ids} == {"Not Delivered"}


def test_the_replacement_mark_is_taken_away_again(sandbox, session):
    ids = sandbox.server.lead_ids(status="Valid")[:3]
    run = session.run(session.plan(cvtr.mark_other("Replacement", "for March"), ids), confirm=True)
    assert session.run(session.plan_undo(run), confirm=True).counts["confirmed"] == 3
    assert {sandbox.server.lead(i)["replacement"] for i in ids} == {None}


@pytest.mark.parametrize(
    ("action", "why"), [(cvtr.reprocess, "reprocessing cannot be undone"), (cvtr.delete, "it no longer exists")]
)
def test_what_has_no_undo_says_so(sandbox, session, action, why):
    ids = sandbox.server.lead_ids(status="Caution")[:3]
    plan = session.plan(action(), ids)
    run = session.run(plan, confirm=3 if plan.needs_count else True)
    with pytest.raises(PlanError, match=f"3 leads left out: {why}"):
        session.plan_undo(run)


def test_a_run_that_goes_on_has_no_undo_yet(open_session, flagged):
    gate = Gate("read")
    session = open_session(on_step=gate)
    run = session.start(session.plan(cvtr.mark_test("Trial"), flagged), confirm=True)
    with pytest.raises(RunError, match="not ended"):
        session.plan_undo(run)
    gate.open()
    run.wait()


def test_what_i_did_is_looked_up_quickly(sandbox, open_session, flagged):
    session = open_session()
    assert session.flagged_by_me() == {}
    session.run(session.plan(cvtr.mark_test("Trial"), flagged[:3]), confirm=True)
    session.run(session.plan(cvtr.mark_invalid("Bad phone number"), flagged[:1]), confirm=True)
    for one in (session, open_session()):
        found = one.flagged_by_me(flagged)
        assert {i: kind for i, (kind, _) in found.items()} == {flagged[0]: "invalid", flagged[1]: "test", flagged[2]: "test"}
        assert found[flagged[0]][1] > found[flagged[1]][1]
        assert found[flagged[0]][1].tzinfo is not None


def test_what_another_kernel_has_gone_on_with_is_taken_back_too(sandbox, open_session):
    ids = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:4]
    session = open_session()
    sandbox.server.mishaps = [Mishap("leads-bulk-deliver", "status", status=401)]
    run = session.run(session.plan(cvtr.mark_delivered(), ids), confirm=True, signature="Ana Lopes")
    assert run.counts["not_sent"] == 4
    with pytest.raises(PlanError, match="No lead was changed"):
        session.plan_undo(run)
    sandbox.server.mishaps = []
    assert open_session().resume(run.id).counts["confirmed"] == 4
    for asked in (run, run.id):
        assert [e.lead_id for e in session.plan_undo(asked).sendable] == ids


def test_a_run_of_another_sandbox_is_not_taken_back_here(sandbox, session):
    ids = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:2]
    run = session.run(session.plan(cvtr.mark_delivered(), ids), confirm=True, signature="Ana Lopes")
    with cvtr.Sandbox(leads=600, seed=4) as twin, twin.connect() as client:
        there = cvtr.LeadSession(client, progress=False)
        there.run(there.plan(cvtr.mark_delivered(), ids), confirm=True, signature="Ana Lopes")
        with pytest.raises(RunError, match="another sandbox"):
            there.plan_undo(run)
        there.close()


def test_a_delivery_that_was_not_known_before_is_not_taken_back(sandbox, session):
    """Nothing told before the run whether it was delivered; afterwards the check tells."""
    lead_id = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[0]
    sandbox.server.change_record(lead_id, deliveryStatus=None)
    sandbox.server.mishaps = [Mishap("is-lead-delivered", "drop_ids", nth=n) for n in (1, 2)]
    plan = session.plan(cvtr.mark_delivered(), [lead_id], include_cannot_tell=True)
    assert plan.counts["cannot_tell"] == 1, plan.frame
    sandbox.server.change(lead_id, delivery="Delivered")
    now = session.plan(cvtr.mark_undelivered(), [lead_id]).entries[0].before
    step = ways_back.Step("a run", plan.groups[0][0], plan.entries[0].before)
    (way,) = ways_back.ways_back({lead_id: [step]}, lambda _: now, {})
    assert (way.way, way.why, way.action) == ("impossible", "it was not known whether it was delivered", None)
