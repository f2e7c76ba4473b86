"""Frames put together keep their dtypes and say how old they are."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from cvtr_widgets.panel.table.join_frames import joined, stacked

from .table_model import FLAGS, MOMENTS, PAYOUTS, SCORES, STATES, TEXTS, Row, frame_of

VALUES = [TEXTS, STATES, SCORES, MOMENTS, FLAGS, PAYOUTS, TEXTS]


def frame(ids, *, start: int = 0, **attrs) -> pd.DataFrame:
    rows = zip(*(itertools.islice(itertools.cycle(v), start, start + 100) for v in VALUES), strict=True)
    made = frame_of(dict(zip(ids, (Row(*values) for values in rows), strict=False)))
    made.attrs = attrs
    return made


def test_leads_of_both_stand_once_as_they_were_loaded():
    first, second = (
        frame([1, 2, 3], as_of="2026-11-02", not_sent=["a", "b"]),
        frame([3, 4], start=5, as_of="2026-11-01", not_sent=["b"]),
    )
    both = joined(first, second)
    assert both.index.tolist() == [1, 2, 3, 4]
    assert both.index.dtype == "int64"
    assert both.index.name == "lead_id"
    pd.testing.assert_frame_equal(both.loc[[1, 2, 3]], first, check_categorical=False)
    pd.testing.assert_frame_equal(both.loc[[4]], second.loc[[4]], check_categorical=False)
    assert both.dtypes.astype(str).tolist() == first.dtypes.astype(str).tolist()
    assert both.attrs == {"as_of": "2026-11-01", "not_sent": ["b"]}


@pytest.mark.parametrize(("one", "other"), [(None, [1]), ([1], None), ([1], [1]), ([], [1]), ([1], [])])
def test_one_alone_is_itself(one, other):
    frames = [None if ids is None else frame(ids) for ids in (one, other)]
    assert joined(*frames).index.tolist() == [1]


def test_neither_is_nothing():
    assert joined(None, None) is None


def test_a_column_that_one_lacks_is_empty_there():
    first, second = frame([1, 2]), frame([3], start=4).drop(columns=["current_status", "score", "email"])
    second["data_new"] = pd.array([True], dtype="boolean")
    second["data_count"] = [5]
    both = stacked([first, second])
    assert both["data_new"].isna().tolist() == [True, True, False]
    assert both["data_count"].tolist()[2] == 5
    assert both.loc[3, ["current_status", "score", "email"]].isna().all()
    assert both.dtypes.astype(str).to_dict() | {"data_new": "boolean", "data_count": "Int64"} == both.dtypes.astype(str).to_dict()
    assert str(both["current_status"].dtype) == "category"
    assert str(both["score"].dtype) == "Int64"


def test_whole_and_other_numbers_become_numbers():
    first, second = frame([1]), frame([2])
    second["score"] = pd.array([1.5], dtype="Float64")
    assert stacked([first, second])["score"].tolist() == [0.0, 1.5]


def test_many_pages_with_states_of_their_own():
    pages = [frame([n * 2, n * 2 + 1], start=n) for n in range(30)]
    whole = stacked(pages)
    assert len(whole) == 60
    assert whole["current_status"].astype(object).where(whole["current_status"].notna(), None).tolist() == [
        v for n in range(30) for v in (STATES[n % 4], STATES[(n + 1) % 4])
    ]
