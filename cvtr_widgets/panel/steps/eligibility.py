"""What can be said about each row before a plan is made: whether the chosen action is allowed for it, and if not, why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import DELIVERIES, ROWS
from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.frames.leads import leads_in
from cvtr_widgets.models import Action, ActionKind, Identity, LeadId, Verdict
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.plans.lead_verdict import judge

if TYPE_CHECKING:
    import pandas as pd

ELIGIBLE_COLUMN = "eligible"


class Eligibility:
    """A column of the lead table that follows the action chosen. It rests on the leads as loaded, as the plan does not."""

    def __init__(self, table: LeadTable, identity: Identity) -> None:
        self._table = table
        self._identity = identity
        self._kind: ActionKind | None = None

    def follow(self, kind: ActionKind | None) -> None:
        """Show it for an action, or no longer. Actions that any lead may have show none."""
        kind = kind if kind in DELIVERIES or (kind is not None and ROWS[kind].needs_right) else None
        # Called with each view: annotating again would make a new version of the table, and all its rows would be sent again.
        if kind is self._kind:
            return
        self._kind = kind
        if kind is None:
            self._table.annotate(ELIGIBLE_COLUMN, "", None)
        else:
            self._table.annotate(ELIGIBLE_COLUMN, f"{ROWS[kind].label}?", lambda ids: self._texts(kind, ids))

    def _texts(self, kind: ActionKind, ids: Sequence[LeadId]) -> list[str]:
        frame: pd.DataFrame | None = self._table.frame
        if frame is None:  # an archive: as they were is not what counts
            return [""] * len(ids)
        leads = leads_in(frame, ids)
        return [self._text(kind, Observation(leads.get(i))) for i in ids]

    def _text(self, kind: ActionKind, observation: Observation) -> str:
        verdict, why = judge(Action(kind), observation, self._identity)
        return "yes" if verdict is Verdict.WILL_CHANGE else f"no: {why}"
