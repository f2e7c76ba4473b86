"""Charts of leads: over time, by group with intervals, by reason, and the funnel that shows whose rate is unusual.

Each gives a ``Chart``: a cell's last line shows it, ``chart.table`` has its numbers, ``chart.png()`` makes a picture of it.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.breakdown import breakdown as breakdown_table
from cvtr_widgets.insight.chart import Chart
from cvtr_widgets.insight.chart_colours import COLOURS, PALETTE
from cvtr_widgets.insight.chart_groups import GroupCodes
from cvtr_widgets.insight.columns import currencies_of, group_of, names_of, need, need_loaded, period_of, zone_of
from cvtr_widgets.insight.compare import compare as compare_table
from cvtr_widgets.insight.groups import SIDES
from cvtr_widgets.insight.intervals import wilson
from cvtr_widgets.insight.money import money as money_table
from cvtr_widgets.insight.over_time import over_time as over_time_table
from cvtr_widgets.insight.reasons import reasons as reasons_table
from cvtr_widgets.insight.rules.unusual_rates import LEAST_HITS, LEAST_LEADS
from cvtr_widgets.insight.unusual_rate_statistics import judge

if TYPE_CHECKING:
    import pandas as pd

STATES = ("Valid", "Caution", "Invalid", "Test", "other")
WIDTH = 520
SHARE = {"format": ".0%"}


def over_time(leads: pd.DataFrame, every: str = "day", *, zone: tzinfo | str | None = None) -> Chart:
    """Leads by period and status, as stacked bars. Brush over periods to pick their leads, click a bar to pick its.

    Raises:
        InsightError: as ``insight.over_time``.
    """
    need_loaded(leads, "A chart")
    table = over_time_table(leads, every, zone=zone)
    wide = table.rename(columns={s.lower(): s for s in STATES})[list(STATES)]
    long = wide.reset_index().melt(id_vars="date", var_name="status", value_name="leads")
    where = zone_of(zone)
    notes = list(table.attrs["notes"])
    if every == "hour":
        long["date"] = long["date"].dt.tz_localize(None)
        if long.duplicated(["date", "status"]).any():
            notes.append("The clocks went back: the repeated hour is shown as one bar.")
        long = long.groupby(["date", "status"])[["leads"]].sum().reset_index()
    long = long[long["leads"] > 0].sort_values(["date", "status"], ignore_index=True)
    periods = period_of(leads["date"], every, where)
    groups = {
        "date": GroupCodes.of(periods.dt.tz_localize(None) if every == "hour" else periods),
        "status": GroupCodes.of(_states(leads)),
    }
    # As if all were UTC, so that no hour and no midnight is moved where the browser's own clocks change.
    date = {"field": "date", "type": "temporal", "timeUnit": _UNITS[every], "title": f"{every} ({where})"}
    spec = {
        "width": WIDTH, "height": 220, "usermeta": {"brush": "date"},
        "params": [{"name": "brush", "select": {"type": "interval", "encodings": ["x"]}}],
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": {**date, "scale": {"type": "utc"}},
            "y": {"field": "leads", "type": "quantitative", "stack": True, "title": "leads"},
            "color": _states_colours(),
            "opacity": {"condition": {"param": "brush", "value": 1}, "value": 0.4},
            "tooltip": [date, *_tips(long[["status", "leads"]])],
        },
    }  # fmt: skip
    title = f"Leads by {every} and status ({int(long['leads'].sum()):,} leads)"
    return Chart(title, spec, long, ["date", "status"], groups, ids=leads.index, notes=notes)


_UNITS = {"hour": "utcyearmonthdatehours", "day": "utcyearmonthdate", "week": "utcyearmonthdate", "month": "utcyearmonth"}


def breakdown(leads: pd.DataFrame, by: str = "publisher", *, state: str = "invalid", top: int = 30) -> Chart:
    """The share of one status by group, with its 95 % Wilson interval; the ``top`` largest groups.

    Raises:
        InsightError: as ``insight.breakdown``; or there is no such status.
    """
    need_loaded(leads, "A chart")
    name = _one(by)
    if state not in {"valid", "caution", "invalid", "test", "delivered"}:
        raise InsightError(f"state is {state!r}. Choose one of: valid, caution, invalid, test, delivered.")
    whole = breakdown_table(leads, name).reset_index()
    table = whole.head(top)
    table = table[[name, "total", state, f"{state}_share", f"{state}_low", f"{state}_high"]]
    table = table.rename(columns={f"{state}_share": "share", f"{state}_low": "low", f"{state}_high": "high"})
    table[name] = table[name].map(str)
    groups = {name: GroupCodes.of(group_of(leads, name, zone_of(None)), text=True)}
    y = {"field": name, "type": "nominal", "sort": None, "title": name}
    share = {"type": "quantitative", "axis": SHARE, "title": f"share {state}, with 95 % interval"}
    spec = {
        "width": WIDTH, "height": {"step": 22},
        "layer": [
            {
                "mark": {"type": "rule", "color": PALETTE[0]},
                "encoding": {"x": {"field": "low", **share}, "x2": {"field": "high"}, "y": y},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "color": PALETTE[0], "tooltip": True},
                "encoding": {"x": {"field": "share", **share}, "y": y, "tooltip": _tips(table)},
            },
        ],
    }  # fmt: skip
    shown, every = int(table["total"].sum()), int(whole["total"].sum())
    part = f"the {len(table)} largest of {len(whole):,} groups, {shown:,} of {every:,} leads"
    title = f"Share {state} by {name} ({part if len(whole) > len(table) else f'{shown:,} leads'})"
    notes = [] if len(whole) == len(table) else [f"{len(whole) - len(table):,} smaller groups are not in this chart."]
    return Chart(title, spec, table, [name], groups, ids=leads.index, notes=notes)


def reasons(leads: pd.DataFrame, by: str = "publisher", *, top: int = 12) -> Chart:
    """Flagged leads by reason and group, as stacked bars; the ``top`` most frequent reasons.

    Raises:
        InsightError: as ``insight.reasons``.
    """
    need_loaded(leads, "A chart")
    name = _one(by)
    whole = reasons_table(leads, name)[[name, "reason", "leads", "flagged", "share", "low", "high"]]
    whole = whole.assign(**{name: whole[name].map(str)})
    table, others = _with_the_smallest_as_one(whole, name)
    sums = table.groupby("reason")["leads"].sum().sort_values(ascending=False, kind="stable")
    most = sums.head(top).index.tolist()
    notes = [] if len(sums) == len(most) else [
        f"{len(sums) - len(most):,} less frequent reasons ({int(sums.iloc[top:].sum()):,} leads) are not in this chart."
    ]  # fmt: skip
    table = table[table["reason"].isin(most)].reset_index(drop=True)
    behind = GroupCodes.of(group_of(leads, name, zone_of(None)), text=True)
    # The codes stay, only what they are called changes: a click on "7 others" picks the leads of all seven.
    behind = GroupCodes(behind.codes, tuple(others.get(value, value) for value in behind.values))
    groups = {name: behind, "reason": GroupCodes.of(leads["reason"])}
    spec = {
        "width": WIDTH, "height": {"step": 24},
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "y": {"field": "reason", "type": "nominal", "sort": most, "title": "reason"},
            "x": {"field": "leads", "type": "quantitative", "stack": True, "title": "flagged leads"},
            "color": {"field": name, "type": "nominal", "scale": {"range": list(PALETTE)}},
            "tooltip": _tips(table),
        },
    }  # fmt: skip
    title = f"Reasons by {name} ({int(table['leads'].sum()):,} flagged leads)"
    return Chart(title, spec, table, [name, "reason"], groups, ids=leads.index, notes=notes)


def _with_the_smallest_as_one(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """One colour a group: where there are more groups than colours, those with the fewest flagged leads are one together.

    Gives the table, and what the small ones are called in it.
    """
    import pandas as pd

    flagged = table.groupby(name)["flagged"].first().sort_values(ascending=False, kind="stable")
    if len(flagged) <= len(PALETTE):
        return table, {}
    small = flagged.index[len(PALETTE) - 1 :]
    word = f"{len(small):,} others"
    while word in set(flagged.index):
        word += " "
    part = table[table[name].isin(small)].groupby("reason", as_index=False)["leads"].sum()
    part = part.assign(**{name: word, "flagged": int(flagged[small].sum())})
    part["share"] = part["leads"] / part["flagged"]
    part["low"], part["high"] = wilson(part["leads"], part["flagged"])
    made = pd.concat([table[~table[name].isin(small)], part[table.columns]]).sort_values(
        "leads", ascending=False, kind="stable", ignore_index=True
    )
    return made, dict.fromkeys(small.tolist(), word)


def money(leads: pd.DataFrame, by: str = "publisher", *, top: int = 20) -> Chart:
    """What advertisers are expected to be billed, by group: one row of bars a currency, as currencies are never added.

    ``table``: ``leads`` (int64: billable on either side, the ones that a click picks) and the columns of ``insight.money``; the
    ``top`` groups with the largest amount in one currency.

    Raises:
        InsightError: as ``insight.money``; or no lead is billable.
    """
    import pandas as pd

    need_loaded(leads, "A chart")
    name = _one(by)
    whole = money_table(leads, name).reset_index()
    flags = [leads[f"billable_for_{side}"].astype("boolean").fillna(value=False).to_numpy(dtype=bool) for side in SIDES]
    part = leads[flags[0] | flags[1]]
    if not len(part):
        raise InsightError(
            "None of these leads is billable, so no money is expected. Choose leads from another period or campaign."
        )
    whole[name] = whole[name].map(str)
    behind = pd.DataFrame({name: group_of(part, name, zone_of(None)).astype("object").map(str), "currency": currencies_of(part)})
    table = whole.merge(behind.value_counts().rename("leads").reset_index(), on=[name, "currency"])
    most = (
        table.assign(m=table["advertiser_money"].astype("float64"))
        .groupby(name)["m"]
        .max()
        .sort_values(ascending=False, kind="stable")
    )
    table = table[table[name].isin(most.index[:top])]
    table = table.iloc[table[name].map({key: place for place, key in enumerate(most.index)}).argsort(kind="stable")]
    sides = [f"{side}_{what}" for side in ("advertiser", "publisher") for what in ("leads", "money", "no_amount")]
    table = table[[name, "currency", "leads", *sides, "margin"]].reset_index(drop=True)
    currencies = sorted(table["currency"].astype(str).unique())
    which = f"({currencies[0]})" if len(currencies) == 1 else "in the currency shown on the left"
    amount = f"expected from advertisers {which}"
    spec: dict[str, Any] = {
        "width": WIDTH, "height": {"step": 22},
        "transform": [{"calculate": "toNumber(datum.advertiser_money)", "as": "amount"}],
        "mark": {"type": "bar", "tooltip": True, "color": PALETTE[0]},
        "encoding": {
            "y": {"field": name, "type": "nominal", "sort": list(most.index[:top]), "title": name},
            "x": {"field": "amount", "type": "quantitative", "title": amount, "axis": {"format": ",.0f"}},
            "tooltip": _tips(table),
        },
    }  # fmt: skip
    if len(currencies) > 1:
        spec["encoding"]["row"] = {"field": "currency", "type": "nominal", "title": None}
        spec["resolve"] = {"scale": {"x": "independent", "y": "independent"}}
    left_out = len(most) - min(top, len(most))
    notes = [f"{left_out:,} groups with smaller amounts are not in this chart."] if left_out else []
    for side in SIDES:
        missing = int(whole[f"{side}_no_amount"].sum())
        if missing:
            notes.append(f"{missing:,} billable leads ({side}) have no payout, so the money does not include them.")
    title = f"Expected money by {name} ({int(table['leads'].sum()):,} billable leads)"
    codes = {column: GroupCodes.of(behind[column], text=True) for column in behind.columns}
    return Chart(title, spec, table, [name, "currency"], codes, ids=part.index, notes=notes)


PARTS = ("rate_effect", "mix_effect", "contribution")
SHARES = ("before_share", "now_share")


def compare(
    leads: pd.DataFrame, before: pd.DataFrame, by: str = "publisher", *, measure: str = "invalid", top: int = 20
) -> Chart:
    """What each group contributes to the change of a share from ``before`` to ``leads``; the ``top`` largest contributions.

    ``table``: columns of ``insight.compare``. A click picks the group's leads in ``leads``, not those of before.

    Raises:
        InsightError: as ``insight.compare``.
    """
    need_loaded(leads, "A chart")
    need_loaded(before, "A chart")
    name = _one(by)
    whole = compare_table(leads, before, name, measure=measure)
    said = dict(whole.attrs)
    whole = whole.reset_index()
    whole[name] = whole[name].map(str)
    columns = (
        "before",
        "now",
        "before_hits",
        "now_hits",
        "before_share",
        "now_share",
        "rate_effect",
        "mix_effect",
        "contribution",
    )
    table = whole.head(top)[[name, *columns]]
    part = {
        "type": "quantitative",
        "axis": {"format": "+.1%", "tickCount": 5},
        "title": f"contribution to the change in the share {measure}",
    }
    spec = {
        "width": WIDTH, "height": {"step": 22},
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "y": {"field": name, "type": "nominal", "sort": None, "title": name},
            "x": {"field": "contribution", **part},
            "color": {"condition": {"test": "datum.contribution > 0", "value": PALETTE[5]}, "value": PALETTE[0]},
            "tooltip": _tips(table),
        },
    }  # fmt: skip
    notes = [
        "Rate effect: the group's share changed. Mix effect: its part of all leads changed. Both add up to the overall change."
    ]
    if len(whole) > len(table):
        rest = float(whole["contribution"].iloc[top:].sum())
        notes.append(
            f"{len(whole) - len(table):,} smaller contributions are not in this chart: {100 * rest:+.2f} percentage points."
        )
    title = (
        f"Share {measure} {100 * said['before_share']:.1f} % before, {100 * said['now_share']:.1f} % now, by {name} "
        f"({int(whole['before'].sum()):,} and {int(whole['now'].sum()):,} leads)"
    )
    groups = {name: GroupCodes.of(group_of(leads, name, zone_of(None)), text=True)}
    return Chart(title, spec, table, [name], groups, ids=leads.index, notes=notes)


def funnel(leads: pd.DataFrame, by: str = "publisher") -> Chart:
    """A funnel plot (Spiegelhalter 2005) of the share of Invalid leads, instead of a ranking.

    Small groups scatter widely by chance: what counts is whether a group is outside the funnel. Its lines are the 95 % and the
    99.8 % limits for a group of that size, its natural spread included (beta-binomial, approximated by a normal distribution).
    Groups of fewer than 12 leads are not drawn; tests are not counted. ``table``: the groups, ``leads invalid share`` and
    ``chance`` (the p-value of ``insight.findings``, before it is adjusted).

    Raises:
        InsightError: a column is missing or personal, or there are fewer than three groups to compare.
    """
    import numpy as np
    import pandas as pd

    need_loaded(leads, "A chart")
    name = _one(by)
    need(leads, "current_status")
    counted = leads[leads["current_status"].astype("object").isin(["Valid", "Invalid", "Caution"])]
    group = GroupCodes.of(group_of(counted, name, zone_of(None)), text=True)
    known = group.codes >= 0
    invalid = (counted["current_status"].astype("object") == "Invalid").to_numpy(dtype="int64")
    sizes = np.bincount(group.codes[known], minlength=len(group.values))
    hits = np.bincount(group.codes[known], weights=invalid[known], minlength=len(group.values)).astype("int64")
    judged = judge(list(group.values), hits.tolist(), sizes.tolist(), least_leads=LEAST_LEADS, least_hits=LEAST_HITS)
    if not judged:
        raise InsightError(
            f"Fewer than three groups have {LEAST_LEADS} leads, so there is nothing to compare. Group by something else."
        )
    table = pd.DataFrame({
        name: [one.key for one in judged], "leads": [one.n for one in judged], "invalid": [one.hits for one in judged],
        "share": [one.hits / one.n for one in judged], "chance": [one.p for one in judged],
    }).sort_values("share", ascending=False, kind="stable", ignore_index=True)  # fmt: skip
    usual = float(np.median([one.usual for one in judged]))
    rho = float(np.median([one.spread for one in judged]))
    limits = _limits(usual, rho, int(table["leads"].max()))
    table["outside"] = _outside(table["leads"].to_numpy(), table["share"].to_numpy(), usual, rho)
    outside = {
        words: table.loc[table["outside"] == words, name].tolist() for words in OUTSIDE if (table["outside"] == words).any()
    }
    left_out = int((sizes > 0).sum()) - len(table)
    notes = [f"{left_out:,} groups of fewer than {LEAST_LEADS} leads are not drawn."] if left_out else []
    spec = _funnel_spec(table, limits, usual)
    title = f"Share Invalid by {name}: {len(table):,} groups, {int(table['leads'].sum()):,} leads"
    return Chart(title, spec, table, [name], {name: group}, ids=counted.index, notes=notes, outside=outside)


def _funnel_spec(table: pd.DataFrame, limits: list[dict[str, Any]], usual: float) -> dict[str, Any]:
    x = {"field": "leads", "type": "quantitative", "scale": {"type": "log", "nice": False}, "title": "leads of the group"}
    y = {"type": "quantitative", "axis": SHARE, "title": "share Invalid"}
    return {
        "width": WIDTH, "height": 280, "usermeta": {"area": ["leads", "share"]},
        "layer": [
            {
                "data": {"values": limits}, "mark": {"type": "line", "color": "#888888"},
                "encoding": {
                    "x": x, "y": {"field": "limit", **y}, "detail": {"field": "line"},
                    "strokeDash": {"field": "kind", "type": "nominal", "title": "limits", "scale": {"range": [[6, 3], [1, 0]]}},
                },
            },
            {
                "data": {"values": [{"usual": usual}]}, "mark": {"type": "rule", "color": "#888888"},
                "encoding": {"y": {"field": "usual", **y}},
            },
            {
                "params": [{"name": "area", "select": "interval"}],
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.9, "tooltip": True},
                "encoding": {
                    "x": x, "y": {"field": "share", **y}, "tooltip": _tips(table),
                    "color": {"condition": {"test": "datum.outside != ''", "value": PALETTE[5]}, "value": PALETTE[0]},
                    "shape": {"condition": {"test": "datum.outside != ''", "value": "diamond"}, "value": "circle"},
                },
            },
        ],
    }  # fmt: skip


LINES = (("99.8 %", 3.09), ("95 %", 1.96))
OUTSIDE = ("above the 99.8 % line", "above the 95 % line", "below the 95 % line", "below the 99.8 % line")


def _spread(sizes: Any, usual: float, rho: float) -> Any:
    """One standard deviation of the share of groups of these sizes."""
    import numpy as np

    return np.sqrt(usual * (1 - usual) * (1 / sizes + (1 - 1 / sizes) * rho))


def _outside(sizes: Any, shares: Any, usual: float, rho: float) -> list[str]:
    """Outside of which line each group is; empty: inside of all."""
    import numpy as np

    spread = _spread(sizes, usual, rho)
    words = np.full(len(sizes), "", dtype=object)
    # The inner line first: a group beyond the outer one then gets that one's word.
    for label, z in reversed(LINES):
        words[shares > usual + z * spread] = f"above the {label} line"
        words[shares < usual - z * spread] = f"below the {label} line"
    return [str(word) for word in words]


def _limits(usual: float, rho: float, largest: int) -> list[dict[str, Any]]:
    """The lines of a funnel for groups of all sizes: 95 % and 99.8 %, below and above."""
    import numpy as np

    # Evenly on a logarithmic axis: the funnel bends most where groups are small.
    sizes = np.unique(np.geomspace(LEAST_LEADS, max(largest, 2 * LEAST_LEADS), 60))
    spread = _spread(sizes, usual, rho)
    return [
        {"leads": float(n), "limit": float(np.clip(usual + z * s, 0, 1)), "line": f"{label} {side}", "kind": label}
        for label, z0 in reversed(LINES)
        for side, z in (("below", -z0), ("above", z0))
        for n, s in zip(sizes, spread, strict=True)
    ]


def _one(by: str) -> str:
    return names_of(by, most=1)[0]


def _states(leads: pd.DataFrame) -> pd.Series[Any]:
    states = leads["current_status"].astype("object")
    return states.where(states.isin(STATES[:4]), "other")


def _states_colours() -> dict[str, Any]:
    return {
        "field": "status", "type": "nominal", "title": "status",
        "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
    }  # fmt: skip


def _tips(table: pd.DataFrame) -> list[dict[str, Any]]:
    """What stands beside the pointer: every column, named as in the table of the numbers."""
    formats = dict.fromkeys(("share", "low", "high", *SHARES), ".1%") | dict.fromkeys(PARTS, "+.2%")
    return [
        {"field": name, "title": name.replace("_", " "), **({"format": formats[name]} if name in formats else {})}
        for name in map(str, table.columns)
    ]
