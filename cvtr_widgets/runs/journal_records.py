"""What the journal's entries say, and how it is read again. Everything a killed run needs to be gone on with.

Kinds: ``run`` (who, what, signed by whom), ``plan`` (leads with their verdicts and before-values, 1,000 an entry),
``claim`` (who took a killed run over), ``intent`` (a chunk is about to be sent), ``answer`` (how that ended),
``outcome`` (leads that are settled), ``end``. The service's own words are never kept: they may hold anything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cvtr_widgets.actions.proof import Sight
from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal.hash_chain import Item, time_of
from cvtr_widgets.models import NOT_SENT, Action, ActionKind, Choice, Lead, Missing, Sealed, Signature, Verdict, seal
from cvtr_widgets.plans.canonical_json import canonical
from cvtr_widgets.plans.plan import BEFORE, Alike, Cost, Entry, Plan, before_values, now_words, then_words

PART = 1_000
"""Leads in one ``plan`` entry."""
_FIELDS = tuple(f.name for f in dataclasses.fields(Choice))


def action_data(action: Action, *, keep_comment: bool) -> dict[str, Any]:
    """An action as JSON; its comment as a hash, or in full where the user wants that."""
    said: dict[str, Any] = {
        "kind": str(action.kind), "reason": action.reason, "category": action.category, "integrations": list(action.integrations),
    }  # fmt: skip
    for name in ("reason_choice", "category_choice"):
        choice = getattr(action, name)
        said[name] = None if choice is None else [getattr(choice, f) for f in _FIELDS]
    if action.comment is not None:
        said["comment_hash"] = str(seal(action.comment))
        if keep_comment:
            said["comment"] = action.comment
    return said


def action_of(said: Mapping[str, Any]) -> Action:
    """The action again; a comment that was not kept is ``Sealed``."""
    comment = said.get("comment")
    if comment is None and said.get("comment_hash"):
        comment = Sealed(said["comment_hash"])
    choices = {n: None if said.get(n) is None else Choice(*said[n]) for n in ("reason_choice", "category_choice")}
    return Action(
        ActionKind(said["kind"]), said["reason"], said["category"], comment, tuple(said["integrations"]), **choices
    )  # fmt: skip


def opening(plan: Plan, signature: Signature | None, **more: Any) -> Item:
    """The ``run`` entry. ``more``: ``source``, ``verify``, ``owner``, ``keep_comments``."""
    keep = bool(more.pop("keep_comments", False))
    counts = plan.counts
    return "run", {
        "version": 1, "fingerprint": plan.fingerprint, "enterprise": plan.enterprise, "user_id": plan.user_id,
        "sandbox": plan.sandbox, "dialect": plan.dialect_hash, "made_at": plan.made_at.isoformat(),
        "read_at": plan.read_at.isoformat(), "fresh": plan.fresh, "include_cannot_tell": plan.include_cannot_tell,
        "actions": [action_data(action, keep_comment=keep) for action, _ in plan.groups],
        "entries": plan.total, "leads": plan.will_change, "planned": counts,
        "signature": None if signature is None else {
            "name": signature.name, "at": signature.signed_at.isoformat(), "text": signature.meaning,
        },
        **{name: known for name in ("world", "origin", "account") if (known := getattr(plan, name))}, **more,
    }  # fmt: skip


def sight_of(own: int, said: Sequence[Any] | None) -> Sight:
    """What was known of a lead; its comments as hashes."""
    if said is None:
        return Sight(None)
    values: dict[str, Any] = {n: NOT_SENT if v == {} else v for n, v in zip(BEFORE, said, strict=False)}
    for name in ("comment", "replacement_comment"):
        if isinstance(values[name], str):
            values[name] = Sealed(values[name])
    delivered, campaign, *money = said[len(BEFORE) :]
    if money:
        payouts = [_payout(value) for value in money[:2]]
        values |= {"advertiser_payout": payouts[0], "publisher_payout": payouts[1], "currency": money[2]}
    return Sight(Lead(own, **values, campaign_id=campaign), delivered)


def _payout(value: Any) -> Decimal | None | Missing:
    return NOT_SENT if value == {} else None if value is None else Decimal(value)


def plan_parts(plan: Plan) -> Iterator[Item]:
    """The ``plan`` entries: all leads of the plan, in its order."""
    values: dict[int, Sequence[Any] | None] = {}
    for start in range(0, plan.total, PART):
        whys: dict[str, int] = {}
        leads = []
        for entry in plan.entries[start : start + PART]:
            own, alike, person = entry
            if id(alike) not in values:
                values[id(alike)] = before_values(entry.before)
            why = whys.setdefault(alike.why, len(whys))
            row = [own, alike.group, str(alike.verdict), why, alike.integrations, values[id(alike)]]
            leads.append([*row, person] if person else row)
        yield "plan", {"first": start, "whys": list(whys), "leads": leads}


def entries_of(part: Mapping[str, Any], actions: Sequence[Action]) -> Iterator[Entry]:
    """The leads of one ``plan`` entry again."""
    found: dict[str, Alike] = {}
    for own, *row in part["leads"]:
        shared, person = row[:5], row[5] if len(row) > 5 else ""
        key = canonical(shared)
        alike = found.get(key)
        if alike is None:
            alike = found[key] = _alike(own, shared, part["whys"], actions)
        yield Entry(own, alike, person)


def _alike(own: int, shared: Sequence[Any], whys: Sequence[str], actions: Sequence[Action]) -> Alike:
    group, verdict, why, integrations, before = shared
    sight, chosen = sight_of(own, before), tuple(integrations)
    sent = verdict in {Verdict.WILL_CHANGE, Verdict.CANNOT_TELL}
    then = then_words(actions[group], {}, chosen) if sent else ""
    state = None if sight.lead is None else sight.lead.state
    return Alike(group, Verdict(verdict), whys[why], now_words(sight), then, state, sight.delivered, chosen)


def plan_of(opened: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan again. Its cost, money and warnings are not kept; the fingerprint must be checked against ``fingerprint()``.

    Raises:
        JournalError: leads are missing.
    """
    actions = [action_of(a) for a in opened["actions"]]
    entries = tuple(e for part in parts for e in entries_of(part, actions))
    if len(entries) != opened["entries"]:
        raise JournalError(f"The journal holds {len(entries):,} of the run's {opened['entries']:,} leads. Plan anew.")
    ids: list[list[int]] = [[] for _ in actions]
    for entry in entries:
        ids[entry.group].append(entry.lead_id)
    return Plan(
        enterprise=opened["enterprise"], user_id=opened["user_id"], sandbox=opened["sandbox"], dialect_hash=opened["dialect"],
        groups=tuple((a, tuple(i)) for a, i in zip(actions, ids, strict=True)), entries=entries, warnings=(), money=(),
        cost=Cost(0, 0.0, ""),
        made_at=time_of(opened["made_at"]), read_at=time_of(opened["read_at"]),
        fresh=opened["fresh"], fingerprint=opened["fingerprint"], include_cannot_tell=opened["include_cannot_tell"],
        world=opened.get("world", ""), origin=opened.get("origin", ""), account=opened.get("account", ""),
    )  # fmt: skip


def signature_of(opened: Mapping[str, Any]) -> Signature | None:
    """The signature again."""
    said = opened.get("signature")
    if not said:
        return None
    return Signature(said["name"], said["text"], time_of(said["at"]), opened["fingerprint"])
