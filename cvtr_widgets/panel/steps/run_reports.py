"""The report of a run as the panel makes it: with findings in the leads that it shows, or the reason why there are none."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.runs.run import Run, facts_of

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.insight.finding import Findings

NOT_LOADED = "Nothing was checked, because no leads are loaded in the panel. Load leads in step 1 and make the report again."


def report_of(run: Run, ending: str, zone: tzinfo, leads: pd.DataFrame | None, *, at: str, lacks: str) -> bytes:
    """The report of a run as it stands when this is called; ``.html`` or ``.xlsx`` by ``ending``. ``leads``: those that the
    panel shows, if any, read ``at`` that time; ``lacks``: in words, which of them did not come.
    """
    from cvtr_widgets.reports.write import rendered

    found, words = _found(leads, at, lacks)
    return rendered(facts_of(run), ending, zone=zone, findings=found, found_in=words)


def _found(leads: pd.DataFrame | None, at: str, lacks: str) -> tuple[Findings | None, str]:
    """What stands out in these leads, and a sentence on which they are."""
    from cvtr_widgets.insight.run_rules import findings

    if leads is None or leads.empty:
        return None, NOT_LOADED
    read = f", read at {at}" if at else ""
    words = f"Looked for in the {count_of(len(leads))} that the panel shows{read}, as they were then. {lacks}".strip()
    try:
        return findings(leads), words
    except CvtrError as error:
        return None, f"Nothing could be looked for in the leads that are loaded: {error}"
