"""Worlds that were made in this process a moment ago: the same one again is copied, which takes a tenth of the making.

Whoever starts a sandbox again and again, a test suite above all, waits for its leads each time. A copy shares nothing
with what it was taken from.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from copy import deepcopy
from datetime import UTC, datetime

from cvtr_widgets.sandbox.data.seed import SeedWorld
from cvtr_widgets.sandbox.data.store import SandboxStore
from cvtr_widgets.sandbox.data.stories import StoryWorld

MOST_LEADS = 3_200
"""A larger world is not kept: it takes about 3 KB a lead."""
KEPT = 2
_Key = tuple[int, datetime, str | None, int]
_LOCK = threading.Lock()
_MADE: OrderedDict[_Key, tuple[SeedWorld, bytes]] = OrderedDict()


def made_world(seed: int, now: datetime | None, story: str | None, leads: int) -> tuple[SeedWorld, SandboxStore]:
    """A world of its own and the store of its leads. Without ``now`` its time is that of the current minute's beginning."""
    at = now or datetime.now(UTC).replace(second=0, microsecond=0)
    if leads > MOST_LEADS:
        return _make(seed, at, story, leads)
    key = (seed, at, story, leads)
    with _LOCK:
        if key not in _MADE:
            world, store = _make(seed, at, story, leads)
            _MADE[key] = (deepcopy(world), store.copied())
            if len(_MADE) > KEPT:
                _MADE.popitem(last=False)
            return world, store
        _MADE.move_to_end(key)
        kept, texts = _MADE[key]
        world = deepcopy(kept)
        return world, SandboxStore(world, leads, made=texts)


def _make(seed: int, now: datetime, story: str | None, leads: int) -> tuple[SeedWorld, SandboxStore]:
    world = SeedWorld(seed, now) if story is None else StoryWorld(seed, now, story, leads)
    return world, SandboxStore(world, leads)
