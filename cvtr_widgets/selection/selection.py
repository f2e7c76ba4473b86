"""``Selection``: lead ids in the user's order, where each came from, and what of the input was not taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cvtr_widgets.arguments import is_text, listed
from cvtr_widgets.errors import ArgumentError, SelectionError
from cvtr_widgets.models import MAX_LEAD_ID, LeadId, Origin, Rejected, not_taken, ordered_unique
from cvtr_widgets.selection.lead_id import id_of_value

if TYPE_CHECKING:
    import pandas as pd

_FROM: Mapping[Origin, str] = {
    "ticked": "ticked",
    "typed": "typed",
    "file": "from a file",
    "matching": "by “all matching”",
    "frame": "from a frame",
    "list": "from a list",
    "lead": "given singly",
    "look": "from Look",
}
_HOW: Mapping[Origin, str] = {
    "ticked": "ticked",
    "typed": "typed",
    "file": "file",
    "matching": "all matching",
    "frame": "frame",
    "list": "list",
    "lead": "single lead",
    "look": "Look",
}


@dataclass(frozen=True, slots=True)
class SetAside:
    """A number that can be a lead id and does not look like the others of its list. ``why`` follows “the number”."""

    lead_id: LeadId
    why: str
    origin: Origin = "list"
    file: str = ""


@dataclass(frozen=True, repr=False)
class Selection:
    """A frozen set of lead ids with an order. ``len``, ``in`` and iteration are about the ids.

    ``ids``: each once. ``spans``: how many ids in a row came from where, as (origin, number); together as many as ``ids``.
    ``files``: the name of the file for each span (empty: no file), or nothing. ``rejected``: input that was not taken.
    ``duplicates``: ids that were given more than once, counted at each repetition. ``left_out``: ids that ``without`` took
    away. ``notes``: sentences that the user should read. ``set_aside``: numbers that do not look like the other ids;
    ``with_odd`` adds them. Of files: ``column``, the one the ids were read from, and ``columns``, all that there are.
    """

    ids: tuple[LeadId, ...] = ()
    spans: tuple[tuple[Origin, int], ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    duplicates: int = 0
    left_out: int = 0
    set_aside: tuple[SetAside, ...] = ()
    column: str = field(default="", compare=False)
    columns: tuple[str, ...] = field(default=(), compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(
        cls,
        ids: Iterable[LeadId],
        origin: Origin,
        *,
        rejected: Iterable[Rejected] = (),
        notes: Iterable[str] = (),
        column: str = "",
        columns: tuple[str, ...] = (),
        file: str = "",
    ) -> Selection:
        """These ids, all of one origin; ``file``: the name of the file that they are from. Repetitions are counted.

        Raises:
            SelectionError: one of them is not a whole number from 1 to 2**63 - 1.
        """
        is_text("file", file)
        given = ids if isinstance(ids, (list, tuple)) else listed(ids, "These ids")
        # As in ``select``: three passes in C over a million ids, and one by one only where something else is among them.
        if given and not (set(map(type, given)) == {int} and min(given) > 0 and max(given) <= MAX_LEAD_ID):
            given = [_sure(i) for i in given]
        unique = ordered_unique(given)
        spans = ((origin, len(unique)),) if unique else ()
        refused, said = tuple(listed(rejected, "rejected")), tuple(listed(notes, "notes"))
        files = (file,) if unique and file else ()
        return cls(unique, spans, refused, said, len(given) - len(unique), column=column, columns=columns, files=files)

    # -- as a set of ids ----------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[LeadId]:
        return iter(self.ids)

    def __contains__(self, lead_id: object) -> bool:
        return lead_id in self._set

    @cached_property
    def _set(self) -> frozenset[LeadId]:
        return frozenset(self.ids)

    @cached_property
    def origin(self) -> Mapping[LeadId, Origin]:
        """Lead id -> where it first came from. Made when it is first asked for."""
        origins = chain.from_iterable(repeat(origin, number) for origin, number in self.spans)
        return MappingProxyType(dict(zip(self.ids, origins, strict=True)))

    @property
    def counts(self) -> dict[Origin, int]:
        """How many ids came from where."""
        counted: dict[Origin, int] = {}
        for origin, number in self.spans:
            counted[origin] = counted.get(origin, 0) + number
        return counted

    @property
    def how_selected(self) -> tuple[tuple[str, int], ...]:
        """The same in the words of plans and results: ``(("ticked", 12), ("file returned.csv", 300))``."""
        return tuple(
            (f"file {file}" if file and origin == "file" else _HOW[origin], number)
            for (origin, number), file in zip(self.spans, self._files, strict=True)
        )

    @property
    def _files(self) -> tuple[str, ...]:
        return self.files or ("",) * len(self.spans)

    @property
    def given(self) -> int:
        """All pieces of input: taken, given again, not taken, set aside, and left out afterwards."""
        return len(self.ids) + self.duplicates + len(self.rejected) + len(self.set_aside) + self.left_out

    @property
    def not_taken(self) -> int:
        """How many leads the rejected input may stand for: a table row is one, a line of words as many as it
        has numbers but for dates, telephone numbers and the like.
        """
        return sum(r.leads for r in self.rejected) + len(self.set_aside)

    def with_odd(self, ids: Iterable[LeadId] | None = None) -> Selection:
        """With those of ``set_aside`` that are among ``ids`` (None: all of them), as of the same origin."""
        wanted = None if ids is None else frozenset(_plain(ids))
        added = [one.lead_id for one in self.set_aside if wanted is None or one.lead_id in wanted]
        if not added:
            return self
        gone = frozenset(added)
        spans, files = _joined((*self._spans(), *((one.origin, one.file, 1) for one in self.set_aside if one.lead_id in gone)))
        return dataclasses.replace(
            self,
            ids=(*self.ids, *added),
            spans=spans,
            files=files,
            set_aside=tuple(one for one in self.set_aside if one.lead_id not in gone),
        )

    # -- steps --------------------------------------------------------------------------------------------------------

    def union(self, other: Selection) -> Selection:
        """These leads, then those of ``other`` that are not among them. A lead that is in both counts as a duplicate."""
        if not isinstance(other, Selection):
            raise ArgumentError("A selection is joined with another selection. Make one with session.select(...).")
        if not other.given and not other.notes:
            return self
        if not self.given and not self.notes:
            return other
        # Who brought a lead in first keeps it: what was typed and is also in a file stays typed.
        mine = self._set
        new = [(origin, file, [i for i in part if i not in mine]) for origin, file, part in other._parts()]
        added = sum(len(part) for *_, part in new)
        spans, files = _joined((*self._spans(), *((origin, file, len(part)) for origin, file, part in new)))
        return Selection(
            (*self.ids, *chain.from_iterable(part for *_, part in new)),
            spans,
            self.rejected + other.rejected,
            self.notes + tuple(n for n in other.notes if n not in self.notes),
            self.duplicates + other.duplicates + len(other.ids) - added,
            self.left_out + other.left_out,
            self.set_aside + tuple(one for one in other.set_aside if one not in self.set_aside),
            files=files,
        )

    def without(self, ids: Iterable[LeadId]) -> Selection:
        """The leads that are not among ``ids``."""
        gone = ids if isinstance(ids, (set, frozenset)) else frozenset(_plain(ids))
        # Nothing to take away: the same object, so that whoever compares selections sees no step.
        if gone.isdisjoint(self._set):
            return self
        kept = [(origin, file, [i for i in part if i not in gone]) for origin, file, part in self._parts()]
        left = tuple(chain.from_iterable(part for *_, part in kept))
        spans, files = _joined((origin, file, len(part)) for origin, file, part in kept)
        return dataclasses.replace(
            self,
            ids=left,
            spans=spans,
            files=files,
            left_out=self.left_out + len(self.ids) - len(left),
        )

    def _spans(self) -> Iterator[tuple[Origin, str, int]]:
        return ((origin, file, number) for (origin, number), file in zip(self.spans, self._files, strict=True))

    def _parts(self) -> Iterator[tuple[Origin, str, tuple[LeadId, ...]]]:
        start = 0
        for origin, file, number in self._spans():
            yield origin, file, self.ids[start : start + number]
            start += number

    # -- in words -----------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<Selection: {self.sentence()}>"

    def sentence(self) -> str:
        """One sentence that accounts for all of the input; it names no id."""
        leads = f"{len(self):,} lead{'' if len(self) == 1 else 's'} selected"
        counts = self.counts
        if len(counts) == 1:
            leads += f" ({_FROM[next(iter(counts))]})"
        elif counts:
            leads += f" ({', '.join(f'{n:,} {_FROM[o]}' for o, n in counts.items())})"
        more = []
        if self.duplicates:
            more.append(f"{self.duplicates:,} given again")
        if self.set_aside:
            more.append(f"{len(self.set_aside):,} set aside (see .set_aside)")
        if self.rejected:
            pieces = f"{len(self.rejected):,} {'piece' if len(self.rejected) == 1 else 'pieces'} of text without a lead id"
            what = not_taken(self.rejected) or pieces
            more.append(f"{what} not taken (see .rejected_frame)")
        if self.left_out:
            more.append(f"{self.left_out:,} left out again")
        return "; ".join([leads, *more]) + "."

    @property
    def warnings(self) -> list[str]:
        """What you should know before you act on it, in sentences that name no id: what was not taken, and all notes."""
        said = []
        if self.rejected:
            what = not_taken(self.rejected) or "part of the input"
            were = "were" if what.endswith("leads") else "was"
            said.append(f"{what[0].upper()}{what[1:]} {were} not taken: session.select(...).rejected_frame shows which and why.")
        for why, number in _counted(one.why for one in self.set_aside):
            what = f"{number:,} {'number was' if number == 1 else 'numbers were'}"
            said.append(f"{what} set aside, not taken: {why}. If they are meant: session.select(..., include_odd=True).")
        return [*said, *self.notes]

    @property
    def rejected_frame(self) -> pd.DataFrame:
        """What was not taken or set aside: ``where`` (text: line or cell), ``text`` (text: what stood there), ``why`` (text)."""
        import pandas as pd

        rows = [(r.where, r.text, r.why) for r in self.rejected]
        rows += [("set aside", str(one.lead_id), one.why) for one in self.set_aside]
        return pd.DataFrame(rows, columns=["where", "text", "why"], dtype="object")


def _counted(words: Iterable[str]) -> list[tuple[str, int]]:
    """Each of these and how often it is there, in their first order."""
    counted: dict[str, int] = {}
    for word in words:
        counted[word] = counted.get(word, 0) + 1
    return list(counted.items())


def _sure(value: object) -> LeadId:
    found = None if isinstance(value, str) else id_of_value(value)
    if not isinstance(found, int):
        raise SelectionError("Something given as a lead id is not one. Use cvtr_widgets.select(...), which shows what and why.")
    return found


def _joined(spans: Iterable[tuple[Origin, str, int]]) -> tuple[tuple[tuple[Origin, int], ...], tuple[str, ...]]:
    """``spans`` and ``files``: neighbours of one origin and file as one, empty ones dropped."""
    joined: list[tuple[Origin, str, int]] = []
    for origin, file, number in spans:
        if joined and joined[-1][:2] == (origin, file):
            joined[-1] = (origin, file, joined[-1][2] + number)
        elif number:
            joined.append((origin, file, number))
    files = tuple(file for _, file, _ in joined)
    return tuple((origin, number) for origin, _, number in joined), files if any(files) else ()


def _plain(ids: Any) -> list[LeadId]:
    """The numbers among what may be ids."""
    return [one for one in listed(ids, "These ids") if isinstance(one, int)]
