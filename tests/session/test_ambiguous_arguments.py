"""What the user did not mean does not happen: arguments, filters, lists, plans and signatures that could be taken for others."""

from __future__ import annotations

import itertools
import math
import sqlite3

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError, JournalError, NotConfirmed, PlanError, PlanOutOfDate, RunError, SelectionError
from cvtr_widgets.sandbox import Mishap


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:12]


def of_reason(sandbox, reason: str) -> list[int]:
    return [lead_id for lead_id in sandbox.server.lead_ids(status="Invalid") if sandbox.server.lead(lead_id)["reason"] == reason]


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: cvtr.mark_valid("OK", integrations="535"), "str"),
        (lambda: cvtr.mark_valid("OK", integrations=[535.7]), "535.7"),
        (lambda: cvtr.mark_valid("OK", integrations=[True]), "True"),
        (lambda: cvtr.mark_valid("OK", integrations=535), "int"),
        (lambda: cvtr.mark_test("x", comment=12345), "12345"),
        (lambda: cvtr.mark_invalid("Returned", category=7), "7"),
        (lambda: cvtr.Limits(chunk=0), "chunk"),
        (lambda: cvtr.Limits(in_flight=-1), "in_flight"),
        (lambda: cvtr.Limits(requests=2.5), "requests"),
        (lambda: cvtr.Limits(window=math.nan), "window"),
    ],
)
def test_arguments_that_mean_something_else_are_refused(make, word):
    with pytest.raises(CvtrError, match=word):
        make()


def test_a_filter_that_says_nothing_is_not_a_list_of_all_leads(session):
    names = ("campaign", "publisher", "status", "delivery", "created_after", "created_before")
    for name, value in itertools.product(names, ("", " ", math.nan, pd.NaT, pd.NA, True, 44067.9)):
        with pytest.raises(CvtrError, match=r"leave it out|Write it as|Use one of"):
            session.pull(**{name: value})


def test_what_the_service_lists_are_no_leads(session):
    leads = session.pull()
    lists = (session.campaigns(), session.publishers(), session.reasons("valid"), session.detail(leads.index[0]).notes)
    for other in (*lists, leads.groupby("campaign_id").size()):
        with pytest.raises(SelectionError):
            session.select(other)


MISTAKES = (
    (lambda s, own, _: s.plan((cvtr.mark_test("x"), [own])), PlanError),
    (lambda s, own, _: s.plan(None, [own]), PlanError),
    (lambda s, _own, _plan: s.run(None), PlanError),
    (lambda s, _own, plan: s.run(plan, confirm=True, verify=None), CvtrError),
    (lambda s, _own, plan: s.run(plan, confirm=True, verify=100), CvtrError),
    (lambda s, _own, plan: s.sign(plan, 5), NotConfirmed),
    (lambda s, _own, _plan: s.plan_undo(None), PlanError),
    (lambda s, _own, _plan: s.recorded(5), RunError),
    (lambda s, _own, _plan: s.reasons("bogus"), CvtrError),
    (lambda s, _own, _plan: s.integrations(None), CvtrError),
)


def test_what_cannot_be_meant_is_said_in_our_own_errors(sandbox, session, ids):
    plan = session.plan(cvtr.mark_test("x"), ids[:2])
    for call, error in MISTAKES:
        with pytest.raises(error):
            call(session, ids[0], plan)
    assert not any(sandbox.server.effects(lead_id) for lead_id in ids)


def test_a_frame_in_which_a_lead_stands_twice_is_no_base_for_a_plan(session):
    leads = session.pull()
    frame = pd.concat([leads.iloc[:20], leads.iloc[10:30]])
    frame.attrs = leads.attrs
    with pytest.raises(PlanError, match="more than once"):
        session.plan(cvtr.mark_test("x"), frame.index.unique(), fresh=False, frame=frame)
    with pytest.raises(PlanError, match="lost the column"):
        session.plan(cvtr.mark_test("x"), leads.index[:2], fresh=False, frame=leads[["campaign_id", "score"]])
    once = frame[~frame.index.duplicated(keep="last")]
    plan = session.plan(cvtr.mark_test("x"), once.index, fresh=False, frame=once).frame
    assert plan.status.tolist() == leads["current_status"].reindex(plan.index).tolist()


def test_a_signature_is_for_the_leads_that_it_was_given_for(sandbox, session):
    ids = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:4]
    for lead_id in ids[2:]:
        sandbox.server.change_record(lead_id, deliveryStatus=None)
    sandbox.server.mishaps = [Mishap("is-lead-delivered", "drop_ids", lead=lead_id) for lead_id in ids[2:]]
    some, all_of_them = (session.plan(cvtr.mark_delivered(), ids, include_cannot_tell=all_) for all_ in (False, True))
    assert (some.will_change, all_of_them.will_change) == (2, 4), all_of_them.frame
    with pytest.raises(NotConfirmed, match="another plan"):
        session.run(all_of_them, confirm=True, signature=session.sign(some, "Ana Lopes"))


def test_a_plan_is_run_once_whatever_session_runs_it(sandbox, session, open_session, ids):
    plan = session.plan(cvtr.mark_test("x"), ids)
    session.run(plan, confirm=True)
    with pytest.raises(PlanOutOfDate, match="run already"):
        open_session().run(plan, confirm=True)
    assert [len(sandbox.server.effects(lead_id)) for lead_id in ids] == [1] * len(ids)


def test_a_damaged_journal_takes_nothing_back(sandbox, session, open_session):
    ids = of_reason(sandbox, "Duplicate")[:2]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    path = session._running.journal.path
    session.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET data = replace(data, 'Duplicate', 'Out of Target') WHERE kind = 'plan'")
    db.close()
    with pytest.raises(JournalError, match="not intact"):
        open_session().plan_undo(run.id)


@pytest.mark.parametrize("mark", [False, True])
def test_taking_back_leaves_alone_what_a_colleague_wrote(sandbox, session, mark):
    """Though the run itself gave no comment: taking it back would set one."""
    ids = sandbox.server.lead_ids(status="Caution")[:2] if mark else of_reason(sandbox, "Duplicate")[:2]
    action = cvtr.mark_other("Replacement") if mark else cvtr.mark_test("x")
    run = session.run(session.plan(action, ids), confirm=True)
    sandbox.server.change(ids[0], **{"replacement_comment" if mark else "comment": "HOLD: legal case"})
    plan = session.plan_undo(run)
    assert plan.left_out == ((ids[0], "it has been changed since the run"),)
    assert [entry.lead_id for entry in plan.sendable] == ids[1:]


def test_runs_of_different_leads_are_taken_back_together(sandbox, session):
    ids = of_reason(sandbox, "Duplicate")[:3]
    first, second = (session.run(session.plan(cvtr.mark_test("x"), part), confirm=True) for part in (ids[:1], ids[1:]))
    assert session.run(session.plan_undo([first, second.id]), confirm=True).counts["confirmed"] == 3
    assert {sandbox.server.lead(lead_id)["status"] for lead_id in ids} == {"Invalid"}


def test_what_deleting_costs_is_said_before(sandbox, session):
    ids = sandbox.server.lead_ids(status="Invalid")[:15]
    plan = session.plan(cvtr.delete(), ids)
    before = len(sandbox.server.requests)
    session.run(plan, confirm=len(ids))
    assert len(sandbox.server.requests) - before == plan.cost.requests


def test_a_sample_keeps_its_size_when_leads_are_held_back(sandbox, session, ids):
    plan = session.plan(cvtr.mark_test("x"), ids)
    for lead_id in ids[:8]:
        sandbox.server.change(lead_id, comment="A colleague's")
    run = session.run(plan, confirm=True, verify="sample:3")
    assert {k: n for k, n in run.counts.items() if n} == {"skipped": 8, "confirmed": 3, "accepted": 1}
