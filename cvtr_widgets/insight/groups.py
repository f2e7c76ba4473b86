"""Leads counted and summed by groups: the one question that the others are made of, as Narwhals expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw

from cvtr_widgets.insight.columns import NOT_STATED, STATES, Amounts, amounts_of, currencies_of, need, not_sent
from cvtr_widgets.insight.intervals import wilson
from cvtr_widgets.insight.lazy_leads import LazyLeads, Leads, collected, is_lazy, labelled, plain_amount
from cvtr_widgets.models import DELIVERY_WORDS

if TYPE_CHECKING:
    import pandas as pd

FLAGS = {"billable_publisher": "billable_for_publisher", "billable_advertiser": "billable_for_advertiser"}
KNOWN = ("delivery_known", "billable_publisher_known", "billable_advertiser_known")
COUNTS = ("total", *STATES, "other", "delivered", "billable_publisher", "billable_advertiser")
SHARES = (*STATES, "delivered")
SIDES = ("publisher", "advertiser")


def narrow(leads: Leads, groups: Mapping[str, Any]) -> Any:
    """The columns that leads are counted by, as a Narwhals frame: the groups as ``by_0 ...``, ``current_status``, ``delivery``
    and the two billable flags.
    """
    need(leads, "current_status")
    if is_lazy(leads):
        return leads.lazy.select(_lazy_columns(leads, groups))
    return nw.from_native(_narrow_frame(leads, groups), eager_only=True)


def _lazy_columns(leads: LazyLeads, groups: Mapping[str, Any]) -> list[nw.Expr]:
    made = [group.key.alias(f"by_{n}") for n, group in enumerate(groups.values())]
    for name in ("current_status", "delivery", *FLAGS.values()):
        kind = nw.Boolean if name in FLAGS.values() else nw.String
        made.append(nw.col(name) if name in leads.columns else nw.lit(None, kind).alias(name))
    return made


def _narrow_frame(leads: pd.DataFrame, groups: Mapping[str, pd.Series[Any]]) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {
        f"by_{n}": column.to_numpy() if _plain(column) else column.array for n, column in enumerate(groups.values())
    }
    for name in ("current_status", "delivery"):
        made[name] = leads[name].array if name in leads.columns else pd.array([None] * len(leads), dtype="object")
    for name in FLAGS.values():
        if name in leads.columns:
            made[name] = leads[name].astype("boolean").array
        else:
            made[name] = pd.array([None] * len(leads), dtype="boolean")
    return pd.DataFrame(made)


def _plain(column: pd.Series[Any]) -> bool:
    return column.dtype == object


def yes_or_no() -> list[nw.Expr]:
    """Each lead as 0 or 1 of everything that is counted (int64)."""
    status, delivery = nw.col("current_status"), nw.col("delivery")
    states = [(status == state.capitalize()).fill_null(value=False).cast(nw.Int64).alias(state) for state in STATES]
    known = delivery.is_in(DELIVERY_WORDS).fill_null(value=False)
    flags: list[nw.Expr] = []
    for name, column in FLAGS.items():
        flags.append(nw.col(column).fill_null(value=False).cast(nw.Int64).alias(name))
        flags.append((~nw.col(column).is_null()).cast(nw.Int64).alias(f"{name}_known"))
    return [
        nw.lit(1, nw.Int64).alias("total"),
        *states,
        (delivery == "Delivered").fill_null(value=False).cast(nw.Int64).alias("delivered"),
        known.cast(nw.Int64).alias("delivery_known"),
        *flags,
    ]


def counted(leads: Leads, groups: Mapping[str, Any]) -> pd.DataFrame:
    """Counts by group (index: the names of ``groups``): ``COUNTS`` and ``KNOWN``, int64; no row for a group without leads."""
    keys = [f"by_{n}" for n in range(len(groups))]
    names = [n for n in (*COUNTS, *KNOWN) if n != "other"]
    base = narrow(leads, groups)
    if is_lazy(leads):  # an engine is quickest where it only counts: leads that are alike in all of this become one row
        one = nw.lit(1, nw.Int64).alias("leads")
        base = base.with_columns(one).group_by([*keys, "current_status", "delivery", *FLAGS.values()]).agg(_whole("leads"))
        base = base.with_columns(yes_or_no()).with_columns([nw.col(n) * nw.col("leads") for n in names])
    else:
        base = base.with_columns(yes_or_no())
    found = base.group_by(keys).agg([nw.col(n).sum() for n in names])
    table = labelled(collected(found), list(groups.values()), keys)
    # Worked out as what is left, so that a row adds up whatever words a service has for its states.
    table["other"] = table["total"] - table[list(STATES)].sum(axis=1)
    return _indexed(table, keys, list(groups))[[*COUNTS, *KNOWN]].astype("int64")


def _indexed(table: pd.DataFrame, keys: list[str], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    for key in keys:
        if isinstance(table[key].dtype, pd.CategoricalDtype):
            table[key] = table[key].astype("object")
    made = table.set_index(keys)
    made.index.names = names
    return made


def with_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Beside the counts: ``<name>_share`` and its Wilson interval ``<name>_low <name>_high`` (float64, 0 to 1) for ``SHARES``."""
    made = table.copy()
    for name in SHARES:
        whole = made["delivery_known"] if name == "delivered" else made["total"]
        low, high = wilson(made[name], whole)
        made[f"{name}_share"] = (made[name] / whole.where(whole > 0)).astype("float64")
        made[f"{name}_low"], made[f"{name}_high"] = low, high
    return made


def honest(table: pd.DataFrame, leads: Leads) -> pd.DataFrame:
    """Counts of what the service sends for no lead are missing (Int64), not 0; how many are not known takes their place."""
    import pandas as pd

    made = table.copy()
    for name, column in {"delivered": "delivery", **FLAGS}.items():
        known = made.pop("delivery_known" if name == "delivered" else f"{name}_known")
        # "0 delivered" and "the service does not say" must not look the same.
        made[name] = made[name].astype("Int64")
        if not_sent(leads, column):
            made[name] = pd.array([None] * len(made), dtype="Int64")
        made[f"{column}_unknown"] = (made["total"] - known).astype("int64")
    return made


def summed(leads: Leads, groups: Mapping[str, Any], *, billable: bool = True) -> pd.DataFrame:
    """Payouts by group and currency: index the groups and ``currency``; per side ``<side>_leads`` (int64: leads billable on that
    side), ``<side>_money`` (Decimal, exact) and ``<side>_no_amount`` (int64: billable, and their payout is not known).

    ``billable=False`` counts every lead, billable or not.
    """
    import pandas as pd

    keys = [f"by_{n}" for n in range(len(groups))] + ["currency"]
    units = _lazy_units if is_lazy(leads) else _units
    base, amount = units(leads, groups, billable=billable)
    expressions = [
        nw.col(f"{side}_{what}").sum().alias(f"{side}_{called}")
        for side in SIDES
        for what, called in (("units", "units"), ("counts", "leads"), ("missing", "no_amount"))
    ]
    table = labelled(collected(base.group_by(keys).agg(expressions)), [*groups.values(), None], keys)
    made = _indexed(table, keys, [*groups, "currency"])
    for side in SIDES:
        money = [amount(side, one) for one in made.pop(f"{side}_units").tolist()]
        made[f"{side}_money"] = pd.Series(money, index=made.index, dtype="object")
        for name in (f"{side}_leads", f"{side}_no_amount"):
            made[name] = made[name].astype("int64")
    order = [f"{side}_{what}" for side in SIDES for what in ("leads", "money", "no_amount")]
    return made[order]


Amount = Callable[[str, Any], Decimal]


def _units(leads: pd.DataFrame, groups: Mapping[str, pd.Series[Any]], *, billable: bool) -> tuple[Any, Amount]:
    """Money of each lead as whole numbers, which pandas adds exactly, and how a sum of them is an amount."""
    base = _narrow_frame(leads, groups)
    base["currency"] = currencies_of(leads).to_numpy()
    amounts: dict[str, Amounts] = {}
    for side in SIDES:
        column = f"{side}_payout"
        values = leads[column].tolist() if column in leads.columns else [None] * len(leads)
        amounts[side] = found = amounts_of(values)
        base[f"{side}_counts"] = base[f"billable_for_{side}"].fillna(value=False).to_numpy(dtype="int64") if billable else 1
        base[f"{side}_units"] = found.units
        base[f"{side}_units"] *= base[f"{side}_counts"]
        base[f"{side}_missing"] = base[f"{side}_counts"] * (1 - found.known)
    return nw.from_native(base, eager_only=True), lambda side, units: amounts[side].decimal(units)


def _lazy_units(leads: LazyLeads, groups: Mapping[str, Any], *, billable: bool) -> tuple[Any, Amount]:
    """The same in an engine, where money is a decimal already."""
    made = [group.key.alias(f"by_{n}") for n, group in enumerate(groups.values())]
    named = nw.col("currency") if "currency" in leads.columns else nw.lit(None, nw.String)
    made.append(nw.when((named != "").fill_null(value=False)).then(named).otherwise(nw.lit(NOT_STATED)).alias("currency"))
    for side in SIDES:
        payout = nw.col(f"{side}_payout") if f"{side}_payout" in leads.columns else nw.lit(None, nw.Decimal(18, 6))
        flag = nw.col(f"billable_for_{side}") if f"billable_for_{side}" in leads.columns else nw.lit(None, nw.Boolean)
        counts = flag.fill_null(value=False) if billable else nw.lit(value=True)
        made += [counts.alias(f"{side}_counted"), payout.alias(f"{side}_amount")]
        made.append(payout.is_null().cast(nw.Int64).alias(f"{side}_none"))
    keys = [f"by_{n}" for n in range(len(groups))] + ["currency", *(f"{side}_counted" for side in SIDES)]
    base = leads.lazy.select(*made, nw.lit(1, nw.Int64).alias("leads")).group_by(keys)
    sums = [nw.col(f"{side}_amount").sum() for side in SIDES]
    # The flags are part of the key, so that the engine sums plain columns once; what is billable is told apart in the few rows
    # that are left.
    few = base.agg(_whole("leads"), *(_whole(f"{side}_none") for side in SIDES), *sums)
    units = []
    for side in SIDES:
        counts, none = nw.col(f"{side}_counted"), nw.lit(0, nw.Int64)
        units.append(nw.when(counts).then(nw.col("leads")).otherwise(none).alias(f"{side}_counts"))
        units.append(nw.when(counts).then(nw.col(f"{side}_amount")).alias(f"{side}_units"))
        units.append(nw.when(counts).then(nw.col(f"{side}_none")).otherwise(none).alias(f"{side}_missing"))
    return few.with_columns(units), lambda _side, amount: plain_amount(amount)


def _whole(name: str) -> nw.Expr:
    """The sum of whole numbers, as one again: some engines make a wider type of it."""
    return nw.col(name).sum().cast(nw.Int64)
