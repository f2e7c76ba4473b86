"""Step 2, Type: what to do to the selected leads. No widgets here; the panel shows what ``view()`` gives."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions import catalogue
from cvtr_widgets.actions.catalogue import FLAGS, OTHER_REASONS, RETURNED, ROWS, Family, count_of, describe, family_of
from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.errors import PlanError
from cvtr_widgets.frames.leads import leads_in
from cvtr_widgets.models import Action, ActionKind, Choice, HashedText, Verdict
from cvtr_widgets.panel.jobs import Job, Jobs, Problem
from cvtr_widgets.panel.steps.leads import LeadsStep
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.plans.lead_verdict import judge

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession

OWN = "own"
"""The reason field's value for own words; a listed reason is ``"listed:" + name``."""
LISTED = "listed:"
ESTIMATED = 5_000
"""Selected leads up to which the effect is estimated from what is loaded while the form is filled in."""
VERDICT_WORDS = {
    Verdict.WILL_CHANGE: ("would change", "would change"),
    Verdict.ALREADY_SO: ("is already set", "are already set"),
    Verdict.NOT_ELIGIBLE: ("is not eligible", "are not eligible"),
    Verdict.NOT_ALLOWED: ("is not allowed", "are not allowed"),
    Verdict.NOT_FOUND: ("is not found", "are not found"),
    Verdict.CANNOT_TELL: ("is unclear", "are unclear"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """What was entered for one action."""

    reason: str = ""
    own_reason: str = ""
    category: str = ""
    comment: str = ""
    integrations: frozenset[int] = frozenset()


class TypeStep:
    """What step 2 knows. What is entered for an action stays when another one is looked at, until ``clear``."""

    def __init__(self, session: LeadSession, jobs: Jobs, leads: LeadsStep) -> None:
        self.kind: ActionKind | None = None
        self.problem: Problem | None = None
        self._forms: dict[ActionKind, Form] = {}
        self._session = session
        self._jobs = jobs
        self._leads = leads
        self._reasons: dict[ActionKind, list[Choice]] = {}
        self._categories: list[Choice] | None = None
        self._jobs_of: dict[int, list[Choice]] = {}
        self._estimated: tuple[object, str] = (None, "")

    @property
    def form(self) -> Form:
        """What is entered for the action chosen."""
        return self._forms.get(self.kind, Form()) if self.kind else Form()

    # -- entering -----------------------------------------------------------------------------------------------------

    def choose(self, kind: str) -> None:
        """Choose an action; empty text is none."""
        if kind and ActionKind(kind) not in self._offered():
            return
        self.kind = ActionKind(kind) if kind else None
        self.problem = None
        if self._marks() and not self.form.reason:
            self.enter(reason=LISTED + OTHER_REASONS[0])
        self.read_lists()

    def enter(self, **values: Any) -> None:
        """Change fields of the form."""
        if self.kind is None:
            return
        self._forms[self.kind] = dataclasses.replace(self.form, **values)

    def take(self, given: Collection[Action]) -> None:
        """Show the action that leads were given, as it was; none where they had several, or a comment that nobody has here."""
        one = next(iter(given)) if len(given) == 1 else None
        # The journal may hold only the hash of a comment: an action shown without it would be another one than was sent.
        if one is None or isinstance(one.comment, HashedText):
            self.choose("")
            return
        self.kind, self.problem = one.kind, None
        listed = family_of(one) is Family.REPLACEMENT or one.reason_choice is not None
        self.enter(
            reason="" if one.reason is None else LISTED + one.reason if listed else OWN,
            own_reason="" if listed else one.reason or "",
            category=one.category or "",
            comment=one.comment or "",
            integrations=frozenset(one.integrations),
        )
        self.read_lists()

    def clear(self) -> None:
        """Forget the action and all that was entered: the next leads may be another customer's."""
        self.kind, self.problem = None, None
        self._forms.clear()

    def tick_integration(self, job: int, *, on: bool) -> None:
        """Tick or untick an integration job."""
        # Only jobs that the service has listed: a number from the page is never sent on as an integration.
        known = {c.id for jobs in self._jobs_of.values() for c in jobs}
        if job in known:
            now = self.form.integrations
            self.enter(integrations=now | {job} if on else now - {job})

    def _offered(self) -> list[ActionKind]:
        """The actions of this account: as in Convertr, Delete is absent where the account may not."""
        # None means that the service does not say; then Delete is offered, and the service itself decides.
        may = self._session.identity.may_delete is not False
        return [kind for kind, row in ROWS.items() if may or not row.needs_right]

    # -- lists --------------------------------------------------------------------------------------------------------

    def read_lists(self) -> None:
        """Read what the form needs and has not read yet: reasons, categories, integrations of the campaigns selected."""
        kind = self.kind
        campaigns = list(self._leads.campaigns()) if kind and "integrations" in ROWS[kind].asks else []
        missing = [c for c in campaigns if c not in self._jobs_of]
        need_reasons = kind in FLAGS and kind not in self._reasons
        need_categories = kind is not None and "category" in ROWS[kind].asks and self._categories is None
        if kind is None or not (missing or need_reasons or need_categories):
            return
        client = self._session.client

        def work(_job: Job, _tell: Any) -> tuple[list[Choice] | None, list[Choice] | None, dict[int, list[Choice]]]:
            reasons = client.flag_reasons(kind) if need_reasons else None
            categories = client.reason_categories() if need_categories else None
            return reasons, categories, {c: client.integrations(c) for c in missing}

        def done(found: tuple[list[Choice] | None, list[Choice] | None, dict[int, list[Choice]]]) -> None:
            reasons, categories, jobs = found
            if reasons is not None:
                self._reasons[kind] = reasons
            if categories is not None:
                self._categories = categories
            self._jobs_of.update(jobs)

        def failed(problem: Problem, _error: BaseException) -> None:
            self.problem = problem

        self._jobs.start("choices", "Reading reasons and integrations", work, done, failed)

    def again(self) -> None:
        """Read the lists again after a problem."""
        self.problem = None
        self.read_lists()

    def _marks(self) -> bool:
        """Whether the action sets the replacement mark, which has reasons of its own."""
        return self.kind is not None and ROWS[self.kind].family is Family.REPLACEMENT

    def _named(self, value: str, choices: Sequence[Choice]) -> str:
        name = value.removeprefix(LISTED)
        return name if any(c.name == name for c in choices) else ""

    # -- what it comes to ---------------------------------------------------------------------------------------------

    def action(self) -> Action | None:
        """The action as entered, or None while something is missing; ``blockers()`` says what."""
        return self._made()[0]

    def _made(self) -> tuple[Action | None, tuple[str, ...]]:
        if self.kind is None:
            return None, ("Choose an action.",)
        blockers = self._missing()
        if blockers:
            return None, blockers
        try:
            return self._build(self.kind), ()
        except PlanError as error:
            return None, (str(error),)

    def _missing(self) -> tuple[str, ...]:
        form, kind = self.form, self.kind
        if kind not in FLAGS:
            return ()
        if not form.reason:
            waiting = self._jobs.get("choices") is not None
            return ("Reasons are loading.",) if waiting else ("Choose a reason, or give your own.",)
        if form.reason == OWN and not form.own_reason.strip():
            return ("Write your own reason, or choose one from the list.",)
        if self._asks_category() and not form.category:
            return ("The reason Returned needs a category. Choose one.",)
        return ()

    def _reason(self) -> str:
        form = self.form
        return form.own_reason if form.reason == OWN else form.reason.removeprefix(LISTED)

    def _asks_category(self) -> bool:
        return self.kind is not None and "category" in ROWS[self.kind].asks and self._reason().strip().lower() == RETURNED.lower()

    def _build(self, kind: ActionKind) -> Action:
        form = self.form
        return catalogue.make(
            kind, reason=self._reason(), category=form.category if self._asks_category() else None, comment=form.comment,
            integrations=tuple(i for i in self._job_order() if i in form.integrations),
        )  # fmt: skip

    def _job_order(self) -> list[int]:
        """Integration jobs of the campaigns selected now; what is ticked on others does not count."""
        return [c.id for campaign in self._leads.campaigns() for c in self._jobs_of.get(campaign, []) if c.id is not None]

    def blockers(self) -> tuple[str, ...]:
        """Why the preview cannot be made."""
        return (*self._leads.blockers(), *self._made()[1])

    # -- what is shown ------------------------------------------------------------------------------------------------

    def estimate(self) -> str:
        """What the loaded leads let expect, such as ``298 would change; 9 are already set``. Empty where nothing is known."""
        action, picked = self.action(), self._leads.picked
        frame = None if self._leads.outdated else self._leads.frame
        # Judged lead by lead, which for more leads would hold up the view.
        if action is None or frame is None or not 0 < len(picked) <= ESTIMATED:
            return ""
        key = (id(frame), picked, action)
        if self._estimated[0] != key:
            self._estimated = (key, self._estimate(action))
        return self._estimated[1]

    def _estimate(self, action: Action) -> str:
        picked, frame = self._leads.picked, self._leads.frame
        assert frame is not None  # noqa: S101  asked only where there is a frame
        leads = leads_in(frame, picked.ids)
        identity = self._session.identity
        found = Counter(judge(action, Observation(lead), identity)[0] for lead in leads.values())
        if not found:
            return ""
        parts = [f"{n:,} {VERDICT_WORDS[v][n != 1]}" for v in VERDICT_WORDS if (n := found[v])]
        unread = len(picked) - len(leads)
        parts += [f"{unread:,} {'is' if unread == 1 else 'are'} not loaded"] if unread else []
        if len(parts) == 1:
            words = parts[0].partition(" ")[2]
            return f"As loaded, {'the lead' if len(picked) == 1 else f'all {count_of(len(picked))}'} {words}."
        return f"As loaded, of {count_of(len(picked))} {'; '.join(parts)}."

    def _inferred(self) -> str:
        """Which entries of the dialect this action rests on that nobody has proven at this enterprise."""
        action = self.action()
        entries = () if action is None else self._session.client.unproven(action)
        if not entries:
            return ""
        return f"Not proven yet at this enterprise: {', '.join(entries)}. The first write goes to one lead, which is read back."

    def _reason_options(self) -> list[list[str]]:
        if self._marks():
            return [[LISTED + "Replacement", "Replacement"], [LISTED + "None", "None (remove the mark)"]]
        listed = self._reasons.get(self.kind, []) if self.kind else []
        return [["", "Choose a reason"], *([LISTED + c.name, plain(c.name)] for c in listed), [OWN, "My own words …"]]

    def _integrations(self) -> list[dict[str, Any]]:
        ticked = self.form.integrations
        return [
            {
                "campaign": name,
                "leads": count_of(n),
                "jobs": [[str(c.id), plain(c.name), c.id in ticked] for c in self._jobs_of.get(campaign, []) if c.id is not None],
            }
            for campaign, (name, n) in self._leads.campaigns().items()
        ]

    def _integration_note(self) -> str:
        unread = len(self._leads.picked) - self._leads.known()
        said = "Each lead goes to the ticked integrations of its own campaign."
        if unread:
            said += f" {count_of(unread)} not loaded: the integrations of their campaigns are not shown."
        return said

    @property
    def summary(self) -> str:
        """The step in a line, for when it is folded."""
        action = self.action()
        if action is None:
            return ""
        listed = self.form.reason.startswith(LISTED) and action.reason is not None
        shown = dataclasses.replace(action, reason_choice=Choice(action.reason or "")) if listed else action
        return plain(describe(shown))

    def view(self) -> dict[str, Any]:
        """All of step 2 as JSON values; typed text is not in it."""
        row = ROWS[self.kind] if self.kind else None
        form, count = self.form, len(self._leads.picked)
        asks = list(row.asks) if row else []
        if "category" in asks and not self._asks_category():
            asks.remove("category")
        categories = [["", "Choose a category"], *([c.name, plain(c.name)] for c in self._categories or [])]
        job = self._jobs.get("choices")
        return {
            "actions": [["", "Choose an action"], *([str(k), ROWS[k].label] for k in self._offered())],
            "action": str(self.kind or ""),
            "absent": "" if self._session.identity.may_delete is not False else "This account has no right to delete leads.",
            "effect": row.effect if row else "",
            "asks": asks,
            "reasons": self._reason_options() if "reason" in asks else [],
            "reason": form.reason,
            "own": form.reason == OWN,
            "categories": categories,
            "category": form.category,
            "integrations": self._integrations() if "integrations" in asks else [],
            "integration_note": self._integration_note() if "integrations" in asks else "",
            "estimate": self.estimate(),
            "inferred": self._inferred(),
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "blockers": list(self.blockers()),
            "summary": self.summary,
            "button": f"Preview {count_of(count)}",
            "note": f"Nothing is sent yet: the preview reads the {count_of(count)} and shows what would happen to each.",
        }
