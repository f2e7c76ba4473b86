"""A plan as a frame, and what an undo can and cannot take back. Nothing personal is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions import catalogue
from cvtr_widgets.plans.how_selected import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from cvtr_widgets.plans.plan_content import PlanContent
    from cvtr_widgets.plans.policy_records import WayBack


def plan_frame(plan: PlanContent) -> pd.DataFrame:
    """A plan, one row a lead in order.

    Index ``lead_id`` (int64). Columns: ``action`` (category), ``verdict`` (category: ``will_change``, ``already_so``,
    ``not_eligible``, ``not_found``, ``not_allowed``, ``cannot_tell``; those that occur), ``why`` (text: which rule of the
    platform or policy, or what is missing), ``now then`` (text), ``status delivery`` (text), ``billed`` (boolean: billable to the
    advertiser; missing where the service does not say), ``campaign_id`` (Int64), ``campaign publisher`` (text), ``how_selected``
    (text: ``ticked``, ``typed``, ``file returned.csv``, ``all matching``, ``frame``, ``list``, ``single lead``, ``Look``,
    ``rule`` or ``undo``; missing where that is not known). Which action takes which lead, and where Convertr says so: the table
    of actions in ``docs/actions.md``.
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
        "how_selected": pd.Series(words_of(plan.how_selected, len(entries)), dtype="object"),
    }
    frame = pd.DataFrame(data)
    frame.index = pd.Index([e.lead_id for e in entries], dtype="int64", name="lead_id")
    return frame


def undo_frame(ways: Sequence[WayBack]) -> pd.DataFrame:
    """The leads that runs changed, one row a lead.

    Index ``lead_id`` (int64). Columns: ``way`` (category: ``exact``, ``nearest``, ``impossible``), ``why`` (text: what would not
    come back, or why nothing does), ``conflict`` (text: several of the runs changed it, or somebody else did), ``runs`` (text:
    their ids, oldest first), ``back_to`` (text: what the action that takes it back sets).
    """
    import pandas as pd

    frame = pd.DataFrame({
        "way": pd.Categorical([one.way for one in ways], categories=["exact", "nearest", "impossible"]),
        "why": pd.Series([one.why for one in ways], dtype="object"),
        "conflict": pd.Series([one.conflict for one in ways], dtype="object"),
        "runs": pd.Series([", ".join(one.runs) for one in ways], dtype="object"),
        "back_to": pd.Series(
            ["" if one.action is None else catalogue.describe(one.action) for one in ways], dtype="object"
        ),
    })  # fmt: skip
    frame.index = pd.Index([one.lead_id for one in ways], dtype="int64", name="lead_id")
    return frame


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
