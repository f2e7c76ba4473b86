"""``LeadTable`` alone in JupyterLab: in a cell, a box, a tab and an accordion; what is ticked is the selection, and nothing is saved."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import ALIKE, SIDEWAYS, faults
from tests.browser.test_saved import TOGGLE
from tests.browser.test_selection import LOSE

pytestmark = pytest.mark.kept_page
SETUP = """import cvtr_widgets as cvtr, ipywidgets as W
sandbox = cvtr.Sandbox(leads=300, seed=5)
session = cvtr.LeadSession(sandbox.connect(), progress=False)
leads = session.pull()
said = W.Label("")
alone = cvtr.LeadTable(leads, page_size=25)
alone.on_selection(lambda selection: setattr(said, "value", f"{len(selection)} picked"))
boxed = cvtr.LeadTable(leads[leads.current_status == "Caution"], page_size=25)
tabbed, folded = cvtr.LeadTable(leads.head(20)), cvtr.LeadTable(session, filters={"status": "Invalid"}, page_size=25)
"""
ELSEWHERE = "import os\nos.environ['CVTR_TIMEZONE'] = 'Asia/Kathmandu'"
CELLS = [
    ELSEWHERE,
    SETUP,
    "alone",
    "W.VBox([boxed, said])",
    "W.Tab([tabbed], titles=['Leads'])",
    "W.Accordion([folded], selected_index=0)",
]


def test_it_picks_leads_in_every_box_and_leaves_nothing_in_the_file(notebook, page, screenshot):
    opened = notebook(CELLS)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    opened.width(1280, 4_000)
    tables = page.locator(".cvtr-table-alone")
    expect(tables).to_have_count(4)
    for place in range(4):
        tables.nth(place).locator(".cvtr-row-tick").first.wait_for()
    picked = {}
    for place, name in enumerate(("alone", "boxed", "tabbed", "folded")):
        table = tables.nth(place)
        for box in (table.locator(".cvtr-row-tick").nth(n) for n in (1, 3)):
            box.click()
        expect(table.locator(".cvtr-count")).to_have_text("2 leads selected")
        picked[name] = [int(table.locator(".cvtr-row-tick").nth(n).get_attribute("data-lead-id") or 0) for n in (1, 3)]
        assert opened.kernel_eval(f"list({name}.selection.ids)") == picked[name]
    expect(page.locator(".widget-label", has_text="2 picked")).to_be_visible()
    for place in (0, 3):  # of a frame, and of a session
        words = tables.nth(place).locator(".cvtr-elsewhere")
        expect(words).to_contain_text("Days and times are in Asia/Kathmandu time; your browser is in ")
        expect(tables.nth(place).locator("th[data-column='date'] .cvtr-not-yours")).to_be_visible()
    # Sorted and searched, the ticks stay with their leads; what matches is selected by a press.
    first = tables.nth(0)
    first.locator("[data-sort='email']").click()
    first.locator(".cvtr-search").fill("caution")
    expect(first.locator(".cvtr-where")).to_contain_text("matching")
    first.locator(".cvtr-select-matching").click()
    wanted = opened.kernel_eval("sorted(leads.index[leads.current_status == 'Caution'])")
    expect(first.locator(".cvtr-parts")).to_contain_text("by “all matching”")
    chosen = set(opened.kernel_eval("list(alone.selection.ids)"))  # “caution” stands in other columns, too
    assert set(wanted) | set(picked["alone"]) <= chosen < set(opened.kernel_eval("leads.index.tolist()"))
    first.locator(".cvtr-undo-selection").click()
    expect(first.locator(".cvtr-count")).to_have_text("2 leads selected")
    screenshot("lead-table-alone")
    assert faults(page, {"include": [[".cvtr-table-alone"]], "exclude": [[ALIKE]]}) == []
    opened.width(420, 4_000)
    assert first.evaluate(SIDEWAYS)["panel"] <= 0
    screenshot("lead-table-alone-420")
    opened._finish(TOGGLE)
    try:
        text = json.dumps(opened.save())
    finally:
        opened._finish(TOGGLE)
    assert not [e for e in opened.kernel_eval("leads.email.tolist()") if e in text]
    assert not [i for i in picked["alone"] if str(i) in text]


def test_a_tick_that_is_lost_on_its_way_is_told_and_not_shown_as_one(notebook, page):
    opened = notebook([SETUP, "alone"])
    table = page.locator(".cvtr-table-alone")
    table.locator(".cvtr-row-tick").first.wait_for()
    page.evaluate(LOSE, "tick")
    table.locator(".cvtr-row-tick").first.click()
    told = table.locator(".cvtr-fault")
    expect(told).to_contain_text("What you pressed did not reach the kernel, so nothing was done.")
    expect(table.locator(".cvtr-row-tick").first).not_to_be_checked()
    table.locator(".cvtr-row-tick").nth(1).click()
    expect(table.locator(".cvtr-count")).to_have_text("1 lead selected")
    expect(told).to_be_hidden()
    assert len(opened.kernel_eval("list(alone.selection.ids)")) == 1
