"""One kernel among several: after a line on its input it sends as many requests as it may, and says when each began and
ended, until it is killed.

python limit_kernel.py FOLDER REQUESTS WINDOW THREADS HOLD
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from pathlib import Path

from cvtr_widgets.api.limits.rate_limiter import RateLimiter
from cvtr_widgets.errors import TooManyRequests
from cvtr_widgets.request_limits import Limits


def main(folder: str, requests: str, window: str, threads: str, hold: str) -> None:
    limiter = RateLimiter(Limits(requests=int(requests), window=float(window), in_flight=int(threads)), folder=Path(folder))
    telling = threading.Lock()

    def tell(text: str) -> None:
        with telling:
            print(text, flush=True)

    def work() -> None:
        while True:
            with contextlib.suppress(TooManyRequests), limiter.slot():
                began = time.monotonic()
                tell(f"in {began!r}")
                time.sleep(float(hold))
                ended = time.monotonic()
            tell(f"request {began!r} {ended!r}")

    tell("ready")
    sys.stdin.readline()
    for _ in range(int(threads)):
        threading.Thread(target=work).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
