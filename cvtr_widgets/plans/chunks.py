"""Cutting a plan: chunks, which each get one request, and blocks of chunks, which are read together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.models import Action, LeadId, LeadReads
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.request_limits import Limits

WIDE = 1_000
"""Leads read together where the service does not filter by id: a campaign's range then serves many of them."""


WAVE = 100
"""Leads that are signed for or whose action cannot be undone: so many are on their way at once, so that Cancel still helps."""
WAVE_CHUNK = 50
"""The most of them in one request, however many a request may hold: what is in it cannot be called back."""


def final(action: Action) -> bool:
    """Whether what it does cannot be undone; such leads are always read just before they are sent."""
    return bool(ROWS[action.kind].final) or bool(action.integrations)


def threads_for(plan: Plan, limits: Limits) -> int:
    """How many writes of a plan are on their way at once: fewer where they are signed for, or cannot be undone."""
    if in_waves(plan):
        return max(1, min(limits.in_flight, WAVE // min(limits.chunk, WAVE_CHUNK)))
    return max(1, limits.in_flight)


def in_waves(plan: Plan) -> bool:
    """Whether only few leads of it may be on their way at once."""
    return plan.needs_signature or any(final(action) for action, _ in plan.by_group)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Leads that get the very same request."""

    number: int
    action: Action
    ids: tuple[LeadId, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Chunks whose leads are read together, before they are sent and after."""

    chunks: tuple[Chunk, ...]

    @property
    def ids(self) -> tuple[LeadId, ...]:
        """The leads of all its chunks."""
        return tuple(i for chunk in self.chunks for i in chunk.ids)


def block_size(service: LeadReads, way: str) -> int:
    """How many leads are best read together, by the way in which they are read."""
    return max(service.limits.chunk, service.limits.page if way == "id filter" else WIDE)


def chunks_of(
    plan: Plan, size_of: Callable[[Action], int], *, only: Collection[LeadId] | None = None, first: int = 1
) -> Iterator[Chunk]:
    """The leads to be sent (``only`` these), in order, cut so that each chunk has one action and fits into one call of it."""
    buckets: dict[tuple[int, tuple[int, ...]], list[LeadId]] = {}
    actions: dict[tuple[int, tuple[int, ...]], Action] = {}
    for entry in plan.sendable:
        if only is None or entry.lead_id in only:
            key = (entry.group, entry.integrations)
            buckets.setdefault(key, []).append(entry.lead_id)
            if key not in actions:
                actions[key] = plan.action(entry)
    most = WAVE_CHUNK if in_waves(plan) else len(plan.sendable)
    for key, ids in buckets.items():
        size = min(size_of(actions[key]), most)
        for start in range(0, len(ids), size):
            yield Chunk(first, actions[key], tuple(ids[start : start + size]))
            first += 1


def blocks_of(chunks: Iterator[Chunk], leads: int) -> Iterator[Block]:
    """Chunks put together, up to so many leads a block."""
    held: list[Chunk] = []
    count = 0
    for chunk in chunks:
        if held and count + len(chunk.ids) > leads:
            yield Block(tuple(held))
            held, count = [], 0
        held.append(chunk)
        count += len(chunk.ids)
    if held:
        yield Block(tuple(held))
