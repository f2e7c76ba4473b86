"""Every example of ``tests/wire_examples`` is sent over a socket, and the sandbox's answer has its shape."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvtr_widgets.sandbox import SandboxServer
from tests.sandbox.conftest import Caller
from tests.wire_examples.shapes import NAMES, example, filled, misfits, placeholders

LONELY = {"login", "login_mfa", "login_refused"}


def world(server: SandboxServer, caller: Caller) -> dict:
    """What the placeholders of the examples stand for, asked of the service where the service has it."""
    lead, lead2 = server.lead_ids(status="Caution", role=caller.role)[:2]
    campaign = server.lead(lead)["campaign_id"]
    fill = {
        "{lead}": lead,
        "{lead2}": lead2,
        "{campaign}": campaign,
        "{delivered}": server.lead_ids(status="Valid", delivery="Delivered")[0],
        "{undelivered}": server.lead_ids(status="Valid", delivery="Not Delivered")[0],
        "{user_id}": caller.account.get("user_id"),
    }
    for flag in ("valid", "invalid", "test"):
        for row in caller.get("lead-flag-reasons", ("leadFlag.name", flag)).json()["hydra:member"]:
            fill[f"{{reason:{flag}:{row['name']}}}"] = row["id"]
    for row in caller.get("lead-flag-reason-categories").json()["hydra:member"]:
        fill[f"{{category:{row['name']}}}"] = row["id"]
    jobs = caller.get("campaign-processr-jobs", ("campaign.id", campaign)).json()["hydra:member"]
    ours = [job["id"] for job in jobs if job["type"] == "integration"]
    fill |= {"{integration}": ours[0], "{integration2}": ours[1]}
    return fill


@pytest.mark.parametrize("name", NAMES)
def test_the_sandbox_answers_as_the_example_shows(server, entering, name):
    shown = example(name)
    request = shown["request"]
    if name in LONELY:
        caller = Caller(server, shown["as"])
        username, password, _ = server.users[shown["as"]]
        fill = {"{username}": username, "{password}": password}
    else:
        caller = entering(server, shown["as"])
        fill = world(server, caller)
    sent = {key: filled(request[key], fill) for key in ("form", "json") if key in request}
    answer = caller.http.request(
        request["method"],
        filled(request["path"], fill),
        params=[(key, str(filled(value, fill))) for key, value in request["query"]],
        data=sent.get("form"),
        json=sent.get("json"),
    )
    assert answer.status_code == shown["response"]["status"], answer.text[:500]
    assert misfits(shown["response"]["json"], answer.json()) == []
    members = answer.json().get("hydra:member")
    assert members is None or members, "an empty list proves no shape"
    for row in answer.json().get("leads", []):
        assert row.get("status", "ok") in {"ok", "queued"}
    if name in LONELY:
        caller.http.close()


def test_there_is_an_example_for_every_call_that_the_readme_lists():
    called = {example(name)["request"]["path"].rsplit("/", 1)[-1] for name in NAMES}
    writes = {f"leads-bulk-{what}" for what in ("flag", "deliver", "undeliver", "metadata", "reprocess", "delete")}
    assert writes | {"is-lead-delivered", "login", "leads", "statistics", "lead-notes", "processr-job-leads"} <= called


def test_every_placeholder_is_one_that_the_world_fills(server, admin):
    known = set(world(server, admin)) | {"{username}", "{password}"}
    assert {p for name in NAMES for p in placeholders(example(name)["request"])} <= known


# -- the matcher itself -------------------------------------------------------------------------------------------------

RIGHT = {
    "int": 3,
    "str": "x",
    "bool": True,
    "decimal": "22.73",
    "ts": "2024-04-19T13:43:50+01:00",
    "iri:leads": "/api/v4/leads/7",
}
WRONG = {"int": True, "str": 3, "bool": 1, "decimal": "1,5", "ts": "2024-04-19T13:43:50", "iri:leads": "/api/v4/campaigns/7"}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_shape_takes_its_kind_and_nothing_else(kind):
    assert misfits({"a": [f"<{kind}>"]}, {"a": [RIGHT[kind]], "more": 1}) == []
    assert len(misfits({"a": [f"<{kind}>"]}, {"a": [RIGHT[kind], WRONG[kind]]})) == 1
    assert misfits(f"<{kind}>?", None) == []
    assert misfits(f"<{kind}>", None) != []
    assert misfits({"a": f"<{kind}>"}, {}) == ["$.a: missing"]


@given(st.sampled_from([n for n in NAMES if n not in LONELY]), st.data())
def test_an_answer_without_a_named_key_never_passes(name, data):
    shape = example(name)["response"]["json"]
    broken = copy.deepcopy(shape)
    key = data.draw(st.sampled_from(sorted(shape)))
    del broken[key]
    assert f"$.{key}: missing" in misfits(shape, broken)
