"""What proves an action. Before-values decide: what already stood at the target proves nothing."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, NamedTuple

from cvtr_widgets.actions.catalogue import ROWS, Family, family_of
from cvtr_widgets.models import NOT_SENT, Action, Lead, alike

SLOW = frozenset({Family.PROCESSING})
"""What these do is seen later, whatever the service says at once."""


class ProofResult(enum.StrEnum):
    """What a reading says about one lead and one action.

    ``REPEATED``: it was done more than once, by whomever. ``AT_ODDS``: what was read contradicts itself. An effect that comes
    between two questions does that for a moment, so it is worth reading again; what stays so proves nothing.
    """

    PROVEN = "proven"
    UNCHANGED = "unchanged"
    OTHERWISE = "otherwise"
    UNDER_WAY = "under way"
    AT_ODDS = "at odds"
    UNPROVABLE = "unprovable"
    REPEATED = "repeated"


class Observation(NamedTuple):
    """One lead as read at one moment: ``lead`` None = not found; ``delivered`` is the delivery check's word.

    ``gone``: the service itself said, in its own form, that it is not there, while another lead could be read.
    """

    lead: Lead | None
    delivered: bool | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """A finding with what it rests on."""

    finding: ProofResult
    detail: str


def wanted(action: Action) -> dict[str, Any]:
    """The fields that an action sets, with the values that they should have then."""
    if family_of(action) is Family.FLAG:
        return {
            "status": ROWS[action.kind].target,
            "reason": action.reason,
            "category": action.category,
            "comment": action.comment,
        }
    if family_of(action) is Family.REPLACEMENT:
        return {"replacement": None if action.reason == "None" else action.reason, "replacement_comment": action.comment}
    return {}


def stands(action: Action, lead: Lead) -> bool:
    """Whether every field that the action sets is readable and has its value already."""
    fields = wanted(action)
    return bool(fields) and all(_same(getattr(lead, name), value) for name, value in fields.items())


def _same(found: Any, value: Any) -> bool:
    return found is not NOT_SENT and alike(found or None, value or None)


def prove(action: Action, before: Observation, after: Observation, *, at_rest: bool | None = None) -> Proof:
    """What the readings before and after say. ``at_rest``: whether processing has ended (None = not told)."""
    family = family_of(action)
    if family is Family.DELETION:
        if after.lead is not None:
            return Proof(ProofResult.UNCHANGED, "still there")
        # Not found alone is no proof: the lead may have moved out of what this user is allowed to see.
        if after.gone:
            return Proof(ProofResult.PROVEN, "the service says that it no longer exists")
        return Proof(ProofResult.AT_ODDS, "not found when read back, but the service itself does not say that it is gone")
    if after.lead is None:
        return Proof(ProofResult.OTHERWISE, "not found when read back: deleted in the meantime, or no longer visible")
    if before.lead is None:
        return Proof(ProofResult.UNPROVABLE, "not read before, so there is nothing to compare")
    if family is Family.DELIVERY:
        return _prove_delivery(action, before, after)
    if family is Family.PROCESSING:
        return _prove_reprocess(before.lead, after.lead, at_rest)
    needed = ("status", "reason") if family is Family.FLAG else ("replacement",)
    return _prove_fields(action, before.lead, after.lead, needed)


def _prove_fields(action: Action, before: Lead, after: Lead, needed: tuple[str, ...]) -> Proof:
    # What was not given is not asked for: a service may keep the comment of an earlier flag.
    fields = {n: v for n, v in wanted(action).items() if v is not None or n in needed}
    readable = {name: value for name, value in fields.items() if getattr(after, name) is not NOT_SENT}
    missing = [name for name in needed if name not in readable]
    off = [name for name, value in readable.items() if not _same(getattr(after, name), value)]
    changed = [name for name in readable if not alike(getattr(before, name), getattr(after, name))]
    if off:
        what = ", ".join(f"{_word(n)} is {_shown(n, getattr(after, n))}" for n in off)
        return Proof(ProofResult.OTHERWISE if changed else ProofResult.UNCHANGED, what)
    if missing:
        return Proof(ProofResult.UNPROVABLE, f"the service does not send {', '.join(_word(n) for n in missing)}")
    if not changed:
        return Proof(ProofResult.UNPROVABLE, "what can be read was the same before")
    return Proof(ProofResult.PROVEN, "read back: " + ", ".join(_word(n) for n in readable))


def read_back(action: Action, before: Observation, after: Observation) -> set[str]:
    """The fields of a lead that an action set and that reading has shown: they have the value given, and had another before."""
    if before.lead is None or after.lead is None:
        return set()
    if family_of(action) is Family.DELIVERY:
        return {"delivery"} if after.lead.delivery == ROWS[action.kind].target != before.lead.delivery else set()
    return {
        name
        for name, value in wanted(action).items()
        if _same(getattr(after.lead, name), value) and not alike(getattr(before.lead, name), getattr(after.lead, name))
    }


def _word(name: str) -> str:
    return {"status": "Current Status", "replacement": "the replacement mark"}.get(name, name.replace("_", " "))


def _shown(name: str, value: Any) -> str:
    # A comment is the user's own text and may be long or personal: it is never repeated.
    return "another one" if name.endswith("comment") else f"{value or 'empty'}"


def _delivery_words(observation: Observation) -> set[bool]:
    said = set() if observation.delivered is None else {observation.delivered}
    field = observation.lead.delivery if observation.lead is not None else NOT_SENT
    if field in {"Delivered", "Not Delivered"}:
        said.add(field == "Delivered")
    return said


def leads_to_delivered(action: Action) -> bool:
    """Whether a lead is delivered after this action of the delivery family."""
    return ROWS[action.kind].target == "Delivered"


def delivered_now(observation: Observation) -> bool | None:
    """Whether a lead is delivered, if all that the service says of it agrees; else None."""
    said = _delivery_words(observation)
    return said.pop() if len(said) == 1 else None


def _prove_delivery(action: Action, before: Observation, after: Observation) -> Proof:
    target = leads_to_delivered(action)
    said = _delivery_words(after)
    if len(said) > 1:
        return Proof(ProofResult.AT_ODDS, "the delivery check and the delivery field contradict each other")
    if not said:
        return Proof(ProofResult.UNPROVABLE, "neither the delivery check nor a delivery field can be read")
    if said == {not target}:
        return Proof(ProofResult.UNCHANGED, f"still {'Not Delivered' if target else 'Delivered'}")
    # Also where it was not known before: then nobody can say that this action made the difference.
    if delivered_now(before) is not (not target):
        return Proof(ProofResult.UNPROVABLE, "what can be read was the same before")
    return Proof(ProofResult.PROVEN, "read back: " + ("Delivered" if target else "Not Delivered"))


def _prove_reprocess(before: Lead, after: Lead, at_rest: bool | None) -> Proof:
    if not isinstance(before.processing_counter, int) or not isinstance(after.processing_counter, int):
        return Proof(ProofResult.UNPROVABLE, "the service does not send the processing counter")
    if after.processing_counter <= before.processing_counter:
        # Reprocessing is queued: an old counter and a running Processr status are both "not yet".
        return Proof(ProofResult.UNCHANGED, f"the processing counter is still {after.processing_counter}")
    if (times := after.processing_counter - before.processing_counter) > 1:
        return Proof(
            ProofResult.REPEATED,
            f"the processing counter went from {before.processing_counter} to {after.processing_counter}: it was processed "
            f"{times} times, so somebody else, or another copy of this run, has reprocessed it too",
        )
    if at_rest is None:
        return Proof(ProofResult.UNPROVABLE, "the counter went up; the service does not say whether processing has ended")
    if not at_rest:
        return Proof(ProofResult.UNDER_WAY, "the counter went up; processing has not ended")
    return Proof(ProofResult.PROVEN, f"processed again: counter {before.processing_counter} to {after.processing_counter}")
