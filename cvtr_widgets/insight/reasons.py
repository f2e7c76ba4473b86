"""Why leads were flagged: the reasons of their last flag, by group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import narwhals as nw

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.columns import group_of, names_of, need, zone_of
from cvtr_widgets.insight.intervals import wilson
from cvtr_widgets.insight.lazy_leads import Leads, collected, is_lazy, labelled

if TYPE_CHECKING:
    import pandas as pd


def reasons(leads: Leads, by: str | Sequence[str] = "publisher", *, zone: tzinfo | str | None = None) -> pd.DataFrame:
    """The reasons of each group's flagged leads, most frequent first.

    Columns: the group (named as in ``by``), ``reason`` (text), ``leads`` (int64: flagged so), ``flagged`` (int64: leads of the
    group with any reason), ``total`` (int64: leads of the group), ``share`` (float64: ``leads`` of ``flagged``), ``low high``
    (float64: its 95 % Wilson interval). Leads without a reason are only in ``total``.

    Raises:
        InsightError: a column is missing or personal.
    """
    need(leads, "reason")
    names = names_of(by, most=1)
    name = names[0]
    if name == "reason":
        raise InsightError("Grouping reasons by reason says nothing. Choose another group, such as by='publisher'.")
    return share_table(leads, name, "reason", zone)


def share_table(leads: Leads, name: str, value: str, zone: tzinfo | str | None = None) -> pd.DataFrame:
    """Values of one column by group, with shares of the leads that have a value: see ``reasons``."""
    import pandas as pd

    group = group_of(leads, name, zone_of(zone))
    frame: Any
    if is_lazy(leads):
        frame = leads.lazy.select(group.key.alias("by"), nw.col(value))
    else:
        base = pd.DataFrame({"by": group.astype("object").to_numpy(), value: leads[value].astype("object").to_numpy()})
        frame = nw.from_native(base, eager_only=True)
    found = frame.with_columns(nw.lit(1, nw.Int64).alias("leads")).group_by(["by", value]).agg(nw.col("leads").sum())
    every = labelled(collected(found), [group, None], ["by", value]).astype({"leads": "int64"})
    parts = every[every[value].notna()]
    wholes = pd.DataFrame(
        {
            "total": every.groupby("by", sort=False, dropna=False)["leads"].sum(),
            "flagged": parts.groupby("by", sort=False, dropna=False)["leads"].sum(),
        }
    )
    table = parts.merge(wholes, how="left", left_on="by", right_index=True)
    table = table.astype({"leads": "int64", "total": "int64", "flagged": "int64"})
    table["share"] = (table["leads"] / table["flagged"]).astype("float64")
    table["low"], table["high"] = wilson(table["leads"], table["flagged"])
    keys = list(zip((-table["leads"]).tolist(), map(str, table["by"]), map(str, table[value]), strict=True))
    table = table.iloc[sorted(range(len(table)), key=keys.__getitem__)].reset_index(drop=True)
    made = table[["by", value, "leads", "flagged", "total", "share", "low", "high"]].rename(columns={"by": name})
    made.attrs = {"lists": "groups of leads"}
    return made
