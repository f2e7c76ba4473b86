"""The panel in the boxes of ipywidgets, in a narrow and a wide window, and on a page that is written from right to left."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.kept_page
CELL = """import cvtr_widgets as cvtr, ipywidgets as W
client = cvtr.Sandbox().connect(role="admin")
def panel(**more):
    return cvtr.LeadPanel(client, **more)
"""
BOXES = {
    "hbox": "W.HBox([panel(), panel(layout={'border': '1px solid green'})])",
    "vbox": "W.VBox([panel()])",
    "centred": "W.VBox([panel()], layout=W.Layout(align_items='center'))",
    "tab": "W.Tab([panel()], titles=['A'])",
    "accordion": "W.Accordion([panel()], selected_index=0)",
    "output": "output = W.Output()\nwith output:\n    display(panel())\noutput",
}
PANELS = len(BOXES) + 1
READY = f"() => document.querySelectorAll(\".cvtr-panel[data-step='1']:not(.cvtr-waiting)\").length === {PANELS}"
WIDTHS = """() => [...document.querySelectorAll('.cvtr-panel')].map(one => [one.getBoundingClientRect().width,
    one.closest('.jp-OutputArea-output').clientWidth, Boolean(one.closest('.widget-hbox'))])"""
ROWS_OF_FILTERS = """root => [...new Set([...root.querySelectorAll('.cvtr-filters > *')].map(
    one => Math.round(one.getBoundingClientRect().bottom)))].length"""
ROOM = "() => document.querySelector('.jp-OutputArea-child:has(.cvtr-panel)').clientWidth"


def test_has_its_width_in_every_box(open_panel, screenshot):
    panel = open_panel(cells=[CELL, *BOXES.values()])
    panel.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    panel.opened.width(1280, 5_000)
    panel.page.wait_for_function(READY)
    for width in (320, 420, 1280, 1600, 2560):
        panel.opened.width(width, 5_000)
        for lead_id, room, shared in panel.page.evaluate(WIDTHS):
            wanted = max(min(290, room - 40), room * 0.4) if shared else room - 40  # an accordion has 36 px of padding
            assert lead_id >= min(wanted, 1600), (width, lead_id, room, shared)
        screenshot(f"boxes-{width}")


IN_SIGHT = """all => all.map(panel => {
    const notebook = panel.closest('.jp-WindowedPanel-outer, .jp-Notebook');
    const top = notebook.getBoundingClientRect().top;
    panel.scrollIntoView({ block: 'start' });
    notebook.scrollBy(0, panel.getBoundingClientRect().top - top + 150);
    const badge = panel.querySelector('.cvtr-badge').getBoundingClientRect();
    const isNarrow = panel.clientWidth <= 640; // its header is of several lines, and goes
    return isNarrow || badge.top >= top - 1 && panel.getBoundingClientRect().top < top - 100;
})"""


def test_live_or_sandbox_stays_in_sight_in_every_box(open_panel, screenshot):
    panel = open_panel(cells=[CELL, *BOXES.values()])
    panel.opened.width(1280, 5_000)
    panel.page.wait_for_function(READY)
    panel.opened.width(1280, 600)
    assert panel.page.locator(".cvtr-panel").evaluate_all(IN_SIGHT) == [True] * PANELS
    screenshot("boxes-scrolled")


def test_a_layout_of_its_own_filters_in_one_row_and_no_turning_round(open_panel, screenshot):
    panel = open_panel(cells=[CELL, "panel = cvtr.LeadPanel(client, layout={'width': '60%'})\npanel"])
    panel.load()
    whole = panel.page.evaluate(ROOM)
    panel.page.wait_for_function(f"() => document.querySelector('.cvtr-panel').clientWidth < {whole * 0.65}")
    panel.opened.kernel_eval("panel.layout.width = 'auto'\n1")
    panel.page.wait_for_function(f"() => document.querySelector('.cvtr-panel').clientWidth > {whole * 0.8}")
    assert panel.root.evaluate(ROWS_OF_FILTERS) == 1
    screenshot("boxes-filters-1280")
    panel.opened.theme("dark")
    screenshot("boxes-filters-dark-1280")
    assert panel(".cvtr-filter-from").evaluate("one => getComputedStyle(one).colorScheme") == "dark"
    panel.opened.theme("light")
    assert panel(".cvtr-filter-from").evaluate("one => getComputedStyle(one).colorScheme") == "light"
    before = panel.texts(".cvtr-where")
    panel.page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    assert panel.root.evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert panel.texts(".cvtr-where") == before
    screenshot("boxes-right-to-left")
