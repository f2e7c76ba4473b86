"""A copy of a capture that is to be shared holds nothing personal, wherever it stood: in values, keys, addresses and forms."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from cvtr_widgets.learn.scrub import Scrubber, scrub

PERSONAL = ("ann.lee@corp.example", "+44 20 7946 0958", "Ann Lee", "160185", "3fa85f64571745b3b3fc2c963f66afa6")


def entry(body: object, query: str = "") -> dict:
    return {
        "request": {
            "method": "POST", "url": f"https://acme.cvtr.io/api/v4/leads/160185{query}", "headers": [],
            "postData": {"mimeType": "application/json", "text": json.dumps(body)},
        },
        "response": {"status": 200, "content": {"text": json.dumps(body)}},
    }  # fmt: skip


def test_nothing_personal_is_left_in_keys_or_values(tmp_path):
    by_person = {one: {"status": "valid", "note": one} for one in PERSONAL}
    lists = {"leads": [160185], "byEmail": by_person, "@id": "/api/v4/leads/160185", "nested": [[by_person]]}
    source, target = tmp_path / "a.har", tmp_path / "b.har"
    query = "?ann.lee%40corp.example=1&email=ann.lee@corp.example"
    source.write_text(json.dumps({"log": {"entries": [entry(lists, query)]}}))
    assert scrub(source, target) == 1
    copied = target.read_text()
    for one in PERSONAL:
        assert one not in copied
        assert one.replace("@", "%40") not in copied
    # The shape stays: names of fields, and the same key for the same.
    kept = json.loads(copied)["log"]["entries"][0]
    body = json.loads(kept["response"]["content"]["text"])
    assert {"leads", "byEmail", "@id", "nested"} == set(body)
    assert set(body["byEmail"]) == set(body["nested"][0][0])
    assert len(body["byEmail"]) == len(PERSONAL)


@given(st.emails())
def test_no_email_is_a_key(email):
    assert email not in json.dumps(Scrubber().value({email: 1}))
