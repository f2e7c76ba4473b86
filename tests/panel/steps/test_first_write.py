"""The first write of an action, and the leads after it: one job to the user, whatever runs it takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import Mishap, SandboxServer
from tests.panel.conftest import Driven


@pytest.fixture
def live(tmp_path, monkeypatch) -> Iterator[Driven]:
    """A service that does not say that it is a sandbox."""
    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path / "journal"))
    with SandboxServer(leads=400, seed=3, pretend_live=True, queue_delay=0.1) as server:
        name, password, _ = server.users["admin"]
        made = Driven(server, cvtr.connect("acme", name, password, url=server.url))
        yield made
        made.close()


def write_first(live: Driven) -> None:
    report = live.state.processing.first.report
    for place in range(len(report.asks)):
        live.say("agree", place=place, on=True)
    live.say("first", fingerprint=report.plan.fingerprint)


def test_the_first_lead_is_among_the_results_and_is_taken_back_with_the_others(live):
    ids = [lead_id for lead_id in live.server.lead_ids(status="Invalid") if live.server.lead(lead_id)["reason"] == "Duplicate"][
        :4
    ]
    live.plan(ids, "test", reason="own", own_reason="mine")
    write_first(live)
    assert sum(bool(live.server.effects(lead_id)) for lead_id in ids) == 1
    live.say("confirm", on=True)
    assert live.run() == {"confirmed": 4}
    results = live.state.processing.results
    assert sorted(results.index) == sorted(ids)
    assert results["action"].dtype == "category"
    assert live.view()["processing"]["run"]["what"] == "This run: Test, reason mine (own words): 4 leads."

    live.say("undo_run")
    assert live.state.processing.plan.will_change == 4
    while live.state.processing.first.waiting:  # one for each way of writing that is new
        write_first(live)
    live.say("confirm", on=True)
    assert live.run() == {"confirmed": 4}
    assert {live.server.lead(lead_id)["status"] for lead_id in ids} == {"Invalid"}


def test_a_yes_to_another_first_write_counts_for_nothing(live):
    ids = live.server.lead_ids(status="Caution")[:4]
    live.plan(ids[:2], "test", reason="own", own_reason="mine")
    old = live.state.processing.first.report.plan.fingerprint
    live.plan(ids[2:], "test", reason="own", own_reason="mine")
    asks = range(len(live.state.processing.first.report.asks))
    for place in asks:
        live.say("agree", place=place, on=True, fingerprint=old)
    assert not live.state.processing.first.agreed
    for place in asks:
        live.say("agree", place=place, on=True)
    live.select(ids)  # another selection, and the one that was there again
    live.select(ids[2:])
    live.say("go", step=3)
    assert not live.state.processing.first.agreed
    live.select(ids)
    assert live.view()["processing"]["first"]["blockers"] == [
        "The selection has changed since this plan was made. Preview again."
    ]
    assert not any(live.server.effects(lead_id) for lead_id in ids)


def test_a_first_write_that_was_not_as_intended_is_not_called_nothing(live):
    live.server.mishaps = [Mishap("leads-bulk-flag", "lie")]
    ids = live.server.lead_ids(status="Caution")[:4]
    live.plan(ids, "test", reason="own", own_reason="mine")
    assert live.view()["processing"]["plan"]["sent"] == "nothing has been sent"
    write_first(live)
    view = live.view()["processing"]
    assert not live.state.processing.first.report.ok
    assert view["plan"]["sent"] == "one lead was written first, nothing else has been sent"
    assert view["summary"].endswith(view["plan"]["sent"])
