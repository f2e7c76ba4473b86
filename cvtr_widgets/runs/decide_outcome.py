"""The outcome of a lead, from what the service said and what was read afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cvtr_widgets.actions.read_back_proof import Proof, ProofResult
from cvtr_widgets.models import Outcome

Said = Literal["yes", "no", "queued", "nothing"]
"""The service's word on one lead; ``nothing`` = no reliable answer."""
BROKE_OFF = "sent; then the run broke off"
"""Of leads that were sent and not read back, as the run came to a fault of its own; what fault follows in brackets."""


@dataclass(frozen=True, slots=True)
class SettledOutcome:
    """An outcome with its detail."""

    outcome: Outcome
    detail: str


def settle(
    said: Said, words: str, proof: Proof, *, final: bool, waited: float = 0.0, slow: bool = False, early: bool = False
) -> SettledOutcome | None:
    """The outcome of one lead, or None where it is worth reading again.

    ``final``: there is no time left to wait. ``slow``: what the action does comes later, whatever was said at once
    (reprocessing): that it is not seen yet contradicts nothing. ``early``: the run was cancelled, so that less was waited for.
    """
    if proof.finding is ProofResult.PROVEN:
        return _proven(said, words, proof)
    if proof.finding is ProofResult.REPEATED:
        return _repeated(said, words, proof)
    if proof.finding is not ProofResult.UNPROVABLE and not final:
        return None
    if said == "no":
        return SettledOutcome(Outcome.REFUSED, words or "the service said no and gave no reason")
    if said == "nothing":
        return SettledOutcome(Outcome.UNKNOWN, f"{words}; reading could not settle it: {proof.detail}")
    if proof.finding in {ProofResult.UNPROVABLE, ProofResult.AT_ODDS}:
        return SettledOutcome(Outcome.ACCEPTED, proof.detail)
    if said == "queued" or (slow and proof.finding is ProofResult.UNCHANGED):
        word = "the service put it into a queue" if said == "queued" else "the service said yes"
        return SettledOutcome(Outcome.ACCEPTED, f"{word}; not seen within {waited:.0f} s: {proof.detail}")
    if proof.finding is ProofResult.UNDER_WAY:
        return SettledOutcome(Outcome.ACCEPTED, f"not seen to end within {waited:.0f} s: {proof.detail}")
    if early:
        return SettledOutcome(Outcome.ACCEPTED, f"the service said yes; cancelled before it was seen: {proof.detail}")
    return SettledOutcome(Outcome.CONTRADICTED, f"the service said yes, but {proof.detail}")


def _repeated(said: Said, words: str, proof: Proof) -> SettledOutcome:
    """It was done, and more than once: an alarm where the service said yes, and nothing that can be told otherwise."""
    if said in {"yes", "queued"}:
        return SettledOutcome(Outcome.CONTRADICTED, f"the service said yes once, but {proof.detail}")
    return SettledOutcome(Outcome.UNKNOWN, f"{words or 'no reliable answer came'}; {proof.detail}")


def _proven(said: Said, words: str, proof: Proof) -> SettledOutcome:
    if said == "no":
        return SettledOutcome(Outcome.CONFIRMED, f'{proof.detail}; yet the service had said no: "{words}"')
    if said == "nothing":
        return SettledOutcome(Outcome.CONFIRMED, f"{proof.detail}; no reliable answer came ({words})")
    return SettledOutcome(Outcome.CONFIRMED, proof.detail)


def unread(said: Said, words: str, error: str) -> SettledOutcome:
    """The outcome where reading back failed."""
    if said == "no":
        return SettledOutcome(Outcome.REFUSED, f"{words} (reading back failed: {error})")
    if said == "nothing":
        return SettledOutcome(Outcome.UNKNOWN, f"{words}; reading back failed: {error}")
    return SettledOutcome(Outcome.ACCEPTED, f"the service said yes; reading back failed: {error}")
