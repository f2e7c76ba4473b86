"""Worlds with a story: the same seed makes the same one, what was planted is in the leads, and callers are not told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import SandboxError
from cvtr_widgets.sandbox.data.stories import STORIES, StoryWorld

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def leads_of(story: str, seed: int = 1, count: int = 2_000):
    world = StoryWorld(seed, NOW, story, count)
    return {made.record["id"]: made for made in world.leads(count)}, world.planted


@pytest.mark.parametrize("story", STORIES)
def test_each_story_plants_what_its_name_says_and_nothing_else(story):
    leads, planted = leads_of(story)
    assert len(leads) == 2_000
    assert {p.kind for p in planted} == set(STORIES[story])
    assert all(set(p.leads) <= set(leads) and len(p.leads) >= 5 for p in planted)
    again, same = leads_of(story)
    assert ([m.record for m in leads.values()], planted) == ([m.record for m in again.values()], same)


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_in_a_clean_world_twice_and_nobody_is_billed_wrongly(seed):
    leads, planted = leads_of("clean", seed)
    assert planted == ()
    for name in ("email", "telephone", "fingerprint", "ip"):
        values = [m.record[name] for m in leads.values() if m.record[name] is not None]
        assert len(values) == len(set(values)), name
    for made in leads.values():
        assert made.record["advertiserBillable"] == (
            made.record["deliveryStatus"] == "Delivered" and made.record["currentStatus"] == "Valid"
        )
        assert made.created <= NOW
        assert all(datetime.fromisoformat(at) <= NOW for at, *_ in made.notes)


def test_planted_duplicates_repeat_an_earlier_lead_of_the_same_campaign_within_ten_minutes():
    leads, (planted,) = leads_of("duplicates")
    created = [leads[i].created for i in planted.leads]
    assert (max(created) - min(created)).total_seconds() <= 600
    for i in planted.leads:
        mine = leads[i].record
        assert [j for j, m in leads.items() if j < i and m.record["email"] == mine["email"] and m.campaign == leads[i].campaign]


def test_a_planted_sub_id_has_many_invalid_leads_among_many():
    leads, (planted,) = leads_of("bad_sub_id")
    mine = [m for m in leads.values() if m.record["publisherSubId"] == planted.about]
    assert len(mine) >= 60
    assert len(planted.leads) / len(mine) > 0.3


def test_callers_read_the_leads_and_are_not_told_what_was_planted():
    with cvtr.Sandbox(story="typos", leads=1_000) as sandbox, sandbox.connect() as client:
        leads = cvtr.LeadSession(client, progress=False).pull()
        planted = {p.kind: p for p in sandbox.server.planted}
        new = sandbox.server.arrive(2)
        assert sandbox.server.record(new[0])["email"].endswith(".example")
    assert len(leads) == 1_000
    assert set(leads.loc[list(planted["typos"].leads), "email"].str.rpartition("@")[2]) <= {
        "gmial.com",
        "hotmial.com",
        "yaho.com",
        "outlok.com",
    }
    assert not [column for column in leads.columns if "plant" in column or "story" in column]


@pytest.mark.parametrize(
    "settings", [{"story": "cleaner"}, {"story": "clean", "leads": 10}, {"story": "clean", "leads": 100_000}]
)
def test_a_story_that_cannot_be_told_is_refused(settings):
    with pytest.raises(SandboxError, match=r"Choose (one|a number)"):
        cvtr.Sandbox(**settings)
