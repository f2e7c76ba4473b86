"""What the journal tells about past runs, as frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of, short_name
from cvtr_widgets.frames.described import TEXT, UTC, frame_of
from cvtr_widgets.journal.hash_chain import JournalEntry, time_of
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.ownership import whose
from cvtr_widgets.journal.run_lock import HeldByAnother, RunLock
from cvtr_widgets.models import Action, HashedText, Identity, LeadId, Outcome, Verdict
from cvtr_widgets.plans.plan_entries import job_words
from cvtr_widgets.runs.replay import Recorded, replay, why_not_sent
from cvtr_widgets.runs.results import NOT_KEPT, results_frame, rows_of

if TYPE_CHECKING:
    import pandas as pd

OUTCOME_COLUMNS = tuple(str(o) for o in Outcome)
WHY_FAILED = "the run broke off before it was sent"
HISTORY_COLUMNS = {
    "run_id": TEXT, "started": UTC, "ended": UTC, "state": TEXT, "actions": TEXT, "category": TEXT, "comment": TEXT,
    "integrations": TEXT, "leads": "Int64", **dict.fromkeys(OUTCOME_COLUMNS, "Int64"), "skipped_because": TEXT,
    "signed_by": TEXT, "fingerprint": TEXT, "open": "bool", "origin": TEXT, "account": TEXT, "planned_by": TEXT,
    "policy_exception": TEXT,
}  # fmt: skip
UNFINISHED_COLUMNS = {
    "run_id": TEXT, "started": UTC, "state": TEXT, "actions": TEXT, "settled": "int64", "in_doubt": "int64", "not_sent": "int64",
    "needs_comment": "bool", "owner_pid": "Int64", "owner_since": TEXT, "signed_by": TEXT,
}  # fmt: skip


def history_frame(journal: Journal, *, identity: Identity | None = None) -> pd.DataFrame:
    """Runs, newest first. ``identity``: only runs that are or may be of this account at this address; None = all.

    Index ``run_id`` (text). Columns: ``started ended`` (UTC), ``state`` (text: ``done``, ``cancelled``, ``failed``, or
    ``unfinished`` where the run never came to its end), ``actions`` (text, such as ``Invalid, reason Returned / No budget``),
    ``category comment`` (text, of all its actions; missing where there was none; a comment that the journal has only as a
    hash is ``(not kept)``), ``integrations`` (text: for each job chosen, such as ``CRM (535)``, how many leads were to be sent to
    it, and how many to ``none``; only the ids in journals of older versions; missing where none was chosen), ``leads`` (Int64:
    leads to be sent), ``contradicted unknown refused confirmed accepted skipped not_sent`` (Int64: leads with that outcome;
    missing before the run's end), ``skipped_because`` (text with numbers, by the plan, such as ``not found 3, already so 2``),
    ``signed_by`` (text: the printed name; missing where nobody signed), ``fingerprint`` (text: the plan's), ``open`` (bool:
    something may be left to read or send that ``resume`` may take up), ``origin account`` (text, as in ``Identity``; empty where
    the journal is an older version's, which did not note them: such a run is not ``open`` at a live enterprise, as nobody can
    tell where its leads are), ``planned_by`` (text: the account that made the plan; another one where the plan was opened from a
    file), ``policy_exception`` (text: who made an exception from the policy, why, and for how many leads; else missing).
    """
    return _frame_of(_history(journal, identity))


def _history(journal: Journal, identity: Identity | None) -> list[dict[str, Any]]:
    """The runs of ``history_frame`` in the order in which they began. ``end``: the number of the entry that ended it."""
    runs: dict[str, dict[str, Any]] = {}
    for entry in journal.each(kinds=("run", "claim", "end")):
        row = runs.setdefault(entry.run, {"run_id": entry.run})
        _take(row, entry)
        if entry.kind == "run":
            row["whose"] = "mine" if identity is None else whose(identity, entry.data)
    return [
        _open(row, row["whose"]) for row in runs.values() if "started" in row and (identity is None or row["whose"] != "another")
    ]


def _frame_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return frame_of([{"state": "unfinished", **row} for row in rows], HISTORY_COLUMNS, "run_id").iloc[::-1]


def _open(row: dict[str, Any], whose_run: str) -> dict[str, Any]:
    state = row.get("state")
    if whose_run == "not known":
        return {**row, "open": False}
    return {**row, "open": state in {None, "failed"} or (state != "cancelled" and bool(row.get(str(Outcome.NOT_SENT))))}


def _take(row: dict[str, Any], entry: JournalEntry) -> None:
    data = entry.data
    if entry.kind == "run":
        done = dict.fromkeys(_action_words(action) for action in data.get("actions", []))
        signature = data.get("signature") or {}
        account = data.get("account", "")
        row.update(
            started=time_of(entry.at), actions="; ".join(done), leads=data.get("leads"), **_details(data),
            fingerprint=data.get("fingerprint"), signed_by=signature.get("name"),
            origin=data.get("origin", ""), account=account,
            planned_by=(data.get("provenance") or {}).get("account", account), policy_exception=_exception(data),
        )  # fmt: skip
    elif entry.kind == "claim":
        for name in ("ended", "end", "state", *OUTCOME_COLUMNS):
            row.pop(name, None)
    elif entry.kind == "end":
        row.update(ended=time_of(entry.at), end=entry.number, state=data.get("state"), **data.get("counts", {}))


def _action_words(action: Mapping[str, Any]) -> str:
    """As ``describe`` says it, without what the journal need not have."""
    category = f" / {action['category']}" if action.get("category") else ""
    return short_name(str(action["kind"])) + (f", reason {action['reason']}{category}" if action.get("reason") else "")


def _details(said: Mapping[str, Any]) -> dict[str, str | None]:
    """What the actions of a run held besides their reason, and why the plan left leads out."""
    actions = said.get("actions", [])
    categories = dict.fromkeys(a["category"] for a in actions if a.get("category"))
    comments = dict.fromkeys(a.get("comment") or NOT_KEPT for a in actions if a.get("comment") or a.get("comment_hash"))
    jobs = dict.fromkeys(str(job) for a in actions for job in a.get("integrations") or ())
    names = {int(job): name for job, name in (said.get("integration_names") or {}).items()}
    sent_to = {job_words(int(job), names) if job.isdecimal() else job: n for job, n in (said.get("sent_to") or {}).items()}
    planned = said.get("planned") or {}
    sent = {Verdict.WILL_CHANGE, *([Verdict.CANNOT_TELL] if said.get("include_cannot_tell") else [])}
    left = [(v.label, n) for v in Verdict if v not in sent and (n := planned.get(str(v)))]
    return {
        "category": ", ".join(categories) or None,
        "comment": "; ".join(comments) or None,
        "integrations": ", ".join(f"{job}: {n}" for job, n in sent_to.items()) or ", ".join(jobs) or None,
        "skipped_because": ", ".join(f"{words} {n}" for words, n in left) or None,
    }


def _exception(said: Mapping[str, Any]) -> str | None:
    made = said.get("exception")
    return f"{made['name']}: {made['reason']} ({count_of(len(made['leads']))})" if made else None


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run that has ended: ``ended`` (UTC), ``state`` (``done``, ``cancelled`` or ``failed``), ``actions`` with how many leads
    each was for, ``counts`` of leads by outcome, ``not_sent`` (lead ids) with the actions that they were ``given``.
    """

    run_id: str
    ended: datetime
    state: str
    actions: tuple[tuple[Action, int], ...]
    counts: Mapping[str, int]
    not_sent: tuple[LeadId, ...]
    given: frozenset[Action]


def last_run(journal: Journal, identity: Identity) -> LastRun | None:
    """The run of this account that ended last, unless it may be resumed (``unfinished_frame`` has those); None if there is none.

    Raises:
        JournalError: its entries cannot be read.
    """
    # An older version did not note the address.
    ended = [row for row in _history(journal, identity) if "end" in row and (row["origin"] or identity.world)]
    # By the numbers of entries, not by their times: a clock may have been set back since.
    row = max(ended, key=lambda row: int(row["end"]), default=None)
    if row is None or row["open"]:
        return None
    run_id, about = str(row["run_id"]), _frame_of([row]).iloc[0]
    run = replay(journal, run_id)
    actions = tuple(run.plan.by_group)
    unsent = tuple(run.at("not_sent"))
    groups, wanted = run.plan.groups, set(unsent)
    return LastRun(
        run_id, about["ended"].to_pydatetime(), str(about["state"]), actions,
        {name: int(about[name]) for name in OUTCOME_COLUMNS if about[name] == about[name] and about[name]},
        unsent, frozenset(groups[e.group][0] for e in run.plan.sendable if e.lead_id in wanted),
    )  # fmt: skip


def unfinished_frame(frame: pd.DataFrame, runs: Sequence[Recorded], journal: Path) -> pd.DataFrame:
    """Runs that can be resumed, newest first.

    Index ``run_id`` (text). Columns: ``started`` (UTC), ``state actions`` (text, as in the history),
    ``settled in_doubt not_sent`` (int64: leads), ``needs_comment`` (bool: the comment must be given again), ``owner_pid``
    (Int64: the process that is running it now; else missing), ``owner_since`` (text: ISO time; else empty), ``signed_by`` (text).
    """
    rows = []
    for run in runs:
        about = frame.loc[run.run_id]
        owned = taken(journal, run.run_id)
        unsent = {e.group for e in run.plan.sendable if run.fates[e.lead_id].stage == "not_sent"}
        rows.append({
            "run_id": run.run_id, "started": about["started"], "state": about["state"], "actions": about["actions"],
            "settled": len(run.at("settled")), "in_doubt": len(run.at("doubt", "answered")), "not_sent": len(run.at("not_sent")),
            "needs_comment": any(isinstance(run.plan.groups[g][0].comment, HashedText) for g in unsent),
            "owner_pid": run.owner.get("pid") if owned else None, "owner_since": run.owner_since if owned else "",
            "signed_by": about["signed_by"],
        })  # fmt: skip
    return frame_of(rows, UNFINISHED_COLUMNS, "run_id")


def recorded_frame(run: Recorded) -> pd.DataFrame:
    """Results of a run as far as the journal has them; columns as ``results_frame``."""
    rows = rows_of(run.plan, run.run_id, run.signature, run.fates)
    why = why_not_sent(run.only_checked) if run.ended == "cancelled" else WHY_FAILED if run.ended == "failed" else ""
    for lead_id in run.at("not_sent") if why else ():
        rows[lead_id].end(why)
    return results_frame(list(rows.values()))


def taken(journal: Path, run_id: str) -> bool:
    """Whether somebody carries this run out just now. The lock beside the journal is taken for a moment."""
    try:
        RunLock(journal, run_id).release(done=False)
    except HeldByAnother:
        return True
    return False
