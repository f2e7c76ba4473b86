"""A plan that takes runs back: which runs, what is left of what they did, and one plan for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import DELIVERIES
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.lead_listing import moment
from cvtr_widgets.arguments import listed
from cvtr_widgets.days import day_begins
from cvtr_widgets.errors import NothingToUndo, PlanError, RequestRefused
from cvtr_widgets.plans import ways_back
from cvtr_widgets.plans.make_plan import make_plan, read_leads
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.session.lead_loader import PlanLists
from cvtr_widgets.session.run_registry import RunRegistry

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd

    from cvtr_widgets.runs.run import Run

Day = str | date | None
_WEEK = re.compile(r"(\d{4})-?W(\d{2})")


def runs_of(history: pd.DataFrame, *, person: str | None, day: Day, week: Day, zone: tzinfo) -> list[str]:
    """The ids of the runs of a person, a day or a week, oldest first: those that sent something.

    Raises:
        PlanError: day and week are both given, one is not a date, or there is no such run.
    """
    if day is not None and week is not None:
        raise PlanError("Give a day or a week, not both.")
    found = history
    if person is not None:
        wanted = str(person).strip().casefold()
        # Who signed, who ran and who planned may be three: "what Ann did" may mean any of them, and the plan shows what it comes
        # to.
        columns = [found[name].fillna("").astype(str).str.casefold() == wanted for name in ("signed_by", "account", "planned_by")]
        found = found[columns[0] | columns[1] | columns[2]]
    if (span := _span(day, week, zone)) is not None:
        found = found[(found["started"] >= span[0]) & (found["started"] < span[1])]
    sent = [name for name in sorted(ways_back.TAKEN) if name in found.columns]
    found = found[(found[sent].fillna(0).sum(axis=1) > 0) | (found["state"] == "unfinished")]
    if found.empty:
        raise PlanError("None of your runs that sent anything matches. See session.history().")
    return list(found.index[::-1])


def _span(day: Day, week: Day, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """When a day or week begins in the zone, and the next one."""
    if day is not None:
        first = _day(day, zone)
        return day_begins(first, zone), day_begins(first + timedelta(days=1), zone)
    if week is None:
        return None
    named = _WEEK.fullmatch(week.strip().upper()) if isinstance(week, str) else None
    try:
        monday = date.fromisocalendar(int(named[1]), int(named[2]), 1) if named else _day(week, zone)
    except ValueError:
        raise PlanError(f"{week!r} is not a week. Write it as 2026-W48, or give one of its days.") from None
    # One of its days may have been given. The span is from midnight to midnight and not 168 hours: a week in which the clocks
    # change has 167 or 169.
    monday -= timedelta(days=monday.weekday())
    return day_begins(monday, zone), day_begins(monday + timedelta(days=7), zone)


def _day(given: str | date, zone: tzinfo) -> date:
    try:
        found = moment(given, zone, end=False)
    except RequestRefused as error:
        raise PlanError(str(error)) from None
    assert found is not None  # noqa: S101  something was given
    day = found.astimezone(zone).date()
    if not 1 < day.year < 9_999:
        raise PlanError(f"There was no run on {day}. Give a day with a run; see session.history().")
    return day


def runs_meant(
    run: Run | str | Sequence[Run | str] | None,
    history: Callable[[], pd.DataFrame],
    *,
    person: str | None,
    day: Day,
    week: Day,
    zone: tzinfo,
) -> list[Run | str]:
    """The runs that are named, or those of a person, day or week out of ``history``.

    Raises:
        PlanError: neither is given, both are, or no run fits.
    """
    if (run is None) == all(one is None for one in (person, day, week)):
        raise PlanError("Say which runs: session.plan_undo(run), or person=, day= or week=, not both.")
    if run is None:
        return list(runs_of(history(), person=person, day=day, week=week, zone=zone))
    return [run] if isinstance(run, str) or not isinstance(run, Sequence) else listed(run, "These runs")


def undo_plan(
    client: Convertr,
    running: RunRegistry,
    runs: Sequence[Run | str],
    *,
    nearest: bool,
    on_progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> Plan:
    """The plan that takes runs back; see ``LeadSession.plan_undo``.

    Raises:
        NothingToUndo: nothing of them can be taken back.
    """
    ended = running.ended_runs(runs)
    steps = ways_back.steps_of(ended)
    deliveries = [lead_id for lead_id, mine in steps.items() if mine[-1].done.kind in DELIVERIES]
    place = running.place()
    reading = read_leads(client, list(steps), deliveries, place=place, on_progress=on_progress, cancelled=cancelled)
    ways = ways_back.ways_back(steps, reading.observation, running.last_runs(steps))
    groups, out = ways_back.groups_of(ways, nearest=nearest)
    said = ways_back.words_of(ways, out, nearest=nearest)
    if not groups:
        what = "this run" if len(ended) == 1 else "these runs"
        why = " ".join(said) or "No lead was changed."
        raise NothingToUndo(f"Nothing of {what} can be taken back. {why}", left_out=out, notes=said)
    more: dict[str, Any] = {"left_out": out, "notes": said, "undoes": [one.run_id for one in ended], "ways": ways}
    more["how_selected"] = [("undo", sum(len(ids) for _, ids in groups))]
    rules = running.policy.rules((action for action, _ in groups), cancelled=cancelled)
    return make_plan(client, PlanLists(client), groups, reading=reading, rules=rules, cancelled=cancelled, **more)
