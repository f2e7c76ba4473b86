"""Runs whose page loses its connection, or is loaded again, again and again."""

from __future__ import annotations

import re
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.lab import NotebookPage, environment_cell, joined, write_notebook
from tests.browser.link_proxy import LinkProxy
from tests.browser.panel import CELL, PanelPage
from tests.runs.conftest import until

NOTE = """() => {
    window.cvtrSaid = new Set();
    const look = () => document.querySelectorAll('.cvtr-silent, .cvtr-fault').forEach((one) => {
        if (!one.hidden && one.textContent) window.cvtrSaid.add(one.textContent);
    });
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
SAID = "() => [...(window.cvtrSaid || [])]"
LOST = "What you pressed did not reach the kernel, so nothing was done."
UNTRUE = re.compile("kernel was restarted|kernel (was restarted or )?has ended")  # of a cell it may be said
OFTEN = [(3, 39, 3.0), pytest.param(100, 39, 20.0, marks=[pytest.mark.long, pytest.mark.timeout(1_800)])]
"""How often, in a run of how many leads, at which latency: so slow that the run is still going on at the end."""
PAUSED = "panel.run.paused if panel.run else False"


class Watch:
    """A run of some leads in a panel behind the proxy: what is on the screen, and what is true."""

    def __init__(self, panel: PanelPage, sandbox, ids) -> None:
        self.panel, self.sandbox, self.ids = panel, sandbox, ids
        self.lost = 0

    def changed(self) -> int:
        return sum(1 for lead_id in self.ids if self.sandbox.effects(lead_id))

    def look(self) -> None:
        """What is on the screen is not more than what is true."""
        texts = self.panel.texts(".cvtr-progress .cvtr-line")
        shown = [int(number.replace(",", "")) for number in re.findall(r"^([\d,]+) of", texts[0])] if texts else []
        assert all(number <= self.changed() + self.sending() for number in shown), (texts, self.changed())
        said = self.panel.page.evaluate(SAID)
        assert [text for text in said if UNTRUE.search(text)] == [], said

    def sending(self) -> int:
        """Leads of the request that is on its way: sent, and not done yet."""
        return 2

    def press_pause(self) -> bool:
        """Press Pause, or Go on; gives whether the run is to be paused then."""
        button = self.panel(".cvtr-pause")
        wanted = button.get_attribute("data-on") != "true"
        button.click()
        return wanted

    def settled(self, wanted: bool | None = None) -> None:
        """What was pressed has come to be, or the panel says that it has not; and the page shows what is so."""
        panel = self.panel
        expect(panel(".cvtr-silent")).to_be_hidden()
        panel.page.wait_for_function("() => !document.querySelector('.cvtr-panel .cvtr-silent:not([hidden])')")
        told = panel(".cvtr-fault").filter(has_text=LOST)
        # The question may pass by the press in the kernel, so it is asked until one or the other is so.
        until(lambda: wanted in (None, panel.opened.kernel_eval(PAUSED)) or told.is_visible())
        paused = panel.opened.kernel_eval(PAUSED)
        if wanted is not None and paused != wanted:
            expect(told).to_be_visible()
            self.lost += 1
        if panel.opened.kernel_eval("panel.run.finished") is False:
            expect(panel(".cvtr-pause")).to_have_attribute("data-on", str(paused).lower())

    def ends(self) -> None:
        """Nobody waits any more: the run ends, and the panel shows what became of it."""
        panel = self.panel
        self.sandbox.latency = 0.0
        if panel.opened.kernel_eval(PAUSED):
            panel(".cvtr-pause").click()
        panel(".cvtr-results").wait_for()
        assert panel.outcomes() == {"confirmed": len(self.ids)}
        assert [len(self.sandbox.effects(lead_id)) for lead_id in self.ids] == [1] * len(self.ids)
        assert {self.sandbox.lead(lead_id)["status"] for lead_id in self.ids} == {"Test"}


@pytest.fixture
def link(lab):
    with LinkProxy(urlsplit(lab.url).port) as proxy:
        yield proxy


@pytest.fixture
def begin(lab, lab_root, page, notebooks, sandbox, link):
    """A run of so many leads, one request of two leads at a time, as slow as ``latency``."""

    def make(number: int, latency: float) -> Watch:
        name = f"broken-links-{number}.ipynb"
        environ = {**joined(sandbox), "CVTR_CHUNK": "2", "CVTR_IN_FLIGHT": "1"}
        write_notebook(lab_root / name, [environment_cell(environ), CELL.format(role="admin")])
        opened = NotebookPage(page, SimpleNamespace(url=link.url, token=lab.token), lab_root, name)
        notebooks.append(opened)
        opened.open()
        opened.run_all()
        panel = PanelPage(opened, sandbox)
        panel.step(1)
        ids = sandbox.lead_ids(status="Caution")[:number]
        page.evaluate(NOTE)
        panel.begin_test(ids, latency=latency)
        return Watch(panel, sandbox, ids)

    return make


def break_it(link: LinkProxy, watch: Watch, how: int) -> bool | None:
    """Break the connection in one of three ways; gives what was pressed meanwhile."""
    if how == 0:
        link.cut()
        return watch.press_pause()
    if how == 1:
        link.swallow()
        wanted = watch.press_pause()
    else:
        link.delay = 0.4
        wanted = watch.press_pause()
    watch.panel.page.wait_for_timeout(200)  # no condition to wait for: it is on its way into nothing
    link.cut()
    link.delay = 0.0
    return wanted


@pytest.mark.parametrize(("times", "leads", "latency"), OFTEN)
def test_connections_that_break_in_a_run(link, begin, times, leads, latency):
    watch = begin(leads, latency)
    before = link.sockets
    for turn in range(times):
        wanted = break_it(link, watch, turn % 3)
        watch.look()
        watch.settled(wanted)
        watch.look()
    assert link.sockets >= before + times
    print(f"{times} broken connections, {watch.lost} presses lost and told, {watch.changed()} of {leads} leads done meanwhile")
    watch.ends()


@pytest.mark.parametrize(("times", "leads", "latency"), [(1, *OFTEN[0][1:]), *OFTEN[1:]])
def test_pages_that_are_loaded_again_in_a_run(begin, times, leads, latency):
    watch = begin(leads, latency)
    panel, again = watch.panel, 0
    for turn in range(times):
        wanted = None if turn % 2 else watch.press_pause()
        watch.look()
        again += panel.reload()
        panel.page.evaluate(NOTE)
        panel.step(3)
        watch.look()
        if wanted is None:  # a press after it is heard
            watch.settled(watch.press_pause())
            assert watch.lost == 0
        else:  # what was pressed just before may have gone with the page; what is shown is true
            watch.settled()
    print(
        f"{times} reloads, {again} of them again as JupyterLab showed no widget, {watch.changed()} of {leads} leads done meanwhile"
    )
    watch.ends()
