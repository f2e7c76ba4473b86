"""Questions that analysts ask of loaded leads and of results. Frames in, documented frames out; nothing here reads or writes.

``cvtr.insight`` is imported when it is first used.
"""

from __future__ import annotations

import inspect

from cvtr_widgets.insight import charts
from cvtr_widgets.insight.answered import answered
from cvtr_widgets.insight.breakdown import beside_statistics, breakdown, recent
from cvtr_widgets.insight.burst_windows import bursts
from cvtr_widgets.insight.compare import compare
from cvtr_widgets.insight.finding import Finding, Findings, Look, simply_so
from cvtr_widgets.insight.frame_table import table
from cvtr_widgets.insight.money import money
from cvtr_widgets.insight.over_time import over_time, until_delivered
from cvtr_widgets.insight.reasons import reasons
from cvtr_widgets.insight.repeats import duplicates
from cvtr_widgets.insight.rules import RULES
from cvtr_widgets.insight.run_effect import run_effect, runs_by, why_not
from cvtr_widgets.insight.run_rules import findings

__all__ = [
    "RULES",
    "Finding",
    "Findings",
    "Look",
    "beside_statistics",
    "breakdown",
    "bursts",
    "charts",
    "compare",
    "duplicates",
    "findings",
    "money",
    "over_time",
    "reasons",
    "recent",
    "run_effect",
    "runs_by",
    "simply_so",
    "table",
    "until_delivered",
    "why_not",
]

for _name in __all__:
    if inspect.isfunction(globals()[_name]):
        globals()[_name] = answered(globals()[_name])
