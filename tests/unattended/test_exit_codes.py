"""``cvtr-widgets run`` as a process of its own: each exit code, and a summary that says what the journal says."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.cli.summary import lock
from cvtr_widgets.runs.exit_code import exit_code_of
from cvtr_widgets.runs.replay import replay
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.runs.conftest import until
from tests.unattended.conftest import ROOT, end_of, summary_of


@pytest.fixture
def plan_file(session, sandbox, tmp_path):
    """A plan file of so many leads."""

    def make(count: int = 6, action=None, name: str = "a.cvtr-plan", **where):
        ids = sandbox.server.lead_ids(**(where or {"status": "Caution"}))[:count]
        return session.plan(action or cvtr.mark_test("Test lead"), ids).save(tmp_path / name, why="Tests"), ids

    return make


def agrees(session, ended) -> None:
    """Exit code, summary and journal say the same."""
    said = ended.summary
    assert said["exit_code"] == ended.code
    if "run_id" not in said:
        assert "cvtr-plan" not in str(session.history()) or session.history().empty
        return
    found = session.recorded(said["run_id"]).outcome.value_counts()
    assert {o: n for o, n in said["counts"].items() if n} == {str(o): int(n) for o, n in found.items() if n}
    recorded = replay(session._running.journal, said["run_id"])
    if ended.code in {0, 10, 20, 30}:
        assert ended.code == exit_code_of(recorded.plan, said["counts"], broke_off=recorded.ended == "failed")
    assert said["journal_head"] == session._running.journal.head()


def test_all_settled_well_is_0(sandbox, session, plan_file, done):
    file, ids = plan_file()
    ended = done(file, really=True)
    assert (ended.code, ended.err) == (0, "")
    assert ended.summary["counts"]["confirmed"] == len(ids)
    assert all(len(sandbox.server.effects(i)) == 1 for i in ids)
    agrees(session, ended)


def test_left_out_by_a_rule_is_10(sandbox, session, plan_file, done):
    file, ids = plan_file()
    sandbox.server.change_record(ids[0], advertiserPayout="9999.00")
    ended = done(file, really=True)
    assert ended.code == 10
    assert sandbox.server.effects(ids[0]) == []
    agrees(session, ended)


def test_so_already_is_well(session, plan_file, done, tmp_path):
    _, ids = plan_file()
    session.run(session.plan(cvtr.mark_test("Test lead"), ids[:2]), confirm=True)
    file = session.plan(cvtr.mark_test("Test lead"), ids).save(tmp_path / "b.cvtr-plan", why="Tests")
    ended = done(file)
    assert ended.code == 0
    assert ended.summary["counts"]["skipped"] == 2


def test_in_doubt_is_20(sandbox, session, plan_file, done):
    file, _ = plan_file(action=cvtr.reprocess())
    sandbox.server.mishaps = [Mishap("leads-bulk-reprocess", "status", "after")]
    ended = done(file, "--verify", "none", really=True)
    assert ended.code == 20, ended
    agrees(session, ended)


def test_contradicted_is_30(sandbox, session, plan_file, done):
    file, _ = plan_file(count=2)
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "lie")]
    ended = done(file, really=True)
    assert ended.code == 30, ended
    agrees(session, ended)


def test_not_started_is_40(sandbox, session, plan_file, done):
    file, ids = plan_file()
    content = file.read_bytes()
    nobody = done(file, CVTR_PASSWORD="", really=True)
    assert (nobody.code, "No password" in nobody.err) == (40, True)
    file.write_bytes(content.replace(b"Tests", b"Texts"))
    stale = done(file)
    assert (stale.code, stale.summary["state"], stale.summary["exit_code"]) == (40, "not started", 40)
    assert "not as it was saved" in stale.err
    file.write_bytes(content)
    session.run(session.open_plan(file).plan, confirm=True)
    again = done(file)
    assert (again.code, "run already" in again.err) == (40, True)
    assert sum(len(sandbox.server.effects(i)) for i in ids) == len(ids)


def test_what_is_signed_or_counted_needs_that(session, plan_file, done):
    delivered, _ = plan_file(2, cvtr.mark_delivered(), "d.cvtr-plan", status="Valid", delivery="Not Delivered")
    assert done(delivered).code == 40
    signed = done(delivered, "--signature", "Mary Manager")
    assert signed.code == 0
    assert set(session.recorded(signed.summary["run_id"]).signed_by) == {"Mary Manager"}
    deleted, _ = plan_file(2, cvtr.delete(), "e.cvtr-plan", status="Invalid")
    assert done(deleted).code == 40
    assert done(deleted, "--confirm-delete", "2").code == 0


def test_wrong_usage_is_2_and_a_crash_is_1(plan_file, done, tmp_path):
    file, _ = plan_file()
    assert done(file, "--no-such-option", really=True).code == 2
    broken = tmp_path / "broken" / "sitecustomize.py"
    broken.parent.mkdir()
    broken.write_text(
        "import cvtr_widgets.session.lead_session as s\n"
        "def fails(*a, **k): raise KeyError('@'.join(['someone', 'example.org']))\n"
        "s.LeadSession.open_plan = fails\n"
    )
    ended = done(file, really=True, PYTHONPATH=f"{broken.parent}{os.pathsep}{ROOT}")
    assert (ended.code, ended.summary["state"], ended.summary["error"]) == (1, "crashed", "KeyError")
    assert "someone@example" not in ended.out + ended.err


def test_one_run_at_a_time_for_an_enterprise(sandbox, session, plan_file, done):
    file, _ = plan_file(4)
    mine = session.identity
    held = lock(f"enterprise {mine.enterprise} {mine.origin}", "")
    busy = done(file)
    assert (busy.code, busy.summary["exit_code"]) == (40, 40)
    assert "Another unattended run" in busy.err
    assert done(file, "--parallel").code == 0
    held.release(done=False)
    before = summary_of(file)
    held = lock(f"summary {file.with_name(f'{file.name}.summary.json').resolve()}", "")
    assert done(file).code == 40
    assert summary_of(file) == before, "the summary is that of the run, not of who comes later"
    held.release(done=False)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(sandbox, session, plan_file, command, number, code):
    file, ids = plan_file(60)
    sandbox.server.latency = 0.05
    process = command(file, CVTR_CHUNK="2", CVTR_IN_FLIGHT="1", really=True)
    until(lambda: any("bulk" in r.path for r in sandbox.server.requests))
    process.send_signal(number)
    sandbox.server.latency = 0.0
    ended = end_of(process, file)
    assert ended.code == code, ended
    assert ended.summary["state"] == "interrupted"
    assert ended.summary["counts"]["not_sent"] > 0
    assert sum(len(sandbox.server.effects(i)) for i in ids) == ended.summary["counts"]["confirmed"]
    agrees(session, ended)


def killed_at_random(sandbox, session, plan_file, command, seed: int, *, really: bool) -> None:
    """At any moment, with any signal: exit code, summary and journal agree, and no lead is told to be what it is not."""
    chance = random.Random(seed)
    file, _ = plan_file(30, name=f"{seed}.cvtr-plan")
    sandbox.server.latency = 0.02
    process = command(file, CVTR_CHUNK="3", really=really)
    number = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    time.sleep(chance.random() * (2.5 if really else 0.8))  # the moment is what is being tried
    process.send_signal(number)
    ended = end_of(process, file)
    sandbox.server.latency = 0.0
    said, runs = ended.summary, session.history()
    not_begun = ended.code == 1 and said is None and "cvtr_widgets" not in ended.err  # Python was not as far as to know of us
    assert not_begun or ended.code in {0, -number, 128 + number}, ended
    if said is None:
        assert runs.empty
        return
    assert said["file"] == "cvtr-run-summary"
    if said["exit_code"] is None:
        assert ended.code < 0
        assert "journal" in said["note"]
        if "run_id" in said:
            assert said["run_id"] in runs.index
    elif "run_id" not in said:
        assert runs.empty
        assert (said["state"], said["exit_code"]) == ("not started", ended.code)
    else:
        assert ended.code in {said["exit_code"], -signal.SIGKILL}
        agrees(session, ended if ended.code >= 0 else type(ended)(said["exit_code"], "", "", said))
    for run_id in runs.index:
        for lead_id, row in session.recorded(run_id).iterrows():
            effects = len(sandbox.server.effects(lead_id))
            assert effects <= 1
            if row.outcome == "confirmed":
                assert effects == 1
            elif row.outcome in {"refused", "skipped"}:
                assert effects == 0


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment(sandbox, session, plan_file, command, seed):
    killed_at_random(sandbox, session, plan_file, command, seed, really=False)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_killed_at_any_moment_many_times(sandbox, session, plan_file, command, seed):
    killed_at_random(sandbox, session, plan_file, command, seed, really=True)


def test_the_summary_names_no_lead_and_no_secret(sandbox, session, plan_file, done):
    file, ids = plan_file()
    ended = done(file)
    text = str(ended.summary) + ended.out
    assert not any(str(i) in text for i in ids)
    assert "password" not in text.lower()
    kept = file.with_name("notes.json")
    kept.write_text('{"mine": 1}')
    refused = done(file, "--summary", str(kept))
    assert refused.code == 40
    assert kept.read_text() == '{"mine": 1}'
    assert summary_of(file) is not None
