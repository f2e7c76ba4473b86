"""Random brushes select exactly the leads of an independent query: periods in five zones, rectangles and outsides of funnels."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from cvtr_widgets.insight import charts
from cvtr_widgets.insight.chart import Chart
from cvtr_widgets.insight.chart_view import chart_message
from cvtr_widgets.insight.look_state import LookState
from tests.insight.worlds import CHANGES, Row, frame_of, rows_of

TIMES = [pytest.param(100), pytest.param(1_000, marks=pytest.mark.long)]


class Looked:
    """Look with a chart, as its page brushes it."""

    def __init__(self, chart: Chart) -> None:
        self.ids: list[int] = []
        self.state = LookState(lambda: None, lambda ids, _: self.ids.extend(ids.tolist()), lambda: None)
        self.state.chart = chart

    def select(self, **message: object) -> list[int]:
        self.ids.clear()
        self.state.handle(message)
        return list(self.ids)


def start_of(row: Row, every: str, zone: ZoneInfo) -> str:
    """The period of a lead by the wall clock, by plain Python."""
    wall = row["date"].astimezone(zone).replace(tzinfo=None)
    if every == "hour":
        return wall.replace(minute=0, second=0).isoformat()
    day = wall.replace(hour=0, minute=0, second=0)
    starts = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}
    return starts[every].isoformat()


@pytest.mark.parametrize("times", TIMES)
def test_brushed_periods_over_both_clock_changes_in_five_zones(times):
    dice = random.Random(times)
    for zone in CHANGES:
        rows = [r for r in rows_of(dice.randrange(10**6), 300) if r["date"]]
        for every in ("hour", "day", "week", "month"):
            look = Looked(charts.over_time(frame_of(rows), every, zone=zone))
            starts = {r["lead_id"]: start_of(r, every, ZoneInfo(zone)) for r in rows}
            periods = sorted({row["date"] for row in look.state.chart.records()})
            assert periods == sorted(set(starts.values()))
            for _ in range(max(1, times // 20)):
                first, last = sorted(dice.choices(periods, k=2))
                picked = look.select(kind="brush", field="date", first=first, last=last)
                assert picked == sorted(i for i, at in starts.items() if first <= at <= last), (zone, every, first, last)


def world(dice: random.Random) -> tuple[pd.DataFrame, dict[str, list[int]], dict[str, list[int]]]:
    """A frame of sub-ids, one of them bad; beside it the counted and the Invalid leads of each, by plain Python."""
    rows, counted, invalid = [], defaultdict(list), defaultdict(list)
    for n in range(dice.randint(8, 30)):
        name, rate = f"s{n}", 0.6 if n == 0 else dice.uniform(0.05, 0.2)
        for _ in range(dice.randint(5, 120) if n else 90):
            state = "Test" if dice.random() < 0.05 else "Invalid" if dice.random() < rate else dice.choice(("Valid", "Caution"))
            rows.append({"lead_id": len(rows) + 1, "sub_id": name, "current_status": state})
            if state != "Test":
                counted[name].append(len(rows))
            if state == "Invalid":
                invalid[name].append(len(rows))
    dice.shuffle(rows)
    return pd.DataFrame(rows).set_index("lead_id"), counted, invalid


@pytest.mark.parametrize("times", TIMES)
def test_rectangles_and_outsides_of_funnels(times):
    dice, outsides = random.Random(times), 0
    for _ in range(times // 10):
        frame, counted, invalid = world(dice)
        look = Looked(charts.funnel(frame, "sub_id"))
        drawn = {name: (len(ids), len(invalid[name]) / len(ids)) for name, ids in counted.items() if len(ids) >= 12}
        assert {row["sub_id"]: (row["leads"], row["share"]) for row in look.state.chart.records()} == drawn
        for _ in range(10):
            low, high = sorted(dice.uniform(0, 150) for _ in range(2))
            bottom, top = sorted(dice.uniform(0, 1) for _ in range(2))
            picked = look.select(kind="area", ranges={"leads": [low, high], "share": [bottom, top]})
            inside = [name for name, (n, share) in drawn.items() if low <= n <= high and bottom <= share <= top]
            assert picked == sorted(i for name in inside for i in counted[name])
        message = chart_message(look.state.chart)
        lines = message["spec"]["layer"][0]["data"]["values"]
        for where, groups, number in message["outside"]:
            side, _, label = where.partition(" the ")
            label = label.removesuffix(" line")
            limits = sorted((one["leads"], one["limit"]) for one in lines if one["line"] == f"{label} {side}")
            names = set(look.state.chart.outside[where])
            for name in names:  # beyond the line as it is drawn, by reading it off to the left and right of the point
                n, share = drawn[name]
                near = [limit for at, limit in limits if 0.85 * n <= at <= 1.15 * n]
                assert share > min(near) if side == "above" else share < max(near), (where, name)
            picked = look.select(kind="outside", where=where)
            assert picked == sorted(i for name in names for i in counted[name])
            assert (groups, number) == (len(names), len(picked))
            outsides += 1
    assert outsides >= times // 20  # the bad one is seen
