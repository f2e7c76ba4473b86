"""The actions and leads of a plan as JSON values: what the journal and plan files keep of them; ``plan_from_data`` reads it.

Nothing personal is in them but what the user wrote as a comment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from cvtr_widgets.models import Action, Choice, Provenance, seal
from cvtr_widgets.plans.plan_content import PlanContent
from cvtr_widgets.plans.plan_entries import PlanEntry, before_values
from cvtr_widgets.plans.policy_records import policy_data

ENTRIES_A_PART = 1_000
"""Leads in one part."""
FIELDS = tuple(f.name for f in dataclasses.fields(Choice))
"""What is kept of a choice of reason or category, in this order."""


def plan_data(plan: PlanContent, *, keep_comments: bool) -> dict[str, Any]:
    """All of a plan but its leads, its cost and what it says of money and warnings."""
    said: dict[str, Any] = {
        "fingerprint": plan.fingerprint, "enterprise": plan.enterprise, "user_id": plan.user_id, "sandbox": plan.sandbox,
        "dialect": plan.dialect_hash, "made_at": plan.made_at.isoformat(), "read_at": plan.read_at.isoformat(),
        "fresh": plan.fresh, "include_cannot_tell": plan.include_cannot_tell,
        "actions": [action_data(action, keep_comment=keep_comments) for action, _ in plan.groups],
        "entries": plan.total,
    }  # fmt: skip
    said |= {name: known for name in ("world", "origin", "account", "rule", "policy") if (known := getattr(plan, name))}
    if plan.how_selected:
        said["how_selected"] = [list(run) for run in plan.how_selected]
    if plan.integration_names:
        said["integration_names"] = {str(job): name for job, name in plan.integration_names.items()}
    if plan.provenance is not None:
        said["provenance"] = provenance_data(plan.provenance)
    return said | policy_data(plan)


def provenance_data(found: Provenance) -> dict[str, Any]:
    """Where a plan came from, as JSON."""
    return {**dataclasses.asdict(found), "made_at": found.made_at.isoformat(), "saved_at": found.saved_at.isoformat()}


def action_data(action: Action, *, keep_comment: bool) -> dict[str, Any]:
    """An action as JSON; its comment as a hash, or in full where the user wants that."""
    said: dict[str, Any] = {
        "kind": str(action.kind), "reason": action.reason, "category": action.category, "integrations": list(action.integrations),
    }  # fmt: skip
    for name in ("reason_choice", "category_choice"):
        choice = getattr(action, name)
        said[name] = None if choice is None else [getattr(choice, f) for f in FIELDS]
    if action.comment is not None:
        said["comment_hash"] = str(seal(action.comment))
        if keep_comment:
            said["comment"] = action.comment
    return said


def plan_parts(plan: PlanContent, *, names: bool = False) -> Iterator[dict[str, Any]]:
    """All leads of the plan in its order, ``ENTRIES_A_PART`` at a time. ``names``: with those of campaigns and publishers, each
    pair once a part, and for each lead which pair is its own.
    """
    known: dict[int, tuple[Any, ...]] = {}
    for start in range(0, plan.total, ENTRIES_A_PART):
        whys: dict[str, int] = {}
        leads = []
        entries = plan.entries[start : start + ENTRIES_A_PART]
        publishers = [None if (state := e.alike.state) is None else state.publisher_id for e in entries]
        for lead_id, alike, person in entries:
            found = known.get(id(alike))
            if found is None:
                found = known[id(alike)] = alike.group, str(alike.verdict), alike.why, alike.integrations, before_values(alike)
            group, verdict, why, integrations, before = found
            row = [lead_id, group, verdict, whys.setdefault(why, len(whys)), integrations, before]
            leads.append([*row, person] if person else row)
        part = {"first": start, "whys": list(whys), "leads": leads}
        yield part | ({"publishers": publishers} if any(publishers) else {}) | (_names(entries) if names else {})


def _names(entries: Sequence[PlanEntry]) -> dict[str, Any]:
    pairs: dict[tuple[str | None, str | None], int] = {}
    own = [
        pairs.setdefault((None, None) if (state := e.alike.state) is None else (state.campaign, state.publisher), len(pairs))
        for e in entries
    ]
    return {"names": [list(pair) for pair in pairs], "named": own} if any(any(pair) for pair in pairs) else {}
