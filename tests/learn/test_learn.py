"""From a capture of the page of each service to a dialect with which the job is done.

The captures are real Chromium's and real Firefox's, and are kept in ``captures``.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import gzip
import json
import logging
import re
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import cvtr_widgets as cvtr
from cvtr_widgets.cli import app
from cvtr_widgets.dialect.default import default_dialect, load_dialect, parse_dialect
from cvtr_widgets.errors import CaptureError, CvtrError
from cvtr_widgets.learn import har
from cvtr_widgets.learn.lesson import learn
from cvtr_widgets.sandbox import SandboxServer
from tests.dialect.conftest import connected
from tests.dialect.full_job import PATIENT, all_eight
from tests.dialect.services import SERVICES

CAPTURES = Path(__file__).resolve().parent / "captures"
IDS = [161400, 161429, 161449, 161450, 161451, 161458, 161465, 161472, 161479]
DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def captured(tmp_path_factory) -> dict[str, Path]:
    """The captures as the browser saved them."""
    folder = tmp_path_factory.mktemp("captures")
    for packed in CAPTURES.glob("*.har.gz"):
        (folder / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return {path.stem: path for path in folder.glob("*.har")}


def whole(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def saved(tmp_path: Path, capture: dict[str, Any]) -> Path:
    path = tmp_path / "changed.har"
    path.write_text(json.dumps(capture))
    return path


def entries(capture: dict[str, Any], part: str) -> list[dict[str, Any]]:
    return [e for e in capture["log"]["entries"] if part in e["request"]["url"]]


@pytest.mark.parametrize("name", list(SERVICES))
def test_the_full_job_passes_with_what_was_learned_without_a_question(captured, name):
    lesson = learn(har.read(captured[name]), IDS, default_dialect())
    assert (lesson.questions, lesson.missing) == (0, [])
    dialect = parse_dialect(lesson.text(name, DAY), name)
    assert {r.evidence.kind for r in dialect.evidence() if r.own} == {"seen"}
    assert {r.evidence.when for r in dialect.evidence() if r.own} == {"2026-11-24"}
    with SandboxServer(leads=600, seed=6, speech=SERVICES[name], queue_delay=0.1) as server, connected(server, dialect) as client:
        all_eight(cvtr.LeadSession(client, progress=False, patience=PATIENT), server)


@pytest.mark.parametrize("name", ["forms", "single", "queued"])
def test_a_capture_of_firefox_teaches_the_same(captured, name):
    capture = whole(captured[f"{name}.firefox"])
    assert capture["log"]["creator"]["name"] == "Firefox"
    first, second = (learn(har.read(captured[one]), IDS, default_dialect()) for one in (name, f"{name}.firefox"))
    assert first.text(name, DAY) == second.text(name, DAY)


def written_otherwise(capture: dict[str, Any]) -> dict[str, Any]:
    """Fields of forms as a list alone, answers in base64, some of them still packed."""
    for number, entry in enumerate(capture["log"]["entries"]):
        posted = entry["request"].get("postData")
        if posted and "urlencoded" in posted["mimeType"]:
            posted["params"] = [{"name": k, "value": v} for k, v in parse_qsl(posted.pop("text"), keep_blank_values=True)]
        content = entry["response"]["content"]
        if content.get("text"):
            raw = base64.b64decode(content["text"]) if content.get("encoding") == "base64" else content["text"].encode()
            content["text"] = base64.b64encode(gzip.compress(raw) if number % 2 else raw).decode()
            content["encoding"] = "base64"
    return capture


@pytest.mark.parametrize("name", ["forms", "queued"])
def test_a_capture_that_is_written_otherwise_teaches_the_same(captured, tmp_path, name):
    other = saved(tmp_path, written_otherwise(whole(captured[name])))
    first, second = (learn(har.read(path), IDS, default_dialect()) for path in (captured[name], other))
    assert first.text(name, DAY) == second.text(name, DAY)


# -- captures that cannot be used --------------------------------------------------------------------------------------


def test_a_capture_that_is_cut_off_says_so(captured, tmp_path):
    path = tmp_path / "cut.har"
    path.write_bytes(captured["single"].read_bytes()[:150_000])
    with pytest.raises(CaptureError, match=r"cut off after \d+ exchanges.*Save it again"):
        har.read(path)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"[]",
        b"{}",
        b'{"log": {"entries": []}}',
        b'{"log": {"entries": [1, null, {}]}}',
        b"\x89PNG\r\n",
        b"\xff\xfe{}",
    ],
)
def test_what_is_no_capture_says_so(tmp_path, raw):
    path = tmp_path / "x.har"
    path.write_bytes(raw)
    with pytest.raises(CaptureError, match="Save it again"):
        har.read(path)
    with pytest.raises(CaptureError, match="cannot be read"):
        har.read(tmp_path / "none.har")


def test_a_capture_without_bodies_says_so(captured, tmp_path):
    capture = whole(captured["single"])
    for entry in capture["log"]["entries"]:
        entry["response"]["content"].pop("text", None)
        entry["request"].pop("postData", None)
    with pytest.raises(CaptureError, match="no bodies"):
        har.read(saved(tmp_path, capture))


def test_a_capture_of_another_site_or_of_other_leads_says_so(captured):
    with pytest.raises(CaptureError, match="another site"):
        learn(har.read(captured["single"]), [987654, 987655], default_dialect())


def test_a_capture_that_only_reads_says_so(captured, tmp_path):
    capture = whole(captured["iris"])
    capture["log"]["entries"] = [e for e in capture["log"]["entries"] if e["request"]["method"] == "GET"]
    with pytest.raises(CaptureError, match="only reading"):
        learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())


def test_what_was_not_done_is_said_and_left_as_it_was(captured, tmp_path):
    capture = whole(captured["iris"])
    gone = ("leads-bulk-delete", "leads-bulk-reprocess")
    capture["log"]["entries"] = [e for e in capture["log"]["entries"] if not e["request"]["url"].endswith(gone)]
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
    assert lesson.missing == ["reprocess", "delete"]
    assert "Delete: not in this capture" in lesson.notes
    assert not [p for p in lesson.proposals if p.entry.startswith("calls.delete.")]


def test_a_value_that_was_not_seen_has_no_place_rather_than_a_guessed_one(captured, tmp_path):
    capture = whole(captured["queued"])
    for entry in entries(capture, "flag-tasks"):
        entry["request"]["postData"]["text"] = re.sub(r',"categoryId":"\d+"', "", entry["request"]["postData"]["text"])
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
    assert any("category was not seen" in note for note in lesson.notes)
    assert "category" not in parse_dialect(lesson.text("x", DAY), "x").calls["flag"].body


def test_where_two_readings_are_possible_the_user_is_asked(captured, tmp_path):
    text = captured["texts"].read_text().replace('\\"current\\": ', '\\"stateA\\": \\"q\\", \\"current\\": ')
    capture = json.loads(text)
    for entry in capture["log"]["entries"]:
        content = entry["response"]["content"]
        if '"current"' in (content.get("text") or ""):
            content["text"] = re.sub(
                r'"current": "(\w+)"', r'"stateA": "\1", "stateB": "\1"', re.sub(r'"stateA": "q", ', "", content["text"])
            )
    asked = []

    def ask(question, options):
        asked.append((question, list(options)))
        return list(options).index("stateB") if "stateB" in options else None

    path = saved(tmp_path, capture)
    lesson = learn(har.read(path), IDS, default_dialect(), ask=ask)
    assert asked == [("Where does a lead keep its status?", ["stateA", "stateB"])]
    assert dict(lesson.frame["new"])["fields.status"] == '["stateB"]'
    unasked = learn(har.read(path), IDS, default_dialect())
    assert unasked.questions == 1
    assert "fields.status" not in unasked.frame.index


# -- nothing secret, nothing personal ----------------------------------------------------------------------------------


def private_texts(capture: dict[str, Any]) -> set[str]:
    """Tokens, passwords, and what leads are called and reached by."""
    found = {"sandbox-admin", "admin@sandbox.example"}
    for entry in capture["log"]["entries"]:
        found |= {h["value"].removeprefix("Bearer ") for h in entry["request"]["headers"] if h["name"].lower() == "authorization"}
        with contextlib.suppress(ValueError, TypeError):
            waiting = [json.loads(entry["response"]["content"].get("text") or "null")]
            while waiting:
                one = waiting.pop()
                waiting += list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
                if isinstance(one, dict):
                    keys = ("firstName", "lastName", "email", "telephone", "fingerprint", "refresh_token", "access_token", "ip")
                    found |= {str(one[k]) for k in keys if one.get(k)}
    return {text for text in found if len(text) > 2}


@pytest.mark.parametrize("name", list(SERVICES))
def test_nothing_secret_or_personal_is_written_shown_or_logged(captured, tmp_path, caplog, name):
    caplog.set_level(logging.DEBUG)
    shared, to = tmp_path / "shared.har", tmp_path / "acme.toml"
    words = ["learn", str(captured[name]), "--ids", ",".join(map(str, IDS)), "--to", str(to), "--yes", "--scrubbed", str(shared)]
    done = CliRunner().invoke(app.app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert load_dialect(to).calls["flag"].path
    private = private_texts(whole(captured[name]))
    assert len(private) > 30
    ids = {str(i) for i in IDS}
    for text in (done.output, to.read_text(), caplog.text, shared.read_text()):
        assert [p for p in private | ids if re.search(rf"(?<!\w){re.escape(p)}(?!\w)", text)] == []
    copied = whole(shared)["log"]["entries"]
    assert len(copied) > 40
    assert "scrubbed.example" in copied[0]["request"]["url"]
    assert har.read(shared).exchanges


def test_somebodys_name_in_a_request_is_not_taken_for_a_fixed_word(captured, tmp_path):
    capture = whole(captured["texts"])
    (one,) = entries(capture, "reprocessing")
    lead = json.loads(entries(capture, "leads/161451")[0]["response"]["content"]["text"])
    body = json.loads(one["request"]["postData"]["text"])
    body |= {
        "label": lead["lastName"],
        "user": "Ana Example",
        "csrf": "a8F3kd93kd9fk3",
        "hash": lead["fingerprint"],
        "mode": "full",
    }
    one["request"]["postData"]["text"] = json.dumps(body)
    asked = []
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect(), ask=lambda q, _o: asked.append(q))
    text = lesson.text("x", DAY)
    assert parse_dialect(text, "x").calls["reprocess"].fixed == {"confirm": True, "mode": "full"}
    for secret in (lead["lastName"], "Ana Example", "a8F3kd93kd9fk3", lead["fingerprint"]):
        assert secret not in text
        assert not any(secret in question for question in asked)
    assert len(asked) == 4
    assert sum("was left out" in note for note in lesson.notes) == 4


def test_entries_of_a_file_that_is_there_stay(captured, tmp_path):
    to = tmp_path / "acme.toml"
    to.write_text('# ours\nname = "acme"\n\n[words]\nyes = ["ja"]\n')
    lesson = cvtr.learn_dialect(captured["texts"], IDS)
    assert cvtr.save_lesson(lesson, "acme", to=to) == to
    assert "# ours" in to.read_text()
    assert load_dialect(to).name == "acme"


def test_what_a_run_has_proven_is_not_put_back_to_seen(captured, tmp_path, monkeypatch):
    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path))
    path = cvtr.save_lesson(cvtr.learn_dialect(captured["queued"], IDS), "acme", day=DAY)
    path.write_text(
        path.read_text().replace(
            'flag-tasks", evidence = "seen 2026-11-24"', 'flag-tasks", evidence = "verified 2026-11-25 acme"'
        )
    )
    again = cvtr.save_lesson(cvtr.learn_dialect(captured["queued"], IDS, enterprise="acme"), "acme", day=date(2026, 11, 26))
    found = load_dialect(again).evidence_of(["calls.flag.path", "calls.flag.body.flag"])
    assert (found["calls.flag.path"].kind, found["calls.flag.path"].when) == ("verified", "2026-11-25")
    assert found["calls.flag.body.flag"].when == "2026-11-26"


def test_the_command_writes_nothing_without_a_yes(captured, tmp_path):
    to = tmp_path / "acme.toml"
    words = ["learn", str(captured["iris"]), "--ids", ",".join(map(str, IDS)), "--to", str(to)]
    done = CliRunner().invoke(app.app, words, input="n\n", catch_exceptions=False)
    assert (done.exit_code, to.exists()) == (1, False)
    assert '* calls.flag.body.leads: {"key": "leads", "as": "integer"} -> {"key": "selection.leads", "as": "iri"}' in done.output


# -- any capture -------------------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["POST", "https://x.example/a/161458", "{}", "[1]", "a=1&b[]=2&b[c]=3"])
)
keys = st.sampled_from(["text", "url", "name", "id", "mimeType", "params"])
one = st.lists(scalars, max_size=3) | st.dictionaries(keys, scalars, max_size=3)
any_json = scalars | one | st.lists(scalars | one, max_size=3) | st.dictionaries(keys, scalars | one, max_size=3)
KEYS = ("request", "response", "url", "method", "postData", "text", "mimeType", "content", "headers", "status", "encoding")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_capture_teaches_or_gives_a_clear_error(captured, tmp_path, data):
    capture = copy.deepcopy(whole(captured[data.draw(st.sampled_from(["single", "queued"]))]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(capture["log"]["entries"]))
        for _ in range(data.draw(st.integers(1, 3))):
            inner = [k for k in KEYS if isinstance(place, dict) and k in place]
            if not inner:
                break
            key = data.draw(st.sampled_from(inner))
            if not isinstance(place[key], dict) or data.draw(st.booleans()):
                place[key] = data.draw(any_json)
                break
            place = place[key]
    with contextlib.suppress(CvtrError):
        lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
        parse_dialect(lesson.text("x", DAY), "x")


def padded(path: Path, source: Path, megabytes: int) -> None:
    """The capture with pictures in between."""
    capture = whole(source)["log"]["entries"]
    picture = {
        "request": {"method": "GET", "url": "https://cdn.example/p.png", "headers": []},
        "response": {"status": 200, "headers": [], "content": {"text": "A" * 1_000_000, "encoding": "base64"}},
    }
    with path.open("w") as out:
        out.write('{"log": {"entries": [')
        for n in range(megabytes):
            out.write(json.dumps(picture) + ",")
            if n < len(capture):
                out.write(json.dumps(capture[n]) + ",")
        out.write(",".join(json.dumps(e) for e in capture[megabytes:]) or json.dumps(picture))
        out.write("]}}")


@pytest.mark.parametrize("megabytes", [20, pytest.param(200, marks=pytest.mark.long)])
def test_a_large_capture_is_read_piece_by_piece(captured, tmp_path, megabytes):
    path = tmp_path / "large.har"
    padded(path, captured["iris"], megabytes)
    assert path.stat().st_size > megabytes * 1_000_000
    tracemalloc.start()
    found = har.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15_000_000
    assert learn(found, IDS, default_dialect()).questions == 0


# -- what was refused, what was null, what is open ----------------------------------------------------------------------


def answered(entry: dict[str, Any]) -> Any:
    try:
        return json.loads(entry["response"]["content"].get("text") or "null")
    except ValueError:
        return None


def again(capture: dict[str, Any], lead: int, call: str, old: str, new: str) -> None:
    """The same action on the same lead once more, which the service refuses: what was read of it stays as it was."""
    found = capture["log"]["entries"]
    write = next(e for e in found if e["request"]["url"].endswith(call) and str(lead) in e["request"]["postData"]["text"])
    read = [e for e in found if e["request"]["method"] == "GET" and str(lead) in (e["response"]["content"].get("text") or "")][-1]
    refused = json.loads(json.dumps(write))
    refused["response"]["content"]["text"] = refused["response"]["content"]["text"].replace(old, new)
    assert new in refused["response"]["content"]["text"]
    found += [refused, json.loads(json.dumps(read))]


def test_the_word_for_a_refused_lead_is_a_no(captured, tmp_path):
    capture = whole(captured["iris"])
    again(capture, 161449, "leads-bulk-flag", "DONE", "DECLINED")
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
    dialect = parse_dialect(lesson.text("x", DAY), "x")
    assert "DECLINED" in dialect.value("words", "no")
    assert "DECLINED" not in dialect.value("words", "yes")
    assert "DONE" in dialect.value("words", "yes")


def test_one_word_for_done_and_refused_is_said_and_changes_nothing(captured, tmp_path):
    capture = whole(captured["iris"])
    again(capture, 161449, "leads-bulk-flag", '"DONE"', '"DONE"')
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
    dialect = parse_dialect(lesson.text("x", DAY), "x")
    assert "DONE" not in dialect.value("words", "no")
    assert any("also said of a lead on which nothing changed" in note for note in lesson.notes)


def nested(value: Any, key: str, empty: str) -> Any:
    """Records that keep a value within an object, which is null as long as it says nothing."""
    if isinstance(value, list):
        return [nested(one, key, empty) for one in value]
    if not isinstance(value, dict):
        return value
    found = {k: nested(v, key, empty) for k, v in value.items()}
    if key in found and len(found) > 10:
        word = found.pop(key)
        found["check"] = None if word == empty else {"outcome": word}
    return found


def test_a_status_within_an_object_that_was_null_is_found(captured, tmp_path):
    capture = whole(captured["queued"])
    plain = learn(har.read(captured["queued"]), IDS, default_dialect())
    place = json.loads(dict(plain.frame["new"])["fields.status"])[0]
    for entry in capture["log"]["entries"]:
        found = answered(entry)
        if entry["request"]["method"] == "GET" and found is not None:
            entry["response"]["content"]["text"] = json.dumps(nested(found, place, "Caution"))
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
    assert dict(lesson.frame["new"])["fields.status"] == '["check.outcome"]', lesson.notes


@pytest.mark.parametrize("name", list(SERVICES))
def test_what_was_not_found_is_listed_and_not_called_seen(captured, tmp_path, name):
    capture = whole(captured[name])
    for entry in capture["log"]["entries"]:
        found = answered(entry)
        if entry["request"]["method"] == "GET" and found is not None:
            entry["response"]["content"]["text"] = json.dumps(_without(found, "learning reason"))
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
    assert not [p.entry for p in lesson.proposals if p.table.get("places") == []]
    assert "fields.reason" in {p.entry for p in lesson.proposals} or any(n.startswith("reason: ") for n in lesson.notes)


def _without(value: Any, text: str) -> Any:
    if isinstance(value, list):
        return [_without(one, text) for one in value]
    if isinstance(value, dict):
        return {k: _without(v, text) for k, v in value.items() if v != text}
    return value


def test_a_check_of_one_lead_whose_answer_names_none_is_learned(captured, tmp_path):
    capture = whole(captured["single"])
    for entry in capture["log"]["entries"]:
        found = answered(entry)
        if isinstance(found, dict) and "lead" in found and entry["request"]["method"] == "GET":
            entry["response"]["content"]["text"] = json.dumps({k: v for k, v in found.items() if k != "lead"})
    lesson = learn(har.read(saved(tmp_path, capture)), IDS, default_dialect())
    assert not [note for note in lesson.notes if "cannot be said" in note]
    assert parse_dialect(lesson.text("x", DAY), "x").calls["is_delivered"].answer.shape == "one"
