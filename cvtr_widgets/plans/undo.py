"""What takes a run back: actions that restore the before-values, as far as an action can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from cvtr_widgets.actions import catalogue
from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.actions.proof import DELIVERIES, FLAGS, Observation, ProofResult, delivered_now, prove, wanted
from cvtr_widgets.models import NOT_SENT, Action, ActionKind, HashedText, Lead, LeadId, LeadState, Outcome, alike
from cvtr_widgets.plans.plan import Plan, PlanEntry

TAKEN = {str(o) for o in (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.CONTRADICTED, Outcome.UNKNOWN)}
"""Outcomes after which there may be something to take back."""
Groups = list[tuple[Action, tuple[LeadId, ...]]]
Out = list[tuple[LeadId, str]]


def wanted_back(plan: Plan, outcomes: Mapping[LeadId, str]) -> list[PlanEntry]:
    """The leads of a run that may have something to be taken back."""
    return [e for e in plan.sendable if outcomes.get(e.lead_id) in TAKEN]


def undo_groups(parts: Iterable[tuple[Plan, list[PlanEntry]]], now: Callable[[LeadId], Observation]) -> tuple[Groups, Out]:
    """Groups of actions that restore, and leads that are left out with the reason. ``parts``: plans that were run, with what of
    them may have something to be taken back; ``now``: the leads as just read.
    """
    groups: dict[Action, list[LeadId]] = {}
    out: Out = []
    for plan, entry in ((plan, entry) for plan, entries in parts for entry in entries):
        observation = now(entry.lead_id)
        done = plan.action(entry)
        found = _back(done, entry.before) if observation.lead is not None else "it is no longer there"
        if isinstance(found, Action) and (why := _changed_since(done, entry.before, observation)):
            found = why
        if isinstance(found, str):
            out.append((entry.lead_id, found))
        else:
            groups.setdefault(found, []).append(entry.lead_id)
    return [(action, tuple(ids)) for action, ids in groups.items()], out


def left_out_words(out: Out) -> list[str]:
    """Sentences with counts, by reason."""
    return [f"{count_of(n)} left out: {why}." for why, n in Counter(why for _, why in out).items()]


def _changed_since(done: Action, before: Observation, now: Observation) -> str:
    """Somebody else's later change is not taken back."""
    if done.kind in {ActionKind.REPROCESS, ActionKind.DELETE}:
        return ""
    finding = prove(done, before, now).finding
    if finding is ProofResult.UNCHANGED:
        return "it is as it was before the run"
    changed = finding is ProofResult.OTHERWISE or any(_somebody_elses(name, before, now) for name in _not_given(done))
    return "it has been changed since the run" if changed else ""


def _not_given(done: Action) -> list[str]:
    """Fields that taking it back would set, though the run did not."""
    return [name for name, value in wanted(done).items() if value is None and name != "replacement"]


def _somebody_elses(name: str, before: Observation, now: Observation) -> bool:
    """Whether a field is neither as it was before the run nor empty, as the service may have left it."""
    old, new = (NOT_SENT if observation.lead is None else getattr(observation.lead, name) for observation in (before, now))
    return new is not NOT_SENT and bool(new) and not alike(old, new)


def _back(done: Action, before: Observation) -> Action | str:
    lead = before.lead
    if lead is None:
        return "it was not read before the run"
    if done.kind in DELIVERIES:
        if delivered_now(before) is None:
            return "it was not known whether it was delivered"
        return catalogue.mark_undelivered() if done.kind is ActionKind.DELIVERED else catalogue.mark_delivered()
    if done.kind in FLAGS:
        return _flag_back(lead)
    if done.kind is ActionKind.OTHER:
        return _mark_back(lead)
    return "reprocessing cannot be undone" if done.kind is ActionKind.REPROCESS else "a deleted lead cannot be brought back"


def no_way_back(flagged: Iterable[tuple[LeadState, int]]) -> list[str]:
    """Sentences with counts: why leads that will be flagged cannot be brought back to what they are now. ``flagged``: states,
    and how many leads are in each.
    """
    found: Counter[str] = Counter()
    for state, number in flagged:
        if isinstance(why := _flag_back(state), str):
            found[why.replace("it was", "now").replace("its former", "their")] += number
    return [f"This can’t be undone for {count_of(n)}: {why}." for why, n in found.items()]


def _flag_back(lead: Lead | LeadState) -> Action | str:
    if NOT_SENT in {lead.status, lead.reason}:
        return "its former status or reason is not known"
    if lead.status not in {"Valid", "Invalid", "Test"}:
        return f"it was {lead.status}, and no action sets that"
    if not lead.reason:
        return f"it was {lead.status} without a reason, and a flag needs one"
    comment, category = lead.comment, lead.category
    if isinstance(comment, HashedText):
        return "its former comment is not known (the journal keeps comments only as a hash)"
    category = category or None
    returned = str(lead.reason).lower() == catalogue.RETURNED.lower()
    if lead.status == "Invalid" and returned != (category is not None):
        return "its former category is not known" if returned else "its former reason takes no category, and it had one"
    note = str(comment) if comment else None
    match lead.status:
        case "Valid":
            return catalogue.mark_valid(str(lead.reason), note)
        case "Invalid":
            return catalogue.mark_invalid(str(lead.reason), str(category) if category else None, note)
        case _:
            return catalogue.mark_test(str(lead.reason), note)


def _mark_back(lead: Lead) -> Action | str:
    if lead.replacement is NOT_SENT:
        return "its former Replacement mark is not known"
    if isinstance(lead.replacement_comment, HashedText):
        return "its former comment is not known (the journal keeps comments only as a hash)"
    mark = "Replacement" if lead.replacement == "Replacement" else "None"
    return catalogue.mark_other(mark, str(lead.replacement_comment) if lead.replacement_comment else None)
