"""What takes runs back: actions that restore what leads were before the first of them, as far as an action can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from cvtr_widgets.actions import catalogue
from cvtr_widgets.actions.catalogue import Family, count_of, family_of
from cvtr_widgets.actions.read_back_proof import Observation, ProofResult, delivered_now, leads_to_delivered, prove, wanted
from cvtr_widgets.models import NOT_SENT, Action, HashedText, Lead, LeadId, LeadState, Outcome, alike
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.policy_records import WayBack

TAKEN = {str(o) for o in (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.CONTRADICTED, Outcome.UNKNOWN)}
"""Outcomes after which there may be something to take back."""
SEALED = "its former comment is not known (the journal keeps comments only as a hash)"
WITHOUT_REASON = "it was {} without a reason, and a flag needs one"
FLAGS_WITHOUT_REASON = {WITHOUT_REASON.format(catalogue.ROWS[kind].target): kind for kind in catalogue.FLAGS}
"""Which flag a lead gets back once a reason is given, by why it cannot be taken back without one."""
Groups = list[tuple[Action, tuple[LeadId, ...]]]


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that has ended: its plan, the outcome of each lead that it sent, and when it sent it (None: never). ``number`` of its
    first entry in the journal.
    """

    run_id: str
    plan: Plan
    outcomes: Mapping[LeadId, str]
    sent: Mapping[LeadId, datetime | None]
    number: int


@dataclass(frozen=True, slots=True)
class Step:
    """What one run did to one lead, and how the lead was before."""

    run_id: str
    done: Action
    before: Observation


def steps_of(runs: Iterable[EndedRun]) -> dict[LeadId, list[Step]]:
    """By lead, what runs may have done to it, in the order in which it was sent."""
    found: dict[LeadId, list[tuple[tuple[datetime, int], Step]]] = {}
    for run in runs:
        for entry in run.plan.sendable:
            lead_id, sent = entry.lead_id, run.sent.get(entry.lead_id)
            if run.outcomes.get(lead_id) in TAKEN:
                # Unknown counts as done: whether it was is seen when the lead is read now.
                step = Step(run.run_id, run.plan.action(entry), entry.before)
                found.setdefault(lead_id, []).append(((sent or run.plan.made_at, run.number), step))
    return {lead_id: [step for _, step in sorted(steps, key=lambda one: one[0])] for lead_id, steps in found.items()}


def ways_back(
    steps: Mapping[LeadId, Sequence[Step]], now: Callable[[LeadId], Observation], last_runs: Mapping[LeadId, str]
) -> tuple[WayBack, ...]:
    """How far each lead can be taken back to what it was before the first of its steps. ``now``: the leads as just read;
    ``last_runs``: the run of this account that last did something to each.
    """
    found = []
    for lead_id, mine in steps.items():
        runs = tuple(step.run_id for step in mine)
        way, why, conflict, action = _way(mine, now(lead_id), last_runs.get(lead_id, ""))
        found.append(WayBack(lead_id, way, why, conflict, runs, action))
    return tuple(found)


def groups_of(ways: Iterable[WayBack], *, nearest: bool) -> tuple[Groups, list[tuple[LeadId, str]]]:
    """Groups of actions that take leads back, and leads that are left out with the reason. ``nearest``: also those that do not
    come back exactly.
    """
    groups: dict[Action, list[LeadId]] = {}
    out: list[tuple[LeadId, str]] = []
    for one in ways:
        if one.action is not None and (one.way == "exact" or nearest):
            groups.setdefault(one.action, []).append(one.lead_id)
        else:
            out.append(
                (
                    one.lead_id,
                    one.why
                    if one.way == "impossible"
                    else f"{one.why}; the rest of it comes back only if you also ask for leads that do not come back exactly",
                )
            )
    return [(action, tuple(ids)) for action, ids in groups.items()], out


def words_of(ways: Sequence[WayBack], out: Iterable[tuple[LeadId, str]], *, nearest: bool) -> list[str]:
    """Sentences with counts: what is left out, by reason; what does not come back exactly; and what becomes of leads that several
    of the runs changed.
    """
    left = dict(out)
    said = [f"{count_of(n)} left out: {why}." for why, n in Counter(left.values()).items()]
    near = Counter(one.why for one in ways if one.way == "nearest" and nearest)
    said += [f"{count_of(n)} undone as far as possible: {why}." for why, n in near.items()]
    # What somebody else changed is left out for that very reason, which is said already.
    clashes = Counter((one.conflict, one.lead_id in left) for one in ways if one.conflict and one.conflict != one.why)
    return [
        *said,
        *(f"Conflict for {count_of(n)}: {what}{_becomes(n, left_out=not_sent)}" for (what, not_sent), n in clashes.items()),
    ]


def _becomes(number: int, *, left_out: bool) -> str:
    """What becomes of leads that several of the runs changed."""
    if left_out:
        return "; it is left out and stays as it is." if number == 1 else "; they are left out and stay as they are."
    return f". Undoing takes {'it' if number == 1 else 'them'} back to before the first of these."


Way = Literal["exact", "nearest", "impossible"]


def _way(steps: Sequence[Step], now: Observation, last_run: str) -> tuple[Way, str, str, Action | None]:
    """Way, why, conflict and action for one lead."""
    first, several = steps[0], f"changed by {len(steps)} of these runs" if len(steps) > 1 else ""
    if now.lead is None:
        return "impossible", "it no longer exists", several, None
    for step in steps:
        if why := catalogue.ROWS[step.done.kind].final:
            return "impossible", why, several, None
    # A flag and a delivery mark in one undo would need two actions on one lead, and a plan has one for each.
    if len({family_of(step.done) for step in steps}) > 1:
        return (
            "impossible",
            f"these runs did different kinds of things to it: take back run {steps[-1].run_id} first",
            several,
            None,
        )
    why = _in_between(steps)
    if why:
        return "impossible", why, why, None
    # What was done may have been put right by hand already; then there is nothing to send.
    why = AS_BEFORE if _restored(first, now) else _since(steps, now)
    if why == CHANGED and last_run and last_run not in {step.run_id for step in steps}:
        why = f"it has been changed since by run {last_run}, which is not taken back with it"
    if why:
        return "impossible", why, several if why == AS_BEFORE else why, None
    action = _back(first.done, first.before)
    if isinstance(action, str):
        return "impossible", action, several, None
    lost = _lost(steps, now)
    return "nearest" if lost else "exact", lost, several, action


AS_BEFORE = "it is as it was before the run"
CHANGED = "it has been changed since the run"


def _in_between(steps: Sequence[Step]) -> str:
    """Whether somebody else changed the lead between two of the runs: that change is not taken back."""
    for one, after in pairwise(steps):
        if _changed_since(one.done, one.before, after.before) == CHANGED:
            return "somebody else changed it between two of these runs"
    return ""


def _since(steps: Sequence[Step], now: Observation) -> str:
    """Whether the lead is as the last step that can be seen has left it."""
    # The last run's effect may not be seen (a contradicted or unknown one); the one before it then counts.
    for step in reversed(steps):
        why = _changed_since(step.done, step.before, now)
        if why != AS_BEFORE:
            return why
    return AS_BEFORE


def _restored(first: Step, now: Observation) -> bool:
    """Whether all that its action sets is as it was before the first step."""
    old, new = first.before.lead, now.lead
    if old is None or new is None:
        return False
    if family_of(first.done) is Family.DELIVERY:
        return delivered_now(first.before) is delivered_now(now) is not None
    pairs = [(getattr(old, name), getattr(new, name)) for name in wanted(first.done)]
    return all(NOT_SENT not in pair and alike(pair[0] or None, pair[1] or None) for pair in pairs)


def _lost(steps: Sequence[Step], now: Observation) -> str:
    """What would not come back; empty where everything does."""
    first = steps[0]
    before, lead = first.before.lead, now.lead
    assert before is not None  # noqa: S101  there is a way back
    if any(step.done.integrations for step in steps):
        return "what the integrations have received cannot be taken back"
    comment = before.comment if family_of(first.done) is Family.FLAG else before.replacement_comment
    if isinstance(comment, HashedText) and family_of(first.done) is not Family.DELIVERY:
        return SEALED
    old, new = (one.delivery if one is not None else NOT_SENT for one in (before, lead))
    if family_of(first.done) is Family.FLAG and NOT_SENT not in {old, new} and old != new:
        return f"it was {old or 'without delivery'} and is {new or 'without delivery'} now, which a flag does not change"
    return ""


def _changed_since(done: Action, before: Observation, now: Observation) -> str:
    """Somebody else's later change is not taken back."""
    if catalogue.ROWS[done.kind].final:
        return ""
    finding = prove(done, before, now).finding
    if finding is ProofResult.UNCHANGED:
        return AS_BEFORE
    changed = finding is ProofResult.OTHERWISE or any(_somebody_elses(name, before, now) for name in _not_given(done))
    return CHANGED if changed else ""


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
    row = catalogue.ROWS[done.kind]
    if row.family is Family.DELIVERY:
        if delivered_now(before) is None:
            return "it was not known whether it was delivered"
        was = delivered_now(before)
        return catalogue.make(next(k for k in catalogue.DELIVERIES if leads_to_delivered(Action(k)) is was))
    if row.family is Family.FLAG:
        return _flag_back(lead)
    if row.family is Family.REPLACEMENT:
        return _mark_back(lead)
    return row.final


def no_way_back(flagged: Iterable[tuple[LeadState, int]]) -> list[str]:
    """Sentences with counts: why leads that will be flagged cannot be brought back to what they are now. ``flagged``: states,
    and how many leads are in each.
    """
    found: Counter[str] = Counter()
    for state, number in flagged:
        if isinstance(why := _flag_back(state), str):
            # The same reasons as for an undo, said before the run instead of after it.
            found[why.replace("it was", "now").replace("its former", "their")] += number
    return [f"This can’t be undone for {count_of(n)}: {why}." for why, n in found.items()]


def _flag_back(lead: Lead | LeadState) -> Action | str:
    if NOT_SENT in {lead.status, lead.reason}:
        return "its former status or reason is not known"
    if lead.status not in {"Valid", "Invalid", "Test"}:
        return f"it was {lead.status}, and no action sets that"
    if not lead.reason:
        return WITHOUT_REASON.format(lead.status)
    comment, category = None if isinstance(lead.comment, HashedText) else lead.comment, lead.category
    category = category or None
    returned = str(lead.reason).lower() == catalogue.RETURNED.lower()
    # Convertr's rule: Returned needs a category, and no other reason takes one.
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
    mark = "Replacement" if lead.replacement == "Replacement" else "None"
    note = lead.replacement_comment
    return catalogue.mark_other(mark, str(note) if note and not isinstance(note, HashedText) else None)
