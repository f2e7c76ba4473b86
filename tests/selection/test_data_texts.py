"""Data of a program as text: JSON, what Python prints, YAML. It is read as a whole, or refused as a whole."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.selection.select import parse_ids, read_file

RECORDS = [{"score": 155_000, "lead_id": 167_457}, {"score": 155_001, "lead_id": 167_458}]
FRAME = pd.DataFrame(RECORDS)
API = {
    "@context": "/api/v4/contexts/Lead",
    "hydra:member": [
        {"@id": f"/api/v4/leads/{one}", "id": one, "campaign": {"@id": "/api/v4/campaigns/144064", "id": 144_064}}
        for one in (167_457, 167_458)
    ],
    "hydra:totalItems": 155_000,
}
READ = [
    json.dumps(RECORDS),
    json.dumps(RECORDS, indent=2),
    str(RECORDS),
    str(tuple(RECORDS)),
    "\n".join(map(json.dumps, RECORDS)),
    ",\n".join(json.dumps(one, indent=1) for one in RECORDS),
    json.dumps(API, indent=1),
    json.dumps({"page": 1, "leads": RECORDS}),
    json.dumps({"lead_ids": [167_457, 167_458], "count": 155_000}),
    FRAME.to_json(),
    FRAME.to_json(orient="records"),
    FRAME.to_json(orient="split"),
    FRAME.to_json(orient="index"),
    str(FRAME.to_dict()),
    str(FRAME.to_dict("list")),
    '[["score", "lead_id"], [155000, 167457], [155001, 167458]]',
    '[(167457, "Zoë"), (167458, "Bo")]',
    '"[167457, 167458]"',
]


@pytest.mark.parametrize("text", READ)
def test_records_are_read_by_the_column_of_their_lead_ids(text: str) -> None:
    assert set(cvtr.select(text).ids) <= {167_457, 167_458}
    if not text.startswith('"'):
        assert cvtr.select(text).ids == (167_457, 167_458)
        assert read_file(text.encode()).ids == (167_457, 167_458)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RECORDS, indent=1)[20:],
        json.dumps(RECORDS, indent=1)[:-30],
        json.dumps({"hydra:member": [{"@id": "/api/v4/campaigns/155000", "id": 155_000}]}),
        json.dumps({"campaigns": [155_000, 155_001]}),
        json.dumps({"campaigns": [{"id": 155_000}]}),
        json.dumps({"forms": RECORDS, "leads": RECORDS}),
        json.dumps({"excluded": [167_457], "leads": [167_458]}),
        json.dumps({"note": "do not return", "leads": [167_458]}),
        json.dumps({"id": 155_000, "leads": [{"id": 167_457}]}),
        FRAME.set_index("lead_id").to_json(),
        FRAME.set_index("lead_id").to_json(orient="split"),
        FRAME.to_json(orient="values"),
        "[[167457, 155000], [167458, 155001]]",
        '{"lead_id": 155000, "lead_id": 167457}',
        "{'lead_id': 155000, 'lead_id': 167457}",
        "[{'lead_id': 167457, 'created': Timestamp('2024-01-01')}]",
        "- score: 155000\n  lead_id: 167457\n- score: 155001\n  lead_id: 167458",
        "widget:\n  id: 155000\nlead_id: 167457",
        "- widget:\n    id: 155000\n  lead_id: 167457",
        '[{"1": 167457, "2": 155000}]',
        "{0: 155000, 1: 155001}",
        "[" * 5_000 + "{",
    ],
)
def test_what_names_no_list_of_leads_gives_none(text: str) -> None:
    assert parse_ids(text).ids == ()
    assert parse_ids(text).not_taken >= 1
    with pytest.raises(SelectionError):
        read_file(text.encode())


def test_two_columns_of_records_are_asked_about() -> None:
    text = json.dumps([{"lead_id": 167_457, "Convertr ID": 155_000}])
    with pytest.raises(ColumnUnclear) as caught:
        cvtr.select(text)
    assert caught.value.columns == ("lead_id", "Convertr ID")
    assert cvtr.select(text, column="lead_id").ids == (167_457,)
    assert read_file(text.encode(), column="Convertr ID").ids == (155_000,)


def test_a_file_that_holds_a_list_of_json_is_a_list() -> None:
    for text in (b"[167457, 167458]", b'[\n  "167457",\n  "167458"\n]\n'):
        assert read_file(text).ids == (167_457, 167_458)


def test_each_record_without_an_id_is_counted() -> None:
    found = cvtr.select(json.dumps([*RECORDS, {"lead_id": None, "score": 3}, {"lead_id": 12.5}, {"lead_id": "1.2E+05"}]))
    assert found.ids == (167_457, 167_458)
    assert found.not_taken == 3


def test_what_only_looks_like_data_is_read_as_before() -> None:
    assert parse_ids("lead_ids:\n  - 167457\n  - 167458").ids == (167_457, 167_458)
    assert parse_ids("Please return:\n167457").ids == (167_457,)
    assert parse_ids('"lead_id": 167457').ids == (167_457,)
