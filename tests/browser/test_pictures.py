"""The pictures of the docs, taken anew: test-output/docs-*.png. Copy them to docs/ when the panel has changed its looks."""

from __future__ import annotations

import shutil

import pytest

from cvtr_widgets.sandbox import SandboxServer
from tests.browser.lab import OUTPUT, joined
from tests.browser.panel import CELL, PanelPage
from tests.browser.test_first_write import CELL as LIVE_CELL


@pytest.fixture
def journal():
    """Not in a temporary folder: the panel would say that it will not last."""
    folder = OUTPUT / "journal"
    yield str(folder)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_panel(notebook, sandbox, screenshot, journal):
    opened = notebook([CELL.format(role="agency")], environ={**joined(sandbox), "CVTR_JOURNAL": journal}, until=".cvtr-panel")
    opened.width(1400, 1300)
    panel = PanelPage(opened, sandbox)
    panel.load(status="Caution")
    panel.tick([panel.rows()[n] for n in (0, 1, 3, 5)])
    panel.type_ids("160833, 1.23E+08")
    panel.selected(5)
    assert screenshot("docs-panel", ".cvtr-panel").stat().st_size > 50_000


def test_the_first_write(notebook, screenshot, journal, tmp_path):
    with SandboxServer(leads=300, seed=3, pretend_live=True) as live:
        cell = LIVE_CELL.format(settings=str(tmp_path / "settings"), url=live.url)
        opened = notebook([cell], environ={"CVTR_JOURNAL": journal}, until=".cvtr-panel[data-step='1']")
        opened.width(1400, 1500)
        panel = PanelPage(opened, live)
        panel.type_ids(" ".join(map(str, live.lead_ids(status="Caution")[:4])))
        panel.selected(4)
        panel.next()
        panel.choose("invalid", reason="Returned", category="No budget")
        panel.preview()
        panel(".cvtr-first").wait_for()
        assert screenshot("docs-first-write", ".cvtr-panel").stat().st_size > 50_000
