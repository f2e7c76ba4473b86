"""What this user last did to a lead, from the journal: for "flagged by you 2 h ago"."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from cvtr_widgets.arguments import listed
from cvtr_widgets.journal.hash_chain import JournalEntry, time_of
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.ownership import whose
from cvtr_widgets.models import Identity, LeadId, Outcome

DONE = {str(Outcome.CONFIRMED), str(Outcome.ACCEPTED)}


class LastActions:
    """Keeps what it has read, so that only entries since the last look are read again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read = 0
        self._elsewhere: set[str] = set()
        self._sent: dict[tuple[str, int], JournalEntry] = {}
        self._last: dict[LeadId, JournalEntry] = {}

    def look(self, journal: Journal, ids: Iterable[LeadId] | None, identity: Identity) -> dict[LeadId, tuple[str, datetime]]:
        """Lead id -> (action kind, time in UTC at which it was sent) of the last action that went through; all leads, or those
        asked for. Runs of another ``identity`` were about other leads.

        Raises:
            JournalError: the journal cannot be read.
        """
        with self._lock:
            self._read_on(journal, identity)
            asked = self._last if ids is None else [i for i in listed(ids, "These ids") if isinstance(i, int) and i in self._last]
            return {i: (self._last[i].data["action"], time_of(self._last[i].at)) for i in asked}

    def last_runs(self, journal: Journal, ids: Iterable[LeadId], identity: Identity) -> dict[LeadId, str]:
        """Lead id -> the run of its last action that went through.

        Raises:
            JournalError: the journal cannot be read.
        """
        with self._lock:
            self._read_on(journal, identity)
            return {i: self._last[i].run for i in ids if i in self._last}

    def _read_on(self, journal: Journal, identity: Identity) -> None:
        for entry in journal.each(after=self._read, kinds=("run", "intent", "outcome")):
            if entry.kind == "run":
                if whose(identity, entry.data) != "mine":
                    self._elsewhere.add(entry.run)
            elif entry.run in self._elsewhere:
                pass
            elif entry.kind == "intent":
                self._sent.update(dict.fromkeys(((entry.run, i) for i in entry.data["leads"]), entry))
            else:
                self._take(entry.run, entry.data["rows"])
            self._read = entry.number

    def _take(self, run: str, rows: list[list[object]]) -> None:
        """What was sent counts, not when its outcome was known: a resumed run may settle what is long past."""
        for lead_id, outcome, *_ in rows:
            sent = self._sent.pop((run, lead_id), None)  # type: ignore[arg-type]
            if outcome not in DONE or sent is None or not isinstance(lead_id, int):
                continue
            last = self._last.get(lead_id)
            if last is None or last.number < sent.number:
                self._last[lead_id] = sent
