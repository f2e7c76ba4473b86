"""The state of each lead of a run, while it goes on and at its end."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.models import LeadId, Outcome
from cvtr_widgets.runs.results import WAITS, ResultRow, results_frame

if TYPE_CHECKING:
    import pandas as pd

ON_ITS_WAY = "being sent, or sent and not read back yet"


class LeadOutcomes:
    """A row for each lead of a run; threads share it. ``done``: how many of those that are sent have their outcome."""

    def __init__(self, rows: dict[LeadId, ResultRow], done: int) -> None:
        self.done = done
        self._rows = rows
        self._counts = Counter(row.outcome for row in rows.values())
        self._lock = threading.Lock()

    def row(self, lead_id: LeadId) -> ResultRow:
        """The row of a lead."""
        return self._rows[lead_id]

    @property
    def counts(self) -> dict[str, int]:
        """Leads by outcome; adds up to the number of input leads."""
        with self._lock:
            return {str(o): self._counts[o] for o in Outcome}

    def frame(self) -> pd.DataFrame:
        """See ``results_frame``."""
        with self._lock:
            return results_frame(list(self._rows.values()))

    def out(self) -> int:
        """Leads that were sent or are on their way, whatever their outcome."""
        with self._lock:
            return sum(row.attempts > 0 and row.outcome is not Outcome.NOT_SENT for row in self._rows.values())

    def waiting(self) -> int:
        """Leads that have not been sent."""
        with self._lock:
            return self._counts[Outcome.NOT_SENT]

    def in_doubt(self) -> list[ResultRow]:
        """Rows of leads that were sent and have no outcome."""
        with self._lock:
            return [row for row in self._rows.values() if row.outcome is Outcome.UNKNOWN and not row.done]

    def sends(self, ids: Iterable[LeadId], chunk: int, started: datetime) -> None:
        """These are about to be sent: until they have their outcome nobody can know what became of them."""
        with self._lock:
            for lead_id in ids:
                row = self._rows[lead_id]
                row.attempts, row.chunk, row.started_at = row.attempts + 1, chunk, row.started_at or started
                self._set(row, Outcome.UNKNOWN, ON_ITS_WAY)

    def not_applied(self, ids: Iterable[LeadId], *, tried: bool = True) -> None:
        """These are proven not to have been applied: they wait as before. ``tried`` False: nothing went out at all."""
        with self._lock:
            for lead_id in ids:
                row = self._rows[lead_id]
                # It was counted when the write was about to go out; nothing went out, so it is not an attempt.
                row.attempts -= not tried
                row.started_at = row.started_at if row.attempts else None
                self._set(row, Outcome.NOT_SENT, WAITS)

    def conclude(self, ended: Iterable[tuple[LeadId, Outcome, str]]) -> None:
        """Set the outcome of leads, with what it rests on."""
        with self._lock:
            now = datetime.now(UTC)
            for lead_id, outcome, detail in ended:
                row = self._rows[lead_id]
                # Most leads of a run share a handful of details; interned, each text is in memory once.
                self._set(row, outcome, sys.intern(detail))
                self.done += not row.done
                row.finished_at, row.done = now, True

    def end(self, why: str) -> None:
        """The run has ended: what has no outcome gets none any more. ``why``: for those that were not sent."""
        with self._lock:
            for row in self._rows.values():
                if not row.done and row.outcome in {Outcome.NOT_SENT, Outcome.UNKNOWN}:
                    row.end(why)
                    self.done += 1

    def _set(self, row: ResultRow, outcome: Outcome, detail: str) -> None:
        # Kept up to date, because every progress event asks for the counts and a run may have a million rows.
        self._counts[row.outcome] -= 1
        self._counts[outcome] += 1
        row.outcome, row.detail = outcome, detail
