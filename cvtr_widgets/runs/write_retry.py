"""The doubt table: what follows from each way in which a write can end.

A write is sent again only when what came back proves that it was not applied. Everything else is doubt, and doubt is
settled by reading, never by sending.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from cvtr_widgets.models import Cause, WriteAnswer

NOT_MADE = "not made"
"""In the journal instead of a cause: the request could not even be made."""


class Applied(enum.StrEnum):
    """Whether the service has carried the write out, as far as its answer tells."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class NextStep(enum.StrEnum):
    """What to do next with the chunk."""

    TAKE = "take the answer, lead by lead, and read back"
    RESEND = "send again after a pause"
    WAIT = "wait as told, then send again"
    READ = "read twice with a wait; what stays open is unknown"
    SPLIT = "read all back; split what is unchanged"
    STOP = "stop the run"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a write's end means and what follows."""

    applied: Applied
    then: NextStep
    because: str


# Ends without an answer from the service, or without one that can be read.
BY_CAUSE: dict[Cause, Decision] = {
    Cause.NOT_CONNECTED: Decision(Applied.NO, NextStep.RESEND, "no connection could be made, so nothing was sent"),
    Cause.HELD: Decision(
        Applied.NO, NextStep.WAIT, "it was withdrawn while it waited for the request limit, so nothing was sent"
    ),
    Cause.LOST: Decision(Applied.MAYBE, NextStep.READ, "the connection broke; the service may have done it"),
    Cause.TIMED_OUT: Decision(Applied.MAYBE, NextStep.READ, "no answer in time; the service may still do it"),
    Cause.UNREADABLE: Decision(Applied.MAYBE, NextStep.READ, "the answer cannot be read"),
    Cause.REDIRECTED: Decision(Applied.MAYBE, NextStep.READ, "the service redirected; it was not followed"),
    # By then the client has tried to renew the token once and to send again.
    Cause.LOGIN_ENDED: Decision(Applied.NO, NextStep.STOP, "the login had expired, so the service did not process it"),
}

_NOT_LOOKED = "the service refused the whole chunk"
# Refusals that are known to mean "not applied", by status and by the form that the answer must have (see ``WriteAnswer``).
# Every other 4xx may come from something on the way (a gateway that gave up waiting, a lock, a route that is being changed)
# while the service still carries the write out.
KNOWN_REFUSALS: dict[int, frozenset[str]] = {
    400: frozenset({"field"}),
    403: frozenset({"field", "error"}),
    413: frozenset({"field", "error", ""}),
    422: frozenset({"field"}),
}
# Answers, by status; a status that is not listed is ruled by its hundred.
BY_STATUS: dict[int, Decision] = {
    401: Decision(Applied.NO, NextStep.STOP, "the login had expired, so the service did not process it"),
    408: Decision(Applied.MAYBE, NextStep.READ, "the service gave up waiting; it may have done part of it"),
    425: Decision(Applied.MAYBE, NextStep.READ, "the service postponed it"),
    429: Decision(Applied.NO, NextStep.WAIT, "the request limit is used up; the service did not process it"),
}
BY_HUNDRED: dict[int, Decision] = {
    1: Decision(Applied.MAYBE, NextStep.READ, "no final answer"),
    2: Decision(Applied.YES, NextStep.TAKE, "the service said yes"),
    3: Decision(Applied.MAYBE, NextStep.READ, "the service redirected; it was not followed"),
    4: Decision(Applied.MAYBE, NextStep.READ, "an error that does not say whether it was applied"),
    5: Decision(Applied.MAYBE, NextStep.READ, "the service failed; it may have done it, or part of it"),
}


def decision(answer: WriteAnswer, *, yes: bool | None = None) -> Decision:
    """The row of the table for an answer. ``yes`` False: a 2xx that this call does not count as yes (the wire calls such an
    answer unreadable by itself).
    """
    if answer.cause is not Cause.ANSWERED:
        return BY_CAUSE[answer.cause]
    status = answer.status or 0
    if status in BY_STATUS:
        return BY_STATUS[status]
    if answer.refusal in KNOWN_REFUSALS.get(status, ()):
        return Decision(Applied.NO, NextStep.SPLIT, _NOT_LOOKED)
    # A status outside of 1xx to 5xx is no HTTP that we know, so it is doubt, like a 5xx.
    found = BY_HUNDRED.get(status // 100, BY_HUNDRED[5])
    if found.then is NextStep.TAKE and yes is False:
        return Decision(Applied.MAYBE, NextStep.READ, f"the service answered {status}, which does not mean yes for this call")
    return found
