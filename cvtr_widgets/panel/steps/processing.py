"""Step 3, Processing: the plan, its confirmation, the run and the results. No widgets here."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.models import Action, Progress, Verdict
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused, problem_of
from cvtr_widgets.panel.selection.panel_selection import PanelSelection
from cvtr_widgets.panel.steps.first_write import FirstWrite
from cvtr_widgets.panel.steps.leads import LeadsStep
from cvtr_widgets.panel.steps.policy_exceptions import PolicyExceptions
from cvtr_widgets.panel.steps.processing_view import alarms_first, all_results, plan_view, run_view, state_words, what_of
from cvtr_widgets.panel.steps.recorded_results import RecordedResults
from cvtr_widgets.panel.steps.run_changes import sums_of
from cvtr_widgets.panel.steps.shown_run import ShownRun, left_over, runs_words
from cvtr_widgets.panel.steps.type import TypeStep
from cvtr_widgets.panel.steps.undo_rest import Rest, of_failure, rest_of, undoes_words, warnings_beside
from cvtr_widgets.panel.table.cells import PLAN_COLUMNS, RESULT_CELLS, moment
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.returned.returns_file import Returns
from cvtr_widgets.runs.run import Run
from cvtr_widgets.session.canary import CanaryReport

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession


SUMMARY = 100
"""Characters of what a run did beyond which the step's line gives only the number of leads: the rest stands right below it."""


class ProcessingStep:
    """What step 3 knows. Confirmation and signature belong to the plan shown and lapse with it."""

    def __init__(self, session: LeadSession, jobs: Jobs, leads: LeadsStep, kind: TypeStep, changed: Callable[[], None]) -> None:
        self.plan: Plan | None = None
        self.run: Run | None = None
        self.problem: Problem | None = None
        self.confirmed = False
        self.count = ""
        self.signature = ""
        self.lapses = 0
        self.verify = "all"
        self.proven = ""
        self.first = FirstWrite(session, jobs)
        self.exceptions = PolicyExceptions(session, jobs)
        zone = session.client.zone
        self.plan_table = LeadTable(PLAN_COLUMNS, page_size=25, zone=zone)
        self.result_table = LeadTable(RESULT_CELLS, page_size=25, zone=zone)
        self._session = session
        self._jobs = jobs
        self._leads = leads
        self._type = kind
        self._changed = changed
        self._planned: tuple[PanelSelection, Action | None] | None = None
        self._takes_back = ""
        self._way_back: ShownRun | None = None
        self.source: object = None
        self._source_words = ""
        self._make: Callable[..., Plan] | None = None
        self.undo_problem: Problem | None = None
        self.rest: list[Rest] = []
        self._begun = 0.0
        self._firsts: list[Run] = []
        self._results: pd.DataFrame | None = None
        self._sums: list[str] = []
        self._progress: Progress | None = None
        self.recorded: RecordedResults | None = None

    # -- the plan -----------------------------------------------------------------------------------------------------

    def preview(self, *, include: bool = False) -> None:
        """Make the plan of what is selected and entered. Nothing is written. ``include``: also leads whose state the service
        does not tell.
        """
        action, picked = self._type.action(), self._leads.picked
        if action is None or self._type.blockers() or self.running:
            return
        self._make_way()

        def work(job: Job, tell: Callable[[int, int | None], None]) -> Plan:
            return self._session.plan(action, picked.for_plan, include_cannot_tell=include, on_progress=tell, cancel=job.cancel)

        def done(plan: Plan) -> None:
            self._take(plan)
            # What was selected and entered when the preview began, not what is there now: a change made meanwhile makes the plan
            # stale.
            self._planned = (picked, action)

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem = problem

        self._jobs.start("plan", f"Reading {count_of(len(picked))} for the preview", work, done, failed)

    def preview_made(self, make: Callable[..., Plan], source: object, words: str, *, include: bool = False) -> None:
        """Show the plan that ``make`` (called as ``session.plan``) makes of something else than steps 1 and 2, such as a returns
        file; ``words`` name it.
        """
        if self.running:
            raise Refused("A run is in progress. Wait until it ends, or stop it.")
        self._make_way()
        self.source, self._source_words, self._make = source, words, make

        def work(job: Job, tell: Callable[[int, int | None], None]) -> Plan:
            return make(include_cannot_tell=include, on_progress=tell, cancel=job.cancel)

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem = problem

        self._jobs.start("plan", "Reading leads for the preview", work, self._take, failed)

    def show_made(self, plan: Plan, source: object, words: str) -> None:
        """Show a plan that was made of something else than steps 1 and 2, such as a plan file."""
        self._make_way()
        self.source, self._source_words = source, words
        self._take(plan)

    def show_undo(self, plan: Plan) -> None:
        """Show a plan that takes runs back which were chosen in step 1."""
        self._make_way()
        self._take(plan)
        self.source, self._takes_back = plan, runs_words(plan.undoes)
        self.rest = rest_of(plan.left_out)

    def _take(self, plan: Plan) -> None:
        """Show a plan, and the one lead that its first write goes to where an action is not proven here."""
        self.plan = plan
        self.plan_table.set_frame(plan.frame)
        self.first.look(plan)
        self.exceptions.look(plan)

    def except_from_policy(self, name: str, reason: str, fingerprint: str) -> None:
        """Send also what the policy stops, by a named person's exception: a new plan, which has to be confirmed again."""
        if self.run is not None:
            raise Refused("This plan has been run, so no exception can be made for it any more.")

        def done(plan: Plan) -> None:
            self.lapse()
            self._take(plan)

        self.exceptions.make(name, reason, fingerprint, self.stale, done)

    def send_first(self, fingerprint: str) -> None:
        """Send the first write, to the one lead shown; where it is as intended, the plan for the others is shown."""
        if self.stale:
            raise Refused(self.stale)

        def done(report: CanaryReport) -> None:
            self.lapse()
            self._leads.outdated = bool(self._leads.as_of)
            if not report.ok:
                return
            if report.rest.will_change:
                if report.run is not None:
                    self._firsts.append(report.run)
                self.plan = report.rest
                self.plan_table.set_frame(report.rest.frame)
                self.proven = f"Lead {report.lead_id} is as intended. {report.advice.partition(' The other')[0]}"
                self.first.look(report.rest)
                self.exceptions.look(report.rest)
            else:
                self.run = report.run

        self.first.send(fingerprint, self.signature, done)

    def plan_undo(self, by: str = "run", *, nearest: bool = False) -> None:
        """Plan to take the run shown back, as far as possible; nothing is written. ``by``: with all runs of its ``day``, its
        ``week`` or its ``person`` (who signed it, else this login). ``nearest``: also leads that do not come back exactly.
        """
        run, firsts = self.run, list(self._firsts)
        if run is None or not run.finished:
            raise Refused("No finished run is shown, so there is nothing to undo.")

        def work(job: Job, tell: Callable[[int, int | None], None]) -> Plan:
            if by == "run":
                return self._session.plan_undo([*firsts, run], nearest=nearest, on_progress=tell, cancel=job.cancel)
            # The day and the signer as the journal has them: they are what plan_undo looks for.
            about = self._session.history().loc[run.id]
            day = about["started"].tz_convert(self._session.client.zone).date()
            signed = about["signed_by"]  # NaN where this run was not signed and another one was
            person = signed if isinstance(signed, str) and signed else about["account"]
            which = {"person": person} if by == "person" else {by: day}
            return self._session.plan_undo(**which, nearest=nearest, on_progress=tell, cancel=job.cancel)

        self.undo_problem = None

        def done(plan: Plan) -> None:
            self._make_way()
            self._take(plan)
            self._planned, self._takes_back = (self._leads.picked, self._type.action()), runs_words(plan.undoes)
            self.rest = rest_of(plan.left_out)

        def failed(problem: Problem, error: BaseException) -> None:
            self.undo_problem, self.rest = of_failure(problem, error)

        self._jobs.start(
            "plan", "Reading the leads of that run" if by == "run" else "Reading the leads of those runs", work, done, failed
        )

    def back_to_results(self) -> None:
        """From a plan to the results that were shown before it. The plan is dropped; nothing was sent."""
        if self._way_back is None or self.run is not None:
            raise Refused("There are no results to go back to.")
        back = self._way_back
        self.forget()
        self.plan, self.run, self._firsts, self.source, self._planned = back.run.plan, *back
        self._show_results(back.run)  # they were absorbed when the run ended: nothing has become outdated since

    def leave(self) -> None:
        """Other leads are selected: a plan is dropped, and results stay for whoever comes back to this step."""
        if self._way_back is not None and self.run is None:
            self.back_to_results()
        elif self.run is None:
            self.forget()

    def _make_way(self) -> None:
        """As ``forget``, but with a way back to the results that are shown, or were before the plan that is."""
        run, back = self.run, self._way_back
        if run is not None and run.finished:
            back = ShownRun(run, self._firsts, self.source, self._planned)
        self.forget()
        self._way_back = back

    def show_run(self, run: Run) -> None:
        """Show a run that goes on, with the plan that it was begun under."""
        self.forget()
        self.plan, self.run = run.plan, run
        self._begun = time.monotonic()
        self.plan_table.set_frame(run.plan.frame)

    def watch(self, run_id: str, results: pd.DataFrame, *, finished: bool) -> None:
        """Show what the journal has just now of a run that is not this panel's. Nothing can be done to it here. ``finished``:
        nobody carries it out now.
        """
        self._make_way()
        self.recorded = RecordedResults(run_id, results, datetime.now(self._session.client.zone), finished)
        self.result_table.set_frame(alarms_first(results, finished=finished))

    def pause(self, *, on: bool) -> None:
        """Hold the run by hand, or let it go on."""
        run = self._under_way()
        (run.pause if on else run.go_on)()

    def _under_way(self) -> Run:
        if self.run is None or self.run.finished:
            raise Refused("The run has already ended.")
        return self.run

    def forget(self) -> None:
        """Neither a plan nor a run is shown any more; what was typed for them is gone with them."""
        # A preview that is still being read must not show its plan after this.
        self._jobs.drop("plan")
        self.plan, self._planned, self.problem, self.proven, self.verify = None, None, None, "", "all"
        self.first.look(None)
        self.exceptions.look(None)
        self.run, self._results, self._progress = None, None, None
        self._firsts, self._takes_back, self.recorded = [], "", None
        self._way_back, self.undo_problem, self.rest = None, None, []
        self.source, self._source_words, self._make = None, "", None
        self.lapse()
        for table in (self.plan_table, self.result_table):
            table.only("verdict", ())
            table.only("outcome", ())
            table.set_frame(None)

    def lapse(self) -> None:
        """Confirmation, number and signature are worth nothing any more. ``lapses`` counts how often typed text lapsed."""
        self.lapses += bool(self.count or self.signature)
        self.confirmed, self.count, self.signature = False, "", ""
        self.first.disagree()

    def lapse_if_stale(self) -> bool:
        """Let them lapse once selection or action are others than the plan's, even if they are changed back later.

        Gives whether there was anything to lapse.
        """
        if not self.stale or not (self.confirmed or self.count or self.signature or self.first.agreed):
            return False
        self.lapse()
        return True

    def include(self, *, on: bool) -> None:
        """Whether leads whose state the service does not tell are sent too; makes another plan."""
        plan = self.plan
        if plan is None or self._takes_back or self.run is not None or on == plan.include_cannot_tell:
            return
        if self._make is not None:
            self.preview_made(self._make, self.source, self._source_words, include=on)
        elif self.source is None:
            self.preview(include=on)

    @property
    def stale(self) -> str:
        """Why the plan shown is no longer what is entered; empty while it is."""
        if self.run is not None or not (changed := self._what_has_changed()):
            return ""
        undoes = " This preview shows what is selected and entered now. It undoes nothing." if self._takes_back else ""
        return f"The {changed} has changed since this plan was made. Preview again.{undoes}"

    def _what_has_changed(self) -> str:
        """``selection`` or ``action``, where it is no longer what the plan or run shown was made of."""
        if self._planned is None:
            return ""
        picked, action = self._planned
        # By ids and not by identity alone: selecting the same leads in another way leaves the plan valid.
        if self._leads.picked is not picked and self._leads.picked.ids != picked.ids:
            return "selection"
        return "" if self._type.action() == action else "action"

    # -- the run ------------------------------------------------------------------------------------------------------

    def blockers(self) -> tuple[str, ...]:
        """Why the plan cannot be carried out now."""
        plan = self.plan
        if plan is None:
            return ("Make a preview first.",)
        if self.run is not None:
            return ("This plan has been run.",)
        if self.stale:
            return (self.stale,)
        if self.first.waiting:
            return ("The first write of this action here goes to one lead: see above.",)
        if not plan.will_change:
            return ("No lead would change, so there is nothing to do.",)
        said = []
        if plan.needs_signature and not self.signature.strip():
            said.append("Sign with your printed name.")
        if plan.needs_count and self.count.strip().replace(",", "") != str(plan.will_change):
            said.append(f"Type the number of leads that will be deleted: {plan.will_change}.")
        if plan.needs_tick and not self.confirmed:
            said.append("Tick the box to confirm.")
        return tuple(said)

    def start(self, fingerprint: str) -> None:
        """Carry the plan out. ``fingerprint`` is that of the plan which the user saw when pressing the button."""
        plan = self.plan
        # The plan may have been replaced while the press was on its way: what the user did not see is not sent.
        if plan is None or plan.fingerprint != fingerprint:
            self.problem = Problem("The plan on the screen was out of date, so nothing was sent. Check it again.")
            return
        if why := self.blockers():
            raise Refused(" ".join(why))
        self.problem = None
        confirm: bool | int = plan.will_change if plan.needs_count else True
        signature = self.signature if self.signature.strip() else None
        self._begun = time.monotonic()
        try:
            self.run = self._session.start(
                plan, confirm=confirm, signature=signature, verify=self.verify, on_progress=self.heard, source="panel"
            )
        except Exception as error:  # noqa: BLE001  the border to the page: every error is shown there with its way out
            self.problem = problem_of(error)
        self.lapse()

    def heard(self, progress: Progress) -> None:
        """From the run's threads, which must not wait for us."""
        self._progress = progress
        self._changed()

    def look(self) -> None:
        """See how far the run is now, also while it has nothing to tell: time passes."""
        run = self.run
        if run is not None and not run.finished:
            self._progress = run.progress

    def absorb(self) -> list[pd.DataFrame]:
        """Take over the results of a run that has ended; gives them once."""
        # Made once: putting together the results of 100,000 leads with each view would hold the panel up.
        if self.run is None or not self.run.finished or self._results is not None:
            return []
        self._leads.outdated = bool(self._leads.as_of)  # where no leads are shown, those to come are read after the run
        return [self._show_results(self.run)]

    def _show_results(self, run: Run) -> pd.DataFrame:
        """The results of the run shown, which has ended."""
        self._progress = run.progress
        runs = [*self._firsts, run]
        self._results = all_results(runs)
        self._sums = sums_of(self._results, runs)
        self.result_table.set_frame(alarms_first(self._results))
        return self._results

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self.run is not None and not self.run.finished

    def cancel(self) -> None:
        """Stop the preview, or the run after the chunks in flight."""
        if self._jobs.get("plan") is not None:
            self._jobs.stop("plan")
        else:
            self._under_way().cancel()
            self.look()  # what is told of it counts from now

    @property
    def results(self) -> pd.DataFrame | None:
        """The results of the run shown."""
        if self._results is not None or self.run is None:
            return self._results
        return all_results([*self._firsts, self.run])

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """The step in a line."""
        if self.run is not None:
            what = what_of(self.run, self._firsts)
            short = what if len(what) < SUMMARY else count_of(len(self.run.plan.sendable) + len(self._firsts))
            return f"run {self.run.id} · {state_words(self.run)} · {short}"
        if self.recorded is not None:
            return f"run {self.recorded.run_id}"
        if self.plan is None:
            return ""
        return ("undo · " if self._takes_back else "") + f"plan {self.plan.short} · {self._sent_so_far}"

    @property
    def _sent_so_far(self) -> str:
        """What has been sent of the plan shown, which is nothing or its first write."""
        first = bool(self._firsts) or self.first.sent
        return "one lead was written first, nothing else has been sent" if first else "nothing has been sent"

    def view(self) -> dict[str, Any]:
        """All of step 3 but its rows, as JSON values; typed text is not in it."""
        job = self._jobs.get("plan")
        return {
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "undo_problem": None if self.undo_problem is None else self.undo_problem.message(),
            "plan": None if self.plan is None else self._plan_view(self.plan),
            "rest": [one.message() for one in self.rest],
            "stale": self.stale,
            "first": self.first.view(self.signature, self.stale) if self.first.waiting and self.run is None else None,
            "exception": self.exceptions.view() if self.run is None else None,
            "proven": self.proven,
            "blockers": list(self.blockers()),
            "confirmed": self.confirmed,
            "running": self.running,
            "watched": "" if self.recorded is None else self.recorded.run_id,
            "watching": "" if self.recorded is None else self.recorded.words,
            "look_again": self.recorded is not None,
            "recorded": None if self.recorded is None else self.recorded.view(self._outcomes_shown()),
            "run": None if self.run is None else self._run_view(self.run),
            "answerable": isinstance(self.source, Returns) and self._results is not None,
            "summary": self.summary,
            "of_steps": self._is_of_steps,
            "to_results": self._way_back is not None and self.run is None,
        }

    @property
    def _is_of_steps(self) -> bool:
        """Whether what is shown is of what steps 1 and 2 show."""
        if self.plan is None and self.recorded is None:
            return True
        ended = self.run is not None and self.run.finished
        return self._planned is not None and not self._takes_back and not (ended and self._what_has_changed())

    def _outcomes_shown(self) -> list[str]:
        return sorted(self.result_table.message()["filters"].get("outcome", []))

    def _plan_view(self, plan: Plan) -> dict[str, Any]:
        read_at = moment(plan.read_at, self._session.client.zone)
        shown = sorted(self.plan_table.message()["filters"].get("verdict", []))
        run, words = self._takes_back, self._source_words
        view = plan_view(plan, self.verify, read_at, shown)
        if self.rest:  # they stand above it, each with a button
            view["warnings"] = warnings_beside(view["warnings"])
        return {
            **view,
            "sent": self._sent_so_far,
            "undoes": undoes_words(run, plan.will_change, self.rest),
            "back": self._made_in,
            "takes_back": f"This plan undoes {run}, whatever steps 1 and 2 show." if run else "",
            "made_of": f"This is the plan of the {words}, whatever steps 1 and 2 show." if words else "",
            "signable": plan.needs_signature or self.source is not None,
            "cannot_tell": 0 if run or (words and self._make is None) else plan.counts[str(Verdict.CANNOT_TELL)],
        }

    @property
    def _made_in(self) -> str:
        """Where the plan shown was made: in step ``1`` or ``2``, or beside the ``results`` that it takes back."""
        if self._takes_back and self.source is None:
            return "results"
        return "1" if self._takes_back or self._source_words else "2"

    def _run_view(self, run: Run) -> dict[str, Any]:
        progress, shown = self._progress or run.progress, self._outcomes_shown()
        view = run_view(run, self._firsts, progress, len(left_over(run)), shown, self._results, self._sums)
        gone = int(time.monotonic() - self._begun)
        return {**view, "line": f"{view['line']} · {gone} s so far"} if gone and not (run.finished or run.paused) else view
