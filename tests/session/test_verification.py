"""Which leads are read back, what that costs, and that the results say it."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import PlanError
from cvtr_widgets.sandbox.faults.faults import Mishap

CALL = "leads-bulk-flag"


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:60]


def asked(sandbox) -> int:
    return len([r for r in sandbox.server.requests if r.path.endswith(("/leads", "/leads.jsonld")) or CALL in r.path])


@pytest.mark.parametrize("verify", ["all", "doubtful", "sample:100", "sample:10", "none"])
def test_the_plan_says_what_each_way_costs_and_that_is_what_it_takes(sandbox, open_session, ids, verify):
    session = open_session(chunk=10)
    plan = session.plan(cvtr.mark_test("Test lead"), ids)
    before = asked(sandbox)
    run = session.run(plan, confirm=True, verify=verify)
    took = asked(sandbox) - before
    blocks, chunks = 3, 6
    expected = {"all": 2 * blocks + chunks, "sample:100": 2 * blocks + chunks, "sample:10": blocks + 1 + chunks}.get(
        verify, blocks + chunks
    )
    assert took == expected
    if verify in plan.costs:
        assert plan.costs[verify].requests == expected
    assert plan.cost == plan.costs["all"]
    assert run.counts["confirmed"] == {"all": 60, "sample:100": 60, "sample:10": 10}.get(verify, 0)
    assert run.counts["accepted"] == 60 - run.counts["confirmed"]
    assert (run.results.query("outcome == 'accepted'").detail.str.contains(f'as asked \\(verify="{verify}"\\)')).all()


@pytest.mark.parametrize("verify", ["", "some", "sample", "sample:0", "sample:x", "ALL"])
def test_another_word_is_refused(session, ids, verify):
    with pytest.raises(PlanError, match="sample:100"):
        session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True, verify=verify)


@pytest.mark.parametrize(
    ("verify", "outcome"),
    [("all", "contradicted"), ("sample:60", "contradicted"), ("doubtful", "accepted"), ("none", "accepted")],
)
def test_a_yes_that_changes_nothing_is_found_where_it_is_read(sandbox, session, ids, verify, outcome):
    sandbox.server.mishaps = [Mishap(CALL, "lie", lead=ids[7])]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True, verify=verify)
    assert run.results.outcome[ids[7]] == outcome


def test_one_contradicted_lead_in_the_sample_has_all_read(sandbox, session, ids):
    sandbox.server.mishaps = [Mishap(CALL, "lie")]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True, verify="sample:3")
    assert run.counts["contradicted"] == len(ids)


@pytest.mark.parametrize(
    ("verify", "outcome"), [("all", "confirmed"), ("doubtful", "confirmed"), ("sample:1", "confirmed"), ("none", "unknown")]
)
def test_doubt_is_read_unless_nothing_is(sandbox, session, ids, verify, outcome):
    sandbox.server.mishaps = [Mishap(CALL, "html", "after")]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True, verify=verify)
    assert run.counts[outcome] == len(ids)


@pytest.mark.parametrize("do", ["reorder_ids", "double_ids", "extra_ids", "drop_ids"])
def test_answers_are_matched_by_id(sandbox, session, ids, do):
    refused = ids[0]
    sandbox.server.mishaps = [Mishap(CALL, "refuse_lead", lead=refused, text="not this one"), Mishap(CALL, do)]
    results = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True, verify="none").results
    for lead_id in ids:
        applied = bool(sandbox.server.effects(lead_id))
        assert applied is (lead_id != refused)
        assert results.outcome[lead_id] in ({"accepted", "unknown"} if applied else {"refused", "unknown"})
    assert (results.outcome == "unknown").any() == (do == "drop_ids")


def test_a_slow_effect_is_waited_for_and_then_said(sandbox, session, ids):
    sandbox.server.mishaps = [
        Mishap("leads-bulk-reprocess", "later", lead=ids[0], seconds=1.0),
        Mishap("leads-bulk-reprocess", "never", lead=ids[1]),
    ]
    results = session.run(session.plan(cvtr.reprocess(), ids[:4]), confirm=True).results
    assert list(results.outcome[:1]) + list(results.outcome[2:4]) == ["confirmed"] * 3
    assert results.outcome[ids[1]] == "accepted"
    assert "not seen within" in results.detail[ids[1]]


def test_the_way_is_kept_when_a_run_is_gone_on_with(sandbox, open_session, ids):
    session = open_session()
    sandbox.server.mishaps = [Mishap(CALL, "status", status=401)]
    run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True, verify="none")
    sandbox.server.mishaps = []
    assert session.resume(run.id).counts["accepted"] == len(ids)
