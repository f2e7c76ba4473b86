"""Another column of an imported file, and what was not taken, from the panel's side."""

from __future__ import annotations

import io

import openpyxl

from tests.panel.test_state import caution


def upload(driven, name: str, content: bytes) -> None:
    driven.state.handle("upload", {"purpose": "file", "name": name, "part": 0, "parts": 1}, content)
    assert driven.state.jobs.wait()


def test_another_column_can_be_chosen_and_its_leads_take_the_others_place(driven):
    ids = caution(driven, 4)
    rows = [f"{a},{b}" for a, b in zip(ids[:2], ids[2:], strict=True)]
    upload(driven, "both.csv", ("Lead ID,Replaced lead\n" + "\n".join(rows) + "\n").encode())
    (file,) = driven.view()["leads"]["selected"]["files"]
    assert [column for column, _, chosen in file["columns"] if chosen] == ["Lead ID"]
    assert set(driven.state.leads.picked.ids) == set(ids[:2])
    driven.say("file_column", name="both.csv", column="Replaced lead")
    assert set(driven.state.leads.picked.ids) == set(ids[2:])
    driven.say("undo_selection")
    assert set(driven.state.leads.picked.ids) == set(ids[:2])


def test_what_was_not_taken_is_a_frame_with_its_reason(driven):
    (lead_id,) = caution(driven, 1)
    upload(driven, "some.csv", f"Lead ID\n{lead_id}\n1.23E+08\nTotal\n".encode())
    driven.say("ids", text="12 bananas")
    frame = driven.state.leads.picked.rejected_frame()
    assert list(frame.columns) == ["file", "where", "text", "why"]
    assert len(frame) == driven.view()["leads"]["selected"]["not_taken"]
    assert "1.23E+08" in set(frame["text"])
    assert set(frame["file"]) == {"", "some.csv"}


def test_many_pasted_ids_come_in_parts_and_are_all_selected(driven):
    text = "\n".join(map(str, range(1_000_000, 1_200_000))).encode()
    size = 512 * 1024
    parts = [text[i : i + size] for i in range(0, len(text), size)]
    for place, part in enumerate(parts):
        driven.state.handle("upload", {"purpose": "ids", "name": "pasted ids", "part": place, "parts": len(parts)}, part)
    assert driven.state.jobs.wait()
    selected = driven.view()["leads"]["selected"]
    assert selected["count"] == 200_000
    assert selected["ask_lookup"]  # so many are not looked up without being asked to


def test_files_that_are_imported_at_once_are_all_taken(driven):
    ids = caution(driven, 3)
    for name, lead_id in zip(("first.csv", "second.csv", "third.csv"), ids, strict=True):
        content = f"Lead ID\n{lead_id}\n".encode()
        driven.state.handle("upload", {"purpose": "file", "name": name, "part": 0, "parts": 1}, content)
    driven.state.handle("upload", {"purpose": "file", "name": "bad.csv", "part": 0, "parts": 1}, b"Score\n12\n")
    assert driven.state.jobs.wait()
    assert set(driven.state.leads.picked.ids) == set(ids)
    view = driven.view()["leads"]["selected"]
    assert [file["name"] for file in view["files"]] == ["first.csv", "second.csv", "third.csv"]
    assert "bad.csv" in view["file_problem"]


def test_reading_can_be_stopped_and_what_waits_is_said_to_be_unread(driven):
    large = b"Lead ID\n" + b"\n".join(b"%d" % n for n in range(1_000_000, 1_900_000))
    for name, content in (("large.csv", large), ("small.csv", b"Lead ID\n12\n")):
        parts = [content[i : i + 512 * 1024] for i in range(0, len(content), 512 * 1024)]
        for place, part in enumerate(parts):
            driven.state.handle("upload", {"purpose": "file", "name": name, "part": place, "parts": len(parts)}, part)
    driven.say("stop")
    assert len(driven.state.leads.picked) == 0
    problem = driven.view()["leads"]["selected"]["file_problem"]
    assert "small.csv" in problem
    assert "large.csv: Reading was stopped" in problem


def test_a_file_of_the_same_name_takes_the_place_of_the_other_and_says_so(driven):
    one, other = driven.server.lead_ids(status="Caution")[:2]
    for lead in (one, one, other):
        driven.state.handle(
            "upload", {"purpose": "file", "name": "leads.csv", "part": 0, "parts": 1}, f"Lead ID\n{lead}\n".encode()
        )
        assert driven.state.jobs.wait()
        said = driven.state.leads.imports.problem
        assert ("replaces another" in said) == (lead == other)
    assert driven.state.leads.picked.ids == (other,)


def test_a_file_without_ids_says_what_can_be_done_in_the_panel(driven):
    driven.state.handle("upload", {"purpose": "file", "name": "x.csv", "part": 0, "parts": 1}, b"Name,City\nAnn,Rome\nBob,Oslo\n")
    assert driven.state.jobs.wait()
    assert "import the file again" in driven.state.leads.imports.problem
    assert "column=" not in driven.state.leads.imports.problem


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book["Sheet"])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_where_two_sheets_could_be_meant_one_is_chosen_and_then_its_column(driven):
    first, second, third = caution(driven, 3)
    book = workbook(May=[["Lead ID"], [first]], June=[["Lead ID", "Convertr ID"], [second, third]])
    upload(driven, "two.xlsx", book)
    view = driven.view()["leads"]["selected"]
    asked = {"name": "two.xlsx", "kind": "sheet", "choices": [["May", "May"], ["June", "June"]]}
    assert view["which_column"] == asked
    assert "Choose the one that is meant below" in view["file_problem"]
    assert not driven.state.leads.picked.ids
    driven.say("file_sheet", name="two.xlsx", sheet="June")
    assert driven.state.jobs.wait()
    view = driven.view()["leads"]["selected"]
    assert (view["which_column"]["kind"], [name for name, _ in view["which_column"]["choices"]]) == (
        "column",
        ["Lead ID", "Convertr ID"],
    )
    driven.say("file_column", name="two.xlsx", column="Convertr ID")
    assert driven.state.jobs.wait()
    assert set(driven.state.leads.picked.ids) == {third}
    view = driven.view()["leads"]["selected"]
    assert not view["which_column"]
    assert not view["file_problem"]
    # Imported anew, it is asked about anew.
    upload(driven, "two.xlsx", book)
    assert driven.view()["leads"]["selected"]["which_column"] == asked


def test_a_mere_id_beside_a_name_is_asked_about_until_these_leads_are_known(driven):
    ids = caution(driven, 3)
    content = ("ID,Name,Status\n" + "".join(f"{one},A,live\n" for one in ids)).encode()
    upload(driven, "list.csv", content)
    view = driven.view()["leads"]["selected"]
    assert not driven.state.leads.picked.ids
    assert "“ID” stands beside nothing but “Name” and “Status”" in view["file_problem"]
    assert (view["which_column"]["kind"], [name for name, _ in view["which_column"]["choices"]]) == ("column", ["ID"])
    driven.say("file_column", name="list.csv", column="ID")
    assert driven.state.jobs.wait()
    assert set(driven.state.leads.picked.ids) == set(ids)
    driven.say("select_none")
    driven.say("load", go_on=True)
    assert driven.state.jobs.wait()
    upload(driven, "again.csv", content)
    assert not driven.view()["leads"]["selected"]["file_problem"]
    assert set(driven.state.leads.picked.ids) == set(ids)
