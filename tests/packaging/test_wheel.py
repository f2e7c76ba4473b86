"""What is published: built from a clean copy, looked into, installed where nothing else is, and used."""

from __future__ import annotations

import email
import zipfile
from pathlib import Path

import pytest

from cvtr_widgets.cli.app import PANEL
from tests.cli.running_demo import RunningDemo
from tests.packaging.environments import Environment, clean_environ, copy_of_checkout, run


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory) -> Path:
    """Built from the source distribution, so that this one holds what is needed too."""
    out = tmp_path_factory.mktemp("dist")
    builder = Environment(tmp_path_factory.mktemp("builder") / "env")
    builder.install("build", "hatchling", "-c", source / "constraints.txt", cwd=source)
    run(builder.python, "-m", "build", "--no-isolation", "--outdir", out, cwd=source, environ=builder.environ())
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, source, tmp_path_factory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("user") / "env")
    made.install(wheel, "-c", source / "constraints.txt", cwd=wheel.parent)
    return made


def test_the_wheel_holds_the_package_the_notebooks_and_nothing_else(wheel, source):
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if ".dist-info/" not in name}
    package = {path.relative_to(source).as_posix() for path in (source / "cvtr_widgets").rglob("*") if path.is_file()}
    notebooks = {f"cvtr_widgets/notebooks/{path.name}" for path in (source / "notebooks").iterdir()}
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


def test_installed_alone_it_shows_the_demo_and_leaves_nothing_behind(installed, tmp_path):
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
