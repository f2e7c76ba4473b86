"""Scores of one publisher that pile up just over a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cvtr_widgets.insight.columns import NONE, group_of, zone_of
from cvtr_widgets.insight.finding import Finding, Look
from cvtr_widgets.insight.rules.unusual_rates import unusual

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
SCORE_CUT = 0.8
"""Share of the greatest score below which a lead is Invalid (convertr: SCORE)."""
JUST_OVER = 0.025
"""How far over the cut, in shares of the greatest score, still counts as just over it."""
FROM = 0.6
"""Scores between this share and full marks are compared; others are far from the cut."""


def thresholds(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Of a publisher's scores between 60 % and full marks, the share just over the cut, against the other publishers.

    Peaks that all publishers share (scores are sums of a few weights) count against nobody.
    """
    if not {"score", "max_score", "lead_generator"} <= set(leads.columns):
        look.say("Scores could not be judged: the service does not send them.")
        return
    most = leads["max_score"].astype("Float64").where((leads["max_score"] > 0).fillna(value=False))
    share = (leads["score"].astype("Float64") / most).astype("float64")
    # Full marks are left out: however many there are, they say nothing about what happens at the cut.
    part = leads[((share >= FROM) & (share < 1)).to_numpy()]
    publisher = group_of(part, "publisher", zone_of("UTC")).astype("object")
    over = (share >= SCORE_CUT - 1e-9) & (share < SCORE_CUT + JUST_OVER)
    words = (
        "leads with a score just over the cut of 80 %",
        "with a score between 60 % and full marks are just over the cut of 80 %",
        "Whether the publisher knows the checks, or its leads simply score like that.",
    )
    yield from unusual(look, ("score_thresholds", VERSION, "publisher"), publisher[publisher != NONE], over, words)
