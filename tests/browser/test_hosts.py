"""The same panel in Notebook 7 and as a Voilà page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.lab import NotebookPage, environment_cell, joined, write_notebook
from tests.browser.panel import CELL, PanelPage


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
    source = page.request.get(lab.address(written, "voila/render")).text()
    assert "cvtr" in source
    leads = [sandbox.record(lead_id) for lead_id in sandbox.lead_ids()]
    secrets = {str(lead["id"]) for lead in leads} | {lead["email"] for lead in leads}
    assert [secret for secret in secrets if secret in source] == []
