"""An archive as the source of step 1, in the real JupyterLab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytest.importorskip("duckdb", reason="the archive is an extra")
pytest.importorskip("pyarrow", reason="the archive is an extra")

pytestmark = pytest.mark.kept_page
CELL = """import tempfile
import cvtr_widgets as cvtr
session = cvtr.LeadSession(cvtr.Sandbox().connect(), progress=False)
archive = cvtr.Archive(tempfile.mkdtemp() + "/leads")
report = archive.sync(session)
panel = cvtr.LeadPanel(session, archive=archive)
panel"""


def test_an_archive_is_opened_searched_and_planned_from(open_panel, kernel_eval, screenshot):
    panel = open_panel(cells=[CELL])
    expect(panel(".cvtr-source-from")).to_have_value("archive")
    expect(panel(".cvtr-load")).to_have_text("Open archive")
    panel.load()
    words = panel(".cvtr-source-words")
    expect(words).to_have_text(
        re.compile("^From the archive: leads as last seen .* A plan always reads its leads at the service")
    )
    expect(panel(".cvtr-table .cvtr-where")).to_have_text("1–50 of 300")
    expect(panel(".cvtr-select-matching")).to_have_text("all 300 archived")
    panel("input.cvtr-search").fill("caution")
    expect(panel(".cvtr-select-matching")).to_contain_text("matching")
    panel.tick(panel.rows()[:2])
    panel.selected(2)
    screenshot("archive-source")
    panel.next()
    panel.choose("Mark as Test", reason="Test lead")
    panel.preview()
    assert kernel_eval("[panel.plan.counts['will_change'], panel.archived is not None]") == [2, True]
