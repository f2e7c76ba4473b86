"""Turning pages: the next one is there before it is asked for, and never one of before a change."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.lab import joined
from tests.browser.panel import CELL, PanelPage
from tests.browser.test_stories import block_kernel, release_kernel

pytestmark = pytest.mark.kept_page
OVER_SUBSHELLS = """how => {
    const {kernels} = window.jupyterapp.serviceManager;
    const usual = kernels.commsOverSubshells;
    kernels.commsOverSubshells = how;
    return usual;
}"""

AHEAD = re.compile(r'"kind": ?"ahead".*?"rows": ?')


class PagesAhead:
    """The pages that the kernel has sent before anybody turned to them, by the table's edition."""

    def __init__(self, page) -> None:
        self._page, self._come = page, set()
        page.on("websocket", self._opened)

    def close(self) -> None:
        self._page.remove_listener("websocket", self._opened)

    def _opened(self, socket) -> None:
        socket.on("framereceived", self._heard)

    def _heard(self, payload) -> None:
        text = payload.decode("utf-8", "ignore") if isinstance(payload, bytes) else payload
        if message := AHEAD.search(text):
            rows, _ = json.JSONDecoder().raw_decode(text, message.end())
            self._come.update((one["edition"], one["page"]) for one in rows)

    def wait(self, panel, number: int) -> None:
        """Wait for this page, as the table is now: leads that came after the first ones make pages of before worthless."""
        edition = panel.opened.kernel_eval("panel._state.leads.table.edition")
        while (edition, number) not in self._come:
            self._page.wait_for_timeout(20)  # Playwright hears of frames while it waits; the test's own time-out ends this


@pytest.fixture
def ahead(page):
    heard = PagesAhead(page)
    yield heard
    heard.close()


@pytest.fixture
def panel(notebook, sandbox, ahead):
    """A panel whose kernel hears nothing while a cell runs."""
    opened = notebook([CELL.format(role="admin")], environ=joined(sandbox), run=False)
    usual = opened.page.evaluate(OVER_SUBSHELLS, "disabled")
    opened.run_all()
    made = PanelPage(opened, sandbox)
    made.step(1)
    made.load()
    yield made
    opened.page.evaluate(OVER_SUBSHELLS, usual)


# All that a row shows and says, but for which one of them the Tab key goes to.
CELLS = """() => [...document.querySelectorAll('.cvtr-grid-leads tbody tr')].map(
    (row) => [row.className, row.dataset.leadId, ...[...row.cells].map((cell) => cell.outerHTML.replace(/ tabindex="[^"]*"/, ''))])"""


# The next page; then, with no time in between: the leads shown, those after a key, and whether the table was and is busy.
TURN = """() => {
    const grid = document.querySelector('.cvtr-grid-leads');
    const shown = () => [...grid.querySelectorAll('tbody tr')].map((row) => {
        const box = row.querySelector('.cvtr-row-tick'), opener = row.querySelector('.cvtr-open');
        const ids = new Set([row.dataset.leadId, box.dataset.leadId, opener.dataset.leadId, opener.textContent]);
        return [...ids].map(Number);
    });
    document.querySelector('.cvtr-table .cvtr-page-next').click();
    const [first, busy] = [shown(), grid.getAttribute('aria-busy')];
    grid.dispatchEvent(new KeyboardEvent('keydown', {key: 'Shift', bubbles: true}));
    return [first, busy, shown(), grid.getAttribute('aria-busy')];
}"""


def order(panel) -> list[int]:
    return panel.opened.kernel_eval("[int(i) for i in panel._state.leads.table.matching_ids]")


def test_the_next_page_is_shown_while_the_kernel_is_busy_and_none_of_before_a_change(panel, ahead):
    where, following = panel(".cvtr-table .cvtr-where"), panel(".cvtr-table .cvtr-page-next")
    ahead.wait(panel, 1)
    ids = order(panel)  # asked by the same way: when the answer is here, the page has taken in what came before
    block_kernel(panel, "turned")
    following.click()
    expect(where).to_have_text("51–100 of 300")
    assert panel.rows() == ids[50:100]
    panel(".cvtr-row-tick").first.click()  # a tick means the lead that is seen
    release_kernel(panel, "turned")
    panel.selected(1)
    assert panel.opened.kernel_eval("list(panel.selection.ids)") == ids[50:51]
    assert panel.rows() == ids[50:100]
    assert panel.opened.kernel_eval("panel._state.leads.table.page") == 1

    panel(".cvtr-row-tick").nth(2).hover()
    panel.page.mouse.down()
    panel.page.keyboard.press("PageDown")
    expect(where).to_have_text("101–150 of 300")
    panel.page.mouse.up()  # on the row of another lead than the one that was pressed
    assert panel.rows() == ids[100:150]
    turned = panel.page.evaluate(CELLS)
    for number, shown in (("6", "251–300 of 300"), ("3", "101–150 of 300")):  # drawn anew
        panel(".cvtr-table .cvtr-page").fill(number)
        panel(".cvtr-table .cvtr-page").press("Enter")
        expect(where).to_have_text(shown)
    assert panel.page.evaluate(CELLS) == turned
    panel(".cvtr-table .cvtr-page-previous").click()
    expect(where).to_have_text("51–100 of 300")
    panel.selected(1)
    assert panel.opened.kernel_eval("list(panel.selection.ids)") == ids[50:51]

    panel(".cvtr-row-tick").first.click()  # all pages kept are of before this
    panel.selected(0)
    ahead.wait(panel, 2)
    assert order(panel) == ids
    block_kernel(panel, "sorted")
    panel("[data-sort='email']").click()
    following.click()  # it is kept, in the order of before
    panel.page.wait_for_timeout(200)  # nothing is to come
    assert panel.rows() == ids[50:100]
    release_kernel(panel, "sorted")
    expect(panel(".cvtr-table th[data-column='email']")).to_have_attribute("aria-sort", "ascending")
    by_email = order(panel)
    expect(panel(".cvtr-row-tick").first).to_have_attribute("data-lead-id", str(by_email[100]))
    assert panel.rows() == by_email[100:150]


def test_rows_out_of_sight_are_drawn_a_moment_later_and_before_anything_is_pressed(panel, ahead):
    ahead.wait(panel, 1)
    ids = order(panel)  # as above
    first, busy, then, after = panel.page.evaluate(TURN)
    assert (busy, after) == ("true", None)
    assert all(len(row) == 1 for row in [*first, *then])  # a row is of one lead, whole
    seen, last = [row[0] for row in first], ids[50:100]
    number = next(place for place in range(50) if seen[place] != last[place])
    assert 10 < number < 45
    assert seen == last[:number] + ids[number:50]
    assert [row[0] for row in then] == last
    # Nobody presses anything: they come by themselves.
    panel(".cvtr-table .cvtr-page-previous").click()
    expect(panel(".cvtr-table .cvtr-where")).to_have_text("1–50 of 300")
    assert panel.rows() == ids[:50]
