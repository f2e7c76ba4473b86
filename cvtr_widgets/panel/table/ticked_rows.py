"""Which rows of a frame are selected, given a set of ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.selection.id_set import NO_IDS, IdSet, RowsOfIds

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask: TypeAlias = npt.NDArray[np.bool_]


class TickedRows:
    """``ids``: what is selected, in this frame or not; ``ticks``: one flag a row."""

    def __init__(self) -> None:
        self.ids = NO_IDS
        self.ticks: Mask = np.zeros(0, dtype=bool)
        self._places: RowsOfIds | None = None

    def move(self, places: RowsOfIds | None) -> None:
        """The rows are other ones now."""
        self._places = places
        self.ticks = np.zeros(0, dtype=bool) if places is None else places.mask(self.ids)

    def set(self, ids: Iterable[LeadId]) -> None:
        """Other leads are selected. What differs from the former set is flipped, where the sets can say it."""
        former, self.ids = self.ids, IdSet.of(ids)
        if self._places is None:
            return
        # A tick in a frame of a million flips one flag. Made anew, the flags would cost a merge with all ids at each click.
        steps = self.ids.steps_from(former)
        if steps is None:
            self.ticks = self._places.mask(self.ids)
            return
        for few, on in zip(steps, (True, False), strict=True):
            rows = self._places.many(np.asarray(few, np.int64))
            self.ticks[rows[rows >= 0]] = on
