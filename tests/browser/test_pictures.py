"""The pictures of the docs, taken again: test-output/docs-*.png. Copy them to docs/ when the panel has changed its looks."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cvtr_widgets.sandbox import SandboxServer
from tests.browser.lab import joined
from tests.browser.panel import CELL, PanelPage
from tests.browser.test_first_write import CELL as LIVE_CELL

pytestmark = pytest.mark.long  # what they show is tested elsewhere
CAPTURE = Path(__file__).resolve().parents[1] / "learn" / "captures" / "single.har.gz"


def test_the_panel(notebook, sandbox, screenshot, journal):
    opened = notebook([CELL.format(role="agency")], environ={**joined(sandbox), "CVTR_JOURNAL": journal}, until=".cvtr-panel")
    opened.width(1400, 1300)
    panel = PanelPage(opened, sandbox)
    panel.load(status="Caution")
    panel.tick([panel.rows()[n] for n in (0, 1, 3, 5)])
    panel.type_ids("160833, 1.23E+08")
    panel.selected(5)
    assert screenshot("docs-panel", ".cvtr-panel", always=True).stat().st_size > 50_000


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
        assert screenshot("docs-first-write", ".cvtr-panel", always=True).stat().st_size > 50_000


def test_the_doctor(notebook, screenshot, journal, tmp_path):
    """On a service without an id filter."""
    with SandboxServer(leads=300, seed=3, pretend_live=True, id_filter=False) as live:
        cell = LIVE_CELL.format(settings=str(tmp_path / "settings"), url=live.url).replace("panel = cvtr.LeadPanel(client)\n", "")
        made = cell.replace("\npanel", "\nsession = cvtr.LeadSession(client, progress=False)")
        shown = "session.doctor().iloc[3:20].style.set_properties(**{'text-align': 'left'})"
        opened = notebook([made, shown], environ={"CVTR_JOURNAL": journal}, until=".jp-RenderedHTML table")
        opened.width(1400, 1500)
        assert screenshot("docs-doctor", ".jp-RenderedHTML table", always=True).stat().st_size > 20_000


LESSON = """import pandas as pd
pd.set_option('display.max_colwidth', 60)
lesson = cvtr.learn_dialect('capture.har', '161400 161429 161449 161450 161451 161458 161465 161472 161479')
lesson.frame[~lesson.frame['same']].head(14)"""


def test_a_lesson(notebook, screenshot, tmp_path):
    """Of the service that wants one lead a call."""
    (tmp_path / "capture.har").write_bytes(gzip.decompress(CAPTURE.read_bytes()))
    cells = [f"import os\nos.chdir({str(tmp_path)!r})\nimport cvtr_widgets as cvtr", LESSON]
    opened = notebook(cells, until=".jp-RenderedHTML table")
    opened.width(1400, 1500)
    assert screenshot("docs-lesson", ".jp-RenderedHTML table", always=True).stat().st_size > 20_000
