"""What this user last did to a lead, from the journal: for "flagged by you 2 h ago"."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from cvtr_widgets.models import LeadId, Outcome
from cvtr_widgets.runs.journal import Journal

DONE = {str(Outcome.CONFIRMED), str(Outcome.ACCEPTED)}


class Flagged:
    """Keeps what it has read, so that only entries since the last look are read again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read = 0
        self._elsewhere: set[str] = set()
        self._actions: dict[tuple[str, int], str] = {}
        self._last: dict[LeadId, tuple[str, datetime]] = {}

    def look(self, journal: Journal, ids: Iterable[LeadId] | None, world: str) -> dict[LeadId, tuple[str, datetime]]:
        """Lead id -> (action kind, time in UTC) of the last action that went through; all leads, or those asked for. Runs of
        another ``world`` (see ``Identity``) were about other leads.

        Raises:
            JournalError: the journal cannot be read.
        """
        with self._lock:
            for entry in journal.each(after=self._read, kinds=("run", "intent", "outcome")):
                if entry.kind == "run":
                    if entry.data.get("world", "") != world:
                        self._elsewhere.add(entry.run)
                elif entry.run in self._elsewhere:
                    pass
                elif entry.kind == "intent":
                    self._actions.update(dict.fromkeys(((entry.run, i) for i in entry.data["leads"]), entry.data["action"]))
                else:
                    self._take(entry.run, datetime.fromisoformat(entry.at), entry.data["rows"])
                self._read = entry.number
            if ids is None:
                return dict(self._last)
            return {i: found for i in ids if (found := self._last.get(i)) is not None}

    def _take(self, run: str, at: datetime, rows: list[list[object]]) -> None:
        for own, outcome, *_ in rows:
            kind = self._actions.pop((run, own), None)  # type: ignore[arg-type]
            if outcome in DONE and kind is not None and isinstance(own, int):
                self._last[own] = (kind, at)
