"""A frame of leads as pages of rows: sorted, searched and filtered in the kernel. Only this file knows rows.

Everything that leaves it names lead ids. Nothing here is selected or done: ``mark`` is told what somebody else says is
selected, so that rows can be shown ticked and the hidden ones counted.

How it is so quick at a million leads, and why with no other engine, is said in ``sheet.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, tzinfo
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from cvtr_widgets.errors import TableError
from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.selection.id_set import NO_IDS, IdArray, array_of, found_in
from cvtr_widgets.panel.table.archive_sheet import ArchiveSheet, Sheet
from cvtr_widgets.panel.table.cells import ShownColumn, zone_words
from cvtr_widgets.panel.table.column_filters import Filter, OneOf, fits
from cvtr_widgets.panel.table.columns import Layout, Texts
from cvtr_widgets.panel.table.frames import Frames, campaigns_in
from cvtr_widgets.panel.table.page_rows import asked, columns_shown, page_rows
from cvtr_widgets.panel.table.saved_views import View, fitting
from cvtr_widgets.panel.table.sheet import TableSheet
from cvtr_widgets.panel.table.sort_order import Pending, Sort
from cvtr_widgets.panel.table.sorted_rows import SortedRows
from cvtr_widgets.panel.table.text_sort import Tell
from cvtr_widgets.panel.table.ticked_rows import TickedRows
from cvtr_widgets.panel.table.visible_rows import RowFilter, Searching, first_found

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from cvtr_widgets.archive.archived_leads import ArchivedLeads

    Rows: TypeAlias = npt.NDArray[np.int64]
    Mask: TypeAlias = npt.NDArray[np.bool_]

PAGE_SIZES = (25, 50, 100, 250, 500)


class LeadTable:
    """Pages of a frame whose index holds unique lead ids.

    ``columns``: what a row shows; with ``more`` the frame's other columns can be shown, filtered, sorted and searched too.
    ``zone``: in which times are shown and days begin. ``version`` changes with anything that a row message would show,
    ``edition`` with all of that but the page shown, ``matching_version`` only with which leads match, so that "all N matching"
    can be held to what the user saw. ``changed`` and ``new``: leads of which a value shown differs from the frame before, and
    leads that it did not have.

    Not for two threads at once; ``ordering.run`` and ``searching.run`` are the parts that belong into another one.
    """

    def __init__(self, columns: Sequence[ShownColumn], *, page_size: int = 50, zone: tzinfo = UTC, more: bool = False) -> None:
        self.page_size = page_size
        self.version = 0
        self._turns = 0
        self.matching_version = 0
        self._layout = Layout(columns, more=more)
        self._zone = zone
        self._frames = Frames(self._layout, zone)
        self._sheet: Sheet | None = None
        self._narrowing = RowFilter()
        self._in_parts = False
        self._searching: Searching | None = None
        self._sort: Sort = ()
        self._page = 0
        self._marks = TickedRows()
        self._rows = SortedRows(None, self._marks.ticks, ())
        self.changed = self.new = NO_IDS

    def __repr__(self) -> str:
        return f"<LeadTable: {self.loaded:,} leads, {self.matching:,} matching>"

    # -- the frame ----------------------------------------------------------------------------------------------------

    @property
    def frame(self) -> pd.DataFrame | None:
        """The frame shown; None where there is none, or an archive is shown."""
        return self._sheet.frame if isinstance(self._sheet, TableSheet) else None

    @property
    def archived(self) -> ArchivedLeads | None:
        """The leads of an archive that are shown, where it is an archive."""
        return self._sheet.leads if isinstance(self._sheet, ArchiveSheet) else None

    @property
    def about(self) -> dict[str, Any] | None:
        """What is known of the leads shown (``attrs`` of a frame of leads); None where nothing is shown."""
        leads: Any = self.frame if self.archived is None else self.archived
        return None if leads is None else leads.attrs

    def archive_sheet(self, leads: ArchivedLeads, *, masked: bool) -> ArchiveSheet:
        """What ``set_frame`` shows of an archive's leads. Takes its time, touches nothing of the table: for another thread."""
        return ArchiveSheet(leads, self._layout.given, zone=self._zone, masked=masked)

    def set_frame(self, frame: pd.DataFrame | ArchiveSheet | None, *, compare: bool = True) -> tuple[LeadId, ...]:
        """Show another frame, or leads of an archive. Gives the marked ids that were here and are no longer.

        Sort, search, filters, columns and marks stay. The first page stays the first page; on a later one, the first lead
        that is still there stays in sight. ``changed`` and ``new`` say what differs from the former frame;
        ``compare=False`` (the same reading, with more leads) leaves them as they are.

        Raises:
            ValueError: an id is in it twice: a tick could not mean one lead.
        """
        here = self.ids_of("loaded")[self._marks.ticks]
        seen = self.page_ids
        self._frames.set(frame, compare=compare)
        self._moved()
        if self._page:
            # Looked for by lead and not by row: the rows of the new frame are other ones, and page 7 of it would show strangers.
            next((lead_id for lead_id in seen if self.show(lead_id) == "shown"), None)
        return tuple(self.split(here)[1].tolist())

    def append(self, frame: pd.DataFrame, *, last: bool = False) -> int:
        """Take more leads, as pages arrive; gives how many are new. A lead that is here already stays as it is.

        They are shown with the next twentieth of what is there (at least 1,000 leads, or when ``last``): till then they
        are ``waiting``. So a million leads in pages of 100 cost no more than some twenty times joining them once.
        """
        # The version is raised for leads that only wait, too: their number is part of what is shown.
        fresh, taken = self._frames.append(frame, last=last)
        if taken:
            self._moved()
        self.version += 1
        return fresh

    def take_waiting(self) -> None:
        """Show the leads that ``append`` has kept waiting."""
        if self._frames.take_waiting():
            self._moved()

    @property
    def waiting(self) -> int:
        """Leads that have come and are not shown, counted or searched yet."""
        return self._frames.waiting

    def _moved(self) -> None:
        """The rows are other ones."""
        self._sheet = self._frames.sheet
        self._marks.move(None if self._sheet is None else self._sheet.places)
        self.changed, self.new = self._frames.changed, self._frames.new
        self.matching_version += 1
        self._arrange()

    def __contains__(self, lead_id: LeadId) -> bool:
        return self._sheet is not None and self._sheet.places.of(lead_id) >= 0

    def split(self, ids: Iterable[LeadId]) -> tuple[IdArray, IdArray]:
        """The given ids that are in the frame, and those that are not, each in their order."""
        given = array_of(ids)
        here = found_in(np.empty(0, np.int64) if self._sheet is None else self._sheet.places.sorted, given)
        return given[here], given[~here]

    # -- columns ------------------------------------------------------------------------------------------------------

    @property
    def available(self) -> tuple[ShownColumn, ...]:
        """All columns that can be shown."""
        return self._layout.available

    @property
    def columns(self) -> tuple[ShownColumn, ...]:
        """The columns shown, in order."""
        return self._layout.shown

    def show_columns(self, names: Sequence[str] | None) -> None:
        """Show these columns in this order (else TableError); None: those the table was made for. The id is always shown."""
        self._layout.choose(names)
        self.version += 1

    def annotate(self, name: str, title: str, texts: Texts | None) -> None:
        """Show a column whose texts somebody else knows: ``texts(ids)`` gives one a lead, asked for the page shown only.

        It cannot be sorted or filtered by, and not be named as another column (TableError). Annotating again asks again;
        ``texts=None`` takes the column away.
        """
        self._layout.annotate(name, title, texts)
        self.version += 1

    def catalogue(self) -> list[dict[str, Any]]:
        """All columns as JSON values: ``name, title, look, shown, note`` and the kinds of ``filters`` each takes."""
        return self._layout.catalogue()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def sort(self, column: str | Sequence[tuple[str, bool]] | None, *, descending: bool = False) -> None:
        """Sort by a column, or by several, each with whether it descends; None is the frame's own order.

        Empty values come last either way, text is compared in any case, and equal rows stay in the frame's order. One
        column that is not there is not sorted by; a list with one, or with one twice, is refused (TableError).
        """
        if isinstance(column, str):
            if column not in self._layout.own:
                return
            column = [(column, descending)]
        self._sort = self._layout.sort_of(column or ())
        self._page = 0
        self._arrange()

    def search(self, text: str, *, in_parts: bool = False) -> None:
        """Show rows in which every word of ``text`` occurs in a text column or the id, literally, in any case.

        ``in_parts``: a first search of many rows shows what it has found so far; ``searching`` is the rest of it then.
        """
        self._in_parts = in_parts
        if text != self._narrowing.search:
            self._narrow(dataclasses.replace(self._narrowing, search=text))

    def filter(self, column: str, wanted: Filter | None) -> None:
        """Narrow one column (TableError where it is not there or cannot be narrowed so); None takes its filter away."""
        if wanted is not None:
            fits(self._layout.column(column, own=True), wanted)
        self._narrow(self._narrowing.with_filter(column, wanted))

    def only(self, column: str, values: Iterable[str]) -> None:
        """Show rows with one of these values in ``column``; none takes the filter away."""
        chosen = tuple(values)
        self._narrow(self._narrowing.with_filter(column, OneOf(chosen) if chosen else None))

    def clear_filters(self) -> None:
        """Take all filters away; search and "selected only" stay."""
        self._narrow(dataclasses.replace(self._narrowing, filters={}))

    def _narrow(self, narrowing: RowFilter) -> None:
        self._narrowing = narrowing
        self._page = 0
        self._arrange()

    @property
    def filters(self) -> dict[str, Filter]:
        """The filters in force, by column."""
        return dict(self._narrowing.filters)

    def view(self, name: str) -> View:
        """Columns, sort order and filters as they are, under a name."""
        return View(name, tuple(c.name for c in self.columns), self._sort, tuple(self._narrowing.filters.items()))

    def use(self, view: View) -> tuple[str, ...]:
        """Look at the table so. Gives sentences on what of it these leads do not have; a filter that they do not have is
        refused (TableError), and nothing has changed then.
        """
        columns, sort, said = fitting(view, self._layout)
        self.show_columns(columns)
        self._sort = sort
        self._narrow(dataclasses.replace(self._narrowing, filters=dict(view.filters)))
        return said

    def marked_only(self, on: bool) -> None:
        """Show only what is selected. A row that is unticked then stays until the rows are arranged again."""
        self._narrow(dataclasses.replace(self._narrowing, marked_only=on))

    @property
    def only_marked(self) -> bool:
        """Whether only what is selected is shown."""
        return self._narrowing.marked_only

    def size(self, rows: int) -> None:
        """Rows a page, at most the greatest of ``PAGE_SIZES``; the first row shown stays in sight."""
        if not 0 < rows <= PAGE_SIZES[-1]:
            raise TableError(f"A page has between 1 and {PAGE_SIZES[-1]} rows. Choose another number.")
        first = self._page * self.page_size
        self.page_size = rows
        self._page = first // rows
        self.version += 1

    def go(self, page: int) -> None:
        """Show a page, counted from 0; beyond the end is the last one."""
        self._turn(page)
        self._turns += 1

    def _turn(self, page: int) -> None:
        self._page = min(max(page, 0), self.pages - 1)
        self.version += 1

    def mark(self, ids: Iterable[LeadId]) -> None:
        """These leads are selected. An ``IdSet`` made from the former one costs only what differs."""
        # Often the very set that is marked already: no change, and no new version.
        if ids is not self._marks.ids:
            self._marks.set(ids)
            self.version += 1

    # -- what can be asked --------------------------------------------------------------------------------------------

    @property
    def loaded(self) -> int:
        """Leads in the frame."""
        return 0 if self._sheet is None else len(self._sheet)

    @property
    def matching(self) -> int:
        """Leads that match search and filters; while ``searching``, those found so far."""
        return self._rows.count

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.matching // self.page_size))

    @property
    def edition(self) -> int:
        """What changes whenever another page, turned to now, would show something else than before."""
        # A turn raises the version, as the page shown is another one, and leaves what any page would show as it is: so it is
        # taken off here.
        return self.version - self._turns

    @property
    def page(self) -> int:
        """The page shown, from 0."""
        return self._page

    def ids_of(self, what: Literal["page", "matching", "loaded"]) -> IdArray:
        """Ids as an int64 array: of the page shown, of all leads that match, in the order shown, or of the whole frame."""
        if self._sheet is None:
            return np.empty(0, np.int64)
        if what == "loaded":
            return self._sheet.ids.copy()
        if what == "matching":
            self._search_whole()
        return self._sheet.ids[self._on(self._page) if what == "page" else self._rows.whole()]

    @property
    def matching_ids(self) -> tuple[LeadId, ...]:
        """Ids of all leads that match, in the order shown."""
        return tuple(self.ids_of("matching").tolist())

    @property
    def page_ids(self) -> tuple[LeadId, ...]:
        """Ids of the page shown."""
        return tuple(self.ids_of("page").tolist())

    @property
    def marked_here(self) -> int:
        """Selected leads of this frame."""
        return int(np.count_nonzero(self._marks.ticks))

    @property
    def marked_elsewhere(self) -> int:
        """Selected leads of this frame that are not on the page shown."""
        return self.marked_here - int(np.count_nonzero(self._marks.ticks[self._on(self._page)]))

    @property
    def marked_hidden(self) -> int:
        """Selected leads of this frame that search or filters hide."""
        self._search_whole()
        return int(np.count_nonzero(self._marks.ticks & ~self._rows.matches))

    def preparation(self) -> Callable[[Tell | None, Event | None], None]:
        """Work for another thread, ``work(tell, cancel)``: what the first search, or sort by text, of this frame would have to
        make first (1 to 2 s a million leads). It need not be done, and what it makes is used as it comes.
        """
        return (lambda _tell, _cancel: None) if self._sheet is None else self._sheet.prepare

    @property
    def ordering(self) -> Pending | None:
        """What is left to do for the whole order; None where it is there. ``run`` it in the background, then ``settle`` it.
        Till then the first pages are right and can be used. Whoever asks for more waits for it (under 2 s a million).
        """
        return self._rows.ordering

    def settle(self, ordering: Pending) -> None:
        """Take the order that ``ordering.run`` has made; one that belongs to a former sort is left alone."""
        if ordering is self._rows.ordering:
            self._rows.whole()
            self.version += 1

    @property
    def searching(self) -> Searching | None:
        """What is left to do of a search in parts; None where all is found. ``run`` it in the background, then
        ``settle_search`` it. Till then the first matches are shown. Whoever asks for all that match waits for it.
        """
        return self._searching

    def settle_search(self, searching: Searching) -> None:
        """Take all that ``searching.run`` has found; one that belongs to a former search is left alone."""
        if searching is self._searching:
            self._search_whole()

    def _search_whole(self) -> None:
        """Whatever is about all that match must not be about those found so far."""
        # Waits instead of answering from a part: "select all matching" in the middle of a search would select what was found by
        # chance, and the count beside the button would not say so.
        if self._searching is not None and self._sheet is not None:
            self._sheet.prepare()
            self._arrange()

    def _found(self, lead_id: LeadId) -> int | None:
        self._search_whole()
        row = -1 if self._sheet is None else self._sheet.places.of(lead_id)
        return None if row < 0 else self._rows.place_of(row)

    def neighbour(self, lead_id: LeadId, step: int) -> LeadId | None:
        """The lead ``step`` rows further in the order shown; None at the ends."""
        place = self._found(lead_id)
        if place is None or self._sheet is None or not 0 <= place + step < self.matching:
            return None
        return int(self._sheet.ids[self._rows.part(place + step, 1)[0]])

    def show(self, lead_id: LeadId) -> Literal["shown", "hidden", "absent"]:
        """Turn to the page on which a lead is. ``hidden``: search or filters hide it; ``absent``: it is not in the frame."""
        place = self._found(lead_id)
        if place is None:
            return "hidden" if lead_id in self else "absent"
        self.go(place // self.page_size)
        return "shown"

    def counts(self, column: str, *, within: bool = False) -> dict[str, int]:
        """Rows by the value of a column, most first, empty ones left out. ``within``: only rows that search, "selected only"
        and the filters of the other columns show.
        """
        if self._sheet is None:
            return {}
        # Without the column's own filter: its list of values would otherwise hold only those that are chosen already, and nothing
        # to choose besides.
        mask = self._narrowing.mask(self._sheet, self._marks.ticks, without=column) if within else None
        return self._sheet.counts(column, mask)

    def campaigns(self, ids: IdArray) -> dict[int, tuple[str, int]]:
        """Campaign id -> its name and how many of these leads are on it; they must be here."""
        if isinstance(self._sheet, ArchiveSheet):
            return self._sheet.campaigns(self._sheet.places.many(ids))
        return campaigns_in(self.frame, ids)

    def ahead(self, pages: Iterable[int]) -> list[dict[str, Any]]:
        """Messages of pages that may be turned to next, as far as they can be made at once; the page shown stays."""
        # A page beyond the known beginning of the order would make the kernel sort all rows, though nobody has asked for it.
        known = None if self.ordering is None else len(self._rows.beginning)
        ready = [n for n in pages if 0 <= n < self.pages and (known is None or (n + 1) * self.page_size <= known)]
        return [self.message(n) for n in ready]

    def message(self, page: int | None = None) -> dict[str, Any]:
        """The page shown, or another one, as JSON values: its rows and where it is.

        ``rows``: as ``page_rows`` makes them. ``sorts``: all columns sorted by, ``sort`` the first. ``filtered``: the filters as
        ``column_filters.to_json`` writes them; ``filters`` only the chosen values. ``ordering``: pages far behind wait for
        the whole order. ``searching``: ``matching`` and ``pages`` are those found so far. ``waiting``: leads that have come and
        are not shown yet. ``archived``: they are an archive's, and not loaded.
        """
        page = self._page if page is None else page
        return {
            "columns": columns_shown(self.columns, zone_words(self._zone)),
            **asked(self._sort, self._narrowing.filters),
            "rows": self._page_rows(page),
            "first": page * self.page_size,
            "page": page,
            "edition": self.edition,
            "pages": self.pages,
            "size": self.page_size,
            "matching": self.matching,
            "loaded": self.loaded,
            "archived": self.archived is not None,
            "waiting": self.waiting,
            "ordering": self.ordering is not None,
            "searching": self.searching is not None,
            "matching_version": self.matching_version,
            "marked_only": self._narrowing.marked_only,
            "changed": len(self.changed),
            "new": len(self.new),
        }

    # -- how ----------------------------------------------------------------------------------------------------------

    def _page_rows(self, page: int) -> list[dict[str, Any]]:
        if self._sheet is None:
            return []
        here = self._on(page)
        ids = self._sheet.ids[here]
        flags = (self._marks.ticks[here].tolist(), self.changed.holds(ids).tolist(), self.new.holds(ids).tolist())
        return page_rows(ids.tolist(), flags, self._layout.texts(self._sheet.cells, ids.tolist(), here))

    def _arrange(self) -> None:
        """Which rows match, in which order. Kept, so that turning pages costs nothing."""
        former = self._rows
        matches = self._matches()
        # "All 1,200 matching" is held to this version. Compared by what matches, so that sorting, or a filter that hides nothing,
        # does not make the number on that button an outdated one.
        if not np.array_equal(matches, former.matches):
            self.matching_version += 1
        self._rows = SortedRows(self._sheet, matches, self._sort)
        self._turn(self._page)

    def _matches(self) -> Mask:
        """Which rows match; where that takes more than a moment, those found so far, and ``searching`` is the rest."""
        sheet, narrowing, ticks, sort = self._sheet, self._narrowing, self._marks.ticks, self._sort
        if not self._in_parts or sheet is None or narrowing.is_quick(sheet):
            self._searching = None
            return narrowing.mask(sheet, ticks)
        found, self._searching = first_found(sheet, narrowing, ticks, sort, self.page_size)
        return found

    def _on(self, page: int) -> Rows:
        return self._rows.part(page * self.page_size, self.page_size)
