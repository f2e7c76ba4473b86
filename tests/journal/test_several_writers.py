"""Several kernels write to one journal at the same time."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import stamina

from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal import file_errors, journal
from cvtr_widgets.journal.journal import Journal

ROOT = Path(__file__).resolve().parents[2]
WRITERS, ROUNDS = 8, 30


@pytest.fixture
def two(tmp_path):
    """Two kernels that have the same journal open."""
    opened = [Journal(tmp_path / "journal.sqlite") for _ in range(2)]
    yield opened
    for one in opened:
        one.close()


def test_entries_of_several_writers_are_all_there_in_one_chain(tmp_path):
    journals = [Journal(tmp_path / "journal.sqlite") for _ in range(WRITERS)]

    together = threading.Barrier(WRITERS)

    def work(journal: Journal) -> None:
        for n in range(ROUNDS):
            together.wait(300)
            journal.write(f"run-{id(journal)}", "intent", {"n": n, "leads": []})

    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(work, journals))
        for journal in journals:
            assert [entry.data["n"] for entry in journal.entries(f"run-{id(journal)}")] == list(range(ROUNDS))
        report = journals[0].verify()
        assert (report.ok, report.entries) == (True, WRITERS * ROUNDS)
    finally:
        for journal in journals:
            journal.close()


def test_entries_that_gather_are_on_disk_when_their_writers_go_on(two):
    """One commit serves those that come together; each writer goes on only when its own entry can be read by others."""
    journal, reader = two

    def work(n: int) -> bool:
        journal.write(f"run-{n}", "intent", {"n": n}, gather=0.02)
        return [entry.data["n"] for entry in reader.entries(f"run-{n}")] == [n]

    with ThreadPoolExecutor(WRITERS) as pool:
        assert all(pool.map(work, range(5 * WRITERS)))
    assert reader.verify().ok


def test_what_is_written_later_comes_in_order_and_at_the_latest_when_it_is_asked_for(two):
    journal, reader = two
    journal.write_later("run", "outcome", {"n": 1})
    assert reader.entries("run") == []
    journal.write("run", "intent", {"n": 2})
    journal.write_later("run", "outcome", {"n": 3})
    journal.flush()
    assert [entry.data["n"] for entry in reader.entries("run")] == [1, 2, 3]
    journal.write_later("run", "outcome", {"n": 4})
    journal.close()
    assert [entry.data["n"] for entry in reader.entries("run")] == [1, 2, 3, 4]
    assert reader.verify().ok


def test_a_large_writing_is_there_whole_or_not_at_all(tmp_path):
    """Its entries are made one by one; others who write meanwhile come before or after it, never between."""
    journal, other = Journal(tmp_path / "journal.sqlite"), Journal(tmp_path / "journal.sqlite")
    threads: list[threading.Thread] = []

    def items(broken: bool):
        yield "run", {"n": 0}
        threads.append(threading.Thread(target=other.write, args=("other", "intent", {})))
        threads[-1].start()
        yield "plan", {"n": 1}
        if broken:
            raise KeyError("the maker of entries broke")
        yield "plan", {"n": 2}

    try:
        with pytest.raises(KeyError):
            journal.write_many("first", items(broken=True))
        threads[-1].join()
        head = journal.write_many("second", items(broken=False))
        threads[-1].join()
        assert journal.entries("first") == []
        found = journal.entries()
        assert [e.run for e in found] == ["other", "second", "second", "second", "other"]
        assert head == found[3].hash
        assert journal.write("third", "intent", {}) == other.head()
        assert journal.verify().ok
    finally:
        journal.close()
        other.close()


def test_what_could_not_be_written_later_waits_for_better_times(tmp_path):
    """The disk is full for somebody else's entry: nobody has heard of ours, so it must not be lost."""
    journal = Journal(tmp_path / "journal.sqlite")
    try:
        journal.write("run", "run", {})
        pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
        journal._db.execute(f"PRAGMA max_page_count = {pages}")
        journal.write_later("run", "outcome", {"n": 1})
        with pytest.raises(JournalError, match="full"):
            journal.write("other", "intent", {"large": "x" * 20_000})
        journal._db.execute("PRAGMA max_page_count = 10000")
        journal.write("run", "end", {})
        assert [entry.kind for entry in journal.entries("run")] == ["run", "outcome", "end"]
        assert journal.verify().ok
    finally:
        journal.close()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that interrupt")
def test_ctrl_c_loses_nothing_that_was_said_to_be_written(tmp_path):
    """The main thread writes and is interrupted all the time, while other threads and another journal object write, too."""
    path = tmp_path / "journal.sqlite"
    order = [sys.executable, "-m", "tests.runs.interrupted", str(path), "800"]
    done = subprocess.run(order, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    told = {(run, n) for run, n in json.loads(done.stdout)}
    journal = Journal(path)
    try:
        found = {(entry.run, entry.data["n"]) for entry in journal.each() if entry.kind == "intent"}
        assert len(told) > 100
        assert told <= found
        assert len([1 for entry in journal.each("many")]) % 3 == 0
        assert [entry.kind for entry in journal.each("others")] == ["claim"]
        assert journal.verify().ok
    finally:
        journal.close()


@pytest.fixture
def tried_again():
    """Set when something is about to be tried again."""
    found, before = threading.Event(), stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([lambda _details: found.set()])
    yield found
    stamina.instrumentation.set_on_retry_hooks(before)


@pytest.fixture
def held(tmp_path, monkeypatch):
    """A journal that another program has for itself."""
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(journal, "WAIT", 0.05)  # how long SQLite itself waits
    yield path, other
    other.close()


def test_a_file_that_is_held_for_a_moment_is_opened_when_it_is_free(held, tried_again):
    path, other = held
    with ThreadPoolExecutor(1) as pool:
        opened = pool.submit(Journal, path)
        assert tried_again.wait(60)
        other.close()
        mine = opened.result(60)
    assert mine.mode == "wal"
    mine.write("run", "intent", {"leads": [1]})
    assert mine.verify().ok
    mine.close()


def test_a_file_that_stays_held_is_called_so(held, monkeypatch):
    path, _ = held
    monkeypatch.setattr(file_errors, "WAIT", 0.2)
    with pytest.raises(JournalError, match="held by another program") as found:
        Journal(path)
    assert "Free some space" not in str(found.value)
    assert "try again" in str(found.value)
