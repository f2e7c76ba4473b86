"""A plan as a frame. Nothing personal is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.plans.plan import Plan


def plan_frame(plan: Plan) -> pd.DataFrame:
    """A plan: index ``lead_id`` (int64), one row a lead in order.

    Columns: ``action verdict`` (categories), ``why now then`` (text), ``status delivery`` (text),
    ``billed`` (boolean: billable to the advertiser), ``campaign_id`` (Int64), ``campaign publisher`` (text).
    """
    import pandas as pd

    entries = plan.entries

    def of(name: str) -> list[Any]:
        return [None if (lead := e.alike.state) is None else getattr(lead, name) for e in entries]

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


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
