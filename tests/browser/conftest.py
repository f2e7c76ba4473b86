"""Fixtures for tests in a real browser.

``lab``         JupyterLab, one for all browser tests of a worker; ``lab_root`` is the folder that it shows
``page``        a fresh browser page (Playwright's); a dialog or script error in it fails the test. With the mark
                ``kept_page`` it is the one of the test before, JupyterLab still open in it, notebooks closed: for tests that
                change nothing of the page itself
``notebook``    ``notebook(["code of cell 1", ...])`` writes, opens and runs a notebook, and gives a ``NotebookPage``
``screenshot``  ``screenshot("name")`` writes ``test-output/name.png``, for somebody to look at: only where ``CVTR_PICTURES`` is
                set, or with ``always=True``. A picture takes as much of the processor as a step of a test
``kernel_eval`` ``kernel_eval("code")`` in the kernel of the notebook opened last
``sandbox``     a ``SandboxServer`` in this process, which knows the truth about its leads; for the notebook:
                ``notebook(["import cvtr_widgets as cvtr", "client = cvtr.Sandbox().connect()"], environ=joined(sandbox))``,
                with ``joined`` from ``lab.py``
``open_panel``  ``open_panel(role="agency")`` gives the lead panel on that sandbox, as a ``PanelPage`` (``panel.py``)

A test that fails leaves ``test-output/failed-....png`` and the page's console beside it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from cvtr_widgets.cli.jupyterlab import JupyterLab
from cvtr_widgets.sandbox import SandboxServer
from tests.browser.lab import (
    OUTPUT,
    VIEWPORT,
    NotebookPage,
    Watched,
    end_kernels,
    environment_cell,
    launch_browser,
    start_lab,
    watched_page,
    write_notebook,
)
from tests.browser.panel import Opener, opener

FAILED = pytest.StashKey[bool]()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="package")
def bundles_are_current() -> None:
    """What goes to the page is the bundles: with old ones a test would tell nothing about the modules as they stand."""
    done = subprocess.run([sys.executable, "tools/page.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout.strip()}. Run python3 dev.py page, then the tests again. {done.stderr}"


@pytest.fixture(scope="package")
def browser(bundles_are_current: None) -> Iterator[Browser]:
    # Not for the whole session: while Playwright is on, an event loop is running in this thread, and other tests mind.
    with sync_playwright() as playwright:
        launched = launch_browser(playwright)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def lab_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab") / "notebooks"


@pytest.fixture(scope="package")
def lab(lab_root: Path) -> Iterator[JupyterLab]:
    lab_root.mkdir()
    with start_lab(lab_root) as running:
        yield running


AS_NEW = """() => {
    document.documentElement.removeAttribute('dir');
    document.body.style.removeProperty('height');
    const shell = window.jupyterapp?.shell;
    if (shell?.leftCollapsed) shell.expandLeft();
}"""
"""What a test may leave behind in a page that is kept, besides the size of the window and what it had blocked."""


class Kept:
    """A page in which JupyterLab stays open from test to test: loading it is most of the time that a short test takes."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._open = contextlib.ExitStack()
        self._watched: Watched | None = None

    def take(self) -> Watched:
        """The page, or a fresh one where the last test failed in it."""
        if self._watched is None:
            self._watched = self._open.enter_context(watched_page(self._browser))
        self._watched.page.set_viewport_size(VIEWPORT)
        self._watched.page.unroute_all()
        self._watched.page.emulate_media(forced_colors="none", reduced_motion="reduce")
        self._watched.page.evaluate(AS_NEW)
        self._watched.console.clear()
        return self._watched

    def drop(self) -> None:
        """Close it; fails if it saw a dialog or a script error."""
        self._watched = None
        self._open.close()


@pytest.fixture(scope="package")
def kept(browser: Browser) -> Iterator[Kept]:
    made = Kept(browser)
    yield made
    made.drop()


@pytest.fixture
def watched(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Watched]:
    if request.node.get_closest_marker("kept_page") is None:
        with watched_page(browser) as made:
            yield made
        return
    kept = request.getfixturevalue("kept")
    yield kept.take()
    if kept.take().troubles or request.node.stash.get(FAILED, False):
        kept.drop()


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


@pytest.fixture
def notebooks(request: pytest.FixtureRequest, lab: JupyterLab, page: Page) -> Iterator[list[NotebookPage]]:
    """Those that the test has opened; their kernels end with the test."""
    opened: list[NotebookPage] = []
    yield opened
    if request.node.get_closest_marker("kept_page") and not request.node.stash.get(FAILED, False):
        for one in opened:
            one.close()
    end_kernels(lab)


@pytest.fixture
def notebook(
    request: pytest.FixtureRequest, lab: JupyterLab, lab_root: Path, page: Page, notebooks: list[NotebookPage]
) -> Callable[..., NotebookPage]:
    """Write a notebook, open it in light theme, run all cells and wait for them.

    ``environ``: set in the kernel before (in a cell of its own). ``run=False``: only open it. ``wait=False``: do not
    wait for the cells. ``check=False``: a cell may fail. ``until``: wait for this selector to be seen.
    """

    def make(
        cells: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        run: bool = True,
        wait: bool = True,
        check: bool = True,
        until: str | None = None,
    ) -> NotebookPage:
        name = f"{_safe(request.node.name)}-{len(notebooks) + 1}.ipynb"
        write_notebook(lab_root / name, [*([environment_cell(environ)] if environ else []), *cells])
        made = NotebookPage(page, lab, lab_root, name)
        notebooks.append(made)
        if page.url.startswith(lab.url) and request.node.get_closest_marker("kept_page"):
            made.open_within()
        else:
            made.open()
        made.theme("light")
        if run:
            made.run_all(wait=wait, check=check)
        if until:
            page.locator(until).first.wait_for()
        return made

    return make


@pytest.fixture
def kernel_eval(notebooks: list[NotebookPage]) -> Callable[[str], Any]:
    def evaluate(code: str) -> Any:
        return notebooks[-1].kernel_eval(code)  # the last one at the time of asking

    return evaluate


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(leads=300, seed=1) as server:
        yield server


@pytest.fixture
def journal() -> Iterator[str]:
    """Not in a temporary folder: the panel would say that it will not last."""
    folder = OUTPUT / "journal"
    yield str(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def screenshot(page: Page) -> Callable[..., Path]:
    def take(name: str, selector: str | None = None, *, always: bool = False) -> Path:
        """The whole window, or only the first element that ``selector`` names."""
        OUTPUT.mkdir(exist_ok=True)
        path = OUTPUT / f"{_safe(name)}.png"
        if not (always or os.environ.get("CVTR_PICTURES")):
            return path
        if selector is None:
            page.screenshot(path=path)
        else:
            page.locator(selector).first.screenshot(path=path)
        return path

    return take


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Keep a picture of the page where a test failed."""
    report = yield
    watched = getattr(item, "funcargs", {}).get("watched")
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    if report.when == "call" and report.failed and watched is not None:
        OUTPUT.mkdir(exist_ok=True)
        base = OUTPUT / f"failed-{_safe(item.name)}"
        base.with_suffix(".log").write_text("\n".join([*watched.troubles, *watched.console]), encoding="utf-8")
        try:
            watched.page.screenshot(path=base.with_suffix(".png"), timeout=10_000)
        except Error as error:
            report.sections.append(("browser", f"no picture: {error}"))
        else:
            report.sections.append(("browser", f"picture and console: {base}.png and .log"))
    return report


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:80]


@pytest.fixture
def open_panel(notebook: Callable[..., NotebookPage], sandbox: SandboxServer) -> Opener:
    return opener(notebook, sandbox)
