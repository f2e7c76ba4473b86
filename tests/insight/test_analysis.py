from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from cvtr_widgets import analysis
from cvtr_widgets.errors import CvtrError


@pytest.fixture
def leads() -> pd.DataFrame:
    rows = [
        ("2026-11-01T23:30Z", "A", "Valid", "Delivered", None),
        ("2026-11-01T10:00Z", "A", "Invalid", "Not Delivered", "Returned"),
        ("2026-11-03T10:00Z", "B", "Invalid", "Not Delivered", "Duplicate"),
        ("2026-11-03T11:00Z", "A", "Invalid", "Delivered", "Returned"),
        ("2026-10-01T11:00Z", None, "Odd", None, None),
    ]
    frame = pd.DataFrame(rows, columns=["date", "lead_generator", "current_status", "delivery", "reason"])
    frame["date"] = pd.to_datetime(frame["date"], utc=True)
    frame["current_status"] = frame["current_status"].astype("category")
    frame["lead_generator"] = frame["lead_generator"].astype("category")
    frame.index = pd.Index(range(1, 6), name="lead_id")
    return frame


def test_the_breakdown_adds_up(leads):
    table = analysis.breakdown(leads)
    assert table.index.tolist()[-1] == "All"
    assert table.loc["A", ["total", "valid", "invalid", "delivered"]].tolist() == [3, 1, 2, 2]
    assert table.loc["(none)", "other"] == 1
    assert (table["total"] == table[["valid", "caution", "invalid", "test", "other"]].sum(axis=1)).all()
    assert table.loc["All", "total"] == 5
    assert table.loc["A", "invalid_share"] == pytest.approx(2 / 3)


def test_days_without_leads_are_there_and_days_are_those_of_the_zone(leads):
    from zoneinfo import ZoneInfo

    part = analysis.recent(leads, 30, now=datetime(2026, 11, 24, tzinfo=UTC))
    assert part.index.tolist() == [1, 2, 3, 4]
    days = analysis.over_time(part)
    assert days["Invalid"].tolist() == [1, 0, 2]
    berlin = analysis.over_time(part, zone=ZoneInfo("Europe/Berlin"))
    assert berlin["Valid"].tolist() == [0, 1, 0]
    assert analysis.over_time(leads.iloc[:0]).empty


def test_reasons_are_counted_by_group(leads):
    table = analysis.reasons(leads)
    assert table.loc["Returned"].to_dict() == {"A": 2, "B": 0, "All": 2}
    assert table.index.tolist() == ["Returned", "Duplicate"]
    assert analysis.reasons(leads[leads["reason"].isna()]).empty


def test_what_a_run_changed_shows_alarms_first():
    results = pd.DataFrame(
        {
            "outcome": pd.Categorical(["confirmed", "contradicted", "confirmed", "skipped"]),
            "before_status": ["Caution", "Caution", "Caution", "Valid"],
            "after_status": ["Invalid", "Caution", "Invalid", None],
            "before_delivery": ["Not Delivered"] * 4,
            "after_delivery": ["Not Delivered", "Not Delivered", "Not Delivered", None],
        }
    )
    table = analysis.changes(results)
    assert table["outcome"].tolist() == ["contradicted", "confirmed", "skipped"]
    assert table["leads"].tolist() == [1, 2, 1]
    assert table["after"].tolist() == ["Caution · Not Delivered", "Invalid · Not Delivered", ""]


def test_charts_show_every_lead(leads):
    axes = analysis.chart_over_time(analysis.over_time(leads))
    assert sum(bar.get_height() for bar in axes.patches) == 5
    axes = analysis.chart_reasons(analysis.reasons(leads))
    assert sum(bar.get_width() for bar in axes.patches) == 3


def test_a_frame_without_the_columns_is_refused_with_what_to_use():
    with pytest.raises(CvtrError, match=r"session\.pull"):
        analysis.breakdown(pd.DataFrame({"x": [1]}))


def test_what_was_not_sent_is_not_counted_as_none(leads):
    leads.attrs["not_sent"] = ["delivery"]
    table = analysis.breakdown(leads.assign(delivery=None))
    assert table["delivered"].isna().all()
    assert table.loc["All", "total"] == 5
