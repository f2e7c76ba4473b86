"""Pages, filters, orders, roles, and the world itself, read over HTTP and held against the sandbox's truth."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cvtr_widgets.errors import SandboxError
from cvtr_widgets.sandbox import SandboxServer

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def everything(caller, *query):
    """All leads by following the links, as a client of Hydra does."""
    found, answer = [], caller.get("leads", ("itemsPerPage", 40), *query).json()
    while True:
        found += answer["hydra:member"]
        if "hydra:next" not in answer["hydra:view"]:
            return found
        answer = caller.http.get(answer["hydra:view"]["hydra:next"]).json()


# -- pages --------------------------------------------------------------------------------------------------------------


def test_pages_of_30_by_default_and_100_at_most(admin):
    assert len(admin.get("leads").json()["hydra:member"]) == 30
    for asked, given in ((7, 7), (100, 100), (101, 100), (5_000, 100), (0, 1), ("x", 30)):
        assert len(admin.get("leads", ("itemsPerPage", asked)).json()["hydra:member"]) == given


def test_following_the_links_gives_every_lead_once_newest_first(server, admin):
    leads = everything(admin)
    assert [lead["id"] for lead in leads] == server.lead_ids()
    assert len(leads) == 300
    moments = [(datetime.fromisoformat(lead["createdTs"]), lead["id"]) for lead in leads]
    assert moments == sorted(moments, reverse=True)


def test_the_links_keep_the_filters(server, admin):
    leads = everything(admin, ("currentStatus", "Valid"), ("order[id]", "asc"))
    assert [lead["id"] for lead in leads] == sorted(server.lead_ids(status="Valid"))
    view = admin.get("leads", ("itemsPerPage", 10), ("page", 2), ("currentStatus", "Valid")).json()["hydra:view"]
    assert {key for key in view if key.startswith("hydra:")} == {"hydra:first", "hydra:last", "hydra:next", "hydra:previous"}
    assert all("currentStatus=Valid" in link for key, link in view.items() if key != "@type")


def test_past_the_last_page_there_is_nothing(admin):
    answer = admin.get("leads", ("itemsPerPage", 100), ("page", 99)).json()
    assert answer["hydra:member"] == []
    assert answer["hydra:totalItems"] == 300
    assert "hydra:next" not in answer["hydra:view"]


def test_new_leads_come_first_and_shift_the_pages(server, admin):
    second = [lead["id"] for lead in admin.get("leads", ("itemsPerPage", 10), ("page", 2)).json()["hydra:member"]]
    arrived = server.arrive(3)
    assert admin.ids()[:3] == arrived[::-1]
    shifted = [lead["id"] for lead in admin.get("leads", ("itemsPerPage", 10), ("page", 2)).json()["hydra:member"]]
    assert shifted[3:] == second[:7]
    assert admin.total() == 303


# -- filters ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("campaign.id", 44064, {"campaign": 44064}),
        ("campaign.id", "/api/v4/campaigns/44064", {"campaign": 44064}),
        ("currentStatus", "Caution", {"status": "Caution"}),
        ("deliveryStatus", "Not Delivered", {"delivery": "Not Delivered"}),
        ("publisher.id", 903, {"publisher": 903}),
        ("campaign.id", 1, {"campaign": 1}),
    ],
)
def test_a_known_filter_gives_exactly_what_matches(server, admin, key, value, where):
    wanted = server.lead_ids(**where)
    assert [lead["id"] for lead in everything(admin, (key, value))] == wanted
    assert admin.total((key, value)) == len(wanted)


def test_filters_together_must_all_match(server, admin):
    got = admin.ids(("campaign.id", 44064), ("currentStatus", "Valid"), ("deliveryStatus", "Delivered"))
    assert got == server.lead_ids(campaign=44064, status="Valid", delivery="Delivered")
    assert got


def test_ids_ask_for_several_leads(server, admin):
    some = server.lead_ids()[3:60:7]
    query = [("id[]", i) for i in [*some, some[0], 999_999_999]]
    assert admin.ids(*query) == some


@pytest.mark.parametrize("query", [("colour", "red"), ("lead.status", "Valid"), ("campaign", 44064), ("order[email]", "asc")])
def test_an_unknown_filter_is_silently_ignored(admin, query):
    assert admin.total(query) == 300


def test_dates_are_inclusive_at_both_ends_and_a_bare_day_is_its_midnight_utc(server, admin):
    leads = everything(admin)
    middle = leads[150]
    at = datetime.fromisoformat(middle["createdTs"])
    after, before = ("createdTs[after]", at.isoformat()), ("createdTs[before]", at.isoformat())
    assert middle["id"] in admin.ids(after, before)
    assert admin.total(after) + admin.total(before) == 300 + admin.total(after, before)
    a_second = timedelta(seconds=1)
    assert middle["id"] not in admin.ids(after, ("createdTs[before]", (at - a_second).isoformat()))
    assert middle["id"] not in admin.ids(("createdTs[after]", (at + timedelta(milliseconds=1)).isoformat()), before)
    day = at.astimezone(UTC).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert admin.total(("createdTs[after]", day.isoformat())) == admin.total(("createdTs[after]", midnight.isoformat()))
    assert admin.get("leads", ("createdTs[after]", "soon")).status_code == 400


def test_the_enriched_form_lists_the_filters_and_the_id_filter_only_where_it_works(server, admin, entering):
    def listed(caller) -> set[str]:
        mapping = caller.get("leads.jsonld", ("itemsPerPage", 1)).json()["hydra:search"]["hydra:mapping"]
        return {row["variable"] for row in mapping}

    assert {
        "campaign.id",
        "createdTs[after]",
        "createdTs[before]",
        "id[]",
        "currentStatus",
        "deliveryStatus",
        "publisher.id",
    } <= listed(admin)
    assert "hydra:search" not in admin.get("leads").json()
    with SandboxServer(leads=40, id_filter=False) as other:
        caller = entering(other)
        assert "id[]" not in listed(caller)
        assert caller.total(("id[]", other.lead_ids()[0])) == 40


def test_one_lead_and_its_enriched_form_are_what_the_list_shows(server, admin):
    lead = admin.get("leads").json()["hydra:member"][0]
    assert admin.get(f"leads/{lead['id']}").json() == lead
    assert admin.get(f"leads/{lead['id']}.jsonld").json() == lead
    for nowhere in ("leads/1", "leads/abc", f"leads/{10**30}", "nothing", "users/99"):
        assert admin.get(nowhere).status_code == 404
    assert admin.http.put(f"/api/v4/leads/{lead['id']}", json={}).status_code == 405


@pytest.mark.parametrize(
    "resource",
    [
        "campaigns",
        "publishers",
        "advertisers",
        "channels",
        "lead-flag-reasons",
        "lead-flag-reason-categories",
        "campaign-processr-jobs",
    ],
)
def test_small_lists_are_paged_and_their_items_can_be_read(admin, resource):
    pages = [admin.get(resource, ("itemsPerPage", 3), ("page", n)).json() for n in (1, 2)]
    listed = [row["id"] for page in pages for row in page["hydra:member"]]
    assert len(listed) == len(set(listed)) == min(6, pages[0]["hydra:totalItems"])
    assert admin.get(f"{resource}/{listed[0]}").json()["id"] == listed[0]


def test_figures_agree_with_the_leads(server, admin):
    leads = everything(admin, ("createdTs[after]", (datetime.now(UTC) - timedelta(days=30)).isoformat()))
    figures = admin.get("statistics").json()
    status = Counter(lead["currentStatus"] for lead in leads)
    assert (figures["total"], figures["valid"], figures["invalid"]) == (len(leads), status["Valid"], status["Invalid"])
    days = admin.get("lead-statistics-chronologies", ("itemsPerPage", 100)).json()["hydra:member"]
    assert sum(day["total"] for day in days) == 300
    assert [day["date"] for day in days] == sorted(day["date"] for day in days)
    assert sum(day["delivered"] for day in days) == len(server.lead_ids(delivery="Delivered"))


# -- roles --------------------------------------------------------------------------------------------------------------


def test_an_agency_sees_the_leads_and_campaigns_of_its_advertisers_only(server, agency, admin):
    ours = server.lead_ids(role="agency")
    assert 0 < len(ours) < 300
    assert {server.lead(i)["advertiser_id"] for i in ours} == {3001, 3002}
    assert [lead["id"] for lead in everything(agency)] == ours
    assert [c["name"] for c in agency.get("campaigns").json()["hydra:member"]] == list(server.campaigns("agency").values())
    assert len(server.campaigns("agency")) < len(server.campaigns())
    hidden = next(i for i in server.lead_ids() if i not in ours)
    assert agency.get(f"leads/{hidden}").status_code == 404
    assert agency.ids(("id[]", hidden)) == []
    assert agency.get("lead-notes", ("lead.id", hidden)).json()["hydra:member"] == []
    assert agency.get("statistics").json()["total"] < admin.get("statistics").json()["total"]
    with pytest.raises(SandboxError, match="admin, agency"):
        server.lead_ids(role="nobody")


def test_an_agency_writes_to_no_lead_of_others(server, agency):
    hidden = next(i for i in server.lead_ids(status="Caution") if i not in server.lead_ids(role="agency"))
    before = server.lead(hidden)
    assert agency.word("leads-bulk-flag", hidden, flag="test", flagReason=21) == ("error", "Lead not found")
    assert agency.write("is-lead-delivered", hidden).json()["leads"] == []
    assert server.lead(hidden) == before


def test_only_those_with_the_right_delete(server, agency, entering):
    lead = server.lead_ids(role="agency")[0]
    assert agency.write("leads-bulk-delete", lead, confirm=True).status_code == 403
    assert server.lead(lead)["deleted"] is False
    allowed = entering(server, "agency_delete")
    assert allowed.word("leads-bulk-delete", lead, confirm=True) == ("ok", "")
    assert agency.post("lead-flag-reason-categories", {"name": "Ours"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "said"),
    [("admin", ("ROLE_ADMIN", True)), ("agency", ("ROLE_AGENCY", False)), ("agency_delete", ("ROLE_AGENCY", True))],
)
def test_an_account_says_its_role_and_features(server, entering, role, said):
    caller = entering(server, role)
    me = caller.get(f"users/{caller.account['user_id']}").json()
    assert (me["role"], me["features"]["deleteLeads"]) == said
    assert me["username"] == server.users[role][0]


# -- the world ----------------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_world(entering):
    worlds = []
    for seed in (5, 5, 6):
        with SandboxServer(leads=120, seed=seed, now=NOW) as server:
            worlds.append((everything(entering(server)), server.arrive(1)))
    assert worlds[0] == worlds[1]
    assert worlds[0] != worlds[2]
    moments = [datetime.fromisoformat(lead["createdTs"]) for lead in worlds[0][0]]
    assert NOW - timedelta(days=45) <= min(moments) <= max(moments) <= NOW
    assert 160_000 <= worlds[0][0][-1]["id"] < 160_100


def test_leads_look_like_leads(server, admin):
    leads = everything(admin)
    scripts = {
        unicodedata.name(letter).split()[0]
        for lead in leads
        for letter in lead["firstName"] + lead["lastName"]
        if letter.isalpha()
    }
    assert {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "CJK", "HIRAGANA"} <= scripts
    assert any("'" in lead["lastName"] for lead in leads)
    assert all(lead["email"].endswith(".example") for lead in leads)
    fiction = re.compile(r"\+44 20 7946 0\d{3}|\+49 30 23125 \d{3}|\+33 1 99 00 0\d{3}|\(\+1\) 202 555 01\d\d")
    assert all(fiction.fullmatch(lead["telephone"]) for lead in leads)
    assert len({lead["createdTs"][-6:] for lead in leads}) > 3  # offsets
    assert {repr(lead["overAllocation"]) for lead in leads} == {"''", "False", "True"}
    assert {lead["currency"] for lead in leads} == {"EUR", "GBP", "USD"}
    assert {lead["optIn"] for lead in leads} == {True, None}
    assert {"Valid", "Invalid", "Caution", "Test"} == {lead["currentStatus"] for lead in leads}
    assert len(server.campaigns()) >= 8


@pytest.fixture
def large():
    """Enough leads for what is rare."""
    with SandboxServer(leads=2_000, seed=3) as server:
        yield server


def test_every_lead_agrees_with_the_rules(large, entering):
    server, admin = large, entering(large)
    assert len([lead for lead in everything(admin) if lead["processrStatus"] == 300]) > 10
    currencies = {c["@id"]: c["currency"] for c in admin.get("campaigns", ("itemsPerPage", 100)).json()["hydra:member"]}
    for lead in everything(admin):
        qa = lead["qaResult"]
        share = Decimal(lead["score"]) / lead["maxScore"]
        by_score = "Invalid" if lead["hardfail"] or share < Decimal("0.8") else "Valid" if share == 1 else "Caution"
        assert qa["status"] == by_score
        assert (qa["failedJobs"] == []) == (share == 1)
        assert lead["currentStatus"] == (lead["secondCheckStatus"] or qa["status"])
        assert (lead["secondCheckFlagReason"] is None) == (lead["secondCheckStatus"] is None)
        delivered = lead["deliveryStatus"] == "Delivered"
        assert lead["advertiserBillable"] == (delivered and lead["currentStatus"] == "Valid")
        assert lead["publisherBillable"] == (lead["advertiserBillable"] and lead["overAllocation"] is not True)
        assert (lead["firstDeliveredTs"] is not None) == delivered == lead["integration"]
        assert not (delivered and lead["processrStatus"] != 1000)
        assert lead["currency"] == currencies[lead["campaign"]]
        truth = server.lead(lead["id"])
        assert (truth["status"], truth["delivery"], truth["deleted"]) == (lead["currentStatus"], lead["deliveryStatus"], False)
        assert bool(truth["integrations_sent"]) == delivered


def test_the_jobs_of_a_lead_add_up_to_its_score_and_name_what_failed(server, admin):
    for lead in admin.get("leads", ("itemsPerPage", 100)).json()["hydra:member"]:
        jobs = admin.get("processr-job-leads", ("lead.id", lead["id"])).json()["hydra:member"]
        assert sum(job["score"] for job in jobs) == lead["score"]
        assert sum(job["maxScore"] for job in jobs) == lead["maxScore"]
        failed = [job["job"]["name"] for job in jobs if not job["passed"] and job["job"]["type"] == "quality_assurance"]
        assert failed == lead["qaResult"]["failedJobs"]
        assert all(0 <= job["score"] <= job["maxScore"] for job in jobs)


def test_the_notes_of_a_lead_tell_how_it_came_to_be_so(server, admin):
    for lead in admin.get("leads", ("itemsPerPage", 100)).json()["hydra:member"]:
        notes = admin.get("lead-notes", ("lead.id", lead["id"])).json()["hydra:member"]
        assert [note["@id"] for note in notes] == lead["leadNotes"]
        assert lead["currentStatus"] in [n["text"] for n in notes if n["type"] == "status"][-1]
        assert any(n["type"] == "delivery" for n in notes) == (lead["deliveryStatus"] == "Delivered")
        assert any(n["type"] == "metadata" for n in notes) == (lead["otherReasonType"] == "Replacement")
