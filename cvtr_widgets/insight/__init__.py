"""Questions that analysts ask of loaded leads and of results. Frames in, documented frames out; nothing here reads or writes.

``cvtr.insight`` is imported when it is first used.
"""

from __future__ import annotations

from cvtr_widgets.insight.breakdown import beside_statistics, breakdown, recent
from cvtr_widgets.insight.compare import compare
from cvtr_widgets.insight.money import money
from cvtr_widgets.insight.over_time import over_time, until_delivered
from cvtr_widgets.insight.reasons import reasons
from cvtr_widgets.insight.run_effect import run_effect, runs_by, why_not

__all__ = [
    "beside_statistics",
    "breakdown",
    "compare",
    "money",
    "over_time",
    "reasons",
    "recent",
    "run_effect",
    "runs_by",
    "until_delivered",
    "why_not",
]
