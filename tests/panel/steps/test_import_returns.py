"""A returns file in the panel, by the page's messages: columns, wordings, several matches, the plan, the answer."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest


@pytest.fixture(autouse=True)
def settings_of_this_test(monkeypatch, tmp_path):
    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path / "settings"))


def upload(driven, content: str | bytes, name: str = "october.csv", purpose: str = "returns") -> dict:
    body = content if isinstance(content, bytes) else content.encode()
    driven.state.handle("upload", {"purpose": purpose, "name": name, "part": 0, "parts": 1}, body)
    assert driven.state.jobs.wait()
    driven.view()
    assert driven.state.jobs.wait()
    return driven.view()["imported"]


def mails(driven, number: int) -> dict[int, str]:
    """Leads whose e-mail nobody else has."""
    leads = driven.session.pull(status="Caution")
    every = driven.session.pull()["email"].value_counts()
    found = leads[leads["email"].map(every).eq(1) & leads["email"].str.contains("@")]["email"].head(number)
    return dict(zip(found.index.tolist(), found.tolist(), strict=True))


def test_from_the_file_to_the_answer(driven):
    known = mails(driven, 3)
    three = [int(i) for i in driven.session.pull().index[-3:]]
    for lead_id in three:
        driven.server.change_record(lead_id, email="the.same@example.org")
    rows = [f"{mail},no money" for mail in known.values()]
    rows += ["the.same@example.org,no money", "nobody@example.org,Duplicate", "nobody@example.org,???"]
    view = upload(driven, "Email,Reason\n" + "\n".join(rows) + "\n")
    assert view["name"] == "october.csv"
    assert view["counts"] == []
    assert "matched with leads that are read first" in view["searched"]
    assert view["window"]["text"] == "Read the 300 leads of the filters and look in them (3 requests)"
    driven.say("returns_window", requests=99)  # not what was shown
    assert driven.view()["imported"]["counts"] == []
    driven.say("returns_window", requests=3)
    view = driven.view()["imported"]
    assert [[state, n] for state, n, _ in view["counts"]] == [["reason not mapped", 3], ["several", 1], ["not found", 2]]
    assert [[text, n, value] for text, _, n, value in view["wordings"]] == [["no money", 4, ""], ["???", 1, ""]]
    assert view["blockers"] == ["No row is matched to a lead with a reason."]
    target = next(value for value, words in view["targets"] if words == "Returned / No budget")
    driven.say("returns_map", wording="no money", target=target)
    view = driven.view()["imported"]
    assert view["groups"] == [["Invalid, reason Returned / No budget", 3]]  # a listed reason: nobody's own words
    several = next(one for one in view["unclear"] if one["leads"])
    assert [int(i) for i, _ in several["leads"]] == sorted(three)
    assert " · " in several["leads"][0][1]
    driven.say("returns_choose", row=several["row"], lead_id=str(three[1]))
    view = driven.view()["imported"]
    assert view["groups"][0][1] == 4
    assert next(one for one in view["unclear"] if one["leads"])["chosen"] == str(three[1])
    driven.say("returns_preview")
    plan = driven.state.processing.plan
    assert driven.view()["step"] == 3
    assert {i for _, ids in plan.groups for i in ids} == {*known, three[1]}
    assert "returns file october.csv" in driven.view()["processing"]["plan"]["made_of"]
    driven.say("confirm", on=True)
    assert not driven.view()["processing"]["answerable"]
    driven.run()
    assert driven.view()["processing"]["answerable"]
    assert driven.state.files.answer_name == "october-answered.csv"
    content = driven.state.files.answer()
    answer = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert answer[0] == ["Email", "Reason", "lead id", "outcome", "detail"]
    assert [row[2] for row in answer[1:]] == [*map(str, known), str(three[1]), "", ""]
    assert [row[3] for row in answer[-2:]] == ["not done: not found"] * 2
    driven.say("start_over")
    assert driven.view()["imported"]["name"] == ""


def test_a_change_of_the_file_takes_its_plan_back(driven):
    known = mails(driven, 2)
    ids = list(known)
    view = upload(driven, f"Lead ID,Reason\n{ids[0]},Duplicate\n{ids[1]},???\n")
    assert [[state, n] for state, n, _ in view["counts"]] == [["matched", 1], ["reason not mapped", 1]]
    driven.say("returns_preview")
    assert driven.state.processing.plan.total == 1
    target = next(value for value, words in view["targets"] if words == "Duplicate")
    driven.say("returns_map", wording="???", target=target)
    assert driven.state.processing.plan is None
    driven.say("returns_preview")
    assert driven.state.processing.plan.total == 2
    driven.say("returns_close")
    assert driven.state.processing.plan is None
    assert driven.view()["imported"]["name"] == ""


def test_columns_that_are_not_clear_are_asked_for(driven):
    (lead_id,) = mails(driven, 1)
    view = upload(driven, f"Lead ID,Lead number,Remark\n{lead_id},1,Duplicate\n")
    assert "Choose one below" in view["problem"]["text"]
    assert [name for name, _ in view["names"]] == ["Lead ID", "Lead number", "Remark"]
    driven.say("returns_column", role="id", name="Lead ID")
    driven.say("returns_column", role="reason", name="Remark")
    view = driven.view()["imported"]
    assert view["problem"] is None
    assert [[role, name] for role, _, name in view["columns"] if name] == [["id", "Lead ID"], ["reason", "Remark"]]
    assert [[state, n] for state, n, _ in view["counts"]] == [["matched", 1]]
    driven.say("returns_column", role="reason", name="")
    assert driven.view()["imported"]["wordings"][0][1] == "(no reason)"
    driven.say("returns_column", role="reason", name="Not there")
    assert driven.view()["imported"]["wordings"][0][1] == "(no reason)"


def test_loaded_leads_are_looked_in_at_once(driven):
    known = mails(driven, 1)
    driven.say("load", go_on=False)
    view = upload(driven, "Email,Reason\n" + next(iter(known.values())) + ",Duplicate\n")
    assert [[state, n] for state, n, _ in view["counts"]] == [["matched", 1]]
    assert "300 leads that are loaded" in view["searched"]


def test_leads_that_are_loaded_while_the_file_waits_are_looked_in(driven):
    known = mails(driven, 1)
    assert upload(driven, "Email,Reason\n" + next(iter(known.values())) + ",Duplicate\n")["counts"] == []
    driven.say("load", go_on=False)
    driven.view()
    assert driven.state.jobs.wait()
    assert [[state, n] for state, n, _ in driven.view()["imported"]["counts"]] == [["matched", 1]]


def test_an_advertiser_is_known_again(driven):
    (lead_id,) = mails(driven, 1)
    content = f"Lead ID,Why\n{lead_id},no money\n"
    view = upload(driven, content)
    assert "Acme Software" in [name for name, _ in view["advertisers"]]
    driven.say("returns_column", role="reason", name="Why")
    driven.say("returns_advertiser", name="Acme Software")
    target = next(value for value, words in driven.view()["imported"]["targets"] if words == "Duplicate")
    driven.say("returns_map", wording="no money", target=target)
    view = upload(driven, content, "november.csv")
    assert [state for state, _, _ in view["counts"]] == ["reason not mapped"]
    driven.say("returns_advertiser", name="Acme Software")
    view = driven.view()["imported"]
    assert [state for state, _, _ in view["counts"]] == ["matched"]
    assert "as remembered" in view["notes"][0]


def test_no_file_that_cannot_be_read_is_taken(driven):
    for content, words in ((b"", "empty"), (b"%PDF-1.7", "PDF"), (b"Name,City\nx,y\n", "No row names")):
        view = upload(driven, content)
        assert words in view["problem"]["text"]
        assert view["counts"] == []
        assert view["blockers"]
    driven.say("returns_close")
    assert driven.view()["imported"]["problem"] is None


def test_which_sheet_is_meant_is_asked_and_can_be_changed(driven):
    first, second = mails(driven, 2)
    book = openpyxl.Workbook()
    book.active.title = "October"
    for sheet, lead_id, wording in ((book.active, first, "no money"), (book.create_sheet("It's November"), second, "???")):
        sheet.append(["Lead ID", "Reason"])
        sheet.append([lead_id, wording])
    content = io.BytesIO()
    book.save(content)
    view = upload(driven, content.getvalue(), "returns.xlsx")
    assert (
        view["problem"]["text"] == "Several sheets of this workbook could be meant: “October”, “It's November”. Choose one below."
    )
    assert [name for name, _ in view["sheets"]] == ["October", "It's November"]
    assert (view["sheet"], view["counts"], bool(view["blockers"])) == ("", [], True)
    driven.say("returns_sheet", name="December")  # is not there
    assert driven.view()["imported"]["problem"] is not None
    driven.say("returns_sheet", name="It's November")
    view = driven.view()["imported"]
    assert (view["sheet"], view["problem"], [one[0] for one in view["wordings"]]) == ("It's November", None, ["???"])
    driven.say("returns_sheet", name="October")
    assert [one[0] for one in driven.view()["imported"]["wordings"]] == ["no money"]
    view = upload(driven, f"Lead ID,Reason\n{first},Duplicate\n")
    assert (view["sheets"], view["sheet"]) == ([], "")


def test_wordings_stay_where_they_are_when_one_is_mapped(driven):
    ids = list(mails(driven, 6))
    rows = zip(ids, ["few", "many", "many", "some", "many", "some"], strict=True)
    view = upload(driven, "Lead ID,Reason\n" + "".join(f"{lead_id},{wording}\n" for lead_id, wording in rows))
    assert [(one[0], one[2]) for one in view["wordings"]] == [("many", 3), ("some", 2), ("few", 1)]
    driven.say("returns_map", wording="many", target=view["targets"][1][0])
    assert [(one[0], one[2]) for one in driven.view()["imported"]["wordings"]] == [("many", 0), ("some", 2), ("few", 1)]
