"""The lead table alone, without a widget: a frame or what a session reads, and which of its leads are selected."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import ReadTooLarge
from cvtr_widgets.models import LeadId, Origin
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused
from cvtr_widgets.panel.link.messages import BadMessage
from cvtr_widgets.panel.search_job import SEARCHING, SearchJob
from cvtr_widgets.panel.selection.panel_selection import PanelSelection
from cvtr_widgets.panel.steps.leads import COMING, MOVED, STEPS_BACK
from cvtr_widgets.panel.steps.saved_selections import SavedSelections
from cvtr_widgets.panel.table.archive_sheet import ArchiveSheet
from cvtr_widgets.panel.table.cells import LEAD_COLUMNS, offset_of, zone_words
from cvtr_widgets.panel.table.controls import TableControls
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.session.lead_loader import coverage_words

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.archive.archived_leads import ArchivedLeads
    from cvtr_widgets.selection.select import Selection
    from cvtr_widgets.session.lead_session import LeadSession

MOST_COLUMNS = 12
"""Columns shown of a frame that has none of the usual ones; the others can be chosen."""


class TableState:
    """A table and its selection. ``lock`` guards it; ``changed`` is called, from any thread, when there is something to show."""

    def __init__(self, zone: tzinfo, page_size: int, changed: Callable[[], None]) -> None:
        self.lock = threading.RLock()
        self.table = LeadTable(LEAD_COLUMNS, page_size=page_size, zone=zone, more=True)
        self.picked = PanelSelection()
        self._zone = zone
        self.jobs = Jobs(self.lock, changed)
        self.problem: Problem | None = None
        self._changed = changed
        self._arranging = TableControls(self.table)
        self._kept = SavedSelections()
        self._before: list[PanelSelection] = []
        self._note = self._go_on = ""
        self._partial = False
        self._load: Callable[..., None] | None = None
        self._search_job = SearchJob(self.table, self.jobs, self._search_failed)
        self._handlers = self._table_of_handlers()

    # -- the leads ----------------------------------------------------------------------------------------------------

    def show(self, frame: pd.DataFrame | ArchiveSheet, *, partial: bool = False) -> None:
        """Show these leads. What is selected stays selected; ``partial``: more are on their way."""
        with self.lock:
            first = self.table.about is None
            self.table.set_frame(frame, compare=False)
            self._search_job.finish()
            self._partial = partial
            if first and not isinstance(frame, ArchiveSheet):
                self._usual_columns(frame)
            self.table.mark(self.picked.ids_set)
            if not partial:
                self._prepare()
        self._changed()

    def _usual_columns(self, frame: pd.DataFrame) -> None:
        """Columns that the frame has; where it has none of the usual ones, its own."""
        usual = [c.name for c in LEAD_COLUMNS if c.name in frame.columns]
        names = usual or [c.name for c in self.table.available if c.name in frame.columns][:MOST_COLUMNS]
        self.table.show_columns(["lead_id", *names])

    def open(self, leads: ArchivedLeads) -> None:
        """Show an archive's leads, which are asked page by page and never loaded."""
        self.show(self.table.archive_sheet(leads, masked=False))

    def read(self, session: LeadSession, filters: Mapping[str, Any]) -> None:
        """Read leads in the background, and show them as they come."""

        def load(*, go_on: bool) -> None:
            self.problem, self._go_on = None, ""

            def work(job: Job, tell: Callable[[int, int | None], None]) -> pd.DataFrame:
                def show(frame: pd.DataFrame) -> None:
                    self.jobs.meanwhile("load", job, lambda: self.show(frame, partial=True))

                return session.pull(**filters, on_page=tell, on_frame=show, cancel=job.cancel, go_on=go_on)

            def failed(problem: Problem, error: BaseException) -> None:
                if isinstance(error, ReadTooLarge):
                    self._go_on = problem.text
                else:
                    self.problem = problem

            self.jobs.start("load", "Loading leads", work, self.show, failed)

        self._load = load
        load(go_on=False)

    def _search_failed(self, problem: Problem, _error: BaseException) -> None:
        self.problem = problem

    def _prepare(self) -> None:
        """Make ready, in the background, what a first search or sort of these leads needs."""
        work = self.table.preparation()
        self.jobs.start(
            "prepare", "Preparing search", lambda job, tell: work(tell, job.cancel), lambda _: None, lambda _problem, _error: None
        )

    # -- what the page says -------------------------------------------------------------------------------------------

    def handle(self, kind: str, given: Mapping[str, Any]) -> bool:
        """Act upon one message (as ``read_message`` gives it); True where the selection is another one now.

        Raises:
            BadMessage: a table alone has nothing of the kind.
        """
        with self.lock:
            before = self.picked
            if kind not in self._handlers:
                raise BadMessage("nothing that a table alone can do")
            self._note = self._note if kind in {"hello", "ping"} else ""
            try:
                self._note = self._handlers[kind](**given) or self._note
            except Refused as why:
                self._note = str(why)
            self._search_job.finish()
            return self.picked is not before

    def _table_of_handlers(self) -> dict[str, Callable[..., str | None]]:
        table, arranging = self.table, self._arranging
        return {
            "hello": lambda: None,
            "ping": lambda: None,
            "load": lambda go_on: self._load(go_on=go_on) if self._load is not None else None,
            "stop": lambda: self.jobs.stop("load"),
            "search": lambda text: table.search(text, in_parts=True),
            "sort": self._sort,
            "page": lambda page, **_: table.go(page),
            "size": lambda rows, **_: table.size(rows),
            "marked_only": table.marked_only,
            "tick": self._tick,
            "invert": self._invert,
            "select_loaded": lambda version: self._all("loaded", "list", version),
            "select_matching": lambda version: self._all("matching", "matching", version),
            "select_none": lambda: self.pick(PanelSelection()),
            "undo_selection": self._undo,
            "narrow": arranging.filter,
            "narrow_none": arranging.clear,
            "ask_counts": arranging.ask,
            "columns": arranging.columns,
            "save_view": arranging.save,
            "use_view": arranging.use,
            "drop_view": arranging.drop,
            "jump": arranging.jump,
            "keep": lambda name: self._kept.keep(name, self.picked.ids_set),
            "use_kept": self._use_kept,
            "drop_kept": self._kept.drop,
        }

    def _sort(self, column: str, *, descending: bool, add: bool, **_: Any) -> None:
        self._arranging.sort(column, descending=descending, add=add)
        ordering = self.table.ordering
        if ordering is not None:
            self.jobs.start(
                "order", "Sorting", lambda job, tell: ordering.run(tell, job.cancel), lambda _: self.table.settle(ordering),
                lambda _problem, _error: None,
            )  # fmt: skip

    # -- the selection ------------------------------------------------------------------------------------------------

    def pick(self, picked: PanelSelection) -> None:
        """Select this; the step before can be taken back."""
        self._before = [*self._before[-STEPS_BACK:], self.picked]
        self.picked = picked
        self.table.mark(picked.ids_set)

    def choose(self, chosen: Selection) -> None:
        """Select exactly what a script chose."""
        self.pick(
            PanelSelection().add_file("select", chosen)
            if chosen.rejected or chosen.notes
            else PanelSelection().tick(chosen.ids, "list")
        )

    def _tick(self, ids: Iterable[LeadId], *, on: bool) -> None:
        known = [i for i in ids if i in self.table]
        if known:
            self.pick(self.picked.tick(known) if on else self.picked.untick(known))

    def _invert(self, ids: Iterable[LeadId]) -> None:
        known = [i for i in ids if i in self.table]
        if known:
            self.pick(self.picked.invert(known))

    def _all(self, what: Any, origin: Origin, version: int) -> None:
        """All that match or are loaded, if these are the leads that the user saw."""
        searching = what == "matching" and self.table.searching is not None
        # The page sends the version of what it showed: leads that came after the user looked must not be selected with the
        # others.
        if self._partial or searching or version != self.table.matching_version:
            raise Refused(COMING if self._partial else SEARCHING if searching else MOVED)
        self.pick(self.picked.tick(self.table.ids_of(what), origin))

    def _use_kept(self, name: str, *, add: bool) -> None:
        ids = self._kept.get(name)
        if not len(ids):
            raise Refused("This saved selection no longer exists. Your current selection is unchanged.")
        self.pick((self.picked if add else PanelSelection()).tick(ids, "list"))

    def _undo(self) -> None:
        if not self._before:
            raise Refused("There is no earlier selection to go back to.")
        self.picked = self._before.pop()
        self.table.mark(self.picked.ids_set)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """Everything but rows, as JSON values: the parts of step 1's view that a table alone has."""
        table, frame, about = self.table, self.table.frame, self.table.about
        job = self.jobs.get("load")
        where = []
        if table.marked_elsewhere:
            where.append(f"{table.marked_elsewhere:,} not on this page")
        if table.searching is None and table.marked_hidden:  # before, nobody knows
            where.append(f"{table.marked_hidden:,} hidden by search, filters or “selected only”")
        absent = len(self.picked) - table.marked_here
        if absent and about is not None:
            where.append(f"{absent:,} not in this table")
        return {
            "loaded": about is not None,
            "partial": self._partial and job is not None,
            "zone": zone_words(self._zone),
            "offset": offset_of(self._zone),
            "coverage": "" if frame is None else coverage_words(frame, broken=self._partial and job is None),
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "go_on": self._go_on,
            "reads": self._load is not None,
            "notes": [*([] if about is None or self._partial else about.get("notes", ())), *filter(None, (self._note,))],
            "selected": {
                "undo": len(self._before),
                "text": f"{count_of(len(self.picked))} selected",
                "parts": ", ".join(f"{n:,} {words}" for n, words in self.picked.parts()),
                "where": ", ".join(where),
            },
            "arranging": self._arranging.view(),
            "kept": self._kept.view(),
        }
