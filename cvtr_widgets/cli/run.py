"""``cvtr-widgets run``: carry out a plan file or a rule file unattended. The exit code tells the truth."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from cvtr_widgets.cli.summary import Summary, lock, words
from cvtr_widgets.errors import CvtrError, NotConfirmed
from cvtr_widgets.journal.run_lock import RunLock
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.runs.exit_code import CRASHED, MEANINGS, NOT_STARTED, WELL
from cvtr_widgets.runs.run import Run
from cvtr_widgets.session.lead_session import LeadSession

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))
INTERRUPTED = "interrupted"


class _Interrupted(BaseException):
    """A signal came before anything was sent."""


class _Signals:
    """Ctrl-C and SIGTERM: before the run is begun they end everything at once; then they cancel it after the chunks in flight."""

    def __init__(self) -> None:
        self.number = 0
        self.begun = False
        for number in SIGNALS:
            signal.signal(number, self._heard)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        first, self.number = not self.number, self.number or number
        if first and not self.begun:
            raise _Interrupted

    def settle(self) -> None:
        """What comes from now on changes neither the exit code nor the summary."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def run(
    file: Annotated[Path, typer.Argument(help="A plan file (plan.save) or a rule file (.toml).")],
    enterprise: Annotated[str | None, typer.Option(help="The enterprise; else CVTR_ENTERPRISE.")] = None,
    url: Annotated[str | None, typer.Option(help="The platform's full address, if it has another host.")] = None,
    signature: Annotated[str | None, typer.Option(help="The printed name; Delivered and Undelivered need it.")] = None,
    confirm_delete: Annotated[int | None, typer.Option(help="The number of leads that a plan deletes.")] = None,
    verify: Annotated[str, typer.Option(help="Which leads are read back: all, doubtful, sample:100 or none.")] = "all",
    include_changed: Annotated[
        bool, typer.Option("--include-changed", help="Also send leads that have changed since the plan was saved.")
    ] = False,
    parallel: Annotated[
        bool, typer.Option("--parallel", help="Start even if another run at this enterprise is still running.")
    ] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would be done, and send nothing.")] = False,
    summary: Annotated[Path | None, typer.Option(help="Where the summary goes.", show_default="FILE.summary.json")] = None,
) -> None:
    """Carry out a plan file or a rule file. Every lead is read back; account and password come from environment or keyring.

    Exit codes: 0 all settled well, 10 some refused or left out by a rule, 20 some in doubt, 30 something contradicted,
    40 not started, 130 and 143 interrupted, 1 crashed, 2 wrong usage.
    """
    signals = _Signals()
    told: Summary | None = None
    job = _Job(file, include_changed=include_changed)
    try:
        told = Summary((summary or file.with_name(f"{file.name}.summary.json")).expanduser(), file)
        job.prepare(enterprise, url, parallel=parallel)
        told.add(**job.about())
        code = job.carry_out(signals, told, signature, confirm_delete, verify) if not preview else WELL
        state = "preview" if preview else job.state
    except _Interrupted:
        code, state = 128 + signals.number, "not started"
    except CvtrError as error:
        _end(signals, told, "not started", NOT_STARTED, job, error)
    except Exception as error:  # noqa: BLE001  a crash: where it was, and no message, which may hold anything
        job.stop()
        typer.echo("".join(traceback.format_tb(error.__traceback__)), err=True)
        _end(signals, told, "crashed", CRASHED, job, error)
    _end(signals, told, state, code, job)


def _end(
    signals: _Signals, told: Summary | None, state: str, code: int, job: _Job, error: BaseException | None = None
) -> NoReturn:
    """The last words, the summary, and the exit code."""
    signals.settle()
    if job.run is not None and signals.number and code != CRASHED:
        state, code = INTERRUPTED, 128 + signals.number
    if told is not None:
        told.end(state, code, job.run, error)
    if error is not None:
        typer.echo(f"cvtr-widgets: {words(error)}", err=True)
    if job.run is not None:
        ended = ", ".join(f"{n:,} {o}" for o, n in job.run.counts.items() if n)
        typer.echo(f"Run {job.run.id}: {ended}.")
    typer.echo(f"Exit code {code}: {MEANINGS[code]}." + (f" Summary: {told.path}" if told else ""))
    job.close()
    raise typer.Exit(code)


class _Job:
    """One file carried out: session, plan and run, as far as it has come."""

    def __init__(self, file: Path, *, include_changed: bool) -> None:
        self.file, self.include_changed = file, include_changed
        self.session: LeadSession | None = None
        self.plan: Plan | None = None
        self.run: Run | None = None
        self.state = "nothing to do"
        self._claim: RunLock | None = None

    def prepare(self, enterprise: str | None, url: str | None, *, parallel: bool) -> None:
        """Log in, lock, and make the plan."""
        from cvtr_widgets.connection import connect

        # Nobody is there to be asked: an empty answer makes a missing password an error at once, instead of a job that waits for
        # ever.
        client = connect(enterprise, url=url, ask=lambda _prompt: "")
        self.session = session = LeadSession(client, progress=False)
        if not parallel:
            mine = session.identity
            # Two timers may overlap. The second would plan leads that the first is changing just now.
            self._claim = lock(
                f"enterprise {mine.enterprise} {mine.origin}",
                f"Another unattended run at {mine.enterprise} is still running. Wait for it, or use --parallel.",
            )
        if self.file.suffix.lower() == ".toml":
            self.plan = session.plan_rule(self.file)
        else:
            self.plan = session.open_plan(self.file, include_changed=self.include_changed).plan
        if self.plan is not None:
            for sentence in (self.plan.statement, *self.plan.money, *self.plan.warnings):
                typer.echo(sentence)
        else:
            typer.echo("No lead matches the rule.")

    def about(self) -> dict[str, Any]:
        """For the summary: whose, which plan, and how many leads."""
        if self.session is None:
            return {}
        mine, plan = self.session.identity, self.plan
        said: dict[str, Any] = {"enterprise": mine.enterprise, "origin": mine.origin, "run_by": mine.account}
        if plan is not None:
            maker = mine.account if plan.provenance is None else plan.provenance.account
            said |= {"fingerprint": plan.fingerprint, "planned_by": maker, "says": plan.statement, "verdicts": plan.counts}
            said |= {"rule": plan.rule} if plan.rule else {}
        return said | {"unfinished_runs": list(self.session.unfinished().index)}

    def carry_out(self, signals: _Signals, told: Summary, signature: str | None, confirm_delete: int | None, verify: str) -> int:
        """Run the plan to its end; the code that its outcomes give."""
        session, plan = self.session, self.plan
        if session is None or plan is None:
            return WELL
        if plan.will_change and plan.needs_count and confirm_delete is None:
            raise NotConfirmed(f"This plan deletes. Give the number of leads: --confirm-delete {plan.will_change}.")
        confirm: bool | int = confirm_delete if plan.needs_count and confirm_delete is not None else True
        # From here a signal cancels the run and lets it read back what is in flight; before, it only ends the command. Asked
        # again behind it, as one may have come in between.
        signals.begun = True
        if signals.number:
            raise _Interrupted
        self.run = run = session.start(plan, confirm=confirm, signature=signature, verify=verify, source="unattended")
        told.run(run)
        _to_the_end(run, lambda: bool(signals.number))
        self.state = str(run.state)
        return run.exit_code

    def stop(self) -> None:
        """After a crash of this command: what is under way is read back, the rest is not sent."""
        if self.run is not None:
            self.run.cancel()
            self.run.wait()

    def close(self) -> None:
        """Give everything back."""
        if self.session is not None:
            with suppress(CvtrError):
                self.session.close()
            self.session.client.close()
        if self._claim is not None:
            self._claim.release(done=False)


def _to_the_end(run: Run, asked: Callable[[], bool]) -> None:
    while not run.wait(0.1):
        if asked():
            run.cancel()


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)
