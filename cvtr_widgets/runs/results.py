"""Frames of plans and runs. Nothing personal is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.models import NOT_SENT, Lead, LeadId, Outcome

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.runs.plan import Plan

RESULT_COLUMNS = (
    "action", "reason", "outcome", "detail", "before_status", "after_status", "before_delivery", "after_delivery",
    "campaign_id", "campaign", "publisher", "attempts", "http_status", "started_at", "finished_at", "signed_by",
    "run_id", "chunk",
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """What became of one lead in a run. Filled in as the run goes on."""

    lead_id: LeadId
    action: str
    reason: str | None
    outcome: Outcome = Outcome.NOT_SENT
    detail: str = "not sent yet"
    before: Lead | None = None
    after: Lead | None = None
    attempts: int = 0
    http_status: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    signed_by: str | None = None
    run_id: str = ""
    chunk: int | None = None
    before_delivered: bool | None = field(default=None, repr=False)
    after_delivered: bool | None = field(default=None, repr=False)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _delivery(lead: Lead | None, checked: bool | None) -> str | None:
    """The delivery field, else what the delivery check said."""
    if lead is None:
        return None
    if lead.delivery is not NOT_SENT and lead.delivery:
        return str(lead.delivery)
    return None if checked is None else "Delivered" if checked else "Not Delivered"


def results_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Results of a run: index ``lead_id`` (int64), one row per input lead in the input's order.

    Columns: ``action reason outcome`` (categories), ``detail`` (text), ``before_status after_status before_delivery
    after_delivery`` (text), ``campaign_id`` (Int64), ``campaign publisher`` (text), ``attempts`` (int64),
    ``http_status`` (Int64), ``started_at finished_at`` (UTC), ``signed_by run_id`` (text), ``chunk`` (Int64).
    """
    import pandas as pd

    def col(name: str) -> list[Any]:
        return [getattr(r, name) for r in rows]

    def of(which: str, name: str) -> list[Any]:
        return [None if (lead := getattr(r, which)) is None else getattr(lead, name) for r in rows]

    outcomes = [str(o) for o in Outcome]
    data: dict[str, Any] = {
        "action": pd.Categorical(col("action")),
        "reason": pd.Series(col("reason"), dtype="object"),
        "outcome": pd.Categorical([str(r.outcome) for r in rows], categories=outcomes, ordered=False),
        "detail": pd.Series(col("detail"), dtype="object"),
        "before_status": pd.Series([_text(v) for v in of("before", "status")], dtype="object"),
        "after_status": pd.Series([_text(v) for v in of("after", "status")], dtype="object"),
        "before_delivery": pd.Series([_delivery(r.before, r.before_delivered) for r in rows], dtype="object"),
        "after_delivery": pd.Series([_delivery(r.after, r.after_delivered) for r in rows], dtype="object"),
        "campaign_id": pd.array([_either(r, "campaign_id") for r in rows], dtype="Int64"),
        "campaign": pd.Series([_either(r, "campaign") for r in rows], dtype="object"),
        "publisher": pd.Series([_either(r, "publisher") for r in rows], dtype="object"),
        "attempts": pd.Series(col("attempts"), dtype="int64"),
        "http_status": pd.array(col("http_status"), dtype="Int64"),
        "started_at": pd.to_datetime(pd.Series(col("started_at"), dtype="object"), utc=True),
        "finished_at": pd.to_datetime(pd.Series(col("finished_at"), dtype="object"), utc=True),
        "signed_by": pd.Series(col("signed_by"), dtype="object"),
        "run_id": pd.Series(col("run_id"), dtype="object"),
        "chunk": pd.array(col("chunk"), dtype="Int64"),
    }
    frame = pd.DataFrame(data, columns=list(RESULT_COLUMNS))
    frame.index = pd.Index([r.lead_id for r in rows], dtype="int64", name="lead_id")
    return frame


def _either(row: Row, name: str) -> Any:
    lead = row.before or row.after
    return None if lead is None else getattr(lead, name)


def plan_frame(plan: Plan) -> pd.DataFrame:
    """A plan: index ``lead_id`` (int64), one row a lead in order.

    Columns: ``action verdict`` (categories), ``why now then`` (text), ``status delivery`` (text),
    ``billed`` (boolean: billable to the advertiser), ``campaign_id`` (Int64), ``campaign publisher`` (text).
    """
    import pandas as pd

    entries = plan.entries

    def of(name: str) -> list[Any]:
        return [None if e.before.lead is None else getattr(e.before.lead, name) for e in entries]

    def texts(values: list[Any]) -> pd.Series[Any]:
        return pd.Series([_text(v) for v in values], dtype="object")

    billed = [v if isinstance(v, bool) else None for v in of("billable_for_advertiser")]
    data: dict[str, Any] = {
        "action": pd.Categorical([str(plan.groups[e.group][0].kind) for e in entries]),
        "verdict": pd.Categorical([str(e.verdict) for e in entries]),
        "why": pd.Series([e.why for e in entries], dtype="object"),
        "now": pd.Series([e.now for e in entries], dtype="object"),
        "then": pd.Series([e.then for e in entries], dtype="object"),
        "status": texts(of("status")),
        "delivery": texts(of("delivery")),
        "billed": pd.array(billed, dtype="boolean"),
        "campaign_id": pd.array(of("campaign_id"), dtype="Int64"),
        "campaign": texts(of("campaign")),
        "publisher": texts(of("publisher")),
    }
    frame = pd.DataFrame(data)
    frame.index = pd.Index([e.lead_id for e in entries], dtype="int64", name="lead_id")
    return frame
