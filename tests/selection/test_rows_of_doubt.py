"""Single lines and rows that are no leads amid those that are, and frames that were worked out of leads."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.selection.odd_ids import IN_TURNS, KnownIds
from cvtr_widgets.selection.select import parse_ids, read_file


@pytest.mark.parametrize(
    ("text", "ids", "leads"),
    [
        ("Ana  10:17 AM\n144064\nis the campaign", (), 1),
        ("167457\n167458\n(are the ones we keep)", (), 2),
        ("144064\n  167457\n  167458\n144065\n  167459", (), 5),
        ("144064\n\t167457\n144065\n\t167459", (), 4),
        ("167457 Acme\n155000\n167458 Bo\n155001", (), 4),
        ("167457 duplicate\n167458 ok\n167459", (), 3),
        ("Lead ID (Salesforce)\n155000", (), 1),
        ("HubSpot lead ids:\n155000", (), 1),
        ("* 171258 170391\n* 162644 161475", (), 4),
        ("171258 170391\n162644 161475", (), 4),
        ("167457 : 155000\n167458 : 155001", (), 4),
        ("167457 = 155000", (), 2),
        ("| 167457 | 155000 |", (), 2),
        ("Campaign\nLead ID\n144064\n167457\n144064\n167458", (), 4),
        ("167457\n144064\n167458\n144065", (), 4),
        ("167457\n144064\n88088\n167458\n144065\n88089", (), 6),
        ("Leads: 155000\n167457\n167458", (167_457, 167_458), 1),
        ("Hi,\nplease call me on\n155000\n\nLeads:\n167457", (), 2),
        ("167457\n167458\n-- \n155000", (167_457, 167_458), 1),
        ("167457\n167458\n_____\nFrom: Tom\n155000", (167_457, 167_458), 1),
        ("> 155000\n> 155001\n\n167457\n167458", (167_457, 167_458), 2),
        ("155000\nsorry, I meant\n167457", (), 2),
        ("155000\n155001\nEDIT: 167457", (), 3),
        ("155000\nCorrection: 167457\n167458", (), 3),
        ("Example:\n155000", (), 1),
        ("These are all fine:\n155000\n155001", (), 2),
        # These stay lists.
        ("id\n------\n167457\n167458", (167_457, 167_458), 0),
        ("Leads: 167457, 167458", (167_457, 167_458), 0),
        ("Lead: 167457", (167_457,), 0),
        ("Update:\n167457\n167458", (167_457, 167_458), 0),
        ("167457\n 167458\n 167459", (167_457, 167_458, 167_459), 0),
        ("  9998\n  9999\n 10000\n 10001\n  9997\n 10002", (9_998, 9_999, 10_000, 10_001, 9_997, 10_002), 0),
        ("167457\n167458 done\n167459\n167460\n167461", (167_457, 167_459, 167_460, 167_461), 1),
        ("167457\nthese are the leads", (167_457,), 0),
        ("* 167457, 167458\n* 167459", (167_457, 167_458, 167_459), 0),
    ],
)
def test_lines_that_may_be_something_else(text: str, ids: tuple[int, ...], leads: int) -> None:
    found = parse_ids(text)
    assert (found.ids, found.not_taken) == (ids, leads)


def test_numbers_by_turns_are_taken_where_they_are_known_or_wanted() -> None:
    text = "167457\n144064\n167458\n144065\n167459\n144066"
    assert cvtr.select(text, include_odd=True).ids[:2] == (167_457, 144_064)
    assert parse_ids(text, known=KnownIds(leads=lambda ids: {167_457} & set(ids))).ids == (167_457,)
    assert {one.why for one in parse_ids(text).set_aside} == {IN_TURNS}
    rng = random.Random(5)
    alarms = sum(bool(parse_ids("\n".join(map(str, rng.sample(range(160_001, 175_000), 6)))).set_aside) for _ in range(300))
    assert alarms <= 3


@pytest.mark.parametrize(
    ("text", "ids", "why"),
    [
        ("Name,Lead ID,Score\nA,167457,155000\n167458,155001\n", (167_457,), "fewer cells than the header"),
        ("Lead ID,Score\n167457,5\n167458,6\n\n155000\n155001\n", (167_457, 167_458), "stands by itself below the table"),
        ("Lead ID,Action\n167457,return\n167458,Keep\n", (167_457,), "the row says “Keep”"),
        ("Lead ID,Notes\n167457,\n167458,Please do not return this lead.\n", (167_457,), "the row says"),
        ("Lead ID,Notes\n167457,\n167458,don’t return\n", (167_457,), "the row says"),
        # Reasons and gaps of a plain file.
        ("Lead ID,Reason\n167457,Not interested\n167458,Do not call list\n", (167_457, 167_458), ""),
        ("Lead ID,Reason\n167457,Keeps hanging up\n167458,No budget\n", (167_457, 167_458), ""),
        ("Campaign ID,Lead ID,Comment\n44064,167457\n44064,167458,x\n", (167_457, 167_458), ""),
        ("Lead ID,Comment\n167457,\n\n167458,x\n\n167459\n", (167_457, 167_458, 167_459), ""),
    ],
)
def test_rows_that_may_be_something_else(text: str, ids: tuple[int, ...], why: str) -> None:
    found = read_file(text.encode())
    assert found.ids == ids
    assert all(why in one.why for one in found.rejected)
    assert bool(found.rejected) == bool(why)


@pytest.mark.parametrize("column", ["Budget", "Monthly budget", "Submissions", "End date", "Invoice date", "startDate"])
def test_a_mere_id_beside_what_no_lead_has_is_asked_about(column: str) -> None:
    with pytest.raises(ColumnUnclear, match="which no lead has") as caught:
        read_file(f"ID,Name,{column}\n155000,x,y\n".encode())
    assert caught.value.columns == ("ID",)
    assert read_file(f"Lead ID,Name,{column}\n155000,x,y\n".encode()).ids == (155_000,)


LEADS = pd.DataFrame({"lead_id": [167_457, 167_459, 167_461], "campaign": ["a", "a", "b"], "score": [1, 2, 3]})
BY = LEADS.groupby("campaign")


@pytest.mark.parametrize(
    "what",
    [
        LEADS.describe(),
        LEADS["lead_id"].describe(),
        LEADS[["lead_id"]].agg(["min", "max"]),
        LEADS[["lead_id", "score"]].sum(),
        LEADS[["lead_id"]].max(),
        BY["lead_id"].count(),
        BY["lead_id"].mean(),
        BY[["lead_id"]].nunique(),
        BY.agg({"lead_id": "count", "score": "mean"}),
        LEADS.pivot_table(index="campaign", values="lead_id", aggfunc="count"),
    ],
)
def test_what_pandas_worked_out_of_leads_is_no_list_of_leads(what: object) -> None:
    with pytest.raises(SelectionError, match=r"not leads|not lead ids|not a list of leads"):
        cvtr.select(what)


@pytest.mark.parametrize(
    "what",
    [
        LEADS.set_index("campaign"),
        LEADS.set_index("score"),
        LEADS.set_index("score")["lead_id"],
        BY["lead_id"].first().rename_axis(None),
        LEADS.set_index("lead_id").groupby("campaign").head(1),
        pd.Series([167_457.0, np.nan, 167_459], index=pd.Index(["x", "y", "z"], name="email"), name="lead_id"),
        pd.Series([167_457, 167_459], index=["x", "y"]),
    ],
)
def test_frames_of_leads_by_something_else_are_still_taken(what: object) -> None:
    assert 167_457 in cvtr.select(what)
