"""One answer for each publisher or advertiser: each row in exactly one file, and nothing of the others in it."""

from __future__ import annotations

import csv
import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ArgumentError, ExportError


@pytest.fixture
def leads(session):
    return session.pull()


def plain_book(path, leads, ids):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Lead ID", "Reason", "Who"])
    for lead_id in ids:
        sheet.append([lead_id, "Duplicate", leads["email"][lead_id]])
    sheet.append([None, "Duplicate", "nobody@example.org"])
    sheet["A2"].font = Font(bold=True)
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 3).comment = Comment(f"called {sheet.cell(row, 3).value}", "me")
    other = book.create_sheet("All of them")
    for lead_id in ids:
        other.append([leads["email"][lead_id]])
    book.defined_names["First"] = DefinedName("First", attr_text="'All of them'!$A$1")
    book.save(path)
    return path


@pytest.mark.parametrize("by", ["publisher", "advertiser"])
def test_each_row_is_in_one_file_and_nothing_of_others(session, leads, tmp_path, by):
    ids = [int(lead_id) for lead_id in leads.groupby("lead_generator", observed=True).head(2).index[:8]]
    path = plain_book(tmp_path / "october.xlsx", leads, ids)
    found = cvtr.returns(path, session, sheet="Sheet", columns={"comment": None})
    run = session.run(found.plan(), confirm=True)
    made = found.answer(run, tmp_path / "answer.xlsx", by=by)
    assert len(made) > 2
    assert made[-1].name == "answer-no-lead.xlsx"
    seen = []
    for place in made:
        book = openpyxl.load_workbook(place)
        assert book.sheetnames == ["Sheet"]
        assert not list(book.defined_names)
        rows = [(row[0].row, row[0].value, row[3].value) for row in book.active.iter_rows(min_row=2) if row[2].value]
        assert rows
        assert [book.active.row_dimensions[n].hidden for n, _, _ in rows] == [False] * len(rows)
        assert all(lead_id == lead for _, lead_id, lead in rows)
        seen += [number for number, _, _ in rows]
        whose = set(run.results["publisher"].reindex([lead_id for _, lead_id, _ in rows if lead_id]).dropna())
        assert by == "advertiser" or len(whose) <= 1
        content = "".join(
            zipfile.ZipFile(place).read(name).decode("utf-8", "replace") for name in zipfile.ZipFile(place).namelist()
        )
        others = [lead_id for lead_id in ids if lead_id not in {lead_id for _, lead_id, _ in rows}]
        assert not any(leads["email"][lead_id] in content for lead_id in others if leads["email"][lead_id] not in
                       {leads["email"][lead_id] for _, lead_id, _ in rows if lead_id})  # fmt: skip
    assert sorted(seen) == list(range(2, len(ids) + 3))
    with pytest.raises(ExportError, match="nothing was written"):
        found.answer(run, tmp_path / "answer.xlsx", by=by)
    with pytest.raises(ArgumentError):
        found.answer(run, tmp_path / "other.xlsx", by="campaign")


def test_text_files_are_split_line_by_line(session, leads, tmp_path):
    ids = [int(lead_id) for lead_id in leads.groupby("lead_generator", observed=True).head(1).index[:3]]
    path = tmp_path / "a.csv"
    path.write_text("Lead ID;Reason\n" + "".join(f"{lead_id};Duplicate\n" for lead_id in ids), encoding="utf-8")
    found = cvtr.returns(path, session)
    made = found.answer(session.run(found.plan(), confirm=True), tmp_path / "b.csv", by="publisher")
    lines = [list(csv.reader(place.read_text(encoding="utf-8-sig").splitlines(), delimiter=";")) for place in made]
    assert all(one[0] == ["Lead ID", "Reason", "lead id", "outcome", "detail"] for one in lines)
    assert sorted(int(row[0]) for one in lines for row in one[1:]) == sorted(ids)
