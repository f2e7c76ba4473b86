"""How a session starts runs: what must be true first, with which options, and that a start which is interrupted leaves no run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from cvtr_widgets import settings
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.models import LeadId, Progress, Signature
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.verify_mode import verify_way
from cvtr_widgets.runs.options import Patience, RunOptions
from cvtr_widgets.runs.run import Run
from cvtr_widgets.session.canary import CanaryReport, must_be_proven, propose, send
from cvtr_widgets.session.confirmation import confirmed, must_fit, printed_name
from cvtr_widgets.session.progress_bar import ProgressBar
from cvtr_widgets.session.run_registry import RunRegistry, run_named

Listener = Callable[[Progress], None] | None
Begin = Callable[[Listener, list[Run]], Run]
"""Begins a run, with whom to tell of its progress; puts it into the list before anything of it begins."""


class RunStarts:
    """Starts and resumes runs for one session. ``patience``, ``keep_comments`` and ``on_step``: as in ``LeadSession``."""

    def __init__(
        self, client: Convertr, registry: RunRegistry, patience: Patience | None, on_step: Callable[[str], None] | None, *,
        keep_comments: bool | None,
    ) -> None:  # fmt: skip
        self._client = client
        self._registry = registry
        self._patience = patience or Patience()
        self._keep_comments = settings.keep_comments() if keep_comments is None else keep_comments
        self._on_step = on_step

    def signed(self, plan: Plan, name: str) -> Signature:
        """A signature under this plan, given now."""
        return Signature(printed_name(name), plan.statement, datetime.now(self._client.zone), plan.fingerprint)

    def of_plan(
        self, plan: Plan, confirm: bool | int, signature: str | Signature | None, *, source: str, verify: str, canary: bool
    ) -> Begin:
        """Carry a plan out."""

        def begin(on_progress: Listener, started: list[Run]) -> Run:
            options = self._options(on_progress, source, verify)
            must_fit(self._client, plan)
            sure = confirmed(plan, confirm, signature, self.signed)
            waived = must_be_proven(self._client, plan, canary=canary)
            return self._registry.begin(plan, sure, options, started, waived=waived)

        return begin

    def of_resume(self, run_id: Run | str, comments: Sequence[str], *, source: str, send: bool, canary: bool) -> Begin:
        """Resume a run that was killed or broke off."""

        def begin(on_progress: Listener, started: list[Run]) -> Run:
            options = self._options(on_progress, source)
            return self._registry.resume(run_named(run_id), comments, options, started, send=send, canary=canary)

        return begin

    def canary(
        self, plan: Plan, lead: LeadId | None, confirm: bool | int, signature: str | Signature | None
    ) -> CanaryReport:  # fmt: skip
        """The plan's first write, to one lead; sent only where it is confirmed."""
        must_fit(self._client, plan)
        report = propose(self._client, plan, lead, signature)
        if confirm is False:
            return report

        def start(one: Plan, sure: bool | int, sign: str | Signature | None) -> Run:
            # must_be_proven is left out: this is the run that brings the proof, and the write gate is open for its one lead only.
            signed = confirmed(one, sure, sign, self.signed)
            options = self._options(None, "canary")
            return self.in_background(lambda _show, started: self._registry.begin(one, signed, options, started), None)

        return send(self._client, report, start, confirm=confirm, signature=signature, journal=self._registry.journal)

    @staticmethod
    def in_background(begin: Begin, on_progress: Listener) -> Run:
        """Begin a run; where this is interrupted (Ctrl-C), nobody has a handle on it, and it is cancelled."""
        started: list[Run] = []
        try:
            return begin(on_progress, started)
        except BaseException:
            for run in started:
                run.cancel()
            raise

    def to_the_end(self, begin: Begin, on_progress: Listener, bar: ProgressBar) -> Run:
        """Begin a run and wait for it. Ctrl-C cancels it, and gives it where it had begun."""
        started: list[Run] = []
        with bar as tell:

            def show(progress: Progress) -> None:
                tell(progress.done, progress.total)
                if on_progress is not None:
                    on_progress(progress)

            try:
                begin(show, started).wait()
            except KeyboardInterrupt:
                for run in started:  # also between the start and the waiting: it is in the list before it begins
                    run.cancel()
                if not started or not self._registry.begun(started[0]):
                    raise
        return started[0]

    def _options(self, on_progress: Listener, source: str, verify: str = "all") -> RunOptions:
        return RunOptions(
            verify=verify_way(verify),
            patience=self._patience,
            on_progress=on_progress,
            on_step=self._on_step,
            source=source,
            keep_comments=self._keep_comments,
        )
