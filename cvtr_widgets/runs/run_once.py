"""One plan runs once: the plan that a session made, and every plan that was opened from a file of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cvtr_widgets.errors import PlanOutOfDate, RunError
from cvtr_widgets.journal.hash_chain import Item
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.run_lock import owner
from cvtr_widgets.models import RunState, Signature
from cvtr_widgets.plans.make_plan import clock_words
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.runs import journal_records
from cvtr_widgets.runs.options import RunOptions
from cvtr_widgets.runs.replay import Recorded

CANARY = "canary"
"""The source of a run that sent one lead before the others; the rest of its plan may still run."""


def must_not_have_run(journal: Journal, plan: Plan, source: str = "") -> None:
    """Refuse a plan of which this journal has a run; one that was opened from a file also where the plan that was saved has.

    Raises:
        PlanOutOfDate: it was run already.
    """
    mine = (plan.fingerprint, plan.made_at.isoformat())
    saved = None if plan.provenance is None else (plan.provenance.fingerprint, plan.provenance.made_at.isoformat())
    for entry in journal.each(kinds=("run",)):
        theirs = (entry.data.get("fingerprint"), entry.data.get("made_at"))
        if theirs == mine:
            raise PlanOutOfDate("This plan has been run already. Make a new one to see what is left to do.")
        if CANARY in {source, entry.data.get("source")}:
            continue
        same = saved is not None and saved in {theirs, _saved(entry.data)}
        if same or _saved(entry.data) == mine:
            who = entry.data.get("account") or f"user:{entry.data.get('user_id')}"
            raise PlanOutOfDate(
                f"This saved plan has been run already: by {who} at {entry.at[:16].replace('T', ' ')} UTC, run {entry.run}. "
                "Make a new plan to see what is left to do."
            )


def _saved(said: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """Which saved plan a run was a plan of."""
    found = said.get("provenance")
    return None if not found else (found.get("fingerprint"), found.get("made_at"))


def note_begun(
    journal: Journal, run_id: str, plan: Plan, signature: Signature | None, waived: Sequence[str], options: RunOptions,
    clock_offset: float | None,
) -> str:  # fmt: skip
    """Note a run with its plan, in one transaction with the check that the plan was not run, and with ``options.check``; gives
    the journal's head.

    Raises:
        PlanOutOfDate: it was run already, or would exceed a cap. JournalError: it could not be noted.
    """

    def check() -> None:
        must_not_have_run(journal, plan, options.source)
        options.check()

    more: dict[str, Any] = {"source": options.source, "verify": str(options.verify)}
    if clock_words(clock_offset):
        more["clock_offset"] = round(clock_offset or 0.0)  # the times here, a signature's too, are off by so much

    def items() -> Iterator[Item]:
        yield journal_records.opening(plan, signature, keep_comments=options.keep_comments, owner=owner(), **more)
        yield from journal_records.plan_entries(plan)
        yield from _waived(waived)

    return journal.write_many(run_id, items(), check=check)


def note_resumed(
    journal: Journal, run_id: str, recorded: Recorded, waived: Sequence[str], check: Callable[[], None] = lambda: None
) -> str:
    """Note that a run is resumed, in one transaction with the check that nobody else has done so since it was read, and with
    ``check``.

    Raises:
        RunError: somebody has. PlanOutOfDate: it would exceed a cap. JournalError: it could not be noted.
    """

    def unchanged() -> None:
        if any(True for _ in journal.rows(run_id, after=recorded.last)):
            raise RunError(f"Run {run_id} was resumed elsewhere just now. See session.unfinished() for what is left.")
        check()

    return journal.write_many(run_id, [("claim", owner()), *_waived(waived)], check=unchanged)


def note_end(journal: Journal, run_id: str, state: RunState, counts: Mapping[str, int], *, only_checked: bool) -> str:
    """Note that a run has ended; gives the journal's head. ``only_checked``: as ``Run.only_checks``.

    Raises:
        JournalError: it could not be noted.
    """
    end = {"state": str(state), "counts": counts, "own": journal.count(run_id)}
    return journal.write(run_id, "end", {**end, "only_checked": True} if only_checked else end)


def _waived(entries: Sequence[str]) -> list[Item]:
    return [("waived", {"entries": list(entries), "by": "canary=False"})] if entries else []
