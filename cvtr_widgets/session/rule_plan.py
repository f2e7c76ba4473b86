"""From a rule to a plan: the leads that match now, read again, within the rule's limits."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import DELIVERIES, count_of
from cvtr_widgets.errors import PlanError, PlanOutOfDate, RequestRefused
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.models import LeadId, LeadState
from cvtr_widgets.plans.make_plan import make_plan, read_leads
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.session.lead_loader import PlanLists, named
from cvtr_widgets.session.rule_file import Rule

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.api.client import Convertr
    from cvtr_widgets.session.run_registry import RunRegistry

FEW, LAST = 10, 10
"""What counts as usual at least (leads), and of how many runs."""
Pull = Callable[..., "pd.DataFrame"]
Count = Callable[..., tuple[int | None, int]]


def plan_of_rule(
    client: Convertr,
    rule: Rule,
    pull: Pull,
    count: Count,
    running: RunRegistry,
    *,
    on_progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> Plan | None:
    """The plan of a rule; None where no lead matches. See ``LeadSession.plan_rule``."""
    if rule.enterprise not in {None, client.identity.enterprise}:
        raise PlanOutOfDate(f"This rule is for {rule.enterprise}, and this session is at {client.identity.enterprise}.")
    campaigns = list(dict.fromkeys(named(client, "campaigns", one) or 0 for one in rule.leads.campaigns))
    there = partial(client.catalog.has, "campaigns")
    ids, notes = _matching(rule, pull, count, campaigns, there, cancelled)
    if not ids:
        return None
    notes += _within(rule, len(ids), usual_number(rule, running.journal))
    ids = ids[: rule.limits.most]
    action = rule.action.action()
    deliveries = ids if action.kind in DELIVERIES else []
    reading = read_leads(client, ids, deliveries, place=running.place(), on_progress=on_progress, cancelled=cancelled)
    lists = PlanLists(client)
    held = {
        i: why for i in ids if (lead := reading.leads.get(i)) is not None and (why := _no_longer(rule, lead.state, campaigns))
    }
    return make_plan(
        client, lists, [(action, ids)], reading=reading, notes=notes, held=held, rule=rule.name,
        how_selected=[("rule", len(ids))],
        rules=running.policy.rules([action], cancelled=cancelled), cancelled=cancelled,
    )  # fmt: skip


def _matching(
    rule: Rule, pull: Pull, count: Count, campaigns: Sequence[int], there: Callable[[int], bool], cancelled: Callable[[], bool]
) -> tuple[list[LeadId], list[str]]:
    """The leads that match, oldest first."""
    import pandas as pd

    wanted, now = rule.leads, datetime.now(UTC)
    ages: dict[str, Any] = {}
    if wanted.older_than_days is not None:
        ages["created_before"] = now - timedelta(days=wanted.older_than_days)
    if wanted.newer_than_days is not None:
        ages["created_after"] = now - timedelta(days=wanted.newer_than_days)

    def read(campaigns: Sequence[int | None]) -> list[pd.DataFrame]:
        return [
            pull(campaign=campaign, publisher=publisher, status=wanted.status, delivery=wanted.delivery, cancel=cancelled, **ages)
            for campaign in campaigns or (None,)
            for publisher in wanted.publishers or (None,)
        ]

    # Many campaigns with few leads each: one listing of all is cheaper than one for each campaign.
    frames = read((None,)) if len(campaigns) > 1 and _all_is_less(count, len(campaigns), ages, cancelled) else None
    if frames is None or any(frame["campaign_id"].isna().any() for frame in frames):  # each says itself what is wrong
        frames = read(campaigns)
    else:
        frames = [_of_campaigns(frame, campaigns) for frame in frames]
        found = {int(own) for frame in frames for own in frame["campaign_id"].unique()}
        if lost := next((own for own in campaigns if own not in found and not there(own)), None):
            raise RequestRefused(f"There is no campaign {lost}, or it is not visible to you", advice="See session.campaigns().")
    dates = pd.concat([frame["date"] for frame in frames])
    dates = dates[~dates.index.duplicated()]
    notes = list(dict.fromkeys(note for frame in frames for note in frame.attrs.get("notes", ())))
    return [int(i) for i in dates.sort_values(kind="stable").index], notes


def _all_is_less(count: Count, campaigns: int, ages: Mapping[str, Any], cancelled: Callable[[], bool]) -> bool:
    """Whether reading the leads of all campaigns takes fewer requests than one for each campaign, which is the least that
    reading them one by one takes. The count is one more.
    """
    total, page = count(cancel=cancelled, **ages)
    return total is not None and page > 0 and 1 + math.ceil(total / page) < campaigns


def _of_campaigns(frame: pd.DataFrame, campaigns: Sequence[int]) -> pd.DataFrame:
    found = frame[frame["campaign_id"].isin(list(campaigns))]
    found.attrs = frame.attrs
    return found


def _no_longer(rule: Rule, state: LeadState, campaigns: Collection[int]) -> str:
    """Why a lead that matched is no longer meant, by the reading that the plan rests on."""
    wanted = rule.leads
    for name, must in (("status", wanted.status), ("delivery", wanted.delivery)):
        now = getattr(state, name)
        if must is not None and isinstance(now, str) and now != must:
            return f"it no longer matches the rule: {name} is {now}"
    if campaigns and state.campaign_id not in campaigns:
        return "it no longer matches the rule: it is in another campaign"
    return ""


def usual_number(rule: Rule, journal: Journal) -> float:
    """How many leads the rule matches usually: what it says itself, else the middle of its last runs, 10 at least. Without
    earlier runs there is no usual number (infinite).
    """
    if rule.limits.usual is not None:
        return float(rule.limits.usual)
    numbers = [e.data["entries"] for e in journal.each(kinds=("run",)) if e.data.get("rule") == rule.name][-LAST:]
    return max(float(FEW), statistics.median(numbers)) if numbers else float("inf")


def _within(rule: Rule, found: int, usual: float) -> list[str]:
    limits: Any = rule.limits
    if found > limits.times_usual * usual:
        raise PlanError(
            f"The rule {rule.name!r} matches {count_of(found)}, over {limits.times_usual:g} times the usual {usual:,.0f}: it "
            f"was stopped. Look at what came in; if that is right, say so in the rule: usual = {found}."
        )
    if found <= limits.most:
        return []
    if limits.when_more == "stop":
        raise PlanError(
            f"The rule {rule.name!r} matches {count_of(found)}, and its limit is {limits.most:,}: it was stopped. Look at them; "
            'then raise most, or say when_more = "oldest" to take the oldest first.'
        )
    return [f"The rule matches {count_of(found)}; the oldest {limits.most:,} are in this plan, the others are left for later."]
