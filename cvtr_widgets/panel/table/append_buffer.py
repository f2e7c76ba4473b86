"""Leads that have arrived and are not in the table yet: joining every page at once would cost the square of their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.selection.id_set import IdArray, array_of, found_in
from cvtr_widgets.panel.table.join_frames import stacked

if TYPE_CHECKING:
    import pandas as pd


class AppendBuffer:
    """Frames in the order they came, each lead once."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []
        self._ids: set[LeadId] = set()

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, frame: pd.DataFrame, known: IdArray) -> int:
        """Keep what is neither here nor among ``known`` (sorted); gives how many leads that are.

        Raises:
            ValueError: a lead stands twice in ``frame``.
        """
        if not frame.index.is_unique:
            raise ValueError("a lead is in the frame twice")
        ids = array_of(frame.index.to_numpy(np.int64))
        # A service that lists while leads come in sends some of them twice, on two pages. The first one stays.
        fresh = ~found_in(known, ids) & np.fromiter((i not in self._ids for i in ids.tolist()), bool, len(ids))
        if fresh.any():
            self._parts.append(frame if fresh.all() else frame[fresh])
            self._ids.update(ids[fresh].tolist())
        return int(fresh.sum())

    def below(self, frame: pd.DataFrame) -> pd.DataFrame:
        """All of them below ``frame``."""
        return stacked([f for f in (frame, *self._parts) if len(f)])
