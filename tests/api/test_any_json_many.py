"""The same of forty leads in one answer, each with a value of its own in a place of its own.

So 100,000 values in places of leads take two minutes. ``test_any_json.py`` goes through the places of all other answers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.sandbox.data.seed import SeedWorld
from tests.api.test_any_json import Service, any_json, collection, paths, put, quiet

MANY = 40
LEADS = [made.record for made in SeedWorld(5, datetime(2026, 11, 20, tzinfo=UTC)).leads(MANY)]
IDS = [record["id"] for record in LEADS]
INSIDE = sorted({path for record in LEADS for path in paths(record) if path}, key=str)
LONG = 100_000

values = st.lists(st.tuples(st.sampled_from(INSIDE), any_json), min_size=MANY, max_size=MANY)
WAYS: dict[str, Any] = {
    "pull all": lambda s: s.pull(created_after="2020-01-01"),
    "pull by filter": lambda s: s.pull(status="Valid", created_after="2020-01-01"),
    "pull by ids": lambda s: s.pull(ids=IDS),
    "plan flag": lambda s: s.plan(cvtr.mark_invalid("Returned", category="No budget"), IDS).frame,
    "plan delivered": lambda s: s.plan(cvtr.mark_delivered(), IDS).frame,
    "plan other": lambda s: s.plan(cvtr.mark_other(), IDS).frame,
    "plan reprocess": lambda s: s.plan(cvtr.reprocess(), IDS).frame,
}
ways = st.sampled_from([*WAYS])


@pytest.fixture(scope="module")
def service():
    started = Service(IDS)
    yield started
    started.stop()


def has(record: Any, path: tuple) -> bool:
    for key in path:
        if not (isinstance(record, dict) and key in record) and not (isinstance(record, list) and key < len(record)):
            return False
        record = record[key]
    return True


def spoiled(record: dict[str, Any], path: tuple, value: Any) -> dict[str, Any]:
    """The record with the value there, or at the first key of that path where it has no such place."""
    return put(record, path if has(record, path) else path[:1], value)


def forty_values(service, given_values: list[tuple[tuple, Any]], way: str) -> None:
    records = [spoiled(record, *change) for record, change in zip(LEADS, given_values, strict=True)]
    session = service.session("/api/v4/leads", collection(records))
    try:
        found, said = WAYS[way](session), ""
    except CvtrError as error:
        found, said = None, str(error).strip()
    if found is None:
        assert said[-1] in ".?!)", said
        return
    repr(found)
    if way == "pull by ids":
        assert set(found.index) | set(found.attrs["not_found"]) >= set(IDS)  # nobody is lost in silence
    if "email" not in found.columns:
        assert list(found.index) == IDS
        return
    own_email = {record["id"] for record, (path, _) in zip(LEADS, given_values, strict=True) if path[0] != "email"}
    for lead_id, email in zip(found.index, found["email"], strict=True):
        if isinstance(email, str) and email.startswith("lead.") and lead_id in own_email:
            assert email.startswith(f"lead.{lead_id}@"), (lead_id, email)


@settings(max_examples=10, suppress_health_check=quiet)
@given(changes=values, way=ways)
def test_forty_values_in_forty_places_of_one_answer(service, changes, way):
    forty_values(service, changes, way)


@pytest.mark.long
@settings(max_examples=LONG // MANY, suppress_health_check=quiet)
@given(changes=values, way=ways)
def test_forty_values_in_forty_places_of_one_answer_many_times(service, changes, way):
    forty_values(service, changes, way)
