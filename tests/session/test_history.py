"""``session.history()``: the runs of this account, and a word where the journal is no longer what was written."""

from __future__ import annotations

import sqlite3
import warnings

import pytest

import cvtr_widgets as cvtr


@pytest.fixture
def journal(tmp_path, monkeypatch):
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path))
    return tmp_path


@pytest.fixture
def session(journal):
    with cvtr.Sandbox(leads=60, seed=3) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        ids = sandbox.server.lead_ids(status="Caution")[:2]
        session.run(session.plan(cvtr.mark_test("Test lead"), ids), confirm=True)
        yield session
        session.close()


def test_a_whole_journal_is_shown_without_a_word(session):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = session.history()
    assert len(frame) == 1
    assert not frame.attrs.get("problems")


def test_an_edited_journal_is_shown_with_a_warning(session, journal):
    (path,) = journal.rglob("*.sqlite")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET data = replace(data, 'confirmed', 'confirmeD') WHERE kind = 'end'")
    db.close()
    with pytest.warns(UserWarning, match="not whole|edited|journal"):
        frame = session.history()
    assert len(frame) == 1
    assert frame.attrs["problems"]
