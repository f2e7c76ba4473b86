"""One plan runs once: the plan that a session made, and every plan that was opened from a file of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cvtr_widgets.errors import PlanOutOfDate
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.plans.plan import Plan

CANARY = "canary"
"""The source of a run that sent one lead before the others; the rest of its plan may still run."""


def must_not_have_run(journal: Journal, plan: Plan, source: str = "") -> None:
    """Refuse a plan of which this journal has a run; one that was opened from a file also where the plan that was saved has.

    Raises:
        PlanOutOfDate: it was run already.
    """
    mine = (plan.fingerprint, plan.made_at.isoformat())
    saved = None if plan.provenance is None else (plan.provenance.fingerprint, plan.provenance.made_at.isoformat())
    for entry in journal.each(kinds=("run",)):
        theirs = (entry.data.get("fingerprint"), entry.data.get("made_at"))
        if theirs == mine:
            raise PlanOutOfDate("This plan has been run already. Make a new one to see what is left to do.")
        if CANARY in {source, entry.data.get("source")}:
            continue
        same = saved is not None and saved in {theirs, _saved(entry.data)}
        if same or _saved(entry.data) == mine:
            who = entry.data.get("account") or f"user:{entry.data.get('user_id')}"
            raise PlanOutOfDate(
                f"This saved plan has been run already: by {who} at {entry.at[:16].replace('T', ' ')} UTC, run {entry.run}. "
                "Make a new plan to see what is left to do."
            )


def _saved(said: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """Which saved plan a run was a plan of."""
    found = said.get("provenance")
    return None if not found else (found.get("fingerprint"), found.get("made_at"))
