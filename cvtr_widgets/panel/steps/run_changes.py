"""What a run changed, in sentences with numbers that add up to its leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.actions.read_back_proof import wanted
from cvtr_widgets.models import NOT_SENT, Action, LeadId, LeadState, Outcome, alike
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 8
CHANGED = {
    "reason": "Reason changed",
    "category": "Reason category changed",
    "comment": "Comment changed",
    "replacement": "Replacement changed",
    "replacement_comment": "Replacement comment changed",
}
"""What is said of confirmed leads that kept their status, by the first of their fields that got another value."""


def sums_of(results: pd.DataFrame, runs: Sequence[Run]) -> list[str]:
    """Before → after, with numbers: ``Current Status Caution → Invalid: 40 leads``, only what is known of both; and what else
    changed of confirmed leads that kept their status: ``Reason changed, Current Status as before: 2 leads``.
    """
    said: list[str] = []
    confirmed = results["outcome"] == str(Outcome.CONFIRMED)
    for name, title in (("status", "Current Status"), ("delivery", "Delivery")):
        pair = results[[f"before_{name}", f"after_{name}"]].dropna()
        found = Counter(zip(pair.iloc[:, 0].tolist(), pair.iloc[:, 1].tolist(), strict=True))
        moves = [(b, a, n) for (b, a), n in found.most_common() if a != b]
        said += [f"{title} {plain(b, 40)} → {plain(a, 40)}: {count_of(n)}" for b, a, n in moves[:SHOWN]]
        if more := sum(n for *_, n in moves[SHOWN:]):
            said.append(f"{title} changed in other ways: {count_of(more)}")
        same = confirmed[pair.index] & (pair.iloc[:, 0].astype("object") == pair.iloc[:, 1].astype("object"))
        ids = [int(i) for i in same.index[same]]
        if name == "status":
            for words, n in _other_changes(ids, runs).most_common():
                said.append(f"{words}, {title} as before: {count_of(n)}")
                ids = ids[n:]
        if ids and moves:
            said.append(f"{title} as before: {count_of(len(ids))}")
    return said


def _other_changes(ids: Collection[LeadId], runs: Sequence[Run]) -> Counter[str]:
    left, found = set(ids), Counter[str]()
    for run in runs if left else ():
        groups = run.plan.groups
        for entry in run.plan.sendable:
            if entry.lead_id in left and (words := _changed(groups[entry.group][0], entry.alike.state)):
                found[words] += 1
    return found


def _changed(action: Action, state: LeadState | None) -> str:
    """The first field that a confirmed action gave another value; empty where there is none that is known."""
    for name, value in wanted(action).items():
        before = NOT_SENT if state is None else getattr(state, name)
        asked = value is not None or name in {"reason", "replacement"}  # what was not given was not asked for
        if name in CHANGED and asked and before is not NOT_SENT and not alike(before or None, value or None):
            return CHANGED[name]
    return ""
