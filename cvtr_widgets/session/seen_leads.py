"""Which lead ids this session has seen at its enterprise: what tells a short or old id from a score or a row number."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

from cvtr_widgets.models import LeadId

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_PARTS = 8
"""Arrays kept before they are joined, so that reading the same leads again and again does not pile up."""


class SeenLeads:
    """The ids of all leads that were read. Frames are noted from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        self.low: LeadId | None = None
        self.high: LeadId | None = None
        self.least: LeadId | None = None

    def note(self, frame: pd.DataFrame, *, whole: bool = False) -> None:
        """Note the leads of a frame. ``whole``: they are all that this account may see, so the smallest is the oldest."""
        import numpy as np

        if not len(frame):
            return
        ids = frame.index.to_numpy(dtype=np.int64)
        low, high = int(ids.min()), int(ids.max())
        with self._lock:
            self._parts.append(ids)
            if len(self._parts) > _PARTS:
                self._parts = [np.unique(np.concatenate(self._parts))]
            self.high = high if self.high is None else max(self.high, high)
            self.least = low if self.least is None else min(self.least, low)
            # The smallest id of a part says nothing about the oldest lead; only that of all leads does.
            if whole or (self.low is not None and low < self.low):
                self.low = low if self.low is None else min(self.low, low)

    def among(self, ids: Collection[LeadId]) -> set[LeadId]:
        """Those of the ids that were read."""
        import numpy as np

        wanted = np.fromiter(ids, dtype=np.int64, count=len(ids))
        with self._lock:
            parts = list(self._parts)
        return {one for part in parts for one in wanted[np.isin(wanted, part)].tolist()}
