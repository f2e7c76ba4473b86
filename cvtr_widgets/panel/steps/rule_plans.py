"""Rule files in the panel: opened, shown in words, and always made into a plan that is looked at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused, problem_of
from cvtr_widgets.panel.steps.processing import ProcessingStep
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.session.rule_file import Rule, rule_in

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession


class RulePlans:
    """The rule file that is open, if one is. ``problem``: why it could not be opened, or gives no plan."""

    def __init__(self, session: LeadSession, jobs: Jobs, processing: ProcessingStep, shown: Callable[[], None]) -> None:
        """``shown`` is called when the plan of a rule is there to be looked at."""
        self.problem: Problem | None = None
        self.rule: Rule | None = None
        self._session, self._jobs, self._processing, self._shown = session, jobs, processing, shown

    def read(self, name: str, content: bytes) -> None:
        """Open a rule file that the page sent."""
        self._must_be_free()
        self.problem, self.rule = None, None
        try:
            rule = rule_in(content, name)
        except Exception as error:  # noqa: BLE001  the border to the page: shown there
            self.problem = problem_of(error)
        else:
            self.open(rule)

    def _must_be_free(self) -> None:
        if self._processing.running:
            raise Refused("A run is in progress. Wait until it ends, or stop it in step 3; then open the rule.")

    def open(self, rule: Rule) -> None:
        """Plan what a rule says for the leads that match now. Nothing is sent."""
        self._must_be_free()
        self.problem, self.rule = None, rule

        def work(job: Job, tell: Callable[[int, int | None], None]) -> Plan | None:
            return self._session.plan_rule(rule, on_progress=tell, cancel=job.cancel)

        def done(plan: Plan | None) -> None:
            if plan is None:
                self.problem = Problem("No lead matches this rule now, so there is nothing to plan.")
                return
            self._processing.show_made(plan, rule, f"rule file {plain(rule.name, 80)}")
            self._shown()

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem = problem

        self._jobs.start("open rule", "Reading the leads that match the rule", work, done, failed)

    def stop(self) -> None:
        """Stop reading."""
        self._jobs.stop("open rule")

    def view(self) -> dict[str, Any]:
        """As JSON values."""
        job = self._jobs.get("open rule")
        is_open = self.rule is not None and self._processing.source is self.rule
        rule = self.rule if is_open or job is not None or self.problem is not None else None
        return {
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "name": "" if rule is None else plain(rule.name, 200),
            "why": "" if rule is None else plain(rule.why, 600),
            "says": [] if rule is None else [f"{name}: {plain(text, 600)}" for name, text in rule.parts],
            "open": is_open,
        }
