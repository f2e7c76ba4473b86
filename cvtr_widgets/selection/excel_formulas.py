"""What a formula of a cell does: whether it works its value out of several other cells, as totals are, or gives one of them."""

from __future__ import annotations

import re
from typing import Final


def _these(words: str) -> frozenset[str]:
    return frozenset(words.split())


WORKED_OUT: Final = "is worked out from several other cells by a formula, so it was not taken as a lead id; if it is one, type it"
TOTAL: Final = "is in a row of totals, not a lead"

_QUOTED = re.compile(r'"[^"]*"')
_SHEET = r"(?:(?:'[^']*'|[\w.\[\]]+)!)?"
_CELLS = re.compile(
    rf"(?P<sheet>{_SHEET})(?:\$?(?P<a>[A-Z]{{1,3}})\$?(?P<first>[0-9]+):\$?(?P<b>[A-Z]{{1,3}})\$?(?P<last>[0-9]+)"
    r"|\$?(?P<c>[A-Z]{1,3}):\$?(?P<d>[A-Z]{1,3})(?![A-Z0-9(]))",
    re.IGNORECASE,
)
_ONE = re.compile(r"(?<![A-Z0-9_!.$\]])\$?([A-Z]{1,3})\$?([0-9]+)(?![0-9A-Z_(!:.])", re.IGNORECASE)
_FUNCTION = re.compile(r"([A-Z][A-Z0-9.]*)\s*\(", re.IGNORECASE)
_STRUCTURED = re.compile(r"\w+\[(?!@|\[?#This Row)", re.IGNORECASE)
_AGGREGATES: Final = _these(
    "SUM SUBTOTAL AGGREGATE AVERAGE AVERAGEA MEDIAN MODE MODE.SNGL MODE.MULT LARGE SMALL QUARTILE QUARTILE.INC QUARTILE.EXC"
    " PERCENTILE PERCENTILE.INC PERCENTILE.EXC MAX MAXA MIN MINA COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS PRODUCT STDEV STDEV.S"
    " STDEV.P VAR VAR.S VAR.P GEOMEAN HARMEAN TRIMMEAN ROWS"
)
_PICKS: Final = _these(
    "INDEX MATCH XMATCH VLOOKUP HLOOKUP XLOOKUP LOOKUP OFFSET CHOOSE IF IFERROR IFNA IFS SWITCH TEXT VALUE TRIM ROW COLUMN"
    " INDIRECT"
)
"""Functions that give one of the cells they look at."""
_WHOLE_ROW = re.compile(
    rf"=?\s*(?:SUM|SUBTOTAL|AGGREGATE|AVERAGE|COUNT|COUNTA)\s*\((?:\s*[0-9]+\s*,){{0,2}}\s*(?P<cells>{_CELLS.pattern})\s*\)\s*",
    re.IGNORECASE,
)


def column_letters(place: int) -> str:
    """``A`` for 0, ``AA`` for 26."""
    letters, rest = "", place + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def works_out(formula: str, place: int) -> bool:
    """Whether a cell at this place holds what was worked out of several cells: an aggregate, or a sum of cells of its column.
    What one cell gives, or a search among others, is not.
    """
    plain = _QUOTED.sub("", formula)
    names = {name.upper().removeprefix("_XLFN.") for name in _FUNCTION.findall(plain)}
    own = column_letters(place)
    ranges = list(_CELLS.finditer(plain))
    if names & _AGGREGATES and (ranges or _STRUCTURED.search(plain)):
        return True
    if any(not one["sheet"] and _spans(one, own) for one in ranges) and names - _PICKS:
        return True
    cells = [row for column, row in _ONE.findall(plain) if column.upper() == own]
    return len(set(cells)) > 1 and ("+" in plain or bool(names - _PICKS))


def totals_its_column(formula: str, place: int) -> bool:
    """Whether a cell adds up the cells of its own column, and does nothing else: then its row is one of totals."""
    found = _WHOLE_ROW.fullmatch(formula)
    if found is None or found["sheet"] or not found["first"] or found["first"] == found["last"]:
        return False
    return found["a"].upper() == found["b"].upper() == column_letters(place)


def _spans(cells: re.Match[str], column: str) -> bool:
    first, last = (cells["a"], cells["b"]) if cells["a"] else (cells["c"], cells["d"])
    return _number(first) <= _number(column) <= _number(last)


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
