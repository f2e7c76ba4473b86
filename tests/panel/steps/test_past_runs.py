"""The last run of an earlier kernel: what it left undone is told where the panel opens, and can be gone on with."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.panel.steps.past_runs import is_news
from tests.panel.conftest import QUICK, Driven
from tests.runs.conftest import until
from tests.runs.test_kill import end_of, kernel


@pytest.fixture
def cancelled(sandbox, monkeypatch):
    """Thirty leads, some of which a run had sent when it was cancelled, in a session that has ended."""
    ids = sandbox.server.lead_ids(status="Caution")[:30]

    def after_the_first(step: str) -> None:
        if step == "answered":
            next(iter(session.runs.values())).cancel()

    monkeypatch.setenv("CVTR_CHUNK", "5")
    monkeypatch.setenv("CVTR_IN_FLIGHT", "1")
    client = sandbox.connect(role="admin")
    session = cvtr.LeadSession(client, progress=False, patience=QUICK, on_step=after_the_first)
    run = session.run(session.plan(cvtr.mark_invalid("Duplicate"), ids), confirm=True)
    session.close()
    client.close()
    assert 0 < run.counts["not_sent"] < 30
    return run


def test_what_a_cancelled_run_left_is_told_and_gone_on_with(sandbox, cancelled):
    panel = Driven.of(sandbox)
    done, left = cancelled.counts["confirmed"], cancelled.counts["not_sent"]
    told = panel.view()["past"]["last"]
    assert told["text"].startswith("Your last run (Invalid, reason Duplicate: 30 leads) was cancelled at ")
    assert told["text"].endswith(f": {done} confirmed, {left} not sent.")
    assert told["go_on"] == f"Continue with the {left} not sent"
    panel.say("watch", run=told["id"])
    shown = panel.view()["processing"]
    assert shown["watching"].endswith("It has ended. Start over to leave this view.")
    assert {key: (number, words) for key, number, words, _ in shown["recorded"]["counts"]} == {
        "confirmed": (done, "confirmed"), "not_sent": (left, "not sent"),
    }  # fmt: skip
    assert f"Current Status Caution → Invalid: {done} leads" in shown["recorded"]["sums"]
    panel.say("only", table="results", column="outcome", values=["not_sent"])
    assert panel.view()["processing"]["recorded"]["filter"] == ["not_sent"]
    assert set(panel.state.processing.result_table.matching_ids) == set(cancelled.failed.index)
    panel.say("past_rest", run=told["id"])
    view = panel.view()
    assert (view["step"], view["past"]["last"]) == (2, None)
    assert view["type"]["summary"] == "Invalid, reason Duplicate"
    panel.say("preview")
    assert {e.lead_id for e in panel.state.processing.plan.entries} == set(cancelled.failed.index)
    panel.say("confirm", on=True)
    assert panel.run() == {"confirmed": left}
    panel.say("start_over")
    assert panel.view()["past"]["last"] is None  # nothing is left of it, and this panel has shown it
    panel.close()


def test_it_can_be_hidden_and_is_told_for_a_day_where_something_is_left(sandbox, cancelled):
    panel = Driven.of(sandbox)
    panel.say("past_hide", what=panel.view()["past"]["last"]["id"])
    panel.say("look_again")
    assert panel.view()["past"]["last"] is None
    last = panel.session.last_run()
    assert (last.run_id, Counter(last.counts)) == (cancelled.id, +Counter(cancelled.counts))
    assert is_news(last, last.ended + timedelta(hours=23), own=False)
    assert not is_news(last, last.ended + timedelta(hours=25), own=False)
    through = replace(last, counts={"confirmed": 20, "skipped": 10}, not_sent=())
    assert not is_news(through, last.ended + timedelta(hours=2), own=False)
    assert is_news(through, last.ended + timedelta(minutes=5), own=False)
    assert not is_news(through, last.ended, own=True)
    panel.close()


def test_what_a_run_under_way_has_not_read_back_yet_is_not_called_unknown(driven, tmp_path):
    ids = driven.server.lead_ids(status="Caution")[:6]
    sent, go_on = threading.Event(), threading.Event()

    def on_step(step: str) -> None:
        if step == "answered":
            sent.set()
            go_on.wait(60)

    other = cvtr.LeadSession(driven.client, progress=False, patience=QUICK, on_step=on_step)
    run = other.start(other.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert sent.wait(60)
    assert "6 not settled yet" in repr(run)
    report = run.report(tmp_path / "so-far.html").read_text(encoding="utf-8")
    assert "6 leads not settled yet: On its way when this report was made" in report
    driven.say("look_again")
    driven.say("watch", run=run.id)
    rows = driven.state.table("results").message()["rows"]
    assert {row["cells"][0] for row in rows} == {"not settled yet"}
    assert not any("doubt" in cell for row in rows for cell in row["cells"])
    go_on.set()
    run.wait()
    assert repr(run).endswith("done: 6 confirmed>")
    other.close()


def cancelled_on_the_way(panel):
    """The run of the panel's plan, in which Cancel is pressed when the first leads are out."""
    panel.say("confirm", on=True)
    panel.server.latency = 0.2
    panel.say("run", fingerprint=panel.fingerprint())
    run = panel.state.processing.run
    until(lambda: run.progress.out)
    panel.say("cancel")
    return run


def test_cancel_says_how_many_stay_sent_those_on_their_way_with_them(sandbox, monkeypatch):
    monkeypatch.setenv("CVTR_CHUNK", "5")
    monkeypatch.setenv("CVTR_IN_FLIGHT", "2")
    panel = Driven.of(sandbox)
    panel.plan(panel.server.lead_ids(status="Caution")[:30], "test", reason="own", own_reason="x")
    run = cancelled_on_the_way(panel)
    told = panel.view()["processing"]["run"]["sent"]
    run.wait(60)
    sent, more = re.search(r"(\d+) of 30 leads", told), re.search(r"up to (\d+) on their way", told)
    assert int(sent[1]) <= 30 - run.counts["not_sent"] <= int(sent[1]) + (int(more[1]) if more else 0)
    panel.close()


def test_a_lead_that_was_held_back_is_not_counted_as_sent_after_cancel(sandbox, monkeypatch):
    monkeypatch.setenv("CVTR_CHUNK", "5")
    monkeypatch.setenv("CVTR_IN_FLIGHT", "1")
    panel = Driven.of(sandbox)
    ids = panel.server.lead_ids(status="Caution")[:30]
    panel.plan(ids, "test", reason="own", own_reason="x")
    for lead_id in ids[:3]:
        panel.server.change(lead_id, status="Valid")
    run = cancelled_on_the_way(panel)
    run.wait(60)
    sent = sum(bool(panel.server.effects(lead_id)) for lead_id in ids)
    assert run.counts["skipped"] >= 3 - (run.counts["not_sent"] == 30)
    assert panel.view()["processing"]["run"]["sent"] == (
        f"Cancelled: {sent} of 30 leads had been sent, {run.counts['not_sent']} had not."
    )
    panel.close()


def test_cancel_after_everything_was_sent_says_so(sandbox, monkeypatch):
    reading, go_on = threading.Event(), threading.Event()

    def on_step(step: str) -> None:
        if step == "read back":
            reading.set()
            go_on.wait(60)

    panel = Driven.of(sandbox, on_step=on_step)
    panel.plan(panel.server.lead_ids(status="Caution")[:5], "test", reason="own", own_reason="x")
    panel.say("confirm", on=True)
    panel.say("run", fingerprint=panel.fingerprint())
    assert reading.wait(60)
    panel.say("cancel")
    view = panel.view()["processing"]["run"]
    assert (view["cancelling"], view["sent"]) == (
        True,
        "Everything has been sent already; it is being read back.",
    )
    go_on.set()
    assert panel.state.processing.run.wait(60)
    view = panel.view()["processing"]["run"]
    assert (view["state"], view["sent"]) == (
        "done: Cancel came too late",
        "Cancel came too late to hold anything back: everything was sent.",
    )
    panel.close()


def test_a_run_that_only_checks_what_was_in_doubt_was_not_cancelled_by_anybody(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path / "journal"))
    ids = sandbox.server.lead_ids(status="Caution")[:40]
    assert end_of(kernel(sandbox, ids, action="test", step="answered", nth=2, in_flight=1))[0]
    panel = Driven.of(sandbox)
    (found,) = panel.view()["past"]["runs"]
    panel.say("resume", run=found["id"], send=False, comment="")
    run = panel.state.processing.run
    assert run.wait(60)
    view = panel.view()["processing"]
    left = run.counts["not_sent"]
    assert left
    assert view["run"]["state"] == "only checked"
    assert view["run"]["sent"] == (
        f"The leads in doubt were checked. {left} of 40 leads were not sent, and this run cannot be resumed any more."
    )
    why = "not sent: only the leads in doubt were checked"
    for results in (run.results, panel.session.recorded(run.id)):
        assert set(results.detail[results.outcome == "not_sent"]) == {why}
    panel.close()
