"""Carrying out a plan: chunks, a few in flight, in background threads; every lead read back; one outcome each."""

from __future__ import annotations

import math
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.errors import Cancelled, CvtrError, RunError
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.run_lock import RunLock
from cvtr_widgets.journal.sent_since import sent_since
from cvtr_widgets.models import LeadId, LeadService, Outcome, Progress, RunState, Signature
from cvtr_widgets.plans.chunks import block_size, blocks_of, chunks_of, threads_for
from cvtr_widgets.plans.costs import requests_of, seconds_of
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.read_age import Moment
from cvtr_widgets.runs.decide_outcome import BROKE_OFF
from cvtr_widgets.runs.eta import Eta
from cvtr_widgets.runs.lead_outcomes import LeadOutcomes
from cvtr_widgets.runs.limit_wait import LimitWait
from cvtr_widgets.runs.options import RunOptions
from cvtr_widgets.runs.read_back import ReadBack
from cvtr_widgets.runs.replay import Recorded, why_not_sent
from cvtr_widgets.runs.results import ResultRow, rows_of
from cvtr_widgets.runs.run_once import note_begun, note_end, note_resumed
from cvtr_widgets.runs.sender import GATHER, Sender
from cvtr_widgets.runs.signals import SLICE, Signal

if TYPE_CHECKING:
    import pandas as pd

FINISHED = (RunState.DONE, RunState.CANCELLED, RunState.FAILED)
WAITING = "Waiting for the request limit:"
SPARE = 4
"""Threads beyond the requests in flight: they work on answers while all places are taken by requests."""


class RunWork:
    """The work of one run, and what its parts need of each other. Its user sees it as ``Run``."""

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
        waived: Sequence[str] = (),
    ) -> None:
        """``recorded``: resume that run of the journal. ``send`` False: only settle what is in doubt. ``waived``: entries of the
        dialect that go unproven, for the journal.
        """
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
        self._waived = tuple(waived)
        self._claim: RunLock | None = None
        self._take: Callable[[], RunLock | None] = lambda: None
        self._thread: threading.Thread | None = None
        self._began, self._opened, self._ended = Signal(), Signal(), Signal()
        self._refused: BaseException | None = None
        self._end_noted = False
        self._script_ended = False
        self._on_progress = self.options.on_progress
        self._cancel = Signal()
        self._cancelled_at: float | None = None
        self._going = Signal(on=True)
        self._lock = threading.RLock()
        self._telling = threading.RLock()
        self._last_event = 0.0
        self._message = ""
        self._eta = Eta()
        fates = recorded.fates if recorded else {}
        self._only = set(recorded.at("not_sent")) if recorded else None  # None: all that the plan sends
        self._to_send = plan.will_change if self._only is None else len(self._only)
        self._total = len(fates) if recorded else self._to_send
        self._before = len(recorded.at("settled")) if recorded else 0
        self.leads = LeadOutcomes(rows_of(plan, self.id, signature, fates), self._before)
        known = None if recorded else plan.costs.get(str(self.verify))
        # Here, since the time left is asked for as soon as it has started. Not known yet of a run that is resumed.
        self._requests_a_lead = known.requests / max(1, self._to_send) if known else 0.0
        self._went_out = 0
        self._threads = max(1, service.limits.in_flight)
        self._back = ReadBack(service, journal, self, self.options.patience, self.verify)
        self._sender = Sender(service, journal, self, self.options.patience, self._back)

    # -- for Run ------------------------------------------------------------------------------------------------------

    def start(self, take: Callable[[], RunLock | None] = lambda: None) -> RunWork:
        """Start in the background: take the run's lock (``take``), note the plan in the journal, send. All of it is done by the
        run's own thread, which holds the lock as long as it lives: an exception here (Ctrl-C) cancels the run and breaks nothing.

        Raises:
            RunError: it has been started already. RunTaken: somebody else has it. PlanOutOfDate: the plan was run already.
            JournalError: the plan could not be noted; nothing was sent.
        """
        with self._lock:
            if self._thread is not None:
                raise RunError(f"Run {self.id} has been started already. Make a new plan to do more.")
            self._take = take
            # No daemon: a script that ends waits for its runs, instead of breaking them off without a word.
            self._thread = threading.Thread(target=self._carry_out, name=f"cvtr-run-{self.id}", daemon=False)
        try:
            self._thread.start()
            while not self._opened.wait(SLICE) and not self.finished:
                pass
        except BaseException:
            self.cancel()
            raise
        if self._refused is not None:
            raise self._refused
        return self

    def begun(self) -> bool:
        """Whether it was noted in the journal and will end by itself; asked after ``start`` was interrupted."""
        if self._thread is None or not self._began.wait(1.0):
            self._cancel.set()  # should its thread come to life after all, it does nothing
            self._ended.set()
            return False
        self.wait()
        return self._opened.is_set()

    def cancel(self) -> None:
        """Stop after the chunks in flight. What was not sent stays not sent."""
        with self._lock:
            if self.state in FINISHED:
                return
            self._cancelled_at = time.monotonic() if self._cancelled_at is None else self._cancelled_at
            self._cancel.set()
            self._going.set()
            self.state = RunState.CANCELLING
        out, left = self.leads.out(), self.leads.waiting()
        rest = f"{left:,} will not be sent" if left else "nothing is left to stop"
        self.tell(f"Stopping: up to {out:,} of {self._total:,} leads were sent and are being read back, {rest}.", now=True)

    def pause(self) -> None:
        """Send nothing more until ``resume()``, which reads leads again first. What was sent last may be read back only then."""
        with self._lock:
            if self.state is not RunState.SENDING or self.stopped:
                return
            self.state = RunState.PAUSED
            self._going.clear()
        self.tell("Paused: nothing more is sent. What was sent last may be read back only when the run continues.", now=True)

    def resume(self) -> None:
        """Continue after ``pause()``."""
        with self._lock:
            self._going.set()
            if self.state is not RunState.PAUSED:
                return
            self.state = RunState.SENDING
        self.tell("", now=True)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end (seconds; None: as long as it takes). Returns whether the run has ended."""
        ends = None if timeout is None else time.monotonic() + timeout
        while not self.finished:
            left = SLICE if ends is None else min(SLICE, ends - time.monotonic())
            if left <= 0:
                break
            self._ended.wait(left)
        return self.finished

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        thread = self._thread
        if not self._ended.is_set() and self._began.is_set() and thread is not None and not thread.is_alive():
            self._finish()  # its thread was ended from outside
        return self._ended.is_set()

    @property
    def only_checks(self) -> bool:
        """Whether it sends nothing of what is left, and only reads what was in doubt."""
        return not self._send and self._to_send > 0

    @property
    def cancelled_too_late(self) -> bool:
        """Whether somebody cancelled it when everything had been sent."""
        return self._cancelled_at is not None and not self.leads.waiting()

    @property
    def paused(self) -> bool:
        """Whether it waits for ``resume()``."""
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
    def progress(self) -> Progress:
        """Where the run is now. ``seconds_left`` includes the request limit, but not a pause by hand."""
        with self._lock:
            done, counts, message, state = self.leads.done, self.counts, self._message, self.state
        todo, service = self._total - done, self._service
        here, left = done - self._before, None
        if state not in FINISHED:
            requests = todo * self._requests_a_lead
            since = None if self.plan.moment is None else self.plan.moment.steady
            left = self._eta.left(
                here, todo, requests=requests, usage=service.usage(), waiting=service.waiting(), window=service.limits.window,
                first=seconds_of(requests, service.latency(since=since), self._threads), sent=self._went_out,
            )  # fmt: skip
        rate = self._eta.rate(here)
        return Progress(state, done, self._total, rate, left, message, counts, self._went_out, self.leads.out())

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
        ends = time.monotonic() + seconds
        while not self.stopped and (left := ends - time.monotonic()) > 0:
            self._cancel.wait(min(left, SLICE))
            self.watch()
        return self.stopped

    @property
    def cancelled_since(self) -> float | None:
        """Seconds since the user cancelled it; None where nobody did."""
        return None if self._cancelled_at is None else time.monotonic() - self._cancelled_at

    def limit(self) -> LimitWait:
        """For one call of the service, which may have to wait for the limit."""
        return LimitWait(self._service, self)

    def wait_for_limit(self, *, waiting: bool) -> None:
        """A thread begins or ends to wait for the limit; the last one to end takes the message away."""
        if waiting:
            self._eta.pause()
        elif not self._eta.resume() and self._message.startswith(WAITING):
            self.tell("", now=True)

    def tell_limit(self, seconds: float) -> None:
        """Say that the limit makes the run wait, unless there is more to say: that it is paused, or stops."""
        if not self._message or self.state not in {RunState.PAUSED, RunState.CANCELLING}:
            self.tell(f"{WAITING} {math.ceil(seconds)} s.", now=not self._message.startswith(WAITING))

    def wait_while_paused(self) -> None:
        """Wait for ``resume()`` or ``cancel()``."""
        if not self._going.is_set():
            self._eta.pause()
            while not self._going.wait(SLICE):
                self.watch()
            self._eta.resume()

    def step(self, name: str) -> None:
        """Tell a test which step has been reached."""
        if self.options.on_step is not None:
            self.options.on_step(name)

    def row(self, lead_id: LeadId) -> ResultRow:
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
        except BaseException:  # noqa: BLE001  SystemExit, KeyboardInterrupt: somebody wants it to stop
            self._on_progress = None
            self.cancel()

    def fail(self, error: BaseException) -> None:
        """Stop the run because of an error; what was not sent stays not sent."""
        with self._lock:
            self.error = self.error or error
            self._cancel.set()
            self._going.set()

    # -- the work -----------------------------------------------------------------------------------------------------

    def _note_opening(self) -> None:
        if self._recorded is not None:
            self.journal_head = note_resumed(self._journal, self.id, self._recorded, self._waived, self.options.check)
            return
        self.journal_head = note_begun(
            self._journal, self.id, self.plan, self.signature, self._waived, self.options, self._service.clock_offset
        )

    def _carry_out(self) -> None:
        """The run's thread. Whatever is thrown into it, the run ends; see ``finished`` for what is thrown at its very end."""
        try:
            self._began.set()
            if self._open():
                self._work()
        except BaseException as error:  # noqa: BLE001  the border of the thread: nothing may be lost silently
            self.fail(error)
        self._finish()

    def _open(self) -> bool:
        try:
            if self.stopped:
                raise Cancelled("Stopped before the run began. Nothing was sent.")
            self._claim = self._take()
            self._note_opening()
        except BaseException as error:  # noqa: BLE001  raised by start()
            self._refused = error
            return False
        with self._lock:
            if self.state is RunState.WAITING:
                self.state = RunState.SENDING
        self._eta = Eta()
        self._opened.set()
        self.step("opened")
        return True

    def _work(self) -> None:
        if self._recorded is not None:
            self._settle_recorded(self._recorded)
        if self._send and self._to_send and not self.stopped:
            self._send_all()
        self._all_sent()
        self._back.settle_rest()

    def watch(self) -> None:
        """When the script that began the run has ended: it is waited for; but a kernel that is shut down ends it."""
        if self._script_ended or threading.main_thread().is_alive():
            return
        self._script_ended = True
        kernel = getattr(sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None)
        if kernel is not None and kernel.initialized():
            self.cancel()
            return
        told = f"cvtr_widgets: the script has ended; run {self.id} is finished first ({self._total - self.leads.done:,} leads)."
        with suppress(Exception):
            print(told, file=sys.stderr, flush=True)  # noqa: T201  nothing else can be told any more

    def _finish(self) -> None:
        """The end, in steps that are tried again where an exception is thrown into them."""
        for step in (self._settle_what_broke, self._end, self._let_go):
            for _ in range(20):
                try:
                    step()
                    break
                except BaseException as error:  # noqa: BLE001  as above
                    self.fail(error)
        self._ended.set()
        self.tell("", now=True)

    def _settle_what_broke(self) -> None:
        """It broke off: what was sent is still read back, and what cannot be read stays unknown."""
        if self.error is None or not self._opened.is_set() or self._end_noted:
            return
        why = f"{BROKE_OFF} ({type(self.error).__name__})"
        if str(self.verify) != "none":
            for row in self.leads.in_doubt():
                if not self._back.holds(row.lead_id):
                    self._back.wait_for(self.plan.action(row.entry), row.lead_id, "nothing", why, why)
        with suppress(Exception):
            self._back.settle_rest()
        self._back.give_up(self.error)

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
        for wanted_id in recorded.at("doubt", "answered"):
            fate = recorded.fates[wanted_id]
            self._back.wait_for(self.plan.action(entries[wanted_id]), wanted_id, fate.said, fate.words, fate.words)
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
        if not self._requests_a_lead:
            self._requests_a_lead = requests_of(self.plan, self._service, [self.verify], only=only)[0] / len(ids)
        first = self._recorded.chunks + 1 if self._recorded else 1
        chunks = chunks_of(self.plan, self._service.chunk, only=only, first=first)
        size = block_size(self._service, way)
        large = len(ids) > limits.chunk * limits.in_flight
        self._threads = threads_for(self.plan, limits)
        spare = SPARE if self._threads == limits.in_flight else 0
        read = None if only is not None else self._read_for_the_plan()
        self._sender.send_all(blocks_of(chunks, size), self._threads + spare, read, gather=GATHER if large else 0.0)

    def _read_for_the_plan(self) -> Moment | None:
        """When the plan's leads were read, unless this account has sent something to one of them from here since then."""
        moment = self.plan.moment
        # In the panel minutes may pass between looking and pressing, and a second reading is not noticed there.
        if moment is None or self.options.source == "panel" or moment.old(self.options.patience.plan_age):
            return None
        sent = None if moment.place is None else sent_since(self._journal, moment.place)
        return moment if sent is not None and all(e.lead_id not in sent for e in self.plan.sendable) else None

    def _how_it_ended(self) -> RunState:
        """Cancelled is only what was not sent whole; done only what did not break off."""
        left = self.counts[Outcome.NOT_SENT]
        broke = self._sender.miss if left else self._back.unread_because
        if self.error is None and broke is not None and (self._cancelled_at is None or not left):
            self.error = broke
        if self.error is not None:
            return RunState.FAILED
        if (self._cancelled_at is not None and left) or self.only_checks:
            return RunState.CANCELLED
        return RunState.DONE

    def _end(self) -> None:
        if not self._opened.is_set():
            self.state = RunState.CANCELLED if self._cancelled_at is not None else RunState.FAILED
            return
        state = self._how_it_ended()
        self.leads.end(f"the run stopped: {self.error}" if state is not RunState.CANCELLED else why_not_sent(self.only_checks))
        if not self._end_noted:
            self.step("before end")
            try:
                self.journal_head = note_end(self._journal, self.id, state, self.counts, only_checked=self.only_checks)
                self._end_noted = True
            except CvtrError as error:
                self.error = self.error or error
                state = RunState.FAILED
        self.state = state
        self._message = ""

    def _let_go(self) -> None:
        """Give the run's lock back. Its file goes only where nobody can resume the run: two could otherwise hold two files of one
        name.
        """
        claim, self._claim = self._claim, None
        if claim is not None:
            through = self.state is RunState.DONE and not self.counts[Outcome.NOT_SENT]
            claim.release(done=self._end_noted and (through or self.state is RunState.CANCELLED))
        if self._opened.is_set():
            self.step("ended")
