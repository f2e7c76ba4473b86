"""``cvtr-widgets journal``: list, show, verify, export; without a login."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import cvtr_widgets as cvtr
from cvtr_widgets.cli.app import app
from tests.runs.conftest import journal_folder, open_session, sandbox, session  # noqa: F401  the fixtures of runs


def journal(*words: str):
    return CliRunner().invoke(app, ["journal", *words])


@pytest.fixture
def ran(sandbox, session):  # noqa: F811
    ids = sandbox.server.lead_ids(status="Caution")[:3]
    run = session.run(session.plan(cvtr.mark_invalid("Returned", "No budget", "for Zoë only"), ids), confirm=True)
    return run, ids, session


def test_runs_are_listed_and_shown(ran):
    run, ids, _ = ran
    listed = journal("list")
    assert run.id in listed.output
    assert "3 confirmed" in listed.output
    shown = journal("show", run.id)
    assert shown.exit_code == 0
    for lead_id in ids:
        assert f"{lead_id}  confirmed" in shown.output
    assert "Caution -> Invalid" in shown.output
    assert "Zoë" not in shown.output


def test_the_chain_is_verified_against_a_head(ran):
    run, _, session = ran  # noqa: F811
    assert journal("verify").exit_code == 0
    assert run.journal_head in journal("verify", "--head", run.journal_head).output
    wrong = journal("verify", "--head", "f" * 64)
    assert (wrong.exit_code, "NOT WHOLE" in wrong.output) == (1, True)
    with sqlite3.connect(session._running.journal.path) as db:
        db.execute("UPDATE entries SET data = replace(data, 'confirmed', 'refused')")
    db.close()
    assert journal("verify").exit_code == 1


def changed(session, what: str) -> None:  # noqa: F811
    with sqlite3.connect(session._running.journal.path) as db:
        db.execute(f"UPDATE entries SET {what}")
    db.close()


def test_what_was_changed_is_shown_with_what_it_is_worth(ran):
    run, _, session = ran  # noqa: F811
    changed(session, "data = replace(data, 'No budget', 'Test lead') WHERE kind = 'run'")
    for words in (["list"], ["show", run.id]):
        told = journal(*words)
        assert told.exit_code == 1
        assert "NOT WHOLE" in told.output
        assert run.id in told.output


def test_a_time_that_was_changed_is_said_without_a_traceback(ran):
    _, _, session = ran  # noqa: F811
    changed(session, "at = 'yesterday' WHERE kind = 'run'")
    told = journal("list")
    assert told.exit_code != 0
    assert isinstance(told.exception, cvtr.CvtrError)
    assert "journal verify" in str(told.exception)


def test_a_bundle_is_exported_with_what_checks_it(ran, tmp_path):
    run, _, _ = ran
    done = journal("export", str(tmp_path / "b.jsonl"), "--run", run.id)
    assert done.exit_code == 0, done.output
    command = done.output.split("To check: python ")[1].split()
    assert subprocess.run([sys.executable, "-I", *command], check=False, capture_output=True).returncode == 0


def test_what_is_not_there_is_said(journal_folder):  # noqa: F811
    assert "No journal in" in journal("list").output
    failed = journal("verify")
    assert failed.exit_code == 1
    assert "CVTR_JOURNAL" in str(failed.exception)


def test_a_journal_that_is_not_there_has_no_list(ran):
    assert journal("list", "--journal", "zzz").exit_code != 0
