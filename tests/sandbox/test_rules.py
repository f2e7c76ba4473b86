"""What the seven writes do to a lead, and what they refuse; read in the sandbox's truth and again over HTTP."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.sandbox.conftest import soon

FLAGS = {"valid": 11, "invalid": 32, "test": 21}
SIGNED = {"signature": "Ana Example", "confirm": True}
WRITES = (
    "leads-bulk-flag",
    "leads-bulk-deliver",
    "leads-bulk-undeliver",
    "leads-bulk-metadata",
    "leads-bulk-reprocess",
    "leads-bulk-delete",
)
COMPLETE = {
    "leads-bulk-flag": {"flag": "invalid", "flagReason": 32},
    "leads-bulk-deliver": SIGNED,
    "leads-bulk-undeliver": SIGNED,
    "leads-bulk-metadata": {"type": "Replacement"},
    "leads-bulk-reprocess": {"confirm": True},
    "leads-bulk-delete": {"confirm": True},
    "is-lead-delivered": {},
}


def one(server, **where) -> int:
    return server.lead_ids(**where)[0]


def sent_anywhere(server, lead) -> bool:
    return server.lead(lead)["integrations_sent"] != []


def over_allocated(server) -> int:
    return next(i for i in server.lead_ids(status="Valid", delivery="Delivered") if not server.lead(i)["publisher_billable"])


@pytest.mark.parametrize(("flag", "word"), [("valid", "Valid"), ("invalid", "Invalid"), ("test", "Test")])
def test_a_flag_sets_status_reason_and_comment_and_leaves_a_note(server, admin, flag, word):
    lead = one(server, status="Caution")
    assert admin.word("leads-bulk-flag", lead, flag=flag, flagReason=FLAGS[flag], comment="seen it") == ("ok", "")
    truth = server.lead(lead)
    reason = server.reasons(flag)[FLAGS[flag]]
    assert (truth["status"], truth["reason"], truth["category"], truth["comment"]) == (word, reason, None, "seen it")
    read = admin.get(f"leads/{lead}").json()
    assert (read["currentStatus"], read["secondCheckStatus"]) == (word, word)
    assert (read["secondCheckFlagReason"], read["secondCheckFlagComment"]) == (reason, "seen it")
    note = admin.get("lead-notes", ("lead.id", lead)).json()["hydra:member"][-1]
    assert (note["type"], note["user"]) == ("status", admin.server.users["admin"][0])
    assert reason in note["text"]
    assert read["leadNotes"][-1] == note["@id"]
    (effect,) = server.effects(lead)
    assert (effect["call"], effect["user"], effect["flag"]) == ("leads-bulk-flag", note["user"], flag)


def test_the_users_own_reason_is_kept_as_text(server, admin):
    lead = one(server, status="Caution")
    admin.write("leads-bulk-flag", lead, flag="invalid", customReason="Asked not to be called")
    assert server.lead(lead)["reason"] == "Asked not to be called"


def test_returned_keeps_its_category_and_a_category_added_by_the_admin_counts(server, admin):
    made = admin.post("lead-flag-reason-categories", {"name": "Moved abroad"})
    assert made.status_code == 201
    assert admin.post("lead-flag-reason-categories", {"name": "Moved abroad"}).status_code == 422
    lead = one(server, status="Caution")
    assert admin.word("leads-bulk-flag", lead, flag="invalid", flagReason=31, flagReasonCategory=made.json()["id"])[0] == "ok"
    assert server.lead(lead)["category"] == "Moved abroad"
    listed = admin.get("lead-flag-reason-categories").json()["hydra:member"]
    assert listed[0]["name"] == "None"
    assert listed[-1]["name"] == "Moved abroad"


@pytest.mark.parametrize("flag", ["invalid", "test"])
def test_invalid_and_test_are_billed_to_nobody_and_delivery_stays(server, admin, flag):
    lead = one(server, status="Valid", delivery="Delivered")
    assert server.lead(lead)["advertiser_billable"] is True
    admin.write("leads-bulk-flag", lead, flag=flag, flagReason=FLAGS[flag])
    truth = server.lead(lead)
    assert (truth["publisher_billable"], truth["advertiser_billable"], truth["delivery"]) == (False, False, "Delivered")


def test_valid_without_integrations_recalculates_billing_and_sends_nothing(server, admin):
    lead = one(server, status="Caution")
    admin.write("leads-bulk-flag", lead, flag="valid", flagReason=11)
    truth = server.lead(lead)
    assert (truth["delivery"], truth["advertiser_billable"], truth["integrations_sent"]) == ("Not Delivered", False, [])
    billed = next(i for i in server.lead_ids(status="Valid", delivery="Delivered") if server.lead(i)["publisher_billable"])
    before = server.lead(billed)
    admin.write("leads-bulk-flag", billed, flag="invalid", flagReason=32)
    admin.write("leads-bulk-flag", billed, flag="valid", flagReason=11)
    after = server.lead(billed)
    assert {**after, "reason": None} == {**before, "reason": None}


def test_beyond_its_contract_a_lead_is_billed_to_the_advertiser_only(server, admin):
    lead = over_allocated(server)
    assert admin.get(f"leads/{lead}").json()["overAllocation"] is True
    admin.write("leads-bulk-flag", lead, flag="invalid", flagReason=32)
    admin.write("leads-bulk-flag", lead, flag="valid", flagReason=11)
    truth = server.lead(lead)
    assert (truth["publisher_billable"], truth["advertiser_billable"]) == (False, True)


def test_valid_with_integrations_sends_the_lead_to_those_of_its_own_campaign(server, admin):
    lead = next(i for i in server.lead_ids(status="Caution") if not sent_anywhere(server, i))
    campaign = server.lead(lead)["campaign_id"]
    jobs = admin.get("campaign-processr-jobs", ("campaign.id", campaign), ("itemsPerPage", 100)).json()["hydra:member"]
    ours = [job["id"] for job in jobs if job["type"] == "integration"]
    assert all(job["campaign"] == f"/api/v4/campaigns/{campaign}" for job in jobs)
    all_jobs = admin.get("campaign-processr-jobs", ("itemsPerPage", 100)).json()["hydra:member"]
    foreign = next(j["id"] for j in all_jobs if j["type"] == "integration" and j["id"] not in ours)
    admin.write("leads-bulk-flag", lead, flag="valid", flagReason=11, integrations=[ours[1], foreign])
    truth = server.lead(lead)
    assert truth["integrations_sent"] == [ours[1]]
    assert (truth["delivery"], truth["advertiser_billable"]) == ("Delivered", True)
    read = admin.get(f"leads/{lead}").json()
    assert read["integration"] is True
    assert read["firstDeliveredTs"] is not None
    types = [note["type"] for note in admin.get("lead-notes", ("lead.id", lead)).json()["hydra:member"]]
    assert types[-2:] == ["status", "delivery"]
    passed = {j["job"]["name"]: j["passed"] for j in admin.get("processr-job-leads", ("lead.id", lead)).json()["hydra:member"]}
    assert passed[next(job["name"] for job in jobs if job["id"] == ours[1])] is True


def test_delivered_is_for_valid_undelivered_leads_and_bills_the_advertiser_without_sending(server, admin):
    lead = one(server, status="Valid", delivery="Not Delivered")
    before = server.lead(lead)
    assert admin.word("leads-bulk-deliver", lead, **SIGNED) == ("ok", "")
    assert server.lead(lead) == before | {"delivery": "Delivered", "advertiser_billable": True}
    assert server.effects(lead)[0]["signature"] == "Ana Example"
    status, words = admin.word("leads-bulk-deliver", lead, **SIGNED)
    assert status == "error"
    assert "valid and undelivered" in words
    assert len(server.effects(lead)) == 1


def test_undelivered_is_for_valid_delivered_leads_and_bills_the_advertiser_no_more(server, admin):
    lead = one(server, status="Valid", delivery="Delivered")
    before = server.lead(lead)
    assert admin.word("leads-bulk-undeliver", lead, **SIGNED) == ("ok", "")
    assert server.lead(lead) == before | {"delivery": "Not Delivered", "advertiser_billable": False}
    assert "valid and delivered" in admin.word("leads-bulk-undeliver", lead, **SIGNED)[1]


@pytest.mark.parametrize("status", ["Invalid", "Caution", "Test"])
def test_leads_that_are_not_valid_are_neither_delivered_nor_undelivered(server, admin, status):
    lead = one(server, status=status)
    before = server.lead(lead)
    for call in ("leads-bulk-deliver", "leads-bulk-undeliver"):
        assert admin.word(call, lead, **SIGNED)[0] == "error"
    assert server.lead(lead) == before


def test_the_delivery_check_says_what_is_so_and_leaves_out_what_is_not_there(server, admin):
    yes, no = one(server, delivery="Delivered"), one(server, delivery="Not Delivered")
    rows = admin.write("is-lead-delivered", yes, 999_999_999, no).json()["leads"]
    assert rows == [{"id": yes, "delivered": True}, {"id": no, "delivered": False}]
    assert server.effects(yes) == []


def test_replacement_is_a_mark_beside_the_status_and_none_takes_it_away_but_keeps_the_comment(server, admin):
    lead = one(server, status="Valid")
    before = server.lead(lead)
    admin.write("leads-bulk-metadata", lead, type="Replacement", comment="for lead 12")
    assert server.lead(lead) == before | {"replacement": "Replacement", "replacement_comment": "for lead 12"}
    admin.write("leads-bulk-metadata", lead, type="None", comment="by accident")
    assert server.lead(lead) == before | {"replacement": None, "replacement_comment": "by accident"}


def test_reprocessing_is_queued_runs_and_comes_to_rest_with_the_qa_result(server, admin):
    lead = one(server, status="Caution")
    admin.write("leads-bulk-flag", lead, flag="invalid", flagReason=32)
    before = server.lead(lead)
    answer = admin.write("leads-bulk-reprocess", lead, confirm=True)
    assert answer.status_code == 202
    assert answer.json()["leads"] == [{"id": lead, "status": "queued"}]
    soon(lambda: server.lead(lead)["processing_counter"] == before["processing_counter"] + 1)
    truth = server.lead(lead)
    assert (truth["processr_status"], truth["status"]) == (1000, "Caution")
    assert len([e for e in server.effects(lead) if e["call"] == "leads-bulk-reprocess"]) == 1


def test_a_lead_that_is_being_reprocessed_says_so(entering):
    from cvtr_widgets.sandbox import SandboxServer

    with SandboxServer(leads=20, queue_delay=3_600) as server:
        admin, lead = entering(server), server.lead_ids()[0]
        admin.write("leads-bulk-reprocess", lead, confirm=True)
        assert admin.get(f"leads/{lead}").json()["processrStatus"] == 200
        assert server.effects(lead) == []


def test_a_deleted_lead_is_gone_from_every_read_and_counts_no_more(server, admin):
    lead = one(server, status="Valid", delivery="Delivered")
    total, figures = admin.total(), admin.get("statistics").json()
    assert admin.word("leads-bulk-delete", lead, confirm=True) == ("ok", "")
    assert server.lead(lead)["deleted"] is True
    assert admin.get(f"leads/{lead}").status_code == 404
    assert admin.ids(("id[]", lead)) == []
    assert admin.get("lead-notes", ("lead.id", lead)).json()["hydra:totalItems"] == 0
    assert admin.write("is-lead-delivered", lead).json()["leads"] == []
    assert admin.total() == total - 1
    assert admin.get("statistics").json()["delivered"] == figures["delivered"] - 1
    assert admin.word("leads-bulk-delete", lead, confirm=True) == ("error", "Lead not found")


@pytest.mark.parametrize("call", WRITES)
def test_unknown_leads_are_refused_one_by_one_and_the_rest_is_done(server, admin, call):
    lead = one(server, status="Valid", delivery="Delivered" if call == "leads-bulk-undeliver" else "Not Delivered")
    rows = admin.write(call, 999_999_999, lead, lead, 2**70, **COMPLETE[call]).json()["leads"]
    assert [row["id"] for row in rows] == [999_999_999, lead, 2**70]
    assert [row["status"] for row in rows] == ["error", "queued" if call.endswith("reprocess") else "ok", "error"]
    assert rows[0]["message"] == "Lead not found"
    soon(lambda: len(server.effects(lead)) == 1)


INCOMPLETE = [
    ("leads-bulk-flag", {}, "flag"),
    ("leads-bulk-flag", {"flag": "caution", "flagReason": 11}, "flag"),
    ("leads-bulk-flag", {"flag": "invalid"}, "flagReason"),
    ("leads-bulk-flag", {"flag": "invalid", "flagReason": 11}, "flagReason"),
    ("leads-bulk-flag", {"flag": "invalid", "flagReason": 31}, "flagReasonCategory"),
    ("leads-bulk-flag", {"flag": "invalid", "flagReason": 31, "flagReasonCategory": 99}, "flagReasonCategory"),
    ("leads-bulk-flag", {"flag": "invalid", "flagReason": 31, "flagReasonCategory": True}, "flagReasonCategory"),
    ("leads-bulk-flag", {"flag": "invalid", "flagReason": 32, "flagReasonCategory": 2}, "flagReasonCategory"),
    ("leads-bulk-flag", {"flag": "invalid", "flagReason": 32, "customReason": "both"}, "customReason"),
    ("leads-bulk-flag", {"flag": "invalid", "customReason": "   "}, "flagReason"),
    ("leads-bulk-flag", {"flag": "test", "flagReason": 21, "integrations": [505]}, "integrations"),
    ("leads-bulk-deliver", {"confirm": True}, "signature"),
    ("leads-bulk-deliver", {"signature": " ", "confirm": True}, "signature"),
    ("leads-bulk-deliver", {"signature": "Ana Example"}, "confirm"),
    ("leads-bulk-undeliver", {"confirm": True}, "signature"),
    ("leads-bulk-undeliver", {"signature": "Ana Example", "confirm": "yes"}, "confirm"),
    ("leads-bulk-metadata", {}, "type"),
    ("leads-bulk-metadata", {"type": "Duplicate"}, "type"),
    ("leads-bulk-reprocess", {}, "confirm"),
    ("leads-bulk-delete", {"confirm": False}, "confirm"),
]


@pytest.mark.parametrize(("call", "body", "field"), INCOMPLETE)
def test_an_incomplete_call_is_refused_whole_and_names_the_field(server, admin, call, body, field):
    leads = server.lead_ids(limit=3)
    before = [server.lead(i) for i in leads]
    answer = admin.write(call, *leads, **body)
    assert answer.status_code == 422
    assert [v["propertyPath"] for v in answer.json()["violations"]] == [field]
    assert [server.lead(i) for i in leads] == before


@pytest.mark.parametrize("call", [*WRITES, "is-lead-delivered"])
def test_without_ids_422_and_beyond_the_most_ids_413(server, admin, call):
    assert admin.post(call, COMPLETE[call]).status_code == 422
    assert admin.post(call, {**COMPLETE[call], "leads": []}).status_code == 422
    assert admin.post(call, {**COMPLETE[call], "leads": ["160001"]}).status_code == 422
    assert admin.post(call, {**COMPLETE[call], "leads": list(range(10**9, 10**9 + 500))}).status_code in {200, 202}
    assert admin.post(call, {**COMPLETE[call], "leads": list(range(10**9, 10**9 + 501))}).status_code == 413


def test_a_write_that_is_no_json_is_refused(admin):
    answer = admin.http.post("/api/v4/leads-bulk-flag", content=b'{"leads": [1', headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert admin.http.post("/api/v4/leads-bulk-flag", data={"leads": "1"}).status_code == 422
    assert admin.get("leads-bulk-flag").status_code == 405


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=5), s, max_size=2),
    max_leaves=4,
)
KEYS = (
    "leads",
    "flag",
    "flagReason",
    "customReason",
    "flagReasonCategory",
    "comment",
    "integrations",
    "signature",
    "confirm",
    "type",
    "name",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    call=st.sampled_from([*WRITES, "is-lead-delivered", "lead-flag-reason-categories"]),
    keys=st.dictionaries(st.sampled_from(KEYS), JSON),
    base=st.booleans(),
)
@example(call="leads-bulk-metadata", keys={"type": []}, base=True)
def test_no_body_whatever_makes_the_sandbox_fail(server, admin, call, keys, base):
    body = {**(COMPLETE.get(call, {}) | {"leads": [1]} if base else {}), **keys}
    assert admin.post(call, body).status_code < 500
