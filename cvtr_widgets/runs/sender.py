"""Chunks from intent to answer. The rules of sending again, of doubt and of splitting are carried out here."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.actions.read_back_proof import ProofResult, prove
from cvtr_widgets.errors import Cancelled, CvtrError, RunError, ServiceError
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.models import Cause, LeadId, LeadService, Outcome, WriteAnswer
from cvtr_widgets.plans.chunks import Block, Chunk, final
from cvtr_widgets.plans.plan_entries import differences
from cvtr_widgets.plans.read_age import Moment
from cvtr_widgets.runs.decide_outcome import Said
from cvtr_widgets.runs.in_flight import BlockInFlight, ChunkPart
from cvtr_widgets.runs.read_back import ReadBack
from cvtr_widgets.runs.workers import Task, Workers
from cvtr_widgets.runs.write_retry import NOT_MADE, Decision, NextStep, decision

if TYPE_CHECKING:
    from cvtr_widgets.runs.ongoing_run import OngoingRun
    from cvtr_widgets.runs.options import Patience

RESENDS = 3
"""How often a write is sent again that was proven not to be applied."""
ALIKE = 6
"""So many single leads refused in the same words, and none taken: the rest of the chunk is not tried one by one."""
GATHER = 0.02
"""Seconds that an intent of a large run waits for those of other threads: one commit serves them all. There are more threads
than requests in flight, so that none of these waits for it."""
SEND, BACK = 1, 2
"""Ranks of tasks: reading back comes before sending, and sending before reading what is next."""
NO_WORDS = "the service said no (its words are not kept in the journal)"


class _SameRefusals:
    """Single refusals in the same words."""

    def __init__(self) -> None:
        self._words = ""
        self._count = 0

    def note(self, words: str) -> None:
        self._count = self._count + 1 if words == self._words else 1
        self._words = words

    def all_refused(self, words: str) -> bool:
        return self._count >= ALIKE and words == self._words


class Sender:
    """Sends blocks of chunks; threads share it."""

    def __init__(self, service: LeadService, journal: Journal, run: OngoingRun, patience: Patience, back: ReadBack) -> None:
        self._service = service
        self._journal = journal
        self._run = run
        self._patience = patience
        self._back = back
        self._lock = threading.Lock()
        # How many threads may read stale chunks again at the same time, see _part.
        self._turn = threading.BoundedSemaphore(2)
        self._misses = 0
        self._gather = 0.0
        self._read: Moment | None = None
        # The last failure of the service that made leads stay unsent. The run may still go through; only if leads are left at
        # its end does this become the run's error.
        self.miss: BaseException | None = None
        self._workers: Workers

    def send_all(self, blocks: Iterator[Block], threads: int, read: Moment | None, *, gather: float) -> None:
        """Read, send and read back every block. The first fault of our own is raised, when all threads have ended.

        ``read``: when the plan read its leads; those that were read so short a time ago are not read again before they are sent.
        ``gather``: see ``GATHER``.
        """
        self._gather = gather
        self._read = read
        tasks: Iterator[Task] = (partial(self._open, block) for block in blocks)
        self._workers = Workers(threads, tasks, f"cvtr-run-{self._run.id}", last=self._service.limits.in_flight)
        self._workers.run(self._run.watch)

    # -- before sending -----------------------------------------------------------------------------------------------

    def _open(self, block: Block) -> None:
        """Read a block and hold back what has changed since the plan; what remains is sent."""
        if not self._may_go():
            return
        # The plan read these leads a moment ago: reading them once more would cost a request a page and show the same. Not
        # where the action cannot be undone; those are read just before they are sent, always.
        if self._read is not None and not self._read.old() and not any(final(chunk.action) for chunk in block.chunks):
            self._to_workers(block.ids, [(chunk, chunk.ids) for chunk in block.chunks], self._read)
            return
        began = Moment.now()
        try:
            # A block's reading counts from its beginning, not from its end: while a slow reading goes on, a colleague may
            # change a lead that has already been read.
            going = self._held_back([(i, chunk) for chunk in block.chunks for i in chunk.ids])
        except CvtrError as error:
            self._not_sent(block.ids, error)
            return
        parts = [(chunk, ids) for chunk in block.chunks if (ids := tuple(i for i in chunk.ids if i in going))]
        if parts:
            self._to_workers(block.ids, parts, began)

    def _to_workers(self, block: tuple[LeadId, ...], parts: list[tuple[Chunk, tuple[LeadId, ...]]], began: Moment) -> None:
        under_way = BlockInFlight(block, parts, began)
        for chunk, ids in parts:
            self._workers.add(SEND, partial(self._send, under_way, chunk, ids))

    def _held_back(self, leads: Sequence[tuple[LeadId, Chunk]]) -> set[LeadId]:
        """Read leads; conclude those that have changed; give the others."""
        now = self._back.read([(i, chunk.action) for i, chunk in leads])
        self._misses = 0
        self._run.step("read")
        going, held = set(), []
        for lead_id, chunk in leads:
            row = self._run.row(lead_id)
            changed = differences(row.observation, now[lead_id])
            if not changed:
                going.add(lead_id)
                continue
            row.see(now[lead_id])
            row.chunk = chunk.number
            held.append((lead_id, Outcome.SKIPPED, "held back, changed since the plan: " + "; ".join(changed)))
        if held:
            # They leave their places in the sample (verify="sample:N") to others, so that N leads are still read back.
            self._back.pass_over(lead_id for lead_id, _, _ in held)
            self._run.conclude(held)
            self._back.note(held, later=True)
        return going

    def _may_go(self) -> bool:
        """Wait for the request limit and for the user; the user is told, and can cancel."""
        run = self._run
        run.wait_while_paused()
        with run.limit() as stopped:
            while not run.stopped and not stopped() and (wait := self._service.waiting()) > 0:
                run.sleep(min(wait, 0.5))
                run.wait_while_paused()
        return not run.stopped

    # -- sending ------------------------------------------------------------------------------------------------------

    def _send(self, under_way: BlockInFlight, chunk: Chunk, ids: tuple[LeadId, ...]) -> None:
        try:
            self._part(under_way, chunk, _SameRefusals())
        except CvtrError as error:
            self._not_sent(ids, error)
        finally:
            # The last chunk of a block brings the whole block to its reading back: one request for a page of leads, instead of
            # one for each chunk. Also after an error, for other chunks of the block may have been sent.
            if under_way.one_done():
                self._workers.add(BACK, lambda: self._back.settle(self._back.among(under_way.ids), final=False, later=True))

    def _part(self, under_way: BlockInFlight, chunk: Chunk, alike: _SameRefusals) -> None:
        attempt = 1
        # The loop ends when the part was sent and its answer has been dealt with, when it is given up, or when the run is
        # stopped (its leads then stay unsent, and the run's end says so). Only a write that is proven not to be applied comes
        # round again.
        while self._may_go():
            with ExitStack() as turn:
                if under_way.stale(chunk):
                    # Few at a time: where the limit lets few requests go, each reading is soon followed by its writing.
                    turn.enter_context(self._turn)
                    if not self._may_go():
                        return
                    self._renew(under_way, chunk)
                part = None if under_way.stale(chunk) else under_way.take(chunk)
                if part is None:  # another thread reads it again just now, or it took too long once more
                    self._run.sleep(0.02)
                    continue
                # All of its leads were held back by the reading before.
                if not part.ids:
                    return
                answer, rule = self._once(part, attempt)
            if rule.then not in {NextStep.RESEND, NextStep.WAIT}:
                self._follow(chunk, part.ids, answer, rule, alike)
                return
            # Back to the block while this thread waits: if the reading becomes stale meanwhile, whichever thread comes first
            # reads it again together with the block's other waiting chunks.
            under_way.put([part])
            if answer.cause is Cause.HELD:
                continue
            # A write that was withdrawn before it went out (HELD, above) is not an attempt: a user may pause a run as often as
            # they like.
            if attempt > RESENDS:
                self._leave(part.ids, f"not sent after {attempt} tries: {answer.detail or rule.because}")
                self._missed(
                    RunError(f"The service could not be reached: {answer.detail}. Try again later, with session.resume().")
                )
                return
            # After a 429 there is no pause of our own: the rate limiter was told what the service said, and _may_go waits for
            # it.
            self._run.sleep(self._patience.resend * 2 ** (attempt - 1) if rule.then is NextStep.RESEND else 0)
            attempt += 1

    def _renew(self, under_way: BlockInFlight, chunk: Chunk) -> None:
        """Read again what waits of a block and was read too long ago, the chunk's leads first; what has changed is held back."""
        began, parts = Moment.now(), under_way.take_stale(chunk)
        try:
            going = self._held_back([(lead_id, part.chunk) for part in parts for lead_id in part.ids]) if parts else set()
            read = under_way.read_at(began, len(parts))
            parts = [ChunkPart(part.chunk, tuple(i for i in part.ids if i in going), read) for part in parts]
        finally:
            # In any case: after a failed reading they go back as they were, with their old moment, so that nothing is sent on
            # the strength of it.
            under_way.put(parts)

    def _follow(self, chunk: Chunk, ids: tuple[LeadId, ...], answer: WriteAnswer, rule: Decision, alike: _SameRefusals) -> None:
        """What follows from an answer that is not to be sent again."""
        match rule.then:
            case NextStep.TAKE:
                self._take(chunk, ids, answer)
            case NextStep.SPLIT:
                self._split(chunk, ids, answer, alike)
            case NextStep.STOP:
                why = answer.detail or rule.because
                self._leave(ids, f"not sent: {why}")
                then = "Then" if "onnect again" in why else "Connect again, then"
                self._run.fail(RunError(f"The run was stopped: {why.rstrip('.')}. {then} use session.resume()."))
            case _:
                kept = f"{rule.because} ({answer.status or 'no answer'})"
                self._doubtful(chunk, ids, f"{rule.because} ({answer.detail or answer.status})", kept)

    def _once(self, part: ChunkPart, attempt: int) -> tuple[WriteAnswer, Decision]:
        """Intent, one write, answer. While it waits for the limit it is called back where nothing more shall go out, and where
        its reading has become old.

        Raises:
            JournalError: intent could not be made durable. CvtrError: the request could not be made. Nothing was sent.
        """
        run, started, (chunk, ids, read) = self._run, datetime.now(UTC), part
        said = {"chunk": chunk.number, "attempt": attempt, "action": str(chunk.action.kind), "plan": run.plan.short, "leads": ids}
        run.step("before intent")
        # Durable before the request exists. If this process is killed at any point from here on, the journal says which leads
        # may have been changed; if it cannot be written, nothing is sent.
        self._journal.write(run.id, "intent", said, gather=self._gather)
        run.leads.sends(ids, chunk.number, started)
        run.step("intent")
        try:
            with run.limit() as stopped:
                answer = self._service.apply(
                    chunk.action, ids, signature=run.signature, cancelled=stopped,
                    held=lambda: run.holds_back or read.old(), leave=lambda: run.stopped,
                )  # fmt: skip
        except CvtrError:
            # The client raises its own errors only before anything goes out (entry not proven, no place in the dialect).
            # Whatever happens later comes back as an answer with its cause.
            run.leads.not_applied(ids, tried=False)
            self._note_answer(chunk, ids, attempt, NOT_MADE, None, NextStep.STOP)
            raise
        except BaseException as error:
            # Ctrl-C, MemoryError or a bug, at a moment when the request may be on its way: these leads are read back like any
            # other doubt.
            self._doubtful(chunk, ids, f"a fault in cvtr_widgets ({type(error).__name__}) while it was being sent")
            raise
        try:
            return answer, self._heard(chunk, ids, attempt, answer)
        except BaseException as error:
            self._doubtful(chunk, ids, f"a fault in cvtr_widgets ({type(error).__name__}) when it had been sent")
            raise

    def _heard(self, chunk: Chunk, ids: tuple[LeadId, ...], attempt: int, answer: WriteAnswer) -> Decision:
        """Note what came back, and what follows from it."""
        run, rule = self._run, decision(answer)
        run.step("answered")
        if answer.cause is not Cause.HELD:
            for lead_id in ids:
                run.row(lead_id).http_status = answer.status
        if rule.then in {NextStep.RESEND, NextStep.WAIT, NextStep.STOP}:
            run.leads.not_applied(ids, tried=answer.cause is not Cause.HELD)
        self._note_answer(chunk, ids, attempt, str(answer.cause), answer, rule.then)
        run.step("answer noted")
        # Not for SPLIT: its leads go out again in halves, and each lead counts once.
        if rule.then is NextStep.TAKE or rule.then is NextStep.READ:
            run.went_out(len(ids))
        return rule

    def _note_answer(
        self, chunk: Chunk, ids: tuple[LeadId, ...], attempt: int, cause: str, answer: WriteAnswer | None, then: NextStep
    ) -> None:
        per_lead = (answer.per_lead if answer else None) or {}
        said = {
            "chunk": chunk.number, "attempt": attempt, "cause": cause, "status": answer.status if answer else None,
            "queued": bool(answer and answer.queued), "then": then.name, "leads": ids,
            "no": [i for i in ids if i in per_lead and per_lead[i].ok is False],
            "nothing": [i for i in ids if per_lead and (i not in per_lead or per_lead[i].ok is None)],
        }  # fmt: skip
        # With the next commit: should the kernel end before that, these leads are in doubt, and are read.
        self._journal.write_later(self._run.id, "answer", said)

    # -- what came back -----------------------------------------------------------------------------------------------

    def _take(self, chunk: Chunk, ids: tuple[LeadId, ...], answer: WriteAnswer) -> None:
        """Match the service's words to leads by id."""
        leads: list[tuple[LeadId, Said, str, str]] = []
        for lead_id in ids:
            said: Said = "queued" if answer.queued else "yes"
            words = kept = ""
            if answer.per_lead is not None:
                word = answer.per_lead.get(lead_id)
                if word is None or word.ok is None:
                    said, kept = "nothing", "the answer says nothing of this lead"
                    words = (word.detail if word else "") or kept
                elif word.ok is False:
                    said, words, kept = "no", word.detail, NO_WORDS
            leads.append((lead_id, said, words, kept))
        self._back.answered(chunk.action, leads, named=answer.per_lead is not None)

    def _doubtful(self, chunk: Chunk, ids: Iterable[LeadId], words: str, kept: str = "") -> None:
        if str(self._run.verify) == "none":
            self._back.answered(chunk.action, [(lead_id, "nothing", words, kept or words) for lead_id in ids], named=False)
            return
        for lead_id in ids:
            self._back.wait_for(chunk.action, lead_id, "nothing", words, kept or words)

    def _split(self, chunk: Chunk, ids: tuple[LeadId, ...], answer: WriteAnswer, alike: _SameRefusals) -> None:
        """The whole part was refused: read it back, then try what is unchanged in halves."""
        words = answer.detail or f"the service answered {answer.status}"
        for lead_id in ids:
            self._back.wait_for(chunk.action, lead_id, "no", words, f"the service refused it (status {answer.status})")
        if len(ids) == len(chunk.ids) > 1:
            # Once a chunk, as doubt waits: whatever answered, the service may still be carrying the call out.
            self._run.sleep(self._patience.doubt)
        began, now = Moment.now(), self._back.read([(i, chunk.action) for i in ids])
        # Unchanged in both ways: what would prove the action does not show it, and nothing else differs either. A lead that a
        # colleague changed at this moment is not sent again.
        unchanged: list[LeadId] = []
        for lead_id in ids:
            before = self._run.row(lead_id).observation
            proof = prove(chunk.action, before, now[lead_id], at_rest=self._back.at_rest(now[lead_id]))
            if proof.finding is ProofResult.UNCHANGED and not differences(before, now[lead_id]):
                unchanged.append(lead_id)
        repeatable = ROWS[chunk.action.kind].repeatable and not chunk.action.integrations
        if len(unchanged) > 1 and repeatable and not alike.all_refused(words) and not self._run.stopped:
            changed = set(ids) - set(unchanged)
            self._back.settle(self._back.among(changed), final=False, observations=now)
            self._back.forget(unchanged)
            # So that the journal knows them as not sent again. A kernel that is killed now must not leave them in doubt: they
            # are proven untouched, and a resumed run may send them.
            self._note_answer(chunk, tuple(unchanged), 0, "read back unchanged", answer, NextStep.WAIT)
            self._run.leads.not_applied(unchanged)
            middle = len(unchanged) // 2
            halves = [
                BlockInFlight(half, [(chunk, half)], began) for half in (tuple(unchanged[:middle]), tuple(unchanged[middle:]))
            ]
            # In this thread, one after the other: one bad lead among 50 costs about twelve more writes, and what the first half
            # was refused for is known (alike) before the second goes out.
            for half in halves:
                self._part(half, chunk, alike)
            return
        if len(ids) == 1:
            alike.note(words)
        # Refused is said only after a second look: an effect may come late, whatever the answer was.
        self._back.settle(self._back.among(ids), final=False, observations=now)

    # -- what does not go through -------------------------------------------------------------------------------------

    def _not_sent(self, ids: Iterable[LeadId], error: CvtrError) -> None:
        """Reading before sending failed, or intent could not be written, or the request could not be made."""
        if isinstance(error, Cancelled):
            return  # by the user, while the limit made it wait: the run's end says so
        if isinstance(error, ServiceError):
            self._missed(error)
        else:
            self._run.fail(error)
        self._leave(ids, str(error))

    def _missed(self, error: BaseException) -> None:
        """Three parts in a row that could not even be read or sent: there is no point in going on."""
        with self._lock:
            self.miss = error
            self._misses += 1
            enough = self._misses >= 3
        if enough:
            self._run.fail(error)

    def _leave(self, ids: Iterable[LeadId], why: str) -> None:
        left = [lead_id for lead_id in ids if not self._back.holds(lead_id) and not self._run.settled(lead_id)]
        self._run.conclude([(lead_id, Outcome.NOT_SENT, why) for lead_id in left])
