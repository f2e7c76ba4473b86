"""Taking earlier runs back from step 1: which runs, days, weeks and persons there are, and one plan for those chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused
from cvtr_widgets.panel.steps.processing import ProcessingStep
from cvtr_widgets.panel.steps.undo_rest import Rest, of_failure
from cvtr_widgets.panel.table.cells import moment, plain
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.ways_back import TAKEN

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession

MOST = {"week": 8, "day": 14, "person": 20, "run": 30}
"""How many of each are offered, the newest first."""


class PastUndo:
    """Earlier runs that can be chosen; nothing before they are asked for."""

    def __init__(self, session: LeadSession, jobs: Jobs, processing: ProcessingStep, shown: Callable[[], None]) -> None:
        """``shown`` is called when the plan that takes them back is there to be looked at."""
        self.problem: Problem | None = None
        self.rest: list[Rest] = []
        self._session, self._jobs, self._processing, self._shown = session, jobs, processing, shown
        self._offered: list[tuple[str, str, str]] | None = None

    def look(self) -> None:
        """Read from the journal which runs there are."""

        def work(_job: Job, _tell: Callable[[int, int | None], None]) -> list[tuple[str, str, str]]:
            return _choices(self._session.history(), self._session.client.zone)

        def done(found: list[tuple[str, str, str]]) -> None:
            self._offered = found

        self.problem, self.rest = None, []
        self._jobs.start("past undo", "Looking for earlier runs", work, done, self._failed)

    def plan(self, which: str, *, nearest: bool) -> None:
        """Plan to take them back; nothing is sent. ``which``: as ``view`` offers it; ``nearest``: as in ``session.plan_undo``."""
        chosen = next(((by, value) for by, value, _ in self._offered or () if f"{by}:{value}" == which), None)
        if chosen is None:
            raise Refused("These runs are no longer in the list. Open the list again.")
        if self._processing.running:
            raise Refused("A run is in progress. Wait until it ends, or stop it in step 3.")
        by, value = chosen

        def work(job: Job, tell: Callable[[int, int | None], None]) -> Plan:
            given: dict[str, Any] = {by: value}
            return self._session.plan_undo(**given, nearest=nearest, on_progress=tell, cancel=job.cancel)

        def done(plan: Plan) -> None:
            self._processing.show_undo(plan)
            self._shown()

        self.problem, self.rest = None, []
        self._jobs.start("past undo", "Reading the leads of these runs", work, done, self._failed)

    def stop(self) -> None:
        """Stop reading."""
        self._jobs.stop("past undo")

    def _failed(self, problem: Problem, error: BaseException) -> None:
        self.problem, self.rest = of_failure(problem, error)

    def view(self) -> dict[str, Any]:
        """As JSON values."""
        job = self._jobs.get("past undo")
        offered = self._offered or ()
        return {
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "rest": [one.message() for one in self.rest],
            "none": "No run of yours that has ended has changed a lead, as far as this journal knows."
            if self._offered == []
            else "",
            "choices": [[f"{by}:{value}", text] for by, value, text in offered],
        }


def _choices(history: pd.DataFrame, zone: tzinfo) -> list[tuple[str, str, str]]:
    """(by, which, words) of what can be chosen among runs that have ended and sent something: weeks, days, persons, runs."""
    sent = history[[name for name in sorted(TAKEN) if name in history.columns]].fillna(0).sum(axis=1).astype(int)
    runs = history[(sent > 0) & (history["state"] != "unfinished")]
    sent = sent[runs.index]
    started = runs["started"].dt.tz_convert(zone)
    day = started.dt.strftime("%Y-%m-%d")
    # %G and not %Y: the ISO week of 1 January may belong to the year before.
    week = started.dt.strftime("%G-W%V")
    found = [("week", w, f"Week {w}: {_size(sent[week == w])}") for w in _newest(week, "week")]
    found += [("day", d, f"Day {d}: {_size(sent[day == d])}") for d in _newest(day, "day")]
    found += [("person", p, f"By {plain(p, 60)}: {_size(sent[of])}") for p, of in _persons(runs).items()]
    for about in runs.head(MOST["run"]).reset_index().to_dict("records"):
        run_id = str(about["run_id"])
        words = f"Run {moment(about['started'], zone)}, {plain(str(about['actions']), 80)}"
        found.append(("run", run_id, f"{words}: {_leads(sent[run_id])}"))
    return found


def _persons(runs: pd.DataFrame) -> dict[str, pd.Series]:
    """Who signed, ran or planned runs, and which these are: as ``session.plan_undo(person=...)`` takes it."""
    said = runs[["signed_by", "account", "planned_by"]].fillna("").astype(str)
    names = _newest((name for row in said.itertuples(index=False) for name in row if name), "person")
    return {name: said.apply(lambda column, name=name: column.str.casefold() == name.casefold()).any(axis=1) for name in names}


def _newest(values: Iterable[str], by: str) -> list[str]:
    return list(dict.fromkeys(values))[: MOST[by]]


def _size(sent: pd.Series) -> str:
    if len(sent) == 1:
        return f"1 run, {_leads(sent.sum())}"
    # The journal's summaries do not tell which leads several runs share, and these are planned once.
    return f"{len(sent):,} runs, {_leads(sent.sum())} (a lead counts once for each run)"


def _leads(number: Any) -> str:
    return f"{count_of(int(number))} sent"
