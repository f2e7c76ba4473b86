"""An exception from the policy: for leads of one plan that only the policy forbids, by a named person, for a reason."""

from __future__ import annotations

import dataclasses

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import PlanError
from cvtr_widgets.models import LeadId, LeadReads, Verdict
from cvtr_widgets.plans.lead_verdict import judge
from cvtr_widgets.plans.make_plan import finished, warnings_of
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import PlanEntry, SharedEntry, then_words
from cvtr_widgets.plans.policy_caps import cap_words
from cvtr_widgets.plans.policy_facts import PolicyFacts
from cvtr_widgets.plans.policy_per_lead import POLICY
from cvtr_widgets.plans.policy_records import CapCount, PolicyException


def forbidden(plan: Plan) -> tuple[LeadId, ...]:
    """The leads of a plan for which an exception can be made: what the policy never allows is not among them."""
    return tuple(e.lead_id for e in plan.entries if e.verdict is Verdict.NOT_ALLOWED and e.why.startswith(POLICY))


def excepted(plan: Plan, exception: PolicyException, rules: PolicyFacts, service: LeadReads) -> Plan:
    """A new plan that sends these leads, too: those of the exception that only the policy forbids.

    Raises:
        PlanError: the plan has an exception already. PlanOutOfDate: the policy allows none, or not by this person.
    """
    rules.policy.must_allow_exceptions(exception.name)
    if plan.exception is not None:
        raise PlanError("This plan has an exception already. Plan again, and make one for all of the leads.")
    wanted = set(exception.leads) & set(forbidden(plan))
    again: dict[int, SharedEntry] = {}
    entries, leads = [], []
    for entry in plan.entries:
        if entry.lead_id in wanted:
            entry = entry._replace(alike=again.setdefault(id(entry.alike), _judged_again(plan, entry, service)))  # noqa: PLW2901
            leads += [entry.lead_id] if plan.sends(entry) else []
        entries.append(entry)
    if not leads:
        return plan
    made = dataclasses.replace(exception, leads=tuple(leads))
    kept = [w for w in plan.warnings if w not in {*warnings_of(plan), *cap_words(rules.policy, plan.caps, rules.zone)}]
    caps = tuple(_with(count, rules, [e for e in entries if e.lead_id in set(leads)], plan) for count in plan.caps)
    sentence = f"Exception from the policy by {made.name} for {count_of(len(leads))}: {made.reason}"
    new = dataclasses.replace(plan, entries=tuple(entries), caps=caps, exception=made)
    return finished(new, service, (sentence, *cap_words(rules.policy, caps, rules.zone)), kept)


def _judged_again(plan: Plan, entry: PlanEntry, service: LeadReads) -> SharedEntry:
    """What would be said of a lead without the policy."""
    action = plan.groups[entry.group][0]
    verdict, why = judge(action, entry.before, service.identity)
    sent = verdict in {Verdict.WILL_CHANGE, Verdict.CANNOT_TELL}
    then = then_words(action, plan.integration_names, entry.integrations) if sent else ""
    return entry.alike._replace(verdict=verdict, why=why, then=then)


def _with(count: CapCount, rules: PolicyFacts, entries: list[PlanEntry], plan: Plan) -> CapCount:
    """A cap's count with the leads of the exception."""
    cap = next((one for one in rules.policy.caps if one.name == count.cap), None)
    if cap is None:
        return count
    number = 0
    for entry in entries:
        action, state = plan.groups[entry.group][0], entry.alike.state
        if state is not None and cap.is_about(str(action.kind), action.reason):
            number += rules.group(cap, state.publisher_id, state.campaign_id) == count.group
    return dataclasses.replace(count, over=max(0, count.over - number), excepted=number)
