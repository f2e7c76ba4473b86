"""A frame of leads as pages of rows: sorted, searched and filtered in the kernel. Only this file knows rows.

Everything that leaves it speaks of lead ids. Nothing here is selected or done: ``marked`` is what somebody else says is
selected, so that rows can be shown ticked and the hidden ones counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np

from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.cells import Shown, cell, empty

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Places = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

PAGE_SIZES = (25, 50, 100, 250, 500)


class LeadTable:
    """Pages of a frame whose index holds unique lead ids.

    ``columns``: what a row shows. ``version`` changes with anything that a row message would show; ``matching_version``
    only with which leads match, so that "all N matching" can be held to what the user saw.
    """

    def __init__(self, columns: Sequence[Shown], *, page_size: int = 50, zone: tzinfo = UTC) -> None:
        self.columns = tuple(columns)
        self.page_size = page_size
        self.version = 0
        self.matching_version = 0
        self._zone = zone
        self._search = ""
        self._filters: dict[str, frozenset[str]] = {}
        self._marked_only = False
        self._sort: tuple[str, bool] | None = None
        self._page = 0
        self._marked: frozenset[LeadId] = frozenset()
        self._frame: pd.DataFrame | None = None
        self._forget()

    def __repr__(self) -> str:
        return f"<LeadTable: {self.loaded:,} leads, {self.matching:,} matching>"

    def _forget(self) -> None:
        """Drop what was kept about the former frame."""
        count = 0 if self._frame is None else len(self._frame)
        self._ids: Places = np.empty(0, np.int64) if self._frame is None else self._frame.index.to_numpy(np.int64)
        self._places: dict[LeadId, int] | None = None
        self._ranks: dict[str, Places] = {}
        self._lines: list[str] | None = None
        self._order: Places = np.arange(count)
        self._matches: Mask = np.ones(count, dtype=bool)
        self._ticks: Mask = np.zeros(count, dtype=bool)

    # -- the frame ----------------------------------------------------------------------------------------------------

    @property
    def frame(self) -> pd.DataFrame | None:
        """The frame shown, or None."""
        return self._frame

    def set_frame(self, frame: pd.DataFrame | None) -> tuple[LeadId, ...]:
        """Show another frame; sort, search and filters stay. Gives the marked ids that were here and are no longer.

        Raises:
            ValueError: an id stands in it twice: a tick could not mean one lead.
        """
        if frame is not None and not frame.index.is_unique:
            raise ValueError("a lead stands twice in the frame")
        before = [i for i in self._ids.tolist() if i in self._marked]
        self._frame = frame
        self._forget()
        self._retick()
        self._arrange()
        return tuple(i for i in before if i not in self)

    def __contains__(self, lead_id: LeadId) -> bool:
        return lead_id in self._place_of()

    def _place_of(self) -> dict[LeadId, int]:
        if self._places is None:
            self._places = {own: place for place, own in enumerate(self._ids.tolist())}
        return self._places

    # -- what is shown ------------------------------------------------------------------------------------------------

    def sort(self, column: str | None, *, descending: bool = False) -> None:
        """Sort by a column; None is the frame's own order. Empty values come last either way."""
        if column is not None and column not in {c.name for c in self.columns}:
            return
        self._sort = None if column is None else (column, descending)
        self._page = 0
        self._arrange()

    def search(self, text: str) -> None:
        """Show rows in which every word of ``text`` occurs, literally, in any case."""
        if text != self._search:
            self._search = text
            self._page = 0
            self._arrange()

    def only(self, column: str, values: Iterable[str]) -> None:
        """Show rows with one of these values in ``column``; none takes the filter away."""
        wanted = frozenset(values)
        if wanted:
            self._filters[column] = wanted
        else:
            self._filters.pop(column, None)
        self._page = 0
        self._arrange()

    def marked_only(self, on: bool) -> None:
        """Show only what is selected. A row that is unticked then stays until the rows are arranged anew."""
        self._marked_only = on
        self._page = 0
        self._arrange()

    def size(self, rows: int) -> None:
        """Rows a page; the first row shown stays in sight."""
        first = self._page * self.page_size
        self.page_size = rows
        self._page = first // rows
        self.version += 1

    def go(self, page: int) -> None:
        """Show a page, counted from 0; beyond the end is the last one."""
        self._page = page
        self._clamp()
        self.version += 1

    def mark(self, ids: frozenset[LeadId]) -> None:
        """These leads are selected."""
        if ids is not self._marked:
            self._marked = ids
            self._retick()
            self.version += 1

    # -- what can be asked --------------------------------------------------------------------------------------------

    @property
    def loaded(self) -> int:
        """Leads in the frame."""
        return len(self._ids)

    @property
    def matching(self) -> int:
        """Leads that match search and filters."""
        return len(self._order)

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.matching // self.page_size))

    @property
    def page(self) -> int:
        """The page shown, from 0."""
        return self._page

    @property
    def matching_ids(self) -> tuple[LeadId, ...]:
        """Ids of all leads that match, in the order shown."""
        ids: list[int] = self._ids[self._order].tolist()
        return tuple(ids)

    @property
    def page_ids(self) -> tuple[LeadId, ...]:
        """Ids of the page shown."""
        ids: list[int] = self._ids[self._here()].tolist()
        return tuple(ids)

    @property
    def marked_elsewhere(self) -> int:
        """Selected leads of this frame that are not on the page shown."""
        return int(self._ticks.sum() - self._ticks[self._here()].sum())

    @property
    def marked_hidden(self) -> int:
        """Selected leads of this frame that search or filters hide."""
        return int((self._ticks & ~self._matches).sum())

    def neighbour(self, lead_id: LeadId, step: int) -> LeadId | None:
        """The lead ``step`` rows further in the order shown; None at the ends."""
        place = self._place_of().get(lead_id)
        found = np.flatnonzero(self._order == place) if place is not None else np.empty(0, np.int64)
        if not len(found):
            return None
        there = int(found[0]) + step
        return int(self._ids[self._order[there]]) if 0 <= there < self.matching else None

    def show(self, lead_id: LeadId) -> None:
        """Turn to the page on which a lead is, if it matches."""
        place = self._place_of().get(lead_id)
        found = np.flatnonzero(self._order == place) if place is not None else np.empty(0, np.int64)
        if len(found):
            self.go(int(found[0]) // self.page_size)

    def message(self) -> dict[str, Any]:
        """The page shown as JSON values: its rows (ids as text, as the browser's numbers end at 2**53) and where it is.

        ``rows``: ``{"id": "167457", "on": true, "cells": ["...", ...]}`` with one cell a column but the id's.
        """
        here = self._here()
        first = self._page * self.page_size
        return {
            "columns": [{"name": c.name, "title": c.title, "look": c.look} for c in self.columns],
            "sort": None if self._sort is None else {"name": self._sort[0], "descending": self._sort[1]},
            "rows": self._rows(here),
            "first": first,
            "page": self._page,
            "pages": self.pages,
            "size": self.page_size,
            "matching": self.matching,
            "loaded": self.loaded,
            "matching_version": self.matching_version,
            "marked_only": self._marked_only,
            "filters": {name: sorted(values) for name, values in self._filters.items()},
        }

    def counts(self, column: str) -> dict[str, int]:
        """Rows of the whole frame by the value of a column, empty ones left out."""
        if self._frame is None or column not in self._frame.columns:
            return {}
        found = self._frame[column].value_counts()
        return {str(k): int(v) for k, v in found.items() if v}

    # -- how ----------------------------------------------------------------------------------------------------------

    def _here(self) -> Places:
        first = self._page * self.page_size
        return self._order[first : first + self.page_size]

    def _rows(self, places: Places) -> list[dict[str, Any]]:
        if self._frame is None:
            return []
        part = self._frame.iloc[places]
        texts = [self._texts(part, c) for c in self.columns if c.look != "id"]
        ids, ticks = self._ids[places].tolist(), self._ticks[places].tolist()
        return [{"id": str(own), "on": on, "cells": list(cells)} for own, on, *cells in zip(ids, ticks, *texts, strict=True)]

    def _texts(self, part: pd.DataFrame, column: Shown) -> list[str]:
        if column.look == "score":
            if "score" not in part.columns:
                return [""] * len(part)
            most = part["max_score"].tolist() if "max_score" in part.columns else [None] * len(part)
            pairs = zip(part["score"].tolist(), most, strict=True)
            return ["" if empty(s) else f"{s}" if empty(m) else f"{s}/{m}" for s, m in pairs]
        if column.name not in part.columns:
            return [""] * len(part)
        return [cell(v, column.look, self._zone) for v in part[column.name].tolist()]

    def _retick(self) -> None:
        if not self._marked or not len(self._ids):
            self._ticks = np.zeros(len(self._ids), dtype=bool)
        else:
            self._ticks = np.isin(self._ids, np.fromiter(self._marked, np.int64, len(self._marked)))

    def _arrange(self) -> None:
        """Which rows match, in which order. Kept, so that turning pages costs nothing."""
        self._matches = self._matching()
        order = self._sorted()
        self._order = order[self._matches[order]]
        self._clamp()
        self.version += 1
        self.matching_version += 1

    def _clamp(self) -> None:
        self._page = min(max(self._page, 0), self.pages - 1)

    def _matching(self) -> Mask:
        mask: Mask = np.ones(len(self._ids), dtype=bool)
        if self._frame is None:
            return mask
        for name, values in self._filters.items():
            if name in self._frame.columns:
                mask &= self._frame[name].astype("object").isin(list(values)).to_numpy(bool)
        if self._marked_only:
            mask &= self._ticks
        words = self._search.lower().split()
        if words:
            lines = self._searched()
            mask &= np.fromiter((all(w in line for w in words) for line in lines), bool, len(lines))
        return mask

    def _searched(self) -> list[str]:
        """One lower-cased text a row, made once a frame: searching a list of texts is quicker than asking columns."""
        if self._lines is None:
            assert self._frame is not None  # noqa: S101  asked only where there is a frame
            named = [c.name for c in self.columns if c.look not in {"id", "time", "flag", "score"}]
            parts = [[str(i) for i in self._ids.tolist()]]
            parts += [_lowered(self._frame[name]) for name in named if name in self._frame.columns]
            self._lines = [" ".join(row) for row in zip(*parts, strict=True)]
        return self._lines

    def _sorted(self) -> Places:
        count = len(self._ids)
        if self._sort is None or not count:
            return np.arange(count)
        name, descending = self._sort
        ranks = self._rank(name)
        keys = np.where(ranks < 0, np.iinfo(np.int64).max, -ranks if descending else ranks)
        return np.argsort(keys, kind="stable")

    def _rank(self, name: str) -> Places:
        """The rank of each row's value among the values of a column, -1 for empty; made once a frame."""
        if name not in self._ranks:
            self._ranks[name] = self._ranked(name)
        return self._ranks[name]

    def _ranked(self, name: str) -> Places:
        import pandas as pd

        if name == "lead_id":
            values: Any = self._ids
        elif self._frame is None or name not in self._frame.columns:
            return np.zeros(len(self._ids), np.int64)
        else:
            values = self._frame[name]
            if values.dtype == object or isinstance(values.dtype, pd.CategoricalDtype):
                texts = [None if empty(v) else str(v).casefold() for v in values.tolist()]
                values = np.array(texts, dtype=object)
        codes, _ = pd.factorize(values, sort=True)
        return np.asarray(codes, np.int64)


def _lowered(column: pd.Series[Any]) -> list[str]:
    known: dict[Any, str] = {}
    made = []
    for value in column.tolist():
        text = known.get(value) if isinstance(value, str) else None
        if text is None:
            text = "" if empty(value) else str(value).lower()
            if isinstance(value, str):
                known[value] = text
        made.append(text)
    return made
