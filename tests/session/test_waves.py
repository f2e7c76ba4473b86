"""Leads that are signed for, and those whose action cannot be undone, go out few at a time, however many a request may hold."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.models import RunState
from tests.runs.conftest import Gate, until

WAVE = 100


def changed(sandbox, ids):
    return sum(bool(sandbox.server.effects(lead_id)) for lead_id in ids)


@pytest.mark.parametrize("chunk", [20, 200, 500])
@pytest.mark.parametrize(
    ("action", "of", "given"),
    [
        (cvtr.mark_delivered(), {"status": "Valid", "delivery": "Not Delivered"}, {"signature": "Mary Manager", "confirm": True}),
        (cvtr.reprocess(), {}, {"confirm": True}),
        (cvtr.delete(), {}, {"confirm": 240}),
    ],
    ids=["signed", "reprocessed", "deleted"],
)
def test_cancel_holds_back_all_but_one_wave(open_session, chunk, action, of, given):
    with cvtr.Sandbox(leads=2_400, seed=4) as sandbox:
        ids = sandbox.server.lead_ids(**of)[:240]
        assert len(ids) == 240
        gate = Gate("answered")
        with sandbox.connect("admin", limits=cvtr.Limits(chunk=chunk, page=500)) as client:
            session = cvtr.LeadSession(client, progress=False, on_step=gate)
            run = session.start(session.plan(action, ids), **given)
            until(lambda: changed(sandbox, ids) > 0)
            run.cancel()
            gate.open()
            assert run.wait(120)
            assert run.state is RunState.CANCELLED
            out = 240 - run.counts["not_sent"]
            assert 0 < changed(sandbox, ids) == out <= WAVE
            session.close()
