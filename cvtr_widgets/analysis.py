"""Questions that analysts ask of loaded leads and of results, as small frames and charts. Nothing here reads or writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.frames.field_map import STATUSES
from cvtr_widgets.models import Outcome

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

STATES = tuple(STATUSES.values())
# One colour per state, told apart also in grey and by the colour-blind (Okabe and Ito).
COLOURS = {"Valid": "#009E73", "Caution": "#E69F00", "Invalid": "#D55E00", "Test": "#999999"}


def _need(frame: pd.DataFrame, *columns: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise SelectionError(f"The frame has no column {missing[0]!r}. Use session.pull() or run.results as they came.")


def recent(leads: pd.DataFrame, days: int = 30, *, now: datetime | None = None) -> pd.DataFrame:
    """Leads of the past ``days`` days (times are UTC; the frame keeps its columns)."""
    _need(leads, "date")
    since = (now or datetime.now(UTC)) - timedelta(days=days)
    return leads[leads["date"] >= since]


def breakdown(leads: pd.DataFrame, by: str = "lead_generator") -> pd.DataFrame:
    """Leads per group: index ``by``; ``total valid caution invalid test other delivered`` (int64) and ``invalid_share``
    (float, 0 to 1: invalid of total, whatever the others are). ``other`` are leads whose status is none of the four or was not
    sent, so that the row adds up. Where the service sends no delivery field, ``delivered`` is missing (Int64), not 0.
    The row ``All`` stands last.
    """
    import pandas as pd

    _need(leads, by, "current_status", "delivery")
    group = leads[by].astype("object").where(leads[by].notna(), "(none)")
    counts = pd.crosstab(group, leads["current_status"].astype("object").fillna("(none)"))
    table = pd.DataFrame({"total": group.value_counts().reindex(counts.index)})
    for state in ("Valid", "Caution", "Invalid", "Test"):
        table[state.lower()] = counts.get(state, 0)
    table["other"] = table["total"] - table[["valid", "caution", "invalid", "test"]].sum(axis=1)
    table["delivered"] = (leads["delivery"] == "Delivered").groupby(group).sum().reindex(counts.index)
    table = table.sort_values("total", ascending=False)
    table.loc["All"] = table.sum()
    table = table.astype("int64")
    if "delivery" in leads.attrs.get("not_sent", ()):
        table["delivered"] = pd.array([None] * len(table), dtype="Int64")
    table["invalid_share"] = (table["invalid"] / table["total"].where(table["total"] > 0)).astype("float64")
    table.index.name = by
    return table


def over_time(leads: pd.DataFrame, *, zone: tzinfo = UTC) -> pd.DataFrame:
    """Leads per day in ``zone``: index ``date``, days without leads included, leads without a date not; columns
    ``Valid Caution Invalid Test`` and ``Other`` (int64).
    """
    import pandas as pd

    _need(leads, "date", "current_status")
    order = ["Valid", "Caution", "Invalid", "Test", "Other"]
    known = leads[leads["date"].notna()]
    if known.empty:
        return pd.DataFrame(columns=order, index=pd.DatetimeIndex([], name="date"), dtype="int64")
    days = known["date"].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    states = known["current_status"].astype("object")
    counts = pd.crosstab(days, states.where(states.isin(order), "Other"))
    every = pd.date_range(days.min(), days.max(), freq="D", name="date")
    return counts.reindex(index=every, columns=order, fill_value=0).astype("int64")


def reasons(leads: pd.DataFrame, by: str = "lead_generator") -> pd.DataFrame:
    """Reasons of flagged leads per group: index reason (most frequent first), one column per group, ``All`` last."""
    import pandas as pd

    _need(leads, by, "reason")
    flagged = leads[leads["reason"].notna()]
    if flagged.empty:
        return pd.DataFrame({"All": pd.Series(dtype="int64")}, index=pd.Index([], name="reason"))
    table = pd.crosstab(flagged["reason"].astype("object"), flagged[by].astype("object").fillna("(none)"))
    table["All"] = table.sum(axis=1)
    table.columns.name = by
    return table.sort_values("All", ascending=False).astype("int64")


def changes(results: pd.DataFrame) -> pd.DataFrame:
    """What a run changed: leads by ``outcome``, ``before`` and ``after`` (status · delivery), column ``leads`` (int64),
    alarms first. ``after`` is empty for leads that were not read back.
    """
    _need(results, "outcome", "before_status", "after_status", "before_delivery", "after_delivery")
    frame = results.assign(
        before=_state(results, "before"), after=_state(results, "after"), outcome=results["outcome"].astype("object")
    )
    table = frame.groupby(["outcome", "before", "after"], observed=True).size().rename("leads").reset_index()
    rank = {str(o): n for n, o in enumerate(Outcome)}
    return table.sort_values(["outcome", "leads"], key=lambda c: c.map(rank) if c.name == "outcome" else -c, ignore_index=True)


def _state(results: pd.DataFrame, when: str) -> pd.Series[str]:
    status = results[f"{when}_status"].astype("object").fillna("")
    delivery = results[f"{when}_delivery"].astype("object").fillna("")
    return (status + " · " + delivery).str.strip(" ·")


def chart_over_time(days: pd.DataFrame, *, title: str = "Leads per day") -> Axes:
    """A stacked bar chart of ``over_time(...)``. Gives the matplotlib axes."""
    from matplotlib.figure import Figure

    axes = Figure(figsize=(9, 3.2), layout="constrained").subplots()
    below = [0] * len(days)
    for state in days.columns:
        if not days[state].any():
            continue
        axes.bar(days.index, days[state], bottom=below, label=state, color=COLOURS.get(state, "#56B4E9"), width=0.9)
        below = [a + int(b) for a, b in zip(below, days[state], strict=True)]
    axes.set_title(title)
    axes.set_ylabel("leads")
    axes.legend(loc="upper left", ncols=5, frameon=False)
    axes.margins(y=0.18)
    return axes


def chart_reasons(table: pd.DataFrame, *, title: str = "Reasons by Lead Generator", top: int = 8) -> Axes:
    """A stacked bar chart of ``reasons(...)``: the ``top`` most frequent reasons. Gives the matplotlib axes."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    shown = table.drop(columns="All").head(top).iloc[::-1]
    axes = Figure(figsize=(9, 0.42 * max(3, len(shown)) + 1), layout="constrained").subplots()
    left = [0] * len(shown)
    for n, name in enumerate(shown.columns):
        axes.barh(shown.index.astype(str), shown[name], left=left, label=str(name), color=colormaps["tab10"](n % 10))
        left = [a + int(b) for a, b in zip(left, shown[name], strict=True)]
    axes.set_title(title)
    axes.set_xlabel("leads")
    axes.legend(loc="lower right", frameon=False, fontsize="small")
    return axes
