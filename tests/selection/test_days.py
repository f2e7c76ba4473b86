"""Where days begin and end: every day of ten years, in every zone of the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.lead_listing import in_order, moment
from cvtr_widgets.days import day_begins, day_ends

FIRST, DAYS = date(2019, 1, 1), 3_652
STEP = timedelta(microseconds=1)


def hold(day: date, zone: ZoneInfo) -> None:
    begins, ends = day_begins(day, zone), day_ends(day, zone)
    assert begins.astimezone(zone).date() == day == ends.astimezone(zone).date()
    assert (begins - STEP).astimezone(zone).date() < day < (ends + STEP).astimezone(zone).date()


def changes(zone: ZoneInfo) -> set[date]:
    """Days beside which the clock changes, and the first and the last."""
    noons = [datetime(2019, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(DAYS)]
    offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
    found = {0, DAYS - 1}
    for n in range(1, DAYS):
        if offsets[n] != offsets[n - 1]:
            found |= {n - 2, n - 1, n, n + 1}
    return {FIRST + timedelta(days=n) for n in found if 0 <= n < DAYS}


ZONES = sorted(available_timezones() - {"localtime"})


@pytest.mark.parametrize("start", range(0, len(ZONES), 100))
def test_days_beside_each_change_of_the_clock(start: int) -> None:
    for name in ZONES[start : start + 100 : 5]:
        zone = ZoneInfo(name)
        for day in changes(zone):
            hold(day, zone)


@pytest.mark.long
def test_every_day_of_ten_years_in_every_zone() -> None:
    for name in ZONES:
        zone = ZoneInfo(name)
        for n in range(DAYS):
            hold(FIRST + timedelta(days=n), zone)


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Africa/Cairo", date(2024, 10, 31), 25), ("Africa/Cairo", date(2024, 4, 26), 23),
        ("Asia/Beirut", date(2024, 10, 26), 25), ("Asia/Beirut", date(2024, 3, 31), 23),
        ("America/Santiago", date(2024, 4, 6), 25), ("America/Santiago", date(2024, 9, 8), 23),
        ("America/Nuuk", date(2024, 10, 26), 25), ("America/Nuuk", date(2024, 3, 30), 23),
        ("America/Havana", date(2024, 11, 3), 25), ("Europe/London", date(2024, 10, 27), 25),
    ],
)  # fmt: skip
def test_days_whose_clock_changes_are_whole(name: str, day: date, hours: int) -> None:
    zone = ZoneInfo(name)
    assert day_ends(day, zone) - day_begins(day, zone) + STEP == timedelta(hours=hours)


def test_the_hour_that_stands_twice_is_meant_whole() -> None:
    london = ZoneInfo("Europe/London")
    first = moment("2024-10-27T01:00", london, end=False)
    last = moment("2024-10-27T01:59:59", london, end=True)
    assert last.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1, minutes=59, seconds=59)


def test_a_timestamp_at_midnight_is_a_day() -> None:
    london = ZoneInfo("Europe/London")
    assert moment(pd.Timestamp("2024-07-01"), london, end=True) == datetime(2024, 7, 1, 22, 59, 59, 999_999, tzinfo=UTC)
    assert moment(pd.Timestamp("2024-07-01", tz="Asia/Tokyo"), london, end=False) == datetime(2024, 6, 30, 15, tzinfo=UTC)
    assert moment(pd.Timestamp("2024-07-01 10:00"), london, end=True) == datetime(2024, 7, 1, 9, tzinfo=UTC)


def test_a_time_that_the_clock_leaves_out_takes_nothing_from_a_range() -> None:
    london = ZoneInfo("Europe/London")  # 01:00 to 02:00 is left out
    assert moment("2024-03-31T01:30", london, end=True).astimezone(UTC) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    assert moment("2024-03-31T01:30", london, end=False).astimezone(UTC) == datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
    in_order(moment("2024-03-31T01:45", london, end=False), moment("2024-03-31T01:15", london, end=True), london)


def test_midnight_of_a_datetime_is_a_day_and_of_a_text_a_time() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    day = datetime(2024, 7, 1, 14, 59, 59, 999_999, tzinfo=UTC)
    assert moment(datetime.fromisoformat("2024-07-01T00:00"), tokyo, end=True) == moment("2024-07-01", tokyo, end=True) == day
    assert moment(pd.Timestamp("2024-07-01T00:00:00.000000500"), tokyo, end=True) < datetime(2024, 7, 1, tzinfo=tokyo) + STEP
    assert moment("2024-07-01 00:00", tokyo, end=True) == datetime(2024, 6, 30, 15, tzinfo=UTC)


def test_a_refused_range_is_named_in_the_zone_that_was_meant() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    after, before = moment("2026-10-02", tokyo, end=False), moment("2026-10-01", tokyo, end=True)
    with pytest.raises(cvtr.errors.RequestRefused, match=r"ends \(2026-10-01 23:59\) before it begins \(2026-10-02 00:00\)"):
        in_order(after, before, tokyo)


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with cvtr.Sandbox(leads=50, seed=2) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        with pytest.raises(cvtr.errors.RequestRefused, match="before it begins"):
            session.pull(created_after="2026-10-02", created_before="2026-10-01")
        session.close()
