"""What the kernels of ``peers.py`` run: the leads, and each table on them. Imported in the notebook."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = 15
NAMES = ("Müller", "García", "O'Brien", "Wójcik", "Öberg", "Παπαδοπούλου", "Смирнов", "حداد", "佐藤", "Nair", "Baker", "Nguyễn")
moments: list[float] = []
"""Seconds since 1970 at which the kernel heard of a click."""


def heard(*_: Any) -> None:
    """Registered with each table's own way of telling of a click."""
    moments.append(time.time())


def lead_frame(leads: int, seed: int = 1) -> pd.DataFrame:
    """Leads as a reading gives them: the 15 columns that the panel shows besides the id."""
    rng = np.random.default_rng(seed)

    def some(*values: str) -> pd.Categorical:
        return pd.Categorical.from_codes(rng.integers(0, len(values), leads), list(values))

    def flags() -> Any:
        return pd.array(rng.integers(0, 2, leads).astype(bool), dtype="boolean")

    def texts(shape: str) -> pd.Series:
        made = np.empty(leads, dtype=object)
        made[:] = [shape.format(n) for n in rng.integers(10**8, 10**9, leads).tolist()]
        return pd.Series(made, dtype=object)

    names = np.empty(len(NAMES) * 200, dtype=object)
    names[:] = [f"{name}{n or ''}" for name in NAMES for n in range(200)]
    campaign = rng.integers(0, 40, leads)
    frame = pd.DataFrame(
        {
            "date": pd.Timestamp("2026-10-01", tz="UTC")
            + pd.to_timedelta(np.sort(rng.integers(0, 10**6, leads))[::-1], unit="s"),
            "current_status": some("Valid", "Invalid", "Caution", "Test"),
            "delivery": some("Delivered", "Not Delivered"),
            "campaign": pd.Categorical.from_codes(campaign, [f"Campaign {n}" for n in range(40)]),
            "lead_generator": some(*(f"Generator {n}" for n in range(40))),
            "first_name": pd.Series(names[rng.integers(0, len(names), leads)], dtype=object),
            "last_name": pd.Series(names[rng.integers(0, len(names), leads)], dtype=object),
            "email": texts("lead.{}@mail.example"),
            "score": pd.array(rng.integers(0, 300, leads), dtype="Int64"),
            "reason": some("", "Duplicate", "Bad e-mail"),
            "processr_status": some("Done", "Waiting"),
            "billable_for_publisher": flags(),
            "billable_for_advertiser": flags(),
            "channel": some("Display", "E-mail", "Search"),
            "campaign_id": pd.array(44_000 + campaign, dtype="Int64"),
        }
    )
    frame.index = pd.Index(np.arange(leads)[::-1] * 3 + 160_000, dtype="int64", name="lead_id")
    frame.attrs["as_of"] = "2026-11-24T12:00:00+00:00"
    return frame


def plain_frame(leads: int) -> pd.DataFrame:
    """The same for the others, in the dtypes that all of them take: text, int64, bool, times without a zone."""
    frame = lead_frame(leads)
    made = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            made[name] = column.astype(object)
        elif str(column.dtype) == "boolean":
            made[name] = column.astype(bool)
        elif str(column.dtype) == "Int64":
            made[name] = column.astype("int64")
        elif str(column.dtype).startswith("datetime64"):
            made[name] = column.dt.tz_localize(None)
        else:
            made[name] = column
    plain = pd.DataFrame(made)
    plain.index = pd.RangeIndex(leads)
    return plain


def held_session(frame: pd.DataFrame) -> Any:
    """A session whose reading is ``frame``: "Load leads" goes its usual way, without HTTP."""
    import cvtr_widgets as cvtr

    class Held(cvtr.LeadSession):
        def pull(self, **_asked: Any) -> pd.DataFrame:
            return frame

    return Held(cvtr.Sandbox(leads=50, seed=1).connect(), progress=False)
