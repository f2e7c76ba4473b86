"""Step 1 at a glance: what is said of a list that is not whole, and how much of it is seen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.browser.lab import joined
from tests.browser.panel import CELL, PanelPage

pytestmark = pytest.mark.kept_page

# Rows that are seen from their upper to their lower edge: inside the window and inside all that cuts something off.
WHOLE_ROWS = """() => [...document.querySelectorAll('.cvtr-grid-leads tbody tr')].filter((row) => {
    const { top, bottom, left } = row.getBoundingClientRect();
    const over = (y) => document.elementFromPoint(left + 60, y)?.closest('tr') === row;
    return bottom <= innerHeight && over(top + 1) && over(bottom - 2);
}).length"""
TO_THE_TOP = "() => document.querySelector('.cvtr-panel').scrollIntoView()"


def test_a_list_that_is_not_whole_says_so_in_the_line_of_its_count(open_panel, sandbox, screenshot):
    panel = open_panel()
    sandbox.mishaps = [Mishap("leads", "slow", nth=3, seconds=10.0)]
    panel(".cvtr-load").click()
    expect(panel(".cvtr-table .cvtr-where")).to_have_text(
        re.compile("1–50 shown · (100|200) of 300 loaded so far, still loading")
    )
    expect(panel(".cvtr-select-matching")).to_have_text(re.compile("all (100|200) loaded so far; wait for the rest"))
    expect(panel(".cvtr-select-matching")).to_have_attribute("aria-disabled", "true")
    screenshot("still-loading")
    panel(".cvtr-step-leads .cvtr-still .cvtr-working .cvtr-stop").click()
    expect(panel(".cvtr-table .cvtr-where")).to_contain_text("of 300 loaded; then you stopped it")
    expect(panel(".cvtr-table .cvtr-where")).to_contain_text("incomplete: ")
    expect(panel(".cvtr-select-matching")).to_contain_text("(incomplete)")
    sandbox.mishaps = []
    panel.load()
    expect(panel(".cvtr-table .cvtr-where")).to_have_text("1–50 of 300")
    expect(panel(".cvtr-select-matching")).to_have_text("all 300 loaded")


def test_eighteen_leads_are_seen_at_once(notebook, sandbox, screenshot, journal):
    opened = notebook(
        [CELL.format(role="admin")], environ={**joined(sandbox), "CVTR_JOURNAL": journal}, until=".cvtr-panel[data-step='1']"
    )
    panel = PanelPage(opened, sandbox)
    panel.load()
    screenshot("step-one-as-it-comes")
    assert panel.page.evaluate(WHOLE_ROWS) >= 18  # as the notebook stands, with its code above
    panel.page.evaluate(TO_THE_TOP)
    screenshot("step-one")
    assert panel.page.evaluate(WHOLE_ROWS) >= 20
    expect(panel(".cvtr-table .cvtr-where")).to_be_in_viewport()


def test_several_states_at_once_and_a_range_of_days(open_panel, sandbox, screenshot):
    panel = open_panel()
    panel.filter("status", "Caution", "Test")
    expect(panel(".cvtr-filter-status .cvtr-menu-text")).to_have_text("2")
    panel.load()
    meant = {*sandbox.lead_ids(status="Caution"), *sandbox.lead_ids(status="Test")}
    expect(panel(".cvtr-table .cvtr-where")).to_have_text(f"1–50 of {len(meant)}")
    assert set(panel.opened.kernel_eval("[int(i) for i in panel.leads.index]")) == meant
    panel(".cvtr-filter-date").click()
    screenshot("step-one-date")
    panel("[data-range='Last month']").click()
    expect(panel(".cvtr-filter-date-menu")).to_be_hidden()
    expect(panel(".cvtr-filter-date .cvtr-menu-text")).to_have_text("Last month")
    panel(".cvtr-filter-date").click()
    assert panel(".cvtr-filter-from").input_value().endswith("-01")
    panel(".cvtr-range-any").click()
    expect(panel(".cvtr-filter-date .cvtr-menu-text")).to_have_text("Any day")


def test_a_columns_own_menu_by_keyboard(open_panel, screenshot):
    panel = open_panel()
    panel.load()
    page = panel.page
    panel(".cvtr-table [data-sort='lead_id']").focus()
    for _ in range(4):  # Id and its menu, Date and its menu
        page.keyboard.press("ArrowRight")
    expect(panel(".cvtr-table [data-sort='current_status']")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    menu = panel(".cvtr-head-menu")
    expect(menu).to_be_visible()
    expect(menu).to_have_attribute("aria-label", "Column Current Status")
    expect(panel(".cvtr-sort-up")).to_be_focused()
    panel(".cvtr-values label").first.wait_for()
    screenshot("step-one-head-menu")
    panel(".cvtr-filter-kind").select_option("contains")
    panel(".cvtr-filter-kind").select_option("one_of")
    panel(".cvtr-values label").first.wait_for()  # they are still known
    panel(".cvtr-sort-up").focus()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(panel("[data-menu='current_status']")).to_be_focused()
    page.keyboard.press("Enter")
    panel(
        ".cvtr-values label",
    ).filter(has_text="Caution").locator("input").focus()
    page.keyboard.press("Space")
    panel(".cvtr-filter-apply").focus()
    page.keyboard.press("Enter")
    expect(panel(".cvtr-active-filters")).to_contain_text("Current Status is Caution")
    expect(panel("[data-menu='current_status']")).to_be_focused()
    assert set(panel.texts(".cvtr-table .cvtr-col-current_status")) == {"Caution"}
    page.keyboard.press("Enter")
    panel(".cvtr-filter-clear").click()
    expect(panel(".cvtr-active-filters")).to_be_hidden()
    panel("[data-menu='score']").click()
    panel(".cvtr-sort-down").click()
    expect(panel(".cvtr-table th[data-column='score']")).to_have_attribute("aria-sort", "descending")
    panel("[data-menu='delivery']").click()
    panel(".cvtr-move-left").click()
    expect(panel(".cvtr-grid-leads thead th").nth(2)).to_have_attribute("data-column", "delivery")
    panel("[data-menu='delivery']").click()
    panel(".cvtr-hide-column").click()
    expect(panel(".cvtr-table th[data-column='delivery']")).to_have_count(0)


def test_escape_closes_a_menu_and_gives_the_focus_back(open_panel):
    panel = open_panel()
    panel.load()
    for button in ("columns", "views", "kept", "jump"):
        opener = panel(f".cvtr-{button}-button")
        opener.click()
        menu = panel(f".cvtr-{button}-button-menu")
        expect(menu).to_be_visible()
        expect(opener).to_have_attribute("aria-expanded", "true")
        panel.page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        expect(opener).to_be_focused()
        expect(opener).to_have_attribute("aria-expanded", "false")


# How far the page itself, and the row of a plan up to its verdict, reach beyond what is seen of them.
BEYOND = """() => {
    const panel = document.querySelector('.cvtr-panel');
    return Math.max(0, ...[...panel.querySelectorAll('.cvtr-filters, .cvtr-toolbar, .cvtr-table-foot, .cvtr-ids-row, .cvtr-foot')].filter(
        (one) => one.checkVisibility()).map((one) => Math.max(one.scrollWidth - one.clientWidth,
        one.getBoundingClientRect().right - panel.getBoundingClientRect().right)));
}"""
CUT_OFF = """() => {
    const frame = document.querySelector('.cvtr-table-plan .cvtr-scroll').getBoundingClientRect();
    const wanted = ['lead_id', 'now', 'then', 'verdict'].map((name) => document.querySelector(`.cvtr-grid-plan th[data-column="${name}"]`));
    const pills = [...document.querySelectorAll('.cvtr-grid-plan td[data-column="verdict"] .cvtr-pill')];
    return [...wanted, ...pills].filter((one) => one.getBoundingClientRect().right > frame.right + 1).map((one) => one.textContent);
}"""

# How far the confirmation begins below all that the plan says above its leads.
ASKED_OVER = """() => document.querySelector('.cvtr-ask').getBoundingClientRect().top
    - document.querySelector('.cvtr-plan-leads').getBoundingClientRect().top"""


def test_a_narrow_or_low_window_shows_the_plan_up_to_its_verdict_and_what_is_asked(open_panel, screenshot):
    panel = open_panel()
    panel.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    panel.load()
    for width in (320, 420):
        panel.opened.width(width, 900)
        assert panel.page.evaluate(BEYOND) <= 1, width
        screenshot(f"step-one-{width}")
    panel.opened.width(1280, 900)
    panel.tick(panel.rows()[:8])
    panel.next()
    panel.choose("invalid", reason="Duplicate")
    panel.preview()
    # Of a plan that is longer than the window, what is asked stays in sight over the leads, and never over what stands above them.
    panel.opened.width(1280, 500)
    panel(".cvtr-plan-leads").evaluate("one => one.scrollIntoView()")
    for name in (".cvtr-run", ".cvtr-confirm", ".cvtr-head .cvtr-badge"):
        expect(panel(name)).to_be_in_viewport(ratio=1)
    panel.opened.width(1280, 400)
    panel(".cvtr-plan-line").evaluate("one => one.scrollIntoView()")
    assert panel.page.evaluate(ASKED_OVER) >= 0

    panel.opened.width(420, 900)
    assert panel.page.evaluate(CUT_OFF) == []
    screenshot("plan-420")
    panel.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")


def test_heads_name_the_zone_and_the_detail_has_words_for_keys(open_panel):
    panel = open_panel()
    panel.load()
    zone = panel.opened.kernel_eval("str(panel.session.client.zone)").removeprefix("Etc/")
    expect(panel(".cvtr-table th[data-column='date']")).to_contain_text(zone)
    panel(".cvtr-table .cvtr-open").first.click()
    panel(".cvtr-fields dt").first.wait_for()
    names = panel.texts(".cvtr-fields dt")
    assert {"Lead Generator", "Current Status", "Campaign ID", "Publisher Payout"} <= set(names)
    assert not [name for name in names if "_" in name and not name.startswith("Form: ")]
    assert panel.texts(".cvtr-detail-jobs th") == ["Job", "Type", "Passed", "Score", "Max Score", "Message"]
