"""The panel's link to its kernel: what is heard after the link was hurt, and what is said when the kernel has gone."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.lab import joined
from tests.browser.panel import CELL, PanelPage
from tests.runs.conftest import until

RESTART = """async () => {
    const session = window.jupyterapp.shell.currentWidget.context.sessionContext;
    await session.session.kernel.restart();
    await session.session.kernel.info;
}"""

SHUT_DOWN = "async () => { await window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown(); }"


@pytest.mark.kept_page
def test_what_is_pressed_after_the_kernel_was_shut_down_is_said_to_be_undone_and_nothing_more_can_be_pressed(
    notebook, sandbox, screenshot
):
    opened = notebook([CELL.format(role="admin")], environ=joined(sandbox), until=".cvtr-panel[data-step='1']")
    panel = PanelPage(opened, sandbox)
    panel.load()
    opened.page.evaluate(SHUT_DOWN)
    panel(".cvtr-row-tick").first.click()
    said = panel(".cvtr-silent")
    expect(said).to_contain_text("The kernel was restarted or has ended, so this panel no longer works.")
    expect(said).to_contain_text("What you pressed last did not reach it.")
    expect(said).to_contain_text("Run the notebook’s cells again, up to the one that makes the panel (Shift+Enter)")
    expect(panel(".cvtr-load")).to_be_disabled()
    expect(panel(".cvtr-row-tick").first).to_be_disabled()
    screenshot("kernel-shut-down")


def test_no_subshell_is_remembered_and_a_kernel_that_ended_in_a_run_is_not_called_busy(
    notebook, sandbox, kernel_eval, screenshot, tmp_path
):
    ids = sandbox.lead_ids(status="Caution")[:30]
    environ = {**joined(sandbox), "CVTR_CHUNK": "3", "CVTR_IN_FLIGHT": "1", "CVTR_JOURNAL": str(tmp_path / "journal")}
    opened = notebook([CELL.format(role="admin")], environ=environ, until=".cvtr-panel[data-step='1']")
    panel = PanelPage(opened, sandbox)
    assert kernel_eval("'_reply_subshell_id' in vars(panel.comm)") is False  # after many messages sent
    panel.load()
    panel.begin_test(ids, latency=0.5)
    until(lambda: any("leads-bulk" in seen.path for seen in sandbox.requests))  # before that there is no run to resume
    os.kill(kernel_eval("import os\nos.getpid()"), signal.SIGKILL)
    said = panel(".cvtr-silent")
    expect(said).to_contain_text("The kernel was restarted or has ended, so this panel no longer works.")
    expect(said).to_contain_text("it offers to resume a run that stopped half-way.")
    expect(panel(".cvtr-cancel")).to_be_disabled()
    screenshot("kernel-ended-in-a-run")
    sandbox.latency = 0.0
    for button in opened.page.locator(".jp-Dialog button.jp-mod-accept").all():
        button.click()
    opened.page.evaluate(RESTART)
    opened.run_all()
    panel = PanelPage(opened, sandbox)
    panel.press(".cvtr-resume")
    panel(".cvtr-results").wait_for()
    assert {len(sandbox.effects(lead_id)) for lead_id in ids} <= {0, 1}


@pytest.mark.kept_page
def test_a_press_is_heard_though_the_last_answer_named_a_subshell_that_has_ended(notebook, sandbox, kernel_eval):
    opened = notebook([CELL.format(role="admin")], environ=joined(sandbox), until=".cvtr-panel[data-step='1']")
    panel = PanelPage(opened, sandbox)
    kernel_eval("setattr(panel.comm, '_reply_subshell_id', 'foreign')")
    panel.load()
    expect(panel(".cvtr-silent")).to_be_hidden()
    assert len(panel.rows()) > 5
