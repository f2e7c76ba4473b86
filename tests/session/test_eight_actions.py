"""The whole job from a script, for each of the eight actions; results are held against the sandbox's own record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import NotConfirmed, PlanError
from cvtr_widgets.sandbox import SandboxServer

QUICK = cvtr.Patience(settle=1.0, doubt=0.2, queue=10.0, resend=0.05, plan_age=0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[cvtr.Sandbox]:
    with cvtr.Sandbox(leads=600, seed=3) as made:
        yield made


@pytest.fixture
def server(sandbox: cvtr.Sandbox) -> SandboxServer:
    assert sandbox.server is not None
    return sandbox.server


@pytest.fixture
def session(sandbox: cvtr.Sandbox) -> Iterator[cvtr.LeadSession]:
    with sandbox.connect() as client:
        made = cvtr.LeadSession(client, progress=False, patience=QUICK)
        yield made
        made.close()


def true_to(server: SandboxServer, run: cvtr.Run) -> None:
    """Every row of the results says what the sandbox knows."""
    results = run.results
    assert results.index.is_unique
    assert len(results) == run.plan.total == sum(run.counts.values())
    for lead_id, row in results.iterrows():
        lead, effects = server.lead(int(lead_id)), server.effects(int(lead_id))
        if row["outcome"] in {"confirmed", "accepted"}:
            assert len(effects) == 1
            if not lead["deleted"]:
                assert (row["after_status"], row["after_delivery"]) == (lead["status"], lead["delivery"])
        else:
            assert effects == []


def untouched(server: SandboxServer, **where: object) -> list[int]:
    return [lead_id for lead_id in server.lead_ids(**where) if not server.effects(lead_id)]


@pytest.mark.parametrize(
    ("action", "where", "field", "then"),
    [
        (cvtr.mark_valid("Details verified", comment="by phone"), {"status": "Caution"}, "status", "Valid"),
        (cvtr.mark_invalid("Returned", category="No budget"), {"status": "Caution"}, "status", "Invalid"),
        (cvtr.mark_test("Test Lead"), {"status": "Caution"}, "status", "Test"),
        (cvtr.mark_other("Replacement", comment="for 4711"), {"status": "Valid"}, "replacement", "Replacement"),
        (cvtr.reprocess(), {"status": "Invalid"}, "processing_counter", 2),
    ],
    ids=lambda value: str(value.kind) if isinstance(value, cvtr.Action) else "",
)
def test_flags_replacement_and_reprocess(session, server, action, where, field, then):
    ids = [i for i in untouched(server, **where) if server.lead(i)[field] != then][:4]
    run = session.run(session.plan(action, ids), confirm=True)
    assert run.counts["confirmed"] == 4
    true_to(server, run)
    assert [server.lead(lead_id)[field] for lead_id in ids] == [then] * 4


@pytest.mark.parametrize(
    ("action", "before", "then", "otherwise"),
    [
        (cvtr.mark_delivered(), "Not Delivered", "Delivered", "not_eligible"),
        (cvtr.mark_undelivered(), "Delivered", "Not Delivered", "already_so"),
    ],
    ids=["delivered", "undelivered"],
)
def test_deliveries_are_signed_and_only_for_those_that_may(session, server, action, before, then, otherwise):
    fit = untouched(server, status="Valid", delivery=before)[:3]
    unfit = untouched(server, status="Caution", delivery="Not Delivered")[:2]
    plan = session.plan(action, [*fit, *unfit, 999_999_999])
    assert plan.counts == {**dict.fromkeys(plan.counts, 0), "will_change": 3, otherwise: 2, "not_found": 1}
    with pytest.raises(NotConfirmed):
        session.run(plan, confirm=True)
    run = session.run(plan, confirm=True, signature="Ana Example")
    assert run.counts["confirmed"] == 3
    assert [server.lead(lead_id)["delivery"] for lead_id in fit] == [then] * 3
    assert [server.lead(lead_id)["advertiser_billable"] for lead_id in fit] == [then == "Delivered"] * 3
    assert set(run.results["signed_by"].dropna()) == {"Ana Example"}
    for lead_id in fit:
        assert [e["signature"] for e in server.effects(lead_id)] == ["Ana Example"]
    assert all(server.effects(lead_id) == [] for lead_id in unfit)


def test_delete_takes_the_number(session, server):
    ids = untouched(server, status="Test")[:3]
    plan = session.plan(cvtr.delete(), ids)
    for wrong in (True, 2, 4):
        with pytest.raises(NotConfirmed):
            session.run(plan, confirm=wrong)
    assert not any(server.lead(lead_id)["deleted"] for lead_id in ids)
    run = session.run(plan, confirm=3)
    assert run.counts["confirmed"] == 3
    assert all(server.lead(lead_id)["deleted"] for lead_id in ids)


def test_valid_sends_each_lead_to_integrations_of_its_own_campaign(session, server):
    by_campaign: dict[int, int] = {}
    for lead_id in untouched(server, status="Caution"):
        by_campaign.setdefault(server.lead(lead_id)["campaign_id"], lead_id)
    jobs = {c: [int(i) for i in session.integrations(c).index] for c in by_campaign}
    campaigns = [c for c in by_campaign if jobs[c]][:2]
    chosen = [jobs[c][0] for c in campaigns]
    ids = [by_campaign[c] for c in campaigns]
    run = session.run(session.plan(cvtr.mark_valid("Details verified", integrations=chosen), ids), confirm=True)
    assert run.counts["confirmed"] == 2
    for lead_id, job in zip(ids, chosen, strict=True):
        assert set(server.lead(lead_id)["integrations_sent"]) & set(chosen) == {job}
    with pytest.raises(PlanError, match="on none of the campaigns"):
        session.plan(cvtr.mark_valid("Details verified", integrations=[987_654]), ids)


def test_one_plan_of_several_actions(session, server):
    first, second = untouched(server, status="Caution")[:2], untouched(server, status="Valid")[:2]
    plan = session.plan([(cvtr.mark_invalid("Duplicate"), first), (cvtr.mark_test("Test Lead"), second)])
    run = session.run(plan, confirm=True)
    assert run.counts["confirmed"] == 4
    assert [server.lead(lead_id)["status"] for lead_id in (*first, *second)] == ["Invalid"] * 2 + ["Test"] * 2
    true_to(server, run)


def test_an_agency_sees_less_and_may_do_less(sandbox, server):
    mine = set(server.lead_ids(role="agency"))
    other = [lead_id for lead_id in untouched(server) if lead_id not in mine][:2]
    with sandbox.connect(role="agency") as client:
        session = cvtr.LeadSession(client, progress=False, patience=QUICK)
        assert set(session.pull().index) == mine
        plan = session.plan(cvtr.mark_test("Test Lead"), other)
        assert plan.counts["not_found"] == 2
        refused = session.plan(cvtr.delete(), sorted(mine)[:2])
        assert refused.counts["not_allowed"] == 2
        run = session.run(refused, confirm=True)
        assert run.counts["skipped"] == 2
        session.close()
    assert not any(server.effects(lead_id) for lead_id in other)


def test_what_is_so_already_is_not_sent(session, server):
    ids = untouched(server, status="Caution")[:2]
    action = cvtr.mark_invalid("Duplicate", comment="twice")
    session.run(session.plan(action, ids), confirm=True)
    again = session.plan(action, ids)
    assert again.counts["already_so"] == 2
    run = session.run(again)
    assert run.counts["skipped"] == 2
    assert [len(server.effects(lead_id)) for lead_id in ids] == [1, 1]


def test_a_lead_changed_by_somebody_since_the_plan_is_held_back(session, server):
    ids = untouched(server, status="Caution")[:3]
    plan = session.plan(cvtr.mark_invalid("Duplicate"), ids)
    server.change(ids[1], status="Valid", reason="Details verified")
    run = session.run(plan, confirm=True)
    assert run.results.loc[ids[1], "outcome"] == "skipped"
    assert "status changed from Caution to Valid" in run.results.loc[ids[1], "detail"]
    assert server.effects(ids[1]) == []
    assert run.counts["confirmed"] == 2
