"""A large world is made in outline at first, and is the world that it would have been in full."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cvtr_widgets.sandbox import SandboxServer
from cvtr_widgets.sandbox.data.lazy_leads import BLOCK, OutlinedLeads
from cvtr_widgets.sandbox.data.seed import SeedWorld, text_of
from cvtr_widgets.sandbox.data.store import MOST_IN_FULL

from .conftest import Caller

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("seed", [1, 2, 99])
def test_outlines_and_full_leads_follow_from_the_same_draws(seed):
    count = 2 * BLOCK + 17
    full, outlined = SeedWorld(seed, NOW), SeedWorld(seed, NOW)
    whole = list(full.leads(count))
    outlines = OutlinedLeads(outlined, count)
    rows = list(outlines.rows(0))
    notes = 0
    for (row, note), made in zip(rows, whole, strict=True):
        notes += len(made.notes)
        record = made.record
        assert row[:5] == (record["id"], int(made.created.timestamp()), made.campaign, made.advertiser, made.publisher)
        assert (row[5], row[6], json.loads(row[7])) == (record["currentStatus"], record["deliveryStatus"], made.sent_to)
        assert note == notes
    for number in (2, 0, 1):
        made_again, _ = outlines.block(number)
        texts = [text_of(made.record) for made in made_again]
        assert texts == [text_of(made.record) for made in whole[number * BLOCK : (number + 1) * BLOCK]]
    assert text_of(outlined.lead(NOW).record) == text_of(full.lead(NOW).record)


def test_a_large_world_answers_as_a_small_one_does():
    with SandboxServer(leads=MOST_IN_FULL + 1, seed=5) as server:
        caller = Caller(server).enter()
        assert caller.total() == MOST_IN_FULL + 1
        first, last = caller.ids(("page", 1)), caller.ids(("page", MOST_IN_FULL // 100 + 1))
        assert len(first) == 100
        assert len(last) == 1
        lead = caller.get(f"leads/{last[0]}").json()
        assert lead["id"] == last[0]
        before = len(lead["leadNotes"])
        assert before > 0
        assert caller.write("leads-bulk-flag", first[7], flag="test", flagReason=21).status_code == 200
        assert server.lead(first[7])["status"] == "Test"
        server.delete(first[9])
        assert caller.get(f"leads/{first[9]}").status_code == 404
        arrived = server.arrive(2)
        assert caller.ids()[:2] == arrived[::-1]
        numbers = [
            int(note.rsplit("/", 1)[1])
            for lead_id in (*arrived, last[0])
            for note in caller.get(f"leads/{lead_id}").json()["leadNotes"]
        ]
        assert len(set(numbers)) == len(numbers)
        caller.http.close()
