"""The results of a run that is not this panel's, as the journal has them: numbers by outcome, what changed, and a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.panel.steps.processing_view import OUTCOME_SENTENCES
from cvtr_widgets.panel.steps.run_changes import sums_of

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession


@dataclass(frozen=True)
class RecordedResults:
    """``results`` of the run ``run_id``, read from the journal ``at`` that moment. ``finished``: nobody carries it out now."""

    run_id: str
    results: pd.DataFrame
    at: datetime
    finished: bool

    @property
    def words(self) -> str:
        """What is shown, in a sentence."""
        return f"What the journal had on run {self.run_id} at {self.at:%H:%M:%S}."

    def view(self, shown: Sequence[str]) -> dict[str, Any]:
        """As JSON values, named as those of a run; ``shown``: outcomes that the table shows, empty for all."""
        found = Counter(self.results["outcome"].astype("object"))
        counts = [
            [str(o) if self.finished else o.label_so_far, found[str(o)], o.label if self.finished else o.label_so_far, about]
            for o, about in OUTCOME_SENTENCES.items()
            if found[str(o)]
        ]
        return {"counts": counts, "sums": sums_of(self.results, ()), "filter": list(shown)}


def recorded_report(session: LeadSession, run_id: str, ending: str) -> bytes:
    """The report of a run from the journal; ``.html`` or ``.xlsx`` by ``ending``."""
    from cvtr_widgets.reports.write import rendered

    return rendered(session._running.facts(run_id), ending, zone=session.client.zone)
