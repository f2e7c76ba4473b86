"""A run under way: paused and gone on with by hand, its progress, and what it leaves when the display fails."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import RunError
from cvtr_widgets.models import RunState
from cvtr_widgets.runs.eta import Eta
from cvtr_widgets.sandbox import Mishap
from tests.runs.conftest import Gate, until


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:60]


def writes(sandbox) -> int:
    return len([r for r in sandbox.server.requests if "leads-bulk" in r.path])


def test_a_paused_run_sends_nothing_until_it_goes_on(sandbox, open_session, ids):
    gate = Gate("read", passes=8)  # of the fifteen blocks of four leads
    session = open_session(chunk=2, on_step=gate)
    run = session.start(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    until(lambda: run.progress.done == 32)
    run.pause()
    assert run.state is RunState.PAUSED
    gate.open()
    assert not run.wait(0.5)
    assert writes(sandbox) == 16
    assert run.progress.done == 32
    # What is known of a lead is on disk a second later, however long the pause is.
    until(lambda: list(session.recorded(run.id)["outcome"]).count("confirmed") == 32)
    run.go_on()
    run.wait()
    assert run.state is RunState.DONE
    assert run.counts["confirmed"] == len(ids)


def test_a_paused_run_can_be_cancelled(sandbox, open_session, ids):
    gate = Gate("read", passes=3)
    session = open_session(chunk=2, on_step=gate)
    run = session.start(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    run.pause()
    run.cancel()
    gate.open()
    assert run.wait(120)
    assert run.state is RunState.CANCELLED
    assert run.counts["confirmed"] == sum(bool(sandbox.server.effects(i)) for i in ids)


def test_what_is_under_way_is_not_called_unsent(sandbox, open_session, ids):
    gate = Gate("answered")
    session = open_session(chunk=2, on_step=gate)
    run = session.start(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    until(lambda: len([lead_id for lead_id in ids if sandbox.server.effects(lead_id)]) == 24)  # each of twelve threads holds two
    seen, applied = run.results, {lead_id for lead_id in ids if sandbox.server.effects(lead_id)}
    assert run.counts == {**run.counts, "unknown": 24, "not_sent": len(ids) - 24}
    assert set(seen.index[seen.outcome != "not_sent"]) == applied
    assert set(seen.detail[seen.outcome == "unknown"]) == {"being sent, or sent and not read back yet"}
    assert set(seen.detail[seen.outcome == "not_sent"]) == {"not sent yet"}
    gate.open()
    run.wait()
    assert run.counts["confirmed"] == len(ids)


def test_what_the_service_did_not_look_at_is_unsent_again(sandbox, open_session, ids):
    gate = Gate("answer noted")
    session = open_session(chunk=60, on_step=gate)
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "status", status=429, retry_after="1", nth=1)]
    run = session.start(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    until(lambda: set(run.results.http_status) == {429})
    until(lambda: set(run.results.detail) == {"not sent yet"})
    assert run.counts["not_sent"] == len(ids)
    gate.open()
    run.wait()
    assert run.counts["confirmed"] == len(ids)
    assert set(run.results.attempts) == {2}


def test_progress_adds_up_and_ends_at_nothing_left(sandbox, open_session, ids):
    seen = []
    session = open_session(chunk=5)
    sandbox.server.latency = 0.02
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True, on_progress=seen.append)
    assert all(sum(p.counts.values()) == len(ids) for p in seen)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert (seen[-1].done, seen[-1].seconds_left, seen[-1].state) == (len(ids), None, RunState.DONE)
    assert run.progress.counts == run.counts == {k: int(v) for k, v in run.results.outcome.value_counts().items()}


def test_the_time_left_is_known_before_the_first_lead_is_read(sandbox, open_session, ids):
    gate = Gate("opened")
    session = open_session(on_step=gate)
    sandbox.server.latency = 0.5
    plan = session.plan(cvtr.mark_test("x"), ids)
    sandbox.server.latency = 0.0
    run = session.start(plan, confirm=True)
    left = run.progress.seconds_left  # its thread has done nothing yet
    gate.open()
    assert left is not None
    assert 0 < left <= plan.cost.seconds
    assert run.wait(120)


def test_a_display_that_fails_does_not_stop_the_run(session, ids):
    def broken(_progress):
        raise ZeroDivisionError

    run = session.start(session.plan(cvtr.mark_test("x"), ids), confirm=True, on_progress=broken)
    run.wait()
    assert (run.state, run.counts["confirmed"]) == (RunState.DONE, len(ids))


@pytest.mark.parametrize(
    ("requests", "usage", "waiting", "left"),
    [
        (100, (0, 3_000), 0.0, 60.0),
        (100, (2_950, 3_000), 200.0, 260.0),  # fifty may go now, fifty when the window moves on
        (100, (3_000, 3_000), 120.0, 180.0),
        (6_100, (100, 3_000), 0.0, 660.0),  # 2,900 now, 3,000 after one window, the rest after another
    ],
)
def test_time_left_counts_the_limit_in(requests, usage, waiting, left):
    now = 0.0
    eta = Eta(lambda: now)
    now = 10.0
    assert eta.left(100, 600, requests=requests, usage=usage, waiting=waiting, window=300.0) == pytest.approx(left)


@pytest.mark.parametrize(
    ("gone", "sent", "left"),
    [
        (10.0, 0, 50.0),
        (59.0, 12, 59.0 / 12 * 27),
        (61.0, 0, None),
        (61.0, 12, 61.0 / 12 * 27),
        (30.0, 39, 30.0),
        (61.0, 39, None),
    ],
)
def test_what_is_sent_tells_that_the_first_estimate_was_too_short(gone, sent, left):
    """Nothing is settled yet, and the whole was to take 60 s: “about 1 s left” was said with 27 of 39 leads unsent."""
    now = 0.0
    eta = Eta(lambda: now)
    now = gone
    found = eta.left(0, 39, requests=100, usage=(0, 3_000), waiting=0.0, window=300.0, first=60.0, sent=sent)
    assert found == pytest.approx(left)


def test_standing_still_does_not_slow_the_pace():
    now = 0.0
    eta = Eta(lambda: now)
    now = 10.0
    eta.pause(), eta.pause()
    now = 300.0
    eta.resume(), eta.resume()
    assert eta.rate(100) == pytest.approx(10.0)


def test_a_pause_when_all_is_sent_holds_nothing_and_says_so(sandbox, open_session, ids):
    """It is pressed when the last write is under way; what is queued there is looked for as long as ever."""
    gate = Gate("answered")
    session = open_session(chunk=60, on_step=gate)
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "later", seconds=0.5)]
    run = session.start(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    until(lambda: writes(sandbox) == 1)  # no pause calls it back any more
    run.pause()
    assert run.paused
    gate.open()
    until(lambda: run.state is not RunState.PAUSED)
    assert not run.paused
    assert "Paused" not in run.progress.message
    assert run.wait(120)
    assert run.counts["confirmed"] == len(ids)


def test_a_session_is_not_closed_under_a_run(sandbox, open_session, ids):
    gate = Gate("before intent")
    session = open_session(chunk=5, on_step=gate)
    run = session.start(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    with pytest.raises(RunError, match=f"Run {run.id} is still running"):
        session.close()
    gate.open()
    run.wait()
    assert run.counts["confirmed"] == len(ids)
    session.close()
    with pytest.raises(RunError, match="no run"):
        session.recorded("none")  # the journal opens again
    session.close()
