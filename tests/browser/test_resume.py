"""A kernel that is killed in the middle of a run: the panel offers the run again, goes on, and says what is true of every lead."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import Mishap
from tests.browser.lab import ROOT, joined
from tests.browser.panel import CELL, PanelPage

SLOW = {"CVTR_CHUNK": "3", "CVTR_IN_FLIGHT": "1"}


def begin_a_run(panel, ids):
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(len(ids))
    panel.next()
    panel.choose("invalid", reason="Duplicate")
    panel.preview()
    panel(".cvtr-confirm").check()
    panel.press(".cvtr-run")
    panel(".cvtr-progress").wait_for()


def kill_in_the_middle(opened, sandbox, ids, kernel_eval):
    """Kill the kernel when some leads have been written and others not."""
    pid = kernel_eval("import os\nos.getpid()")
    while not 3 <= sum(1 for lead_id in ids if sandbox.effects(lead_id)) < len(ids) - 6:
        opened.page.wait_for_timeout(20)
    os.kill(pid, signal.SIGKILL)


def restarted(opened):
    """JupyterLab restarts a kernel that died; wait for the new one, then run all cells again."""
    opened.page.evaluate(
        """async () => {
            const session = window.jupyterapp.shell.currentWidget.context.sessionContext;
            await session.restartKernel();
            await session.session.kernel.info;
        }"""
    )
    for button in opened.page.locator(".jp-Dialog button.jp-mod-accept").all():
        button.click()  # JupyterLab's own word that the kernel was restarted
    opened.run_all()


def test_a_killed_kernels_run_is_gone_on_with_and_a_stale_lead_held_back(notebook, sandbox, kernel_eval, tmp_path):
    ids = sandbox.lead_ids(status="Caution")[:24]
    sandbox.latency = 0.15
    environ = {**joined(sandbox), **SLOW, "CVTR_JOURNAL": str(tmp_path / "journal")}
    opened = notebook([CELL.format(role="admin")], environ=environ, until=".cvtr-panel[data-step='1']")
    panel = PanelPage(opened, sandbox)
    begin_a_run(panel, ids)
    kill_in_the_middle(opened, sandbox, ids, kernel_eval)
    sandbox.latency = 0.0
    stale = next(lead_id for lead_id in reversed(ids) if not sandbox.effects(lead_id))
    sandbox.change(stale, status="Valid", reason="Details verified")
    restarted(opened)
    panel = PanelPage(opened, sandbox)
    panel(".cvtr-past").wait_for()
    assert "not sent" in panel.texts(".cvtr-past li span")[0]
    panel.press(".cvtr-resume")
    panel(".cvtr-results").wait_for()
    found = panel.outcomes()
    assert sum(found.values()) == len(ids)
    assert found["skipped"] == 1
    results = dict(kernel_eval("[[int(i), [str(r.outcome), r.detail]] for i, r in panel.results.iterrows()]"))
    assert "status changed from Caution to Valid" in results[stale][1]
    for lead_id in ids:
        outcome, detail = results[lead_id]
        effects = len(sandbox.effects(lead_id))
        assert effects == (0 if lead_id == stale else 1) or (outcome == "unknown" and effects == 0), (lead_id, outcome, detail)
        if outcome == "confirmed":
            assert sandbox.lead(lead_id)["status"] == "Invalid"
    expect(panel(".cvtr-past .cvtr-resume")).to_have_count(0)


@pytest.mark.kept_page
def test_a_run_is_taken_back_and_the_undo_is_a_plan_first(open_panel, sandbox):
    ids = sandbox.lead_ids(status="Valid", delivery="Not Delivered")[:4]
    before = {lead_id: (sandbox.lead(lead_id)["status"], sandbox.lead(lead_id)["reason"]) for lead_id in ids}
    panel = open_panel()
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(len(ids))
    panel.next()
    panel.choose("delivered")
    panel.preview()
    panel.run(signature="Ana Example")
    assert panel.outcomes() == {"confirmed": 4}
    panel.press(".cvtr-undo-run")
    panel(".cvtr-plan").wait_for()
    assert all(sandbox.lead(lead_id)["delivery"] == "Delivered" for lead_id in ids)  # nothing was sent yet
    panel.run(signature="Ana Example")
    assert panel.outcomes() == {"confirmed": 4}
    assert all(sandbox.lead(lead_id)["delivery"] == "Not Delivered" for lead_id in ids)
    assert {lead_id: (sandbox.lead(lead_id)["status"], sandbox.lead(lead_id)["reason"]) for lead_id in ids} == before


def test_a_watched_run_shows_nothing_of_the_run_before_it_and_when_its_owner_is_gone_it_can_be_gone_on_with(
    notebook, sandbox, screenshot, tmp_path
):
    ids = sandbox.lead_ids(status="Caution")[:12]
    environ = {**joined(sandbox), "CVTR_JOURNAL": str(tmp_path / "journal"), "CVTR_SETTINGS": str(tmp_path / "settings")}
    with other_kernel(sandbox, ids[2:], environ) as other:
        run_id = other.stdout.readline().strip()
        while not all(sandbox.effects(lead_id) for lead_id in ids[2:]):
            time.sleep(0.02)
        opened = notebook([CELL.format(role="admin")], environ=environ, until=".cvtr-panel[data-step='1']")
        panel = PanelPage(opened, sandbox)
        panel.press(f"[data-run='{run_id}'] .cvtr-watch")  # in a panel that has had no run of its own yet
        expect(panel(".cvtr-results > p.cvtr-note")).to_contain_text(f"Process {other.pid} is running it.")
        expect(panel(".cvtr-results .cvtr-grid tbody tr")).to_have_count(10)
        panel.press(".cvtr-start-over")
        panel.step(1)
        sandbox.mishaps = [Mishap("leads-bulk-flag", "lie")]
        begin_a_run(panel, ids[:2])
        panel(".cvtr-results").wait_for()
        assert panel.outcomes() == {"contradicted": 2}
        panel.press(".cvtr-start-over")
        panel.step(1)
        panel.press(f"[data-run='{run_id}'] .cvtr-watch")
        expect(panel(".cvtr-results > p.cvtr-note")).to_contain_text(f"Process {other.pid} is running it.")
        shown = panel(".cvtr-results").inner_text()
        assert "contradicted" not in shown
        assert "Repeat for" not in shown
        assert "Journal head" not in shown
        screenshot("watched")
    panel.press(".cvtr-look-again")
    expect(panel(".cvtr-results > p.cvtr-note")).to_contain_text("Nothing is running it now. Start over to resume it.")
    panel.press(".cvtr-start-over")
    panel.step(1)
    expect(panel(f"[data-run='{run_id}'] .cvtr-settle")).to_be_visible()
    sandbox.mishaps, sandbox.latency = [], 1.0
    begin_a_run(panel, ids[:2])
    expect(panel(".cvtr-results")).to_be_hidden()  # while it goes on nothing is said to have ended
    panel(".cvtr-results").wait_for()
    assert panel.outcomes() == {"confirmed": 2}


@contextlib.contextmanager
def other_kernel(sandbox, ids, environ):
    """A process that holds a run whose first chunks have been sent; killed at the end."""
    given = json.dumps({"url": sandbox.url, "ids": ids, "action": "test", "hold": "answered"})
    order = [sys.executable, "-m", "tests.runs.killed", given]
    with subprocess.Popen(order, cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
