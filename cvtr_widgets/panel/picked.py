"""What the user has picked: ticked, typed and imported leads as one ordered set of ids. A frozen value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cvtr_widgets.models import LeadId, Origin, Rejected, ordered_unique
from cvtr_widgets.selection import Selection


@dataclass(frozen=True)
class Picked:
    """One state of the selection; every step gives a new one, so that a step can be taken back.

    ``ticks``: lead id -> how it was ticked, in that order. ``typed``: what LEAD ID(S) holds. ``files``: what was
    imported, by name. ``unticked``: typed or imported leads whose tick was taken away in the table.
    """

    ticks: Mapping[LeadId, Origin] = field(default_factory=dict, repr=False)
    typed: Selection | None = field(default=None, repr=False)
    files: tuple[tuple[str, Selection], ...] = field(default=(), repr=False)
    unticked: frozenset[LeadId] = field(default=frozenset(), repr=False)

    # -- steps --------------------------------------------------------------------------------------------------------

    def tick(self, ids: Iterable[LeadId], origin: Origin = "ticked") -> Picked:
        """With these leads."""
        wanted = tuple(ids)
        ticks = {**self.ticks, **{i: origin for i in wanted if i not in self.ids_set}}
        return dataclasses.replace(self, ticks=ticks, unticked=self.unticked.difference(wanted))

    def untick(self, ids: Iterable[LeadId]) -> Picked:
        """Without these leads, however they came in."""
        gone = frozenset(ids)
        ticks = {i: origin for i, origin in self.ticks.items() if i not in gone}
        return dataclasses.replace(self, ticks=ticks, unticked=self.unticked | (gone & self._brought))

    def type(self, typed: Selection | None) -> Picked:
        """With another text in LEAD ID(S). A lead that is newly typed is selected, even if it was unticked before."""
        before = frozenset(self.typed.ids if self.typed else ())
        new = frozenset(typed.ids if typed else ()) - before
        return dataclasses.replace(self, typed=typed, unticked=self.unticked - new)._tidy()

    def add_file(self, name: str, content: Selection) -> Picked:
        """With a file; one of the same name takes the former one's place."""
        files = (*((n, s) for n, s in self.files if n != name), (name, content))
        return dataclasses.replace(self, files=files, unticked=self.unticked.difference(content.ids))._tidy()

    def drop_file(self, name: str) -> Picked:
        """Without a file."""
        return dataclasses.replace(self, files=tuple((n, s) for n, s in self.files if n != name))._tidy()

    def _tidy(self) -> Picked:
        """Untickings of leads that nothing brings in any more are forgotten."""
        return dataclasses.replace(self, unticked=self.unticked & self._brought)

    # -- what it is ---------------------------------------------------------------------------------------------------

    @cached_property
    def _brought(self) -> frozenset[LeadId]:
        """What text and files bring in."""
        return frozenset(self.typed.ids if self.typed else ()).union(*(s.ids for _, s in self.files))

    @cached_property
    def ids(self) -> tuple[LeadId, ...]:
        """The selected leads: ticked ones first, then typed, then imported, each once."""
        brought = [*(self.typed.ids if self.typed else ()), *(i for _, s in self.files for i in s.ids)]
        kept = (i for i in brought if i not in self.unticked) if self.unticked else brought
        return ordered_unique([*self.ticks, *kept])

    @cached_property
    def ids_set(self) -> frozenset[LeadId]:
        """The selected leads as a set."""
        return frozenset(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def selection(self) -> Selection:
        """The same as the public value, with each lead's origin."""
        whole = Selection.of((i for i, o in self.ticks.items() if o == "ticked"), "ticked")
        for origin in ("matching", "list"):
            whole = whole.union(Selection.of((i for i, o in self.ticks.items() if o == origin), origin))
        for part in (self.typed, *(s for _, s in self.files)):
            if part is not None:
                whole = whole.union(part)
        return whole.without(self.unticked) if self.unticked else whole

    @property
    def rejected(self) -> list[tuple[str, Rejected]]:
        """What was not taken, with the file it stood in (empty for typed text)."""
        typed = [("", r) for r in self.typed.rejected] if self.typed else []
        return typed + [(name, r) for name, s in self.files for r in s.rejected]

    def parts(self) -> list[tuple[int, str]]:
        """Each selected lead counted once, where it first came from: ``(12, "ticked")``, ``(300, "from returned.csv")``."""
        counted: list[tuple[int, str]] = []
        words = {"ticked": "ticked", "matching": "by “all matching”", "list": "left over from the last run"}
        for origin, word in words.items():
            number = sum(1 for o in self.ticks.values() if o == origin)
            counted.append((number, word))
        seen = set(self.ticks)
        sources = [("typed", self.typed)] if self.typed else []
        for word, part in [*sources, *((f"from {name}", s) for name, s in self.files)]:
            assert part is not None  # noqa: S101  only what is there was listed
            mine = {i for i in part.ids if i not in seen and i not in self.unticked}
            seen |= mine
            counted.append((len(mine), word))
        return [(n, w) for n, w in counted if n]
