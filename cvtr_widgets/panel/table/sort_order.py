"""The order of rows by several columns: whole, or its beginning only while the whole is being made.

Empty values come last either way; what is equal stays in the frame's order.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from cvtr_widgets.panel.table.column_index import DictionaryColumn, NumberColumn
from cvtr_widgets.panel.table.text_sort import Tell

if TYPE_CHECKING:
    import numpy.typing as npt

    Rows: TypeAlias = npt.NDArray[np.int64]
    Mask: TypeAlias = npt.NDArray[np.bool_]

Sort: TypeAlias = tuple[tuple[str, bool], ...]
"""Columns to sort by, each with whether it descends."""
BEGINNING = 2_000
"""So many rows are put in order at once; the rest by ``Ordering``."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to sort by."""

    index: DictionaryColumn | NumberColumn
    descending: bool

    def keys(self) -> Rows:
        """Small numbers, ascending in the order wanted, empty ones greatest."""
        keys = self.index.keys()
        top = int(keys.max(initial=-1))
        return np.where(keys < 0, top + 1, top - keys if self.descending else keys)


def whole_order(count: int, wanted: Sequence[SortKey]) -> Rows:
    """All rows in order: one stable pass of 16 bits after the other, which takes a few milliseconds a million rows."""
    order = np.arange(count)
    for by in reversed(wanted):
        keys = by.keys()
        for shift in range(0, max(1, int(keys.max(initial=0)).bit_length()), 16):
            # numpy's stable sort of 16-bit numbers is a radix sort, linear in the rows; of 64-bit numbers it is timsort.
            # Least significant part first, as each pass keeps the order of the one before.
            part = ((keys >> shift) & 0xFFFF).astype(np.uint16)
            order = order[np.argsort(part[order], kind="stable")]
    return order


def beginning(rows: Rows, wanted: Sequence[SortKey], count: int) -> Rows:
    """The first ``count`` of ``rows`` in order, without putting the others in order."""
    if not wanted or count <= 0 or not len(rows):
        return rows[: max(0, count)]
    by, rest = wanted[0], wanted[1:]
    blank = by.index.blank[rows]
    present, empties = rows[~blank], rows[blank]
    parts = []
    if len(present):
        sure, ties = _split(present, by, min(count, len(present)))
        parts = [_sorted(sure, wanted), beginning(ties, rest, count - len(sure))]
    missing = count - sum(map(len, parts))
    return np.concatenate([*parts, beginning(empties, rest, missing)])


def _split(rows: Rows, by: SortKey, count: int) -> tuple[Rows, Rows]:
    """Rows that stand before the ``count``-th value, and those that have that value."""
    if not by.index.slow:
        keys = by.keys()[rows]
        # Linear: the first 2,000 rows need no order of the other million.
        bound = np.partition(keys, count - 1)[count - 1]
        return rows[keys < bound], rows[keys == bound]
    values = by.index.at(rows)
    near = _near(values, count, descending=by.descending)
    chosen = sorted((values[n] for n in near), reverse=by.descending)[count - 1]
    ties = [values[n] == chosen for n in near]
    before = [not t and (values[n] > chosen if by.descending else values[n] < chosen) for n, t in zip(near, ties, strict=True)]
    places = np.asarray(near, np.int64)
    return rows[places[np.asarray(before)]], rows[places[np.asarray(ties)]]


def _near(values: Sequence[Any], count: int, *, descending: bool) -> list[int]:
    """Places of all values up to some value that is not before the ``count``-th: guessed from a sample, which is quick."""
    # The order of the values is not known (a million distinct texts), so the bound is guessed from every n-th value, a little
    # too far. Too short a guess is noticed, and heapq then finds the true bound.
    step = len(values) // 20_000
    if step > 1:
        sample = sorted(values[::step], reverse=descending)
        bound = sample[min(len(sample) - 1, 2 * count // step + 20)]
        near = _up_to(values, bound, descending=descending)
        if len(near) >= count:
            return near
    return _up_to(values, (heapq.nlargest if descending else heapq.nsmallest)(count, values)[-1], descending=descending)


def _up_to(values: Sequence[Any], bound: Any, *, descending: bool) -> list[int]:
    if descending:
        return [n for n, v in enumerate(values) if v >= bound]
    return [n for n, v in enumerate(values) if v <= bound]


def _sorted(rows: Rows, wanted: Sequence[SortKey]) -> Rows:
    """A few rows in order."""
    order = rows.tolist()
    for by in reversed(wanted):
        filled = [r for r in order if not by.index.blank[r]]
        value = dict(zip(filled, by.index.at(np.asarray(filled, np.int64)), strict=True))
        order = sorted(filled, key=value.__getitem__, reverse=by.descending) + [r for r in order if r not in value]
    return np.asarray(order, np.int64)


class Pending(Protocol):
    """The rest of a sort."""

    def run(self, tell: Tell | None = None, cancel: Event | None = None) -> None:
        """Do it; ``tell(done, total)``."""


class Ordering:
    """The part of a sort that takes its time. ``run`` may be called in another thread; it touches nothing of the table."""

    def __init__(self, wanted: Sequence[SortKey]) -> None:
        self._slow = [by.index for by in wanted if isinstance(by.index, DictionaryColumn) and by.index.slow]

    def run(self, tell: Tell | None = None, cancel: Event | None = None) -> None:
        """Put the values of the slow columns in order. ``tell(done, total)`` counts values.

        Raises:
            Cancelled: ``cancel`` was set.
        """
        total = sum(len(index.values) for index in self._slow)
        done = 0
        for index in self._slow:
            index.order_values(None if tell is None else lambda n, _, before=done: tell(before + n, total), cancel)  # type: ignore[misc]
            done += len(index.values)
