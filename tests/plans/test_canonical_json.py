"""Hashes must come out the same whichever library writes the text that they are of."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from cvtr_widgets.plans.canonical_json import canonical

texts = st.text(st.characters(codec=None), max_size=30)
plain = st.none() | st.booleans() | st.integers() | texts
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20)


@given(values)
def test_it_is_what_json_writes(value):
    assert canonical(value) == json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    assert canonical(value, in_order=True) == json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def test_what_is_not_in_json_is_written_as_text():
    class Odd:
        def __str__(self) -> str:
            return "odd"

    assert canonical({"a": Odd()}) == '{"a":"odd"}'
