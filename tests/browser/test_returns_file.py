"""A returns file in the panel: 300 rows in Excel, by e-mail, to the answered file; narrow, dark, by keyboard; and nothing of it saved."""

from __future__ import annotations

import json
import time

import openpyxl
import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import SandboxServer
from tests.browser.panel import CELL
from tests.browser.test_answers import narrow
from tests.browser.test_saved import TOGGLE

REASONS = ("Duplicate", "Out of Target", "no money", "wrong man", "went elsewhere", "is a customer")
MEANS = {
    "no money": "Returned / No budget", "wrong man": "Returned / Wrong person", "went elsewhere": "Returned / Not interested",
    "is a customer": "Returned / Already a customer",
}  # fmt: skip
NOBODY = ("nobody.here@example.org", "nobody.there@example.org")
MOST_CLICKS, MOST_SECONDS = 12, 180


@pytest.fixture
def sandbox():
    with SandboxServer(leads=420, seed=7) as running:
        yield running


def returns_file(sandbox, path) -> list[int]:
    """300 rows: 297 leads by e-mail, two that nobody has, and one that three leads have. Gives the ids of the 297, in order."""
    records = {lead_id: sandbox.record(lead_id) for lead_id in sandbox.lead_ids()}
    mails = [record["email"] for record in records.values()]
    three = list(records)[-3:]
    for lead_id in three:
        sandbox.change_record(lead_id, email="the.same@example.org")
    picked = [i for i, one in records.items() if one["email"] and mails.count(one["email"]) == 1 and i not in three][:297]
    book = openpyxl.Workbook()
    book.active.title = "Returns"
    book.active.append(["Email", "Reason", "Our number"])
    for place, lead_id in enumerate(picked):
        book.active.append([records[lead_id]["email"], REASONS[place % 6], f"R-{place}"])
    for mail in (*NOBODY, "the.same@example.org"):
        book.active.append([mail, "no money", "=1+1"])
    book.save(path)
    return picked


def choose_file(panel, path, button=".cvtr-import-returns"):
    with panel.page.expect_file_chooser() as chooser:
        panel(button).click()
    chooser.value.set_files(path)


def test_300_rows_in_excel_to_the_answered_file_in_twelve_clicks(open_panel, sandbox, tmp_path, screenshot):
    path = tmp_path / "october.xlsx"
    picked = returns_file(sandbox, path)
    panel = open_panel(cells=[CELL.format(role="admin"), "panel"])
    page, clicks, begun = panel.page, [], time.monotonic()

    def click(selector):
        clicks.append(selector)
        panel(selector).click()

    clicks.append(".cvtr-import-returns")
    choose_file(panel, path)
    expect(panel(".cvtr-returns-read")).to_have_text("Read the 420 leads of the filters and look in them (5 requests)")
    click(".cvtr-returns-read")
    expect(panel(".cvtr-returns-counts")).to_contain_text("not found")
    for wording, target in MEANS.items():
        clicks.append(wording)  # a choice in a drop-down
        panel(f".cvtr-returns-map[data-wording='{wording}']").select_option(label=target)
        expect(panel(f".cvtr-returns-map[data-wording='{wording}']").locator("xpath=..").locator("label")).to_contain_text(
            "mapped"
        )
    choice = panel(".cvtr-returns-choose")
    three = sorted(int(one.get_attribute("value")) for one in choice.locator("option").all() if one.get_attribute("value"))
    assert len(three) == 3
    clicks.append("one of three")
    choice.select_option(str(three[1]))
    expect(panel(".cvtr-returns-preview")).to_have_text("Preview 298 leads")
    screenshot("returns-1280")
    click(".cvtr-returns-preview")
    expect(panel(".cvtr-made-of")).to_contain_text("returns file october.xlsx")
    expect(panel(".cvtr-plan-groups li")).to_have_count(6)
    click(".cvtr-confirm")
    click(".cvtr-run")
    expect(panel(".cvtr-answer-file")).to_be_visible(timeout=120_000)
    clicks.append(".cvtr-answer-file")
    with page.expect_download() as coming:
        panel(".cvtr-answer-file").click()
    seconds = time.monotonic() - begun
    assert coming.value.suggested_filename == "october-answered.xlsx"
    coming.value.save_as(tmp_path / "answered.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "answered.xlsx")["Returns"].iter_rows(min_row=2, values_only=True))
    assert [row[2] for row in rows] == [f"R-{n}" for n in range(297)] + ["=1+1"] * 3
    assert [row[3] for row in rows] == [*picked, None, None, three[1]]
    assert {row[4] for row in rows[:297]} <= {"confirmed", "accepted", "skipped"}
    assert [row[4] for row in rows[297:]] == ["not done: not found"] * 2 + ["confirmed"]
    assert sandbox.effects(three[0]) == sandbox.effects(three[2]) == []
    assert len(clicks) <= MOST_CLICKS, clicks
    assert seconds < MOST_SECONDS


def test_nothing_of_the_file_is_saved_and_it_fits_a_narrow_page(open_panel, sandbox, tmp_path, screenshot):
    path = tmp_path / "october.xlsx"
    picked = returns_file(sandbox, path)
    panel = open_panel(cells=[CELL.format(role="admin")])
    opened, page = panel.opened, panel.page
    choose_file(panel, path)
    panel(".cvtr-returns-read").wait_for()
    panel(".cvtr-returns-read").focus()
    page.keyboard.press("Enter")
    expect(panel(".cvtr-returns-unclear")).to_be_visible()
    opened._finish(TOGGLE)
    try:
        saved = json.dumps(opened.save())
    finally:
        opened._finish(TOGGLE)  # the page is kept for the next test
    secrets = [*NOBODY, "the.same@example.org", "no money", "october", str(picked[0]), sandbox.record(picked[0])["email"]]
    assert [one for one in secrets if one in saved] == []
    narrow(panel)
    wide = page.evaluate("() => { const p = document.querySelector('.cvtr-panel'); return p.scrollWidth - p.clientWidth; }")
    assert wide <= 1
    screenshot("returns-420", ".cvtr-panel")
    opened.theme("dark")
    screenshot("returns-420-dark", ".cvtr-panel")
