"""The two pictures of a report, as SVG: leads by outcome, and Current Status before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cvtr_widgets.insight.chart import SCHEMA, svg_of
from cvtr_widgets.insight.chart_colours import COLOURS, OUTCOME_COLOURS

if TYPE_CHECKING:
    import pandas as pd

OTHER = "other"
UNREAD = "not read"
WIDTH = 430
_CONFIG = {"aria": False, "font": "Helvetica, Arial, sans-serif", "view": {"stroke": None}, "axis": {"grid": False}}


def outcome_chart(outcomes: pd.DataFrame) -> str:
    """Bars with their numbers; outcomes without leads are left out."""
    found = dict(zip(outcomes["outcome"].tolist(), outcomes["leads"].tolist(), strict=True))
    rows = [{"outcome": name, "leads": int(n), "label": f"{n:,}"} for name, n in found.items() if n]
    names = [str(row["outcome"]) for row in rows]
    y = {"field": "outcome", "type": "nominal", "sort": names, "title": None, "axis": {"ticks": False, "domain": False}}
    x = {"field": "leads", "type": "quantitative", "title": None, "axis": None}
    scale = {"domain": names, "range": [OUTCOME_COLOURS[name] for name in names]}
    bar = {"mark": "bar", "encoding": {"color": {"field": "outcome", "type": "nominal", "scale": scale, "legend": None}}}
    text = {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "label", "type": "nominal"}}}
    return _drawn(rows, {"height": {"step": 24}, "encoding": {"y": y, "x": x}, "layer": [bar, text]})


def status_chart(leads: pd.DataFrame) -> str:
    """Two stacked bars: the Current Status of all leads before and after, as far as it was read."""
    rows: list[dict[str, Any]] = []
    for when in ("before", "after"):
        column = leads[f"{when}_status"]
        shown = column.where(column.isin(list(COLOURS)) | column.isna(), OTHER).fillna(UNREAD)
        rows += [{"when": when, "status": str(name), "leads": int(n)} for name, n in shown.value_counts().items()]
    names = [name for name in (*COLOURS, UNREAD) if any(row["status"] == name for row in rows)]
    scale = {"domain": names, "range": [COLOURS.get(name, "#FFFFFF") for name in names]}
    for row in rows:
        row["order"] = names.index(row["status"])
    bare = {"ticks": False, "domain": False}
    encoding = {
        "y": {"field": "when", "type": "nominal", "sort": ["before", "after"], "title": None, "axis": bare},
        "x": {"field": "leads", "type": "quantitative", "title": "leads", "axis": {"tickCount": 5, "tickMinStep": 1}},
        "color": {"field": "status", "type": "nominal", "scale": scale, "title": None, "legend": {"orient": "bottom"}},
        "order": {"field": "order", "type": "quantitative"},
    }  # fmt: skip
    mark = {"type": "bar", "stroke": "#555555", "strokeWidth": 0.5}
    return _drawn(rows, {"height": {"step": 30}, "mark": mark, "encoding": encoding})


def _drawn(rows: Sequence[dict[str, Any]], spec: dict[str, Any]) -> str:
    whole = {"$schema": SCHEMA, "width": WIDTH, "background": None, "config": _CONFIG, "data": {"values": list(rows)}, **spec}
    # A picture to those who see; the figure around it and the table beside it speak to those who listen.
    return svg_of(whole).replace("<svg ", '<svg aria-hidden="true" ', 1)
