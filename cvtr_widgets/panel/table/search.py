"""Search over all text columns of a frame: every word of the search occurs in the row, literally, in any case."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cvtr_widgets.panel.table.column_index import TextColumn

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask: TypeAlias = npt.NDArray[np.bool_]

KEPT = 16
"""Words whose rows are remembered: the next letter typed narrows the last word, a word taken back is known."""


class TableSearch:
    """Columns whose values repeat are asked once a value; the others, and the ids, stand in one line of text a row.

    Several threads may ask.
    """

    def __init__(self, ids: Sequence[int], columns: Sequence[TextColumn]) -> None:
        # What repeats is asked once a distinct value. What hardly repeats (names, e-mails, telephone numbers) is joined into
        # one text a row once, casefolded: "word in line" is then a single search in C.
        self._repeating = [c for c in columns if not c.wide]
        # A line break stands between values, and no word holds one: a word cannot reach over two values.
        self._lines = list(map("\n".join, zip(map(str, ids), *(c.sortable for c in columns if c.wide), strict=True)))
        self._known: dict[str, Mask] = {}
        self._asking = Lock()

    def rows(self, text: str) -> Mask | None:
        """One flag a row; None where there is no word to look for."""
        words = list(dict.fromkeys(text.casefold().split()))
        if not words:
            return None
        # The page's search and the background job may ask at the same time, and both put their words into the same dict.
        with self._asking:
            mask = self._word(words[0]).copy()
            for word in words[1:]:
                mask &= self._word(word)
        return mask

    def _word(self, word: str) -> Mask:
        # Taken out and put back, so that the dict's order is that of the last use and the oldest word goes first.
        found = self._known.pop(word, None)
        if found is None:
            found = self._look_for(word)
        self._known[word] = found
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return found

    def _look_for(self, word: str) -> Mask:
        # Typing on ("sm", "smi", "smit") looks through the rows of the word before, not through all.
        wider = [mask for known, mask in self._known.items() if known in word]
        if wider:  # a row with the longer word has the shorter one too
            rows = np.flatnonzero(min(wider, key=np.count_nonzero))
            mask = np.zeros(len(self._lines), dtype=bool)
            lines = self._lines
            mask[rows] = np.fromiter((word in lines[i] for i in rows.tolist()), bool, len(rows))
        else:
            mask = np.array([word in line for line in self._lines], dtype=bool)
        for column in self._repeating:
            mask |= column.holding(word)
        return mask
