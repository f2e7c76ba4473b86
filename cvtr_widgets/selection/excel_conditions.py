"""Conditional formatting of a workbook: which cells a rule may hide or strike through.

Rules stand behind the cells of a sheet, since Excel 2010 also in a list of extensions (``x14``), where each has its format with
it; that list has all rules that look at another sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from xml.etree import ElementTree

from cvtr_widgets.selection.excel_styles import Styles, place_of
from cvtr_widgets.selection.excel_xml import is_on, parser_for

CONDITIONAL: Final = "may be hidden or struck through by conditional formatting: take that rule away to take the row"
_HARMLESS_RULES: Final = frozenset({"containsErrors", "containsBlanks", "notContainsErrors"})
_OF_ERRORS: Final = re.compile(r"=?\s*(?:ISERROR|ISERR|ISNA|ISBLANK)\s*\([^()]*\)\s*", re.IGNORECASE)
_LONGEST: Final = 10_000
"""Characters of a formula, or of the cells that a rule is for, and elements of a format that are looked at."""
_EVERYWHERE: Final = "A1:XFD1048576"
_RULES: Final = b"conditionalFormatting"
_MAY_HIDE: Final = (b"conditionalFormattings", b"showValue")
"""Words of a sheet whose rules bring their formats with them, or show a bar or a symbol instead of the number."""


class Condition(NamedTuple):
    """Cells that a rule may hide; ``strikes``: it strikes through, so that the whole row is meant."""

    top: int
    bottom: int
    left: int
    right: int
    strikes: bool


def may_hide(pieces: Iterable[bytes], styles: Styles) -> bool:
    """Whether a sheet has rules that have to be read: a quick look, as few workbooks have any that hides."""
    wanted = (_RULES,) if styles.hiding else _MAY_HIDE
    before = b""
    for part in pieces:
        # Names in UTF-16 would not be found; Excel writes none.
        if part.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
            return True
        if any(word in before + part for word in wanted):
            return True
        before = part[-len(_MAY_HIDE[0]) :]
    return False


class ConditionalFormats:
    """Finds the rules of a sheet's XML, as it comes, that hide a cell. ``done``: the cells."""

    def __init__(self, styles: Styles) -> None:
        self.done: list[Condition] = []
        self.fed = 0
        self._styles = styles
        self._cells = self._formula = ""
        self._given: dict[str, str] = {}
        self._in_rule = self._in_formula = self._in_cells = False
        self._strikes: bool | None = None
        self._found: list[bool] = []
        self._form: ElementTree.TreeBuilder | None = None
        self._parts = 0
        self.parser: Any = parser_for(self._started, self._ended, self._characters)

    def _started(self, name: str, given: dict[str, str]) -> None:
        bare = name.rpartition(" ")[2]
        if self._form is not None:
            self._parts += 1
            if self._parts < _LONGEST:
                self._form.start(bare, given)
            return
        match bare:
            case "conditionalFormatting":
                self._cells, self._found = given.get("sqref", ""), []
            case "cfRule":
                self._in_rule, self._given, self._formula = True, given, ""
                number = given.get("dxfId", "")
                self._strikes = self._styles.hiding.get(int(number)) if number.isdigit() else None
            case "dataBar" | "iconSet" if self._in_rule and given.get("showValue") is not None:
                self._strikes = self._strikes if is_on(given["showValue"]) else bool(self._strikes)
            case "dxf" if self._in_rule:
                self._form, self._parts = ElementTree.TreeBuilder(), 0
                self._form.start(bare, given)
            case "formula" | "f":
                self._in_formula = self._in_rule
            case "sqref":
                self._in_cells = True

    def _ended(self, name: str) -> None:
        bare = name.rpartition(" ")[2]
        if self._form is not None and bare != "dxf":
            if self._parts < _LONGEST:
                self._form.end(bare)
            return
        match bare:
            case "dxf" if self._form is not None:
                self._end_format(self._form)
            case "formula" | "f":
                self._in_formula = False
            case "sqref":
                self._in_cells = False
            case "cfRule":
                self._end_rule()
            case "conditionalFormatting":
                for strikes in set(self._found):
                    self.done += conditions_of(self._cells, strikes=strikes)

    def _end_format(self, form: ElementTree.TreeBuilder) -> None:
        self._form = None
        if self._parts >= _LONGEST:  # no format of Excel's has so much in it, so nothing is known of it
            self._strikes = True
            return
        form.end("dxf")
        if (strikes := self._styles.strikes_if_hidden(form.close())) is not None:
            self._strikes = strikes

    def _end_rule(self) -> None:
        harmless = hides_no_number(self._given.get("type", ""), self._formula, self._given.get("operator", ""))
        if self._strikes is not None and not harmless:
            self._found.append(self._strikes)
        self._in_rule, self._strikes = False, None

    def _characters(self, text: str) -> None:
        if self._in_formula and len(self._formula) < _LONGEST:
            self._formula += text
        elif self._in_cells:
            self._cells += text
            if len(self._cells) > _LONGEST:  # what is cut off might be any cell
                self._cells, self._in_cells = _EVERYWHERE, False


def conditions_of(sqref: str, *, strikes: bool) -> list[Condition]:
    """The cells of a rule: ``A2:A9 C3``, also whole columns."""
    made = []
    for part in sqref.split():
        ends = [re.fullmatch(r"\$?([A-Z]{0,3})\$?([0-9]{0,7})", end) for end in part.split(":")]
        if ends[0] is None or ends[-1] is None:
            continue
        (first, top), (last, bottom) = ends[0].groups(), ends[-1].groups()
        left, right = place_of(first) if first else 0, place_of(last) if last else 16_383
        made.append(Condition(int(top or 1), int(bottom or 1_048_576), left, right, strikes))
    return made


def hides_no_number(kind: str, formula: str, operator: str) -> bool:
    """Whether a rule concerns only cells without a lead id: errors, blank ones, zeros."""
    zeros = kind == "cellIs" and operator == "equal" and formula.strip() in {"0", '""'}
    return kind in _HARMLESS_RULES or zeros or (kind == "expression" and _OF_ERRORS.fullmatch(formula) is not None)
