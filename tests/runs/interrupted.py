"""A kernel whose main thread is interrupted all the time while it writes: ``python -m tests.runs.interrupted JOURNAL TIMES``.

It has a process of its own, as a notebook has: where an interrupt falls into the test runner's own code, that is the runner's affair.
Prints, as JSON, what its threads were told to be written: ``[[run, number], ...]``.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal.journal import Journal


def write(journal: Journal) -> None:
    while True:
        journal.write_many("many", [("plan", {"n": n}) for n in range(3)])
        journal.write("main", "claim", {})


def interrupt(_signal: int, frame: FrameType | None) -> None:
    """Ctrl-C, but only while something is written."""
    while frame is not None:
        if frame.f_code is write.__code__:
            raise KeyboardInterrupt
        frame = frame.f_back


def storm(journal: Journal, times: int) -> None:
    """Write in the main thread, and be interrupted ``times`` times, each time a little later."""
    signal.signal(signal.SIGALRM, interrupt)
    interrupted = 0
    try:
        while interrupted < times:
            # Again and again: what is raised within a callback of the garbage collector is not seen by anybody.
            signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.00001 * (interrupted % 97), 0.5)
            try:
                write(journal)
            except KeyboardInterrupt:
                interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(path: Path, times: int) -> None:
    journal, other = Journal(path), Journal(path)
    told: list[tuple[str, int]] = []
    ended = threading.Event()

    def work(name: str) -> None:
        n = 0
        while not ended.is_set():
            with contextlib.suppress(JournalError):  # "it was interrupted": then nothing is sent
                (journal if name < "d" else other).write(name, "intent", {"n": n}, gather=0.001)
                told.append((name, n))
            n += 1

    with ThreadPoolExecutor(5) as pool:
        working = [pool.submit(work, name) for name in "abcde"]
        try:
            storm(journal, times)
        finally:
            ended.set()
    for one in working:
        one.result()
    other.write("others", "claim", {})
    journal.write("main", "claim", {})
    journal.close()
    other.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
