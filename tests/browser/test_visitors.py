"""Voilà: visitors who leave and come back, kernels that nobody uses, and what visitors read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cvtr_widgets.cli import visitors
from tests.browser.lab import OUTPUT, NotebookPage, environment_cell, joined, start_lab, watched_page, write_notebook
from tests.browser.panel import CELL, PanelPage
from tests.runs.conftest import until

IDLE = 3
NAME = "page.ipynb"
REFUSED = "import cvtr_widgets as cvtr\ncvtr.connect('acme', username='someone')"


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("voila") / "notebooks"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def own_lab(shown):
    with start_lab(shown, options=visitors.options(IDLE)) as lab:
        yield lab


@pytest.fixture
def visit(browser, own_lab, shown, sandbox, tmp_path):
    """Write the page again and open it; ``visit(page)``."""
    environ = {**joined(sandbox), "CVTR_CHUNK": "2", "CVTR_IN_FLIGHT": "1", "CVTR_JOURNAL": str(tmp_path / "journal")}
    write_notebook(shown / NAME, [environment_cell(environ), CELL.format(role="admin")])

    def make(page) -> PanelPage:
        page.goto(own_lab.address(NAME, "voila/render"))
        page.locator(".cvtr-panel[data-step='1']").wait_for()
        return PanelPage(NotebookPage(page, own_lab, shown, NAME), sandbox)

    return make


def kernels(lab) -> int:
    return len(json.loads(lab.call("api/kernels")))


def test_a_visitor_finds_the_run_that_was_left_and_idle_kernels_end(browser, own_lab, sandbox, visit):
    ids = sandbox.lead_ids(status="Caution")[:20]
    with watched_page(browser) as mine, watched_page(browser) as other:
        panel = visit(mine.page)
        panel.begin_test(ids, latency=1.0)
        mine.page.goto("about:blank")
        assert kernels(own_lab) == 1  # leaving ended neither kernel nor run

        panel = visit(mine.page)
        expect(panel(".cvtr-past h3")).to_have_text("Unfinished runs")
        panel.press(".cvtr-watch")
        expect(panel(".cvtr-results > p.cvtr-note").first).to_contain_text("is running it")
        mine.page.screenshot(path=OUTPUT / "visitor-watches.png")
        stranger = visit(other.page)
        stranger.page.locator(".cvtr-panel:not(.cvtr-waiting)").first.wait_for()
        expect(stranger("li[data-run]")).to_have_count(0)

        mine.page.goto("about:blank")
        until(lambda: sum(1 for lead_id in ids if sandbox.effects(lead_id)) >= 12)  # longer than a kernel may be idle
        sandbox.latency = 0.0
        until(lambda: all(sandbox.lead(lead_id)["status"] == "Test" for lead_id in ids))
        assert [len(sandbox.effects(lead_id)) for lead_id in ids] == [1] * 20

        panel = visit(mine.page)
        expect(panel(".cvtr-past h3")).to_have_text("Your runs")
        expect(panel("li[data-run]")).to_contain_text("20 confirmed")
        mine.page.screenshot(path=OUTPUT / "visitor-is-back.png")
        panel.press(".cvtr-watch")
        expect(panel(".cvtr-results")).to_contain_text("It has ended.")
        expect(panel(".cvtr-grid-results tbody tr")).to_have_count(20)
        assert mine.questions == []
        assert kernels(own_lab) >= 2  # of the two pages that are open
    until(lambda: kernels(own_lab) == 0)


def test_a_visitor_reads_why_the_connection_failed(browser, own_lab, shown):
    write_notebook(shown / "refused.ipynb", [REFUSED])
    with watched_page(browser) as watched:
        watched.page.goto(own_lab.address("refused.ipynb", "voila/render"))
        expect(watched.page.locator("body")).to_contain_text("No password: looked at")
        assert "Traceback" not in watched.page.content()
