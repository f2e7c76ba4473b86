"""Any JSON value in any place of any answer gives a frame or a clear CvtrError: never another error, never another's lead."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.sandbox.data.seed import CAMPAIGNS, CATEGORIES, PUBLISHERS, REASONS, SeedWorld, iri, jobs_of
from tests.api.scripted import Reply, Request, Scripted

LEADS = [made.record for made in SeedWorld(4, datetime(2026, 11, 20, tzinfo=UTC)).leads(3)]
IDS = [record["id"] for record in LEADS]
CAMPAIGN = int(LEADS[0]["campaign"].rsplit("/", 1)[1])


def collection(members: list[Any]) -> dict[str, Any]:
    mapping = [{"variable": name} for name in ("id[]", "campaign.id", "createdTs[after]")]
    return {"hydra:member": members, "hydra:totalItems": len(members), "hydra:search": {"hydra:mapping": mapping}}


def named(resource: str, items: dict[int, Any]) -> list[dict[str, Any]]:
    return [{"@id": iri(resource, i), "id": i, "name": n if isinstance(n, str) else n[0]} for i, n in items.items()]


NOTE = {
    "@id": "/api/v4/lead-notes/9",
    "id": 9,
    "lead": iri("leads", IDS[0]),
    "createdTs": "2026-11-01T10:00:00+00:00",
    "type": "status",
    "text": "x",
    "user": "y",
}
JOB = {
    "@id": "/api/v4/processr-job-leads/8",
    "id": 8,
    "lead": iri("leads", IDS[0]),
    "job": {"name": "CRM", "type": "integration"},
    "passed": True,
    "score": 1,
    "maxScore": 2,
    "message": None,
}
ANSWERS: dict[str, Any] = {
    "/api/v4/leads": collection(LEADS),
    "/api/v4/leads.jsonld": collection(LEADS[:1]),
    **{iri("leads", record["id"]): record for record in LEADS},
    "/api/v4/campaigns": collection([{**c, "advertiser": "/api/v4/advertisers/1", "status": "active", "currency": "EUR"} for c in named("campaigns", CAMPAIGNS)]),
    "/api/v4/publishers": collection(named("publishers", PUBLISHERS)),
    "/api/v4/lead-flag-reasons": collection([{**r, "leadFlag": {"name": flag}} for flag, of in REASONS.items() for r in named("lead-flag-reasons", of)]),
    "/api/v4/lead-flag-reason-categories": collection(named("lead-flag-reason-categories", CATEGORIES)),
    "/api/v4/campaign-processr-jobs": collection([{**j, "type": "integration", "campaign": iri("campaigns", CAMPAIGN)} for j in named("campaign-processr-jobs", jobs_of(CAMPAIGN))]),
    "/api/v4/lead-notes": collection([NOTE]),
    "/api/v4/processr-job-leads": collection([JOB]),
    "/api/v4/statistics": {"total": 1, "valid": 1, "from": "2026-11-01"},
    "/api/v4/lead-statistics-chronologies": collection([{"id": 1, "date": "2026-11-01", "total": 3, "valid": 1}]),
    "/api/v4/is-lead-delivered": {"leads": [{"id": i, "delivered": False} for i in IDS]},
    "/api/v4/users/7": {"id": 7, "role": "ROLE_ADMIN", "features": {"deleteLeads": True, "maskedData": False}},
}  # fmt: skip


def paths(value: Any, path: tuple = ()) -> list[tuple]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, one in inner for p in paths(one, (*path, key)))]


PLACES = [(resource, path) for resource, answer in ANSWERS.items() for path in paths(answer)]


def put(answer: Any, path: tuple, value: Any) -> Any:
    if not path:
        return value
    answer = copy.deepcopy(answer)
    place = answer
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return answer


numbers = (
    st.integers()
    | st.integers(10**18, 10**30)
    | st.sampled_from([0, -1, 2**31, 2**63, 10**300, IDS[1]])
    | st.floats(allow_nan=False, allow_infinity=False)
)
words = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "1",
        "Valid",
        "Delivered",
        "2026-11-01",
        "9999-99-99T99:99:99+99:99",
        "0001-01-01T00:00:00+23:59",
        "\ud800",
        "=1+1",
        "1e999",
        iri("leads", IDS[1]),
        "/api/v4/leads/" + "9" * 19,
    ]
)
scalars = st.none() | st.booleans() | numbers | words
keys = words | st.sampled_from(["id", "@id", "name", "status", "type", "value", "hydra:member", "hydra:totalItems"])
one = st.lists(scalars, max_size=3) | st.dictionaries(keys, scalars, max_size=3)
two = st.lists(scalars | one, max_size=3) | st.dictionaries(keys, scalars | one, max_size=3)
any_json = scalars | one | two

JOBS = list(jobs_of(CAMPAIGN))[-1:]
Asking = dict[str, Any]
ASKS: Asking = {
    "pull by filter": lambda s: s.pull(campaign=CAMPAIGN, status="Valid", created_after="2026-01-01"),
    "pull all": lambda s: s.pull(created_after="2020-01-01"),
    "pull by ids": lambda s: s.pull(ids=IDS),
    "pull one": lambda s: s.pull(ids=IDS[:1]),
    "detail": lambda s: s.detail(IDS[0]),
    "reasons": lambda s: s.reasons("invalid"),
    "categories": lambda s: s.categories(),
    "integrations": lambda s: s.integrations(CAMPAIGN),
    "campaigns": lambda s: s.campaigns(),
    "publishers": lambda s: s.publishers(),
    "statistics": lambda s: s.statistics(),
    "over time": lambda s: s.statistics_over_time("2026-11-01", "2026-11-02"),
    "doctor": lambda s: s.doctor(),
    "plan flag": lambda s: s.plan(cvtr.mark_invalid("Returned", category="No budget"), IDS).frame,
    "plan valid": lambda s: s.plan(cvtr.mark_valid("Details verified", integrations=JOBS), IDS).frame,
    "plan delivered": lambda s: s.plan(cvtr.mark_delivered(), IDS).frame,
    "plan other": lambda s: s.plan(cvtr.mark_other(), IDS).frame,
    "plan reprocess": lambda s: s.plan(cvtr.reprocess(), IDS).frame,
}


class Service:
    """A scripted service with one place of one answer changed, and a session that forgets between examples."""

    def __init__(self, ids: list[int] = IDS) -> None:
        self.server = Scripted()
        self.ids = ids
        self.answers = dict(ANSWERS)
        for resource in ANSWERS:
            for method in ("GET", "POST"):
                self.server.answers[method, resource] = self._answer
        many = cvtr.Limits(requests=10**9, in_flight=4)
        self.client = Convertr(self.server.url, "acme", Credentials("ana", "pass-word"), first_wait=0.0, limits=many)

    def _answer(self, request: Request) -> Reply:
        self.server.requests.clear()
        found = self.answers[request.path]
        if request.path == "/api/v4/leads" and isinstance(found, dict):
            asked = {int(v) for k, v in request.query if k == "id[]"}
            if dict(request.query).get("page", "1") != "1":
                found = {**found, "hydra:member": []} if "hydra:member" in found else found
            elif asked and isinstance(found.get("hydra:member"), list):
                others = [lead_id for lead_id in self.ids if lead_id not in asked]
                found = {
                    **found,
                    "hydra:member": [r for r in found["hydra:member"] if not isinstance(r, dict) or r.get("id") not in others],
                }
        return Reply(200, raw=json.dumps(found).encode())

    def session(self, resource: str, changed: Any) -> cvtr.LeadSession:
        self.answers = {**ANSWERS, resource: changed}
        self.client.catalog.refresh()
        self.client._lists._offered = None
        self.client._reading._filter_works = None
        self.client._reading._came_by.clear()
        return cvtr.LeadSession(self.client, progress=False)

    def stop(self) -> None:
        self.client.close()
        self.server.stop()


@pytest.fixture(scope="module")
def service():
    started = Service()
    yield started
    started.stop()


def one_example(service: Service, place: tuple[str, tuple], value: Any, ask: str) -> None:
    resource, path = place
    session = service.session(resource, put(ANSWERS[resource], path, value))
    try:
        found = ASKS[ask](session)
    except CvtrError as error:
        said = str(error).strip()
    else:
        said = None
    if said is not None:
        assert said[-1] in ".?!)", said
        return
    frame = found if isinstance(found, pd.DataFrame) else found.jobs if ask == "detail" else None
    if frame is None:
        return
    repr(frame)
    if ask in {"pull by ids", "pull one"} or ask.startswith("plan"):
        assert set(frame.index) <= set(IDS)
    if ask in {"pull by ids", "pull one"}:
        asked = IDS if ask == "pull by ids" else IDS[:1]
        assert set(frame.index) | set(frame.attrs["not_found"]) >= set(asked)  # nobody is lost in silence
    if "email" in frame.columns:
        for lead_id, email in zip(frame.index, frame["email"], strict=True):
            if isinstance(email, str) and email.startswith("lead.") and (path[-1:] != ("email",)):
                assert email.startswith(f"lead.{lead_id}@"), (lead_id, email)


PULLS = ["pull by filter", "pull all", "pull by ids", "pull one", "detail"]
PLANS = [name for name in ASKS if name.startswith("plan")]
READ_BY = {  # who reads an answer: another's call says nothing about it
    "/api/v4/leads": [*PULLS[:3], *PLANS, "doctor"], "/api/v4/leads.jsonld": ["pull by filter", "pull by ids", "doctor"],
    "/api/v4/campaigns": [*PULLS, *PLANS, "campaigns", "doctor"], "/api/v4/publishers": [*PULLS, "plan other", "publishers"],
    "/api/v4/lead-flag-reasons": ["reasons", "plan flag", "plan valid", "doctor"], "/api/v4/lead-flag-reason-categories": ["categories", "plan flag", "doctor"],
    "/api/v4/campaign-processr-jobs": ["integrations", "plan valid", "doctor"], "/api/v4/lead-notes": ["detail"], "/api/v4/processr-job-leads": ["detail"],
    "/api/v4/statistics": ["statistics", "doctor"], "/api/v4/lead-statistics-chronologies": ["over time"],
    "/api/v4/is-lead-delivered": ["plan delivered", "doctor"], "/api/v4/users/7": ["doctor"],
}  # fmt: skip
BY_LEAD = ["pull one", "detail"]
asked = st.sampled_from(PLACES).flatmap(lambda p: st.tuples(st.just(p), st.sampled_from(READ_BY.get(p[0], BY_LEAD))))
arguments = {"asking": asked, "value": any_json}
quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@settings(max_examples=100, suppress_health_check=quiet)
@given(**arguments)
def test_any_value_in_any_place_gives_a_frame_or_a_clear_error(service, asking, value):
    one_example(service, asking[0], value, asking[1])


@pytest.mark.long
@pytest.mark.timeout(7200)
@settings(max_examples=5_000, suppress_health_check=quiet)
@given(**arguments)
def test_any_value_in_any_place_gives_a_frame_or_a_clear_error_many_times(service, asking, value):
    one_example(service, asking[0], value, asking[1])


def test_the_unchanged_answers_give_what_they_hold(service):
    session = service.session("/api/v4/statistics", ANSWERS["/api/v4/statistics"])
    assert list(ASKS["pull by ids"](session).index) == IDS
    for name, ask in ASKS.items():
        found = ask(session)
        assert found is not None, name


@given(value=any_json)
@settings(suppress_health_check=quiet)
def test_a_lead_that_names_two_ids_is_not_believed(service, value):
    from cvtr_widgets.frames.field_map import id_of

    lead_id = id_of(value)
    session = service.session("/api/v4/leads", put(ANSWERS["/api/v4/leads"], ("hydra:member", 0, "id"), value))
    frame = session.pull(created_after="2020-01-01")
    if lead_id is not None and lead_id != IDS[0]:
        assert lead_id not in frame.index or lead_id in IDS[1:]


@pytest.mark.parametrize(("key", "value"), [("id", None), ("id", ""), ("@id", None), ("id", "x")])
def test_a_lead_that_names_its_id_in_one_of_two_places_is_not_lost(service, key, value):
    changed = put(put(ANSWERS["/api/v4/leads"], ("hydra:member", 0, key), value), ("hydra:totalItems",), 3)
    frame = service.session("/api/v4/leads", changed).pull(created_after="2020-01-01")
    assert sorted(frame.index) == IDS
