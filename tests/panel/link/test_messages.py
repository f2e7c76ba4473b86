"""The page may say a closed set of things; whatever else comes is not acted upon and breaks nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvtr_widgets.panel.link.messages import KINDS, BadMessage, read_message

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_any_json_is_refused_as_a_bad_message(content):
    with pytest.raises(BadMessage):
        read_message(content)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_fields_of_any_other_kind_are_refused_or_read_as_meant(kind, data):
    fields = {name: data.draw(JSON, label=name) for name in KINDS[kind]}
    try:
        read, given_ = read_message({"v": 1, "kind": kind, "is": fields})
    except BadMessage:
        return
    assert read == kind
    assert given_.keys() == fields.keys()


@pytest.mark.parametrize(
    "content",
    [
        {"v": 2, "kind": "hello", "is": {}},
        {"v": 1, "kind": "tick", "is": {"ids": [167457], "on": True}},  # ids travel as text
        {"v": 1, "kind": "tick", "is": {"ids": ["0"], "on": True}},
        {"v": 1, "kind": "tick", "is": {"ids": ["1e3"], "on": True}},
        {"v": 1, "kind": "tick", "is": {"ids": [str(2**63)], "on": True}},
        {"v": 1, "kind": "tick", "is": {"ids": ["1"] * 501, "on": True}},
        {"v": 1, "kind": "tick", "is": {"ids": ["1"], "on": 1}},
        {"v": 1, "kind": "tick", "is": {"ids": ["1"]}},
        {"v": 1, "kind": "confirm", "is": {"on": True, "more": 1}},
        {"v": 1, "kind": "page", "is": {"table": "leads", "page": -1}},
        {"v": 1, "kind": "page", "is": {"table": "others", "page": 1}},
    ],
)
def test_nearly_right_is_wrong(content):
    with pytest.raises(BadMessage):
        read_message(content)


def test_ids_come_through_exactly():
    _, given_ = read_message({"v": 1, "kind": "tick", "is": {"ids": [str(2**63 - 1), "9007199254740993"], "on": True}})
    assert given_["ids"] == (2**63 - 1, 9007199254740993)
