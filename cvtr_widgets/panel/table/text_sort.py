"""Folding and sorting many texts in steps, between which other threads can work.

Sorting a million distinct texts by comparing them takes Python a second without a pause. Their UTF-8 bytes order as the
texts do, and 16 bits of them at a time are sorted by counting, in a few milliseconds and without holding Python's lock.
Measured by ``python benchmarks/table.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cvtr_widgets.errors import Cancelled

if TYPE_CHECKING:
    import numpy.typing as npt

    Places: TypeAlias = npt.NDArray[np.int64]

Tell: TypeAlias = Callable[[int, int], None]
WIDTH = 64
"""Bytes that are sorted by counting; what is equal so far is compared as texts."""


def folded(texts: Sequence[str]) -> list[str]:
    """Each text casefolded. Where all are ASCII, as one long text, which is half as much work."""
    if all(t.isascii() for t in texts[:1_000]):
        whole = "\n".join(texts)
        if whole.isascii() and whole.count("\n") == len(texts) - 1:  # else a text holds a line break itself
            return whole.casefold().split("\n")
    return list(map(str.casefold, texts))


def ranks(texts: Sequence[str], tell: Tell | None = None, cancel: Event | None = None) -> Places:
    """For each text its place among the distinct texts in order, from 0.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    count = len(texts)

    def step(done: float) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled("Sorting was stopped. Sort again to continue.")
        if tell is not None:
            tell(int(count * done), count)

    step(0)
    # UTF-8 orders by code point, as Python compares texts. A file may hold half of a surrogate pair, which must not stop the
    # sort.
    coded = [t.encode("utf-8", "surrogatepass") for t in texts]
    step(0.3)
    width = min(WIDTH, max(2, *map(len, coded), 2) if coded else 2)
    # A fixed width, cut at WIDTH and padded with zeros to an even number, so that it can be seen as 16-bit numbers without a
    # copy.
    starts = np.array(coded, dtype=f"S{width + width % 2}")
    order = _by_start(starts, step)
    in_order = starts[order]
    new = np.ones(count, dtype=bool)
    new[1:] = in_order[1:] != in_order[:-1]
    _settle_ties(coded, starts, order, new)
    made = np.empty(count, np.int64)
    made[order] = np.cumsum(new) - 1
    step(1)
    return made


def _by_start(starts: npt.NDArray[np.bytes_], step: Callable[[float], None]) -> Places:
    """A stable order by bytes: the last two first, as cards are sorted."""
    pairs = starts.view(">u2").reshape(len(starts), starts.dtype.itemsize // 2)
    order = np.arange(len(starts))
    for column in range(pairs.shape[1] - 1, -1, -1):
        step(0.4 + 0.5 * (1 - column / pairs.shape[1]))
        part = pairs[:, column].astype(np.uint16)
        # A pair of bytes that is the same everywhere (the padding, a common prefix) changes nothing.
        if len(part) and part.min() != part.max():
            order = order[np.argsort(part[order], kind="stable")]
    return order


def _settle_ties(coded: list[bytes], starts: npt.NDArray[np.bytes_], order: Places, new: npt.NDArray[np.bool_]) -> None:
    """Put what begins alike in order where the beginning is not all of it; ``order`` and ``new`` are changed in place."""
    lengths = np.fromiter(map(len, coded), np.int64, len(coded))
    # numpy takes zero bytes at the end away, so that a text ending in them is not all there either
    partial = (lengths != np.char.str_len(starts))[order] if len(coded) else np.zeros(0, dtype=bool)
    if not partial.any():
        return
    firsts = np.flatnonzero(new)
    ends = np.append(firsts[1:], len(order))
    many = np.add.reduceat(partial, firsts) > 0
    for first, end in zip(firsts[many & (ends - firsts > 1)].tolist(), ends[many & (ends - firsts > 1)].tolist(), strict=True):
        rows = sorted(order[first:end].tolist(), key=coded.__getitem__)
        order[first:end] = rows
        values = [coded[r] for r in rows]
        new[first + 1 : end] = [a != b for a, b in pairwise(values)]
