"""How long a run of 10,000 leads takes, against the requests that it needs; its commits, its 429s, and its memory.

python dev.py bench            (or: python benchmarks/run.py)

With the sandbox in a process of its own, at 100 ms latency:

* plan, run and reading back, against the floor: the requests that are needed, 8 at a time, 100 ms each (the median of three
  rounds), and beside plain httpx with the same requests and no journal, in the same round
* the same where the service ignores the id filter, so that leads are read by campaign and date
* seconds inside journal commits, answers of 429
* peak memory of a run of 100,000 leads beside one of 10,000 (at no latency), each in a process of its own

The requests that are needed: one asks which filters the service has, and cannot go out beside others; then the plan reads every
lead once, 100 a request, which proves that the id filter is obeyed. The run sends those that will change, 50 a request, and
reads them back, 100 a request. It reads again before it sends only what was read more than ``Patience.plan_age`` (20 s) ago,
which is nothing in a script that plans and runs 10,000 leads.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

import cvtr_widgets as cvtr
from cvtr_widgets.api.lead_service import remember_places
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.sandbox import SandboxServer

LATENCY = 0.100
ADMIN, PASSWORD, _ = SandboxServer.USERS["admin"]
ALLOWED = 1_000_000


@contextlib.contextmanager
def sandbox(leads: int, latency: float, *more: str) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "cvtr_widgets.sandbox",
        "--leads",
        str(leads),
        "--latency",
        str(latency),
        "--stop-with-stdin",
    ]
    command += ["--rate-limit", str(ALLOWED), *more]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http://"))
    finally:
        process.stdin.close()
        process.wait(20)


class Counted:
    """Counts what goes over the wire, by method and answer, through httpx's own hooks."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.statuses: dict[int, int] = {}
        self._lock = threading.Lock()

    def response(self, response: httpx.Response) -> None:
        path = response.request.url.path.rsplit("/", 1)[-1]
        kind = "write" if path.startswith("leads-bulk") else "lead" if path.isdigit() else path
        with self._lock:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            self.statuses[response.status_code] = self.statuses.get(response.status_code, 0) + 1


def listed(client: cvtr.Convertr, leads: int) -> list[int]:
    """Ids of leads, which the client then knows the places of."""
    ids: list[int] = []
    for page in client.listing(go_on=True).pages():
        remember_places(client, page)
        ids += [record["id"] for record in page]
        if len(ids) >= leads:
            break
    return ids[:leads]


def one_run(url: str, leads: int, given: list[int]) -> dict[str, Any]:
    """Plan and run; what it took. ``given``: the leads, else they are listed first."""
    limits = cvtr.Limits(requests=ALLOWED)
    with cvtr.connect(SANDBOX, ADMIN, PASSWORD, url=url, limits=limits) as client:
        counted = Counted()
        for http in (client._transport._reads, client._transport._writes):
            http.event_hooks = {"response": [counted.response]}
        session = cvtr.LeadSession(client, progress=False)
        ids = given or listed(client, leads)
        client.campaigns(), client.publishers(), session.reasons("test"), session.history()
        before = dict(counted.kinds)
        journal = session._running.journal
        commits, seconds = journal.commits, journal.seconds
        cpu = time.process_time()
        started = time.perf_counter()
        plan = session.plan(cvtr.mark_test("Test lead"), ids)
        planned = time.perf_counter()
        run = session.run(plan, confirm=True)
        ended = time.perf_counter()
        assert run.counts["confirmed"] == plan.will_change, run.counts
        kinds = {k: n - before.get(k, 0) for k, n in counted.kinds.items() if n > before.get(k, 0)}
        return {
            "leads": plan.will_change, "plan": planned - started, "run": ended - planned, "requests": kinds,
            "promised": plan.cost.requests,
            "seconds": journal.seconds - seconds, "commits": journal.commits - commits, "refused": counted.statuses.get(429, 0),
            "cpu": time.process_time() - cpu,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "alone": commits_alone(journal.commits - commits),
        }  # fmt: skip


def commits_alone(number: int) -> float:
    """Seconds that as many commits of two intents and an outcome take where nothing else runs beside them."""
    said = {"attempt": 1, "action": "test", "plan": "x" * 12, "leads": list(range(50))}
    rows = [[lead_id, "confirmed", 0, "Test", "Not Delivered"] for lead_id in range(100)]
    with (
        tempfile.TemporaryDirectory(prefix="cvtr-bench-", dir=os.environ.get("CVTR_BENCH_DIR")) as folder,
        contextlib.closing(Journal(Path(folder) / "runs.sqlite")) as journal,
    ):
        journal.seconds = 0.0
        for n in range(number):
            journal.write_later("r", "outcome", {"details": ["read back as intended"], "rows": rows})
            journal.write_all("r", [("intent", {"chunk": n, **said}), ("intent", {"chunk": n, **said})])
        return journal.seconds


def plain(url: str, leads: int, given: list[int]) -> dict[str, Any]:
    """The same requests by plain httpx with as many threads: no journal, no judging, nothing held back."""
    flight = cvtr.Limits().in_flight
    with httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_connections=flight)) as client:
        token = client.post("/api/login", data={"username": ADMIN, "password": PASSWORD}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        ids = given[:leads]
        parts = [ids[i : i + 100] for i in range(0, len(ids), 100)]

        def read(part: list[int]) -> int:
            wanted = [("page", "1"), ("itemsPerPage", "100"), *(("id[]", str(i)) for i in part)]
            return len(json.loads(client.get("/api/v4/leads", params=wanted).content)["hydra:member"])

        def write(part: list[int]) -> int:
            body = {"leads": part, "flag": "test", "customReason": "Benchmark"}
            return client.post("/api/v4/leads-bulk-flag", json=body).status_code

        started = time.perf_counter()
        with ThreadPoolExecutor(flight) as pool:
            list(pool.map(read, parts))
            todo = [(write, half) for part in parts for half in (part[:50], part[50:]) if half]
            todo += [(read, part) for part in parts]
            list(pool.map(lambda one: one[0](one[1]), todo))
        return {"seconds": time.perf_counter() - started}


def apart(url: str, leads: int, what: str = "ours", given: Sequence[int] = ()) -> dict[str, Any]:
    """In a process of its own, with a journal of its own."""
    with tempfile.TemporaryDirectory(prefix="cvtr-bench-", dir=os.environ.get("CVTR_BENCH_DIR")) as folder:
        environ = {**os.environ, "CVTR_JOURNAL": folder}
        command = [sys.executable, __file__, "--child", url, "--leads", str(leads), "--what", what]
        ids = json.dumps(list(given)[:leads])
        done = subprocess.run(command, env=environ, input=ids, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        return json.loads(done.stdout)


def ids_of(url: str, leads: int) -> list[int]:
    with cvtr.connect(SANDBOX, ADMIN, PASSWORD, url=url, limits=cvtr.Limits(requests=ALLOWED)) as client:
        return listed(client, leads)


def needed(leads: int, sent: int) -> tuple[int, int]:
    """Requests that the plan (besides that one) and the run need with the id filter."""
    return math.ceil(leads / 100), math.ceil(sent / 100) + math.ceil(sent / 50)


def show(title: str, took: dict[str, Any], reads: int, rest: int) -> float:
    flight = cvtr.Limits().in_flight
    floor = (1 + math.ceil(reads / flight) + math.ceil(rest / flight)) * LATENCY
    whole = took["plan"] + took["run"]
    sent = sum(took["requests"].values())
    print(f"{title}: {took['leads']:,} leads in {whole:.2f} s (plan {took['plan']:.2f}, run {took['run']:.2f})")
    print(f"  requests {sent:,} {took['requests']}, floor {1 + reads + rest:,} = {floor:.2f} s, ratio {whole / floor:.3f}")
    print(f"  this process worked {took['cpu']:.2f} s of that")
    share, refused = took["seconds"] / took["run"], took["refused"]
    print(f"  {took['commits']} journal commits in {took['seconds']:.3f} s = {share:.2%} of the run (wanted: at most 2 %)")
    print(f"  as many with nothing else in this process: {took['alone']:.3f} s = {took['alone'] / took['run']:.2%}")
    print(f"  answers of 429: {refused}")
    return whole / floor


def one_round(leads: int) -> tuple[dict[str, Any], float]:
    """Ours and then plain httpx, at a sandbox of their own."""
    with sandbox(leads, LATENCY) as url:
        took = apart(url, leads)
        return took, apart(url, leads, "plain", ids_of(url, leads))["seconds"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", default="")
    parser.add_argument("--what", default="ours")
    parser.add_argument("--only", choices=["id", "date", "memory"])
    options = parser.parse_args()
    if options.child:
        print(json.dumps((one_run if options.what == "ours" else plain)(options.child, options.leads, json.load(sys.stdin))))
        return 0
    good = True
    if options.only in {None, "id"}:
        rounds = sorted((one_round(options.leads) for _ in range(options.rounds)), key=lambda r: r[0]["plan"] + r[0]["run"])
        took, other = rounds[len(rounds) // 2]
        ratio = show("with the id filter", took, *needed(options.leads, took["leads"]))
        print(f"  the same requests by plain httpx in that round: {other:.2f} s")
        for ours, plainly in rounds:
            whole = ours["plan"] + ours["run"]
            print(f"  round: {whole:.2f} s, plain {plainly:.2f} s, ratio {whole / plainly:.3f}, commits {ours['seconds']:.3f} s")
        good = good and ratio <= 1.05 and took["seconds"] <= 0.02 * took["run"] and not took["refused"]
    if options.only in {None, "date"}:
        with sandbox(options.leads, LATENCY, "--no-id-filter") as url:
            took = apart(url, options.leads)
        sent, writes = sum(took["requests"].values()) - 2, took["requests"]["write"]
        show("without it", took, (sent - writes) // 2, sent - (sent - writes) // 2)
    if options.only in {None, "memory"}:
        with sandbox(options.many, 0.0) as url:
            ids = ids_of(url, options.many)
            few, many = (apart(url, n, given=ids)["peak"] for n in (options.leads, options.many))
        print(f"peak memory: {few:.0f} MB at {options.leads:,} leads of {options.many:,}, {many:.0f} MB at {options.many:,}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
