"""What was shown, confirmed and signed is what is done: plans that were changed, signatures under something else, leads that are
no longer what they were.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime

import numpy as np
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import NotConfirmed, PlanOutOfDate
from cvtr_widgets.models import Signature, Verdict


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")[:6]


def sent(sandbox) -> list[str]:
    return [r.path for r in sandbox.server.requests if "bulk" in r.path]


def changed_plans(plan):
    """The plan with something else in it, under the same fingerprint."""
    (action, ids), *_ = plan.groups
    first, *rest = plan.entries
    yield dataclasses.replace(plan, entries=tuple(rest))
    yield dataclasses.replace(plan, entries=(first, *plan.entries))
    yield dataclasses.replace(plan, entries=(first._replace(lead_id=rest[-1].lead_id + 1), *rest))
    yield dataclasses.replace(plan, entries=(first._replace(alike=first.alike._replace(verdict=Verdict.ALREADY_SO)), *rest))
    yield dataclasses.replace(plan, groups=((cvtr.delete(), ids),))
    yield dataclasses.replace(plan, groups=((action, ids[1:]),))
    yield dataclasses.replace(plan, include_cannot_tell=not plan.include_cannot_tell)
    yield dataclasses.replace(
        plan, groups=(*plan.groups, (cvtr.delete(), ())), entries=(first._replace(alike=first.alike._replace(group=1)), *rest)
    )
    yield dataclasses.replace(plan, fingerprint="0" * 64)


def test_a_plan_that_was_changed_is_refused_everywhere(sandbox, session, ids):
    plan = session.plan(cvtr.mark_delivered(), ids)
    signed = session.sign(plan, "Pat Example")
    for number, other in enumerate(changed_plans(plan)):
        for do in (
            lambda plan=other: session.run(plan, confirm=True, signature=signed),
            lambda plan=other: session.start(plan, confirm=True, signature="Pat Example"),
            lambda plan=other: session.canary(plan),
            lambda plan=other: session.sign(plan, "Pat Example"),
        ):
            with pytest.raises(PlanOutOfDate):
                do()
            assert number >= 0
    assert sent(sandbox) == []


def test_a_signature_holds_for_one_plan_and_one_sentence(sandbox, session, ids):
    few, many = session.plan(cvtr.mark_delivered(), ids[:2]), session.plan(cvtr.mark_delivered(), ids)
    signed = session.sign(few, "Pat Example")
    for wrong in (
        signed,
        dataclasses.replace(session.sign(many, "Pat Example"), meaning="I look at these leads."),
        dataclasses.replace(session.sign(many, "Pat Example"), name="\u200b"),
        dataclasses.replace(session.sign(many, "Pat Example"), signed_at=datetime(2026, 1, 1)),  # noqa: DTZ001
        ("Pat Example", many.fingerprint),
    ):
        with pytest.raises(NotConfirmed):
            session.run(many, confirm=True, signature=wrong)
    assert sent(sandbox) == []


@pytest.mark.parametrize(
    "name",
    ["", "  ", "\u200b\u200b", "\u202e\u2066", "\u00ad\u00ad", "\x00\x00", "\ufeff", "\u2800", "\u3164", "\u115f", "\ufe0f", "12345", "---",
     "Pat\u202eelpmaxE", "P\u200bat", "Pat\x00", "\u0301", "\ud800", "\u200d\u200d", "\U000e0041", 7, None, b"Pat"],
)  # fmt: skip
def test_a_signature_is_made_of_visible_characters(session, ids, name):
    plan = session.plan(cvtr.mark_delivered(), ids[:1])
    with pytest.raises(NotConfirmed):
        session.sign(plan, name)
    with pytest.raises(NotConfirmed):
        session.run(plan, confirm=True, signature=Signature(name, plan.statement, datetime.now().astimezone(), plan.fingerprint))


@pytest.mark.parametrize(
    "name", ["Pat Example", "  Pat   Example ", "李 小龍", "O\u2019Brien-Müller, J.", "\u0646\u06cc\u200c\u0645\u0627", "नित्या"]
)
def test_names_of_all_scripts_are_names(session, ids, name):
    plan = session.plan(cvtr.mark_delivered(), ids[:1])
    assert session.sign(plan, name).name == " ".join(name.split())


@pytest.mark.parametrize("confirm", [True, np.True_, 1.0, "1", np.float64(1), None, [1], 2, -1])
def test_only_the_number_of_leads_confirms_a_deletion(sandbox, session, confirm):
    plan = session.plan(cvtr.delete(), sandbox.server.lead_ids(status="Invalid")[:1])
    with pytest.raises(NotConfirmed):
        session.run(plan, confirm=confirm)
    assert sent(sandbox) == []
    assert session.run(plan, confirm=np.int64(1)).counts["confirmed"] == 1


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"advertiserPayout": "9999.00"}, "advertiser payout changed"),
        ({"publisherPayout": "9999.00"}, "publisher payout changed"),
        ({"currency": "XTS"}, "currency changed"),
        ({"email": "someone.else@example.org"}, "the person behind it changed"),
        ({"firstName": "Someone", "lastName": "Else"}, "the person behind it changed"),
        ({"telephone": "+44 20 0000 0000"}, "the person behind it changed"),
    ],
)
def test_a_lead_that_is_not_what_was_planned_is_held_back(sandbox, session, ids, keys, said):
    plan = session.plan(cvtr.mark_delivered(), ids)
    sandbox.server.change_record(ids[0], **keys)
    run = session.run(plan, confirm=True, signature="Pat Example")
    assert run.counts["skipped"] == 1
    assert said in run.results.loc[ids[0], "detail"]
    assert run.counts["confirmed"] == len(ids) - 1
    for value in keys.values():
        if "payout" not in said and "currency" not in said:
            assert value not in run.results.to_csv()


def test_a_lead_that_went_to_another_campaign_is_held_back(sandbox, session, ids):
    plan = session.plan(cvtr.mark_delivered(), ids)
    now = sandbox.server.record(ids[0])["campaign"]
    other = next(i for i in sandbox.server.campaigns() if not str(now).endswith(f"/{i}"))
    sandbox.server.change_record(ids[0], campaign=f"/api/v4/campaigns/{other}")
    run = session.run(plan, confirm=True, signature="Pat Example")
    assert "campaign changed" in run.results.loc[ids[0], "detail"]


def test_the_same_amount_written_otherwise_is_no_change(sandbox, session, ids):
    plan = session.plan(cvtr.mark_delivered(), ids[:1])
    payout = sandbox.server.record(ids[0])["advertiserPayout"]
    sandbox.server.change_record(ids[0], advertiserPayout=f"{payout}0")
    assert session.run(plan, confirm=True, signature="Pat Example").counts["confirmed"] == 1


def test_a_plan_from_loaded_leads_notices_another_person_too(sandbox, session, ids):
    leads = session.pull(ids=ids)
    plan = session.plan(cvtr.mark_test("Test lead"), ids, fresh=False, frame=leads)
    sandbox.server.change_record(ids[0], email="someone.else@example.org")
    assert session.run(plan, confirm=True).counts["skipped"] == 1


def test_payouts_that_cannot_be_read_are_said(sandbox, session):
    billed = [
        i for i in sandbox.server.lead_ids(status="Valid", delivery="Delivered") if sandbox.server.record(i)["advertiserBillable"]
    ][:3]
    sandbox.server.change_record(billed[0], advertiserPayout="a lot")
    plan = session.plan(cvtr.mark_undelivered(), billed)
    assert any(sentence.startswith("For 1 lead the amount is not known") for sentence in plan.money), plan.money
    plan = session.plan(cvtr.mark_undelivered(), billed[1:])
    assert not any("not known" in sentence for sentence in plan.money)


def test_a_client_has_no_public_way_to_write(session):
    assert not hasattr(session.client, "apply")


@pytest.mark.parametrize(
    "lead_id", ["../users/7", "1/../../users/7", "1?x=1", "1#", "%2e%2e", True, -1, 0, None, 1.5, 2**63, "", [1], object()]
)
def test_no_address_is_built_from_what_is_no_lead_id(sandbox, session, lead_id):
    client = session.client
    before = len(sandbox.server.requests)
    for ask in (
        client.lead, client.lead_notes, client.lead_jobs, session.detail, lambda i: client.fetch([i]), lambda i: client.fetch_records([i]),
        lambda i: client.is_delivered([i]), lambda i: client.fetch_cost([i, 5]), lambda i: client.preview(cvtr.reprocess(), [i]),
    ):  # fmt: skip
        with pytest.raises(cvtr.CvtrError):
            ask(lead_id)
    assert len(sandbox.server.requests) == before


def test_a_lead_may_be_named_by_its_digits(session, ids):
    assert session.client.lead(str(ids[0]))["id"] == ids[0]
    assert session.detail(f"/api/v4/leads/{ids[0]}").lead_id == ids[0]
