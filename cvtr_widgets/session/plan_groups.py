"""What ``session.plan`` is given: actions with their leads, and the frame that a plan may rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.errors import PlanError
from cvtr_widgets.frames.leads import STATE_COLUMNS, leads_in
from cvtr_widgets.models import Action, LeadId, ordered_unique
from cvtr_widgets.plans.make_plan import PlanReading, make_plan
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.selection.select import Selection
from cvtr_widgets.session.lead_loader import PlanLists

if TYPE_CHECKING:
    import pandas as pd

Groups = Sequence[tuple[Action, Any]]


def groups_of(action: Action | Groups, selection: Any, select: Callable[[Any], Selection]) -> list[tuple[Action, Selection]]:
    """Actions with their leads; ``select`` makes a selection of anything.

    Raises:
        PlanError: it is neither an action with leads nor a list of pairs.
    """
    if isinstance(action, Action):
        if selection is None:
            raise PlanError("Say which leads: session.plan(action, selection).")
        return [(action, select(selection))]
    if selection is not None:
        raise PlanError("A list of (action, selection) pairs takes no further selection. Leave it out.")
    pairs = list(action) if isinstance(action, (list, tuple)) else []
    if not pairs or not all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], Action) for pair in pairs):
        raise PlanError(
            "Say what to do: one action, such as cvtr.mark_test('Test lead'), and the leads; or a list of pairs of both, "
            "such as [(action, ids), (other, more)]."
        )
    return [(one, select(leads)) for one, leads in pairs]


def plan_of(client: Convertr, chosen: Sequence[tuple[Action, Selection]], **more: Any) -> Plan:
    """The plan of these groups, with how their leads were selected and what was not taken. ``more``: as for ``make_plan``."""
    return make_plan(
        client,
        PlanLists(client),
        [(action, leads.ids) for action, leads in chosen],
        how_selected=[run for _, leads in chosen for run in leads.how_selected],
        notes=list(dict.fromkeys(note for _, leads in chosen for note in leads.warnings)),
        **more,
    )


def as_loaded(groups: list[tuple[Action, tuple[LeadId, ...]]], frame: pd.DataFrame | None) -> PlanReading:
    """The leads as a loaded frame shows them.

    Raises:
        PlanError: the frame is none that ``pull`` gave, is masked, or lacks columns or leads.
    """
    if frame is None or "as_of" not in frame.attrs:
        raise PlanError("A plan from loaded leads needs the frame that session.pull() gave: plan(..., fresh=False, frame=leads).")
    if frame.attrs.get("masked"):
        raise PlanError(
            "This frame is masked: it does not show the comments, which a plan needs. Use fresh=True to read the leads again."
        )
    if lost := [name for name in STATE_COLUMNS if name not in frame.columns]:
        raise PlanError(f"The frame has lost the column {lost[0]!r}, which a plan needs. Use it as pull() gave it.")
    ids = ordered_unique(i for _, group in groups for i in group)
    leads = leads_in(frame, ids)
    missing = [i for i in ids if i not in leads]
    if missing:
        raise PlanError(
            f"{len(missing):,} of the leads are not in that frame, such as {missing[0]}. Pull them, or use fresh=True."
        )
    at = datetime.fromisoformat(frame.attrs["as_of"])
    return PlanReading(leads, {}, at, fresh=False)
