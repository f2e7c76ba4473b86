"""When leads came in, and how long they take until they are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import narwhals as nw

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.columns import PERIODS, as_of, group_of, names_of, need, zone_of
from cvtr_widgets.insight.groups import counted, honest, with_shares
from cvtr_widgets.insight.lazy_leads import LazyLeads, Leads, collected, count, dated, is_lazy, labelled, micros

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MOST_PERIODS = 100_000
STEPS = {"hour": "h", "day": "D", "week": "W-MON", "month": "MS"}


def over_time(leads: Leads, every: str = "day", *, zone: tzinfo | str | None = None) -> pd.DataFrame:
    """Leads by ``hour``, ``day``, ``week`` (from Monday) or ``month`` in ``zone``; periods without leads are there with 0.

    Index ``date`` (datetime64: the first day of the period as a calendar date, without a zone; for hours their beginning, in
    ``zone``, so that a day on which clocks change has 23 or 25 of them). Columns as in ``breakdown``, without money:
    ``total valid caution invalid test other`` (int64), ``delivered billable_publisher billable_advertiser`` (Int64; missing where
    the service does not send that), ``delivery_unknown billable_for_publisher_unknown billable_for_advertiser_unknown`` (int64),
    ``<state>_share <state>_low <state>_high`` (float64: shares with Wilson intervals, NaN where there are no leads).
    ``attrs["notes"]`` says how many leads have no date; they are in no period.

    Raises:
        InsightError: a column is missing, or the dates reach over more than 100,000 periods.
    """
    import pandas as pd

    if every not in PERIODS:
        raise InsightError(f"every is {every!r}. Choose one of: {', '.join(PERIODS)}.")
    need(leads, "date", "current_status")
    where = zone_of(zone)
    there = dated(leads)
    counts = counted(there, {"date": group_of(there, every, where)})
    every_one = _filled(pd.DatetimeIndex(counts.index), every)
    table = honest(with_shares(counts.reindex(every_one, fill_value=0)), leads)
    table.index.name = "date"
    undated = count(leads) - int(counts["total"].sum())
    notes = [f"{undated:,} leads have no date and are in no period."] if undated else []
    table.attrs = {
        "lists": "leads by time",
        "zone": str(where),
        "notes": notes,
        "as_of": leads.attrs.get("as_of"),
        "every": every,
    }
    return table


def _filled(found: pd.DatetimeIndex, every: str) -> pd.DatetimeIndex:
    """All periods from the first to the last one."""
    import pandas as pd

    if len(found) == 0:
        return found
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


def until_delivered(leads: Leads, by: str | Sequence[str] | None = None, *, now: datetime | None = None) -> pd.DataFrame:
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
    if "first_delivered" in leads.attrs.get("not_sent", ()) and count(leads):
        raise InsightError(
            "This service sends no time of first delivery, so this cannot be answered. See frame.attrs['not_sent']."
        )
    names = [] if by is None else names_of(by)
    until = pd.Timestamp(now or as_of(leads))
    times = (_lazy_times if is_lazy(leads) else _times)(leads, names, until)
    rows = []
    places: dict[Any, list[int]] = {}
    for place, key in enumerate(zip(*times.groups, strict=True)):
        places.setdefault(key, []).append(place)
    for at in places.values():
        take = np.array(at)
        mine = take[times.used[take]]
        curve = _curve(times.hours[mine], times.done[mine], times.leads[mine])
        delivered, known = int(times.leads[mine][times.done[mine]].sum()), int(times.leads[mine].sum())
        left_out = int(times.leads[take].sum()) - known
        rows.append((delivered, known - delivered, left_out, _after(curve, 0.5), _after(curve, 0.9)))
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


@dataclass(frozen=True)
class _Times:
    """How long leads took or have waited: their groups, hours, whether they are delivered and whether they count, and how many
    leads each line stands for.
    """

    groups: list[list[Any]]
    hours: NDArray[np.float64]
    done: NDArray[np.bool_]
    used: NDArray[np.bool_]
    leads: NDArray[np.int64]


def _times(leads: pd.DataFrame, names: list[str], until: pd.Timestamp) -> _Times:
    import numpy as np

    where = zone_of(None)
    groups = [group_of(leads, name, where).tolist() for name in names] or [["all"] * len(leads)]
    ended = leads["first_delivered"].notna()
    end = leads["first_delivered"].where(ended, until)
    hours: NDArray[np.float64] = np.asarray((end - leads["date"]).dt.total_seconds() / 3_600, dtype="float64")
    # Only Valid leads can still be delivered; an Invalid one waits for nothing and would pull the curve down for ever.
    used = (ended | (leads["current_status"].astype("object") == "Valid")).to_numpy() & (np.nan_to_num(hours, nan=-1.0) >= 0)
    return _Times(groups, hours, ended.to_numpy(dtype=bool), used, np.ones(len(leads), dtype="int64"))


def _lazy_times(leads: LazyLeads, names: list[str], until: pd.Timestamp) -> _Times:
    """The same in an engine: leads that took equally long come as one line."""
    import numpy as np
    import pandas as pd

    where = zone_of(None)
    groups = [group_of(leads, name, where) for name in names]
    keys = [f"by_{n}" for n in range(len(groups))]
    ended = ~nw.col("first_delivered_us").is_null()
    end = nw.when(ended).then(nw.col("first_delivered_us")).otherwise(nw.lit(micros(until.to_pydatetime()), nw.Int64))
    used_at_all = ended | (nw.col("current_status") == "Valid").fill_null(value=False)
    # Nothing happens after the last delivery: leads that have waited longer are alike, and so are those that don't count.
    took = end - nw.col("date_us")
    last = collected(leads.lazy.filter(ended).select((nw.col("first_delivered_us") - nw.col("date_us")).max().alias("last")))
    most = int(last["last"].iloc[0] or 0) + 1
    took = nw.when(~ended & (took > most)).then(nw.lit(most, nw.Int64)).otherwise(took)
    found = leads.lazy.select(
        *(group.key.alias(key) for key, group in zip(keys, groups, strict=True)),
        nw.when(used_at_all).then(took).alias("took"),
        ended.cast(nw.Int64).alias("ended"),
        (nw.col("current_status") == "Valid").fill_null(value=False).cast(nw.Int64).alias("valid"),
        nw.lit(1, nw.Int64).alias("leads"),
    )
    by = [*keys, "took", "ended", "valid"]
    table = labelled(collected(found.group_by(by).agg(nw.col("leads").sum())), [*groups, None, None, None], by)
    done = table["ended"].to_numpy(dtype="int64") > 0
    seconds = pd.to_numeric(table["took"]).to_numpy(dtype="float64", na_value=np.nan) / 1_000_000
    hours: NDArray[np.float64] = np.asarray(seconds / 3_600, dtype="float64")
    used = (done | (table["valid"].to_numpy(dtype="int64") > 0)) & (np.nan_to_num(hours, nan=-1.0) >= 0)
    labels = [table[key].tolist() for key in keys] or [["all"] * len(table)]
    return _Times(labels, hours, done, used, table["leads"].to_numpy(dtype="int64"))


def _curve(
    hours: NDArray[np.float64], done: NDArray[np.bool_], leads: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of deliveries, and the share that is delivered by then."""
    import numpy as np

    order = np.argsort(hours, kind="stable")
    times, delivered, weight = hours[order], done[order], leads[order]
    distinct, first = np.unique(times, return_index=True)
    before = np.concatenate([[0], np.cumsum(weight)])
    # Kaplan and Meier: at each time those that are neither delivered nor out of sight yet.
    at_risk = before[-1] - before[first]
    events = np.add.reduceat(delivered * weight, first) if len(times) else np.array([], dtype="int64")
    still = np.cumprod(1 - events / np.maximum(1, at_risk)).astype("float64")
    return distinct, 1 - still


def _after(curve: tuple[NDArray[np.float64], NDArray[np.float64]], share: float) -> float:
    times, delivered = curve
    reached = (delivered >= share - 1e-12).nonzero()[0]
    return float(times[reached[0]]) if len(reached) else float("nan")
