"""Leads that stand alike share their state; leads that do not never do, however much their values look alike to Python."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.api.records import leads_of
from cvtr_widgets.dialect.default import default_dialect
from cvtr_widgets.frames.record_batch import RecordBatch
from cvtr_widgets.models import NOT_SENT, Lead
from cvtr_widgets.sandbox.data.seed import SeedWorld

FIELDS = default_dialect().lead
RECORD: dict[str, Any] = next(iter(SeedWorld(4, datetime(2026, 11, 20, tzinfo=UTC)).leads(1))).record
KEYS = [
    "currentStatus", "secondCheckFlagReason", "secondCheckFlagComment", "deliveryStatus", "processrStatus", "processingCounter",
    "publisherBillable", "advertiserBillable", "otherReasonType", "campaign",
]  # fmt: skip
ODD = [None, True, False, 0, 1, 1.0, 2, "1", "", "Valid", "valid", "Delivered", "12.50", {"name": "1"}, [], {}]


def exactly(lead: Lead) -> list[tuple[type, Any]]:
    return [(type(value), value) for value in lead.state]


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ODD), max_size=3), min_size=1, max_size=6))
def test_a_lead_is_the_same_whoever_came_before_it(changes):
    records = [{**copy.deepcopy(RECORD), **changed} for changed in changes]
    ids = list(range(1, len(records) + 1))
    together = leads_of(RecordBatch(records), ids, FIELDS, {}, {}, {})
    for lead_id, record, lead in zip(ids, records, together, strict=True):
        (alone,) = leads_of(RecordBatch([record]), [lead_id], FIELDS, {}, {}, {})
        assert exactly(lead) == exactly(alone)
        assert lead == alone


def test_leads_that_stand_alike_share_one_state():
    with cvtr.Sandbox(leads=200) as sandbox, sandbox.connect() as client:
        leads = client.fetch([record["id"] for page in client.listing().pages() for record in page])
    assert len(leads) == 200
    assert len({id(lead.state) for lead in leads.values()}) == len({lead.state for lead in leads.values()}) < 200


def test_a_lead_shows_what_the_service_sends():
    lead = Lead(7, status="Valid", reason=None)
    assert repr(lead) == "Lead(7, LeadState(status='Valid'))"
    assert (lead.id, lead.status, lead.delivery) == (7, "Valid", NOT_SENT)
