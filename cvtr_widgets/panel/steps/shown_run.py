"""A run whose results are shown: what a way back to them needs, and which of its leads may be repeated."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.models import Action, LeadId, Outcome
from cvtr_widgets.panel.selection.panel_selection import PanelSelection
from cvtr_widgets.runs.run import Run


class ShownRun(NamedTuple):
    """A run, and the rest that step 3 knew when its results were shown. ``firsts``: runs of one lead before it, of the same plan;
    ``source``: what its plan was made of, if not of steps 1 and 2; ``planned``: what these steps held when it was made.
    """

    run: Run
    firsts: list[Run]
    source: object
    planned: tuple[PanelSelection, Action | None] | None


def left_over(run: Run | None) -> tuple[LeadId, ...]:
    """Leads that may not have gone through, to repeat. Unclear leads of an action that must not run twice (such as Reprocess) are
    left out: no reading would show that it happened twice.
    """
    if run is None or not run.finished:
        return ()
    left = run.failed
    never_twice = [str(row.kind) for row in ROWS.values() if not row.repeatable]
    twice = left["action"].isin(never_twice) & (left["outcome"] == str(Outcome.UNKNOWN))
    return tuple(int(i) for i in left.index[~twice])


def actions_of(run: Run | None, ids: Collection[LeadId]) -> set[Action]:
    """The actions that a run had for these leads."""
    groups = run.plan.groups if run is not None else ()
    return {action for action, lead_id in groups if not set(lead_id).isdisjoint(ids)}


def runs_words(runs: Sequence[str]) -> str:
    """The runs that a plan takes back, in words."""
    more = " ..." if len(runs) > 5 else ""
    return f"run {runs[0]}" if len(runs) == 1 else f"{len(runs):,} runs ({', '.join(runs[:5])}{more})"
