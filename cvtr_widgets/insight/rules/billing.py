"""Leads that cost money and should not: Invalid or Test and still billable; delivered, and Invalid afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cvtr_widgets.insight.columns import NONE, group_of, not_sent, zone_of
from cvtr_widgets.insight.finding import Finding, Look, simply_so
from cvtr_widgets.insight.rules.unusual_rates import unusual

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1


def wrongly_billed(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Invalid and Test leads that are still billable: flagged leads should be billed to neither side (convertr: HOOK, QA)."""
    bad = leads["current_status"].astype("object").isin(["Invalid", "Test"])
    n = int(bad.sum())
    for side, whom in (("advertiser", "billed to the advertiser"), ("publisher", "paid to the publisher")):
        column = f"billable_for_{side}"
        if not_sent(leads, column):
            look.say(f"Billing ({side}) could not be checked: the service does not send it.")
            continue
        # What is not known is not billed wrongly: only a stated yes counts.
        hit = bad & leads[column].astype("boolean").fillna(value=False).astype(bool)
        ids = leads.index[hit.to_numpy()]
        if len(ids):
            yield simply_so(
                "wrongly_billed", VERSION, side, ids, n, measure=f"Invalid or Test leads that are {whom}",
                sentence=f"{len(ids):,} of {n:,} leads that are Invalid or Test are still {whom}.",
                cannot_tell="Whether a contract (a fixed fee, for instance) requires this.", parameters={"side": side},
            )  # fmt: skip


def delivered_then_invalid(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Publishers with unusually many delivered leads that are now Invalid. A few returns are normal."""
    if not_sent(leads, "delivery") or not_sent(leads, "lead_generator"):
        look.say("Returns could not be judged: the service sends no delivery or no publisher.")
        return
    sent = leads[(leads["delivery"].astype("object") == "Delivered").to_numpy()]
    publisher = group_of(sent, "publisher", zone_of("UTC")).astype("object")
    invalid = sent["current_status"].astype("object") == "Invalid"
    words = (
        "delivered leads that are Invalid",
        "that were delivered are Invalid now",
        "Whether the advertiser accepts them, and when they became Invalid.",
    )
    yield from unusual(look, ("delivered_then_invalid", VERSION, "publisher"), publisher[publisher != NONE], invalid, words)
