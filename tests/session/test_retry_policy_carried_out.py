"""The doubt table carried out: each way in which a write can end, against the sandbox's own record."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox.faults.faults import Mishap

CALL = "leads-bulk-flag"


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:24]


def writes(sandbox, call: str = CALL) -> list[list[int]]:
    return [r.body["leads"] for r in sandbox.server.requests if r.path.endswith(call)]


ENDS = [
    # mishap, outcome, sent how often
    (Mishap(CALL, "status", status=500), "unknown", 1),
    (Mishap(CALL, "status", "after", status=500), "confirmed", 1),
    (Mishap(CALL, "status", "after", status=502), "confirmed", 1),
    (Mishap(CALL, "status", status=503), "unknown", 1),
    (Mishap(CALL, "status", "after", status=504), "confirmed", 1),
    (Mishap(CALL, "status", status=408), "unknown", 1),
    (Mishap(CALL, "status", status=425), "unknown", 1),
    (Mishap(CALL, "status", status=206), "unknown", 1),
    (Mishap(CALL, "status", "after", status=206), "confirmed", 1),
    (Mishap(CALL, "status", status=429, retry_after="1", times=1), "confirmed", 2),
    (Mishap(CALL, "html"), "unknown", 1),
    (Mishap(CALL, "html", "after"), "confirmed", 1),
    (Mishap(CALL, "cut_json", "after"), "confirmed", 1),
    (Mishap(CALL, "wrong_charset"), "unknown", 1),
    (Mishap(CALL, "empty", "after"), "confirmed", 1),
    (Mishap(CALL, "empty"), "contradicted", 1),
    (Mishap(CALL, "reset"), "unknown", 1),
    (Mishap(CALL, "reset", "after"), "confirmed", 1),
    (Mishap(CALL, "redirect"), "unknown", 1),
    (Mishap(CALL, "redirect", "after"), "confirmed", 1),
    (Mishap(CALL, "status", status=401, times=1), "confirmed", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mishap", "outcome", "times"), ENDS, ids=lambda v: f"{v.do}-{v.when}-{v.status}" if isinstance(v, Mishap) else str(v)
)
def test_how_a_write_ends_decides_what_follows(sandbox, session, ids, mishap, outcome, times):
    sandbox.server.mishaps = [mishap]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert run.counts[outcome] == len(ids), run.results.detail.iloc[0]
    assert len(writes(sandbox)) == times
    assert all(len(sandbox.server.effects(i)) == (outcome == "confirmed") for i in ids)


@pytest.mark.parametrize("status", [400, 404, 405, 408, 409, 410, 423, 425, 499])
@pytest.mark.parametrize("after", ["", "after"])
def test_an_error_that_does_not_say_what_became_of_the_leads_is_doubt(sandbox, session, ids, status, after):
    sandbox.server.mishaps = [Mishap(CALL, "status", *([after] if after else []), status=status, text="Still being processed.")]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert run.counts["confirmed" if after else "unknown"] == len(ids), run.results.detail.iloc[0]
    assert len(writes(sandbox)) == 1
    assert all(len(sandbox.server.effects(i)) <= 1 for i in ids)


@pytest.mark.parametrize("status", [403, 413, 422])
def test_a_chunk_that_is_refused_whole_is_split_and_one_lead_does_not_sink_it(sandbox, session, ids, status):
    poisoned = ids[5]
    sandbox.server.mishaps = [Mishap(CALL, "status", lead=poisoned, status=status, text="Lead is locked.")]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert run.results.outcome[poisoned] == "refused"
    assert "Lead is locked." in run.results.detail[poisoned]
    assert run.counts["confirmed"] == len(ids) - 1
    assert all(len(sandbox.server.effects(i)) == (i != poisoned) for i in ids)
    assert len(writes(sandbox)) <= 11


def test_what_was_half_applied_before_the_refusal_is_not_sent_again(sandbox, session, ids):
    sandbox.server.mishaps = [
        Mishap(CALL, "refuse_lead", lead=ids[3], text="no"),
        Mishap(CALL, "status", "after", status=422, nth=1),
    ]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert run.counts["confirmed"] == len(ids) - 1
    assert run.results.outcome[ids[3]] == "refused"
    assert all(len(sandbox.server.effects(i)) <= 1 for i in ids)


@pytest.mark.parametrize("action", ["reprocess", "valid"])
def test_what_could_happen_twice_is_never_split(sandbox, session, action):
    ids = sandbox.server.lead_ids(status="Caution", campaign=44064)[:12]
    made = cvtr.reprocess()
    if action == "valid":
        job = int(session.integrations(44064).index[0])
        made = cvtr.mark_valid("Details verified", integrations=[job])
    call = "leads-bulk-reprocess" if action == "reprocess" else CALL
    sandbox.server.mishaps = [Mishap(call, "chunk_422_if_lead", lead=ids[0])]
    run = session.run(session.plan(made, ids), confirm=True)
    assert len(writes(sandbox, call)) == 1
    assert run.counts["refused"] == len(ids)


def test_single_refusals_in_the_same_words_are_not_tried_to_the_last(sandbox, session, ids):
    sandbox.server.mishaps = [Mishap(CALL, "status", status=403, text="Not allowed for this account.")]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert run.counts["refused"] == len(ids)
    assert len(writes(sandbox)) < 20


def test_the_services_words_are_not_kept_in_the_journal(sandbox, session, ids):
    words = "Lead of Zbigniew Brzęczyszczykiewicz is locked"
    sandbox.server.mishaps = [
        Mishap(CALL, "refuse_lead", lead=ids[0], text=words),
        Mishap(CALL, "status", lead=ids[1], status=422, text=words),
    ]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
    assert words in run.results.detail[ids[1]]
    assert "not kept" in session.recorded(run.id).detail[ids[0]] or "refused it" in session.recorded(run.id).detail[ids[0]]
    kept = "".join(str(e.data) for e in session._running.journal.entries())
    assert "Zbigniew" not in kept
