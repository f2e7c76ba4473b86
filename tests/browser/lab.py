"""JupyterLab in a real browser: what a test needs to open a notebook, run it, look at it and ask its kernel.

Chromium is driven by Playwright; JupyterLab exposes its application object to the page, so that "run all" and
"is the kernel ready" are asked of JupyterLab itself and nothing depends on menus or on waiting long enough.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from playwright.sync_api import Browser, BrowserContext, Dialog, Error, Page, Playwright, Route

from cvtr_widgets.cli import visitors
from cvtr_widgets.cli.jupyterlab import JupyterLab
from cvtr_widgets.sandbox import SandboxServer
from tests.browser.forked_kernels import forking

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "test-output"
PATIENCE = 60.0
"""Seconds that anything in the browser may take. Far more than it does: a shared machine must not fail a test."""
VIEWPORT = {"width": 1280, "height": 900}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

_BROWSER_OPTIONS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")

# Parts of the page's script. `app` is JupyterLab; a notebook's session is ready when its kernel has told its language.
_READY = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    const context = app.shell.currentWidget.context;
    await context.ready;
    await context.sessionContext.ready;
    await context.sessionContext.session.kernel.info;
}"""
_OPEN = """async path => {
    await window.jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'});
}"""
_CURRENT = "path => window.jupyterapp?.shell?.currentWidget?.context?.path === path"
_CLOSE = """path => {
    for (const one of [...window.jupyterapp.shell.widgets('main')].filter((one) => one.context?.path === path)) {
        one.context.model.dirty = false;  // else JupyterLab asks whether to save it
        one.close();
    }
}"""
_RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
_SAVE = "async () => { await window.jupyterapp.shell.currentWidget.context.save(); }"
_THEME = "async name => { await window.jupyterapp.commands.execute('apputils:change-theme', {theme: name}); }"
_SETTLED = """async () => {
    const places = () => JSON.stringify([...document.querySelectorAll('.jp-Notebook, .cvtr-panel')].map((one) => one.getBoundingClientRect()));
    let [before, now] = ['', places()];
    while (before !== now) {
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        [before, now] = [now, places()];
    }
}"""
_EVALUATE = """async expression => {
    const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    const reply = await kernel.requestExecute(
        {code: '', silent: true, store_history: false, user_expressions: {value: expression}}).done;
    return reply.content;
}"""
_CELLS = """() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells"""
_STATUS = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.status"

# Runs in the kernel: statements, then the value of the last expression as JSON, in the notebook's own names.
_KERNEL_SIDE = """(lambda source, names: (lambda ast, json, tree: (
    exec(compile(ast.Module(tree.body[:-1], []), '<test>', 'exec'), names),
    json.dumps(eval(compile(ast.Expression(tree.body[-1].value), '<test>', 'eval'), names)),
)[1])(__import__('ast'), __import__('json'), __import__('ast').parse(source)))({source!r}, globals())"""


def browser_path() -> str | None:
    """CVTR_BROWSER, else one on PATH; None lets Playwright use its own."""
    return os.environ.get("CVTR_BROWSER") or next(filter(None, map(shutil.which, _NAMES)), None)


def launch_browser(playwright: Playwright) -> Browser:
    """Chromium without a screen."""
    return playwright.chromium.launch(executable_path=browser_path(), args=_BROWSER_OPTIONS)


@contextlib.contextmanager
def start_lab(root: Path, options: Sequence[str] = (), *, forked: bool = True) -> Iterator[JupyterLab]:
    """JupyterLab on ``root``. Its kernels import this checkout and see nobody's IPython start-up files.

    ``forked``: they are forked (``forked_kernels.py``), not started anew.
    """
    environ = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(root.parent / "ipython"), "CVTR_SANDBOX_URL": ""}
    exposed = [f"--{app}.expose_app_in_browser=True" for app in ("LabApp", "JupyterNotebookApp")]
    with contextlib.ExitStack() as open_:
        found = open_.enter_context(forking(environ)) if forked else {}
        yield open_.enter_context(
            JupyterLab(root, environ={**environ, **found}, config=visitors.CONFIG, options=[*exposed, *options])
        )


def end_kernels(lab: JupyterLab) -> None:
    """A kernel outlives its page, and a notebook of the same name would get the old one."""
    for kind in ("sessions", "kernels"):
        for found in json.loads(lab.call(f"api/{kind}")):
            with contextlib.suppress(OSError):  # a kernel that ended with its session
                lab.call(f"api/{kind}/{found['id']}", "DELETE", PATIENCE)


class Watched:
    """A browser page that remembers what went wrong in it: ``.page``, ``.troubles``, ``.console``."""

    def __init__(self, context: BrowserContext) -> None:
        self.troubles: list[str] = []
        self.questions: list[str] = []
        self.leaves = True  # what is answered when the page asks whether it is to be left
        self.console: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", self._error)
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))

    def _error(self, error: Error) -> None:
        # A widget's module is loaded from a blob; whatever comes from elsewhere is the host's own.
        whose = "our module" if "blob:" in (error.stack or "") else "the page"
        if whose == "the page" and "Canceled future for" in str(error):
            return  # JupyterLab's own, where a kernel ends while it is asked something
        self.troubles.append(f"error in {whose}: {error}")

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # the browser's own question on leaving an unsaved notebook
            self.questions.append(dialog.type)
            if self.leaves:
                dialog.accept()
            else:
                dialog.dismiss()
            return
        self.troubles.append(f"{dialog.type} dialog: {dialog.message}")
        dialog.dismiss()


class NotebookPage:
    """A notebook that is open in JupyterLab. ``.page`` is Playwright's page, for locators and clicks."""

    def __init__(self, page: Page, lab: JupyterLab, root: Path, name: str) -> None:
        self.page = page
        self.lab = lab
        self.path = root / name
        self.name = name

    def open(self) -> None:
        """Open it in a workspace of its own and wait until its kernel is ready."""
        address = f"{self.lab.url}lab/workspaces/{quote(self.path.stem)}/tree/{quote(self.name)}?token={self.lab.token}"
        self.page.goto(address)
        self._wait_until_ready()

    def open_within(self) -> None:
        """Open it beside what the page shows already, as by a double click in the list of files. ``close`` belongs to it."""
        self._finish(_OPEN, self.name)
        self.page.wait_for_function(_CURRENT, arg=self.name)
        self._finish(_READY)

    def close(self) -> None:
        """Close its tab, and do not save it."""
        self.page.evaluate(_CLOSE, self.name)

    def reload(self) -> None:
        """Load the page again; the kernel lives on. Unsaved changes of the file are lost, so it is saved first."""
        self.save()
        self.page.reload()
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext")
        self._finish(_READY)

    def run_all(self, *, wait: bool = True, check: bool = True) -> None:
        """Run all cells; ``wait`` until they are done; ``check`` that none ended in an error."""
        self.page.evaluate(f"() => {{ window.cvtrRun = ({_RUN_ALL})(); }}")
        if wait:
            self.wait_run(check=check)

    def wait_run(self, *, check: bool = True) -> None:
        """Wait until the cells that ``run_all(wait=False)`` began are done."""
        self._finish("async () => { await window.cvtrRun; }")
        if check:
            self.check()

    def check(self) -> None:
        """Fail, with the traceback, where a cell's output is an error."""
        for cell in self.cells():
            for output in cell.get("outputs", []):
                if output["output_type"] == "error":
                    raise AssertionError("a cell failed:\n" + "\n".join(output["traceback"]))

    def cells(self) -> list[dict[str, Any]]:
        """The cells with their outputs, as JupyterLab holds them now."""
        found: list[dict[str, Any]] = self.page.evaluate(_CELLS)
        return found

    def wait_idle(self) -> None:
        """Wait until the kernel is doing nothing."""
        self.page.wait_for_function(f"() => ({_STATUS})() === 'idle'")

    def kernel_eval(self, code: str) -> Any:
        """Run ``code`` in the notebook's kernel and give the value of its last line (an expression) by way of JSON.

        It is asked through the page. While a cell runs it waits for that. It may pass by a click that was made just before,
        where the kernel hears widgets on a line of their own: wait for what the click does first.
        """
        content = self._finish(_EVALUATE, _KERNEL_SIDE.format(source=code))
        if content["status"] != "ok":
            raise AssertionError(f"the kernel did not evaluate {code!r}: {content}")
        answer = content["user_expressions"]["value"]
        if answer["status"] != "ok":
            raise AssertionError(f"{code!r} failed in the kernel:\n" + "\n".join(answer["traceback"]))
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def save(self) -> dict[str, Any]:
        """Save it and give the file as it lies on disk."""
        self._finish(_SAVE)
        saved: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return saved

    def theme(self, name: str) -> None:
        """``light`` or ``dark``."""
        wanted = THEMES[name]
        if self.page.evaluate("() => document.body.dataset.jpThemeName") != wanted:
            self._finish(_THEME, wanted)
            self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=wanted)
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # it lies over everything while a theme is loaded

    def width(self, pixels: int, height: int = VIEWPORT["height"]) -> None:
        """The width of the browser's window. JupyterLab lays itself out anew a moment later: that is waited for."""
        self.page.set_viewport_size({"width": pixels, "height": height})
        self._finish(_SETTLED)

    def _finish(self, script: str, argument: Any = None) -> Any:
        """Await a script of the page, but not for ever (Playwright's own ``evaluate`` knows no time-out)."""
        self.page.evaluate(
            f"""argument => {{
                window.cvtrTest = {{}};
                ({script})(argument).then(
                    value => {{ window.cvtrTest = {{done: true, value}}; }},
                    error => {{ window.cvtrTest = {{done: true, error: String(error)}}; }});
            }}""",
            argument,
        )
        self.page.wait_for_function("() => window.cvtrTest.done")
        result = self.page.evaluate("() => window.cvtrTest")
        if "error" in result:
            raise AssertionError(f"JupyterLab could not do that: {result['error']}")
        return result.get("value")


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """A notebook of code cells."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(made, path)


def environment_cell(environ: Mapping[str, str]) -> str:
    """A cell that sets environment variables in the kernel."""
    return f"import os\nos.environ.update({dict(environ)!r})"


def joined(sandbox: SandboxServer) -> dict[str, str]:
    """The environment in which a notebook's ``cvtr.Sandbox()`` is this one."""
    return {"CVTR_SANDBOX_URL": sandbox.url}


@contextlib.contextmanager
def watched_page(browser: Browser) -> Iterator[Watched]:
    """A page in a fresh browser profile; afterwards it fails if a dialog or a script error was seen in it."""
    context = browser.new_context(viewport=VIEWPORT, locale="en-GB", reduced_motion="reduce")
    watched = Watched(context)
    try:
        yield watched
    finally:
        with contextlib.suppress(Error):  # the browser may have gone down; the test has said so
            context.close()
    if watched.troubles:
        raise AssertionError("in the browser: " + "; ".join(watched.troubles))


def shut_off(page: Page) -> list[str]:
    """Let no request of a page leave this machine. Gives the addresses that it asked for, as it asks."""
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    here = ("http://127.0.0.1", "http://localhost", "blob:", "data:", "ws://127.0.0.1")
    page.route(lambda url: not url.startswith(here), refuse)
    return asked
