"""The same panel in Notebook 7 and as a Voilà page, and its parts alone."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import NotebookPage, environment_cell, joined, shut_off, write_notebook
from tests.browser.panel import CELL, PanelPage
from tests.browser.test_accessibility import faults


@pytest.fixture
def written(lab_root: Path, sandbox):
    """A notebook on the sandbox, by its name."""
    name = "hosts.ipynb"
    write_notebook(lab_root / name, [environment_cell(joined(sandbox)), CELL.format(role="admin")])
    return name


def whole_job(panel: PanelPage, sandbox) -> None:
    ids = sandbox.lead_ids(status="Caution")[:2]
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(2)
    panel.next()
    panel.choose("invalid", reason="Duplicate")
    panel.preview()
    panel.run()
    assert panel.outcomes() == {"confirmed": 2}
    assert {sandbox.lead(lead_id)["status"] for lead_id in ids} == {"Invalid"}


def test_in_notebook_7(lab, lab_root, watched, notebooks, sandbox, written):
    page = watched.page
    page.goto(lab.address(written, "notebooks"))
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel")
    page.evaluate(
        """async () => {
            const context = window.jupyterapp.shell.currentWidget.context;
            await context.sessionContext.ready;
            await context.sessionContext.session.kernel.info;
            await window.jupyterapp.commands.execute('notebook:run-all-cells');
        }"""
    )
    page.locator(".cvtr-panel[data-step='1']").wait_for()
    whole_job(PanelPage(NotebookPage(page, lab, lab_root, written), sandbox), sandbox)
    # Notebook 7 stumbles over parts of JupyterLab that it does not have (terminals, the file browser's commands).
    watched.troubles[:] = [one for one in watched.troubles if not one.startswith("error in the page")]


def test_as_a_voila_page_whose_source_holds_no_lead(lab, lab_root, page, notebooks, sandbox, written):
    page.goto(lab.address(written, "voila/render"))
    page.locator(".cvtr-panel[data-step='1']").wait_for()
    panel = PanelPage(NotebookPage(page, lab, lab_root, written), sandbox)
    whole_job(panel, sandbox)
    page.set_viewport_size({"width": 1280, "height": 400})
    panel(".cvtr-start-over").scroll_into_view_if_needed()
    expect(panel(".cvtr-head .cvtr-badge")).to_be_in_viewport(ratio=1)
    source = page.request.get(lab.address(written, "voila/render")).text()
    assert "cvtr" in source
    leads = [sandbox.record(lead_id) for lead_id in sandbox.lead_ids()]
    secrets = {str(lead["id"]) for lead in leads} | {lead["email"] for lead in leads}
    assert [secret for secret in secrets if secret in source] == []


PARTS = """
import cvtr_widgets as cvtr, ipywidgets as W
client = cvtr.Sandbox(story="bad_month", leads=2_000, seed=2).connect()
leads = cvtr.LeadSession(client, progress=False).pull()
told, table, look = W.Label(), cvtr.LeadTable(leads), cvtr.LookPanel(leads)
def tell(*_):
    told.value = f"{len(table.selection.ids)} in the table, {len(look.picked)} in Look"
table.on_selection(tell)
look.on_select(tell)
W.VBox([told, table, look, cvtr.insight.table(cvtr.insight.breakdown(leads), "Leads by publisher")])
"""


@pytest.mark.long
def test_look_and_the_lead_table_as_parts_of_a_voila_page(lab, lab_root, page, notebooks, screenshot):
    """With the network cut: ticks and clicks reach the kernel, charts and tables are drawn, files are saved, axe finds nothing."""
    shut_off(page)
    write_notebook(lab_root / "parts.ipynb", [PARTS])
    page.goto(lab.address("parts.ipynb", "voila/render"))
    page.locator(".cvtr-row-tick").first.check()
    told = page.locator(".widget-label")
    expect(told).to_have_text("1 in the table, 0 in Look")
    look = page.locator(".cvtr-look", has=page.locator(".cvtr-look-ask"))
    look.get_by_role("button", name="Ask").click()
    select = look.locator(".cvtr-look-finding").first.get_by_role("button", name=re.compile("^Select "))
    select.click()
    number = select.inner_text().split()[1]
    expect(told).to_have_text(f"1 in the table, {number} in Look")
    with page.expect_download() as case:
        look.locator(".cvtr-look-case").first.click()
    assert {"leads.csv", "finding.json", "again.ipynb"} <= set(zipfile.ZipFile(case.value.path()).namelist())
    look.get_by_label("Question").select_option("money")
    look.get_by_role("button", name="Ask").click()
    expect(look.locator(".cvtr-chart[data-drawn=true]")).to_be_visible()
    expect(page.locator(".cvtr-live-table[data-live=true]")).to_have_count(2)
    counts = page.locator(".cvtr-frame-table")
    names = counts.locator("tbody th").all_inner_texts()
    counts.locator("thead th", has_text="publisher").first.locator(".dt-column-order").click()
    expect(counts.locator("tbody th")).to_have_text(sorted(names, key=str.lower))
    with page.expect_download() as saved:
        counts.get_by_role("button", name="Save as CSV").click()
    lines = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8-sig"))))
    assert sorted(line["publisher"] for line in lines) == sorted(names)
    assert sum(int(line["total"]) for line in lines) == 2_000
    screenshot("voila-parts")
    page.set_viewport_size({"width": 1280, "height": 2_400})  # axe judges no colour of what is scrolled away
    assert faults(page, {"include": [[".cvtr-outer"], [".cvtr-look"], [".cvtr-frame-table"]]}) == []
