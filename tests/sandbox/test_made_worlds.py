"""A sandbox of a world that was made a moment ago: the same leads, and nothing shared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cvtr_widgets.sandbox import SandboxServer
from cvtr_widgets.sandbox.data.made_worlds import made_world

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(("leads", "story"), [(60, None), (1_000, "bad_month")])
def test_the_same_world_again_has_the_same_leads_and_shares_nothing(leads, story):
    with SandboxServer(leads=leads, seed=77, story=story, now=NOW) as first:
        ids = first.lead_ids()
        before = [first.record(lead_id) for lead_id in ids]
        first.change(ids[0], status="Test", comment="only here")
        arrived = first.arrive(3)
        planted = first.planted
    for _ in range(2):
        with SandboxServer(leads=leads, seed=77, story=story, now=NOW) as again:
            assert again.lead_ids() == ids
            assert [again.record(lead_id) for lead_id in ids] == before
            assert again.arrive(3) == arrived
            assert again.planted == planted


def test_another_seed_number_or_moment_is_another_world():
    def made(**wanted):
        with SandboxServer(**{"leads": 40, "seed": 78, "now": NOW, **wanted}) as server:
            return [server.record(lead_id) for lead_id in server.lead_ids()]

    usual = made()
    assert made() == usual
    assert made(seed=79) != usual
    assert made(leads=41)[:40] != usual
    assert made(now=datetime(2026, 11, 21, tzinfo=UTC)) != usual


def test_the_same_moment_in_another_zone_is_written_in_that_zone():
    zones = [timezone(timedelta(hours=hours)) for hours in (0, 5)]
    worlds = [made_world(79, NOW.astimezone(zone), None, 40)[0] for zone in zones]
    assert [world.moment(0, 40).tzinfo for world in worlds] == zones
