"""A returns file in the panel: 300 rows in Excel, by e-mail, to the answered file; by keys alone, narrow, dark; and nothing of it saved."""

from __future__ import annotations

import json
import time

import openpyxl
import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import SandboxServer
from tests.browser.panel import CELL
from tests.browser.test_accessibility import CONTRAST_ALONE, SIDEWAYS, TALL, judged
from tests.browser.test_keyboard import WITHIN, tab_to
from tests.browser.test_saved import TOGGLE

pytestmark = pytest.mark.kept_page
MEANS = {
    "no money": "Returned / No budget", "wrong man": "Returned / Wrong person", "went elsewhere": "Returned / Not interested",
    "is a customer": "Returned / Already a customer", "seen before": "Duplicate", "not our people": "Out of Target",
}  # fmt: skip
REASONS = tuple(MEANS)
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


def map_by_keys(panel):
    """Map every wording: the first one has the focus once the rows are matched, Tab leads to the next."""
    keyboard = panel.page.keyboard
    for _ in MEANS:
        now = panel("select.cvtr-returns-map:focus")
        expect(now).to_be_visible()
        wording = now.get_attribute("data-wording")
        place = [one.inner_text() for one in now.locator("option").all()].index(MEANS[wording])
        for _ in range(place):
            keyboard.press("ArrowDown")
        keyboard.press("Tab")
        label = panel(f".cvtr-returns-map[data-wording='{wording}']").locator("xpath=..").locator("label")
        expect(label).to_have_text(f"{wording} (mapped)")


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
    map_by_keys(panel)
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


def test_by_keys_alone_with_axe_at_each_state_and_nothing_saved(open_panel, sandbox, tmp_path, screenshot):
    path = tmp_path / "october.xlsx"
    picked = returns_file(sandbox, path)
    book = openpyxl.load_workbook(path)
    book.copy_worksheet(book["Returns"]).title = "Older"
    book.save(path)
    panel = open_panel(cells=[CELL.format(role="admin")])
    opened, page, press = panel.opened, panel.page, panel.page.keyboard.press
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    opened.width(1280, TALL)
    wrong = []

    def look(state):
        found = {name: by for name, by in panel.root.evaluate(SIDEWAYS).items() if by > 0}
        wrong.extend([*judged(panel), *([f"{state}: {found}"] if found else [])])
        screenshot(f"returns-{state}-1280", ".cvtr-panel")

    tab_to(page, ".cvtr-import-returns")
    with page.expect_file_chooser() as chooser:
        panel(".cvtr-import-returns").press("Enter")
    chooser.value.set_files(path)
    expect(panel(".cvtr-returns .cvtr-problem")).to_contain_text("“Returns”, “Older”. Choose one below.")
    assert page.evaluate(WITHIN), "the focus was lost with the button that was pressed"
    look("which-sheet")
    tab_to(page, ".cvtr-returns-sheet")
    press("ArrowDown")
    expect(panel(".cvtr-returns-read")).to_be_visible()
    expect(panel(".cvtr-returns-sheet")).to_be_focused()
    look("cost-of-reading")
    tab_to(page, ".cvtr-returns-read")
    press("Enter")
    expect(panel("select.cvtr-returns-map:focus")).to_be_visible()
    look("wordings")
    secrets = [*NOBODY, "the.same@example.org", "no money", "october", str(picked[0]), sandbox.record(picked[0])["email"]]
    opened._finish(TOGGLE)
    saved = json.dumps(opened.save())
    opened._finish(TOGGLE)
    assert [one for one in secrets if one in saved] == []
    panel(".cvtr-returns-map").first.focus()
    map_by_keys(panel)
    tab_to(page, ".cvtr-returns-choose")
    press("ArrowDown")
    expect(panel(".cvtr-returns-preview")).to_have_text("Preview 298 leads")
    expect(panel(".cvtr-returns-choose")).to_be_focused()  # the list that it is in was drawn anew
    look("all-mapped")
    opened.theme("dark")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)  # it lies over everything while the other theme is loaded
    screenshot("returns-1280-dark", ".cvtr-panel")
    wrong += judged(panel, CONTRAST_ALONE)
    for theme in ("dark", "light"):
        opened.theme(theme)
        opened.width(420, TALL)
        screenshot(f"returns-420-{theme}", ".cvtr-panel")
    wrong += [f"420: {found}" for found in panel.root.evaluate(SIDEWAYS).items() if found[1] > 1]
    opened.width(1280)
    tab_to(page, ".cvtr-returns-preview")
    press("Enter")
    expect(panel(".cvtr-made-of")).to_contain_text("returns file october.xlsx")
    tab_to(page, ".cvtr-confirm")
    press("Space")
    expect(panel(".cvtr-run")).not_to_have_attribute("aria-disabled", "true")
    tab_to(page, ".cvtr-run")
    press("Enter")
    panel(".cvtr-answer-file").wait_for()
    assert page.evaluate(WITHIN), "the focus was lost with the button that was pressed"
    tab_to(page, ".cvtr-answer-file")
    with page.expect_download() as coming:
        press("Enter")
    assert coming.value.suggested_filename == "october-answered.xlsx"
    assert not wrong, "\n".join(wrong)
