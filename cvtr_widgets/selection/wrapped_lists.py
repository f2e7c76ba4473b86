"""Several numbers in each line: a list that was broken into lines, or the columns of a table.

A table without a header says nothing of its columns, so none of it is taken. A list is what only a list can look like: its
lines end with the separator, or its numbers rise (or fall) from the first to the last, or hands have broken it at commas into
lines of unequal length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cvtr_widgets.models import LeadId
from cvtr_widgets.selection.grouped_digits import is_spaced_thousands
from cvtr_widgets.selection.id_sizes import alike
from cvtr_widgets.selection.lead_id import SPACES, id_in, trimmed

Row = tuple[str, Sequence[str]]
"""A line, and its pieces."""
_LONGEST_ROW: Final = 3
"""Lines of more numbers than this are rarely typed as the rows of a table."""
_RANGE_TELLS: Final = 3
"""Rows from which on the range of a column says something; two numbers stand apart by chance."""
_MOST_KINDS: Final = 6
"""Cells of one row that are looked for below each other."""
_FEW: Final = 8
_CLOSE: Final = 0.01
_EMPTY_CELL: Final = re.compile(r"[,;]\s*[,;]|^\s*[,;]")
_UNKNOWN: Final = "and nothing says which are lead ids"
_THOUSANDS: Final = "these may be numbers with spaces between their thousands, or several ids in a line"


def why_no_list(rows: Sequence[Row]) -> str:
    """Why lines of numbers are columns of a table rather than a list that was broken into lines; else nothing.

    ``rows``: the lines that hold nothing but numbers. A list may have several numbers in a line where all of them look alike,
    none stands twice, and the lines end with a separator, the numbers rise through all lines or lines at commas are of unequal
    length.
    """
    several = [(line, pieces) for line, pieces in rows if len(pieces) > 1]
    if not several:
        return ""
    if len(rows) == 1:
        return _one_line(*several[0])
    found = [id_in(p) for _, pieces in rows for p in pieces]
    ids = [one for one in found if isinstance(one, int)]
    columns = _columns([pieces for _, pieces in rows])
    if _all_apart(columns) or any("\t" in line.strip(" ") for line, _ in several):
        return f"these are several columns, {_UNKNOWN}"
    if all(is_spaced_thousands(trimmed(line)) for line, _ in several):
        return _THOUSANDS
    if not alike(ids) or len(ids) < len(found):
        return f"lines with several numbers that are unlike each other are columns, {_UNKNOWN}"
    if len(set(ids)) < len(ids):
        return f"some numbers are repeated in lines with several numbers, as in columns, {_UNKNOWN}"
    if _in_step(columns):
        return f"the numbers of each line belong together, as in the columns of a table or as ranges, {_UNKNOWN}"
    if _in_order(ids) or (_ends_with_separators(rows) and not _one_apart(columns)):
        return ""
    if _broken_by_hand(rows):
        return ""
    return f"as many numbers in each line make columns, {_UNKNOWN}"


def why_by_turns(ids: Sequence[LeadId]) -> str:
    """Why numbers, one below the other, are the cells of a table, else nothing: at every second, third ... place the same few
    come again and again and stand nowhere else, as campaigns do, while those at another place are all different, as leads are.
    """
    if len(set(ids)) == len(ids):
        return ""
    for kinds in range(2, _MOST_KINDS + 1):
        columns = [ids[at::kinds] for at in range(kinds)]
        if len(columns[-1]) < _RANGE_TELLS or not any(len(set(column)) == len(column) for column in columns):
            continue
        for at, column in enumerate(columns):
            own = set(column)
            others = (other for n, other in enumerate(columns) if n != at)
            # At longer distances two of one number may come by chance, or where a list is followed by itself in another order.
            if min(kinds, _RANGE_TELLS) * len(own) <= len(column) and all(map(own.isdisjoint, others)):
                place = {2: "second", 3: "third"}.get(kinds, f"{kinds}th")
                why = f"the same numbers are repeated at every {place} place, as a campaign's id is"
                return f"{why}, {_UNKNOWN}: copy these alone, or write Lead ID above if all are. Nothing was taken"
    return ""


def first_of(ids: Sequence[LeadId]) -> str:
    """The first ids of many, to be shown."""
    return ", ".join(map(str, ids[:4])) + (" ..." if len(ids) > 4 else "")


def _in_order(ids: Sequence[LeadId]) -> bool:
    """Whether the numbers rise or fall from the first to the last. Few do so by chance, too: these have to be close as well."""
    if list(ids) not in (sorted(ids), sorted(ids, reverse=True)):
        return False
    return len(ids) >= _FEW or max(ids) - min(ids) <= _CLOSE * max(ids)


def _columns(rows: Sequence[Sequence[str]]) -> list[list[LeadId]]:
    """The columns of lines with as many numbers each; the last line may be shorter, as the end of a list is. Else nothing."""
    numbers = [[one for piece in row if isinstance(one := id_in(piece), int)] for row in rows]
    width = len(numbers[0])
    if width < 2 or any(len(row) != width for row in numbers[:-1]) or len(numbers[-1]) > width:
        return []
    return [[row[place] for row in numbers if place < len(row)] for place in range(width)]


def _all_apart(columns: Sequence[Sequence[LeadId]]) -> bool:
    """Whether no two columns hold numbers of one range; a list broken into lines mixes them."""
    if not columns or len({len(column) for column in columns}) > 1:
        return False
    ranges = sorted((min(column), max(column)) for column in columns)
    return all(before[1] < after[0] for before, after in pairwise(ranges))


def _one_apart(columns: Sequence[Sequence[LeadId]]) -> bool:
    """Whether the numbers of one column are all below, or all above, those of the others."""
    for place, column in enumerate(columns):
        others = [one for n, other in enumerate(columns) if n != place for one in other]
        if len(column) >= _RANGE_TELLS and (max(column) < min(others) or min(column) > max(others)):
            return True
    return False


def _in_step(columns: Sequence[Sequence[LeadId]]) -> bool:
    """Whether the columns hang together line by line: as far from each other in every line, or each line begins where the last
    one ended, as ranges do. Ids that follow each other without a gap do both, and are a list.
    """
    if not columns or len(columns[0]) < _RANGE_TELLS:
        return False
    whole = min(map(len, columns))
    rows = list(zip(*(column[:whole] for column in columns), strict=True))
    if len(rows) < _RANGE_TELLS:
        return False
    steps = {after[0] - before[0] for before, after in pairwise(rows)}
    gaps = [tuple(b - a for a, b in pairwise(row)) for row in rows]
    joins = {after[0] - before[-1] for before, after in pairwise(rows)}
    even = len(steps) == 1 and len({*gaps[0], *joins}) == 1
    return not even and (len(set(gaps)) == 1 or (len(columns) == 2 and joins <= {0, 1}))


def _ends_with_separators(rows: Sequence[Row]) -> bool:
    """Whether all lines but the last end with a comma or semicolon, so that the list goes on."""
    ends = [line.rstrip(SPACES).endswith((",", ";")) for line, _ in rows]
    return all(ends[:-1]) and not ends[-1]


def _broken_by_hand(rows: Sequence[Row]) -> bool:
    """Whether commas stand between all numbers and the lines are of unequal length, with no cell left empty. The first and the
    last line say nothing: a table that was half selected has short ones, too.
    """
    lengths = {len(pieces) for _, pieces in rows[1:-1]}
    separated = all(len(re.findall(r"[,;]", trimmed(line).strip(",;"))) >= len(pieces) - 1 for line, pieces in rows)
    full = not any(_EMPTY_CELL.search(line) for line, _ in rows)
    return len(lengths) > 1 and max(lengths) > _LONGEST_ROW and separated and full


def _one_line(line: str, pieces: Sequence[str]) -> str:
    ids = [one for p in pieces if isinstance(one := id_in(p), int)]
    # "|167457|155000|": with bars around it, a line is a row.
    if ("\t" in line.strip() and not alike(ids)) or line.strip().startswith("|"):
        return "these are cells of one row, and nothing says which of them is a lead id"
    return ""
