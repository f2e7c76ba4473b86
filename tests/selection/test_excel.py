"""Workbooks: sheets, numbers, dates, what Excel hides."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.frames.export import to_excel
from cvtr_widgets.selection.select import read_file


def workbook(*sheets: list[list[Any]], titles: tuple[str, ...] = ("One", "Two", "Three"), change: Any = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in zip(titles, sheets, strict=False):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


EXPORT = [
    ["Leads report"], ["Created", date(2024, 4, 19)], ["Campaign ID", 44064], ["Total leads", 5], [],
    [None, "Id", "Name", "Telephone"],
    [None, 11001, "A", 447911123456],
    [None, "53284", "B", None],
    [],
    [None, 11003.0, "C", None],
    [None, 1.23e8, "D", None],
    [None, "1.23E+08", "E", None],
    [None, date(2024, 4, 19), "F", None],
    [None, True, "G", None],
    [None, 12.5, "H", None],
    [None, 11001, "A", None],
    [None, 1234567890123456, "I", None],
    [None, "1234567890123456", "J", None],
    ["Total", 298, None, None],
]  # fmt: skip


def test_what_an_export_holds() -> None:
    found = read_file(workbook(EXPORT), include_odd=True)
    assert found.ids == (11001, 53284, 11003, 123000000, 1234567890123456)
    assert found.duplicates == 1
    assert [r.where for r in found.rejected] == ["row 12", "row 13", "row 14", "row 15", "row 17", "row 19"]
    for rejected, word in zip(found.rejected, ["damaged", "date", "True", "fraction", "15 digits", "Total"], strict=True):
        assert word in rejected.why
    assert found.given == 12


def test_the_sheet_is_told() -> None:
    ids = [["Lead ID"], [11001]]
    found = read_file(workbook([["Notes"], ["hello"]], ids, [["Id"], [5]]))
    assert found.ids == (11001,)
    assert "The sheet “Two” was read." in found.notes
    assert any("Three" in n and "Not read" in n for n in found.notes)
    assert read_file(workbook([["x"]], ids, [["Id"], [5]]), sheet="Three").ids == (5,)
    with pytest.raises(SelectionError, match="One, Two"):
        read_file(workbook([["x"]], ids), sheet="Four")


def test_a_header_counts_for_more_than_a_look() -> None:
    assert read_file(workbook([[1], [2]], [["Lead ID"], [11001]])).ids == (11001,)


def test_hidden_sheets_and_rows_are_not_taken() -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book["One"].sheet_state = "hidden"
        book["Two"].row_dimensions[3].hidden = True

    found = read_file(workbook([["Lead ID"], [1]], [["Lead ID"], [11001], [11002], [11003]], change=hide))
    assert found.ids == (11001, 11003)
    assert [(r.where, r.text) for r in found.rejected] == [("row 3", "11002")]
    assert "hides" in found.rejected[0].why
    assert any("One" in n and "hides" in n for n in found.notes)


def test_formulas_never_calculated_are_told() -> None:
    found = read_file(workbook([["Lead ID", "x"], ["=A3+1", 1], [11002, 1]]))
    assert found.ids == (11002,)
    assert "formula" in found.rejected[0].text
    assert any("no stored result" in n for n in found.notes)


def test_without_ids_it_is_refused_with_its_columns() -> None:
    with pytest.raises(SelectionError, match="Campaign ID, Name"):
        read_file(workbook([["Campaign ID", "Name"], [44064, "A"]]))
    with pytest.raises(SelectionError, match="It is empty"):
        read_file(workbook([]))


def test_a_wrong_extent_in_the_file_loses_nothing() -> None:
    content = workbook([["Lead ID"], [11001], [11002]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:A3"', b'ref="A1"'))
    assert read_file(out.getvalue()).ids == (11001, 11002)


def test_damaged_in_many_ways() -> None:
    content = workbook(EXPORT)
    for cut in (30, 200, len(content) // 2, len(content) - 30):
        with pytest.raises(SelectionError):
            read_file(content[:cut])
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, b"<oops" if name == part else old.read(name))
        with pytest.raises(SelectionError, match="damaged"):
            read_file(out.getvalue())


@pytest.mark.parametrize(
    ("inside", "word"), [("xl/workbook.bin", "xlsb"), ("content.xml", "OpenDocument"), ("a.txt", "zip archive")]
)
def test_other_archives(inside: str, word: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(inside, "x")
    with pytest.raises(SelectionError, match=word):
        read_file(out.getvalue())


def test_notes_beside_a_table_move_nothing() -> None:
    """Somebody has written beside the table; rows are of unequal length then."""

    def unsized(book: openpyxl.Workbook) -> None:
        book.active.cell(2, 3, "call back")
        book.active.cell(4, 5, "x")

    found = read_file(workbook([["Lead ID", "Name"], [11, "Bob"], [12, "Ann"], [13, "Cid"]], change=unsized), name="notes.xlsx")
    assert found.ids == (11, 12, 13)
    assert not found.rejected


def rewritten(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook whose parts are other bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def prefixed(name: str, part: bytes) -> bytes:
    """The same XML with a prefix before each element, and single quotes."""
    if not name.startswith("xl/worksheets/sheet"):
        return part
    part = re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", part).replace(b"xmlns=", b"xmlns:x=")
    return part.replace(b'"', b"'")


def strict(_name: str, part: bytes) -> bytes:
    """Strict Open XML has namespaces of its own."""
    new = b"http://purl.oclc.org/ooxml/"
    part = part.replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", new + b"spreadsheetml/main")
    return part.replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships", new + b"officeDocument/relationships"
    )


def empty_fill(name: str, part: bytes) -> bytes:
    return re.sub(rb"<fill>.*?</fill>", b"<fill/>", part) if name == "xl/styles.xml" else part


def hide(book: openpyxl.Workbook) -> None:
    book["One"].row_dimensions[3].hidden = True
    book["One"]["A4"].font = Font(strike=True)


@pytest.mark.parametrize("change", [prefixed, strict, empty_fill])
def test_a_workbook_is_read_as_excel_shows_it_however_its_xml_is_written(change: Callable[[str, bytes], bytes]) -> None:
    rows = [["Lead ID", "Score"], [11001, 1], [11002, 2], [11003, 3], [11004, 4]]
    found = read_file(rewritten(workbook(rows, change=hide), change))
    assert found.ids == (11001, 11004)
    assert [r.where for r in found.rejected] == ["row 3", "row 4"]


def test_the_totals_row_of_a_table_is_no_lead() -> None:
    def total(book: openpyxl.Workbook) -> None:
        table = Table(displayName="Leads", ref="A1:B5", totalsRowCount=1)
        table._initialise_columns()
        book["One"].add_table(table)

    found = read_file(workbook([["Lead ID", "Score"], [11001, 1], [11002, 2], [11003, 3], [11050, 6]], change=total))
    assert found.ids == (11001, 11002, 11003)


def test_a_hidden_column_is_asked_about() -> None:
    def column(book: openpyxl.Workbook) -> None:
        book["One"].column_dimensions["A"].hidden = True

    with pytest.raises(ColumnUnclear, match="is hidden in Excel"):
        read_file(workbook([["Lead ID", "Score"], [11001, 1]], change=column))


@pytest.mark.parametrize("text", ["_x0041_", "_x005F_x0041_", "a_x000D_b"])
def test_an_escape_in_a_text_goes_out_and_comes_in_as_that_text(text: str) -> None:
    content = to_excel(pd.DataFrame({"Lead ID": ["11001", text]}))
    assert isinstance(content, bytes)
    assert [r.text for r in read_file(content).rejected] == [text]
