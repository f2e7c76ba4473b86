"""Every menu while it is open, each kind in both themes: what axe finds wrong in it."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_accessibility import ALL_SEEN, CONTRAST_ALONE, SMALL

pytestmark = pytest.mark.kept_page
MENUS = (
    ".cvtr-filter-campaign", ".cvtr-filter-status", ".cvtr-filter-date", ".cvtr-columns-button", ".cvtr-views-button",
    ".cvtr-kept-button", ".cvtr-jump-button", ".cvtr-head-open >> nth=1", ".cvtr-head-open >> nth=2",
)  # fmt: skip
IN_DARK = {".cvtr-filter-campaign", ".cvtr-filter-date", ".cvtr-views-button", ".cvtr-head-open >> nth=2"}
"""One of each kind: the others are made of the same parts."""


JUDGE = """async rules => {
    const options = {resultTypes: ['violations', 'passes'], selectors: false, ...rules};
    const found = await window.axe.run('.cvtr-menu:popover-open', options);
    const wrong = found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
    return found.passes.some(rule => rule.id === 'color-contrast') ? wrong : [...wrong, 'the contrast of no text was judged'];
}"""


def test_no_open_menu_has_faults(open_panel, screenshot):
    panel = open_panel(cells=[SMALL])
    panel.opened.width(1280, 1_200)
    panel.load()
    panel.page.evaluate(ALL_SEEN)
    panel.page.evaluate(Axe().axe_script)
    wrong = []
    for theme in ("light", "dark"):
        panel.opened.theme(theme)
        for place, menu in enumerate(MENUS):
            if theme == "dark" and menu not in IN_DARK:
                continue
            panel(menu).click()
            shown = panel(".cvtr-menu:popover-open")
            expect(shown).to_be_visible()
            if menu == ".cvtr-views-button":
                panel(".cvtr-save-view").click()
                expect(shown.locator(".cvtr-problem")).to_be_visible()
            wrong += [f"{menu} {theme}: {said}" for said in panel.page.evaluate(JUDGE, CONTRAST_ALONE if theme == "dark" else {})]
            screenshot(f"menu-{place}-{theme}")
            panel.page.keyboard.press("Escape")
    assert not wrong, "\n".join(wrong)
