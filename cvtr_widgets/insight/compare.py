"""What changed against the period before: contributions that add up to the change, rate and mix apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.columns import STATES, group_of, names_of, need, not_sent, zone_of
from cvtr_widgets.insight.groups import FLAGS, counted
from cvtr_widgets.insight.intervals import newcombe
from cvtr_widgets.insight.lazy_leads import Leads, count

if TYPE_CHECKING:
    import pandas as pd

MEASURES = (*STATES, "delivered", "billable_publisher", "billable_advertiser")


def compare(
    leads: Leads,
    before: Leads,
    by: str | Sequence[str] = "publisher",
    *,
    measure: str = "invalid",
    zone: tzinfo | str | None = None,
) -> pd.DataFrame:
    """How the number and the share of ``measure`` changed from ``before`` to ``leads``, by group; largest change first.

    ``measure``: ``valid caution invalid test delivered billable_publisher billable_advertiser``.

    Index: the groups. ``before now`` (int64: leads), ``before_hits now_hits`` (int64: of these with the measure),
    ``change_total change_hits`` (int64; they add up to the change of all), ``before_share now_share`` (float64, 0 to 1, NaN
    without leads), ``difference_low difference_high`` (float64: the 95 % interval of the change of the group's own share,
    Newcombe 1998). ``mix_effect`` (float64, in shares of all leads: what the change of this group's weight did to the share of
    all, against the average), ``rate_effect`` (float64: what the change of its own share did), ``contribution`` (float64: both).
    They add up to the change of the share of all (``attrs["change"]``) exactly, but for the last digit of a float; for two groups
    that trade places neither is the cause. ``attrs``: ``before_share now_share change`` of all.

    Raises:
        InsightError: one of the frames is empty or lacks a column.
    """
    import pandas as pd

    if measure not in MEASURES:
        raise InsightError(f"measure is {measure!r}. Choose one of: {', '.join(MEASURES)}.")
    if count(leads) == 0 or count(before) == 0:
        raise InsightError("One of the two periods has no leads, so there is nothing to compare. Load both.")
    column = "delivery" if measure == "delivered" else FLAGS.get(measure, "current_status")
    for frame in (leads, before):
        need(frame, "current_status", column)
        if not_sent(frame, column):
            raise InsightError(f"This service does not send {column}, so it cannot be compared. Choose another measure.")
    names, where = names_of(by), zone_of(zone)
    now, old = (counted(f, {n: group_of(f, n, where) for n in names}) for f in (leads, before))
    every = now.index.union(old.index, sort=False)
    table = pd.DataFrame(index=every)
    for name, counts in (("before", old), ("now", now)):
        table[name] = counts["total"].reindex(every, fill_value=0).astype("int64")
        table[f"{name}_hits"] = counts[measure].reindex(every, fill_value=0).astype("int64")
    table["change_total"], table["change_hits"] = table["now"] - table["before"], table["now_hits"] - table["before_hits"]
    for name in ("before", "now"):
        table[f"{name}_share"] = (table[f"{name}_hits"] / table[name].where(table[name] > 0)).astype("float64")
    table["difference_low"], table["difference_high"] = newcombe(
        table["now_hits"], table["now"], table["before_hits"], table["before"]
    )
    # Fractions, because the parts are to add up to the change of the whole exactly; floats would miss it in the last digits.
    rates, mixes, whole = _effects(table)
    table["mix_effect"], table["rate_effect"] = [float(m) for m in mixes], [float(r) for r in rates]
    table["contribution"] = [float(m + r) for m, r in zip(mixes, rates, strict=True)]
    size = [(-abs(m + r), str(key)) for m, r, key in zip(mixes, rates, every.tolist(), strict=True)]
    table = table.iloc[sorted(range(len(table)), key=size.__getitem__)]
    table.attrs = {"lists": "groups of leads", "measure": measure}
    table.attrs.update(whole)
    return table


def _effects(table: pd.DataFrame) -> tuple[list[Fraction], list[Fraction], dict[str, Any]]:
    """Rate effect and mix effect of each group, as exact fractions, and the shares of all.

    With weights w and shares r before (0) and now (1): rate = (w0 + w1) / 2 (r1 - r0), mix = (w1 - w0) ((r0 + r1) / 2 - R), for
    any one R; it is the mean of both shares of all here. A group that was not there in one of the two has the share of the other.
    """
    all0, all1 = int(table["before"].sum()), int(table["now"].sum())
    whole0, whole1 = Fraction(int(table["before_hits"].sum()), all0), Fraction(int(table["now_hits"].sum()), all1)
    middle = (whole0 + whole1) / 2
    rates, mixes = [], []
    columns = [table[c].tolist() for c in ("before", "before_hits", "now", "now_hits")]
    for n0, k0, n1, k1 in zip(*columns, strict=True):
        w0, w1 = Fraction(n0, all0), Fraction(n1, all1)
        # A new group has no share before; with its own of now, all that it did is a change of the mix.
        r0 = Fraction(k0, n0) if n0 else Fraction(k1, n1)
        r1 = Fraction(k1, n1) if n1 else r0
        rates.append((w0 + w1) / 2 * (r1 - r0))
        mixes.append((w1 - w0) * ((r0 + r1) / 2 - middle))
    return rates, mixes, {"before_share": float(whole0), "now_share": float(whole1), "change": float(whole1 - whole0)}
