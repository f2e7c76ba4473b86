"""Sets of lead ids that stay small and quick when there are a million of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cvtr_widgets.models import INT64_MAX, LeadId

if TYPE_CHECKING:
    import numpy.typing as npt

IdArray: TypeAlias = "npt.NDArray[np.int64]"
Mask: TypeAlias = "npt.NDArray[np.bool_]"

SMALL = 4096
"""So many ids may differ from the shared array before a new one is made."""
_LEAST, _MOST = -INT64_MAX - 1, INT64_MAX
_NONE: frozenset[LeadId] = frozenset()


def array_of(ids: Iterable[LeadId]) -> IdArray:
    """Lead ids as int64, in their order, repeats included."""
    if isinstance(ids, IdSet):
        return ids.array
    if isinstance(ids, np.ndarray):
        return ids.astype(np.int64, copy=False)
    return np.fromiter(ids, np.int64)


def first_of_each(ids: IdArray) -> IdArray:
    """The ids in their first order, each once."""
    if len(ids) < 2 or bool((np.diff(ids) > 0).all()):
        return ids
    order = np.argsort(ids, kind="stable")
    known = ids[order]
    first = np.concatenate([[True], known[1:] != known[:-1]])
    return ids if first.all() else ids[np.sort(order[first])]


def sorted_unique(ids: IdArray) -> IdArray:
    """The ids ascending, each once. Quick if they are a few ascending or descending runs, as in a frame."""
    # The stable sort of int64 is timsort, which takes ascending and descending runs as they are: the ids of a frame need one
    # pass.
    ids = np.sort(ids, kind="stable")
    new = np.ones(len(ids), dtype=bool)
    new[1:] = ids[1:] != ids[:-1]
    return ids if new.all() else ids[new]


def found_in(base: IdArray, ids: IdArray) -> Mask:
    """Which of ``ids`` are in ``base``, which is sorted. Quickest where ``ids`` are sorted too."""
    if not len(base):
        return np.zeros(len(ids), dtype=bool)
    # "Select all" asks for just what is there: comparing takes a twentieth of looking each id up.
    if len(base) == len(ids) and np.array_equal(base, ids):
        return np.ones(len(ids), dtype=bool)
    places = np.searchsorted(base, ids)
    # searchsorted answers len(base) for ids beyond the last one; place 0 is safe to look at and does not hold them.
    places[places == len(base)] = 0
    return np.equal(base[places], ids)


class IdSet(Set[LeadId]):
    """An immutable set of lead ids: a sorted array shared by all sets made from it, and the few ids that differ.

    A step of a few ids costs a few ids, whatever the size; a step of a million costs one merge of arrays.
    """

    __slots__ = ("_base", "_minus", "_plus", "_whole")

    def __init__(self, base: IdArray, plus: frozenset[LeadId] = _NONE, minus: frozenset[LeadId] = _NONE) -> None:
        """``base``: sorted, each once. ``plus``: not in it; ``minus``: in it. ``IdSet.of`` takes any ids."""
        self._base = base
        self._plus = plus
        self._minus = minus
        self._whole: IdArray | None = None

    @classmethod
    def of(cls, ids: Iterable[LeadId]) -> IdSet:
        """Of any ids, in any order."""
        return ids if isinstance(ids, IdSet) else cls(sorted_unique(array_of(ids)))

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> IdSet:  # type: ignore[override]
        return cls.of(it)

    @property
    def array(self) -> IdArray:
        """The ids, ascending. Not to be written to."""
        if self._whole is None:
            kept = self._base[~found_in(_sorted(self._minus), self._base)] if self._minus else self._base
            self._whole = np.sort(np.concatenate([kept, _sorted(self._plus)]), kind="stable") if self._plus else kept
        return self._whole

    def __contains__(self, lead_id: object) -> bool:
        # Beyond int64 numpy no longer compares whole numbers, and a caller's number may be of any size.
        if not isinstance(lead_id, (int, np.integer)) or not _LEAST <= lead_id <= _MOST:
            return False
        wanted_id = int(lead_id)
        if wanted_id in self._plus:
            return True
        place = int(np.searchsorted(self._base, wanted_id))
        return place < len(self._base) and int(self._base[place]) == wanted_id and wanted_id not in self._minus

    def __iter__(self) -> Iterator[LeadId]:
        return iter(self.array.tolist())

    def __len__(self) -> int:
        return len(self._base) + len(self._plus) - len(self._minus)

    def __repr__(self) -> str:
        return f"<IdSet: {len(self):,} leads>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Set):
            return len(self) == len(other) and bool(np.array_equal(self.array, IdSet.of(other).array))
        return NotImplemented

    def __hash__(self) -> int:
        return self._hash()

    def holds(self, ids: IdArray) -> Mask:
        """Which of these are in it; quickest where ``ids`` are sorted."""
        found = found_in(self._base, ids)
        if self._plus:
            found |= found_in(_sorted(self._plus), ids)
        if self._minus:
            found &= ~found_in(_sorted(self._minus), ids)
        return found

    def with_(self, ids: Iterable[LeadId]) -> IdSet:
        """With these too."""
        given = sorted_unique(array_of(ids))
        if len(given) > SMALL:
            if not len(self):
                return IdSet(given)
            # Many at once ("select all matching"): one merge of two sorted arrays.
            fresh = given[~self.holds(given)]
            return IdSet(np.sort(np.concatenate([self.array, fresh]), kind="stable")) if len(fresh) else self
        few = given.tolist()
        minus = self._minus.difference(few)
        plus = self._plus.union(np.asarray(few, np.int64)[~found_in(self._base, given)].tolist())
        return self._small(plus, minus)

    def without(self, ids: Iterable[LeadId]) -> IdSet:
        """Without these."""
        if not len(self):
            return self
        given = sorted_unique(array_of(ids))
        if len(given) > SMALL:
            return IdSet(self.array[~found_in(given, self.array)])
        few = given.tolist()
        plus = self._plus.difference(few)
        minus = self._minus.union(given[found_in(self._base, given)].tolist())
        return self._small(plus, minus)

    def _small(self, plus: frozenset[LeadId], minus: frozenset[LeadId]) -> IdSet:
        made = IdSet(self._base, plus, minus)
        # When the few that differ are no longer few, a new array is made. Sets made before keep theirs, which is never written
        # to, so that earlier steps of the selection cost next to nothing.
        return made if len(plus) + len(minus) <= SMALL else IdSet(made.array)

    def common(self, other: IdSet) -> int:
        """How many ids both hold. Costs as much as the smaller one."""
        small, large = (self, other) if len(self) <= len(other) else (other, self)
        return int(large.holds(small.array).sum()) if len(small) else 0

    def steps_from(self, former: IdSet) -> tuple[list[LeadId], list[LeadId]] | None:
        """The ids that came and the ids that went since ``former``, where these are few; None where nobody can tell cheaply."""
        # Only sets that share their array can be compared by what differs.
        if self._base is not former._base:
            return None
        came = (self._plus - former._plus) | (former._minus - self._minus)
        went = (former._plus - self._plus) | (self._minus - former._minus)
        return list(came), list(went)


def _sorted(ids: frozenset[LeadId]) -> IdArray:
    return np.sort(np.fromiter(ids, np.int64, len(ids)))


NO_IDS = IdSet(np.empty(0, np.int64))


class RowsOfIds:
    """Where each lead of a frame stands. The only way from ids to rows, and it stays inside the table."""

    def __init__(self, ids: IdArray) -> None:
        self.ids = ids
        # Leads often stand in order of their ids already; then nothing is sorted, which a table of 10,000,000 would wait for.
        if bool((ids[1:] > ids[:-1]).all()):
            self._order, self.sorted = np.arange(len(ids)), ids
        elif bool((ids[1:] < ids[:-1]).all()):
            self._order, self.sorted = np.arange(len(ids))[::-1], np.ascontiguousarray(ids[::-1])
        else:
            self._order = np.argsort(ids, kind="stable")
            self.sorted = ids[self._order]

    def of(self, lead_id: LeadId) -> int:
        """Its row, -1 where it is not there."""
        if not _LEAST <= lead_id <= _MOST:
            return -1
        place = int(np.searchsorted(self.sorted, lead_id))
        return int(self._order[place]) if place < len(self.sorted) and int(self.sorted[place]) == lead_id else -1

    def many(self, ids: IdArray) -> npt.NDArray[np.int64]:
        """Their rows, -1 where one is not there."""
        if not len(self.ids):
            return np.full(len(ids), -1)
        at = np.searchsorted(self.sorted, ids)
        at[at == len(self.sorted)] = 0
        return np.where(self.sorted[at] == ids, self._order[at], -1)

    def mask(self, chosen: IdSet) -> Mask:
        """One flag a row: whether its lead is in ``chosen``."""
        if not len(chosen):
            return np.zeros(len(self.ids), dtype=bool)
        flags = np.empty(len(self.ids), dtype=bool)
        flags[self._order] = chosen.holds(self.sorted)
        return flags
