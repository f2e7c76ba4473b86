"""Fixtures for tests in a real browser.

``lab``         JupyterLab, one for all browser tests of a worker; ``lab_root`` is the folder that it shows
``page``        a fresh browser page (Playwright's); a dialog or script error in it fails the test
``notebook``    ``notebook(["code of cell 1", ...])`` writes, opens and runs a notebook, and gives a ``NotebookPage``
``screenshot``  ``screenshot("name")`` writes ``test-output/name.png``
``kernel_eval`` ``kernel_eval("code")`` in the kernel of the notebook opened last
``sandbox``     a ``SandboxServer`` in this process, which knows the truth about its leads; for the notebook:
                ``notebook(["import cvtr_widgets as cvtr", "client = cvtr.Sandbox().connect()"], environ=joined(sandbox))``,
                with ``joined`` from ``lab.py``
``open_panel``  ``open_panel(role="agency")`` gives the lead panel on that sandbox, as a ``PanelPage`` (``panel.py``)

A test that fails leaves ``test-output/failed-....png`` and the page's console beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from cvtr_widgets.launch import Lab
from cvtr_widgets.sandbox import SandboxServer
from tests.browser.lab import (
    OUTPUT,
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


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Not for the whole session: while Playwright is on, an event loop is running in this thread, and other tests mind.
    with sync_playwright() as playwright:
        launched = launch_browser(playwright)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def lab_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab") / "notebooks"


@pytest.fixture(scope="package")
def lab(lab_root: Path) -> Iterator[Lab]:
    lab_root.mkdir()
    with start_lab(lab_root) as running:
        yield running


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    with watched_page(browser) as made:
        yield made


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


@pytest.fixture
def notebooks(lab: Lab) -> Iterator[list[NotebookPage]]:
    """Those that the test has opened; their kernels end with the test."""
    opened: list[NotebookPage] = []
    yield opened
    end_kernels(lab)


@pytest.fixture
def notebook(
    request: pytest.FixtureRequest, lab: Lab, lab_root: Path, page: Page, notebooks: list[NotebookPage]
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
def screenshot(page: Page) -> Callable[..., Path]:
    def take(name: str, selector: str | None = None) -> Path:
        """The whole window, or only the first element that ``selector`` names."""
        OUTPUT.mkdir(exist_ok=True)
        path = OUTPUT / f"{_safe(name)}.png"
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
