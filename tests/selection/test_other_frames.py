"""Frames and columns of polars and pyarrow: the ids that a frame of pandas would give, or one clear error."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError

IDS = [160185, 160190, 160201]
TABLE = {"lead_id": IDS, "campaign_id": [44064, 44064, 44070], "email": ["a@b.example", None, "c@d.example"]}


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame(TABLE), pl.LazyFrame(TABLE), pl.DataFrame(TABLE)["lead_id"], pl.DataFrame({"Lead ID": [str(i) for i in IDS]}),
        pa.table(TABLE), pd.DataFrame(TABLE),
    ],
    ids=["polars", "lazy", "polars column", "polars text", "arrow", "pandas"],
)  # fmt: skip
def test_the_leads_of_a_frame_are_the_same_in_every_library(frame):
    assert list(cvtr.select(frame).ids) == IDS


@pytest.mark.parametrize(
    "frame",
    [pl.DataFrame({"campaign_id": [44064]}), pa.table({"score": [7]}), pa.table(TABLE)["lead_id"], pa.array(IDS)],
    ids=["campaigns", "scores", "a column without a name", "an array"],
)
def test_what_does_not_say_that_it_holds_leads_is_refused(frame):
    with pytest.raises(CvtrError):
        cvtr.select(frame)


def test_a_frame_backed_by_arrow_gives_its_leads():
    frame = pd.DataFrame(TABLE).convert_dtypes(dtype_backend="pyarrow")
    assert list(cvtr.select(frame).ids) == IDS
    assert list(cvtr.select(frame["lead_id"]).ids) == IDS
