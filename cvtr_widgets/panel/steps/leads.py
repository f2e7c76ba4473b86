"""Step 1, Leads: load, look, and pick. No widgets here; the panel shows what ``view()`` gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import InsightError, ReadTooLarge
from cvtr_widgets.models import LeadId, not_taken
from cvtr_widgets.panel.jobs import ASKER, Job, Jobs, Problem, Refused
from cvtr_widgets.panel.search_job import SEARCHING, SearchJob
from cvtr_widgets.panel.selection.added_anyway import AddedAnyway
from cvtr_widgets.panel.selection.id_set import IdArray, IdSet
from cvtr_widgets.panel.selection.notes import aside_groups, not_taken_said, rejected_rows, said_of
from cvtr_widgets.panel.selection.panel_selection import PanelSelection
from cvtr_widgets.panel.selection.typists import Typists
from cvtr_widgets.panel.steps import archive_source
from cvtr_widgets.panel.steps.archive_source import ArchiveSource
from cvtr_widgets.panel.steps.chosen_filters import ChosenFilters
from cvtr_widgets.panel.steps.file_imports import Imports
from cvtr_widgets.panel.steps.lead_detail import Detail
from cvtr_widgets.panel.steps.load_filters import Filters
from cvtr_widgets.panel.table.cells import LEAD_COLUMNS, clock, plain
from cvtr_widgets.panel.table.join_frames import joined
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.selection.select import Selection, parse_ids
from cvtr_widgets.session.lead_loader import coverage_words

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession

UNASKED = 60
"""Requests that looking ids up may take without asking the user."""
SHOWN_REJECTED = 200
STEPS_BACK = 20
OUTDATED = "A run has changed leads since these were read. Refresh to see them as they are now."
MOVED = "The list changed at that moment, so nothing was selected. Check it and press again."
COMING = "Leads are still loading, so “all” was not selected. Press it again when all are loaded."


class LeadsStep:
    """What step 1 knows. ``picked`` is the selection; only the methods here change it."""

    def __init__(self, session: LeadSession, jobs: Jobs, page_size: int) -> None:
        self.chosen = ChosenFilters(session)
        self.archive = ArchiveSource(session)
        self.search = self.text = ""
        self.picked = PanelSelection()
        self.table = LeadTable(LEAD_COLUMNS, page_size=page_size, zone=session.client.zone, more=True)
        self.detail = Detail(session, jobs)
        self.problem: Problem | None = None
        self.outdated = self._partial = False
        self._session = session
        self._jobs = jobs
        self._typists = Typists()
        self._asked: Filters | None = None
        self._before: list[tuple[PanelSelection, str, bool | None]] = []
        self._from_look: tuple[PanelSelection, str] | None = None
        self._loaded: pd.DataFrame | None = None
        self._looked: pd.DataFrame | None = None
        self._absent: set[LeadId] = set()
        self._go_on, self._ask_lookup = "", 0
        self._gone: set[LeadId] = set()
        self._added = AddedAnyway()
        self.search_job = SearchJob(self.table, jobs, self._failed)
        # With what they were worked out from, which is held so that its identity stays its own.
        self._split: tuple[tuple[int, ...], object, tuple[IdArray, IdArray]] | None = None
        self._campaigns_of: tuple[tuple[int, ...], object, dict[int, tuple[str, int]]] | None = None
        picked = lambda name, content: self._pick_given(self.picked.add_file(name, content))  # noqa: E731
        self.imports = Imports(jobs, session.known_ids, picked)
        self._names: dict[str, dict[str, str]] = {"campaigns": {}, "publishers": {}}

    @property
    def filters(self) -> Filters:
        """What is chosen to load by."""
        return self.chosen.now

    # -- loading ------------------------------------------------------------------------------------------------------

    def read_lists(self) -> None:
        """Read what the filters offer."""

        def work(_job: Job, _tell: Any) -> dict[str, dict[str, str]]:
            lists = {"campaigns": self._session.campaigns(), "publishers": self._session.publishers()}
            return {what: {str(i): plain(str(n)) for i, n in frame["name"].items()} for what, frame in lists.items()}

        self._jobs.start("lists", "Reading campaigns and publishers", work, self._names.update, self._failed)

    def load(self, *, go_on: bool = False) -> None:
        """Load leads by the filters. The selection stays."""
        if why := self.filters.blockers():
            raise Refused(" ".join(why))
        self.detail.close()  # it may not be among them, and its fields would be older than they are
        self._begin(self.filters, go_on=go_on)

    def refresh(self) -> None:
        """Read the same leads again, and the one whose detail is open."""
        self.detail.again()
        self._absent.clear()
        self._looked = None
        if self._asked is not None:
            self._begin(self._asked, go_on=True)
        else:
            self._reframe()
        self.look_up()

    def _begin(self, asked: Filters, *, go_on: bool) -> None:
        self.problem, self._go_on, self._gone = None, "", set()

        def work(job: Job, tell: Callable[[int, int | None], None]) -> pd.DataFrame:
            def show(frame: pd.DataFrame) -> None:
                self._jobs.meanwhile("load", job, lambda: self._begun(asked, frame))

            return self._session.pull(**asked.query(), on_page=tell, on_frame=show, cancel=job.cancel, go_on=go_on)

        def done(frame: pd.DataFrame) -> None:
            self.archive.close()
            if self.outdated:  # what was looked up is as old
                self._looked = None
            again = asked == self._asked and not self._partial
            self._asked, self._loaded, self.outdated, self._partial = asked, frame, False, False
            self._reframe(compare=again)
            self.look_up()
            self._prepare()

        def failed(problem: Problem, error: BaseException) -> None:
            if isinstance(error, ReadTooLarge):
                self._go_on = problem.text
            else:
                self._failed(problem, error)

        if asked.archive:
            self.archive.open(asked, self.table, self._jobs, lambda: self._opened(asked), failed)
        else:
            self._jobs.start("load", "Loading leads", work, done, failed)

    def _opened(self, asked: Filters) -> None:
        """Show the archive in place of loaded leads."""
        self._asked, self._loaded, self._looked, self.outdated, self._partial = asked, None, None, False, False
        self._reframe()
        self._prepare()

    def _begun(self, asked: Filters, frame: pd.DataFrame) -> None:
        """Show the first leads while the others are on their way. A refresh shows what was there until it is through."""
        if self._asked != asked or self._partial:
            self.archive.close()
            self._asked, self._loaded, self._partial = asked, frame, True
            self._reframe()

    @property
    def whole(self) -> pd.DataFrame | None:
        """The leads that were loaded by the filters, where they were loaded to their end; None else."""
        frame = self._loaded
        if frame is None or self._partial or self.outdated or frame.attrs.get("coverage", {}).get("why"):
            return None
        return frame

    def stop_loading(self) -> None:
        """Stop; what has come is shown."""
        self._jobs.stop("load")
        self._jobs.stop("lookup")
        self.imports.stop()

    def _failed(self, problem: Problem, _error: BaseException) -> None:
        self.problem = problem

    def _reframe(self, *, compare: bool = False) -> None:
        """Show what is there now. Ticks stay with their leads, whatever row these are on. ``compare``: mark what changed."""
        frame = self.archive.sheet if self.archive.sheet is not None else joined(self._loaded, self._looked)
        self.outdated &= frame is not None
        gone = self.table.set_frame(frame, compare=compare)
        self._gone |= set() if self._partial else set(gone)
        self.table.mark(self.picked.ids_set)
        self.search_job.finish()

    def _gone_note(self) -> str:
        """Of the leads that were here, those that are selected, and that no look-up has brought back."""
        gone = sum(1 for i in self._where()[1].tolist() if i in self._gone) if self._gone else 0
        if not gone or self._jobs.get("lookup"):
            return ""
        return f"{count_of(gone)} you selected {'is' if gone == 1 else 'are'} no longer among these, but still selected."

    # -- looking up ids that are not loaded ---------------------------------------------------------------------------

    def look_up(self, *, asked: bool = False) -> None:
        """Read selected leads that are not shown yet. What takes many requests waits until the user asks for it."""
        missing = [i for i in self._where()[1].tolist() if i not in self._absent]
        self._ask_lookup = 0
        if not missing or self.archive.sheet is not None:  # a plan reads them
            self._jobs.drop("lookup")
            return

        def work(job: Job, tell: Callable[[int, int | None], None]) -> Any:
            cost = self._session.client.fetch_cost(missing).requests
            if cost > UNASKED and not asked:
                return cost
            return self._session.pull(ids=missing, on_page=tell, cancel=job.cancel)

        def done(found: Any) -> None:
            if isinstance(found, int):
                self._ask_lookup = found
                return
            self._absent.update(found.attrs.get("not_found", ()))
            self._looked = joined(self._looked, found)
            self._reframe()

        self._jobs.start("lookup", f"Looking up {count_of(len(missing))}", work, done, self._failed)

    def _prepare(self) -> None:
        """Make ready, in the background, what a first search or sort of these leads needs."""
        work = self.table.preparation()
        self._jobs.start(
            "prepare", "Preparing search", lambda job, tell: work(tell, job.cancel), lambda _: None, lambda _problem, _error: None
        )

    def order_the_rest(self) -> None:
        """Work out, in the background, the order of the pages far behind; the first ones are right already."""
        ordering = self.table.ordering
        if ordering is not None:
            self._jobs.start(
                "order", "Sorting", lambda job, tell: ordering.run(tell, job.cancel),
                lambda _: self.table.settle(ordering), lambda _problem, _error: None,
            )  # fmt: skip

    # -- the table ----------------------------------------------------------------------------------------------------

    def find(self, text: str) -> None:
        """Search the loaded leads."""
        self.search = text
        self.table.search(text, in_parts=True)

    # -- picking ------------------------------------------------------------------------------------------------------

    def _typed_notes(self) -> list[str]:
        typed = self.picked.typed
        return [*filter(None, [self._typists.note]), *(said_of(typed) if typed is not None else [])]

    def _pick(self, picked: PanelSelection, text: str | None = None) -> None:
        self._before = [*self._before[-STEPS_BACK:], (self.picked, self.text, None)]
        self._typists.forget()
        self.picked = picked
        self.text = self.text if text is None else text
        self._added.of(self.text)
        self.table.mark(picked.ids_set)

    def _pick_given(self, picked: PanelSelection, text: str | None = None) -> None:
        """Of what was typed, imported or kept: what is not in the table is looked up, and what was looked up for others goes."""
        self._pick(picked, text)
        self._look_up_given()

    def _look_up_given(self) -> None:
        if self._looked is not None:
            ids = self._looked.index.to_numpy()
            wanted = self.picked.ids_set.holds(ids) | self.picked.unticked.holds(ids)
            if not wanted.all():
                self._looked = self._looked[wanted] if wanted.any() else None
                self._reframe()
        self.look_up()

    def tick(self, ids: Iterable[LeadId], *, on: bool) -> None:
        """Tick or untick leads of the table; an id that is not in it is left alone.

        Raises:
            Refused: none of them is in the table.
        """
        if known := self._in_table(ids):
            self._pick(self.picked.tick(known) if on else self.picked.untick(known))

    def _in_table(self, ids: Iterable[LeadId]) -> list[LeadId]:
        given = list(ids)
        known = [i for i in given if i in self.table]
        if given and not known:
            raise Refused(MOVED)
        return known

    def tick_matching(self, version: int) -> None:
        """Tick all leads that match. ``version`` is the table's as the user saw it: what was not seen is not ticked."""
        searching = self.table.searching is not None
        if self._coming or searching or version != self.table.matching_version:
            raise Refused(COMING if self._coming else SEARCHING if searching else MOVED)
        self._pick(self.picked.tick(self.table.ids_of("matching"), "matching"))

    @property
    def _coming(self) -> bool:
        """Whether more leads are on their way than the table shows."""
        return self._partial and self._jobs.get("load") is not None

    @property
    def incomplete(self) -> str:
        """What has to be known of the leads that are there: that more are on their way, or that not all came."""
        if self._coming:
            return "Leads are still loading: this covers only those loaded so far."
        return self._coverage()

    def _coverage(self) -> str:
        """Where not all that was asked for is loaded: how much is."""
        return "" if self._loaded is None else coverage_words(self._loaded, broken=self._partial and not self._coming)

    def invert_page(self, ids: Iterable[LeadId]) -> None:
        """Untick what is ticked of these, and tick the others."""
        if known := self._in_table(ids):
            self._pick(self.picked.invert(known))

    def tick_loaded(self, version: int) -> None:
        """Tick all loaded leads, also those that search or filters hide. ``version`` as in ``tick_matching``."""
        if self._coming or version != self.table.matching_version:
            raise Refused(COMING if self._coming else MOVED)
        self._pick(self.picked.tick(self.table.ids_of("loaded"), "list"))

    def select_none(self) -> None:
        """Nothing is selected; LEAD ID(S) and imported files are emptied with it. Can be undone."""
        self._pick_given(PanelSelection(), "")

    def undo(self) -> None:
        """Take the last step of the selection back."""
        if not self._before:
            raise Refused("There is no earlier selection to go back to.")
        self.picked, self.text, only = self._before.pop()
        self._typists.forget()
        self._added.forget()
        self.table.mark(self.picked.ids_set)
        if only is not None:
            self.table.marked_only(only)
        self._look_up_given()

    def type_ids(self, text: str) -> None:
        """What LEAD ID(S) holds now."""
        if text == self.text:
            return
        typed = parse_ids(text, known=self._session.known_ids(), accepted=self._added.of(text)) if text.strip() else None
        typists, self._typists = self._typists, Typists()  # what is selected here is what was typed
        self._pick_given(self.picked.type(typed), text)
        self._typists = typists
        typists.typed((ASKER.get() or ("", 0))[0])

    def add_odd(self, key: str) -> None:
        """Take ids that were set aside after all. ``key`` is that of ``aside_groups``: what was not seen is not taken."""
        aside = self.picked.set_aside
        group = next((one for one in aside_groups(aside) if one["key"] == key), None)
        if group is None:
            raise Refused(MOVED)
        ids = [one.lead_id for name, one in aside if plain(name, 80) == group["source"] and plain(one.why) == group["why"]]
        self._added.add(ids, self.text, group["source"])
        self._pick_given(self.picked.with_odd(ids))

    def drop_file(self, name: str) -> None:
        """Leave a file out again."""
        self._pick_given(self.picked.drop_file(name))

    def select_kept(self, ids: IdSet, *, add: bool) -> None:
        """Exactly these leads, or these besides what is selected."""
        self._pick_given((self.picked if add else PanelSelection()).tick(ids, "list"), self.text if add else "")

    def select_these(self, ids: Iterable[LeadId]) -> None:
        """Exactly these leads, such as those a run left over."""
        self._pick_given(PanelSelection().tick(ids, "list"), "")

    def select_looked(self, ids: IdArray, words: str) -> None:
        """Exactly the leads that were clicked in Look, which are shown alone; ``words`` say which they are. Can be undone."""
        before = self.table.only_marked
        self._pick_given(PanelSelection().tick(ids, "look"), "")
        self._before[-1] = (*self._before[-1][:2], before)
        self.table.marked_only(True)
        self._from_look = (self.picked, f"Selected in Look: {plain(words, 200)}.")

    def _look_note(self) -> str:
        """What was clicked in Look, for as long as that is what is selected."""
        return self._from_look[1] if self._from_look is not None and self._from_look[0] is self.picked else ""

    def select_chosen(self, name: str, chosen: Selection) -> None:
        """Exactly what a script chose; what was not taken of it is shown as that of a file is."""
        files = set(filter(None, chosen.files))
        if files or chosen.rejected or chosen.notes:
            name = files.pop() if len(files) == 1 else name
            self._pick_given(PanelSelection().add_file(name, chosen), "")
        else:
            self._pick_given(PanelSelection().tick(chosen.ids, "list"), "")

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def frame(self) -> pd.DataFrame | None:
        """Loaded and looked-up leads; None where there are none, or an archive is shown."""
        return self.table.frame

    @property
    def looked_at(self) -> pd.DataFrame | None:
        """The leads that Look asks.

        Raises:
            InsightError: an archive is shown, whose leads are not loaded.
        """
        if self.archive.sheet is not None:
            raise InsightError(archive_source.ASK_INSIGHT)
        return self.table.frame

    def blockers(self) -> tuple[str, ...]:
        """Why step 2 cannot be gone to."""
        if self._jobs.get("import"):
            return ("The file is being read.",)
        if not len(self.picked):
            return ("No lead is selected yet: tick rows, type ids, or import a file.",)
        if self._not_there() == len(self.picked):
            return ("None of the selected leads can be found: deleted, or not visible to you. Select others.",)
        return ()

    def campaigns(self) -> dict[int, tuple[str, int]]:
        """Campaign id -> its name and how many selected leads are known to be on it."""
        key = (self.picked, self.table.about)
        if self._campaigns_of is None or self._campaigns_of[0] != tuple(map(id, key)):
            self._campaigns_of = (tuple(map(id, key)), key, self.table.campaigns(self._where()[0]))
        return self._campaigns_of[2]

    def known(self) -> int:
        """Selected leads that have been read."""
        return len(self._where()[0])

    def _where(self) -> tuple[IdArray, IdArray]:
        """Selected leads that are in the table, and those that are not. Worked out once a selection and frame."""
        key = (self.picked, self.table.about)
        if self._split is None or self._split[0] != tuple(map(id, key)):
            self._split = (tuple(map(id, key)), key, self.table.split(self.picked.array))
        return self._split[2]

    def _not_there(self) -> int:
        """Selected leads that the service does not know or show."""
        return sum(1 for i in self._absent if i in self.picked.ids_set)

    @property
    def as_of(self) -> str:
        """When the leads shown were read, in the session's zone."""
        at = (self.table.about or {}).get("as_of")
        return clock(at, self._session.client.zone) if at else ""

    def view(self) -> dict[str, Any]:
        """All of step 1 but its rows, as JSON values."""
        job = self._jobs.get("load") or self._jobs.get("import") or self._jobs.get("lookup")
        about = self.table.about
        notes = [] if self._partial or (self._loaded is None and self.archive.sheet is None) else (about or {}).get("notes", ())
        outdated = OUTDATED if self.archive.sheet is None else archive_source.OUTDATED
        return {
            **self.chosen.view(self._names),
            "source": self.archive.view(self.filters),
            "changed": self.chosen.said_of(
                self._asked, self._loaded, whole=not (self._partial or self._coming or self._coverage())
            ),
            "outdated": outdated if self.outdated and (self.archive.sheet is not None or self.frame is not None) else "",
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "go_on": self._go_on,
            "notes": [*notes, *self.archive.notes(), *filter(None, (self._gone_note(), self._look_note()))],
            "loaded": about is not None,
            "partial": self._coming,
            "coverage": self._coverage(),
            "selected": self._selected(),
            "detail": self._detail(),
            "blockers": list(self.blockers()),
            "summary": self.picked.summary,
        }

    def _detail(self) -> dict[str, Any] | None:
        shown = self.detail.view()
        return None if shown is None else {**shown, "on": self.detail.lead_id in self.picked.ids_set}

    def _selected(self) -> dict[str, Any]:
        picked, absent = self.picked, self._not_there()
        rejected, aside = picked.rejected, picked.set_aside
        where = []
        if self.table.marked_elsewhere:
            where.append(f"{self.table.marked_elsewhere:,} not on this page")
        if self.table.searching is None and self.table.marked_hidden:  # before, nobody knows
            where.append(f"{self.table.marked_hidden:,} hidden by search, filters or “selected only”")
        where += filter(None, [self.archive.absent(len(self._where()[1]))])
        files = [
            {"name": name, "count": len(found.ids), "notes": said_of(found), "columns": self.imports.columns(name, found)}
            for name, found in picked.files
        ]
        return {
            "count": len(picked),
            "text": f"{count_of(len(picked))} selected",
            "parts": ", ".join(f"{n:,} {words}" for n, words in picked.parts()),
            "where": ", ".join(where),
            "unticked": len(picked.unticked),
            "absent": f"{absent:,} can’t be found: deleted, or not visible to you." if absent else "",
            "absent_ids": [str(i) for i in sorted(self._absent) if i in picked.ids_set][:SHOWN_REJECTED],
            "ask_lookup": f"Look up the ids that are not loaded ({self._ask_lookup:,} requests)" if self._ask_lookup else "",
            "not_taken": len(rejected),
            "not_taken_leads": not_taken(r for _, r in rejected),
            "not_taken_text": not_taken_said(rejected, len(aside)),
            "set_aside": aside_groups(aside),
            "which_column": self.imports.question,
            "rejected": rejected_rows(rejected[:SHOWN_REJECTED]),
            "typed_notes": self._typed_notes(),
            "files": files,
            "file_problem": self.imports.problem,
            "undo": len(self._before),
        }
