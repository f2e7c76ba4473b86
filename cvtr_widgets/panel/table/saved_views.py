"""A way to look at the table that can be kept: which columns, in which order, narrowed to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.errors import TableError
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.panel.table.column_filters import Filter, fits, from_json, to_json
from cvtr_widgets.panel.table.columns import LONGEST_TITLE, Layout

VERSION = 1
LONGEST_NAME = 60
_FIELDS = {"version", "name", "columns", "sort", "filters"}


@dataclass(frozen=True, slots=True)
class View:
    """``columns``: names in the order shown. ``sort``: (name, descending), the first counts most. ``filters``: by column.

    A filter may hold what the user typed of a lead: a view is kept where the user says, never in a notebook.
    """

    name: str
    columns: tuple[str, ...]
    sort: tuple[tuple[str, bool], ...] = ()
    filters: tuple[tuple[str, Filter], ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise TableError(f"A view needs a name of 1 to {LONGEST_NAME} characters. Type one.")

    def __repr__(self) -> str:
        return f"<View: {len(self.columns)} columns, {len(self.filters)} filters>"

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "version": VERSION,
            "name": self.name,
            "columns": list(self.columns),
            "sort": [{"name": name, "descending": descending} for name, descending in self.sort],
            "filters": {name: to_json(wanted) for name, wanted in self.filters},
        }

    @classmethod
    def from_json(cls, found: Any) -> View:
        """The view that ``to_json`` wrote.

        Raises:
            TableError: it is not one, or of a later version of this package.
        """
        if not isinstance(found, Mapping) or not {"version", "name", "columns"} <= found.keys() <= _FIELDS:
            raise TableError("This is not a saved view of the lead table. Save a view and use its file.")
        if found["version"] != VERSION:
            raise TableError(
                f"This view was saved by another version of cvtr_widgets (version {VERSION} is read here). Save it again."
            )
        columns, filters = found["columns"], found.get("filters", {})
        if (
            not isinstance(found["name"], str)
            or not _texts(columns)
            or not isinstance(filters, Mapping)
            or not _texts([*filters])
        ):
            raise TableError("This view's name, columns or filters cannot be read. Save the view again.")
        sort = tuple(_step(step) for step in found.get("sort", ()))
        return cls(found["name"], tuple(columns), sort, tuple((name, from_json(wanted)) for name, wanted in filters.items()))


def _texts(given: Any) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str) and all(isinstance(g, str) for g in given)


def _step(found: Any) -> tuple[str, bool]:
    if isinstance(found, Mapping) and isinstance(found.get("name"), str) and isinstance(found.get("descending"), bool):
        return found["name"], found["descending"]
    raise TableError("This view's sort order cannot be read. Save the view again.")


def fitting(view: View, layout: Layout) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...], tuple[str, ...]]:
    """Columns and sort order of a view that a layout has, and sentences on what it has not.

    Raises:
        TableError: the view narrows a column that is not there or of another kind. Left out, it would show more leads
            than the view's name promises.
    """
    for name, wanted in view.filters:
        fits(layout.column(name, own=True), wanted)
    known = {c.name for c in layout.available}
    names = tuple(dict.fromkeys(name for name in view.columns if name in known))
    # A column named twice counts where it is named first: the second time all its leads are equal already.
    directions: dict[str, bool] = {}
    for name, down in view.sort:
        if name in layout.own:
            directions.setdefault(name, down)
    missing = dict.fromkeys(n for n in [*view.columns, *(n for n, _ in view.sort)] if n not in known)
    said = (f"These leads have no column {plain(n, LONGEST_TITLE)}: it is neither shown nor sorted by." for n in missing)
    return names, tuple(directions.items()), tuple(said)
