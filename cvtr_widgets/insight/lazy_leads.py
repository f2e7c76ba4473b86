"""Leads that an engine holds and nobody has loaded: counted and summed where they are, with the same expressions.

An archive gives such leads (``archive.leads()``). What an engine has to say differently is only there: times as whole
microseconds (``date_us``, ``first_delivered_us``), from which the local day follows by whole numbers. Engines that compute
later refuse to convert time zones, and round and divide in ways of their own; whole numbers are the same in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, runtime_checkable

import narwhals as nw

from cvtr_widgets.errors import InsightError

if TYPE_CHECKING:
    import pandas as pd

DAY, HOUR = 86_400_000_000, 3_600_000_000
"""Microseconds."""
YEAR_0 = 719_468
"""Days from 1 March of the year 0 to 1970: with these added no day is negative, which engines divide in ways of their own."""
STEP = timedelta(hours=12)
"""Clocks change at most once in so long."""
MOST_YEARS = 400


@runtime_checkable
class LazyLeads(Protocol):
    """Leads in an engine: ``columns`` as a frame of leads has them, ``attrs`` likewise, and ``lazy`` with ``date_us`` and
    ``first_delivered_us`` besides.
    """

    @property
    def columns(self) -> list[str]:
        """Their columns."""

    @property
    def attrs(self) -> dict[str, Any]:
        """What a frame of leads says in ``attrs``."""

    @property
    def lazy(self) -> nw.LazyFrame[Any]:
        """The leads."""


@dataclass(frozen=True)
class FilteredLeads:
    """A part of such leads."""

    columns: list[str]
    attrs: dict[str, Any]
    lazy: nw.LazyFrame[Any]


@dataclass(frozen=True)
class LazyGroup:
    """What leads are grouped by in an engine, and how the groups that come back are called. Several may be called alike."""

    key: nw.Expr
    label: Callable[[list[Any]], Any]


Leads = Any
"""A frame of leads, or ``LazyLeads``."""


def is_lazy(leads: Leads) -> TypeGuard[LazyLeads]:
    """Whether these are leads in an engine, and no frame."""
    import pandas as pd

    return not isinstance(leads, pd.DataFrame) and isinstance(leads, LazyLeads)


def count(leads: Leads) -> int:
    """How many leads."""
    if not is_lazy(leads):
        return len(leads)
    return int(collected(leads.lazy.select(nw.len().alias("n")))["n"].iloc[0])


def dated(leads: Leads) -> Leads:
    """Those that have a date."""
    if not is_lazy(leads):
        return leads[leads["date"].notna()]
    return FilteredLeads(leads.columns, leads.attrs, leads.lazy.filter(~nw.col("date_us").is_null()))


def since(leads: LazyLeads, moment: datetime) -> LazyLeads:
    """Those that came in then or later."""
    return FilteredLeads(leads.columns, leads.attrs, leads.lazy.filter(nw.col("date_us") >= micros(moment)))


def alike(leads: Leads, name: str) -> Leads:
    """The leads with one more column, in which all are alike."""
    if not is_lazy(leads):
        return leads.assign(**{name: "all"})
    return FilteredLeads([*leads.columns, name], leads.attrs, leads.lazy.with_columns(nw.lit("all").alias(name)))


def earliest(leads: Leads) -> datetime | None:
    """When the first of them came in; None if there is none with a date."""
    if not is_lazy(leads):
        first = leads["date"].min()
        return first if first == first else None  # noqa: PLR0124  NaT
    low = collected(leads.lazy.select(nw.col("date_us").min().alias("low")))["low"].iloc[0]
    return None if low is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(low))


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def collected(found: Any) -> pd.DataFrame:
    """What an engine found, as a frame of plain values: whole numbers as int, amounts as Decimal."""
    import pandas as pd

    if not isinstance(found, nw.LazyFrame):
        native: pd.DataFrame = found.to_native()
        return native
    # Through Arrow and not through pandas: pandas would make floats of whole numbers with a missing one among them.
    columns = found.collect("pyarrow").to_dict(as_series=False)
    return pd.DataFrame({name: pd.Series(_plain(values), dtype="object") for name, values in columns.items()})


def _plain(values: list[Any]) -> list[Any]:
    """Sums of whole numbers come as decimals without places from some engines."""
    return [int(v) if isinstance(v, Decimal) and v.as_tuple().exponent == 0 else v for v in values]


def labelled(table: pd.DataFrame, groups: Sequence[Any], keys: Sequence[str]) -> pd.DataFrame:
    """The table with its keys called as they are; rows of one name are added."""
    if not any(isinstance(group, LazyGroup) for group in groups):
        return table
    made = table.copy()
    for key, group in zip(keys, groups, strict=True):
        if isinstance(group, LazyGroup):
            made[key] = group.label(made[key].tolist())
    # Two ids of the engine may have one name; by name they are one group, as they are in pandas.
    if len(made) and made.duplicated(list(keys)).any():
        made = made.groupby(list(keys), dropna=False, sort=False, observed=True).sum().reset_index()
    return made


# -- groups ---------------------------------------------------------------------------------------------------------------


def column_group(column: str, none: str) -> LazyGroup:
    """Leads by the values of a column; ``none``: what those without one are called."""

    def label(keys: list[Any]) -> Any:
        import pandas as pd

        word, known = none, {key for key in keys if key is not None}
        # A group that is really called as those without a value must not be mixed up with them.
        while word in known:
            word += " "
        whole = [int(k) if isinstance(k, float) and k == int(k) else k for k in (word if k is None else k for k in keys)]
        return pd.Series(whole, dtype="object")

    return LazyGroup(nw.col(column), label)


def period_group(leads: LazyLeads, every: str, zone: tzinfo) -> LazyGroup:
    """Leads by ``hour day week month`` in a zone, called as ``columns.period_of`` calls them."""
    at = nw.col("date_us")
    local = at + _offset(leads, zone)
    if every == "hour":
        # As in period_of: what has passed of the local hour is taken off the moment, so that the hour that comes twice stays two.
        return LazyGroup(at - (local + nw.lit(YEAR_0 * DAY, nw.Int64)) % HOUR, lambda keys: _hours(keys, zone))
    return LazyGroup((local + nw.lit(YEAR_0 * DAY, nw.Int64)) // DAY, lambda keys: _days(keys, every))


def _hours(keys: list[Any], zone: tzinfo) -> Any:
    import pandas as pd

    return pd.Series(pd.DatetimeIndex(_times(keys, 1)).tz_localize("UTC").tz_convert(zone))


def _days(keys: list[Any], every: str) -> Any:
    import pandas as pd

    days = pd.Series(pd.DatetimeIndex(_times([None if k is None else int(k) - YEAR_0 for k in keys], DAY)))
    if every == "week":
        # The engine counts days; weeks and months are made of them here, in one way for all engines.
        days = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    elif every == "month":
        days = days - pd.to_timedelta(days.dt.day - 1, unit="D")
    return days


def _times(keys: list[Any], length: int) -> Any:
    import numpy as np

    return np.array(["NaT" if key is None else int(key) * length for key in keys], dtype="datetime64[us]")


def _offset(leads: LazyLeads, zone: tzinfo) -> nw.Expr:
    """How far local time is ahead of UTC at each lead's date, in microseconds."""
    ends = collected(leads.lazy.select(nw.col("date_us").min().alias("low"), nw.col("date_us").max().alias("high")))
    low, high = ends["low"].iloc[0], ends["high"].iloc[0]
    offset: Any = nw.lit(0, nw.Int64)
    if low is None:
        # Not a plain 0: a lead without a date must have no offset either, and so belong to no period.
        return nw.col("date_us") * 0
    # Engines do not agree on time zones (Spark and DuckDB have their own tables), so the changes of the clock are worked out in
    # Python and become plain comparisons.
    for begins, ahead in changes(zone, int(low), int(high)):
        value = nw.lit(ahead // timedelta(microseconds=1), nw.Int64)
        offset = value if begins is None else nw.when(nw.col("date_us") >= begins).then(value).otherwise(offset)
    made: nw.Expr = offset + nw.col("date_us") * 0
    return made


def changes(zone: tzinfo, low: int, high: int) -> list[tuple[int | None, timedelta]]:
    """How far a zone is ahead of UTC between two times (microseconds): from when on, and how far; None = from the beginning.

    Raises:
        InsightError: the times lie more than 400 years apart: a date is wrong.
    """
    begin, end = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at) for at in (low, high))
    if end - begin > timedelta(days=366 * MOST_YEARS):
        raise InsightError(
            f"From {begin:%Y-%m-%d} to {end:%Y-%m-%d} there are more than {MOST_YEARS} years. A date may be wrong: leave those "
            "leads out (created_after=, created_before=)."
        )
    found: list[tuple[int | None, timedelta]] = [(None, _ahead(begin, zone))]
    at = begin
    while at < end:
        later = min(at + STEP, end)
        # Python's zoneinfo does not list a zone's changes; they are found by looking twice a day and then halving the interval.
        if _ahead(later, zone) != _ahead(at, zone):
            found.append((micros(_moment_of_change(at, later, zone)), _ahead(later, zone)))
        at = later
    return found


def _ahead(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _moment_of_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first moment at which the clock is as ``after``."""
    low, high = micros(before), micros(after)
    start = datetime(1970, 1, 1, tzinfo=UTC)
    goal = _ahead(after, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _ahead(start + timedelta(microseconds=middle), zone) == goal:
            high = middle
        else:
            low = middle
    return start + timedelta(microseconds=high)


def plain_amount(amount: Any) -> Decimal:
    """A sum of amounts without the zeros that a declared type adds behind the second place."""
    if amount is None:
        return Decimal("0.00")
    text = f"{Decimal(amount):f}"
    whole, _, places = text.partition(".")
    return Decimal(f"{whole}.{places.rstrip('0').ljust(2, '0')}")
