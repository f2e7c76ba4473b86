"""Ten minutes in which far more leads of a group came in than its own hours explain."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import narwhals as nw

from cvtr_widgets.insight.burst_statistics import SLOTS, WINDOW, JudgedWindow, judge_windows
from cvtr_widgets.insight.columns import NONE, group_of, names_of, need, zone_of
from cvtr_widgets.insight.finding import ALPHA
from cvtr_widgets.insight.lazy_leads import Leads, collected, is_lazy, labelled, micros

if TYPE_CHECKING:
    import pandas as pd

MICROS = WINDOW * 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEFORE = -micros(datetime(1, 1, 1, tzinfo=UTC)) // MICROS
"""Windows before 1970: with these added no window is negative."""


def bursts(leads: Leads, by: str = "publisher") -> pd.DataFrame:
    """Ten minutes (UTC) in which a group has unusually many leads: a negative-binomial tail around what is usual for the group
    at that hour of the week, judged for all its windows together, as the finding ``bursts`` does.

    Columns: the group (named as in ``by``), ``start`` (UTC), ``leads`` (int64), ``usual`` (float64: mean of the other
    windows of that hour of the week, shrunk towards the group's mean), ``p`` (float64: the chance of so many in any window of the
    group). Most leads first. Leads without a date or a group are left out.

    Raises:
        InsightError: a column is missing or personal.
    """
    import pandas as pd

    (name,) = names_of(by, most=1)
    need(leads, "date")
    group = group_of(leads, name, zone_of(None))
    base = _narrow(leads, group).filter(~nw.col("by").is_null(), ~nw.col("window").is_null())
    rows = _windows(base.group_by("by", "window").agg(nw.col("one").sum().alias("leads")), *_span(base))
    label = dict(zip([r[0] for r in rows], _labels(group, [r[0] for r in rows]), strict=True))
    made = pd.DataFrame(
        [(label[key], EPOCH + pd.Timedelta(seconds=window * WINDOW), n, usual, p) for key, window, n, usual, p in rows],
        columns=[name, "start", "leads", "usual", "p"],
    ).astype({"leads": "int64", "usual": "float64", "p": "float64"})
    made["start"] = pd.to_datetime(made["start"], utc=True).astype("datetime64[us, UTC]")
    keys = list(zip((-made["leads"]).tolist(), made["start"].tolist(), map(str, made[name]), strict=True))
    made = made.iloc[sorted(range(len(made)), key=keys.__getitem__)].reset_index(drop=True)
    made.attrs = {"lists": "groups of leads"}
    return made


def _labels(group: Any, keys: list[Any]) -> list[Any]:
    """What groups are called, in the order of their keys."""
    import pandas as pd

    table = pd.DataFrame({"by": pd.Series(list(dict.fromkeys(keys)), dtype="object")})
    names = dict(zip(table["by"], labelled(table, [group], ["by"])["by"], strict=True))
    return [names[key] for key in keys]


def _narrow(leads: Leads, group: Any) -> Any:
    """``by window one`` of each lead; a window is a number of ten minutes since 1970."""
    import pandas as pd

    if is_lazy(leads):
        # Whole numbers are divided alike in all engines where they are not negative.
        window = (nw.col("date_us") + nw.lit(BEFORE * MICROS, nw.Int64)) // MICROS - nw.lit(BEFORE, nw.Int64)
        return leads.lazy.select(group.key.alias("by"), window.alias("window"), nw.lit(1, nw.Int64).alias("one"))
    dated = leads["date"].notna().to_numpy()
    seconds = leads["date"][dated].astype("datetime64[us, UTC]").astype("int64").to_numpy() // 1_000_000
    base = pd.DataFrame({"by": group.astype("object").to_numpy()[dated], "window": seconds // WINDOW, "one": 1})
    return nw.from_native(base, eager_only=True)


def _strange(part: pd.DataFrame, first: int, last: int) -> dict[tuple[int, int], JudgedWindow]:
    """Which numbers of leads are unusual in which hour of the week (slot, leads).

    ``part``: how many windows of a slot have so many leads (``slot leads windows``).
    """
    slot, counts, windows = (part[c].to_numpy() for c in ("slot", "leads", "windows"))
    judged = judge_windows(slot, counts, windows, first=first, span=last - first + 1)
    return {key: one for key, one in judged.items() if one.chance <= ALPHA}


def _span(base: Any) -> tuple[int, int]:
    """The first and the last window; if there is no lead, the last is before the first."""
    ends = collected(base.select(nw.col("window").min().alias("low"), nw.col("window").max().alias("high")))
    found = [at for at in ends.iloc[0].tolist() if at is not None and at == at] if len(ends) else []  # noqa: PLR0124
    return (int(found[0]), int(found[1])) if found else (0, -1)


def _windows(cells: Any, first: int, last: int) -> list[tuple[Any, ...]]:
    """The unusual windows: group, window, leads, the usual number, the chance. ``cells``: leads by group and window."""
    if last < first:
        return []
    slot = (nw.col("window") * WINDOW // 3_600) % SLOTS
    counted = cells.with_columns(slot.alias("slot"), nw.lit(1, nw.Int64).alias("windows"))
    # First only how many windows have how many leads, by hour of the week: a few thousand rows, however many leads there are.
    # The windows themselves are then asked for only where they can be unusual.
    table = collected(counted.group_by("by", "slot", "leads").agg(nw.col("windows").sum()))
    table = table.astype({"slot": "int64", "leads": "int64", "windows": "int64"}).sort_values(["slot", "leads"])
    parts = [(key, part) for key, part in table.groupby("by", sort=False) if key != NONE]
    strange = {key: found for key, part in parts if (found := _strange(part, first, last))}
    if not strange:
        return []
    least = {key: min(count for _, count in found) for key, found in strange.items()}
    wanted = reduce(or_, ((nw.col("by") == key) & (nw.col("leads") >= n) for key, n in least.items()))
    many = collected(cells.filter(wanted))
    rows = []
    for key, window, n in zip(many["by"].tolist(), many["window"].tolist(), many["leads"].tolist(), strict=True):
        judged = strange[key].get((int(window) * WINDOW // 3_600 % SLOTS, int(n)))
        if judged is not None:
            rows.append((key, int(window), int(n), *judged))
    return rows
