"""Days and times are those of this machine's zone as it was and will be, not of the offset that it has today."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets import settings


@pytest.fixture
def london(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/London")
    monkeypatch.delenv("CVTR_TIMEZONE", raising=False)
    if hasattr(time, "tzset"):
        time.tzset()
    yield settings.zone()
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


def test_summer_is_an_hour_ahead_whatever_the_season_is_now(london):
    assert datetime(2026, 7, 1, tzinfo=london).utcoffset().total_seconds() == 3600
    assert datetime(2026, 12, 1, tzinfo=london).utcoffset().total_seconds() == 0


@pytest.mark.parametrize("before", ["2026-10-01", "20261001"])
def test_a_summer_day_begins_and_ends_with_the_summers_clock(london, before):
    with cvtr.Sandbox(leads=50, seed=2) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        session.pull(created_after="2026-10-01", created_before=before)
        asked = next(dict(seen.query) for seen in sandbox.server.requests if seen.path.endswith("/leads"))
        session.close()
    assert asked["createdTs[after]"] == "2026-09-30T23:00:00+00:00"
    assert asked["createdTs[before]"] == "2026-10-01T23:00:00+00:00"


def test_a_week_is_no_day(london):
    with cvtr.Sandbox(leads=50, seed=2) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        with pytest.raises(cvtr.errors.RequestRefused, match="is not a date"):
            session.pull(created_before="2026-W48")
        session.close()


@pytest.mark.parametrize(
    ("named", "hours"), [("Europe/London", 1), (":Asia/Tokyo", 9), ("/usr/share/zoneinfo/Asia/Tokyo", 9), ("EST5EDT", -4)]
)
def test_a_zone_is_named_as_systems_name_it(named, hours):
    if named.startswith("/") and not Path(named).exists():
        pytest.skip("this system has no files of zones")
    found = settings.zone({"TZ": named})
    assert datetime(2026, 7, 1, tzinfo=found).utcoffset().total_seconds() == hours * 3600


def test_excel_says_in_which_zone_its_times_are(london):
    frame = pd.DataFrame({"at": pd.to_datetime(["2026-10-01T23:30Z", "2026-12-01T23:30Z"], utc=True)})
    sheet = openpyxl.load_workbook(io.BytesIO(cvtr.to_excel(frame, zone=london))).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][-1] == "at (Europe/London)"
    assert [row[-1] for row in rows[1:]] == [datetime(2026, 10, 2, 0, 30), datetime(2026, 12, 1, 23, 30)]  # noqa: DTZ001


def test_the_zone_that_is_named_counts(monkeypatch):
    monkeypatch.setenv("CVTR_TIMEZONE", "America/New_York")
    assert datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(settings.zone()).hour == 8
