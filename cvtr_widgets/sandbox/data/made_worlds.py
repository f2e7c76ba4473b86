"""Worlds that were made in this process a moment ago: the same one again is copied, which takes a tenth of the time.

A test suite above all starts a sandbox again and again, and would wait for its leads each time. A copy shares nothing with
what it was taken from.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from cvtr_widgets.sandbox.data.seed import SeedWorld
from cvtr_widgets.sandbox.data.store import SandboxStore
from cvtr_widgets.sandbox.data.stories import StoryWorld

MOST_LEADS = 3_200
"""A larger world is not kept: it takes about 3 KB a lead."""


def made_world(seed: int, now: datetime | None, story: str | None, leads: int) -> tuple[SeedWorld, SandboxStore]:
    """A world of its own and the store of its leads. Without ``now`` its time is that of the current minute's beginning."""
    at = now or datetime.now(UTC).replace(second=0, microsecond=0)
    if leads > MOST_LEADS:
        world = _world(seed, at, story, leads)
        return world, SandboxStore(world, leads)
    made, texts = _made(seed, at.replace(tzinfo=None), at.tzinfo, story, leads)
    world = deepcopy(made)
    return world, SandboxStore(world, leads, made=texts)


@lru_cache(maxsize=2)
def _made(seed: int, now: datetime, zone: tzinfo | None, story: str | None, leads: int) -> tuple[SeedWorld, bytes]:
    """The time apart from its zone, as equal moments of two zones are written differently in a lead's notes."""
    world = _world(seed, now.replace(tzinfo=zone), story, leads)
    store = SandboxStore(world, leads)
    try:
        return world, store.copied()
    finally:
        store.close()


def _world(seed: int, now: datetime, story: str | None, leads: int) -> SeedWorld:
    return SeedWorld(seed, now) if story is None else StoryWorld(seed, now, story, leads)
