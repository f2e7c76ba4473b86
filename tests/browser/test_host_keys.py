"""Which keys pressed in the panel are the host's, and which are not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
CELL_KEYS = ("Shift+Enter", "Control+Enter", "Alt+Enter", "Control+Shift+ArrowDown", "Control+Shift+M", "Control+Backspace")
DIRTY = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
PLACE = ".cvtr-load"
"""A button, not a field of text: there JupyterLab keeps its one-letter shortcuts to itself anyway."""


@pytest.mark.kept_page
def test_saving_and_finding_are_jupyterlabs_and_what_changes_cells_is_not(open_panel, sandbox):
    panel = open_panel(cells=None)
    page, opened = panel.page, panel.opened
    panel.load()
    before = [(cell["cell_type"], cell["source"], cell.get("execution_count")) for cell in opened.cells()]

    panel(PLACE).focus()
    for key in (*LETTERS, *LETTERS, *CELL_KEYS):  # each letter twice at least: D D deletes a cell, 0 0 restarts the kernel
        page.keyboard.press(key)
        page.keyboard.press(key) if len(key) == 1 else None
    opened.wait_idle()
    assert [(cell["cell_type"], cell["source"], cell.get("execution_count")) for cell in opened.cells()] == before
    assert page.locator(".jp-Dialog").count() == 0

    for place in (PLACE, ".cvtr-lead-ids", ".cvtr-row-tick >> nth=0"):
        page.evaluate("() => { window.jupyterapp.shell.currentWidget.context.model.dirty = true; }")
        panel(place).focus()
        page.keyboard.press("Control+s")
        page.wait_for_function(f"() => !({DIRTY})()")
        panel(place).focus()
        page.keyboard.press("Control+f")
        find = page.locator(".jp-DocumentSearch-overlay:visible")
        find.wait_for()
        page.keyboard.press("Escape")
        find.wait_for(state="detached")
    panel(PLACE).focus()
    page.keyboard.press("Control+Shift+c")
    expect(page.locator(".lm-CommandPalette:visible").first).to_be_visible()
    page.keyboard.press("Escape")
    panel(PLACE).focus()  # and after all this the letters are the panel's still
    for key in "ddxx":
        page.keyboard.press(key)
    assert [(cell["cell_type"], cell["source"], cell.get("execution_count")) for cell in opened.cells()] == before


@pytest.mark.kept_page
def test_jupyterlabs_find_bears_a_panel_that_is_drawn_anew(open_panel, watched):
    panel = open_panel()
    page = panel.page
    panel.load()
    panel(PLACE).focus()
    page.keyboard.press("Control+f")
    find = page.locator(".jp-DocumentSearch-overlay:visible")
    find.wait_for()
    find.locator("textarea").first.fill("Caution")
    find.get_by_title("Show Search Filters").click()
    find.get_by_text("Search Cell Outputs").click()
    panel("mark").first.wait_for(state="attached")  # it marks what it finds within the panel
    for first in ("51", "101"):
        panel(".cvtr-table .cvtr-page-next").first.click()
        expect(panel(".cvtr-table .cvtr-where")).to_contain_text(f"{first}–")
        find.locator("textarea").first.press("Enter")
    ids = panel.opened.kernel_eval("[int(i) for i in panel.leads.index[100:150]]")
    page.keyboard.press("Escape")
    expect(panel("mark")).to_have_count(0)
    assert panel.rows() == ids
    panel.tick(ids[:1])
    assert [line for line in watched.console if line.startswith("error")] == []
