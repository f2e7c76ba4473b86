"""What runs from this machine did to leads, or may still do: what the caps of a policy are counted by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cvtr_widgets.journal.hash_chain import time_of
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.models import Identity, LeadId, Outcome
from cvtr_widgets.plans.policy_facts import Done
from cvtr_widgets.runs.replay import Recorded, replay

MAY_BE_DONE = frozenset({Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.CONTRADICTED, Outcome.UNKNOWN})
"""Outcomes after which the action may have been applied."""


class DoneLeads:
    """Reads journals, and keeps the runs that it has read until something new is noted of them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, str], Recorded] = {}

    def look(self, journal: Journal, identity: Identity, since: datetime, *, resumed: str = "") -> list[Done]:
        """What the runs of this enterprise (at this address, in this sandbox), of whichever account, did since a moment.

        A lead counts that was sent and was not refused, from when it was settled; one whose outcome is not known yet, and every
        lead of a run that has not ended, counts now. ``resumed``: the run that asks, whose leads that are not sent do not count.
        Leads that a run was confirmed to have taken back do not count for the runs that it took back.

        Raises:
            JournalError: the journal cannot be read.
        """
        found, back = self.both(journal, identity, since, resumed=resumed)
        return without(found, back)

    def both(
        self, journal: Journal, identity: Identity, since: datetime, *, resumed: str = ""
    ) -> tuple[list[Done], set[tuple[str, LeadId]]]:
        """The same before what was taken back is taken off, and what was (run and lead): for several journals together.

        Raises:
            JournalError: as ``look``.
        """
        found: list[Done] = []
        back: set[tuple[str, LeadId]] = set()
        for run_id in _since(journal, identity, since):
            run = self._run(journal, run_id)
            undone = run.plan.undoes
            for lead_id, fate in run.fates.items():
                if fate.stage == "settled" and fate.outcome is Outcome.CONFIRMED:
                    back.update((other, lead_id) for other in undone)
            found += _done(run, resumed=run_id == resumed)
        return found, back

    def _run(self, journal: Journal, run_id: str) -> Recorded:
        key = (journal.path, run_id)
        kept = self._kept.get(key)
        if kept is None or any(True for _ in journal.rows(run_id, after=kept.last)):
            kept = self._kept[key] = replay(journal, run_id)
        return kept


def without(found: list[Done], back: set[tuple[str, LeadId]]) -> list[Done]:
    """What is left when what was taken back is taken off."""
    return [one for one in found if (one.run_id, one.lead_id) not in back]


def _since(journal: Journal, identity: Identity, since: datetime) -> list[str]:
    """The runs of this platform that have not ended, or have ended since."""
    ends: dict[str, datetime | None] = {}
    for entry in journal.each(kinds=("run", "claim", "end")):
        if entry.kind == "run":
            if _same_platform(entry.data, identity):
                ends[entry.run] = None
        elif entry.run in ends:
            ends[entry.run] = time_of(entry.at) if entry.kind == "end" else None
    return [run for run, end in ends.items() if end is None or end >= since]


def _same_platform(said: dict[str, Any], identity: Identity) -> bool:
    """Whether a run was, or may have been, about leads of this platform: an older version did not note the address."""
    mine = (identity.enterprise, identity.sandbox, identity.world)
    if (said.get("enterprise"), said.get("sandbox"), said.get("world", "")) != mine:
        return False
    return bool(identity.world) or said.get("origin", "") in {"", identity.origin}


def _done(run: Recorded, *, resumed: bool) -> Iterator[Done]:
    entries = {e.lead_id: e for e in run.plan.sendable}
    for wanted_id, fate in run.fates.items():
        open_ = fate.stage in {"doubt", "answered"} or (fate.stage == "not_sent" and run.ended is None and not resumed)
        if not open_ and not (fate.stage == "settled" and fate.outcome in MAY_BE_DONE):
            continue
        entry = entries[wanted_id]
        action, state = run.plan.groups[entry.group][0], entry.alike.state
        yield Done(
            run.run_id, wanted_id, str(action.kind), action.reason,
            None if state is None else state.publisher_id, None if state is None else state.campaign_id,
            None if open_ else fate.finished_at,
        )  # fmt: skip
