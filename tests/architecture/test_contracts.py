"""The import contracts refuse what they are there to refuse: violations planted in a copy of the package are all found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

PLANTED = {
    "stray.py": "import anywidget\n",
    "settings.py": "import httpx\n",
    "panel/steps/leads.py": "import ipywidgets\n",
    "session/lead_session.py": "import itables\n",
    "frames/leads.py": "from cvtr_widgets.api import client\n",
    "runs/sender.py": "import pandas\n",
    "plans/plan.py": "from cvtr_widgets.runs import results\n",
    "runs/run.py": "from cvtr_widgets.api import transport\n",
    "sandbox/app.py": "from cvtr_widgets import settings\n",
    "sandbox/rules.py": "from cvtr_widgets import safe_files\n",
    "selection/select.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cvtr_widgets.session.lead_session import LeadSession\n",
    "insight/groups.py": "import duckdb\n",
    "panel/state.py": "from cvtr_widgets.api import write_bodies\n",
}
SEEN = (
    "cvtr_widgets.stray",
    "cvtr_widgets.settings -> httpx",
    "cvtr_widgets.panel.steps.leads -> ipywidgets",
    "cvtr_widgets.session.lead_session -> itables",
    "cvtr_widgets.frames.leads -> cvtr_widgets.api.client",
    "cvtr_widgets.runs.sender -> pandas",
    "cvtr_widgets.plans.plan -> cvtr_widgets.runs.results",
    "cvtr_widgets.runs.run -> cvtr_widgets.api.transport",
    "cvtr_widgets.sandbox.app -> cvtr_widgets.settings",
    "cvtr_widgets.sandbox.rules -> cvtr_widgets.safe_files",
    "cvtr_widgets.selection.select -> cvtr_widgets.session.lead_session",
    "cvtr_widgets.panel.state -> cvtr_widgets.api.write_bodies",
    "cvtr_widgets.insight.groups -> duckdb",
)


def test_planted_violations_are_each_refused(tmp_path: Path) -> None:
    copy = tmp_path / "cvtr_widgets"
    shutil.copytree(ROOT / "cvtr_widgets", copy, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, lines in PLANTED.items():
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{lines}")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "300", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", LINT], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    missed = [words for words in SEEN if words not in done.stdout]
    assert missed == [], done.stdout
