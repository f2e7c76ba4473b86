"""Every number of a question equals an independent computation."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets import insight
from tests.insight.worlds import CHANGES, frame_of, grouped, label, rows_of, sums

EVERYDAY = range(4)
SEEDS = [pytest.param(s, marks=() if s in EVERYDAY else pytest.mark.long) for s in range(50)]


def wilson(k: int, n: int) -> tuple[float, float]:
    """By solving (p - x)^2 = z^2 x (1 - x) / n, the definition, and not by the formula."""
    z = NormalDist().inv_cdf(0.975)
    p = k / n
    a, b, c = 1 + z * z / n, -(2 * p + z * z / n), p * p
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))


@pytest.mark.parametrize("seed", SEEDS)
def test_breakdown_and_money_equal_a_count_by_hand(seed):
    rows = rows_of(seed)
    table = insight.breakdown(frame_of(rows), ["publisher", "campaign"])
    money = insight.money(frame_of(rows), "publisher")
    groups = grouped(rows, lambda r: (label(r["lead_generator"]), r["campaign"]))
    assert set(table.index) == set(groups)
    for key, mine in groups.items():
        row = table.loc[key]
        assert row["total"] == len(mine)
        for state in ("Valid", "Caution", "Invalid", "Test"):
            hits = sum(r["current_status"] == state for r in mine)
            assert row[state.lower()] == hits
            low, high = wilson(hits, len(mine))
            assert row[f"{state.lower()}_low"] == pytest.approx(low, abs=1e-12)
            assert row[f"{state.lower()}_high"] == pytest.approx(high, abs=1e-12)
        assert row["other"] == sum(r["current_status"] in {None, "Odd"} for r in mine)
        known = [r for r in mine if r["delivery"] in {"Delivered", "Not Delivered"}]
        assert row["delivered"] == sum(r["delivery"] == "Delivered" for r in known)
        assert row["delivery_unknown"] == len(mine) - len(known)
        if known:
            assert row["delivered_share"] == pytest.approx(sum(r["delivery"] == "Delivered" for r in known) / len(known))
        for side in ("publisher", "advertiser"):
            assert row[f"billable_{side}"] == sum(r[f"billable_for_{side}"] is True for r in mine)
            for currency in ("EUR", "GBP", "USD", "not stated"):
                assert row[f"{side}_{currency.replace(' ', '_')}"] == sums(mine, side)[currency]
    for (who, currency), row in money.iterrows():
        mine = [r for r in rows if (label(r["lead_generator"]), r["currency"] or "not stated") == (who, currency)]
        for side in ("publisher", "advertiser"):
            assert row[f"{side}_money"] == sums(mine, side)[currency]
            billable = [r for r in mine if r[f"billable_for_{side}"]]
            assert row[f"{side}_no_amount"] == sum(r[f"{side}_payout"] is None for r in billable)
        assert row["margin"] == row["advertiser_money"] - row["publisher_money"]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("seed", SEEDS)
def test_periods_over_both_clock_changes(seed, name):
    rows, zone = rows_of(seed, 150), ZoneInfo(name)
    dated = [r for r in rows if r["date"]]
    day = insight.over_time(frame_of(rows), "day", zone=name)
    days = grouped(dated, lambda r: r["date"].astimezone(zone).date())
    assert {at.date(): n for at, n in day["total"].items() if n} == {d: len(mine) for d, mine in days.items()}
    assert day.index.tolist() == pd.date_range(min(days), max(days)).tolist()
    assert day["invalid"].sum() == sum(r["current_status"] == "Invalid" for r in dated)
    assert day.attrs["notes"] == (
        [] if len(dated) == len(rows) else [f"{len(rows) - len(dated)} leads have no date and are in no period."]
    )
    week = insight.over_time(frame_of(rows), "week", zone=name)
    weeks = grouped(dated, lambda r: (d := r["date"].astimezone(zone).date()) - timedelta(days=d.weekday()))
    assert {at.date(): n for at, n in week["total"].items() if n} == {d: len(mine) for d, mine in weeks.items()}
    month = insight.over_time(frame_of(rows), "month", zone=name)
    months = grouped(dated, lambda r: r["date"].astimezone(zone).date().replace(day=1))
    assert {at.date(): n for at, n in month["total"].items() if n} == {d: len(mine) for d, mine in months.items()}
    hour = insight.over_time(frame_of(rows), "hour", zone=name)
    hours = grouped(dated, lambda r: ((w := r["date"].astimezone(zone)).utcoffset(), w.replace(tzinfo=None, minute=0, second=0)))
    starts = {(wall - offset).replace(tzinfo=UTC): len(mine) for (offset, wall), mine in hours.items()}
    assert {at.to_pydatetime().astimezone(UTC): n for at, n in hour["total"].items() if n} == starts


def test_the_hour_that_comes_twice_is_two_hours_and_its_day_has_25():
    times = pd.date_range("2026-10-24T23:00Z", "2026-10-25T23:59Z", freq="30min")
    frame = pd.DataFrame({"date": times, "current_status": "Valid", "delivery": None}, index=pd.RangeIndex(1, len(times) + 1))
    hours = insight.over_time(frame, "hour", zone="Europe/London")
    assert (hours["total"] == 2).all()
    assert len(hours) == 25
    assert [t.hour for t in hours.index[:4]] == [0, 1, 1, 2]


@pytest.mark.parametrize("seed", SEEDS)
def test_contributions_close_exactly_and_counts_add_up(seed):
    rows, old = rows_of(seed, 300), rows_of(seed + 1_000, 200)
    old = [r for r in old if r["lead_generator"] != "B"]  # one publisher is new
    for measure, key in (("invalid", "Invalid"), ("valid", "Valid")):
        table = insight.compare(frame_of(rows), frame_of(old), "publisher", measure=measure)
        share = [Fraction(sum(r["current_status"] == key for r in part), len(part)) for part in (old, rows)]
        assert table.attrs["change"] == pytest.approx(float(share[1] - share[0]), abs=1e-15)
        assert math.fsum(table["contribution"]) == pytest.approx(float(share[1] - share[0]), abs=1e-14)
        assert math.fsum([*table["mix_effect"], *table["rate_effect"]]) == pytest.approx(float(share[1] - share[0]), abs=1e-14)
        assert table["change_total"].sum() == 100 + 200 - len(old)
        assert table["now_hits"].sum() == sum(r["current_status"] == key for r in rows)
        assert table.loc["B", "before"] == 0
        assert table.loc["B", "rate_effect"] == 0


def test_when_only_the_mix_changes_no_rate_effect_is_shown():
    def world(a: int, b: int) -> pd.DataFrame:
        rows = [("A", "Invalid")] * a + [("A", "Valid")] * a + [("B", "Valid")] * b
        return pd.DataFrame(rows, columns=["lead_generator", "current_status"])

    table = insight.compare(world(30, 40), world(10, 80))
    assert table["rate_effect"].abs().max() == 0
    assert table["mix_effect"].sum() == pytest.approx(0.3 - 0.1)


def kaplan_meier(times: list[tuple[float, bool]], share: float) -> float:
    still = Fraction(1)
    for at in sorted({t for t, done in times if done}):
        risk = sum(t >= at for t, _ in times)
        still *= 1 - Fraction(sum(t == at and done for t, done in times), risk)
        if 1 - still >= Fraction(share).limit_denominator(10):
            return at
    return math.nan


@pytest.mark.parametrize("seed", SEEDS)
def test_time_until_delivered_counts_those_that_wait(seed):
    rows = rows_of(seed, 200)
    table = insight.until_delivered(frame_of(rows), "publisher")
    now = datetime(2026, 12, 1, tzinfo=UTC)
    for who, mine in grouped(rows, lambda r: label(r["lead_generator"])).items():
        used = [r for r in mine if r["date"] and (r["first_delivered"] or r["current_status"] == "Valid")]
        times = [
            (((r["first_delivered"] or now) - r["date"]).total_seconds() / 3600, r["first_delivered"] is not None) for r in used
        ]
        row = table.loc[who]
        assert (row["delivered"], row["waiting"]) == (sum(d for _, d in times), sum(not d for _, d in times))
        assert row["left_out"] == len(mine) - len(used)
        assert row["median_hours"] == pytest.approx(kaplan_meier(times, 0.5), nan_ok=True)
        assert row["p90_hours"] == pytest.approx(kaplan_meier(times, 0.9), nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_reasons_by_group(seed):
    rows = rows_of(seed)
    table = insight.reasons(frame_of(rows), "publisher")
    groups = grouped(rows, lambda r: label(r["lead_generator"]))
    for row in table.itertuples():
        mine = groups[row.publisher]
        flagged = [r for r in mine if r["reason"]]
        hits = sum(r["reason"] == row.reason for r in mine)
        assert (row.leads, row.flagged, row.total) == (hits, len(flagged), len(mine))
        assert (row.low, row.high) == pytest.approx(wilson(hits, len(flagged)), abs=1e-12)
    assert table["leads"].sum() == sum(r["reason"] is not None for r in rows)
    assert table["leads"].is_monotonic_decreasing


def test_huge_amounts_and_many_places_stay_exact():
    frame = frame_of(rows_of(1, 4)).assign(
        billable_for_advertiser=True, currency="EUR", current_status="Valid", lead_generator="A"
    )
    amounts = [Decimal("12345678901234567.89"), Decimal("0.00000000000001"), Decimal("NaN"), None]
    frame["advertiser_payout"] = pd.Series(amounts, index=frame.index, dtype="object")
    table = insight.money(frame.assign(billable_for_publisher=False))
    assert table["advertiser_money"].iloc[0] == Decimal("12345678901234567.89000000000001")
    assert table["advertiser_no_amount"].iloc[0] == 2
    assert insight.breakdown(frame).attrs["notes"][-1].startswith("2 billable leads (advertiser) have no payout")


def test_what_is_not_sent_is_missing_and_not_none():
    frame = frame_of(rows_of(2)).assign(delivery=None, billable_for_publisher=None)
    frame["billable_for_publisher"] = frame["billable_for_publisher"].astype("boolean")
    frame.attrs["not_sent"] = ["delivery", "billable_for_publisher"]
    table = insight.breakdown(frame)
    assert table["delivered"].isna().all()
    assert table["billable_publisher"].isna().all()
    assert table["delivered_share"].isna().all()
    assert table["billable_advertiser"].notna().all()


def test_a_publisher_called_none_is_not_mixed_with_leads_that_have_none():
    frame = frame_of(rows_of(3))
    frame["lead_generator"] = frame["lead_generator"].astype("object").replace({"A": "(none)"})
    table = insight.breakdown(frame)
    rows = rows_of(3)
    assert table.loc["(none)", "total"] == sum(r["lead_generator"] == "A" for r in rows)
    assert table.loc["(none) ", "total"] == sum(r["lead_generator"] is None for r in rows)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda f: insight.breakdown(pd.DataFrame({"x": [1]})), "session.pull"),
        (lambda f: insight.breakdown(f, "email"), "email_domain"),
        (lambda f: insight.breakdown(f, ["a", "b", "c"]), "up to 2"),
        (lambda f: insight.breakdown(f, "advertiser"), "leads.assign"),
        (lambda f: insight.breakdown(f, "data_leadHash"), "personal"),
        (lambda f: insight.over_time(f, "fortnight"), "Choose one of"),
        (lambda f: insight.over_time(f, zone="Atlantis"), "Europe/London"),
        (lambda f: insight.compare(f, f.iloc[:0]), "nothing to compare"),
        (lambda f: insight.compare(f, f, measure="nice"), "Choose one of"),
        (lambda f: insight.breakdown([1, 2]), "session.pull"),
        (lambda f: insight.run_effect(f.drop(columns="reason")), "run.results"),
    ],
)
def test_questions_that_make_no_sense_are_refused_with_what_to_do(ask, says):
    frame = frame_of(rows_of(1)).assign(email="x@y.example", data_leadHash="1")
    with pytest.raises(cvtr.CvtrError, match=says):
        ask(frame)


def test_one_lead_with_a_wrong_year_does_not_make_a_table_of_centuries():
    frame = frame_of(rows_of(1))
    frame.loc[frame.index[0], "date"] = pd.Timestamp("1970-01-01", tz="UTC")
    assert insight.over_time(frame, "month")["total"].sum() == insight.over_time(frame, "week")["total"].sum()
    with pytest.raises(cvtr.CvtrError, match="every='month'"):
        insight.over_time(frame, "hour")


def test_empty_frames_give_empty_tables():
    frame = frame_of(rows_of(1)).iloc[:0]
    assert len(insight.breakdown(frame)) == len(insight.over_time(frame)) == len(insight.reasons(frame)) == 0
    assert len(insight.money(frame)) == len(insight.until_delivered(frame, "publisher")) == 0


@pytest.fixture(scope="module")
def pulled():
    with cvtr.Sandbox(leads=400, seed=5) as sandbox:
        client = sandbox.connect()
        session = cvtr.LeadSession(client, progress=False)
        yield session, session.pull()
        session.close()
        client.close()


def test_counts_stand_beside_the_platform_s_own(pulled):
    session, leads = pulled
    table = insight.beside_statistics(leads, session.statistics())
    assert (table["difference"] == 0).all()
    less = insight.beside_statistics(leads[leads["current_status"] == "Valid"], session.statistics())
    assert less.loc["invalid", "difference"] < 0
    assert "filtered" in less.loc["invalid", "likely_cause"]
    odd = insight.beside_statistics(leads, {"gesamt": 3})
    assert odd["platform"].isna().all()


def test_groups_are_no_leads(pulled):
    session, leads = pulled
    for table in (
        insight.breakdown(leads),
        insight.over_time(leads),
        insight.reasons(leads),
        insight.breakdown(leads, "campaign_id"),
    ):
        with pytest.raises(cvtr.CvtrError):
            session.select(table)


def test_what_a_run_did_and_why_leads_were_left_alone(pulled):
    session, leads = pulled
    weak = leads[leads["current_status"].isin(["Caution", "Test"])].index[:12].tolist()
    run = session.run(session.plan(cvtr.mark_test("Test lead"), [*weak, 5]), confirm=True)
    effect = insight.run_effect(run)
    assert effect["leads"].sum() == len(weak) + 1
    sent = effect[effect["outcome"] == "confirmed"]
    assert sent["after"].str.startswith("Test").all()
    why = insight.why_not(run)
    assert why["leads"].sum() == 13 - sent["leads"].sum()
    assert why["detail"].str.contains("deleted, or not visible").any()
    for by in ("week", "action", "person", "account"):
        runs = insight.runs_by(session.history(), by)
        assert runs["runs"].sum() == 1
        assert runs["confirmed"].sum() == sent["leads"].sum()
