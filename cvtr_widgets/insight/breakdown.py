"""Leads by group: how many, in which state, with what shares and what money; and beside the platform's own statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.columns import as_of, column_name, group_of, names_of, need, zone_of
from cvtr_widgets.insight.groups import SIDES, counted, honest, summed, with_shares
from cvtr_widgets.insight.lazy_leads import Leads, alike, count, earliest, is_lazy, since

if TYPE_CHECKING:
    import pandas as pd

COUNTED = ("total", "valid", "invalid", "delivered")
"""What the platform's statistics count (convertr: listing page, Leads Breakdown), in our words."""


def breakdown(leads: Leads, by: str | Sequence[str] = "publisher", *, zone: tzinfo | str | None = None) -> pd.DataFrame:
    """Leads by one or two groups, most leads first.

    Args:
        leads: a frame of ``session.pull()`` or ``panel.leads``, or a part of it; or ``archive.leads()``, which is not loaded.
        by: ``campaign publisher channel country sub_id reason category status email_domain``, ``hour day week month`` in
            ``zone``, or another column that is not personal (``advertiser`` too, once you have added it).
        zone: where days begin; by default the one in which times are shown.

    Returns:
        Index: the groups, named as in ``by``. Leads without a value are the group ``(none)`` (NaT for periods).
        ``total valid caution invalid test other`` (int64): ``other``: another status or none; the row adds up.
        ``delivered billable_publisher billable_advertiser`` (Int64; missing where the service does not send that), and
        ``delivery_unknown billable_for_publisher_unknown billable_for_advertiser_unknown`` (int64).
        ``<state>_share <state>_low <state>_high`` (float64, 0 to 1) for the four states and ``delivered``: the share of ``total``
        (for ``delivered``: of the leads whose delivery is known) and its 95 % Wilson interval.
        ``publisher_<currency> advertiser_<currency>`` (Decimal, exact): expected money, the payouts of leads that are billable on
        that side now. Currencies are never added to each other.
        ``attrs["notes"]``: sentences to read, such as how many billable leads have no payout.

    Raises:
        InsightError: a column is missing or personal.
    """
    names, where = names_of(by), zone_of(zone)
    groups = {name: group_of(leads, name, where) for name in names}
    counts = counted(leads, groups)
    table = honest(with_shares(counts), leads)
    sums = summed(leads, groups)
    for name, column in _money_columns(sums, table.index).items():
        table[name] = column
    table = _ordered(table, _first(table))
    made = table.sort_index() if _by_time(names) else _most_first(table)
    made.attrs = {"lists": "groups of leads", "zone": str(where), "notes": _notes(sums), "as_of": leads.attrs.get("as_of")}
    return made


def _by_time(names: list[str]) -> bool:
    return names[0] in {"hour", "day", "week", "month"}


def _most_first(table: pd.DataFrame) -> pd.DataFrame:
    """Most leads first; equal ones by name, so that the same leads give the same table."""
    import numpy as np

    names = [str(key) for key in table.index.tolist()]
    totals = table["total"].tolist()
    order = sorted(range(len(table)), key=lambda n: (-totals[n], names[n]))
    return table.iloc[np.array(order, dtype="int64")]


def _first(table: pd.DataFrame) -> list[str]:
    counts = ["total", "valid", "caution", "invalid", "test", "other", "delivered", "billable_publisher", "billable_advertiser"]
    return counts + [c for c in table.columns if c.endswith("_unknown")]


def _ordered(table: pd.DataFrame, first: list[str]) -> pd.DataFrame:
    return table[[*first, *(c for c in table.columns if c not in first)]]


def _money_columns(sums: pd.DataFrame, index: pd.Index[Any]) -> dict[str, pd.Series[Any]]:
    """A column per side and currency; groups without leads in a currency have 0.00 of it."""
    import pandas as pd

    made: dict[str, pd.Series[Any]] = {}
    currencies = sorted(set(sums.index.get_level_values("currency")), key=str)
    for side in SIDES:
        taken: set[str] = set()
        for currency in currencies:
            part = sums.xs(currency, level="currency")[f"{side}_money"]
            name = f"{side}_{column_name(str(currency))}"
            while name in taken:  # two currencies that differ only in what a column's name may not hold
                name += "_"
            taken.add(name)
            found = dict(zip(part.index.tolist(), part.tolist(), strict=True))
            made[name] = pd.Series([found.get(key, Decimal("0.00")) for key in index.tolist()], index=index, dtype="object")
    return made


def _notes(sums: pd.DataFrame) -> list[str]:
    notes = []
    for side in SIDES:
        missing = int(sums[f"{side}_no_amount"].sum())
        if missing:
            notes.append(f"{missing:,} billable leads ({side}) have no payout, so the money does not include them.")
    return notes


def recent(leads: Leads, days: float = 30) -> Leads:
    """Leads of the ``days`` days (24 hours each) before they were read; all columns and ``attrs`` stay."""
    need(leads, "date")
    if is_lazy(leads):
        return since(leads, as_of(leads) - timedelta(days=days))
    made = leads[leads["date"] >= as_of(leads) - timedelta(days=days)]
    made.attrs = dict(leads.attrs)
    return made


def beside_statistics(leads: Leads, statistics: Mapping[str, Any], *, days: float = 30) -> pd.DataFrame:
    """The platform's own numbers beside ours: index ``what`` (text: total, valid, invalid, delivered);
    ``ours platform difference`` (Int64; missing where one side has no such number), ``likely_cause`` (text).

    ``statistics`` is ``session.statistics()``: the past 30 days over the active campaigns (convertr: listing page). What its keys
    are called is not documented: a number is used if its key is one of these words.
    """
    import pandas as pd

    if not isinstance(statistics, Mapping):
        raise InsightError("statistics must be what session.statistics() gave.")
    part = recent(leads, days)
    table = breakdown(alike(part, "everything"), "everything") if count(part) else None
    rows = []
    for what in COUNTED:
        ours = 0 if table is None else table[what].iloc[0]
        keys = [k for k in statistics if str(k).lower() in {what, f"{what}leads", f"{what}_leads", f"total{what}"}]
        # type() and not isinstance: True is an int in Python, and would be shown as one lead.
        theirs = statistics[keys[0]] if len(keys) == 1 and type(statistics[keys[0]]) is int else None
        difference = None if theirs is None or ours is pd.NA else int(ours) - theirs
        rows.append((ours, theirs, difference, _cause(leads, what, difference, days)))
    made = pd.DataFrame(rows, columns=["ours", "platform", "difference", "likely_cause"], index=pd.Index(COUNTED, name="what"))
    for name in ("ours", "platform", "difference"):
        made[name] = made[name].astype("Int64")
    made.attrs["lists"] = "counts of leads"
    return made


def _cause(leads: Leads, what: str, difference: int | None, days: float) -> str:
    if difference is None:
        return "the platform sends no such number"
    if difference == 0:
        return ""
    first = earliest(leads)
    if difference < 0 and (first is None or not first < as_of(leads) - timedelta(days=days - 1)):
        return f"the loaded leads do not reach back {days:g} days, or were filtered"
    if difference < 0:
        return "the loaded leads were filtered, or leads came in since"
    if what == "delivered":
        return "the platform may count Delivered differently (valid and test leads that went through)"
    return "leads of campaigns that are not active, or days that begin at another time; statistics may lag behind"
