"""The fingerprint of a plan: what was shown, confirmed and signed is what is sent, or nothing is sent."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cvtr_widgets.errors import PlanOutOfDate
from cvtr_widgets.models import Action, Identity, LeadId, Provenance, seal
from cvtr_widgets.plans.canonical_json import canonical
from cvtr_widgets.plans.plan_content import PlanContent
from cvtr_widgets.plans.plan_entries import PlanEntry, SharedEntry, before_values
from cvtr_widgets.plans.policy_records import policy_values


def fingerprint(
    whose: Identity | PlanContent,
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
    texts: dict[int, tuple[str, str]] = {}
    for start in range(0, len(entries), 1_000):  # the text of 100,000 would be large
        part = entries[start : start + 1_000]
        for _, shared, _ in part:
            if id(shared) not in texts:
                texts[id(shared)] = _endings(shared)
        found.update("".join([_line(lead_id, person, texts[id(shared)]) for lead_id, shared, person in part]).encode())
    return found.hexdigest()


def _line(lead_id: LeadId, person: str, endings: tuple[str, str]) -> str:
    return f'\n[{lead_id}{endings[0]},"{person}"]' if person else f"\n[{lead_id}{endings[1]}"


def _endings(shared: SharedEntry) -> tuple[str, str]:
    """How the lines of all leads that stand alike end, before a person and without one. Put together by hand: leads that stand
    alike share one object and so one text, and only that is made with canonical(). Its id is enough for a key, for the entries
    keep it alive meanwhile.
    """
    text = f',"{shared.verdict}",{canonical(shared.integrations)},{canonical(before_values(shared))}'
    return text, f"{text}]"


def fingerprint_of(plan: PlanContent, whose: Identity | PlanContent | None = None) -> str:
    """The fingerprint that a plan has by what is in it now. ``whose``: if it must be somebody's; else as the plan says."""
    return fingerprint(
        whose or plan, plan.dialect_hash, plan.groups, plan.entries,
        include_cannot_tell=plan.include_cannot_tell, provenance=plan.provenance, policy=policy_values(plan),
    )  # fmt: skip


def is_as_made(plan: PlanContent, whose: Identity | PlanContent | None = None) -> bool:
    """Whether what is in the plan now still has the fingerprint that it was made with."""
    return fingerprint_of(plan, whose) == plan.fingerprint


def must_be_whole(plan: PlanContent, identity: Identity | PlanContent) -> None:
    """Refuse a plan that is not as it was made: what was shown, confirmed and signed is then not what would be done.

    Raises:
        PlanOutOfDate: its leads, actions or before-values are not those of its fingerprint.
    """
    ids: list[list[LeadId]] = [[] for _ in plan.groups]
    for lead_id, alike, _ in plan.entries:
        if 0 <= alike.group < len(ids):
            ids[alike.group].append(lead_id)
    same = [tuple(found) for found in ids] == [tuple(group) for _, group in plan.groups] and sum(map(len, ids)) == plan.total
    if not same or not is_as_made(plan, identity):
        raise PlanOutOfDate("This plan has been changed since it was made. Plan again.")


def _sealed(action: Action) -> Action:
    """With the comment as a hash, so that the journal can prove a fingerprint without keeping comments."""
    return action if action.comment is None else dataclasses.replace(action, comment=seal(action.comment))
