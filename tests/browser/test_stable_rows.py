"""What stands under a hand stays there: nothing that comes and goes by itself, and no press, moves the rows of the table."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import joined
from tests.browser.panel import CELL, PanelPage
from tests.browser.test_stories import block_kernel, release_kernel

# Where in the panel the table's top is, each time it is somewhere else, frame by frame, from its first rows on.
WATCH = """() => {
    const [table, panel] = ['.cvtr-table .cvtr-scroll', '.cvtr-panel'].map((name) => document.querySelector(name));
    window.tops = [];
    const look = () => {
        const top = Math.round(table.getBoundingClientRect().top - panel.getBoundingClientRect().top);
        if (table.offsetHeight && table.querySelector('tbody tr') && window.tops.at(-1) !== top) window.tops.push(top);
        requestAnimationFrame(look);
    };
    look();
}"""
TOP = "() => document.querySelector('.cvtr-table').getBoundingClientRect().top"
# Scrolls the notebook so that the table's top is there; true when it has stayed for a while.
STANDS = """place => {
    const off = document.querySelector('.cvtr-table').getBoundingClientRect().top - place;
    window.stood = Math.abs(off) > 1 ? 0 : (window.stood || 0) + 1;
    if (!window.stood) document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer').scrollTop += off;
    return window.stood > 20 && !(window.stood = 0);
}"""


def tops(panel: PanelPage) -> list[float]:
    """Where it has been since the last asking."""
    found: list[float] = panel.page.evaluate("() => window.tops.splice(0, window.tops.length - 1)")
    return [*found, *panel.page.evaluate("() => window.tops")]


def test_work_that_comes_and_goes_by_itself_moves_no_row(notebook, sandbox):
    opened = notebook([CELL.format(role="admin")], environ=joined(sandbox), run=False)
    opened.page.evaluate("() => { window.jupyterapp.serviceManager.kernels.commsOverSubshells = 'disabled'; }")
    opened.run_all()
    panel = PanelPage(opened, sandbox)
    panel.step(1)
    panel.page.evaluate(WATCH)
    sandbox.latency = 0.3
    panel.load()
    assert len(tops(panel)) == 1
    # leads that are not loaded are looked up
    gone = sandbox.lead_ids()[0]
    sandbox.latency = 3.0  # so long that a busy machine sees it
    panel.type_ids(f"{gone} 299111")
    expect(panel(".cvtr-step-leads .cvtr-still .cvtr-working")).to_be_visible()
    sandbox.latency = 0.3
    expect(panel(".cvtr-absent summary")).to_contain_text("1 can’t be found")
    expect(panel(".cvtr-step-leads .cvtr-still .cvtr-working")).to_be_hidden()
    assert len(tops(panel)) == 1
    # the kernel is busy, and is there again
    block_kernel(panel, "be-there")
    panel(".cvtr-invert").click()
    expect(panel(".cvtr-silent")).to_be_visible()
    release_kernel(panel, "be-there")
    expect(panel(".cvtr-silent")).to_be_hidden()
    assert len(tops(panel)) == 1


@pytest.mark.kept_page
@pytest.mark.parametrize("elsewhere", [".jp-CodeCell .cm-content", ".cvtr-table .cvtr-page"])
def test_a_press_in_the_panel_does_not_scroll_the_notebook(open_panel, elsewhere):
    more = [] if elsewhere.startswith(".cvtr") else ["\n".join("# one line of many" for _ in range(60))]
    panel = open_panel(cells=[CELL.format(role="admin"), *more])
    panel.load()
    page = panel.page
    scrolled = []
    for place in (150, 380):
        for what, press in {
            "sort": lambda: panel("[data-sort='last_name']").click(),
            "sort too": lambda: panel("[data-sort='first_name']").click(modifiers=["Shift"]),
            "tick": panel(".cvtr-row-tick").first.click,
            "range": lambda: panel(".cvtr-row-tick").nth(3).click(modifiers=["Shift"]),
        }.items():
            page.locator(elsewhere).last.focus()  # where the user was before
            page.keyboard.press("Control+a")
            page.keyboard.type("1")
            page.wait_for_function(STANDS, arg=place)
            press()
            after = page.evaluate(TOP)
            if abs(after - place) > 1:
                scrolled.append((what, place, after))
    assert scrolled == []
