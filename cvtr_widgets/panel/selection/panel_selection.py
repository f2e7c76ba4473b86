"""What the user has picked: ticked, typed and imported leads as one ordered set of ids. A frozen value.

A million leads are arrays, and what differs from the step before is kept beside them: a tick costs a tick.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.models import LeadId, Origin, Rejected
from cvtr_widgets.panel.selection.id_set import NO_IDS, IdArray, IdSet, array_of, first_of_each, sorted_unique
from cvtr_widgets.panel.selection.ticks import ORIGINS, Ticks

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.selection.select import Selection
    from cvtr_widgets.selection.selection import SetAside

_WORDS: Mapping[Origin, str] = {"ticked": "ticked", "matching": "by “all matching”", "list": "from a list", "look": "from Look"}


@dataclass(frozen=True)
class PanelSelection:
    """One state of the selection; every step gives a new one, so that a step can be taken back.

    ``ticks``: lead id -> how it was ticked, in that order. ``typed``: what LEAD ID(S) holds. ``files``: what was
    imported, by name. ``unticked``: typed or imported leads whose tick was taken away in the table. Steps take ids as
    any iterable; an int64 array or an ``IdSet`` is quickest.
    """

    ticks: Ticks = field(default_factory=Ticks, repr=False)
    typed: Selection | None = field(default=None, repr=False)
    files: tuple[tuple[str, Selection], ...] = field(default=(), repr=False)
    unticked: IdSet = field(default=NO_IDS, repr=False)

    # -- steps --------------------------------------------------------------------------------------------------------

    def tick(self, ids: Iterable[LeadId], origin: Origin = "ticked") -> PanelSelection:
        """With these leads."""
        wanted = first_of_each(array_of(ids))
        # A lead that was typed or imported stays so when it is also ticked: how a lead was selected is what brought it in first.
        fresh = wanted[~self.ids_set.holds(wanted)]
        return self._step(self.ticks.with_(fresh, origin), self.unticked.without(wanted), self.ids_set.with_(fresh))

    def untick(self, ids: Iterable[LeadId]) -> PanelSelection:
        """Without these leads, however they came in."""
        gone = sorted_unique(array_of(ids))
        brought = gone[self._brought_set.holds(gone)]
        return self._step(self.ticks.without(gone), self.unticked.with_(brought), self.ids_set.without(gone))

    def invert(self, ids: Iterable[LeadId], origin: Origin = "ticked") -> PanelSelection:
        """With those of these leads that were not selected, and without those that were."""
        given = first_of_each(array_of(ids))
        on = self.ids_set.holds(given)
        return self.untick(given[on]).tick(given[~on], origin)

    def type(self, typed: Selection | None) -> PanelSelection:
        """With another text in LEAD ID(S). A lead that is newly typed is selected, even if it was unticked before."""
        before = IdSet.of(self.typed.ids if self.typed is not None else ())
        new = array_of(typed.ids if typed is not None else ())
        return dataclasses.replace(self, typed=typed, unticked=self.unticked.without(new[~before.holds(new)]))._tidy()

    def add_file(self, name: str, content: Selection) -> PanelSelection:
        """With a file; one of the same name takes the former one's place."""
        files = (*((n, s) for n, s in self.files if n != name), (name, content))
        return dataclasses.replace(self, files=files, unticked=self.unticked.without(content.ids))._tidy()

    def drop_file(self, name: str) -> PanelSelection:
        """Without a file."""
        return dataclasses.replace(self, files=tuple((n, s) for n, s in self.files if n != name))._tidy()

    def _tidy(self) -> PanelSelection:
        """Untickings of leads that nothing brings in any more are forgotten."""
        gone = self.unticked.array[~self._brought_set.holds(self.unticked.array)]
        return dataclasses.replace(self, unticked=self.unticked.without(gone))

    def _step(self, ticks: Ticks, unticked: IdSet, selected: IdSet) -> PanelSelection:
        """The next state, with what is known of it already."""
        made = dataclasses.replace(self, ticks=ticks, unticked=unticked)
        # cached_property stores its value in __dict__, which a frozen dataclass still has: what is known already is put there,
        # and a tick at a million leads does not work it out again.
        made.__dict__["ids_set"] = selected
        for name in ("_parts", "_brought", "_brought_set"):
            if name in self.__dict__:  # text and files are the same
                made.__dict__[name] = self.__dict__[name]
        return made

    # -- what it is ---------------------------------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> tuple[tuple[str, IdSet], ...]:
        """What text and files bring in, each lead where it comes first."""
        sources = [("typed", self.typed)] if self.typed is not None else []
        made, seen = [], NO_IDS
        for word, part in [*sources, *((f"from {name}", s) for name, s in self.files)]:
            ids = IdSet.of(part.ids)
            made.append((word, IdSet(ids.array[~seen.holds(ids.array)])))
            seen = seen.with_(ids)
        return tuple(made)

    @cached_property
    def _brought(self) -> IdArray:
        """What text and files bring in, in order, each once."""
        parts = [s.ids for s in (self.typed, *(s for _, s in self.files)) if s]
        return first_of_each(np.concatenate([np.empty(0, np.int64), *map(array_of, parts)]))

    @cached_property
    def _brought_set(self) -> IdSet:
        return IdSet.of(self._brought)

    @cached_property
    def array(self) -> IdArray:
        """The selected leads: ticked ones first, then typed, then imported, each once. Not to be written to."""
        ticked = self.ticks.arrays()[0]
        if not len(self._brought):
            return ticked
        more = ~(self.unticked.holds(self._brought) | self.ticks.ids.holds(self._brought))
        return np.concatenate([ticked, self._brought[more]])

    @cached_property
    def ids(self) -> tuple[LeadId, ...]:
        """The same as a tuple. Some 30 ms a million: ``len``, ``ids_set`` and ``array`` are quicker."""
        return tuple(self.array.tolist())

    @cached_property
    def ids_set(self) -> IdSet:
        """The selected leads as a set."""
        return IdSet.of(self.array)

    def __len__(self) -> int:
        return len(self.ids_set)

    @cached_property
    def selection(self) -> Selection:
        """The same as the public value, with each lead's origin."""
        from cvtr_widgets.selection.select import Selection

        ids, codes = self.ticks.arrays()
        whole = Selection.of((), "ticked")
        for origin in _WORDS:
            whole = whole.union(Selection.of(ids[codes == ORIGINS.index(origin)].tolist(), origin))
        for part in (self.typed, *(s for _, s in self.files)):
            if part is not None:
                whole = whole.union(part)
        return whole.without(self.unticked) if self.unticked else whole

    @property
    def for_plan(self) -> Selection:
        """The selected leads in their order, with how each was selected; without what was not taken."""
        from cvtr_widgets.selection.select import Selection

        codes = self.ticks.arrays()[1]
        starts = np.flatnonzero(np.diff(codes, prepend=-1)) if len(codes) else np.empty(0, np.int64)
        lengths = np.diff(starts, append=len(codes))
        ticked = [(ORIGINS[codes[at]], int(number)) for at, number in zip(starts, lengths, strict=True)]
        brought: list[tuple[tuple[Origin, int], str]] = []
        seen = self.ticks.ids.with_(self.unticked)
        for part in (self.typed, *(s for _, s in self.files)):
            if part is not None and part.ids:
                fresh = ~seen.holds(array_of(part.ids))
                # Spans are runs of leads with one origin; reduceat counts how many of each run are left after those that came
                # earlier.
                numbers = np.add.reduceat(fresh, [0, *accumulate(n for _, n in part.spans)][:-1], dtype=np.int64).tolist()
                files = part.files or ("",) * len(part.spans)
                brought += zip(zip((o for o, _ in part.spans), numbers, strict=True), files, strict=True)
                seen = seen.with_(array_of(part.ids))
        return Selection(
            self.ids, (*ticked, *(span for span, _ in brought)), files=(*[""] * len(ticked), *(file for _, file in brought))
        )

    @property
    def rejected(self) -> list[tuple[str, Rejected]]:
        """What was not taken, with the file it stood in (empty for typed text)."""
        typed = [("", r) for r in self.typed.rejected] if self.typed is not None else []
        return typed + [(name, r) for name, s in self.files for r in s.rejected]

    @property
    def set_aside(self) -> list[tuple[str, SetAside]]:
        """Ids that do not look like the others, with the file they stood in (empty for typed text)."""
        typed = [("", one) for one in self.typed.set_aside] if self.typed is not None else []
        found = typed + [(name, one) for name, s in self.files for one in s.set_aside]
        return [(name, one) for name, one in found if one.lead_id not in self.ids_set]

    @property
    def summary(self) -> str:
        """How many are selected, and how many were set aside, in a line."""
        aside = len(self.set_aside)
        return f"{count_of(len(self))} selected" + (f", {aside:,} set aside" if aside else "")

    def with_odd(self, ids: Iterable[LeadId]) -> PanelSelection:
        """With these of the ids that were set aside."""
        added = frozenset(ids)
        typed = None if self.typed is None else self.typed.with_odd(added)
        return dataclasses.replace(self, typed=typed, files=tuple((n, s.with_odd(added)) for n, s in self.files))

    def rejected_frame(self) -> pd.DataFrame:
        """All that was not taken: columns ``file where text why``."""
        import pandas as pd

        rows = [(name, r.where, r.text, r.why) for name, r in self.rejected]
        rows += [(name, "set aside", str(one.lead_id), one.why) for name, one in self.set_aside]
        return pd.DataFrame(rows, columns=["file", "where", "text", "why"])

    def parts(self) -> list[tuple[int, str]]:
        """Each selected lead counted once, where it first came from: ``(12, "ticked")``, ``(300, "from returned.csv")``."""
        ticked = self.ticks.counts()
        counted = [(ticked.get(origin, 0), word) for origin, word in _WORDS.items()]
        for word, ids in self._parts:  # no lead is both ticked and unticked
            counted.append((len(ids) - ids.common(self.ticks.ids) - ids.common(self.unticked), word))
        return [(n, w) for n, w in counted if n]
