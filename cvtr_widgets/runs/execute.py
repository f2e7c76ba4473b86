"""Carrying out a plan: chunks, a few in flight, in background threads; every lead read back; one outcome each."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.errors import CvtrError, RunError
from cvtr_widgets.models import LeadId, LeadService, Outcome, Progress, RunState, Signature
from cvtr_widgets.runs.chunks import Chunk, Sender
from cvtr_widgets.runs.journal import Journal
from cvtr_widgets.runs.plan import Plan
from cvtr_widgets.runs.results import Row, results_frame

if TYPE_CHECKING:
    import pandas as pd

FINISHED = (RunState.DONE, RunState.CANCELLED, RunState.FAILED)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. ``settle``: how long a yes may take to be seen before it counts as contradicted; ``doubt``: the wait
    between the two readings that settle doubt; ``queue``: how long a queued action is looked for; ``resend``: the
    pause before a write that was not applied goes out again.
    """

    settle: float = 4.0
    doubt: float = 3.0
    queue: float = 60.0
    resend: float = 0.5


class Run:
    """One run of one plan. ``cancel()`` stops after the chunks in flight; ``wait()`` waits for its end."""

    def __init__(
        self,
        service: LeadService,
        journal: Journal,
        plan: Plan,
        signature: Signature | None,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        patience: Patience | None = None,
        source: str = "",
    ) -> None:
        now = datetime.now(UTC)
        self.id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.plan = plan
        self.signature = signature
        self.error: BaseException | None = None
        self.state = RunState.WAITING
        self._service = service
        self._journal = journal
        self._on_progress = on_progress
        self._source = source
        self._cancel = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.RLock()
        self._last_event = 0.0
        self._message = ""
        self._started = time.monotonic()
        self._rows: dict[LeadId, Row] = {}
        for entry in plan.entries:
            action = plan.groups[entry.group][0]
            row = Row(entry.lead_id, str(action.kind), action.reason, run_id=self.id, before=entry.before.lead)
            row.before_delivered = entry.before.delivered
            self._rows[entry.lead_id] = row
        sent = {e.lead_id for e in plan.sendable}
        for entry in plan.entries:
            if entry.lead_id not in sent:
                row = self._rows[entry.lead_id]
                row.outcome = Outcome.SKIPPED
                row.detail = f"{entry.verdict}: {entry.why}" if entry.why else str(entry.verdict)
        self._total = len(sent)
        self._done: set[LeadId] = set()
        self._sender = Sender(service, journal, self, patience or Patience())

    def __repr__(self) -> str:
        told = ", ".join(f"{n} {o}" for o, n in self.counts.items() if n)
        return f"<Run {self.id} {self.state}: {told or 'no leads'}>"

    # -- for the user -------------------------------------------------------------------------------------------------

    def start(self) -> Run:
        """Start in the background.

        Raises:
            RunError: it has been started already.
        """
        with self._lock:
            if self.state is not RunState.WAITING:
                raise RunError(f"Run {self.id} has been started already. Make a new plan to do more.")
            self.state = RunState.SENDING
        self._started = time.monotonic()
        threading.Thread(target=self._work, name=f"cvtr-run-{self.id}", daemon=True).start()
        return self

    def cancel(self) -> None:
        """Stop after the chunks in flight. What was not sent stays not sent."""
        with self._lock:
            if self.state in FINISHED:
                return
            self.state = RunState.CANCELLING
        self._cancel.set()
        self.tell("Stopping after the chunks that are under way.", now=True)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end (seconds; None = as long as it takes). Gives whether it has ended."""
        return self._ended.wait(timeout)

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        return self._ended.is_set()

    @property
    def results(self) -> pd.DataFrame:
        """One row per input lead, as far as it has come; see ``runs.results.results_frame`` for the columns."""
        with self._lock:
            return results_frame(list(self._rows.values()))

    @property
    def counts(self) -> dict[str, int]:
        """Leads by outcome; adds up to the number of input leads."""
        with self._lock:
            found = Counter(str(r.outcome) for r in self._rows.values())
        return {str(o): found.get(str(o), 0) for o in Outcome}

    @property
    def failed(self) -> pd.DataFrame:
        """The results that did not go through: contradicted, unknown, refused, not sent."""
        frame = self.results
        bad = [str(o) for o in (Outcome.CONTRADICTED, Outcome.UNKNOWN, Outcome.REFUSED, Outcome.NOT_SENT)]
        return frame[frame["outcome"].isin(bad)]

    @property
    def progress(self) -> Progress:
        """Where the run is now."""
        with self._lock:
            done = len(self._done)
            elapsed = max(1e-6, time.monotonic() - self._started)
            rate = done / elapsed
            left = (self._total - done) / rate if done and self.state not in FINISHED else None
            return Progress(self.state, done, self._total, rate, left, self._message, self.counts)

    # -- for the sender -----------------------------------------------------------------------------------------------

    @property
    def stopped(self) -> bool:
        """Whether nothing more may be sent."""
        return self._cancel.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait, unless the run is stopped. Gives whether it was stopped."""
        return self._cancel.wait(seconds)

    def row(self, lead_id: LeadId) -> Row:
        """The row of a lead."""
        return self._rows[lead_id]

    def settled(self, lead_id: LeadId) -> bool:
        """Whether the lead has its outcome."""
        return lead_id in self._done

    def conclude(self, lead_id: LeadId, outcome: Outcome, detail: str) -> None:
        """Set the outcome of a lead."""
        with self._lock:
            row = self._rows[lead_id]
            row.outcome, row.detail = outcome, detail
            row.finished_at = datetime.now(UTC)
            self._done.add(lead_id)
        self.tell()

    def tell(self, message: str | None = None, *, now: bool = False) -> None:
        """A progress event, at most ten a second."""
        with self._lock:
            if message is not None:
                self._message = message
            moment = time.monotonic()
            if self._on_progress is None or (not now and moment - self._last_event < 0.1):
                return
            self._last_event = moment
        self._on_progress(self.progress)

    def fail(self, error: BaseException) -> None:
        """Stop the run because of an error; what was not sent stays not sent."""
        with self._lock:
            self.error = self.error or error
        self._cancel.set()

    # -- the work -----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._journal.write(self.id, "run", self._opening())
            self._send_all()
            self.state = RunState.READING_BACK if not self.stopped else self.state
            self._sender.settle_rest()
            self._end(RunState.FAILED if self.error else RunState.CANCELLED if self.stopped else RunState.DONE)
        except BaseException as error:  # noqa: BLE001  the border of the thread: nothing may be lost silently
            self.fail(error)
            self._sender.give_up(error)
            self._end(RunState.FAILED)

    def _send_all(self) -> None:
        places = max(1, min(self._service.limits.in_flight, 8))
        with ThreadPoolExecutor(places, thread_name_prefix="cvtr-run") as pool:
            futures = [pool.submit(self._sender.send, chunk) for chunk in self._chunks()]
            for future in futures:
                future.result()

    def _chunks(self) -> Iterator[Chunk]:
        """Leads that get the very same request, in order, cut into chunks."""
        size = self._service.limits.chunk
        buckets: dict[tuple[int, tuple[int, ...]], list[LeadId]] = {}
        for entry in self.plan.sendable:
            buckets.setdefault((entry.group, entry.integrations), []).append(entry.lead_id)
        entries = {e.lead_id: e for e in self.plan.sendable}
        number = 0
        for ids in buckets.values():
            action = self.plan.action(entries[ids[0]])
            for start in range(0, len(ids), size):
                part = tuple(ids[start : start + size])
                number += 1
                for own in part:
                    row = self._rows[own]
                    row.chunk = number
                    row.signed_by = self.signature.name if self.signature else None
                yield Chunk(number, action, part, {i: entries[i].before for i in part})

    def _opening(self) -> dict[str, object]:
        plan, sign = self.plan, self.signature
        return {
            "fingerprint": plan.fingerprint,
            "enterprise": plan.enterprise,
            "user_id": plan.user_id,
            "sandbox": plan.sandbox,
            "dialect": plan.dialect_hash,
            "source": self._source,
            "actions": [
                {"kind": str(a.kind), "reason": a.reason, "category": a.category, "integrations": list(a.integrations)}
                for a, _ in plan.groups
            ],
            "leads": self._total,
            "planned": plan.counts,
            "signature": None if sign is None else {"name": sign.name, "at": sign.signed_at.isoformat(), "text": sign.meaning},
        }

    def _end(self, state: RunState) -> None:
        for own, row in self._rows.items():
            if row.outcome is Outcome.NOT_SENT and own not in self._done:
                row.detail = "cancelled before it was sent" if state is RunState.CANCELLED else f"the run stopped: {self.error}"
                self._done.add(own)
        try:
            self._journal.write(self.id, "end", {"state": str(state), "counts": self.counts})
        except CvtrError as error:
            self.error = self.error or error
            state = RunState.FAILED
        self.state = state
        self._message = ""
        self._ended.set()
        self.tell("", now=True)
