"""A world of many leads in outline: only what they are found and counted by. The rest of a lead is made when it is read.

A million leads in full take a minute and a half and 3 GB. Their outlines follow from the same draws in the same order, so
that a block of them, made in full later from where the dice stood, is what it would have been at the start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cvtr_widgets.sandbox.data.seed import (
    CAMPAIGNS,
    CATEGORIES,
    CHANNELS,
    COMPANIES,
    JOBS,
    OFFSETS,
    PEOPLE,
    PUBLISHERS,
    REASONS,
    TITLES,
    MadeLead,
    SeedWorld,
    integrations_of,
    qa_status,
)

BLOCK = 1_000
_CAMPAIGNS = tuple((own, advertiser, str(integrations_of(own)[:1])) for own, (_, advertiser, _) in CAMPAIGNS.items())
_PUBLISHERS, _INVALID = tuple(PUBLISHERS), tuple(REASONS["invalid"])
_CHECKS = tuple(name == "E-mail check" for name, kind in JOBS if kind == "quality_assurance")

Row = tuple[int, int, int, int, int, str, str, str]
"""``id, created (s), campaign, advertiser, publisher, status, delivery, sent_to (JSON)``, as the store keeps it."""


class OutlinedLeads:
    """The first ``count`` leads of a world, which then stands where it would stand had it made them in full."""

    def __init__(self, world: SeedWorld, count: int) -> None:
        self._world = world
        self._count = count
        self._blocks: list[tuple[Any, int]] = []
        self._firsts: list[int] = []
        self._last = 0

    def rows(self, note: int) -> Iterator[tuple[Row, int]]:
        """What each lead is found by, and the number of its last note. They are numbered on from ``note``."""
        for n in range(self._count):
            if n % BLOCK == 0:
                self._blocks.append((self._world.standing(), note))
            row, notes = self._outline(self._world.moment(n, self._count))
            if n % BLOCK == 0:
                self._firsts.append(row[0])
            note += notes
            self._last = row[0]
            yield row, note

    def block_of(self, lead_id: int) -> int | None:
        """The block that a lead belongs to; None if it is none of these."""
        return bisect_right(self._firsts, lead_id) - 1 if self._firsts and self._firsts[0] <= lead_id <= self._last else None

    def block(self, number: int) -> tuple[Iterator[MadeLead], int]:
        """Its leads in full, and the number of the last note before theirs."""
        standing, note = self._blocks[number]
        world = self._world.standing_at(standing)
        return world.leads(self._count, number * BLOCK, min((number + 1) * BLOCK, self._count)), note

    def _outline(self, at: datetime) -> tuple[Row, int]:
        """One lead by the draws of ``SeedWorld.lead``, in their order; how many notes it has."""
        dice = self._world.dice
        draw, chance = dice.below, dice.random
        lead_id = self._world.next_id()
        campaign, advertiser, integration = _CAMPAIGNS[draw(len(_CAMPAIGNS))]
        publisher = _PUBLISHERS[draw(len(_PUBLISHERS))]
        failed = [mail for mail in _CHECKS if chance() < 0.16]
        hardfail = any(failed) and chance() < 0.5
        status = qa_status(300 - sum((40, 55, 100)[draw(3)] for _ in failed), 300, hardfail=hardfail)
        # offset, person, pay, sub id and whether it is there, channel, e-mail, telephone, opt-in, allocation
        # Only drawn, to move the dice on: whatever SeedWorld.lead draws has to be drawn here too, in the same order, or the block
        # made later is another one.
        for sides in (len(OFFSETS), len(PEOPLE), 3, 40, 2, len(CHANNELS), 3, 1_000, 3, 2):
            draw(sides)
        processed = chance() < 0.98
        for sides in (len(COMPANIES), len(TITLES), 3):
            draw(sides)
        status, delivered, notes = self._fate(status, processed=processed)
        delivery, sent_to = ("Delivered", integration) if delivered else ("Not Delivered", "[]")
        return (lead_id, int(at.timestamp()), campaign, advertiser, publisher, status, delivery, sent_to), notes

    def _fate(self, status: str, *, processed: bool) -> tuple[str, bool, int]:
        """Status, whether it was delivered, and how many notes tell of it."""
        dice = self._world.dice
        notes, delivered = 1, False
        if status == "Valid" and dice.random() < 0.6 and processed:
            dice.random()
            delivered, notes = True, notes + 1
        chance = dice.random()
        if status != "Invalid" and chance < 0.08:
            if _INVALID[dice.below(len(_INVALID))] == 31:
                dice.below(len(CATEGORIES))
            dice.below(2)
            status, notes = "Invalid", notes + 1
        elif chance < 0.11:
            status, notes = "Test", notes + 1
        return status, delivered, notes + (dice.random() < 0.02)
