"""A plan again, of the JSON values that ``plan_data`` made for the journal and for plan files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.models import NOT_SENT, Action, ActionKind, Choice, HashedText, Lead, Missing, Provenance, Verdict
from cvtr_widgets.plans.canonical_json import canonical
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import BEFORE, Cost, PlanEntry, SharedEntry, now_words, then_words
from cvtr_widgets.plans.policy_records import policy_from

Names = tuple[str | None, str | None]
"""Of a lead's campaign and of its publisher."""


def plan_from(said: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan again, of what ``plan_data`` and ``plan_parts`` gave; what these do not keep is empty. Nothing is checked: the
    fingerprint must be held against ``fingerprint()``.
    """
    actions = [action_of(a) for a in said["actions"]]
    job_names = {int(job): str(name) for job, name in said.get("integration_names", {}).items()}
    entries = tuple(e for part in parts for e in entries_of(part, actions, job_names))
    ids: list[list[int]] = [[] for _ in actions]
    for entry in entries:
        ids[entry.group].append(entry.lead_id)
    return Plan(
        enterprise=said["enterprise"], user_id=said["user_id"], sandbox=said["sandbox"], dialect_hash=said["dialect"],
        groups=tuple((a, tuple(i)) for a, i in zip(actions, ids, strict=True)), entries=entries, warnings=(), money=(),
        cost=Cost(0, 0.0, ""),
        made_at=datetime.fromisoformat(said["made_at"]), read_at=datetime.fromisoformat(said["read_at"]),
        fresh=said["fresh"], fingerprint=said["fingerprint"], include_cannot_tell=said["include_cannot_tell"],
        world=said.get("world", ""), origin=said.get("origin", ""), account=said.get("account", ""),
        rule=said.get("rule", ""), policy=said.get("policy", ""),
        how_selected=tuple((str(word), int(number)) for word, number in said.get("how_selected", ())),
        integration_names=job_names,
        provenance=None if said.get("provenance") is None else provenance_of(said["provenance"]), **policy_from(said),
    )  # fmt: skip


def provenance_of(said: Mapping[str, Any]) -> Provenance:
    """Where a plan came from, again."""
    times = {name: datetime.fromisoformat(said[name]) for name in ("made_at", "saved_at")}
    return Provenance(**{**said, **times})


def action_of(said: Mapping[str, Any]) -> Action:
    """The action again; a comment that was not kept is ``HashedText``."""
    comment = said.get("comment")
    if comment is None and said.get("comment_hash"):
        comment = HashedText(said["comment_hash"])
    choices = {n: None if said.get(n) is None else Choice(*said[n]) for n in ("reason_choice", "category_choice")}
    return Action(
        ActionKind(said["kind"]), said["reason"], said["category"], comment, tuple(said["integrations"]), **choices
    )  # fmt: skip


def observation_of(
    lead_id: int, said: Sequence[Any] | None, publisher_id: int | None = None, names: Names = (None, None)
) -> Observation:
    """What was known of a lead; its comments as hashes. ``names``: its campaign's and its publisher's."""
    if said is None:
        return Observation(None)
    values: dict[str, Any] = {n: NOT_SENT if v == {} else v for n, v in zip(BEFORE, said, strict=False)}
    for name in ("comment", "replacement_comment"):
        if isinstance(values[name], str):
            values[name] = HashedText(values[name])
    delivered, campaign, *money = said[len(BEFORE) :]
    if money:
        payouts = [_payout(value) for value in money[:2]]
        values |= {"advertiser_payout": payouts[0], "publisher_payout": payouts[1], "currency": money[2]}
    values |= {"campaign": names[0], "publisher": names[1]}
    return Observation(Lead(lead_id, **values, campaign_id=campaign, publisher_id=publisher_id), delivered)


def _payout(value: Any) -> Decimal | None | Missing:
    return NOT_SENT if value == {} else None if value is None else Decimal(value)


def entries_of(part: Mapping[str, Any], actions: Sequence[Action], job_names: Mapping[int, str]) -> Iterator[PlanEntry]:
    """The leads of one part again. ``job_names``: of integration jobs, by id."""
    found: dict[tuple[str, int | None, Names], SharedEntry] = {}
    publishers = part.get("publishers") or [None] * len(part["leads"])
    pairs: list[Names] = [(campaign, publisher) for campaign, publisher in part.get("names", ())]
    names = [pairs[n] for n in part["named"]] if pairs else [(None, None)] * len(part["leads"])
    for (lead_id, *row), publisher, own in zip(part["leads"], publishers, names, strict=True):
        shared, person = row[:5], row[5] if len(row) > 5 else ""
        key = canonical(shared), publisher, own
        alike = found.get(key)
        if alike is None:
            alike = found[key] = _alike(lead_id, shared, part["whys"], actions, job_names, publisher, own)
        yield PlanEntry(lead_id, alike, person)


def _alike(
    lead_id: int,
    shared: Sequence[Any],
    whys: Sequence[str],
    actions: Sequence[Action],
    job_names: Mapping[int, str],
    publisher: int | None,
    names: Names,
) -> SharedEntry:
    group, verdict, why, integrations, before = shared
    observation, chosen = observation_of(lead_id, before, publisher, names), tuple(integrations)
    sent = verdict in {Verdict.WILL_CHANGE, Verdict.CANNOT_TELL}
    then = then_words(actions[group], job_names, chosen) if sent else ""
    state = None if observation.lead is None else observation.lead.state
    return SharedEntry(group, Verdict(verdict), whys[why], now_words(observation), then, state, observation.delivered, chosen)
