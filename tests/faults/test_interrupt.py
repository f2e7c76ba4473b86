"""Ctrl-C while writes are in flight: the run stops after these, and says what became of every lead."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import Mishap
from tests.faults import invariants
from tests.faults.bench import ACTIONS
from tests.faults.invariants import Story

FLAG = "leads-bulk-flag"


def _main_waits() -> bool:
    """Whether the main thread is inside ``Run.wait``."""
    frame = sys._current_frames().get(threading.main_thread().ident)
    while frame is not None and frame.f_code is not cvtr.Run.wait.__code__:
        frame = frame.f_back
    return frame is not None


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to one process alone")
def test_ctrl_c_in_flight_loses_nothing_and_tells_all(bench):
    # A shell that starts the tests in the background has Ctrl-C ignored, and Python leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ids = bench.fresh(FLAG, 30)
    stopping = threading.Event()

    def hold(name: str) -> None:
        """Each thread sends one chunk and no more before the run stops: there are fewer threads than chunks."""
        if name == "answered":
            stopping.wait(60)

    session = bench.session(on_step=hold)
    before = {lead_id: bench.server.lead(lead_id) for lead_id in ids}
    plan = session.plan(ACTIONS[FLAG], ids)
    bench.server.mishaps = [Mishap(FLAG, "slow", "after", seconds=0.3)]
    sent = threading.Event()

    def press() -> None:
        while not sent.wait(0.005):
            if _main_waits() and any(seen.path.endswith(FLAG) for seen in bench.server.requests):
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                return

    hand = threading.Thread(target=press)
    hand.start()
    try:
        run = session.run(plan, confirm=True, on_progress=lambda p: p.state == "cancelling" and stopping.set())
    finally:
        sent.set()
        hand.join()
        bench.server.mishaps = ()
    story = Story(bench.server, session, ids, run, before, limits=bench.limits)
    invariants.hold(story)
    session.close()
    assert run.state == "cancelled"
    assert run.counts["not_sent"] >= 9
    assert run.counts["confirmed"] >= 3
    assert run.counts["confirmed"] + run.counts["not_sent"] == 30
