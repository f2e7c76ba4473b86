"""``cvtr-widgets demo``: what it puts where, what it starts, and that nothing is left of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cvtr_widgets.cli.app import PANEL, lay_out, shipped_notebooks
from cvtr_widgets.cli.jupyterlab import JupyterLab, LaunchError
from cvtr_widgets.errors import SettingsError
from tests.cli.running_demo import RunningDemo

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "cvtr_widgets.cli"]
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def demo(folder: Path, *words: str, **environ: str) -> RunningDemo:
    own = {name: value for name, value in os.environ.items() if name != "CVTR_JOURNAL"}  # the demo has a journal of its own
    given = {**own, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder.parent), **environ}
    return RunningDemo([*COMMAND, "demo", "--no-browser", "--leads", "50", "--folder", str(folder), *words], given, ROOT)


def change(notebook: Path, source: str) -> None:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"][-1]["source"] = source
    notebook.write_text(json.dumps(content), encoding="utf-8")


def test_the_version_is_told():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, "cvtr-widgets 0.1.0\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals to send")
@pytest.mark.parametrize("number", SIGNALS)
def test_both_servers_answer_and_a_signal_leaves_nothing_behind(tmp_path, number):
    with demo(tmp_path / "demo") as running:
        assert running.ask(f"api/contents/{PANEL}?content=0")["name"] == PANEL
        assert running.log_in() == "bearer"
        assert f"Journal of runs in {tmp_path / 'demo' / 'journal'}" in running.lines
        running.open_notebook()
        assert len(running.family()) >= 3  # the demo, JupyterLab, a kernel
        assert running.stop(number) == []
        assert running.process.returncode == 0
        assert running.lines[-1] == "Stopped."
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]  # the temporary folders are gone too
    assert {path.suffix for path in (tmp_path / "demo").iterdir()} == {".ipynb"}


def test_shutting_jupyterlab_down_in_the_page_ends_the_demo(tmp_path):
    with demo(tmp_path / "demo") as running:
        running.open_notebook()
        family = running.family()
        running.ask("api/shutdown", body={})
        running.said("^Stopped")
        assert running.process.wait(30) == 0
        assert [one for one in family if one.is_running()] == []


def test_a_sandbox_that_runs_elsewhere_is_not_joined_and_ours_is_as_late_as_asked(tmp_path):
    with demo(tmp_path / "demo", "--latency", "300", CVTR_SANDBOX_URL="http://127.0.0.1:9") as running:
        assert running.sandbox != "http://127.0.0.1:9"
        assert running.said("^Each of its answers takes 300 ms")
        started = time.monotonic()
        assert running.log_in() == "bearer"
        assert time.monotonic() - started >= 0.3


def test_a_port_that_is_taken_is_one_sentence_with_the_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("demo", "--no-browser", "--leads", "10", "--folder", str(tmp_path), "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"cvtr-widgets: Port {port} on 127.0.0.1 is taken. Choose another, or 0 for a free one.\n"


def test_a_folder_that_cannot_be_used_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"Choose another with --folder\.$"):
        lay_out(tmp_path / "file")


def test_what_the_user_changed_stays_and_is_said(tmp_path):
    assert lay_out(tmp_path) == [f"Notebooks in {tmp_path}"]
    change(tmp_path / PANEL, "mine = 1")
    _first, second = lay_out(tmp_path)
    assert "mine = 1" in (tmp_path / PANEL).read_text(encoding="utf-8")
    assert second.startswith(f"Your changed copies were kept: {PANEL}.")


def test_outputs_alone_are_no_change(tmp_path):
    lay_out(tmp_path)
    content = json.loads((tmp_path / PANEL).read_text(encoding="utf-8"))
    code = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1"]}]
    (tmp_path / PANEL).write_text(json.dumps(content), encoding="utf-8")
    assert len(lay_out(tmp_path)) == 1
    assert '"1"' in (tmp_path / PANEL).read_text(encoding="utf-8")


def test_a_file_of_that_name_that_is_no_notebook_stays_too(tmp_path):
    (tmp_path / PANEL).write_bytes(b"\xff not JSON")
    assert len(lay_out(tmp_path)) == 2
    assert (tmp_path / PANEL).read_bytes() == b"\xff not JSON"


def test_all_notebooks_are_copied(tmp_path):
    lay_out(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in shipped_notebooks().glob("*.ipynb")}


def test_jupyterlab_that_cannot_start_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(
        LaunchError, match=r"(?s)stopped right away\. Its last lines:.*no_such.*Fix what it names and start again\.$"
    ):
        JupyterLab(tmp_path, options=["--ServerApp.port=no_such"])
    assert list(tmp_path.iterdir()) == []
