"""Rows of a file: which column holds the lead ids. ``table_rows`` says which rows below it are leads.

A row is a sequence of cells (text, numbers, dates, None). Rows come with the number they have in the file, so that the
user finds them there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.models import MAX_LEAD_ID, LeadId, Origin
from cvtr_widgets.selection.lead_id import EMPTY, ZERO_WIDTH, id_of_value, trimmed

Cells = Sequence[Any]
Rows = Callable[[], Iterator[tuple[int, Cells]]]
"""Gives (number in the file, cells) again each time it is called, so that a big file need not be kept."""

HEADER_ROWS: Final = 200
"""Rows with something in them among which the header is looked for."""

# The more explicit, the lower. "Leads" is left out on purpose: in reports it heads a number of leads.
_NAMES: Final = {"id": 1, "ids": 1, "lead": 2}
_LEAD_ID = re.compile(
    r"(?:convertr)?lead(?:s)?(?:ids?|no|nr|numbers?|nummern?|identifier)(?:(?:from|in|at)?convertr)?|convertr(?:ids?|no|nr|number)|(?:lead)?idsconvertr"
)
_COUNTED = re.compile(r"(?:(?:number|no|count|total)of)?leads(?:count|total)?|leadcount|totalleads|anzahlleads")

_OTHER_NAMES = (
    r"(?:(?:campaign|publisher|generator|lead generator|advertiser|agency|channel|form|user|account|client|customer|order|job"
    r"|contract|score|point|payout|amount|price|budget|cost|count|total|lead|number|phone|telephone|mobile|tel|fax|post ?code"
    r"|zip|date|time|year|age|month|week|day|invoice|ticket|product|sku|row|line|page|ref|reference|payment"
    r"|transaction|employee|person|contact|site|url|ip|kampagne|telefon|rechnung|kunde|preis|campagne|facture)[sn]?"
    r"|agencies|postal code|inquir(?:y|ies)|opportunit(?:y|ies)|rechnungen|auftrag|auftr\u00e4ge|betr\u00e4ge|betrag|preise"
    r"|punkte|anzahl|summen?|prix|t\u00e9l\u00e9phones?|campa\u00f1as?|tel\u00e9fonos?|facturas?|precios?)"
    r"(?: (?:id|no|nr|number|code|name)s?)?"
)
_BLOCK = re.compile(_OTHER_NAMES)
_OTHER = re.compile(_OTHER_NAMES + r"|.+ (?:id|number|no|nr|code|phone|telephone|mobile)s?|\w+nummern?")
NUMBERS = re.compile(r"[\s\d.,'%€$£+-]*")


def heading(text: Any) -> int | None:
    """How plainly a heading says that lead ids are below it: 0 (``Lead ID``), 1 (``Id``), 2 (``Lead``), else None."""
    if not isinstance(text, str) or len(text) >= 40:
        return None
    bare = _bare(text)
    return 0 if _LEAD_ID.fullmatch(bare) else _NAMES.get(bare)


def _bare(text: str) -> str:
    """``LEAD ID(S)``, ``leadId``, ``lead_id`` and ``@id`` as ``leadids``, ``leadid``, ``leadid``, ``id``."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def other_heading(text: str) -> bool:
    """Whether a heading says that something else is below it: ``Campaign ID``, ``Telephone``."""
    return _heads_other(text, _OTHER)


def heads_other_block(text: str) -> bool:
    """Whether a word alone in its column begins a block of something else than leads."""
    return _heads_other(text, _BLOCK)


def _heads_other(text: str, names: re.Pattern[str]) -> bool:
    if heading(text) is not None or len(text) > 60:
        return False
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", trimmed(text)))
    words = re.sub(r"[\W_]+", " ", spaced).strip().casefold()
    return not any(c.isdigit() for c in words) and names.fullmatch(words) is not None


def is_blank(cell: Any) -> bool:
    """Whether there is nothing to see in a cell."""
    if isinstance(cell, str):
        return not cell or not cell.strip() or not cell.strip(ZERO_WIDTH).strip()
    return cell is None


def filled(cells: Cells) -> int:
    """How many cells hold something."""
    return sum(1 for c in cells if not is_blank(c))


@dataclass(frozen=True)
class IdColumn:
    """Where the ids stand: ``place`` (from 0), ``name`` as shown, ``header`` the header's row (0: there is none), of ``width``
    cells.
    """

    place: int
    name: str
    header: int
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    above: int = 0
    width: int = 0


@dataclass(frozen=True)
class Table:
    """Rows and what they are called. ``unit``: ``line`` or ``row``; ``exact``: numbers from there on are not trusted.

    ``no_leads``: rows that are not leads, whatever they hold -> why (hidden, totals). ``hidden_columns``: places not shown. Both
    are filled while the rows are read.
    """

    rows: Rows
    origin: Origin = "file"
    unit: str = "line"
    exact: int = MAX_LEAD_ID
    no_leads: Mapping[int, str] = field(default_factory=dict)
    hidden_columns: Collection[int] = ()
    notes: tuple[str, ...] = field(default=())

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
            return IdColumn(places[0], names[places[0]], number, names, (note,), above, len(cells))
        if len(places) > 1 and is_header(cells):
            raise SelectionError(f"{len(places)} columns are called “{shown(wanted, 60)}”. Rename one of them in the file.")
    width = max(len(cells) for _, cells in head)
    place = next((i for i in range(width) if key == f"column {i + 1}"), None)
    if place is not None:
        header = head[0][0] if is_header(head[0][1]) else 0
        note = f"The ids were read from column {place + 1}, as you chose."
        wide = len(head[0][1]) if header and len(head[0][1]) == width else 0
        return IdColumn(place, f"column {place + 1}", header, _columns(head), (note,), width=wide)
    raise SelectionError(f"There is no column “{shown(wanted, 60)}”. Choose one of these: {_listed(_columns(head))}.")


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
        raise SelectionError(f"No column of lead ids is left when the two rows of headings are read together: {_listed(names)}.")
    place = _the_one(table, number, names, ranked)
    notes = [f"The ids were read from the column “{names[place]}”."]
    others = [names[i] for _, i in ranked if i != place]
    if others:
        notes.append(f"{_listed(others)} could also have been meant and {'was' if len(others) == 1 else 'were'} not used.")
    if given := [names[i] for i, c in enumerate(cells) if isinstance(c, str) and _GIVEN.fullmatch(_bare(c))]:
        one = len(given) == 1
        notes.append(f"{_listed(given)} {'is' if one else 'are'} there for each lead and {'was' if one else 'were'} not used.")
    if chooses := [names[i] for i, c in enumerate(cells) if isinstance(c, str) and _CHOOSES.fullmatch(_bare(c))]:
        notes.append(f"{_listed(chooses)} may say which of the leads are meant and was not used: filter the rows in Excel first.")
    if above:
        notes.append(f"{above:,} {'line' if above == 1 else 'lines'} above the header {'was' if above == 1 else 'were'} skipped.")
    return IdColumn(place, names[place], number, names, tuple(notes), above, len(cells))


def _has_leads(head: list[tuple[int, Cells]], at: int, end: int) -> bool:
    """Whether ids stand between a header and a fuller one further down: then it heads a table of its own, and comes first."""
    place = min((r, i) for i, c in enumerate(head[at][1]) if (r := heading(c)) is not None)[1]
    return any(place < len(cells) and isinstance(id_of_value(cells[place]), int) for _, cells in head[at + 1 : end])


_CHOOSES = re.compile(
    r"(?:to)?(?:includ|exclud|return|keep|kept|skip|ignor|delet|remov|approv|reject|accept|select|refund|replac|undeliver|deliver"
    r"|flag|credit)(?:e|ed|ped)?(?:yn|yesno|yorn)?|decision|todo|ok|yesno|yn|valid|invalid"
)
"""A column whose rows say yes or no, without punctuation: a list for one action may hold leads that are not meant."""
_GIVEN = re.compile(
    r"(?:lead|flag|return|returned|rejection|reject|2ndcheck(?:flag)?)?(?:reason|comment|note|remark)s?(?:category|code)?"
    r"|grund|kommentar|bemerkung|anmerkung|ablehnungsgrund"
)


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


def _the_one(table: Table, header: int, names: tuple[str, ...], ranked: list[tuple[int, int]]) -> int:
    """The place of the lead ids. Where another column could be meant, nothing is read.

    Raises:
        ColumnUnclear: two columns could be meant, or the one that says so is hidden or may be the id of something counted.
    """
    best, place = ranked[0]
    named = [i for _, i in ranked if i != place]
    seen = _survey(table, header, lambda i: i in named or i >= len(names) or names[i] == f"column {i + 1}")
    # A worse name does not make a column harmless: if it holds nothing but ids, too, somebody has to choose.
    rivals = [i for r, i in ranked[1:] if r == best or seen.could_be_ids(i)]
    rivals += [i for i in seen.full() if i not in named and seen.could_be_ids(i)]
    if rivals:
        found_here = _survey(table, header, lambda i: i == place)
        # Exports repeat columns. Where both hold the same ids, it does not matter which is read.
        rivals = [i for i in dict.fromkeys(rivals) if seen.columns.get(i) != found_here.columns.get(place)]
    if rivals:
        both = [names[i] if i < len(names) else f"column {i + 1}" for i in (place, *rivals)]
        raise ColumnUnclear(
            f"Several columns could hold the lead ids: {_listed(both)}, and they differ. "
            "If one of them holds lead ids, rename it to Lead ID and take the others out or choose it by its name (column=...).",
            columns=[b if both.count(b) == 1 else f"column {i + 1}" for b, i in zip(both, (place, *rivals), strict=True)],
        )
    # What the user does not see in Excel is not what they mean.
    if place in table.hidden_columns:
        raise ColumnUnclear(
            f"The column “{names[place]}” is hidden in Excel, so nothing was taken: "
            "unhide it, or choose it by its name (column=...).",
            columns=[names[place]],
        )
    if best == 1 and (counted := [n for n in names if _COUNTED.fullmatch(_bare(n))]):
        raise ColumnUnclear(
            f"“{names[place]}” may be the id of something whose leads “{counted[0]}” counts, so nothing was taken. "
            "If it holds lead ids, rename it to Lead ID or choose it by its name (column=...).",
            columns=[names[place]],
        )
    return place


@dataclass
class _Survey:
    """What the rows below a header hold, column by column."""

    columns: dict[int, list[LeadId | str]]
    rows: int

    def could_be_ids(self, place: int) -> bool:
        """Whether all of it are ids, and not the running numbers of the rows."""
        held = [one for one in self.columns.get(place, ()) if one != EMPTY]
        ids = [one for one in held if isinstance(one, int)]
        return len(ids) == len(held) > 0 and ids != list(range(ids[0], ids[0] + len(ids)) if ids[0] in (0, 1) else ())

    def full(self) -> list[int]:
        """Columns that are filled in most rows."""
        held = {i: sum(1 for one in column if one != EMPTY) for i, column in self.columns.items()}
        return [i for i, n in held.items() if n * 2 > self.rows]


def _survey(table: Table, header: int, wanted: Callable[[int], bool]) -> _Survey:
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
                column.append(id_of_value(cell, exact=table.exact))
        count += 1
    for column in columns.values():
        column.extend([EMPTY] * (count - len(column)))
    return _Survey(columns, count)


def _unnamed(table: Table, head: list[tuple[int, Cells]]) -> IdColumn:
    """Without a header: the only column, or the only one that holds nothing but ids."""
    columns = _columns(head)
    if any(is_header(cells) and (filled(cells) > 1 or filled(cells) == len(columns)) for _, cells in head[:1]):
        raise SelectionError(
            f"No column is called Id or Lead ID, so nothing was taken. It has: {_listed(columns)}. "
            "If one of them holds lead ids, rename it to Lead ID or choose it by its name (column=...)."
        )
    held: dict[int, bool] = {}
    for _, cells in table.rows():
        for place, cell in enumerate(cells):
            if held.get(place, True) and not is_blank(cell):
                held[place] = isinstance(id_of_value(cell, exact=table.exact), int)
    # One column of anything: its cells are judged one by one when they are read.
    if len(held) == 1:
        place = next(iter(held))
        return IdColumn(
            place, f"column {place + 1}", 0, columns, ("There is no header and only one column: it was taken as lead ids.",)
        )
    good = [place for place, only_ids in held.items() if only_ids]
    if len(good) == 1:
        note = f"There is no header. Column {good[0] + 1} was taken, the only one that holds nothing but ids."
        return IdColumn(good[0], f"column {good[0] + 1}", 0, columns, (note,))
    many = f"{len(good)} of its {len(held)} columns hold" if good else f"None of its {len(held)} columns holds"
    raise SelectionError(
        f"It has no header, and {many} nothing but numbers that can be ids. Write Lead ID above the right column."
    )


def _columns(head: list[tuple[int, Cells]]) -> tuple[str, ...]:
    """The names there are: those of the fullest header among the first rows, else numbered."""
    width = max((i for _, cells in head for i, c in enumerate(cells, 1) if not is_blank(c)), default=0)
    headers = [cells for _, cells in head[:30] if is_header(cells) and filled(cells) * 2 > width]
    return _names(max(headers, key=filled)[:width]) if headers else tuple(f"column {i}" for i in range(1, width + 1))


def _listed(names: Sequence[str], most: int = 40) -> str:
    text = ", ".join(names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most:,} more"


def columns_of(names: Iterable[Any]) -> Mapping[str, int]:
    """Names of columns -> how plainly they say that they hold lead ids; those that do not are left out."""
    return {str(n): rank for n in names if (rank := heading(n)) is not None}
