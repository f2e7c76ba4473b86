"""Plans between people, in the panel: a plan file opened, checked again, shown, sent back; a plan saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import PlanError
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused, problem_of
from cvtr_widgets.panel.steps.processing import ProcessingStep
from cvtr_widgets.panel.table.cells import moment, plain
from cvtr_widgets.plans.plan_file import PlanFile, held_in
from cvtr_widgets.plans.plan_file_writer import saved
from cvtr_widgets.session.opened_plan import Difference, OpenedPlan

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession

MOST = 200
"""Differences that are shown; how many there are besides is said."""


class SharedPlans:
    """The plan file that is open, if one is. ``problem``: why the last one could not be opened."""

    def __init__(self, session: LeadSession, jobs: Jobs, processing: ProcessingStep, shown: Callable[[], None]) -> None:
        """``shown`` is called when the plan of a file is there to be looked at."""
        self.problem: Problem | None = None
        self._session, self._jobs, self._processing, self._shown = session, jobs, processing, shown
        self._held: PlanFile | None = None
        self._include = False

    @property
    def opened(self) -> OpenedPlan | None:
        """The plan file whose plan, or run, is shown in step 3."""
        source = self._processing.source
        return source if isinstance(source, OpenedPlan) else None

    def read(self, name: str, content: bytes) -> None:
        """Open a plan file. Every lead of it is read again; nothing is sent."""
        if self._processing.running:
            raise Refused("A run is in progress. Wait until it ends, or stop it in step 3; then open the plan.")
        self.problem, self._held = None, None
        try:
            self._held = held_in(content, name)
        except Exception as error:  # noqa: BLE001  the border to the page: shown there
            self.problem = problem_of(error)
        else:
            self._check(include=False)

    def refused(self, why: str) -> None:
        """A file did not arrive."""
        self.problem = Problem(why)

    def include(self, *, on: bool) -> None:
        """Whether leads that are not as they were are sent as they are now; makes another plan."""
        if self.opened is None or self._processing.run is not None:
            raise Refused("No plan file is open any more, so nothing was changed. Open it again.")
        if on != self._include:
            self._check(include=on)

    def _check(self, *, include: bool) -> None:
        held = self._held
        if held is None:
            return

        def work(job: Job, tell: Callable[[int, int | None], None]) -> OpenedPlan:
            return self._session.open_held_plan(held, include_changed=include, on_progress=tell, cancel=job.cancel)

        def done(opened: OpenedPlan) -> None:
            self._include = include
            self._processing.show_made(opened.plan, opened, "plan file")
            self._shown()

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem = problem

        self._jobs.start("open plan", "Reading the leads of the plan", work, done, failed)

    def stop(self) -> None:
        """Stop opening."""
        self._jobs.stop("open plan")

    def send_back(self, remark: str) -> tuple[bytes, str]:
        """The plan as its maker saved it, with a remark: the content of a file, and its name.

        Raises:
            PlanError: no plan file is open, or the remark is empty.
        """
        if self.opened is None:
            raise PlanError("No plan file is open any more. Open it again.")
        return self.opened.with_remark(remark), f"plan-{self.opened.plan.short}-sent-back.cvtr-plan"

    def save(self, why: str, fingerprint: str) -> tuple[bytes, str]:
        """The plan shown, as the content of a file, and its name. ``fingerprint``: that of the plan which the user saw.

        Raises:
            PlanError: it is not shown any more, or ``why`` is empty.
        """
        plan = self._processing.plan
        if plan is None or plan.fingerprint != fingerprint or self._processing.stale:
            raise PlanError("The plan on the screen was out of date, so nothing was saved. Check it again.")
        return saved(plan, why), f"plan-{plan.short}.cvtr-plan"

    def view(self) -> dict[str, Any]:
        """As JSON values."""
        job, opened = self._jobs.get("open plan"), self.opened
        changed = () if opened is None else opened.changed
        zone = self._session.client.zone
        return {
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "open": opened is not None,
            "made": _made_words(opened, zone),
            "remarks": [
                f"Sent back by {plain(one.account, 80)} {moment(one.at, zone)}: {plain(one.text, 600)}"
                for one in (() if opened is None else opened.remarks)
            ],
            "notes": [plain(note, 400) for note in (() if opened is None else opened.notes[1 + len(opened.remarks) :])],
            "differs": "" if opened is None else _differs(len(changed), self._include),
            "differences": [_row(one) for one in changed[:MOST]],
            "more": f"and {len(changed) - MOST:,} leads more" if len(changed) > MOST else "",
            "include": self._include,
            "may_include": opened is not None and self._processing.run is None and bool(changed),
        }


def _made_words(opened: OpenedPlan | None, zone: tzinfo) -> str:
    if opened is None:
        return ""
    made = opened.provenance
    return f"Made by {plain(made.account, 80)}, saved {moment(made.saved_at, zone)}: {plain(made.why, 600)}"


def _row(one: Difference) -> list[str]:
    sent = "no" if one.held_back else "yes"
    return [str(one.lead_id), plain(one.what, 300), plain(one.saved_now, 120), plain(one.now, 120), sent]


def _differs(number: int, include: bool) -> str:
    if not number:
        return "Every lead is as it was when the plan was saved."
    one = number == 1
    said = f"{number:,} {'lead is' if one else 'leads are'} not as {'it was' if one else 'they were'} when the plan was saved"
    return (
        f"{said}; they are sent as they are now, where possible."
        if include
        else f"{said}, and {'is' if one else 'are'} held back."
    )
