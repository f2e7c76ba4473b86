"""The journal: what is edited, removed or reordered is found; what cannot be written stops everything."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal.journal import Journal


@pytest.fixture
def journal(tmp_path: Path):
    opened = Journal(tmp_path / "deep" / "acme-7.sqlite")
    for n in range(5):
        opened.write("run-1", "intent", {"chunk": n, "before": {"1": "Ä"}})
    yield opened
    opened.close()


def tamper(journal: Journal, sql: str) -> None:
    with sqlite3.connect(journal.path) as db:
        db.execute(sql)
    db.close()


def test_an_untouched_journal_is_whole(journal: Journal):
    report = journal.verify()
    assert (report.ok, report.entries, report.problems) == (True, 5, ())
    assert [e.data["chunk"] for e in journal.entries("run-1")] == list(range(5))
    assert report.head == journal.entries()[-1].hash


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entries SET data = replace(data, '\"chunk\":2', '\"chunk\":9') WHERE number = 3",
        "UPDATE entries SET at = '2020-01-01T00:00:00+00:00' WHERE number = 2",
        "UPDATE entries SET run = 'run-2' WHERE number = 5",
        "DELETE FROM entries WHERE number = 2",
        "DELETE FROM entries WHERE number = 1",
        "UPDATE entries SET number = CASE number WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE number END",
    ],
)
def test_tampering_is_found(journal: Journal, sql):
    tamper(journal, sql)
    tamper(journal, "UPDATE entries SET number = -number WHERE number < 0")
    assert journal.verify().ok is False


def test_a_cut_tail_changes_the_head(journal: Journal):
    head = journal.verify().head
    tamper(journal, "DELETE FROM entries WHERE number = 5")
    report = journal.verify()
    assert report.ok is True  # the chain alone cannot see it; a head noted elsewhere can
    assert report.head != head


def test_two_writers_make_one_chain(journal: Journal):
    other = Journal(journal.path)
    other.write("run-2", "intent", {"chunk": 1})
    journal.write("run-1", "end", {})
    other.close()
    assert journal.verify().ok is True
    assert [e.number for e in journal.entries()] == list(range(1, 8))


def test_a_place_that_cannot_be_written_is_refused_with_what_to_do(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(JournalError, match="CVTR_JOURNAL"):
        Journal(blocked / "acme.sqlite")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "acme.sqlite"
    path.write_bytes(b"somebody's letters" * 100)
    with pytest.raises(JournalError):
        Journal(path)
    assert path.read_bytes() == b"somebody's letters" * 100


def test_more_entries_than_one_statement_takes_are_written_together(journal: Journal):
    with sqlite3.connect(":memory:") as db:
        most = db.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // 6
    db.close()
    before = journal.commits
    journal.write_all("run-2", (("intent", {"chunk": n}) for n in range(most + 2)))
    assert journal.commits == before + 1
    assert journal.count("run-2") == most + 2
    assert journal.verify().ok is True


def test_of_more_entries_than_one_statement_takes_none_is_left_where_the_disk_fails(journal: Journal, tmp_path: Path):
    with sqlite3.connect(journal.path) as db:
        most = db.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // 6
        db.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON entries WHEN new.number = {most + 6} BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    db.close()
    with pytest.raises(JournalError):
        journal.write_all("run-2", (("intent", {"chunk": n}) for n in range(most + 2)))
    assert journal.count("run-2") == 0
    assert journal.verify().entries == 5
