"""Runs that were broken off (a killed kernel, a lost network): offered when the panel opens, to resume or to settle. And what an
earlier kernel's last run left undone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cvtr_widgets import settings
from cvtr_widgets.actions.catalogue import count_of, describe
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.models import FAILED_OUTCOMES, Outcome, Progress
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused, problem_of
from cvtr_widgets.panel.table.cells import clock, moment, plain
from cvtr_widgets.panel.visitor_words import for_reader
from cvtr_widgets.runs.history import LastRun
from cvtr_widgets.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession

RUNS_SHOWN = 5
RECENT = timedelta(hours=24)
"""How long ago a run may have ended for its leads that did not go through to be shown without being asked for."""
JUST_NOW = timedelta(hours=1)
"""How long a run that went through is shown to a kernel that did not see it end, such as one that was restarted meanwhile."""
ENDED = {"cancelled": "was cancelled", "failed": "broke off"}


def is_news(last: LastRun, now: datetime, *, own: bool) -> bool:
    """Whether a run has to be told of that nobody may have seen end. ``own``: it is one of this kernel, whose panel has shown it;
    after that only what it has not sent can be lost from sight.
    """
    if own:
        return bool(last.not_sent)
    age = now - last.ended
    return age < JUST_NOW or (age < RECENT and any(last.counts.get(str(o)) for o in FAILED_OUTCOMES))


class PastRuns:
    """Unfinished runs of this account. ``resume`` gives the run that goes on."""

    def __init__(self, session: LeadSession, jobs: Jobs) -> None:
        self.problem: Problem | None = None
        self.notes: list[str] = []
        self.looked = False
        self._session = session
        self._jobs = jobs
        self._found: list[dict[str, Any]] = []
        self._ended: list[dict[str, Any]] = []
        self._last: LastRun | None = None
        self._hidden: set[str] = set()
        self._zone = session.client.zone

    def look(self) -> None:
        """Read the journal for runs that never came to their end."""

        def work(_job: Job, _tell: Any) -> tuple[pd.DataFrame, pd.DataFrame | None, LastRun | None, list[str]]:
            limits = self._session.client.limit_note
            # A visitor of a page has no cells to ask for a history, so the page itself shows runs that have ended.
            ended, last = (self._session.history(), None) if settings.under_voila() else (None, self._session.last_run())
            return self._session.unfinished(), ended, last, [*self._session.journal_notes, *([limits] if limits else [])]

        def done(found: tuple[pd.DataFrame, pd.DataFrame | None, LastRun | None, list[str]]) -> None:
            frame, ended, last, self.notes = found
            self.looked = True
            own = last is not None and last.run_id in self._session.runs
            self._last = last if last is not None and is_news(last, datetime.now(UTC), own=own) else None
            rows: list[Any] = frame.reset_index().to_dict("records")
            self._found = [self._row(str(row["run_id"]), row) for row in rows]
            if ended is not None:
                ended = ended[ended["ended"].notna() & ~ended.index.isin(frame.index)].head(RUNS_SHOWN)
                self._ended = [self._ended_row(str(row["run_id"]), row) for row in ended.reset_index().to_dict("records")]

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem, self.looked = problem, True

        self._jobs.start("past", "Looking for unfinished runs", work, done, failed)

    def hide(self, what: str) -> None:
        """Show it no longer in this kernel: a run by its id, or ``notes``."""
        self._hidden.add(what)

    def not_sent(self, run_id: str) -> LastRun:
        """The last run, to go on with those of its leads that were not sent."""
        if self._last is None or self._last.run_id != run_id:
            raise Refused("This run is no longer shown. Look at what is shown now.")
        return self._last

    def _last_row(self, last: LastRun) -> dict[str, Any]:
        what = "; ".join(f"{plain(describe(action), 120)}: {count_of(n)}" for action, n in last.actions)
        counts = ", ".join(f"{last.counts[str(o)]:,} {o.label}" for o in Outcome if last.counts.get(str(o)))
        ended = ENDED.get(last.state, "ended")
        return {
            "id": last.run_id,
            "text": f"Your last run ({what}) {ended} at {clock(last.ended.isoformat(), self._zone)}: {counts}.",
            "go_on": f"Continue with the {len(last.not_sent):,} not sent" if last.not_sent else "",
        }

    def _row(self, lead_id: str, row: dict[str, Any]) -> dict[str, Any]:
        counts = [(row["settled"], "settled"), (row["in_doubt"], "in doubt"), (row["not_sent"], "not sent")]
        taken = str(row["owner_pid"]).isdigit()
        as_of = f"Numbers as of {datetime.now(self._zone):%H:%M:%S}."
        since = clock(str(row["owner_since"]), self._zone) if taken else ""
        return {
            "id": lead_id,
            "text": f"{moment(row['started'], self._zone)}: {plain(str(row['actions']), 120)}",
            "counts": ", ".join(f"{n:,} {word}" for n, word in counts if n),
            "not_sent": int(row["not_sent"]),
            "doubt": bool(row["in_doubt"]),
            "go_on": f"Resume with {count_of(int(row['not_sent']))}",
            "needs_comment": bool(row["needs_comment"]),
            "carried": f"Process {row['owner_pid']} is running it. Start over to leave this view." if taken else "",
            "taken": f"Process {row['owner_pid']} has been running it since {since}; you can watch it here. {as_of}"
            if taken
            else "",
        }

    def _ended_row(self, lead_id: str, row: dict[Any, Any]) -> dict[str, Any]:
        """A visitor of a page has no ``session.history()``."""
        counts = [(row[str(o)], o.label) for o in Outcome]
        return {
            "id": lead_id,
            "text": f"{moment(row['started'], self._zone)}: {plain(str(row['actions']), 120)}",
            "counts": ", ".join(f"{int(n):,} {words}" for n, words in counts if n == n and n),  # noqa: PLR0124  NaN, NA
            "ended": f"It ended {moment(row['ended'], self._zone)}.",
        }

    def resume(self, run_id: str, comment: str, listener: Callable[[Progress], None], *, send: bool) -> Run | None:
        """Resume a run under its own plan, confirmation and signature; None where that is not possible (``problem``)."""
        self.problem = None
        if run_id not in {row["id"] for row in self._found}:
            self.problem = Problem("This run is no longer in the list. Check the list again.")
            return None
        try:
            run = self._session.resume(run_id, comment=comment, send=send, wait=False, on_progress=listener, source="panel")
        except CvtrError as error:
            self.problem = problem_of(error)
            # Perhaps another kernel has taken the run over: the list is read again.
            self.look()
            return None
        self._found = [row for row in self._found if row["id"] != run_id]
        return run

    def recorded(self, run_id: str) -> pd.DataFrame | None:
        """What the journal has of a run that somebody else carries out."""
        try:
            return self._session.recorded(run_id)
        except CvtrError as error:
            self.problem = problem_of(error)
            return None

    def is_taken(self, run_id: str) -> bool:
        """Whether somebody carried the run out at the last look."""
        return any(row["id"] == run_id and row["taken"] for row in self._found)

    def has_ended(self, run_id: str) -> bool:
        """Whether nothing was left of the run to do, as of the last look."""
        return not any(row["id"] == run_id for row in self._found)

    def about(self, run_id: str) -> str:
        """Whether somebody carries the run out, as of the last look."""
        if self.has_ended(run_id):
            return "It has ended. Start over to leave this view."
        return (
            next(row["carried"] for row in self._found if row["id"] == run_id)
            or "Nothing is running it now. Start over to resume it."
        )

    def view(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "looked": self.looked,
            "heading": "Your runs" if self._ended else "Unfinished runs",
            "runs": [*self._found[:RUNS_SHOWN], *self._ended],
            "more": max(0, len(self._found) - RUNS_SHOWN),
            "more_are_in": "" if settings.under_voila() else ": session.unfinished()",
            "problem": None if self.problem is None else self.problem.message(),
            "notes": [] if "notes" in self._hidden else [plain(for_reader(note), 400) for note in self.notes],
            "last": None if self._last is None or self._last.run_id in self._hidden else self._last_row(self._last),
        }
