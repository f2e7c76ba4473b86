"""What strangers typed, in files and on a terminal: no formula, no control sequence, and every row where it was."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile

import openpyxl
import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ServiceError
from cvtr_widgets.sandbox import Mishap
from tests.hostile_strings import STRINGS

IDS = range(1, len(STRINGS) + 1)
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def frame_of_all() -> pd.DataFrame:
    column = pd.Series(list(STRINGS), dtype="object", index=pd.Index(IDS, dtype="int64", name="lead_id"))
    return pd.DataFrame({"comment": column, "outcome": column.astype("category")})


def test_a_csv_file_keeps_each_in_its_row_and_starts_no_formula() -> None:
    content = cvtr.to_csv(frame_of_all())
    assert isinstance(content, bytes)
    csv.field_size_limit(10_000_000)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == [str(n) for n in IDS]
    for row in rows[1:]:
        assert len(row) == 3
        for cell in row[1:]:
            assert not cell.startswith(STARTS), cell[:40]


def test_a_workbook_holds_texts_only() -> None:
    content = cvtr.to_excel(frame_of_all())
    assert isinstance(content, bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            assert not re.search(rb"<f\b|<hyperlink|<externalReference", book.read(name)), name
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.value for cell in sheet["A"][1:]] == list(IDS)
    kinds = {cell.data_type for column in ("B", "C") for cell in sheet[column][1:] if cell.value is not None}
    assert kinds == {"s"}


def test_what_the_service_says_in_an_error_cannot_hijack_a_terminal() -> None:
    with cvtr.Sandbox(leads=3, rate_limit=100_000) as sandbox, sandbox.connect(limits=cvtr.Limits(requests=100_000)) as client:
        list(client.leads())
        for text in STRINGS:
            assert sandbox.server is not None
            sandbox.server.mishaps = [Mishap("leads", "status", status=400, text=text)]
            with pytest.raises(ServiceError) as error:
                list(client.leads())
            said = str(error.value)
            assert len(said) < 2_000
            odd = {unicodedata.category(c) for c in said if c != "\n"} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
            assert not odd, (text[:60], said[:200])
