"""The job from the first click to the results in a real Firefox, by hand: the other tests drive Chromium.

python -m tests.browser.in_firefox     (with Firefox on PATH, and pip install marionette_driver)

Pictures: test-output/firefox-*.png.
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

from cvtr_widgets.sandbox import SandboxServer
from tests.browser.lab import OUTPUT, environment_cell, joined, start_lab, write_notebook
from tests.browser.panel import CELL
from tests.dialect.capture_firefox import firefox

SEEN = "const one = document.querySelector(arguments[0]); return Boolean(one) && one.checkVisibility();"
CHOOSE = """const [selector, value] = arguments; const one = document.querySelector(selector);
one.value = value || one.options[1].value; one.dispatchEvent(new Event('change', {bubbles: true}));"""
RUN_ALL = """const done = arguments[arguments.length - 1];
window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => done(1), (error) => done(String(error)));"""
READY = "return Boolean(window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel);"


class Panel:
    """The panel on Firefox's page."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def until(self, script: str, *given: str) -> None:
        from marionette_driver import Wait

        Wait(self.driver, timeout=60).until(
            lambda d: d.execute_script(script, script_args=given, sandbox=None), message=f"{script} {given}"
        )

    def click(self, selector: str, place: int = 0) -> None:
        self.until(SEEN, selector)
        self.driver.find_elements("css selector", selector)[place].click()

    def choose(self, selector: str, value: str = "") -> None:
        self.until(SEEN, selector)
        self.until("return document.querySelector(arguments[0]).options.length > 1", selector)
        self.driver.execute_script(CHOOSE, script_args=(selector, value))

    def text(self, selector: str) -> str:
        return str(self.driver.execute_script("return document.querySelector(arguments[0]).innerText", script_args=(selector,)))

    def picture(self, name: str) -> None:
        OUTPUT.mkdir(exist_ok=True)
        (OUTPUT / f"firefox-{name}.png").write_bytes(base64.b64decode(self.driver.screenshot(full=False)))


def job(panel: Panel, sandbox: SandboxServer) -> None:
    """Three leads are ticked, flagged Test, and read back."""
    panel.click(".cvtr-load")
    for place in (0, 2, 3):
        panel.click(".cvtr-table .cvtr-row-tick", place)
    panel.until("return document.querySelector('.cvtr-count').textContent === '3 leads selected'")
    boxes = panel.driver.find_elements("css selector", ".cvtr-table .cvtr-row-tick")
    meant = {int(boxes[place].get_attribute("data-lead-id")) for place in (0, 2, 3)}
    panel.click("[data-sort='last_name']")
    panel.picture("leads")
    panel.click(".cvtr-next:not(.cvtr-off)")
    panel.choose(".cvtr-action", "test")
    panel.choose(".cvtr-reason")
    panel.picture("type")
    panel.click(".cvtr-preview:not(.cvtr-off)")
    panel.until(SEEN, ".cvtr-plan")
    panel.picture("plan")
    panel.click(".cvtr-run:not(.cvtr-off)")
    panel.until(SEEN, ".cvtr-results")
    panel.picture("results")
    outcome = panel.text(".cvtr-outcome-filter").split()
    flagged = {lead_id for lead_id in sandbox.lead_ids() if sandbox.effects(lead_id)}
    print(f"outcome: {' '.join(outcome)}; changed at the service: {sorted(flagged)}")
    assert outcome == ["3", "confirmed"]
    assert flagged == meant


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, SandboxServer(leads=300, seed=1) as sandbox:
        root = Path(folder, "notebooks")
        root.mkdir()
        write_notebook(root / "panel.ipynb", [environment_cell(joined(sandbox)), CELL.format(role="admin")])
        with start_lab(root) as lab, firefox() as driver:
            driver.set_window_rect(width=1300, height=1000)
            driver.navigate(f"{lab.url}lab/tree/panel.ipynb?token={lab.token}")
            panel = Panel(driver)
            panel.until(READY)
            driver.execute_async_script(RUN_ALL, sandbox=None)
            job(panel, sandbox)


if __name__ == "__main__":
    main()
