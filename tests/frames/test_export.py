"""Exports: nothing starts a formula, nothing is lost, and what was written can be selected again."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ExportError
from cvtr_widgets.frames import export
from cvtr_widgets.models import Verdict
from cvtr_widgets.selection.select import read_file

LONDON = ZoneInfo("Europe/London")


def frame_of(ids: list[int], **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.Index(ids, dtype="int64", name="lead_id"))


def csv_rows(content: Any) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheets(content: Any) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [[c.value for c in row] for row in sheet.iter_rows()] for sheet in book}


FULL = frame_of(
    [11001, 53284],
    outcome=pd.Categorical(["confirmed", None]),
    detail=pd.Series(['a, "b"\nc', None], dtype="object").array,
    payout=[Decimal("22.70"), Decimal("-0.10")],
    flag=pd.array([True, None], dtype="boolean"),
    attempts=pd.array([1, None], dtype="Int64"),
    at=pd.to_datetime(["2024-04-19T12:43:50Z", None], utc=True),
    verdict=[Verdict.WILL_CHANGE, Verdict.NOT_FOUND],
)


def test_csv_holds_everything_exactly() -> None:
    assert csv_rows(cvtr.to_csv(FULL, zone=LONDON)) == [
        ["lead_id", "outcome", "detail", "payout", "flag", "attempts", "at", "verdict"],
        ["11001", "confirmed", 'a, "b"\nc', "22.70", "True", "1", "2024-04-19T13:43:50+01:00", "will_change"],
        ["53284", "", "", "-0.10", "", "", "", "not_found"],
    ]


def test_excel_holds_numbers_as_numbers_and_names_the_zone() -> None:
    rows = sheets(cvtr.to_excel(FULL, zone=LONDON))["All"]
    assert rows == [
        ["lead_id", "outcome", "detail", "payout", "flag", "attempts", "at (Europe/London)", "verdict"],
        [11001, "confirmed", 'a, "b"\nc', 22.7, True, 1, datetime(2024, 4, 19, 13, 43, 50), "will_change"],  # noqa: DTZ001
        [53284, None, None, -0.1, None, None, None, "not_found"],
    ]


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u200b=", "\ufeff@", "\xa0+", "'=", '"=']
)
def test_no_text_starts_a_formula(start: str) -> None:
    text = start + "1+cmd|'/c calc'!A0"
    frame = frame_of([5], **{text: [text]})
    for row in csv_rows(cvtr.to_csv(frame)):
        assert row[1].startswith("'")
    content = cvtr.to_excel(frame)
    assert isinstance(content, bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert not re.search(r"<f\b", book.read("xl/worksheets/sheet1.xml").decode())
    cell = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]["B2"]
    assert cell.data_type == "s"
    assert cell.quotePrefix


@pytest.mark.parametrize("split", [";", "\t", "\r\n"])
def test_nor_where_a_program_splits_elsewhere(split: str) -> None:
    content = cvtr.to_csv(frame_of([5], comment=[f"well{split}=1+1"]))
    assert isinstance(content, bytes)
    assert split + "=" not in content.decode("utf-8-sig").split("\r\n", 1)[1]


def test_numbers_stay_numbers() -> None:
    frame = frame_of([5], a=[-1], b=[-1.5], c=[Decimal("-2.50")], d=[np.float64(-3.5)])
    assert csv_rows(cvtr.to_csv(frame))[1] == ["5", "-1", "-1.5", "-2.50", "-3.5"]
    assert sheets(cvtr.to_excel(frame))["All"][1] == [5, -1, -1.5, -2.5, -3.5]


def test_long_numbers_keep_their_digits_in_excel() -> None:
    rows = sheets(cvtr.to_excel(frame_of([2**63 - 1], money=[Decimal("12345678901234567.89")])))["All"]
    assert rows[1] == [str(2**63 - 1), "12345678901234567.89"]


def test_what_a_cell_cannot_hold_shows() -> None:
    text = pd.Series(["x\x00\x1b[2J\x07y\ud800"], index=[5], dtype="object")  # columns of pyarrow cannot hold half a character
    frame = frame_of([5], a=text, b=["z" * 40_000], c=[float("inf")], d=[Decimal("NaN")], e=["#N/A"])
    row = sheets(cvtr.to_excel(frame))["All"][1]
    assert row[1] == "x␀␛[2J␇y�"
    assert len(row[2]) == 32_767
    assert row[2].endswith("(cut: 40,000 characters)")
    assert row[3:] == ["inf", None, "#N/A"]
    assert csv_rows(cvtr.to_csv(frame))[1][1] == "x␀␛[2J␇y�"


def test_times() -> None:
    fixed = timezone(timedelta(hours=2))
    frame = frame_of(
        [1, 2, 3],
        mixed=pd.Series([datetime(2024, 1, 1, 12, tzinfo=UTC), date(2024, 1, 1), None], dtype="object").array,
        naive=pd.to_datetime(["2024-01-01 12:00", None, "1850-01-01 00:00"]),
    )
    rows = sheets(cvtr.to_excel(frame, zone=fixed))["All"]
    assert rows[0] == ["lead_id", "mixed (UTC+02:00)", "naive"]
    assert [str(v) for v in rows[1]] == ["1", "2024-01-01 14:00:00", "2024-01-01 12:00:00"]
    assert rows[2][1:] == ["2024-01-01", None]
    assert rows[3][2] == "1850-01-01 00:00:00"
    assert csv_rows(cvtr.to_csv(frame, zone=fixed))[1] == ["1", "2024-01-01T14:00:00+02:00", "2024-01-01T12:00:00"]


def test_a_sheet_for_each_value() -> None:
    values = ["Acme", "ACME", "a/b:c*?[]\\", None, "", "x" * 40, "x" * 41, "History", "'", "All", "=1", "😀" * 20]
    content = cvtr.to_excel(frame_of(list(range(1, 13)), publisher=values), by="publisher")
    found = sheets(content)
    names = list(found)
    assert names[0] == "All"
    assert len({n.casefold() for n in names}) == len(names) == 12
    assert all(0 < len(n.encode("utf-16-le")) <= 62 and not re.search(r"[\[\]:*?/\\]", n) and n.strip("'") == n for n in names)
    assert "History" not in names
    assert sorted(row[0] for rows in list(found.values())[1:] for row in rows[1:]) == list(range(1, 13))
    assert {row[0] for row in found["(none)"][1:]} == {4, 5}
    with pytest.raises(ExportError, match="publisher"):
        cvtr.to_excel(frame_of([1], publisher=["a"]), by="lead_generator")
    with pytest.raises(ExportError, match="too many"):
        cvtr.to_excel(frame_of(list(range(1, 300)), p=[str(i) for i in range(299)]), by="p")


def test_more_than_excel_holds(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="to_csv"):
        cvtr.to_excel(pd.DataFrame(index=pd.RangeIndex(1_048_576, name="lead_id")))
    with pytest.raises(ExportError, match="columns"):
        cvtr.to_excel(pd.DataFrame([[0] * 16_384], index=pd.Index([1], name="lead_id")))
    with pytest.raises(ExportError, match="cannot be written"):
        cvtr.to_csv(FULL, tmp_path / "none" / "x.csv")
    with pytest.raises(ExportError, match="not a frame"):
        cvtr.to_csv([1, 2])  # type: ignore[arg-type]


def test_files(tmp_path: Path) -> None:
    assert cvtr.to_csv(FULL, tmp_path / "x.csv") == tmp_path / "x.csv"
    assert cvtr.to_excel(FULL, str(tmp_path / "x.xlsx")) == tmp_path / "x.xlsx"
    assert cvtr.select(tmp_path / "x.csv").ids == cvtr.select(str(tmp_path / "x.xlsx")).ids == (11001, 53284)


def test_frames_of_other_shapes() -> None:
    assert csv_rows(cvtr.to_csv(pd.DataFrame({"a": [1]}))) == [["a"], ["1"]]
    assert csv_rows(cvtr.to_csv(frame_of([]))) == [["lead_id"]]
    assert csv_rows(cvtr.to_csv(frame_of([1, 2]))) == [["lead_id"], ["1"], ["2"]]
    double = pd.DataFrame([[1, 2]], columns=["a", "a"], index=pd.MultiIndex.from_tuples([("x", 3)], names=["k", None]))
    assert csv_rows(cvtr.to_csv(double)) == [["k", "index", "a", "a"], ["x", "3", "1", "2"]]
    assert sheets(cvtr.to_excel(double))["All"] == [["k", "index", "a", "a"], ["x", 3, 1, 2]]


# -- there and back ---------------------------------------------------------------------------------------------------

SUMS = re.compile("total|totaal|sum|count|average|avg|mean|gesamt|anzahl|somme", re.IGNORECASE)
IDS = st.lists(st.integers(10**6, 2**63 - 1), max_size=12)
TEXTS = st.one_of(
    st.none(), st.text(max_size=10), st.sampled_from(["=1+1", "a;b\r\nc", "\t", '"', "+44 7911", "\x00", "id", "Lead ID"])
)


@given(IDS, st.data())
@settings(max_examples=60)
def test_what_was_written_is_selected_again(ids: list[int], data: st.DataObject) -> None:
    columns = {n: data.draw(st.lists(TEXTS, min_size=len(ids), max_size=len(ids))) for n in ("publisher", "comment")}
    # a row that says Total is a sum to whoever reads the file; tests/selection has what becomes of it
    assume(not any(SUMS.search(t) for values in columns.values() for t in values if t))
    frame = frame_of(ids, **{n: pd.Series(v, dtype="object").array for n, v in columns.items()})
    for content in (cvtr.to_csv(frame), cvtr.to_excel(frame), cvtr.to_excel(frame, by="publisher")):
        assert isinstance(content, bytes)
        found = read_file(content, include_odd=True)  # the ids are of any size
        assert found.ids == tuple(dict.fromkeys(ids))
        assert found.given == len(ids)


@given(st.lists(st.text(max_size=40), unique=True, max_size=20))
def test_sheet_names_are_legal(wanted: list[str]) -> None:
    names = export._sheet_names(["All", *wanted])
    book = openpyxl.Workbook(write_only=True)  # as the export's own: the other kind begins with a sheet "Sheet"
    for name in names:
        book.create_sheet(name)
    assert book.sheetnames == names
    assert len({n.casefold() for n in names}) == len(names)
