"""What was done after what is told by the order of the journal, also where the clock was set back in between."""

from __future__ import annotations

import dataclasses
import sqlite3
from datetime import datetime, timedelta

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.journal.hash_chain import FIRST_HASH, chain, digest
from tests.runs.conftest import Gate, until

QUICK = cvtr.Patience(settle=0.6, doubt=0.2, queue=3.0, resend=0.02)
HOUR = timedelta(hours=1)


def readings(sandbox, since: int) -> int:
    return sum(request.method == "GET" for request in sandbox.server.requests[since:])


def before_the_clock_was_set_back(plan):
    """The plan as it is when this machine's clock is set back by an hour after it was made."""
    return dataclasses.replace(
        plan, read_at=plan.read_at + HOUR, moment=plan.moment._replace(wall=plan.moment.wall + HOUR.total_seconds())
    )


@pytest.fixture
def own(open_session):
    return open_session(patience=QUICK)


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:20]


def test_leads_that_were_sent_since_are_read_again_though_the_clock_was_set_back(sandbox, own, ids):
    plan = before_the_clock_was_set_back(own.plan(cvtr.mark_invalid("Duplicate", comment="first"), ids))
    own.run(own.plan(cvtr.mark_test("mine"), ids[:3]), confirm=True)
    run = own.run(plan, confirm=True)
    outcomes = run.results["outcome"].astype(str)
    assert set(outcomes[ids[:3]]) == {"skipped"}
    assert set(outcomes[ids[3:]]) == {"confirmed"}
    assert sandbox.server.lead(ids[0])["status"] == "Test"


def test_leads_on_their_way_when_they_were_read_are_read_again(sandbox, own, open_session, ids):
    gate = Gate("intent")
    other = open_session(patience=QUICK, on_step=gate)
    slow = other.start(other.plan(cvtr.mark_test("mine"), ids[:3]), confirm=True)
    until(lambda: any(entry.kind == "intent" for entry in own._running.journal.entries(slow.id)))
    plan = own.plan(cvtr.mark_invalid("Duplicate"), ids)
    gate.open()
    assert slow.wait(120)
    run = own.run(plan, confirm=True)
    assert set(run.results["outcome"].astype(str)[ids[:3]]) == {"skipped"}
    assert sandbox.server.lead(ids[0])["status"] == "Test"


def test_what_nothing_was_sent_to_is_not_read_again(sandbox, own, ids):
    own.run(own.plan(cvtr.mark_test("mine"), ids[:3]), confirm=True)
    counted = []
    for age in (0, 20):
        session = cvtr.LeadSession(own.client, progress=False, patience=dataclasses.replace(QUICK, plan_age=age))
        plan = session.plan(cvtr.mark_invalid("Duplicate"), ids[5:10] if age else ids[10:15])
        began = len(sandbox.server.requests)
        assert session.run(plan, confirm=True).counts["confirmed"] == 5
        counted.append(readings(sandbox, began))
        session.close()
    assert counted[1] < counted[0]


def test_a_plan_read_beside_another_journal_is_read_again(sandbox, own, open_session, ids, tmp_path, monkeypatch):
    plan = own.plan(cvtr.mark_invalid("Duplicate"), ids)
    own.run(own.plan(cvtr.mark_test("mine"), ids[:3]), confirm=True)
    own.close()
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path / "another"))
    elsewhere = open_session(patience=QUICK)
    elsewhere.run(elsewhere.plan(cvtr.mark_test("mine"), ids[-1:]), confirm=True)
    moved = dataclasses.replace(plan, moment=plan.moment._replace(place=plan.moment.place._replace(number=1)))
    run = elsewhere.run(moved, confirm=True)
    assert set(run.results["outcome"].astype(str)[[*ids[:3], ids[-1]]]) == {"skipped"}


def rewritten(path, later) -> None:
    """Write the chain of a journal anew, with the times that entries would have had by another clock."""
    with sqlite3.connect(path) as db:
        previous = FIRST_HASH
        for number, at, run, kind, data in db.execute(
            "SELECT number, at, run, kind, data FROM entries ORDER BY number"
        ).fetchall():
            then = later(run, at)
            previous = chain(previous, number, digest(then, run, kind, data))
            db.execute("UPDATE entries SET at = ?, hash = ? WHERE number = ?", (then, previous, number))
    db.close()


def test_the_last_run_is_the_one_that_ended_last(own, open_session, ids):
    first = own.run(own.plan(cvtr.mark_test("mine"), ids[:3]), confirm=True)
    second = own.run(own.plan(cvtr.mark_test("mine"), ids[3:6]), confirm=True)
    path = own._running.journal.path
    own.close()
    rewritten(path, lambda run, at: (datetime.fromisoformat(at) + HOUR).isoformat() if run == first.id else at)
    assert open_session().last_run().run_id == second.id


def test_an_action_of_a_later_hour_is_not_said_to_be_of_just_now(own, ids):
    from cvtr_widgets.panel.table.note_columns import ago

    assert ago(-7200) == ""
    assert ago(-20) == ago(20) == "just now"
