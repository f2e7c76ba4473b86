"""``cvtr-widgets``: the commands. ``cvtr-widgets demo`` shows the lead panel on the sandbox."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import sys
import time
import webbrowser
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

import cvtr_widgets
from cvtr_widgets.cli import account, archive, doctor, journal, learn, report, run, visitors
from cvtr_widgets.cli.jupyterlab import JupyterLab
from cvtr_widgets.errors import CvtrError, SettingsError

PANEL = "flag_and_manage.ipynb"
_OPENER = ".open.html"

# Without pretty exceptions: those print local variables, and there may be secrets among them.
app = typer.Typer(name="cvtr-widgets", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(journal.app, name="journal")
app.add_typer(archive.app, name="archive")


for command in (account, doctor, learn, report, run):
    command.add_to(app)


def main() -> None:
    """What ``cvtr-widgets`` in a terminal calls. An error of ours is one sentence and exit code 1."""
    try:
        app()
    except CvtrError as error:
        typer.echo(f"cvtr-widgets: {error}", err=True)
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cvtr-widgets {cvtr_widgets.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and end.")
    ] = False,
) -> None:
    """Convertr leads in Jupyter: select, flag, deliver, reprocess and delete them, and know what became of each."""


STORIES = (1_000, 40_000)
"""How many leads a story of the sandbox takes."""


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="JupyterLab's port on 127.0.0.1; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser, or only print the address.")] = True,
    leads: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many leads the sandbox holds.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same leads.")] = 1,
    folder: Annotated[
        Path | None,
        typer.Option(
            show_default="~/cvtr-widgets-demo",
            help="Where the notebooks and the journal are put. What you change stays.",
        ),
    ] = None,
    voila: Annotated[bool, typer.Option("--voila", help="Show the panel as a page of its own, without the notebook.")] = False,
    latency: Annotated[
        int,
        typer.Option(
            min=0, max=60_000, help="Milliseconds that each answer of the sandbox takes, to see progress and try Cancel."
        ),
    ] = 0,
) -> None:
    """JupyterLab with the lead panel on the sandbox, a look-alike of the platform. Ctrl-C stops both."""
    if voila and importlib.util.find_spec("voila") is None:
        raise SettingsError("Voilà is not installed. Install it with: pip install cvtr-widgets[voila]")
    stop = _StopAsked()
    place = (folder or Path.home() / "cvtr-widgets-demo").expanduser().resolve()
    for line in lay_out(place):
        typer.echo(line)
    os.environ.pop("CVTR_SANDBOX_URL", None)  # a sandbox of our own, not one to join
    journal = os.environ.get("CVTR_JOURNAL") or str(place / "journal")  # what was tried is not among this user's own runs
    typer.echo(f"Journal of runs in {journal}")
    from cvtr_widgets.connection import Sandbox

    story = "bad_month" if STORIES[0] <= leads <= STORIES[1] else None  # so that Look has something to find
    with Sandbox(leads=leads, seed=seed, latency=latency / 1000, story=story) as sandbox:
        typer.echo(f"Sandbox with {leads:,} leads{' of a bad month' if story else ''} at {sandbox.url}")
        if latency:
            typer.echo(f"Each of its answers takes {latency:,} ms.")
        lab = JupyterLab(
            place,
            port=port,
            environ={"CVTR_SANDBOX_URL": sandbox.url, "CVTR_JOURNAL": journal},
            options=visitors.options() if voila else (),
            config=visitors.CONFIG if voila else None,
            given_up=lambda: stop.asked,
        )
        with lab:
            address = lab.address(PANEL, "voila/render" if voila else "lab/tree")
            typer.echo(f"Open   {address}\nPress Ctrl-C to stop.")
            if browser:
                _open(address, place)
            while lab.running() and not stop.asked:
                time.sleep(0.1)
            typer.echo("Stopping." if stop.asked else "JupyterLab was shut down; stopping.")
        (place / _OPENER).unlink(missing_ok=True)
    typer.echo("Stopped.")


class _StopAsked:
    """Ctrl-C, a closed terminal and SIGTERM set ``asked``. Nothing is raised, so that nothing is left half done."""

    def __init__(self) -> None:
        self.asked = False
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):  # not every system has all
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._heard)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def shipped_notebooks() -> Path:
    """The folder of our notebooks: inside the package when installed, beside it in a checkout.

    Raises:
        SettingsError: they are in neither place.
    """
    package = Path(cvtr_widgets.__file__).resolve().parent
    for found in (package / "notebooks", package.parent / "notebooks"):
        if (found / PANEL).is_file():
            return found
    raise SettingsError("This installation has no notebooks. Install cvtr-widgets again.")


def lay_out(folder: Path) -> list[str]:
    """Copy our notebooks into ``folder`` and give the lines that say so. What the user has changed there stays.

    Raises:
        SettingsError: the folder cannot be made or written.
    """
    kept = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source in sorted(shipped_notebooks().glob("*.ipynb")):
            copy = folder / source.name
            if not copy.exists():
                shutil.copyfile(source, copy)  # without the mode: an installed file may be read-only
            elif _cells(copy) != _cells(source):
                kept.append(copy.name)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be used: {error.strerror}. Choose another with --folder.") from None
    lines = [f"Notebooks in {folder}"]
    if kept:
        lines.append(
            f"Your changed copies were kept: {', '.join(kept)}. For the original: delete yours, or give another --folder."
        )
    return lines


def _cells(notebook: Path) -> Any:
    """What the cells say, without their outputs; the raw bytes of a file that is not a notebook."""
    content = notebook.read_bytes()
    try:
        return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]
    except (ValueError, KeyError, TypeError):
        return content


def _open(address: str, folder: Path) -> None:
    """Show the address in the user's browser.

    By way of a file that only the user can read: an address on a command line is seen by everybody on the machine.
    It lies in a plain folder, as some browsers may read neither /tmp nor hidden folders.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return  # else a text browser would take over the terminal
    opener = folder / _OPENER
    opener.unlink(missing_ok=True)
    with os.fdopen(os.open(opener, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as page:
        page.write(f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={address}">')
    webbrowser.open(opener.as_uri())


if __name__ == "__main__":
    main()
