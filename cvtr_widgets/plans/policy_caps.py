"""A policy applied to a plan: what it forbids for each lead, which leads are over a cap, and whether that still holds when the
plan is run.

Leads are counted once for each cap: a lead that our runs have already done this to within the period takes no more room. Where a
cap has room for some leads only, those that come first in the plan are taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import PlanOutOfDate
from cvtr_widgets.models import Action, Lead, LeadId, LeadState, Verdict
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import PlanEntry, SharedEntry
from cvtr_widgets.plans.policy import Cap, Policy
from cvtr_widgets.plans.policy_records import CapCount

POLICY = "policy: "
"""How the reason of a verdict begins where the policy is the reason, and an exception can be made."""
NEVER = "policy, without exception: "
STALE = timedelta(days=1)
"""How long a count of the last so many days may be used."""
_NONE: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Done:
    """What a run from here did, or may still do, to a lead; ``until``: when it was settled (None: it is still open)."""

    run_id: str
    lead_id: LeadId
    kind: str
    reason: str | None
    publisher_id: int | None
    campaign_id: int | None
    until: datetime | None


@dataclass(frozen=True)
class HouseRules:
    """A policy, and what it is held against: ``done``: by runs from here, since the earliest period began; ``came_in``: by cap,
    how many leads of each group came in; ``advertisers``: campaign -> advertiser; ``names``: "publisher" (...) -> id -> name.
    """

    policy: Policy = field(default_factory=Policy)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    zone: tzinfo = UTC
    done: Collection[Done] = ()
    came_in: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    advertisers: Mapping[int, int] = field(default_factory=dict)
    names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    # -- one lead -----------------------------------------------------------------------------------------------------

    def against(self, action: Action, lead: Lead | None) -> str:
        """Why this action must not be done to this lead; empty where it may be. Caps are not looked at."""
        kind, policy = action.kind, self.policy
        if str(kind) in policy.never:
            return f"{NEVER}{kind} is never done here"
        if lead is None:
            return ""
        oldest = policy.oldest(kind)
        if oldest is not None:
            days, created = oldest / timedelta(days=1), moment_of(lead.created)
            if created is None:
                return f"{POLICY}{kind} only for leads up to {days:g} days old, and this lead's age is not known"
            if self.now - created > oldest:
                return f"{POLICY}{kind} only for leads up to {days:g} days old"
        return self._reason(action, lead.state)

    def _reason(self, action: Action, state: LeadState) -> str:
        for rule in self.policy.reasons:
            if not rule.forbids(action):
                continue
            if not rule.advertisers:
                return f"{POLICY}this reason is not allowed for {action.kind}"
            lead_id = self._advertiser(state.campaign_id)
            if lead_id is None:
                return f"{POLICY}reasons for {action.kind} depend on the advertiser, and the lead's is not known"
            if self._is_one_of("advertiser", lead_id, rule.advertisers):
                return f"{POLICY}this reason is not allowed for {action.kind} of this advertiser"
        return ""

    def _advertiser(self, campaign: int | None) -> int | None:
        return None if campaign is None else self.advertisers.get(campaign)

    def _is_one_of(self, by: str, lead_id: int, wanted: Iterable[int | str]) -> bool:
        name = self.names.get(by, _NONE).get(lead_id, "").lower()
        return any(one == lead_id if isinstance(one, int) else one.lower() == name for one in wanted)

    def notes(self) -> list[str]:
        """Sentences on names of the policy that this account does not see: their rules applied to no lead."""
        wanted = [("advertiser", one) for rule in self.policy.reasons for one in rule.advertisers]
        wanted += [(cap.by, one) for cap in self.policy.caps for one in cap.only]
        missing = [
            (by, one)
            for by, one in dict.fromkeys(wanted)
            if not any(self._is_one_of(by, lead_id, [one]) for lead_id in self.names.get(by, ()))
        ]
        return [
            f"The policy names the {by} {one!r}, which this account cannot see, so that entry applied to no lead."
            for by, one in missing
        ]

    # -- caps ---------------------------------------------------------------------------------------------------------

    def group(self, cap: Cap, publisher: int | None, campaign: int | None) -> int | None:
        """Whose a lead is, as a cap groups leads; 0 for a cap over all. None: not known."""
        match cap.by:
            case "publisher":
                return publisher
            case "campaign":
                return campaign
            case "advertiser":
                return self._advertiser(campaign)
        return 0

    def used(self, cap: Cap) -> Callable[[int], set[LeadId]]:
        """The leads that count already in the period, by group. Those of which the journal does not say whose they are count for
        every group.
        """
        since = cap.since(self.now, self.zone)
        found: dict[int, set[LeadId]] = defaultdict(set)
        anybody: set[LeadId] = set()
        for one in self.done:
            if not cap.is_about(one.kind, one.reason) or (one.until is not None and one.until < since):
                continue
            group = self.group(cap, one.publisher_id, one.campaign_id)
            # On the safe side: a lead of nobody known could be anybody's, so it takes room everywhere.
            (anybody if group is None else found[group]).add(one.lead_id)
        return lambda group: found[group] | anybody

    def most(self, cap: Cap, group: int) -> tuple[int, int | None]:
        """How many leads of a group are allowed, and of how many that is."""
        of = None if cap.percent is None else self.came_in.get(cap.name, _NONE).get(group, 0)
        return cap.most(of), of

    def capped(
        self, entries: Sequence[PlanEntry], actions: Sequence[Action], sends: Callable[[PlanEntry], bool]
    ) -> tuple[tuple[PlanEntry, ...], tuple[CapCount, ...]]:
        """The entries of a plan with those over a cap not allowed, and how each cap stands for each group in the plan."""
        if not self.policy.caps:
            return tuple(entries), ()
        rooms = [_Room(self, cap) for cap in self.policy.caps]
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

    def must_still_fit(self, plan: Plan, todo: Collection[LeadId]) -> None:
        """Refuse to send ``todo`` of a plan where that would exceed a cap by now. A count of leads for a cap in per cent is the
        plan's; it holds for the calendar period in which it was made, or for a day.

        Raises:
            PlanOutOfDate: as said.
        """
        excepted = set() if plan.exception is None else set(plan.exception.leads)
        entries = [e for e in plan.sendable if e.lead_id in todo and e.lead_id not in excepted]
        for cap in self.policy.caps:
            new: dict[int, set[LeadId]] = defaultdict(set)
            for entry in entries:
                action, state = plan.groups[entry.group][0], entry.alike.state
                if state is None or not cap.is_about(str(action.kind), action.reason):
                    continue
                group = self.group(cap, state.publisher_id, state.campaign_id)
                if group is None:
                    raise PlanOutOfDate(
                        f"The policy's cap {cap.words}: it is not known who some of these leads belong to. Plan again."
                    )
                if self.counts_for(cap, group):
                    new[group].add(entry.lead_id)
            used = self.used(cap)
            for group, ids in new.items():
                already = used(group)
                room = self._most_of(plan, cap, group) - len(already)
                if (more := len(ids - already)) > max(0, room):
                    raise PlanOutOfDate(
                        f"The policy's cap {cap.words}: {self.called(cap, group)} has {count_of(len(already))} of it by now, and "
                        f"this plan would add {more:,}. Nothing was sent. Plan again to see which leads there is room for."
                    )

    def _most_of(self, plan: Plan, cap: Cap, group: int) -> int:
        if cap.percent is None:
            return cap.most(None)
        count = next((one for one in plan.caps if (one.cap, one.group) == (cap.name, group)), None)
        since = cap.since(self.now, self.zone)
        if count is None or (count.since != since if cap.days is None else since - count.since > STALE):
            raise PlanOutOfDate(
                f"The policy's cap {cap.words}: the leads were counted for an earlier period. Nothing was sent. Plan again."
            )
        return count.most

    def counts_for(self, cap: Cap, group: int) -> bool:
        """Whether a cap is about this group."""
        return not cap.only or self._is_one_of(cap.by, group, cap.only)

    def called(self, cap: Cap, group: int) -> str:
        """A group in words: its name, else its id."""
        return "this enterprise" if cap.by == "all" else self.names.get(cap.by, _NONE).get(group) or f"{cap.by} {group}"

    def until(self, entries: Iterable[PlanEntry], actions: Sequence[Action], leads: Mapping[LeadId, Lead]) -> datetime | None:
        """When the first of these leads will be too old for its action; None: never."""
        if not self.policy.max_age_days:
            return None
        ends = [
            created + oldest
            for entry in entries
            if (oldest := self.policy.oldest(actions[entry.group].kind)) is not None
            and entry.lead_id in leads
            and (created := moment_of(leads[entry.lead_id].created)) is not None
        ]
        return min(ends, default=None)


class _Room:
    """The room under one cap while a plan is made, by group."""

    def __init__(self, rules: HouseRules, cap: Cap) -> None:
        self.cap = cap
        self._rules = rules
        self._used = rules.used(cap)
        self._known: dict[int, tuple[set[LeadId], int, int | None]] = {}
        self._here: dict[int, int] = defaultdict(int)
        self._over: dict[int, int] = defaultdict(int)

    def _group(self, entry: PlanEntry) -> int | None:
        state = entry.alike.state
        return None if state is None else self._rules.group(self.cap, state.publisher_id, state.campaign_id)

    def _of(self, group: int) -> tuple[set[LeadId], int, int | None]:
        if group not in self._known:
            self._known[group] = (self._used(group), *self._rules.most(self.cap, group))
        return self._known[group]

    def refuses(self, entry: PlanEntry) -> str:
        """Why there is no room for a lead; empty where there is."""
        group = self._group(entry)
        if group is None:
            return f"{self.cap.words}, and the lead's {self.cap.by} is not known"
        if not self._rules.counts_for(self.cap, group):
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
        if group is None or not self._rules.counts_for(self.cap, group) or entry.lead_id in self._of(group)[0]:
            return
        (self._here if allowed else self._over)[group] += 1

    def counts(self) -> list[CapCount]:
        """The state of the cap for the groups of the plan."""
        since = self.cap.since(self._rules.now, self._rules.zone)
        return [
            CapCount(
                self.cap.name, group, self._rules.called(self.cap, group), most, of, since, len(used), self._here[group],
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


def moment_of(value: object) -> datetime | None:
    """When a lead came in, as the service or a frame says it; None where that is not a time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value != value:  # noqa: PLR0124  pandas' missing time
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
