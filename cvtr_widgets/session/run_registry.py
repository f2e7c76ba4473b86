"""Runs of one account from this machine: started, resumed, watched, looked up; with one journal and one owner a run."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets import settings
from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.lead_service import lead_service
from cvtr_widgets.arguments import quoted
from cvtr_widgets.errors import CvtrError, JournalError, NotConfirmed, PlanOutOfDate, RunError, RunTaken
from cvtr_widgets.journal import bundle
from cvtr_widgets.journal.hash_chain import JournalReport
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.journal_folder import journal_file, journal_folder, older_journal
from cvtr_widgets.journal.last_actions import LastActions
from cvtr_widgets.journal.ownership import UNKNOWN_ADVICE, whose
from cvtr_widgets.journal.run_lock import HeldByAnother, RunLock
from cvtr_widgets.journal.sent_since import START, place_in
from cvtr_widgets.models import HashedText, LeadId, Signature, seal
from cvtr_widgets.plans import plan_file_writer
from cvtr_widgets.plans.fingerprint import is_as_made
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.policy import read_policy
from cvtr_widgets.plans.read_age import JournalPlace
from cvtr_widgets.plans.verify_mode import verify_way
from cvtr_widgets.plans.ways_back import EndedRun
from cvtr_widgets.reports.run_facts import RunFacts
from cvtr_widgets.runs import history
from cvtr_widgets.runs.history import LastRun
from cvtr_widgets.runs.options import RunOptions
from cvtr_widgets.runs.replay import Recorded, replay
from cvtr_widgets.runs.report_facts import facts_of_recorded
from cvtr_widgets.runs.run import Run
from cvtr_widgets.runs.run_once import must_not_have_run
from cvtr_widgets.runs.run_work import RunWork
from cvtr_widgets.session.canary import must_be_proven
from cvtr_widgets.session.policy_check import PolicyCheck

if TYPE_CHECKING:
    import pandas as pd

NOT_WHOLE = "The journal of runs is not intact: {} What it says about past runs may be untrue; see session.verify_journal()."


def run_named(run: Run | str) -> str:
    """The id of a run.

    Raises:
        RunError: it is neither a run nor an id.
    """
    if isinstance(run, Run):
        return run.id
    if not isinstance(run, str) or not run.isascii():
        given = quoted(run, 40) if isinstance(run, str) else type(run).__name__
        raise RunError(f"This is {given}, not a run. Give the run, or its id: see session.history().")
    return run


class RunRegistry:
    """What ``LeadSession`` does with plans that were confirmed, and with the journal."""

    def __init__(self, client: Convertr) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._journal: Journal | None = None
        self.runs: dict[str, Run] = {}
        self._works: dict[str, RunWork] = {}
        self._flagged = LastActions()
        self.policy = PolicyCheck(client, lambda: self.journal)

    @property
    def journal(self) -> Journal:
        """The open journal of this account.

        Raises:
            JournalError: it cannot be written, or is damaged.
        """
        with self._lock:
            if self._journal is None:
                self._journal = Journal(journal_file(journal_folder(), self._client.identity))
            return self._journal

    def place(self) -> JournalPlace | None:
        """How far the journal is written; None where it cannot be read: starting a run says why."""
        if self._journal is None and not journal_file(journal_folder(), self._client.identity).exists():
            return START  # a plan makes no file
        try:
            return place_in(self.journal)
        except JournalError:
            return None

    def close(self) -> None:
        """Close the journal.

        Raises:
            RunError: a run goes on, and could not note any more what it does.
        """
        going = next((run for run in self.runs.values() if not run.finished), None)
        if going is not None:
            raise RunError(
                f"Run {going.id} is still running. Wait for it (run.wait()) or stop it (run.cancel()), then close the session."
            )
        with self._lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None

    def notes(self) -> list[str]:
        """What the user should know of the journal: a disk that will not last, a slower way of writing."""
        journal, said = self.journal, []
        why = settings.throw_away(journal.path.parent)
        if why:
            said.append(
                f"The journal of runs will not last: {why}. Save it before you leave: session.export_journal('journal.jsonl')."
            )
        if journal.mode != "wal":
            said.append("This disk can only write the journal the slow way, so runs take longer. They are just as safe.")
        older = self._older_frame()
        if older is not None and len(left := older.index[older["state"].isin(["unfinished", "failed"])]):
            said.append(
                f"{len(left)} older run{'s' if len(left) > 1 else ''} did not finish, and the journal does not say at "
                "which address. They are in session.history() and cannot be resumed: look at their leads on the platform."
            )
        return said

    # -- beginning and going on ---------------------------------------------------------------------------------------

    def begin(
        self, plan: Plan, signature: Signature | None, options: RunOptions, started: list[Run], *, waived: Sequence[str] = ()
    ) -> Run:
        """Start a run of a plan that was confirmed; it is put into ``started`` before it begins, for whoever is interrupted.
        ``waived``: entries of the dialect that go unproven, for the journal.

        Raises:
            PlanOutOfDate: it was run already, or the policy does not allow it by now. NotConfirmed: the policy asks for another
            person. JournalError: the journal cannot be written; nothing was sent.
        """
        if signature is not None:
            self.policy.must_have_password()
        todo = [e.lead_id for e in plan.sendable]
        with self.policy.starting(plan, todo) as check, self._alone_with(plan, options.source):
            held = dataclasses.replace(options, check=check)
            work = RunWork(lead_service(self._client), self.journal, plan, signature, held, waived=waived)
            return self._start(work, started)

    @contextmanager
    def _alone_with(self, plan: Plan, source: str) -> Iterator[None]:
        """A plan that was saved may be run by several accounts of this machine: one at a time looks into all their journals."""
        saved = plan.fingerprint if plan.provenance is None else plan.provenance.fingerprint
        # Plans come to others in files. One that is from no file and was written to none needs no look into other journals.
        if plan.provenance is None and saved not in plan_file_writer.SAVED:
            yield
            return
        if plan.provenance is not None and plan.provenance.sent_back:
            raise PlanOutOfDate("This plan was sent back with a remark, so it must not be run as it is. Make a new one.")
        folder = self.journal.path.parent
        try:
            # Two accounts have two journals, and no transaction spans both. The lock lets one at a time look whether the other
            # has run it.
            claim = RunLock(folder / "runs-plans", saved[:16])
        except HeldByAnother:
            raise RunTaken("This saved plan is being started elsewhere at this moment. See session.history().") from None
        try:
            for path in sorted(folder.glob("runs-*.sqlite")):
                if path != self.journal.path:
                    with closing(Journal(path, reading=True)) as theirs:
                        must_not_have_run(theirs, plan, source)
            yield
        finally:
            claim.release(done=False)

    def _start(self, work: RunWork, started: list[Run]) -> Run:
        # Registered before the thread starts: an interrupted start must leave the run where session.runs finds it.
        run = Run(work)
        self.runs[run.id], self._works[run.id] = run, work
        started.append(run)
        try:
            work.start(partial(self._claim, run.id))
        except CvtrError:
            if self.runs.get(run.id) is run:
                del self.runs[run.id], self._works[run.id]
            raise
        return run

    def begun(self, run: Run) -> bool:
        """Whether a run whose start was interrupted was noted in the journal; then it is waited for."""
        work = self._works.get(run.id)
        return work is not None and work.begun()

    def _claim(self, run_id: str) -> RunLock:
        path = self.journal.path
        try:
            return RunLock(path, run_id)
        except HeldByAnother:
            pid: Any = None
            since, host = "", ""
            for entry in self.journal.each(run_id, kinds=("run", "claim")):
                said = entry.data if entry.kind == "claim" else entry.data.get("owner") or {}
                pid, host, since = said.get("pid"), str(said.get("host")), entry.at
            where = "this very one" if pid == os.getpid() else "another kernel or tab"
            watch = f"session.runs[{run_id!r}]" if run_id in self.runs else f"session.history() and session.recorded({run_id!r})"
            raise RunTaken(
                f"Run {run_id} is being run by process {pid} on {host} since {since[:19]} UTC: {where}. "
                f"Watch it with {watch}, or stop it there.",
                pid=pid,
                since=since,
            ) from None

    def resume(
        self, run_id: str, comments: Sequence[str], options: RunOptions, started: list[Run], *, send: bool, canary: bool
    ) -> Run:
        """Resume a run that was killed or broke off; ``started`` as in ``begin``. What is read of the journal here is held
        against it again when the run has its lock.

        Raises:
            RunError: no such run, or nothing is left. RunTaken: somebody else has it. NotConfirmed: a comment is needed.
            PlanOutOfDate: another account's, or the dialect or policy has changed. JournalError: the journal
                is not intact.
        """
        known = self.runs.get(run_id)
        if known is not None and not known.finished:
            self._claim(run_id).release(done=False)  # says who has it
        self._must_be_whole()
        # Read without the run's lock, so another kernel may resume it meanwhile; note_resumed finds that out in its
        # transaction.
        found = self._replay(run_id)
        self._must_fit(found, send=send)
        plan = self._with_comments(found, comments, send=send)
        # What is read back was chosen when the run began, and a resumed run keeps to it.
        options = dataclasses.replace(options, verify=verify_way(found.opening.get("verify", "all")))
        waived: tuple[str, ...] = ()
        # Leads in doubt are only read, and reading needs no proof. The canary is for what would still be sent.
        if send and found.at("not_sent"):
            waived = must_be_proven(self._client, plan, canary=canary)
        service = lead_service(self._client)
        todo = found.at("not_sent") if send else []
        with self.policy.starting(plan, todo, resumed=run_id) if todo else nullcontext(options.check) as check:
            options = dataclasses.replace(options, check=check)
            work = RunWork(service, self.journal, plan, found.signature, options, recorded=found, send=send, waived=waived)
            return self._start(work, started)

    def _must_be_whole(self) -> None:
        # All entries, not only those of one run: the runs of an account are in one chain.
        report = self.journal.verify()
        if not report.ok:
            raise JournalError(f"The journal is not intact: {report.problems[0]}. Look at the service, and plan again.")

    def _replay(self, run_id: str) -> Recorded:
        """A run out of the journal, if it was about leads that this session can see."""
        if run_id in self._older_runs():
            raise RunError(f"Run {run_id} {UNKNOWN_ADVICE}")
        found = replay(self.journal, run_id)
        if found.plan.sandbox and found.plan.world != self._client.identity.world:
            raise RunError(
                f"Run {run_id} was made in another sandbox, which is gone or is not this session's: its leads are other "
                "leads, even where they have the same ids. Make a new plan here."
            )
        if whose(self._client.identity, found.opening) != "mine":
            raise PlanOutOfDate("This run belongs to another account or was made at another address. Connect there as that user.")
        return found

    # -- the journal of an older version ------------------------------------------------------------------------------

    @contextmanager
    def _older(self) -> Iterator[Journal | None]:
        """The journal that an older version kept, which does not say at which address its runs were made; only to be read.

        Raises:
            JournalError: it is damaged.
        """
        path = older_journal(journal_folder(), self._client.identity)
        journal = None if path is None else Journal(path, reading=True)
        try:
            yield journal
        finally:
            if journal is not None:
                journal.close()

    def _older_frame(self) -> pd.DataFrame | None:
        with self._older() as journal:
            return None if journal is None else history.history_frame(journal, identity=self._client.identity)

    def _older_runs(self) -> set[str]:
        found = self._older_frame()
        return set() if found is None else set(found.index)

    def _must_fit(self, found: Recorded, *, send: bool) -> None:
        theirs = found.plan
        if not found.unfinished:
            raise RunError(f"Run {found.run_id} is finished ({found.ended}). Plan again for what is left to do.")
        changed = "dialect" if theirs.dialect_hash != self._client.dialect_hash else ""
        changed = changed or ("policy" if theirs.policy != read_policy(self._client.identity).mark else "")
        if send and changed:
            raise PlanOutOfDate(
                f"The {changed} has changed since this run was planned. Settle what is in doubt with "
                "session.resume(run_id, send=False), then plan again."
            )
        self._must_be_confirmed(theirs)

    def _must_be_confirmed(self, plan: Plan) -> None:
        if not is_as_made(plan):
            raise JournalError("The journal's leads do not match the fingerprint that was confirmed. Plan again.")

    @staticmethod
    def _with_comments(found: Recorded, comments: Sequence[str], *, send: bool) -> Plan:
        """The plan with its comments: those that the journal keeps, or that were given again and have the same hash."""
        # By hash, because that is all that the journal has: a comment with one letter changed is another comment.
        given = {str(seal(text)): text for c in comments if (text := c.strip())}
        plan, groups = found.plan, []
        groups_to_send = {e.group for e in plan.sendable if found.fates[e.lead_id].stage == "not_sent"} if send else set()
        for number, (action, ids) in enumerate(plan.groups):
            whole, comment = action, action.comment
            if isinstance(comment, HashedText):
                again = given.get(str(comment))
                if again is not None:
                    whole = dataclasses.replace(action, comment=again)
                elif number in groups_to_send:
                    wrong = "is not the one that was confirmed" if given else "is not kept in the journal, only its hash"
                    raise NotConfirmed(
                        f"The comment of this run {wrong}. Give it again, word for word: "
                        "session.resume(run_id, comment='...'). To settle only what is in doubt: send=False."
                    )
            groups.append((whole, ids))
        return dataclasses.replace(plan, groups=tuple(groups))

    # -- looking up ---------------------------------------------------------------------------------------------------

    def history(self) -> pd.DataFrame:
        """Runs, newest first; see ``runs.history.history_frame``. Those of an older version's journal are in it, too."""
        import pandas as pd

        mine, older = history.history_frame(self.journal, identity=self._client.identity), self._older_frame()
        if older is None or older.empty:
            return mine
        return older if mine.empty else pd.concat([mine, older]).sort_values("started", ascending=False, kind="stable")

    def unfinished(self) -> pd.DataFrame:
        """Runs that can be resumed; see ``runs.history.unfinished_frame``."""
        frame = self.history()
        runs = [replay(self.journal, run_id) for run_id in frame.index[frame["open"]]]
        return history.unfinished_frame(frame, [r for r in runs if r.unfinished], self.journal.path)

    def last_run(self) -> LastRun | None:
        """See ``runs.history.last_run``."""
        return history.last_run(self.journal, self._client.identity)

    def recorded(self, run_id: str) -> pd.DataFrame:
        """Results of a run as far as the journal has them; also of one that another kernel carries out just now."""
        if run_id in self._older_runs():
            with self._older() as journal:
                assert journal is not None  # noqa: S101  it has the run
                return history.recorded_frame(replay(journal, run_id))
        return history.recorded_frame(self._replay(run_id))

    def facts(self, run_id: str) -> RunFacts:
        """What the report of a run is told by the journal."""
        if run_id in self._older_runs():
            with self._older() as journal:
                assert journal is not None  # noqa: S101  it has the run
                return facts_of_recorded(journal, run_id)
        self._replay(run_id)  # refuses another account's and another sandbox's
        return facts_of_recorded(self.journal, run_id)

    def ended_runs(self, runs: Sequence[Run | str]) -> list[EndedRun]:
        """Runs that have ended, oldest first, with the outcome of each lead that they sent, from the journal: another kernel may
        have gone on with one since. Comments, which the journal keeps only as a hash, are those of the run at hand where there
        is one.

        Raises:
            RunError: one has not ended, or is not known. JournalError: the journal is not intact.
        """
        self._must_be_whole()
        found = {one.run_id: one for one in map(self._ended, runs)}
        return sorted(found.values(), key=lambda one: one.number)

    def last_runs(self, ids: Iterable[LeadId]) -> dict[LeadId, str]:
        """The run of this account that last did something to each lead."""
        return self._flagged.last_runs(self.journal, ids, self._client.identity)

    def _ended(self, run: Run | str) -> EndedRun:
        known = run if isinstance(run, Run) else self.runs.get(run_named(run))
        if known is not None and not known.finished:
            raise RunError("The run has not ended yet. Wait for it, or cancel it.")
        found = self._replay(run if isinstance(run, str) else run.id)
        self._must_be_confirmed(found.plan)
        doubt = len(found.at("doubt", "answered"))
        if found.unfinished and (found.ended is None or doubt):
            what = f"{count_of(doubt)} of it may have been changed and not read back" if doubt else "it never came to its end"
            raise RunError(
                f"Run {found.run_id} is not finished: {what}. Resume it first: session.resume({found.run_id!r}), or under "
                "Unfinished runs in the panel."
            )
        same = known is not None and known.plan.fingerprint == found.plan.fingerprint
        plan = known.plan if known is not None and same else found.plan
        outcomes = {i: str(f.outcome) for i, f in found.fates.items()}
        return EndedRun(found.run_id, plan, outcomes, {i: f.started_at for i, f in found.fates.items()}, found.first)

    def flagged(self, ids: Iterable[LeadId] | None) -> dict[LeadId, tuple[str, datetime]]:
        """What this user last did to leads from this machine."""
        return self._flagged.look(self.journal, ids, self._client.identity)

    def known_among(self, ids: Collection[LeadId], seen: Collection[LeadId]) -> Collection[LeadId]:
        """Those of the ids that are known to be leads: ``seen`` in this session, or sent before."""
        rest = [one for one in ids if one not in seen]
        try:
            return {*seen, *self.flagged(rest)} if rest else seen
        except JournalError:  # then they are set aside, and the user is asked
            return seen

    def verify(self, head: str | None) -> JournalReport:
        """Check the chain of hashes."""
        return self.journal.verify(head)

    def export(self, path: Path, run_id: str | None, *, overwrite: bool) -> str:
        """A self-contained bundle, with the file that checks it beside it; gives its head."""
        head = bundle.export(self.journal, path, run_id, overwrite=overwrite)
        bundle.copy_checker(path.parent, overwrite=overwrite)
        return head
