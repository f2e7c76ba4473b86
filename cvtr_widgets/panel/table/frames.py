"""The frame in a table, and what becomes of it when another comes or more leads arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from cvtr_widgets.panel.selection.id_set import NO_IDS, IdArray, IdSet, found_in
from cvtr_widgets.panel.table.append_buffer import AppendBuffer
from cvtr_widgets.panel.table.archive_sheet import ArchiveSheet, Sheet
from cvtr_widgets.panel.table.cells import ShownColumn, plain
from cvtr_widgets.panel.table.changes import changed
from cvtr_widgets.panel.table.columns import Layout
from cvtr_widgets.panel.table.sheet import TableSheet

if TYPE_CHECKING:
    import pandas as pd

LEAST_TAKEN = 1_000


def campaigns_in(frame: pd.DataFrame | None, ids: IdArray) -> dict[int, tuple[str, int]]:
    """Campaign id -> its name and how many of these leads are on it."""
    if frame is None:
        return {}
    part = frame.loc[ids, ["campaign_id", "campaign"]].dropna()
    numbers = part["campaign_id"].value_counts()
    names = dict(zip(part["campaign_id"].tolist(), part["campaign"].tolist(), strict=True))
    return {int(i): (plain(str(names[i])), int(n)) for i, n in zip(numbers.index.tolist(), numbers.tolist(), strict=True)}


class Frames:
    """``sheet``: what is shown. ``changed``, ``new``: leads that differ from, or were not in, the frame compared with last.

    ``waiting``: leads that have arrived and are not in the sheet yet.
    """

    def __init__(self, layout: Layout, zone: tzinfo) -> None:
        self.sheet: Sheet | None = None
        self.changed = self.new = NO_IDS
        self._layout = layout
        self._zone = zone
        self._arrivals = AppendBuffer()

    @property
    def waiting(self) -> int:
        """How many leads have arrived and are not in the sheet yet."""
        return len(self._arrivals)

    def set(self, frame: pd.DataFrame | ArchiveSheet | None, *, compare: bool) -> None:
        """Another frame, or leads of an archive.

        ``compare``: say again what has changed; else what was said of leads that are still there stays.
        """
        sheet = frame if frame is None or isinstance(frame, ArchiveSheet) else self._made(frame)
        former = self.sheet
        if not isinstance(former, TableSheet) or not isinstance(sheet, TableSheet):
            self.changed = self.new = NO_IDS
        elif compare:
            fresh = sheet.places.sorted[~found_in(former.places.sorted, sheet.places.sorted)]
            self.changed, self.new = self._changes(former, sheet, self._layout.shown), IdSet(fresh)
        self._arrivals = AppendBuffer()
        self._take(sheet)

    @staticmethod
    def _changes(former: TableSheet, sheet: TableSheet, shown: Sequence[ShownColumn]) -> IdSet:
        if former.frame is sheet.frame:
            return NO_IDS
        return changed(former.frame, sheet.frame, former.places, sheet.places, shown)

    def append(self, frame: pd.DataFrame, *, last: bool) -> tuple[int, bool]:
        """How many leads of it are new, and whether the sheet is another one now."""
        if self.sheet is None:
            self._take(self._made(frame))
            return len(frame), True
        assert isinstance(self.sheet, TableSheet)  # noqa: S101  an archive has no leads on their way
        fresh = self._arrivals.add(frame, self.sheet.places.sorted)
        # So the pages of a large listing are joined a few dozen times, and not once a page.
        enough = self.waiting >= max(LEAST_TAKEN, len(self.sheet) // 20) or not len(self.sheet)
        return fresh, self.take_waiting() if last or enough else False

    def take_waiting(self) -> bool:
        """Put what waits into the sheet; whether there was anything."""
        if not self.waiting or not isinstance(self.sheet, TableSheet):
            return False
        frame = self._arrivals.below(self.sheet.frame)
        self._arrivals = AppendBuffer()
        self._take(self._made(frame))
        return True

    def _made(self, frame: pd.DataFrame) -> TableSheet:
        return TableSheet(frame, self._layout.given, more=self._layout.more, zone=self._zone)

    def _take(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self._layout.columns = self._layout.given if sheet is None else sheet.columns
        self._layout.usual = sheet.usual if isinstance(sheet, ArchiveSheet) else self._layout.given
