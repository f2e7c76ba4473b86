"""Files are opened and written by ``safe_files`` alone: nothing else looks what a file is, keeps rights, or spares what is there."""

from __future__ import annotations

import ast
from pathlib import Path

import cvtr_widgets

ROOT = Path(cvtr_widgets.__file__).parent
WAYS = {"write_text", "write_bytes", "read_text", "read_bytes", "mkdir", "touch", "mkstemp", "NamedTemporaryFile", "copyfile"}
# Each with its reason.
ALLOWED = {
    "safe_files.py": "the one way",
    "cli/jupyterlab.py": "a folder of temporary files, made for JupyterLab by this process",
    "cli/app.py": "the notebooks of the demo, which are the user's to change",
    "api/limits/shared_permits.py": "a file made by close_file, in a folder made by close_folder",
    "settings.py": "the key of this machine: made closed, linked into its place",
    "journal/check_bundle.py": "a file of its own, without this package",
    "journal/bundle.py": "reads check_bundle.py",
    "insight/evidence.py": "the text of a notebook",
}


def opened(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
            file = (
                name == "open" and node.args and isinstance(node.args[0], ast.Constant) and str(node.args[0].value)[:1] in "rwxa"
            )
            if name in WAYS or file:
                found.append(f"line {node.lineno}: {name}")
        elif isinstance(node.func, ast.Name) and node.func.id == "open":
            found.append(f"line {node.lineno}: open")
    return found


def test_files_are_opened_in_one_place():
    bad = {}
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("sandbox/") or name in ALLOWED:
            continue
        found = [one for one in opened(ast.parse(path.read_text(encoding="utf-8"))) if "resources" not in one]
        if found and "importlib" not in path.read_text(encoding="utf-8"):  # files of the package itself
            bad[name] = found
    assert bad == {}


def test_the_search_finds_them():
    source = (
        "from pathlib import Path\nPath('x').write_text('y')\nopen('x')\nPath('x').open('wb')\nlead.open()\nbook.open(name)\n"
    )
    assert len(opened(ast.parse(source))) == 3
