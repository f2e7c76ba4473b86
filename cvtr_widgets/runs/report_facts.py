"""The facts that a run's report is made from: taken from the run itself, or from the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.models import Progress, RunState, Signature
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.verify_mode import Verify
from cvtr_widgets.reports.run_facts import RunFacts
from cvtr_widgets.runs.history import recorded_frame, taken
from cvtr_widgets.runs.replay import Recorded, replay

if TYPE_CHECKING:
    import pandas as pd


def facts_of_run(
    run_id: str,
    plan: Plan,
    *,
    finished: bool,
    state: RunState,
    error: BaseException | None,
    progress: Progress,
    results: pd.DataFrame,
    signature: Signature | None,
    verify: Verify,
    journal_head: str,
) -> RunFacts:
    """A run of this process, by what it says of itself; see ``Run``. ``finished`` has to be read first, ``results`` after
    ``progress``, so that the report never says more than its results show.
    """
    unsettled = []
    if not finished:
        unsettled.append(f"It is running now ({state}): {progress.done:,} of {count_of(progress.total)} settled.")
    elif state is RunState.FAILED:
        unsettled.append(f"It broke off ({type(error).__name__}). If it was resumed since, session.report(run_id) knows more.")
    return RunFacts(
        run_id, plan, results, signature, _begun(run_id), str(state), finished, str(verify),
        journal_head, "the run itself, as its session knows it", unsettled,
    )  # fmt: skip


def facts_of_recorded(journal: Journal, run_id: str, *, path: Path | None = None) -> RunFacts:
    """A run of a journal, as far as that has it. ``path``: of the journal beside which the locks of runs lie, if another.

    Raises:
        RunError: there is no such run. JournalError: its entries cannot be read.
    """
    going = taken(path or journal.path, run_id)  # asked first: a run that ends meanwhile is told as one that goes on
    found = replay(journal, run_id)
    whole = journal.verify()
    last = list(journal.rows(run_id, after=found.last - 1))
    finished = found.ended is not None and not going
    state = "running now" if going else found.ended or "not ended"
    head = str(last[0][5]) if last else ""
    return RunFacts(
        run_id, found.plan, recorded_frame(found), found.signature, found.started,
        state, finished, str(found.opening.get("verify", "all")), head,
        "the journal, which does not keep the service's own words" + _unnamed(found),
        _unsettled(found, going=going), whole.problems,
    )  # fmt: skip


def _unnamed(found: Recorded) -> str:
    states = [state for entry in found.plan.entries if (state := entry.alike.state) is not None]
    named = not states or any(state.campaign or state.publisher for state in states)
    return "" if named else "; an older version wrote it, without names of campaigns and publishers"


def _unsettled(found: Recorded, *, going: bool) -> Sequence[str]:
    if going:
        host, pid = found.owner.get("host"), found.owner.get("pid")
        return (f"It is being run now by process {pid} on {host}; the journal may be a second behind.",)
    said = []
    if found.ended is None:
        said.append("It never ended: the program that carried it out was killed, or its machine stopped.")
    elif found.ended == "failed":
        said.append("It broke off.")
    doubt = len(found.at("doubt", "answered"))
    if doubt:
        said.append(f"{count_of(doubt)} may have been changed and were not read back.")
    if found.unfinished:
        said.append(f"It can be resumed: session.resume({found.run_id!r}).")
    return said


def _begun(run_id: str) -> datetime:
    """A run's id begins with the time at which it was made."""
    return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
