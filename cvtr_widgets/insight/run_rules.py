"""``findings``: what is wrong with these leads, by rules; the most money first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import Cancelled, InsightError
from cvtr_widgets.insight.columns import amounts_of, currencies_of, need, need_loaded
from cvtr_widgets.insight.finding import ALPHA, Finding, Findings, Look, Rule
from cvtr_widgets.insight.intervals import benjamini_hochberg
from cvtr_widgets.insight.rules import RULES

if TYPE_CHECKING:
    import pandas as pd


def findings(
    leads: pd.DataFrame,
    rules: Iterable[str | Rule] | None = None,
    *,
    history: pd.DataFrame | None = None,
    allowed_domains: Iterable[str] = (),
    on_progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Findings:
    """Look for what is wrong with these leads, by rules. No findings means that the rules found nothing; ``notes`` say what they
    could not judge.

    What is judged by chance (rates, bursts) is adjusted for all groups that were judged, over all rules together (Benjamini and
    Hochberg, 5 %).

    Args:
        leads: a frame of ``session.pull()`` or ``panel.leads``; each lead once.
        rules: names of ``insight.RULES``, or functions of your own (leads, look) -> findings; all of ``RULES`` by default.
        history: former states, for ``flip_flops``: a frame with ``lead_id at status``, one row a change.
        allowed_domains: e-mail domains that are never suspected.
        on_progress: called with rules done, rules in all, and the name of the next one.
        cancelled: asked often; True ends it.

    Returns:
        ``Findings``: a sequence, by money at stake and then by strength; ``.frame`` shows them, ``.notes`` say what could not be
        judged. ``finding.leads`` are the ids.

    Raises:
        InsightError: a column is missing, a lead is in the frame twice, or there is no rule of that name.
        Cancelled: the user ended it.
    """
    need_loaded(leads, "findings")
    need(leads, "current_status", "lead_generator")
    if leads.index.has_duplicates:
        raise InsightError("The frame holds a lead twice. Keep one row of each: leads[~leads.index.duplicated(keep='last')].")
    chosen = [_rule(rule) for rule in ([rules] if isinstance(rules, str) else RULES.values() if rules is None else rules)]

    def check() -> None:
        if cancelled is not None and cancelled():
            raise Cancelled("The search for findings was stopped. Nothing was changed. Call it again to get all of them.")

    look = Look(history, frozenset(d.strip().lower() for d in allowed_domains), check=check)
    found: list[Finding] = []
    for number, rule in enumerate(chosen):
        check()
        if on_progress is not None:
            on_progress(number, len(chosen), getattr(rule, "__name__", "rule"))
        found += rule(leads, look)
    if on_progress is not None:
        on_progress(len(chosen), len(chosen), "")
    kept = _with_money(_beyond_chance(found, look.tests), leads)
    return Findings(sorted(kept, key=rank), look.notes)


def _beyond_chance(found: list[Finding], tests: dict[str, int]) -> list[Finding]:
    """What is simply so, and of what was judged by chance the part that is left when all groups are taken into account.

    One false-discovery control over all rules (Benjamini and Hochberg), weighted (Genovese, Roeder and Wasserman 2006): a rule's
    weight grows with the root of its groups, so that six publishers are not lost among two thousand sub-ids. Weights average 1.
    """
    judged = [f for f in found if f.p is not None]
    family = {id(f): f.rule if f.rule in tests else "" for f in judged}
    sizes = {name: max(count, sum(key == name for key in family.values())) for name, count in {"": 0, **tests}.items()}
    sizes = {name: count for name, count in sizes.items() if count}
    roots = sum(count**0.5 for count in sizes.values())
    weight = {name: sum(sizes.values()) / roots / count**0.5 for name, count in sizes.items()}
    weighted = [min(1.0, (f.p or 0.0) / weight[family[id(f)]]) for f in judged]
    # Rules give only what looks strange; the groups that they judged and did not give count as tests with p = 1.
    adjusted = iter(benjamini_hochberg([*weighted, *([1.0] * (sum(sizes.values()) - len(judged)))]).tolist())
    kept = [f if f.p is None else replace(f, p_adjusted=next(adjusted)) for f in found]
    return [f for f in kept if f.p_adjusted is None or f.p_adjusted <= ALPHA]


def rank(finding: Finding) -> tuple[Decimal, float, int, str]:
    """Most money in one currency first (currencies are never added), then the smallest p-value, then most leads."""
    most = max(finding.money.values(), default=Decimal(0))
    return -most, 0.0 if finding.p_adjusted is None else finding.p_adjusted, -len(finding.leads), finding.about


def _with_money(found: list[Finding], leads: pd.DataFrame) -> list[Finding]:
    """The findings with what advertisers are billed for their leads now, by currency."""
    import numpy as np
    import pandas as pd

    if not found or not {"advertiser_payout", "billable_for_advertiser"} <= set(leads.columns):
        return found
    amounts = amounts_of(leads["advertiser_payout"].tolist())
    billed = leads["billable_for_advertiser"].astype("boolean").fillna(value=False).to_numpy(dtype="int64")
    units = amounts.units * billed
    currency = currencies_of(leads).to_numpy()
    made = []
    for finding in found:
        places = leads.index.get_indexer(pd.Index(finding.stake or finding.leads))
        places = places[places >= 0]
        sums: dict[str, Any] = {}
        for name in np.unique(currency[places].astype(str)):
            total = units[places][currency[places].astype(str) == name].sum()
            if total:
                sums[str(name)] = amounts.decimal(total)
        made.append(replace(finding, money=sums))
    return made


def _rule(rule: str | Rule) -> Rule:
    if callable(rule):
        return rule
    if rule not in RULES:
        raise InsightError(f"There is no rule {rule!r}. Choose one of: {', '.join(RULES)}.")
    return RULES[rule]
