"""Charts: their numbers are those of the leads, each mark knows its leads, and nothing is loaded or personal."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ExportError, InsightError
from cvtr_widgets.insight import charts
from cvtr_widgets.insight.chart_view import chart_message
from tests.insight.worlds import CHANGES, frame_of, rows_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def leads():
    with cvtr.Sandbox(story="bad_month", leads=2_000, seed=2, now=NOW) as sandbox, sandbox.connect() as client:
        return cvtr.LeadSession(client, progress=False).pull()


MAKERS = {
    "over_time": charts.over_time,
    "breakdown": charts.breakdown,
    "reasons": charts.reasons,
    "funnel": lambda leads: charts.funnel(leads, "sub_id"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_each_mark_has_as_many_leads_as_it_says(leads, name):
    chart = MAKERS[name](leads)
    for row in chart.records():
        ids = chart.leads_of(**{key: row[key] for key in chart.keys})
        assert len(ids) == row.get("leads", row.get("total"))
        assert list(ids) == sorted(set(ids))
    assert not chart.records()[0].keys() & {"email", "lead_id"}


@pytest.mark.parametrize("zone", CHANGES)
def test_brushed_periods_are_those_of_an_independent_query(zone):
    frame = frame_of(rows_of(7))
    dice = random.Random(zone)
    for every in ("hour", "day", "month"):
        chart = charts.over_time(frame, every, zone=zone)
        periods = sorted({row["date"] for row in chart.records()})
        wall = frame["date"].dt.tz_convert(zone).dt.tz_localize(None)
        starts = {
            "hour": lambda t: t.floor("h"),
            "day": lambda t: t.normalize(),
            "month": lambda t: t.normalize().replace(day=1),
        }[every]
        mine = wall.map(starts, na_action="ignore")
        for _ in range(10):
            first, last = sorted(dice.choices(periods, k=2))
            inside = mine[(mine >= pd.Timestamp(first)) & (mine <= pd.Timestamp(last))]
            assert chart.leads_between("date", first, last) == tuple(sorted(inside.index)), (every, first, last)


@pytest.mark.parametrize("name", MAKERS)
def test_pictures_need_no_browser_and_nothing_is_loaded_or_personal(leads, name, tmp_path):
    chart = MAKERS[name](leads)
    assert chart.png(tmp_path / "chart.png", scale=1)[:4] == b"\x89PNG"
    picture = chart.svg(tmp_path / "chart.svg")
    assert (tmp_path / "chart.svg").read_text(encoding="utf-8") == picture
    assert len(picture) < 400_000
    addresses = set(re.findall(r"https?://[^\"' <]+", picture + json.dumps(chart.full_spec)))
    assert all(a.startswith(("http://www.w3.org/", "https://vega.github.io/schema/")) for a in addresses), addresses
    text = json.dumps([chart_message(chart), {k: str(v) for k, v in chart.widget.get_state().items()}])
    for column in ("email", "last_name", "telephone", "other_ip"):
        assert not [v for v in leads[column].dropna() if f'"{v}"' in text], column
    assert len(json.dumps({k: str(v) for k, v in chart.widget.get_state().items()})) < 50_000
    with pytest.raises(ExportError, match="choose another place"):
        chart.svg(tmp_path / "nowhere" / "chart.svg")


def test_what_is_picked_goes_into_a_selection(leads):
    chart = charts.breakdown(leads)
    heard = []
    chart.on_pick(heard.append)
    with pytest.raises(InsightError, match="Click a mark"):
        cvtr.select(chart)
    name = chart.table["publisher"][0]
    chart.widget._handle_custom_msg({"kind": "pick", "key": {"publisher": name}}, [])
    wanted = leads.index[leads["lead_generator"] == name]
    assert set(chart.picked) == set(wanted)
    assert heard == [chart.picked]
    assert set(cvtr.select(chart).ids) == set(wanted)
    (finding,) = cvtr.insight.findings(leads, ["wrongly_billed"])
    assert cvtr.select(finding).ids == finding.leads


@pytest.mark.parametrize(
    "message", [None, [], {"kind": "pick"}, {"kind": "pick", "key": {"email": "x"}}, {"kind": "pick", "key": []}, {"kind": "brush", "field": "date"},
                {"kind": "brush", "field": "status", "first": [1], "last": {}}, {"kind": "x"}],
)  # fmt: skip
def test_a_message_that_means_nothing_picks_nothing(leads, message):
    chart = charts.over_time(leads)
    chart.widget._handle_custom_msg(message, [])
    assert chart.picked == ()


def test_what_cannot_be_drawn_is_refused(leads):
    for call, words in (
        (lambda: charts.breakdown(leads, "email"), "personal"), (lambda: charts.breakdown(leads, state="x"), "Choose one of"),
        (lambda: charts.funnel(leads.head(10)), "Group by something else"), (lambda: charts.over_time(leads).leads_of(email="x"), "Name one"),
        (lambda: charts.over_time(leads, "year"), "Choose one of"), (lambda: charts.breakdown(leads, ["publisher", "sub_id"]), "up to 1"),
    ):  # fmt: skip
        with pytest.raises(InsightError, match=words):
            call()
