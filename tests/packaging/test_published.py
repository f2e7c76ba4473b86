"""What is published: an environment as Binder makes it, and the wheel in it, built from a clean copy, looked into and used.

One empty environment serves both: Binder's own files install the package with what it needs and nothing else, and then the
wheel takes the place of the checkout. An environment of its own would hold the same.
"""

from __future__ import annotations

import email
import os
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from cvtr_widgets.cli.app import PANEL
from tests.cli.running_demo import RunningDemo
from tests.packaging.environments import Environment, clean_environ, copy_of_checkout, run

NOTEBOOKS = (PANEL, "investigate_flagged_leads.ipynb")
"""Those that between them need all that Binder installs, which is no extra; the others run where the tests are installed."""
BINDER = "hub.example.org"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("published") / "checkout")


@pytest.fixture(scope="module")
def environment(checkout) -> Environment:
    """What repo2docker does with ``binder/``: an installation at the top of the checkout, then postBuild.

    Pip, which repo2docker uses, reads the same file and finds nothing but the package itself to be installed.
    """
    made = Environment(checkout.parent / "env")
    made.install("-r", "binder/requirements.txt", cwd=checkout)
    would = [line for line in made.pip("install", "--dry-run", "-r", "binder/requirements.txt", cwd=checkout).splitlines()
             if line.startswith("Would install")]  # fmt: skip
    assert len(would) == 1, would
    assert would[0].removeprefix("Would install ").startswith("cvtr-widgets-"), would
    assert " " not in would[0].removeprefix("Would install "), would
    if os.name != "nt":  # Binder is Linux
        run(checkout / "binder" / "postBuild", cwd=checkout, environ=made.environ())
    return made


@pytest.fixture(scope="module")
def wheel(checkout, environment, tmp_path_factory) -> Path:
    """Built from the source distribution, so that this one holds what is needed too."""
    out, tools = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("tools")
    environment.install("--target", tools, "build", "hatchling", "-c", "constraints.txt", cwd=checkout)
    command = [environment.python, "-m", "build", "--no-isolation", "--outdir", out]
    run(*command, cwd=checkout, environ=environment.environ(PYTHONPATH=str(tools)))
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, environment) -> Environment:
    """The wheel in the place of the checkout; pip finds everything there that its metadata asks for."""
    environment.pip("install", "-qq", "--no-deps", "--force-reinstall", wheel, cwd=wheel.parent)
    environment.pip("check", cwd=wheel.parent)
    return environment


def test_binder_asks_for_a_python_that_is_tested(checkout):
    asked = (checkout / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert asked == "python-3.11"
    assert sys.version_info >= (3, 11)


def test_the_badge_opens_straight_into_the_panel(checkout):
    assert (checkout / "notebooks" / PANEL).is_file()
    assert f"urlpath=lab/tree/notebooks/{PANEL}" in unquote((checkout / "README.md").read_text(encoding="utf-8"))


def test_postbuild_can_be_run(checkout):
    assert os.name == "nt" or os.access(checkout / "binder" / "postBuild", os.X_OK)


def test_the_notebooks_run_on_binder(environment, checkout, tmp_path):
    convert = [environment.python, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path]
    run(*convert, *NOTEBOOKS, cwd=checkout / "notebooks", environ=environment.environ(BINDER_LAUNCH_HOST=BINDER))
    for name in NOTEBOOKS:
        cells = nbformat.read(tmp_path / name, 4).cells
        assert all(cell.execution_count for cell in cells if cell.cell_type == "code"), name


def test_on_binder_nobodys_leads_are_fetched_unless_that_is_allowed(environment, tmp_path):
    code = "import cvtr_widgets as cvtr\ntry: cvtr.connect('acme', 'someone', 'secret')\nexcept cvtr.CvtrError as e: print(e)"
    said = run(environment.python, "-c", code, cwd=tmp_path, environ=environment.environ(BINDER_LAUNCH_HOST=BINDER))
    assert "public Binder machine" in said


def test_the_wheel_holds_the_package_the_notebooks_and_nothing_else(wheel, checkout):
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if ".dist-info/" not in name}
    package = {path.relative_to(checkout).as_posix() for path in (checkout / "cvtr_widgets").rglob("*") if path.is_file()}
    notebooks = {f"cvtr_widgets/notebooks/{path.name}" for path in (checkout / "notebooks").iterdir()}
    assert held == package | notebooks
    assert {f"cvtr_widgets/notebooks/{PANEL}", "cvtr_widgets/py.typed", "cvtr_widgets/dialect/default.toml"} <= held
    assert not [name for name in held if "test" in name.split("/")[1]]


def test_the_wheel_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
        said = email.message_from_bytes(opened.read(name))
        licences = [name for name in opened.namelist() if name.endswith("/LICENSE")]
    assert said["Name"] == "cvtr-widgets"
    assert said["Requires-Python"] == ">=3.11"
    assert said.get_payload().strip()
    assert len(licences) == 1


def test_installed_it_shows_the_demo_and_leaves_nothing_behind(installed, tmp_path):
    where = run(installed.python, "-c", "import cvtr_widgets; print(cvtr_widgets.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed.bin.parent)
    command = [installed.program("cvtr-widgets"), "demo", "--no-browser", "--leads", "100", "--folder", tmp_path / "demo"]
    with RunningDemo(command, clean_environ(), tmp_path) as running:
        assert running.ask(f"api/contents/{PANEL}?content=0")["name"] == PANEL
        assert running.log_in() == "bearer"
        running.open_notebook()
        assert len(running.family()) >= 3
        assert running.stop() == []


def test_every_public_name_is_there(installed, tmp_path):
    code = "import cvtr_widgets as cvtr; print([name for name in cvtr.__all__ if getattr(cvtr, name) is None])"
    assert run(installed.python, "-W", "error::ImportWarning", "-c", code, cwd=tmp_path).strip() == "[]"
