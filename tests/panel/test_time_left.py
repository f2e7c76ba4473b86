"""What is said of time is by what was measured just now, and whoever waits sees that time passes."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.panel.link.messages import read_message
from cvtr_widgets.plans.costs import limit_wait
from tests.panel.conftest import Driven

LATENCY = 0.5


def chosen(driven, kind):
    """Leads that the action changes, some of them."""
    server = driven.server
    if kind == "delivered":
        return [i for i in server.lead_ids(status="Valid") if server.lead(i)["delivery"] != "Delivered"][:130]
    return server.lead_ids(status="Caution")[:60]


@pytest.mark.parametrize("kind", ["invalid", "test", "delivered", "undelivered"])
def test_the_first_estimate_is_within_a_factor_of_two(kind):
    """The service answers at once until the plan is made, and then takes its time: what counts is what was measured last."""
    with cvtr.Sandbox(leads=600, seed=5) as sandbox:
        driven = Driven.of(sandbox)
        try:
            for _ in range(8):
                driven.client.fetch(driven.server.lead_ids()[:40])
            if kind == "undelivered":
                ids = [i for i in driven.server.lead_ids() if driven.server.lead(i)["delivery"] == "Delivered"][:40]
            else:
                ids = chosen(driven, kind)
            driven.select(ids)
            driven.say("action", kind=kind)
            if kind in {"invalid", "test"}:
                driven.say("reason", value="own")
                driven.say("own_reason", text="tried")
            driven.server.latency = LATENCY
            driven.say("preview")
            plan = driven.state.processing.plan
            assert plan.will_change > 20
            driven.say("confirm", on=True)
            driven.say("signature", text="A Name")
            began = time.monotonic()
            driven.state.handle(*read_message({"v": 1, "kind": "run", "is": {"fingerprint": driven.fingerprint()}}))
            first = driven.state.processing.run.progress.seconds_left
            assert driven.state.processing.run.wait(60)
            took = time.monotonic() - began
            for said in (plan.cost.seconds, first):
                assert took / 2 <= said <= took * 2, f"said {said:.1f} s, took {took:.1f} s"
        finally:
            driven.server.latency = 0.0
            driven.close()


@pytest.mark.parametrize(
    ("requests", "usage", "waiting", "held"),
    [(100, (0, 3_000), 0.0, 0.0), (100, (2_950, 3_000), 200.0, 200.0), (6_100, (100, 3_000), 0.0, 600.0)],
)
def test_an_estimate_counts_in_what_is_used_of_the_limit(requests, usage, waiting, held):
    assert limit_wait(requests, usage, waiting, 300.0) == pytest.approx(held)


def seen_lines(driven, during):
    """What the panel says of work under way, every time that it says something: seconds since the beginning, and the line."""
    lines, began = [], time.monotonic()

    def note():
        with driven.state.lock:
            view = driven.state.view()
        run = view["processing"]["run"]
        jobs = [job for job in (view["leads"]["job"], view["processing"]["job"]) if job]
        lines.extend((time.monotonic() - began, f"{job['what']} {job['done']} {job['time']}") for job in jobs)
        if run and not run["finished"]:
            lines.append((time.monotonic() - began, f"{run['line']} {run['message']}"))

    driven.state._changed = driven.state.processing._changed = driven.state.jobs._changed = note
    note()
    during()
    return lines, time.monotonic() - began


def test_no_second_is_silent(driven):
    """Of loading, reading for a preview, and a run: a line at once, and a new one every second."""
    ids = driven.server.lead_ids(status="Caution")[:10]
    driven.server.latency = 3.0

    def work():
        driven.state.handle(*read_message({"v": 1, "kind": "load", "is": {"go_on": False}}))
        assert driven.state.jobs.wait()

    def said(lines, took):
        moments = [0.0, *(at for at, _ in lines), took]
        # Less than an answer takes: the lines come by the second, and a second on a busy machine may be two.
        assert max(b - a for a, b in pairwise(moments)) < 2.7, lines
        assert len({line for _, line in lines}) >= 0.6 * took, lines

    said(*seen_lines(driven, work))
    driven.server.latency = 0.6  # the first line's estimate: three requests as slow as the plan's
    driven.plan(ids, "invalid", reason="own", own_reason="tried")
    driven.say("confirm", on=True)
    driven.server.latency = 2.0

    def run():
        driven.state.handle(*read_message({"v": 1, "kind": "run", "is": {"fingerprint": driven.fingerprint()}}))
        assert driven.state.processing.run.wait(60)

    lines, took = seen_lines(driven, run)
    said(lines, took)
    assert "Reading the leads once more before they are sent." in lines[0][1]
    assert "0 of 10 · about" in lines[0][1]
    assert sum("s so far" in line for _, line in lines) >= 3, lines
    driven.server.latency = 0.0
