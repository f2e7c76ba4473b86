"""Reading many records at once gives what reading each of them gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.frames.dictionary_column import DictionaryBuilder
from cvtr_widgets.frames.field_map import id_in, ids_in
from cvtr_widgets.frames.form_data import FormData
from cvtr_widgets.frames.record_batch import RecordBatch
from cvtr_widgets.models import NOT_SENT

plain = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 2.5, "", "1", "true", "Valid"])
value = st.recursive(plain, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2))
record = st.dictionaries(st.sampled_from(["id", "@id", "a", "b"]), value, max_size=4)


def exactly(found):
    """A text that differs for 1, 1.0 and true."""
    return repr(found)


@given(st.lists(st.lists(value | st.just(NOT_SENT), max_size=6), max_size=6))
@example([[True, None], [1, 0], [1.0, False]])
@example([[[True], [1]], [{"a": 1}, {"a": True}]])
def test_a_coded_column_holds_exactly_what_came(pages):
    column = DictionaryBuilder()
    for page in pages:
        column.extend(page)
    came = [v for page in pages for v in page]
    assert len(column) == len(came)
    assert [exactly(column.different[n]) for n in column.numbers] == [exactly(v) for v in came]


@given(st.lists(plain, min_size=1))
def test_what_a_coded_column_lost_is_counted_by_lead(values):
    column = DictionaryBuilder()
    column.extend(values)
    bad = [v for v in values if not isinstance(v, bool) and v is not None and v != ""]
    assert column.lost((isinstance(v, bool) for v in column.different), nothing=("",)) == len(bad)


@given(st.lists(record, max_size=5))
def test_a_key_of_many_records(records):
    rows = RecordBatch(records)
    for key in ("id", "a", "x"):
        assert [exactly(v) for v in rows.column(key)] == [exactly(r.get(key, NOT_SENT)) for r in records]
    assert set(rows.names) == {key for r in records for key in r}


ids = st.integers(-1, 12) | st.sampled_from([None, True, "7", "x", 2**63, 7.0])
addresses = st.sampled_from(["/api/v4/leads/7", "/api/v4/leads/8", "/api/v4/notes/7", "7", "leads7", "/7", None, 7])
usual = st.integers(1, 20).map(lambda n: {"id": n, "@id": f"/api/v4/leads/{n}"})
named = st.fixed_dictionaries({}, optional={"id": ids, "@id": addresses, "x": st.just(1)})


@given(st.lists(usual | named, max_size=5), st.sampled_from([("id", "@id"), ("id",), ("@id",), ("id", '"@id"')]))
def test_the_ids_of_many_records(records, places):
    assert [exactly(i) for i in ids_in(records, places)] == [exactly(id_in(r, places)) for r in records]


texts = st.text(alphabet='a":\\/é{}[], \n', max_size=4)


class Pairs(list):
    """An object as it is written: keys may stand twice."""


def pairs(one):
    return st.lists(st.tuples(texts, one), max_size=3).map(Pairs)


inner = st.recursive(st.none() | st.integers(0, 9) | texts, lambda one: st.lists(one, max_size=3) | pairs(one), max_leaves=8)


def written(found, style):
    if isinstance(found, Pairs):
        return "{" + style["item"].join(quoted(k, style) + style["colon"] + written(v, style) for k, v in found) + "}"
    if isinstance(found, list):
        return "[" + style["item"].join(written(v, style) for v in found) + "]"
    return quoted(found, style) if isinstance(found, str) else json.dumps(found)


def quoted(text, style):
    return '"' + "".join(style["quote"] if c == '"' else json.dumps(c, **style["how"])[1:-1] for c in text) + '"'


def twice(found):
    if isinstance(found, Pairs):
        keys = [k for k, _ in found]
        return len(set(keys)) < len(keys) or any(twice(v) for _, v in found)
    return isinstance(found, list) and any(twice(v) for v in found)


STYLES = [
    {"item": item, "colon": colon, "how": {"ensure_ascii": ascii_only}, "quote": quote}
    for item in (",", ", ", ",\n ")
    for colon in (":", ": ", " :")
    for ascii_only in (True, False)
    for quote in ('\\"', "\\u0022")
]


@given(pairs(inner) | st.lists(inner, max_size=3), st.sampled_from(STYLES))
@example(Pairs([("t", '":'), ("a", 1), ("a", 2)]), STYLES[1])
def test_a_key_that_stands_twice_is_refused_however_it_is_written(found, style):
    body = written(found, style).encode()
    if twice(found):
        with pytest.raises(ValueError, match="twice"):
            decode(body)
    else:
        assert decode(body) == json.loads(body)


@given(
    st.lists(
        st.lists(value | st.fixed_dictionaries({"name": st.sampled_from(["A", "B", "a"]), "value": value}), max_size=3) | value
    )
)
def test_what_a_form_collected_stands_with_its_lead(lists):
    data = FormData()
    for start in range(0, len(lists), 2):
        data.add(lists[start : start + 2])
    columns = data.columns(len(lists))
    names = {i["name"] for items in lists if isinstance(items, list) for i in items if isinstance(i, dict) and "name" in i}
    column_of = {"A": "data_a", "B": "data_b", "a": "data_a_2" if "A" in names else "data_a"}
    for place, items in enumerate(lists):
        fields = [i for i in items if isinstance(i, dict) and isinstance(i.get("name"), str)] if isinstance(items, list) else []
        there = {column_of[i["name"]] for i in fields if i.get("value") is not None}
        assert {name for name, column in columns.items() if column[place] is not None} == there
