"""How long loading 20,000 leads takes, against the least that is possible and against plain httpx.

python dev.py bench            (or: python benchmarks/load.py)

Two questions, each answered by a ratio within one run, with the sandbox in a process of its own:

* at 150 ms latency: ``session.pull()`` against the floor of (1 + ceil((pages - 1) / requests in flight)) x 150 ms
* at 0 ms: ``session.pull()`` against plain httpx with the same number of threads, ``json`` and a DataFrame

Each is measured several times in turn, so that both sides see the same machine; the medians are compared.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pandas as pd

import cvtr_widgets as cvtr
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.sandbox import SandboxServer

LATENCY = 0.150
ADMIN, PASSWORD, _ = SandboxServer.USERS["admin"]


@contextlib.contextmanager
def sandbox(leads: int, latency: float) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "cvtr_widgets.sandbox",
        "--leads",
        str(leads),
        "--latency",
        str(latency),
        "--rate-limit",
        "1000000",
        "--stop-with-stdin",
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http://"))
        yield url
    finally:
        process.stdin.close()
        process.wait(20)


def ours(url: str, limits: cvtr.Limits) -> float:
    with cvtr.connect(SANDBOX, ADMIN, PASSWORD, url=url, limits=limits) as client:
        session = cvtr.LeadSession(client, progress=False)
        client.campaigns(), client.publishers()
        started = time.perf_counter()
        frame = session.pull()
        took = time.perf_counter() - started
        assert frame.attrs["notes"] == [], frame.attrs["notes"]
        return took


def plain(url: str, pages: int, threads: int) -> float:
    with httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_connections=threads)) as client:
        token = client.post("/api/login", data={"username": ADMIN, "password": PASSWORD}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

        def page(number: int) -> list[dict]:
            answer = client.get("/api/v4/leads", params={"page": number, "itemsPerPage": 100})
            return json.loads(answer.content)["hydra:member"]

        started = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            found = [lead for part in pool.map(page, range(1, pages + 1)) for lead in part]
        pd.DataFrame(found)
        return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    limits = cvtr.Limits(requests=1_000_000)
    pages, flight = math.ceil(options.leads / limits.page), limits.in_flight
    floor = (1 + math.ceil((pages - 1) / flight)) * LATENCY
    with sandbox(options.leads, LATENCY) as url:
        slow = [ours(url, limits) for _ in range(max(3, options.repeats // 2))]
    with sandbox(options.leads, 0.0) as url:
        ours(url, limits), plain(url, pages, flight)  # once for nothing: files and code are warm then
        pairs = [(ours(url, limits), plain(url, pages, flight)) for _ in range(options.repeats)]
    fast, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{options.leads:,} leads, {pages} pages of {limits.page}, {flight} requests in flight")
    slowest = statistics.median(slow)
    print(f"at {LATENCY * 1000:.0f} ms: {slowest:.2f} s, floor {floor:.2f} s, ratio {slowest / floor:.3f} (wanted: at most 1.10)")
    print(f"at 0 ms: {fast:.2f} s, plain httpx {other:.2f} s, ratio {fast / other:.3f} (wanted: at most 1.20)")
    return 0 if slowest / floor <= 1.10 and fast / other <= 1.20 else 1


if __name__ == "__main__":
    sys.exit(main())
