"""The questions of ``archive.py`` in plain pandas, for comparison: prints the seconds of each as JSON.

The columns are loaded before: texts as categories, money as whole numbers, as somebody would who knows pandas well.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

STATES = ("Valid", "Caution", "Invalid", "Test")
SIDES = ("publisher", "advertiser")
COLUMNS = [
    "lead_id", "date", "first_delivered", "campaign_id", "email_key", "lead_generator", "sub_id", "current_status", "delivery",
    "reason", "currency", *(f"billable_for_{side}" for side in SIDES), *(f"{side}_payout" for side in SIDES),
]  # fmt: skip


def loaded(folder: Path) -> pd.DataFrame:
    files = [str(path) for path in folder.glob("enterprise=*/versions/*/*.parquet")]
    table = ds.dataset(files).to_table(columns=COLUMNS)
    for side in SIDES:
        place = table.schema.get_field_index(f"{side}_payout")
        whole = pc.multiply(table.column(place), pa.scalar(Decimal(1_000_000))).cast(pa.int64())
        table = table.set_column(place, f"{side}_payout", whole)
        flag = table.schema.get_field_index(f"billable_for_{side}")
        table = table.set_column(flag, f"billable_for_{side}", pc.fill_null(table.column(flag), fill_value=False))
    return table.unify_dictionaries().to_pandas(self_destruct=True)


def states(frame: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    flags = {state: frame["current_status"] == state for state in STATES}
    flags |= {"delivered": frame["delivery"] == "Delivered", **{side: frame[f"billable_for_{side}"] for side in SIDES}}
    return pd.DataFrame(flags).groupby(by, observed=True, dropna=False).sum()


def money(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    sums = {side: frame[f"{side}_payout"].where(frame[f"billable_for_{side}"], 0) for side in SIDES}
    return pd.DataFrame(sums).groupby([frame[by], frame["currency"]], observed=True, dropna=False).sum()


def waited(frame: pd.DataFrame) -> pd.DataFrame:
    took = (frame["first_delivered"] - frame["date"]).dt.total_seconds()
    return took.groupby(frame["lead_generator"], observed=True).quantile([0.5, 0.9])


def repeats(frame: pd.DataFrame) -> pd.DataFrame:
    known = frame[["lead_generator", "campaign_id", "email_key", "date", "lead_id"]].dropna().sort_values(["date", "lead_id"])
    return known.duplicated(["campaign_id", "email_key"]).groupby(known["lead_generator"], observed=True).sum()


QUESTIONS = {
    "breakdown by publisher": lambda f: (states(f, f["lead_generator"]), money(f, "lead_generator")),
    "breakdown by sub id": lambda f: (states(f, f["sub_id"]), money(f, "sub_id")),
    "money by publisher": lambda f: money(f, "lead_generator"),
    "leads per day": lambda f: states(f, f["date"].dt.tz_convert("Europe/London").dt.normalize()),
    "reasons by publisher": lambda f: f.groupby(["lead_generator", "reason"], observed=True).size(),
    "until delivered": waited,
    "duplicates by e-mail": repeats,
    "bursts by publisher": lambda f: f.groupby(["lead_generator", f["date"].dt.floor("10min")], observed=True).size(),
}


def main() -> None:
    frame = loaded(Path(sys.argv[1]))
    said = {}
    for what, question in QUESTIONS.items():
        took = []
        for _ in range(3):
            start = time.perf_counter()
            question(frame)
            took.append(time.perf_counter() - start)
        said[what] = statistics.median(took)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
