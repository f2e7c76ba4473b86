"""A run that waits for the request limit says so, and a cancelled one does not wait: with what it then knows of each lead."""

from __future__ import annotations

import threading
import time

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.models import RunState
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.session.conftest import QUICK
from tests.session.test_pause_and_progress import until

FLAG, DELIVER, CHECK, READ = "leads-bulk-flag", "leads-bulk-deliver", "is-lead-delivered", "leads"
AT_ONCE = 120.0
"""Seconds: far less than the pauses here, far more than a busy machine needs to end a run."""


def paused(call: str, nth: int) -> Mishap:
    return Mishap(call, "status", nth=nth, status=429, retry_after="300")


def cancel_when_it_waits(run: cvtr.Run) -> None:
    until(lambda: "Waiting for the request limit: " in run.progress.message)
    run.cancel()
    assert run.wait(AT_ONCE), "it waits on"
    assert run.state is (RunState.CANCELLED if run.counts["not_sent"] else RunState.DONE)  # never "cancelled" what went out whole
    assert run.error is None
    assert run.progress.message == ""


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:12]


def writes(sandbox) -> int:
    return sum("leads-bulk" in request.path for request in sandbox.server.requests)


def test_a_run_that_waits_before_it_reads_is_cancelled_at_once(sandbox, session, ids):
    plan = session.plan(cvtr.mark_test("x"), ids)
    sandbox.server.mishaps = [paused(READ, 1)]
    run = session.start(plan, confirm=True)
    cancel_when_it_waits(run)
    assert run.counts["not_sent"] == len(ids)
    assert set(run.results.detail) == {"cancelled before it was sent"}
    assert writes(sandbox) == 0


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        ([], "accepted", "the service said yes; reading back failed: the run was cancelled while the request limit made it wait"),
        ([Mishap(FLAG, "html", "after")], "unknown", "the run was cancelled while the request limit made it wait"),
        ([Mishap(FLAG, "status", status=403, text="Locked.")], "refused", "Locked. (reading back failed: the run was cancelled"),
    ],
)
def test_what_was_sent_and_cannot_be_read_back_ends_as_the_rules_say(sandbox, session, ids, answer, outcome, detail):
    plan = session.plan(cvtr.mark_test("x"), ids)
    sandbox.server.mishaps = [paused(READ, 2), *answer]
    run = session.start(plan, confirm=True)
    cancel_when_it_waits(run)
    assert run.counts[outcome] == len(ids)
    assert run.results.detail.str.contains(detail, regex=False).all(), run.results.detail.iloc[0]
    assert writes(sandbox) == 1


@pytest.mark.parametrize(("nth", "outcome"), [(1, "not_sent"), (2, "accepted")])
def test_the_delivery_check_waits_in_the_same_way(sandbox, session, nth, outcome):
    ids = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:4]
    plan = session.plan(cvtr.mark_delivered(), ids)
    sandbox.server.mishaps = [paused(CHECK, nth)]
    run = session.start(plan, confirm=True, signature="Ana Lopes")
    cancel_when_it_waits(run)
    assert run.counts[outcome] == 4


@pytest.mark.parametrize(("step", "outcome"), [("opened", "not_sent"), ("intent", "not_sent"), ("answered", "accepted")])
def test_a_pause_that_another_kernel_was_told_is_cancelled_too(sandbox, session, pause, ids, step, outcome):
    def at(name: str) -> None:
        if name == step:
            pause()

    watched = cvtr.LeadSession(session.client, progress=False, patience=QUICK, on_step=at)
    run = watched.start(watched.plan(cvtr.mark_test("x"), ids), confirm=True)
    cancel_when_it_waits(run)
    assert run.counts[outcome] == len(ids)
    assert writes(sandbox) == (outcome == "accepted")
    assert len(watched.unfinished()) == 0
    watched.close()


def test_others_of_the_same_client_that_wait_do_not_hold_a_cancelled_run_up(sandbox, session, pause, ids):
    """They hold all places and all threads of the pool."""
    plan, leave = session.plan(cvtr.mark_test("x"), ids), threading.Event()
    pause()
    pulls = [threading.Thread(target=_pull, args=(session, ids[n:], leave)) for n in range(10)]
    for pull in pulls:
        pull.start()
    try:
        run = session.start(plan, confirm=True)
        cancel_when_it_waits(run)
        assert run.counts["not_sent"] == len(ids)
    finally:
        leave.set()
        for pull in pulls:
            pull.join(AT_ONCE)
    assert not any(pull.is_alive() for pull in pulls)


def _pull(session, ids, leave) -> None:
    with pytest.raises(cvtr.errors.Cancelled):
        session.pull(ids=ids, cancel=leave, on_page=lambda _done, _total: None)


def test_a_run_that_goes_on_after_the_pause_takes_its_message_away(sandbox, session, ids):
    told = []
    plan = session.plan(cvtr.mark_test("x"), ids)
    sandbox.server.mishaps = [Mishap(READ, "status", nth=2, status=429, retry_after="2")]
    run = session.start(plan, confirm=True, on_progress=told.append)
    assert run.wait(60)
    assert run.counts["confirmed"] == len(ids)
    messages = [p.message for p in told]
    waited = [n for n, message in enumerate(messages) if message.startswith("Waiting for the request limit: ")]
    assert waited
    assert messages[waited[-1] + 1] == ""


def test_a_preview_that_waits_is_cancelled(session, pause, ids):
    pause()
    leave = threading.Event()
    threading.Timer(0.3, leave.set).start()
    began = time.monotonic()
    with pytest.raises(cvtr.errors.Cancelled):
        session.plan(cvtr.mark_other(), ids, cancel=leave)
    assert time.monotonic() - began < AT_ONCE
