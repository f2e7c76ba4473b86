"""The frames round states and verdicts are seen whole: no row cuts their upper or lower edge."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.kept_page

# By how many pixels a pill reaches beyond its cell or the box that clips it; negative: there is room.
CUT = """(selector) => {
    const pills = [...document.querySelectorAll(`${selector} .cvtr-pill`)].filter((one) => one.checkVisibility());
    const beyond = (pill, box) => Math.max(pill.bottom - box.bottom, box.top - pill.top);
    return pills.map((pill) => {
        const mine = pill.getBoundingClientRect();
        const boxes = [pill.closest('td')];
        for (let one = pill.parentElement; one !== pill.closest('tr'); one = one.parentElement) {
            if (getComputedStyle(one).overflowY !== 'visible') boxes.push(one);
        }
        return Math.max(...boxes.map((one) => beyond(mine, one.getBoundingClientRect())));
    });
}"""


def test_pills_keep_their_edges(open_panel, screenshot):
    panel = open_panel()
    panel.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    panel.load()
    ids = panel.rows()[:8]
    for place in (".cvtr-table", ".cvtr-table-plan"):
        for width in (1280, 420):
            panel.opened.width(width)
            cut = panel.page.evaluate(CUT, place)
            assert len(cut) > 5, "pills are seen"
            assert max(cut) <= 0, (place, width, max(cut))
            screenshot(f"pills-{place.strip('.')}-{width}")
        if place == ".cvtr-table":
            panel.opened.width(1280)
            panel.tick(ids)
            panel.next()
            panel.choose("test", reason="Test lead")
            panel.preview()
