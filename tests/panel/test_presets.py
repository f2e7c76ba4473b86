"""``LeadPanel(client, filters=..., action=...)``: what a script chooses beforehand, and nothing loaded by itself."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ArgumentError


@pytest.fixture(scope="module")
def client():
    with cvtr.Sandbox(leads=120, seed=3) as sandbox, sandbox.connect() as client:
        yield client


def step_one(panel: cvtr.LeadPanel) -> dict:
    return panel._state.view()["leads"]["filters"]


def test_filters_are_chosen_by_id_and_by_name_and_nothing_is_loaded(client):
    session = cvtr.LeadSession(client, progress=False)
    campaigns, publisher = session.campaigns(), session.publishers()["name"].iloc[0]
    panel = cvtr.LeadPanel(
        client,
        filters={"campaign": [int(campaigns.index[0]), campaigns["name"].iloc[1]], "publisher": publisher, "status": "Caution"},
    )
    shown = step_one(panel)
    assert shown["campaign"] == [str(i) for i in campaigns.index[:2]]
    assert shown["publisher"] == [str(session.publishers().index[0])]
    assert shown["status"] == ["Caution"]
    assert panel.leads.empty
    panel.close()


def test_a_range_of_days_is_chosen_by_its_name(client):
    panel = cvtr.LeadPanel(client, filters={"range": "Last 7 days"})
    assert step_one(panel)["range"] == "Last 7 days"
    panel.close()


def test_an_action_is_filled_in(client):
    panel = cvtr.LeadPanel(client, action=cvtr.mark_test("Our own test", comment="by script"))
    form = panel._state.type.form
    assert panel._state.view()["type"]["action"] == "test"
    assert (form.own_reason, form.comment) == ("Our own test", "by script")
    panel.close()


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"state": "Valid"}, "takes a dict with some of"),
        ({"status": "Good"}, "Choose one or more of"),
        ({"campaign": "No such campaign"}, "there is no campaign"),
        ({"campaign": True}, "there is no campaign"),
        ({"range": "Last year"}, "Choose one of"),
        ({"created_after": "2026-13-45"}, "not a complete day"),
        ({"created_after": "2026-11-20", "created_before": "2026-11-10"}, "later than To"),
        ("Caution", "takes a dict"),
    ],
)
def test_what_there_is_not_is_said(client, filters, words):
    with pytest.raises(ArgumentError, match=words):
        cvtr.LeadPanel(client, filters=filters)
