"""Several campaigns, publishers and states at once: exactly the leads that fit one of each, whatever the service can do."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ReadTooLarge, RequestRefused
from cvtr_widgets.sandbox import SandboxServer

STATES = ["Valid", "Invalid", "Caution", "Test"]


@pytest.fixture(scope="module")
def server():
    with SandboxServer(leads=400, seed=3) as running:
        yield running


@pytest.fixture(scope="module")
def session(server):
    name, password, _ = server.users["admin"]
    with cvtr.connect("sandbox", name, password, url=server.url) as client:
        yield cvtr.LeadSession(client, progress=False)


def fitting(server, **wanted):
    """The leads that fit, as the sandbox knows them."""
    leads = {lead_id: server.lead(lead_id) for lead_id in server.lead_ids()}
    return {
        lead_id for lead_id, lead in leads.items() if all(not values or lead[name] in values for name, values in wanted.items())
    }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_exactly_the_leads_that_fit_one_of_each(server, session, data):
    campaigns = data.draw(st.lists(st.sampled_from(sorted(server.campaigns("admin"))), max_size=3, unique=True))
    states = data.draw(st.lists(st.sampled_from(STATES), max_size=3, unique=True))
    deliveries = data.draw(st.lists(st.sampled_from(["Delivered", "Not Delivered"]), max_size=2, unique=True))
    told = []
    found = session.pull(
        campaign=campaigns or None, status=states or None, delivery=deliveries or None, on_page=lambda *at: told.append(at)
    )
    assert set(found.index) == fitting(server, campaign_id=campaigns, status=states, delivery=deliveries)
    assert found.index.is_unique
    assert found["date"].is_monotonic_decreasing
    assert found.attrs["coverage"] == {"why": "", "read": len(found), "expected": len(found)}
    assert told[-1] == (len(found), len(found))
    assert any("one after the other" in note for note in found.attrs["notes"]) == (len(states) > 1 or len(deliveries) > 1)


def test_names_do_as_well_and_one_alone_is_as_before(server, session):
    (one, name), (other, _), *_ = server.campaigns("admin").items()
    assert set(session.pull(campaign=[name, other]).index) == fitting(server, campaign_id=[one, other])
    alone = session.pull(campaign=(one,))
    assert list(alone.index) == list(session.pull(campaign=one).index)
    assert not any("parts" in note for note in alone.attrs["notes"])


@pytest.mark.parametrize("filters", [{"campaign": []}, {"status": ()}, {"delivery": [None]}, {"publisher": [[1]]}])
def test_an_empty_list_is_not_everything(session, filters):
    with pytest.raises(RequestRefused):
        session.pull(**filters)


def test_too_many_combinations_and_too_many_requests_are_refused(session):
    with pytest.raises(RequestRefused, match=r"have 44 combinations.*at most 40"):
        session.pull(campaign=list(range(1, 12)), status=STATES)


def test_a_lead_that_changes_while_the_parts_are_read_stands_there_once(server, session):
    moved = []

    def change(frame):
        if not moved:  # it has come as Valid
            moved.append(int(frame.index[0]))
            server.change(moved[0], status="Invalid", reason="Duplicate")

    found = session.pull(status=["Valid", "Invalid"], on_frame=change)
    assert found.index.is_unique
    assert found.loc[moved[0], "current_status"] == "Valid"
    assert "Changed while being read, so they came twice: 1; shown as first read." in found.attrs["notes"]
    assert any("one after the other" in note for note in found.attrs["notes"])


def test_what_was_stopped_half_way_says_so(server, session):
    calls = []
    found = session.pull(status=STATES, cancel=lambda: len(calls) > 1, on_page=lambda *_: calls.append(1))
    assert found.attrs["coverage"]["why"] == "stopped"
    assert len(found) < len(server.lead_ids())


def test_all_parts_share_one_allowance(server):
    name, password, _ = server.users["admin"]
    with cvtr.connect("sandbox", name, password, url=server.url, limits=cvtr.Limits(page=1)) as client:
        session = cvtr.LeadSession(client, progress=False)
        assert 0 < len(fitting(server, status=["Valid"])) < 300
        with pytest.raises(ReadTooLarge, match="requests or more"):
            session.pull(status=STATES)
