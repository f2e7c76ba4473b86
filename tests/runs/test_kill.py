"""A kernel is killed (SIGKILL) at each step of a run; another process goes on. Nothing happens twice, and what is said is so."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvtr_widgets.errors import PlanOutOfDate
from tests.forked import Forked
from tests.runs import killed

ROOT = Path(__file__).resolve().parents[2]
STEPS = (
    "read", "before intent", "intent", "answered", "answer noted", "read back", "before outcome", "outcome", "before end",
)  # fmt: skip
NEVER = {"not_sent", "skipped", "refused"}


def kernel(sandbox, ids, *, really: bool = False, **more) -> Forked | subprocess.Popen[str]:
    """``really``: a new interpreter, as a kernel is."""
    given = json.dumps({"url": sandbox.url, "ids": ids, **more})
    if not really:
        return Forked("tests.runs.killed", given)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.runs.killed", given], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextlib.contextmanager
def held(sandbox, ids, **more) -> Iterator[Forked]:
    """A kernel that is killed at the end of the block, whatever happens in it."""
    with kernel(sandbox, ids, **more) as process:
        try:
            yield process
        finally:
            process.kill()


def end_of(process: Forked | subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out.strip(), err


def leads_for(sandbox, action: str, count: int) -> list[int]:
    where = {"status": "Valid", "delivery": "Not Delivered"} if action == "deliver" else {"status": "Caution"}
    return sandbox.server.lead_ids(**where)[:count]


def hold(sandbox, session, ids, before, frame, action: str) -> None:
    """The invariants, against the sandbox's own record."""
    assert sorted(frame.index) == sorted(ids)
    for lead_id, row in frame.iterrows():
        effects = len(sandbox.server.effects(lead_id)) - before.get(lead_id, 0)
        assert effects <= 1, f"lead {lead_id}: {effects} effects"
        if row.outcome in NEVER:
            assert effects == 0, f"lead {lead_id} was {row.outcome} ({row.detail}) and applied"
        elif row.outcome == "confirmed":
            assert effects == 1, f"lead {lead_id} was confirmed and not applied"
    assert session.verify_journal().ok
    bytes_ = b"".join(p.read_bytes() for p in session._running.journal.path.parent.glob("*.sqlite*"))
    assert killed.COMMENT.encode() not in bytes_
    assert b"\\u00eb on the" not in bytes_  # the same, as JSON writes it


def go_on(sandbox, session, ids, action: str):
    runs = session.unfinished()
    if len(runs) == 0:
        return None
    assert list(runs["owner_pid"].isna()) == [True]
    run = session.resume(runs.index[0], comment=killed.COMMENT)
    assert run.error is None
    assert run.state == "done"
    assert len(session.unfinished()) == 0
    hold(sandbox, session, ids, {}, run.results, action)
    return run


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_the_run_is_gone_on_with(sandbox, open_session, step):
    action = {"answered": "reprocess", "intent": "deliver", "read back": "delete"}.get(step, "invalid")
    ids = leads_for(sandbox, action, 24)
    code, _, err = end_of(
        kernel(sandbox, ids, action=action, step=step, nth=1 if step == "before end" else 2, really=step == "outcome")
    )
    assert code == -9, err
    session = open_session(chunk=5)
    run = go_on(sandbox, session, ids, action)
    counts = run.counts
    assert counts["confirmed"] + counts["unknown"] == len(ids), run.results[["outcome", "detail"]].to_string()
    if step == "intent":  # noted and not sent: nobody can know that without the service's word
        assert counts["unknown"] > 0
    # Whatever the step, another thread may have stood between intent and sending.
    assert run.results.query("outcome == 'unknown'").detail.str.contains("kernel ended").all()


def test_a_policy_that_came_after_the_plan_holds_for_what_is_left_of_its_run(sandbox, open_session, tmp_path, monkeypatch):
    ids = leads_for(sandbox, "test", 80)
    with held(sandbox, ids, action="test", step="answered", nth=2, in_flight=1) as process:
        end_of(process)
    sent = {lead_id for lead_id in ids if sandbox.server.effects(lead_id)}
    assert len(sent) < len(ids)
    policy = tmp_path / "policy.toml"
    policy.write_text('never = ["test"]', encoding="utf-8")
    monkeypatch.setenv("CVTR_POLICY", str(policy))
    session = open_session(chunk=5)
    run_id = session.unfinished().index[0]
    with pytest.raises(PlanOutOfDate, match="policy has changed"):
        session.resume(run_id)
    run = session.resume(run_id, send=False)  # only looks at what is in doubt
    assert {lead_id for lead_id in ids if sandbox.server.effects(lead_id)} == sent
    assert run.counts["not_sent"] > 0


def test_killed_while_the_plan_is_noted_nothing_was_sent(sandbox, open_session):
    ids = leads_for(sandbox, "invalid", 10)
    code, _, _ = end_of(kernel(sandbox, ids, action="invalid", step="opened"))
    assert code == -9
    assert not any(sandbox.server.effects(i) for i in ids)
    run = go_on(sandbox, open_session(chunk=5), ids, "invalid")
    assert run.counts["confirmed"] == 10


def random_kills(sandbox, open_session, seed: int) -> None:
    chance = random.Random(seed)
    sandbox.server.latency = 0.02
    action = chance.choice(list(killed.ACTIONS))
    ids = leads_for(sandbox, action, 40)
    process = kernel(sandbox, ids, action=action, chunk=chance.choice([1, 4, 10]))
    run_id = process.stdout.readline().strip()
    time.sleep(chance.random() * 0.4)  # the moment is what is being tried
    process.kill()
    end_of(process)
    while run_id and chance.random() < 0.5:  # and again, while it is being gone on with
        process = kernel(sandbox, ids, action=action, resume=run_id)
        process.stdout.readline()
        time.sleep(chance.random() * 0.3)
        process.kill()
        end_of(process)
    sandbox.server.latency = 0.0
    session = open_session(chunk=4)
    run = go_on(sandbox, session, ids, action)
    if run is None:
        hold(sandbox, session, ids, {}, session.recorded(run_id), action)


@pytest.mark.parametrize("seed", range(4), ids=lambda n: f"seed {n}")
def test_killed_at_any_moment_nothing_happens_twice(sandbox, open_session, seed):
    random_kills(sandbox, open_session, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 300))
def test_killed_at_any_moment_many_times(sandbox, open_session, seed):
    random_kills(sandbox, open_session, seed)
