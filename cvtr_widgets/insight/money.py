"""Expected money: what the leads' own payout fields say, by currency. Currencies are never added to each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from cvtr_widgets.insight.columns import group_of, names_of, need, zone_of
from cvtr_widgets.insight.groups import SIDES, summed
from cvtr_widgets.insight.lazy_leads import Leads

if TYPE_CHECKING:
    import pandas as pd


def money(
    leads: Leads, by: str | Sequence[str] = "publisher", *, billable: bool = True, zone: tzinfo | str | None = None
) -> pd.DataFrame:
    """Payouts by group and currency, as expected from the leads' own fields.

    Index: the groups and ``currency`` (text: ``not stated`` where the service names none).
    ``publisher_leads advertiser_leads`` (int64: leads billable on that side now), ``publisher_money advertiser_money`` (Decimal,
    exact), ``margin`` (Decimal: advertiser less publisher), ``publisher_no_amount advertiser_no_amount`` (int64: billable leads
    whose payout is not known, not in the sums). ``billable=False`` takes every lead, as if all were billable.

    Raises:
        InsightError: a column is missing or personal.
    """
    import pandas as pd

    need(
        leads,
        "current_status",
        *(f"{side}_payout" for side in SIDES),
        *([f"billable_for_{side}" for side in SIDES] if billable else []),
    )
    where = zone_of(zone)
    table = summed(leads, {name: group_of(leads, name, where) for name in names_of(by)}, billable=billable)
    margins = [a - p for a, p in zip(table["advertiser_money"], table["publisher_money"], strict=True)]
    table["margin"] = pd.Series(margins, index=table.index, dtype="object")
    table.attrs = {"lists": "groups of leads"}
    return table.sort_index(key=lambda level: level.astype(str))
