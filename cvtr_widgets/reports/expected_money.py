"""What a run was expected to move, by currency and side, and what became of those leads. Currencies are never added."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.models import LeadId, Outcome
from cvtr_widgets.plans.make_plan import expected_moves
from cvtr_widgets.plans.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

DONE = frozenset({str(Outcome.CONFIRMED), str(Outcome.ACCEPTED)})
UNCLEAR = frozenset({str(Outcome.CONTRADICTED), str(Outcome.UNKNOWN)})
NOT_STATED = "not stated"
COLUMNS = ("currency", "side", "leads", "expected", "done", "unclear", "not_done", "no_amount")


def expected_money(plan: Plan, outcomes: Mapping[LeadId, str]) -> pd.DataFrame:
    """What the plan expected to move on each side, from the leads' own payouts when the plan read them.

    Columns: ``currency`` (``not stated`` where the service names none), ``side`` (``advertiser`` or ``publisher``), ``leads``
    (int64: leads that move money on that side, or may), ``expected`` (Decimal, exact; negative: no longer billed or paid),
    ``done`` (of leads that are confirmed or accepted), ``unclear`` (contradicted or unknown), ``not_done`` (all others); these
    three add up to ``expected``. ``no_amount`` (int64): leads whose amount is not known and is in no sum.
    """
    import pandas as pd

    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in plan.sendable:
        state = entry.alike.state
        if state is None:
            continue
        outcome = outcomes.get(entry.lead_id, "")
        place = "done" if outcome in DONE else "unclear" if outcome in UNCLEAR else "not_done"
        for side, amount in expected_moves(plan.groups[entry.group][0].kind, state).items():
            row = sums.setdefault((state.currency or NOT_STATED, side), dict.fromkeys(COLUMNS[3:7], Decimal(0)))
            row["leads"] = row.get("leads", 0) + 1
            row["no_amount"] = row.get("no_amount", 0) + (amount is None)
            row["expected"] += amount or 0
            row[place] += amount or 0
    rows = [{"currency": currency, "side": side, **row} for (currency, side), row in sorted(sums.items())]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"leads": "int64", "no_amount": "int64"})


def money_notes(plan: Plan) -> tuple[str, ...]:
    """What the sums cannot say."""
    if any(ROWS[action.kind].recalculated for action, _ in plan.by_group):
        return ("Convertr works out from the contracts what becomes billable; it could not be known beforehand.",)
    return ()
