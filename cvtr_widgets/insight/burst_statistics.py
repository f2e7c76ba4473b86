"""How unusual ten minutes with many leads are, beside what is usual for a group at that hour of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW = 600
"""Seconds."""
SLOTS = 168
"""Hours of a week."""
LEAST = 10
"""Fewer leads in a window are not a burst."""
PULL = 12.0
"""How strongly the mean of an hour of the week is shrunk towards the group's mean, in windows: six weeks have 36 per hour."""
LEAST_EXTRA = 0.3
"""Least over-dispersion assumed for a group: leads come in waves, so a plain Poisson would raise false alarms."""


class JudgedWindow(NamedTuple):
    """``usual``: mean of the other windows of that hour of the week, shrunk towards the mean of all. ``chance``: of so many leads
    in any window of the group.
    """

    usual: float
    chance: float


def slots_of(first: int, span: int) -> NDArray[np.int64]:
    """The hour of the week of so many windows, from the window ``first`` on (a number of ten minutes since 1970)."""
    import numpy as np

    made: NDArray[np.int64] = (first + np.arange(span)) * WINDOW // 3_600 % SLOTS
    return made


def judge_windows(
    slot: NDArray[np.int64], counts: NDArray[np.int64], windows: NDArray[np.int64], *, first: int, span: int
) -> dict[tuple[int, int], JudgedWindow]:
    """Judge the windows of one group that have at least ``LEAST`` leads, by hour of the week and number of leads.

    A negative-binomial tail, times the number of windows (Bonferroni): the most unusual of 50,000 is unusual by chance. Windows
    do not overlap: a burst across two of them counts in both, with fewer leads in each.

    ``windows``: how many windows of an hour of the week (``slot``) have so many leads (``counts``), among ``span`` from ``first``
    on; those without a lead are in no row.
    """
    import numpy as np
    from scipy import stats

    sizes = np.bincount(slots_of(first, span), minlength=SLOTS)
    sums = np.bincount(slot, counts * windows, SLOTS)
    empty = sizes - np.bincount(slot, windows, SLOTS)
    slot = np.concatenate([np.arange(SLOTS), slot])
    counts, windows = np.concatenate([np.zeros(SLOTS, "int64"), counts]), np.concatenate([empty, windows]).astype("int64")
    overall = float((counts * windows).sum()) / span
    mean = np.maximum((sums[slot] - counts + PULL * overall) / (sizes[slot] - 1 + PULL), 1e-6)
    # Without the fullest windows: a burst that counts into the over-dispersion hides itself.
    kept = (counts <= _quantile(counts, windows, 0.995)) * windows
    # By moments: what the variance is beyond that of a Poisson, in units of the squared mean. It may come out negative for few
    # leads, which LEAST_EXTRA covers.
    extra = float((((counts - mean) ** 2 - mean) * kept).sum() / ((mean**2) * kept).sum())
    size = 1 / max(extra, LEAST_EXTRA)
    many = np.flatnonzero(counts >= LEAST)
    tails = np.minimum(1.0, span * stats.nbinom.sf(counts[many] - 1, size, size / (size + mean[many])))
    return {
        (int(slot[at]), int(counts[at])): JudgedWindow(float(mean[at]), float(tail))
        for at, tail in zip(many, tails, strict=True)
    }  # fmt: skip


def _quantile(counts: NDArray[np.int64], weights: NDArray[np.int64], share: float) -> float:
    """As ``numpy.quantile`` of each count repeated ``weights`` times."""
    import numpy as np

    order = np.argsort(counts, kind="stable")
    ends = np.cumsum(weights[order])
    at = (int(ends[-1]) - 1) * share
    low, high = (
        int(counts[order][np.searchsorted(ends, place, side="right")]) for place in (int(at), min(int(at) + 1, int(ends[-1]) - 1))
    )
    return low + (high - low) * (at - int(at))
