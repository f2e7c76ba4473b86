"""How the lead table is looked at: filters per column, columns and their order, sorting by several, named views, jumping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cvtr_widgets.errors import TableError
from cvtr_widgets.panel.jobs import Refused
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.panel.table.column_filters import Contains, Days, Empty, Filter, OneOf, YesNo, from_json
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.panel.table.saved_views import View
from cvtr_widgets.selection.select import parse_ids

MOST_COUNTS = 200
"""Values of a column that are offered for choosing; more are searched for instead."""
MOST_VIEWS = 50


class TableControls:
    """The arrangement of one table as the page changes it. Views are kept for the session. What cannot be done is ``Refused``."""

    def __init__(self, table: LeadTable) -> None:
        self._table = table
        self._asked = ""
        self._views: dict[str, View] = {}

    # -- what the page says -------------------------------------------------------------------------------------------

    def sort(self, column: str, *, descending: bool, add: bool) -> None:
        """Sort by a column; ``add``: after the columns that it is sorted by already. Empty: the order as loaded."""
        if not column:
            self._table.sort(None)
            return
        steps = [step for step in self._sorts() if step[0] != column] if add else []
        self._try(lambda: self._table.sort([*steps, (column, descending)]))

    def _sorts(self) -> tuple[tuple[str, bool], ...]:
        return self._table.view("now").sort

    def filter(self, column: str, wanted: dict[str, Any] | None) -> None:
        """Narrow a column, or take its filter away."""
        self._try(lambda: self._table.filter(column, None if wanted is None else from_json(wanted)))

    def ask(self, column: str) -> None:
        """The user is about to filter this column: its values are counted for choosing."""
        self._asked = column

    def columns(self, names: tuple[str, ...]) -> None:
        """Show these columns in this order; none: those of the beginning."""
        self._try(lambda: self._table.show_columns(names or None))

    def save(self, name: str) -> None:
        """Keep the present arrangement under a name."""

        def keep() -> None:
            view = self._table.view(" ".join(name.split()))
            if view.name not in self._views and len(self._views) >= MOST_VIEWS:
                raise TableError(f"There are {MOST_VIEWS} views already. Remove one first.")
            self._views[view.name] = view

        self._try(keep)

    def use(self, name: str) -> str:
        """Look at the table by a kept view. Gives what of it these leads have not."""
        view = self._views.get(name)
        if view is None:
            raise Refused("This view no longer exists. The table is unchanged.")
        return str(self._try(lambda: " ".join(self._table.use(view))))

    def drop(self, name: str) -> None:
        """Forget a view."""
        self._views.pop(name, None)

    def clear(self) -> None:
        """Take all filters away."""
        self._table.clear_filters()

    def jump(self, text: str) -> None:
        """Turn to the page on which a lead is."""
        ids = parse_ids(text).ids if text.strip() else ()
        if len(ids) != 1:
            raise Refused("Type one lead id to go to.")
        found = self._table.show(ids[0])
        words = {"hidden": "is loaded, but search or filters hide it", "absent": "is not among the loaded leads"}
        if found in words:
            raise Refused(f"Lead {ids[0]} {words[found]}.")

    @staticmethod
    def _try(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except TableError as error:
            raise Refused(plain(str(error), 300)) from error

    # -- what is shown ------------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """As JSON values. Filters are shown in words: what was typed into them is the user's own and stays in the page."""
        table = self._table
        titles = {c.name: c.title for c in table.available}
        # Only for the column whose filter is open: counting every column with each view would hold the view up.
        counts = list(table.counts(self._asked, within=True).items()) if self._asked else []
        return {
            "columns": [[c["name"], c["title"], c["look"], c["shown"], c["filters"]] for c in table.catalogue()],
            "filters": [[name, titles.get(name, name), _words(wanted)] for name, wanted in table.filters.items()],
            "sorts": [[name, titles.get(name, name), down] for name, down in self._sorts()],
            "views": list(self._views),
            "asked": self._asked,
            "counts": [[plain(value, 80), n, value] for value, n in counts[:MOST_COUNTS]],
            "more_counts": max(0, len(counts) - MOST_COUNTS),
        }


def _words(wanted: Filter) -> str:
    if isinstance(wanted, Contains):
        return f"contains “{plain(wanted.text, 40)}”"
    if isinstance(wanted, OneOf):
        shown = ", ".join(plain(v, 30) for v in wanted.values[:3])
        return f"is {shown}" + (f" or {len(wanted.values) - 3} more" if len(wanted.values) > 3 else "")
    if isinstance(wanted, YesNo):
        return "is yes" if wanted.yes else "is no"
    if isinstance(wanted, Empty):
        return "is empty" if wanted.empty else "is not empty"
    low, high = (wanted.first, wanted.last) if isinstance(wanted, Days) else (wanted.low, wanted.high)
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"from {low}" if low is not None else f"to {high}"
