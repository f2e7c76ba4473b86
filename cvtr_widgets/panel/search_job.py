"""The rest of a first search of many leads, in the background."""

from __future__ import annotations

from collections.abc import Callable

from cvtr_widgets.panel.jobs import Jobs, Problem
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.panel.table.visible_rows import Searching

SEARCHING = "The search is still running, so “all” was not selected. Press it again when the search is done."


class SearchJob:
    """Of one table. ``finish`` may be called as often as one likes: each search is worked on once."""

    def __init__(self, table: LeadTable, jobs: Jobs, failed: Callable[[Problem, BaseException], None]) -> None:
        self._table = table
        self._jobs = jobs
        self._failed = failed
        self._begun: Searching | None = None

    def finish(self) -> None:
        """Find, in the background, what the search in force has not found at once."""
        searching = self._table.searching
        # By identity: the same words typed again are another search, of perhaps other rows.
        if searching is None or searching is self._begun:
            return
        self._begun = searching
        self._jobs.start(
            "search", "Searching", lambda job, tell: searching.run(tell, job.cancel),
            lambda _: self._table.settle_search(searching), self._failed,
        )  # fmt: skip
