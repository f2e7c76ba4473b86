"""Going on with runs that were killed or broke off: what is asked again, what is held back, who may."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import NotConfirmed, PlanOutOfDate, RunError, RunTaken
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.runs import killed
from tests.runs.conftest import Gate, until
from tests.runs.test_kill import end_of, held, kernel


@pytest.fixture
def caution(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:20]


@pytest.fixture
def killed_run(sandbox, caution, open_session):
    """A run of ``invalid`` with a comment, killed when few chunks were sent; the session that finds it."""
    code, out, err = end_of(kernel(sandbox, caution, action="invalid", step="answer noted", chunk=1, in_flight=1))
    assert code == -9, err
    session = open_session(chunk=5)
    found = session.unfinished()
    assert len(found) == 1, out
    return session, found.index[0]


def test_what_is_unfinished_says_how_far_it_came(killed_run, caution):
    session, _ = killed_run
    row = session.unfinished().iloc[0]
    assert (row.state, row.actions) == ("unfinished", "Invalid, reason Returned / No budget")
    assert row.in_doubt > 0
    assert row.not_sent > 0
    assert row.settled + row.in_doubt + row.not_sent == len(caution)
    assert row.needs_comment


def test_the_comment_is_asked_for_again_and_checked(sandbox, caution, open_session):
    end_of(kernel(sandbox, caution, action="invalid", step="read"))
    session = open_session(chunk=5)
    run_id = session.unfinished().index[0]
    with pytest.raises(NotConfirmed, match="not kept in the journal"):
        session.resume(run_id)
    with pytest.raises(NotConfirmed, match="not the one that was confirmed"):
        session.resume(run_id, comment="Something else")
    assert not any(sandbox.server.effects(i) for i in caution)
    run = session.resume(run_id, comment=killed.COMMENT)
    assert run.counts["confirmed"] == len(caution)
    assert {sandbox.server.lead(i)["comment"] for i in caution} == {killed.COMMENT}


def test_a_comment_that_the_user_lets_the_journal_keep_is_not_asked_for(sandbox, caution, open_session, monkeypatch):
    monkeypatch.setenv("CVTR_JOURNAL_COMMENTS", "1")
    end_of(kernel(sandbox, caution, action="invalid", step="read"))
    session = open_session(chunk=5)
    assert session.unfinished().needs_comment.tolist() == [False]
    assert session.resume(session.unfinished().index[0]).counts["confirmed"] == len(caution)


def test_leads_changed_since_are_held_back_with_the_difference(sandbox, caution, open_session):
    end_of(kernel(sandbox, caution, action="test", step="read"))
    sandbox.server.change(caution[0], status="Valid", reason="Details verified")
    sandbox.server.delete(caution[1])
    session = open_session(chunk=5)
    results = session.resume(session.unfinished().index[0]).results
    assert results.outcome[caution[0]] == results.outcome[caution[1]] == "skipped"
    assert "status changed from Caution to Valid" in results.detail[caution[0]]
    assert "no longer found" in results.detail[caution[1]]
    assert (results.outcome[caution[2:]] == "confirmed").all()


def test_doubt_alone_is_settled_where_nothing_more_shall_be_sent(sandbox, caution, open_session):
    end_of(kernel(sandbox, caution, action="invalid", step="answered", nth=2))
    sent = {i for i in caution if sandbox.server.effects(i)}
    session = open_session(chunk=5)
    run = session.resume(session.unfinished().index[0], send=False)
    assert set(run.results.query("outcome == 'confirmed'").index) == sent
    assert {i for i in caution if sandbox.server.effects(i)} == sent
    assert len(session.unfinished()) == 0
    with pytest.raises(RunError, match="finished"):
        session.resume(run.id)


NOTED = {
    "done": ([], "confirmed", "in doubt: the service said yes; not read back yet", ""),
    "nothing done": (
        [Mishap("leads-bulk-flag", "lie")],
        "contradicted",
        "in doubt: the service said yes; not read back yet",
        "the service said yes, but",
    ),
    "queued for ever": (
        [Mishap("leads-bulk-flag", "never")],
        "accepted",
        "in doubt: the service put it into a queue; not read back yet",
        "the service put it into a queue; not seen within",
    ),
    "no answer": (
        [Mishap("leads-bulk-flag", "reset", "before")],
        "unknown",
        "in doubt: no reliable answer came (lost); not read back yet",
        "no reliable answer came (lost), and no outcome was noted then; reading could not settle it",
    ),
}


@pytest.mark.parametrize("case", list(NOTED))
def test_an_answer_that_was_noted_is_held_against_what_is_read(sandbox, caution, open_session, case):
    """The kernel has the answer and ends before it has read back; meanwhile another one watches, and is told nothing untrue."""
    sandbox.server.mishaps, outcome, watched, ended = NOTED[case]
    ids = caution[:5]
    session = open_session(chunk=5)
    with held(sandbox, ids, action="test", hold="read back") as first:
        run_id = first.stdout.readline().strip()
        until(lambda: set(session.recorded(run_id).detail) == {watched})  # what is noted is on disk in a second
    sandbox.server.mishaps = []
    results = session.resume(run_id).results
    assert set(results.outcome) == {outcome}, results.detail.tolist()
    assert all(detail.startswith(ended) for detail in results.detail), results.detail.tolist()
    assert [len(sandbox.server.effects(lead_id)) for lead_id in ids] == [int(outcome == "confirmed")] * 5


def test_the_signature_is_that_of_the_first_run(sandbox, open_session):
    ids = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:8]
    end_of(kernel(sandbox, ids, action="deliver", step="read"))
    session = open_session(chunk=5)
    run = session.resume(session.unfinished().index[0])
    assert set(run.results.signed_by) == {"Ana Lopes"}
    assert {e["signature"] for i in ids for e in sandbox.server.effects(i)} == {"Ana Lopes"}
    assert run.signature.fingerprint == run.plan.fingerprint


def test_a_run_that_broke_off_is_gone_on_with(sandbox, caution, open_session):
    session = open_session(chunk=5)
    plan = session.plan(cvtr.mark_test("Test lead"), caution)
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "status", status=401)]
    run = session.run(plan, confirm=True)
    assert run.state == "failed"
    assert run.counts["not_sent"] == len(caution)
    assert "session.resume" in str(run.error)
    assert session.unfinished().state.tolist() == ["failed"]
    sandbox.server.mishaps = []
    assert session.resume(run.id).counts["confirmed"] == len(caution)
    assert len(session.unfinished()) == 0


def test_a_cancelled_run_is_finished(sandbox, caution, open_session):
    gate = Gate("read")
    session = open_session(chunk=5, on_step=gate)
    run = session.start(session.plan(cvtr.mark_test("Test lead"), caution), confirm=True)
    run.cancel()
    gate.open()
    run.wait()
    assert len(session.unfinished()) == 0
    with pytest.raises(RunError, match=r"finished \(cancelled\)"):
        session.resume(run.id)


def test_a_run_has_one_owner_and_the_second_is_told_who(sandbox, caution, open_session):
    with held(sandbox, caution, action="test", chunk=2, hold="answered") as first:
        run_id = first.stdout.readline().strip()
        session = open_session(chunk=5)
        with pytest.raises(RunTaken, match=f"process {first.pid} on ") as told:
            session.resume(run_id)
        assert told.value.pid == first.pid
        assert told.value.since > "2020"
        watched = session.recorded(run_id)  # it can be watched all the same, and nobody says that its kernel has ended
        assert list(watched.index) == caution
        assert set(watched.detail) <= {"in doubt: it was to be sent, and no answer is noted; not read back yet", "not sent yet"}
        assert session.unfinished().owner_pid.tolist() == [first.pid]
    run = session.resume(run_id)  # a dead owner gives it back
    assert run.counts["confirmed"] + run.counts["unknown"] == len(caution)
    assert all(len(sandbox.server.effects(i)) <= 1 for i in caution)


def test_a_double_click_starts_one_run(sandbox, caution, open_session):
    session = open_session(chunk=5)
    plan = session.plan(cvtr.mark_test("Test lead"), caution)
    run = session.start(plan, confirm=True)
    with pytest.raises(PlanOutOfDate, match="run already"):
        session.start(plan, confirm=True)
    run.wait()
    with pytest.raises(RunError, match="finished"):
        session.resume(run.id)


def test_two_that_resume_at_once_are_one_that_resumes(sandbox, caution, open_session):
    end_of(kernel(sandbox, caution, action="test", step="read"))
    gate = Gate("read")
    session, other = open_session(chunk=5, on_step=gate), open_session(chunk=5)
    run_id = session.unfinished().index[0]
    run = session.resume(run_id, wait=False)
    with pytest.raises(RunTaken):
        other.resume(run_id)
    gate.open()
    run.wait()
    assert run.counts["confirmed"] == len(caution)


def test_another_user_sees_nothing_of_it(killed_run, open_session):
    _, run_id = killed_run
    other = open_session(role="agency")
    assert len(other.history()) == len(other.unfinished()) == 0
    with pytest.raises(RunError, match="no run"):
        other.resume(run_id)


def test_a_bundle_is_checked_without_the_package(killed_run, tmp_path, caution):
    session, run_id = killed_run
    session.run(session.plan(cvtr.mark_test("x"), caution[:3]), confirm=True)
    session.resume(run_id, comment=killed.COMMENT)
    path = tmp_path / "run.jsonl"
    head = session.export_journal(path, run_id)
    script = tmp_path / "check_bundle.py"  # put there by the export

    def check(*more) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", str(script), str(path), *more], check=False, capture_output=True, text=True, cwd=tmp_path
        )
        return done.returncode, done.stdout

    assert check()[0] == check(head)[0] == 0
    assert check("0" * 63 + "1")[0] == 1
    lines = path.read_text().splitlines()
    others = [line for line in map(json.loads, lines[1:]) if "digest" in line]
    assert others  # of the run in between, digests only
    assert all(set(line) == {"number", "digest", "hash"} for line in others)
    shown = [n for n, line in enumerate(lines[1:], 1) if "data" in json.loads(line)]
    said = json.loads(lines[shown[2]])
    digest = hashlib.sha256(
        json.dumps([said[k] for k in ("at", "run", "kind", "data")], separators=(",", ":")).encode()
    ).hexdigest()
    edited = json.dumps({**said, "data": said["data"].replace('"invalid"', '"valid"'), "digest": digest})
    hidden = json.dumps({"number": said["number"], "digest": digest, "hash": said["hash"]})
    assert json.loads(edited)["data"] != said["data"]
    for spoilt in (
        [*lines[: shown[2]], edited, *lines[shown[2] + 1 :]],
        [*lines[: shown[2]], hidden, *lines[shown[2] + 1 :]],
        lines[:-1],
        [*lines[:3], *lines[4:]],
        [*lines[:2], lines[3], lines[2], *lines[4:]],
        [lines[0], lines[1].replace("test", "tast").replace("invalid", "valid"), *lines[2:]],
        ["x"],
        [],
    ):
        path.write_text("\n".join(spoilt) + "\n" * bool(spoilt))
        assert check()[0] == 1, spoilt[:2]


def test_what_i_did_last_is_what_was_sent_last_whatever_is_settled_later(sandbox, caution, open_session):
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "never", nth=1)]
    ids, session = caution[:5], open_session(chunk=5)
    with held(sandbox, ids, action="test", hold="read back") as first:
        run_id = first.stdout.readline().strip()
        until(lambda: set(session.recorded(run_id).detail) == {"in doubt: the service put it into a queue; not read back yet"})
    sandbox.server.mishaps = []
    assert session.run(session.plan(cvtr.mark_valid("Fine after all"), ids), confirm=True).counts["confirmed"] == 5
    before = session.flagged_by_me()
    assert {kind for kind, _ in before.values()} == {"valid"}
    assert session.resume(run_id).counts["accepted"] == 5
    assert session.flagged_by_me() == open_session().flagged_by_me() == before
