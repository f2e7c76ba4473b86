"""Which ranges of creation dates have been listed, and which are to be listed next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LOW = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this no platform held leads: a window that begins here is listed without a beginning."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WindowSizes:
    """How much is read at a time: a window has at most ``window`` leads, where the service says how many there are; leads are
    written when ``batch`` have come (what a kill loses at most); by their ids, ``part`` are asked for at a time.
    """

    window: int = 10_000
    batch: int = 5_000
    part: int = 2_000


@dataclass(frozen=True, slots=True)
class ReadWindow:
    """Leads that came in from ``low`` to ``high``, both included; listed when ``read``. ``high`` None: to the end."""

    low: datetime
    high: datetime | None
    read: datetime | None = None

    @property
    def after(self) -> datetime | None:
        """The beginning as it is asked for."""
        return None if self.low <= LOW else self.low

    def halves(self, now: datetime) -> tuple[ReadWindow, ReadWindow] | None:
        """The earlier and the later half; None where it is too short to be cut."""
        high = self.high or max(now + timedelta(days=1), self.low + timedelta(days=2))
        middle = self.low + (high - self.low) / 2
        # The service's times are whole seconds; both halves include the middle, so a lead of that second is listed twice and
        # never missed.
        middle = middle.replace(microsecond=0)
        if middle <= self.low + SECOND or middle >= high - SECOND:
            return None
        return ReadWindow(self.low, middle), ReadWindow(middle, self.high)


def loaded(said: Sequence[Sequence[str]]) -> list[ReadWindow]:
    """Windows as the manifest has them."""
    return [ReadWindow(*(datetime.fromisoformat(text) for text in one)) for one in said]


def dumped(windows: Sequence[ReadWindow]) -> tuple[tuple[str, str, str], ...]:
    """Windows as the manifest has them."""
    return tuple((w.low.isoformat(), (w.high or w.low).isoformat(), (w.read or w.low).isoformat()) for w in windows)


def with_window(windows: Sequence[ReadWindow], new: ReadWindow) -> list[ReadWindow]:
    """The windows with one that was listed now: what it covers of others is cut away."""
    assert new.high is not None  # noqa: S101  only what has an end was listed as a whole
    if new.high <= new.low:
        return list(windows)
    made = [new]
    for one in windows:
        assert one.high is not None  # noqa: S101
        if one.low < new.low:
            made.append(ReadWindow(one.low, min(one.high, new.low), one.read))
        if one.high > new.high:
            made.append(ReadWindow(max(one.low, new.high), one.high, one.read))
    return sorted((w for w in made if w.high is not None and w.high > w.low), key=lambda w: w.low)


def to_list(windows: Sequence[ReadWindow], floor: datetime, overlap: timedelta) -> list[ReadWindow]:
    """What is to be listed, newest first: gaps between the windows, and from the end of the last one, less the overlap, on."""
    gaps, at = [], floor
    for one in sorted(windows, key=lambda w: w.low):
        assert one.high is not None  # noqa: S101
        if one.high <= floor:
            continue
        if one.low > at:
            gaps.append(ReadWindow(at, one.low))
        at = max(at, one.high)
    last = ReadWindow(max(floor, at - overlap) if windows and at > floor else floor, None)
    return [last, *reversed(gaps)]


def oldest_read(windows: Sequence[ReadWindow], count: int) -> list[ReadWindow]:
    """So many of the windows that were listed longest ago."""
    return sorted(windows, key=lambda w: w.read or w.low)[:count]
