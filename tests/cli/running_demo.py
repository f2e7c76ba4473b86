"""``cvtr-widgets demo`` as a process of its own, watched down to its last grandchild."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil

from cvtr_widgets.sandbox import SandboxServer

PATIENCE = 90.0
"""Seconds; a cold start in a new environment compiles everything first."""


class RunningDemo:
    """A demo that has been started. ``lines`` holds what it has printed so far."""

    USER = SandboxServer.USERS["admin"]

    def __init__(self, command: Sequence[str | Path], environ: Mapping[str, str], cwd: Path) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [str(word) for word in command],
            env=dict(environ),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # a group of its own, as in a terminal: a test's SIGINT must not reach the test
            start_new_session=os.name != "nt",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def __enter__(self) -> RunningDemo:
        return self

    def __exit__(self, *_: object) -> None:
        left = self.family()
        for one in left:
            one.kill()
        psutil.wait_procs(left, PATIENCE)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()

    def said(self, pattern: str) -> re.Match[str]:
        """Wait until it prints something that matches."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for line in list(self.lines):
                if match := re.search(pattern, line):
                    return match
            if self.process.poll() is not None and not self._reader.is_alive():
                raise AssertionError(f"the demo ended with {self.process.returncode}: {self.lines}")
            time.sleep(0.05)
        raise AssertionError(f"the demo never said {pattern!r}: {self.lines}")

    @property
    def address(self) -> str:
        """What it tells the user to open, token and all."""
        return self.said(r"^Open\s+(http://127\.0\.0\.1:\d+/\S+)$")[1]

    @property
    def sandbox(self) -> str:
        return self.said(r"^Sandbox with [\d,]+ leads at (http://127\.0\.0\.1:\d+)$")[1]

    def ask(self, path: str, body: Any = None) -> Any:
        """Jupyter's REST API, with the token that the demo printed."""
        parts = urlsplit(self.address)
        (token,) = parse_qs(parts.query)["token"]
        request = urllib.request.Request(
            f"http://{parts.netloc}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or "null")

    def log_in(self) -> str:
        """The sandbox's answer to a login: its token type."""
        form = urlencode({"username": self.USER[0], "password": self.USER[1]}).encode()
        with urllib.request.urlopen(f"{self.sandbox}/api/login", data=form, timeout=PATIENCE) as answer:
            return json.loads(answer.read())["token_type"]

    def open_notebook(self) -> None:
        """What a browser does first: a session, which starts a kernel."""
        kernel = {"name": "python3"}
        self.ask("api/sessions", {"path": "flag_and_manage.ipynb", "name": "", "type": "notebook", "kernel": kernel})

    def family(self) -> list[psutil.Process]:
        """It and everything it has started, and what those have started."""
        try:
            me = psutil.Process(self.process.pid)
            return [me, *me.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def stop(self, number: int = signal.SIGTERM) -> list[psutil.Process]:
        """Ask it to stop; give those of its processes that are still there when it has ended."""
        before = self.family()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        _gone, left = psutil.wait_procs(before, timeout=0)
        return left
