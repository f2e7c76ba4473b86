"""The service's words pass one gate: no secret of ours, no e-mail, telephone or foreign lead id gets through it."""

from __future__ import annotations

import json
import logging
import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.api.lead_service import lead_service
from cvtr_widgets.errors import CvtrError, LoginRefused
from cvtr_widgets.redact import Redactor, personal, said
from cvtr_widgets.sandbox import Mishap
from tests.api.scripted import LOGIN, Reply

EMAIL, PHONE, PASSWORD, TOKEN = "ann.lee@corp.example", "+44 20 7946 0958", "pass-word", "token-1"
COOKIE, OTHER = "c00kie-of-ours", 299_999
ECHO = f"no: {EMAIL} {PHONE} Bearer {TOKEN} password={PASSWORD} {PASSWORD} {COOKIE} lead {OTHER} and ({OTHER})"
NEVER = (EMAIL, "20 7946", PASSWORD, TOKEN, COOKIE, str(OTHER))


def clean(*texts: object) -> None:
    for text in texts:
        for secret in NEVER:
            assert secret not in str(text), (secret, text)


# -- the gate itself ------------------------------------------------------------------------------------------------------

SENTENCES = st.lists(st.sampled_from(["the lead", "could not", "be found", "at", "2026-11-27T09:00:00+00:00", "12.50", "(", ")"]))
PLANTED = st.one_of(
    st.emails(),
    st.builds("Bearer {}".format, st.text("abcdefGHIJ0123456789-_.", min_size=8, max_size=60)),
    st.builds(
        "{}{}".format, st.sampled_from(["access_token=", "token: ", '"password":"', "Cookie: "]), st.text("abXY019", min_size=6)
    ),
    st.from_regex(r"\+[1-9][0-9]{1,2} [0-9]{3} [0-9]{3} [0-9]{3,4}", fullmatch=True),
    st.from_regex(r"\(\+1\) [2-9][0-9]{10}", fullmatch=True),
    st.from_regex(r"0[1-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{4}", fullmatch=True),
    st.integers(10_000, 2**62).map(str),
)


@given(SENTENCES, PLANTED, SENTENCES)
@example([], "'@A.LI", [])
@example(["(", "the lead"], "o'brien@corp.example", [")"])
def test_what_is_planted_does_not_get_through(before, planted, after):
    found = said(" ".join([*before, planted, *after]), most=5_000)
    secret = planted.split("=")[-1].split('":"')[-1].removeprefix("Bearer ").split(": ")[-1]
    assert secret not in found
    assert "[" in found


@given(st.text())
def test_words_are_one_line_and_no_longer_than_allowed(text):
    found = said(text)
    assert len(found) <= 300
    assert found.isprintable() or not found


@pytest.mark.parametrize(
    "words",
    ["Password expired", "token expired", "Campaign 44064 is inactive", "limit 3000 used", "score 120.55 of 320",
     "error at secondCheckFlagReason.category", "locked until 27/11/2026 14:00", "at 2026-11-27T09:00:00+01:00"],
)  # fmt: skip
def test_ordinary_words_stay(words):
    assert said(words) == words


def test_a_lead_that_was_asked_about_may_be_named():
    assert said("lead 160185 is locked by 160186", ids=(160_185,)) == "lead 160185 is locked by [number]"


def test_secrets_are_struck_in_each_form_and_long_pages_are_cut():
    gate = Redactor()
    gate.know("p@ss word/1", None, 7)
    assert gate.said("a p@ss word/1 b p%40ss%20word%2F1 c p%40ss+word%2F1 d") == "a [secret] b [secret] c [secret] d"
    assert "word" not in repr(gate)
    assert len(gate.said("x " * 5_000_000)) <= 300


def test_personal():
    assert personal("ann@x.example")
    assert personal("07946 095 812")
    assert not personal("leadStatus")


# -- where words go --------------------------------------------------------------------------------------------------------


def test_errors_and_answers_to_writes_are_clean(scripted, connect):
    with_cookie = {"Set-Cookie": f"session={COOKIE}; Path=/"}
    scripted.answers["GET", "/api/v4/campaigns"] = Reply(422, {"detail": ECHO}, with_cookie)
    client = connect()
    with pytest.raises(CvtrError) as caught:
        client.campaigns()
    clean(caught.value, repr(caught.value), vars(caught.value))
    assert "[e-mail]" in str(caught.value)

    for status, body in (
        (400, {"hydra:description": ECHO, "@type": "hydra:Error"}),
        (200, {"results": [{"id": 5, "status": "error", "message": ECHO}], "rejected": [{"id": 5, "message": ECHO}]}),
        (503, {"message": ECHO}),
    ):
        scripted.answers["POST", "/api/v4/leads-bulk-reprocess"] = Reply(status, body)
        answer = lead_service(client).apply(cvtr.reprocess(), [5], signature=None)
        clean(answer, answer.detail, *(one.detail for one in (answer.per_lead or {}).values()))


def test_a_refused_login_is_clean(scripted, connect):
    scripted.answers["POST", "/api/login"] = Reply(401, {"error_description": f"{PASSWORD} is wrong for {EMAIL}"})
    with pytest.raises(LoginRefused) as caught:
        connect()
    clean(caught.value)


def test_an_address_in_an_error_has_no_query():
    error = cvtr.errors.NotFound("x", method="GET", path="/api/v4/leads?email=ann@corp.example", status=404)
    assert "ann" not in str(error)


def test_the_journal_keeps_no_words_of_the_service(tmp_path, monkeypatch):
    """Also where reading back fails, and the error with its words is the detail."""
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path))
    words = f"no: {EMAIL} {PHONE} Bearer abcdef0123456789 in short: nope-nope"
    with cvtr.Sandbox(leads=40, seed=2) as sandbox:
        client = sandbox.connect()
        session = cvtr.LeadSession(client, progress=False, patience=cvtr.Patience(settle=0.2, doubt=0.1, plan_age=0))
        leads = sandbox.server.lead_ids(status="Caution")[:2]
        plan = session.plan(cvtr.mark_invalid(reason="Duplicate"), leads)
        sandbox.server.mishaps = [Mishap("leads", "status", status=422, text=words, nth=n) for n in range(2, 60)]
        run = session.run(plan, confirm=True)
        details = list(run.results["detail"])
        session.close()
        client.close()
    assert any("nope-nope" in detail for detail in details), details
    clean(*details)
    kept = ""
    for file in tmp_path.rglob("*.sqlite"):
        with sqlite3.connect(file) as db:
            kept += "\n".join(row[0] for row in db.execute("SELECT data FROM entries"))
    assert "reading back failed" in kept
    assert "nope-nope" not in kept
    clean(kept)


# -- logs ------------------------------------------------------------------------------------------------------------------


def test_no_log_holds_an_id_a_query_or_a_secret(caplog, scripted, connect):
    """At the most talkative level, of every library."""
    with caplog.at_level(logging.DEBUG):
        scripted.answers["GET", f"/api/v4/leads/{OTHER}"] = Reply(
            200, {"id": OTHER, "@id": f"/api/v4/leads/{OTHER}"}, {"Set-Cookie": f"s={COOKIE}", "X-Lead": str(OTHER)}
        )
        client = connect()
        client.lead(OTHER)
        scripted.answers["GET", f"/api/v4/leads/{OTHER}"] = Reply(503, {"detail": ECHO})
        with pytest.raises(CvtrError):
            client.lead(OTHER)
    told = "\n".join(
        json.dumps([value for value in vars(record).values() if not isinstance(value, (int, float))], default=repr)
        + record.getMessage()
        for record in caplog.records
    )
    assert "HTTP Request: GET" in told
    assert "/api/v4/leads/[id]" in told
    clean(told)
    assert LOGIN["refresh_token"] not in told


def test_other_requests_of_the_process_are_logged_as_ever(caplog, scripted, connect):
    import httpx

    connect()
    with caplog.at_level(logging.INFO):
        httpx.get(f"{scripted.url}/elsewhere/{OTHER}?q=1", trust_env=False)
    assert f"/elsewhere/{OTHER}?q=1" in caplog.text
