"""Ticks in the order they were made, each with how it was made: a few changes beside one large shared part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias, get_args

import numpy as np

from cvtr_widgets.models import LeadId, Origin
from cvtr_widgets.panel.selection.id_set import NO_IDS, SMALL, IdArray, IdSet, RowsOfIds, array_of, first_of_each, sorted_unique

if TYPE_CHECKING:
    import numpy.typing as npt

ORIGINS: tuple[Origin, ...] = get_args(Origin)
OriginCodes: TypeAlias = "npt.NDArray[np.int8]"
_NO_CODES = np.empty(0, np.int8)


class Ticks(Mapping[LeadId, Origin]):
    """Lead id -> how it was ticked. Immutable; ``with_`` and ``without`` give another one.

    ``_base``: ids in the order ticked and their origins, shared by all that come of it. ``_gone``: ids of it that were
    unticked since. ``_added``: ids ticked since, in order.
    """

    __slots__ = ("_added", "_base", "_codes", "_gone", "_places", "ids")

    def __init__(
        self,
        base: IdArray = NO_IDS.array,
        codes: OriginCodes = _NO_CODES,
        added: Mapping[LeadId, Origin] | None = None,
        gone: frozenset[LeadId] = frozenset(),
        ids: IdSet | None = None,
    ) -> None:
        self._base = base
        self._codes = codes
        self._added = {} if added is None else added
        self._gone = gone
        self.ids = IdSet.of(base) if ids is None else ids
        """The ticked leads as a set."""
        self._places: RowsOfIds | None = None

    def __getitem__(self, lead_id: LeadId) -> Origin:
        if lead_id not in self.ids:
            raise KeyError(lead_id)
        if lead_id in self._added:
            return self._added[lead_id]
        # Made when somebody asks for an origin: sorting the base costs as much as the "select all" that made it.
        if self._places is None:
            self._places = RowsOfIds(self._base)
        return ORIGINS[int(self._codes[self._places.of(lead_id)])]

    def __contains__(self, lead_id: object) -> bool:
        return lead_id in self.ids

    def __iter__(self) -> Iterator[LeadId]:
        return iter(self.arrays()[0].tolist())

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<Ticks: {len(self):,} leads>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Ticks):
            (ids, codes), (others, other_codes) = self.arrays(), other.arrays()
            return bool(np.array_equal(ids, others) and np.array_equal(codes, other_codes))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def arrays(self) -> tuple[IdArray, OriginCodes]:
        """Ids in the order ticked, and for each the place of its origin in ``ORIGINS``."""
        ids, codes = self._base, self._codes
        if self._gone:
            kept = ~IdSet.of(self._gone).holds(ids)
            ids, codes = ids[kept], codes[kept]
        if self._added:
            ids = np.concatenate([ids, np.fromiter(self._added, np.int64, len(self._added))])
            codes = np.concatenate([codes, np.array([ORIGINS.index(o) for o in self._added.values()], np.int8)])
        return ids, codes

    def counts(self) -> dict[Origin, int]:
        """Ticks by origin."""
        numbers = np.bincount(self._codes, minlength=len(ORIGINS))
        if self._gone:
            numbers -= np.bincount(self._codes[IdSet.of(self._gone).holds(self._base)], minlength=len(ORIGINS))
        made = dict(zip(ORIGINS, numbers.tolist(), strict=True))
        for origin in self._added.values():
            made[origin] += 1
        return {origin: number for origin, number in made.items() if number}

    def with_(self, wanted: Iterable[LeadId], origin: Origin) -> Ticks:
        """With these at the end; one that is ticked already stays as it is."""
        given = first_of_each(array_of(wanted))
        fresh = given[~self.ids.holds(given)]
        if not len(fresh):
            return self
        ids = self.ids.with_(fresh)
        # The dict of additions is copied at each step so that undo keeps its state; above SMALL that copy would cost more than a
        # new array.
        if len(fresh) + len(self._added) + len(self._gone) <= SMALL:
            return Ticks(self._base, self._codes, {**self._added, **dict.fromkeys(fresh.tolist(), origin)}, self._gone, ids)
        base, codes = self.arrays()
        more = np.full(len(fresh), ORIGINS.index(origin), np.int8)
        return Ticks(np.concatenate([base, fresh]), np.concatenate([codes, more]), ids=ids)

    def without(self, unwanted: Iterable[LeadId]) -> Ticks:
        """Without these."""
        given = sorted_unique(array_of(unwanted))
        there = given[self.ids.holds(given)]
        if not len(there):
            return self
        ids = self.ids.without(there)
        if len(there) + len(self._added) + len(self._gone) <= SMALL:
            few = set(there.tolist())
            added = {i: o for i, o in self._added.items() if i not in few}
            return Ticks(self._base, self._codes, added, self._gone.union(few - self._added.keys()), ids)
        base, codes = self.arrays()
        kept = ids.holds(base)
        return Ticks(base[kept], codes[kept], ids=ids)
