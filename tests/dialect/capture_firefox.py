"""Makes a capture in a real Firefox, by hand: what ``tests/learn/captures/*.firefox.har.gz`` came from.

python -m tests.dialect.capture_firefox forms forms.firefox.har.gz     (with Firefox on PATH, and pip install marionette_driver)

Firefox's own network monitor is open meanwhile, and what it gives for "Save All As HAR" is kept as it is.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cvtr_widgets.sandbox import SandboxServer
from tests.dialect.capture import leads_for, steps
from tests.dialect.services import SERVICES

# Sets a field as a user does.
ENTER = """const [name, value] = arguments; const one = document.querySelector(`[name=${name}]`);
one.focus(); one.value = value; one.dispatchEvent(new Event('input', {bubbles: true}));
one.dispatchEvent(new Event('change', {bubbles: true})); one.blur();"""
OPEN = """const done = arguments[arguments.length - 1];
const { require } = ChromeUtils.importESModule('resource://devtools/shared/loader/Loader.sys.mjs');
window.developerTools = require('devtools/client/framework/devtools').gDevTools;
window.developerTools.showToolboxForTab(gBrowser.selectedTab, {toolId: 'netmonitor'}).then(() => done('open'), (e) => done(String(e)));"""
SAVED = """const done = arguments[arguments.length - 1];
window.developerTools.getToolboxForTab(gBrowser.selectedTab).getNetMonitorAPI().then((monitor) => monitor.getHar())
    .then((har) => done(JSON.stringify(har)), (error) => done(String(error)));"""


@contextlib.contextmanager
def firefox() -> Iterator[Any]:
    from marionette_driver.marionette import Marionette

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as profile:
        prefs = {"marionette.port": port, "devtools.netmonitor.persistlog": "true", "devtools.netmonitor.responseBodyLimit": 0}
        Path(profile, "user.js").write_text("".join(f'user_pref("{name}", {value});\n' for name, value in prefs.items()))
        command = ["firefox", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile]
        process = subprocess.Popen(command)
        try:
            driver = Marionette(host="127.0.0.1", port=port)
            driver.raise_for_port(60)
            driver.start_session()
            driver.timeout.script = 60
            yield driver
        finally:
            process.terminate()
            process.wait()


def chrome(driver: Any, script: str) -> str:
    with driver.using_context("chrome"):
        return str(driver.execute_async_script(script, sandbox="system"))


def capture(driver: Any, server: SandboxServer) -> dict[str, int]:
    """As ``tests.dialect.capture.capture`` does it."""
    from marionette_driver import By, Wait

    def says(start: str) -> None:
        said = lambda d: d.find_element(By.ID, "said").text.startswith(start)  # noqa: E731
        Wait(driver, timeout=20).until(said, message=start)

    def enter(name: str, value: str) -> None:
        driver.execute_script(ENTER, script_args=(name, value))

    leads = leads_for(server)
    driver.navigate(f"{server.url}/v2/leads")
    user, password, _ = server.users["admin"]
    enter("username", user)
    enter("password", password)
    driver.find_element(By.CSS_SELECTOR, "#login button").click()
    says("ready")
    for action, lead, values in steps(leads):
        for name in ("reason", "comment", "jobs", "signature"):
            enter(name, "")
        enter("leads", str(lead))
        says("lead read")
        enter("action", action)
        for name, value in values.items():
            known = driver.find_element(By.CSS_SELECTOR, "[name=jobs]").get_attribute("placeholder") if value == "?" else value
            enter(name, known)
        driver.find_element(By.CSS_SELECTOR, "#manage button").click()
        says("saved 2")
    # Without a screen the monitor shows what came last only with what comes next.
    for lead in (leads["valid"], leads["test"]) * 3:
        enter("leads", str(lead))
        says("lead read")
    return leads


def main(name: str, to: str) -> None:
    with SandboxServer(leads=600, seed=5, speech=SERVICES[name], queue_delay=0.1) as server, firefox() as driver:
        driver.navigate("about:blank")
        chrome(driver, OPEN)
        used = capture(driver, server)
        text = chrome(driver, SAVED)
    Path(to).write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{to}: {len(text):,} characters; leads {list(used.values())}")


if __name__ == "__main__":
    main(*sys.argv[1:])
