"""The whole job by keyboard alone, and a panel whose connection loses messages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_stories import changed

pytestmark = pytest.mark.kept_page
ACTIVE = "selector => Boolean(document.activeElement?.matches(selector))"
WITHIN = "() => Boolean(document.activeElement?.closest('.cvtr-panel'))"


def tab_to(page, selector, most=120):
    """Press Tab until the element has the focus."""
    for _ in range(most):
        if page.evaluate(ACTIVE, f".cvtr-panel {selector}"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by Tab")


def test_the_whole_job_by_keyboard_alone(open_panel, sandbox):
    everyone = sandbox.lead_ids()
    panel = open_panel()
    page, press = panel.page, panel.page.keyboard.press
    cells = len(panel.opened.cells())
    tab_to(page, ".cvtr-filter-status")
    press("Enter")
    tab_to(page, ".cvtr-filter-status-menu input[data-value='Caution']")
    press("Space")
    press("Escape")
    expect(panel(".cvtr-filter-status")).to_be_focused()
    tab_to(page, ".cvtr-load")
    press("Enter")
    panel(".cvtr-row-tick").first.wait_for()
    assert page.evaluate(ACTIVE, ".cvtr-load")
    rows = panel.rows()
    assert rows == sandbox.lead_ids(status="Caution")[: len(rows)]
    tab_to(page, ".cvtr-row-tick")
    press("Space")
    press("ArrowDown")
    press("ArrowDown")
    press("Shift+ArrowDown")
    panel.selected(3)
    meant = {rows[0], rows[2], rows[3]}
    for key in "ddxx":  # the notebook's own shortcuts do not hear this
        press(key)
    # a lead is looked at and the focus comes back to its row
    press("Enter")
    expect(panel(".cvtr-detail h4")).to_be_focused()
    press("Escape")
    expect(panel(".cvtr-detail")).to_be_hidden()
    expect(panel.box(rows[3])).to_be_focused()
    tab_to(page, ".cvtr-next")
    press("Enter")
    panel.step(2)
    expect(panel(".cvtr-step-type .cvtr-step-open")).to_be_focused()
    tab_to(page, ".cvtr-action")
    page.keyboard.type("Mark as Test")
    panel(".cvtr-reason option[value='listed:Test lead']").wait_for(state="attached")
    tab_to(page, ".cvtr-reason")
    press("ArrowDown")
    tab_to(page, ".cvtr-comment")
    page.keyboard.type("by keys")
    tab_to(page, ".cvtr-preview")
    expect(panel(".cvtr-preview")).not_to_have_attribute("aria-disabled", "true")
    press("Enter")
    panel.step(3)
    panel(".cvtr-plan").wait_for()
    tab_to(page, ".cvtr-run")
    press("Enter")
    panel(".cvtr-results").wait_for()
    assert page.evaluate(WITHIN), "the focus was lost with the button that was pressed"
    assert panel.outcomes() == {"confirmed": 3}
    assert changed(sandbox, everyone) == meant
    assert {sandbox.lead(lead_id)["comment"] for lead_id in meant} == {"by keys"}
    tab_to(page, ".cvtr-start-over")
    press("Enter")
    panel.step(1)
    assert page.evaluate(WITHIN)
    assert len(panel.opened.cells()) == cells


LOSE = """
lost, send = [], panel.send
def sometimes(content, buffers=None):
    if content["kind"] in {"view", "rows"} and len(lost) < 3:
        lost.append(content["kind"])
    else:
        send(content, buffers)
panel.send = sometimes
"""


def test_what_a_broken_connection_lost_is_asked_for_again(open_panel):
    panel = open_panel()
    panel.load()
    panel.opened.kernel_eval(f"exec({LOSE!r}, globals())")
    panel(".cvtr-select-page").click()
    panel.selected(50)
    ids = panel.rows()
    panel(".cvtr-table .cvtr-page-next").first.click()
    expect(panel(".cvtr-table .cvtr-where")).to_contain_text("51–100")
    assert panel.opened.kernel_eval("len(lost)") == 3
    assert panel.opened.kernel_eval("list(panel.selection.ids)") == ids
    assert panel.rows() == panel.opened.kernel_eval("[int(i) for i in panel.leads.index[50:100]]")
