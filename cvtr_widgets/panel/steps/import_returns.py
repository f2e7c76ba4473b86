"""A returns file in the panel: its columns, where its leads are looked for, what its wordings mean, which of several is meant.

What the file says and who the leads are stays in memory here; the page is told it in messages, and nothing of it is synced
state, journal or log.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.errors import CvtrError, SheetUnclear
from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused, problem_of
from cvtr_widgets.panel.steps.import_view import file_view, target_of
from cvtr_widgets.panel.steps.leads import LeadsStep
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.returned.columns import ROLE_WORDS, names_in
from cvtr_widgets.returned.memory import advertisers
from cvtr_widgets.returned.returns_file import Returns, match_file, must_be_searched
from cvtr_widgets.returned.window import Window, WindowCost

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession

LONG_AGO = date(2000, 1, 1)
"""Where neither a campaign nor a day is chosen: all leads."""
CLOSED = "No returns file is open any more. Import it again."
UNSEARCHED = "Its rows are matched with leads that are read first: load leads, or read those of the filters above."


@dataclass(frozen=True)
class _Searched:
    """Leads that rows are looked for in, and what they are called."""

    words: str
    frame: pd.DataFrame


class ReturnsImport:
    """What is known of the returns file that is open; nothing while none is."""

    def __init__(self, session: LeadSession, jobs: Jobs, leads: LeadsStep, changed: Callable[[], None]) -> None:
        """``changed`` is called when a plan that was made of the file is one of something else from now on."""
        self.name = ""
        self.problem: Problem | None = None
        self.found: Returns | None = None
        self._session, self._jobs, self._leads, self._changed = session, jobs, leads, changed
        self._content = b""
        self._sheet: str | None = None
        self._sheets: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._columns: dict[str, str | None] = {}
        self._reasons: dict[str, Any] = {}
        self._choices: dict[int, LeadId] = {}
        self._advertiser = ""
        self._advertisers: list[str] | None = None
        self._searched: _Searched | None = None
        self._window: tuple[Window, WindowCost] | None = None
        self._waits = False
        self._shown: tuple[Returns | None, dict[str, Any]] = (None, {})

    @property
    def open(self) -> bool:
        """Whether a file is open."""
        return bool(self.name)

    # -- the file -----------------------------------------------------------------------------------------------------

    def read(self, name: str, content: bytes) -> None:
        """Open a file, in place of the one that was open."""
        self.close()
        self.name, self._content = plain(name, 80) or "file", content
        self._searched = self._loaded()
        self._match()

    def refused(self, why: str) -> None:
        """A file did not arrive."""
        self.problem = Problem(why)

    def close(self) -> None:
        """Leave the file; what was planned of it and not sent is left, too."""
        for job in ("returns", "returns cost"):
            self._jobs.drop(job)
        self._changed()
        self.name, self._content, self._names, self.problem, self.found = "", b"", (), None, None
        self._columns, self._reasons, self._choices, self._advertiser = {}, {}, {}, ""
        self._sheet, self._sheets = None, ()
        self._searched, self._window, self._waits = None, None, False

    def _loaded(self) -> _Searched | None:
        frame = self._leads.whole
        return None if frame is None else _Searched(f"the {count_of(len(frame))} that are loaded", frame)

    # -- what the user says -------------------------------------------------------------------------------------------

    def sheet(self, name: str) -> None:
        """Say which sheet of a workbook holds the rows. What was said of the columns and rows of another one is forgotten."""
        if not self.open or name not in self._sheets:
            raise Refused("The file has no such sheet any more. Look at it again.")
        self._sheet, self._names, self._columns, self._choices = name, (), {}, {}
        self._match()

    def column(self, role: str, name: str) -> None:
        """Say which column of the file says something; an empty name: none does."""
        if not self.open or (name and name not in self._names):
            raise Refused("The file no longer has this column. Check the file again.")
        self._columns[role] = name or None
        self._match()

    def advertiser(self, name: str) -> None:
        """Say whose file it is: what was said of columns and wordings is remembered, and what was said before counts."""
        if not self.open:
            raise Refused(CLOSED)
        self._advertiser = name
        self._match()

    def map(self, wording: str, target: str) -> None:
        """Say what a wording means; ``target`` as ``import_view`` offers it, empty: nothing of the list."""
        if self.found is None or not (wording in self.found.unmapped or wording in self.found.mapped):
            raise Refused("This wording is no longer in the file, so nothing was mapped.")
        self._reasons[wording] = target_of(target)
        self._take(lambda found: found.map({wording: target_of(target)}))

    def choose(self, row: int, lead_id: LeadId | None) -> None:
        """Choose one of the leads that a row could mean, or none."""
        if self.found is None:
            raise Refused(CLOSED)
        self._take(lambda found: found.choose(row, lead_id))
        self._choices.pop(row, None)
        if lead_id is not None and self.problem is None:
            self._choices[row] = lead_id

    def _take(self, change: Callable[[Returns], Returns]) -> None:
        assert self.found is not None  # noqa: S101  asked before
        self.problem = None
        self._changed()
        try:
            self.found = change(self.found)
        except CvtrError as error:
            self.problem = problem_of(error)

    # -- where leads are looked for -----------------------------------------------------------------------------------

    def follow(self) -> None:
        """Leads were loaded, or the filters changed, while the file is open and waits for leads."""
        if not self.open or self._searched is not None or self._jobs.get("returns") or not self._waits:
            return
        self._searched = self._loaded()
        if self._searched is not None:
            self._match()
        elif self._window is not None and self._window[0] != self._window_now() and not self._jobs.get("returns cost"):
            self._ask_cost()

    def _window_now(self) -> Window:
        chosen = self._leads.filters
        campaign = [int(one) for one in chosen.campaign] or None
        after, before = chosen.created_after or None, chosen.created_before or None
        return Window(campaign, after or (None if campaign or before else LONG_AGO), before)

    def _ask_cost(self) -> None:
        """Ask what reading the leads of the filters takes."""
        if self._leads.filters.blockers():
            self._window = None
            return
        window = self._window_now()

        def done(cost: WindowCost) -> None:
            self._window = (window, cost)

        self._jobs.start("returns cost", "Counting leads", lambda _job, _tell: window.cost(self._session), done, self._failed)

    def search_window(self, requests: int) -> None:
        """Read the leads of the filters, to the end, and look in them. ``requests``: what the user saw that it takes."""
        if not self.open or self._window is None or self._window[1].requests != requests:
            raise Refused("The cost has changed since it was shown, so nothing was read. Check the number and press again.")
        window, cost = self._window

        def work(job: Job, tell: Callable[[int, int | None], None]) -> _Searched:
            frame = window.read(self._session, allow=cost.requests, on_page=tell, cancel=job.cancel.is_set)
            return _Searched(f"the {count_of(len(frame))} that were read for it", frame)

        def done(searched: _Searched) -> None:
            self._searched = searched
            self._match()

        self._jobs.start("returns", "Reading leads to look for the rows in", work, done, self._failed)

    def stop(self) -> None:
        """Stop reading."""
        self._jobs.stop("returns")

    # -- matching -----------------------------------------------------------------------------------------------------

    def _match(self) -> None:
        """Match the rows by all that was said so far."""
        self._changed()
        self.problem, self._waits = None, False
        content, name, searched = self._content, self.name, self._searched
        sheet = self._sheet
        # Copies: the user goes on choosing while the thread reads, and each choice begins a new job with its own copies.
        columns, reasons, choices, whose = dict(self._columns), dict(self._reasons), dict(self._choices), self._advertiser

        def work(job: Job, tell: Callable[[int, int | None], None]) -> tuple[Returns | None, tuple[str, ...], list[str]]:
            known = self._advertisers if self._advertisers is not None else _names_of(self._session)
            names = names_in(content, sheet)
            self._names = names  # so that a column can be chosen also where the file is not understood
            if searched is None and must_be_searched(content, name, columns, self._session.identity, whose or None, sheet):
                return None, names, known
            found = match_file(
                content, name, self._session, leads=None if searched is None else searched.frame, columns=columns,
                reasons=reasons, advertiser=whose or None, sheet=sheet, cancel=job.cancel.is_set, on_page=tell,
            )  # fmt: skip
            return _chosen_again(found, choices), names, known

        def done(got: tuple[Returns | None, tuple[str, ...], list[str]]) -> None:
            self.found, self._names, self._advertisers = got
            if self.found is not None:
                self._sheets = self.found.sheets
            if self.found is None:
                self._waits = True
                self._ask_cost()

        self._jobs.start("returns", f"Reading {name}", work, done, self._failed)

    def _failed(self, problem: Problem, error: BaseException) -> None:
        self.found = None
        if isinstance(error, SheetUnclear):
            self._sheets = error.sheets
        # What a script would say, the page has drop-downs for.
        text = re.sub(r":? (columns=\{[^}]*\}|sheet=.*(?=\.$))", " below", problem.text)
        self.problem = dataclasses.replace(problem, text=text)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def blockers(self) -> tuple[str, ...]:
        """Why no plan can be made of the file."""
        if not self.open:
            return (CLOSED,)
        if self._jobs.get("returns"):
            return ("The file is being matched.",)
        if self.found is None:
            return ("Its rows are not matched yet.",)
        if not self.found.groups:
            return ("No row is matched to a lead with a reason.",)
        return ()

    def view(self) -> dict[str, Any]:
        """All of it as JSON values."""
        job = self._jobs.get("returns") or self._jobs.get("returns cost")
        if self._shown[0] is not self.found or self.found is None:
            frame = None if self._searched is None else self._searched.frame
            self._shown = (self.found, file_view(self.found, frame))
        sendable = 0 if self.found is None else sum(len(ids) for _, ids in self.found.groups)
        return {
            "name": self.name,
            "job": None if job is None else job.message(),
            "problem": None if self.problem is None else self.problem.message(),
            "names": [[name, plain(name, 60)] for name in dict.fromkeys(filter(None, self._names))],
            "sheets": [[name, plain(name, 60)] for name in self._sheets] if len(self._sheets) > 1 else [],
            "sheet": self._sheet or ("" if self.found is None else self.found.sheet),
            "roles": [[role, words] for role, words in ROLE_WORDS.items()],
            "advertiser": self._advertiser,
            "advertisers": [[name, plain(name, 60)] for name in self._advertisers or ()],
            "chosen_columns": {role: name or "" for role, name in self._columns.items()},
            "searched": self._searched_words(),
            "window": self._window_view(),
            **self._shown[1],
            "blockers": list(self.blockers()) if self.open else [],
            "button": f"Preview {count_of(sendable)}",
        }

    def _searched_words(self) -> str:
        if self._waits:
            return UNSEARCHED
        if self._searched is None or self.found is None or self.found.columns.keys() <= {"id", "reason", "category", "comment"}:
            return ""
        return f"Looked for in {self._searched.words}; leads outside of these are not found."

    def _window_view(self) -> Mapping[str, Any] | None:
        if self._window is None or self._searched is not None or not self.open:
            return None
        cost = self._window[1]
        leads = "" if cost.leads is None else f" {cost.leads:,}"
        return {"requests": cost.requests, "text": f"Read the{leads} leads of the filters and look in them ({cost.words})"}


def _names_of(session: LeadSession) -> list[str]:
    """Advertisers to choose from: those that are listed, and those of whom something is remembered."""
    try:
        listed = [str(name) for name in session.advertisers()["name"].dropna()]
    except CvtrError:  # not every account may see them
        listed = []
    known = {" ".join(name.split()).casefold() for name in listed}
    return sorted([*listed, *(name for name in advertisers(session.identity) if name not in known)], key=str.casefold)


def _chosen_again(found: Returns, choices: Mapping[int, LeadId]) -> Returns:
    """The choices that were made before, as far as they are still to be made."""
    for row, lead_id in choices.items():
        if lead_id in found.candidates(row):
            try:
                found = found.choose(row, lead_id)
            except CvtrError:  # the row means one lead now
                continue
    return found
