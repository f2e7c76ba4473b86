"""Ctrl-C while writes are in flight: the run stops after these, and says what became of every lead."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from cvtr_widgets.sandbox import Mishap
from tests.faults.bench import ACTIONS
from tests.faults.invariants import Story, hold

FLAG = "leads-bulk-flag"


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to one process alone")
def test_ctrl_c_in_flight_loses_nothing_and_tells_all(bench):
    ids = bench.fresh(FLAG, 30)
    session = bench.session()
    before = {own: bench.server.lead(own) for own in ids}
    plan = session.plan(ACTIONS[FLAG], ids)
    bench.server.mishaps = [Mishap(FLAG, "slow", "after", seconds=0.3)]
    sent = threading.Event()

    def press() -> None:
        while not sent.wait(0.005):
            if any(seen.path.endswith(FLAG) and seen.ended is None for seen in bench.server.requests):
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                return

    hand = threading.Thread(target=press)
    hand.start()
    try:
        run = session.run(plan, confirm=True)  # gives the run all the same
    finally:
        sent.set()
        hand.join()
        bench.server.mishaps = ()
    story = Story(bench.server, session, ids, run, before, limits=bench.limits)
    hold(story)
    session.close()
    assert run.state == "cancelled"
    assert run.counts["not_sent"] >= 9
    assert run.counts["confirmed"] >= 3
    assert run.counts["confirmed"] + run.counts["not_sent"] == 30
