"""Rows of a file: which column holds the lead ids. ``table_rows`` says which rows below it are leads.

A row is a sequence of cells (text, numbers, dates, None). Rows come with the number they have in the file, so that the
user finds them there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.models import MAX_LEAD_ID, LeadId, Origin
from cvtr_widgets.selection.column_choice import (
    Nameless,
    Survey,
    held_in,
    listed_names,
    only_ids_of,
    refuse_beside_names,
    the_one,
)
from cvtr_widgets.selection.column_names import (
    NUMBERS,
    chooses,
    filled,
    given_with_a_lead,
    heading,
    is_blank,
    mentions_leads,
    names_a_thing,
    other_heading,
)
from cvtr_widgets.selection.grouped_digits import LAKHS, THOUSANDS
from cvtr_widgets.selection.lead_id import EMPTY, id_of_value, trimmed
from cvtr_widgets.selection.odd_ids import KnownIds

__all__ = [
    "HEADER_ROWS",
    "Cells",
    "IdColumn",
    "Rows",
    "Table",
    "find_column",
    "heading",
    "is_blank",
    "is_header",
    "other_heading",
]

Cells = Sequence[Any]
Rows = Callable[[], Iterator[tuple[int, Cells]]]
"""Gives (number in the file, cells) again each time it is called, so that a big file need not be kept."""

HEADER_ROWS: Final = 200
"""Rows with something in them among which the header is looked for."""


@dataclass(frozen=True)
class IdColumn:
    """Where the ids stand: ``place`` (from 0), ``name`` as shown, ``header`` the header's row (0: there is none), of ``width``
    cells. ``rank``: how plainly it says so (``heading``); ``chosen``: the user has named it.
    """

    place: int
    name: str
    header: int
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    above: int = 0
    width: int = 0
    rank: int | None = None
    chosen: bool = False


@dataclass(frozen=True)
class Table:
    """Rows and what they are called. ``unit``: ``line`` or ``row``; ``exact``: numbers from there on are not trusted.

    ``no_leads``: rows that are not leads, whatever they hold -> why (hidden, totals). ``hidden_columns``: places not shown. Both
    are filled while the rows are read. ``title``: what its sheet is called.
    ``merged``: merged cells, as (first row, last row, first place, last place). ``known``: what is known of the enterprise's ids.
    """

    rows: Rows
    origin: Origin = "file"
    unit: str = "line"
    exact: int = MAX_LEAD_ID
    no_leads: Mapping[int, str] = field(default_factory=dict)
    hidden_columns: Collection[int] = ()
    notes: tuple[str, ...] = field(default=())
    title: str = ""
    merged: Collection[tuple[int, int, int, int]] = ()
    known: KnownIds | None = None

    def head(self) -> list[tuple[int, Cells]]:
        """The first rows that are not blank."""
        return list(islice(((n, c) for n, c in self.rows() if filled(c)), HEADER_ROWS))


# -- which column ---------------------------------------------------------------------------------------------------------


def find_column(table: Table, wanted: str | None = None) -> IdColumn:
    """The column with the lead ids: the one called ``wanted``, else the one whose name says so, else the only one that
    holds nothing but ids.

    Raises:
        SelectionError: there is none, or more than one and nothing to tell them apart; names the columns there are.
    """
    head = table.head()
    if not head:
        raise SelectionError("It is empty. Choose a file with a column of lead ids.")
    if wanted is not None:
        return _wanted(head, wanted)
    found = _named(table, head)
    return found if found is not None else _unnamed(table, head)


def is_header(cells: Cells) -> bool:
    """A header holds names: no cell of it is a number, a date or an address of any kind."""
    filled = [c for c in cells if not is_blank(c)]
    return bool(filled) and all(
        isinstance(c, str)
        and len(c) <= 120
        and NUMBERS.fullmatch(c) is None
        and not re.search(r"\w@\w|://", c)
        and not _like_id(c)
        for c in filled
    )


def _like_id(text: str) -> bool:
    found = id_of_value(text)
    return isinstance(found, int) or not any(c.isalpha() for c in text.replace("E+", "").replace("e+", ""))


def _names(cells: Cells) -> tuple[str, ...]:
    return tuple(f"column {i}" if is_blank(c) else shown(trimmed(str(c)), 60) for i, c in enumerate(cells, 1))


def _wanted(head: list[tuple[int, Cells]], wanted: str) -> IdColumn:
    key = trimmed(wanted).casefold()
    for above, (number, cells) in enumerate(head):
        names = _names(cells)
        places = [i for i, c in enumerate(cells) if isinstance(c, str) and trimmed(c).casefold() == key]
        if len(places) == 1 and is_header(cells):
            note = f"The ids were read from the column “{names[places[0]]}”, as you chose."
            return IdColumn(places[0], names[places[0]], number, names, (note,), above, len(cells), 0, True)
        if len(places) > 1 and is_header(cells):
            raise SelectionError(f"{len(places)} columns are called “{shown(wanted, 60)}”. Rename one of them in the file.")
    width = max(len(cells) for _, cells in head)
    place = next((i for i in range(width) if key == f"column {i + 1}"), None)
    if place is not None:
        header = head[0][0] if is_header(head[0][1]) else 0
        note = f"The ids were read from column {place + 1}, as you chose."
        wide = len(head[0][1]) if header and len(head[0][1]) == width else 0
        return IdColumn(place, f"column {place + 1}", header, _columns(head), (note,), width=wide, chosen=True)
    raise SelectionError(f"There is no column “{shown(wanted, 60)}”. Choose one of these: {listed_names(_columns(head))}.")


def _named(table: Table, head: list[tuple[int, Cells]]) -> IdColumn | None:
    """The fullest header row that names lead ids, and its most explicit column."""
    headers = [at for at, (_, cells) in enumerate(head) if is_header(cells) and any(heading(c) is not None for c in cells)]
    if not headers:
        return None
    # Reports have titles and filters above their table, some with "ID" in them. The fullest row is the header.
    above = max(headers, key=lambda at: filled(head[at][1]))
    above = next((at for at in headers if at < above and _has_leads(head, at, above)), above)
    number, cells = head[above]
    names = _names(cells)
    whole = _with_headings_above(head, above)
    names = tuple(
        n if not is_blank(c) else _above_blank(head, above, i, n) for i, (c, n) in enumerate(zip(cells, names, strict=True))
    )
    ranked = sorted((r, i) for i, c in enumerate(whole) if (r := _rank(c)) is not None)
    if not ranked:
        raise SelectionError(
            f"No column of lead ids is left when the two rows of headings are read together: {listed_names(names)}."
        )
    try:
        place = the_one(names, ranked, lambda wanted: _survey(table, number, wanted))
    except ColumnUnclear:
        _refuse_separators(table, number, ranked[0][1], names)
        raise
    _refuse_hidden(table, place, names[place])
    if ranked[0][0] and not _refuse_other_title(table, head[:above], names[place]) and ranked[0][0] == 1:
        refuse_beside_names(names, place, lambda wanted: _survey(table, number, wanted), table.known)
    notes = [f"The ids were read from the column “{names[place]}”."]
    others = [names[i] for _, i in ranked if i != place]
    if others:
        notes.append(f"{listed_names(others)} could also have been meant and {'was' if len(others) == 1 else 'were'} not used.")
    if given := [names[i] for i, c in enumerate(cells) if isinstance(c, str) and i != place and given_with_a_lead(c)]:
        one = len(given) == 1
        notes.append(
            f"{listed_names(given)} {'is' if one else 'are'} there for each lead and {'was' if one else 'were'} not used."
        )
    if choosing := [names[i] for i, c in enumerate(cells) if isinstance(c, str) and chooses(c)]:
        notes.append(
            f"{listed_names(choosing)} may say which of the leads are meant and was not used: filter the rows in Excel first."
        )
    if above:
        notes.append(f"{above:,} {'line' if above == 1 else 'lines'} above the header {'was' if above == 1 else 'were'} skipped.")
    return IdColumn(place, names[place], number, names, tuple(notes), above, len(cells), ranked[0][0])


def _has_leads(head: list[tuple[int, Cells]], at: int, end: int) -> bool:
    """Whether ids stand between a header and a fuller one further down: then it heads a table of its own, and comes first."""
    place = min((r, i) for i, c in enumerate(head[at][1]) if (r := heading(c)) is not None)[1]
    return any(place < len(cells) and isinstance(id_of_value(cells[place]), int) for _, cells in head[at + 1 : end])


def _above_blank(head: list[tuple[int, Cells]], at: int, place: int, name: str) -> str:
    """The heading of a column that stands one row higher, as pandas writes them above the name of its index."""
    number, above = head[at - 1] if at else (0, ())
    if number != head[at][0] - 1 or place >= len(above) or is_blank(above[place]) or not is_header(above):
        return name
    return shown(trimmed(str(above[place])), 60)


def _rank(name: str) -> int | None:
    return None if " " in name and other_heading(name) else heading(name)


def _with_headings_above(head: list[tuple[int, Cells]], at: int) -> list[str]:
    """The names of a header with those of a second row of headings right above it: *Campaign* over *ID* is a campaign's."""
    number, cells = head[at]
    names = ["" if is_blank(c) else trimmed(str(c)) for c in cells]
    before, above = head[at - 1] if at else (0, ())
    if before != number - 1 or filled(above) < 2 or not is_header(above) or any(heading(c) in (0, 1) for c in above):
        return names
    over, joined = "", []
    for place, name in enumerate(names):
        cell = above[place] if place < len(above) else None
        # Merged cells hold their text in the first one; the others are blank.
        over = over if is_blank(cell) else trimmed(str(cell))
        joined.append(name if _rank(name) == 0 or not name else f"{over} {name}".strip())
    return joined


def _refuse_hidden(table: Table, place: int, name: str) -> None:
    # What the user does not see in Excel is not what they mean.
    if place in table.hidden_columns:
        raise ColumnUnclear(
            f"The column “{name}” is hidden in Excel, so nothing was taken: unhide it, or choose it by its name (column=...).",
            columns=[name],
        )


def _refuse_other_title(table: Table, above: list[tuple[int, Cells]], name: str) -> bool:
    """*Campaigns* above a table, or on its sheet, makes a mere ``ID`` that of a campaign; whether a title speaks of leads."""
    titles = [next(c for c in cells if not is_blank(c)) for _, cells in above if filled(cells) == 1]
    said = [str(t) for t in (table.title, *titles) if isinstance(t, str) and t and ":" not in trimmed(t)[:-1]]
    # A title that speaks of leads says what the table is; one above it may then say what they are of.
    if any(mentions_leads(t) for t in said):
        return True
    if (other := next(filter(names_a_thing, said), None)) is not None:
        raise ColumnUnclear(
            f"The table is called “{shown(trimmed(other), 40)}”, so “{name}” may not be the id of leads, and nothing was taken. "
            "If it holds lead ids, rename it to Lead ID or choose it by its name (column=...).",
            columns=[name],
        )
    return False


def _refuse_separators(table: Table, header: int, place: int, names: Sequence[str]) -> None:
    """``16,74,571`` without quotation marks is three cells: then no other column is meant, and the separators are the cause."""
    if table.unit != "line" or place != len(names) - 1:
        return
    for number, cells in table.rows():
        if number > header and len(cells) > len(names):
            digits = ",".join(str(c).strip() for c in cells[place:] if not is_blank(c))
            if THOUSANDS.fullmatch(digits) or LAKHS.fullmatch(digits):
                raise SelectionError(
                    f"{table.unit.capitalize()} {number} has separators within its number ({shown(digits, 30)}), which here "
                    "separate columns, too. Write the ids without them."
                )


def _survey(table: Table, header: int, wanted: Callable[[int], bool]) -> Survey:
    """The wanted columns of all rows below the header."""
    # The whole file is read once more, not its first rows: two columns may differ in the last row only.
    columns: dict[int, list[LeadId | str]] = {}
    places: dict[int, list[int]] = {}
    count = 0
    for number, cells in table.rows():
        if number <= header or not filled(cells):
            continue
        width = len(cells)
        for place in places.setdefault(width, [i for i in range(width) if wanted(i)]):
            cell = cells[place]
            if not is_blank(cell):
                column = columns.setdefault(place, [])
                column.extend([EMPTY] * (count - len(column)))
                column.append(held_in(cell, table.exact))
        count += 1
    for column in columns.values():
        column.extend([EMPTY] * (count - len(column)))
    return Survey(columns, count)


def _unnamed(table: Table, head: list[tuple[int, Cells]]) -> IdColumn:
    """Without a header: the only column, or the only one that holds nothing but ids."""
    columns = _columns(head)
    if any(is_header(cells) and (filled(cells) > 1 or filled(cells) == len(columns)) for _, cells in head[:1]):
        raise SelectionError(
            f"No column is called Id or Lead ID, so nothing was taken. It has: {listed_names(columns)}. "
            "If one of them holds lead ids, rename it to Lead ID or choose it by its name (column=...)."
        )
    held: dict[int, Nameless] = {}
    for _, cells in table.rows():
        for place, cell in enumerate(cells):
            if not is_blank(cell):
                held.setdefault(place, Nameless()).add(cell, table.exact)
    # One column of anything: its cells are judged one by one when they are read.
    if len(held) == 1 and not next(iter(held.values())).phones:
        place = next(iter(held))
        note = "There is no header and only one column: it was taken as lead ids."
    else:
        place = only_ids_of(held)
        note = f"There is no header. Column {place + 1} was taken, the only one that holds nothing but numbers that can be ids."
    return IdColumn(place, f"column {place + 1}", 0, columns, (note,))


def _columns(head: list[tuple[int, Cells]]) -> tuple[str, ...]:
    """The names there are: those of the fullest header among the first rows, else numbered."""
    width = max((i for _, cells in head for i, c in enumerate(cells, 1) if not is_blank(c)), default=0)
    headers = [cells for _, cells in head[:30] if is_header(cells) and filled(cells) * 2 > width]
    return _names(max(headers, key=filled)[:width]) if headers else tuple(f"column {i}" for i in range(1, width + 1))
