"""What goes to the page is the bundle of the modules as they stand. Looking at that needs no Node."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.insight.chart_view import ChartView
from cvtr_widgets.insight.look_panel import LookPanel
from cvtr_widgets.panel.link import page

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location("page_tool", ROOT / "tools" / "page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bundles_were_made_from_the_files_as_they_stand():
    done = subprocess.run([sys.executable, "tools/page.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "not current: none\n"), f"{done.stdout}{done.stderr}: run python3 dev.py page"


@pytest.mark.parametrize("changed", ["table.js", "page.min.js"])
def test_a_change_without_a_new_bundle_and_a_bundle_changed_by_hand_are_seen(tool, tmp_path, changed):
    folder = tmp_path / "panel" / "static"
    for name in ("panel", "insight"):
        shutil.copytree(ROOT / "cvtr_widgets" / name / "static", tmp_path / name / "static")
    tool.PACKAGE = tmp_path
    assert tool.is_current("panel/static/panel.js")
    with (folder / changed).open("a") as file:
        file.write("// changed\n")
    assert not tool.is_current("panel/static/panel.js")
    assert tool.is_current("panel/static/panel.css")


def test_every_module_is_in_a_bundle_and_none_imports_in_a_circle(tool):
    files = {file.resolve() for file in (ROOT / "cvtr_widgets").glob("*/static/*.js") if not file.name.endswith(".min.js")}
    assert {file for entry in tool.BUNDLES for file in tool.sources(entry) if file.suffix == ".js"} == files
    imports = {file: tool.imported(file) for file in files}
    assert len(list(TopologicalSorter(imports).static_order())) == len(files)  # a circle raises


def test_it_is_what_the_widgets_send():
    assert cvtr.LeadPanel._esm == page.static(page.SCRIPT)
    assert len((cvtr.LeadPanel._esm + cvtr.LeadPanel._css).encode()) < 130_000
    for widget in (cvtr.LeadPanel, ChartView, LookPanel):
        assert re.match(r"/\* \w{32} \w{32} \*/\n", widget._esm)
        assert "import " not in widget._esm.replace("import(", "")
