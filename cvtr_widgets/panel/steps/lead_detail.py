"""One lead with all that is known of it, for checking leads one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.jobs import Job, Jobs, Problem
from cvtr_widgets.panel.table.cells import detail as shown
from cvtr_widgets.panel.table.columns import detail_title, titled

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession


class Detail:
    """The lead whose detail is open, if any, as read when it was opened."""

    def __init__(self, session: LeadSession, jobs: Jobs) -> None:
        self.lead_id: LeadId | None = None
        self._session = session
        self._jobs = jobs
        self._found: dict[str, Any] | None = None
        self._problem: Problem | None = None

    def open(self, lead_id: LeadId) -> None:
        """Read a lead and show it."""
        self.lead_id, self._found, self._problem = lead_id, None, None

        def work(_job: Job, _tell: Any) -> dict[str, Any]:
            found = self._session.detail(lead_id)
            zone = self._session.client.zone
            return {
                "fields": [[detail_title(name), shown(v, zone)] for name, v in found.fields.items() if shown(v, zone)],
                "jobs": _rows(found.jobs, zone),
                "notes": _rows(found.notes, zone),
            }

        def done(found: dict[str, Any]) -> None:
            self._found = found

        def failed(problem: Problem, _error: BaseException) -> None:
            self._problem = problem

        self._jobs.start("detail", f"Reading lead {lead_id}", work, done, failed)

    def again(self) -> None:
        """Read the lead again that is shown, if any."""
        if self.lead_id is not None:
            self.open(self.lead_id)

    def close(self) -> None:
        """Show it no longer."""
        self.lead_id, self._found, self._problem = None, None, None
        # Else a slow answer would open it again.
        self._jobs.drop("detail")

    def view(self) -> dict[str, Any] | None:
        """As JSON values; None while none is open."""
        if self.lead_id is None:
            return None
        return {
            "id": str(self.lead_id),
            "found": self._found,
            "problem": None if self._problem is None else self._problem.message(),
        }


def _rows(frame: pd.DataFrame, zone: Any) -> dict[str, Any]:
    return {
        "columns": [titled(str(c)) for c in frame.columns],
        "rows": [
            [
                shown(v, zone).replace("_", " ") if name == "type" else shown(v, zone)
                for name, v in zip(frame.columns, row, strict=True)
            ]
            for row in frame.itertuples(index=False, name=None)
        ],
    }
