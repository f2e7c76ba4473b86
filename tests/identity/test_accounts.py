"""Whose a login is: tokens, second factors, keyrings, changed passwords. No login wastes one of the ten refusals."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import null
from typer.testing import CliRunner

import cvtr_widgets as cvtr
from cvtr_widgets.cli import app
from cvtr_widgets.errors import CredentialsError, LoginRefused, PlanOutOfDate, RunError
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.identity.conftest import token_of, writes

TRIAL = cvtr.mark_test("Trial")


def silent(server):
    """The service does not tell whose a token is."""
    return [Mishap("me", "status", status=404)]


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_a_token_belongs_to_the_user_that_the_service_says(here, open_at):
    by_token, by_password = open_at(here, token=token_of(here, "agency")), open_at(here, role="agency")
    assert by_token.identity == by_password.identity
    assert by_token.identity.account == "user:2"
    assert by_token.masked is False


def test_one_accounts_plan_journal_and_signature_do_not_serve_another(here, open_at):
    tokens = [token_of(here, role) for role in ("admin", "agency")]
    here.mishaps = silent(here)
    admin, agency = (open_at(here, token=token) for token in tokens)
    assert admin.identity.account != agency.identity.account
    assert admin.identity.account.startswith("token:")
    assert not any(token in repr(session.identity) for token in tokens for session in (admin, agency))
    ids = here.lead_ids(role="agency", status="Caution")[:3]
    plan = admin.plan(TRIAL, ids)
    with pytest.raises(PlanOutOfDate, match="another account"):
        agency.run(plan, confirm=True, canary=False)
    done = admin.run(plan, confirm=True, canary=False)
    assert len(agency.history()) == 0
    assert agency.flagged_by_me() == {}
    with pytest.raises(RunError):
        agency.plan_undo(done.id)
    valid = here.lead_ids(role="agency", status="Valid", delivery="Not Delivered")[:1]
    signature = admin.sign(admin.plan(cvtr.mark_delivered(), valid), "Ana Example")
    with pytest.raises(cvtr.errors.NotConfirmed):
        agency.run(agency.plan(cvtr.mark_delivered(), valid), confirm=True, signature=signature, canary=False)
    again = open_at(here, token=tokens[0])  # the same token later is the same account
    assert list(again.history().index) == [done.id]
    assert len(writes(here)) == 1


def test_a_name_given_beside_a_token_is_not_believed(here, open_at, monkeypatch):
    token = token_of(here, "agency")
    with cvtr.connect("acme", "admin@sandbox.example", token=token, url=here.url) as client:
        assert client.identity.username == here.users["agency"][0]
    here.mishaps = silent(here)
    with cvtr.connect("acme", "admin@sandbox.example", token=token, url=here.url) as client:
        assert client.identity.username == "account of the token"


@pytest.mark.parametrize("tells", [True, False])
def test_a_wrong_token_does_not_connect_and_the_message_names_its_source(here, monkeypatch, tells):
    wrong = here.world  # nobody's, and no other test's
    here.mishaps = [] if tells else silent(here)
    with pytest.raises(LoginRefused, match=r"argument token=.*Copy a new one"):
        cvtr.connect("acme", token=wrong, url=here.url)
    monkeypatch.setenv("CVTR_URL", here.url)
    monkeypatch.setenv("CVTR_TOKEN", wrong)
    with pytest.raises(LoginRefused, match=r"CVTR_TOKEN.*Copy a new one") as caught:
        cvtr.connect()
    assert wrong not in str(caught.value)


def test_a_token_that_cannot_be_tried_does_not_connect(here):
    token = token_of(here, "admin")
    here.mishaps = [Mishap("me", "status", status=404), Mishap("leads", "status", status=500)]
    with pytest.raises(cvtr.errors.ServiceError):
        cvtr.connect("acme", token=token, url=here.url)


@pytest.mark.parametrize("token", [5, 1.5, b"token", ["token"]])
def test_what_is_no_text_is_no_token(here, token):
    with pytest.raises(CredentialsError, match="token="):
        cvtr.connect("acme", token=token, url=here.url)


# -- masked accounts ---------------------------------------------------------------------------------------------------


def test_masking_is_off_only_where_the_service_says_so(here, open_at):
    token = token_of(here, "admin")
    assert open_at(here).masked is False
    assert open_at(here, role="masked").masked is True
    here.mishaps = [Mishap(call, "status", status=500) for call in ("users", "me")]
    session = open_at(here)
    assert (session.identity.masked, session.masked) == (None, True)
    assert open_at(here, token=token).masked is True
    line = session.doctor().loc["masked data"]
    assert line["state"] == "missing"
    assert "masked=False" in line["advice"]
    assert cvtr.LeadSession(session.client, progress=False, masked=False).masked is False


# -- second factor -----------------------------------------------------------------------------------------------------


def test_without_anybody_to_ask_no_code_is_sent(here):
    user, password, _ = here.users["mfa"]
    for ask in (lambda _prompt: "", lambda _prompt: "  "):
        with pytest.raises(CredentialsError, match="nobody could be asked"):
            cvtr.connect("acme", user, password, url=here.url, ask=ask)
    assert here.logins == 2  # each connect sent the password, which was right, and nothing after it

    def no_terminal(_prompt: str) -> str:
        raise EOFError

    with pytest.raises(CredentialsError, match="second factor"):
        cvtr.connect("acme", user, password, url=here.url, ask=no_terminal)
    for _ in range(12):
        with pytest.raises(CredentialsError):
            cvtr.connect("acme", user, password, url=here.url, ask=lambda _prompt: "")
    with cvtr.connect("acme", user, password, url=here.url, ask=lambda _prompt: "246810") as client:
        assert client.identity.user_id == 4  # it was not locked


# -- the keyring -------------------------------------------------------------------------------------------------------


class Memory(KeyringBackend):
    """A keyring that lives as long as the test; ``full``: it takes nothing new."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.full = False

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.full:
            raise keyring.errors.PasswordSetError("full")
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError(username)


@pytest.fixture
def memory():
    before, mine = keyring.get_keyring(), Memory()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def login(server, monkeypatch, password=None, role="admin"):
    monkeypatch.setattr("getpass.getpass", lambda _prompt: password or server.users[role][1])
    return CliRunner().invoke(app.app, ["login", "acme", "--user", server.users[role][0], "--url", server.url])


def test_a_changed_password_is_kept_in_place_of_the_old_one(here, memory, monkeypatch):
    assert login(here, monkeypatch).exit_code == 0
    with cvtr.connect("acme", url=here.url) as client:
        client.change_password(here.users["admin"][1], "new-Password1!")
    with cvtr.connect("acme", url=here.url, ask=lambda _prompt: "") as client:
        assert client.identity.user_id == 1
    assert here.users["admin"][1] == "new-Password1!"


def test_where_the_new_password_cannot_be_kept_the_old_one_is_not_used_again(here, memory, monkeypatch, capsys):
    login(here, monkeypatch)
    with cvtr.connect("acme", url=here.url) as client:
        memory.full = True
        client.change_password(here.users["admin"][1], "new-Password1!")
    assert "The new password is not in the keyring" in capsys.readouterr().err
    logins = here.logins
    with pytest.raises(CredentialsError):
        cvtr.connect("acme", url=here.url, ask=lambda _prompt: "")
    assert here.logins == logins


def test_a_keyring_that_keeps_nothing_is_said_before_anything_is_asked(here, monkeypatch):
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())
    try:
        done = login(here, monkeypatch)
    finally:
        keyring.set_keyring(before)
    assert isinstance(done.exception, CredentialsError)
    assert "keeps nothing" in str(done.exception)
    assert "is in the keyring" not in done.output
    assert here.logins == 0


def test_a_keyring_that_forgets_what_it_takes_is_found_out(here, memory, monkeypatch):
    monkeypatch.setattr(Memory, "set_password", lambda *_: None)
    done = login(here, monkeypatch)
    assert isinstance(done.exception, CredentialsError)
    assert "is in the keyring" not in done.output


def test_a_refusal_names_where_the_password_came_from_and_what_to_do(here, memory, monkeypatch):
    user, password, _ = here.users["admin"]
    login(here, monkeypatch)
    memory.kept = {key: "old" if value == password else value for key, value in memory.kept.items()}
    with pytest.raises(LoginRefused, match=rf"from the keyring\. Replace it there: cvtr-widgets login acme --url {here.url}"):
        cvtr.connect("acme", url=here.url)
    with pytest.raises(LoginRefused, match="from the argument password="):
        cvtr.connect("acme", user, "wrong", url=here.url)
    with pytest.raises(LoginRefused, match="from what was typed"):
        cvtr.connect("acme", "somebody", url=here.url, ask=lambda _prompt: "wrong")
    monkeypatch.setenv("CVTR_URL", here.url)
    monkeypatch.setenv("CVTR_USERNAME", user)
    monkeypatch.setenv("CVTR_PASSWORD", "wrong")
    with pytest.raises(LoginRefused, match=r"from CVTR_PASSWORD\. Correct CVTR_PASSWORD"):
        cvtr.connect("acme", url=here.url)
