"""The doctor: reads only, one line per thing that actions rest on, nothing personal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError
from typer.testing import CliRunner

import cvtr_widgets as cvtr
from cvtr_widgets.api.doctor import as_text
from cvtr_widgets.cli import app
from cvtr_widgets.errors import LoginRefused
from cvtr_widgets.sandbox import Mishap, SandboxServer
from tests.api.scripted import Scripted
from tests.dialect.conftest import HERE, connected
from tests.dialect.services import SERVICES

NEVER = ("lead.", "@sandbox.example", "@mail.example", "sandbox-admin", "Bearer", "firstName:")


@pytest.fixture
def server():
    with SandboxServer(leads=300, seed=2) as started:
        yield started


class Memory(KeyringBackend):
    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture
def memory():
    before = keyring.get_keyring()
    keyring.set_keyring(backend := Memory())
    yield backend
    keyring.set_keyring(before)


def lines_of(client):
    return {line.check: line for line in client.doctor()}


def test_every_line_is_ok_where_the_service_is_as_the_default_says(server):
    with connected(server, None) as client:
        before = len(server.requests)
        found = client.doctor()
        asked = server.requests[before:]
    assert [line for line in found if line.state != "ok"] == []
    assert {r.method for r in asked if "is-lead-delivered" not in r.path} == {"GET"}
    assert len(asked) < 20
    assert not [r for r in server.requests if "leads-bulk" in r.path]
    text = as_text(found)
    assert f"{len(found)} ok, 0 differ, 0 missing" in text
    assert not [word for word in NEVER if word in text]
    assert not [lead_id for lead_id in server.lead_ids()[:50] if str(lead_id) in text]


def test_the_session_gives_it_as_a_frame(server):
    with connected(server, None) as client:
        frame = cvtr.LeadSession(client, progress=False).doctor()
    assert list(frame.columns) == ["state", "found", "advice"]
    assert frame.loc["field: status", "state"] == "ok"
    assert frame.index.name == "check"


def test_fields_that_have_moved_are_missing_and_what_nobody_described_is_named():
    with SandboxServer(leads=100, seed=2, speech=SERVICES["iris"]) as server, connected(server, None) as client:
        found = lines_of(client)
    assert found["field: status"].state == "missing"
    assert "learn" in found["field: status"].advice
    assert "metadata" in found["new fields"].found


def test_a_page_size_that_is_not_honoured_and_a_total_that_is_not_told():
    with SandboxServer(leads=100, seed=2, speech=SERVICES["forms"]) as server, connected(server, None) as client:
        found = lines_of(client)  # rows and total have other names here, and so has the page size
    assert found["leads"].state == "missing"
    with SandboxServer(leads=100, seed=2, speech=SERVICES["forms"]) as server:
        text = (
            (HERE / "forms.toml")
            .read_text()
            .replace('size = "per_page"', 'size = "itemsPerPage"')
            .replace('total = ["total"]', "total = []")
        )
        from cvtr_widgets.dialect.default import parse_dialect

        with connected(server, parse_dialect(text, "half right")) as client:
            found = lines_of(client)
    assert found["page size"].state == "differs"
    assert found["page size"].found == "25 asked, 30 came"
    assert found["total"].state == "missing"


def test_a_live_enterprise_says_which_actions_are_not_proven():
    with SandboxServer(leads=100, seed=2, pretend_live=True) as server, connected(server, None) as client:
        found = lines_of(client)
    assert found["action: Delete"].state == "differs"
    assert "canary" in found["action: Delete"].advice


def test_what_fails_is_a_line_and_no_error(server):
    server.mishaps = [Mishap("lead-flag-reasons", "status", status=403), Mishap("is-lead-delivered", "status", status=404)]
    with connected(server, None) as client:
        found = lines_of(client)
    assert found["reasons: valid"].state == "missing"
    assert "403" in found["reasons: valid"].found
    assert found["delivery check"].state == "missing"


def test_a_clock_that_is_off_is_said():
    scripted = Scripted()
    scripted.date = format_datetime(datetime.now(UTC) - timedelta(minutes=10))
    try:
        with cvtr.connect("acme", "ana", "pass-word", url=scripted.url) as client:
            line = lines_of(client)["clock"]
    finally:
        scripted.stop()
    assert line.state == "differs"
    assert line.found.startswith(("the service's clock is -600", "the service's clock is -599", "the service's clock is -601"))


# -- the commands ------------------------------------------------------------------------------------------------------


def command(*words, **env):
    return CliRunner().invoke(app.app, list(words), env=env, catch_exceptions=False)


def test_the_command_prints_it_and_ends_with_0(server, monkeypatch):
    user, password, _ = server.users["admin"]
    done = command("doctor", "sandbox", "--url", server.url, CVTR_URL=server.url, CVTR_USERNAME=user, CVTR_PASSWORD=password)
    assert done.exit_code == 0, done.output
    assert "0 missing" in done.output
    assert not [word for word in NEVER if word in done.output]


def test_the_command_ends_with_2_where_actions_cannot_be_proven():
    with SandboxServer(leads=100, seed=2, speech=SERVICES["iris"]) as server:
        user, password, _ = server.users["admin"]
        done = command("doctor", "sandbox", "--url", server.url, CVTR_URL=server.url, CVTR_USERNAME=user, CVTR_PASSWORD=password)
    assert done.exit_code == 2
    assert "Actions cannot be proven without: field: status, field: reason." in done.output


def test_login_keeps_what_was_proven_and_logout_forgets_it(server, memory, monkeypatch):
    user, password, _ = server.users["admin"]
    monkeypatch.setattr("getpass.getpass", lambda _prompt: password)
    done = command("login", "sandbox", "--user", user, "--url", server.url)
    assert done.exit_code == 0, done.output
    assert password not in done.output
    with cvtr.connect("sandbox", url=server.url) as client:
        assert client.identity.username == user
    assert f"cvtr.connect('sandbox', url='{server.url}') no longer asks for it" in done.output
    # It is for that host alone: another of the same name is never given it.
    with SandboxServer(leads=1) as other:
        with pytest.raises(cvtr.errors.CredentialsError, match="No username"):
            cvtr.connect("sandbox", url=other.url, ask=lambda _prompt: "")
        with pytest.raises(cvtr.errors.CredentialsError, match="No username"):
            cvtr.connect("sandbox", ask=lambda _prompt: "")
        assert other.requests == []
    assert command("logout", "sandbox").output == "Nothing was kept for sandbox.\n"
    assert command("logout", "sandbox", "--url", server.url).output == f"Forgotten: {user} at sandbox.\n"
    assert memory.kept == {}
    assert command("logout", "sandbox").output == "Nothing was kept for sandbox.\n"


def test_a_refused_login_keeps_nothing(server, memory, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "wrong")
    with pytest.raises(LoginRefused):
        command("login", "sandbox", "--user", server.users["admin"][0], "--url", server.url)
    assert memory.kept == {}
    assert server.logins == 1
