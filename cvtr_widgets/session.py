"""``LeadSession``: the whole job for scripts and notebooks, in frames. It joins the client and the runs and decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets import settings
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.errors import NotConfirmed, PlanError, PlanOutOfDate, RequestRefused
from cvtr_widgets.fields import id_of
from cvtr_widgets.frames import leads_in, records_frame
from cvtr_widgets.models import Action, ActionKind, Choice, Identity, LeadId, Progress, Signature, ordered_unique
from cvtr_widgets.progress_bar import ProgressBar
from cvtr_widgets.pulling import LeadDetail, Moment, Pulling
from cvtr_widgets.runs import history
from cvtr_widgets.runs.execute import Patience, Run
from cvtr_widgets.runs.journal import Journal, JournalReport, journal_file
from cvtr_widgets.runs.plan import Plan
from cvtr_widgets.runs.planning import Reading, make_plan
from cvtr_widgets.runs.verify import Sight
from cvtr_widgets.selection import Selection, select

if TYPE_CHECKING:
    import pandas as pd

Cancel = Callable[[], bool] | threading.Event | None
Groups = Sequence[tuple[Action, Any]]


def _stopper(cancel: Cancel) -> Callable[[], bool]:
    if cancel is None:
        return lambda: False
    return cancel.is_set if isinstance(cancel, threading.Event) else cancel


class _Lists:
    """The client's lists, as plans want them."""

    def __init__(self, client: Convertr) -> None:
        self._client = client

    def reasons(self, kind: ActionKind) -> Sequence[Choice]:
        return self._client.flag_reasons(kind)

    def categories(self) -> Sequence[Choice]:
        return self._client.reason_categories()

    def integrations(self, campaign_id: int) -> Sequence[Choice]:
        return self._client.integrations(campaign_id)


class LeadSession:
    """Pull leads, select some, plan an action, run it, read the results.

    ``progress``: show a progress bar for what takes longer than a second. ``patience``: how long slow effects are
    waited for (seconds; see ``Patience``).
    """

    def __init__(self, client: Convertr, *, progress: bool = True, patience: Patience | None = None) -> None:
        self.client = client
        self._progress = progress
        self._pulling = Pulling(client)
        self._patience = patience
        self._lock = threading.Lock()
        self._journal: Journal | None = None
        self._carried_out: set[tuple[str, datetime]] = set()

    def __repr__(self) -> str:
        return f"<LeadSession of {self.client!r}>"

    @property
    def identity(self) -> Identity:
        """Whose session this is."""
        return self.client.identity

    def usage(self) -> tuple[int, int]:
        """Requests used from here in the past 5 minutes, and how many are allowed."""
        return self.client.usage()

    # -- leads --------------------------------------------------------------------------------------------------------

    def pull(
        self,
        *,
        ids: Any = None,
        campaign: int | str | None = None,
        publisher: int | str | None = None,
        status: str | None = None,
        delivery: str | None = None,
        created_after: Moment = None,
        created_before: Moment = None,
        on_page: Callable[[int, int | None], None] | None = None,
        on_frame: Callable[[pd.DataFrame], None] | None = None,
        cancel: Cancel = None,
        go_on: bool = False,
    ) -> pd.DataFrame:
        """Leads as a frame (``frames.COLUMNS``; index ``lead_id``), read now.

        Args:
            ids: lead ids in any form that ``select`` takes; then no filter may be given.
            campaign: id or exact name; ``publisher`` likewise.
            status: Valid, Invalid, Caution or Test.
            delivery: Delivered or Not Delivered.
            created_after: a day or time; a bare day starts at midnight in the session's zone.
            created_before: a day or time; a bare day is included whole.
            on_page: called with (rows so far, total or None) as pages come, instead of a progress bar.
            on_frame: called with the leads so far, after the first page and each time that they have doubled.
            cancel: an event or a function; when true, what has come is given, with a note.
            go_on: allow reads of more than 300 requests.

        ``frame.attrs["notes"]`` holds what the reader should know (filters not obeyed, rows missing);
        ``frame.attrs["not_found"]`` ids that are not there or not visible; ``frame.attrs["as_of"]`` the time.

        Raises:
            ReadTooLarge: it would take more than 300 requests and ``go_on`` is not set.
            ServiceError: it cannot be read; there is no partial answer.
        """
        filters = (campaign, publisher, status, delivery, created_after, created_before)
        if ids is not None and any(f is not None for f in filters):
            raise RequestRefused("Give ids or filters, not both", advice="Leave one of them out.")
        stop = _stopper(cancel)
        with self._bar("leads", on_page) as tell:
            if ids is not None:
                return self._pulling.by_ids(select(ids).ids, tell, stop)
            return self._pulling.by_filters(
                campaign=campaign, publisher=publisher, status=status, delivery=delivery,
                created_after=created_after, created_before=created_before, tell=tell, stop=stop, go_on=go_on,
                show=on_frame,
            )  # fmt: skip

    def _bar(self, what: str, given: Callable[[int, int | None], None] | None) -> ProgressBar:
        return ProgressBar(what, given, shown=self._progress)

    def detail(self, lead_id: LeadId) -> LeadDetail:
        """One lead with its job results and notes, read now.

        Raises:
            NotFound: it is not there, or not visible.
        """
        return self._pulling.detail(lead_id)

    def select(self, what: Any) -> Selection:
        """Lead ids from a frame, a list, typed text, or the path of a CSV or Excel file; see ``cvtr_widgets.selection``."""
        return select(what)

    # -- lists --------------------------------------------------------------------------------------------------------

    def campaigns(self) -> pd.DataFrame:
        """Index ``id``: ``name``, ``advertiser_id``, ``status``, ``currency``."""
        rows = [{**r, "advertiser_id": id_of(r.get("advertiser"))} for r in self.client.campaigns()]
        return records_frame(rows, ("name", "advertiser_id", "status", "currency"))

    def publishers(self) -> pd.DataFrame:
        """Index ``id``: ``name``."""
        return records_frame(self.client.publishers(), ("name",))

    def reasons(self, kind: ActionKind | str) -> pd.DataFrame:
        """Listed reasons of ``"valid"``, ``"invalid"`` or ``"test"``. Index ``id``: ``name``."""
        return _choices(self.client.flag_reasons(kind))

    def categories(self) -> pd.DataFrame:
        """Reason categories for Returned. Index ``id``: ``name``."""
        return _choices(self.client.reason_categories())

    def integrations(self, campaign: int | str) -> pd.DataFrame:
        """Integration jobs of a campaign. Index ``id``: ``name``."""
        own = self._pulling.named("campaigns", campaign)
        return _choices(self.client.integrations(own or 0))

    def statistics(self) -> dict[str, Any]:
        """The service's totals of the past 30 days."""
        return {k: v for k, v in self.client.statistics().items() if not k.startswith("@")}

    def statistics_over_time(self, after: Moment = None, before: Moment = None) -> pd.DataFrame:
        """Leads a day. Index ``date``; the service's counts as columns (Int64)."""
        import pandas as pd

        rows = self.client.statistics_over_time(after, before)
        frame = pd.DataFrame([{k: v for k, v in r.items() if not k.startswith("@")} for r in rows])
        if "date" not in frame.columns:
            return frame
        frame["date"] = pd.to_datetime(frame["date"], errors="coerce", utc=True).dt.date
        return frame.set_index("date").sort_index()

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
        loaded; leads that have changed since are then held back when it runs.

        Raises:
            PlanError: no leads, a lead twice, a category or integration that is not there.
            ServiceError: the leads cannot be read.
        """
        groups = self._groups(action, selection)
        reading = None
        if not fresh:
            reading = self._as_loaded(groups, frame)
        with self._bar("leads read", None if on_progress is None else lambda n, t: on_progress(n, t or 0)) as tell:
            return make_plan(
                self.client,
                _Lists(self.client),
                groups,
                reading=reading,
                include_cannot_tell=include_cannot_tell,
                on_progress=tell,
                cancelled=_stopper(cancel),
            )

    def _groups(self, action: Action | Groups, selection: Any) -> list[tuple[Action, tuple[LeadId, ...]]]:
        if isinstance(action, Action):
            if selection is None:
                raise PlanError("Say which leads: session.plan(action, selection).")
            return [(action, select(selection).ids)]
        if selection is not None:
            raise PlanError("A list of (action, selection) pairs takes no further selection. Leave it out.")
        return [(one, select(leads).ids) for one, leads in action]

    @staticmethod
    def _as_loaded(groups: list[tuple[Action, tuple[LeadId, ...]]], frame: pd.DataFrame | None) -> Reading:
        if frame is None or "as_of" not in frame.attrs:
            raise PlanError(
                "A plan from loaded leads needs the frame that session.pull() gave: plan(..., fresh=False, frame=leads)."
            )
        ids = ordered_unique(i for _, group in groups for i in group)
        leads = leads_in(frame, ids)
        missing = [i for i in ids if i not in leads]
        if missing:
            raise PlanError(
                f"{len(missing):,} of the leads are not in that frame, such as {missing[0]}. Pull them, or use fresh=True."
            )
        at = datetime.fromisoformat(frame.attrs["as_of"])
        return Reading({i: Sight(leads[i]) for i in ids}, at, fresh=False)

    def sign(self, plan: Plan, name: str) -> Signature:
        """A signature under this very plan; it is worth nothing under another."""
        name = " ".join(name.split())
        if not name:
            raise NotConfirmed("A signature is your printed name. Type it in full.")
        return Signature(name, plan.statement, datetime.now(self.client.zone), plan.fingerprint)

    def start(
        self,
        plan: Plan,
        *,
        confirm: bool | int = False,
        signature: str | Signature | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        source: str = "script",
    ) -> Run:
        """Carry a plan out in the background. ``run.wait()`` waits, ``run.cancel()`` stops after the chunks in flight.

        Args:
            plan: exactly this is carried out; leads that changed since it was read are held back.
            confirm: True; for plans that delete, the number of leads instead.
            signature: the printed name, for Delivered and Undelivered.
            on_progress: called with ``Progress`` from another thread, at most ten times a second.
            source: noted in the journal.

        Raises:
            NotConfirmed: confirmation, count or signature is missing or does not fit.
            PlanOutOfDate: the plan is another account's, or was run already.
            LiveWritesRefused: the client is connected to a live enterprise.
            JournalError: the journal cannot be written; nothing was sent.
        """
        self._must_fit(plan)
        signed = self._confirmed(plan, confirm, signature)
        if plan.will_change:
            self.client.may_write()
        journal = self._open_journal()
        with self._lock:
            key = (plan.fingerprint, plan.made_at)
            if key in self._carried_out:
                raise PlanOutOfDate("This plan has been run already. Make a new one to see what is left to do.")
            self._carried_out.add(key)
        run = Run(self.client, journal, plan, signed, on_progress=on_progress, patience=self._patience, source=source)
        return run.start()

    def run(
        self,
        plan: Plan,
        *,
        confirm: bool | int = False,
        signature: str | Signature | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Run:
        """``start`` and wait, with a progress bar. Ctrl-C cancels after the chunks in flight; the run is given all the same.

        Raises:
            as ``start``; RunError: the run broke off (``error.run`` holds it, with all results).
        """
        with self._bar("leads", None) as tell:

            def show(progress: Progress) -> None:
                tell(progress.done, progress.total)
                if on_progress is not None:
                    on_progress(progress)

            run = self.start(plan, confirm=confirm, signature=signature, on_progress=show)
            try:
                run.wait()
            except KeyboardInterrupt:
                run.cancel()
                run.wait()
        return run

    def _must_fit(self, plan: Plan) -> None:
        mine = self.identity
        theirs = (plan.enterprise, plan.user_id, plan.sandbox)
        if theirs != (mine.enterprise, mine.user_id, mine.sandbox):
            raise PlanOutOfDate("This plan was made for another account or enterprise. Plan anew in this session.")
        if plan.dialect_hash != self.client.dialect_hash:
            raise PlanOutOfDate("The dialect has changed since this plan was made. Plan anew.")

    def _confirmed(self, plan: Plan, confirm: bool | int, signature: str | Signature | None) -> Signature | None:
        if not plan.will_change:
            return None
        if plan.needs_count:
            if confirm is True or confirm is False or confirm != plan.will_change:
                raise NotConfirmed(
                    f"This plan deletes, which cannot be undone. Confirm with the number of leads: confirm={plan.will_change}."
                )
        elif confirm is not True:
            raise NotConfirmed(f"Not confirmed. To go on, pass confirm=True to: {plan.statement}")
        if not plan.needs_signature:
            if signature is not None:
                raise NotConfirmed("This plan is not signed. Leave the signature out.")
            return None
        if signature is None:
            raise NotConfirmed(f'This needs your signature: pass signature="Your Printed Name" to: {plan.statement}')
        signed = self.sign(plan, signature) if isinstance(signature, str) else signature
        if signed.fingerprint != plan.fingerprint:
            raise NotConfirmed("This signature belongs to another plan. Sign this one.")
        return signed

    # -- the journal --------------------------------------------------------------------------------------------------

    def _open_journal(self) -> Journal:
        with self._lock:
            if self._journal is None:
                self._journal = Journal(journal_file(settings.journal_folder(), self.identity))
            return self._journal

    def history(self) -> pd.DataFrame:
        """Runs of this account from this machine; see ``runs.history.history_frame``."""
        return history.history_frame(self._open_journal())

    def unfinished(self) -> pd.DataFrame:
        """Runs that never came to their end, such as those of a killed kernel."""
        frame = self.history()
        return frame[frame["state"] == "unfinished"]

    def verify_journal(self) -> JournalReport:
        """Check the journal's chain of hashes. It proves that nothing was edited by accident or by somebody who could not
        rebuild all of it; who owns this machine can.
        """
        return self._open_journal().verify()

    def close(self) -> None:
        """Close the journal. The client stays open."""
        with self._lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None


def _choices(choices: Iterable[Choice]) -> pd.DataFrame:
    return records_frame([{"id": c.id, "name": c.name} for c in choices], ("name",))
