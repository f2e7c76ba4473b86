"""Workbooks: formulas that work something out, cells that are not shown, merged cells, and which sheet is meant."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pandas as pd
import pytest

from cvtr_widgets.errors import ColumnUnclear, SelectionError, SheetUnclear
from cvtr_widgets.frames import export
from cvtr_widgets.selection.excel_formulas import totals_its_column, works_out
from cvtr_widgets.selection.select import Selection, read_file, select

Rows = list[list[Any]]


def book_of(
    rows: Rows, change: Callable[[Any], None] = lambda _: None, formulas: dict[str, tuple[str, int]] | None = None
) -> bytes:
    """A workbook; ``formulas``: cell -> the formula and the result that Excel has stored for it, which openpyxl does not write."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book)
    for cell, (formula, _) in (formulas or {}).items():
        book.active[cell] = f"={formula}"
    out, done = io.BytesIO(), io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(done, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                for formula, result in (formulas or {}).values():
                    written = formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                    part = part.replace(f"<f>{written}</f><v />", f"<f>{written}</f><v>{result}</v>")
                    part = part.replace(f"<f>{written}</f><v></v>", f"<f>{written}</f><v>{result}</v>")
                    part = part.replace(f"<f>{written}</f><v/>", f"<f>{written}</f><v>{result}</v>")
            new.writestr(name, part)
    return done.getvalue()


LEADS: Rows = [["Lead ID", "Name"], [167000, "A"], [167004, "B"], [167001, "C"], [167009, "D"]]


@pytest.mark.parametrize(
    "formula",
    [
        "MEDIAN(A2:A5)", "LARGE(A2:A5,2)", "MODE(A2:A5)", "QUARTILE(A2:A5,1)", "A2+A3", "SUM(A2,A3)", "AVERAGE(Leads[Lead ID])",
        "MAX(Leads[Lead ID])", "AVERAGE(A:A)", "SUM(Data!A2:A50)", "SUBTOTAL(9,A2:A5)", "SUM($A$2:$A$5)", "COUNTA(B2:B5)",
        "_xlfn.PERCENTILE.INC(A2:A5,0.5)", "ROUND(AVERAGE(A2:A5),0)", "SOMETHING(A2:A5)",
    ],
)  # fmt: skip
def test_what_a_formula_works_out_of_several_cells_is_no_lead(formula: str) -> None:
    found = read_file(book_of([*LEADS, [None, "x"]], formulas={"A6": (formula, 167003)}))
    assert found.ids == (167000, 167004, 167001, 167009)
    assert found.rejected[-1].text == "167003"
    assert "formula" in found.rejected[-1].why or "totals" in found.rejected[-1].why


@pytest.mark.parametrize(
    "formula",
    [
        "COUNTIF(Old!$A$2:$A$5,A{row})", "SUMIF(Prices!$A$2:$A$4,A{row},Prices!$B$2:$B$4)", "SUBTOTAL(103,$A$2:A{row})",
        "MAX($H$1:$H$3)", "COUNTIF(A$2:A$9,A{row})", "SUM(D{row}:F{row})", "ROWS(A$2:A{row})", "MAX(C$1:C1)+1",
    ],
)  # fmt: skip
def test_a_formula_in_another_column_makes_no_row_a_total(formula: str) -> None:
    rows = [[*row, None] for row in LEADS]
    rows[0][2] = "Checked"
    formulas = {f"C{n}": (formula.format(row=n), n) for n in range(2, 6)}
    found = read_file(book_of(rows, formulas=formulas))
    assert found.ids == (167000, 167004, 167001, 167009)
    assert not found.rejected


@pytest.mark.parametrize(
    "formula", ["Data!A2", "INDEX(Data!A2:A9,3)", "VLOOKUP(B6,Data!A2:B9,2,FALSE)", 'IF(B6="x",Data!A5,0)', "A5+1"]
)
def test_a_formula_that_gives_one_cell_gives_a_lead(formula: str) -> None:
    found = read_file(book_of([*LEADS, [None, "x"]], formulas={"A6": (formula, 167003)}))
    assert found.ids[-1] == 167003


def test_the_sum_of_its_own_column_makes_a_row_one_of_totals() -> None:
    rows = [[*row, 5] for row in LEADS]
    rows[0][2] = "Payout"
    found = read_file(book_of([*rows, [167123, "all", None]], formulas={"C6": ("SUM(C2:C5)", 20)}))
    assert found.ids == (167000, 167004, 167001, 167009)
    assert "totals" in found.rejected[-1].why


def test_what_formulas_say() -> None:
    assert works_out("SUM(A2:A9)", 0)
    assert not works_out('"SUM(A2:A9)"&B2', 0)
    assert not works_out("B2+C2", 0)
    assert totals_its_column("SUBTOTAL(109,AB2:AB9)", 27)
    assert not totals_its_column("SUM(B2:B9)", 0)
    assert not totals_its_column("SUM(Old!A2:A9)", 0)


@pytest.mark.parametrize("form", [";;;", ";;", ";;;@", '"";"";""'])
def test_a_number_that_its_format_hides_is_not_taken(form: str) -> None:
    def hide(book: Any) -> None:
        book.active["A3"].number_format = form

    found = read_file(book_of(LEADS, hide))
    assert found.ids == (167000, 167001, 167009)
    assert "number format" in found.rejected[0].why


@pytest.mark.parametrize("form", ["0;-0;;@", "#,##0", "0;;", "@"])
def test_a_number_that_its_format_shows_is(form: str) -> None:
    def show(book: Any) -> None:
        book.active["A3"].number_format = form

    assert read_file(book_of(LEADS, show)).ids == (167000, 167004, 167001, 167009)


def test_a_merged_id_is_one_lead() -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("A2:A4")

    found = read_file(book_of([["Lead ID", "Note"], [167000, "a"], [None, "b"], [None, "c"], [167001, "d"], [None, "e"]], merge))
    assert found.ids == (167000, 167001)
    assert found.not_taken == 1
    assert sum("merged" in r.why for r in found.rejected) == 2


def sheets(**rows: Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, held in rows.items():
        sheet = book.create_sheet(title.replace("_", " "))
        for row in held:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CAMPAIGNS: Rows = [["ID", "Name"], [144064, "x"], [144065, "y"]]
IDS: Rows = [["ID", "Name"], [167457, "x"]]
MAILED: Rows = [["ID", "Email"], [167457, "x@acme.com"]]
PLAIN: Rows = [["Lead ID", "Name"], [167457, "x"], [167458, "y"]]
OTHER: Rows = [["Lead ID", "Name"], [167459, "x"]]
UNCLEAR: Rows = [["Lead ID", "CVTR ID"], [167459, 167460]]


def read(**rows: Rows) -> Selection:
    return read_file(sheets(**rows))


@pytest.mark.parametrize(
    "book",
    [
        {"Campaigns": CAMPAIGNS, "Leads": PLAIN}, {"List": CAMPAIGNS, "Leads": PLAIN}, {"Leads": PLAIN, "More": CAMPAIGNS},
        {"Do_not_return": OTHER, "Return": PLAIN}, {"Excluded": OTHER, "Leads": PLAIN}, {"Keep": UNCLEAR, "Leads": PLAIN},
        {"Campaigns": [["ID", "Leads"], [144064, 5]], "Leads": PLAIN}, {"Notes": [["hello"]], "Leads": PLAIN},
    ],
)  # fmt: skip
def test_the_only_sheet_with_lead_ids_is_read(book: dict[str, Rows]) -> None:
    assert read(**book).ids == (167457, 167458)


@pytest.mark.parametrize(
    ("book", "named"),
    [
        ({"A": PLAIN, "B": OTHER}, ("A", "B")),
        ({"A": MAILED, "B": MAILED}, ("A", "B")),
        ({"A": PLAIN, "B": UNCLEAR}, ("A", "B")),
        ({"A": MAILED, "Leads": [["ID", "Lead Ref"], [1001, 167457]]}, ("A", "Leads")),
        ({"Do_not_return": PLAIN}, ("Do not return",)),
        ({"Excluded": PLAIN, "Notes": [["hello"]]}, ("Excluded",)),
        ({"Keep": PLAIN, "Not_returned": OTHER}, ("Keep", "Not returned")),
    ],
)
def test_where_two_sheets_could_be_meant_both_are_named(book: dict[str, Rows], named: tuple[str, ...]) -> None:
    with pytest.raises(SheetUnclear) as caught:
        read(**book)
    assert caught.value.sheets == named
    assert all(name in str(caught.value) for name in named)


ALL = [["Lead ID", "Name"], [167457, "Ann"], [167458, "Bo"], [167459, "Cy"]]


def test_a_workbook_of_ours_is_read_by_its_sheet_of_all() -> None:
    assert read(All=ALL, A=PLAIN, B=OTHER).ids == (167457, 167458, 167459)
    assert not any("Not read" in note for note in read(All=ALL, A=PLAIN, B=OTHER).notes)


@pytest.mark.parametrize(
    "book",
    [
        {"All": ALL, "Do_not_return": OTHER}, {"Leads": ALL, "Excluded": OTHER}, {"All": ALL, "Return": PLAIN, "Keep": OTHER},
        {"All": ALL, "Return": PLAIN}, {"Excluded": IDS, "Leads": PLAIN}, {"Leads": ALL, "A": PLAIN, "B": OTHER},
    ],
)  # fmt: skip
def test_a_sheet_of_all_is_not_taken_where_only_some_of_it_may_be_meant(book: dict[str, Rows]) -> None:
    with pytest.raises(SheetUnclear):
        read(**book)


def test_a_sheet_that_is_chosen_is_read_whatever_it_is_called() -> None:
    assert read_file(sheets(Do_not_return=OTHER, Return=PLAIN), sheet="Do not return").ids == (167459,)


def test_the_title_of_the_only_sheet_counts_as_one_above_its_table() -> None:
    with pytest.raises(ColumnUnclear, match="Campaigns"):
        read(Campaigns=CAMPAIGNS)


def test_the_error_says_how_to_choose_a_sheet_and_select_takes_it(tmp_path: Any) -> None:
    path = tmp_path / "two.xlsx"
    path.write_bytes(sheets(A=PLAIN, B=OTHER))
    with pytest.raises(SheetUnclear, match="sheet="):
        select(path)
    assert select(path, sheet="A").ids == (167457, 167458)
    assert select(str(path), sheet="B").ids == (167459,)
    for other in ("167457", [167457], pd.DataFrame({"lead_id": [167457]})):
        with pytest.raises(SelectionError, match="Only Excel files have sheets"):
            select(other, sheet="A")


VALUES = ["Nordic Leads", "No Limit Media", "Not Just Leads (UK) / Ireland & the Channel Islands", "Keep It Simple", None]
OURS = pd.DataFrame(
    {"publisher": [VALUES[n % 5] for n in range(10)], "score": range(10)}, index=pd.RangeIndex(167457, 167467, name="lead_id")
)


def test_a_workbook_of_ours_is_known_whatever_its_values_are_called() -> None:
    content = export.to_excel(OURS, by="publisher")
    assert set(read_file(content).ids) == set(OURS.index)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert "No Limit Media" in book.sheetnames


@pytest.mark.parametrize(
    "change",
    [
        lambda book: book.remove(book["Nordic Leads"]),
        lambda book: book["No Limit Media"].delete_rows(2),
        lambda book: setattr(book["All"], "title", "Everything"),
        lambda book: setattr(book["Keep It Simple"], "title", "Keep"),
        lambda book: setattr(book["Nordic Leads"], "title", "Do not return"),
        lambda book: book["No Limit Media"].append([167999, "No Limit Media", 3]),
        lambda book: setattr(book["Nordic Leads"], "sheet_state", "hidden"),
    ],
)
def test_a_workbook_of_ours_that_was_changed_is_not_taken_for_ours(change: Callable[[Any], Any]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export.to_excel(OURS, by="publisher")))
    change(book)
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(SheetUnclear):
        read_file(out.getvalue())
