"""``Run``: what the user of a run sees and may do."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets.arguments import checked_calls
from cvtr_widgets.errors import ArgumentError
from cvtr_widgets.frames.described import columns_of
from cvtr_widgets.models import FAILED_OUTCOMES, Outcome, Progress, RunState, Signature
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.verify_mode import Verify
from cvtr_widgets.runs.exit_code import exit_code_of
from cvtr_widgets.runs.results import results_frame
from cvtr_widgets.runs.run_work import RunWork

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.insight.finding import Findings
    from cvtr_widgets.reports.run_facts import RunFacts


@checked_calls
class Run:
    """One run of one plan, as ``session.run``, ``session.start`` and ``session.resume`` return it. ``pause()`` and ``go_on()``
    pause and continue it; ``cancel()`` stops after the chunks in flight; ``wait()`` waits for its end. Runs are not made by hand.
    """

    def __init__(self, work: RunWork) -> None:
        self._work = work

    def __reduce__(self) -> Any:
        """Raises ArgumentError: it holds connections, locks and a login, which no copy of it would share."""
        raise ArgumentError(f"A {type(self).__name__} cannot be copied or pickled. Its results can be: run.results.")

    def __repr__(self) -> str:
        finished = self.finished
        told = ", ".join(f"{n} {o if finished else Outcome(o).label_so_far}" for o, n in self.counts.items() if n)
        return f"<Run {self.id} {self.state}: {told or 'no leads'}>"

    @property
    def id(self) -> str:
        """Its name in the journal, such as ``20261127T093012-1dc9d7`` (UTC)."""
        return self._work.id

    @property
    def plan(self) -> Plan:
        """The plan that is carried out."""
        return self._work.plan

    @property
    def signature(self) -> Signature | None:
        """Who signed the plan, and when; None if nobody did."""
        return self._work.signature

    @property
    def verify(self) -> Verify:
        """Which leads are read back: ``all``, ``doubtful``, ``sample:100`` or ``none``."""
        return self._work.verify

    @property
    def state(self) -> RunState:
        """Where it stands: waiting, sending, paused, reading back, cancelling; at its end done, cancelled or failed."""
        return self._work.state

    @property
    def error(self) -> BaseException | None:
        """Why it broke off; None if it did not."""
        return self._work.error

    @property
    def journal_head(self) -> str:
        """Hash of the last entry that this run wrote into the journal; ``session.verify_journal(head)`` checks it."""
        return self._work.journal_head

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        return self._work.finished

    @property
    def only_checks(self) -> bool:
        """Whether it sends nothing: it was resumed with ``send=False``, only to read the leads that were in doubt."""
        return self._work.only_checks

    @property
    def cancelled_too_late(self) -> bool:
        """Whether it was cancelled when everything had been sent already."""
        return self._work.cancelled_too_late

    @property
    def paused(self) -> bool:
        """Whether it waits for ``go_on()``."""
        return self._work.paused

    @property
    @columns_of(results_frame)
    def results(self) -> pd.DataFrame:
        """One row per input lead, as far as it has come."""
        return self._work.results

    @property
    def counts(self) -> dict[str, int]:
        """Leads by outcome; adds up to the number of input leads."""
        return self._work.counts

    @property
    def exit_code(self) -> int:
        """What the run means for a scheduler, as far as it has come: 0, 10, 20 or 30; see ``docs/unattended.md``."""
        return exit_code_of(self.plan, self.counts, broke_off=self.state is RunState.FAILED)

    @property
    @columns_of(results_frame)
    def failed(self) -> pd.DataFrame:
        """The results that are not known to have gone through: contradicted, unknown, refused, not sent."""
        frame = self.results
        return frame[frame["outcome"].isin([str(outcome) for outcome in FAILED_OUTCOMES])]

    @property
    def progress(self) -> Progress:
        """Where the run is now. ``seconds_left`` includes the request limit, but not a pause by hand."""
        return self._work.progress

    def report(
        self,
        path: str | Path,
        *,
        leads: pd.DataFrame | None = None,
        findings: Findings | None = None,
        personal: bool = False,
        zone: tzinfo | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write a report of this run for people who were not there: one HTML page without scripts, or a workbook. Gives its path.

        It says who ran it and when, what was done under which signature, what became of the leads, the money expected to move by
        currency, and the hashes by which it can be checked. A run that is still running or in doubt says so first. See
        ``docs/reports.md``.

        Args:
            path: ``run.html`` or ``run.xlsx``. Only you can read the file.
            leads: a frame of leads, as ``session.pull`` gives it; what ``insight.findings`` finds in it is shown.
            findings: findings to show instead.
            personal: show the comment, and what ``leads`` says about the people.
            zone: the zone of all times; by default the one in which times are shown.
            overwrite: replace a file that is there.

        Raises:
            ExportError: the file has another ending, is there already, or cannot be written.
            InsightError: ``leads`` is not a frame of leads.
        """
        from cvtr_widgets.reports.write import write_report

        return write_report(
            lambda: facts_of(self), path,
            leads=leads, findings=findings, personal=personal, zone=zone, overwrite=overwrite,
        )  # fmt: skip

    def cancel(self) -> None:
        """Stop after the chunks in flight. What was not sent stays not sent."""
        self._work.cancel()

    def pause(self) -> None:
        """Send nothing more until ``go_on()``. What was sent last may be read back only then. Leads are read again before they
        are sent.
        """
        self._work.pause()

    def go_on(self) -> None:
        """Continue after ``pause()``."""
        self._work.resume()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end (seconds; None: as long as it takes). Returns whether the run has ended."""
        return self._work.wait(timeout)


def facts_of(run: Run) -> RunFacts:
    """What a report tells of a run, as it stands now."""
    from cvtr_widgets.runs.report_facts import facts_of_run

    finished = run.finished  # read first: if it has ended, all that is read afterwards is final
    return facts_of_run(
        run.id, run.plan,
        finished=finished, state=run.state, error=run.error, progress=run.progress, results=run.results,
        signature=run.signature, verify=run.verify, journal_head=run.journal_head,
    )  # fmt: skip
