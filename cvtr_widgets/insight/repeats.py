"""Leads that share an e-mail address or a telephone number with an earlier one of their campaign, counted by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.columns import group_of, names_of, need, zone_of
from cvtr_widgets.insight.intervals import wilson
from cvtr_widgets.insight.lazy_leads import Leads, collected, is_lazy, labelled
from cvtr_widgets.insight.rules.duplicates import folded

if TYPE_CHECKING:
    import pandas as pd

SHARED = ("email", "telephone")
PAIR = ["campaign", "value"]


def duplicates(leads: Leads, by: str = "publisher", *, of: str = "email") -> pd.DataFrame:
    """How many leads of each group repeat an earlier lead of the same campaign.

    ``of``: ``email`` or ``telephone``, compared without capitals and spaces; an archive needs ``personal="hashed"`` or
    ``"kept"`` for it. Index: the group. ``leads`` (int64: leads that have a value, a campaign and a date), ``shared`` (int64:
    those whose value another lead of their campaign has, too), ``repeats`` (int64: those of these that are not the first, by
    date and then by id), ``share`` (float64: ``repeats`` of ``leads``), ``low high`` (float64: its 95 % Wilson interval). Most
    repeats come first.

    Raises:
        InsightError: a column is missing, masked or not kept.
    """
    if of not in SHARED:
        raise InsightError(f"of is {of!r}. Choose one of: {', '.join(SHARED)}.")
    (name,) = names_of(by, most=1)
    group = group_of(leads, name, zone_of(None))
    base = _narrow(leads, group, of).filter(*(~nw.col(column).is_null() for column in (*PAIR, "at")))
    one = nw.col("one")
    # Few values are shared at all: these are found first, and only their leads are put in order of time.
    pairs = base.group_by(PAIR).agg(one.sum().alias("many")).filter(nw.col("many") > 1)
    shared = base.join(pairs, on=PAIR, how="inner")
    # A running sum of ones instead of a rank: Narwhals has it in the same form for pandas, DuckDB and Spark.
    place = one.cum_sum().over(*PAIR, order_by=["at", "lead_id"])
    later = shared.with_columns((place > 1).cast(nw.Int64).alias("later"))
    found = later.group_by("by").agg(one.sum().alias("shared"), nw.col("later").sum().alias("repeats"))
    every = base.group_by("by").agg(one.sum().alias("leads"))
    counted, repeated = (labelled(collected(part), [group], ["by"]).set_index("by") for part in (every, found))
    return _table(counted, repeated, name)


def _narrow(leads: Leads, group: Any, of: str) -> Any:
    """``by value campaign at lead_id one`` of each lead."""
    import pandas as pd

    need(leads, "campaign_id", "date")
    key = f"{of}_key"
    if is_lazy(leads):
        need(leads, key)
        made = {"by": group.key, "value": nw.col(key), "campaign": nw.col("campaign_id"), "at": nw.col("date_us")}
        return leads.lazy.select(*(e.alias(n) for n, e in made.items()), "lead_id", nw.lit(1, nw.Int64).alias("one"))
    if leads.attrs.get("masked"):
        raise InsightError(
            "These leads are masked, so equal addresses cannot be found. Read them with an account that sees them."
        )
    need(leads, key if key in leads.columns else of)
    values = leads[key].astype("object") if key in leads.columns else folded(leads[of], of)
    base = pd.DataFrame({
        "by": group.astype("object").to_numpy(), "value": values.where(values.notna(), None).to_numpy(),
        "campaign": leads["campaign_id"].astype("object").to_numpy(), "at": leads["date"].to_numpy(),
        "lead_id": leads.index.to_numpy(), "one": 1,
    })  # fmt: skip
    return nw.from_native(base, eager_only=True)


def _table(every: pd.DataFrame, found: pd.DataFrame, name: str) -> pd.DataFrame:
    table = every.join(found).fillna(0).astype("int64")
    table["share"] = (table["repeats"] / table["leads"]).astype("float64")
    table["low"], table["high"] = wilson(table["repeats"], table["leads"])
    keys = list(zip((-table["repeats"]).tolist(), map(str, table.index), strict=True))
    made = table.iloc[sorted(range(len(table)), key=keys.__getitem__)].rename_axis(index=name)
    made.attrs = {"lists": "groups of leads"}
    return made
