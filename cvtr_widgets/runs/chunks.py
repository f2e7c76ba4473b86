"""One chunk from intent to outcome. The rules of sending again, of doubt and of splitting are carried out here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.errors import CvtrError, RunError, ServiceError
from cvtr_widgets.models import Action, ActionKind, LeadId, LeadService, Outcome, WriteAnswer
from cvtr_widgets.runs.doubt import Ruling, Then, ruling
from cvtr_widgets.runs.journal import Journal
from cvtr_widgets.runs.plan import before_values, differences
from cvtr_widgets.runs.settle import Said, settle, unread
from cvtr_widgets.runs.verify import DELIVERIES, Finding, Sight, prove

if TYPE_CHECKING:
    from cvtr_widgets.runs.execute import Patience, Run

RESENDS = 3
"""How often a write is sent again that was proven not to be applied."""
ALIKE = 6
"""So many single leads refused in the same words, and none taken: the rest of the chunk is not tried one by one."""
READ = 100


@dataclass(frozen=True, slots=True)
class Chunk:
    """Leads that get the very same request."""

    number: int
    action: Action
    ids: tuple[LeadId, ...]
    before: Mapping[LeadId, Sight]


@dataclass(slots=True)
class Pending:
    """A lead that was sent and is not settled yet."""

    lead_id: LeadId
    action: Action
    before: Sight
    said: Said
    words: str
    since: float
    chunk: int


class Sender:
    """Sends chunks; threads may share it. Every lead of a chunk ends in exactly one outcome."""

    def __init__(self, service: LeadService, journal: Journal, run: Run, patience: Patience) -> None:
        self._service = service
        self._journal = journal
        self._run = run
        self._patience = patience
        self._lock = threading.Lock()
        self._pending: dict[LeadId, Pending] = {}
        self._misses = 0

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(self, chunk: Chunk) -> None:
        """Hold back what has changed since the plan, send the rest, read it back."""
        try:
            ids = self._held_back(chunk)
            if ids:
                self._send_part(chunk, ids, _Alike())
        except CvtrError as error:
            # Reading before sending, or the journal, failed: nothing of this part was sent.
            self._run.fail(error) if not isinstance(error, ServiceError) else self._missed(error)
            self._leave(chunk.ids, str(error))
        except BaseException as error:
            self._doubtful(chunk, chunk.ids, f"a fault in cvtr_widgets ({type(error).__name__}) while it was being sent")
            raise

    def _held_back(self, chunk: Chunk) -> tuple[LeadId, ...]:
        if self._run.stopped:
            return ()
        now = self._read(chunk.ids, chunk.action)
        going = []
        for own in chunk.ids:
            changed = differences(chunk.before[own], now[own])
            if changed:
                self._run.row(own).after = now[own].lead
                self._run.conclude(own, Outcome.SKIPPED, "held back, changed since the plan: " + "; ".join(changed))
            else:
                going.append(own)
        self._misses = 0
        return tuple(going)

    def _send_part(self, chunk: Chunk, ids: tuple[LeadId, ...], alike: _Alike) -> None:
        for attempt in range(1, RESENDS + 2):
            if not self._may_go():
                return
            answer, rule = self._send_once(chunk, ids, attempt)
            match rule.then:
                case Then.TAKE:
                    self._take(chunk, ids, answer)
                case Then.READ:
                    self._doubtful(chunk, ids, f"{rule.because} ({answer.detail or answer.status})")
                    self._settle([self._pending[i] for i in ids], final=False)
                case Then.SPLIT:
                    self._split(chunk, ids, answer, alike)
                case Then.STOP:
                    self._leave(ids, f"not sent: {answer.detail or rule.because}")
                    self._run.fail(
                        RunError(f"The run was stopped: {answer.detail or rule.because}. Connect again, then plan anew.")
                    )
                case Then.RESEND | Then.WAIT:
                    if attempt <= RESENDS:
                        self._run.pause(self._patience.resend * 2 ** (attempt - 1) if rule.then is Then.RESEND else 0)
                        continue
                    self._leave(ids, f"not sent after {attempt} tries: {answer.detail or rule.because}")
                    self._missed(RunError(f"The service could not be reached: {answer.detail}. Try again later."))
            return

    def _may_go(self) -> bool:
        """Wait for the request limit, in sight of the user and ready to be cancelled."""
        while not self._run.stopped and (wait := self._service.waiting()) > 0:
            self._run.tell(f"Waiting for the request limit: {wait:.0f} s.", now=True)
            self._run.pause(min(wait, 0.5))
        return not self._run.stopped

    def _send_once(self, chunk: Chunk, ids: tuple[LeadId, ...], attempt: int) -> tuple[WriteAnswer, Ruling]:
        run, started = self._run, datetime.now(UTC)
        before = {str(i): before_values(chunk.before[i]) for i in ids}
        self._journal.write(
            run.id, "intent", {"chunk": chunk.number, "attempt": attempt, "action": str(chunk.action.kind), "before": before}
        )
        answer = self._service.apply(chunk.action, ids, signature=run.signature)
        rule = ruling(answer)
        for own in ids:
            row = run.row(own)
            row.attempts += 1
            row.http_status = answer.status
            row.started_at = row.started_at or started
        said = {str(i): a.ok for i, a in (answer.per_lead or {}).items()}
        self._journal.write(
            run.id,
            "answer",
            {
                "chunk": chunk.number, "attempt": attempt, "cause": str(answer.cause), "status": answer.status,
                "leads": list(ids), "said": said, "ruling": str(rule.applied), "then": str(rule.then),
            },
        )  # fmt: skip
        return answer, rule

    # -- what came back -----------------------------------------------------------------------------------------------

    def _take(self, chunk: Chunk, ids: tuple[LeadId, ...], answer: WriteAnswer) -> None:
        """Match the service's words to leads by id, then read back."""
        for own in ids:
            said: Said = "queued" if answer.queued else "yes"
            words = ""
            if answer.per_lead is not None:
                word = answer.per_lead.get(own)
                if word is None or word.ok is None:
                    said, words = "nothing", (word.detail if word else "") or "the answer says nothing of this lead"
                elif word.ok is False:
                    said, words = "no", word.detail
            self._wait_for(chunk, own, said, words)
        self._settle([self._pending[i] for i in ids], final=False)

    def _doubtful(self, chunk: Chunk, ids: Sequence[LeadId], words: str) -> None:
        for own in ids:
            if not self._run.settled(own):
                self._wait_for(chunk, own, "nothing", words)

    def _wait_for(self, chunk: Chunk, own: LeadId, said: Said, words: str) -> None:
        with self._lock:
            self._pending[own] = Pending(own, chunk.action, chunk.before[own], said, words, time.monotonic(), chunk.number)

    def _split(self, chunk: Chunk, ids: tuple[LeadId, ...], answer: WriteAnswer, alike: _Alike) -> None:
        """The whole part was refused: read it back, then try what is unchanged in halves."""
        words = f"{answer.detail}" if answer.detail else f"the service answered {answer.status}"
        for own in ids:
            self._wait_for(chunk, own, "no", words)
        now = self._read(ids, chunk.action)
        unchanged: list[LeadId] = []
        for own in ids:
            proof = prove(chunk.action, chunk.before[own], now[own], at_rest=self._at_rest(now[own]))
            same = proof.finding is Finding.UNCHANGED and not differences(chunk.before[own], now[own])
            unchanged += [own] if same else []
        repeatable = chunk.action.kind is not ActionKind.REPROCESS and not chunk.action.integrations
        if len(unchanged) > 1 and repeatable and not alike.all_refused(words) and not self._run.stopped:
            self._settle([self._pending[i] for i in ids if i not in set(unchanged)], final=True, sights=now)
            with self._lock:
                for own in unchanged:
                    del self._pending[own]
            middle = len(unchanged) // 2
            for part in (unchanged[:middle], unchanged[middle:]):
                self._send_part(chunk, tuple(part), alike)
            return
        if len(ids) == 1:
            alike.note(words)
        self._settle([self._pending[i] for i in ids], final=True, sights=now)

    # -- reading back -------------------------------------------------------------------------------------------------

    def _read(self, ids: Sequence[LeadId], action: Action) -> dict[LeadId, Sight]:
        found = self._service.fetch(ids)
        said = self._service.is_delivered([i for i in ids if i in found]) if action.kind in DELIVERIES else {}
        return {i: Sight(found.get(i), said.get(i)) for i in ids}

    def _at_rest(self, sight: Sight) -> bool | None:
        return None if sight.lead is None else self._service.at_rest(sight.lead)

    def _limit(self, item: Pending) -> float:
        patience = self._patience
        return {"yes": patience.settle, "queued": patience.queue, "nothing": patience.doubt, "no": 0.0}[item.said]

    def _settle(self, items: Sequence[Pending], *, final: bool, sights: Mapping[LeadId, Sight] | None = None) -> None:
        """Read leads back and conclude those that are settled; the others stay pending."""
        if not items:
            return
        action = items[0].action
        try:
            now = sights or self._read([p.lead_id for p in items], action)
        except ServiceError as error:
            if final:
                unseen = [(p, unread(p.said, p.words, str(error))) for p in items]
                self._conclude([(p, found.outcome, found.detail) for p, found in unseen])
            return
        ended = []
        moment = time.monotonic()
        for item in items:
            sight = now[item.lead_id]
            waited = moment - item.since
            proof = prove(action, item.before, sight, at_rest=self._at_rest(sight))
            last = final or waited >= self._limit(item)
            found = settle(item.said, item.words, proof, final=last, waited=waited)
            row = self._run.row(item.lead_id)
            row.after, row.after_delivered = sight.lead, sight.delivered
            if found is not None:
                ended.append((item, found.outcome, found.detail))
        self._conclude(ended)

    def _conclude(self, ended: Sequence[tuple[Pending, Outcome, str]]) -> None:
        if not ended:
            return
        for item, outcome, detail in ended:
            self._run.conclude(item.lead_id, outcome, detail)
        with self._lock:
            for item, _, _ in ended:
                self._pending.pop(item.lead_id, None)
        chunks = sorted({item.chunk for item, _, _ in ended})
        outcomes = {str(item.lead_id): str(outcome) for item, outcome, _ in ended}
        self._journal.write(self._run.id, "outcome", {"chunks": chunks, "outcomes": outcomes})

    def settle_rest(self) -> None:
        """Read again what is not settled, with waits in between, until it is or its time is up."""
        wait = 0.5
        while self._pending:
            items = list(self._pending.values())
            left = max(self._limit(p) - (time.monotonic() - p.since) for p in items)
            stopped = self._run.stopped
            if left > 0 and not stopped:
                self._run.tell(f"Reading {len(items):,} leads again, for {left:.0f} s at the most.", now=True)
                self._run.pause(min(wait, left))
                wait = min(wait * 2, 5.0)
            elif stopped and left > 0:
                # Cancelled: what is in doubt is still read twice, with its short wait; a queue is not waited for.
                time.sleep(min(self._patience.doubt, left))
            for part in _by_action(items):
                self._settle(part, final=stopped or left <= 0)

    def _missed(self, error: BaseException) -> None:
        """Three parts in a row that could not even be read or sent: it is no use to go on."""
        with self._lock:
            self._misses += 1
            enough = self._misses >= 3
        if enough:
            self._run.fail(error)

    def _leave(self, ids: Iterable[LeadId], why: str) -> None:
        for own in ids:
            if own not in self._pending and not self._run.settled(own):
                self._run.conclude(own, Outcome.NOT_SENT, why)

    def give_up(self, error: BaseException) -> None:
        """After a fault of our own: what was sent and not settled is unknown."""
        for item in list(self._pending.values()):
            self._run.conclude(item.lead_id, Outcome.UNKNOWN, f"sent; then the run broke off ({type(error).__name__})")
        self._pending.clear()


class _Alike:
    """Single refusals in the same words."""

    def __init__(self) -> None:
        self._words = ""
        self._count = 0

    def note(self, words: str) -> None:
        self._count = self._count + 1 if words == self._words else 1
        self._words = words

    def all_refused(self, words: str) -> bool:
        return self._count >= ALIKE and words == self._words


def _by_action(items: Sequence[Pending]) -> Iterable[list[Pending]]:
    groups: dict[tuple[Action, int], list[Pending]] = {}
    counts: dict[Action, int] = {}
    for item in items:
        place = counts.get(item.action, 0)
        counts[item.action] = place + 1
        groups.setdefault((item.action, place // READ), []).append(item)
    return groups.values()
