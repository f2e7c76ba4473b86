"""Selections kept under a name for the session, and the marks of those who check leads one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cvtr_widgets.models import LeadId, Outcome
from cvtr_widgets.panel.jobs import Refused
from cvtr_widgets.panel.selection.id_set import NO_IDS, IdSet

if TYPE_CHECKING:
    import pandas as pd

MARKS = {"valid": "For Valid", "invalid": "For Invalid", "later": "Later"}
"""What a lead can be marked for while its detail is looked at; each mark is a kept selection."""
MOST_SAVED = 50
LONGEST_NAME = 60


class SavedSelections:
    """Named selections: name -> lead ids. The marks exclude each other."""

    def __init__(self) -> None:
        self._kept: dict[str, IdSet] = {}

    def keep(self, name: str, ids: IdSet) -> None:
        """Keep a selection; one of the same name is replaced.

        Raises:
            Refused: the name is empty or too long, or there are as many as are kept.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME:
            raise Refused(f"A name has 1 to {LONGEST_NAME} characters. Type one.")
        if name not in self._kept and len(self._kept) >= MOST_SAVED:
            raise Refused(f"There are {MOST_SAVED} saved selections already. Remove one first.")
        self._kept[name] = ids

    def get(self, name: str) -> IdSet:
        """The leads kept under a name; none where there is no such name."""
        return self._kept.get(name, NO_IDS)

    def drop(self, name: str) -> None:
        """Forget one."""
        self._kept.pop(name, None)

    def mark(self, lead_id: LeadId, mark: str) -> None:
        """Mark a lead for ``valid``, ``invalid`` or ``later``; the same mark again takes it away."""
        name = MARKS[mark]
        had = lead_id in self.get(name)
        for other in MARKS.values():
            if lead_id in self.get(other):
                self._set(other, self.get(other).without([lead_id]))
        if not had:
            self._set(name, self.get(name).with_([lead_id]))

    def decided(self) -> list[list[Any]]:
        """Of each mark with leads: the mark, what it is called, and how many leads."""
        return [[mark, name, len(ids)] for mark, name in MARKS.items() if len(ids := self.get(name))]

    def finish(self, results: pd.DataFrame) -> None:
        """Take the mark away from leads for which a run has done what they were marked for."""
        went = results["outcome"].isin([str(Outcome.CONFIRMED), str(Outcome.ACCEPTED)])
        for mark, name in MARKS.items():
            if len(ids := self.get(name)):
                # Accepted counts as done: the service took it, though no reading has confirmed it.
                done = results.index[went & (results["action"] == mark)]
                self._set(name, ids.without(done.to_numpy()))

    def _set(self, name: str, ids: IdSet) -> None:
        if len(ids):
            self._kept[name] = ids
        else:
            self._kept.pop(name, None)

    def mark_of(self, lead_id: LeadId) -> str:
        """The mark of a lead: ``valid``, ``invalid``, ``later`` or empty."""
        return next((mark for mark, name in MARKS.items() if lead_id in self.get(name)), "")

    def marks_of(self, ids: Sequence[LeadId]) -> dict[str, str]:
        """The marks of those of these leads that have one: id -> mark."""
        if not self.decided():
            return {}
        return {str(lead_id): mark for lead_id in ids if (mark := self.mark_of(lead_id))}

    def view(self) -> list[list[Any]]:
        """Name and number of each."""
        return [[name, len(ids)] for name, ids in self._kept.items()]
