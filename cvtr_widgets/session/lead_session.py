"""``LeadSession``: the whole job for scripts and notebooks, in frames. It joins the client and the runs and decides nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets.api.cancel_token import Cancel, stopper
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import checked_calls, listed
from cvtr_widgets.errors import ArgumentError, RequestRefused
from cvtr_widgets.frames.described import columns_of
from cvtr_widgets.frames.leads import lead_columns
from cvtr_widgets.journal.hash_chain import JournalReport
from cvtr_widgets.models import Action, ActionKind, Identity, LeadId, Progress, Signature
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_file import PlanFile
from cvtr_widgets.plans.plan_file import read as read_plan_file
from cvtr_widgets.runs.history import LastRun, history_frame, unfinished_frame
from cvtr_widgets.runs.options import Patience
from cvtr_widgets.runs.results import results_frame
from cvtr_widgets.runs.run import Run
from cvtr_widgets.selection.odd_ids import KnownIds
from cvtr_widgets.selection.select import Selection, select
from cvtr_widgets.session import service_frames as frames
from cvtr_widgets.session.canary import CanaryReport
from cvtr_widgets.session.confirmation import PrintedName, must_fit, printed_name
from cvtr_widgets.session.lead_loader import LeadDetail, LeadLoader, Moment, Things, Words
from cvtr_widgets.session.lead_watch import LeadWatch
from cvtr_widgets.session.opened_plan import OpenedPlan, open_plan
from cvtr_widgets.session.plan_groups import Groups, as_loaded, groups_of, plan_of
from cvtr_widgets.session.policy_check import made_exception
from cvtr_widgets.session.progress_bar import ProgressBar, counted
from cvtr_widgets.session.rule_file import Rule, read_rule
from cvtr_widgets.session.rule_plan import plan_of_rule
from cvtr_widgets.session.run_registry import NOT_WHOLE, RunRegistry, run_named
from cvtr_widgets.session.run_starts import RunStarts
from cvtr_widgets.session.undo_plan import Day, runs_meant, undo_plan

if TYPE_CHECKING:
    import pandas as pd


@checked_calls
class LeadSession:
    """Pull leads, select some, plan an action, run it, read the results.

    ``progress``: show a progress bar for what takes longer than a second. ``patience``: how long to wait for slow effects
    (seconds; see ``Patience``). ``keep_comments``: keep comments in the journal in full, so that a killed run can be resumed
    without giving them again; by default (see ``CVTR_JOURNAL_COMMENTS``) only their hash is kept. ``masked``: shorten names,
    e-mail addresses and telephones in all frames; by default for all accounts except those that the service says may see the
    data. ``password_before_signing``: ask for the password again before the first signature (``confirm_password``); a policy
    can ask for it, too. ``on_step`` is for tests (see ``runs.options.STEPS``).
    """

    def __init__(
        self, client: Convertr, *, progress: bool = True, masked: bool | None = None, patience: Patience | None = None,
        keep_comments: bool | None = None, password_before_signing: bool = False, on_step: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self.client = client
        self._bar = partial(ProgressBar, shown=progress)
        self._pulling = LeadLoader(client, masked=client.identity.masked is not False if masked is None else masked)
        self._running = RunRegistry(client)
        self._running.policy.password_first = password_before_signing
        self._starts = RunStarts(client, self._running, patience, on_step, keep_comments=keep_comments)

    def __reduce__(self) -> Any:
        """Raises ArgumentError: it holds connections, locks and a login, which a copy could not share."""
        raise ArgumentError("A LeadSession cannot be copied or pickled. Make one where it is needed: cvtr.LeadSession(client).")

    def __repr__(self) -> str:
        return f"<LeadSession of {self.client!r}>"

    @property
    def identity(self) -> Identity:
        """Whose session this is."""
        return self.client.identity

    def usage(self) -> tuple[int, int]:
        """Requests used from here in the past 5 minutes, and how many are allowed."""
        return self.client.usage()

    @property
    def masked(self) -> bool:
        """Whether names, e-mail addresses and telephones are shortened in all frames."""
        return self._pulling.masked

    @columns_of(frames.dialect_frame)
    def dialect(self) -> pd.DataFrame:
        """Every entry of the dialect with its source."""
        return frames.dialect_frame(self.client.evidence())

    @columns_of(frames.doctor_frame)
    def doctor(self) -> pd.DataFrame:
        """Check whether the service is as the dialect says. Only reads."""
        return frames.doctor_frame(self.client.doctor())

    # -- leads --------------------------------------------------------------------------------------------------------

    @columns_of(lead_columns)
    def pull(
        self, *, ids: Any = None, campaign: Things = None, publisher: Things = None, status: Words = None, delivery: Words = None,
        created_after: Moment = None, created_before: Moment = None, on_page: Callable[[int, int | None], None] | None = None,
        on_frame: Callable[[pd.DataFrame], None] | None = None, cancel: Cancel = None, go_on: bool = False,
    ) -> pd.DataFrame:  # fmt: skip
        """Leads as a frame, read now.

        Args:
            ids: lead ids in any form that ``select`` takes; then no filter may be given.
            campaign: id or exact name, or a list, one of which must match; ``publisher`` likewise.
            status: Valid, Invalid, Caution or Test, or a list of several.
            delivery: Delivered or Not Delivered, or a list of both. The service takes one value per filter, so each combination
                is read separately (at most 40), and a note says where leads may have changed between two of these reads.
            created_after, created_before: a day or time; bare days are in the session's zone, and both are included whole.
            on_page: called with (rows so far, total or None) as pages come, instead of a progress bar.
            on_frame: called with the leads so far, after the first page and each time that they have doubled.
            cancel: an event or a function; when true, the leads read so far are returned, with a note.
            go_on: allow reads of more than 300 requests.

        ``frame.attrs`` has ``notes`` (filters not obeyed, rows missing), ``not_found`` (ids that are gone or not visible),
        ``as_of`` (the time) and, for reads by filters, ``coverage``: ``why`` (empty: all were read; "loading", "stopped",
        "missing"), ``read`` and ``expected`` rows, the latter None if the service names no total.

        Raises:
            ReadTooLarge: more than 300 requests, and ``go_on`` is not set. ServiceError: no answer; there is no partial one.
        """
        filters: dict[str, Any] = {
            "campaign": campaign, "publisher": publisher, "status": status, "delivery": delivery,
            "created_after": created_after, "created_before": created_before,
        }  # fmt: skip
        if ids is not None and any(f is not None for f in filters.values()):
            raise RequestRefused("Give ids or filters, not both", advice="Leave one of them out.")
        with self._bar("leads", on_page) as tell:
            if ids is not None:
                return self._pulling.chosen(self.select(ids), tell, stopper(cancel))
            return self._pulling.by_filters(**filters, tell=tell, stop=stopper(cancel), go_on=go_on, show=on_frame)

    def count(
        self, *, campaign: int | str | None = None, created_after: Moment = None, created_before: Moment = None,
        cancel: Cancel = None,
    ) -> tuple[int | None, int]:  # fmt: skip
        """How many leads the service counts in a campaign (id or exact name) between two days or times (None: it gives no
        number), and how many of them it returns with one request. Makes one request.

        Raises:
            RequestRefused: there is no such campaign, or a date is not valid. ServiceError: the service cannot be asked.
        """
        within = {"created_after": created_after, "created_before": created_before}
        return self._pulling.count(campaign=campaign, **within, stop=stopper(cancel))

    def detail(self, lead_id: LeadId) -> LeadDetail:
        """One lead with its job results and notes, read now.

        Raises:
            NotFound: it does not exist, or is not visible.
        """
        return self._pulling.detail(lead_id)

    def watch(self, lead_ids: Any) -> LeadWatch:
        """Read one to ten leads (``lead_ids``: any form that ``select`` takes) to learn from what changes in them: do something
        to them on the platform's own page, then call ``changed()`` or ``learn(...)`` with what the page shows. See ``LeadWatch``.

        Raises:
            CaptureError: no leads, or more than ten. NotFound: a lead does not exist, or is not visible.
        """
        return LeadWatch(self.client, self.select(lead_ids, include_odd=True).ids, masked=self.masked)

    def select(self, what: Any, *, column: str | None = None, sheet: str | None = None, include_odd: bool = False) -> Selection:
        """Lead ids from a frame, a list, typed text, or the path of a CSV or Excel file; see ``cvtr_widgets.select``. Ids that
        this session has read, or that this user's journal knows, are taken whatever their size.
        """
        return select(what, column=column, sheet=sheet, include_odd=include_odd, known=self.known_ids())

    def known_ids(self) -> KnownIds:
        """What is known of this enterprise's lead ids, from the leads read in this session and those sent before."""
        seen = self._pulling.seen
        return KnownIds(seen.low, seen.high, lambda ids: self._running.known_among(ids, seen.among(ids)), seen.least)

    # -- lists --------------------------------------------------------------------------------------------------------

    def campaigns(self) -> pd.DataFrame:
        """Index ``id`` (int64); ``name`` (text), ``advertiser_id`` (Int64), ``status currency`` (text: the service's words)."""
        return frames.campaigns_frame(self.client)

    def publishers(self) -> pd.DataFrame:
        """Index ``id`` (int64); ``name`` (text)."""
        return frames.list_frame(self.client, self.client.publishers(), "publishers", "publishers")

    def advertisers(self) -> pd.DataFrame:
        """Advertisers that this account sees. Index ``id`` (int64); ``name`` (text)."""
        return frames.list_frame(self.client, self.client.advertisers(), "advertisers", "advertisers")

    def channels(self) -> pd.DataFrame:
        """Index ``id`` (int64); ``name`` (text)."""
        return frames.list_frame(self.client, self.client.channels(), "channels", "channels")

    def is_delivered(self, leads: Any, *, cancel: Cancel = None) -> pd.DataFrame:
        """Ask the service which leads are delivered (``is-lead-delivered``, which changes nothing). ``leads``: in any form that
        ``select`` takes. Index ``lead_id`` (int64), in the order given; ``delivered`` (boolean; empty where the service's answer
        for a lead is missing or unclear). Raises RequestRefused: the service refuses to say. Cancelled: ``cancel`` turned true.
        """
        return frames.delivered_frame(self.client, self.select(leads).ids, stopper(cancel))

    def reasons(self, kind: ActionKind | str) -> pd.DataFrame:
        """Listed reasons of ``"valid"``, ``"invalid"`` or ``"test"``. Index ``id`` (int64); ``name`` (text)."""
        return frames.list_frame(self.client, self.client.flag_reasons(kind), "reasons", "lead-flag-reasons")

    def categories(self) -> pd.DataFrame:
        """Reason categories for Returned. Index ``id`` (int64); ``name`` (text)."""
        return frames.list_frame(self.client, self.client.reason_categories(), "categories", "lead-flag-reason-categories")

    def integrations(self, campaign: int | str) -> pd.DataFrame:
        """Integration jobs of a campaign (id or exact name). Index ``id`` (int64); ``name`` (text)."""
        return frames.integrations_frame(self.client, self._pulling.named("campaigns", campaign))

    def statistics(self) -> dict[str, Any]:
        """The service's totals of the past 30 days."""
        return {k: v for k, v in self.client.statistics().items() if not k.startswith("@")}

    def statistics_over_time(self, after: Moment = None, before: Moment = None) -> pd.DataFrame:
        """Leads per day, all of them. Index ``date`` (date); each count that the service sends is a column ``*`` (Int64), such
        as ``total``. ``attrs["notes"]`` says what may be missing.

        Raises:
            RequestRefused: a date is not valid, or the range ends before it begins.
        """
        return frames.chronology_frame(self.client, self.client.statistics_over_time(after, before))

    # -- plan and run -------------------------------------------------------------------------------------------------

    def plan(
        self, action: Action | Groups, selection: Any = None, *, fresh: bool = True, frame: pd.DataFrame | None = None,
        include_cannot_tell: bool = False, on_progress: Callable[[int, int], None] | None = None, cancel: Cancel = None,
    ) -> Plan:  # fmt: skip
        """What an action would do to each lead. Nothing is written.

        ``action`` is one action for the whole ``selection`` (anything that ``select`` takes), or a list of pairs
        (action, selection): one plan can hold a reason per lead. With ``fresh=False`` the plan is based on ``frame`` as loaded;
        leads that have changed since are held back when it runs. ``plan.warnings`` says what of the selection was not taken.

        Raises:
            PlanError: no leads, a lead twice, no such category or integration. ServiceError: the leads cannot be read.
        """
        chosen = groups_of(action, selection, self.select)
        reading = None if fresh else as_loaded([(one, leads.ids) for one, leads in chosen], frame)
        more: dict[str, Any] = {"reading": reading, "include_cannot_tell": include_cannot_tell, "cancelled": stopper(cancel)}
        rules = self._running.policy.rules((one for one, _ in chosen), cancelled=more["cancelled"])
        with self._bar("leads read", counted(on_progress)) as tell:
            return plan_of(self.client, chosen, place=self._running.place(), rules=rules, on_progress=tell, **more)

    def open_plan(
        self, path: str | Path, *, include_changed: bool = False,
        on_progress: Callable[[int, int], None] | None = None, cancel: Cancel = None,
    ) -> OpenedPlan:  # fmt: skip
        """Open a plan that you or a colleague wrote with ``plan.save()``, and check it again: every lead is read now,
        ``.differences`` lists what has changed, and ``.plan`` is a new plan of this account that names its maker. Nothing is
        written. Leads that have changed are held back; with ``include_changed`` they are sent as they are now.

        Raises:
            PlanOutOfDate: a byte of the file was changed; it was made at another enterprise, address or sandbox; the service's
            list of reasons has changed. PlanError: it is not a plan file. ServiceError: the leads cannot be read.
        """
        return self.open_held_plan(read_plan_file(path), include_changed=include_changed, on_progress=on_progress, cancel=cancel)

    def open_held_plan(
        self, held: PlanFile, *, include_changed: bool = False,
        on_progress: Callable[[int, int], None] | None = None, cancel: Cancel = None,
    ) -> OpenedPlan:  # fmt: skip
        """As ``open_plan``, for a plan file whose content has already been read (``plan_file.held_in``)."""
        with self._bar("leads read", counted(on_progress)) as tell:
            more: dict[str, Any] = {"include_changed": include_changed, "on_progress": tell, "cancelled": stopper(cancel)}
            return open_plan(self.client, held, self._running.policy, place=self._running.place(), **more)

    def plan_rule(
        self, path: str | Path | Rule, *, on_progress: Callable[[int, int], None] | None = None, cancel: Cancel = None
    ) -> Plan | None:
        """The plan of a rule file (see ``docs/unattended.md``) for the leads that match now; None if no lead matches. Nothing is
        written. Leads that stopped matching while they were read are in the plan, held back with the reason.

        Raises:
            PlanError: the file says something that a rule cannot say, or the rule matches more leads than its limits allow.
            PlanOutOfDate: it is for another enterprise. ReadTooLarge, ServiceError: the leads cannot be read.
        """
        rule, stop = path if isinstance(path, Rule) else read_rule(path), stopper(cancel)
        with self._bar("leads read", counted(on_progress)) as tell:
            return plan_of_rule(self.client, rule, self.pull, self.count, self._running, on_progress=tell, cancelled=stop)

    def sign(self, plan: Plan, name: PrintedName) -> Signature:
        """Sign this plan. The signature is not valid for any other plan.

        Raises:
            NotConfirmed: the name has no letters, or has invisible characters. PlanOutOfDate: as for ``start``.
        """
        must_fit(self.client, plan)
        self._running.policy.must_have_password()
        return self._starts.signed(plan, name)

    def confirm_password(self, password: str | None = None) -> None:
        """Give the password again, where the policy or the session asks for it before the first signature; if left out, it is
        asked for without echo. It is used for one login, is not kept, and is not tried again if refused.

        Raises:
            LoginRefused: it is wrong. CredentialsError: there is none (a token), or none was typed. ServiceError: no answer.
        """
        self.client.check_password(password)
        self._running.policy.password_given = True

    def start(
        self, plan: Plan, *, confirm: bool | int = False, signature: str | Signature | None = None, verify: str = "all",
        on_progress: Callable[[Progress], None] | None = None, source: str = "script", canary: bool = True,
    ) -> Run:  # fmt: skip
        """Carry a plan out in the background. ``run.wait()`` waits, ``run.cancel()`` stops after the chunks in flight.

        Args:
            plan: exactly this plan is carried out; leads that have changed since it was read are held back.
            confirm: True; for plans that delete, the number of leads instead.
            signature: the printed name; required for Delivered and Undelivered, optional for any other plan.
            verify: which leads are read back: "all", "doubtful", "sample:100" (any number) or "none"; ``plan.costs`` says
                what each takes. What is not read back is at best ``accepted``.
            on_progress: called with ``Progress`` from another thread, at most ten times a second.
            source: noted in the journal.
            canary: False runs a live plan without its canary, at your own risk; the journal notes that.

        Raises:
            NotConfirmed: confirmation, count or signature is missing or does not fit. PlanOutOfDate: the plan belongs to another
            account, or has already been run. LiveWritesRefused: the enterprise is live and this action is not proven there yet;
            see ``canary``. JournalError: the journal cannot be written; nothing was sent.
        """
        begin = self._starts.of_plan(plan, confirm, signature, source=source, verify=verify, canary=canary)
        return self._starts.in_background(begin, on_progress)

    def run(
        self, plan: Plan, *, confirm: bool | int = False, signature: str | Signature | None = None, verify: str = "all",
        on_progress: Callable[[Progress], None] | None = None, canary: bool = True,
    ) -> Run:  # fmt: skip
        """``start`` and wait, with a progress bar. Ctrl-C cancels after the chunks in flight, and returns the run. If the run
        breaks off, ``run.error`` says why, and its results are still true. Arguments and errors: as for ``start``.
        """
        begin = self._starts.of_plan(plan, confirm, signature, source="script", verify=verify, canary=canary)
        return self._starts.to_the_end(begin, on_progress, self._bar("leads", None))

    @property
    def runs(self) -> dict[str, Run]:
        """The runs that this session started or resumed, by id, in that order."""
        return dict(self._running.runs)

    def canary(
        self, plan: Plan, *, lead: LeadId | None = None, confirm: bool | int = False, signature: str | Signature | None = None
    ) -> CanaryReport:
        """The plan's first write to a live enterprise, to one lead (``lead``, or one that it chooses): see ``CanaryReport``.
        Without ``confirm`` nothing is sent: the report shows the exact request. A ``signature`` signs ``report.plan``.

        Raises:
            PlanError: no action of the plan needs it. NotConfirmed, PlanOutOfDate, JournalError: as for ``start``.
        """
        return self._starts.canary(plan, lead, confirm, signature)

    # -- what was begun before ----------------------------------------------------------------------------------------

    @columns_of(unfinished_frame)
    def unfinished(self) -> pd.DataFrame:
        """Runs of this account that were killed or broke off and can be resumed, newest first."""
        return self._running.unfinished()

    def resume(
        self, run_id: Run | str, *, comment: str | Sequence[str] = (), send: bool = True, wait: bool = True,
        on_progress: Callable[[Progress], None] | None = None, source: str = "script", canary: bool = True,
    ) -> Run:  # fmt: skip
        """Resume a run of ``unfinished()``, under the plan, confirmation and signature that it had.

        Leads in doubt are read first, and never sent again. Then the leads that were not sent go out, except those that have
        changed since: they are held back, with the difference.

        Args:
            run_id: as in ``unfinished()``.
            comment: the run's comment (or comments), word for word, where the journal keeps only its hash.
            send: False settles what is in doubt and sends nothing more; the run is then cancelled for good.
            wait: wait for the end with a progress bar, as ``run`` does; False returns right away, as ``start`` does.
            on_progress, source, canary: as for ``start``.

        Raises:
            RunError: there is no such run, or nothing is left. RunTaken: another kernel or tab has it.
            NotConfirmed: the comment is missing or wrong. PlanOutOfDate: another account's, or the dialect has changed.
            JournalError: the journal is not intact, or cannot be written.
        """
        comments = [comment] if isinstance(comment, str) else listed(comment, "comment")
        begin = self._starts.of_resume(run_id, comments, source=source, send=send, canary=canary)
        if wait:
            return self._starts.to_the_end(begin, on_progress, self._bar("leads", None))
        return self._starts.in_background(begin, on_progress)

    def plan_undo(
        self, run: Run | str | Sequence[Run | str] | None = None, *, person: str | None = None, day: Day = None, week: Day = None,
        nearest: bool = False, on_progress: Callable[[int, int], None] | None = None, cancel: Cancel = None,
    ) -> Plan:  # fmt: skip
        """One plan that undoes runs: each lead goes back to what it was before the first of them, as far as an action can do that
        (status, reason, category and comment; Delivered and Undelivered; the Replacement mark). Leads are read now; what somebody
        has changed since, or between two of the runs, is left alone.

        Args:
            run: a run, or several, in any order. Or leave it out, and say which of your runs from this machine:
            person: those signed by this printed name, or planned or run by this login (``user:7``);
            day: those started on this day, in the session's zone; week: in this week (a day of it, or ``2026-W48``), from Monday.
            nearest: also undo leads that do not come back exactly, such as those whose former comment is not known.
            on_progress, cancel: as for ``plan``.

        ``plan.undo`` says for each lead whether it comes back exactly, nearly or not at all, why, and which conflicts there are
        (several of the runs, or somebody else, changed it); ``plan.left_out`` lists those that are left out, with the reason.

        Raises:
            PlanError: nothing can be undone, no run matches, or no run is given. RunError: a run has not ended.
        """
        runs = runs_meant(run, self._running.history, person=person, day=day, week=week, zone=self.client.zone)
        listener, stop = on_progress or (lambda _n, _t: None), stopper(cancel)
        return undo_plan(self.client, self._running, runs, nearest=nearest, on_progress=listener, cancelled=stop)

    def make_exception(self, plan: Plan, *, name: PrintedName, reason: str) -> Plan:
        """A new plan that also sends the leads that only the policy forbids, as an exception made by a named person (``name``, as
        printed) for a reason. Name, reason, your login and the leads are part of its fingerprint, of the sentence that is signed,
        and of journal, results, history and exports. It does not cover what the policy never allows or wants two people for.

        Raises:
            PlanError: no lead needs an exception, no reason is given, or the plan has an exception. NotConfirmed: the name is not
            valid. PlanOutOfDate: the policy allows no exceptions, or not by this person; the plan was changed since it was made.
        """
        must_fit(self.client, plan)
        return made_exception(self.client, self._running.policy, plan, printed_name(name), reason)

    # -- the journal --------------------------------------------------------------------------------------------------

    @columns_of(history_frame)
    def history(self) -> pd.DataFrame:
        """Runs of this account from this machine, newest first. If the journal is not intact (edited, damaged, cut), a warning
        says so, and ``.attrs["problems"]`` lists what was found.
        """
        frame = self._running.history()
        if problems := self._running.verify(None).problems:
            frame.attrs["problems"] = list(problems)
            warnings.warn(NOT_WHOLE.format(problems[0]), stacklevel=2)
        return frame

    def last_run(self) -> LastRun | None:
        """The run of this account from this machine that ended last, if it cannot be resumed; see ``runs.history.LastRun``."""
        return self._running.last_run()

    @columns_of(results_frame)
    def recorded(self, run_id: Run | str) -> pd.DataFrame:
        """Results of a run as far as the journal has them, also while another kernel is running it.
        The journal does not keep the service's words; one of an older version has no names of campaigns and publishers.
        """
        return self._running.recorded(run_named(run_id))

    def report(self, run_id: Run | str, path: str | Path, **more: Any) -> Path:
        """Write the report of a run from the journal, as ``run.report`` does, also for a run that was killed or runs elsewhere.
        Returns its path. ``more``: ``leads``, ``findings``, ``personal``, ``zone`` and ``overwrite`` as for ``run.report``.

        Raises:
            RunError: no such run. ExportError: the file has another ending, already exists, or cannot be written.
        """
        from cvtr_widgets.reports.write import write_report  # it imports much that a run does not need

        return write_report(lambda: self._running.facts(run_named(run_id)), path, **{"zone": self.client.zone, **more})

    def flagged_by_me(self, ids: Iterable[LeadId] | None = None) -> dict[LeadId, tuple[str, datetime]]:
        """What this user last did to leads from this machine: lead id -> (action kind, time in UTC). Quick on later calls."""
        return self._running.flagged(ids)

    @property
    def journal_notes(self) -> list[str]:
        """Sentences that the user should see, such as that the journal is on a disk that will not last, or is slow."""
        return self._running.notes()

    def verify_journal(self, head: str | None = None) -> JournalReport:
        """Check the journal's chain of hashes. A ``head`` that you kept elsewhere (``run.journal_head``) also reveals a cut end.
        It proves that nobody edited the journal who could not rebuild all of it; whoever owns this machine can.
        """
        return self._running.verify(head)

    def export_journal(self, path: str | Path, run_id: Run | str | None = None, *, overwrite: bool = False) -> str:
        """Write the journal, or one run of it, as a self-contained bundle (JSON lines). Returns its head: keep it elsewhere. Only
        you can read the file; an existing one is replaced only with ``overwrite=True``. ``check_bundle.py`` is put beside it and
        checks it without this package: ``python check_bundle.py bundle.jsonl [head]``.

        Raises:
            RunError: no such run. ExportError: the file cannot be written.
        """
        return self._running.export(Path(path).expanduser(), None if run_id is None else run_named(run_id), overwrite=overwrite)

    def close(self) -> None:
        """Close the journal. The client stays open.

        Raises:
            RunError: a run is still running; wait for it, or cancel it.
        """
        self._running.close()
