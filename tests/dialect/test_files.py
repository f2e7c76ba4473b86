"""The dialect file: laid over the default, checked with line and key, written with its evidence."""

from __future__ import annotations

import contextlib
import re
import tomllib
from datetime import date

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets import settings
from cvtr_widgets.dialect.default import default_dialect, default_text, load_dialect, parse_dialect
from cvtr_widgets.dialect.model import Evidence
from cvtr_widgets.dialect.schema import CALLS
from cvtr_widgets.dialect.writing import mark_proven, with_entries
from cvtr_widgets.errors import DialectError, SettingsError
from cvtr_widgets.frames.field_map import delivery_of, replacement_of, status_of
from cvtr_widgets.sandbox import SandboxServer
from tests.dialect.conftest import connected


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ('name = "a"\n\n[calls.flag]\nbody.leads = { key = "x", as = "uuid" }\n', 4, "calls.flag.body.leads.as", "integer"),
        ('name = "a"\n[calls.flag]\npaht = "x"\n', 3, "calls.flag.paht", "no such entry"),
        ("base = 3\n", 1, "base", "string"),
        ('base = "//evil.example/api"\n', 1, "base", "begins with one /"),
        ('[calls.deliver]\npath = "https://evil.example/"\n', 2, "calls.deliver.path", "below base"),
        ('[calls.deliver]\npath = "../../login"\n', 2, "calls.deliver.path", "below base"),
        ('[auth]\nlogin = { path = "https://evil.example/login" }\n', 2, "auth.login.path", "begins with one /"),
        ('[fields]\nid = ["id"]\nstatus = [\n  "a",\n  "b[",\n]\n', 3, "fields.status.places.1", "JMESPath"),
        ('[fields]\nstate = ["x"]\n', 2, "fields.state", "no such entry"),
        ('[calls.delete]\nyes = [404]\n', 2, "calls.delete.yes.values.0", "299"),
        ('[calls.delete]\nchunk = 0\n', 2, "calls.delete.chunk", "greater"),
        ('[calls.delete]\nevidence = "seen"\nchunk = 5\n', 3, "calls.delete.chunk", "documented"),
        ('[calls.delete]\n\nmethod = "GET"\n', 3, "calls.delete.method", "only the delivery check"),
        ('[calls.delete]\npath = "leads/{lead}"\n', 2, "calls.delete.path", "many = false"),
        ('[calls.delete]\nformat = "form"\n', None, "calls.delete.body", "repeat"),
        ('[calls.delete]\nbody.leads = ""\n', None, "calls.delete.path", "leads have no place"),
        ('[calls.delete]\n\nbody.integrations = "jobs"\n', 3, "calls.delete.body.integrations", "no action gives"),
        ('[calls.is_delivered]\nanswer = { shape = "none" }\n', 2, "calls.is_delivered.answer", "must name leads"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_line_and_key(text, line, key, words):
    with pytest.raises(DialectError) as caught:
        parse_dialect(text, "acme.toml")
    said = str(caught.value)
    assert said.startswith("acme.toml, ")
    assert f"{key}" in said
    assert words in said
    assert said.rstrip().endswith(".")
    if line is not None:
        assert f"line {line}, " in said


def test_what_is_no_toml_names_its_line(tmp_path):
    path = tmp_path / "acme.toml"
    path.write_text('name = "a"\nbase = \n')
    with pytest.raises(DialectError, match="line 2"):
        load_dialect(path)
    path.write_bytes(b"\xff")
    with pytest.raises(DialectError, match="cannot be read"):
        load_dialect(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(DialectError, match="larger than"):
        load_dialect(path)
    with pytest.raises(DialectError, match="cannot be read"):
        load_dialect(tmp_path / "none.toml")


@given(st.text(max_size=200))
def test_any_text_is_a_dialect_or_a_clear_error(text):
    with contextlib.suppress(DialectError):
        parse_dialect(text, "x")


plain = st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
keys = st.sampled_from(["value", "key", "places", "evidence", "as", "body"])
one = st.lists(plain, max_size=2) | st.dictionaries(keys, plain, max_size=2)
values = plain | one | st.lists(plain | one, max_size=2) | st.dictionaries(keys, plain | one, max_size=2)


@given(name=st.sampled_from([*tomllib.loads(default_text())]), value=values)
def test_any_value_for_any_table_is_a_dialect_or_a_clear_error(name, value):
    with contextlib.suppress(DialectError):
        parse_dialect(tomlkit.dumps({name: value}), "x")


def test_a_file_of_ones_own_holds_only_what_differs():
    default = default_dialect()
    lead_id = parse_dialect('name = "acme"\n[calls.flag]\nyes = [200]\n[calls.flag.body]\nown_reason = ""\n', "acme.toml")
    assert lead_id.calls["flag"].yes == {200}
    assert "own_reason" not in lead_id.calls["flag"].body
    assert lead_id.calls["flag"].body["comment"] == default.calls["flag"].body["comment"]
    assert lead_id.calls["delete"] == default.calls["delete"]
    assert lead_id.own == {"calls.flag.yes", "calls.flag.body.own_reason"}
    assert lead_id.hash != default.hash


def test_evidence_is_the_entrys_own_and_is_not_inherited_from_what_it_replaces():
    default = default_dialect()
    assert default.evidence_of(["calls.flag.path"])["calls.flag.path"].kind == "documented"
    lead_id = parse_dialect('[calls.flag]\npath = "other"\nyes = { values = [200], evidence = "seen 2026-11-24" }\n', "x")
    found = lead_id.evidence_of(["calls.flag.path", "calls.flag.yes"])
    assert found["calls.flag.path"] == Evidence("inferred")
    assert found["calls.flag.yes"] == Evidence("seen", "2026-11-24")
    whole = parse_dialect('[calls.flag]\nevidence = "seen 2026-11-24"\npath = "other"\n', "x")
    assert whole.evidence_of(["calls.flag.path"])["calls.flag.path"].kind == "seen"
    assert whole.evidence_of(["calls.flag.body.leads"])["calls.flag.body.leads"].kind == "inferred"  # not in that file


def test_evidence_and_name_change_no_hash():
    default = default_dialect()
    assert (
        parse_dialect('name = "x"\n[calls.flag]\npath = { value = "leads-bulk-flag", evidence = "seen 2026-11-24" }\n', "x").hash
        == default.hash
    )


def test_everything_in_the_default_has_its_evidence_and_no_write_body_is_documented():
    rows = default_dialect().evidence()
    assert {r.evidence.kind for r in rows} == {"documented", "inferred"}
    documented = {r.entry for r in rows if r.evidence.kind == "documented" and r.entry.startswith("calls.")}
    assert documented == {f"calls.{call}.{part}" for call in CALLS for part in ("path", "method")}
    assert not [r for r in rows if r.own]


def test_what_was_proven_at_another_enterprise_proves_nothing_here():
    here = ("https://acme.cvtr.io", "user:7")
    found = Evidence.of("verified 2026-11-24 https://acme.cvtr.io user:7")
    assert found.verified_at(*here)
    assert found.tried_at(*here)
    for elsewhere in (("https://acme.other.example", "user:7"), ("https://acme.cvtr.io", "user:8")):
        assert not found.verified_at(*elsewhere)
        assert not found.tried_at(*elsewhere)
    sent = Evidence.of("sent 2026-11-24 https://acme.cvtr.io user:7")
    assert sent.tried_at(*here)
    assert not sent.verified_at(*here)
    assert not Evidence.of("verified 2026-11-24 acme").verified_at(*here)  # an older file: at which address is not known
    assert not Evidence.of("seen 2026-11-24").tried_at(*here)


WHERE = "https://acme.cvtr.io user:7"


def test_entries_are_written_with_their_values_and_read_back_the_same(tmp_path):
    dialect = default_dialect()
    names = [row.entry for row in dialect.evidence()]
    path = tmp_path / "deep" / "acme.toml"
    mark_proven(path, dialect, dict.fromkeys(names, "verified"), "acme", WHERE, date(2026, 11, 24))
    again = load_dialect(path)
    assert again.hash == dialect.hash
    assert {r.evidence for r in again.evidence()} == {Evidence("verified", "2026-11-24", WHERE)}
    before = path.read_text()
    mark_proven(path, again, dict.fromkeys(names[:1], "verified"), "acme", WHERE, date(2026, 11, 25))
    assert path.read_text().count("2026-11-25") == 1
    assert len(before) == len(path.read_text())


def test_comments_and_order_of_the_users_file_stay():
    text = '# ours\nname = "acme"\n\n[fields]\nstatus = ["state"]  # says the admin\n'
    new = with_entries(
        text, {"fields.status": {"places": ["state"], "evidence": "seen 2026-11-24"}, "calls.flag.chunk": {"value": 5}}, name="x"
    )
    assert "# ours" in new
    parsed = parse_dialect(new, "x")
    assert (parsed.name, parsed.calls["flag"].chunk) == ("acme", 5)
    nameless = with_entries("[fields]\nstatus = ['state']\n", {"fields.id": {"places": ["id"]}}, name="acme")
    assert parse_dialect(nameless, "x").name == "acme"


def test_it_is_found_by_argument_environment_and_settings_folder(tmp_path, monkeypatch):
    def name(**more) -> str:
        with connected(server, None, **more) as client:
            return client.dialect.name

    def write(path, called):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'name = "{called}"\n')
        return path

    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path / "settings"))
    with SandboxServer(leads=5) as server:
        assert name() == "default"
        write(settings.dialect_file("sandbox", server.url), "by folder")
        assert name() == "by folder"
        monkeypatch.setenv("CVTR_DIALECT", str(write(tmp_path / "env.toml", "by environment")))
        assert name() == "by environment"
        with connected(server, write(tmp_path / "arg.toml", "by argument")) as client:
            assert client.dialect.name == "by argument"
        monkeypatch.setenv("CVTR_DIALECT", str(tmp_path / "gone.toml"))
        with pytest.raises(SettingsError, match="no such file"):
            name()


def test_the_session_shows_it_as_a_frame():
    with SandboxServer(leads=5) as server, connected(server, None) as client:
        frame = cvtr.LeadSession(client, progress=False).dialect()
    assert list(frame.columns) == ["value", "evidence", "when", "where", "own"]
    assert frame.loc["calls.flag.path", "value"] == '"leads-bulk-flag"'
    assert frame.loc["calls.flag.body.leads", "evidence"] == "inferred"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[words]\nyes = ["done", "Error"]', "words.yes and words.no both hold 'error'"),
        ('[words]\ndelivered = [true, 1]\nnot_delivered = ["TRUE"]', "words.delivered and words.not_delivered both hold 'true'"),
        ('[words]\nstatuses = { OK = "Fine" }', "words.statuses: 'OK' stands for 'Fine', which is none of Valid, Invalid"),
        (
            "[words]\nreplacements = { Replacement = true }",
            "words.replacements: 'Replacement' stands for 'True', which is none of",
        ),
        ('[words]\ndeliveries = { Delivered = "true" }', "The service's word is on the left, ours on the right"),
    ],
)
def test_words_that_would_make_every_answer_true_are_refused(text, words):
    with pytest.raises(DialectError, match=re.escape(words)):
        parse_dialect(text, "mine.toml")


@pytest.mark.parametrize(
    ("key", "field", "words", "cases"),
    [
        ("replacements", "replacement", '{ true = "Replacement", false = "None" }', {True: "Replacement", False: None}),
        ("replacements", "replacement", '{ 1 = "Replacement", 0 = "" }', {1: "Replacement", 0: None, "1": "Replacement"}),
        (
            "deliveries",
            "delivery",
            '{ true = "Delivered", false = "Not Delivered" }',
            {True: "Delivered", False: "Not Delivered"},
        ),
        (
            "deliveries",
            "delivery",
            '{ sent = "delivered", open = "not delivered" }',
            {"SENT": "Delivered", "open": "Not Delivered"},
        ),
        ("statuses", "status", '{ 1 = "Valid", 2 = "invalid" }', {1: "Valid", "2": "Invalid"}),
    ],
)
def test_maps_of_words_are_read_in_the_obvious_direction(key, field, words, cases):
    dialect = parse_dialect(f"[words]\n{key} = {words}\n[fields]\n{field} = ['x']", "mine.toml")
    read = {"replacement": replacement_of, "delivery": delivery_of, "status": status_of}[field]
    assert {value: read(dialect.lead.read({"x": value}, field)) for value in cases} == cases
