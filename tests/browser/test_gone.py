"""A kernel, a server or a network that goes away: what is said then, and what comes back."""

from __future__ import annotations

import json
import os
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.lab import NotebookPage, environment_cell, joined, start_lab, write_notebook
from tests.browser.panel import CELL, PanelPage
from tests.runs.conftest import until

OWN = "import cvtr_widgets as cvtr\nsandbox = cvtr.Sandbox(leads=60, seed=3)\npanel = cvtr.LeadPanel(sandbox.connect())\npanel"
CULLING = [f"--MappingKernelManager.{name}" for name in ("cull_idle_timeout=4", "cull_interval=1", "cull_connected=True")]


@pytest.fixture
def lab_of_its_own(tmp_path, page):
    """``open_there(options)``: a panel in a JupyterLab that ends with the test; gives both."""
    labs = []

    def open_there(sandbox, *options: str):
        root = tmp_path / "own" / "notebooks"
        root.mkdir(parents=True)
        running = start_lab(root, options, forked=False)
        labs.append(running)
        lab = running.__enter__()
        environ = {**joined(sandbox), "CVTR_CHUNK": "2", "CVTR_IN_FLIGHT": "1"}
        write_notebook(root / "gone.ipynb", [environment_cell(environ), CELL.format(role="admin")])
        opened = NotebookPage(page, lab, root, "gone.ipynb")
        opened.open()
        opened.run_all()
        panel = PanelPage(opened, sandbox)
        panel.step(1)
        return panel, running

    yield open_there
    for running in labs:
        running.__exit__(None, None, None)


def begin(panel, sandbox, number: int) -> list[int]:
    ids = sandbox.lead_ids(status="Caution")[:number]
    panel.begin_test(ids, latency=1.5)
    return ids


def test_a_sandbox_that_ended_with_its_kernel_is_not_said_to_have_a_run_to_resume(notebook, kernel_eval, sandbox, screenshot):
    panel = PanelPage(notebook([OWN], until=".cvtr-panel[data-step='1']"), sandbox)
    panel.load()
    os.kill(kernel_eval("import os\nos.getpid()"), signal.SIGKILL)
    said = panel(".cvtr-silent")
    expect(said).to_contain_text("they start a new sandbox. The sandbox ran in the same kernel")
    expect(said).to_contain_text("its leads and runs are gone, and nothing is left to resume.")
    expect(said).not_to_contain_text("offers to resume")
    screenshot("own-sandbox-gone")


def test_offline_what_is_not_known_is_not_said_and_the_run_is_found_again(open_panel, sandbox, screenshot):
    panel = open_panel()
    ids = begin(panel, sandbox, 20)
    panel.page.context.set_offline(True)
    said = panel(".cvtr-silent")
    expect(said).to_contain_text("or the kernel, the server or the network may be gone.")
    expect(said).to_contain_text("So are the run’s numbers; it is not known here whether the run is still going.")
    expect(said).not_to_contain_text("has ended")
    screenshot("offline")
    panel.page.context.set_offline(False)
    sandbox.latency = 0.0
    panel(".cvtr-results").wait_for()
    expect(said).to_be_hidden()
    assert panel.outcomes() == {"confirmed": len(ids)}


@pytest.mark.long
def test_a_server_that_was_stopped_is_not_said_to_be_a_kernel_that_ended(lab_of_its_own, sandbox, screenshot):
    panel, running = lab_of_its_own(sandbox)
    panel.load()
    running.__exit__(None, None, None)
    panel(".cvtr-row-tick").first.click()
    said = panel(".cvtr-silent")
    expect(said).to_contain_text("or the kernel, the server or the network may be gone.")
    expect(said).to_contain_text("What you pressed has not been answered yet.")
    screenshot("server-stopped")


@pytest.mark.long
def test_a_hub_that_culls_idle_kernels_keeps_one_with_a_run_and_a_press_after_it_culled_one_is_not_called_done(
    lab_of_its_own, sandbox, screenshot
):
    panel, _ = lab_of_its_own(sandbox, *CULLING)
    ids = begin(panel, sandbox, 12)  # at 1.5 s an answer and two leads a request: longer than an idle kernel may live
    panel(".cvtr-results").wait_for()
    sandbox.latency = 0.0
    assert panel.outcomes() == {"confirmed": len(ids)}
    until(lambda: json.loads(panel.opened.lab.call("api/kernels")) == [])
    panel.press(".cvtr-start-over")  # JupyterLab tells a widget nothing of a kernel that was culled
    said = panel(".cvtr-silent")
    expect(said).to_contain_text("or the kernel, the server or the network may be gone.")
    expect(said).to_contain_text("What you pressed has not been answered yet.")
    screenshot("culled")
