"""Proxies and certificates of companies, as the environment names them: used where meant, and named where they cannot be used."""

from __future__ import annotations

import socket
import threading

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.transport import Timeouts
from cvtr_widgets.errors import CvtrError, NotReached, SettingsError

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in (*NAMES, *map(str.lower, NAMES), "SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


class Proxy:
    """Notes the first line of whoever asks it, and refuses."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(65_536).split(b"\r\n")[0])
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    def stop(self) -> None:
        self._socket.close()


@pytest.fixture
def proxy():
    running = Proxy()
    yield running
    running.stop()


def knock(url: str = "https://198.51.100.7:9") -> CvtrError:
    """Log in at an address for documents, where nobody is."""
    with pytest.raises(CvtrError) as caught:
        cvtr.connect("acme", "ana", "pass-word", url=url, timeouts=Timeouts(connect=3, read=5, total=8))
    return caught.value


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("", True),
        ("localhost,127.0.0.1", True),
        ("::1,fe80::/10", True),
        ("[::1]:8080", True),
        ("10.0.0.0/8, 192.168.0.0/16", True),
        ("198.51.100.0/24", False),
        ("198.51.100.7", False),
        ("198.51.100.7:9", False),
        ("198.51.100.7:443", True),
        ("*", False),
        (" , ,,", True),
        ("not a host,%%%", True),
    ],
)
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_no_proxy_is_read_in_every_form(monkeypatch, proxy, listed, asked, case):
    monkeypatch.setenv(case("https_proxy"), proxy.url)
    monkeypatch.setenv(case("no_proxy"), listed)
    error = knock()
    assert isinstance(error, NotReached)
    assert set(proxy.asked) == ({b"CONNECT 198.51.100.7:9 HTTP/1.1"} if asked else set())


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("HTTPS_PROXY", "http://proxy.example:99999", "HTTPS_PROXY is not the address of a proxy"),
        ("https_proxy", "http://proxy.example:port", "https_proxy is not the address of a proxy"),
        ("ALL_PROXY", "ftp://proxy.example:21", "ALL_PROXY is not the address of a proxy"),
        ("HTTPS_PROXY", "http://user:pass-word@[::1", "HTTPS_PROXY is not the address of a proxy"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1080", "HTTPS_PROXY names a SOCKS proxy, which needs a package"),
        ("SSLKEYLOGFILE", "/nowhere/at/all/keys.log", "SSLKEYLOGFILE names a file that cannot be written"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "SSL_CERT_FILE names '/nowhere/ca.pem', which is not a file of certificates"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_variable(monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)
    error = knock()
    assert isinstance(error, SettingsError)
    assert words in str(error)
    assert "pass-word" not in str(error)


def test_this_machine_is_asked_whatever_is_set(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "nonsense://[")
    monkeypatch.setenv("NO_PROXY", "::1,fe80::/10")
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/at/all/keys.log")
    with cvtr.Sandbox(leads=20) as sandbox, sandbox.connect() as client:
        assert client.identity.user_id
