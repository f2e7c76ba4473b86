"""Making a plan: resolving reasons, reading leads, judging each, and saying what it would cost and move."""

from __future__ import annotations

import dataclasses
import difflib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol

from cvtr_widgets.actions.catalogue import FLAGS, ROWS, Family, count_of, family_of
from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.errors import Cancelled, PlanError
from cvtr_widgets.models import (
    Action,
    ActionKind,
    Choice,
    Lead,
    LeadId,
    LeadReads,
    LeadState,
    Provenance,
    Verdict,
    ordered_unique,
)
from cvtr_widgets.plans.costs import costs_of
from cvtr_widgets.plans.fingerprint import fingerprint_of
from cvtr_widgets.plans.how_selected import joined
from cvtr_widgets.plans.lead_verdict import judge
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import Cost, PlanEntry, SharedEntry, now_words, then_words
from cvtr_widgets.plans.policy_caps import cap_words, capped
from cvtr_widgets.plans.policy_facts import PolicyFacts
from cvtr_widgets.plans.policy_per_lead import good_until, unknown_names, why_forbidden
from cvtr_widgets.plans.policy_records import WayBack
from cvtr_widgets.plans.read_age import JournalPlace, Moment
from cvtr_widgets.plans.ways_back import no_way_back

CLOCK_OFF = 60.0
"""Seconds by which this machine's clock may be off without a word."""
Groups = Sequence[tuple[Action, Sequence[LeadId]]]


class Lists(Protocol):
    """The service's lists that a plan needs."""

    def reasons(self, kind: ActionKind) -> Sequence[Choice]:
        """The listed reasons of a flag."""
        ...

    def categories(self) -> Sequence[Choice]:
        """The reason categories for Returned."""
        ...

    def integrations(self, campaign_id: int) -> Sequence[Choice]:
        """The integration jobs of a campaign."""
        ...


@dataclass(frozen=True, slots=True)
class PlanReading:
    """Leads as read at one moment, and whether that was for this plan. ``said``: the delivery check's words."""

    leads: Mapping[LeadId, Lead]
    said: Mapping[LeadId, bool | None]
    at: datetime
    fresh: bool = True
    moment: Moment | None = None

    def observation(self, lead_id: LeadId) -> Observation:
        """One lead; not found where it was not read."""
        return Observation(self.leads.get(lead_id), self.said.get(lead_id))


def resolve(action: Action, lists: Lists) -> tuple[Action, list[str]]:
    """The action with its reason and category found in the service's lists, and what the user should know of that.

    Raises:
        PlanError: a category that the list does not have.
    """
    if action.kind not in FLAGS or action.reason is None:
        return action, []
    notes: list[str] = []
    listed = {c.name.lower(): c for c in lists.reasons(action.kind)}
    found = listed.get(action.reason.lower())
    if found is None:
        # A typo in a listed reason would be sent as the user's own words and be counted apart in every report.
        near = difflib.get_close_matches(action.reason.lower(), list(listed), n=1, cutoff=0.8)
        hint = f' Did you mean the listed reason "{listed[near[0]].name}"?' if near else ""
        notes.append(f'The reason "{action.reason}" is not on the service\'s list; it is sent as your own words.{hint}')
    action = dataclasses.replace(action, reason=found.name if found else action.reason, reason_choice=found)
    if action.category is None:
        return action, notes
    categories = {c.name.lower(): c for c in lists.categories()}
    category = categories.get(action.category.lower())
    if category is None:
        names = ", ".join(c.name for c in categories.values()) or "none at all"
        raise PlanError(f"The service has no category {action.category!r}. It has: {names}.")
    return dataclasses.replace(action, category=category.name, category_choice=category), notes


def read_leads(
    service: LeadReads,
    ids: Sequence[LeadId],
    deliveries: Sequence[LeadId],
    *,
    place: JournalPlace | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> PlanReading:
    """Read leads afresh, and ask the delivery check about those to be marked Delivered or Undelivered. ``place``: how far the
    journal had been written before; where it is not given, these leads are read again before they are sent. ``on_progress`` is
    called with (leads done, all leads); one that is read and then checked is done by halves.

    Raises:
        ServiceError: they cannot be read.
        Cancelled: the user stopped it.
    """
    share = len(ids) / (len(ids) + len(deliveries)) if ids else 1.0
    # Before the first request: a lead that is read is as old as the beginning of its reading. Both clocks, for one is shown and
    # noted, and the other is not touched by a change of the time of day.
    at, moment = datetime.now(UTC), Moment.now(place)
    found = service.fetch(ids, tick=lambda n: on_progress(int(share * n), len(ids)), cancelled=cancelled)
    # The check is not asked about leads that are not there: its answer would have no lead to go with.
    there = [i for i in deliveries if i in found]
    checked = lambda n: on_progress(int(share * (len(ids) + n)), len(ids))  # noqa: E731
    said = service.is_delivered(there, tick=checked, cancelled=cancelled) if there else {}
    if cancelled():
        raise Cancelled("The preview was stopped. Nothing was sent; preview again when you like.")
    return PlanReading(found, said, at, moment=moment)


def make_plan(
    service: LeadReads,
    lists: Lists,
    groups: Groups,
    *,
    reading: PlanReading | None = None,
    place: JournalPlace | None = None,
    include_cannot_tell: bool = False,
    left_out: Sequence[tuple[LeadId, str]] = (),
    notes: Sequence[str] = (),
    held: Mapping[LeadId, str] = MappingProxyType({}),
    provenance: Provenance | None = None,
    rule: str = "",
    how_selected: Iterable[tuple[str, int]] = (),
    rules: PolicyFacts | None = None,
    undoes: Sequence[str] = (),
    ways: Sequence[WayBack] = (),
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Plan:
    """A dry run. Nothing is written. ``left_out`` and ``notes`` are added to what the plan says. ``held``: leads that must not be
    sent, with the reason, which is then why they are not eligible. ``place``: as for ``read_leads``, where there is no
    ``reading``. ``provenance``, ``rule``, ``how_selected``, ``undoes`` and ``ways``: as in ``Plan``. ``rules``: the rules of the
    house; what they forbid is not allowed.

    Raises:
        PlanError: no leads, a lead in two groups, a category or integration that is not there.
        ServiceError: the leads cannot be read.
    """
    groups = [(action, ordered_unique(ids)) for action, ids in groups]
    # Before anything is read: a lead in two groups would need two actions, and which comes first decides what it ends as.
    check_groups(groups)
    said_before, notes = notes, []
    resolved: list[tuple[Action, tuple[LeadId, ...]]] = []
    for action, ids in groups:
        whole, said = resolve(action, lists)
        resolved.append((whole, tuple(ids)))
        notes += said
    ids = [i for _, group in resolved for i in group]
    deliveries = [i for action, group in resolved if family_of(action) is Family.DELIVERY for i in group]
    if reading is None:
        reading = read_leads(service, ids, deliveries, place=place, on_progress=on_progress, cancelled=cancelled)
    entries: list[PlanEntry] = []
    jobs = _Jobs()
    for number, (action, group) in enumerate(resolved):
        jobs.read(lists, action, group, reading)
        entries += _entries(service, jobs, number, action, group, reading, notes, _stays(held, rules))
    plan = dataclasses.replace(
        _unsigned(service, tuple(resolved), tuple(entries), reading),
        include_cannot_tell=include_cannot_tell, left_out=tuple(left_out), provenance=provenance, rule=rule,
        how_selected=joined(how_selected), undoes=tuple(undoes), ways=tuple(ways),
        integration_names=jobs.names_of(action for action, _ in resolved),
    )  # fmt: skip
    plan, said_of_policy = _held_to(plan, rules, reading)
    return finished(plan, service, (*said_before, *said_of_policy), notes)


def _held_to(plan: Plan, rules: PolicyFacts | None, reading: PlanReading) -> tuple[Plan, list[str]]:
    """The plan within the caps of the policy, and sentences on them."""
    if rules is None:
        return plan, []
    actions = [action for action, _ in plan.groups]
    entries, caps = capped(rules, plan.entries, actions, plan.sends)
    until = good_until(rules, filter(plan.sends, entries), actions, reading.leads)
    held = dataclasses.replace(plan, entries=entries, caps=caps, good_until=until, policy=rules.policy.mark)
    return held, [*unknown_names(rules), *cap_words(rules.policy, caps, rules.zone)]


def finished(plan: Plan, service: LeadReads, first: Iterable[str], last: Iterable[str]) -> Plan:
    """The plan with its fingerprint, its cost, and its sentences on money and warnings between ``first`` and ``last``."""
    plan = dataclasses.replace(plan, fingerprint=fingerprint_of(plan))
    costs = costs_of(plan, service)
    warnings = (*first, *clock_words(service.clock_offset), *warnings_of(plan), *dict.fromkeys(last))
    return dataclasses.replace(plan, warnings=warnings, money=_money(plan), cost=costs["all"], costs=costs)


def clock_words(offset: float | None) -> list[str]:
    """What to say where this machine's clock is more than a minute off, by the service's; ``offset`` in seconds."""
    if offset is None or abs(offset) <= CLOCK_OFF:
        return []
    way = "behind" if offset > 0 else "ahead of"
    told = f"This machine's clock is {abs(offset) / 60:.0f} min {way} the service's."
    return [f"{told} Times in the journal, the results and a signature are this machine's: set its clock."]


def _entries(
    service: LeadReads,
    jobs: _Jobs,
    number: int,
    action: Action,
    group: Sequence[LeadId],
    reading: PlanReading,
    notes: list[str],
    stays: Stays,
) -> list[PlanEntry]:
    names = jobs.names_of([action])
    without: Counter[str] = Counter()
    entries = []
    judged: dict[Any, tuple[SharedEntry, str]] = {}  # few different states, many leads
    for lead_id in group:
        lead = reading.leads.get(lead_id)
        verdict, why = stays(action, lead_id, lead)
        # By identity: leads that stand alike share one state object, made when they were read. Comparing the states of 100,000
        # leads would take longer than judging them.
        key = (why, None if lead is None else (id(lead.state), reading.said.get(lead_id)))
        found = judged.get(key)
        if found is None:
            observation = reading.observation(lead_id)
            found = judged[key] = _held(verdict, why, *_judged(service, number, action, observation, jobs.by_campaign, names))
        alike, campaign = found
        if campaign:
            without[campaign] += 1
        entries.append(PlanEntry(lead_id, alike, "" if lead is None else lead.person))
    for campaign, n in without.items():
        notes.append(f"{count_of(n)} of {campaign}: none of the chosen integrations is on that campaign.")
    return entries


Stays = Callable[[Action, LeadId, Lead | None], tuple[Verdict, str]]


def _stays(held: Mapping[LeadId, str], rules: PolicyFacts | None) -> Stays:
    """What keeps a lead from being sent, beside the rules of its action: the verdict, and why (empty: nothing)."""
    nothing = Verdict.NOT_ELIGIBLE, ""
    if not held and (rules is None or not rules.policy.judges_leads):
        return lambda _action, _id, _lead: nothing

    def of(action: Action, lead_id: LeadId, lead: Lead | None) -> tuple[Verdict, str]:
        why = held.get(lead_id, "")
        if not why and rules is not None and (why := why_forbidden(rules, action, lead)):
            return Verdict.NOT_ALLOWED, why
        return Verdict.NOT_ELIGIBLE, why

    return of


def _held(verdict: Verdict, why: str, alike: SharedEntry, campaign: str) -> tuple[SharedEntry, str]:
    """What would be sent and must not be (``why`` says it) is not eligible, or not allowed."""
    if not why or alike.verdict not in {Verdict.WILL_CHANGE, Verdict.CANNOT_TELL}:
        return alike, campaign
    return alike._replace(verdict=verdict, why=why, then=""), ""


def _judged(
    service: LeadReads,
    number: int,
    action: Action,
    observation: Observation,
    jobs: Mapping[int | None, frozenset[int]],
    names: Mapping[int, str],
) -> tuple[SharedEntry, str]:
    """What holds for all leads that stand alike, and their campaign where it has none of the integrations."""
    # Once for all leads that stand alike.
    verdict, why = judge(action, observation, service.identity)
    lead, without = observation.lead, ""
    chosen: tuple[int, ...] = ()
    if action.integrations and lead is not None:
        mine = jobs.get(lead.campaign_id, frozenset())
        chosen = tuple(i for i in action.integrations if i in mine)
        without = "" if chosen else lead.campaign or f"campaign {lead.campaign_id}"
    then = then_words(action, names, chosen) if verdict in {Verdict.WILL_CHANGE, Verdict.CANNOT_TELL} else ""
    state = None if lead is None else lead.state
    return SharedEntry(number, verdict, why, now_words(observation), then, state, observation.delivered, chosen), without


class _Jobs:
    """Integration jobs by campaign, and their names."""

    def __init__(self) -> None:
        self.by_campaign: dict[int | None, frozenset[int]] = {}
        self._names: dict[int, set[str]] = {}

    def read(self, lists: Lists, action: Action, group: Sequence[LeadId], reading: PlanReading) -> None:
        """Read those of the campaigns of these leads, if the action has any.

        Raises:
            PlanError: one of the action is on none of them.
        """
        if not action.integrations:
            return
        leads = [lead for i in group if (lead := reading.leads.get(i)) is not None]
        campaigns = dict.fromkeys(lead.campaign_id for lead in leads)
        for campaign in campaigns:
            found = lists.integrations(campaign) if campaign is not None else []
            self.by_campaign[campaign] = frozenset(c.id for c in found if c.id is not None)
            for job in found:
                if job.id is not None and job.name.strip():
                    self._names.setdefault(job.id, set()).add(job.name)
        known = {job for campaign in campaigns for job in self.by_campaign[campaign]}
        strange = [i for i in action.integrations if i not in known]
        # Where no lead was found, no campaign is known either, and an integration cannot be called wrong. Each lead is then not
        # found.
        if strange and leads:
            raise PlanError(f"Integration {strange[0]} is on none of the campaigns selected. See session.integrations(campaign).")

    def names_of(self, actions: Iterable[Action]) -> dict[int, str]:
        """The names of the jobs of these actions; not of one that two campaigns call differently."""
        wanted = dict.fromkeys(job for action in actions for job in action.integrations)
        return {job: next(iter(told)) for job in wanted if len(told := self._names.get(job, ())) == 1}


def _billed(states: Sequence[LeadState]) -> list[LeadState]:
    return [state for state in states if state.billable_for_advertiser is True]


def _delivered_words(delivered: int, billed: int) -> str:
    if delivered == 1:
        return f"1 of these is delivered, and {'billed' if billed else 'not billed'} to the advertiser."
    which = "all" if billed == delivered else f"{billed:,}" if billed else "none"
    return f"{delivered:,} of these are delivered, {which} of them billed to the advertiser."


def warnings_of(plan: Plan) -> list[str]:
    """What the user should know before the plan is confirmed, as sentences."""
    said: list[str] = []
    sent: dict[ActionKind, list[LeadState | None]] = defaultdict(list)
    for entry in plan.sendable:
        sent[plan.groups[entry.group][0].kind].append(entry.alike.state)
    # Actions after which a lead that has been delivered is no longer paid for, or is processed as if it were new.
    for kind in (row.kind for row in ROWS.values() if "publisher" in row.unbills or not row.repeatable):
        delivered = [state for state in sent.get(kind, []) if state is not None and state.delivery == "Delivered"]
        if delivered:
            said.append(_delivered_words(len(delivered), len(_billed(delivered))))
    said += [row.warning for row in ROWS.values() if row.warning and sent.get(row.kind)]
    if any(action.integrations for action, _ in plan.by_group):
        said.append(
            "The integrations receive these leads, and where they deliver them a lead may become Delivered and billable, too. "
            "What an integration has received cannot be taken back."
        )
    flagged = [(alike, n) for alike, n in _numbers(plan) if plan.groups[alike.group][0].kind in FLAGS]
    said += no_way_back((alike.state, n) for alike, n in flagged if alike.state is not None)
    cannot = plan.counts[str(Verdict.CANNOT_TELL)]
    if cannot:
        what = "are included, as you asked" if plan.include_cannot_tell else "are left out"
        said.append(f"{count_of(cannot)} {what}: the service does not say what state they are in.")
    if not plan.fresh:
        said.append(f"This plan is based on leads as loaded at {plan.read_at:%Y-%m-%d %H:%M} UTC, not on a fresh reading.")
    return said


def _money(plan: Plan) -> tuple[str, ...]:
    """What is expected to move, from the leads' own payout fields."""
    sums: dict[str, dict[str, Decimal]] = {}
    kinds: set[ActionKind] = set()
    unknown = 0
    for alike, number in _numbers(plan):
        if alike.state is None:
            continue
        kind, currency = plan.groups[alike.group][0].kind, alike.state.currency or "currency not stated"
        kinds.add(kind)
        moves = expected_moves(kind, alike.state)
        unknown += number * (None in moves.values())
        for side, amount in moves.items():
            if amount is None:
                continue
            sums.setdefault(currency, {}).setdefault(side, Decimal(0))
            sums[currency][side] += amount * number
    maybe = any(ROWS[kind].recalculated for kind in kinds)
    said = []
    for currency, sides in sums.items():
        parts = ", ".join(f"{side} {_signed(amount)}" for side, amount in sides.items() if amount)
        if parts:
            said.append(f"Expected: {parts} ({currency}, from the leads' payouts).")
    if unknown:
        its = "its payout or whether it is billed" if unknown == 1 else "their payouts or whether they are billed"
        said.append(f"For {count_of(unknown)} the amount is not known and not included: the service does not give {its}.")
    if maybe:
        said.append("Convertr works out from the contracts what becomes billable; it cannot be known beforehand.")
    return tuple(said)


def _numbers(plan: Plan) -> Iterable[tuple[SharedEntry, int]]:
    """What leads that are sent share, and how many do."""
    found = Counter(id(entry.alike) for entry in plan.sendable)
    return [(alike, found[lead_id]) for lead_id, alike in {id(e.alike): e.alike for e in plan.sendable}.items()]


def expected_moves(kind: ActionKind, lead: LeadState) -> dict[str, Decimal | None]:
    """What is expected to move on each side; None where it moves, or may move, and the amount is not known."""
    moves: dict[str, Decimal | None] = {}
    advertiser, publisher = (p if isinstance(p, Decimal) else None for p in (lead.advertiser_payout, lead.publisher_payout))
    row = ROWS[kind]
    gone = "publisher" in row.unbills
    if "advertiser" in row.unbills:
        if lead.billable_for_advertiser is True:
            moves["advertiser"] = None if advertiser is None else -advertiser
        elif not isinstance(lead.billable_for_advertiser, bool):
            moves["advertiser"] = None
    if gone and lead.billable_for_publisher is True:
        moves["publisher"] = None if publisher is None else -publisher
    elif gone and not isinstance(lead.billable_for_publisher, bool):
        moves["publisher"] = None
    if "advertiser" in row.bills and lead.billable_for_advertiser is not True:
        moves["advertiser"] = advertiser
    return moves


def _signed(amount: Decimal) -> str:
    return f"{'−' if amount < 0 else '+'}{abs(amount):,.2f}"


def _unsigned(
    service: LeadReads,
    groups: tuple[tuple[Action, tuple[LeadId, ...]], ...],
    entries: tuple[PlanEntry, ...],
    reading: PlanReading,
) -> Plan:
    """A plan of these entries by whoever is logged in, before it has its fingerprint, its costs and its words."""
    mine = service.identity
    return Plan(
        enterprise=mine.enterprise, user_id=mine.user_id, sandbox=mine.sandbox, dialect_hash=service.dialect_hash, groups=groups,
        entries=entries, warnings=(), money=(), cost=Cost(0, 0.0, ""), made_at=datetime.now(UTC), read_at=reading.at,
        fresh=reading.fresh, fingerprint="", include_cannot_tell=False, left_out=(), world=mine.world, origin=mine.origin,
        account=mine.account, masked=mine.masked, moment=reading.moment,
    )  # fmt: skip


def check_groups(groups: Sequence[tuple[Action, Sequence[LeadId]]]) -> None:
    """Refuse a plan that would do two things to one lead.

    Raises:
        PlanError: no leads at all, or a lead in two groups.
    """
    ids = [i for _, group in groups for i in group]
    if not ids:
        raise PlanError("No leads are selected. Tick, type or import some first.")
    if len(ids) != len(set(ids)):
        twice = next(i for i, n in Counter(ids).items() if n > 1)
        raise PlanError(f"Lead {twice} is in two groups of this plan. Put each lead in one group.")
