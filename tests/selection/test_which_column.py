"""Where two columns could hold the lead ids, files, pasted tables and frames alike are refused; the error names both."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.selection.odd_ids import KnownIds
from cvtr_widgets.selection.select import Selection, parse_ids, read_file

Rows = list[list[Any]]


def from_file(rows: Rows) -> Selection:
    return read_file("\n".join(",".join(map(str, row)) for row in rows).encode())


def from_frame(rows: Rows) -> Selection:
    return cvtr.select(pd.DataFrame(rows[1:], columns=rows[0]))


def from_text_of_a_frame(rows: Rows) -> Selection:
    return cvtr.select(pd.read_csv(io.StringIO("\n".join(",".join(map(str, row)) for row in rows)), dtype=str))


WAYS = pytest.mark.parametrize("way", [from_file, from_frame, from_text_of_a_frame])
Way = Callable[[Rows], Selection]
OTHERS = [
    "Lead", "Lead Ref", "Your Lead ID", "CVTR Lead ID", "Convertr Lead", "Lead ID in CVTR", "Lead-ID (System)", "LeadID2", "Lead ID.1",
    "CVTR", "convertr_reference", "Old lead", "Lead ID", "Lead score", "leadGeneratorId",
]  # fmt: skip


@WAYS
@pytest.mark.parametrize("name", OTHERS)
def test_a_mere_id_beside_a_name_that_speaks_of_leads_is_asked_about(way: Way, name: str) -> None:
    with pytest.raises(ColumnUnclear) as caught:
        way([["ID", name, "Name"], [144064, 167457, "Bo"], [144065, 167458, "Al"]])
    assert set(caught.value.columns) == {"ID", name}
    assert name in str(caught.value)


@WAYS
@pytest.mark.parametrize("name", ["Lead", "Lead Ref", "CVTR Lead"])
@pytest.mark.parametrize("cell", ["n/a", "L-167457", "1.67E+05"])
def test_a_cell_that_is_no_id_does_not_make_the_other_column_harmless(way: Way, name: str, cell: str) -> None:
    with pytest.raises(ColumnUnclear, match=name):
        way([["ID", name], [144064, cell], [144065, 167458]])


@WAYS
@pytest.mark.parametrize("name", ["CVTR ID", "Convertr ID", "Convertr reference", "Lead ID.1", "Your Lead ID", "ID", "@id"])
def test_two_id_columns_that_differ_in_one_row_are_asked_about(way: Way, name: str) -> None:
    with pytest.raises(ColumnUnclear, match="Lead ID"):
        way([["Lead ID", name], [167457, 167457], [167458, 167459], [167460, "n/a"]])


@WAYS
@pytest.mark.parametrize("name", ["CVTR ID", "Lead ID.1", "ID", "Lead"])
def test_columns_that_agree_are_taken(way: Way, name: str) -> None:
    assert way([["Lead ID", name], [167457, 167457], [167458, 167458]]).ids == (167457, 167458)


@WAYS
@pytest.mark.parametrize("name", ["Lead name", "Lead email", "Lead status", "Lead owner", "Lead phone", "Lead Postcode"])
def test_what_a_lead_has_besides_its_id_is_no_other_column_of_ids(way: Way, name: str) -> None:
    held = [447911123456, 447911123457] if "phone" in name else ["x", "y"]
    assert way([["ID", name], [167457, held[0]], [167458, held[1]]]).ids == (167457, 167458)


@WAYS
def test_names_that_say_something_else_take_nothing_from_a_plain_lead_id(way: Way) -> None:
    rows = [
        ["Lead ID", "Lead cost", "Lead Generator ID", "Campaign ID"],
        [167457, 20, 155001, 44064],
        [167458, 25, 155002, 44064],
    ]
    assert way(rows).ids == (167457, 167458)


@WAYS
@pytest.mark.parametrize(
    "names", [["Leads"], ["Leads delivered"], ["Valid leads"], ["Leads (March)"], ["Delivered", "Returned"], ["Accepted"]]
)
def test_beside_counts_a_mere_id_is_none_of_leads(way: Way, names: list[str]) -> None:
    with pytest.raises(ColumnUnclear, match="counts"):
        way([["ID", *names], [144064, *(12 for _ in names)], [144065, *(0 for _ in names)]])


@WAYS
def test_marks_of_yes_and_no_are_no_counts(way: Way) -> None:
    assert way([["ID", "Returned"], [167457, 1], [167458, 0]]).ids == (167457, 167458)


@pytest.mark.parametrize("title", ["Campaign,,", "Campaigns,,", "Campaigns of March,,", ",Supplier list,", "Our clients,,"])
def test_a_title_of_something_else_makes_a_mere_id_unclear(title: str) -> None:
    with pytest.raises(ColumnUnclear, match="is called"):
        read_file(f"{title}\nID,Name,Status\n144064,A,live\n".encode())
    assert read_file(f"{title}\nLead ID,Name,Status\n167457,A,live\n".encode()).ids == (167457,)


@pytest.mark.parametrize("title", ["Leads of campaign Acme,,", "Report of March,,", "Campaign: Acme,,", "Campaign ID,44064,"])
def test_a_title_that_says_what_the_leads_are_of_does_not(title: str) -> None:
    assert read_file(f"{title}\nID,Name,Email\n167457,A,a@acme.com\n".encode()).ids == (167457,)


@WAYS
@pytest.mark.parametrize(
    "names", [["Name"], ["Name", "Status"], ["Status"], ["Title", "Type", "Active"], ["Bezeichnung"], ["NAME", "state"]]
)
def test_a_mere_id_of_which_the_other_columns_say_nothing_is_asked_about(way: Way, names: list[str]) -> None:
    rows = [["ID", *names], [144064, *("live" for _ in names)], [144065, *("Test" for _ in names)]]
    with pytest.raises(ColumnUnclear, match=f"“ID” stands beside nothing but “{names[0]}”") as caught:
        way(rows)
    assert caught.value.columns == ("ID",)
    assert all(f"“{name}”" in str(caught.value) for name in names)
    assert way([["Lead ID", *names], *rows[1:]]).ids == way([["lead_id", *names], *rows[1:]]).ids == (144064, 144065)


@WAYS
@pytest.mark.parametrize(
    "others",
    [
        [("Email", "a@acme.com"), ("Name", "A")], [("First name", "A")], [("Company", "A")], [("Campaign", "A"), ("Status", "live")],
        [("Status", "Valid")], [("Name", "A"), ("Status", "invalid")], [("Name", "A"), ("Delivery", "Delivered")], [("Reason", "dup")],
        [("Created", "2024-03-01"), ("Status", "live")], [],
    ],
)  # fmt: skip
def test_a_mere_id_beside_what_leads_have_is_a_leads(way: Way, others: list[tuple[str, str]]) -> None:
    rows = [["ID", *(name for name, _ in others)], *([one, *(cell for _, cell in others)] for one in (167457, 167458))]
    assert way(rows).ids == (167457, 167458)


def test_a_mere_id_beside_a_name_is_a_leads_where_it_is_known_to_be(tmp_path: Path) -> None:
    text = "ID,Name,Status\n167457,A,live\n167458,B,live\n"
    (tmp_path / "list.csv").write_text(text)
    ways: list[Callable[[KnownIds], Selection]] = [
        lambda known: read_file(text.encode(), known=known),
        lambda known: cvtr.select(tmp_path / "list.csv", known=known),
        lambda known: cvtr.select(text.replace(",", "\t"), known=known),
        lambda known: cvtr.select(pd.DataFrame({"ID": [167457, 167458], "Name": ["A", "B"]}), known=known),
        lambda known: parse_ids(text.replace(",", "\t"), known=known),
        lambda known: cvtr.select('[{"id": 167457, "name": "A"}, {"id": 167458, "name": "B"}]', known=known),
    ]
    for way in ways:
        assert way(KnownIds(leads={167457, 167458, 5}.intersection)).ids == (167457, 167458)
        for known in ({167457}, {155001}):
            assert "stands beside nothing but" in refusal(way, KnownIds(leads=known.intersection))


def refusal(way: Callable[[KnownIds], Selection], known: KnownIds) -> str:
    try:
        found = way(known)
    except SelectionError as error:
        return str(error)
    assert not found.ids
    return found.rejected[0].why


def test_a_title_that_denies_counts_for_known_leads_as_well() -> None:
    with pytest.raises(ColumnUnclear, match="Do not return"):
        read_file(b"Do not return\nID,Name\n167457,A\n", known=KnownIds(leads=frozenset))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Ann;447911123456\nBo;447911123457\n", "telephone"),
        ("447911123456\n447911123457\n", "telephone"),
        ("1.67457E+05,144064,Ann\n1.67458E+05,144065,Bo\n", "column 1"),
        ("L-167457,144064\nL-167458,144065\n", "column 1"),
        ("Ann,144064,#A167457\nBo,144065,#A167458\n", "column 3"),
    ],
)
def test_without_a_header_the_last_column_left_is_not_taken_for_the_ids(text: str, word: str) -> None:
    with pytest.raises(SelectionError, match=word):
        read_file(text.encode())


def test_an_index_of_lead_ids_counts_as_a_column() -> None:
    frame = pd.DataFrame({"ID": [144064, 144065]}, index=pd.Index([167457, 167458], name="Lead ID"))
    with pytest.raises(ColumnUnclear) as caught:
        cvtr.select(frame)
    assert caught.value.columns == ("Lead ID", "ID")
    assert cvtr.select(frame, column="Lead ID").ids == (167457, 167458)


@pytest.mark.parametrize("text", ["Lead ID\n16,74,571\n16,74,572\n", "Name,Lead ID\nA,16,74,571\nB,16,74,572\n"])
def test_separators_within_ids_are_named_as_the_cause(text: str) -> None:
    with pytest.raises(SelectionError, match="separators within its number"):
        read_file(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "Lead ID\tCVTR ID\n167457\t167458\n",
        "ID\tLead Ref\n144064\t167457\n",
        "ID;Lead\n144064;167457\n144065;167458\n",
        "Do not return these\nLead ID\tName\n167457\tA\n",
    ],
)
def test_a_pasted_table_that_is_unclear_ends_a_script_and_gives_the_panel_nothing(text: str) -> None:
    with pytest.raises(ColumnUnclear):
        cvtr.select(text)
    found = parse_ids(text)
    assert not found.ids
    assert found.rejected


def test_a_pasted_table_in_which_another_column_may_be_meant_ends_a_script() -> None:
    with pytest.raises(SelectionError, match="Foo"):
        cvtr.select("Lead ID,Foo\n167457,167460\n")


@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_the_column_of_a_pasted_table_can_be_chosen(mark: str) -> None:
    text = f"Lead ID{mark}Replaced{mark}Lead (ID)\n167457{mark}167999{mark}167998\n"
    assert cvtr.select(text, column="Replaced").ids == (167999,)
    assert cvtr.select(text, column="Lead (ID)").ids == (167998,)
    assert cvtr.select(text, column="Lead (ID)").counts == {"typed": 1}
    with pytest.raises(SelectionError, match="There is no column “Foo”"):
        cvtr.select(text, column="Foo")


def test_a_column_of_a_list_without_columns_is_not_ignored() -> None:
    with pytest.raises(SelectionError, match="There is no column “Lead ID”"):
        cvtr.select("167457, 167458", column="Lead ID")
