"""What waits goes out as the user means it then: not while paused, not once stopped, and not as it stood long ago."""

from __future__ import annotations

import contextlib
import threading

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.plans import read_age
from cvtr_widgets.sandbox import Mishap
from tests.session.conftest import QUICK, until

FLAG = "leads-bulk-flag"


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:12]


def writes(sandbox) -> int:
    return sum("leads-bulk" in request.path for request in sandbox.server.requests)


class Once:
    """An ``on_step`` that does something at the nth time of a step."""

    def __init__(self, step: str, what, nth: int = 1) -> None:
        self._step, self._what, self._left = step, what, nth
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            self._left -= name == self._step
            now = name == self._step and self._left == 0
        if now:
            self._what()


@pytest.fixture
def waiting(session, pause, ids):
    """A run whose write has its intent and waits for the limit, for three seconds."""
    step = Once("intent", lambda: pause(3))
    with contextlib.closing(cvtr.LeadSession(session.client, progress=False, patience=QUICK, on_step=step)) as lead_id:
        run = lead_id.start(lead_id.plan(cvtr.mark_test("x"), ids), confirm=True)
        until(lambda: "Waiting for the request limit: " in run.progress.message)
        yield run


def test_while_paused_nothing_goes_out_even_where_the_limit_lets_it(sandbox, session, waiting, ids):
    waiting.pause()
    until(lambda: set(waiting.results.detail) == {"not sent yet"})
    until(lambda: session.client.waiting() == 0)
    assert not waiting.wait(0.5)
    assert writes(sandbox) == 0
    assert set(session.recorded(waiting.id).outcome) == {"not_sent"}
    waiting.go_on()
    assert waiting.wait(120)
    assert waiting.counts["confirmed"] == len(ids)
    assert set(waiting.results.attempts) == {1}
    assert set(session.recorded(waiting.id).attempts) == {1}


def test_once_cancelled_it_does_not_go_out(sandbox, session, waiting, ids):
    waiting.cancel()
    assert waiting.wait(120)
    assert writes(sandbox) == 0
    assert waiting.counts["not_sent"] == len(ids)
    for results in (waiting.results, session.recorded(waiting.id)):
        assert set(results.detail) == {"cancelled before it was sent"}
        assert set(results.attempts) == {0}
        assert results.started_at.isna().all()


def test_what_was_read_long_ago_is_read_anew_however_it_came_to_wait(sandbox, session, waiting, ids, monkeypatch):
    monkeypatch.setattr(read_age, "MAX_READ_AGE", 0.5)
    sandbox.server.change(ids[0], status="Valid", reason="A colleague")
    assert waiting.wait(120)
    assert waiting.counts == {**waiting.counts, "skipped": 1, "confirmed": len(ids) - 1}
    assert "changed from Caution to Valid" in waiting.results.detail[ids[0]]
    assert writes(sandbox) == 1


def test_each_half_of_a_chunk_that_was_refused_is_as_old_as_its_own_reading(sandbox, open_session, ids, monkeypatch):
    """The first half takes long; what a colleague has done to the second one meanwhile stands."""
    monkeypatch.setattr(read_age, "MAX_READ_AGE", 0.5)
    first, second = ids[:2], ids[2:4]
    sandbox.server.mishaps = [Mishap(FLAG, "chunk_422_if_lead", lead=first[0])]

    def long() -> None:
        sandbox.server.change(second[0], status="Valid", reason="A colleague")
        threading.Event().wait(0.6)

    session = open_session(chunk=4, on_step=Once("answered", long, nth=2))
    results = session.run(session.plan(cvtr.mark_test("x"), [*first, *second]), confirm=True).results
    assert results.outcome.tolist() == ["refused", "confirmed", "skipped", "confirmed"]
    assert "changed from Caution to Valid" in results.detail[second[0]]
    assert sandbox.server.lead(second[0])["status"] == "Valid"


def test_leads_that_a_refused_chunk_left_untouched_are_tried_by_whoever_goes_on(sandbox, open_session, ids):
    sandbox.server.mishaps = [
        Mishap(FLAG, "status", status=413, nth=1),
        Mishap(FLAG, "status", status=401, nth=2),
        Mishap(FLAG, "status", status=401, nth=3),
    ]
    session = open_session(chunk=12)
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert run.state == "failed"
    assert run.counts["not_sent"] == len(ids)
    assert set(session.recorded(run.id).outcome) == {"not_sent"}
    assert session.unfinished()[["settled", "in_doubt", "not_sent"]].iloc[0].tolist() == [0, 0, len(ids)]
    sandbox.server.mishaps = []
    assert session.resume(run.id).counts["confirmed"] == len(ids)


def test_a_fault_of_our_own_after_the_answer_leaves_no_lead_on_its_way(sandbox, open_session, ids):
    def break_down() -> None:
        raise ZeroDivisionError

    session = open_session(chunk=12, on_step=Once("answered", break_down))
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert run.state == "failed"
    assert run.counts["confirmed"] == len(ids), run.results.detail.iloc[0]
    assert {len(sandbox.server.effects(lead_id)) for lead_id in ids} == {1}


def test_leads_count_as_read_from_when_their_reading_began(sandbox, open_session, ids, monkeypatch):
    """The answer takes long, and a colleague is quicker."""
    monkeypatch.setattr(read_age, "MAX_READ_AGE", 0.5)
    session = open_session(chunk=4)
    plan = session.plan(cvtr.mark_test("x"), ids[:8])  # they are read together
    sandbox.server.mishaps = [Mishap("leads", "slow", "after", nth=1, seconds=0.6), Mishap("leads", "meddle", "after", nth=1)]
    run = session.run(plan, confirm=True)
    assert run.counts["skipped"] == 8, run.results.detail.tolist()
    assert writes(sandbox) == 0


def test_where_every_reading_takes_too_long_the_run_goes_through_all_the_same(sandbox, open_session, ids, monkeypatch):
    monkeypatch.setattr(read_age, "MAX_READ_AGE", 0.05)
    session = open_session(chunk=3)
    plan = session.plan(cvtr.mark_test("x"), ids)
    seen = len(sandbox.server.requests)
    sandbox.server.mishaps = [Mishap("leads", "slow", seconds=0.1)]
    run = session.run(plan, confirm=True)
    assert run.counts["confirmed"] == len(ids)
    assert writes(sandbox) == 4
    read = [len([k for k, _ in r.query if k == "id[]"]) for r in sandbox.server.requests[seen:] if r.path.endswith("/leads")]
    assert set(read) == {6, 3}
