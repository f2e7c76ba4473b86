"""A script that ends while the panel's threads are at work: they are over before Python takes its libraries down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import Mishap

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import atexit, sys, threading
ours = lambda: [one for one in threading.enumerate() if one.daemon and one.name.startswith("cvtr-")]
atexit.register(lambda: print("at the end", [one.name for one in ours()]))  # called after all that is registered later
import cvtr_widgets as cvtr
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.sandbox import SandboxServer
name, word, _ = SandboxServer.USERS["admin"]
panel = cvtr.LeadPanel(cvtr.connect(SANDBOX, name, word, url=sys.argv[1]))
print("at work", [one.name for one in ours()])
"""


def test_no_thread_of_the_panel_is_at_work_when_python_ends() -> None:
    with cvtr.Sandbox() as sandbox:
        sandbox.server.mishaps = [Mishap(path, "slow", seconds=0.1) for path in ("campaigns", "publishers", "leads")]
        command = [sys.executable, "-c", SCRIPT, sandbox.url]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    at_work, at_the_end = done.stdout.splitlines()
    assert at_work != "at work []"
    assert at_the_end == "at the end []"
