"""Answers are hostile until checked, and the token goes to one origin, over a connection whose certificate holds."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme

import cvtr_widgets as cvtr
from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.lead_service import lead_service
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.dialect.default import parse_dialect
from cvtr_widgets.errors import (
    CredentialsError,
    CvtrError,
    LoginRefused,
    NotReached,
    NotTrusted,
    OffOrigin,
    ReadTooLarge,
    SettingsError,
    Unreadable,
)
from cvtr_widgets.models import Cause
from tests.api.scripted import Reply, Request, Scripted, collection


@pytest.fixture
def elsewhere():
    server = Scripted()
    yield server
    server.stop()


def lead(lead_id: int) -> dict:
    return {
        "@id": f"/api/v4/leads/{lead_id}",
        "id": lead_id,
        "createdTs": "2026-11-01T00:00:00+00:00",
        "campaign": "/api/v4/campaigns/1",
    }


# -- the token and its one origin --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v4/leads/5", "/api/v4/users/7", "/api/v4/campaigns"])
def test_a_redirect_to_another_host_is_not_followed(scripted, elsewhere, connect, path):
    scripted.answers["GET", path] = Reply(302, None, {"Location": f"{elsewhere.url}{path}"})
    client = connect()
    with pytest.raises(CvtrError) if path != "/api/v4/users/7" else pytest.raises(StopIteration):
        client.campaigns() if "campaigns" in path else client.lead(5) if "leads" in path else next(iter(()))
    assert elsewhere.requests == []


def test_a_redirected_write_is_doubt_and_not_followed(scripted, elsewhere, connect):
    scripted.answers["POST", "/api/v4/leads-bulk-reprocess"] = Reply(
        307, None, {"Location": f"{elsewhere.url}/api/v4/leads-bulk-reprocess"}
    )
    assert lead_service(connect()).apply(cvtr.reprocess(), [5], signature=None).cause is Cause.REDIRECTED
    assert elsewhere.requests == []


def test_a_redirected_login_takes_no_password_elsewhere(scripted, elsewhere, connect):
    scripted.answers["POST", "/api/login"] = Reply(307, None, {"Location": f"{elsewhere.url}/api/login"})
    with pytest.raises(OffOrigin):
        connect()
    assert elsewhere.requests == []


@pytest.mark.parametrize("link", ["{elsewhere}/jobs/1", "//evil.example/jobs/1", "https://user@evil.example/", "http://[::1"])
@pytest.mark.parametrize("header", [True, False])
def test_a_job_on_another_host_is_not_asked_after(scripted, elsewhere, connect, link, header):
    link = link.format(elsewhere=elsewhere.url)
    place = "header:location" if header else "href"
    scripted.answers["POST", "/api/v4/leads-bulk-reprocess"] = Reply(
        202, {} if header else {"href": link}, {"Location": link} if header else {}
    )
    dialect = parse_dialect(f'[calls.reprocess]\nqueue = {{ link = "{place}", wait = 1 }}\n', "jobs")
    before = len(scripted.requests)
    answer = lead_service(connect(dialect=dialect)).apply(cvtr.reprocess(), [5], signature=None)
    assert answer.queued
    assert "other" in answer.detail or "not an address" in answer.detail
    assert elsewhere.requests == []
    assert [r.path for r in scripted.requests[before:]] == ["/api/login", "/api/v4/users/7", "/api/v4/leads-bulk-reprocess"]


def test_a_job_on_the_same_host_is(scripted, connect):
    scripted.answers["POST", "/api/v4/leads-bulk-reprocess"] = Reply(202, {}, {"Location": "/api/v4/jobs/1"})
    scripted.answers["GET", "/api/v4/jobs/1"] = [
        Reply(200, {"status": "running"}),
        Reply(200, {"status": "done", "leads": [{"id": 5, "status": "ok"}]}),
    ]
    dialect = parse_dialect('[calls.reprocess]\nqueue = { link = "header:location", wait = 5 }\n', "jobs")
    answer = lead_service(connect(dialect=dialect)).apply(cvtr.reprocess(), [5], signature=None)
    assert (answer.queued, answer.per_lead[5].ok) == (False, True)
    assert len(scripted.asked("/api/v4/jobs/1")) == 2


def test_links_in_answers_are_not_followed_at_all(scripted, elsewhere, connect):
    view = {"hydra:next": f"{elsewhere.url}/api/v4/leads?page=2", "hydra:first": "/api/v4/leads?page=1"}
    scripted.answers["GET", "/api/v4/campaigns"] = Reply(
        200, {"hydra:member": [lead(1)], "hydra:totalItems": 1, "hydra:view": view}
    )
    assert len(connect().campaigns()) == 1
    assert elsewhere.requests == []


# -- certificates, proxies ---------------------------------------------------------------------------------------------


class Tls:
    """A server on loopback with a certificate of an authority that nobody has heard of."""

    def __init__(self, authority: trustme.CA, name: str = "127.0.0.1") -> None:
        self.heard: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                owner.heard.append(self.path)
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def knock(url: str) -> None:
    Convertr(url, "acme", Credentials("ana", "pass-word"), first_wait=0.01)


def test_a_certificate_that_does_not_hold_is_final(authority):
    server = Tls(authority)
    try:
        with pytest.raises(NotTrusted, match=r"certificate is not valid.*not tried again.*SSL_CERT_FILE"):
            knock(server.url)
    finally:
        server.stop()
    assert server.heard == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_company_bundle_is_taken_from_the_environment(authority, tmp_path, monkeypatch, variable):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
    right, wrong = Tls(authority), Tls(authority, "elsewhere.example")
    try:
        with pytest.raises(LoginRefused):
            knock(right.url)
        with pytest.raises(NotTrusted):  # trusted, but another host's
            knock(wrong.url)
    finally:
        right.stop()
        wrong.stop()
    assert (right.heard, wrong.heard) == (["/api/login"], [])


def test_a_bundle_that_is_none_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        knock("https://acme.cvtr.io")


def test_a_proxy_is_used_for_others_and_never_for_this_machine(scripted, connect, monkeypatch):
    proxy = Scripted()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    try:
        connect().close()
        assert proxy.requests == []
        with pytest.raises(NotReached):  # it answers CONNECT with 501, and nothing but the host's name has gone to it
            knock("https://acme.cvtr.io")
    finally:
        proxy.stop()
    assert all(r.method == "CONNECT" for r in proxy.requests)


# -- a token that was pasted -------------------------------------------------------------------------------------------


def test_a_token_is_taken_from_the_environment_and_the_first_401_says_what_to_do(scripted, monkeypatch):
    monkeypatch.setenv("CVTR_TOKEN", "Bearer pasted-token")
    monkeypatch.setenv("CVTR_URL", scripted.url)
    scripted.answers["GET", "/api/v4/leads"] = collection([])
    scripted.answers["GET", "/api/v4/campaigns"] = Reply(401, {"error": "invalid_grant"})
    with cvtr.connect("acme", url=scripted.url) as client:
        assert scripted.asked("/api/login") == []
        with pytest.raises(LoginRefused, match=r"not accepted.*CVTR_TOKEN") as caught:
            client.campaigns()
        assert "pasted-token" not in str(caught.value)
        assert "pasted-token" not in repr(client)
        assert not client.identity.sandbox
    assert [r.headers["authorization"] for r in scripted.asked("/api/v4/campaigns")] == ["Bearer pasted-token"]


def test_a_token_of_another_enterprise_is_not_used(scripted, monkeypatch):
    monkeypatch.setenv("CVTR_ENTERPRISE", "acme")
    monkeypatch.setenv("CVTR_TOKEN", "acmes-token")
    asked = []
    with pytest.raises(CredentialsError):
        cvtr.connect("other", url=scripted.url, ask=lambda prompt: asked.append(prompt) or "")
    with pytest.raises(CredentialsError):  # an address given alone is no reason to take acme's
        cvtr.connect(url=scripted.url, ask=lambda prompt: asked.append(prompt) or "")
    assert scripted.requests == []


def test_a_token_is_asked_for_without_echo_and_must_be_one(scripted):
    scripted.answers["GET", "/api/v4/leads"] = collection([])
    with cvtr.connect("acme", url=scripted.url, token=True, ask=lambda _: " pasted \n") as client:
        scripted.answers["GET", "/api/v4/campaigns"] = collection([])
        client.campaigns()
    assert scripted.asked("/api/v4/campaigns")[0].headers["authorization"] == "Bearer pasted"
    for bad in ("two words", "line\nbreak", "häßlich", "x" * 9_000):
        with pytest.raises(CredentialsError, match="not a token"):
            cvtr.connect("acme", url=scripted.url, token=bad)


@pytest.mark.parametrize(
    "name", ["acme.evil.example", "acme/", "acme@evil.example", "-acme", "a" * 64, "acme evil", "äcme", "acme\n"]
)
def test_an_enterprise_is_one_dns_label(name):
    with pytest.raises(CredentialsError, match="not an enterprise name"):
        cvtr.connect(name, "ana", "pass-word")


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.cvtr.io",
        "https://acme.cvtr.io/path",
        "https://ana@acme.cvtr.io",
        "ftp://acme.cvtr.io",
        "acme.cvtr.io",
        "https://acme.cvtr.io?x=1",
    ],
)
def test_an_address_is_https_and_nothing_but_a_host(url):
    with pytest.raises(CredentialsError, match="url="):
        cvtr.connect("acme", "ana", "pass-word", url=url)


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id": 5, "id": 6}',
        b'{"id": 5, "note": NaN}',
        b'{"id": ' + b"9" * 5_000 + b"}",
        b'{"id": 5, "deep": ' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"id": 5, "deep": ' + b"[" * 100_000,
        b"\xff\xfe{}",
        b"<html>",
        b"",
    ],
)
def test_what_is_no_proper_json_is_unreadable(scripted, connect, raw):
    scripted.answers["GET", "/api/v4/leads/5"] = Reply(200, raw=raw)
    with pytest.raises(Unreadable):
        connect().lead(5)


def test_lone_surrogates_become_something_that_can_be_written(scripted, connect):
    scripted.answers["GET", "/api/v4/leads/5"] = Reply(
        200, raw=b'{"id": 5, "firstName": "a\\ud800b", "lastName": "\\ud83d\\ude00", "x": "\\\\ud800"}'
    )
    found = connect().lead(5)
    assert (found["firstName"], found["lastName"], found["x"]) == ("a\ufffdb", "\U0001f600", "\\ud800")
    assert decode(b'"\\udc00\\ud83d\\ude00\\ud83d"') == "\ufffd\U0001f600\ufffd"


def test_an_answer_that_is_too_large_is_not_read_to_its_end(scripted, connect):
    client = connect()
    client._transport.max_bytes = 100_000
    scripted.answers["GET", "/api/v4/leads/5"] = Reply(200, {"id": 5, "x": "y" * 200_000})
    with pytest.raises(Unreadable, match="larger than"):
        client.lead(5)


def numbered(request: Request) -> int:
    return int(dict(request.query)["page"])


def test_pages_without_end_are_refused_before_they_are_read(scripted, connect):
    def page(request: Request) -> Reply:
        first = numbered(request) * 100
        return Reply(200, {"hydra:member": [lead(first + n) for n in range(100)]})

    scripted.answers["GET", "/api/v4/leads"] = page
    client = connect(limits=cvtr.Limits(requests=3_000))
    with pytest.raises(ReadTooLarge):
        for _ in client.listing(campaign=1).pages():
            pass
    assert len(scripted.asked("/api/v4/leads")) <= 301


def test_pages_in_a_circle_end(scripted, connect):
    scripted.answers["GET", "/api/v4/leads"] = lambda request: Reply(200, {"hydra:member": [lead(1 + numbered(request) % 3)]})
    listing = connect().listing(campaign=1)
    assert sum(len(p) for p in listing.pages()) == 3
    assert len(scripted.asked("/api/v4/leads")) == 4


@pytest.mark.parametrize("total", [10**15, 2**70])
def test_a_total_that_lies_high_is_refused(scripted, connect, total):
    scripted.answers["GET", "/api/v4/leads"] = Reply(200, {"hydra:member": [lead(1)], "hydra:totalItems": total})
    with pytest.raises(ReadTooLarge):
        list(connect().listing(campaign=1).pages())
    assert len(scripted.asked("/api/v4/leads")) == 1


@pytest.mark.parametrize("page", ["empty", "the same"])
def test_a_list_whose_total_lies_high_ends(scripted, connect, page):
    def campaigns(request: Request) -> Reply:
        there = [{"@id": "/api/v4/campaigns/1", "id": 1, "name": "One"}] if page == "the same" or numbered(request) == 1 else []
        return Reply(200, {"hydra:member": there, "hydra:totalItems": 10**15})

    scripted.answers["GET", "/api/v4/campaigns"] = campaigns
    assert [c["id"] for c in connect().campaigns()] == [1]
    assert len(scripted.asked("/api/v4/campaigns")) < 200


def test_a_total_that_lies_low_loses_nothing_in_silence(scripted, connect):
    def page(request: Request) -> Reply:
        return Reply(
            200,
            {"hydra:member": [lead(n) for n in range(1, 101)] if numbered(request) == 1 else [lead(101)], "hydra:totalItems": 3},
        )

    scripted.answers["GET", "/api/v4/leads"] = page
    listing = connect().listing(campaign=1)
    got = sum(len(p) for p in listing.pages())
    assert got == 101 or any("counts 3" in note for note in listing.notes), listing.notes


def test_a_small_total_over_a_list_that_lies_high_is_said(scripted, connect):
    scripted.answers["GET", "/api/v4/leads"] = Reply(200, {"hydra:member": [lead(1)], "hydra:totalItems": 7})
    listing = connect().listing(campaign=1)
    assert sum(len(p) for p in listing.pages()) == 1
    assert any("incomplete by 6" in note for note in listing.notes)
