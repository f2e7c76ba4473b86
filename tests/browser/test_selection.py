"""The ways to select leads, in the browser, each carried on to a run: exactly the leads that were meant change, and no other."""

from __future__ import annotations

import io

import openpyxl
import pytest
from playwright.sync_api import expect


def everybody(sandbox):
    return sandbox.lead_ids()


def changed(sandbox, ids):
    """Those of ``ids`` that any write was applied to."""
    return {lead_id for lead_id in ids if sandbox.effects(lead_id)}


def finish(panel, sandbox, number):
    """From the selection to a run: replacement, which any lead can be marked with and nobody need confirm."""
    panel.next()
    panel.choose("other", reason="Replacement")
    panel.preview()
    panel.run(confirm=False)
    assert sum(panel.outcomes().values()) == number


def ticked(panel):
    return [int(box.get_attribute("data-lead-id")) for box in panel(".cvtr-row-tick:checked").all()]


def turn(panel, to):
    """Go to a page (from 1) and wait for its rows."""
    field = panel(".cvtr-table .cvtr-page")
    while int(field.input_value()) != to:
        before = panel.rows()
        panel(".cvtr-table .cvtr-page-next" if int(field.input_value()) < to else ".cvtr-table .cvtr-page-previous").click()
        expect(panel(".cvtr-table .cvtr-row-tick").first).not_to_have_attribute("data-lead-id", str(before[0]))


def sort(panel, column, direction):
    panel(f".cvtr-table [data-sort='{column}']").click()
    expect(panel(f".cvtr-table th[data-column='{column}']")).to_have_attribute("aria-sort", direction)


@pytest.mark.kept_page
def test_ticks_stay_with_their_leads_whatever_is_shown(open_panel, sandbox):
    everyone = everybody(sandbox)
    panel = open_panel()
    panel.load()
    assert panel(".cvtr-table .cvtr-where").inner_text() == "1–50 of 300"
    first = panel.rows()
    panel.tick([first[2], first[5], first[9]])
    panel.box(first[5]).click()
    panel.selected(2)
    panel.box(first[12]).click()
    panel.box(first[15]).click(modifiers=["Shift"])
    meant = {first[2], first[9], *first[12:16]}
    panel.selected(6)
    assert set(ticked(panel)) == meant

    sort(panel, "email", "ascending")
    panel.selected(6)
    assert set(ticked(panel)) == meant & set(panel.rows())
    sort(panel, "email", "descending")
    turn(panel, 2)
    assert set(ticked(panel)) == meant & set(panel.rows())
    second = panel.rows()
    fresh = [lead_id for lead_id in second if lead_id not in meant][:2]
    for lead_id in fresh:
        panel.box(lead_id).click()
    meant |= set(fresh)
    panel.selected(8)
    shown = len(meant & set(panel.rows()))
    expect(panel(".cvtr-selected")).to_contain_text(f"8 ticked; {8 - shown} not on this page")

    panel(".cvtr-search").fill(sandbox.record(first[2])["email"])
    expect(panel(".cvtr-table .cvtr-where")).to_contain_text("matching, 300 loaded")
    assert panel.rows() == [first[2]]
    expect(panel(".cvtr-selected")).to_contain_text("7 hidden by search")
    panel(".cvtr-search").fill("")
    expect(panel(".cvtr-table .cvtr-where")).to_have_text("1–50 of 300")
    panel(".cvtr-selected-only").check()
    expect(panel(".cvtr-table .cvtr-where")).to_contain_text("1–8 of 8 matching")
    assert set(panel.rows()) == set(ticked(panel)) == meant

    finish(panel, sandbox, 8)
    assert changed(sandbox, everyone) == meant
    assert {sandbox.lead(lead_id)["replacement"] for lead_id in meant} == {"Replacement"}


@pytest.mark.kept_page
def test_page_matching_none_invert_and_undo_each_say_their_number(open_panel, sandbox):
    everyone = everybody(sandbox)
    panel = open_panel()
    panel.load()
    page = panel.rows()
    panel(".cvtr-select-page").click()
    panel.selected(50)
    turn(panel, 2)
    assert ticked(panel) == []
    panel(".cvtr-tick-page").check()
    panel.selected(100)
    turn(panel, 1)
    panel.box(page[0]).click()
    panel.selected(99)
    panel(".cvtr-invert").click()
    panel.selected(51)
    assert ticked(panel) == [page[0]]
    panel(".cvtr-undo-selection").click()
    panel.selected(99)
    assert page[0] not in ticked(panel)
    panel(".cvtr-select-none").click()
    panel.selected(0)
    expect(panel(".cvtr-next")).to_have_attribute("aria-disabled", "true")
    assert panel.texts(".cvtr-step-leads .cvtr-foot .cvtr-why li") == [
        "No lead is selected yet: tick rows, type ids, or import a file."
    ]
    panel(".cvtr-undo-selection").click()
    panel.selected(99)
    panel(".cvtr-select-none").click()
    panel.selected(0)

    campaign = sandbox.campaigns()[sandbox.lead(page[0])["campaign_id"]]
    matching = {lead_id for lead_id in everyone if sandbox.lead(lead_id)["campaign_id"] == sandbox.lead(page[0])["campaign_id"]}
    panel(".cvtr-search").fill(campaign)
    expect(panel(".cvtr-select-matching")).to_have_text(f"all {len(matching)} matching")
    panel(".cvtr-select-matching").click()
    panel.selected(len(matching))
    panel(".cvtr-search").fill("")
    expect(panel(".cvtr-select-matching")).to_have_text("all 300 loaded")
    panel.selected(len(matching))
    expect(panel(".cvtr-selected")).to_contain_text(f"{len(matching)} by “all matching”")

    finish(panel, sandbox, len(matching))
    assert changed(sandbox, everyone) == matching


# The next message of this kind never leaves the browser.
LOSE = """kind => {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
        if (text.includes(`"kind":"${kind}"`)) {
            WebSocket.prototype.send = send;
            return undefined;
        }
        return send.call(this, data);
    };
}"""


def test_a_tick_that_is_lost_on_its_way_is_not_shown_as_one(open_panel, kernel_eval):
    panel = open_panel()
    panel.load()
    lost, kept = panel.rows()[:2]
    panel.page.evaluate(LOSE, "tick")
    panel.box(lost).click()
    expect(panel(".cvtr-fault")).to_contain_text("did not reach the kernel")
    expect(panel.box(lost)).not_to_be_checked()
    panel.box(kept).click()
    panel.selected(1)
    expect(panel(".cvtr-fault")).to_be_hidden()
    assert kernel_eval("list(panel.selection.ids)") == [kept]
    assert ticked(panel) == [kept]


@pytest.mark.kept_page
def test_typed_ids_and_what_was_not_taken_of_them(open_panel, sandbox):
    everyone = everybody(sandbox)
    a, b, c, d = everyone[10:14]
    panel = open_panel()
    panel.type_ids(f"{a}\n#{b}\n/api/v4/leads/{c}\n{d}\n{a}\n1.23E+08\nbanana")
    panel.selected(4)
    high = panel(".cvtr-lead-ids").bounding_box()["height"]
    assert 100 < high <= 130, "seven lines are pasted, six are shown, and the rest is scrolled to"
    panel(".cvtr-rejected summary").click()
    rejected = panel.texts(".cvtr-rejected tbody tr")
    assert len(rejected) == 2
    assert any("1.23E+08" in line and "Excel" in line for line in rejected)
    assert any("banana" in line for line in rejected)
    assert [line.split()[:2] for line in rejected] == [["line", "6"], ["line", "7"]]
    assert panel.texts(".cvtr-typed-notes li") == ["1 id was given more than once; each lead counts once."]
    expect(panel(".cvtr-table .cvtr-row-tick")).to_have_count(4)
    assert set(panel.rows()) == {a, b, c, d} == set(ticked(panel))
    # unticking a typed lead leaves it out, and the text stays as it was typed
    panel.box(d).click()
    panel.selected(3)
    # an id that the service does not have is told before anything runs
    panel.type_ids(f"{a} {b} {c} {d} 299111")
    panel.selected(4)
    assert panel(".cvtr-lead-ids").bounding_box()["height"] < 60
    expect(panel(".cvtr-absent summary")).to_have_text("1 can’t be found: deleted, or not visible to you.")
    panel.next()
    panel.choose("other", reason="Replacement")
    panel.preview()
    assert panel.texts(".cvtr-verdicts .cvtr-tile") == ["3 will change", "1 not found"]
    panel.run(confirm=False)
    assert panel.outcomes() == {"confirmed": 3, "skipped": 1}
    assert changed(sandbox, everyone) == {a, b, c}


def returned_csv(ids):
    lines = [f"{lead_id};Cloud whitepaper;No budget" for lead_id in ids]
    lines.insert(2, "1.23E+08;Cloud whitepaper;No budget")
    lines += [f"{ids[0]};Cloud whitepaper;No budget", f"Total;{len(ids)};"]
    return "\r\n".join(["Lead ID;Campaign;Why", *lines]).encode("cp1252")


def returned_xlsx(ids):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Returned leads", None])
    sheet.append([])
    sheet.append(["Campaign ID", "Lead ID"])
    for lead_id in ids:
        sheet.append([44064, lead_id])
    sheet.append([44064, "7,5E+07"])
    sheet.append([44064, ids[-1]])
    sheet.append(["Total", len(ids)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.kept_page
def test_files_and_what_was_not_taken_of_them(open_panel, sandbox, tmp_path):
    everyone = everybody(sandbox)
    from_csv, from_excel = everyone[20:27], everyone[25:33]  # two leads stand in both
    (tmp_path / "returned.csv").write_bytes(returned_csv(from_csv))
    (tmp_path / "more.xlsx").write_bytes(returned_xlsx(from_excel))
    (tmp_path / "no ids.csv").write_bytes(b"Name;Phone\nAna;5550100\n")
    panel = open_panel()
    problem = panel(".cvtr-ids-row + p.cvtr-problem")
    panel.import_file(tmp_path / "no ids.csv")
    expect(problem).to_contain_text("no ids.csv")
    expect(problem).to_contain_text("Phone")
    panel.selected(0)

    panel.import_file(tmp_path / "returned.csv")
    panel.selected(7)
    expect(problem).to_be_hidden()
    expect(panel(".cvtr-selected")).to_contain_text("7 from returned.csv")
    panel(".cvtr-rejected summary").click()
    rejected = panel.texts(".cvtr-rejected tbody tr")
    assert any("1.23E+08" in line and "line 4" in line and "damaged by Excel" in line for line in rejected), rejected
    assert any("Total" in line for line in rejected) or any("total" in note for note in panel.texts(".cvtr-files li"))

    panel.import_file(tmp_path / "more.xlsx")
    panel.selected(13)
    expect(panel(".cvtr-selected")).to_contain_text("7 from returned.csv, 6 from more.xlsx")
    files = panel.texts(".cvtr-files li")
    assert [text.split(" · ")[:2] for text in files] == [["returned.csv", "7 leads"], ["more.xlsx", "8 leads"]]
    assert all("Lead ID" in text and "given more than once" in text for text in files), (
        files
    )  # the column taken, and the duplicate
    assert any("7,5E+07" in line and "more.xlsx" in line for line in panel.texts(".cvtr-rejected tbody tr"))

    # a file can be left out again, and taken in again
    panel(".cvtr-drop-file").first.click()
    panel.selected(8)
    panel.import_file(tmp_path / "returned.csv")
    panel.selected(13)
    finish(panel, sandbox, 13)
    assert changed(sandbox, everyone) == {*from_csv, *from_excel}


@pytest.mark.kept_page
def test_the_sheet_of_a_workbook_is_chosen_by_a_button(open_panel, sandbox, tmp_path):
    first, second, other = everybody(sandbox)[:3]
    book = openpyxl.Workbook()
    book.active.title = "May"
    for sheet, ids in ((book.active, [first]), (book.create_sheet("June"), [second, other])):
        for value in ["Lead ID", *ids]:
            sheet.append([value])
    book.save(tmp_path / "months.xlsx")
    panel = open_panel()
    panel.import_file(tmp_path / "months.xlsx")
    question = panel(".cvtr-which-column")
    expect(question).to_contain_text("Which sheet of months.xlsx holds the lead ids?")
    question.get_by_role("button", name="June").click()
    panel.selected(2)
    expect(question).to_be_hidden()
