"""Reasons that are unusually frequent for one publisher."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cvtr_widgets.insight.columns import NONE, group_of, not_sent, zone_of
from cvtr_widgets.insight.finding import Finding, Look
from cvtr_widgets.insight.rules.unusual_rates import LEAST_HITS, unusual

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1


def collected_reasons(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """A reason that a publisher's leads were flagged with far more often than other publishers' leads."""
    if not_sent(leads, "reason") or not_sent(leads, "lead_generator"):
        look.say("Reasons by publisher could not be judged: the service does not send reasons or publishers.")
        return
    publisher = group_of(leads, "publisher", zone_of("UTC")).astype("object")
    publisher = publisher[publisher != NONE]
    reason = leads["reason"].astype("object")
    for name, count in reason.value_counts().items():
        if count < LEAST_HITS:
            continue
        words = (
            f"leads flagged {str(name)!r}",
            f"are flagged {str(name)!r}",
            "Whether somebody flagged in bulk, or one campaign of this publisher missed its target group.",
        )
        yield from unusual(look, ("collected_reasons", VERSION, "publisher"), publisher, reason == name, words)
