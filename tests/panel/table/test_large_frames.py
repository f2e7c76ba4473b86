"""The lead table over frames that take a while to sort."""

from __future__ import annotations

import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvtr_widgets.errors import Cancelled
from cvtr_widgets.panel.table.column_filters import Between, Contains
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.panel.table.text_sort import folded, ranks

from .table_model import COLUMNS

# -- large frames ---------------------------------------------------------------------------------------------------------

MANY = 150_000


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    """E-mails that differ, a few that do not or are empty, in no order; a status that often repeats."""
    rng = np.random.default_rng(7)
    numbers = rng.permutation(MANY)
    emails = [
        None if n % 1_000 == 0 else f"{'MÜL' if n % 3 else 'mül'}{n - n % 2 if n < 4_000 else n:07d}@x" for n in numbers.tolist()
    ]
    frame = pd.DataFrame(
        {
            "email": pd.Series(emails, dtype="object"),
            "current_status": pd.Categorical.from_codes(rng.integers(-1, 3, MANY), ["b", "A", "c"]),
            "score": pd.array(rng.integers(0, 5, MANY), dtype="Int64"),
        }
    )
    frame.index = pd.Index(rng.permutation(MANY) + 1, name="lead_id")
    return frame


ORDERS: dict[tuple[int, str], tuple[pd.DataFrame, list[int]]] = {}


def expected(frame: pd.DataFrame, sort) -> list[int]:
    """The plain way, which takes long: each order is made once. (The frame is kept, too, so that no other has its identity.)"""
    key = id(frame), str(sort)
    if key not in ORDERS:
        ORDERS[key] = frame, sorted_plainly(frame, sort)
    return ORDERS[key][1]


def sorted_plainly(frame: pd.DataFrame, sort) -> list[int]:
    ids = frame.index.tolist()
    for name, descending in reversed(sort):
        values = dict(zip(frame.index.tolist(), frame[name].tolist(), strict=True))
        full = [i for i in ids if isinstance(values[i], (str, int))]
        key = {i: values[i].casefold() if isinstance(values[i], str) else values[i] for i in full}
        ids = sorted(full, key=key.__getitem__, reverse=descending) + [i for i in ids if i not in key]
    return ids


@pytest.mark.parametrize(
    "sort",
    [
        [("email", False)],
        [("email", True)],
        [("current_status", True), ("email", False)],
        [("email", False), ("score", True)],
        [("score", False), ("current_status", False), ("email", True)],
    ],
)
def test_the_first_pages_of_a_sort_are_right_before_all_is_sorted(large, sort):
    table = LeadTable(COLUMNS, page_size=500)
    table.set_frame(large)
    table.sort(sort)
    whole = expected(large, sort)
    assert table.message()["ordering"] is True
    for page in (0, 3, 1):
        table.go(page)
        assert list(table.page_ids) == whole[page * 500 : page * 500 + 500]
    assert table.ordering is not None, "none of this needs the whole order"
    told = []
    table.ordering.run(lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    version = table.version
    table.settle(table.ordering)
    assert table.message()["ordering"] is False
    assert table.version > version
    assert list(table.matching_ids) == whole


def test_a_page_far_behind_waits_for_the_whole_order(large):
    table = LeadTable(COLUMNS, page_size=500)
    table.set_frame(large)
    table.sort("email", descending=True)
    table.go(200)
    whole = expected(large, [("email", True)])
    assert list(table.page_ids) == whole[100_000:100_500]
    assert table.ordering is None
    assert table.neighbour(whole[9], 1) == whole[10]
    assert table.neighbour(whole[-1], 1) is None


def test_empty_values_fill_the_first_pages_where_nothing_else_does(large):
    table = LeadTable(COLUMNS, page_size=500)
    frame = large.assign(email=large["email"].where(np.arange(MANY) % 200 == 0))
    table.set_frame(frame)
    table.sort("email")
    table.go(3)
    assert list(table.page_ids) == expected(frame, [("email", False)])[1_500:2_000]


def test_a_sort_can_be_stopped_and_a_former_one_is_not_taken_for_the_new(large):
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    table.sort("email")
    former, stop = table.ordering, threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        former.run(None, stop)
    table.sort("email", descending=True)
    table.settle(former)
    assert table.message()["ordering"] is True
    assert list(table.page_ids) == expected(large, [("email", True)])[:50]


def test_the_table_answers_while_the_order_is_made(large):
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    table.sort("email")
    ordering, whole = table.ordering, expected(large, [("email", False)])
    thread = threading.Thread(target=ordering.run)
    thread.start()
    pages = 0
    while thread.is_alive() or not pages:
        table.go(pages % 30)
        assert list(table.page_ids) == whole[pages % 30 * 50 : pages % 30 * 50 + 50]
        pages += 1
    thread.join()
    table.settle(ordering)
    assert list(table.matching_ids) == whole


def test_search_and_filters_find_the_same_in_a_large_frame(large):
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    emails = {i: (e or "").casefold() for i, e in zip(large.index.tolist(), large["email"].tolist(), strict=True)}
    for text in ("m", "mü", "mül00", "mül00012", "MÜL0001", "@x", "12 34"):
        table.search(text)
        found = set(emails)
        for word in text.casefold().split():
            found = {i for i in found if word in emails[i] or word in str(i)}
        found |= set(large.index[large["current_status"] == text.casefold()].tolist())
        assert set(table.matching_ids) == found, text
    table.search("")
    table.filter("email", Contains("Mül00012"))
    assert set(table.matching_ids) == {i for i, e in emails.items() if "mül00012" in e}


def test_what_is_prepared_in_the_background_is_used(large):
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    told = []
    thread = threading.Thread(target=table.preparation(), args=(lambda done, total: told.append((done, total)), None))
    thread.start()
    table.search("mül0000123")
    thread.join()
    assert table.matching == sum("mül0000123" in (e or "").casefold() for e in large["email"])
    assert told[-1][0] == told[-1][1] > 0


@pytest.fixture(scope="module")
def whole(large) -> LeadTable:
    """A table that finds all at once."""
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    return table


@pytest.mark.parametrize("sort", [[], [("score", True)], [("email", False)]])
@pytest.mark.parametrize("text", ["m", "mül00012", "12 34", "nobody"])
def test_a_first_search_shows_the_beginning_of_what_it_will_find(large, whole, sort, text):
    whole.sort(sort)
    whole.search(text)
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    table.sort(sort)
    table.search(text, in_parts=True)
    searching, so_far, found, version = table.searching, table.page_ids, table.matching, table.matching_version
    if searching is None:  # a rare word on a quick machine: all was looked through in that moment
        assert text != "m"
        assert table.matching_ids == whole.matching_ids
        return
    assert table.message()["searching"] is True
    assert found <= whole.matching
    assert so_far == whole.page_ids[: len(so_far)], "what is found later comes behind"
    assert so_far or text != "m"
    searching.run()
    assert table.page_ids == so_far, "nothing changes by itself"
    table.settle_search(searching)
    assert table.message()["searching"] is False
    assert table.matching_ids == whole.matching_ids
    assert (table.matching_version > version) is (whole.matching > found), "all matching are other ones now"


def test_whoever_asks_for_all_that_match_gets_all(large, whole):
    whole.sort(None)
    whole.search("99")
    last = whole.matching_ids[-1]

    def begun() -> LeadTable:
        table = LeadTable(COLUMNS)
        table.set_frame(large)
        table.mark([last])
        table.search("99", in_parts=True)
        assert table.searching is not None
        return table

    assert begun().matching_ids == whole.matching_ids
    assert begun().show(last) == "shown"
    assert begun().marked_hidden == 0
    table = begun()
    table.search("", in_parts=True)
    assert table.searching is None


def test_a_search_of_few_rows_or_a_second_one_is_whole_at_once(large):
    for table, again in ((LeadTable(COLUMNS), large.iloc[:50_000]), (LeadTable(COLUMNS), large)):
        table.set_frame(again)
        if again is large:
            table.search("99")
        table.search("m", in_parts=True)
        assert table.searching is None


def test_a_former_search_is_not_taken_for_the_new(large):
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    table.search("nobody", in_parts=True)
    former = table.searching
    table.search("m", in_parts=True)
    table.settle_search(former)
    assert table.message()["searching"] is True


def test_pages_asked_for_beforehand_are_those_that_will_be_turned_to(large):
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    changes = (
        lambda: table.sort("score"), lambda: table.search("7"), lambda: table.mark(table.page_ids[:3]), lambda: table.size(25),
        lambda: table.filter("score", Between(1, 3)), lambda: table.show_columns(["email"]), lambda: table.set_frame(large.iloc[::-1]),
    )  # fmt: skip
    for change in changes:
        edition = table.edition
        change()
        assert table.edition != edition, "pages kept from before would be of before"
        edition = table.edition
        ahead = table.ahead([1, 2, table.pages - 1, table.pages])
        assert [one["page"] for one in ahead] == [1, 2, table.pages - 1]
        for one in ahead:
            table.go(one["page"])
            assert table.message() == one
        table.go(0)
        assert table.edition == edition, "turning a page changes no other"


def test_pages_whose_order_is_not_known_yet_are_not_made_beforehand(large):
    table = LeadTable(COLUMNS)
    table.set_frame(large)
    table.sort("email")
    assert [one["page"] for one in table.ahead([1, 39, 40, 2_000])] == [1, 39]
    assert table.ordering is not None


def test_a_page_costs_no_more_in_a_large_table(large):
    """Not a benchmark: that a page is not made by going through all leads (which takes a hundred times as long)."""
    tables = []
    for frame in (large.iloc[:1_500], large):
        table = LeadTable(COLUMNS)
        table.set_frame(frame)
        table.message()
        tables.append(table)

    def least(table: LeadTable) -> float:
        took = []
        for n in range(30):
            started = time.thread_time()
            table.go(n)
            table.message()
            took.append(time.thread_time() - started)
        return min(took)

    assert least(tables[1]) < 5 * least(tables[0])


# -- texts in order -------------------------------------------------------------------------------------------------------

ANY_TEXT = st.one_of(
    st.text(max_size=5),
    st.text(alphabet="ab\x00", max_size=4).map(lambda t: "a" * 63 + t),
    st.sampled_from(["", "\x00", "a", "a\x00", "\ud800", "\ue000", "\U0001f600", "ß", "SS"]),
)


@given(texts=st.lists(ANY_TEXT, max_size=30))
@settings(deadline=None)
def test_texts_are_ranked_as_python_sorts_them(texts):
    places = {text: n for n, text in enumerate(sorted(set(texts)))}
    assert ranks(texts).tolist() == [places[t] for t in texts]


@given(texts=st.lists(st.text(max_size=6), max_size=20))
def test_texts_folded_together_are_as_folded_alone(texts):
    assert folded(texts) == [t.casefold() for t in texts]
