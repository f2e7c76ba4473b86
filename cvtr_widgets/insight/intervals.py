"""Statistics of small numbers: intervals to show, and false-discovery control.

A rate of 3 in 8 says little. What is *shown* has a Wilson interval; what is *judged* is compared with how much the groups
differ from each other anyway (``judge``), and with how many groups were looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64]

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: two-sided intervals of 95 %."""


def wilson(hits: ArrayLike, total: ArrayLike, z: float = Z95) -> tuple[Numbers, Numbers]:
    """The Wilson score interval (Wilson 1927) of each ``hits / total``: low and high, 0 to 1; NaN where ``total`` is 0."""
    import numpy as np

    k, n = np.asarray(hits, dtype="float64"), np.asarray(total, dtype="float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # Exactly 0 and 1 at the ends: rounding could give 1e-17 there, and an interval that does not hold its own share.
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
