"""When leads came in, and how long they take until they are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.columns import PERIODS, as_of, group_of, names_of, need, period_of, zone_of
from cvtr_widgets.insight.groups import counted, honest, with_shares

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MOST_PERIODS = 100_000
STEPS = {"hour": "h", "day": "D", "week": "W-MON", "month": "MS"}


def over_time(leads: pd.DataFrame, every: str = "day", *, zone: tzinfo | str | None = None) -> pd.DataFrame:
    """Leads by ``hour``, ``day``, ``week`` (from Monday) or ``month`` in ``zone``; periods without leads are there with 0.

    Index ``date``: the first day of the period as a calendar date (datetime64, no zone); for hours their beginning, in ``zone``,
    so that a day on which clocks change has 23 or 25 of them. Columns as in ``breakdown``, without money: counts, what is not
    known, shares with Wilson intervals (NaN where there are no leads). ``attrs["notes"]`` says how many leads have no date;
    they are in no period.

    Raises:
        InsightError: a column is missing, or the dates reach over more than 100,000 periods.
    """
    import pandas as pd

    if every not in PERIODS:
        raise InsightError(f"every is {every!r}. Choose one of: {', '.join(PERIODS)}.")
    need(leads, "date", "current_status")
    where = zone_of(zone)
    dated = leads[leads["date"].notna()]
    periods = period_of(dated["date"], every, where)
    counts = counted(dated, {"date": periods})
    every_one = _filled(pd.DatetimeIndex(counts.index), every, periods)
    table = honest(with_shares(counts.reindex(every_one, fill_value=0)), leads)
    table.index.name = "date"
    undated = len(leads) - len(dated)
    notes = [f"{undated:,} leads have no date and are in no period."] if undated else []
    table.attrs = {
        "lists": "leads by time",
        "zone": str(where),
        "notes": notes,
        "as_of": leads.attrs.get("as_of"),
        "every": every,
    }
    return table


def _filled(found: pd.DatetimeIndex, every: str, periods: pd.Series[Any]) -> pd.DatetimeIndex:
    """All periods from the first to the last one."""
    import pandas as pd

    if len(found) == 0:
        return pd.DatetimeIndex(periods.iloc[:0])
    first, last = found.min(), found.max()
    length = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 28.0}[every]
    if (last - first).total_seconds() / 86_400 / length > MOST_PERIODS:
        raise InsightError(
            f"From {first:%Y-%m-%d} to {last:%Y-%m-%d} there are more than {MOST_PERIODS:,} periods. A date may be wrong: leave "
            "those leads out, or choose a longer period, such as every='month'."
        )
    steps = pd.date_range(first, last, freq=STEPS[every])
    # Where clocks change by half an hour, hours do not follow each other by 60 minutes: none may be lost.
    return pd.DatetimeIndex(steps.union(found))


def until_delivered(leads: pd.DataFrame, by: str | Sequence[str] | None = None, *, now: datetime | None = None) -> pd.DataFrame:
    """How long leads take from coming in to their first delivery, by group (all in one where ``by`` is None).

    Leads that are Valid and not delivered are waiting: their time so far counts, as time in which they were not delivered (Kaplan
    and Meier 1958). First delivery is the service's own hint; it proves nothing about now.

    Index: the groups (``all`` where there are none). ``delivered waiting left_out`` (int64): ``left_out`` are leads of other
    states that were never delivered, and those without a usable time. ``median_hours p90_hours`` (float64): after so many hours
    half (nine in ten) are delivered; missing where that has not come to pass yet.

    Raises:
        InsightError: a column is missing, or the service sends no time of first delivery.
    """
    import numpy as np
    import pandas as pd

    need(leads, "date", "first_delivered", "current_status")
    if "first_delivered" in leads.attrs.get("not_sent", ()) and len(leads):
        raise InsightError(
            "This service sends no time of first delivery, so that nothing can be told. See frame.attrs['not_sent']."
        )
    names = [] if by is None else names_of(by)
    where = zone_of(None)
    groups = [group_of(leads, name, where).tolist() for name in names] or [["all"] * len(leads)]
    ended = leads["first_delivered"].notna()
    until = leads["first_delivered"].where(ended, pd.Timestamp(now or as_of(leads)))
    hours = ((until - leads["date"]).dt.total_seconds() / 3_600).to_numpy(dtype="float64")
    used = (ended | (leads["current_status"].astype("object") == "Valid")).to_numpy() & (np.nan_to_num(hours, nan=-1.0) >= 0)
    done = ended.to_numpy()
    places: dict[Any, list[int]] = {}
    for place, key in enumerate(zip(*groups, strict=True)):
        places.setdefault(key, []).append(place)
    rows = []
    for at in places.values():
        take = np.array(at)
        mine = take[used[take]]
        curve = _curve(hours[mine], done[mine])
        delivered = int(done[mine].sum())
        rows.append((delivered, len(mine) - delivered, len(take) - len(mine), _after(curve, 0.5), _after(curve, 0.9)))
    keys = list(places)
    index: pd.Index[Any] = (
        pd.MultiIndex.from_tuples(keys, names=names)
        if len(names) > 1 and keys
        else pd.Index([k[0] for k in keys], dtype="object")
    )
    if len(names) <= 1:
        index.name = names[0] if names else "leads"
    made = pd.DataFrame(rows, columns=["delivered", "waiting", "left_out", "median_hours", "p90_hours"], index=index)
    made = made.astype(
        dict.fromkeys(("delivered", "waiting", "left_out"), "int64") | {"median_hours": "float64", "p90_hours": "float64"}
    )
    made.attrs = {"lists": "groups of leads"}
    return made.sort_values("delivered", ascending=False, kind="stable")


def _curve(hours: NDArray[np.float64], done: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of deliveries, and the share that is delivered by then."""
    import numpy as np

    order = np.argsort(hours, kind="stable")
    times, delivered = hours[order], done[order]
    distinct, first = np.unique(times, return_index=True)
    at_risk = len(times) - first
    events = np.add.reduceat(delivered.astype("int64"), first) if len(times) else np.array([], dtype="int64")
    still = np.cumprod(1 - events / np.maximum(1, at_risk)).astype("float64")
    return distinct, 1 - still


def _after(curve: tuple[NDArray[np.float64], NDArray[np.float64]], share: float) -> float:
    times, delivered = curve
    reached = (delivered >= share - 1e-12).nonzero()[0]
    return float(times[reached[0]]) if len(reached) else float("nan")
