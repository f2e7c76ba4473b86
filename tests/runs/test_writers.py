"""Several kernels write to one journal at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cvtr_widgets.runs.journal import Journal

WRITERS, ROUNDS = 8, 30


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


def test_entries_that_gather_are_on_disk_when_their_writers_go_on(tmp_path):
    """One commit serves those that come together; each writer goes on only when its own entry can be read by others."""
    journal, reader = Journal(tmp_path / "journal.sqlite"), Journal(tmp_path / "journal.sqlite")

    def work(n: int) -> bool:
        journal.write(f"run-{n}", "intent", {"n": n}, gather=0.02)
        return [entry.data["n"] for entry in reader.entries(f"run-{n}")] == [n]

    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            assert all(pool.map(work, range(5 * WRITERS)))
        assert reader.verify().ok
    finally:
        journal.close()
        reader.close()


def test_what_is_written_later_comes_in_order_and_at_the_latest_when_it_is_asked_for(tmp_path):
    journal, reader = Journal(tmp_path / "journal.sqlite"), Journal(tmp_path / "journal.sqlite")
    try:
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
    finally:
        journal.close()
        reader.close()


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
