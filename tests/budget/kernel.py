"""One kernel among several: sends as many requests as it may, and says when each began and ended.

python kernel.py FOLDER REQUESTS WINDOW THREADS SECONDS HOLD
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from pathlib import Path

from cvtr_widgets.api.budget import Budget
from cvtr_widgets.errors import TooManyRequests
from cvtr_widgets.models import Limits


def main(folder: str, requests: str, window: str, threads: str, seconds: str, hold: str) -> None:
    budget = Budget(Limits(requests=int(requests), window=float(window), in_flight=int(threads)), folder=Path(folder))
    ends = time.monotonic() + float(seconds)
    told: list[tuple[float, float]] = []

    def work() -> None:
        while (left := ends - time.monotonic()) > 0:
            with contextlib.suppress(TooManyRequests), budget.slot(patience=left):
                began = time.monotonic()
                sys.stdout.write(f"in {began!r}\n")
                sys.stdout.flush()
                time.sleep(float(hold))
                told.append((began, time.monotonic()))

    workers = [threading.Thread(target=work) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    budget.close()
    for began, ended in told:
        print(f"request {began!r} {ended!r}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
