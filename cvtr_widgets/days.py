"""Where a day of a time zone begins and ends, whatever its clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

_STEP = timedelta(microseconds=1)


def day_begins(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day in ``zone``, in UTC. Where midnight is skipped, it is when the clock arrives in the new day."""
    try:
        found = datetime.combine(day, time.min, zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time.min):
            return found
        before, after = found - timedelta(days=2), found + timedelta(days=2)
        while after - before > _STEP:
            middle = before + (after - before) / 2
            before, after = (before, middle) if middle.astimezone(zone).date() >= day else (middle, after)
    except OverflowError:  # the first or last day there is
        return datetime.combine(day, time.min, UTC)
    return after


def day_ends(day: date, zone: tzinfo) -> datetime:
    """The last microsecond of a day in ``zone``, in UTC; the hour that stands twice where clocks go back is in it."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return day_begins(day + timedelta(days=1), zone) - _STEP
