"""The first write of an action that no run has proven at this enterprise: to one lead only, shown, asked, sent, read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.session.canary import CanaryReport, request_shown, unproven

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession


class FirstWrite:
    """The canary of the plan shown, if it needs one. ``report`` is None where it needs none."""

    def __init__(self, session: LeadSession, jobs: Jobs) -> None:
        self.report: CanaryReport | None = None
        self.problem: Problem | None = None
        self._session = session
        self._jobs = jobs
        self._agreed: set[int] = set()
        self._whole: Plan | None = None

    def look(self, plan: Plan | None) -> None:
        """Whether this plan needs one; proposes it. Nothing is sent."""
        self.report, self.problem, self._agreed, self._whole = None, None, set(), plan
        if plan is not None and plan.will_change and unproven(self._session.client, plan):
            # Without ``confirm`` this only proposes a lead and shows the request; nothing is sent.
            self.report = self._session.canary(plan)

    def agree(self, place: int, fingerprint: str, *, on: bool) -> None:
        """Answer one of the questions about the one-lead plan that the user saw."""
        if self.report is None or self.report.plan.fingerprint != fingerprint:
            raise Refused("A different lead is shown now, so this answer was not used. Check the lead and answer again.")
        (self._agreed.add if on else self._agreed.discard)(place)

    def disagree(self) -> None:
        """The answers are worth nothing any more."""
        self._agreed.clear()

    @property
    def agreed(self) -> bool:
        """Whether any question has been answered."""
        return bool(self._agreed)

    @property
    def waiting(self) -> bool:
        """Whether the plan must wait for it, or was stopped by it."""
        return self.report is not None and not self.report.ok

    @property
    def sent(self) -> bool:
        """Whether the lead was written to, as intended or not."""
        return self.report is not None and self.report.sent

    @property
    def sending(self) -> bool:
        """Whether it is under way."""
        return self._jobs.get("canary") is not None

    def blockers(self, signature: str) -> tuple[str, ...]:
        """Why it cannot be sent now."""
        report = self.report
        if report is None or report.sent:
            return ()
        said = []
        if report.plan.needs_signature and not signature.strip():
            said.append("Sign with your printed name.")
        if len(self._agreed) < len(report.asks):
            said.append("Tick each sentence to agree to it.")
        return tuple(said)

    def send(self, fingerprint: str, signature: str, done: Callable[[CanaryReport], None]) -> None:
        """Send it. ``fingerprint`` is that of the one-lead plan which the user saw."""
        report, whole = self.report, self._whole
        if report is None or whole is None or report.sent:
            raise Refused("There is no first write left to send.")
        if self.sending:
            raise Refused("It is already being written.")
        if why := self.blockers(signature):
            raise Refused(" ".join(why))
        if report.plan.fingerprint != fingerprint:
            self.problem = Problem("The lead on the screen was out of date, so nothing was sent. Check it again.")
            return
        self.problem = None

        def work(_job: Job, _tell: Any) -> CanaryReport:
            return self._session.canary(
                whole,
                lead=report.lead_id,
                confirm=1 if report.plan.needs_count else True,
                signature=signature if report.plan.needs_signature else None,
            )

        def finished(found: CanaryReport) -> None:
            self.report = found
            done(found)

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem = problem

        self._jobs.start("canary", f"Writing to lead {report.lead_id} and reading it back", work, finished, failed)

    def _request(self, signature: str) -> str:
        """The exact request, with the name as far as it is typed."""
        report = self.report
        if report is None or report.sent or not report.plan.needs_signature:
            return "" if report is None else report.request
        return request_shown(self._session.client, report.plan, signature)

    def view(self, signature: str, stale: str) -> dict[str, Any] | None:
        """As JSON values; None where the plan needs none. ``stale``: why the plan is no longer what is entered."""
        report = self.report
        if report is None:
            return None
        after = report.after or {}
        names = [n for n in report.before if not report.sent or report.before.get(n) != after.get(n)]
        left = report.rest.will_change
        wait = "waits until" if left == 1 else "wait until"
        return {
            "lead": str(report.lead_id),
            "fingerprint": report.plan.fingerprint,
            "entries": [plain(e, 120) for e in report.entries],
            "request": plain_lines(self._request(signature)),
            "asks": [[plain(text, 400), n in self._agreed] for n, text in enumerate(report.asks)],
            "needs_signature": report.plan.needs_signature,
            "rest": f"The other {count_of(left)} {wait} this one is as intended." if left else "",
            "values": [
                [n.replace("_", " "), _value(report.before.get(n)), _value(after.get(n)) if report.sent else ""] for n in names
            ],
            "sent": report.sent,
            "ok": report.ok,
            "differs": [plain(d, 400) for d in report.differs],
            "advice": plain(report.advice, 600) if report.sent or report.differs else "",
            "blockers": [stale] if stale and not report.sent else list(self.blockers(signature)),
            "sending": self.sending,
            "problem": None if self.problem is None else self.problem.message(),
        }


def plain_lines(text: str) -> str:
    """Several lines, each made plain."""
    return "\n".join(plain(line, 2_000) for line in text.splitlines()[:400])


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else plain(str(value), 120)
