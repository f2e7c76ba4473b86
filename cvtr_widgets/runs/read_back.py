"""Reading back what was sent, until every lead has its outcome. Doubt is settled here and by reading only."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import Family, family_of
from cvtr_widgets.actions.read_back_proof import SLOW, Observation, prove
from cvtr_widgets.errors import Cancelled, JournalError, ServiceError
from cvtr_widgets.journal.hash_chain import Item
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.models import Action, LeadId, LeadService, Outcome
from cvtr_widgets.plans.chunks import WIDE
from cvtr_widgets.plans.verify_mode import Verify
from cvtr_widgets.runs.decide_outcome import BROKE_OFF, Said, settle, unread

if TYPE_CHECKING:
    from cvtr_widgets.runs.ongoing_run import OngoingRun
    from cvtr_widgets.runs.options import Patience

LAST_WAIT = 1.0
"""Seconds between the two last readings of a run that was cancelled."""
LIMITED = "the run was cancelled while the request limit made it wait"
"""Why leads were not read back."""


@dataclass(slots=True)
class PendingLead:
    """A lead that was sent and is not settled yet. ``kept``: what the journal gets where ``words`` are the service's."""

    lead_id: LeadId
    action: Action
    said: Said
    words: str
    kept: str
    since: float
    late: bool = False


class ReadBack:
    """The leads that were sent and have no outcome yet; threads may share it."""

    def __init__(self, service: LeadService, journal: Journal, run: OngoingRun, patience: Patience, verify: Verify) -> None:
        self._service = service
        self._journal = journal
        self._run = run
        self._patience = patience
        self._verify = verify
        self._sample: set[LeadId] = set()
        self._next: Iterator[LeadId] = iter(())
        self._lock = threading.Lock()
        # Leads to be read back, and leads that wait for the sample's result: if one lead of the sample is contradicted, those
        # aside are read back as well.
        self._pending: dict[LeadId, PendingLead] = {}
        self._aside: dict[LeadId, PendingLead] = {}
        self.unread_because: ServiceError | None = None

    def draw(self, ids: Iterable[LeadId]) -> None:
        """Draw the sample among these leads, where one is asked for."""
        order = self._verify.drawn(self._run.id, ids)
        self._sample, self._next = set(order[: self._verify.number]), iter(order[self._verify.number :])

    def pass_over(self, held: Iterable[LeadId]) -> None:
        """These are not sent: others take their places in the sample."""
        out = set(held)
        with self._lock:
            for lead_id in self._sample & out:
                self._sample.discard(lead_id)
                other = next((i for i in self._next if i not in out and not self._run.settled(i)), None)
                self._sample |= set() if other is None else {other}

    # -- what comes in ------------------------------------------------------------------------------------------------

    def wait_for(self, action: Action, lead_id: LeadId, said: Said, words: str, kept: str) -> None:
        """This lead was sent; it is read back whatever the way."""
        with self._lock:
            self._pending[lead_id] = PendingLead(lead_id, action, said, words, kept, time.monotonic())

    def forget(self, ids: Iterable[LeadId]) -> None:
        """These are proven not to have been touched, and may be sent."""
        with self._lock:
            for lead_id in ids:
                del self._pending[lead_id]

    def answered(self, action: Action, leads: Sequence[tuple[LeadId, Said, str, str]], *, named: bool) -> None:
        """Leads with the service's word on them (lead, said, words, kept); the way decides which are read back.

        ``named``: the answer named the leads; a yes that names none is doubtful.
        """
        way, ended = self._verify.way, []
        for lead_id, said, words, kept in leads:
            item = PendingLead(lead_id, action, said, words, kept, time.monotonic())
            # A yes for the whole call is weaker than a yes that names the lead: with verify="doubtful" only the second is
            # believed.
            clear = said in {"yes", "queued"} and named
            if way == "all" or (way != "none" and not clear):
                self._put(self._pending, item)
            elif way == "sample" and lead_id in self._sample:
                item.late = True
                self._put(self._pending, item)
            elif way == "sample":
                self._put(self._aside, item)
            else:
                ended.append((item, *_not_read(item, str(self._verify))))
        self._conclude(ended, later=True)

    def _put(self, where: dict[LeadId, PendingLead], item: PendingLead) -> None:
        with self._lock:
            where[item.lead_id] = item

    def holds(self, lead_id: LeadId) -> bool:
        """Whether the lead was sent and waits for its outcome."""
        return lead_id in self._pending or lead_id in self._aside

    def among(self, ids: Iterable[LeadId]) -> list[PendingLead]:
        """Those of these leads that are to be read now."""
        with self._lock:
            return [p for i in ids if (p := self._pending.get(i)) is not None and not p.late]

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, leads: Sequence[tuple[LeadId, Action]]) -> dict[LeadId, Observation]:
        """Leads as they are now; the delivery check is asked about those whose action it proves.

        Raises:
            ServiceError: they cannot be read. Cancelled: by the user, while the request limit made it wait.
        """
        # Only a deletion is proven by absence, and then only if the service itself says that the lead is gone: a lead that is
        # merely missing from a list may be hidden by a filter or by this account's rights.
        gone: set[LeadId] = set()
        deleting = any(family_of(action) is Family.DELETION for _, action in leads)
        with self._run.limit() as stopped:
            found = self._service.fetch([i for i, _ in leads], cancelled=stopped, gone=gone if deleting else None)
            asked = [i for i, action in leads if family_of(action) is Family.DELIVERY and i in found]
            said = self._service.is_delivered(asked, cancelled=stopped) if asked else {}
        return {i: Observation(found.get(i), said.get(i), i in gone) for i, _ in leads}

    def at_rest(self, observation: Observation) -> bool | None:
        """Whether the lead's processing has ended."""
        return None if observation.lead is None else self._service.at_rest(observation.lead)

    def _limit(self, item: PendingLead) -> float:
        patience = self._patience
        if item.said == "yes" and family_of(item.action) in SLOW:
            return patience.queue
        return {"yes": patience.settle, "queued": patience.queue, "nothing": patience.doubt, "no": patience.doubt}[item.said]

    def settle(
        self,
        items: Sequence[PendingLead],
        *,
        final: bool,
        observations: Mapping[LeadId, Observation] | None = None,
        later: bool = False,
    ) -> None:
        """Read leads back and conclude those that are settled; the others stay. ``final``: all are concluded. ``later``: as
        in ``note``.
        """
        if not items:
            return
        moment = time.monotonic()  # reading may have to wait: what is seen may be as old as its beginning
        try:
            now = observations or self.read([(p.lead_id, p.action) for p in items])
        except (ServiceError, Cancelled) as error:
            if final:
                why, plain = (str(error), error.plain) if isinstance(error, ServiceError) else (LIMITED, LIMITED)
                self.unread_because = error if isinstance(error, ServiceError) else self.unread_because
                unseen = [(p, unread(p.said, p.words, why)) for p in items]
                self._conclude([(p, found.outcome, found.detail) for p, found in unseen], unkept=(why, plain))
            return
        self._run.step("read back")
        ended = []
        for item in items:
            observation, row = now[item.lead_id], self._run.row(item.lead_id)
            waited = moment - item.since
            proof = prove(item.action, row.observation, observation, at_rest=self.at_rest(observation))
            # Until its time is up a lead is only concluded if its effect is seen, or if nothing that the service sends could
            # show it: "not seen yet" proves nothing.
            last = final or waited >= self._limit(item)
            early = last and waited < self._limit(item) and self._run.stopped
            slow = family_of(item.action) in SLOW
            found = settle(item.said, item.words, proof, final=last, waited=waited, slow=slow, early=early)
            row.see(observation)
            if found is not None:
                ended.append((item, found.outcome, found.detail))
        self._conclude(ended, later=later)

    def _conclude(
        self, ended: Sequence[tuple[PendingLead, Outcome, str]], *, later: bool = False, unkept: tuple[str, str] = ("", "")
    ) -> None:
        """``unkept``: words in the details that the journal does not keep, and what it gets for them."""
        if not ended:
            return
        self._run.conclude((item.lead_id, outcome, detail) for item, outcome, detail in ended)
        with self._lock:
            for item, _, _ in ended:
                self._pending.pop(item.lead_id, None)
                self._aside.pop(item.lead_id, None)
        kept = [(p.lead_id, o, d.replace(*unkept) if unkept[0] else d, p) for p, o, d in ended]
        # The service's own words may hold a name or an address, so they are shown to the user and never written to the journal.
        rows = [(wanted_id, o, d.replace(p.words, p.kept) if p.words else d) for wanted_id, o, d, p in kept]
        self._run.step("before outcome")
        self.note(rows, later=later)
        self._run.step("outcome")

    def note(self, rows: Sequence[tuple[LeadId, Outcome, str]], *, later: bool = False) -> None:
        """Outcomes into the journal. What cannot be written stops the run and changes no outcome.

        ``later``: with the next intent or in a second, for there is more to be sent. Should the kernel end before that, these
        leads are in doubt, and are read once more.
        """
        kind, data = self._outcomes(rows)
        if later:
            self._journal.write_later(self._run.id, kind, data)
            return
        try:
            self._journal.write(self._run.id, kind, data)
        except JournalError as error:
            self._run.fail(error)

    def _outcomes(self, rows: Sequence[tuple[LeadId, Outcome, str]]) -> Item:
        details: dict[str, int] = {}
        said = []
        for lead_id, outcome, detail in rows:
            row = self._run.row(lead_id)
            said.append([lead_id, str(outcome), details.setdefault(detail, len(details)), row.after_status, row.after_delivery])
        return "outcome", {"details": list(details), "rows": said}

    # -- to the end ---------------------------------------------------------------------------------------------------

    def settle_rest(self) -> None:
        """Read again what is not settled, with waits in between, until it is or its time is up."""
        self._settle_pending()
        if not self._aside:
            return
        counts: Counter[Outcome] = Counter(self._run.row(i).outcome for i in self._sample)
        aside = list(self._aside.values())
        # The sample has found a yes that was not true, so the other yeses cannot be trusted either.
        if counts[Outcome.CONTRADICTED]:
            with self._lock:
                self._pending.update(self._aside)
                self._aside.clear()
            self._settle_pending()
        else:
            self._conclude([(p, *_not_read(p, str(self._verify))) for p in aside])

    def _settle_pending(self) -> None:
        wait, again = 0.5, False
        while self._pending:
            items = list(self._pending.values())
            for item in items:
                if item.late:  # of the sample: its time begins with its first reading
                    item.late, item.since, again = False, time.monotonic(), False
            # The lead with the most time left decides: one reading serves all of them.
            left = max(self._limit(p) - (time.monotonic() - p.since) for p in items)
            stopped = self._run.stopped
            if left > 0 and not stopped and again:
                self._run.tell(f"Reading {len(items):,} leads again, for {left:.0f} s at most.", now=True)
                self._run.sleep(min(wait, left))
                wait = min(wait * 2, 5.0)
            elif stopped and left > 0:
                # Cancelled: what is in doubt is still read twice, with a short wait; a queue is not waited for.
                time.sleep(min(LAST_WAIT, self._patience.doubt, left) if again else 0.0)
                stopped = again
            again = True
            for start in range(0, len(items), WIDE):
                self.settle(items[start : start + WIDE], final=stopped or left <= 0)

    def give_up(self, error: BaseException) -> None:
        """After a fault of our own: what was sent and not settled is unknown here. Nothing of it is noted in the journal, where
        these leads stay in doubt: whoever resumes the run reads them.
        """
        with self._lock:
            items = [*self._pending.values(), *self._aside.values()]
            self._pending.clear()
            self._aside.clear()
        why = f"{BROKE_OFF} ({type(error).__name__})"
        self._run.conclude((item.lead_id, Outcome.UNKNOWN, why) for item in items)


def _not_read(item: PendingLead, way: str) -> tuple[Outcome, str]:
    """Outcome and detail of a lead that is not read back because the user asked for that."""
    asked = f'not read back, as asked (verify="{way}")'
    match item.said:
        case "no":
            return Outcome.REFUSED, item.words or "the service said no and gave no reason"
        case "nothing":
            return Outcome.UNKNOWN, f"{item.words}; {asked}"
        case "queued":
            return Outcome.ACCEPTED, f"the service put it into a queue; {asked}"
        case _:
            return Outcome.ACCEPTED, f"the service said yes; {asked}"
