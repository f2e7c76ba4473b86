"""What a plan holds, as a frozen value: its leads and actions, and the counts and sentences that follow from them.

It writes and shows nothing by itself, so that what writes a plan down (``plan_data``, ``plan_file_writer``), its fingerprint
and its frame build on it; ``Plan`` puts these together.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cvtr_widgets.actions import catalogue
from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.arguments import checked
from cvtr_widgets.models import Action, LeadId, Provenance, Verdict
from cvtr_widgets.plans.how_selected import WordRuns
from cvtr_widgets.plans.plan_entries import Cost, PlanEntry
from cvtr_widgets.plans.policy_records import CapCount, PolicyException, WayBack
from cvtr_widgets.plans.read_age import Moment


@dataclass(frozen=True)
class PlanContent:
    """What a plan holds, and what follows from it; ``Plan`` says what each part means."""

    enterprise: str
    user_id: int | None
    sandbox: bool
    dialect_hash: str
    groups: tuple[tuple[Action, tuple[LeadId, ...]], ...]
    entries: tuple[PlanEntry, ...]
    warnings: tuple[str, ...]
    money: tuple[str, ...]
    cost: Cost
    made_at: datetime
    read_at: datetime
    fresh: bool
    fingerprint: str
    include_cannot_tell: bool = False
    costs: Mapping[str, Cost] = field(default_factory=dict)
    left_out: tuple[tuple[LeadId, str], ...] = ()
    world: str = ""
    origin: str = ""
    account: str = ""
    masked: bool | None = None
    provenance: Provenance | None = None
    rule: str = ""
    policy: str = ""
    how_selected: WordRuns = field(default=(), compare=False)
    caps: tuple[CapCount, ...] = ()
    exception: PolicyException | None = None
    good_until: datetime | None = None
    undoes: tuple[str, ...] = ()
    integration_names: Mapping[int, str] = field(default_factory=dict, compare=False, repr=False)
    ways: tuple[WayBack, ...] = field(default=(), compare=False, repr=False)
    moment: Moment | None = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        told = ", ".join(f"{n} {v}" for v, n in self.counts.items() if n)
        return f"<Plan {self.short}: {told or 'no leads'}>"

    @property
    def short(self) -> str:
        """The fingerprint's beginning, for people."""
        return f"{self.fingerprint[:4]}-{self.fingerprint[4:8]}"

    @property
    def total(self) -> int:
        """Leads in the plan."""
        return len(self.entries)

    @property
    def counts(self) -> dict[str, int]:
        """Leads by verdict; adds up to ``total``."""
        found = Counter(id(e.alike.verdict) for e in self.entries)  # hashing 100,000 of an enumeration takes its time
        return {str(v): found[id(v)] for v in Verdict}

    @property
    def will_change(self) -> int:
        """Leads that would be sent."""
        return len(self.sendable)

    @cached_property
    def sendable(self) -> tuple[PlanEntry, ...]:
        """The entries that a run sends."""
        # Not with ``sends``, which checks its argument: that took as long again for each of 10,000 entries.
        return tuple(entry for entry in self.entries if self._sends(entry))

    @checked
    def sends(self, entry: PlanEntry) -> bool:
        """Whether a run sends this entry."""
        return self._sends(entry)

    def _sends(self, entry: PlanEntry) -> bool:
        verdict = entry.alike.verdict
        return verdict is Verdict.WILL_CHANGE or (self.include_cannot_tell and verdict is Verdict.CANNOT_TELL)

    @checked
    def action(self, entry: PlanEntry) -> Action:
        """The action for one entry, with the integrations that this lead gets."""
        action = self.groups[entry.group][0]
        # Each lead is sent to those of the chosen integrations that its campaign has, so one action of the plan may be several on
        # the wire.
        if action.integrations and entry.integrations != action.integrations:
            return dataclasses.replace(action, integrations=entry.integrations)
        return action

    @cached_property
    def by_group(self) -> list[tuple[Action, int]]:
        """The actions that a run carries out, each with its number of leads."""
        found = Counter(e.group for e in self.sendable)
        return [(action, found[i]) for i, (action, _) in enumerate(self.groups) if found[i]]

    @property
    def statement(self) -> str:
        """The sentence that is confirmed or signed."""
        parts = [catalogue.statement(action, number) for action, number in self.by_group]
        if parts and self.exception is not None:
            made = self.exception
            parts.append(f"Exception from the policy for {catalogue.count_of(len(made.leads))} by {made.name}: {made.reason}.")
        return " ".join(parts) if parts else "No lead would change."

    @property
    def button(self) -> str:
        """What the last button says."""
        parts = self.by_group
        if len(parts) == 1:
            return catalogue.button(*parts[0])
        return f"Carry out for {catalogue.count_of(self.will_change)}" if parts else "No lead would change"

    @property
    def needs_signature(self) -> bool:
        """Delivered and Undelivered are signed."""
        return any(ROWS[a.kind].danger == "signature" for a, _ in self.by_group)

    @property
    def needs_count(self) -> bool:
        """Delete takes the number of leads as confirmation."""
        return any(ROWS[a.kind].danger == "count" for a, _ in self.by_group)

    @property
    def needs_tick(self) -> bool:
        """Everything but Test and Other asks for the tick box."""
        return any(ROWS[a.kind].danger != "plain" for a, _ in self.by_group)
