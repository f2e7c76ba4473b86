"""Publishers and sub-ids with a share of Invalid leads that chance does not explain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cvtr_widgets.insight.columns import NONE, group_of, not_sent, zone_of
from cvtr_widgets.insight.finding import ALPHA, Finding, Look
from cvtr_widgets.insight.intervals import wilson
from cvtr_widgets.insight.unusual_rate_statistics import Judged, judge, rates

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
LEAST_HITS = 5
"""Fewer leads than these are not a pattern, whatever their share."""
LEAST_LEADS = 12
"""Groups with fewer leads are not judged: no rate among them would be strange enough, and each test costs the others power."""
CANNOT = "Why they are Invalid, and whether this group has a different audience, form or checks."


def unusual_rates(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Groups with too high a share of Invalid leads. Test leads are not counted."""
    counted = leads[leads["current_status"].astype("object").isin(["Valid", "Invalid", "Caution"])]
    if not_sent(leads, "lead_generator"):
        look.say("Publishers could not be judged: the service names none.")
        return
    publisher = group_of(counted, "publisher", zone_of("UTC")).astype("object")
    invalid = counted["current_status"].astype("object") == "Invalid"
    words = ("Invalid leads", "are Invalid", CANNOT)
    yield from unusual(look, ("unusual_publisher", VERSION, "publisher"), publisher[publisher != NONE], invalid, words)
    if not_sent(leads, "sub_id"):
        look.say("Sub-ids could not be judged: the service sends none.")
        return
    has = counted["sub_id"].notna() & (publisher != NONE)
    # Publisher and sub-id together: two publishers may both call one of theirs "sub-1".
    pairs = publisher[has] + " / " + counted.loc[has, "sub_id"].astype("object").map(str)
    yield from unusual(look, ("unusual_sub_id", VERSION, "sub-id"), pairs, invalid, words)


def unusual(
    look: Look, rule: tuple[str, int, str], group: pd.Series[Any], hit: pd.Series[Any], words: tuple[str, str, str]
) -> Iterator[Finding]:
    """Groups in which ``hit`` is too frequent.

    ``rule``: name, version, kind of group. ``words``: measure, verb, what it cannot tell.
    ``hit`` may hold more leads than ``group``.
    """
    look.check()
    hit = hit.reindex(group.index)
    keys, hits, total = rates(group, hit)
    judged = judge(keys, hits, total, least_leads=LEAST_LEADS, least_hits=LEAST_HITS)
    name, version, kind = rule
    what = f"{words[0][:1].upper()}{words[0][1:]} by {kind}"
    few = sum(n < LEAST_LEADS for n in total)
    if few:
        look.say(f"{what}: {few:,} of {len(keys):,} groups have fewer than {LEAST_LEADS} leads, too few to judge.")
    elif keys and not judged:
        look.say(f"{what}: fewer than three groups, too few to tell what is usual.")
    look.tested(len(judged), name)
    # Only made where something was found: it lists the places of each of perhaps tens of thousands of sub-ids.
    places = group.groupby(group.to_numpy(), sort=False).indices if any(one.p <= ALPHA for one in judged) else {}
    for one in judged:
        if one.p <= ALPHA:
            mine = group.index[places[one.key]]
            yield _of_rate(name, version, f"{kind} {one.key}", mine[hit.loc[mine].to_numpy()], mine, one, words)


def _of_rate(
    name: str, version: int, about: str, ids: Any, stake: Any, one: Judged, words: tuple[str, str, str]
) -> Finding:  # fmt: skip
    low, high = (float(edge[0]) for edge in wilson([one.hits], [one.n]))
    measure, verb, cannot = words
    sentence = (
        f"{one.hits:,} of {one.n:,} leads of {about} {verb} ({percent(one.hits / one.n)}; 95 % interval {percent(low)} to "
        f"{percent(high)}). The usual share elsewhere is {percent(one.usual)}."
    )
    return Finding(
        name, version, about, tuple(sorted(int(i) for i in ids)), measure, one.hits, one.n, low, high, sentence, cannot,
        baseline=one.usual, p=one.p, stake=tuple(int(i) for i in stake), parameters={"spread_rho": one.spread},
    )  # fmt: skip


def percent(share: float) -> str:
    """``0.123`` as ``12.3 %``."""
    return f"{100 * share:.1f} %"
