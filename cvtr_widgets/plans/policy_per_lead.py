"""What a policy forbids for one lead: actions, reasons, and leads that are too old."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.models import Action, Lead, LeadId, LeadState
from cvtr_widgets.plans.plan_entries import PlanEntry
from cvtr_widgets.plans.policy_facts import PolicyFacts, moment_of

POLICY = "policy: "
"""How the reason of a verdict begins where the policy is the reason, and an exception can be made."""
NEVER = "policy, without exception: "


def why_forbidden(facts: PolicyFacts, action: Action, lead: Lead | None) -> str:
    """Why this action must not be done to this lead; empty where it may be. Caps are not looked at."""
    kind, policy = action.kind, facts.policy
    label = ROWS[kind].label
    if str(kind) in policy.never:
        return f"{NEVER}{label} is never done here"
    if lead is None:
        return ""
    oldest = policy.oldest(kind)
    if oldest is not None:
        days, created = oldest / timedelta(days=1), moment_of(lead.created)
        if created is None:
            return f"{POLICY}{label} only for leads up to {days:g} days old, and this lead's age is not known"
        if facts.now - created > oldest:
            return f"{POLICY}{label} only for leads up to {days:g} days old"
    return _reason(facts, action, lead.state)


def _reason(facts: PolicyFacts, action: Action, state: LeadState) -> str:
    for rule in facts.policy.reasons:
        if not rule.forbids(action):
            continue
        if not rule.advertisers:
            return f"{POLICY}this reason is not allowed for {ROWS[action.kind].label}"
        advertiser = facts.advertiser_of(state.campaign_id)
        if advertiser is None:
            return f"{POLICY}reasons for {ROWS[action.kind].label} depend on the advertiser, and the lead's is not known"
        if facts.is_one_of("advertiser", advertiser, rule.advertisers):
            return f"{POLICY}this reason is not allowed for {ROWS[action.kind].label} with this advertiser"
    return ""


def unknown_names(facts: PolicyFacts) -> list[str]:
    """Sentences on names of the policy that this account does not see: their rules applied to no lead."""
    wanted = [("advertiser", one) for rule in facts.policy.reasons for one in rule.advertisers]
    wanted += [(cap.by, one) for cap in facts.policy.caps for one in cap.only]
    missing = [
        (by, one)
        for by, one in dict.fromkeys(wanted)
        if not any(facts.is_one_of(by, group, [one]) for group in facts.names.get(by, ()))
    ]
    return [
        f"The policy names the {by} {one!r}, which this account cannot see, so that entry applied to no lead."
        for by, one in missing
    ]


def good_until(
    facts: PolicyFacts, entries: Iterable[PlanEntry], actions: Sequence[Action], leads: Mapping[LeadId, Lead]
) -> datetime | None:
    """When the first of these leads will be too old for its action; None: never."""
    if not facts.policy.max_age_days:
        return None
    ends = [
        created + oldest
        for entry in entries
        if (oldest := facts.policy.oldest(actions[entry.group].kind)) is not None
        and entry.lead_id in leads
        and (created := moment_of(leads[entry.lead_id].created)) is not None
    ]
    return min(ends, default=None)
