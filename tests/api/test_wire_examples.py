"""The client sends exactly the requests of ``tests/wire_examples`` and understands their answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvtr_widgets.actions import catalogue
from cvtr_widgets.api.lead_service import lead_service
from cvtr_widgets.models import Action, Cause, Choice, Signature
from tests.api.scripted import Reply, Scripted

EXAMPLES = Path(__file__).parents[1] / "wire_examples"
LEADS = {"{lead}": 167457, "{lead2}": 167458, "{delivered}": 167459, "{undelivered}": 167460}
RETURNED = Choice("Returned", 31, "/api/v4/lead-flag-reasons/31", "invalid")
NO_BUDGET = Choice("No budget", 4, "/api/v4/lead-flag-reason-categories/4")


def example(name: str) -> dict:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def filled(value, fill):
    """An example's request with its placeholders filled."""
    if isinstance(value, dict):
        return {k: filled(v, fill) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, fill) for v in value]
    return fill.get(value, value) if isinstance(value, str) else value


def complete(action: Action, reason: Choice | None = None, category: Choice | None = None) -> Action:
    import dataclasses

    return dataclasses.replace(action, reason_choice=reason, category_choice=category)


def signed() -> Signature:
    from datetime import UTC, datetime

    return Signature("Ana Example", "I mark 1 lead as delivered.", datetime.now(UTC), "f" * 64)


def writes() -> list:
    sure = Choice("Details verified", 11, None, "valid")
    test = Choice("Test lead", 21, None, "test")
    return [
        ("flag_invalid", lambda e: complete(catalogue.mark_invalid("Returned", "No budget", e["comment"]), RETURNED, NO_BUDGET)),
        ("flag_invalid_own", lambda e: catalogue.mark_invalid(e["customReason"], comment=e.get("comment"))),
        ("flag_valid", lambda e: complete(catalogue.mark_valid("x", e.get("comment"), integration_ids(e)), sure)),
        ("flag_test", lambda e: complete(catalogue.mark_test("Test lead", e.get("comment")), test)),
        ("deliver", lambda _: catalogue.mark_delivered()),
        ("undeliver", lambda _: catalogue.mark_undelivered()),
        ("metadata_replacement", lambda e: catalogue.mark_other("Replacement", e.get("comment"))),
        ("metadata_none", lambda e: catalogue.mark_other("None", e.get("comment"))),
        ("reprocess", lambda _: catalogue.reprocess()),
        ("delete", lambda _: catalogue.delete()),
    ]


def integration_ids(body: dict) -> list[int]:
    return [501 + n for n, _ in enumerate(body.get("integrations", []))]


def fill_for(body: dict) -> dict:
    fill = dict(LEADS)
    for text in json_strings(body):
        if text.startswith("{reason:invalid"):
            fill[text] = 31
        elif text.startswith("{reason:valid"):
            fill[text] = 11
        elif text.startswith("{reason:test"):
            fill[text] = 21
        elif text.startswith("{category"):
            fill[text] = 4
    for n, text in enumerate(t for t in body.get("integrations", []) if isinstance(t, str)):
        fill[text] = 501 + n
    return fill


def json_strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from json_strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from json_strings(v)


@pytest.mark.parametrize(("name", "make"), writes(), ids=[n for n, _ in writes()])
def test_each_write_is_sent_as_its_example_shows_and_its_answer_understood(scripted: Scripted, connect, name, make):
    shown = example(name)
    body = filled(shown["request"]["json"], fill_for(shown["request"]["json"]))
    if "signature" in body:
        body["signature"] = "Ana Example"
    status = shown["response"]["status"]
    word = "queued" if status == 202 else "ok"
    scripted.answers["POST", shown["request"]["path"]] = Reply(
        status, {"leads": [{"id": i, "status": word} for i in reversed(body["leads"])]}
    )
    client = connect()

    answer = lead_service(client).apply(
        make(shown["request"]["json"]), body["leads"], signature=signed() if "signature" in body else None
    )

    (sent,) = scripted.asked(shown["request"]["path"])
    assert sent.json == body
    assert sent.headers["authorization"] == "Bearer token-1"
    assert answer.cause is Cause.ANSWERED
    assert answer.status == status
    assert answer.queued is (status == 202)
    assert {i: a.ok for i, a in answer.per_lead.items()} == dict.fromkeys(body["leads"], True)


def test_the_delivery_check_is_asked_as_its_example_shows(scripted: Scripted, connect):
    shown = example("is_delivered")["request"]
    body = filled(shown["json"], LEADS)
    first = body["leads"][0]
    scripted.answers["POST", shown["path"]] = Reply(
        200, {"leads": [{"id": first, "delivered": True}, {"id": 999, "delivered": True}]}
    )
    said = connect().is_delivered(body["leads"])
    assert scripted.asked(shown["path"])[0].json == body
    assert said == {first: True}  # who was not asked about does not count


def test_the_login_is_the_documented_form(scripted: Scripted, connect):
    shown = example("login")["request"]
    connect()
    (sent,) = scripted.asked(shown["path"])
    assert sent.form == {"username": "ana@acme.example", "password": "pass-word"}
    assert set(sent.form) == set(shown["form"])
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in sent.headers


def test_a_second_factor_is_asked_for_and_sent_with_the_login(scripted: Scripted, connect):
    from tests.api.scripted import LOGIN

    shown = example("login_mfa")["response"]
    body = {**shown["json"], "error_description": "a code was sent", "mfa_token": "mfa-1"}
    scripted.answers["POST", "/api/login"] = [Reply(shown["status"], body), Reply(200, LOGIN)]
    asked = []
    connect(ask_code=lambda prompt: asked.append(prompt) or " 123456 ")
    assert len(asked) == 1
    assert scripted.asked("/api/login")[1].form == {
        "username": "ana@acme.example", "password": "pass-word", "mfa_token": "mfa-1", "mfa_code": "123456",
    }  # fmt: skip


def test_leads_are_listed_with_the_documented_filters(scripted: Scripted, connect):
    shown = example("leads_page")["request"]
    scripted.answers["GET", "/api/v4/leads"] = Reply(200, {"hydra:member": [], "hydra:totalItems": 0})
    list(connect().leads(campaign=44064, created_after="2026-11-01", created_before="2026-11-05"))
    sent = dict(scripted.asked("/api/v4/leads")[0].query)
    assert {k for k, _ in shown["query"]} <= {*sent, "status"} | set(sent)
    assert sent["campaign.id"] == "44064"
    assert sent["page"] == "1"
    assert sent["itemsPerPage"] == "100"
    assert sent["createdTs[after]"].startswith("2026-1")
    assert sent["createdTs[before]"].startswith("2026-11-0")
