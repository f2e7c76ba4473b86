"""The questions give the same answers whether leads are loaded or asked in the archive; the table of the docs is made from here."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("duckdb", reason="the archive is an extra")
pytest.importorskip("pyarrow", reason="the archive is an extra")

from cvtr_widgets import insight
from cvtr_widgets.errors import InsightError
from tests.archive.in_store import archived
from tests.insight.worlds import CHANGES, frame_of, rows_of

DOC = Path(__file__).resolve().parents[2] / "docs" / "archive.md"
SEEDS = [pytest.param(s, marks=() if s < 1 else pytest.mark.long) for s in range(50)]
QUESTIONS = {
    "breakdown": [
        insight.breakdown,
        lambda leads: insight.breakdown(leads, ["publisher", "campaign"]),
        lambda leads: insight.breakdown(leads, "sub_id"),
        *(lambda leads, e=e: insight.breakdown(leads, e, zone="Australia/Lord_Howe") for e in ("hour", "month")),
        lambda leads: insight.breakdown(leads, ["week", "status"], zone="Europe/London"),
    ],
    "money": [insight.money, lambda leads: insight.money(leads, ["day", "publisher"], billable=False)],
    "over_time": [
        *(lambda leads, z=z, e=e: insight.over_time(leads, e, zone=z) for z in CHANGES for e in ("hour", "day", "week", "month"))
    ],
    "reasons": [insight.reasons, lambda leads: insight.reasons(leads, "week", zone="America/New_York")],
    "compare": [
        *(lambda leads, m=m: insight.compare(insight.recent(leads, 100), leads, measure=m) for m in ("invalid", "delivered"))
    ],
    "recent": [lambda leads: insight.breakdown(insight.recent(leads, 60.5))],
    "until_delivered": [insight.until_delivered, lambda leads: insight.until_delivered(leads, ["publisher", "campaign"])],
    "duplicates": [insight.duplicates, lambda leads: insight.duplicates(leads, "campaign", of="telephone")],
    "bursts": [insight.bursts, lambda leads: insight.bursts(leads, "campaign")],
    "beside_statistics": [lambda leads: insight.beside_statistics(leads, {"total": 17, "validLeads": 4}, days=200)],
}
LOADED = {"findings": insight.findings, "charts": insight.charts.breakdown}
"""What looks at each lead, and says so of leads that are not loaded."""
NO_LEADS = {"Finding", "Findings", "Look", "RULES", "simply_so", "run_effect", "runs_by", "table", "why_not"}
"""What is no question about a frame of leads."""


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the cent and the row; texts may be kept in another way."""
    assert one.attrs == other.attrs
    one, other = (f.reset_index() for f in (one, other))
    for frame in (one, other):
        for name in frame.columns:
            if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_datetime64_any_dtype(frame[name]):
                frame[name] = frame[name].astype("object")
    pd.testing.assert_frame_equal(one, other, rtol=0, atol=1e-12)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of ties stand in the order of the leads; by their names they can be compared."""
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    keys = [tuple(map(str, key)) if isinstance(key, tuple) else str(key) for key in frame.index]
    return frame.iloc[sorted(range(len(frame)), key=keys.__getitem__)]


@pytest.mark.parametrize("seed", SEEDS)
def test_loaded_or_not_the_answers_are_equal(seed, tmp_path):
    frame = frame_of(rows_of(seed))
    archive = archived(tmp_path, frame, "hashed")
    lazy = archive.leads()
    assert len(lazy) == len(frame)
    for questions in QUESTIONS.values():
        for question in questions:
            same(in_order(question(frame)), in_order(question(lazy)))
    same(in_order(insight.breakdown(lazy.to_pandas())), in_order(insight.breakdown(lazy)))
    archive.close()


def test_an_empty_archive_answers_as_an_empty_frame(tmp_path):
    frame = frame_of(rows_of(1))
    archive = archived(tmp_path, frame)
    nothing, empty = archive.leads(campaign="nowhere"), frame.iloc[:0]
    empty.attrs = frame.attrs
    for question in (insight.breakdown, insight.money, insight.over_time, insight.reasons):
        assert len(question(nothing)) == len(question(empty)) == 0
        assert list(question(nothing).columns) == list(question(empty).columns)
    archive.close()


def test_repeats_are_counted_as_plain_python_counts_them():
    rows = [r for r in rows_of(7) if r["date"] and r["email"] and r["campaign_id"] is not None]
    seen, repeats = set(), dict.fromkeys({r["lead_generator"] or "(none)" for r in rows}, 0)
    for row in sorted(rows, key=lambda r: (r["date"], r["lead_id"])):
        value = (row["campaign_id"], row["email"].strip().casefold())
        repeats[row["lead_generator"] or "(none)"] += value in seen
        seen.add(value)
    found = insight.duplicates(frame_of(rows_of(7)))
    assert found["repeats"].to_dict() == repeats
    assert sum(repeats.values()) > 50
    assert found["leads"].sum() == len(rows)


def test_a_burst_is_found_where_the_finding_finds_it(tmp_path):
    rows = rows_of(8, 3_000)
    moment = next(r["date"] for r in rows if r["date"]).replace(minute=12, second=0)
    for n, row in enumerate(rows[:45]):
        row["date"], row["lead_generator"] = moment + timedelta(seconds=n), "B"
    frame = frame_of(rows)
    archive = archived(tmp_path, frame)
    found = insight.bursts(frame)
    same(found, insight.bursts(archive.leads()))
    (said,) = insight.findings(frame, rules=["bursts"])
    mine = found[found["publisher"] == "B"]
    assert [t.isoformat() for t in mine["start"]] == said.parameters["starts"]
    assert mine["leads"].sum() == len(said.leads)
    assert mine["usual"].iloc[0] < 0.05
    assert "fewer than 0.1" in said.sentence
    assert mine["p"].max() <= 0.05
    archive.close()


@pytest.mark.parametrize("name", LOADED)
def test_what_looks_at_each_lead_says_that_they_must_be_loaded(name, tmp_path):
    archive = archived(tmp_path, frame_of(rows_of(1)))
    with pytest.raises(InsightError, match=r"to_pandas\(\)"):
        LOADED[name](archive.leads())
    with pytest.raises(InsightError, match="archive does not keep it"):
        insight.breakdown(archive.leads(), "email_domain")
    archive.close()


def test_every_question_is_tried():
    names = {n for n in insight.__all__ if inspect.isfunction(getattr(insight, n))}
    assert names - NO_LEADS - set(LOADED) == set(QUESTIONS)


def test_the_table_of_the_docs_says_what_was_tried():
    said = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", DOC.read_text(encoding="utf-8"), re.MULTILINE))
    assert said == {**dict.fromkeys(QUESTIONS, "yes"), **dict.fromkeys(LOADED, "after `to_pandas()`")}
