"""Rows below a header that are no leads to take: below another heading, below one that says *not*, and totals."""

from __future__ import annotations

import io

import openpyxl
import pytest

from cvtr_widgets.errors import ColumnUnclear
from cvtr_widgets.selection.select import Selection, parse_ids, read_file


def as_book(text: str) -> bytes:
    book = openpyxl.Workbook()
    for line in text.splitlines():
        book.active.append([int(c) if c.isdigit() else c or None for c in line.split(",")])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def both_ways(text: str) -> list[Selection]:
    return [read_file(text.encode()), read_file(as_book(text))]


NOT = [
    "Do not return:", "Do not return", "Not returned", "Excluded", "Keep:", "Please don't return these", "Without these", "Nicht zurückgeben",
]  # fmt: skip


@pytest.mark.parametrize("words", NOT)
@pytest.mark.parametrize("gap", ["", ",\n"])
@pytest.mark.parametrize("head", ["", "Lead ID,Name\n"])
def test_below_a_heading_that_says_not_nothing_is_taken(words: str, gap: str, head: str) -> None:
    for found in both_ways(f"Lead ID,Name\n167457,A\n{gap}{words},\n{head}167458,B\n167459,C\n"):
        assert found.ids == (167457,)
        assert found.not_taken == 2
        assert sum("may say that it is not meant" in r.why for r in found.rejected) >= 2


def test_the_heading_may_stand_in_another_column_and_a_list_may_have_one_column() -> None:
    for found in both_ways("Name,Lead ID\nA,167457\n,\nDo not return:,\nB,167458\n"):
        assert found.ids == (167457,)
    for found in both_ways("Lead ID\n167457\nDo not return:\n167458\n"):
        assert found.ids == (167457,)


@pytest.mark.parametrize("words", ["Do not return these,", "Excluded,", "Keep,"])
def test_a_title_above_the_table_that_says_not_is_asked_about(words: str) -> None:
    for content in (f"{words}\nLead ID,Name\n167457,A\n".encode(), as_book(f"{words}\nLead ID,Name\n167457,A\n")):
        with pytest.raises(ColumnUnclear, match="not meant"):
            read_file(content)
        assert read_file(content, column="Lead ID").ids == (167457,)


def test_lead_ids_may_begin_again_below_a_block_that_says_not() -> None:
    for found in both_ways("Lead ID,Name\n167457,A\n,\nExcluded,\n167458,B\n,\nLead ID,Name\n167459,C\n"):
        assert found.ids == (167457, 167459)


@pytest.mark.parametrize("cell", ["no id", "n/a", "none", "abc"])
def test_a_row_without_an_id_ends_nothing(cell: str) -> None:
    for found in both_ways(f"Lead ID,Name\n167457,A\n{cell},B\n167458,C\n"):
        assert found.ids == (167457, 167458)


@pytest.mark.parametrize(
    "head",
    [
        "Supplier ID,Name",
        "Vendor ID,Name",
        "Vendor,Name",
        "Replacement ID,Name",
        "Reseller,Firm",
        "Supplier ID,Firm",
        "Suppliers,",
    ],
)
@pytest.mark.parametrize("gap", [",\n", ""])
def test_a_second_block_under_another_heading_is_not_taken_and_counted(head: str, gap: str) -> None:
    if head == "Reseller,Firm" and not gap:
        return  # words that nothing tells from a row without an id
    for found in both_ways(f"Lead ID,Name\n167457,A\n167458,B\n{gap}{head}\n155001,X\n155002,Y\n"):
        assert found.ids == (167457, 167458)
        assert found.not_taken == 2


def test_a_mere_id_below_the_title_of_something_else_begins_no_leads() -> None:
    for found in both_ways("Lead ID,Name\n167457,A\n,\nCampaigns,\nID,Name\n144064,X\n"):
        assert found.ids == (167457,)


def test_the_same_header_below_the_name_of_a_group_goes_on() -> None:
    for found in both_ways("Lead ID,Name\n167457,A\n,\nAcme,\nLead ID,Name\n167458,B\n"):
        assert found.ids == (167457, 167458)


def test_a_heading_of_something_else_in_a_list_of_one_column() -> None:
    for text in (
        "Lead ID\n167457\nCampaign ID\n144064\n",
        "Lead ID\n167457\nAnnual revenue\n250000\n",
        "Lead ID\n167457\n\nVendor\n155001\n",
    ):
        assert read_file(text.encode()).ids == (167457,)


SUBTOTALS = "Company,Lead ID,Payout\nAcme,51000,10\nAcme,62000,12\n{}\nBeta,71000,11\nBeta,82000,13\n{}\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Acme Total,113000,22", "Beta Total,153000,24"),
        ("Acme Count,2,22", "Beta Count,2,24"),
        ("Acme Average,56500,11", "Beta Average,76500,12"),
        ("2 leads,113000,22", "2 leads,153000,24"),
        ("All,113000,22", "All,153000,24"),
        ("Sales total,57000,22", "Sales total,77000,24"),
        ("Acme Max,61999,9", "Beta Max,81999,9"),
        ("Acme,113000,", "Beta,153000,"),
    ],
)
def test_a_row_whose_numbers_sum_up_those_above_it_is_no_lead(first: str, second: str) -> None:
    for found in both_ways(SUBTOTALS.format(first, second)):
        assert found.ids == (51000, 62000, 71000, 82000)
        assert all("no lead" in r.why or "not a lead" in r.why for r in found.rejected)


def test_the_sum_of_the_whole_table_in_its_last_row() -> None:
    for found in both_ways("Lead ID,Payout,Name\n167457,5,A\n167458,5,B\n334915,10,All\n"):
        assert found.ids == (167457, 167458)


@pytest.mark.parametrize("name", ["Petrol Total", "Jean Count", "Total Energies"])
def test_a_company_with_such_a_name_is_a_lead(name: str) -> None:
    for found in both_ways(
        f"Company,Lead ID,Payout\nA,167457,10\nB,167458,10\n{name},167459,10\nC,167460,5\nD,167461,5\nE,167462,5\n"
    ):
        assert 167459 in found


@pytest.mark.parametrize("head", ["Reason for return", "Client comment", "Client feedback", "Return reason", "rejectionNote"])
def test_columns_with_reasons_and_comments_are_named(head: str) -> None:
    assert any(n.startswith(f"{head} is there for each lead") for n in read_file(f"Lead ID,{head}\n167457,x\n".encode()).notes)


def test_a_decimal_zero_below_a_single_name() -> None:
    assert read_file(b"Lead ID\n167457,0\n167458,00\n").ids == (167457, 167458)


@pytest.mark.parametrize("text", ["Lead ID\tScore\n", "Lead ID\tScore", "Lead ID,Name\n"])
def test_a_pasted_header_without_rows_is_reported(text: str) -> None:
    found = parse_ids(text)
    assert not found.ids
    assert any("no row below the header" in note for note in found.notes)
