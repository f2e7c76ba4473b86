"""A returns file from begin to answered file, and rows that nearly name another lead."""

from __future__ import annotations

import csv
import io
import threading

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font, PatternFill

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ColumnUnclear, ExportError, PlanError, SelectionError, SheetUnclear
from cvtr_widgets.returned.matching import LeadIndex


@pytest.fixture
def leads(session):
    return session.pull()


def unique(leads, number: int) -> pd.DataFrame:
    """Leads whose e-mail nobody else has."""
    counts = leads["email"].value_counts()
    return leads[leads["email"].map(counts).eq(1) & leads["email"].str.contains("@")].head(number)


def book(path, header, rows, *, styled=True):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Returns"
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    if styled:
        sheet["A2"].font = Font(bold=True, color="FFFF0000")
        sheet["B2"].fill = PatternFill("solid", start_color="FFFFFF00")
        sheet["D2"] = "=1+1"
    made.save(path)
    return path


def categories(session):
    return list(session.categories()["name"])


def test_a_file_of_300_rows_from_begin_to_the_answer(sandbox, session, leads, tmp_path):
    named = categories(session)
    wordings = {f"wording {n}": ("Returned", name) for n, name in enumerate(named[:6])}
    picked = unique(leads, 297)
    twin = leads.index[-1]
    for lead_id in leads.index[-3:]:
        sandbox.server.change_record(int(lead_id), email="the.same@example.org")
    leads = session.pull()
    picked = picked.drop([lead_id for lead_id in leads.index[-3:] if lead_id in picked.index])
    rows = [
        (mail, f"wording {n % len(wordings)}", f"note {n}" if n % 50 == 0 else None) for n, mail in enumerate(picked["email"])
    ]
    rows += [
        ("nobody@example.org", "wording 0", None),
        ("nobody.else@example.org", "wording 1", None),
        ("the.same@example.org", "wording 0", None),
    ]
    path = book(tmp_path / "october.xlsx", ["Email", "Reason", "Comment"], rows)
    found = cvtr.returns(path, session, leads=leads, reasons=wordings)
    assert found.columns == {"email": "Email", "reason": "Reason", "comment": "Comment"}
    assert found.counts == {"matched": len(picked), "not found": 2, "several": 1}
    assert len(found.candidates(len(rows) + 1)) == 3
    plan = found.plan()
    assert {i for _, ids in plan.groups for i in ids} == set(picked.index)
    run = session.run(plan, confirm=True)
    assert run.counts["confirmed"] + run.counts["skipped"] == len(picked)
    answer = found.answer(run, tmp_path / "october-answered.xlsx")
    before, after = openpyxl.load_workbook(path)["Returns"], openpyxl.load_workbook(answer)["Returns"]
    for row in before.iter_rows():
        for cell in row:
            other = after[cell.coordinate]
            assert (other.value, other.font.b, other.fill.start_color.rgb, other.number_format) == (
                cell.value, cell.font.b, cell.fill.start_color.rgb, cell.number_format,
            )  # fmt: skip
    assert after.max_row == before.max_row
    told = [tuple(c.value for c in row[-3:]) for row in after.iter_rows(min_row=2)]
    assert [lead_id for lead_id, _, _ in told[: len(picked)]] == list(picked.index)
    assert {outcome for _, outcome, _ in told[: len(picked)]} <= {"confirmed", "skipped"}
    assert [(lead_id, outcome) for lead_id, outcome, _ in told[-3:]] == [
        (None, "not done: not found"), (None, "not done: not found"), (None, "not done: several"),
    ]  # fmt: skip
    assert sandbox.server.effects(int(twin)) == []
    for action, ids in plan.groups:
        for lead_id in ids[:3]:
            assert session.detail(lead_id).fields["category"] == action.category


def test_text_files_are_answered_line_by_line_and_start_no_formula(session, leads, tmp_path):
    picked = unique(leads, 3)
    ids = list(picked.index)
    path = tmp_path / "a.csv"
    path.write_text(
        f'Lead ID;Reason;Own\r\n{ids[0]};Returned;"=SUM(A1)"\r\n\r\n{ids[1]};no money;x\r\n{ids[2]};???;y\r\n', encoding="utf-8"
    )
    found = cvtr.returns(path, session, reasons={"no money": ("Returned", "No budget")})
    assert list(found.rows.state) == ["reason not mapped", "matched", "reason not mapped"]
    assert found.unmapped == {"Returned": 1, "???": 1}
    run = session.run(found.plan(), confirm=True)
    answer = found.answer(run, tmp_path / "b.csv")
    rows = list(csv.reader(io.StringIO(answer.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Lead ID", "Reason", "Own", "lead id", "outcome", "detail"]
    assert [row[:3] for row in rows if row] == [r for r in csv.reader(io.StringIO(path.read_text()), delimiter=";") if r]
    assert rows[3][3:] == [str(ids[1]), "confirmed", ""]
    assert rows[1][4] == "not done: reason not mapped"
    with pytest.raises(ExportError, match="already"):
        found.answer(run, answer)
    with pytest.raises(PlanError, match="not in that run"):
        found.answer(session.run(session.plan(cvtr.mark_test("Test lead"), ids[2:]), confirm=True), tmp_path / "c.csv")


def test_wordings_are_never_guessed_and_categories_never_made(sandbox, session, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Lead ID,Reason\n160185,bounced\n", encoding="utf-8")
    for wrong in (
        {"bounced": ("Returned", "A new one")},
        {"bounced": "Returned"},
        {"bounced": "Nothing of the list"},
        {"bounced": 7},
    ):
        with pytest.raises(PlanError):
            cvtr.returns(path, session, reasons=wrong)
    found = cvtr.returns(path, session)
    assert found.counts == {"reason not mapped": 1}
    with pytest.raises(PlanError, match="No row"):
        found.plan()
    assert not any(r.method == "POST" and "categories" in r.path for r in sandbox.server.requests)


def test_rows_that_name_one_lead_twice(session, leads, tmp_path):
    one, other = (int(i) for i in leads.index[:2])
    path = tmp_path / "a.csv"
    first, second = categories(session)[-2:]
    rows = [(one, first), (one, first), (other, first), (other, second)]
    path.write_text("Lead ID,Reason,Category\n" + "".join(f"{i},Returned,{c}\n" for i, c in rows), encoding="utf-8")
    found = cvtr.returns(path, session)
    assert list(found.rows.state) == ["matched", "given again", "conflict", "conflict"]
    assert [ids for _, ids in found.plan().groups] == [(one,)]


def test_columns_are_recognised_shown_and_changeable(session, leads, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("E-mail,Email address,Mail of lead\na@b.example,c@d.example,e@f.example\n", encoding="utf-8")
    with pytest.raises(ColumnUnclear, match="Several columns"):
        cvtr.returns(path, session, leads=leads)
    assert cvtr.returns(path, session, leads=leads, columns={"email": "Mail of lead"}).columns == {"email": "Mail of lead"}
    with pytest.raises(SelectionError, match="0 columns"):
        cvtr.returns(path, session, columns={"email": "Post"})
    path.write_text("Name,City\nx,y\n", encoding="utf-8")
    with pytest.raises(SelectionError, match="No row names"):
        cvtr.returns(path, session)


def test_masked_leads_find_nobody(open_session, tmp_path):
    session = open_session(role="masked")
    path = tmp_path / "a.csv"
    path.write_text("Email\na@b.example\n", encoding="utf-8")
    with pytest.raises(SelectionError, match="masked"):
        cvtr.returns(path, session, leads=session.pull())


def test_leads_that_were_not_loaded_to_their_end_find_nobody(session, tmp_path):
    stop = threading.Event()
    leads = session.pull(on_page=lambda *_: stop.set(), cancel=stop)
    assert leads.attrs["coverage"]["why"] == "stopped"
    path = tmp_path / "a.csv"
    path.write_text(f"Email\n{leads['email'].iloc[0]}\n", encoding="utf-8")
    with pytest.raises(SelectionError, match="not loaded completely"):
        cvtr.returns(path, session, leads=leads)


MAILS = [
    "ann.lee@x.example",
    "annlee@x.example",
    "Ann.Lee@x.example",
    "ann.lee+a@x.example",
    "\uff41nn.lee@x.example",
    "bob@x.example",
]
PHONES = ["+44 20 7946 0001", "+442079460001", "020 7946 0001", "00442079460001", "+44 20 7946 0002"]


def spoiled(text: str, how: int) -> str:
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalpha() else c for c in text)
    return [text, text.upper(), text.replace(".", ""), text.replace("@", "+tag@"), wide, f" {text} ", text + ".", ""][how]


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.sampled_from(MAILS), st.sampled_from(PHONES)), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(MAILS), st.integers(0, 7), st.sampled_from([*PHONES, ""]), st.booleans()), max_size=10),
)
def test_a_row_that_nearly_names_a_lead_names_none(people, rows):
    leads = pd.DataFrame({"email": [m for m, _ in people], "telephone": [p for _, p in people]})
    leads.index = pd.Index(range(1001, 1001 + len(people)), name="lead_id")
    index = LeadIndex(leads, ignore_case=False)
    plain = [p.translate({ord(c): None for c in " -()."}) for _, p in people]
    for mail, how, phone, swapped in rows:
        keys = {"email": spoiled(mail, how), "telephone": phone}
        keys = {"email": keys["telephone"], "telephone": keys["email"]} if swapped else keys
        found = index.match(keys)
        if found.state != "matched":
            assert found.lead_id is None
            continue
        place = found.lead_id - 1001
        if keys["email"]:
            assert people[place][0] == keys["email"].strip()
            assert (
                sum(
                    m == keys["email"].strip() and (not keys["telephone"] or plain[i] == keys["telephone"].replace(" ", ""))
                    for i, (m, _) in enumerate(people)
                )
                == 1
            )
        if keys["telephone"]:
            assert plain[place] == keys["telephone"].replace(" ", "")


def test_what_is_similar_is_shown_and_not_chosen():
    leads = pd.DataFrame({"email": ["Ann.Lee@x.example"], "telephone": ["+44 20 7946 0001"]}, index=pd.Index([7], name="lead_id"))
    strict, loose = LeadIndex(leads, ignore_case=False), LeadIndex(leads, ignore_case=True)
    for near in ("ann.lee@x.example", "AnnLee@x.example", "Ann.Lee+news@x.example"):
        found = strict.match({"email": near})
        assert (found.state, found.lead_id, found.candidates) == ("similar", None, (7,))
    assert loose.match({"email": "ann.lee@x.example"}).lead_id == 7
    assert loose.match({"email": "annlee@x.example"}).lead_id is None
    assert strict.match({"telephone": "020 7946 0001"}).state == "similar"
    assert strict.match({"telephone": "+44 (20) 7946-0001"}).lead_id == 7
    assert strict.match({"id": "7", "email": "bob@x.example"}).state == "keys disagree"
    assert strict.match({"id": "8", "email": "Ann.Lee@x.example"}).lead_id is None


def book_of(tmp_path, **sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title.replace("_", " "))
        for row in rows:
            sheet.append(row)
    path = tmp_path / "october.xlsx"
    made.save(path)
    return path, made


def test_of_several_sheets_none_is_taken_by_itself(session, tmp_path):
    ids = [int(i) for i in session.pull(status="Caution").index[:3]]
    head = ["Lead ID", "Reason"]
    path, made = book_of(
        tmp_path, Read_me=[["Dear colleagues,"], ["all in the next sheet"]], October=[head, [ids[0], "Duplicate"]],
        November=[head, [ids[1], "Duplicate"]], Old=[head, [ids[2], "Duplicate"]],
    )  # fmt: skip
    made["Old"].sheet_state = "hidden"
    made.save(path)
    with pytest.raises(SheetUnclear, match="could be meant: “October”, “November”") as caught:
        cvtr.returns(path, session)
    assert caught.value.sheets == ("October", "November")
    for title, lead_id in (("October", ids[0]), ("November", ids[1]), ("Old", ids[2])):
        found = cvtr.returns(path, session, sheet=title)
        assert found.rows["lead_id"].tolist() == [lead_id]
        assert (found.sheet, found.sheets) == (title, ("October", "November"))
    with pytest.raises(SelectionError, match="There is no sheet “Septembre”"):
        cvtr.returns(path, session, sheet="Septembre")
    del made["November"]
    made.save(path)
    found = cvtr.returns(path, session)
    assert found.rows["lead_id"].tolist() == [ids[0]]
    assert found.notes[:2] == ("The sheet “October” was read.", "Not read, because Excel hides them: Old.")
    # a column that is said, or remembered, tells the sheet as a recognised one does
    path, _ = book_of(tmp_path, One=[["No.", "Grund"], [ids[0], "Duplicate"]], Two=[["Text"], ["nothing"]])
    with pytest.raises(SheetUnclear, match="No sheet of this workbook names its leads"):
        cvtr.returns(path, session)
    assert cvtr.returns(path, session, columns={"id": "No.", "reason": "Grund"}).rows["lead_id"].tolist() == [ids[0]]
