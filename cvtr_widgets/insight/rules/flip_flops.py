"""Leads whose status went back and forth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from cvtr_widgets.insight.finding import Finding, Look, simply_so

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
RETURNS = 2
"""How often a lead must come back to a status that it had before."""


def flip_flops(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Leads that came back at least twice to a status that they had left.

    Needs ``history=``: one row a change, ``lead_id at status``.
    """
    if look.history is None:
        look.say(
            "Status changes back and forth could not be checked: leads show only their current one. A script gives history=."
        )
        return
    history = look.history[look.history["lead_id"].isin(leads.index)].sort_values("at", kind="stable")
    ids = []
    for lead_id, states in history.groupby("lead_id", sort=True)["status"]:
        # Readings that show the same status again are no change.
        path = [s for n, s in enumerate(states.tolist()) if n == 0 or s != states.iloc[n - 1]]
        if sum(s in path[:n] for n, s in enumerate(path)) >= RETURNS:
            ids.append(int(cast(Any, lead_id)))
    n = history["lead_id"].nunique()
    if ids:
        yield simply_so(
            "flip_flops", VERSION, "status changes", ids, n, measure="leads that came back twice to a former status",
            sentence=f"The status of {len(ids):,} of {n:,} leads with a history went back and forth at least twice.",
            cannot_tell="Who is right, and changes from before the history begins.", parameters={"returns": RETURNS},
        )  # fmt: skip
