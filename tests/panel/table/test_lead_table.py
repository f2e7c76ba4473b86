"""The lead table's kernel half: pages, columns, refresh, arriving leads, and the ways that only large frames take."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from cvtr_widgets.errors import TableError
from cvtr_widgets.panel.table.column_filters import Contains
from cvtr_widgets.panel.table.lead_table import PAGE_SIZES, LeadTable

from .table_model import COLUMNS, Row, frame_of

PLAIN = Row("a@mail.example", "Valid", 1, None, True, None, "Muster")


def table_of(ids, *, page_size: int = 5, row: Row = PLAIN, **fields) -> LeadTable:
    table = LeadTable(COLUMNS, page_size=page_size, more=True)
    table.set_frame(frame_of({i: replace(row, **{k: f(i) for k, f in fields.items()}) for i in ids}))
    return table


# -- pages ----------------------------------------------------------------------------------------------------------------


def test_ids_that_a_browser_cannot_count_to_are_text():
    table = table_of([2**53 + 1, 2**63 - 1])
    assert [r["id"] for r in json.loads(json.dumps(table.message()))["rows"]] == ["9007199254740993", "9223372036854775807"]
    assert table.neighbour(2**53 + 1, 1) == 2**63 - 1
    assert 2**63 not in table
    assert table.show(2**63) == "absent"


@pytest.mark.parametrize(
    "frame",
    [
        frame_of({1: PLAIN}).iloc[[0, 0]],
        frame_of({1: PLAIN}).set_axis(["1"]),
        pd.concat([frame_of({1: PLAIN}), frame_of({1: PLAIN})], axis=1),
    ],
    ids=["an id twice", "ids as text", "a column twice"],
)
def test_a_frame_in_which_a_tick_could_not_mean_one_lead_is_refused(frame):
    table = table_of([7])
    with pytest.raises(ValueError, match=r"frame"):
        table.set_frame(frame)
    assert table.page_ids == (7,)


def test_another_page_size_keeps_the_first_row_in_sight_and_has_its_limits():
    table = table_of(range(1, 101))
    table.go(7)
    table.size(25)
    assert 36 in table.page_ids
    for wrong in (0, -1, PAGE_SIZES[-1] + 1):
        with pytest.raises(TableError):
            table.size(wrong)


@pytest.mark.parametrize("text", ["x" * 5_000, "ﷺ" * 5_000, "\u202e" * 5_000, "<b>" * 2_000])
def test_a_first_page_of_the_longest_texts_stays_small(text):
    table = table_of(range(1, 500), page_size=50, email=lambda _: text, data_company=lambda _: text)
    table.show_columns([c.name for c in table.available])
    size = len(json.dumps(table.message(), ensure_ascii=False).encode())
    assert size < 100_000
    assert len(table.message()["rows"]) == 50


def test_short_texts_are_not_cut():
    table = table_of(range(1, 60), page_size=50, email=lambda i: f"lead.{i}@a-rather-long-name-of-a-company.example")
    assert table.message()["rows"][3]["cells"][0] == "lead.4@a-rather-long-name-of-a-company.example"


def test_search_finds_every_word_in_any_text_column_and_in_the_id():
    table = table_of([11, 12, 113], email=lambda i: f"Straße{i}@x", data_company=lambda i: "ACME\nWorks" if i == 12 else "Muster")
    for text, found in [
        ("STRASSE", (11, 12, 113)),
        ("acme works", (12,)),
        ("works strasse12", (12,)),
        ("113", (113,)),
        (".*", ()),
        ("valid 11", (11, 113)),
    ]:
        table.search(text)
        assert table.matching_ids == found, text


def test_what_matches_has_a_version_of_its_own():
    table = table_of(range(1, 20), score=lambda i: i)
    seen = table.matching_version
    table.sort("score", descending=True)
    table.go(1)
    table.mark({3})
    assert table.matching_version == seen
    table.search("1")
    assert table.matching_version != seen
    seen = table.matching_version
    table.set_frame(table.frame.copy())
    assert table.matching_version != seen


# -- columns --------------------------------------------------------------------------------------------------------------


def test_all_columns_can_be_shown_in_any_order_and_the_id_always_is():
    table = table_of([1])
    assert [c["name"] for c in table.catalogue()][-2:] == ["publisher_payout", "data_company"]
    table.show_columns(["data_company", "email"])
    message = table.message()
    assert [c["name"] for c in message["columns"]] == ["lead_id", "data_company", "email"]
    assert message["rows"][0]["cells"] == ["Muster", "a@mail.example"]
    for wrong in (["nowhere"], ["email", "email"]):
        with pytest.raises(TableError):
            table.show_columns(wrong)
    assert table.message() == message


def test_only_what_the_table_was_made_for_is_there_without_more():
    table = LeadTable(COLUMNS)
    table.set_frame(frame_of({1: PLAIN}))
    assert table.available == COLUMNS
    table.search("muster")
    assert table.matching == 0


def test_sorting_by_what_is_not_there():
    table = table_of([2, 1])
    table.sort("nowhere")
    assert table.message()["sort"] is None
    for wrong in ([("nowhere", False)], [("email", False), ("email", True)]):
        with pytest.raises(TableError):
            table.sort(wrong)


def test_a_column_from_outside_is_asked_for_the_page_only():
    table = table_of(range(1, 1_001), page_size=25)
    asked = []

    def texts(ids):
        asked.append(list(ids))
        return [f"not eligible: {i}\u202e" for i in ids]

    table.annotate("eligible", "Eligible", texts)
    table.go(2)
    rows = table.message()["rows"]
    assert asked == [list(range(51, 76))]
    assert rows[0]["cells"][-1] == "not eligible: 51\ufffd"
    assert table.catalogue()[-1] == {
        "name": "eligible",
        "title": "Eligible",
        "look": "text",
        "shown": True,
        "note": True,
        "filters": [],
    }
    with pytest.raises(TableError):
        table.filter("eligible", Contains("not"))
    with pytest.raises(TableError):
        table.sort([("eligible", False)])
    with pytest.raises(TableError):
        table.annotate("email", "Email", texts)
    table.annotate("eligible", "Eligible", lambda ids: ["one too few"] * (len(ids) - 1))
    with pytest.raises(ValueError, match="24 texts for 25 leads"):
        table.message()
    table.annotate("eligible", "Eligible", None)
    assert "eligible" not in [c["name"] for c in table.message()["columns"]]


# -- other leads ----------------------------------------------------------------------------------------------------------


def test_a_refresh_keeps_the_place_and_says_what_is_new_changed_and_gone():
    table = table_of(range(1, 31), score=lambda i: i)
    table.sort("score")
    table.go(2)
    table.mark({12, 13, 29, 4_711})
    gone = table.set_frame(
        frame_of({i: replace(PLAIN, score=i, email="other" if i == 14 else PLAIN.email) for i in [*range(-20, 30)] if i != 12})
    )
    assert gone == (12,)
    assert 11 in table.page_ids  # the first lead of the page that was shown
    rows = {int(r["id"]): r for r in table.message()["rows"]}
    assert [i for i, r in rows.items() if r["changed"]] == [14]
    assert [i for i, r in rows.items() if r["on"]] == [13]
    assert set(table.new) == set(range(-20, 1))
    table.set_frame(table.frame.assign(email="x"), compare=False)
    assert set(table.changed) == {14}
    table.set_frame(table.frame.copy())
    assert (len(table.changed), len(table.new)) == (0, 0)


def test_the_first_page_stays_the_first():
    table = table_of(range(10, 30))
    table.set_frame(frame_of(dict.fromkeys(range(1, 30), PLAIN)))
    assert table.page_ids == (1, 2, 3, 4, 5)


def test_a_change_of_kind_or_from_and_to_nothing_is_a_change():
    table = table_of([1, 2, 3], email=lambda i: None if i == 1 else "a", score=lambda i: 1)
    frame = table_of([1, 2, 3], email=lambda i: "a" if i == 1 else None if i == 2 else "a", score=lambda i: 1).frame
    frame["score"] = pd.array([1.0, 1.0, 1.5], dtype="Float64")
    frame["current_status"] = pd.Categorical(["Valid"] * 3, categories=["Test", "Valid"])
    table.set_frame(frame)
    assert set(table.changed) == {1, 2, 3}
    table.set_frame(frame.assign(score=pd.array([1, 1, 1], dtype="Int64")))
    assert set(table.changed) == {3}
    table.set_frame(frame.assign(score=pd.array([1, None, 1], dtype="Int64")))
    assert set(table.changed) == {2}
    table.set_frame(frame.assign(score=pd.array([1, 0, 1], dtype="Int64")))
    assert set(table.changed) == {2}


def test_leads_arrive_page_by_page_and_are_all_there_in_the_end():
    table = LeadTable(COLUMNS, more=True)
    table.search("mail")
    table.mark({3, 4_999})
    pages = [frame_of(dict.fromkeys(range(n * 100 - 1, n * 100 + 100), PLAIN)) for n in range(50)]  # each repeats a lead
    counts = [table.append(page) for page in pages]
    assert counts == [101] + [100] * 49
    message = table.message()
    assert message["loaded"] + message["waiting"] == 5_001
    assert message["matching"] == message["loaded"]
    table.take_waiting()
    assert table.waiting == 0
    assert table.matching_ids == tuple(range(-1, 5_000))
    assert table.marked_here == 2
    assert str(table.frame["current_status"].dtype) == "category"
    assert (len(table.changed), len(table.new)) == (0, 0)


def test_arriving_leads_cost_no_more_the_more_there_are():
    def joinings(pages: int) -> int:
        table, page = LeadTable(COLUMNS), frame_of(dict.fromkeys(range(100), PLAIN))
        seen = []
        for n in range(pages):
            table.append(page.set_axis(page.index + n * 100))
            seen.append(table.loaded)
        return len(set(seen))

    assert joinings(400) < 60
