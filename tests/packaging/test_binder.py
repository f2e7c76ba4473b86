"""The Binder environment, built from its own files in an empty environment, runs the notebooks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from cvtr_widgets.cli.app import PANEL
from tests.packaging.environments import ROOT, Environment, copy_of_checkout, run

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
BINDER = "hub.example.org"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("binder") / "checkout")


@pytest.fixture(scope="module")
def binder(checkout) -> Environment:
    """What repo2docker does with ``binder/``: pip at the top of the checkout, then postBuild."""
    made = Environment(checkout.parent / "env")
    made.install("-r", "binder/requirements.txt", cwd=checkout)
    if os.name != "nt":  # Binder is Linux
        run(checkout / "binder" / "postBuild", cwd=checkout, environ=made.environ())
    return made


def test_it_asks_for_a_python_that_is_tested(checkout):
    asked = (checkout / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert asked == "python-3.11"
    assert sys.version_info >= (3, 11)


def test_the_badge_opens_straight_into_the_panel(checkout):
    assert (checkout / "notebooks" / PANEL).is_file()
    assert f"urlpath=lab/tree/notebooks/{PANEL}" in unquote((checkout / "README.md").read_text(encoding="utf-8"))


def test_postbuild_can_be_run(checkout):
    assert os.name == "nt" or os.access(checkout / "binder" / "postBuild", os.X_OK)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebooks_run_there(binder, checkout, tmp_path, name):
    convert = [binder.python, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path]
    run(*convert, checkout / "notebooks" / name, cwd=checkout / "notebooks", environ=binder.environ(BINDER_LAUNCH_HOST=BINDER))
    cells = nbformat.read(tmp_path / name, 4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")


def test_there_nobodys_leads_are_fetched_unless_that_is_allowed(binder, tmp_path):
    code = "import cvtr_widgets as cvtr\ntry: cvtr.connect('acme', 'someone', 'secret')\nexcept cvtr.CvtrError as e: print(e)"
    said = run(binder.python, "-c", code, cwd=tmp_path, environ=binder.environ(BINDER_LAUNCH_HOST=BINDER))
    assert "public Binder machine" in said
