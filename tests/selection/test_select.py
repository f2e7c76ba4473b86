"""``select``: frames, series, lists, paths; and what must not be taken for lead ids."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import Lead, LeadState, Verdict
from cvtr_widgets.plans.plan_entries import PlanEntry, SharedEntry

LEADS = pd.DataFrame({"score": [7, 8], "campaign_id": [44064, 44064]}, index=pd.Index([11001, 53284], name="lead_id"))


@pytest.mark.parametrize(
    "what",
    [
        LEADS,
        LEADS.index,
        LEADS.reset_index(),
        LEADS.reset_index()["lead_id"],
        LEADS.reset_index().rename(columns={"lead_id": "Lead ID"}),
        LEADS.reset_index().rename(columns={"lead_id": "@id"}),
        LEADS.set_index("campaign_id", append=True),
        LEADS.rename_axis("Id"),
        pd.DataFrame({"Id": ["/api/v4/leads/11001", "#53284"], "x": [1, 2]}),
        pd.Series([11001, 53284]),
        pd.array([11001, 53284], dtype="Int64"),
        np.array([11001, 53284]),
        np.array([11001.0, 53284.0]),
        [11001, 53284],
        (np.int64(11001), "53284"),
        ["/api/v4/leads/11001", Decimal(53284)],
        iter([11001.0, 53284]),
        {11001: "a", 53284: "b"}.keys(),
        [Lead(11001), {"@id": "/api/v4/leads/53284", "id": 53284}],
        "11001, 53284",
        "11001\n53284",
    ],
)
def test_taken(what: object) -> None:
    picked = cvtr.select(what)
    assert picked.ids == (11001, 53284)
    assert not picked.rejected
    assert all(type(i) is int for i in picked.ids)
    assert cvtr.select(picked) is picked


def test_single() -> None:
    assert cvtr.select(np.array([Lead(11001)], dtype=object)).ids == (11001,)
    assert cvtr.select(pd.Index([Lead(11001)], name="lead_id")).ids == (11001,)
    assert cvtr.select(11001).ids == cvtr.select(np.int64(11001)).ids == cvtr.select(Lead(11001)).ids == (11001,)


@pytest.mark.parametrize(
    ("what", "word"),
    [
        (LEADS.reset_index(drop=True), "score, campaign_id"),
        (LEADS["score"], "score"),
        (LEADS["score"] < 8, "leads[mask]"),
        (LEADS["score"] + LEADS["campaign_id"], "Series"),
        (LEADS.set_index("campaign_id").index, "campaign_id"),
        (pd.RangeIndex(3), "numbers the rows"),
        (np.array([True, False]), "leads[mask]"),
        (np.array([[1, 2]]), "dimensions"),
        (pd.DataFrame([[1, 2]], columns=["id", "Id"]), "Several columns"),
        (True, "True or False"),
        (None, "empty"),
        (0, "zero"),
        (1.5, "fraction"),
        (date(2024, 4, 19), "date"),
        ({"id": 5, "@id": "/api/v4/campaigns/5"}, "record"),
        (b"11001", "bytes"),
        (object(), "object"),
        (PlanEntry(53284, SharedEntry(1, Verdict.WILL_CHANGE, "", "", "", LeadState())), "kind PlanEntry"),
        (Observation(Lead(53284), True), "kind Observation"),
        (next(LEADS.reset_index().itertuples()), "kind Pandas"),
        ("missing.csv", "no file"),
        (Path("missing.xlsx"), "no file"),
        ("old.xls", "no file"),
    ],
)
def test_refused(what: object, word: str) -> None:
    with pytest.raises(SelectionError, match=word.replace("[", r"\[")):
        cvtr.select(what)


def test_items_that_are_no_ids_come_back() -> None:
    picked = cvtr.select(
        [11001, True, "abc", None, float("nan"), 1.5, -1, 2**70, "1.23E+08", date(2024, 1, 1), float(2**60), [5]]
    )
    assert picked.ids == (11001,)
    assert [r.where for r in picked.rejected] == [f"item {i}" for i in range(2, 13)]
    assert picked.given == 12


def test_a_chosen_column() -> None:
    frame = LEADS.rename_axis("x").reset_index()
    assert cvtr.select(frame, column="x").ids == (11001, 53284)
    with pytest.raises(SelectionError, match="0 columns"):
        cvtr.select(frame, column="y")


def test_both_id_and_lead_id() -> None:
    picked = cvtr.select(pd.DataFrame({"id": [1, 2], "Lead ID": [11001, 53284]}))
    assert picked.ids == (11001, 53284)
    assert any("id" in note and "Not used" in note for note in picked.notes)


def test_a_path(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID\n11001\n53284\n")
    assert cvtr.select(path).ids == cvtr.select(str(path)).ids == (11001, 53284)
    assert cvtr.select(path).counts == {"file": 2}


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 2**24), ("Float32", 2**24), ("float16", 2**11)])
def test_floats_too_small_for_their_ids_are_refused(dtype: str, limit: int) -> None:
    assert cvtr.select(pd.DataFrame({"lead_id": pd.array([5, limit - 1], dtype=dtype)})).ids == (5, limit - 1)
    with pytest.raises(SelectionError, match="Read the ids as text or as int64"):
        cvtr.select(pd.DataFrame({"lead_id": pd.array([5, limit + 1], dtype=dtype)}))
    if dtype[0] == "f":
        with pytest.raises(SelectionError, match="Read the ids as text or as int64"):
            cvtr.select(np.array([5, limit + 1], dtype=dtype))
        assert cvtr.select([np.dtype(dtype).type(limit + 2)]).ids == ()
