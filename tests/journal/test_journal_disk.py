"""What the journal's disk can do to it: full, read-only, gone, without a WAL, torn, with a flipped bit. Nothing is sent then."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal.journal import Journal
from tests.runs.test_kill import ROOT
from tests.session.test_pause_and_progress import until

NOBODY = 65534
RUN = """
import resource, sys
import cvtr_widgets as cvtr
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.errors import JournalError
from cvtr_widgets.sandbox import SandboxServer
user, password, _ = SandboxServer.USERS["admin"]
client = cvtr.connect(SANDBOX, user, password, url=sys.argv[1])
session = cvtr.LeadSession(client, progress=False)
plan = session.plan(cvtr.mark_test("Test lead"), sys.argv[3])
size = int(sys.argv[2])
if size:
    session.history()
    there = max(p.stat().st_size for p in session._running.journal.path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (there + size, there + size))
if int(sys.argv[4]):
    # Everything is loaded by now but what a run itself needs, and Python may lie where only root can read.
    import cvtr_widgets.runs.results, pandas, os
    pandas.DataFrame({"x": pandas.Series(["a"], dtype="object")}).astype("category")
    os.setuid(int(sys.argv[4]))
try:
    run = session.run(plan, confirm=True)
except JournalError as error:
    print("refused:", error)
else:
    print("run:", run.state, run.counts["not_sent"], run.counts["confirmed"], type(run.error).__name__, run.error)
"""


def run_apart(sandbox, ids, folder: Path, *, size: int = 0, user: int = 0) -> str:
    """A run in a process of its own, whose files may grow by ``size`` bytes more, or that gives up root's rights first."""
    environ = {**os.environ, "CVTR_JOURNAL": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory(prefix="cvtr-settings-") as settings:
        Path(settings).chmod(0o755)  # so that any user sees that there are none
        environ["CVTR_SETTINGS"] = settings
        done = subprocess.run(
            [sys.executable, "-c", RUN, sandbox.url, str(size), " ".join(map(str, ids)), str(user)],
            cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:60]


def sent(sandbox, ids) -> int:
    return sum(bool(sandbox.server.effects(i)) for i in ids)


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits and users are those of POSIX")
def test_on_a_full_disk_nothing_is_sent(sandbox, ids, tmp_path):
    said = run_apart(sandbox, ids, tmp_path / "journal", size=1)
    assert said.startswith("refused:")
    assert "CVTR_JOURNAL" in said
    assert sent(sandbox, ids) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits and users are those of POSIX")
@pytest.mark.parametrize("size", [12_000, 20_000, 28_000])
def test_where_the_disk_fills_up_on_the_way_what_was_sent_is_known(sandbox, ids, tmp_path, size):
    said = run_apart(sandbox, ids, tmp_path / "journal", size=size)
    if said.startswith("refused:"):
        assert sent(sandbox, ids) == 0
        return
    _, state, not_sent, confirmed, *_ = said.split()
    assert (int(not_sent), int(confirmed)) == (len(ids) - sent(sandbox, ids), sent(sandbox, ids))
    if int(not_sent):
        assert (state, "JournalError" in said) == ("failed", True)


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits and users are those of POSIX")
def test_in_a_read_only_place_nothing_is_sent(sandbox, ids, tmp_path_factory):
    folder = tmp_path_factory.mktemp("read-only")
    for above in (folder, *folder.parents):
        if above.is_relative_to(tempfile.gettempdir()) and above != Path(tempfile.gettempdir()):
            above.chmod(0o755)  # so that whoever is not root comes as far as the folder, and no further
    folder.chmod(0o555)
    said = run_apart(sandbox, ids, folder, user=NOBODY if os.geteuid() == 0 else 0)  # root may write anywhere
    assert said.startswith("refused:")
    assert sent(sandbox, ids) == 0
    assert list(folder.iterdir()) == []


def test_a_disk_that_vanishes_stops_the_run_and_what_was_sent_is_known(sandbox, open_session, journal_folder):
    ids = sandbox.server.lead_ids(status="Caution")[:60]
    lock, gone = threading.Lock(), []

    def vanish(name: str) -> None:
        """After three intents. The journal looks for its file twice a second: the fourth comes when it has to look."""
        if name == "before intent":
            with lock:
                gone.append(None)
                if len(gone) == 4:
                    shutil.rmtree(journal_folder, ignore_errors=True)
                    gone[-1] = time.monotonic()
            if len(gone) >= 4:
                until(lambda: gone[3] is not None and time.monotonic() - gone[3] > 0.6)

    session = open_session(chunk=2, on_step=vanish)
    run = session.start(session.plan(cvtr.mark_test("Test lead"), ids), confirm=True)
    run.wait()
    assert run.state == "failed"
    assert isinstance(run.error, JournalError)
    assert run.counts["confirmed"] == sent(sandbox, ids)
    assert run.counts["not_sent"] == len(ids) - sent(sandbox, ids) > 0


def test_where_there_can_be_no_wal_the_old_way_is_taken(session, journal_folder):
    path = session._running.journal.path
    session.close()
    path.unlink()
    path.with_name(path.name + "-shm").mkdir()  # no file of that name can be made: there can be no WAL
    assert session._running.journal.mode == "delete"
    assert any("slow way" in note for note in session.journal_notes)
    assert session._running.journal._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    session._running.journal.write("run-1", "intent", {"chunk": 1})
    assert session.verify_journal().ok


def test_a_disk_that_is_thrown_away_is_said(session, monkeypatch):
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.example/")
    (note,) = session.journal_notes
    assert "Binder" in note
    assert "export_journal" in note


@pytest.fixture
def written(tmp_path) -> Path:
    path = tmp_path / "acme-7.sqlite"
    journal = Journal(path)
    for n in range(200):
        journal.write("run-1", "intent", {"chunk": n, "leads": list(range(n, n + 50))})
    journal.close()  # with the last connection closed, all is in the one file
    return path


def found_or_refused(path: Path, head: str) -> bool:
    try:
        journal = Journal(path)
    except JournalError as error:
        said = str(error)
        return bool(re.search(r"damaged|cannot be used", said) and re.search("move the file away|CVTR_JOURNAL", said))
    report = journal.verify(head)
    journal.close()
    return not report.ok


def test_a_torn_last_page_is_found(written):
    head = Journal(written, reading=True).head()
    with written.open("r+b") as file:
        file.truncate(written.stat().st_size - 2_048)
    assert found_or_refused(written, head)


def test_a_last_page_of_nothing_is_found(written):
    head = Journal(written, reading=True).head()
    with written.open("r+b") as file:
        file.seek(-4_096, os.SEEK_END)
        file.write(b"\0" * 4_096)
    assert found_or_refused(written, head)


@pytest.mark.parametrize("part", range(12))
def test_a_flipped_bit_in_an_entry_is_found(written, part):
    reading = Journal(written, reading=True)
    head, rows = reading.head(), list(reading.rows())
    reading.close()
    number, at, _, _, data, found = rows[part * len(rows) // 12]
    content = written.read_bytes()
    target = {0: data, 1: at, 2: found}[part % 3].encode()
    place = content.index(target) + part % len(target)
    written.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert found_or_refused(written, head), f"entry {number}"


def test_nothing_is_sent_with_a_damaged_journal(sandbox, open_session, ids):
    session = open_session()
    session.run(session.plan(cvtr.mark_test("one"), ids[:2]), confirm=True)
    path = session._running.journal.path
    session.close()
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(JournalError, match="damaged"):
        session.run(session.plan(cvtr.mark_test("two"), ids), confirm=True)
    assert sent(sandbox, ids) == 2


def test_a_noted_head_finds_a_cut_tail(session, ids):
    run = session.run(session.plan(cvtr.mark_test("one"), ids[:2]), confirm=True)
    assert session.verify_journal(head=run.journal_head).ok
    path = session._running.journal.path
    session.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM entries WHERE number = (SELECT max(number) FROM entries)")
    db.close()
    assert session.verify_journal().ok
    report = session.verify_journal(head=run.journal_head)
    assert not report.ok
    assert "cut off" in report.problems[0]
