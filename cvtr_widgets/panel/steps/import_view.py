"""What the panel shows of a returns file, as JSON values: columns, counts, wordings, rows that are not clear, groups."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import describe
from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.returned.columns import ROLE_WORDS
from cvtr_widgets.returned.matching import DISAGREE, MATCHED, SEVERAL, SIMILAR
from cvtr_widgets.returned.returns_file import AGAIN, NOT_MAPPED, Returns

if TYPE_CHECKING:
    import pandas as pd

MOST = 100
"""Rows of one kind, and wordings, that are shown; how many there are besides is said."""
MOST_CANDIDATES = 20
STATE_WORDS = {
    MATCHED: "one lead found",
    AGAIN: "given again: sent once",
    NOT_MAPPED: "reason not mapped",
    SEVERAL: "several leads match",
    SIMILAR: "only similar leads",
    DISAGREE: "keys name different leads",
    "not found": "not found",
    "no key": "names no lead",
    "conflict": "rows that contradict one another",
    "no lead": "no lead: hidden, or a total",
}


def target_of(text: str) -> tuple[str, str | None] | None:
    """What a wording is mapped to, from the value of an option; None for none."""
    if not text:
        return None
    reason, category = json.loads(text)
    return str(reason), None if category is None else str(category)


def _value(target: tuple[str, str | None]) -> str:
    return json.dumps(list(target), ensure_ascii=False)


def file_view(found: Returns | None, frame: pd.DataFrame | None) -> dict[str, Any]:
    """What was found in a file. ``frame``: leads, to say of which campaign and day a candidate is."""
    if found is None:
        return {"columns": [], "counts": [], "notes": [], "wordings": [], "targets": [], "unclear": [], "groups": [], "more": ""}
    unclear, more = _unclear(found, frame)
    return {
        "columns": [[role, words, found.columns.get(role, "")] for role, words in ROLE_WORDS.items()],
        "counts": [[state, n, STATE_WORDS[state]] for state in STATE_WORDS if (n := found.counts.get(state, 0))],
        "notes": [plain(note, 400) for note in found.notes],
        "wordings": _wordings(found),
        "targets": [["", "not mapped: its rows are left out"], *([_value(t), words] for t, words in found.targets())],
        "unclear": unclear,
        "groups": [[plain(describe(action, looked_up=False), 200), len(ids)] for action, ids in found.groups[:MOST]],
        "more": more,
    }


def _wordings(found: Returns) -> list[list[Any]]:
    """Wordings that the list does not hold, and those that the user has mapped: [wording, words, rows that it stops, target].
    They stay where they are when one is mapped: nothing moves under a hand that is about to click.
    """
    shown: list[list[Any]] = []
    for text, _ in found.wordings():
        if text in found.unmapped:
            shown.append([text, plain(text, 120) or "(no reason)", found.unmapped[text], ""])
        elif found.by_user(text):
            shown.append([text, plain(text, 120) or "(no reason)", 0, _value(found.mapped[text])])
    return shown[:MOST]


def _unclear(found: Returns, frame: pd.DataFrame | None) -> tuple[list[dict[str, Any]], str]:
    """Rows of which no lead is taken, with those that could be meant."""
    rows = found.unclear()
    shown = []
    for row, says in rows[:MOST]:
        options = [[str(wanted_id), _about(wanted_id, frame)] for wanted_id in row.candidates[:MOST_CANDIDATES]]
        chosen = str(row.lead_id) if row.lead_id is not None else ""
        shown.append({"row": row.number, "state": STATE_WORDS[row.state], "says": plain(says, 120), "why": plain(row.why, 200),
                      "leads": options, "chosen": chosen})  # fmt: skip
    return shown, f"and {len(rows) - MOST:,} rows more" if len(rows) > MOST else ""


def _about(lead_id: LeadId, frame: pd.DataFrame | None) -> str:
    if frame is None or lead_id not in frame.index:
        return str(lead_id)
    lead = frame.loc[lead_id]
    day = lead["date"]
    parts = [str(lead_id), lead["campaign"], str(day)[:10] if hasattr(day, "year") else None, lead["current_status"]]
    return " · ".join(plain(str(part), 60) for part in parts if isinstance(part, str))
