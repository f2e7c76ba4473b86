"""What a run takes: requests and seconds, for each way of reading back."""

from __future__ import annotations

import math
from collections.abc import Collection

from cvtr_widgets.actions.catalogue import Family, family_of
from cvtr_widgets.actions.read_back_proof import SLOW
from cvtr_widgets.models import LeadId, LeadReads
from cvtr_widgets.plans.chunks import block_size, blocks_of, chunks_of, threads_for
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import Cost
from cvtr_widgets.plans.verify_mode import MODES_SHOWN, Verify, verify_way

IDS_A_REQUEST = 25
"""Deleted leads that are asked after between two readings of another one."""
SECONDS_A_REQUEST = 0.3
"""An assumption until this session has measured better: nobody has published Convertr's latency."""


def requests_of(plan: Plan, service: LeadReads, ways: Collection[Verify], *, only: Collection[LeadId] | None = None) -> list[int]:
    """Requests that a run takes (for the leads ``only``), for each way of reading back.

    Every block of leads is read before it is sent, so that what has changed is held back (unless the plan's own reading is fresh
    enough); each chunk is one write; then those that the way names are read again. Doubt and slow effects cost further readings.
    """
    ids = [e.lead_id for e in plan.sendable if only is None or e.lead_id in only]
    if not ids:
        return [0 for _ in ways]
    read = service.fetch_cost(ids)
    by_id = read.way == "id filter"
    chunks = list(chunks_of(plan, service.chunk, only=only))
    blocks = list(blocks_of(iter(chunks), block_size(service, read.way)))
    checks = 0
    for block in blocks:
        asked = sum(len(c.ids) for c in block.chunks if family_of(c.action) is Family.DELIVERY)
        checks += math.ceil(asked / service.limits.chunk)
    reading = (len(blocks) if by_id else read.requests) + checks
    # What a filter does not find is asked for by itself before it counts as deleted.
    gone = sum(len(c.ids) for c in chunks if family_of(c.action) is Family.DELETION)
    # Another lead is read before and after some of them, and has to be found first.
    others = 2 * math.ceil(gone / IDS_A_REQUEST) + 1 if gone else 0
    gone = others + (gone if by_id else 0)
    found = []
    for way in ways:
        share = {"all": 1.0, "sample": min(1.0, way.number / len(ids))}.get(way.way, 0.0)
        found.append(reading + len(chunks) + math.ceil(reading * share) + math.ceil(gone * share))
    return found


def seconds_of(requests: float, latency: float | None, at_once: int) -> float:
    """Seconds that so many requests take, so many at once; at least three follow each other (read, send, read back)."""
    one = SECONDS_A_REQUEST if latency is None else latency
    return max(requests / max(1, at_once), min(requests, 3)) * one


def limit_wait(requests: float, usage: tuple[int, int], waiting: float, window: float) -> float:
    """Seconds for which the request limit makes so many requests wait. ``usage``: used and allowed now.

    An upper bound: the allowance comes back bit by bit, and here all at once.
    """
    used, allowed = usage
    over = requests - max(0, allowed - used)
    return 0.0 if over <= 0 else (math.ceil(over / max(1, allowed)) - 1) * window + (waiting or window)


def costs_of(plan: Plan, service: LeadReads) -> dict[str, Cost]:
    """The cost of a run for ``all``, ``doubtful``, ``sample:100`` and ``none``: what the plan's own requests took is what
    those of the run will take.
    """
    limits = service.limits
    since = None if plan.moment is None else plan.moment.steady
    way = service.fetch_cost([e.lead_id for e in plan.sendable]).way
    slow = any(family_of(action) in SLOW for action, number in plan.by_group if number)
    after = ", and what the service takes to reprocess them" if slow else ""
    found = {}
    numbers = requests_of(plan, service, [verify_way(name) for name in MODES_SHOWN])
    for name, requests in zip(MODES_SHOWN, numbers, strict=True):
        seconds = seconds_of(requests, service.latency(since=since), threads_for(plan, limits))
        held = limit_wait(requests, service.usage(), service.waiting(), limits.window)
        found[name] = Cost(requests, seconds + held, way, after=after)
    return found
