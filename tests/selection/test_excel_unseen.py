"""Workbooks: rows of which Excel shows no number, or shows it struck through, by colours, by rules or in another cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import CellIsRule, DataBarRule, FormulaRule, IconSetRule, Rule
from openpyxl.styles import Color, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from cvtr_widgets.selection.excel_conditions import CONDITIONAL
from cvtr_widgets.selection.excel_styles import INVISIBLE
from cvtr_widgets.selection.excel_xml import PARTLY, ROW_STRUCK, STRUCK
from cvtr_widgets.selection.select import read_file
from tests.selection.test_excel import rewritten
from tests.selection.test_excel_meaning import LEADS, book_of

OTHERS = (167000, 167001, 167009)


def solid(colour: Any) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def painted(font: Font | None, fill: PatternFill | None) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        cell = book.active["A3"]
        if font is not None:
            cell.font = font
        if fill is not None:
            cell.fill = fill

    return change


@pytest.mark.parametrize(
    ("font", "fill"),
    [
        (Font(color="FFFFFFFF"), None),
        (Font(color="00FFFFFF"), None),
        (Font(color="FFFDFDFD"), None),
        (Font(color=Color(theme=0)), None),
        (Font(color=Color(indexed=1)), None),
        (Font(color=Color(indexed=65)), None),
        (Font(color=Color(theme=1, tint=0.99)), None),
        (Font(color="FFFFFFFF"), solid("FFFFFFFF")),
        (Font(color="FF00FF00"), solid("FF00FF00")),
        (Font(color=Color(theme=4)), solid(Color(theme=4))),
        (Font(color=Color(theme=0, tint=-0.25)), solid(Color(theme=0, tint=-0.25))),
        (Font(color="FF4F81BD"), solid(Color(theme=4))),
        (None, solid("FF000000")),
        (Font(color=Color(theme=1)), solid("FF000000")),
    ],
)
def test_a_number_in_the_colour_of_its_cell_is_not_taken(font: Font | None, fill: PatternFill | None) -> None:
    found = read_file(book_of(LEADS, painted(font, fill)))
    assert found.ids == OTHERS
    assert [(one.where, one.why, one.leads) for one in found.rejected] == [("row 3", INVISIBLE, 1)]


@pytest.mark.parametrize(
    ("font", "fill"),
    [
        (Font(color="FFFFFFFF"), solid("FF000000")),
        (Font(color="FFFFFFFF"), solid(Color(theme=4))),
        (Font(color="FFFF0000"), None),
        (Font(color="FFBFBFBF"), None),
        (Font(color=Color(theme=0, tint=-0.5)), None),
        (Font(color=Color(theme=1)), None),
        (None, solid("FFFFFF00")),
        (None, PatternFill("lightGray")),
        (Font(color="FFFFFFFF"), PatternFill("darkGray", fgColor="FFFFFFFF")),
    ],
)
def test_a_number_that_can_be_seen_is_taken(font: Font | None, fill: PatternFill | None) -> None:
    assert read_file(book_of(LEADS, painted(font, fill))).ids == (167000, 167004, 167001, 167009)


def test_a_white_header_still_names_its_column() -> None:
    def change(book: Any) -> None:
        for cell in book.active[1]:
            cell.font = Font(color="FFFFFFFF")

    assert read_file(book_of(LEADS, change)).ids == (167000, 167004, 167001, 167009)


def test_a_row_with_another_cell_struck_through_is_not_taken() -> None:
    def change(book: Any) -> None:
        book.active["B3"].font = Font(strike=True)
        book.active["B4"] = CellRichText(["C ", TextBlock(InlineFont(strike=True), "Ltd")])
        book.active["A5"].font = Font(strike=True)
        book.active["B6"].font = Font(strike=True)  # an empty cell says nothing

    found = read_file(book_of([*LEADS, [167010, None]], change))
    assert found.ids == (167000, 167010)
    assert [one.why for one in found.rejected] == [ROW_STRUCK, ROW_STRUCK, STRUCK]
    assert found.not_taken == 3


def test_a_number_that_is_partly_struck_through_is_not_taken() -> None:
    def change(book: Any) -> None:
        book.active["A3"] = CellRichText([TextBlock(InlineFont(strike=True), "167003"), " 167004"])

    found = read_file(book_of(LEADS, change))
    assert (found.ids, [one.why for one in found.rejected]) == (OTHERS, [PARTLY])


WHITE, STRIKE = Font(color="FFFFFFFF"), Font(strike=True)
FORMAT = Rule("expression", dxf=DifferentialStyle(numFmt=NumberFormat(numFmtId=170, formatCode=";;;")), formula=['$B3="B"'])
SAME = FormulaRule(formula=['$B3="B"'], font=Font(color="FFFFC7CE"), fill=PatternFill(bgColor="FFFFC7CE"))


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ("A3", FormulaRule(formula=['$B3="B"'], font=WHITE)),
        ("A3:B3", FormulaRule(formula=['$B3="B"'], font=STRIKE)),
        ("B3", FormulaRule(formula=['$B3="B"'], font=STRIKE)),
        ("A3", CellIsRule("greaterThan", ["167003"], font=WHITE)),
        ("A3", FORMAT),
        ("D9 A3:A3", SAME),
    ],
)
def test_what_a_rule_may_hide_is_not_taken(cells: str, rule: Rule) -> None:
    found = read_file(book_of(LEADS, lambda book: book.active.conditional_formatting.add(cells, rule)))
    assert found.ids == OTHERS
    assert [(one.where, one.why) for one in found.rejected] == [("row 3", CONDITIONAL)]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ("A2:B9", FormulaRule(formula=['$B3="B"'], font=Font(color="FF9C0006"), fill=PatternFill(bgColor="FFFFC7CE"))),
        ("A2:B9", FormulaRule(formula=["ISERROR(A2)"], font=WHITE)),
        ("A2:B9", CellIsRule("equal", ["0"], font=WHITE)),
        ("B2:B9", FormulaRule(formula=['$B3="B"'], font=WHITE)),
        ("A2:B9", FormulaRule(formula=['$B3="B"'], font=WHITE, fill=PatternFill(bgColor="FFFF0000"))),
    ],
)
def test_a_rule_that_hides_no_number_changes_nothing(cells: str, rule: Rule) -> None:
    found = read_file(book_of(LEADS, lambda book: book.active.conditional_formatting.add(cells, rule)))
    assert found.ids == (167000, 167004, 167001, 167009)


def test_a_rule_over_whole_columns_says_so_once_for_each_row() -> None:
    rule = FormulaRule(formula=['$B1="done"'], font=STRIKE)
    found = read_file(book_of(LEADS, lambda book: book.active.conditional_formatting.add("A1:B1048576", rule)))
    assert not found.ids
    assert found.not_taken == 4


LIST = (
    '<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" xmlns:p="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    '<p:conditionalFormattings><p:conditionalFormatting xmlns:m="http://schemas.microsoft.com/office/excel/2006/main">RULES'
    "<m:sqref>D9 A3:A3</m:sqref></p:conditionalFormatting></p:conditionalFormattings></ext></extLst>"
)
OTHER_SHEET = '<p:cfRule type="expression" priority="1" id="{1}"><m:f>Other!$A3="B"</m:f><p:dxf>FORM</p:dxf></p:cfRule>'


def with_list(rules: str) -> bytes:
    """A workbook with rules in the list of extensions, as Excel writes those that look at another sheet."""

    def add(name: str, part: bytes) -> bytes:
        end = LIST.replace("RULES", rules).encode() + b"</worksheet>"
        return part.replace(b"</worksheet>", end) if name.startswith("xl/worksheets/") else part

    return rewritten(book_of(LEADS), add)


@pytest.mark.parametrize(
    "rules",
    [
        *(OTHER_SHEET.replace("FORM", form) for form in (
            '<font><color rgb="FFFFFFFF"/></font>', '<font><color theme="0"/></font>', "<font><strike/></font>",
            '<numFmt numFmtId="170" formatCode=";;;"/>', f'<border>{"<left/>" * 20_000}</border>',
            '<font><color rgb="FFFFC7CE"/></font><fill><patternFill><bgColor rgb="FFFFC7CE"/></patternFill></fill>')),
        OTHER_SHEET.replace("FORM", '<font><color rgb="FF9C0006"/></font>') + OTHER_SHEET.replace("FORM", "<font><strike/></font>"),
        '<p:cfRule type="iconSet" id="{1}"><p:iconSet iconSet="3Stars" showValue="0"><p:cfvo type="percent"/></p:iconSet></p:cfRule>',
        '<p:cfRule type="dataBar" id="{1}"><p:dataBar showValue="false"/></p:cfRule>',
    ],
)  # fmt: skip
def test_what_a_rule_of_the_newer_list_may_hide_is_not_taken(rules: str) -> None:
    found = read_file(with_list(rules))
    assert found.ids == OTHERS
    assert [(one.where, one.why) for one in found.rejected] == [("row 3", CONDITIONAL)]


@pytest.mark.parametrize(
    "rules",
    [
        OTHER_SHEET.replace("FORM", '<font><color rgb="FF9C0006"/></font>'),
        OTHER_SHEET.replace("FORM", ""),
        OTHER_SHEET.replace("FORM", '<font><color rgb="FFFFFFFF"/></font>').replace('Other!$A3="B"', "ISERROR(A3)"),
        '<p:cfRule type="iconSet" id="{1}"><p:iconSet iconSet="3Stars"><p:cfvo type="percent"/></p:iconSet></p:cfRule>',
        '<p:cfRule type="dataBar" id="{1}"><p:dataBar minLength="0" showValue="1"/></p:cfRule>',
    ],
)
def test_a_rule_of_the_newer_list_that_hides_no_number_changes_nothing(rules: str) -> None:
    assert read_file(with_list(rules)).ids == (167000, 167004, 167001, 167009)


def test_cells_of_a_rule_that_are_too_many_to_be_read_are_all_cells() -> None:
    rule = OTHER_SHEET.replace("FORM", "<font><strike/></font>")
    content = rewritten(with_list(rule), lambda _, part: part.replace(b"D9 A3:A3", b"D9 " * 5_000 + b"A3"))
    assert not read_file(content).ids


@pytest.mark.parametrize("rule", [DataBarRule("min", None, "max", None, "FF638EC6", showValue=False), IconSetRule(
    "3Arrows", "percent", [0, 33, 67], showValue=False)])  # fmt: skip
def test_a_bar_or_a_symbol_instead_of_the_number_hides_it(rule: Rule) -> None:
    found = read_file(book_of(LEADS, lambda book: book.active.conditional_formatting.add("A3", rule)))
    assert (found.ids, [one.why for one in found.rejected]) == (OTHERS, [CONDITIONAL])
