"""``LeadPanel``: the three steps as one widget. It shows what ``panel/state.py`` knows and passes on what the page says.

Nothing of a lead and nothing typed is ever a synced trait: all of it travels as custom messages, so that a notebook that
is saved with its widget state holds none of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
from ipywidgets import Layout
from traitlets import TraitError

from cvtr_widgets import settings
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import checked, quoted, shown
from cvtr_widgets.background import background_thread
from cvtr_widgets.errors import ArchiveError, ArgumentError, PlanError
from cvtr_widgets.frames.described import columns_of
from cvtr_widgets.frames.leads import lead_columns
from cvtr_widgets.insight.page_parts import send_parts
from cvtr_widgets.models import Action
from cvtr_widgets.panel.jobs import ASKER, Asker, Refused, problem_of
from cvtr_widgets.panel.link.acknowledgements import Acknowledgements
from cvtr_widgets.panel.link.deltas import Deltas
from cvtr_widgets.panel.link.downloads import Downloads
from cvtr_widgets.panel.link.messages import VERSION, BadMessage, read_message, sender_of
from cvtr_widgets.panel.link.page import SCRIPT, STYLE, static
from cvtr_widgets.panel.link.subshells import forget_subshells
from cvtr_widgets.panel.state import PanelState
from cvtr_widgets.panel.steps.processing_view import exported
from cvtr_widgets.panel.steps.recorded_results import recorded_report
from cvtr_widgets.panel.steps.run_reports import report_of
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.runs.results import results_frame
from cvtr_widgets.runs.run import Run
from cvtr_widgets.selection.select import Selection
from cvtr_widgets.session.lead_session import LeadSession
from cvtr_widgets.session.rule_file import read_rule

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.archive.archive import Archive
    from cvtr_widgets.archive.archived_leads import ArchivedLeads

log = logging.getLogger("cvtr_widgets.panel")
REPORTS = {"report_html": ".html", "report_excel": ".xlsx"}
TYPED_PARTS = frozenset({"ids", "search", "own_reason", "comment", "count", "signature"})
ABSENT_VISITOR = "No lead panel here? Reload the page."
RUN_IS_FOUND = " A run that you started keeps running, and is shown again."
ABSENT = (
    "No lead panel here, or only “Loading widget” or “model not found”? If this notebook’s kernel is running, reload the page. "
    "Otherwise run this cell (Shift+Enter), and those above it. Nothing that was loaded or entered is in this file."
)
PAUSE = 0.08
"""Seconds between two views sent; what changes in between goes with the next one."""


def _layout(given: Any) -> Layout:
    """A layout of one's own: a dict with an unknown name would be taken without a word, and do nothing."""
    if isinstance(given, Layout):
        return given
    what = "layout is an ipywidgets.Layout or a dict such as {'width': '50%'}"
    if not isinstance(given, dict):
        raise ArgumentError(f"{what}, not {quoted(given)}.")
    unknown = [
        name for name in given if not (name == "border" or (name in Layout.class_trait_names(sync=True) and name[0] != "_"))
    ]
    if unknown:
        raise ArgumentError(f"A layout has no {quoted(unknown[0])}: {what}.")
    try:
        return Layout(**given)
    except TraitError as error:
        raise ArgumentError(f"{what}, and its values are texts: {shown(error)}") from error


class LeadPanel(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's own bases have no types
    """The lead panel: **Leads**, **Type**, **Processing**.

    ``LeadPanel(client)`` for a client of ``cvtr.connect()`` or ``Sandbox.connect()``, or for a ``LeadSession``. Show it by
    making it a cell's last line. ``leads``, ``selection``, ``plan``, ``run`` and ``results`` give what it holds, at any
    time, as frames and values.

    Args:
        client: whose leads.
        page_size: rows of the lead table (25 to 500).
        masked: shorten names, e-mail addresses and telephones everywhere; by default for all accounts except those
            that the service says may see the data. A session that is given has its own setting.
        filters: what is chosen in step 1 from the beginning, as ``session.pull`` takes it (``campaign`` and ``publisher`` by
            id or exact name, ``status``, ``delivery``, ``created_after``, ``created_before``), or ``range``: Today, Last 7
            days, This month, Last month. Nothing is loaded before Load is pressed.
        action: what is chosen and filled in in step 2 from the beginning, such as ``cvtr.mark_test("Test lead")``.
        layout: how it is placed in a box, as for every widget: an ``ipywidgets.Layout`` or ``{"width": "50%"}``. By default it
            takes the full width.
        archive: an archive that step 1 offers beside the service, and that is chosen from the beginning: any number of
            leads, as they were last seen or as of a day. A plan always reads its leads at the service.

    Raises:
        ArgumentError: there is no such filter or value; ``layout`` is something else, or names a property that a layout does
            not have.
        ArchiveError: the archive holds no leads of this account.
    """

    _esm = static(SCRIPT)
    _css = static(STYLE)

    @settings.told_to_visitors
    @checked
    def __init__(
        self,
        client: Convertr | LeadSession,
        *,
        page_size: int = 50,
        masked: bool | None = None,
        filters: Mapping[str, Any] | None = None,
        action: Action | None = None,
        layout: Layout | dict[str, str] | None = None,
        archive: Archive | None = None,
    ) -> None:
        super().__init__(**({} if layout is None else {"layout": _layout(layout)}))
        session = client if isinstance(client, LeadSession) else LeadSession(client, progress=False, masked=masked)
        self._sending = threading.Lock()
        self._timer_lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._last_sent = 0.0
        self._number = 0
        self._told = 0
        self._sent_rows: dict[str, int] = {}
        self._news = Deltas()
        self._sent_texts = 0
        self._heard_of = Acknowledgements()
        self._handled: dict[str, int] = {}
        self._typed_on: set[str] = set()
        self._closed = False
        self._greeted = False
        self._on_run_end: list[Callable[[Run], object]] = []
        self._awaited: set[str] = set()
        also: dict[str, Callable[..., str | None]] = {
            "export": self._export, "export_rejected": self._export_rejected, "plan_save": self._plan_save,
            "plan_back": self._plan_back,
        }  # fmt: skip
        self._state = PanelState(session, page_size=min(max(page_size, 25), 500), changed=self._changed, also=also)
        self._downloads = Downloads(self._post, self._changed)
        self._state.look.save = lambda make, name: self._downloads.send(make, name, ASKER.get())
        self.on_msg(self._heard)
        if archive is not None:
            self._state.leads.archive.use(archive)
            self._state.leads.chosen.read_from(archive=True)
        if filters is not None:
            self._state.leads.chosen.preset(filters)
        self._state.begin()
        if action is not None:
            self._state.type.take([action])

    def __repr__(self) -> str:
        who = self._state.session.identity
        return f"<LeadPanel {'SANDBOX' if who.sandbox else 'LIVE'} {who.enterprise}. Run this cell to see and use it.>"

    def _repr_keys(self) -> list[str]:
        return []

    def _ipython_display_(self) -> None:
        """Show it, after a sentence for whoever opens the notebook when no kernel is there; a living panel hides that."""
        from IPython.display import display

        words = ABSENT_VISITOR + RUN_IS_FOUND * settings.visitor_known() if settings.under_voila() else ABSENT
        # As an output of its own: it stays in the saved notebook, where the widget shows nothing without a kernel.
        display({"text/plain": words, "text/html": f'<p class="cvtr-absent-panel">{words}</p>'}, raw=True)
        bundle = self._repr_mimebundle_()
        if bundle is not None:
            display(bundle[0], metadata=bundle[1], raw=True)

    # -- for scripts --------------------------------------------------------------------------------------------------

    @property
    def session(self) -> LeadSession:
        """The session that the panel works with."""
        return self._state.session

    @property
    @columns_of(lead_columns)
    def leads(self) -> pd.DataFrame:
        """Loaded and looked-up leads; a frame without rows and columns before any were loaded.

        Raises:
            ArchiveError: an archive is shown, whose leads are not loaded: ``archived`` has them.
        """
        import pandas as pd

        if self.archived is not None:
            raise ArchiveError("The panel shows an archive, whose leads are not loaded. Ask panel.archived, or its to_pandas().")
        with self._state.lock:
            frame = self._state.leads.frame
        return pd.DataFrame() if frame is None else frame.copy()

    @property
    def archived(self) -> ArchivedLeads | None:
        """The archive's leads that step 1 shows, by its filters and as of its day: for ``cvtr.insight``, which asks them without
        loading them. None where none are shown.
        """
        with self._state.lock:
            return self._state.leads.table.archived

    @property
    def selection(self) -> Selection:
        """What is selected, with where each lead came from and what was not taken."""
        with self._state.lock:
            return self._state.leads.picked.selection

    @property
    def plan(self) -> Plan | None:
        """The plan shown, or None."""
        return self._state.processing.plan

    @property
    def run(self) -> Run | None:
        """The run shown, or None."""
        return self._state.processing.run

    @property
    @columns_of(results_frame)
    def results(self) -> pd.DataFrame | None:
        """Results of the run shown, as far as it has come; None before any run."""
        found = self._state.processing.results
        return None if found is None else found.copy()

    def select(self, what: Any) -> Selection:
        """Select exactly these leads in the panel: a frame, ids, text, a file's path, a finding or a chart."""
        chosen = self.session.select(what)
        with self._state.lock:
            self._state.leads.select_chosen("panel.select", chosen)
            self._state.texts_version += 1
        self._changed()
        return chosen

    def open_rule(self, path: str | Path) -> None:
        """Open a rule file (see ``docs/unattended.md``): the leads that match now are read and its plan is shown in step 3, where
        it is confirmed as any other. Why there is no plan is shown there, too.

        Raises:
            PlanError: the file cannot be read, says something that a rule cannot say, or a run is in progress.
        """
        rule = read_rule(path)
        with self._state.lock:
            try:
                self._state.files.rules.open(rule)
            except Refused as refused:
                raise PlanError(str(refused)) from None
        self._changed()

    def on_run_end(self, callback: Callable[[Run], object]) -> None:
        """Call ``callback(run)`` whenever a run that the panel shows has ended, from now on: ``run.results`` has its leads.

        It is called from a thread; what it raises is logged.
        """
        shown = self._state.processing.run
        if shown is not None and shown.finished:
            self._awaited.add(shown.id)
        self._on_run_end.append(callback)
        self._await_end()

    def _await_end(self) -> None:
        """Wait, in a thread of its own, for the end of the run shown."""
        run = self._state.processing.run if self._on_run_end else None
        with self._timer_lock:
            if run is None or run.id in self._awaited:
                return
            self._awaited.add(run.id)
        # Not a daemon: a script that ends must not cut off what was to be called at a run's end.
        threading.Thread(target=self._ended, args=(run,), name=f"cvtr-run-end-{run.id}", daemon=False).start()

    def _ended(self, run: Run) -> None:
        run.wait()
        for callback in list(self._on_run_end):
            try:
                callback(run)
            except Exception as error:  # noqa: BLE001  somebody else's code must not end the thread, nor spoil the next one's turn
                log.warning("what was to be called after run %s failed (%s)", run.id, type(error).__name__)

    def open(self) -> None:
        """Tell the front end of this widget. ``ipywidgets`` calls it."""
        super().open()
        forget_subshells(self.comm)

    def close(self) -> None:
        """Remove the panel from the page. A run in progress continues."""
        self._closed = True
        super().close()

    # -- between kernel and page --------------------------------------------------------------------------------------

    def _heard(self, _widget: Any, content: Any, buffers: Any) -> None:
        """A message of the page. It is answered at once, so that the page can tell a busy kernel from a quick one."""
        if asker := sender_of(content):
            page, number = asker
            noted = self._heard_of.note(page, number)
            # Before the state's lock is asked for: a long view that is being made must not look like a lost connection.
            self._post({"v": VERSION, "kind": "heard", "page": page, "n": number, "told": self._told, **noted.message()})
            if noted.given_up:
                return
        try:
            kind, given = read_message(content)
        except BadMessage as bad:
            log.warning("a message of the page was not understood (%s); nothing was done", bad)
            self._post({"v": VERSION, "kind": "reload"})
            return
        rows: list[dict[str, Any]] = []
        with self._state.lock:
            if kind == "hello":
                self._forget_sent()
            try:
                if kind == "look_open":
                    self._look_open(given)
                elif kind == "ahead":
                    rows = self._state.ahead(**given)
                else:
                    self._state.handle(kind, given, bytes(buffers[0]) if buffers else b"", asker)
            except Exception as error:  # noqa: BLE001  the border to the page: a fault is shown, not swallowed
                self._fault(error, asker)
            if asker:
                self._note_handled(*asker, kind)
            if kind == "ahead":
                # Inside the lock: a view of a changed table can only be made once it is let go, so these rows never come after
                # that view.
                self._post_ahead(given["table"], rows, asker[0] if asker else "")
                return  # nothing has changed
        self._changed()

    def _note_handled(self, page: str, number: int, kind: str) -> None:
        # Messages may pass one another where the kernel hears them on two lines (a subshell).
        self._handled[page] = max(number, self._handled.get(page, 0))
        if kind in TYPED_PARTS:
            self._typed_on.add(page)

    def _forget_sent(self) -> None:
        """A page that has just come has nothing: the next message holds everything and not only what is new."""
        self._greeted = True
        self._sent_rows.clear()
        self._sent_texts = -1
        self._news.forget()

    def _post_ahead(self, table: str, rows: list[dict[str, Any]], page: str) -> None:
        """Pages that a view has asked for beforehand, to that view alone.

        It does not say what was handled: it may pass a view that was made before that.
        """
        self._post({"v": VERSION, "kind": "ahead", "table": table, "page": page, "rows": rows})

    def _fault(self, error: BaseException, asker: Asker | None = None) -> None:
        self._post({"v": VERSION, "kind": "fault", "problem": replace(problem_of(error), asker=asker).message()})

    def _look_open(self, there: Mapping[str, bool]) -> None:
        """Send what draws charts and tables to a page that has not got it: in a thread, as it has to be put together first."""
        post = lambda content, buffers: self._post({"v": VERSION, **content}, buffers)  # noqa: E731
        background_thread(send_parts, post, there, name="cvtr-renderer").start()

    def _export(self, what: str) -> None:
        """Send the results as a file to the page that asked for it, and to no other view."""
        if what == "answer":
            self._downloads.send(self._state.files.answer, self._state.files.answer_name, ASKER.get())
            return
        results, run = self._state.processing.results, self._state.processing.run
        session, zone = self._state.session, self._state.session.client.zone
        if (recorded := self._state.processing.recorded) is not None:
            name = f"{'report' if what in REPORTS else 'results'}-{recorded.run_id}"
            if what in REPORTS:
                self._downloads.send(
                    partial(recorded_report, session, recorded.run_id, REPORTS[what]), f"{name}{REPORTS[what]}", ASKER.get()
                )
            else:
                self._downloads.start(exported(recorded.results), what, name, zone, ASKER.get())
            return
        if results is None or run is None:
            raise Refused("There are no results here to be exported.")
        if what in REPORTS:
            ending = REPORTS[what]
            leads = self._state.leads
            make = partial(report_of, run, ending, zone, leads.frame, at=leads.as_of, lacks=leads.incomplete)
            self._downloads.send(make, f"report-{run.id}{ending}", ASKER.get())
        else:
            self._downloads.start(exported(results), what, f"results-{run.id}", zone, ASKER.get())

    def _plan_save(self, why: str, fingerprint: str) -> None:
        content, name = self._state.files.shared.save(why, fingerprint)
        self._downloads.send(lambda: content, name, ASKER.get())

    def _plan_back(self, remark: str) -> None:
        content, name = self._state.files.shared.send_back(remark)
        self._downloads.send(lambda: content, name, ASKER.get())

    def _export_rejected(self) -> None:
        rejected = self._state.leads.picked.rejected_frame()
        self._downloads.start(rejected, "csv", "not-taken", self._state.session.client.zone, ASKER.get())

    def _changed(self) -> None:
        """Send what is new, soon. Called from any thread, as often as it likes."""
        if self._on_run_end:
            self._await_end()
        with self._timer_lock:
            if self._timer is not None or self._closed or not self._greeted:
                return
            # At most one view per PAUSE, however often something changes: a load alone reports every page that it reads.
            wait = max(0.0, self._last_sent + PAUSE - time.monotonic())
            self._timer = threading.Timer(wait, self._send_now)
            self._timer.daemon = True
            self._timer.start()

    def _send_now(self) -> None:
        with self._timer_lock:
            self._timer = None
            self._last_sent = time.monotonic()
        with self._sending:
            try:
                self._send_all()
            except Exception as error:  # noqa: BLE001  the border of a thread: a fault is shown, not swallowed
                self._news.forget()
                self._sent_rows.clear()
                self._fault(error)

    def _send_all(self) -> None:
        state = self._state
        with state.lock:
            view = state.view()
            processing = view["processing"]
            beside = (view["step"], processing["watched"], (processing["run"] or {}).get("id"))
            view["head"]["download"] = self._downloads.message(beside)
            news, whole = self._news.of_sections("view", view)
            rows = {}
            for name in ("leads", "plan", "results", "look"):
                table = state.look if name == "look" else state.table(name)
                # Marked as sent before it is: if anything below fails, _send_now forgets it all and the next message is whole.
                if self._sent_rows.get(name) != table.version:
                    self._sent_rows[name] = table.version
                    rows[name] = self._news.of(name, table.message())
            texts, typist = self._texts()
            handled = dict(self._handled)
        self._number += 1
        # Typed texts go only where they are news: sent with each view they would overwrite what is being typed just now.
        if texts is not None:
            self._post({"v": VERSION, "kind": "texts", "texts": texts, "not_for": typist, "handled": handled})
        # Rows go before the view, which names the tables that came with it: a page can show both at the same moment.
        for name, (new, all_of_it) in rows.items():
            line = {"v": VERSION, "kind": "rows", "table": name, "is": new, "whole": all_of_it, "handled": handled}
            self._post(line | {"number": self._number})
        line = {"v": VERSION, "kind": "view", "number": self._number, "is": news, "whole": whole, "handled": handled}
        self._post(line | {"tables": list(rows)})
        self._told = self._number

    def _texts(self) -> tuple[dict[str, str] | None, str]:
        """Typed texts where they are news to a page, and the page that has them already because its user is typing."""
        state, typed_on = self._state, self._typed_on
        self._typed_on = set()
        if self._sent_texts != state.texts_version:
            self._sent_texts = state.texts_version
            return state.texts(), ""
        if typed_on and len(self._handled) > 1:  # other views of this panel
            return state.texts(), typed_on.pop() if len(typed_on) == 1 else ""
        return None, ""

    def _post(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if not self._closed:
            self.send(content, buffers or [])
