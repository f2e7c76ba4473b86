"""Lists are read to their end, whatever a proxy on the way makes of totals and clocks, and say where that is not certain."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import RequestRefused
from cvtr_widgets.sandbox import Mishap, NetworkFault, SandboxServer
from tests.api.scripted import Reply, Scripted


@pytest.fixture
def server():
    with SandboxServer(leads=500, seed=3, network=[]) as running:
        yield running


@pytest.fixture
def session(server):
    name, password, _ = server.users["admin"]
    with cvtr.connect("sandbox", name, password, url=server.url) as client:
        yield cvtr.LeadSession(client, progress=False)


def test_a_clock_that_is_hours_off_hides_no_lead(server, session):
    server.network = [NetworkFault("*", "clock", seconds=-3 * 3600)]
    server.arrive(3)
    whole = session.pull()
    newest = whole["date"].max()
    assert set(whole.index) == set(server.lead_ids())
    since = session.pull(created_after=newest.to_pydatetime())
    assert len(since) == (whole["date"] >= newest).sum() > 0


def test_a_total_that_equals_one_page_hides_no_lead(server, session):
    server.network = [NetworkFault("leads", "small_total")]
    assert set(session.pull().index) == set(server.lead_ids())
    server.network = [NetworkFault("*", "small_total")]
    assert len(session.statistics_over_time()) > 30


def test_a_full_page_is_not_the_last_one_even_without_a_link(connect_scripted, scripted):
    def page(request):
        number = int(dict(request.query)["page"])
        rows = [{"@id": f"/api/v4/leads/{i}", "id": i} for i in range(number * 100 - 99, min(number * 100, 450) + 1)]
        return Reply(200, {"hydra:member": rows, "hydra:totalItems": 100})

    scripted.answers["GET", "/api/v4/leads"] = page
    listing = connect_scripted().listing()
    assert sum(len(records) for records in listing.pages()) == 450
    assert listing.notes == ["The service counts 100, but 450 came."]


def test_rows_without_an_id_are_counted_once_however_often_pages_are_read_again(connect_scripted, scripted):
    rows = [{"@id": f"/api/v4/leads/{i}", "id": i} for i in range(1, 90)]

    def page(request):
        found = [*rows, {}, "?"] if dict(request.query)["page"] == "1" else []
        return Reply(200, {"hydra:member": found, "hydra:totalItems": 95})

    scripted.answers["GET", "/api/v4/leads"] = page
    listing = connect_scripted().listing()
    assert sum(len(records) for records in listing.pages()) == 89
    assert listing.tally.unreadable == 2
    assert listing.tally.missing == 4
    assert any("May be incomplete by 4" in note for note in listing.notes)


def test_statistics_over_time_are_all_days(server, session):
    days = session.statistics_over_time()
    leads = session.pull()
    assert len(days) > 30
    assert days["total"].sum() == len(leads)
    assert days.attrs["notes"] == []


@pytest.mark.parametrize("name", ["campaign", "publisher"])
def test_what_is_not_there_is_an_error_and_not_no_rows(session, name):
    with pytest.raises(RequestRefused, match="There is no"):
        session.pull(**{name: 999_999})
    with pytest.raises(RequestRefused, match="There is no"):
        list(session.client.leads(**{name: 999_999}))


def test_a_campaign_that_has_no_integrations_is_told_from_one_that_is_not_there(session):
    with pytest.raises(RequestRefused, match="There is no campaign"):
        session.integrations(999_999)


def test_dates_that_are_swapped_are_an_error(session):
    with pytest.raises(RequestRefused, match="before it begins"):
        session.pull(created_after="2026-02-01", created_before="2026-01-01")
    with pytest.raises(RequestRefused, match="before it begins"):
        session.statistics_over_time("2026-02-01", "2026-01-01")


def test_two_different_records_of_one_lead_are_said_and_settled_by_its_own_address(server, session):
    ids = server.lead_ids(status="Caution")[:5]
    server.mishaps = [Mishap("leads", "two_records")]
    listed = session.pull()
    assert any("two different records" in note for note in listed.attrs["notes"])
    assert set(session.pull(ids=ids)["current_status"]) == {"Caution"}


def test_a_total_that_no_number_holds_is_no_crash(connect_scripted, scripted):
    raw = b'{"hydra:member": [], "hydra:totalItems": 1e3000}'
    scripted.answers["GET", "/api/v4/leads"] = Reply(200, raw=raw)
    with pytest.raises(cvtr.CvtrError):
        list(connect_scripted().leads())


@pytest.fixture
def scripted():
    running = Scripted()
    yield running
    running.stop()


@pytest.fixture
def connect_scripted(scripted):
    opened = []

    def make():
        opened.append(cvtr.connect("acme", "ana@acme.example", "pass-word", url=scripted.url))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
