"""Many leads of one publisher within minutes, beyond what its own hours explain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.insight.columns import NONE, group_of, zone_of
from cvtr_widgets.insight.finding import ALPHA, Finding, Look

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

VERSION = 1
WINDOW = 600
"""Seconds."""
LEAST = 10
"""Fewer leads in a window are not a burst."""
PULL = 12.0
"""How strongly the mean of an hour of the week is shrunk towards the publisher's mean, in windows: six weeks have 36 per hour."""
LEAST_EXTRA = 0.3
"""Least over-dispersion assumed for a publisher: leads come in waves, so a plain Poisson would raise false alarms."""
CANNOT = "Whether a mailing, an import or a machine sent them."


def bursts(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Windows of ten minutes with too many leads: a negative-binomial tail around the publisher's own rate.

    What is usual is the publisher's own rate at that hour of the week.

    Each publisher is one test: its most unusual window, adjusted for the number of its windows. So its many quiet windows
    take no power from other rules. All unusual windows of a publisher make one finding.
    """
    if "date" not in leads.columns or "lead_generator" not in leads.columns:
        look.say("Bursts could not be checked: dates or publishers are missing.")
        return
    dated = leads[leads["date"].notna()]
    if len(dated) < 100:
        return
    seconds = dated["date"].astype("datetime64[s, UTC]").astype("int64").to_numpy()
    window = seconds // WINDOW
    first, span = int(window.min()), int(window.max() - window.min()) + 1
    # Over less than two days there is no usual hour; one wrong date of long ago would ask for an array of millions of windows.
    if span > 500_000 or span < 6 * 24 * 2:
        look.say("Bursts were not judged: the leads span less than two days or more than nine years.")
        return
    publisher = group_of(dated, "publisher", zone_of("UTC")).astype("object")
    for name, places in publisher.groupby(publisher.to_numpy(), sort=True).indices.items():
        look.check()
        if name == NONE or len(places) < LEAST:
            continue
        # Counted also where nothing is found: the false-discovery control must know of every test, not only of those that look
        # strange.
        look.tested(1, "bursts")
        at = (window[places] - first).astype("int64")
        strange, p = _strange(at, first, span)
        if p <= ALPHA:
            ids = dated.index[places]
            yield _finding(str(name), [(first + w, ids[at == w].tolist(), usual) for w, usual in strange], len(places), p)


def _strange(at: NDArray[np.int64], first: int, span: int) -> tuple[list[tuple[int, float]], float]:
    """Unusual windows with their usual number of leads, and the chance of the most unusual one among all windows."""
    import numpy as np
    from scipy import stats

    counts = np.bincount(at, minlength=span)
    mean = np.maximum(_usual(counts, first), 1e-6)
    # Without the fullest windows: a burst that counts into the over-dispersion hides itself.
    kept = counts <= np.quantile(counts, 0.995)
    # By moments: what the variance is beyond that of a Poisson, in units of the squared mean. It may come out negative for few
    # leads, which LEAST_EXTRA covers.
    extra = float(((counts - mean) ** 2 - mean)[kept].sum() / (mean**2)[kept].sum())
    size = 1 / max(extra, LEAST_EXTRA)
    many = np.flatnonzero(counts >= LEAST)
    if len(many) == 0:
        return [], 1.0
    # Windows do not overlap: a burst across two windows counts in both, with fewer leads in each.
    # Times the number of windows (Bonferroni): the most unusual of 50,000 windows is unusual by chance.
    tails = np.minimum(1.0, span * stats.nbinom.sf(counts[many] - 1, size, size / (size + mean[many])))
    return [(int(w), float(mean[w])) for w, tail in zip(many, tails, strict=True) if tail <= ALPHA], float(tails.min())


def _usual(counts: NDArray[Any], first: int) -> NDArray[np.float64]:
    """The usual number in each window: the mean of its hour of the week without itself, shrunk towards the mean of all."""
    import numpy as np

    slot = ((first + np.arange(len(counts))) * WINDOW // 3_600) % 168
    sums, sizes = np.bincount(slot, counts, 168), np.bincount(slot, minlength=168)
    overall = counts.sum() / len(counts)
    found: NDArray[np.float64] = (sums[slot] - counts + PULL * overall) / (sizes[slot] - 1 + PULL)
    return found


def _start(window: int) -> datetime:
    return datetime.fromtimestamp(window * WINDOW, UTC)


def _finding(name: str, strange: list[tuple[int, list[Any], float]], n: int, p: float) -> Finding:
    from cvtr_widgets.insight.intervals import wilson

    strange = sorted(strange, key=lambda one: -len(one[1]))
    window, most, usual = strange[0]
    start = _start(window)
    ids = tuple(sorted(int(i) for _, leads, _ in strange for i in leads))
    others = len(strange) - 1
    more = f" {others:,} more window{' like this was' if others == 1 else 's like this were'} found." if others else ""
    few = f"{usual:.1f}" if usual >= 0.05 else "fewer than 0.1"
    sentence = (
        f"{len(most):,} leads of publisher {name} came in within ten minutes from {start:%Y-%m-%d %H:%M} UTC. The usual number "
        f"at that hour of the week is {few}.{more}"
    )
    low, high = wilson([len(ids)], [n])
    return Finding(
        "bursts", VERSION, f"publisher {name}", ids, "leads in unusual ten-minute windows", len(ids), n, float(low[0]),
        float(high[0]), sentence, CANNOT, p=p,
        parameters={"window_seconds": WINDOW, "starts": [_start(w).isoformat() for w, *_ in strange]},
    )  # fmt: skip
