"""The lead table as plain Python would do it, slowly: what the real one is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd

from cvtr_widgets.panel.table.cells import ShownColumn
from cvtr_widgets.panel.table.column_filters import Between, Contains, Days, Empty, OneOf, YesNo

ZONE = ZoneInfo("Europe/Berlin")
COLUMNS = (
    ShownColumn("lead_id", "Id", "id"),
    ShownColumn("email", "Email"),
    ShownColumn("current_status", "Current Status", "state"),
    ShownColumn("score", "Score", "score"),
    ShownColumn("date", "Date", "time"),
    ShownColumn("visible", "Visible", "flag"),
)
TEXTS = ("a", "B", "b", "ß", "SS", "Straße 1", "straße 2", "Öl", "a b", "x\ny", "", None, "<img src=x>", "İ")
STATES = ("Valid", "Invalid", "Test", None)
SCORES = (0, 1, 7, 300, None)
MOMENTS = (None, *(datetime(2026, 3, 28, 22, 30, tzinfo=UTC) + timedelta(hours=n) for n in (0, 1, 2, 23, 24, 25, 49)))
FLAGS = (True, False, None)
PAYOUTS = (None, Decimal("1.10"), Decimal("1.1"), Decimal(9), Decimal("10.000000000000000001"))
FILTERS = (
    ("email", Contains("S")),
    ("email", Contains("strasse")),
    ("email", OneOf(("a", "B"))),
    ("email", Empty()),
    ("email", Empty(empty=False)),
    ("current_status", OneOf(("Valid", "Test"))),
    ("current_status", Empty()),
    ("score", Between(1, 7)),
    ("score", Between(None, "6.5")),
    ("date", Days(date(2026, 3, 29), date(2026, 3, 29))),
    ("date", Days(None, date(2026, 3, 28))),
    ("visible", YesNo(yes=False)),
    ("visible", Empty()),
    ("publisher_payout", Between("1.1", "10")),
    ("publisher_payout", Empty(empty=False)),
    ("data_company", Contains("a")),
)
SORTABLE = ("lead_id", "email", "current_status", "score", "date", "visible", "publisher_payout", "data_company")


@dataclass(frozen=True)
class Row:
    email: str | None
    current_status: str | None
    score: int | None
    date: datetime | None
    visible: bool | None
    publisher_payout: Decimal | None
    data_company: str | None

    def value(self, lead_id: int, name: str):
        return lead_id if name == "lead_id" else getattr(self, name)

    def key(self, lead_id: int, name: str):
        value = self.value(lead_id, name)
        return value.casefold() if isinstance(value, str) else value


def frame_of(rows: dict[int, Row]) -> pd.DataFrame:
    values = list(rows.values())
    frame = pd.DataFrame(
        {
            "email": pd.Series([r.email for r in values], dtype="object"),
            "current_status": pd.Categorical([r.current_status for r in values]),
            "score": pd.array([r.score for r in values], dtype="Int64"),
            "date": pd.to_datetime(pd.Series([r.date for r in values], dtype="object"), utc=True),
            "visible": pd.array([r.visible for r in values], dtype="boolean"),
            "publisher_payout": pd.Series([r.publisher_payout for r in values], dtype="object"),
            "data_company": pd.Series([r.data_company for r in values], dtype="object"),
        }
    )
    frame.index = pd.Index(list(rows), dtype="int64", name="lead_id")
    return frame


def lets_through(row: Row, name: str, wanted) -> bool:
    value = getattr(row, name)
    match wanted:
        case Empty():
            return (value in (None, "")) == wanted.empty
        case _ if value is None:
            return False
        case Contains():
            return wanted.text.casefold() in value.casefold()
        case OneOf():
            return value in wanted.values
        case Between():
            return (wanted.low is None or value >= wanted.low) and (wanted.high is None or value <= wanted.high)
        case YesNo():
            return value == wanted.yes
        case Days():
            day = value.astimezone(ZONE).date()
            return (wanted.first is None or day >= wanted.first) and (wanted.last is None or day <= wanted.last)


@dataclass
class Model:
    """What the table shows and what is selected, by lead id."""

    rows: dict[int, Row] = field(default_factory=dict)
    selected: dict[int, None] = field(default_factory=dict)
    sort: tuple[tuple[str, bool], ...] = ()
    filters: dict[str, object] = field(default_factory=dict)
    search: str = ""
    marked_only: bool = False
    shown: list[int] = field(default_factory=list)

    def arrange(self) -> None:
        self.shown = [lead_id for lead_id, row in self.rows.items() if self.matches(lead_id, row)]
        for name, descending in reversed(self.sort):
            full = [o for o in self.shown if self.rows[o].value(o, name) not in (None, "")]
            rest = [o for o in self.shown if self.rows[o].value(o, name) in (None, "")]
            self.shown = sorted(full, key=lambda o, n=name: self.rows[o].key(o, n), reverse=descending) + rest

    def matches(self, lead_id: int, row: Row) -> bool:
        texts = [str(lead_id), *((t or "").casefold() for t in (row.email, row.current_status, row.data_company))]
        return (
            all(lets_through(row, name, wanted) for name, wanted in self.filters.items())
            and (not self.marked_only or lead_id in self.selected)
            and all(any(word in text for text in texts) for word in self.search.casefold().split())
        )

    def tick(self, ids) -> None:
        self.selected = self.selected | dict.fromkeys(i for i in ids if i not in self.selected)

    def untick(self, ids) -> None:
        gone = set(ids)
        self.selected = {i: None for i in self.selected if i not in gone}

    def invert(self, ids) -> None:
        ids = list(dict.fromkeys(ids))
        on, off = [i for i in ids if i in self.selected], [i for i in ids if i not in self.selected]
        self.untick(on)
        self.tick(off)
