"""What was made to break a reader ends in a clear error, within little memory and time."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets import reader_limits
from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.unpacking import BadBody, UnpackedBody
from cvtr_widgets.frames.field_map import getter
from cvtr_widgets.learn import har
from cvtr_widgets.models import NOT_SENT
from tests.api.scripted import Reply, Scripted

ROOT = Path(__file__).parents[2]
MEMORY = 1_500
"""MB of addresses that all of it may have, libraries included; without limits single cases took up to 24,000."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps to this limit of memory")
def test_each_breaking_input_ends_in_an_error():
    words = [sys.executable, "benchmarks/limits.py", "--breaking", "--memory", str(MEMORY)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 40
    for one in found:
        assert one["ended"].startswith(("refused:", "SelectionError:", "CaptureError:", "DialectError:", "CvtrError:")), one
        assert "MemoryError" not in one["ended"], one
        assert one["worked"] < 30, one  # seconds of the processor; it takes under 3
        if not one["ended"].startswith(("refused:", "CvtrError:")):
            # Which limit it was, or what is wrong, and what to do next.
            assert one["ended"].count(". ") >= 1 or "Fix" in one["ended"], one


def test_an_answer_of_too_many_values_says_so():
    server = Scripted()
    body = gzip.compress(b"[" + b"[]," * 1_000_100 + b"0]")
    server.answers["GET", "/api/v4/campaigns"] = Reply(200, None, {"Content-Encoding": "gzip"}, raw=body)
    with _client(server.url) as client, pytest.raises(cvtr.CvtrError, match="2,000,000 values"):
        client.campaigns()
    server.stop()


def _client(url):
    return Convertr(url, "acme", Credentials("a@b.example", "pass-word"), first_wait=0.01)


@given(st.binary(max_size=3_000), st.integers(1, 50), st.booleans())
def test_a_body_is_unpacked_as_it_was_or_refused(content, size, packed):
    sent = gzip.compress(content) if packed else content
    unpacked = UnpackedBody("gzip" if packed else "", 2_000)
    try:
        for start in range(0, len(sent), size):
            unpacked.add(sent[start : start + size])
        assert unpacked.whole() == content
        assert len(content) <= 2_000
    except BadBody:
        assert len(content) > 2_000


@given(st.binary(min_size=1, max_size=300), st.integers(0, 100))
def test_a_packed_body_that_was_cut_is_refused(content, part):
    sent = gzip.compress(content)
    unpacked = UnpackedBody("gzip", 2_000)
    unpacked.add(sent[: max(1, len(sent) * part // 101)])
    with pytest.raises(BadBody):
        unpacked.whole()


@given(st.lists(st.sampled_from(['"', "\\", "a", "xyz"]), max_size=60).map("".join))
def test_texts_of_captures_are_read_as_they_are(text):
    """However they are cut into pieces and whatever quotation marks are in them."""
    written = json.dumps({"log": {"entries": [{"note": text}, {"more": text}]}}).encode()
    assert list(har.entries(io.BytesIO(written))) == [{"note": text}, {"more": text}]


RECORD = {"leadData": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}], "@id": "/api/v4/leads/7", "x": {"y": [1, 2, 3]}}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("leadData[?name=='b'].value | [0]", "2"),
        ("leadData[*].name", ["a", "b"]),
        ("x.y[-1]", 3),
        ('"@id"', "/api/v4/leads/7"),
        ("leadData[].{n: name}", [{"n": "a"}, {"n": "b"}]),
        ("length(x.y)", 3),
        ("to_string(x.y[0])", "1"),
        ("x.y[0] == `1`", True),
        ("x.y[0] < `2`", True),
        ("not_null(nothing, x.y[1])", 2),
    ],
)
def test_ordinary_places_read_as_ever(place, value):
    assert getter((place,))(RECORD) == value


def test_a_place_that_cannot_be_worked_out_proves_nothing():
    assert getter(("x.y[::0]",))(RECORD) is NOT_SENT


def test_no_limit_is_told_twice():
    """The table in docs/limits.md is checked with the others (tests/docs)."""
    assert len({(one.reader, one.what) for one in reader_limits.ALL}) == len(reader_limits.ALL)
