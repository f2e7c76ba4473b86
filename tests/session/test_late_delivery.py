"""A delivery that takes effect between the two questions about it: for a moment the answers contradict each other."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import Mishap, NetworkFault

CHECK = "is-lead-delivered"


@pytest.fixture
def sandbox():
    with cvtr.Sandbox(leads=600, seed=4, network=[]) as running:
        yield running


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:3]


def deliver(sandbox, session, ids, **after) -> cvtr.Run:
    plan = session.plan(cvtr.mark_delivered(), ids)
    sandbox.server.mishaps = [Mishap("leads-bulk-deliver", **after)]
    # The second check of the run is the first one after sending: it is asked only when the effect has come.
    sandbox.server.network = [NetworkFault(CHECK, "late", nth=2, seconds=1.0)]
    return session.run(plan, confirm=True, signature="Ana Lopes")


@pytest.mark.parametrize("do", ["later", "queue"])
def test_what_contradicts_itself_for_a_moment_is_read_again(sandbox, session, ids, do):
    run = deliver(sandbox, session, ids, do=do, seconds=0.5)
    assert run.counts["confirmed"] == 3, run.results.detail.tolist()
