"""What the journal knows of one run: its plan, and how far each lead has come."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cvtr_widgets.errors import JournalError, RunError
from cvtr_widgets.journal.hash_chain import JournalEntry, time_of
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.models import Cause, LeadId, Outcome, Signature
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.runs import journal_records
from cvtr_widgets.runs.decide_outcome import BROKE_OFF, Said
from cvtr_widgets.runs.write_retry import NOT_MADE, NextStep

Stage = Literal["not_sent", "doubt", "answered", "settled"]
NOTED = "it was to be sent, and no answer is noted"
NEVER_OUT = {NOT_MADE, str(Cause.HELD)}
KILLED = "its kernel ended while it was being sent"
_UNREAD = re.compile(rf"{BROKE_OFF}( \(\w+\))?")
SAID: dict[Said, str] = {
    "yes": "the service said yes",
    "queued": "the service put it into a queue",
    "no": "the service said no",
    "nothing": "the answer says nothing of this lead",
}


@dataclass(slots=True)
class LeadProgress:
    """How far one lead has come. ``stage``: ``doubt`` = intent without answer, ``answered`` = sent, not read back yet.

    ``so_far`` is true whether or not its kernel still carries the run out; ``words`` once it has ended. ``unread``: its stage
    before it was noted as unknown without having been read back, as older versions did where a run broke off.
    """

    stage: Stage = "not_sent"
    said: Said = "nothing"
    so_far: str = ""
    words: str = ""
    attempts: int = 0
    chunk: int | None = None
    http_status: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: Outcome = Outcome.NOT_SENT
    detail: str = ""
    status: str | None = None
    delivery: str | None = None
    unread: Stage | None = None


@dataclass(slots=True)
class Recorded:
    """One run as the journal has it. ``ended`` is its state, None where it never came to its end; ``first`` and ``last``
    the numbers of its first and last entry.
    """

    run_id: str
    started: datetime
    opening: dict[str, Any]
    plan: Plan
    signature: Signature | None
    fates: dict[LeadId, LeadProgress]
    owner: dict[str, Any] = field(default_factory=dict)
    owner_since: str = ""
    ended: str | None = None
    only_checked: bool = False
    chunks: int = 0
    first: int = 0
    last: int = 0

    def at(self, *stages: Stage) -> list[LeadId]:
        """Leads to be sent that are at one of these stages, in the plan's order."""
        return [i for i, fate in self.fates.items() if fate.stage in stages]

    @property
    def unfinished(self) -> bool:
        """Whether there is something left to read or to send: it was killed, or it broke off. Cancelled is finished."""
        return self.ended is None or (self.ended != "cancelled" and bool(self.at("not_sent", "doubt", "answered")))


def replay(journal: Journal, run_id: str) -> Recorded:
    """Read one run from the journal.

    Raises:
        RunError: there is no such run.
        JournalError: its entries cannot be read.
    """
    found = list(journal.each(run_id, kinds=("run", "plan")))
    first = next((e for e in found if e.kind == "run"), None)
    if first is None:
        raise RunError(f"The journal has no run {run_id!r}. See session.history() for those it has.")
    try:
        plan = journal_records.plan_of(first.data, [e.data for e in found if e.kind == "plan"])
        run = Recorded(
            run_id,
            time_of(first.at),
            first.data,
            plan,
            journal_records.signature_of(first.data),
            {e.lead_id: LeadProgress() for e in plan.sendable},
            first.data.get("owner") or {},
            first.at,
        )
        run.first, run.last = first.number, found[-1].number
        for entry in journal.each(run_id, after=run.last):
            _take(run, entry)
            run.last = entry.number
        if run.ended in {None, "failed"}:  # it can be resumed, and reading tells
            for fate in run.fates.values():
                if fate.unread is not None and fate.outcome is Outcome.UNKNOWN:
                    fate.stage, fate.outcome, fate.finished_at = fate.unread, Outcome.NOT_SENT, None
    # A journal may be edited, or be of a later version. Leads of a run that is only half understood must not be sent again.
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise JournalError(
            f"The journal's entries on run {run_id} cannot be understood ({type(error).__name__}). "
            "Check at the service what it did, and plan again."
        ) from None
    return run


def why_not_sent(only_checked: bool) -> str:
    """Why leads stay unsent of a run that was cancelled, or ended by checking what was in doubt."""
    return "not sent: only the leads in doubt were checked" if only_checked else "cancelled before it was sent"


def _take(run: Recorded, entry: JournalEntry) -> None:
    data = entry.data
    if entry.kind == "intent":
        run.chunks = max(run.chunks, data["chunk"])
        _intent(run, entry)
    elif entry.kind == "answer":
        _answer(run, data)
    elif entry.kind == "outcome":
        _outcome(run, entry)
    # Who resumes a run begins a new owner's time: the end that a former owner wrote is no longer the run's.
    elif entry.kind == "claim":
        run.owner, run.owner_since, run.ended = data, entry.at, None
    elif entry.kind == "end":
        run.ended, run.only_checked = data["state"], bool(data.get("only_checked"))


def _fates(run: Recorded, ids: Iterable[LeadId]) -> Iterable[tuple[LeadId, LeadProgress]]:
    return ((i, run.fates[i]) for i in ids)


def _intent(run: Recorded, entry: JournalEntry) -> None:
    # From here to its answer a lead is in doubt. The intent is written before the request goes out, so a kernel that was killed
    # in between leaves doubt about a lead that was never sent, and never a lead sent without a trace.
    for _, fate in _fates(run, entry.data["leads"]):
        fate.stage, fate.said, fate.so_far, fate.words = "doubt", "nothing", NOTED, KILLED
        fate.attempts += 1
        fate.chunk = entry.data["chunk"]
        fate.started_at = fate.started_at or time_of(entry.at)


def _answer(run: Recorded, data: dict[str, Any]) -> None:
    then, no, nothing = data["then"], set(data.get("no", ())), set(data.get("nothing", ()))
    for lead_id, fate in _fates(run, data["leads"]):
        # An outcome stands, whatever answer is noted after it.
        if fate.stage == "settled":
            continue
        # Nothing left this machine, so it was no attempt: with one attempt on record, results would say of the lead that it was
        # sent.
        if data["cause"] in NEVER_OUT:
            _not_tried(fate)
            continue
        fate.http_status = data["status"]
        if then in {NextStep.RESEND.name, NextStep.WAIT.name, NextStep.STOP.name}:
            fate.stage = "not_sent"  # the answer proved that it was not applied
            continue
        fate.stage = "answered"
        if then == NextStep.TAKE.name:
            fate.said = "no" if lead_id in no else "nothing" if lead_id in nothing else "queued" if data.get("queued") else "yes"
            fate.so_far = SAID[fate.said]
        elif then == NextStep.SPLIT.name:
            fate.said, fate.so_far = "no", f"the service refused its whole chunk (status {data['status']})"
        else:
            cause = data["cause"] if data["status"] is None else f"status {data['status']}"
            fate.said, fate.so_far = "nothing", f"no reliable answer came ({cause})"
        fate.words = f"{fate.so_far}, and no outcome was noted then"


def _not_tried(fate: LeadProgress) -> None:
    fate.stage, fate.attempts = "not_sent", fate.attempts - 1
    if not fate.attempts:
        fate.started_at = None


def _outcome(run: Recorded, entry: JournalEntry) -> None:
    at = time_of(entry.at)
    for lead_id, outcome, detail, status, delivery in entry.data["rows"]:
        fate, words = run.fates[lead_id], entry.data["details"][detail]
        if outcome != Outcome.UNKNOWN or not _UNREAD.fullmatch(words):
            fate.unread = None
        elif fate.stage != "settled":
            fate.unread = fate.stage
        fate.stage, fate.finished_at = "settled", at
        fate.outcome, fate.detail = Outcome(outcome), words
        fate.status, fate.delivery = status, delivery
