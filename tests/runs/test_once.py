"""Nothing is done twice, however a run is begun: at the same moment by several, interrupted, resumed from copies."""

from __future__ import annotations

import contextlib
import ctypes
import json
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError, PlanOutOfDate, RunError, RunTaken
from cvtr_widgets.sandbox import Mishap
from tests.forked import Forked
from tests.runs.conftest import QUICK, Gate, until
from tests.runs.test_kill import end_of, held, kernel

ROOT = Path(__file__).resolve().parents[2]


def effects(sandbox, ids) -> set[int]:
    return {len(sandbox.server.effects(lead_id)) for lead_id in ids}


def caution(sandbox, count: int) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:count]


@pytest.mark.parametrize("action", [cvtr.reprocess(), cvtr.mark_test("Test lead")], ids=["reprocess", "test"])
def test_a_plan_that_several_start_at_the_same_moment_is_run_by_one(sandbox, open_session, action):
    ids = caution(sandbox, 20)
    sessions = [open_session(chunk=5) for _ in range(6)]
    plan = sessions[0].plan(action, ids)
    together = threading.Barrier(len(sessions))

    def start(session) -> cvtr.Run | CvtrError:
        together.wait()
        try:
            return session.start(plan, confirm=True)
        except CvtrError as error:
            return error

    with ThreadPoolExecutor(len(sessions)) as pool:
        found = list(pool.map(start, sessions))
    runs = [one for one in found if isinstance(one, cvtr.Run)]
    assert len(runs) == 1
    assert runs[0].wait(60)
    assert [repr(one) for one in found if one is not runs[0] and not isinstance(one, PlanOutOfDate)] == []
    assert effects(sandbox, ids) == {1}
    assert runs[0].counts["confirmed"] == len(ids)


def test_a_plan_that_one_session_starts_twice_at_once_is_run_once(sandbox, session):
    ids = caution(sandbox, 8)
    plan, together, refused = session.plan(cvtr.reprocess(), ids), threading.Barrier(5), []

    def start(_: int) -> None:
        together.wait()
        try:
            session.run(plan, confirm=True)
        except PlanOutOfDate as error:
            refused.append(error)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(start, range(5)))
    assert len(refused) == 4
    assert effects(sandbox, ids) == {1}


def test_a_plan_that_several_processes_start_at_the_same_moment_is_run_by_one(sandbox, session, tmp_path):
    ids = caution(sandbox, 12)
    path = tmp_path / "plan"
    path.write_bytes(pickle.dumps(session.plan(cvtr.reprocess(), ids)))
    with contextlib.ExitStack() as stack:
        kernels = [stack.enter_context(Forked("tests.runs.start_together", sandbox.url, str(path))) for _ in range(4)]
        assert [one.stdout.readline().strip() for one in kernels] == ["ready"] * 4
        for one in kernels:
            one.stdin.write("go\n")
            one.stdin.flush()
        told = sorted(one.communicate(timeout=120)[0].strip() for one in kernels)
    assert told == ["PlanOutOfDate"] * 3 + ["ran"]
    assert effects(sandbox, ids) == {1}


def test_a_run_that_several_kernels_resume_at_the_same_moment_is_resumed_by_one(sandbox, open_session):
    ids = caution(sandbox, 20)
    with held(sandbox, ids, action="reprocess", step="answered", nth=2) as process:
        end_of(process)
    session = open_session()
    run_id = session.unfinished().index[0]
    kernels = [kernel(sandbox, ids, resume=run_id) for _ in range(4)]
    ends = [end_of(one) for one in kernels]
    assert sum(code == 0 for code, _, _ in ends) == 1, ends
    assert max(effects(sandbox, ids)) == 1
    assert len(session.recorded(run_id)) == 20


def test_leads_that_two_copies_of_a_journal_reprocess_are_never_plainly_confirmed(
    sandbox, open_session, journal_folder, tmp_path, monkeypatch
):
    """Two machines with a synchronised folder: neither can see the other's lock."""
    ids = caution(sandbox, 12)
    with held(sandbox, ids, action="reprocess", chunk=3, step="before intent", nth=2) as process:
        end_of(process)
    copy = tmp_path / "copy"
    shutil.copytree(journal_folder, copy)
    # Both send one chunk at the same moment, and read back when both were answered.
    meetings = {"before intent": threading.Barrier(2), "answered": threading.Barrier(2)}

    def opened(folder: Path) -> cvtr.LeadSession:
        monkeypatch.setenv("CVTR_JOURNAL", str(folder))
        session = open_session(patience=QUICK, on_step=lambda name: name in meetings and _meet(meetings[name]))
        session.unfinished()
        return session

    sessions = [opened(journal_folder), opened(copy)]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda s: s.resume(s.unfinished().index[0]), sessions))
    assert max(effects(sandbox, ids)) == 2, "the copies did not meet"
    for run in runs:
        for lead_id, outcome in run.results.outcome.items():
            assert len(sandbox.server.effects(lead_id)) == 1 or outcome != "confirmed", run.results.detail[lead_id]
    words = [d for run in runs for d in run.results.detail]
    assert any("processed 2 times" in text for text in words), set(words)


def _meet(together: threading.Barrier) -> None:
    try:
        together.wait(5)
    except threading.BrokenBarrierError:
        return


ROUNDS = [pytest.param(n, marks=[] if n < 2 else [pytest.mark.long]) for n in range(20)]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no interval timer there")
@pytest.mark.parametrize("part", ROUNDS)
def test_ctrl_c_at_any_moment_of_the_start_does_nothing_twice(sandbox, session, part):
    """A kernel of its own is interrupted at 12 moments of ``run`` and of ``resume``, a little later each time."""
    ids = caution(sandbox, 4 * 12)
    given = json.dumps({"url": sandbox.url, "ids": ids, "part": part})
    code, out, err = end_of(Forked("tests.runs.interrupted_start", given))
    assert code == 0, err[-3000:]
    told = {int(lead_id): words for lead_id, words in json.loads(out.splitlines()[-1]).items()}
    assert sorted(told) == sorted(ids)
    for lead_id in ids:
        number = len(sandbox.server.effects(lead_id))
        assert number <= 1, f"lead {lead_id} was reprocessed {number} times"
        assert told[lead_id] != "confirmed" or number == 1
        assert told[lead_id] != "not_sent" or number == 0
    assert len(session.unfinished()) == 0


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, RuntimeError])
def test_a_display_that_raises_does_not_keep_a_run_from_ending(sandbox, open_session, error):
    ids = caution(sandbox, 30)
    session = open_session(chunk=5)

    def show(progress) -> None:
        if progress.sent:
            raise error

    run = session.start(session.plan(cvtr.mark_test("Test lead"), ids), confirm=True, on_progress=show)
    assert run.wait(60)
    assert sum(run.counts.values()) == 30
    for lead_id, outcome in run.results.outcome.items():
        assert len(sandbox.server.effects(lead_id)) == (outcome == "confirmed"), outcome
    assert error is RuntimeError or run.state in {"cancelled", "done"}
    assert error is not RuntimeError or run.counts["confirmed"] == 30


def _runs(thread: threading.Thread) -> bool:
    """Whether a thread is past its beginning, and starts no other: an exception at that moment is lost in Python itself, whose
    ``Thread.start()`` then waits for ever.
    """
    frame, names = sys._current_frames().get(thread.ident or 0), set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return not names or ("run" in names and "start" not in names)


def _stack(thread: threading.Thread) -> list[tuple[object, int]]:
    frame, found = sys._current_frames().get(thread.ident or 0), []
    while frame is not None:
        found.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return found


# An exception at any instruction also hits those between the opening of a socket and its keeping; the garbage collector closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("step", ["before intent", "answered"])
def test_an_exception_thrown_into_the_threads_of_a_run_ends_it_with_true_outcomes(sandbox, open_session, error, step):
    """As a debugger, a time-out helper or ``stopit`` does it: at any moment, into every thread of the run."""
    ids = caution(sandbox, 30)
    gate = Gate(step, passes=2)
    session = open_session(chunk=3, on_step=gate)
    sandbox.server.latency = 0.02
    before = {thread.ident for thread in threading.enumerate()}
    run = session.start(session.plan(cvtr.mark_test("Test lead"), ids), confirm=True)
    until(lambda: run.progress.sent >= 3 or step == "before intent")
    looks: list[dict[int, list[tuple[object, int]]]] = []

    def at_rest() -> bool:
        mine = [t for t in threading.enumerate() if t.ident not in before and t.name.startswith(("cvtr-run", "cvtr-read"))]
        looks.append({t.ident or 0: _stack(t) for t in mine})
        return len(looks) > 8 and all(look == looks[-1] for look in looks[-8:]) and all(map(_runs, mine))

    until(at_rest)  # none is about to start another
    for thread in [t for t in threading.enumerate() if t.ident in looks[-1]]:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(error))
    gate.open()
    assert run.wait(60), run
    assert sum(run.counts.values()) == 30
    for lead_id, outcome in run.results.outcome.items():
        number = len(sandbox.server.effects(lead_id))
        assert number <= 1
        assert outcome != "confirmed" or number == 1, outcome
        assert outcome not in {"not_sent", "skipped", "refused"} or number == 0, outcome
    if session.unfinished().index.tolist():  # whatever was left open can be gone on with, and does nothing twice
        session.resume(session.unfinished().index[0])
    assert effects(sandbox, ids) <= {0, 1}


def test_a_run_whose_queue_is_polled_is_cancelled_within_two_seconds(sandbox, open_session):
    session = open_session(patience=cvtr.Patience(queue=60.0, doubt=0.2, settle=0.2))
    ids = caution(sandbox, 5)
    sandbox.server.mishaps = [Mishap("leads-bulk-reprocess", "never")]
    run = session.start(session.plan(cvtr.reprocess(), ids), confirm=True)
    until(lambda: run.progress.sent == 5)
    run.cancel()
    assert run.wait(2.0), run
    assert not run.counts["contradicted"]
    assert sum(run.counts.values()) == 5


def test_a_run_whose_account_is_locked_on_the_way_says_that_it_broke_off(sandbox, open_session):
    session, ids = open_session(chunk=3), caution(sandbox, 30)
    plan = session.plan(cvtr.mark_test("Test lead"), ids)
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "login_ends", nth=3)]
    run = session.run(plan, confirm=True)
    assert run.state == "failed"
    assert run.error is not None
    assert run.counts["not_sent"] > 0
    assert all(len(sandbox.server.effects(i)) == 0 for i in run.results.index[run.results.outcome == "not_sent"])


def test_a_service_that_goes_away_on_the_way_is_said(sandbox, open_session):
    session, ids = open_session(chunk=3), caution(sandbox, 30)
    plan = session.plan(cvtr.mark_test("Test lead"), ids)
    sandbox.server.latency = 0.5  # ten writes in several waves: it is gone before the last of them, however busy the machine
    gone = threading.Event()

    def leave(progress) -> None:
        if progress.sent and not gone.is_set():
            gone.set()
            threading.Thread(target=sandbox.stop).start()

    run = session.start(plan, confirm=True, on_progress=leave)
    assert run.wait(120)
    assert run.state == "failed"
    assert run.error is not None
    assert sum(run.counts.values()) == 30


SCRIPT = """
import os, sys
import cvtr_widgets as cvtr
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.sandbox import SandboxServer
name, word, _ = SandboxServer.USERS["admin"]
client = cvtr.connect(SANDBOX, name, word, url=sys.argv[1], limits=cvtr.Limits(chunk=2, in_flight=2))
ids = [int(one) for one in sys.argv[2].split(",")]
if sys.argv[3] == "panel":
    panel = cvtr.LeadPanel(client)
    session = panel.session
else:
    session = cvtr.LeadSession(client, progress=False)
action = cvtr.mark_undelivered() if sys.argv[4] == "undelivered" else cvtr.mark_test("Test lead")
signature = "Ana Lopes" if sys.argv[4] == "undelivered" else None
plan = session.plan(action, ids)
run = session.start(plan, confirm=True, signature=signature)
"""


@pytest.mark.parametrize("with_what", ["session", "panel"])
def test_a_script_that_ends_after_start_sends_what_it_started_and_says_so(sandbox, with_what):
    ids = caution(sandbox, 20)
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "slow", seconds=0.05)]
    command = [sys.executable, "-c", SCRIPT, sandbox.url, ",".join(map(str, ids)), with_what, "test"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    assert effects(sandbox, ids) == {1}
    assert "the script has ended; run" in done.stderr


def test_a_script_that_ends_after_start_also_reads_back_what_takes_a_request_a_lead(sandbox, open_session):
    """Python's pools of threads take nothing more by then."""
    ids = sandbox.server.lead_ids(status="Valid", delivery="Delivered")[:30]
    sandbox.server.mishaps = [Mishap("leads-bulk-is-delivered", "slow", seconds=0.05)]
    command = [sys.executable, "-c", SCRIPT, sandbox.url, ",".join(map(str, ids)), "session", "undelivered"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    last = open_session().last_run()
    assert (last.state, last.counts) == ("done", {"confirmed": 30}), last


@pytest.mark.parametrize("noted", [False, True])
def test_leads_that_a_broken_run_did_not_read_back_are_read_when_it_is_resumed(sandbox, open_session, noted):
    ids = caution(sandbox, 20)

    def breaks(name: str) -> None:
        if name == "read back":
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    broken = open_session(chunk=5, on_step=breaks)
    run = broken.run(broken.plan(cvtr.mark_test("Test lead"), ids), confirm=True)
    assert run.state == "failed"
    assert run.counts["unknown"] == sum(len(sandbox.server.effects(i)) for i in ids) > 0
    with pytest.raises(RunError, match=f"Run {run.id} is not finished"):
        broken.plan_undo(run)
    if noted:  # as older versions did
        rows = [[i, "unknown", 0, None, None] for i in run.results.index[run.results.outcome == "unknown"]]
        said = {"details": ["sent; then the run broke off (RuntimeError)"], "rows": rows}
        broken._running.journal.write(run.id, "outcome", said)
    session = open_session(chunk=5)
    assert session.unfinished().loc[run.id, "in_doubt"] == run.counts["unknown"]
    assert session.resume(run.id).counts["confirmed"] == 20
    assert effects(sandbox, ids) == {1}


def test_what_is_interrupted_before_it_begins_is_not_a_run(session, sandbox, monkeypatch):
    """As Ctrl-C at the very first moment: the handle is lost, and so is the run."""
    ids = caution(sandbox, 4)
    plan = session.plan(cvtr.reprocess(), ids)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.0, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT))
    try:
        timer.start()
        run = session.run(plan, confirm=True)
    except KeyboardInterrupt:
        run = None
    timer.join()
    number = effects(sandbox, ids)
    assert number <= {0, 1}
    if run is not None:
        assert all(
            (outcome == "confirmed") == (len(sandbox.server.effects(lead_id)) == 1)
            for lead_id, outcome in run.results.outcome.items()
        )
    with pytest.raises((PlanOutOfDate, RunError, RunTaken)) if number == {1} else _nothing():
        again = session.run(plan, confirm=True)
        assert again.counts["confirmed"] == 4
    assert effects(sandbox, ids) == {1}


def _nothing():
    return contextlib.nullcontext()
