"""The caps of a policy: which leads of a plan are over one, and whether the plan still fits when it is run.

Leads are counted once for each cap: a lead that our runs have already done this to within the period takes no more room. Where a
cap has room for some leads only, those that come first in the plan are taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta, tzinfo

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import PlanOutOfDate
from cvtr_widgets.models import Action, LeadId, Verdict
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import PlanEntry, SharedEntry
from cvtr_widgets.plans.policy import Cap, Policy
from cvtr_widgets.plans.policy_facts import PolicyFacts
from cvtr_widgets.plans.policy_per_lead import POLICY
from cvtr_widgets.plans.policy_records import CapCount

STALE = timedelta(days=1)
"""How long a count of the last so many days may be used."""


def capped(
    facts: PolicyFacts, entries: Sequence[PlanEntry], actions: Sequence[Action], sends: Callable[[PlanEntry], bool]
) -> tuple[tuple[PlanEntry, ...], tuple[CapCount, ...]]:
    """The entries of a plan with those over a cap not allowed, and how each cap stands for each group in the plan."""
    if not facts.policy.caps:
        return tuple(entries), ()
    rooms = [_Room(facts, cap) for cap in facts.policy.caps]
    held: dict[tuple[int, str], SharedEntry] = {}
    found = []
    for entry in entries:
        kind, reason = str(actions[entry.group].kind), actions[entry.group].reason
        mine = [room for room in rooms if room.cap.is_about(kind, reason)] if sends(entry) else []
        # In the plan's order: the first leads get the room that is left. One that a single cap stops is sent under none.
        why = next((no for room in mine if (no := room.refuses(entry))), "")
        for room in mine:
            room.take(entry, allowed=not why)
        if why:
            key = (id(entry.alike), why)
            held.setdefault(key, entry.alike._replace(verdict=Verdict.NOT_ALLOWED, why=POLICY + why, then=""))
            entry = entry._replace(alike=held[key])  # noqa: PLW2901
        found.append(entry)
    return tuple(found), tuple(count for room in rooms for count in room.counts())


def must_still_fit(facts: PolicyFacts, plan: Plan, todo: Collection[LeadId]) -> None:
    """Refuse to send ``todo`` of a plan where that would exceed a cap by now. A count of leads for a cap in per cent is the
    plan's; it holds for the calendar period in which it was made, or for a day.

    Raises:
        PlanOutOfDate: as said.
    """
    excepted = set() if plan.exception is None else set(plan.exception.leads)
    # Counted anew, and not taken from the plan: between planning and running, another run of this account may have used the room.
    entries = [e for e in plan.sendable if e.lead_id in todo and e.lead_id not in excepted]
    for cap in facts.policy.caps:
        new: dict[int, set[LeadId]] = defaultdict(set)
        for entry in entries:
            action, state = plan.groups[entry.group][0], entry.alike.state
            if state is None or not cap.is_about(str(action.kind), action.reason):
                continue
            group = facts.group(cap, state.publisher_id, state.campaign_id)
            if group is None:
                raise PlanOutOfDate(
                    f"The policy's cap {cap.words}: it is not known who some of these leads belong to. Plan again."
                )
            if facts.counts_for(cap, group):
                new[group].add(entry.lead_id)
        used = facts.used(cap)
        for group, ids in new.items():
            already = used(group)
            room = _most_of(facts, plan, cap, group) - len(already)
            if (more := len(ids - already)) > max(0, room):
                raise PlanOutOfDate(
                    f"The policy's cap {cap.words}: {facts.called(cap, group)} has {count_of(len(already))} of it by now, and "
                    f"this plan would add {more:,}. Nothing was sent. Plan again to see which leads there is room for."
                )


def _most_of(facts: PolicyFacts, plan: Plan, cap: Cap, group: int) -> int:
    if cap.percent is None:
        return cap.most(None)
    count = next((one for one in plan.caps if (one.cap, one.group) == (cap.name, group)), None)
    since = cap.since(facts.now, facts.zone)
    if count is None or (count.since != since if cap.days is None else since - count.since > STALE):
        raise PlanOutOfDate(
            f"The policy's cap {cap.words}: the leads were counted for an earlier period. Nothing was sent. Plan again."
        )
    return count.most


class _Room:
    """The room under one cap while a plan is made, by group."""

    def __init__(self, facts: PolicyFacts, cap: Cap) -> None:
        self.cap = cap
        self._facts = facts
        self._used = facts.used(cap)
        self._known: dict[int, tuple[set[LeadId], int, int | None]] = {}
        self._here: dict[int, int] = defaultdict(int)
        self._over: dict[int, int] = defaultdict(int)

    def _group(self, entry: PlanEntry) -> int | None:
        state = entry.alike.state
        return None if state is None else self._facts.group(self.cap, state.publisher_id, state.campaign_id)

    def _of(self, group: int) -> tuple[set[LeadId], int, int | None]:
        if group not in self._known:
            self._known[group] = (self._used(group), *self._facts.most(self.cap, group))
        return self._known[group]

    def refuses(self, entry: PlanEntry) -> str:
        """Why there is no room for a lead; empty where there is."""
        group = self._group(entry)
        if group is None:
            return f"{self.cap.words}, and the lead's {self.cap.by} is not known"
        if not self._facts.counts_for(self.cap, group):
            return ""
        used, most, of = self._of(group)
        # A lead that counts already does not count twice, however often it is done.
        if entry.lead_id in used or len(used) + self._here[group] < most:
            return ""
        of_all = "" if of is None else f" ({most:,} of {of:,})"
        return f"{self.cap.words}{of_all}; {len(used):,} are done, and earlier leads of this plan take the rest"

    def take(self, entry: PlanEntry, *, allowed: bool) -> None:
        """Count a lead that is sent, or is not because of some cap."""
        group = self._group(entry)
        if group is None or not self._facts.counts_for(self.cap, group) or entry.lead_id in self._of(group)[0]:
            return
        (self._here if allowed else self._over)[group] += 1

    def counts(self) -> list[CapCount]:
        """The state of the cap for the groups of the plan."""
        since = self.cap.since(self._facts.now, self._facts.zone)
        return [
            CapCount(
                self.cap.name, group, self._facts.called(self.cap, group), most, of, since, len(used), self._here[group],
                self._over[group],
            )
            for group, (used, most, of) in self._known.items()
        ]  # fmt: skip


def cap_words(policy: Policy, counts: Iterable[CapCount], zone: tzinfo) -> list[str]:
    """Sentences on caps: what was counted, for each group that has leads over one; how many groups there is room for."""
    said = []
    for cap in policy.caps:
        mine = [one for one in counts if one.cap == cap.name]
        for one in (one for one in mine if one.over or one.excepted):
            of = "" if one.of is None else f"{one.of:,} leads came in since then, so that {one.most:,} are allowed; "
            said.append(
                f"Policy {cap.words}. {one.name}, since {one.since.astimezone(zone):%Y-%m-%d %H:%M}: {of}{one.done:,} done by "
                f"runs from here, {one.planned:,} in this plan, {one.over:,} not allowed."
                + (f" By exception {one.excepted:,} more." if one.excepted else "")
            )
        if mine and not any(one.over or one.excepted for one in mine):
            said.append(f"Policy {cap.words}: there is room for all leads of this plan.")
    return said
