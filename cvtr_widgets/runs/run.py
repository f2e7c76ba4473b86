"""Carrying out a plan: chunks, a few in flight, in background threads; every lead read back; one outcome each."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.errors import Cancelled, CvtrError, RunError
from cvtr_widgets.journal.hash_chain import Item
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.run_lock import Claim, owner
from cvtr_widgets.models import LeadId, LeadService, Outcome, Progress, RunState, Signature
from cvtr_widgets.plans.chunks import block_size, blocks_of, chunks_of
from cvtr_widgets.plans.costs import requests_of
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.runs import journal_records
from cvtr_widgets.runs.eta import Pace
from cvtr_widgets.runs.lead_outcomes import Standing
from cvtr_widgets.runs.limit_wait import LimitWait
from cvtr_widgets.runs.options import RunOptions
from cvtr_widgets.runs.read_back import ReadingBack
from cvtr_widgets.runs.replay import Recorded
from cvtr_widgets.runs.results import Row, rows_of
from cvtr_widgets.runs.sender import GATHER, Sender
from cvtr_widgets.undisturbed import undisturbed

if TYPE_CHECKING:
    import pandas as pd

FINISHED = (RunState.DONE, RunState.CANCELLED, RunState.FAILED)
WAITING = "Waiting for the request limit:"
SPARE = 4
"""Threads beyond the requests in flight: they work on answers while all places are taken by requests."""


class Run:
    """One run of one plan. ``pause()`` and ``go_on()`` hold it by hand; ``cancel()`` stops after the chunks in flight;
    ``wait()`` waits for its end. ``verify`` says which leads it reads back.
    """

    def __init__(
        self,
        service: LeadService,
        journal: Journal,
        plan: Plan,
        signature: Signature | None,
        options: RunOptions | None = None,
        *,
        recorded: Recorded | None = None,
        send: bool = True,
    ) -> None:
        """``recorded``: go on with that run of the journal. ``send`` False: only settle what is in doubt."""
        self.id = recorded.run_id if recorded else f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.plan = plan
        self.signature = signature
        self.error: BaseException | None = None
        self.state = RunState.WAITING
        self.options = options or RunOptions()
        self.verify = self.options.verify
        self.journal_head = ""
        self._service = service
        self._journal = journal
        self._recorded = recorded
        self._send = send
        self._claim: Claim | None = None
        self._on_progress = self.options.on_progress
        self._cancel = threading.Event()
        self._cancelled_at: float | None = None
        self._going = threading.Event()
        self._going.set()
        self._ended = threading.Event()
        self._lock = threading.RLock()
        self._telling = threading.RLock()
        self._last_event = 0.0
        self._message = ""
        self._pace = Pace()
        fates = recorded.fates if recorded else {}
        self._only = set(recorded.at("not_sent")) if recorded else None  # None: all that the plan sends
        self._to_send = plan.will_change if self._only is None else len(self._only)
        self._total = len(fates) if recorded else self._to_send
        self._before = len(recorded.at("settled")) if recorded else 0
        self.leads = Standing(rows_of(plan, self.id, signature, fates), self._before)
        self._requests_a_lead, self._went_out = 0.0, 0
        self._back = ReadingBack(service, journal, self, self.options.patience, self.verify)
        self._sender = Sender(service, journal, self, self.options.patience, self._back)

    def __repr__(self) -> str:
        told = ", ".join(f"{n} {o}" for o, n in self.counts.items() if n)
        return f"<Run {self.id} {self.state}: {told or 'no leads'}>"

    # -- for the user -------------------------------------------------------------------------------------------------

    def start(self, claim: Claim | None = None) -> Run:
        """Note the plan in the journal and start in the background. ``claim`` is given back at the end.

        Raises:
            RunError: it has been started already.
            JournalError: the plan could not be noted; nothing was sent.
        """
        with self._lock:
            if self.state is not RunState.WAITING:
                raise RunError(f"Run {self.id} has been started already. Make a new plan to do more.")
            self._note_opening()
            self.state = RunState.SENDING
        self._claim = claim
        self._pace = Pace()
        self.step("opened")
        threading.Thread(target=self._work, name=f"cvtr-run-{self.id}", daemon=True).start()
        return self

    def cancel(self) -> None:
        """Stop after the chunks in flight. What was not sent stays not sent."""
        with self._lock:
            if self.state in FINISHED:
                return
            self.state = RunState.CANCELLING
            self._cancelled_at = time.monotonic()
            self._cancel.set()
            self._going.set()
        self.tell("Stopping after the chunks that are under way.", now=True)

    def pause(self) -> None:
        """Send nothing more until ``go_on()``. What is under way is still read back. Leads are read anew before they go out."""
        with self._lock:
            if self.state is not RunState.SENDING or self.stopped:
                return
            self.state = RunState.PAUSED
            self._going.clear()
        self.tell("Paused. Chunks that are under way are still read back.", now=True)

    def go_on(self) -> None:
        """Go on after ``pause()``."""
        with self._lock:
            self._going.set()
            if self.state is not RunState.PAUSED:
                return
            self.state = RunState.SENDING
        self.tell("", now=True)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end (seconds; None = as long as it takes). Gives whether it has ended."""
        return self._ended.wait(timeout)

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        return self._ended.is_set()

    @property
    def paused(self) -> bool:
        """Whether it waits for ``go_on()``."""
        return not self._going.is_set()

    @property
    def results(self) -> pd.DataFrame:
        """One row per input lead, as far as it has come; see ``runs.results.results_frame`` for the columns."""
        return self.leads.frame()

    @property
    def counts(self) -> dict[str, int]:
        """Leads by outcome; adds up to the number of input leads."""
        return self.leads.counts

    @property
    def failed(self) -> pd.DataFrame:
        """The results that did not surely go through: contradicted, unknown, refused, not sent."""
        frame = self.results
        bad = [str(o) for o in (Outcome.CONTRADICTED, Outcome.UNKNOWN, Outcome.REFUSED, Outcome.NOT_SENT)]
        return frame[frame["outcome"].isin(bad)]

    @property
    def progress(self) -> Progress:
        """Where the run is now. ``seconds_left`` counts the request limit in, and not a pause by hand."""
        with self._lock:
            done, counts, message, state = self.leads.done, self.counts, self._message, self.state
        todo, service = self._total - done, self._service
        here, left = done - self._before, None
        if state not in FINISHED:
            left = self._pace.left(
                here, todo, requests=todo * self._requests_a_lead, usage=service.usage(),
                waiting=service.waiting(), window=service.limits.window,
            )  # fmt: skip
        return Progress(state, done, self._total, self._pace.rate(here), left, message, counts, self._went_out)

    # -- for the sender -----------------------------------------------------------------------------------------------

    @property
    def stopped(self) -> bool:
        """Whether nothing more may be sent."""
        return self._cancel.is_set()

    @property
    def holds_back(self) -> bool:
        """Whether nothing may go out now: the run is stopped, or paused by hand."""
        return self.stopped or self.paused

    def sleep(self, seconds: float) -> bool:
        """Wait, unless the run is stopped. Gives whether it was stopped."""
        return self._cancel.wait(seconds)

    @property
    def cancelled_since(self) -> float | None:
        """Seconds since the user cancelled it; None where nobody did."""
        return None if self._cancelled_at is None else time.monotonic() - self._cancelled_at

    def limit(self) -> LimitWait:
        """For one call of the service, which may have to wait for the limit."""
        return LimitWait(self._service, self)

    def stand(self, *, standing: bool) -> None:
        """A thread begins or ends to wait for the limit; the last one to end takes the message away."""
        if standing:
            self._pace.stand()
        elif not self._pace.go() and self._message.startswith(WAITING):
            self.tell("", now=True)

    def tell_limit(self, seconds: float) -> None:
        """Say that the limit makes the run wait, unless there is more to say: that it is paused, or stops."""
        if not self._message or self.state not in {RunState.PAUSED, RunState.CANCELLING}:
            self.tell(f"{WAITING} {math.ceil(seconds)} s.", now=not self._message.startswith(WAITING))

    def wait_while_paused(self) -> None:
        """Wait for ``go_on()`` or ``cancel()``."""
        if not self._going.is_set():
            self._pace.stand()
            self._going.wait()
            self._pace.go()

    def step(self, name: str) -> None:
        """Tell a test which step has been reached."""
        if self.options.on_step is not None:
            self.options.on_step(name)

    def row(self, lead_id: LeadId) -> Row:
        """The row of a lead."""
        return self.leads.row(lead_id)

    def went_out(self, number: int) -> None:
        """So many leads were written for the first time."""
        with self._lock:
            self._went_out += number
        self.tell()

    def settled(self, lead_id: LeadId) -> bool:
        """Whether the lead has its outcome."""
        return self.leads.row(lead_id).done

    def conclude(self, ended: Iterable[tuple[LeadId, Outcome, str]]) -> None:
        """Set the outcome of leads, with what it rests on."""
        self.leads.conclude(ended)
        self.tell()

    def tell(self, message: str | None = None, *, now: bool = False) -> None:
        """A progress event, at most ten a second."""
        with self._lock:
            if message is not None:
                self._message = message
            moment = time.monotonic()
            listener = self._on_progress
            if listener is None or (not now and moment - self._last_event < 0.1):
                return
            self._last_event = moment
        try:
            with self._telling:  # one after the other, so that none tells of less than one before
                listener(self.progress)
        except Exception:  # noqa: BLE001  a display that fails must not keep leads from being read back
            self._on_progress = None

    def fail(self, error: BaseException) -> None:
        """Stop the run because of an error; what was not sent stays not sent."""
        with self._lock:
            self.error = self.error or error
            self._cancel.set()
            self._going.set()

    # -- the work -----------------------------------------------------------------------------------------------------

    @undisturbed()
    def _note_opening(self) -> None:
        if self._recorded is not None:
            self.journal_head = self._journal.write(self.id, "claim", owner())
            return
        more = {"source": self.options.source, "verify": str(self.verify), "owner": owner()}
        first = journal_records.opening(self.plan, self.signature, keep_comments=self.options.keep_comments, **more)

        def items() -> Iterator[Item]:
            yield first
            yield from journal_records.plan_parts(self.plan)

        self.journal_head = self._journal.write_many(self.id, items())

    def _work(self) -> None:
        try:
            if self._recorded is not None:
                self._settle_recorded(self._recorded)
            if self._send and self._to_send and not self.stopped:
                self._send_all()
            self._all_sent()
            self._back.settle_rest()
        except BaseException as error:  # noqa: BLE001  the border of the thread: nothing may be lost silently
            self.fail(error)
            with suppress(Exception):
                self._back.settle_rest()
            self._back.give_up(error)
        cancelled = self.stopped or (not self._send and bool(self._to_send))
        self._end(RunState.FAILED if self.error else RunState.CANCELLED if cancelled else RunState.DONE)

    def _all_sent(self) -> None:
        """There is nothing left that a pause by hand could hold."""
        with self._lock:
            if self.stopped:
                return
            self.state = RunState.READING_BACK
            self._going.set()
        self.tell("", now=True)

    def _settle_recorded(self, recorded: Recorded) -> None:
        """What was in doubt when the kernel ended is read, never sent."""
        entries = {e.lead_id: e for e in self.plan.sendable}
        for own in recorded.at("doubt", "answered"):
            fate = recorded.fates[own]
            self._back.wait_for(self.plan.action(entries[own]), own, fate.said, fate.words, fate.words)
        self._back.settle_rest()

    def _send_all(self) -> None:
        limits = self._service.limits
        only = self._only
        ids = [e.lead_id for e in self.plan.sendable if only is None or e.lead_id in only]
        try:
            with self.limit() as stopped:
                way = self._service.fetch_cost(ids, cancelled=stopped).way
        except Cancelled:
            return
        self._back.draw(ids)
        known = self.plan.costs.get(str(self.verify)) if only is None else None
        requests = known.requests if known else requests_of(self.plan, self._service, [self.verify], only=only)[0]
        self._requests_a_lead = requests / len(ids)
        first = self._recorded.chunks + 1 if self._recorded else 1
        chunks = chunks_of(self.plan, self._service.chunk, only=only, first=first)
        size = block_size(self._service, way)
        large = len(ids) > limits.chunk * limits.in_flight
        self._sender.send_all(blocks_of(chunks, size), max(1, limits.in_flight) + SPARE, gather=GATHER if large else 0.0)

    def _end(self, state: RunState) -> None:
        why = "cancelled before it was sent" if state is RunState.CANCELLED else f"the run stopped: {self.error}"
        self.leads.end(why)
        self.step("before end")
        written = False
        try:
            own = self._journal.count(self.id)
            self.journal_head = self._journal.write(self.id, "end", {"state": str(state), "counts": self.counts, "own": own})
            written = True
        except CvtrError as error:
            self.error = self.error or error
            state = RunState.FAILED
        self.state = state
        self._message = ""
        if self._claim is not None:
            # The lock's file goes only where nobody can go on with the run: two could otherwise hold two files of one name.
            through = state is RunState.DONE and not self.counts[Outcome.NOT_SENT]
            self._claim.release(done=written and (through or state is RunState.CANCELLED))
        self.step("ended")
        self._ended.set()
        self.tell("", now=True)
