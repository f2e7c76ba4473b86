"""What is chosen in step 1 before anything is loaded: where leads are read, and by which filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.models import DELIVERY_WORDS, STATUS_WORDS
from cvtr_widgets.panel.steps import archive_source
from cvtr_widgets.panel.steps.load_filters import Filters

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession


CHANGED = "The filters have changed: press Load leads to use them."
NOTHING = "No lead matches these filters."


class ChosenFilters:
    """``now``: the filters as they are chosen. They count when leads are loaded next."""

    def __init__(self, session: LeadSession) -> None:
        self.now = Filters()
        self._session = session

    def preset(self, given: Mapping[str, Any]) -> None:
        """Choose filters as a script names them.

        Raises:
            ArgumentError: a filter or a value that there is not.
        """

        def named(what: str, name: str) -> str | None:
            if name.isascii() and name.isdigit():
                return name
            frame = self._session.campaigns() if what == "campaign" else self._session.publishers()
            found = frame.index[frame["name"] == name]
            return str(found[0]) if len(found) == 1 else None

        self.now = Filters.preset(given, self._today, named).reading(archive=self.now.archive)

    def choose(self, name: str, values: Sequence[str]) -> None:
        """Change what is chosen in one filter (none: any)."""
        self.now = self.now.choose(name, values)

    def on(self, name: str, value: str) -> None:
        """Change the first or the last day, or the day as of which an archive is shown."""
        self.now = self.now.on(name, value)

    def within(self, name: str) -> None:
        """Choose the days of a range by its name, counted from today in the session's zone; empty: any day."""
        self.now = self.now.within(name, self._today)

    def read_from(self, *, archive: bool) -> None:
        """Choose where leads are read: from the service or from the archive."""
        self.now = self.now.reading(archive=archive)

    @property
    def _today(self) -> date:
        return datetime.now(self._session.client.zone).date()

    def said_of(self, asked: Filters | None, found: Sized | None, *, whole: bool) -> str:
        """That the filters are others than those by which leads were ``asked`` for, or that nothing was ``found``. ``whole``: all
        that was asked for is there.
        """
        if self.now.blockers():
            return ""  # what is wrong with them stands beside them, and Load is out of reach
        if asked is not None and asked != self.now:
            return archive_source.CHANGED if self.now.archive else CHANGED
        return NOTHING if asked is not None and found is not None and whole and not len(found) else ""

    def view(self, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """As JSON values, with what can be chosen; ``names``: campaigns and publishers by id."""
        return {
            "filters": self.now.view(self._today),
            "options": {
                "campaign": [[i, n] for i, n in names["campaigns"].items()],
                "publisher": [[i, n] for i, n in names["publishers"].items()],
                "status": [[s, s] for s in STATUS_WORDS],
                "delivery": [[s, s] for s in DELIVERY_WORDS],
            },
            "filter_blockers": list(self.now.blockers()),
        }
