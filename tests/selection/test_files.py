"""CSV files as people's Excel writes them."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.selection.select import read_file

ROWS = [["Campaign ID", "Lead ID", "Name", "Telephone"], ["44064", "11001", "Zoë Müller", "447911123456"], ["44064", "53284", "O'Neil; \"Bo\"", "02079460958"]]  # fmt: skip


def as_csv(rows: list[list[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_delimiters(delimiter: str, encoding: str, end: str) -> None:
    found = read_file(as_csv(ROWS, delimiter, end).encode(encoding))
    assert found.ids == (11001, 53284)
    assert found.column == "Lead ID"
    assert found.columns == ("Campaign ID", "Lead ID", "Name", "Telephone")
    assert found.counts == {"file": 2}


@pytest.mark.parametrize(
    "name",
    ["Id", "ID", "id", "Lead ID", "LEAD ID(S)", "leadId", "lead_id", "lead-id", "@id", " Lead Id ", "\u200bLead ID", "Lead"],
)
def test_names_of_the_id_column(name: str) -> None:
    found = read_file(
        as_csv([["campaign_id", name, "publisherId", "telephone", "postcode"], ["1", "11001", "3", "4", "5"]]).encode()
    )
    assert found.ids == (11001,)


@pytest.mark.parametrize(
    "name", ["Campaign ID", "publisher id", "leads", "Telephone", "Lead Generator", "Lead Status", "idx", "Order Id", "LeadHash"]
)
def test_names_that_are_not(name: str) -> None:
    with pytest.raises(SelectionError, match="Name"):
        read_file(as_csv([[name, "Name"], ["44064", "x"]]).encode())
    with pytest.raises(SelectionError):
        read_file(f"{name}\n44064\n44065\n".encode())


def test_the_more_explicit_column_counts_and_is_told() -> None:
    found = read_file(b"Id;Lead ID\n1;11001\n2;11002\n")
    assert found.ids == (11001, 11002)
    assert any("Id could also have been meant" in n for n in found.notes)


def test_two_columns_that_agree_or_not() -> None:
    assert read_file(b"@id,id\n/api/v4/leads/5,5\n").ids == (5,)
    with pytest.raises(SelectionError, match="differ"):
        read_file(b"@id,id\n/api/v4/leads/5,6\n")


def test_another_column_can_be_chosen() -> None:
    content = b"Id;My ref\n1;11001\n2;11002\n"
    assert read_file(content, column="my ref").ids == (11001, 11002)
    with pytest.raises(SelectionError, match="Id, My ref"):
        read_file(content, column="nope")
    assert read_file(b"5;44064\n6;44064\n", column="column 2").ids == (44064,)


EXPORT = """Leads report;;;
Created;19/04/2024;;
Campaign ID;44064;;
Total leads;3;;

;Id;Name;Payout
;11001;A;10,00

;11002;B;10,00
;11001;A;10,00
;1,23E+08;C;10,00
;;D;10,00
Total;4;;30,00
"""


def test_summary_blank_rows_duplicates_and_total() -> None:
    found = read_file(EXPORT.encode())
    assert found.ids == (11001, 11002)
    assert found.duplicates == 1
    assert [(r.where, r.text) for r in found.rejected] == [("line 11", "1,23E+08"), ("line 12", ""), ("line 13", "4")]
    assert "damaged by Excel" in found.rejected[0].why
    assert "no lead id" in found.rejected[1].why
    assert "Total" in found.rejected[2].why
    assert found.given == 6
    assert any("4 lines above the header" in n for n in found.notes)


@pytest.mark.parametrize(
    "last", ["Total;298", "Grand Total;298", ";Total", ";Total: 298", "Total leads;298", "Summe;298", "TOTAL:;298"]
)
def test_totals_are_no_leads(last: str) -> None:
    found = read_file(f"Name;Lead ID\nA;11001\nB;11002\n{last}\n".encode())
    assert found.ids == (11001, 11002)
    assert len(found.rejected) == 1


def test_subtotals_in_the_middle() -> None:
    found = read_file(b"Name;Lead ID;Payout\nA;11001;5\nSubtotal;298;5\nB;11002;5\nC;11003;5\nD;11004;5\nE;11005;5\n")
    assert 298 not in found
    assert len(found) == 5


def test_a_lead_of_a_company_called_total() -> None:
    rows = "".join(f"Total;{i};a@example.com\n" for i in range(11001, 11011))
    found = read_file(f"Company;Lead ID;Email\n{rows}".encode())
    assert found.ids[:7] == tuple(range(11001, 11008))
    assert len(found) + len(found.rejected) == 10


def test_a_count_below_the_list() -> None:
    found = read_file(b"Lead ID;Name\n11001;A\n11002;B\n11003;C\n\n3;\n")
    assert found.ids == (11001, 11002, 11003)
    assert "total" in found.rejected[0].why


def test_without_header() -> None:
    assert read_file(b"11001\n53284\n").ids == (11001, 53284)
    assert read_file(b"11001\r\nabc\r\n1.23E+08").ids == (11001,)
    found = read_file("11001;Zoë;x1\n53284;Bo;x2\n".encode("cp1252"))
    assert found.ids == (11001, 53284)
    assert any("no header" in n for n in found.notes)
    with pytest.raises(SelectionError, match="no header"):
        read_file(b"11001;44064;Ann\n53284;44064;Bo\n")
    with pytest.raises(SelectionError, match="no header"):
        read_file(b"11001;Ann\nx;Bo 3\n")


def test_names_in_a_file_without_header_stay_out_of_the_error() -> None:
    with pytest.raises(SelectionError) as caught:
        read_file(b"Ann;ann@example.com\nBo;bo@example.com\n")
    assert "Ann" not in str(caught.value)
    assert "example" not in str(caught.value)


def test_excels_own_first_line() -> None:
    found = read_file(b"sep=;\r\nLead ID;Name\r\n11001;a,b\r\nx;y\r\n")
    assert found.ids == (11001,)
    assert found.rejected[0].where == "line 4"


def test_text_files_are_typed_text() -> None:
    found = read_file(b"11001, 53284\nnot 5", name="ids.TXT")
    assert found.ids == (11001, 53284)
    assert found.counts == {"file": 2}


def test_an_open_quotation_mark_loses_nothing() -> None:
    with pytest.raises(SelectionError, match="line 3"):
        read_file(b'Lead ID,Name\n1,a\n2,"b\n3,c\n4,d\n')


def test_a_cell_of_many_lines_counts_as_they_do_in_the_file() -> None:
    found = read_file(b'Lead ID,Comment\n1,"a\nb\nc"\nx,d\n')
    assert found.ids == (1,)
    assert found.rejected[0].where == "line 5"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b",,\n,,\n", "It is empty"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><table>", "web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, r"\.xls\)"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04 broken", "damaged"),
        (bytes(range(256)) * 20, "neither text"),
        (b"\xff\xfe1\x002", "neither text"),
        (b"Lead ID\x00\n5\n" + b"x" * 100, "neither text"),
    ],
)
def test_what_cannot_be_read_is_refused_clearly(content: bytes, word: str) -> None:
    with pytest.raises(SelectionError, match=word):
        read_file(content, name="x.csv")


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(200_000_001)
    with pytest.raises(SelectionError, match="200 MB"):
        read_file(path)


def test_a_header_with_nothing_below() -> None:
    found = read_file(b"Lead ID,Name\n")
    assert len(found) == found.given == 0


CELLS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=8)


SUMS = re.compile("total|totaal|sum|count|average|avg|mean|gesamt|anzahl|somme", re.IGNORECASE)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(10**6, 2**63 - 1), CELLS, CELLS)), st.sampled_from([",", ";", "\t", "|"]))
def test_ids_come_back_whatever_stands_beside_them(rows: list[tuple[int, str, str]], delimiter: str) -> None:
    content = as_csv([["A", "Lead ID", "B"], *([a, str(i), b] for i, a, b in rows)], delimiter)
    found = read_file(content.encode(), include_odd=True)
    sums = {i for i, *cells in rows if any(SUMS.search(c) for c in cells)}
    assert [i for i in found.ids if i not in sums] == [i for i in dict.fromkeys(i for i, _, _ in rows) if i not in sums]
    assert found.given == len(rows)
    assert all("so it is a sum" in r.why for r in found.rejected)


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(SelectionError):
        assert all(0 < i < 2**63 for i in read_file(content).ids)


def test_two_hundred_thousand_lines() -> None:
    rows = "".join(f"{i};name {i};44064\r\n" for i in range(1_000_000, 1_200_000))
    seen: list[int] = []
    start = time.process_time()  # of this process alone: the machine is shared
    found = read_file(f"Lead ID;Name;Campaign ID\r\n{rows}".encode(), on_progress=lambda done, _: seen.append(done))
    assert time.process_time() - start < 10  # about two seconds
    assert len(found) == 200_000
    assert seen == sorted(seen)


def test_what_progress_raises_stops_the_reading() -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_file(b"Lead ID\n1\n", on_progress=stop)


@pytest.mark.parametrize(
    ("text", "ids", "refused"),
    [
        ("Lead ID\n16,745\n167460\n", (167460,), ["line 2"]),  # a thousands separator
        ("CPL,Lead ID\n1,50,167457\n2,167460\n", (167460,), ["line 2"]),  # a decimal comma
        ("Company,Lead ID,Score\nSmith, 12, Sons,167460,20\nJones,167461,30,\n", (167461,), ["line 2"]),
        ('Company,Lead ID\n"Smith, 12",167460\n', (167460,), []),
    ],
)
def test_a_row_with_more_cells_than_the_header_is_refused(text: str, ids: tuple[int, ...], refused: list[str]) -> None:
    found = read_file(text.encode())
    assert found.ids == ids
    assert [r.where for r in found.rejected] == refused
    assert all("more cells than the header" in r.why for r in found.rejected)


def test_a_second_block_of_something_else_holds_no_leads() -> None:
    text = "Lead ID,Status\n11,Valid\n12,Valid\n\nCampaign ID,Leads\n44064,2\n44065,1\n\nLead ID,Status\n13,Valid\n"
    found = read_file(text.encode())
    assert found.ids == (11, 12, 13)
    assert [r.text for r in found.rejected] == ["Campaign ID", "44064", "44065", "Lead ID"]
    assert "stands under the heading “Campaign ID”" in found.rejected[1].why


def test_a_subtotal_in_the_middle_ends_nothing() -> None:
    found = read_file(b"Lead ID,Status\n11,Valid\nTotal,1\n12,Valid\n13,Valid\n14,Test\n15,Test\n")
    assert found.ids == (11, 12, 13, 14, 15)


def test_a_row_of_counts_below_the_list_is_no_lead() -> None:
    found = read_file(b"Lead ID,Score\n11,2\n12,2\n13,2\n\n3,6\n")
    assert found.ids == (11, 12, 13)
    assert "is a total" in found.rejected[0].why


@pytest.mark.parametrize("divider", ["Wrong number", "Bad email", "Acme Mobile", "Leads"])
def test_a_word_that_divides_a_list_ends_nothing(divider: str) -> None:
    found = read_file(f"Lead ID\n{divider}\n11\n12\n{divider}\n13\n".encode())
    assert found.ids == (11, 12, 13)
    assert len(found.rejected) == 2


def test_types_below_the_header_end_nothing() -> None:
    found = read_file(b"Lead ID,Name,Created\nNumber,Text,Date\n11,Bo,2026-11-24\n")
    assert found.ids == (11,)


def test_a_column_chosen_by_its_place_below_a_title() -> None:
    found = read_file(b"Returned leads\n11,Bob\n12,Ann\n", column="column 1")
    assert found.ids == (11, 12)


@pytest.mark.parametrize("head", ["Return?", "Exclude", "Keep (y/n)", "to delete", "Skipped", "Decision"])
def test_a_column_that_may_say_which_leads_are_meant_is_named(head):
    found = read_file(f"Lead ID,{head}\n167457,yes\n167458,no\n".encode())
    assert any(note.startswith(f"{head} may say which of the leads are meant") for note in found.notes)


@pytest.mark.parametrize("head", ["Name", "Status", "Returns by mail", "Deliveries"])
def test_another_column_is_not(head):
    assert not any("are meant" in note for note in read_file(f"Lead ID,{head}\n167457,yes\n".encode()).notes)
