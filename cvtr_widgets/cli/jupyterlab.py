"""JupyterLab as a subprocess that is started apart from the user's own Jupyter settings and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from cvtr_widgets.errors import CvtrError

START_PATIENCE = 90.0
"""Seconds for JupyterLab to answer. It takes about 3; a cold disk or a virus scanner can make it many more."""
STOP_PATIENCE = 15.0
"""Seconds for JupyterLab to end its kernels and itself when asked, before it is ended from outside."""

_OPTIONS = (
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--ServerApp.open_browser=False",
    "--ServerApp.allow_root=True",  # containers; it listens on loopback only
    "--ServerApp.terminals_enabled=False",
    "--log-level=WARN",  # at INFO the log would hold the token
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LanguageServerManager.autodetect=False",
)
# JupyterLab asks its project's site for news unless this is set.
_NO_NEWS = {"checkForUpdates": False, "doNotDisturbMode": True, "fetchNews": "false"}


class LaunchError(CvtrError):
    """JupyterLab could not be started."""


class JupyterLab:
    """A running JupyterLab on 127.0.0.1. ``stop()`` or a with-block ends it and its kernels.

    It has its own settings, data and runtime folders, so that nothing of the user's Jupyter (a password, another
    address, an older kernel of the same name) changes what happens, and nothing of ours stays in them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        environ: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        config: Mapping[str, str] | None = None,
        given_up: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start it and wait until it answers.

        Args:
            folder: what its file browser shows.
            port: on 127.0.0.1; 0 takes a free one.
            environ: added to this process's environment, for JupyterLab and its kernels.
            options: further command-line options of JupyterLab.
            config: files for its configuration folder, by name.
            given_up: asked while waiting; True ends the attempt.

        Raises:
            LaunchError: the port is taken; or it ended, or did not answer within ``START_PATIENCE`` seconds (holds the
                end of its log).
        """
        _must_be_free(port)
        self.token = secrets.token_hex(24)
        self.url = ""
        self._home = Path(tempfile.mkdtemp(prefix="cvtr-lab-"))
        self._log = self._home / "jupyter.log"
        own = _own_environment(self._home)
        for name, text in (config or {}).items():
            (self._home / "config" / name).write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "jupyterlab", *_OPTIONS, f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(  # our own words, no shell
                [*command, *options],
                env={**os.environ, **own, "JUPYTER_TOKEN": self.token, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C in the terminal must reach us alone, who then end it in good order.
                start_new_session=os.name != "nt",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        try:
            self._wait_until_it_answers(given_up)
        except BaseException:
            self.stop()
            raise

    def __repr__(self) -> str:
        return f"<Lab {self.url}>"

    def __enter__(self) -> JupyterLab:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def address(self, notebook: str, app: str = "lab/tree") -> str:
        """What to open to see ``notebook`` (a path within the folder). Whoever has its token may run code here.

        ``app``: ``lab/tree``, or ``notebooks`` (Notebook 7) or ``voila/render`` where these are installed.
        """
        return f"{self.url}{app}/{quote(notebook)}?token={self.token}"

    def running(self) -> bool:
        """Is the process still there?"""
        return self.process.poll() is None

    def call(self, path: str, method: str = "GET", patience: float = 5.0) -> bytes:
        """Ask Jupyter's REST API (``path`` such as ``api/kernels``) and give the answer's body.

        Raises:
            OSError: it did not answer within ``patience`` seconds, or not with success.
        """
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}{path}", method=method, headers=headers)  # always http
        # Without a proxy, whatever the environment says: this is loopback.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=patience) as answer:
            body: bytes = answer.read()
        return body

    def stop(self) -> None:
        """End JupyterLab and its kernels, and remove its own folders (not ``folder``). Calling it again does nothing."""
        if self.running() and self.url:
            with contextlib.suppress(OSError):
                self.call("api/shutdown", "POST")  # it ends its kernels before itself
        elif self.running():
            self.process.terminate()
        try:
            self.process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            # Its kernels watch for this and end themselves.
            self._kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def _kill(self) -> None:
        if os.name != "nt":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def _wait_until_it_answers(self, given_up: Callable[[], bool]) -> None:
        until = time.monotonic() + START_PATIENCE
        while time.monotonic() < until:
            if not self.running():
                raise LaunchError(f"JupyterLab stopped right away.{self._end_of_log()}Fix what it names and start again.")
            if given_up():
                raise LaunchError("Stopped before JupyterLab was ready. Start it again when you like.")
            self.url = self.url or self._written_address()
            if self.url and self._answers():
                return
            time.sleep(0.1)
        raise LaunchError(f"JupyterLab did not answer for {START_PATIENCE:.0f} s.{self._end_of_log()}Try again.")

    def _written_address(self) -> str:
        """JupyterLab writes the port that it got, and where, into its runtime folder."""
        for path in (self._home / "runtime").glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError):  # not there yet, or half written
                return f"http://127.0.0.1:{json.loads(path.read_text(encoding='utf-8'))['port']}/"
        return ""

    def _answers(self) -> bool:
        try:
            self.call("api/status", patience=2.0)
        except OSError:
            return False
        return True

    def _end_of_log(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").replace(self.token, "...").splitlines()
        return " Its last lines:\n" + "\n".join(lines[-8:]) + "\n" if lines else " "


def _must_be_free(port: int) -> None:
    """JupyterLab would say it in eight lines of log."""
    with socket.socket() as probe:
        if os.name != "nt":  # as JupyterLab will; on Windows this option means another thing
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise LaunchError(f"Port {port} on 127.0.0.1 is taken. Choose another, or 0 for a free one.") from None


def _own_environment(home: Path) -> dict[str, str]:
    """Jupyter's folders under ``home``, and its news switched off."""
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(_NO_NEWS), encoding="utf-8")
    return {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "config" / "lab" / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one in the user's folders
    }
