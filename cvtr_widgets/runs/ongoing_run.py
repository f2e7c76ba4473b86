"""What the parts of a run ask of it and tell it: the sender, reading back, and waiting for the request limit."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from cvtr_widgets.models import LeadId, Outcome, Signature, Stopped
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.verify_mode import Verify
from cvtr_widgets.runs.lead_outcomes import LeadOutcomes
from cvtr_widgets.runs.results import ResultRow


class OngoingRun(Protocol):
    """A run as its parts know it. ``RunWork`` is one; with this between them, no part imports the run that makes it."""

    id: str
    plan: Plan
    signature: Signature | None
    verify: Verify
    leads: LeadOutcomes

    @property
    def stopped(self) -> bool:
        """Whether it was cancelled or has failed: nothing new is sent."""

    @property
    def holds_back(self) -> bool:
        """Whether nothing new is sent now: it is stopped or paused."""

    @property
    def cancelled_since(self) -> float | None:
        """Seconds since it was cancelled."""

    def sleep(self, seconds: float) -> bool:
        """Wait, but no longer than until it is stopped. Gives whether it is."""

    def wait_while_paused(self) -> None:
        """Return when it is not paused, or stopped."""

    def limit(self) -> AbstractContextManager[Stopped]:
        """For one call of the service, which may have to wait for the request limit."""

    def wait_for_limit(self, *, waiting: bool) -> None:
        """A thread begins or ends to wait for the request limit."""

    def tell_limit(self, seconds: float) -> None:
        """Tell the user that it waits for the request limit."""

    def tell(self, message: str | None = None, *, now: bool = False) -> None:
        """Tell the user how far it is."""

    def step(self, name: str) -> None:
        """It has come to this step (``options.STEPS``)."""

    def watch(self) -> None:
        """Called again and again while workers are busy."""

    def row(self, lead_id: LeadId) -> ResultRow:
        """The result of a lead, as far as it is known."""

    def settled(self, lead_id: LeadId) -> bool:
        """Whether a lead has its outcome."""

    def went_out(self, number: int) -> None:
        """Requests for this many leads have gone out."""

    def conclude(self, ended: Iterable[tuple[LeadId, Outcome, str]]) -> None:
        """These leads have their outcome, with its detail."""

    def fail(self, error: BaseException) -> None:
        """It cannot continue."""
