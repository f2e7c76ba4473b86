"""Which groups have a rate that neither chance nor the natural spread of groups explains.

Groups differ by nature, and how much they do is itself only known roughly, above all where there are few. So nothing is plugged
in: the tail of each group is averaged over all means and spreads that the *other* groups make likely (an empirical Bayes mixture
over a grid). A small share of the groups may be strange; they are a component of their own, so that what is looked for does not
raise the spread that it is judged by. Checked by simulation in ``benchmarks/by_hand/findings.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

LIKELY_SPREAD = 0.02
"""Centre of the prior of rho: what groups of one kind of leads usually differ by. It decides only where groups are few."""
PRIOR_WIDTH = 1.0
"""Standard deviation of the logarithm of rho beforehand: 95 % of the prior lie between 0.003 and 0.14."""
STRANGE = (0.0, 0.002, 0.01, 0.03, 0.08)
"""Shares of groups that may be strange, equally likely beforehand."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A group: ``hits`` of its ``n`` leads, the rate that is ``usual`` elsewhere, the ``spread`` rho, and ``p``: the chance of so
    many hits or more in a group of that size, were it like the others.
    """

    key: Any
    hits: int
    n: int
    usual: float
    spread: float
    p: float


def judge(keys: Sequence[Any], hits: Sequence[int], total: Sequence[int], *, least_leads: int, least_hits: int) -> list[Judged]:
    """Groups with at least ``least_leads`` leads, each against all the others; none where there are fewer than three.
    A group with fewer than ``least_hits`` hits has ``p`` 1.
    """
    import numpy as np

    k, n = np.asarray(hits, dtype="int64"), np.asarray(total, dtype="int64")
    places = np.flatnonzero(n >= least_leads)
    # With two groups, "the others" is one group: whatever is usual would be that group's own number.
    if len(places) < 3:
        return []
    k, n = k[places], n[places]
    # Groups with the same hits and leads are one row: tens of thousands of sub-ids have few distinct pairs.
    pairs, which, count = np.unique(np.stack([k, n], axis=1), axis=0, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    usual, spread, p = _tails(pairs[:, 0].astype("float64"), pairs[:, 1].astype("float64"), count.astype("float64"), least_hits)
    return [
        Judged(keys[place], int(k[i]), int(n[i]), float(usual[w]), float(spread[w]), float(p[w]))
        for i, (place, w) in enumerate(zip(places.tolist(), which.tolist(), strict=True))
    ]


def _tails(k: Numbers, n: Numbers, count: Numbers, least_hits: int) -> tuple[Numbers, Numbers, Numbers]:
    """For each distinct pair of hits and leads: the usual rate, the spread, and the tail, as the other groups have them."""
    import numpy as np
    from scipy import special

    means, rhos, strange, prior = _grid(k, n, count)
    # Points that differ only in the share of strange groups follow each other, and have one Beta distribution together.
    alike = len(STRANGE)
    size = 1 / rhos[::alike] - 1
    a, b = means[::alike] * size, (1 - means[::alike]) * size
    # Log-likelihood of each pair under each grid point, without the binomial coefficient, which is the same in all of them.
    plain = special.betaln(k[:, None] + a, n[:, None] - k[:, None] + b) - special.betaln(a, b)
    plain = np.repeat(plain, alike, axis=1)
    # A strange group may have any rate, all equally likely: the likelihood under a uniform rate is Beta(k + 1, n - k + 1).
    odd = special.betaln(k + 1, n - k + 1)[:, None]
    with np.errstate(divide="ignore"):
        each = np.logaddexp(np.log1p(-strange) + plain, np.log(strange) + odd)
    # Likelihood of all groups without the group itself: a strange one must not raise the spread that it is judged by.
    others = prior + (count[:, None] * each).sum(axis=0) - each
    # Before exp(), or all of them would be 0 in floating point.
    others -= others.max(axis=1, keepdims=True)
    weight = np.exp(others)
    weight /= weight.sum(axis=1, keepdims=True)
    usual, spread = weight @ means, weight @ rhos
    p = np.ones(len(k))
    # The tail costs most and is only worked out where a finding is possible at all: not for fewer hits than the least, nor for a
    # rate below the usual one.
    looked = np.flatnonzero((k >= least_hits) & (k / n > usual))
    if len(looked):
        together = weight[looked].reshape(len(looked), -1, alike).sum(axis=2)
        p[looked] = _beyond(k[looked], n[looked], together, a, b)
    return usual, spread, p


def _grid(k: Numbers, n: Numbers, count: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Points to average over (mean, rho, share of strange groups) and their log prior."""
    import numpy as np
    from scipy import special

    whole = float((k * count).sum() / (n * count).sum())
    middle = special.logit(min(max(whole, 1e-4), 1 - 1e-4))
    # The median of the groups is hardly moved by strange ones; the grid holds both it and the mean of all.
    groups = float(count.sum())
    width = max(0.35, 2.5 / np.sqrt(groups))
    logits = np.linspace(middle - 1.2 - width, middle + width, 36)
    logs = np.linspace(np.log(3e-4), np.log(0.3), 24)
    grid = np.stack(np.meshgrid(logits, logs, np.array(STRANGE), indexing="ij"), axis=-1).reshape(-1, 3)
    prior = -0.5 * ((grid[:, 1] - np.log(LIKELY_SPREAD)) / PRIOR_WIDTH) ** 2
    return special.expit(grid[:, 0]), np.exp(grid[:, 1]), grid[:, 2], prior


def _beyond(k: Numbers, n: Numbers, weight: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """The chance of at least ``k`` hits in ``n``, the group's own rate being drawn from the weighted mixture of Beta(a, b)."""
    import numpy as np
    from scipy import special

    # On the logit scale: rates of a few per cent, which most are, need the finest steps.
    edges = special.expit(np.linspace(-12, 8, 401))
    middles = special.expit(np.linspace(-12, 8, 401)[:-1] + 0.025)
    # Most of the grid has no weight at all, and each point costs an incomplete Beta function for 400 edges.
    used = weight.max(axis=0) > 1e-9
    mass = np.diff(special.betainc(a[used][:, None], b[used][:, None], edges[None, :]), axis=1)
    own_part = weight[:, used] @ mass
    tails = special.betainc(k[:, None], n[:, None] - k[:, None] + 1, middles[None, :])
    # What the edges leave out at both ends counts as certain, so that rounding makes a group less strange and never stranger.
    chance = (own_part * tails).sum(axis=1) + np.maximum(0.0, 1 - own_part.sum(axis=1))
    found: Numbers = np.clip(chance, 0.0, 1.0)
    return found


def rates(groups: pd.Series[Any], hit: pd.Series[Any]) -> tuple[list[Any], list[int], list[int]]:
    """Groups, their hits and their leads."""
    table = hit.astype("int64").groupby(groups.astype("object"), observed=True).agg(["sum", "size"])
    return table.index.tolist(), table["sum"].tolist(), table["size"].tolist()
