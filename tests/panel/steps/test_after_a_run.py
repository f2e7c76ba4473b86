"""What the panel says after a run: of leads read later, of the steps above it, of files, of what a cancelled run left."""

from __future__ import annotations

import pytest

from cvtr_widgets.models import Progress, RunState
from cvtr_widgets.panel.steps.processing_view import progress_line
from cvtr_widgets.runs.eta import Eta
from tests.panel.conftest import Driven
from tests.runs.conftest import until


def run_test(driven, ids):
    driven.plan(ids, "test", reason="own", own_reason="tried")
    driven.say("confirm", on=True)
    return driven.run()


def test_leads_that_were_read_after_the_run_are_not_called_outdated(driven):
    first, second = driven.server.lead_ids(status="Caution")[:8][:4], driven.server.lead_ids(status="Caution")[4:8]
    assert run_test(driven, first) == {"confirmed": 4}
    assert driven.view()["leads"]["outdated"]  # those of the run were looked up before it
    driven.say("start_over")
    assert not driven.view()["leads"]["outdated"]
    driven.say("ids", text=" ".join(map(str, second)))
    assert driven.state.leads.known() == 4
    assert not driven.view()["leads"]["outdated"]


def test_leads_that_stay_in_the_table_are_outdated_until_they_are_read_again(driven):
    driven.say("load", go_on=False)
    run_test(driven, driven.server.lead_ids(status="Caution")[:4])
    driven.say("start_over")
    assert driven.view()["leads"]["outdated"]
    driven.say("refresh")
    assert not driven.view()["leads"]["outdated"]


def test_what_a_cancelled_run_has_not_sent_can_be_gone_on_with_after_start_over(sandbox, monkeypatch):
    monkeypatch.setenv("CVTR_CHUNK", "5")
    monkeypatch.setenv("CVTR_IN_FLIGHT", "1")

    def after_the_first(step: str) -> None:
        if step == "answered":
            panel.state.processing.run.cancel()

    panel = Driven.of(sandbox, on_step=after_the_first)
    ids = sandbox.server.lead_ids(status="Caution")[:30]
    counts = run_test(panel, ids)
    assert panel.view()["processing"]["run"]["what"].startswith("Planned for this run: Test")
    panel.say("start_over")
    told = panel.view()["past"]["last"]
    assert told["go_on"] == f"Continue with the {counts['not_sent']} not sent"
    panel.say("past_rest", run=told["id"])
    assert len(panel.state.leads.picked) == counts["not_sent"]
    panel.close()


def test_a_run_that_ended_out_of_sight_is_told_to_the_next_kernel(sandbox):
    first = Driven.of(sandbox)
    assert run_test(first, sandbox.server.lead_ids(status="Caution")[:4]) == {"confirmed": 4}
    first.say("start_over")
    assert first.view()["past"]["last"] is None  # its own panel has shown it
    first.close()
    second = Driven.of(sandbox)
    told = second.view()["past"]["last"]
    assert told["text"].endswith(": 4 confirmed.")
    assert told["go_on"] == ""
    second.close()


def test_time_left_is_not_told_of_a_run_that_is_held():
    held = Progress(state=RunState.PAUSED, done=5, total=30, sent=10, out=10, rate=9.0, seconds_left=3.0)
    assert progress_line(held) == "10 of 30 sent, 5 settled"


def test_what_is_sent_and_not_read_back_yet_is_half_done():
    """1,200 of 1,200 sent and 200 settled after 14 s: by the settled ones alone, the rest would take 70 s."""
    now = [0.0]
    eta = Eta(clock=lambda: now[0])
    now[0] = 14.0
    left = eta.left(200, 1_000, requests=10, usage=(0, 1_000), waiting=0.0, window=60.0, sent=1_200)
    assert left is not None
    assert 8 < left < 12
    assert eta.left(600, 600, requests=10, usage=(0, 1_000), waiting=0.0, window=60.0, sent=600) == pytest.approx(14.0)


def test_a_file_is_told_beside_its_own_results_only(driven):
    from cvtr_widgets.panel.link.downloads import Downloads

    files = Downloads(lambda _content, _buffers: None, lambda: None)
    assert files.message((3, "run-1")) is None
    files.send(lambda: b"x", "results-run-1.csv", None)
    until(lambda: (files.message((3, "run-1")) or {}).get("text") == "results-run-1.csv was sent to the browser.")
    assert files.message((1, None)) is None
    assert files.message((3, "run-2")) is None


def test_what_was_set_aside_is_still_told_when_the_step_is_folded(driven):
    ids = driven.server.lead_ids(status="Caution")[:6]
    driven.select([*ids, 3])
    view = driven.view()
    assert (view["step"], view["leads"]["summary"]) == (2, "6 leads selected, 1 set aside")
