"""What stays different when a run is taken back: how many leads, why, and which to select to do something about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import NothingToUndo
from cvtr_widgets.models import ActionKind, LeadId
from cvtr_widgets.panel.jobs import Problem
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.plans.ways_back import AS_BEFORE, FLAGS_WITHOUT_REASON

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


def rest_of(left_out: Iterable[tuple[LeadId, str]]) -> list[Rest]:
    """The leads that a plan which takes runs back leaves out, by the reason; not those that are as they were before."""
    found: dict[str, list[LeadId]] = {}
    for lead_id, why in left_out:
        if why != AS_BEFORE:
            found.setdefault(why, []).append(lead_id)
    # Why it is left out says how the lead was before the first of all runs that are taken back, which no single run knows.
    return [Rest(why, tuple(ids), FLAGS_WITHOUT_REASON.get(why)) for why, ids in found.items()]


def undoes_words(runs: str, leads: int, rest: Iterable[Rest]) -> str:
    """What a plan that takes ``runs`` back does not do, beside the button that carries it out."""
    stay = len({lead_id for one in rest for lead_id in one.ids})
    if not runs or not stay or not leads:
        return ""
    return f"This undoes {runs} for {count_of(leads)}; {count_of(stay)} {'stays' if stay == 1 else 'stay'} different (see above)."


def of_failure(problem: Problem, error: BaseException) -> tuple[Problem, list[Rest]]:
    """What is said where there is no plan that takes runs back, and, if nothing of them can be, the leads that stay different."""
    if not isinstance(error, NothingToUndo):
        return problem, []
    if not error.notes:
        return problem, rest_of(error.left_out)
    # Why not stands once: beside the buttons that select these leads.
    first = problem.text.partition(". ")[0] + "."
    return replace(problem, text=" ".join([first, *warnings_beside(error.notes)])), rest_of(error.left_out)


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
