"""Filters let through what they say, are refused where they cannot be meant, and can be written down."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal

import pandas as pd
import pytest

from cvtr_widgets.errors import TableError
from cvtr_widgets.panel.table.column_filters import Between, Contains, Days, Empty, OneOf, YesNo, from_json, to_json
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.panel.table.saved_views import View

from .table_model import COLUMNS, FILTERS, FLAGS, MOMENTS, PAYOUTS, SCORES, SORTABLE, STATES, TEXTS, ZONE, Model, Row, frame_of

ROWS = {
    n: Row(*values)
    for n, values in enumerate(
        zip(
            *(itertools.islice(itertools.cycle(v), 60) for v in (TEXTS, STATES, SCORES, MOMENTS, FLAGS, PAYOUTS, TEXTS[::-1])),
            strict=True,
        )
    )
}


@pytest.fixture
def table() -> LeadTable:
    made = LeadTable(COLUMNS, zone=ZONE, more=True)
    made.set_frame(frame_of(ROWS))
    return made


@pytest.mark.parametrize(("name", "wanted"), FILTERS)
def test_a_filter_lets_through_what_it_says(table, name, wanted):
    model = Model(ROWS, filters={name: wanted})
    model.arrange()
    table.filter(name, wanted)
    assert table.matching_ids == tuple(model.shown)
    assert 0 < table.matching < len(ROWS)
    assert table.message()["filtered"] == {name: to_json(wanted)}


@pytest.mark.parametrize(("name", "descending"), [*itertools.product(SORTABLE, (True, False))])
def test_sorting_puts_empty_last_and_keeps_ties_in_order(table, name, descending):
    model = Model(ROWS, sort=((name, descending),))
    model.arrange()
    table.sort(name, descending=descending)
    assert table.matching_ids == tuple(model.shown)


def test_the_last_day_counts_in_full_and_days_begin_in_the_zone(table):
    # 29 March 2026 has 23 hours in Berlin: from 28 March 23:00 UTC to 29 March 22:00 UTC.
    table.filter("date", Days("2026-03-29", "2026-03-29"))
    moments = {ROWS[i].date.strftime("%dT%H:%M") for i in table.matching_ids}
    assert moments == {"28T23:30", "29T00:30", "29T21:30"}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_days_do_not_depend_on_how_times_are_stored(unit):
    frame = frame_of(ROWS)
    frame["date"] = frame["date"].dt.as_unit(unit)
    tables = [LeadTable(COLUMNS, zone=ZONE), LeadTable(COLUMNS, zone=ZONE)]
    for table, one in zip(tables, (frame, frame_of(ROWS)), strict=True):
        table.set_frame(one)
        table.filter("date", Days("2026-03-29", None))
    assert tables[0].matching_ids == tables[1].matching_ids


def test_whole_numbers_beyond_floats_are_compared_exactly():
    table = LeadTable(COLUMNS, more=True)
    frame = frame_of(dict.fromkeys([2**60, 2**60 + 1], ROWS[0]))
    frame["data_n"] = pd.array([2**60, 2**60 + 1], dtype="Int64")
    table.set_frame(frame)
    table.filter("data_n", Between(2**60 + 1, None))
    assert table.matching_ids == (2**60 + 1,)
    table.filter("data_n", Between(None, Decimal(2) ** 90))
    assert table.matching == 2
    table.filter("lead_id", Between(None, 2**60))
    assert table.matching_ids == (2**60,)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("email", Between(1, 2)),
        ("email", YesNo(yes=True)),
        ("score", Contains("1")),
        ("date", OneOf(("2026",))),
        ("visible", Days("2026-01-01", None)),
        ("lead_id", Empty()),
        ("nowhere", Empty()),
        ("email", "a"),
    ],
)
def test_a_filter_that_does_not_fit_its_column_is_refused_and_changes_nothing(table, name, wanted):
    with pytest.raises(TableError):
        table.filter(name, wanted)
    assert table.filters == {}
    assert table.matching == len(ROWS)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Contains("  "),
        lambda: Contains("x" * 501),
        Between,
        lambda: Between("a", None),
        lambda: Between(True, None),
        lambda: Between("nan", None),
        lambda: Between("1e99", None),
        lambda: Between(2, 1),
        Days,
        lambda: Days("2026-02-30", None),
        lambda: Days("2026-03-02", "2026-03-01"),
        lambda: OneOf(()),
        lambda: OneOf("Valid"),
        lambda: OneOf((1,)),
        lambda: YesNo("yes"),
        lambda: Empty("no"),
        lambda: from_json(None),
        lambda: from_json({"kind": ["contains"]}),
        lambda: from_json({"kind": "regex", "text": "a"}),
        lambda: from_json({"kind": "contains"}),
        lambda: from_json({"kind": "contains", "text": "a", "regex": True}),
        lambda: from_json({"kind": "one_of", "values": "Valid"}),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(make):
    with pytest.raises(TableError, match=r"\.$"):
        make()


@pytest.mark.parametrize("wanted", [f for _, f in FILTERS])
def test_a_filter_can_be_written_down(wanted):
    assert from_json(json.loads(json.dumps(to_json(wanted)))) == wanted


def test_a_column_that_is_not_there_is_empty_in_every_row(table):
    """A filter must not fall away because a column did: more leads would match than the user sees filtered."""
    table.filter("data_company", Contains("a"))
    table.set_frame(frame_of(ROWS).drop(columns="data_company"))
    assert table.matching == 0
    assert "data_company" in table.message()["filtered"]
    table.set_frame(frame_of(ROWS))
    assert table.matching > 0


def test_counts_by_value_of_all_or_of_what_the_rest_lets_through(table):
    model = Model(ROWS, filters={"score": Between(1, 7)})
    model.arrange()
    table.filter("score", Between(1, 7))
    table.filter("current_status", OneOf(("Test",)))
    whole = pd.Series([r.current_status for r in ROWS.values()]).value_counts().to_dict()
    within = pd.Series([ROWS[i].current_status for i in model.shown]).value_counts().to_dict()
    assert table.counts("current_status") == whole
    assert table.counts("current_status", within=True) == within
    assert table.counts("email")["a"] == sum(r.email == "a" for r in ROWS.values())
    assert "" not in table.counts("email")
    assert table.counts("nowhere") == {}


def test_a_view_comes_back_as_it_was_saved(table):
    table.show_columns(["email", "data_company", "score"])
    table.sort([("score", True), ("email", False)])
    table.filter("visible", YesNo(yes=True))
    shown = table.message()
    view = View.from_json(json.loads(json.dumps(table.view("My view").to_json())))
    table.clear_filters()
    table.sort(None)
    table.show_columns(None)
    assert table.use(view) == ()
    again = table.message()
    assert {k: again[k] for k in ("columns", "sorts", "filtered", "rows")} == {
        k: shown[k] for k in ("columns", "sorts", "filtered", "rows")
    }


def test_a_column_that_a_view_sorts_by_twice_counts_where_it_is_first(table):
    table.use(View("twice", ("lead_id", "score", "email"), (("score", True), ("email", False), ("score", False))))
    assert [(one["name"], one["descending"]) for one in table.message()["sorts"]] == [("score", True), ("email", False)]


def test_a_view_says_what_these_leads_do_not_have_but_never_drops_a_filter(table):
    table.show_columns(["email", "data_company"])
    table.sort([("data_company", False)])
    shows = table.view("shows")
    table.filter("data_company", Contains("a"))
    narrows = table.view("narrows")
    other = LeadTable(COLUMNS, more=True)
    other.set_frame(frame_of(ROWS).drop(columns="data_company"))
    (said,) = other.use(shows)
    assert "data_company" in said
    assert [c["name"] for c in other.message()["columns"]] == ["lead_id", "email"]
    before = other.message()
    with pytest.raises(TableError):
        other.use(narrows)
    assert other.message() == before


@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        {"version": 2, "name": "a", "columns": []},
        {"version": 1, "name": "", "columns": []},
        {"version": 1, "name": 1, "columns": []},
        {"version": 1, "name": "a", "columns": "email"},
        {"version": 1, "name": "a", "columns": [], "sort": [["email", True]]},
        {"version": 1, "name": "a", "columns": [], "filters": {"email": {"kind": "regex"}}},
        {"version": 1, "name": "a", "columns": [], "script": "x"},
    ],
)
def test_a_file_that_is_no_view_is_refused(found):
    with pytest.raises(TableError, match=r"\.$"):
        View.from_json(found)
