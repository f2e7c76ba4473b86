"""A plan: what an action would do to each lead, as a value with a fingerprint. Making one writes nothing."""

from __future__ import annotations

import dataclasses
import hashlib
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cvtr_widgets.actions import catalogue
from cvtr_widgets.actions.catalogue import ROWS, Family, family_of, then_of
from cvtr_widgets.actions.proof import Observation, delivered_now, leads_to_delivered, stands
from cvtr_widgets.arguments import checked
from cvtr_widgets.errors import PlanOutOfDate
from cvtr_widgets.models import (
    NOT_SENT,
    Action,
    Identity,
    Lead,
    LeadId,
    LeadState,
    Provenance,
    Verdict,
    alike,
    seal,
)
from cvtr_widgets.plans.canonical_json import canonical
from cvtr_widgets.plans.how_selected import WordRuns
from cvtr_widgets.plans.moment import Moment
from cvtr_widgets.plans.policy_records import CapCount, PolicyException, WayBack, policy_values

if TYPE_CHECKING:
    import pandas as pd

BEFORE = (
    "status", "reason", "category", "comment", "delivery", "replacement", "replacement_comment", "processr_status",
    "processing_counter", "billable_for_publisher", "billable_for_advertiser",
)  # fmt: skip
"""The fields of a lead that a plan rests on: if one of them has changed, the lead is held back."""
AT_STAKE = ("campaign_id", "advertiser_payout", "publisher_payout", "currency")
"""What else holds a lead back when it changes: what it is billed by, and to whom."""
_money: Callable[[LeadState], tuple[Any, ...]] = operator.attrgetter(*AT_STAKE[1:])
_NO_MONEY = (NOT_SENT, NOT_SENT, None)
_watched: Callable[[LeadState], tuple[Any, ...]] = operator.attrgetter(*BEFORE)
_COMMENTS = tuple(place for place, name in enumerate(BEFORE) if name.endswith("comment"))


class SharedEntry(NamedTuple):
    """What leads of a plan share that stand alike: few of these, many leads.

    ``state`` None: not found; ``delivered``: the delivery check's word. ``integrations``: those of the action that are on
    these leads' campaign.
    """

    group: int
    verdict: Verdict
    why: str
    now: str
    then: str
    state: LeadState | None
    delivered: bool | None = None
    integrations: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """Without reasons and comments."""
        return f"SharedEntry(group={self.group}, {self.verdict}, {self.state!r})"


class PlanEntry(NamedTuple):
    """One lead in a plan, with what it shares with others. ``person``: as in ``Lead``."""

    lead_id: LeadId
    alike: SharedEntry
    person: str = ""

    def __repr__(self) -> str:
        """Id and verdict; what would change is in ``now`` and ``then``."""
        return f"Entry({self.lead_id}, {self.verdict})"

    @property
    def group(self) -> int:
        """Which of the plan's groups it is in."""
        return self.alike.group

    @property
    def verdict(self) -> Verdict:
        """What would happen to it."""
        return self.alike.verdict

    @property
    def why(self) -> str:
        """The reason of the verdict, in words."""
        return self.alike.why

    @property
    def now(self) -> str:
        """Its state, in words."""
        return self.alike.now

    @property
    def then(self) -> str:
        """The state that it would have, in words."""
        return self.alike.then

    @property
    def integrations(self) -> tuple[int, ...]:
        """Those of the action that are on this lead's campaign."""
        return self.alike.integrations

    @property
    def before(self) -> Observation:
        """How the lead was when the plan was made."""
        state = self.alike.state
        return Observation(None if state is None else Lead(self.lead_id, state, self.person), self.alike.delivered)


@dataclass(frozen=True, slots=True)
class Cost:
    """What running the plan takes: ``requests``, expected ``seconds``, and a ``sentence``. ``after``: what else is waited for."""

    requests: int
    seconds: float
    way: str
    after: str = ""

    @property
    def sentence(self) -> str:
        """Such as ``12 requests, about 6 s (read by id filter)``."""
        way = self.way if self.way == "one by one" else f"by {self.way}"
        requests = f"{self.requests:,} request{'' if self.requests == 1 else 's'}"
        return f"{requests}, about {duration(self.seconds)} (read {way}){self.after}."


def duration(seconds: float) -> str:
    """Seconds in words: ``6 s``, ``4 min``, ``1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


@dataclass(frozen=True)
class Plan:
    """What would happen to each lead. Frozen; ``run`` executes exactly this.

    ``groups`` are pairs of action and lead ids in order; ``entries`` one per lead; ``warnings`` and ``money`` are
    sentences; ``read_at`` is when the leads were read and ``fresh`` whether that was for this plan. ``costs`` says what each
    way of reading back would cost (``cost`` is that of ``all``). ``left_out``: leads that were asked for and that no action
    can restore, with the reason (undo only). ``world``, ``origin``, ``account``: as in ``Identity``; the last two are empty in
    plans out of journals that did not keep them. ``masked``: as in ``Identity``. ``provenance``: of plans that were opened
    from a file. ``rule``: the name of the rule that chose the leads. ``how_selected``: how the leads were selected, as (words,
    number of leads in a row); empty where that is not known. ``policy``: the mark of the policy that it was checked against,
    ``caps`` how its caps stood then, ``exception`` an exception from it, ``good_until`` when the first of the leads will be too
    old by it (None: never). ``undoes``: the runs that this plan takes back, and ``ways`` how far each lead can be
    restored (see ``undo``). ``moment``: when the leads were read, by this process's clocks (None: not by this process).
    """

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
        return tuple(filter(self.sends, self.entries))

    @checked
    def sends(self, entry: PlanEntry) -> bool:
        """Whether a run sends this entry."""
        verdict = entry.alike.verdict
        return verdict is Verdict.WILL_CHANGE or (self.include_cannot_tell and verdict is Verdict.CANNOT_TELL)

    @checked
    def action(self, entry: PlanEntry) -> Action:
        """The action for one entry, with the integrations that this lead gets."""
        action = self.groups[entry.group][0]
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

    @property
    def frame(self) -> pd.DataFrame:
        """One row a lead: index ``lead_id``; see ``plans.plan_frame.plan_frame`` for the columns."""
        from cvtr_widgets.plans.plan_frame import plan_frame

        return plan_frame(self)

    @property
    def undo(self) -> pd.DataFrame:
        """How far each lead of the runs can be taken back; see ``plans.plan_frame.undo_frame`` for the columns."""
        from cvtr_widgets.plans.plan_frame import undo_frame

        return undo_frame(self.ways)

    @checked
    def save(self, path: str | Path, *, why: str, overwrite: bool = False) -> Path:
        """Write the plan to a file that somebody else can open, look at and sign: ``session.open_plan(path)``.

        Args:
            path: where; usually with the ending ``.cvtr-plan``. Only you can read the file; pass it on as you like.
            why: what it is for, in a sentence or two, for whoever opens it.
            overwrite: replace a file that is there.

        The file holds lead ids, states, payouts and the actions with their comments; no names, e-mails or telephones of leads.

        Raises:
            PlanError: ``why`` is empty, or a comment of the plan is not known. PlanOutOfDate: the plan was changed since it was
            made. ExportError: the file cannot be written, or is there already.
        """
        from cvtr_widgets.plans.plan_file import save

        return save(self, Path(path), why, overwrite=overwrite)


def before_values(observation: Observation) -> Sequence[Any] | None:
    """What a plan rests on for one lead, as JSON values: ``BEFORE`` in order, the delivery check's word, the campaign's id, and
    the payouts with their currency where the service sends any.

    Comments are hashes, and ``{}`` is what the service does not send. None: the lead was not found.
    """
    lead = observation.lead
    if lead is None:
        return None
    return _as_values(*_watched(lead.state), observation.delivered, lead.state.campaign_id, money=_money(lead.state))


@lru_cache(maxsize=4096, typed=True)
def _as_values(*state: Any, money: tuple[Any, ...]) -> Sequence[Any]:
    values = [{} if value is NOT_SENT else value for value in state]
    if money != _NO_MONEY:
        values += [{} if v is NOT_SENT else str(v) if isinstance(v, Decimal) else v for v in money]
    # Hashed, so that a fingerprint can be checked from a journal that keeps no comments.
    for place in _COMMENTS:
        if isinstance(values[place], str):
            values[place] = str(seal(values[place]))
    return tuple(values)


def differences(before: Observation, now: Observation) -> list[str]:
    """What has changed between two readings of a lead, in words; the delivery check only where both have it."""
    if (before.lead is None) != (now.lead is None):
        return ["it is no longer found" if now.lead is None else "it is found now"]
    if before.lead is None or now.lead is None:
        return []
    changed = []
    # States are compared as wholes first: nearly all leads are as they were.
    for name in () if before.lead.state == now.lead.state else BEFORE:
        old, new = getattr(before.lead, name), getattr(now.lead, name)
        if not alike(old, new):
            # Results and journals hold these words, and a comment may name a person.
            shown = "" if name.endswith("comment") else f" from {_plain(old)} to {_plain(new)}"
            changed.append(f"{name.replace('_', ' ')} changed{shown}")
    if before.lead.state != now.lead.state:
        changed += _at_stake(before.lead.state, now.lead.state)
    # A hash of name, e-mail address and telephone. An id that has come to mean another person must not be sent.
    if before.lead.person and now.lead.person and before.lead.person != now.lead.person:
        changed.append("the person behind it changed (name, e-mail address or telephone)")
    if before.delivered is not None and now.delivered is not None and before.delivered != now.delivered:
        changed.append(f"the delivery check changed to {'delivered' if now.delivered else 'not delivered'}")
    return changed


def _at_stake(before: LeadState, now: LeadState) -> list[str]:
    """Changes of what is billed and to whom. What was not known before cannot have changed."""
    names = AT_STAKE[:3] if (before.advertiser_payout, before.publisher_payout) == (NOT_SENT, NOT_SENT) else AT_STAKE
    changed = []
    for name in names:
        old, new = getattr(before, name), getattr(now, name)
        unknown = old is NOT_SENT or (name == "campaign_id" and old is None)
        if not unknown and old != new:
            said = name.removesuffix("_id").replace("_", " ")
            changed.append(f"{said} changed from {_plain(old)} to {_plain(new)}")
    return changed


def _plain(value: Any) -> str:
    return "(not sent)" if value is NOT_SENT else "empty" if value in {None, ""} else str(value)


def judge(action: Action, observation: Observation, identity: Identity) -> tuple[Verdict, str]:
    """The verdict on one lead, and why."""
    lead = observation.lead
    if lead is None:
        return Verdict.NOT_FOUND, "deleted, or not visible to you"
    if ROWS[action.kind].needs_right and identity.may_delete is False:
        return Verdict.NOT_ALLOWED, "this account has no right to delete leads"
    family = family_of(action)
    if family is Family.DELIVERY:
        return _judge_delivery(action, observation, lead)
    if family in {Family.FLAG, Family.REPLACEMENT} and not action.integrations and stands(action, lead):
        what = "the mark and its comment" if family is Family.REPLACEMENT else "status, reason, category and comment"
        return Verdict.ALREADY_SO, f"{what} are already set"
    return Verdict.WILL_CHANGE, ""


def _judge_delivery(action: Action, observation: Observation, lead: Lead) -> tuple[Verdict, str]:
    target = leads_to_delivered(action)
    now = delivered_now(observation)
    if now is None:
        known = observation.delivered is not None
        return Verdict.CANNOT_TELL, (
            "the delivery check and the delivery field contradict each other"
            if known
            else "the service does not say whether it is delivered"
        )
    if now is target:
        return Verdict.ALREADY_SO, f"already {'Delivered' if target else 'Not Delivered'}"
    if not isinstance(lead.status, str):
        return Verdict.CANNOT_TELL, "the service does not give its Current Status"
    if lead.status != "Valid":
        return Verdict.NOT_ELIGIBLE, f"only Valid leads can be marked this way; this one is {lead.status}"
    return Verdict.WILL_CHANGE, ""


def fingerprint(
    whose: Identity | Plan,
    dialect_hash: str,
    groups: Sequence[tuple[Action, Sequence[LeadId]]],
    entries: Sequence[PlanEntry],
    *,
    include_cannot_tell: bool,
    provenance: Provenance | None = None,
    policy: Mapping[str, Any] | None = None,
) -> str:
    """SHA-256 over lines of canonical JSON: who, where, what, to which leads in which order, what they were before, whether
    those are sent of which nothing can be told, and of a plan out of a file, which one it was and who made it.
    """
    head: dict[str, Any] = {
        "enterprise": whose.enterprise,
        "user_id": whose.user_id,
        "dialect": dialect_hash,
        "groups": [[dataclasses.asdict(_sealed(action)), list(ids)] for action, ids in groups],
        "include_cannot_tell": include_cannot_tell,
    }
    # What an older journal does not know is left out, so that its fingerprints can still be checked.
    head |= {name: known for name in ("world", "origin", "account") if (known := getattr(whose, name))}
    head |= policy or {}
    if provenance is not None:
        head["provenance"] = {n: str(v) for n, v in dataclasses.asdict(provenance).items()}
    found = hashlib.sha256(canonical(head, in_order=True).encode())
    texts: dict[int, str] = {}
    for start in range(0, len(entries), 1_000):  # the text of 100,000 would be large
        found.update("".join(_line(e, texts) for e in entries[start : start + 1_000]).encode())
    return found.hexdigest()


def _line(entry: PlanEntry, texts: dict[int, str]) -> str:
    lead_id, shared, person = entry
    text = texts.get(id(shared))
    if text is None:
        text = f',"{shared.verdict}",{canonical(shared.integrations)},{canonical(before_values(entry.before))}]'
        texts[id(shared)] = text
    return f'\n[{lead_id}{text[:-1]},"{person}"]' if person else f"\n[{lead_id}{text}"


def fingerprint_of(plan: Plan, whose: Identity | Plan | None = None) -> str:
    """The fingerprint that a plan has by what is in it now. ``whose``: if it must be somebody's; else as the plan says."""
    return fingerprint(
        whose or plan, plan.dialect_hash, plan.groups, plan.entries,
        include_cannot_tell=plan.include_cannot_tell, provenance=plan.provenance, policy=policy_values(plan),
    )  # fmt: skip


def must_be_whole(plan: Plan, identity: Identity | Plan) -> None:
    """Refuse a plan that is not as it was made: what was shown, confirmed and signed is then not what would be done.

    Raises:
        PlanOutOfDate: its leads, actions or before-values are not those of its fingerprint.
    """
    ids: list[list[LeadId]] = [[] for _ in plan.groups]
    for entry in plan.entries:
        if 0 <= entry.group < len(ids):
            ids[entry.group].append(entry.lead_id)
    same = [tuple(found) for found in ids] == [tuple(group) for _, group in plan.groups] and sum(map(len, ids)) == plan.total
    if not same or fingerprint_of(plan, identity) != plan.fingerprint:
        raise PlanOutOfDate("This plan has been changed since it was made. Plan again.")


def _sealed(action: Action) -> Action:
    """With the comment as a hash, so that the journal can prove a fingerprint without keeping comments."""
    return action if action.comment is None else dataclasses.replace(action, comment=seal(action.comment))


def now_words(observation: Observation) -> str:
    """A lead's present state in words: ``Caution · Not Delivered``."""
    lead = observation.lead
    if lead is None:
        return ""
    parts = [str(v) for v in (lead.status, lead.delivery) if isinstance(v, str)]
    if lead.replacement and lead.replacement is not NOT_SENT:
        parts.append(str(lead.replacement))
    return " · ".join(parts)


def then_words(action: Action, integrations: Mapping[int, str], chosen: tuple[int, ...]) -> str:
    """The state that a lead would have: ``Invalid · Returned / No budget``."""
    words = then_of(action)
    if action.integrations:
        words += " → " + (", ".join(integrations.get(i, str(i)) for i in chosen) or "no integration")
    return words
