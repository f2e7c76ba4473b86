"""Kernels that are forked from one process that has imported everything, instead of being started anew.

Starting Python and importing what a panel needs is most of the work of a short test. JupyterLab finds here, under the name of its
usual kernel, a small process in its place: it hands its environment, folder and outputs to the process that forks, passes signals
on, and ends as the kernel ends; and the kernel ends when it is killed. What a kernel sees, and what happens to it, is its own.

Only where the system has ``pidfd_open`` (Linux); elsewhere the tests use ordinary kernels.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LENGTH = struct.Struct("!I")
ENDED = struct.Struct("!i")  # an exit code, or a signal as a negative number
PASSED_ON = [number for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if (number := getattr(signal, name, None))]
POSSIBLE = hasattr(os, "pidfd_open")
IMPORTED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.completerlib",
    "ipywidgets",
    "pandas",
    "cvtr_widgets.connection",
    "cvtr_widgets.panel.lead_panel",
    "cvtr_widgets.sandbox",
)


@contextlib.contextmanager
def forking(environ: dict[str, str]) -> Iterator[dict[str, str]]:
    """The process that forks, while the block lasts; gives the environment by which JupyterLab finds its kernels."""
    import tempfile

    if not POSSIBLE:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="cvtr-forking-") as folder, _forking(Path(folder), environ):
        yield {"JUPYTER_PATH": str(Path(folder) / "jupyter")}


@contextlib.contextmanager
def _forking(folder: Path, environ: dict[str, str]) -> Iterator[None]:
    import subprocess

    address = folder / "forking"
    spec = {
        "argv": [sys.executable, "-I", "-S", __file__, "start", str(address), "{connection_file}"],
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "metadata": {"debugger": True},
    }
    kernel = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps(spec), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.browser.forked_kernels", "fork", str(address)],
        cwd=ROOT,
        # Threads of numpy's would not be there in a forked process. A kernel has the environment of its own, without this.
        env={**os.environ, **environ, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.stdin.close()  # its sign to end, with every kernel


# --- the process that forks ------------------------------------------------------------------------------------------


class Forking:
    """Waits for those that want a kernel. ``serve`` comes back in each new kernel's process, with what it is to be."""

    def __init__(self, address: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(address)
        self.listener.listen(16)
        self.chosen = selectors.DefaultSelector()
        self.kernels: dict[str, tuple[int, int, socket.socket]] = {}
        """By connection file: process id, its descriptor, who started it."""

    def serve(self) -> dict[str, Any] | None:
        """Fork until the parent closes our standard input, then end the kernels: None. In a kernel: what was sent for it."""
        self.chosen.register(sys.stdin.fileno(), selectors.EVENT_READ, ("end", ""))
        self.chosen.register(self.listener, selectors.EVENT_READ, ("start", ""))
        while True:
            for key, _ in self.chosen.select():
                what, name = key.data
                if what == "end":
                    for running in list(self.kernels):
                        self.kill(running)
                    return None
                if what == "start":
                    wanted = self.fork()
                    if wanted is not None:
                        return wanted
                elif name in self.kernels and what == "signal":
                    self.signal(name)
                elif name in self.kernels:
                    self.ended(name)

    def fork(self) -> dict[str, Any] | None:
        starter, _ = self.listener.accept()
        head, outputs, _, _ = socket.recv_fds(starter, LENGTH.size, 3)
        rest = LENGTH.unpack(head)[0]
        text = b""
        while len(text) < rest:
            text += starter.recv(rest - len(text))
        wanted: dict[str, Any] = json.loads(text)
        name = wanted["file"]
        if name in self.kernels:  # one that is started again gets the ports of the one before
            self.kill(name)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            for place, got in enumerate(outputs):
                os.dup2(got, place)
                os.close(got)
            self.chosen.close()
            self.listener.close()
            starter.close()
            for _, descriptor, other in self.kernels.values():
                os.close(descriptor)
                other.close()
            return wanted
        for got in outputs:
            os.close(got)
        descriptor = os.pidfd_open(pid)
        self.kernels[name] = (pid, descriptor, starter)
        self.chosen.register(descriptor, selectors.EVENT_READ, ("ended", name))
        self.chosen.register(starter, selectors.EVENT_READ, ("signal", name))
        return None

    def signal(self, name: str) -> None:
        """The starter passes a signal on, or is gone: then the kernel goes, too."""
        pid, _, starter = self.kernels[name]
        with contextlib.suppress(ConnectionError):
            got = starter.recv(1)
            if got:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, got[0])
                return
        self.kill(name)

    def kill(self, name: str) -> None:
        pid = self.kernels[name][0]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)  # if it had no group yet; it is ours to wait for, so that the number is still its own
        self.ended(name)

    def ended(self, name: str) -> None:
        pid, descriptor, starter = self.kernels.pop(name)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.chosen.unregister(descriptor)
        self.chosen.unregister(starter)
        os.close(descriptor)
        with contextlib.suppress(OSError), starter:
            starter.sendall(ENDED.pack(code))


def fork(address: str) -> None:
    import gc
    import importlib
    import threading

    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # read when ipykernel is imported: a kernel ends when its parent has ended
    sys.path.pop(0)  # by -m; a kernel's begins otherwise
    for name in IMPORTED:
        importlib.import_module(name)
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    gc.freeze()  # so that the collector of a kernel leaves the pages alone that it shares
    forking = Forking(address)
    print("ready", flush=True)
    wanted = forking.serve()
    if wanted is None:
        return
    os.environ.clear()
    os.environ.update(wanted["environ"])
    os.chdir(wanted["folder"])
    sys.argv = ["ipykernel_launcher", "-f", wanted["file"]]
    sys.path[:] = [path for path in sys.path if path]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


# --- what Jupyter starts ---------------------------------------------------------------------------------------------


def start(address: str, file: str) -> int:
    """Have a kernel forked, pass signals on to it, and give its exit code when it has ended."""
    forking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    forking.connect(address)
    text = json.dumps({"file": file, "folder": os.getcwd(), "environ": dict(os.environ)}).encode()  # noqa: PTH109
    socket.send_fds(forking, [LENGTH.pack(len(text))], [0, 1, 2])
    forking.sendall(text)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: forking.sendall(bytes([number])))
    got = b""
    while len(got) < ENDED.size and (more := forking.recv(ENDED.size - len(got))):
        got += more
    code = ENDED.unpack(got)[0] if len(got) == ENDED.size else 1
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    return int(code)


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        fork(sys.argv[2])
    else:
        sys.exit(start(*sys.argv[2:]))
