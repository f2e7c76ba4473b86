"""What Look can be asked, and its answers as a page takes them: counts, sentences and names of groups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight import charts
from cvtr_widgets.insight.chart import Chart
from cvtr_widgets.insight.chart_groups import plain
from cvtr_widgets.insight.columns import PERIODS, as_of, need, zone_of
from cvtr_widgets.insight.finding import Finding, Findings
from cvtr_widgets.insight.rules.unusual_rates import percent

if TYPE_CHECKING:
    import pandas as pd

GROUPS = {
    "publisher": "Lead Generator", "campaign": "campaign", "channel": "channel", "country": "country", "sub_id": "sub-id",
    "reason": "reason", "category": "category", "email_domain": "e-mail domain", "hour": "hour", "day": "day", "week": "week",
    "month": "month",
}  # fmt: skip
_KINDS = tuple(name for name in GROUPS if name not in PERIODS)
_SENDERS = tuple(name for name in _KINDS if name not in {"reason", "category"})


def changed(leads: pd.DataFrame, by: str, *, days: int) -> Chart:
    """What changed the share of Invalid between the days before and the last ``days`` days (24 hours each, until the read).

    Raises:
        InsightError: one of the two holds no leads.
    """
    need(leads, "date")
    until = as_of(leads)
    since, first = until - timedelta(days=days), until - timedelta(days=2 * days)
    dates = leads["date"]
    now, before = leads[(dates >= since) & (dates <= until)], leads[(dates >= first) & (dates < since)]
    for part, when in ((now, f"the last {days} days"), (before, f"the {days} days before those")):
        if not len(part):
            raise InsightError(f"No loaded lead is from {when}. Load leads from {_day(first)} onwards, then ask again.")
    made = charts.compare(now, before, by)
    periods = (
        f"Now: {_day(since)} to {_day(until)}. Before: {_day(first)} to {_day(since)}. A click selects leads from the period Now."
    )
    notes = [periods, *made.notes]
    oldest = dates.min()
    if oldest > first + timedelta(days=1):
        notes.insert(
            0,
            f"No loaded lead is older than {_day(oldest)}: the earlier period may be incomplete. Load from {_day(first)} on.",
        )
    made.notes = tuple(notes)
    return made


def _day(moment: datetime) -> str:
    """A moment in the zone that times are shown in."""
    return f"{moment.astimezone(zone_of(None)):%Y-%m-%d %H:%M}"


QUESTIONS: dict[str, tuple[str, tuple[str, ...], Callable[..., Chart] | None]] = {
    "findings": ("What is wrong with these leads?", (), None),
    "breakdown": ("Share Invalid by group", (*_KINDS, "day", "week", "month"), charts.breakdown),
    "over_time": ("Leads over time", ("day", "hour", "week", "month"), charts.over_time),
    "reasons": ("Reasons of flagged leads", _SENDERS, charts.reasons),
    "compare_7": ("What changed in the last 7 days, against the 7 before", _SENDERS, partial(changed, days=7)),
    "compare_30": ("What changed in the last 30 days, against the 30 before", _SENDERS, partial(changed, days=30)),
    "money": ("Expected money", _KINDS, charts.money),
    "funnel": ("Whose share Invalid is unusual (funnel)", _SENDERS, charts.funnel),
}
"""Question -> its words, what it can be asked by, and the chart that answers it."""
PLATFORM = "platform"
PLATFORM_WORDS = "Compare with the platform's own counts"
"""Asked where there is a session to read the platform's statistics with."""
MOST_FINDINGS = 200
"""Findings shown in a page; all of them are in ``findings``."""


def rule_words(rule: str) -> str:
    """What a rule is called on screen. A contract may say that Invalid leads are billed: the rule does not know the contract."""
    return {"wrongly_billed": "billable although Invalid or Test"}.get(rule, rule.replace("_", " "))


def platform_message(table: pd.DataFrame) -> dict[str, Any]:
    """``beside_statistics`` as a table for a page."""
    columns = ["what", "ours", "platform", "difference", "likely cause"]
    flat = table.reset_index().rename(columns={"likely_cause": "likely cause"})
    rows = [dict(zip(columns, map(plain, row), strict=True)) for row in flat[columns].astype("object").itertuples(index=False)]
    note = "The past 30 days, as the platform counts its active campaigns. Ours are the loaded leads from the same days."
    return {"kind": "table", "title": PLATFORM_WORDS, "columns": columns, "rows": rows, "notes": [note]}


def findings_message(found: Findings, of: int) -> dict[str, Any]:
    """Findings for a page; ``of``: so many leads were looked at."""
    rows = [_finding_row(one) for one in found[:MOST_FINDINGS]]
    more = f"{len(found) - MOST_FINDINGS:,} more findings: cvtr.insight.findings(panel.leads).frame has all of them."
    return {"kind": "findings", "rows": rows, "notes": [*found.notes, *([more] if len(found) > MOST_FINDINGS else [])], "of": of}


def _finding_row(one: Finding) -> dict[str, Any]:
    interval = f"95 % interval {percent(one.low)} to {percent(one.high)}"
    numbers = [f"{one.measure}: {one.hits:,} of {one.n:,} ({percent(one.value)}, {interval})"]
    if one.baseline is not None:
        numbers.append(f"usual share elsewhere {percent(one.baseline)}")
    if one.p_adjusted is not None:
        numbers.append(f"adjusted p-value {one.p_adjusted:.2g}")
    return {
        "rule": rule_words(one.rule), "about": one.about, "leads": len(one.leads), "sentence": one.sentence,
        "money": ", ".join(f"{amount:,} {currency}" for currency, amount in one.money.items()),
        "numbers": ", ".join(numbers), "cannot_tell": one.cannot_tell,
    }  # fmt: skip
