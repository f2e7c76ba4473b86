"""The lists of the service, and its delivery check, as frames."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr


@pytest.fixture
def sandbox():
    with cvtr.Sandbox(leads=80, seed=3) as running:
        yield running


@pytest.fixture
def session(sandbox):
    with sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        yield session
        session.close()


@pytest.mark.parametrize("what", ["campaigns", "publishers", "advertisers", "channels"])
def test_a_list_is_a_frame_by_id_with_names(session, what):
    frame = getattr(session, what)()
    assert frame.index.name == "id"
    assert frame.index.is_unique
    assert frame["name"].notna().all()
    assert len(frame)


def test_the_delivery_check_is_a_frame_in_the_order_given(session, sandbox):
    yes = sandbox.server.lead_ids(delivery="Delivered")[:3]
    no = sandbox.server.lead_ids(delivery="Not Delivered")[:3]
    ids = [no[0], yes[0], yes[1], no[1]]
    frame = session.is_delivered(ids)
    assert frame.index.tolist() == ids
    assert frame.index.name == "lead_id"
    assert str(frame["delivered"].dtype) == "boolean"
    assert frame["delivered"].tolist() == [False, True, True, False]
    assert not any(sandbox.server.effects(i) for i in ids)
