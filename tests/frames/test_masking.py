"""The masked view: nothing personal is left in any frame, and nothing else is changed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.frames.masking import masked as cvtr_masked
from cvtr_widgets.frames.masking import short_email, short_name, short_telephone, shortener


@pytest.mark.parametrize(
    ("shorten", "text", "short"),
    [
        (short_name, "Zoë", "Z…"),
        (short_name, " ", ""),
        (short_email, "zoe@mail.example", "z…@m….example"),
        (short_email, "not an address", "n…"),
        (short_telephone, "(+1) 45656456234", "…34"),
        (short_telephone, "12", "…"),
    ],
)
def test_each_kind_is_shortened_in_its_own_way(shorten, text, short):
    assert shorten(text) == short


@given(st.text(min_size=4))
def test_nothing_longer_than_a_hint_is_left(text):
    for shorten in (short_name, short_telephone):
        assert len(shorten(text)) <= 3
    assert len(short_email(text).rpartition(".")[0]) <= 6 or "@" in text


@pytest.mark.parametrize(
    "column",
    [
        "first_name",
        "email",
        "telephone",
        "data_work_email",
        "data_mobile_number",
        "other_address_line1",
        "other_postcode",
        "other_ip",
    ],
)
def test_personal_columns_are_known_by_their_names(column):
    assert shortener(column) is not None


@pytest.mark.parametrize(
    "column", ["campaign", "lead_generator", "data_email_domain", "data_country", "reason", "date", "data_lead_hash"]
)
def test_others_are_left(column):
    assert shortener(column) is None


def test_a_masked_session_gives_no_name_anywhere():
    with cvtr.Sandbox(leads=200, seed=4) as sandbox, sandbox.connect() as client:
        plain = cvtr.LeadSession(client, progress=False).pull()
        session = cvtr.LeadSession(client, progress=False, masked=True)
        found = session.pull()
        assert list(found.columns) == list(plain.columns)
        assert found.attrs["masked"]
        secrets = {v for c in ("last_name", "email", "telephone") for v in plain[c].dropna() if len(v) > 4}
        text = found.to_csv()
        assert [s for s in secrets if s in text] == []
        assert found["campaign"].equals(plain["campaign"])
        lead_id = int(found.index[0])
        assert "email" in session.detail(lead_id).fields
        assert plain.loc[lead_id, "email"] not in str(session.detail(lead_id).fields)
        exported = cvtr.to_csv(found)
        assert isinstance(exported, bytes)
        assert [s for s in secrets if s.encode() in exported] == []
        # What a run needs is not shortened: the plan is read afresh from the service.
        plan = session.plan(cvtr.mark_test("Test Lead"), [lead_id])
        assert plan.total == 1


@pytest.mark.parametrize(
    "column",
    ["data_work_email_2", "data_mobilephone", "data_vorname", "data_Prénom", "other_nachname", "data_apellidos", "comment",
     "data_notes", "data_Straße", "data_geburtsdatum", "data_whatsapp", "other_name"],
)  # fmt: skip
def test_personal_columns_are_known_in_other_languages(column):
    assert shortener(column) is not None


@given(st.from_regex(r"[a-z]{2,9}@[a-z]{2,9}\.example|\+?[0-9]{7,15}", fullmatch=True))
def test_what_is_in_a_value_decides_besides_its_columns_name(value):
    frame = pd.DataFrame({"data_x": [value, "blue"], "reason": [f"said {value}", None], "campaign": ["2026112701", "b"]})
    found = cvtr_masked(frame)
    assert value not in found.to_csv()
    assert found["data_x"].tolist()[1] == "blue"
    assert found["campaign"].equals(frame["campaign"])
