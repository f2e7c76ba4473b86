"""Records -> frame: nothing breaks a row, nothing is lost, money adds up exactly."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvtr_widgets.dialect.default import default_dialect
from cvtr_widgets.frames.leads import FIRST_COLUMNS, FRAME_COLUMNS, FrameBuilder, leads_in
from cvtr_widgets.models import NOT_SENT

FIELDS = default_dialect().lead
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def frame_of(*records: dict, pages: int = 1, notes: tuple[str, ...] = ()) -> pd.DataFrame:
    builder = FrameBuilder(FIELDS, {"1000": "Complete"})
    size = max(1, -(-len(records) // pages))
    for start in range(0, len(records), size):
        builder.add(list(records[start : start + size]))
    return builder.frame(campaigns={44064: "Acme EU"}, publishers={9: "LeadGen Ltd"}, as_of=AT, notes=notes)


def test_the_columns_are_the_documented_ones_in_order():
    frame = frame_of({"id": 1})
    assert list(frame.columns) == [c.name for c in FRAME_COLUMNS]
    assert FIRST_COLUMNS == (
        "date", "campaign_id", "campaign", "lead_generator", "channel", "first_name", "last_name", "email",
        "processr_status", "current_status", "delivery", "billable_for_publisher", "billable_for_advertiser",
    )  # fmt: skip
    assert frame.index.name == "lead_id"
    assert frame.index.dtype == "int64"
    shown = {c.name: str(frame[c.name].dtype) for c in FRAME_COLUMNS}
    words = {"object": ("text", "Decimal"), "datetime64": ("UTC",)}
    expected = {c.name: words.get(shown[c.name].split("[")[0], (shown[c.name],)) for c in FRAME_COLUMNS}
    assert not {c.name: (c.dtype, shown[c.name]) for c in FRAME_COLUMNS if c.dtype not in expected[c.name]}


def test_relations_as_iri_or_as_object_give_the_same_frame():
    iri = {"id": 1, "campaign": "/api/v4/campaigns/44064", "publisher": "/api/v4/publishers/9"}
    whole = {
        "id": 1,
        "campaign": {"@id": "/api/v4/campaigns/44064", "name": "Acme EU"},
        "publisher": {"id": 9, "name": "LeadGen Ltd"},
    }
    pd.testing.assert_frame_equal(frame_of(iri), frame_of(whole))
    assert frame_of(iri).loc[1, ["campaign_id", "campaign", "lead_generator"]].tolist() == [44064, "Acme EU", "LeadGen Ltd"]


def test_values_keep_their_meaning():
    frame = frame_of(
        {"id": 5, "createdTs": "2026-11-01T01:30:00+02:00", "publisherPayout": "12.10", "overAllocation": "", "currentStatus": "caution",
         "processrStatus": 1000, "publisherBillable": None, "advertiserBillable": True, "score": 80},
        {"id": 6, "createdTs": "2026-11-01T01:30:00Z", "publisherPayout": "0.20", "overAllocation": False, "processrStatus": 17},
    )  # fmt: skip
    assert frame.loc[5, "date"] == pd.Timestamp("2026-10-31T23:30:00Z")
    assert sum(frame["publisher_payout"]) == Decimal("12.30")
    assert frame["over_allocation"].isna().tolist() == [True, False]
    assert frame.loc[5, "current_status"] == "Caution"
    assert frame["processr_status"].tolist() == ["Complete", "17"]
    assert frame["billable_for_publisher"].isna().all()
    assert bool(frame.loc[5, "billable_for_advertiser"]) is True
    assert frame.attrs["as_of"] == AT.isoformat()
    assert frame.attrs["notes"] == []
    assert "comment" in frame.attrs["not_sent"]
    assert "score" not in frame.attrs["not_sent"]


def test_what_cannot_be_read_is_said_and_unknown_keys_are_kept():
    frame = frame_of(
        {"id": 1, "createdTs": "yesterday", "publisherPayout": "much", "brandNewKey": {"a": [1]}},
        {"id": 2, "leadData": [{"name": "Job Title", "value": "CEO"}, {"name": "job title", "value": "CTO"}, "odd"]},
    )
    assert any(n.startswith("1 values of date") for n in frame.attrs["notes"])
    assert any(n.startswith("1 values of publisher_payout") for n in frame.attrs["notes"])
    assert frame.loc[1, "other_brand_new_key"] == '{"a": [1]}'
    assert (frame.loc[2, "data_job_title"], frame.loc[2, "data_job_title_2"]) == ("CEO", "CTO")
    assert frame.loc[1, "data_job_title"] is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["createdTs", "campaign", "publisher", "channel", "leadData", "score", "publisherPayout", "overAllocation",
     "currentStatus", "deliveryStatus", "processrStatus", "qaResult", "publisherBillable", "firstName", "odd key"]
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(KEYS, JSON, max_size=8), max_size=6), st.integers(1, 3))
def test_no_answer_of_a_service_breaks_a_row(bodies, pages):
    records = [{**body, "id": n} for n, body in enumerate(bodies, 1)]
    frame = frame_of(*records, pages=pages)
    assert frame.index.tolist() == list(range(1, len(bodies) + 1))
    assert list(frame.columns)[: len(FRAME_COLUMNS)] == [c.name for c in FRAME_COLUMNS]
    leads = leads_in(frame, [1, 99])
    assert set(leads) == ({1} if bodies else set())


def test_a_loaded_frame_gives_the_leads_it_shows():
    frame = frame_of(
        {"id": 7, "campaign": "/api/v4/campaigns/44064", "currentStatus": "Valid", "deliveryStatus": "Delivered", "processrStatus": 1000,
         "advertiserPayout": "3.50", "advertiserBillable": True, "secondCheckFlagReason": None}
    )  # fmt: skip
    lead = leads_in(frame, [7])[7]
    assert (lead.status, lead.delivery, lead.processr_status, lead.reason) == ("Valid", "Delivered", 1000, None)
    assert (lead.advertiser_payout, lead.billable_for_advertiser, lead.campaign_id) == (Decimal("3.50"), True, 44064)
    assert lead.comment is NOT_SENT
