"""``LeadSession``: the whole job for scripts and notebooks, in frames. It joins the client and the runs and decides nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets import settings
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import checked_calls, listed
from cvtr_widgets.errors import JournalError, PlanError
from cvtr_widgets.journal.hash_chain import JournalReport
from cvtr_widgets.models import Action, LeadId, Progress, Signature
from cvtr_widgets.plans import plan_file
from cvtr_widgets.plans.make_plan import make_plan
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_file import PlanFile
from cvtr_widgets.plans.verify_mode import verify_way
from cvtr_widgets.runs.options import Patience, RunOptions
from cvtr_widgets.runs.run import Run
from cvtr_widgets.session.canary import CanaryReport, must_be_proven, propose, send
from cvtr_widgets.session.confirmation import PrintedName, confirmed, must_fit, printed_name
from cvtr_widgets.session.lead_loader import PlanLists
from cvtr_widgets.session.opened_plan import OpenedPlan, open_plan
from cvtr_widgets.session.plan_groups import Groups, as_loaded, groups_of
from cvtr_widgets.session.policy_check import made_exception
from cvtr_widgets.session.read_session import Cancel, ReadSession, stopper
from cvtr_widgets.session.rule_file import Rule, read_rule
from cvtr_widgets.session.rule_plan import plan_of_rule
from cvtr_widgets.session.run_registry import RunRegistry, run_named
from cvtr_widgets.session.undo_plan import Day, runs_of, undo_plan

if TYPE_CHECKING:
    import pandas as pd


@checked_calls
class LeadSession(ReadSession):
    """Pull leads, select some, plan an action, run it, read the results.

    ``progress``: show a progress bar for what takes longer than a second. ``patience``: how long slow effects are
    waited for (seconds; see ``Patience``). ``keep_comments``: keep comments in the journal in full, so that a killed run can be
    gone on with without giving them again; else (and by default, see ``CVTR_JOURNAL_COMMENTS``) only their hash is kept.
    ``masked``: shorten names, e-mail addresses and telephones in all frames; by default for all accounts but those of which the
    service says that they may see the data.
    ``password_before_signing``: before the first signature the password is asked for again (``confirm_password``); a policy can
    ask for it, too. ``on_step`` is for tests (see ``runs.options.STEPS``).
    """

    def __init__(
        self,
        client: Convertr,
        *,
        progress: bool = True,
        masked: bool | None = None,
        patience: Patience | None = None,
        keep_comments: bool | None = None,
        password_before_signing: bool = False,
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(client, progress=progress, masked=masked)
        self._running = RunRegistry(client)
        self._running.policy.password_first = password_before_signing
        self._patience = patience or Patience()
        self._keep_comments = settings.keep_comments() if keep_comments is None else keep_comments
        self._on_step = on_step

    # -- plan and run -------------------------------------------------------------------------------------------------

    def plan(
        self,
        action: Action | Groups,
        selection: Any = None,
        *,
        fresh: bool = True,
        frame: pd.DataFrame | None = None,
        include_cannot_tell: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
        cancel: Cancel = None,
    ) -> Plan:
        """What an action would do to each lead. Nothing is written.

        ``action`` is one action for the whole ``selection`` (anything that ``select`` takes), or a list of pairs
        (action, selection): one reason per lead is one plan. With ``fresh=False`` the plan rests on ``frame`` as it was
        loaded; leads that have changed since are then held back when it runs. What was not taken of a selection is said in
        ``plan.warnings``.

        Raises:
            PlanError: no leads, a lead twice, a category or integration that is not there.
            ServiceError: the leads cannot be read.
        """
        chosen = groups_of(action, selection, self.select)
        groups = [(one, leads.ids) for one, leads in chosen]
        reading = None
        if not fresh:
            reading = as_loaded(groups, frame)
        stop = stopper(cancel)
        rules = self._running.policy.rules((one for one, _ in groups), cancelled=stop)
        with self._bar("leads read", None if on_progress is None else lambda n, t: on_progress(n, t or 0)) as tell:
            return make_plan(
                self.client,
                PlanLists(self.client),
                groups,
                reading=reading,
                include_cannot_tell=include_cannot_tell,
                rules=rules,
                notes=list(dict.fromkeys(note for _, leads in chosen for note in leads.warnings)),
                on_progress=tell,
                cancelled=stop,
            )

    def open_plan(
        self,
        path: str | Path,
        *,
        include_changed: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
        cancel: Cancel = None,
    ) -> OpenedPlan:
        """A plan that ``plan.save()`` wrote, here or at a colleague's, checked again: every lead is read now, what is different
        is in ``.differences``, and ``.plan`` is a new plan of this account with its maker noted. Nothing is written.

        Leads that are not as they were are held back; with ``include_changed`` they are sent as they are now.

        Raises:
            PlanOutOfDate: a byte of the file was changed; it was made at another enterprise, address or sandbox; the service's
            list of reasons has changed. PlanError: it is not a plan file. ServiceError: the leads cannot be read.
        """
        held = plan_file.read(path)
        return self.open_held_plan(held, include_changed=include_changed, on_progress=on_progress, cancel=cancel)

    def open_held_plan(
        self,
        held: PlanFile,
        *,
        include_changed: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
        cancel: Cancel = None,
    ) -> OpenedPlan:
        """As ``open_plan``, for a plan file whose content was read already (``plan_file.held_in``)."""
        with self._bar("leads read", None if on_progress is None else lambda n, t: on_progress(n, t or 0)) as tell:
            change, stop = include_changed, stopper(cancel)
            return open_plan(self.client, held, self._running.policy, include_changed=change, on_progress=tell, cancelled=stop)

    def plan_rule(
        self, path: str | Path | Rule, *, on_progress: Callable[[int, int], None] | None = None, cancel: Cancel = None
    ) -> Plan | None:
        """The plan of a rule file (see ``docs/unattended.md``) for the leads that match now; None where none does. Nothing is
        written. Leads that stopped matching while they were read are in the plan, held back with the reason.

        Raises:
            PlanError: the file says something that a rule cannot say, or the rule matches more leads than its limits allow.
            PlanOutOfDate: it is another enterprise's. ReadTooLarge, ServiceError: the leads cannot be read.
        """
        rule = path if isinstance(path, Rule) else read_rule(path)
        with self._bar("leads read", None if on_progress is None else lambda n, t: on_progress(n, t or 0)) as tell:
            stop = stopper(cancel)
            return plan_of_rule(self.client, rule, self.pull, self.count, self._running, on_progress=tell, cancelled=stop)

    def sign(self, plan: Plan, name: PrintedName) -> Signature:
        """A signature under this very plan; it is worth nothing under another.

        Raises:
            NotConfirmed: the name has no letters, or holds characters that cannot be seen. PlanOutOfDate: as ``start``.
        """
        must_fit(self.client, plan)
        self._running.policy.must_have_password()
        return self._signed(plan, name)

    def confirm_password(self, password: str | None = None) -> None:
        """Give the password again, where the policy or the session asks for it before the first signature; asked for without echo
        where it is left out. It goes out in one login, is not kept, and is not tried again where it is refused.

        Raises:
            LoginRefused: it is not this account's. CredentialsError: there is none (a token), or nothing was typed. ServiceError:
            the service could not be asked.
        """
        self.client.check_password(password)
        self._running.policy.password_given = True

    def _signed(self, plan: Plan, name: str) -> Signature:
        return Signature(printed_name(name), plan.statement, datetime.now(self.client.zone), plan.fingerprint)

    def start(
        self,
        plan: Plan,
        *,
        confirm: bool | int = False,
        signature: str | Signature | None = None,
        verify: str = "all",
        on_progress: Callable[[Progress], None] | None = None,
        source: str = "script",
        canary: bool = True,
    ) -> Run:
        """Carry a plan out in the background. ``run.wait()`` waits, ``run.cancel()`` stops after the chunks in flight.

        Args:
            plan: exactly this is carried out; leads that changed since it was read are held back.
            confirm: True; for plans that delete, the number of leads instead.
            signature: the printed name; needed for Delivered and Undelivered, and noted for any plan that is signed.
            verify: which leads are read back: "all", "doubtful", "sample:100" (any number) or "none"; ``plan.costs`` says
                what each takes. What is not read back is at best ``accepted``.
            on_progress: called with ``Progress`` from another thread, at most ten times a second.
            source: noted in the journal.
            canary: False lets a live plan go without its canary, at your own risk; the journal keeps that.

        Raises:
            NotConfirmed: confirmation, count or signature is missing or does not fit.
            PlanOutOfDate: the plan is another account's, or was run already.
            LiveWritesRefused: a live enterprise at which this action is not proven yet; see ``canary``.
            JournalError: the journal cannot be written; nothing was sent.
        """
        options = self._options(on_progress, source, verify)
        return self._held([], lambda started: self._begin(plan, confirm, signature, options, started, canary=canary))

    def _begin(
        self,
        plan: Plan,
        confirm: bool | int,
        signature: str | Signature | None,
        options: RunOptions,
        started: list[Run],
        *,
        canary: bool,
    ) -> Run:
        must_fit(self.client, plan)
        signed = confirmed(plan, confirm, signature, self._signed)
        waived = must_be_proven(self.client, plan, canary=canary)
        return self._running.begin(plan, signed, options, started, waived=waived)

    @staticmethod
    def _held(started: list[Run], begin: Callable[[list[Run]], Run]) -> Run:
        """Begin a run; where this is interrupted (Ctrl-C), nobody has a handle on it, and it is cancelled."""
        try:
            return begin(started)
        except BaseException:
            for run in started:
                run.cancel()
            raise

    @property
    def runs(self) -> dict[str, Run]:
        """The runs that were begun or resumed in this session, by id, in that order."""
        return dict(self._running.runs)

    def canary(
        self, plan: Plan, *, lead: LeadId | None = None, confirm: bool | int = False, signature: str | Signature | None = None
    ) -> CanaryReport:
        """The plan's first write to a live enterprise, to one lead (``lead``, or one it chooses): see ``CanaryReport``.

        Without ``confirm`` nothing is sent: the report shows the exact request, with ``signature`` where it is given. It signs
        ``report.plan``.

        Raises:
            PlanError: no action of the plan needs it. NotConfirmed, PlanOutOfDate, JournalError: as ``start``.
        """
        must_fit(self.client, plan)
        report = propose(self.client, plan, lead, signature)
        if confirm is False:
            return report

        def start(one: Plan, sure: bool | int, sign: str | Signature | None) -> Run:
            signed = confirmed(one, sure, sign, self._signed)
            return self._held([], lambda started: self._running.begin(one, signed, self._options(None, "canary"), started))

        return send(self.client, report, start, confirm=confirm, signature=signature, journal=self._running.journal)

    def _options(self, on_progress: Callable[[Progress], None] | None, source: str, verify: str = "all") -> RunOptions:
        return RunOptions(
            verify=verify_way(verify),
            patience=self._patience,
            on_progress=on_progress,
            on_step=self._on_step,
            source=source,
            keep_comments=self._keep_comments,
        )

    def run(
        self,
        plan: Plan,
        *,
        confirm: bool | int = False,
        signature: str | Signature | None = None,
        verify: str = "all",
        on_progress: Callable[[Progress], None] | None = None,
        canary: bool = True,
    ) -> Run:
        """``start`` and wait, with a progress bar. Ctrl-C cancels after the chunks in flight; the run is given all the same.

        Where the run breaks off, ``run.error`` says why; its results are true all the same.

        Raises:
            as ``start``.
        """

        def begin(show: Callable[[Progress], None] | None, started: list[Run]) -> Run:
            return self._begin(plan, confirm, signature, self._options(show, "script", verify), started, canary=canary)

        return self._to_the_end(begin, on_progress)

    def _to_the_end(
        self,
        begin: Callable[[Callable[[Progress], None] | None, list[Run]], Run],
        on_progress: Callable[[Progress], None] | None,
    ) -> Run:
        started: list[Run] = []
        with self._bar("leads", None) as tell:

            def show(progress: Progress) -> None:
                tell(progress.done, progress.total)
                if on_progress is not None:
                    on_progress(progress)

            try:
                run = begin(show, started)
                run.wait()
            except KeyboardInterrupt:
                for run in started:  # also between the start and the waiting: it is in the list before it begins
                    run.cancel()
                if not started or not self._running.begun(started[0]):
                    raise
        return started[0]

    # -- what was begun before ----------------------------------------------------------------------------------------

    def unfinished(self) -> pd.DataFrame:
        """Runs of this account that were killed or broke off and can be gone on with; see ``runs.history.unfinished_frame``."""
        return self._running.unfinished()

    def resume(
        self,
        run_id: Run | str,
        *,
        comment: str | Sequence[str] = (),
        send: bool = True,
        wait: bool = True,
        on_progress: Callable[[Progress], None] | None = None,
        source: str = "script",
        canary: bool = True,
    ) -> Run:
        """Go on with a run of ``unfinished()``, under the plan, confirmation and signature that it had.

        First what is in doubt is read, never sent; then what was not sent goes out, except leads that have changed since
        (held back, with the difference). Nothing that was sent is sent again.

        Args:
            run_id: as in ``unfinished()``.
            comment: the run's comment (or comments), word for word, where the journal keeps only its hash.
            send: False settles what is in doubt and sends nothing more; the run is cancelled then, for good.
            wait: wait for the end with a progress bar, as ``run`` does; False gives the run at once, as ``start`` does.
            on_progress: as for ``start``.
            source: noted in the journal.
            canary: as for ``start``.

        Raises:
            RunError: there is no such run, or nothing is left. RunTaken: another kernel or tab has it.
            NotConfirmed: the comment is missing or another one. PlanOutOfDate: another account's, or the dialect has changed.
            JournalError: the journal is not whole, or cannot be written.
        """
        comments = [comment] if isinstance(comment, str) else listed(comment, "comment")

        def begin(show: Callable[[Progress], None] | None, started: list[Run]) -> Run:
            options = self._options(show, source)
            return self._running.resume(run_named(run_id), comments, options, started, send=send, canary=canary)

        if wait:
            return self._to_the_end(begin, on_progress)
        return self._held([], lambda started: begin(on_progress, started))

    def plan_undo(
        self,
        run: Run | str | Sequence[Run | str] | None = None,
        *,
        person: str | None = None,
        day: Day = None,
        week: Day = None,
        nearest: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
        cancel: Cancel = None,
    ) -> Plan:
        """One plan that takes runs back: each lead to what it was before the first of them, as far as an action can (status,
        reason, category and comment; Delivered and Undelivered; the Replacement mark). Leads are read now; what somebody has
        changed since, or between two of the runs, is left alone.

        Args:
            run: a run, or several, in any order. Or leave it out, and say which of your runs from this machine:
            person: those signed by this printed name, or planned or run by this login (``user:7``);
            day: those begun on this day, in the session's zone; week: in this week (a day of it, or ``2026-W48``), from Monday.
            nearest: also take back leads that do not come back exactly, such as those whose former comment is not known.
            on_progress: as for ``plan``; ``cancel`` likewise.

        ``plan.undo`` says of each lead whether it comes back exactly, nearly or not at all, why, and which conflicts there are
        (several of the runs, or somebody else, changed it); ``plan.left_out`` holds those that are left out with the reason.

        Raises:
            PlanError: nothing can be taken back, no run fits, or not said which. RunError: a run has not ended.
        """
        by_time = (person, day, week)
        if (run is None) == all(one is None for one in by_time):
            raise PlanError("Say which runs: session.plan_undo(run), or person=, day= or week=, not both.")
        if run is None:
            history = self._running.history()
            runs: list[Any] = list(runs_of(history, person=person, day=day, week=week, zone=self.client.zone))
        else:
            runs = [run] if isinstance(run, str) or not isinstance(run, Sequence) else listed(run, "These runs")
        listener, stop = on_progress or (lambda _n, _t: None), stopper(cancel)
        return undo_plan(self.client, self._running, runs, nearest=nearest, on_progress=listener, cancelled=stop)

    def make_exception(self, plan: Plan, *, name: PrintedName, reason: str) -> Plan:
        """A new plan that also sends the leads that only the policy forbids, as an exception: by a named person (``name``, as
        printed), for a reason. It is bound to that plan: name, reason, your login and the leads are in its fingerprint, in the
        sentence that is confirmed or signed, and afterwards in journal, results, history and exports. What the policy never
        allows stays forbidden, and where it asks for two persons it still does.

        Raises:
            PlanError: there is nothing to except, no reason is given, or there is an exception already. NotConfirmed: the name is
            none. PlanOutOfDate: the policy allows no exceptions, or not by this person; the plan is not as it was made.
        """
        must_fit(self.client, plan)
        return made_exception(self.client, self._running.policy, plan, printed_name(name), reason)

    # -- the journal --------------------------------------------------------------------------------------------------

    def history(self) -> pd.DataFrame:
        """Runs of this account from this machine; see ``runs.history.history_frame`` for the columns. Where the journal is not
        whole (edited, damaged, cut), a warning says so, and ``.attrs["problems"]`` lists what was found.
        """
        frame = self._running.history()
        problems = self._running.verify(None).problems
        if problems:
            frame.attrs["problems"] = list(problems)
            untrue = "What it says of past runs may be untrue; see session.verify_journal()."
            warnings.warn(f"The journal of runs is not whole: {problems[0]} {untrue}", stacklevel=2)
        return frame

    def recorded(self, run_id: Run | str) -> pd.DataFrame:
        """Results of a run as far as the journal has them (columns as ``run.results``); also of one that another kernel
        carries out just now. Names of campaigns and publishers, and the service's words, are not kept there.
        """
        return self._running.recorded(run_named(run_id))

    def report(self, run_id: Run | str, path: str | Path, **more: Any) -> Path:
        """The report of a run of the journal, as ``run.report`` writes it, also of one that was killed or goes on elsewhere.
        Gives its path. ``more``: ``leads``, ``findings``, ``personal``, ``zone`` and ``overwrite`` as for ``run.report``.

        Raises:
            RunError: no such run. ExportError: the file has another ending, is there already, or cannot be written.
        """
        from cvtr_widgets.reports.write import write_report  # it imports much that a run does not need

        return write_report(lambda: self._running.facts(run_named(run_id)), path, **{"zone": self.client.zone, **more})

    def flagged_by_me(self, ids: Iterable[LeadId] | None = None) -> dict[LeadId, tuple[str, datetime]]:
        """What this user last did to leads from this machine: lead id -> (action kind, time in UTC). Quick when asked again."""
        return self._running.flagged(ids)

    def _leads_among(self, ids: Collection[LeadId]) -> Collection[LeadId]:
        seen = set(super()._leads_among(ids))
        rest = [one for one in ids if one not in seen]
        try:
            return seen | self.flagged_by_me(rest).keys() if rest else seen
        except JournalError:  # then they are set aside, and the user is asked
            return seen

    @property
    def journal_notes(self) -> list[str]:
        """Sentences that the user should see: the journal lies on a disk that will not last, or is slow."""
        return self._running.notes()

    def verify_journal(self, head: str | None = None) -> JournalReport:
        """Check the journal's chain of hashes; ``head``: one that was noted elsewhere (``run.journal_head``) finds a cut tail.

        It proves that nothing was edited by accident or by somebody who could not rebuild all of it; who owns this machine can.
        """
        return self._running.verify(head)

    def export_journal(self, path: str | Path, run_id: Run | str | None = None, *, overwrite: bool = False) -> str:
        """The journal, or one run of it, as a self-contained bundle (JSON lines). Gives its head: note it elsewhere.

        Only you can read the file. One that is there is replaced only with ``overwrite=True``.

        ``check_bundle.py`` is put beside it and checks it without this package: ``python check_bundle.py bundle.jsonl [head]``.

        Raises:
            RunError: no such run. ExportError: the file cannot be written.
        """
        return self._running.export(Path(path).expanduser(), None if run_id is None else run_named(run_id), overwrite=overwrite)

    def close(self) -> None:
        """Close the journal. The client stays open.

        Raises:
            RunError: a run goes on; wait for it, or cancel it.
        """
        self._running.close()
