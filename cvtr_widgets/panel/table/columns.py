"""Which columns a table can show: those it was made for, and the frame's others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cvtr_widgets.errors import TableError
from cvtr_widgets.frames.leads import FRAME_COLUMNS
from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.table.cells import LEAD_COLUMNS, Look, ShownColumn, plain
from cvtr_widgets.panel.table.column_filters import ALLOWED

if TYPE_CHECKING:
    import pandas as pd

_LOOKS: dict[str, Look] = {
    "state": "state", "number": "number", "code": "number", "money": "number", "related id": "number",
    "flag": "flag", "time": "time",
}  # fmt: skip
_KNOWN: dict[str, Look] = {c.name: _LOOKS.get(c.kind, "text") for c in FRAME_COLUMNS}
LONGEST_TITLE = 60
_SHORT = {"Id": "ID", "Qa": "QA", "Http": "HTTP"}
SEARCHED: frozenset[Look] = frozenset({"text", "state", "verdict", "outcome"})

Texts: TypeAlias = Callable[[Sequence[LeadId]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Note:
    """A column that somebody else knows the texts of; asked for the page shown only, so it is never sorted or filtered by."""

    name: str
    title: str
    texts: Texts

    @property
    def shown(self) -> ShownColumn:
        """As a column."""
        return ShownColumn(self.name, plain(self.title, LONGEST_TITLE))

    def of(self, ids: Sequence[LeadId]) -> list[str]:
        """One text a lead.

        Raises:
            ValueError: there are more or fewer texts than leads, so that nobody knows whose they are.
        """
        texts = [plain(str(t)) for t in self.texts(ids)]
        if len(texts) != len(ids):
            raise ValueError(f"{len(texts)} texts for {len(ids)} leads in the column {self.name}")
        return texts


class Layout:
    """``given``: the columns that the table was made for; ``more``: whether the frame's others can be shown too.

    ``columns``: what the present leads offer of them. ``usual``: those shown where none were chosen. ``notes``: columns that
    others annotate.
    """

    def __init__(self, given: Sequence[ShownColumn], *, more: bool) -> None:
        self.given = tuple(given)
        self.more = more
        self.columns = self.usual = self.given
        self.notes: dict[str, Note] = {}
        self._chosen: tuple[str, ...] | None = None

    @property
    def available(self) -> tuple[ShownColumn, ...]:
        """All columns that can be shown."""
        return (*self.columns, *(n.shown for n in self.notes.values()))

    @property
    def own(self) -> frozenset[str]:
        """Names of the columns that can be sorted and filtered by."""
        return frozenset(c.name for c in self.columns)

    @property
    def shown(self) -> tuple[ShownColumn, ...]:
        """The columns shown, in order. One that was chosen and is not there now comes back with the frame that has it."""
        if self._chosen is None:
            return (*self.usual, *(n.shown for n in self.notes.values()))
        known = {c.name: c for c in self.available}
        return tuple(known[name] for name in self._chosen if name in known)

    def column(self, name: str, *, own: bool = False) -> ShownColumn:
        """The column of that name; ``own``: not an annotated one.

        Raises:
            TableError: there is none.
        """
        for column in self.columns if own else self.available:
            if column.name == name:
                return column
        raise TableError(f"The table has no column {plain(str(name), LONGEST_TITLE)} for this. Choose one of those listed.")

    def choose(self, names: Sequence[str] | None) -> None:
        """As ``LeadTable.show_columns``."""
        if names is None:
            self._chosen = None
            return
        for name in names:
            self.column(name)
        if len(set(names)) < len(names):
            raise TableError("A column is named twice. Name each once.")
        # The id cannot be hidden: it is what tells two leads of one name apart.
        ids = [c.name for c in self.given if c.look == "id" and c.name not in names]
        self._chosen = (*ids, *names)

    def sort_of(self, wanted: Sequence[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
        """A sort order by columns that are there.

        Raises:
            TableError: one is not, or is named twice.
        """
        sort = tuple((self.column(name, own=True).name, bool(descending)) for name, descending in wanted)
        if len({name for name, _ in sort}) < len(sort):
            raise TableError("A column is named twice in the sort order. Name each once.")
        return sort

    def texts(self, cells: Callable[[Any, ShownColumn], list[str]], ids: Sequence[LeadId], rows: Any) -> list[list[str]]:
        """The texts of the columns shown but the id's, one list a column: of ``cells(rows, column)``, or of the note."""
        shown = (c for c in self.shown if c.look != "id")
        return [self.notes[c.name].of(ids) if c.name in self.notes else cells(rows, c) for c in shown]

    def annotate(self, name: str, title: str, texts: Texts | None) -> None:
        """As ``LeadTable.annotate``."""
        if name in self.own:
            raise TableError("There is a column of this name already. Choose another name.")
        if texts is None:
            self.notes.pop(name, None)
        else:
            self.notes[name] = Note(name, title, texts)

    def catalogue(self) -> list[dict[str, Any]]:
        """As ``LeadTable.catalogue``."""
        shown = {c.name for c in self.shown}
        return [
            {
                "name": c.name,
                "title": c.title,
                "look": c.look,
                "shown": c.name in shown,
                "note": c.name in self.notes,
                "filters": [k.kind for k in ALLOWED[c.look]] if c.name in self.own else [],
            }
            for c in self.available
        ]


def others(given: Sequence[ShownColumn], frame: pd.DataFrame) -> tuple[ShownColumn, ...]:
    """The frame's columns that are not among ``given``, with a title made of their name."""
    known = {c.name for c in given} | {"lead_id"}
    return tuple(ShownColumn(str(n), _title(str(n)), _look(str(n), frame)) for n in frame.columns if str(n) not in known)


def _look(name: str, frame: pd.DataFrame) -> Look:
    import pandas as pd

    if name in _KNOWN:
        return _KNOWN[name]
    dtype, types = frame[name].dtype, pd.api.types
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "time"
    if str(dtype) in {"bool", "boolean"}:
        return "flag"
    return "number" if types.is_integer_dtype(dtype) or types.is_float_dtype(dtype) else "text"


def _title(name: str) -> str:
    start, _, rest = name.partition("_")
    words = {"data": "Form: ", "other": "Other: "}.get(start, "") if rest else ""
    text = (rest if words else name).replace("_", " ")
    return plain(words + (text if words else titled(text)), LONGEST_TITLE)


def titled(name: str) -> str:
    """A name of ours in the words of a heading: ``sub_id`` is "Sub ID"."""
    words = name.replace("_", " ").title().split()
    return " ".join(_SHORT.get(word, word) for word in words)


def detail_title(name: str) -> str:
    """What a column is called beside its value in a lead's detail. A form field keeps its own name."""
    known = {c.name: c.title for c in LEAD_COLUMNS}
    start, _, rest = name.partition("_")
    if start == "data" and rest:
        return plain(f"Form: {rest}", LONGEST_TITLE)
    return known.get(name) or _title(name)
