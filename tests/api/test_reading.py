"""Reading: complete or said to be incomplete, filters believed only when obeyed, faults named."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import (
    NotAllowed,
    NotFound,
    OffOrigin,
    ReadTooLarge,
    RequestRefused,
    ServiceBroken,
    ServiceError,
    TooManyRequests,
    Unreadable,
)
from tests.api.scripted import Reply, Request, Scripted, collection

WHEN = "2026-11-20T10:00:00+00:00"


def lead(lead_id: int, campaign: int = 44064, status: str = "Caution", **more) -> dict:
    return {
        "@id": f"/api/v4/leads/{lead_id}", "id": lead_id, "campaign": f"/api/v4/campaigns/{campaign}", "createdTs": WHEN,
        "currentStatus": status, **more,
    }  # fmt: skip


def paged(leads: list[dict], *, total: int | None = None, named: bool = True):
    """Pages of the size asked for, newest first."""

    def answer(request: Request) -> Reply:
        query = dict(request.query)
        size, page = int(query["itemsPerPage"]), int(query["page"])
        body: dict = {"hydra:member": leads[(page - 1) * size : page * size]}
        if named:
            body["hydra:totalItems"] = len(leads) if total is None else total
        return Reply(200, body)

    return answer


@pytest.mark.parametrize("named", [True, False], ids=["with a total", "without"])
def test_all_pages_are_read_each_lead_once(scripted: Scripted, connect, named):
    scripted.answers["GET", "/api/v4/leads"] = paged([lead(i) for i in range(1, 431)], named=named)
    listing = connect().listing()
    ids = [r["id"] for page in listing.pages() for r in page]
    assert ids == list(range(1, 431))
    assert listing.notes == []


def test_a_lead_that_shifts_to_the_next_page_is_counted_once_and_what_is_missing_is_said(scripted: Scripted, connect):
    leads = [lead(i) for i in range(1, 250)]

    def shifting(request: Request) -> Reply:
        page = int(dict(request.query)["page"])
        start = (page - 1) * 100 - (0 if page == 1 else 1)  # one lead came in above: everything moved down by one
        return Reply(200, {"hydra:member": leads[start : start + 100], "hydra:totalItems": 250})

    scripted.answers["GET", "/api/v4/leads"] = shifting
    listing = connect().listing()
    ids = [r["id"] for page in listing.pages() for r in page]
    assert len(ids) == len(set(ids)) == 249
    assert listing.tally.missing == 1
    assert listing.notes == ["May be incomplete by 1: the service counts 250, 249 came."]


def test_a_filter_that_is_ignored_is_made_good_here_and_said(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/leads"] = paged([lead(1), lead(2, campaign=5), lead(3, status="Valid")])
    listing = connect().listing(campaign=44064, status="Caution")
    ids = [r["id"] for page in listing.pages() for r in page]
    assert ids == [1]
    assert any("ignored this filter: campaign. 1 rows" in n for n in listing.notes)
    assert any("does not offer this filter: status. 1 rows" in n for n in listing.notes)


def test_filters_that_the_service_lists_are_sent(scripted: Scripted, connect):
    search = {"hydra:mapping": [{"variable": "currentStatus"}, {"variable": "id[]"}]}
    scripted.answers["GET", "/api/v4/leads.jsonld"] = Reply(200, {"hydra:member": [], "hydra:search": search})
    scripted.answers["GET", "/api/v4/leads"] = paged([lead(1)])
    list(connect().leads(status="Caution"))
    assert ("currentStatus", "Caution") in scripted.asked("/api/v4/leads")[0].query


def test_a_filter_on_a_field_that_is_not_sent_is_refused(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/leads"] = paged([{"id": 1, "createdTs": WHEN}])
    with pytest.raises(RequestRefused, match="does not send 'status'"):
        list(connect().leads(status="Caution"))


def test_a_large_read_is_refused_with_its_size_until_told_to_go_on(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/leads"] = paged([lead(i) for i in range(1, 101)], total=30_001)
    client = connect()
    with pytest.raises(ReadTooLarge, match="301 requests for 30,001 rows") as caught:
        list(client.leads())
    assert caught.value.requests == 301
    assert len(scripted.asked("/api/v4/leads")) == 1


def test_an_id_filter_that_is_ignored_is_seen_through(scripted: Scripted, connect):
    search = {"hydra:mapping": [{"variable": "id[]"}]}
    scripted.answers["GET", "/api/v4/leads.jsonld"] = Reply(200, {"hydra:member": [], "hydra:search": search})
    scripted.answers["GET", "/api/v4/leads"] = paged([lead(i) for i in range(1, 50)])  # whatever is asked
    for lead_id in (7, 8):
        scripted.answers["GET", f"/api/v4/leads/{lead_id}"] = Reply(200, lead(lead_id))
    client = connect()
    assert set(client.fetch_records([7, 8, 99])) == {7, 8}
    assert client.fetch_cost([1, 2, 3]).way == "one by one"


def test_an_id_filter_that_is_ignored_is_not_asked_for_every_page(scripted: Scripted, connect):
    search = {"hydra:mapping": [{"variable": "id[]"}]}
    scripted.answers["GET", "/api/v4/leads.jsonld"] = Reply(200, {"hydra:member": [], "hydra:search": search})
    scripted.answers["GET", "/api/v4/leads"] = paged([lead(i) for i in range(1, 50)])  # whatever is asked
    wanted = range(1_001, 1_301)
    for lead_id in wanted:
        scripted.answers["GET", f"/api/v4/leads/{lead_id}"] = Reply(200, lead(lead_id))
    client = connect(limits=cvtr.Limits(page=5))
    assert set(client.fetch_records(wanted)) == set(wanted)

    def asked() -> int:
        return sum("id[]" in dict(request.query) for request in scripted.asked("/api/v4/leads"))

    once = asked()
    assert 1 <= once <= 20  # those under way when the first answer came, of sixty
    client.fetch_records(wanted)
    assert asked() == once  # found out once


def test_an_answer_about_another_lead_is_never_taken_for_the_one_asked_for(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/leads/7"] = Reply(200, lead(8))
    with pytest.raises(Unreadable, match="a different lead"):
        connect().lead(7)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(403, {"hydra:description": "no"}), NotAllowed),
        (Reply(404, {"hydra:description": "no"}), NotFound),
        (Reply(400, {"hydra:description": "bad"}), RequestRefused),
        (Reply(500, {"hydra:description": "boom"}), ServiceBroken),
        (Reply(429, raw=b"slow down", headers={"Retry-After": "1"}), TooManyRequests),
        (Reply(200, raw=b"<html>login</html>"), Unreadable),
        (Reply(200, raw=b'{"hydra:member": ['), Unreadable),
        (Reply(200, raw=b""), Unreadable),
        (Reply(200, raw="Ä".encode("latin-1")), Unreadable),
        (Reply(200, raw=b"[" * 100_000), Unreadable),
        (Reply(200, {"hydra:member": "none"}), Unreadable),
        (Reply(302, headers={"Location": "https://elsewhere.example/"}), OffOrigin),
        (Reply(200, raw=b'{"hydra:member": []}', cut=5), ServiceError),
    ],
    ids=lambda v: v.__name__ if isinstance(v, type) else None,
)
def test_what_goes_wrong_is_named_and_ends_with_what_to_do(scripted: Scripted, connect, reply, error):
    scripted.answers["GET", "/api/v4/campaigns"] = reply
    client = connect()
    with pytest.raises(error) as caught:
        client.campaigns()
    text = str(caught.value)
    assert text.endswith(".")
    assert "/api/v4/campaigns" in text
    assert "token-1" not in text


def test_a_passing_fault_of_a_read_is_tried_again(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/campaigns"] = [
        Reply(502),
        Reply(200, close_before=True),
        collection([{"id": 1, "name": "A"}]),
    ]
    assert [c["name"] for c in connect().campaigns()] == ["A"]


def test_an_endless_collection_without_totals_ends(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/leads"] = Reply(200, {"hydra:member": [lead(1), lead(2)]})
    assert [r["id"] for r in connect().leads()] == [1, 2]


def test_reasons_of_another_flag_are_left_out(scripted: Scripted, connect):
    scripted.answers["GET", "/api/v4/lead-flag-reasons"] = collection(
        [{"id": 1, "name": "Returned", "leadFlag": {"name": "invalid"}}, {"id": 2, "name": "Fine", "leadFlag": {"name": "valid"}}]
    )
    assert [c.name for c in connect().flag_reasons("invalid")] == ["Returned"]
