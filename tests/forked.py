"""Processes that tests start, forked from one in which everything is imported: without the second that this takes each time."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[1]
CONTEXT = multiprocessing.get_context("forkserver") if os.name != "nt" else multiprocessing.get_context()
PREPARED = [
    "pandas",
    "cvtr_widgets.cli.app",
    "cvtr_widgets.connection",
    "cvtr_widgets.session.lead_session",
    "cvtr_widgets.sandbox.server",
    "tests.runs.killed",
]
CONTEXT.set_forkserver_preload(PREPARED)


class Forked:
    """What ``subprocess.Popen([python, "-m", MODULE, *WORDS])`` in the checkout is, with its three pipes.

    The process ends when the module's ``main`` does. What is to be tried at the end of an interpreter needs a real one.
    """

    def __init__(self, module: str, *words: str) -> None:
        (given, stdin), (stdout, out), (stderr, err) = (CONTEXT.Pipe(duplex=False) for _ in range(3))
        self._process = CONTEXT.Process(target=_carry_out, args=(module, words, dict(os.environ), given, out, err))
        self._process.start()
        for end in (given, out, err):
            end.close()
        self.pid, self.returncode = self._process.pid, None
        self.stdin, self.stdout, self.stderr = _file(stdin, "w"), _file(stdout, "r"), _file(stderr, "r")

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._hang_up()
        self.wait(300)

    def _hang_up(self) -> None:
        for one in (self.stdin, self.stdout, self.stderr):
            one.close()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None, "it did not end"
        self.returncode = self._process.exitcode
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it writes to its end; to be used where that is little enough to fit into a pipe."""
        self.stdin.close()
        told = self.stdout.read(), self.stderr.read()
        self._hang_up()
        self.wait(timeout)
        return told


def _file(end: Connection, mode: str):
    opened = os.fdopen(os.dup(end.fileno()), mode, encoding="utf-8")
    end.close()
    return opened


def take_place(env: Mapping[str, str], folder: Path, descriptors: tuple[int, int, int]) -> None:
    """In the new process: it has this environment, folder, input, output and place for errors."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode, encoding="utf-8") for n, mode in ((0, "r"), (1, "w"), (2, "w")))


def _carry_out(
    module: str, words: tuple[str, ...], env: dict[str, str], given: Connection, out: Connection, err: Connection
) -> None:
    take_place(env, ROOT, (os.dup(given.fileno()), os.dup(out.fileno()), os.dup(err.fileno())))
    for end in (given, out, err):
        end.close()
    sys.argv = [module, *words]
    try:
        sys.exit(importlib.import_module(module).main())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
