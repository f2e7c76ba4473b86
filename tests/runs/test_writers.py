"""Several kernels write to one journal at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

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
