"""Selections as sets with an order: union, difference, counts, words."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import Rejected
from cvtr_widgets.selection.select import Selection, parse_ids

ORIGINS = ("ticked", "typed", "file", "matching", "frame", "list", "lead")
PARTS = st.lists(st.tuples(st.lists(st.integers(1, 30)), st.sampled_from(ORIGINS)), max_size=6)


@settings(max_examples=100)
@given(PARTS, st.sets(st.integers(1, 30)))
def test_union_and_without_are_what_dicts_say(parts: list[tuple[list[int], str]], gone: set[int]) -> None:
    whole = Selection()
    origins: dict[int, str] = {}
    for ids, origin in parts:
        whole = whole.union(Selection.of(ids, origin))  # type: ignore[arg-type]
        for i in ids:
            origins.setdefault(i, origin)
    assert whole.ids == tuple(origins)
    assert dict(whole.origin) == origins
    assert whole.given == sum(len(ids) for ids, _ in parts)
    left = whole.without(gone)
    assert dict(left.origin) == {i: o for i, o in origins.items() if i not in gone}
    assert left.given == whole.given
    assert sum(left.counts.values()) == len(left)
    assert all(i in left for i in left)
    assert not any(i in left for i in gone)


def test_it_is_frozen_and_says_nothing_of_ids() -> None:
    picked = parse_ids("167457, 53284\nabc")
    with pytest.raises(dataclasses.FrozenInstanceError):
        picked.ids = ()  # type: ignore[misc]
    for text in (repr(picked), str(picked), picked.sentence()):
        assert "167457" not in text
        assert "abc" not in text


def test_the_sentence_accounts_for_everything() -> None:
    picked = parse_ids("1, 2, 2\nabc").union(Selection.of([5, 1], "ticked")).without([5])
    assert (
        picked.sentence()
        == "2 leads selected (typed); 2 given again; 1 piece of text without a lead id not taken (see .rejected_frame); 1 left out again."
    )
    assert Selection().sentence() == "0 leads selected."
    assert (
        Selection.of([1], "ticked").union(Selection.of([2, 3], "file")).sentence()
        == "3 leads selected (1 ticked, 2 from a file)."
    )


def test_rejected_frame() -> None:
    frame = parse_ids("1\nabc").rejected_frame
    assert frame.to_dict("records") == [{"where": "line 2", "text": "abc", "why": "is not a lead id"}]
    assert list(Selection().rejected_frame.columns) == ["where", "text", "why"]


def test_union_keeps_what_was_rejected_and_said() -> None:
    one = Selection.of([1], "file", rejected=[Rejected("line 2", "x", "no")], notes=["a"])
    both = one.union(Selection.of([], "typed", rejected=[Rejected("line 1", "y", "no")], notes=["a", "b"]))
    assert [r.text for r in both.rejected] == ["x", "y"]
    assert both.notes == ("a", "b")


@pytest.mark.parametrize("bad", [[True], [0], [-1], [2**63], [1.5], ["1"], [None]])
def test_of_takes_ids_only(bad: list[object]) -> None:
    with pytest.raises(SelectionError):
        Selection.of(bad, "list")  # type: ignore[arg-type]
