"""A clock of this machine that is wrong: pauses are as long as the service asks, and whoever signs is told."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.transport import retry_after
from cvtr_widgets.sandbox import NetworkFault


@pytest.mark.parametrize("off", [-30, 30, -330, 330, 86_400])
def test_a_date_to_wait_until_is_measured_by_the_clock_that_wrote_it(off):
    there = datetime.now(UTC) + timedelta(seconds=off)
    headers = {
        "date": email.utils.format_datetime(there, usegmt=True),
        "retry-after": email.utils.format_datetime(there + timedelta(seconds=3), usegmt=True),
    }
    assert retry_after(headers) == 3


@pytest.mark.parametrize(("seconds", "words"), [(600, "10 min behind"), (-600, "10 min ahead of"), (20, "")])
def test_a_clock_that_is_minutes_off_is_said_in_the_plan_and_beside_the_signature(tmp_path, monkeypatch, seconds, words):
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path))
    with (
        cvtr.Sandbox(leads=200, seed=4, network=[NetworkFault("*", "clock", seconds=seconds)]) as sandbox,
        sandbox.connect() as client,
    ):
        session = cvtr.LeadSession(client, progress=False)
        ids = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:2]
        plan = session.plan(cvtr.mark_delivered(), ids)
        said = [warning for warning in plan.warnings if "clock" in warning]
        run = session.run(plan, confirm=True, signature="Ana Lopes")
        opened = next(entry.data for entry in session._running.journal.entries() if entry.kind == "run")
        session.close()
    assert bool(said) == bool(words)
    assert all(words in warning and "signature" in warning for warning in said)
    assert abs(opened.get("clock_offset", 0) - (seconds if words else 0)) <= 2
    assert run.counts["confirmed"] == 2
