"""A password or token goes to one address, in one spelling; whatever could be read in two ways is refused before it is sent."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.api.origin import checked_origin, default_name, is_loopback
from cvtr_widgets.errors import ArgumentError, CredentialsError
from cvtr_widgets.sandbox import SandboxServer

ACCOUNT = ("CVTR_USERNAME", "CVTR_PASSWORD", "CVTR_TOKEN")


def nobody(_prompt: str) -> str:
    return ""


@pytest.fixture
def account(monkeypatch):
    """The environment's account. Nobody can be asked, and there is no keyring."""

    def put(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.fixture
def elsewhere():
    """A service that somebody else keeps. Nothing may arrive there."""
    with SandboxServer(leads=1) as server:
        yield server
        assert server.requests == []


# -- which address -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [{"CVTR_USERNAME": "ana", "CVTR_PASSWORD": "pass-word"}, {"CVTR_TOKEN": "a" * 40}])
@pytest.mark.parametrize("named", [{}, {"CVTR_ENTERPRISE": "acme"}, {"CVTR_URL": "https://acme.cvtr.io"}])
def test_the_environments_account_goes_to_no_other_address(account, elsewhere, secret, named):
    account(**secret, **named)
    port = elsewhere.url.rpartition(":")[2]
    for url in (elsewhere.url, f"http://localhost:{port}"):
        for enterprise in ("acme", None):
            with pytest.raises(CredentialsError) as caught:
                cvtr.connect(enterprise, url=url, ask=nobody)
            assert "pass-word" not in str(caught.value)


def test_a_message_says_where_the_environments_account_belongs(account, elsewhere):
    account(CVTR_ENTERPRISE="acme", CVTR_USERNAME="ana", CVTR_PASSWORD="pass-word")
    with pytest.raises(CredentialsError, match=r"for https://acme\.cvtr\.io, and this is http.*CVTR_URL"):
        cvtr.connect("acme", url=elsewhere.url, ask=nobody)


def test_without_an_address_the_environments_account_is_nobodys(account):
    account(CVTR_USERNAME="ana", CVTR_PASSWORD="pass-word")
    with pytest.raises(CredentialsError, match="neither CVTR_ENTERPRISE nor CVTR_URL"):
        cvtr.connect("acme", ask=nobody)


@pytest.mark.parametrize("how", [{}, {"enterprise": "acme"}, {"url": True}])
def test_the_environments_account_goes_to_its_own_address(account, how):
    with SandboxServer(leads=1) as server:
        user, password, _ = server.users["admin"]
        account(CVTR_ENTERPRISE="acme", CVTR_URL=server.url, CVTR_USERNAME=user, CVTR_PASSWORD=password)
        with cvtr.connect(**({"url": server.url} if "url" in how else how)) as client:
            assert client.identity.origin == server.url
            assert client.identity.username == user


def test_another_enterprise_does_not_go_to_the_environments_address(account):
    with SandboxServer(leads=1) as server:
        account(CVTR_ENTERPRISE="acme", CVTR_URL=server.url, CVTR_USERNAME="ana", CVTR_PASSWORD="pass-word")
        with pytest.raises(CredentialsError, match=r"this is https://beta\.cvtr\.io"):
            cvtr.connect("beta", ask=nobody)
        assert server.requests == []


def test_an_address_of_the_environment_that_cannot_be_read_is_named(account):
    account(CVTR_URL="ftp://acme.cvtr.io", CVTR_USERNAME="ana", CVTR_PASSWORD="pass-word")
    with pytest.raises(CredentialsError, match="CVTR_URL cannot be used"):
        cvtr.connect(ask=nobody)


# -- which spelling ----------------------------------------------------------------------------------------------------

ODD = ("\t", "\n", "\r", "\v", "\f", " ", "\x00", "\x1f", "\x7f", "\xa0", "\u2028", "\u200b", "\ufeff", "\\", "@", "?", "#", "%")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", range(len("https://acme.cvtr.io:8443")))
def test_an_odd_character_anywhere_is_refused(odd, place):
    address = "https://acme.cvtr.io:8443"
    with pytest.raises(CredentialsError):
        checked_origin(address[:place] + odd + address[place:])


@pytest.mark.parametrize(
    "address",
    [
        "ht\ttp://127.0.0.1:80", "https://acme.cvtr.io/v2", "https://acme.cvtr.io//", "https:acme.cvtr.io", "//acme.cvtr.io",
        "acme.cvtr.io", "https://", "https://:443", "https://acme.cvtr.io:", "https://acme.cvtr.io:0", "https://acme.cvtr.io:65536",
        "https://acme.cvtr.io:٤٤٣", "https://аcme.cvtr.io", "https://127.1", "https://2130706433", "https://0x7f.0.0.1",
        "https://127.0.0.01", "https://[::1", "https://[fe80::1%eth0]", "https://a..b", "https://-acme.cvtr.io", "http://acme.cvtr.io",
        "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://10.0.0.1", "file:///etc/passwd", "", " ", None, 5,
        "https://" + "a" * 64 + ".io", "https://" + "a." * 130 + "io", "https://xn--a.io",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(address):
    with pytest.raises(CredentialsError, match="url="):
        checked_origin(address)


@pytest.mark.parametrize(
    ("address", "origin", "name"),
    [
        ("https://acme.cvtr.io", "https://acme.cvtr.io", "acme"),
        ("HTTPS://Acme.CVTR.io:443/", "https://acme.cvtr.io", "acme"),
        ("https://acme.cvtr.io.", "https://acme.cvtr.io", "acme"),
        ("https://acme.cvtr.io:8443", "https://acme.cvtr.io:8443", "acme"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001", "127.0.0.1:8001"),
        ("http://[0:0::1]:8001", "http://[::1]:8001", "::1:8001"),
        ("http://localhost:80", "http://localhost", "localhost"),
    ],
)
def test_one_address_has_one_spelling(address, origin, name):
    assert checked_origin(address) == origin
    assert checked_origin(origin) == origin
    assert default_name(origin) == name


HOSTS = st.text("aZ09.-_[]:%@/\\ \t\n#?аß.", max_size=25)
ADDRESSES = st.one_of(
    st.text(max_size=40),
    st.builds("{}://{}{}{}".format, st.sampled_from(["https", "http", "HTTPS", "ht\ttps"]), HOSTS,
              st.sampled_from(["", ":443", ":80", ":8443", ":99999", ":x"]), st.sampled_from(["", "/", "/x", "?", "#", "\n"])),
)  # fmt: skip


@given(ADDRESSES)
@example("https://acme.cvtr.io\n")
@example("https://acme.cvtr.io\\@evil.example")
def test_whatever_is_taken_is_read_alike_by_everybody(address):
    """By us, by the standard library, and by what sends the request."""
    try:
        origin = checked_origin(address)
    except CredentialsError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    ours, theirs, sent = urlsplit(origin), urlsplit(address), httpx.URL(origin)
    assert (ours.hostname or "").lower() == (theirs.hostname or "").lower().removesuffix(".") or "[" in origin
    assert ours.hostname == sent.host or "xn--" in origin
    assert ours.scheme == theirs.scheme.lower() == sent.scheme
    assert ours.scheme == "https" or is_loopback(ours.hostname or "")
    usual = {"http": 80, "https": 443}[ours.scheme]
    assert (ours.port or usual) == (theirs.port or usual) == (sent.port or usual)
    assert checked_origin(origin) == origin


@given(ADDRESSES)
def test_nothing_goes_anywhere_from_an_address_that_is_refused(address):
    try:
        checked_origin(address)
    except CredentialsError:
        with pytest.raises((CredentialsError, ArgumentError)):
            cvtr.connect("acme", "ana", "pass-word", url=address)
    else:
        assume(False)


# -- the sandbox -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:{port}"}, 200),
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:{port}"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_the_sandbox_answers_to_this_machine_and_to_no_page_of_another_site(headers, status):
    with SandboxServer(leads=1) as server:
        user, password, _ = server.users["admin"]
        said = {name: value.format(port=server.port) for name, value in headers.items()}
        with httpx.Client(trust_env=False) as client:
            form = {"username": user, "password": password}
            assert client.post(f"{server.url}/api/login", data=form, headers=said).status_code == status
        assert server.logins == (status == 200)
