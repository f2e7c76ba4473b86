"""The lead table beside other notebook tables, in JupyterLab and Chromium, at 10,000, 100,000 and 1,000,000 leads x 15 columns.

By hand, as it takes a quarter of an hour and installs what the product does not need:

    python3 -m venv /tmp/peers
    /tmp/peers/bin/pip install -e . -c constraints.txt playwright itables ipydatagrid buckaroo six perspective-python quak
    /tmp/peers/bin/python benchmarks/by_hand/peers.py                      # all; writes benchmarks/by_hand/peers.md
    /tmp/peers/bin/python benchmarks/by_hand/peers.py --peers ours quak --sizes 10000 --out /tmp/some.md

Each table is shown by a cell of its own, in a fresh notebook, page and kernel, on leads that are there already. ``first row``:
from running that cell to a row with text on the screen. ``bytes``: all that came over the page's web sockets until then
(also the widget's own script where it travels so). ``click``: from the mouse's event to the kernel's callback with the
selection known. ``page``: to other rows, by the pager, else by the wheel. Both are medians of five. ``sort`` by
a number, ``filter`` to one state (to one e-mail by the search box where a table has only that), each from the event, or from
the request where only a program can ask, to other rows on the screen. What takes longer than ``LIMIT``
or ``STEP_LIMIT`` is given up.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from peer_page import FAILED, LIMIT, PAGE, RUN_CELL, STEP_LIMIT, Cannot, Open  # noqa: E402
from peer_tables import PEERS  # noqa: E402
from playwright.sync_api import Browser, Error, sync_playwright  # noqa: E402

from cvtr_widgets.cli.jupyterlab import JupyterLab  # noqa: E402
from tests.browser.lab import NotebookPage, end_kernels, launch_browser, start_lab, write_notebook  # noqa: E402

SIZES = (10_000, 100_000, 1_000_000)
MADE = (
    "{}, {} cores, {}, {}, Python {}, load at the end {:.1f}. One run, so single values; `click` and `page` are medians of five. "
    "Given up: no answer in {:.0f} s (first row) or {:.0f} s."
)
STEPS = ("first row", "bytes", "click", "page", "sort", "filter")


@dataclass
class Found:
    """What was measured: milliseconds, bytes for ``bytes``, or the words why not."""

    values: dict[str, float | str] = field(default_factory=dict)


# -- measuring --------------------------------------------------------------------------------------------------------


def measure(browser: Browser, lab: JupyterLab, root: Path, name: str, leads: int, pictures: Path | None) -> Found:
    """One table at one size, in a fresh page and kernel."""
    peer, found = PEERS[name], Found()
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-GB")
    context.add_init_script(PAGE)
    page = context.new_page()
    page.set_default_timeout(2 * LIMIT * 1000)
    file = f"{name}-{leads}.ipynb"
    setup = f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport peer_cells as cells\nleads = {leads}\n{peer.setup}"
    write_notebook(root / file, [setup, peer.show])
    shown = Open(NotebookPage(page, lab, root, file), peer.sign)
    try:
        shown.book.open()
        shown.book._finish(RUN_CELL, 0)
        shown.book.check()
        first_row(shown, found, name)
        page.set_default_timeout(STEP_LIMIT * 1000)
        one(found, "click", lambda: peer.click(shown))
        one(found, "page", lambda: statistics.median(peer.turn(shown) for _ in range(5)))
        one(found, "sort", lambda: peer.sort(shown))
        one(found, "filter", lambda: peer.filter(shown))
    except Exception as error:
        for step in STEPS:
            found.values.setdefault(step, said(error))
        print(f"  {name} {leads:,}: {type(error).__name__}: {str(error)[:2000]}", flush=True)
    try:
        if pictures:
            page.screenshot(path=pictures / f"{name}-{leads}.png", timeout=10_000)
        context.close()
    except Error:
        pass  # the page has gone down; what was measured is kept
    end_kernels(lab)
    return found


def first_row(shown: Open, found: Found, name: str) -> None:
    bytes_before = shown.page.evaluate("() => window.cvtrBytes")
    if name == "ours":
        shown.page.evaluate(
            "() => { const look = () => { const load = document.querySelector('.cvtr-panel[data-step=\"1\"] .cvtr-load');"
            " if (load) load.click(); else requestAnimationFrame(look); }; requestAnimationFrame(look); }"
        )
    shown.watch(None)
    shown.page.evaluate(f"() => {{ window.wrong = false; ({RUN_CELL})(1).then(() => {{ window.wrong = ({FAILED})(); }}); }}")
    try:
        shown.page.wait_for_function("() => window.took !== null || window.wrong", timeout=LIMIT * 1000)
    except Error:
        raise Cannot(f"no row in {LIMIT:.0f} s") from None
    shown.book.check()
    found.values["first row"] = shown.took()
    found.values["bytes"] = shown.page.evaluate("() => window.cvtrBytes") - bytes_before


def one(found: Found, step: str, act: Callable[[], float]) -> None:
    try:
        found.values[step] = act()
    except Cannot as why:
        found.values[step] = str(why)
    except Exception as error:
        found.values[step] = said(error)
        print(f"  {step}: {type(error).__name__}: {str(error)[:400]}", flush=True)


def said(error: Exception) -> str:
    if isinstance(error, Cannot):
        return str(error)
    if "Timeout" in type(error).__name__:
        return "given up"
    return "failed: " + (str(error).strip().splitlines() or [type(error).__name__])[-1][:80]


def shown_as(step: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    if step == "bytes":
        return f"{value / 1e6:,.2f} MB" if value >= 1e5 else f"{value / 1e3:,.0f} kB"
    return f"{value / 1000:,.1f} s" if value >= 1000 else f"{value:,.0f} ms"


def report(results: dict[tuple[str, int], Found], sizes: list[int], command: str) -> str:
    """The page as Markdown."""
    names = [name for name in PEERS if any((name, size) in results for size in sizes)]
    lines = [
        "# The lead table beside others",
        "",
        MADE.format(
            time.strftime("%Y-%m-%d %H:%M %Z"),
            os.cpu_count(),
            platform.machine(),
            platform.system(),
            platform.python_version(),
            os.getloadavg()[0],
            LIMIT,
            STEP_LIMIT,
        ),
        "",
        f"`{command}`; what each column means stands at the top of that file.",
        "",
    ]
    for size in sizes:
        lines += [f"## {size:,} leads", "", f"| table | {' | '.join(STEPS)} |", f"| --- |{' --- |' * len(STEPS)}"]
        for name in names:
            values = results.get((name, size), Found()).values
            lines.append(f"| {name} | {' | '.join(shown_as(s, values.get(s, 'not run')) for s in STEPS)} |")
        lines.append("")
    lines += ["## Versions and remarks", ""]
    for name in names:
        lines.append(f"- {name}: {PEERS[name].package} {version(PEERS[name].package)}. {PEERS[name].note}".rstrip(". ") + ".")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=[*PEERS])
    parser.add_argument("--sizes", nargs="+", type=int, default=[*SIZES])
    parser.add_argument("--out", type=Path, default=HERE / "peers.md")
    parser.add_argument("--pictures", type=Path, help="a folder for a picture of each table at its end")
    given = parser.parse_args()
    results: dict[tuple[str, int], Found] = {}
    command = " ".join(["python", "benchmarks/by_hand/peers.py", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        root = Path(made) / "notebooks"
        root.mkdir()
        with start_lab(root) as lab:
            for size in given.sizes:
                for name in given.peers:
                    browser = launch_browser(playwright)  # one that went down takes no other with it
                    found = results[name, size] = measure(browser, lab, root, name, size, given.pictures)
                    browser.close()
                    words = ", ".join(f"{s} {shown_as(s, v)}" for s, v in found.values.items())
                    print(f"{time.strftime('%H:%M:%S')} {name} {size:,}: {words}", flush=True)
                    given.out.write_text(report(results, given.sizes, command), encoding="utf-8")


if __name__ == "__main__":
    main()
