"""An exception from the policy in step 3: offered where the policy stops leads of the plan shown, made as another plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.models import Verdict
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.policy import read_policy
from cvtr_widgets.plans.policy_exception import forbidden
from cvtr_widgets.plans.policy_per_lead import NEVER

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession

WHAT = (
    "With an exception, these leads are sent, too. It makes a new plan, which you confirm again. The name and the reason are "
    "part of the sentence you confirm; the journal, the results and the exports keep them with your login and these leads."
)
LATE = "Another plan is shown now, so no exception was made. Check it, and make the exception for that plan."


class PolicyExceptions:
    """What the policy stops of the plan shown, and whether an exception may be made for it. ``problem``: why the last one was
    not made.
    """

    def __init__(self, session: LeadSession, jobs: Jobs) -> None:
        self.problem: Problem | None = None
        self._session, self._jobs = session, jobs
        self._plan: Plan | None = None
        self._stopped = self._never = 0
        self._names: tuple[str, ...] = ()
        self._why_not = ""

    def look(self, plan: Plan | None) -> None:
        """What the policy stops of this plan, by the policy as it is now."""
        self._plan, self.problem, self._why_not, self._names = plan, None, "", ()
        self._stopped = self._never = 0
        if plan is None:
            return
        self._stopped = len(forbidden(plan))
        self._never = sum(e.verdict is Verdict.NOT_ALLOWED and e.why.startswith(NEVER) for e in plan.entries)
        if not self._stopped:
            return
        try:
            # Read again with each plan: a policy may be changed while the panel is open.
            allowed = read_policy(self._session.identity).exceptions
        except CvtrError as error:
            self._why_not = str(error)
            return
        self._names = tuple(allowed.by)
        if not allowed.allowed:
            self._why_not = "The policy allows no exceptions, so they stay out of this plan."
        elif plan.exception is not None:
            self._why_not = "This plan has an exception already. Preview again to make one for all of the leads."

    def make(self, name: str, reason: str, fingerprint: str, stale: str, done: Callable[[Plan], None]) -> None:
        """Make the exception; ``done`` takes the plan that has it. ``fingerprint``: of the plan that the user saw; ``stale``: why
        that is not what is entered any more.
        """
        plan = self._plan
        if plan is None or plan.fingerprint != fingerprint:
            raise Refused(LATE)
        if stale:
            raise Refused(stale)
        if not self._stopped or self._why_not:
            raise Refused(self._why_not or "The policy stops none of these leads, so no exception is needed.")
        if not name.strip() or not reason.strip():
            raise Refused("An exception needs a reason and the printed name of the person who makes it. Give both.")
        self.problem = None

        def work(_job: Job, _tell: Callable[[int, int | None], None]) -> Plan:
            return self._session.make_exception(plan, name=name, reason=reason)

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem = problem

        self._jobs.start("plan", "Making the exception", work, done, failed)

    def view(self) -> dict[str, Any] | None:
        """As JSON values; None where the policy stops nothing."""
        plan = self._plan
        if plan is None or not (self._stopped or self._never):
            return None
        may = bool(self._stopped) and not self._why_not
        return {
            "text": self._text(),
            "may": may,
            "what": WHAT if may else "",
            "who": _one_of(self._names) if may else "",
            "button": f"Make an exception for {count_of(self._stopped)}",
            "problem": None if self.problem is None else self.problem.message(),
        }

    def _text(self) -> str:
        said = []
        if self._stopped:
            said.append(f"The policy stops {count_of(self._stopped)} of this plan; the table says why.")
            said += [plain(self._why_not, 400)] if self._why_not else []
        if self._never:
            said.append(f"For {count_of(self._never)} no exception is possible: this is never done here.")
        return " ".join(said)


def _one_of(names: tuple[str, ...]) -> str:
    if not names:
        return "The policy allows anybody to make it."
    return f"The policy only allows {plain(' or '.join(names), 300)} to make it."
