"""Many leads of one publisher within minutes, beyond what its own hours explain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.insight.burst_statistics import LEAST, WINDOW, judge_windows, slots_of
from cvtr_widgets.insight.columns import NONE, group_of, zone_of
from cvtr_widgets.insight.finding import ALPHA, Finding, Look

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

VERSION = 1
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

    counts, slots = np.bincount(at, minlength=span), slots_of(first, span)
    filled = np.flatnonzero(counts)
    (slot, leads), windows = np.unique(np.stack([slots[filled], counts[filled]]), axis=1, return_counts=True)
    judged = judge_windows(slot, leads, windows, first=first, span=span)
    many = [(int(w), judged[int(slots[w]), int(counts[w])]) for w in np.flatnonzero(counts >= LEAST)]
    strange = [(w, one.usual) for w, one in many if one.chance <= ALPHA]
    return strange, min((one.chance for _, one in many), default=1.0)


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
