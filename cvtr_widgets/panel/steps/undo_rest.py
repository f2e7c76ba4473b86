"""What stays different when a run is taken back: how many leads, why, and which to select to do something about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.models import ActionKind, LeadId
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.plans.ways_back import AS_BEFORE
from cvtr_widgets.runs.run import Run

FLAGS_BY_STATUS = {"Valid": ActionKind.VALID, "Invalid": ActionKind.INVALID, "Test": ActionKind.TEST}
NO_REASON = "without a reason"
PLURALS = (
    ("it no longer exists", "they no longer exist"), ("it was", "they were"), ("it is", "they are"), ("it has", "they have"),
    ("its ", "their "),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rest:
    """Leads that stay as the run left them. ``kind``: the flag that they had without a reason, and get back once one is given."""

    why: str
    ids: tuple[LeadId, ...]
    kind: ActionKind | None = None

    def message(self) -> dict[str, Any]:
        """As JSON values: what is said of them, and what the button beside it does."""
        one = len(self.ids) == 1
        why = plain(self.why, 300)
        if not one:
            for single, several in PLURALS:
                why = why.replace(single, several)
        if self.kind is not None:
            button = f"Give {'it' if one else f'these {len(self.ids):,}'} a reason …"
        else:
            button = f"Select {'this lead' if one else f'these {len(self.ids):,} leads'}"
        return {"text": f"{count_of(len(self.ids))} {'stays' if one else 'stay'} different: {why}.", "button": button}


def rest_of(left_out: Iterable[tuple[LeadId, str]], runs: Sequence[Run]) -> list[Rest]:
    """The leads that a plan which takes ``runs`` back leaves out, by the reason; not those that are as they were before."""
    before = _before(runs)
    found: dict[tuple[str, ActionKind | None], list[LeadId]] = {}
    for lead_id, why in left_out:
        if why == AS_BEFORE:
            continue
        kind = FLAGS_BY_STATUS.get(before.get(lead_id, ("", False))[0]) if NO_REASON in why else None
        found.setdefault((why, kind), []).append(lead_id)
    return [Rest(why, tuple(ids), kind) for (why, kind), ids in found.items()]


def warnings_beside(warnings: Iterable[str]) -> list[str]:
    """The warnings of a plan that takes runs back, without those on what stays different, which is said by itself."""
    said = []
    for words in warnings:
        number, left_out, why = words.partition(" left out: ")
        if why == f"{AS_BEFORE}.":
            said.append(f"{number} {'is' if number == count_of(1) else 'are'} already as before: nothing to undo.")
        elif not left_out:
            said.append(words)
    return said


def _before(runs: Sequence[Run]) -> dict[LeadId, tuple[str, bool]]:
    """By lead: its status before the first of the runs that has it, and whether it had a reason."""
    found: dict[LeadId, tuple[str, bool]] = {}
    for run in runs:
        for entry in run.plan.sendable:
            lead = entry.before.lead
            if lead is not None:
                # setdefault: of several runs over one lead the first one's "before" is what an undo goes back to.
                found.setdefault(entry.lead_id, (lead.status if isinstance(lead.status, str) else "", bool(lead.reason)))
    return found
