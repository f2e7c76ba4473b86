"""What a run means for a scheduler: a number that tells the truth about its leads, worst first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cvtr_widgets.models import Outcome, Verdict
from cvtr_widgets.plans.plan import Plan

WELL, BY_RULE, IN_DOUBT, CONTRADICTED, NOT_STARTED, CRASHED = 0, 10, 20, 30, 40, 1
MEANINGS: Final[Mapping[int, str]] = {
    WELL: "every lead is settled well: done and confirmed or accepted, or already set",
    BY_RULE: "some leads were refused by the service, or left out by a rule",
    IN_DOUBT: "some leads are in doubt, or were not sent because the run broke off",
    CONTRADICTED: "for some leads the service said yes, and reading says otherwise",
    NOT_STARTED: "nothing was started, and nothing was sent",
    CRASHED: "the command itself failed; the journal says what became of the leads",
    130: "interrupted (Ctrl-C); what was not sent stays not sent",
    143: "interrupted (SIGTERM); what was not sent stays not sent",
}
"""Code -> what it means. 2 is a mistake on the command line."""


def exit_code_of(plan: Plan, counts: Mapping[str, int], *, broke_off: bool = False) -> int:
    """The code of a run of this plan with these leads by outcome."""
    if counts[Outcome.CONTRADICTED]:
        return CONTRADICTED
    if counts[Outcome.UNKNOWN] or counts[Outcome.NOT_SENT] or broke_off:
        return IN_DOUBT
    well = plan.counts[str(Verdict.ALREADY_SO)]
    return BY_RULE if counts[Outcome.REFUSED] or counts[Outcome.SKIPPED] > well else WELL
