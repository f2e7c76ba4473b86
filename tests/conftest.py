"""What holds for every test: nobody's real settings or journal, marks by folder, and what begins first."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.guard import Guard

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
KEPT = {"CVTR_BROWSER", "CVTR_PICTURES", "CVTR_STATIC_FAILED", "CVTR_LONG"}
MARKS = ("browser", "notebooks", "packaging")
THOROUGH = {
    "cli",
    "dialect",
    "docs",
    "faults",
    "journal",
    "learn",
    "returned",
    "runs",
    "sandbox",
    "session",
    "sharing",
    "unattended",
}
"""Folders whose tests wait for services, kernels and disks: every day, but not in the quick half."""
SECOND_TRY = {"browser", "packaging"}
"""Folders whose tests wait for a browser or for the network, where ``dev.py test`` tries a failing test once more. Nowhere else: what is
true of a lead has to hold at the first try, and a notebook's cell needs those before it."""
BUSY = ("browser",)
"""What keeps more than one processor busy: one worker begins with it, see ``pytest_xdist_make_scheduler``."""
LONGEST = ("stories", "accessibility", "saved", "selection", "step_one", "stable_rows", "look", "resume", "hostile")
"""Of the busy ones, files that take longest: they come first, so that at the end there are short ones for all workers."""
WAITING = ("packaging", "notebooks", "unattended", "runs", "archive", "faults", "session", "sandbox", "docs", "insight", "panel")
"""What takes long and mostly waits: the other worker begins with it, in this order."""

# The machine is shared, so that a slow example says nothing; in CI the same examples every time.
# Thirty show what is wrong with nearly all values or with values at an end; what takes a rare one is for the long run, which
# ``dev.py test-all`` is. A test that says how many it needs has as many in both.
ALWAYS: dict[str, Any] = {"deadline": None, "derandomize": bool(os.environ.get("CI"))}
hypothesis.settings.register_profile("everyday", max_examples=30, **ALWAYS)
hypothesis.settings.register_profile("long", max_examples=500, **ALWAYS)
hypothesis.settings.load_profile("long" if os.environ.get("CVTR_LONG") else "everyday")


GUARD = Guard()
LIMITS: list[str] = []
NUMBER = itertools.count()


@pytest.fixture(autouse=True)
def guard() -> Iterator[Guard]:
    """No token to another origin, no secret in a log, in any test; see ``guard.py``.

    Each test has a request limit of its own: the sandbox of one may get the port on which another's has used it up.
    """
    os.environ["CVTR_SHARED"] = str(Path(LIMITS[0]) / str(next(NUMBER)))
    GUARD.begin()
    yield GUARD
    assert GUARD.problems == []


def pytest_configure(config: pytest.Config) -> None:
    """No test, and no kernel that a test starts, may see this user's account, settings, journal or limits."""
    for name in [name for name in os.environ if name.startswith("CVTR_") and name not in KEPT]:
        del os.environ[name]
    GUARD.install()
    home = tempfile.mkdtemp(prefix="cvtr-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["CVTR_JOURNAL"] = str(Path(home) / "journal")
    LIMITS[:] = [str(Path(home) / "limits")]
    os.environ["CVTR_SHARED"] = LIMITS[0]
    os.environ["CVTR_SETTINGS"] = str(Path(home) / "settings")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A folder's name is its mark. (``dev.py`` keeps a file's tests on one worker: they share a server or a kernel.)"""
    for item in items:
        mark = _mark(item.path)
        if mark:
            item.add_marker(mark)
        if _folder(item.path) not in SECOND_TRY:
            item.add_marker(pytest.mark.flaky(reruns=0))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (_place(_folder(item.path)), _length(item.path)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker takes files from the front, the others from the end, until they meet among the short ones.

    So there is one browser on the machine most of the time, and while a test waits for a service, the other worker has work.
    """
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class FromBothEnds(LoadFileScheduling):
        def _assign_work_unit(self, node: Any) -> None:
            if node.gateway.id != "gw0":
                self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)  # where the next one is taken from
            super()._assign_work_unit(node)

    return FromBothEnds(config, log)


def _place(folder: str) -> int:
    """Where a folder stands in the queue: what is busy at the front, what waits longest at the end."""
    if folder in BUSY:
        return -1
    return len(WAITING) - WAITING.index(folder) if folder in WAITING else 0


def _length(path: Path) -> int:
    """Where a file stands among those of its folder: what takes long first, the others as they are."""
    name = path.stem.removeprefix("test_")
    return LONGEST.index(name) if _folder(path) in BUSY and name in LONGEST else len(LONGEST)


def _folder(path: Path) -> str:
    if path.suffix == ".ipynb":
        return "notebooks"
    return path.relative_to(HERE).parts[0] if path.is_relative_to(HERE) else ""


def _mark(path: Path) -> str:
    folder = _folder(path)
    return "thorough" if folder in THOROUGH else folder if folder in MARKS else ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the checks that ``dev.py`` saw failing before the tests, just above the closing line."""
    failed = os.environ.get("CVTR_STATIC_FAILED", "")
    if failed:
        terminalreporter.section("failed before the tests", red=True)
        terminalreporter.write_line(f"{failed}: see the top of this output. The command fails because of it.")
