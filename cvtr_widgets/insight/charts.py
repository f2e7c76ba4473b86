"""Charts of leads: over time, by group with intervals, by reason, and the funnel that shows whose rate is strange.

Each gives a ``Chart``: a cell's last line shows it, ``chart.table`` has its numbers, ``chart.png()`` makes a picture of it.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.breakdown import breakdown as breakdown_table
from cvtr_widgets.insight.chart import COLOURS, PALETTE, Chart
from cvtr_widgets.insight.columns import group_of, names_of, need, need_loaded, zone_of
from cvtr_widgets.insight.judge import LEAST_LEADS, judge
from cvtr_widgets.insight.over_time import over_time as over_time_table
from cvtr_widgets.insight.reasons import reasons as reasons_table

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
    from cvtr_widgets.insight.columns import period_of

    need_loaded(leads, "A chart")
    table = over_time_table(leads, every, zone=zone)
    wide = table.rename(columns={s.lower(): s for s in STATES})[list(STATES)]
    long = wide.reset_index().melt(id_vars="date", var_name="status", value_name="leads")
    long = long[long["leads"] > 0].sort_values(["date", "status"], ignore_index=True)
    where = zone_of(zone)
    if every == "hour":
        long["date"] = long["date"].dt.tz_localize(None)
    periods = period_of(leads["date"], every, where)
    groups = {"date": periods.dt.tz_localize(None) if every == "hour" else periods, "status": _states(leads)}
    spec = {
        "width": WIDTH, "height": 220, "usermeta": {"brush": "date"},
        "params": [{"name": "brush", "select": {"type": "interval", "encodings": ["x"]}}],
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": {"field": "date", "type": "temporal", "timeUnit": _UNITS[every], "title": f"{every} ({where})"},
            "y": {"field": "leads", "type": "quantitative", "stack": True, "title": "leads"},
            "color": _states_colours(),
            "opacity": {"condition": {"param": "brush", "value": 1}, "value": 0.4},
            "tooltip": [
                {"field": "date", "type": "temporal", "timeUnit": _UNITS[every]}, {"field": "status"}, {"field": "leads"},
            ],
        },
    }  # fmt: skip
    return Chart(f"Leads by {every} and status ({int(long['leads'].sum()):,} leads)", spec, long, ["date", "status"], groups)


_UNITS = {"hour": "yearmonthdatehours", "day": "yearmonthdate", "week": "yearmonthdate", "month": "yearmonth"}


def breakdown(leads: pd.DataFrame, by: str = "publisher", *, state: str = "invalid", top: int = 30) -> Chart:
    """The share of one status by group, with its 95 % Wilson interval; the ``top`` largest groups.

    Raises:
        InsightError: as ``insight.breakdown``; or there is no such status.
    """
    need_loaded(leads, "A chart")
    name = _one(by)
    if state not in {"valid", "caution", "invalid", "test", "delivered"}:
        raise InsightError(f"state is {state!r}. Choose one of: valid, caution, invalid, test, delivered.")
    table = breakdown_table(leads, name).reset_index().head(top)
    table = table[[name, "total", state, f"{state}_share", f"{state}_low", f"{state}_high"]]
    table = table.rename(columns={f"{state}_share": "share", f"{state}_low": "low", f"{state}_high": "high"})
    table[name] = table[name].map(str)
    groups = {name: group_of(leads, name, zone_of(None)).map(str)}
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
    return Chart(f"Share {state} by {name} ({int(table['total'].sum()):,} leads)", spec, table, [name], groups)


def reasons(leads: pd.DataFrame, by: str = "publisher", *, top: int = 12) -> Chart:
    """Flagged leads by reason and group, as stacked bars; the ``top`` most frequent reasons.

    Raises:
        InsightError: as ``insight.reasons``.
    """
    need_loaded(leads, "A chart")
    name = _one(by)
    table = reasons_table(leads, name)[[name, "reason", "leads", "flagged", "share", "low", "high"]]
    table = table.assign(**{name: table[name].map(str)})
    most = table.groupby("reason")["leads"].sum().sort_values(ascending=False).head(top).index.tolist()
    table = table[table["reason"].isin(most)].reset_index(drop=True)
    groups = {name: group_of(leads, name, zone_of(None)).map(str), "reason": leads["reason"]}
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
    return Chart(f"Reasons by {name} ({int(table['leads'].sum()):,} flagged leads)", spec, table, [name, "reason"], groups)


def funnel(leads: pd.DataFrame, by: str = "publisher") -> Chart:
    """A funnel plot (Spiegelhalter 2005) of the share of Invalid leads, instead of a league table.

    Small groups scatter widely by chance: what counts is whether a group is outside of the funnel. Its lines are the 95 % and the
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
    group = group_of(counted, name, zone_of(None)).map(str)
    invalid = (counted["current_status"].astype("object") == "Invalid").astype("int64")
    sums = invalid.groupby(group.to_numpy()).agg(["sum", "size"])
    judged = judge(sums.index.tolist(), sums["sum"].tolist(), sums["size"].tolist())
    if not judged:
        raise InsightError(
            f"Fewer than three groups have {LEAST_LEADS} leads, so there is nothing to compare. Take another group."
        )
    table = pd.DataFrame({
        name: [one.key for one in judged], "leads": [one.n for one in judged], "invalid": [one.hits for one in judged],
        "share": [one.hits / one.n for one in judged], "chance": [one.p for one in judged],
    }).sort_values("share", ascending=False, ignore_index=True)  # fmt: skip
    usual = float(np.median([one.usual for one in judged]))
    rho = float(np.median([one.spread for one in judged]))
    limits = _limits(usual, rho, int(table["leads"].max()))
    x = {"field": "leads", "type": "quantitative", "scale": {"type": "log", "nice": False}, "title": "leads of the group"}
    y = {"type": "quantitative", "axis": SHARE, "title": "share Invalid"}
    spec = {
        "width": WIDTH, "height": 280,
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
                "mark": {"type": "point", "filled": True, "size": 70, "color": PALETTE[0], "opacity": 0.9, "tooltip": True},
                "encoding": {"x": x, "y": {"field": "share", **y}, "tooltip": _tips(table)},
            },
        ],
    }  # fmt: skip
    return Chart(
        f"Share Invalid by {name}: {len(table):,} groups, {int(table['leads'].sum()):,} leads", spec, table, [name], {name: group}
    )


def _limits(usual: float, rho: float, largest: int) -> list[dict[str, Any]]:
    """The lines of a funnel for groups of all sizes: 95 % and 99.8 %, below and above."""
    import numpy as np

    sizes = np.unique(np.geomspace(LEAST_LEADS, max(largest, 2 * LEAST_LEADS), 60))
    spread = np.sqrt(usual * (1 - usual) * (1 / sizes + (1 - 1 / sizes) * rho))
    return [
        {"leads": float(n), "limit": float(np.clip(usual + z * s, 0, 1)), "line": f"{label} {side}", "kind": label}
        for label, z0 in (("95 %", 1.96), ("99.8 %", 3.09))
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
    return [{"field": name, **({"format": ".1%"} if name in {"share", "low", "high"} else {})} for name in table.columns]
