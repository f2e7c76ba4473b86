"""Statistics of small numbers: Wilson intervals to show, beta-binomial tails to judge by, and false-discovery control.

A rate of 3 in 8 is no rate. What is *shown* has a Wilson interval; what is *judged* is compared with how much the groups
differ from each other anyway, and with how many groups were looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64]

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: two-sided intervals of 95 %."""
TRIMMED = 0.02
"""Share of the groups with the highest rates that the natural spread is not estimated from: they may be what is looked for."""
LEAST_SPREAD_GROUPS = 8
"""From fewer groups no spread can be told; ``UNKNOWN_SPREAD`` is assumed then."""
UNKNOWN_SPREAD = 0.01


def wilson(hits: ArrayLike, total: ArrayLike, z: float = Z95) -> tuple[Numbers, Numbers]:
    """The Wilson score interval (Wilson 1927) of each ``hits / total``: low and high, 0 to 1; NaN where ``total`` is 0."""
    import numpy as np

    k, n = np.asarray(hits, dtype="float64"), np.asarray(total, dtype="float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = np.where(k == 0, 0.0, middle - half), np.where(k == n, 1.0, middle + half)
    nothing = n <= 0
    return np.where(nothing, np.nan, np.clip(low, 0, 1)), np.where(nothing, np.nan, np.clip(high, 0, 1))


def newcombe(k1: ArrayLike, n1: ArrayLike, k0: ArrayLike, n0: ArrayLike) -> tuple[Numbers, Numbers]:
    """The interval of the difference ``k1 / n1 - k0 / n0`` (Newcombe 1998, method 10): low and high; NaN where an n is 0."""
    import numpy as np

    a, b = np.asarray(k1, dtype="float64"), np.asarray(k0, dtype="float64")
    n, m = np.asarray(n1, dtype="float64"), np.asarray(n0, dtype="float64")
    (low1, high1), (low0, high0) = wilson(a, n), wilson(b, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = a / n, b / m
    difference = p - q
    low = difference - np.sqrt((p - low1) ** 2 + (high0 - q) ** 2)
    high = difference + np.sqrt((high1 - p) ** 2 + (q - low0) ** 2)
    return low, high


def benjamini_hochberg(p: Sequence[float] | Numbers) -> Numbers:
    """p-values adjusted for how many there are (Benjamini and Hochberg 1995), in the order given; NaN stays NaN, uncounted."""
    import numpy as np

    given = np.asarray(p, dtype="float64")
    adjusted = np.full(len(given), np.nan)
    known = np.flatnonzero(~np.isnan(given))
    if len(known) == 0:
        return adjusted
    order = known[np.argsort(given[known], kind="stable")]
    raised = given[order] * len(known) / np.arange(1, len(known) + 1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(raised[::-1])[::-1])
    return adjusted


@dataclass(frozen=True, slots=True)
class Spread:
    """How often something happens over all groups (``rate``, 0 to 1), and how much groups differ anyway (``rho``, 0 to 1)."""

    rate: float
    rho: float

    def tail(self, hits: ArrayLike, total: ArrayLike) -> Numbers:
        """The chance of at least so many hits: beta-binomial, or binomial where there is no spread."""
        import numpy as np
        from scipy import stats

        k, n = np.asarray(hits, dtype="float64"), np.asarray(total, dtype="float64")
        if self.rate <= 0 or self.rate >= 1:
            # Where it never happens (or always does) elsewhere, nothing is known of what is usual.
            return np.ones(len(k))
        if self.rho <= 1e-9:
            found: Any = stats.binom.sf(k - 1, n, self.rate)
        else:
            size = 1 / self.rho - 1
            found = stats.betabinom.sf(k - 1, n, self.rate * size, (1 - self.rate) * size)
        clean: Numbers = np.clip(np.nan_to_num(np.asarray(found, dtype="float64"), nan=1.0), 0.0, 1.0)
        return clean


def spread_of(hits: ArrayLike, total: ArrayLike) -> Spread:
    """The rate and the natural spread of groups, by moments, without the ``TRIMMED`` groups of the highest rates.

    rho is the correlation within groups (0: a plain binomial). With rho 0.03 a group of 60 leads at three times the mean is
    nothing strange.
    """
    import numpy as np

    k, n = np.asarray(hits, dtype="float64"), np.asarray(total, dtype="float64")
    k, n = k[n > 0], n[n > 0]
    if len(n) == 0 or n.sum() == 0:
        return Spread(0.0, 0.0)
    if len(n) < LEAST_SPREAD_GROUPS:
        return Spread(float(k.sum() / n.sum()), UNKNOWN_SPREAD)
    kept = _without_highest(k, n)
    k, n = k[kept], n[kept]
    rate = float(k.sum() / n.sum())
    if rate <= 0 or rate >= 1:
        return Spread(rate, 0.0)
    # Weighted moments: sum n (p - rate)^2 has the mean rate (1 - rate) ((g - 1) + rho (N - sum n^2 / N - (g - 1))).
    groups, whole = len(n), n.sum()
    seen = float((n * (k / n - rate) ** 2).sum() / (rate * (1 - rate)))
    scale = whole - float((n**2).sum()) / whole - (groups - 1)
    rho = (seen - (groups - 1)) / scale if scale > 0 else 0.0
    return Spread(rate, float(min(0.5, max(0.0, rho))))


def _without_highest(k: Numbers, n: Numbers) -> NDArray[np.int64]:
    """Places of the groups to estimate from: all but those that stick out most (as z of a binomial) from the whole."""
    import numpy as np

    whole = min(max(float(k.sum() / n.sum()), 1e-9), 1 - 1e-9)
    z = (k / n - whole) / np.sqrt(whole * (1 - whole) / n)
    left_out = int(np.ceil(TRIMMED * len(n)))
    return np.asarray(np.sort(np.argsort(z, kind="stable")[: len(n) - left_out]))
