"""Its lifetime, its threads, what it noted about its callers, and the truth while others write."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from cvtr_widgets.errors import SandboxError
from cvtr_widgets.sandbox import Mishap, SandboxServer
from tests.sandbox.conftest import NEVER, soon

ROOT = Path(__file__).resolve().parents[2]


def test_it_serves_only_this_machine_and_stops_with_its_block():
    with SandboxServer(leads=3) as server:
        host, port = server.url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        assert httpx.get(server.url + "/api/v4/leads").status_code == 401
    with pytest.raises(OSError, match=r"refused|111"), socket.create_connection((host, int(port)), 1):
        pass
    server.stop()  # again is fine


def test_it_leaves_no_thread_and_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = set(threading.enumerate())
    with SandboxServer(leads=50) as server:
        httpx.get(server.url)
        assert list(tmp_path.iterdir()) == []
    # Not their number: a thread of the test before may end meanwhile.
    assert set(threading.enumerate()) <= before


def test_what_makes_no_sense_is_said():
    with pytest.raises(SandboxError, match="2,000,000"):
        SandboxServer(leads=-1)
    with SandboxServer(leads=0) as server:
        assert server.lead_ids() == []
        with pytest.raises(OSError, match="in use"):
            SandboxServer(leads=0, port=server.port)


def test_a_connection_is_kept_alive(server, admin):
    line = HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(line):
        line.connect()
        lead_id = line.sock
        for _ in range(3):
            line.request("GET", "/api/v4/leads", headers={"Authorization": admin.http.headers["Authorization"]})
            answer = line.getresponse()
            assert (answer.status, answer.version, len(json.loads(answer.read())["hydra:member"])) == (200, 11, 30)
            assert line.sock is lead_id  # http.client drops it when the server closes


def test_at_least_sixteen_requests_are_answered_at_once(server, admin):
    server.mishaps = [Mishap("leads", "slow", "before", seconds=NEVER)]
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(admin.get, "leads") for _ in range(16)]
        soon(lambda: server.max_in_flight == 16)
        server.mishaps = ()
        server.hurry()
        assert [answer.result().status_code for answer in asked] == [200] * 16


def test_an_answer_takes_its_latency(entering):
    with SandboxServer(leads=5, latency=0.1) as server:
        caller = entering(server)
        started = time.monotonic()
        caller.get("leads")
        assert time.monotonic() - started >= 0.1
        server.latency = 0
        assert server.latency == 0


def test_it_notes_every_request(server, admin):
    admin.get("leads", ("page", 2), ("id[]", 1), ("id[]", 2))
    admin.write("leads-bulk-flag", 1, flag="test", flagReason=21)
    login, read, write = server.requests
    assert (login.method, login.path, login.status, login.user) == ("POST", "/api/login", 200, None)
    assert (read.path, read.query) == ("/api/v4/leads", [("page", "2"), ("id[]", "1"), ("id[]", "2")])
    assert (write.user, write.status, write.body["leads"]) == ("admin@sandbox.example", 200, [1])
    assert login.started <= login.ended <= read.started <= read.ended
    assert "password" not in repr(login)
    assert server.users["admin"][1] not in repr(server.requests)


def test_others_change_and_delete_leads(server, admin):
    lead, other = server.lead_ids(status="Valid", delivery="Delivered")[:2]
    server.change(lead, status="Invalid", reason="Duplicate", delivery="Not Delivered")
    truth = server.lead(lead)
    assert (truth["status"], truth["reason"], truth["delivery"]) == ("Invalid", "Duplicate", "Not Delivered")
    assert lead in admin.ids(("currentStatus", "Invalid"), ("id[]", lead))
    assert admin.get("lead-notes", ("lead.id", lead)).json()["hydra:member"][-1]["user"] != server.users["admin"][0]
    assert server.effects(lead) == []
    server.change_record(lead, integration=None)
    assert server.record(lead)["integration"] is None
    server.delete(other)
    assert admin.get(f"leads/{other}").status_code == 404
    for nobody in (1, 2**70):
        with pytest.raises(KeyError):
            server.lead(nobody)
        with pytest.raises(KeyError):
            server.record(nobody)


def test_totals_are_right_while_many_write_and_read(server, admin):
    """Readers count while writers flag and leads arrive: nothing is lost, nothing is counted twice."""
    leads = server.lead_ids(status="Caution")

    def flag(lead: int) -> None:
        assert admin.word("leads-bulk-flag", lead, flag="invalid", flagReason=32)[0] == "ok"
        assert admin.total() >= 300

    invalid = len(server.lead_ids(status="Invalid"))
    with ThreadPoolExecutor(8) as pool:
        arriving = pool.submit(lambda: [server.arrive() for _ in range(10)])
        list(pool.map(flag, leads))
        arrived = [i for batch in arriving.result() for i in batch]
    assert len(set(arrived)) == 10
    assert admin.total() == 310
    newly = sum(server.lead(i)["status"] == "Invalid" for i in arrived)
    assert admin.total(("currentStatus", "Invalid")) == invalid + len(leads) + newly
    assert all(len(server.effects(i)) == 1 for i in leads)


@contextlib.contextmanager
def start(*words: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "cvtr_widgets.sandbox", "--leads", "5", *words]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing happens where it has ended, as it should


def address(process: subprocess.Popen) -> str:
    line = process.stdout.readline()
    assert "with 5 leads at http://127.0.0.1:" in line
    return line.split()[-1]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals for other processes")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_in_a_process_of_its_own_it_ends_cleanly_when_told(how):
    with start() as process:
        assert httpx.get(address(process) + "/api/v4/leads").status_code == 401
        process.send_signal(how)
        assert process.wait(20) == 0


def test_it_ends_with_whoever_holds_its_standard_input():
    with start("--stop-with-stdin", "--latency", "0.01") as process:
        assert httpx.get(address(process)).status_code == 404
        process.stdin.close()
        assert process.wait(20) == 0


def test_it_ends_with_its_process_though_nobody_stopped_it():
    program = "from cvtr_widgets.sandbox import SandboxServer; s = SandboxServer(leads=5); print(s.url)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("http://127.0.0.1:")
    assert ended.stderr == ""
