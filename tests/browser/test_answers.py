"""What the kernel says to a press stands next to what was pressed, in a narrow window too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import Mishap
from tests.runs.conftest import until

pytestmark = pytest.mark.kept_page
NARROW = 420
NEAR = 260
"""Pixels between a button and the sentence about it, at most: what one sees without looking for it."""
GAP = """([said, selector]) => {
    const one = said.getBoundingClientRect();
    const of = document.querySelector('.cvtr-panel').querySelector(selector).getBoundingClientRect();
    return Math.max(0, one.top - of.bottom, of.top - one.bottom);
}"""


STALE_PRESS = "button => { button.removeAttribute('aria-disabled'); button.click(); }"
"""A press on a page that has not heard yet of what another page did, even where this one has heard of it."""


def stands_by(panel, selector, words, *, box=".cvtr-problem"):
    """The one sentence with these words comes to stand in sight, near the control.

    The same words may stand beside another control until the kernel has answered the press.
    """
    said = panel(f"{box}:visible").filter(has_text=re.compile(words))
    expect(said).to_have_count(1)
    until(lambda: said.count() == 1 and panel.page.evaluate(GAP, [said.element_handle(), selector]) <= NEAR)
    expect(said).to_be_in_viewport()


def narrow(panel):
    panel.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    panel.opened.width(NARROW)


def test_an_answer_stands_next_to_its_button(open_panel, sandbox, screenshot):
    panel = open_panel()
    narrow(panel)
    panel.load()

    def menu(name, *then):
        panel(f".cvtr-{name}-button").click()
        for selector in then:
            panel(selector).click()

    menu("jump", ".cvtr-jump-go")
    stands_by(panel, ".cvtr-jump-button", "Type one lead id to go to")
    screenshot("answer-toolbar-420")
    menu("views", ".cvtr-save-view")
    stands_by(panel, ".cvtr-save-view", "A view needs a name")
    screenshot("answer-menu-420")
    panel.page.keyboard.press("Escape")
    menu("kept", ".cvtr-keep")
    stands_by(panel, ".cvtr-keep", "A name has 1 to 60 characters")
    panel.page.keyboard.press("Escape")
    expect(panel(".cvtr-answer:visible")).to_have_count(0)

    panel.type_ids("167457x")
    panel(".cvtr-rejected summary").click()
    with panel.page.expect_download():
        panel(".cvtr-export-rejected").click()
    stands_by(panel, ".cvtr-export-rejected", "was sent to the browser", box=".cvtr-download")
    expect(panel(".cvtr-answer:visible")).to_have_count(0)

    sandbox.mishaps = [Mishap("leads", "status", status=403, text="Access Denied.")]
    panel(".cvtr-refresh").click()
    stands_by(panel, ".cvtr-refresh", "403")
    panel(".cvtr-load").click()
    stands_by(panel, ".cvtr-load", "403")
    screenshot("answer-load-420")
    sandbox.mishaps = []
    panel.load()
    expect(panel(".cvtr-problem:visible")).to_have_count(0)


def test_an_answer_to_a_press_of_step_three_stands_there(open_panel, sandbox, kernel_eval, screenshot):
    ids = sandbox.lead_ids(status="Caution")[:2]
    panel = open_panel()
    narrow(panel)
    panel.type_ids("\n".join(map(str, ids)))
    panel.next()
    panel.choose("invalid", reason="Duplicate")
    panel.preview()
    panel(".cvtr-confirm").check()
    panel(".cvtr-run:not(.cvtr-off)").wait_for()
    kernel_eval("setattr(panel._state.processing, 'confirmed', False)")  # as by another page, a moment ago
    panel(".cvtr-run").evaluate(STALE_PRESS)
    stands_by(panel, ".cvtr-run", "Tick the box to confirm")
    screenshot("answer-run-420")
    panel(".cvtr-confirm").uncheck()
    panel.run()
    panel(".cvtr-cancel").evaluate(STALE_PRESS)
    stands_by(panel, ".cvtr-what", "The run has already ended")
    panel.press(".cvtr-undo-run")
    stands_by(panel, ".cvtr-undo-run", "Nothing of this run can be taken back", box=".cvtr-undo-problem")
    expect(panel(".cvtr-rest:visible")).to_contain_text("2 leads stay different: they were Caution")
    screenshot("answer-undo-420")
    expect(panel(".cvtr-head .cvtr-badge")).to_be_in_viewport(ratio=1)  # however far down
    grid = panel(".cvtr-table-results .cvtr-scroll").bounding_box()
    after = panel(".cvtr-grid-results th[data-column='after_status']").bounding_box()
    assert after["x"] + after["width"] <= grid["x"] + grid["width"] + 1
    with panel.page.expect_download():
        panel(".cvtr-export").click()
    stands_by(panel, ".cvtr-export", "was sent to the browser", box=".cvtr-download")
