"""Made-up frames of leads, and the same questions answered by plain Python over plain tuples."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

STATES = ("Valid", "Caution", "Invalid", "Test", "Odd", None)
CHANGES = {
    "Europe/London": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "America/Santiago": ("2026-04-05", "2026-09-06"),
    "Asia/Kathmandu": ("2026-03-29", "2026-10-25"),
}
"""Five zones and days on which their clocks change (Kathmandu's never do, and are 45 minutes off)."""

Row = dict[str, Any]


def rows_of(seed: int, count: int = 400) -> list[Row]:
    dice = random.Random(seed)
    moments = [datetime.fromisoformat(day).replace(tzinfo=UTC) for days in CHANGES.values() for day in days]
    rows = []
    for n in range(count):
        date = dice.choice(moments) + timedelta(hours=dice.uniform(-40, 60)) if dice.random() < 0.97 else None
        first = date + timedelta(hours=dice.uniform(0, 80)) if date and dice.random() < 0.4 else None
        rows.append({
            "lead_id": 1_000 + n, "date": None if date is None else date.replace(microsecond=0),
            "lead_generator": dice.choice(("A", "B", "Ωmega", "C & Co", None)), "campaign": dice.choice(("X", "Y")),
            "sub_id": dice.choice((None, "s1", "s2", "s3")), "current_status": dice.choices(STATES, (40, 20, 25, 5, 1, 1))[0],
            "delivery": dice.choice(("Delivered", "Not Delivered", None, "On its way")),
            "billable_for_publisher": dice.choice((True, False, None)), "billable_for_advertiser": dice.choice((True, False, None)),
            "reason": dice.choice((None, None, "Returned", "Duplicate", "Out of Target")),
            "publisher_payout": dice.choice((None, Decimal("0.10"), Decimal("12.35"), Decimal("7.005"), Decimal("-3.1"))),
            "advertiser_payout": dice.choice((None, Decimal("0.20"), Decimal("99999.99"), Decimal("1E+2"))),
            "currency": dice.choice(("EUR", "GBP", "USD", None)), "first_delivered": None if first is None else first.replace(microsecond=0),
            "campaign_id": None if n % 50 == 0 else n * 31 % 3, "email": None if n % 11 == 0 else f" P{n * 7919 % 97}@x.example",
            "telephone": None if n % 7 == 0 else f"(+44) 20 7946 {n * 17 % 310:04}",
        })  # fmt: skip
    return rows


def frame_of(rows: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).set_index("lead_id")
    for name in ("date", "first_delivered"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    for name in ("lead_generator", "campaign", "current_status", "delivery", "currency"):
        frame[name] = frame[name].astype("category")
    for name in ("billable_for_publisher", "billable_for_advertiser"):
        frame[name] = frame[name].astype("boolean")
    frame["campaign_id"] = frame["campaign_id"].astype("Int64")
    for name in ("publisher_payout", "advertiser_payout", "sub_id", "reason", "email", "telephone"):
        frame[name] = frame[name].astype("object").where(frame[name].notna(), None)
    frame.attrs = {"as_of": "2026-12-01T00:00:00+00:00", "not_sent": [], "notes": []}
    return frame


def grouped(rows: list[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def label(value: Any) -> Any:
    return "(none)" if value is None else value


def sums(rows: list[Row], side: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(lambda: Decimal("0.00"))
    for row in rows:
        if row[f"billable_for_{side}"] and row[f"{side}_payout"] is not None:
            found[row["currency"] or "not stated"] += row[f"{side}_payout"]
    return found
