"""Every example of the README and the docs runs as it is written there; none is left out."""

from __future__ import annotations

import ast
import re
import shlex
import types
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

import cvtr_widgets as cvtr
from cvtr_widgets.cli.app import app
from cvtr_widgets.sandbox import SandboxServer
from tests.runs.test_kill import end_of, kernel
from tests.session.conftest import journal_folder, open_session, sandbox

__all__ = ["journal_folder", "open_session", "sandbox"]

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    p.relative_to(ROOT).as_posix(): p
    for p in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
}
# Here each example is run by a test of its own, which finds it by these words; test_docs.py runs whole pages.
RUN_HERE = {
    "README.md": ("cvtr.LeadPanel(client)", "session.run("),
    "docs/connect.md": ("canary", "watch"),
    "docs/runs.md": ("resume", "verify_journal"),
}
RUN_ELSEWHERE = {
    "docs/archive.md": "test_docs.py",
    "docs/insight.md": "test_docs.py",
    "docs/policies.md": "test_docs.py",
    "docs/reports.md": "test_docs.py",
    "docs/returns.md": "test_docs.py",
    "docs/sharing.md": "test_docs.py",
    "docs/spark.md": "tests/archive, with Spark",
    "docs/unattended.md": "test_docs.py",
    "CONTRIBUTING.md": "a test for pytest, which is read here only",
}


def blocks(page: str, kind: str = "python") -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGES[page].read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_every_page_with_examples_is_run_somewhere():
    with_examples = {page for page in PAGES if blocks(page)}
    assert with_examples == RUN_HERE.keys() | RUN_ELSEWHERE.keys()
    for page, words in RUN_HERE.items():
        found = blocks(page)
        assert [sum(word in text for text in found) for word in words] == [1] * len(words), page
        assert [sum(word in text for word in words) for text in found] == [1] * len(found), f"an example of {page} is not run"
    for page in with_examples:
        for text in blocks(page):
            ast.parse(text)


def test_the_panel_of_the_readme_opens():
    (text,) = [b for b in blocks("README.md") if "cvtr.LeadPanel(client)" in b]
    names: dict[str, Any] = {}
    exec(text, names)
    assert isinstance(names["panel"], cvtr.LeadPanel)
    names["panel"].close()
    names["client"].close()


def test_the_archive_of_the_docs_opens(tmp_path, monkeypatch):
    pytest.importorskip("duckdb", reason="the archive is an extra")
    pytest.importorskip("pyarrow", reason="the archive is an extra")
    monkeypatch.chdir(tmp_path)
    made, shown = (next(b for b in blocks("docs/archive.md") if word in b) for word in ("cvtr.Archive(", "cvtr.LeadPanel("))
    names: dict[str, Any] = {}
    exec(made + shown, names)
    panel, archive = names["panel"], names["archive"]
    table = cvtr.LeadTable(archive.leads(status="Caution"))
    assert len(archive.leads()) == 500
    panel._state.handle("source", {"archive": True})
    panel._state.handle("load", {"go_on": False})
    assert panel._state.jobs.wait()
    assert len(panel.archived) == 500
    assert table._state.jobs.wait()
    for one in (panel, table, archive, names["session"].client):
        one.close()


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """A service that does not say that it is a sandbox. ``there`` is the package, whose ``connect("acme")`` leads to it."""
    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path / "journal"))
    with SandboxServer(leads=200, seed=1, pretend_live=True) as server:
        user, password, _ = server.users["admin"]
        for name, value in {"URL": server.url, "USERNAME": user, "PASSWORD": password}.items():
            monkeypatch.setenv(f"CVTR_{name}", value)
        yield server


def there(server: SandboxServer) -> types.SimpleNamespace:
    return types.SimpleNamespace(
        **{n: getattr(cvtr, n) for n in cvtr.__all__ if n != "connect"}, connect=partial(cvtr.connect, url=server.url)
    )


def test_the_canary_of_the_docs_runs(acme):
    (text,) = [b for b in blocks("docs/connect.md") if "canary" in b]
    leads = [160144, *(i for i in acme.lead_ids(status="Caution") if i != 160144)][:10]
    names: dict[str, object] = {"cvtr": there(acme), "leads": leads}
    exec(text, names)
    assert names["report"].ok  # type: ignore[attr-defined]
    assert names["run"].counts["confirmed"] == 9  # type: ignore[attr-defined]
    names["session"].client.close()  # type: ignore[attr-defined]


def test_learning_from_two_leads_as_in_the_docs_runs(acme):
    (text,) = [b for b in blocks("docs/connect.md") if "watch" in b]
    before, after = text.split("# now flag the two on the platform's own page, each with another reason\n")
    session = cvtr.LeadSession(there(acme).connect("acme"))
    names: dict[str, object] = {"cvtr": cvtr, "session": session}
    exec(before, names)
    acme.change(160185, status="Invalid", reason="Wrong phone")
    acme.change(160186, status="Test", reason="Not reached")
    exec(after, names)
    assert names["lesson"].frame.loc["fields.reason", "new"]  # type: ignore[attr-defined]
    session.client.close()


def test_resuming_as_in_the_docs_runs(sandbox, open_session):
    (text,) = [b for b in blocks("docs/runs.md") if "resume" in b]
    unfinished, send, only_read = text.splitlines()
    for line, state in ((send, "done"), (only_read, "cancelled")):
        ids = sandbox.server.lead_ids(status="Caution")[:20]
        end_of(kernel(sandbox, ids, action="test", step="answer noted", chunk=1, in_flight=1))
        session = open_session(chunk=5)
        names = {"session": session, "run_id": session.unfinished().index[0]}
        exec(f"{unfinished}\n{line}", names)
        assert names["run"].state == state


def test_checking_the_journal_as_in_the_docs_runs(sandbox, open_session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (text,) = [b for b in blocks("docs/runs.md") if "verify_journal" in b]
    session = open_session()
    run = session.run(session.plan(cvtr.mark_test("Test lead"), sandbox.server.lead_ids(status="Caution")[:3]), confirm=True)
    exec(text, {"session": session, "run": run, "noted": run.journal_head})
    assert (tmp_path / "run.jsonl").stat().st_size > 0


def commands() -> list[str]:
    found = []
    for path in PAGES.values():
        for text in re.findall(r"^```\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            found += [line.partition(" #")[0].strip() for line in text.splitlines() if "cvtr-widgets " in line]
    return [line[line.index("cvtr-widgets ") :] for line in found if not line.startswith("pip ")]


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_every_command_of_the_docs_is_one(line):
    words = shlex.split(line)[1:]
    command: Any = typer.main.get_command(app)
    context = command.context_class(command)
    while hasattr(command, "resolve_command"):  # a group (of Typer's own click, not of the one that may be installed)
        name, command, words = command.resolve_command(context, words)
        context = command.context_class(command, info_name=name, parent=context)
    assert command.parse_args(context, words) == []  # it raises where there is no such option or argument
