"""Which of several columns holds the lead ids: where two could be meant, none is read, and the user is asked.

Files and frames come here alike: with the names of the columns, and a way to look at what the doubtful ones hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.models import MAX_LEAD_ID, LeadId
from cvtr_widgets.selection.column_names import (
    belongs_to_a_thing,
    may_be_lead_ids,
    may_count_leads,
    of_anything,
    surely_counts_leads,
)
from cvtr_widgets.selection.lead_id import DAMAGED, EMPTY, id_of_value
from cvtr_widgets.selection.odd_ids import KnownIds

HOLDS_NUMBER: Final = "is not a lead id, though it holds a number"
LEAD_STATUS: Final = "is a lead's status"
TEST: Final = "is a status that campaigns may have, too"
_STATUSES: Final = {
    **dict.fromkeys(("valid", "invalid", "caution", "delivered", "not delivered", "undelivered"), LEAD_STATUS), "test": TEST,
}  # fmt: skip
_LONG_NUMBER: Final = re.compile(r"[0-9]{4}")
_NUMBERS: Final = ("is zero", "has a fraction")
CHOOSE: Final = (
    "If one of them holds lead ids, rename it to Lead ID and take the others out or choose it by its name (column=...)."
)


def held_in(cell: Any, exact: int = MAX_LEAD_ID) -> LeadId | str:
    """The lead id that a cell holds, or why it is none; ``L-167457`` is none and yet may be a lead's."""
    found = id_of_value(cell, exact=exact)
    if isinstance(found, str) and isinstance(cell, str) and (status := _STATUSES.get(cell.strip().casefold())) is not None:
        return status
    if (
        isinstance(found, str)
        and isinstance(cell, str)
        and "@" not in cell
        and _LONG_NUMBER.search(cell)
        and "not a lead id" in found
    ):
        return HOLDS_NUMBER
    return found


@dataclass
class Survey:
    """What the rows below a header hold, column by column."""

    columns: dict[int, list[LeadId | str]]
    rows: int

    def could_be_ids(self, place: int) -> bool:
        """Whether all of it are ids, and not the running numbers of the rows."""
        held = [one for one in self.columns.get(place, ()) if one != EMPTY]
        return all(isinstance(one, int) for one in held) and self.holds_ids(place)

    def holds_ids(self, place: int) -> bool:
        """Whether any of it are ids, and these not the running numbers of the rows."""
        ids = [one for one in self.columns.get(place, ()) if isinstance(one, int)]
        return bool(ids) and ids != list(range(ids[0], ids[0] + len(ids)) if ids[0] in (0, 1) else ())

    def holds_numbers(self, place: int) -> bool:
        """Whether any cell of it is or holds a number that an id could be."""
        return any(isinstance(one, int) or one in (DAMAGED, HOLDS_NUMBER) for one in self.columns.get(place, ()))

    def holds_counts(self, place: int) -> bool:
        """Whether all of it are numbers, and not only 0 and 1, which mark rows."""
        held = [one for one in self.columns.get(place, ()) if one != EMPTY]
        numbers = all(isinstance(one, int) or one.startswith(_NUMBERS) for one in held)
        return bool(held) and numbers and any(isinstance(one, int) and one > 1 for one in held)

    def says_statuses_of_leads(self, place: int) -> bool:
        """Whether all of it are statuses that only leads have, such as Valid."""
        return LEAD_STATUS in (held := set(self.columns.get(place, ()))) and held <= {LEAD_STATUS, TEST, EMPTY}

    def full(self) -> list[int]:
        """Columns that are filled in most rows."""
        held = {i: sum(1 for one in column if one != EMPTY) for i, column in self.columns.items()}
        return [i for i, n in held.items() if n * 2 > self.rows]


Look = Callable[[Callable[[int], bool]], Survey]
"""Looks at the columns at the wanted places, in all rows."""


def unnamed(names: Sequence[str], place: int) -> bool:
    """Whether a column has no name."""
    return place >= len(names) or names[place] == f"column {place + 1}"


def the_one(names: Sequence[str], ranked: Sequence[tuple[int, int]], look: Look) -> int:
    """The place of the lead ids. ``ranked``: (``heading`` of the name, place), best first.

    Raises:
        ColumnUnclear: two columns could be meant, or the one that says so may be the id of something counted.
    """
    best, place = ranked[0]
    named = {i: r for r, i in ranked if i != place}
    others = [i for i in range(len(names)) if i != place and i not in named]
    speak = [i for i in others if may_be_lead_ids(names[i], beside_lead_ids=best == 0)]
    count = [i for i in others if best == 1 and may_count_leads(names[i])]
    doubtful = {*named, *speak, *count}
    seen = look(lambda i: i in doubtful or (i != place and unnamed(names, i)))
    counted = [i for i in count if surely_counts_leads(names[i]) or seen.holds_counts(i)]
    theirs = [i for i in others if belongs_to_a_thing(names[i])] if best == 1 and not speak else []
    _refuse_other_things(names, place, counted, theirs)
    could = seen.holds_ids if best == 0 else seen.holds_numbers
    # A worse name does not make a column harmless: if it holds ids, too, somebody has to choose.
    rivals = [i for i, rank in named.items() if rank == best or could(i)]
    rivals += [i for i in speak if could(i)]
    rivals += [i for i in seen.full() if i not in doubtful and seen.could_be_ids(i)]
    if rivals:
        found_here = look(lambda i: i == place)
        # Exports repeat columns. Where both hold the same ids, it does not matter which is read.
        rivals = [i for i in dict.fromkeys(rivals) if seen.columns.get(i) != found_here.columns.get(place)]
    if rivals:
        _ask(names, [place, *rivals])
    return place


def refuse_beside_names(names: Sequence[str], place: int, look: Look, known: KnownIds | None) -> None:
    """Refuse a mere id of which the other columns do not say whose it is, unless all of these are known leads.

    Raises:
        ColumnUnclear: there are others, and campaigns and publishers have all of them, too.
    """
    others = [i for i in range(len(names)) if i != place and not unnamed(names, i)]
    if not others or not all(of_anything(names[i]) for i in others):
        return
    seen = look(lambda i: i == place or i in others)
    ids = {one for one in seen.columns.get(place, ()) if isinstance(one, int)}
    if any(seen.says_statuses_of_leads(i) for i in others) or (known is not None and ids and ids <= set(known.leads(ids))):
        return
    beside = " and ".join(f"“{names[i]}”" for i in others)
    raise ColumnUnclear(
        f"“{names[place]}” stands beside nothing but {beside}, which campaigns and publishers have, too, so nothing was taken. "
        "If it holds lead ids, rename it to Lead ID or choose it by its name (column=...).",
        columns=[names[place]],
    )


def _refuse_other_things(names: Sequence[str], place: int, counted: Sequence[int], theirs: Sequence[int]) -> None:
    """Refuse a mere id beside columns that count leads, or that are of what no lead has."""
    if counted:
        what = f"something whose leads “{names[counted[0]]}” counts"
    elif theirs:
        what = f"what has the “{names[theirs[0]]}” beside it, which no lead has"
    else:
        return
    raise ColumnUnclear(
        f"“{names[place]}” may be the id of {what}, so nothing was taken. If it holds lead ids, rename it to Lead ID or choose "
        "it by its name (column=...).",
        columns=[names[place]],
    )


def _ask(names: Sequence[str], places: Sequence[int]) -> None:
    both = [names[i] if i < len(names) else f"column {i + 1}" for i in places]
    raise ColumnUnclear(
        f"Several columns could hold the lead ids: {listed_names(both)}, and they differ. {CHOOSE}",
        columns=[b if both.count(b) == 1 else f"column {i + 1}" for b, i in zip(both, places, strict=True)],
    )


def listed_names(names: Sequence[str], most: int = 40) -> str:
    """Names in a sentence."""
    text = ", ".join(names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most:,} more"


# -- without names ---------------------------------------------------------------------------------------------------------

_CODED: Final = re.compile(r"[A-Za-z#]{1,6}[-_ :./]?[0-9]{4,}")
_PHONE_DIGITS: Final = range(10, 16)


@dataclass
class Nameless:
    """A column without a name: what its cells were so far."""

    only_ids: bool = True
    coded: bool = True
    damaged: bool = False
    phones: bool = True

    def add(self, cell: Any, exact: int) -> None:
        """One more cell that is not blank."""
        found = id_of_value(cell, exact=exact)
        self.only_ids = self.only_ids and isinstance(found, int)
        self.phones = self.phones and isinstance(found, int) and len(str(found)) in _PHONE_DIGITS
        self.coded = self.coded and isinstance(cell, str) and _CODED.fullmatch(cell.strip()) is not None
        self.damaged = self.damaged or (isinstance(found, str) and ("damaged" in found or "may be one number" in found))


def only_ids_of(columns: dict[int, Nameless]) -> int:
    """The only column that can hold lead ids.

    Raises:
        SelectionError: none, or more than one, or it may well be something else.
    """
    good = [place for place, column in columns.items() if column.only_ids]
    beside = [place for place, column in columns.items() if column.coded or column.damaged]
    if len(good) == 1 and columns[good[0]].phones:
        raise SelectionError(
            f"It has no header, and the numbers in column {good[0] + 1} are as long as telephone numbers. "
            "If they are lead ids, write Lead ID above them."
        )
    if len(good) == 1 and not beside:
        return good[0]
    if len(good) == 1:
        raise SelectionError(
            f"It has no header, and beside column {good[0] + 1} there is another one that may hold ids: "
            f"column {beside[0] + 1}. Write Lead ID above the right column."
        )
    many = f"{len(good)} of its {len(columns)} columns hold" if good else f"None of its {len(columns)} columns holds"
    raise SelectionError(
        f"It has no header, and {many} nothing but numbers that can be ids. Write Lead ID above the right column."
    )
