"""Leads with the same e-mail address, telephone number or fingerprint as an earlier one of the same campaign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cvtr_widgets.insight.columns import group_of, zone_of
from cvtr_widgets.insight.finding import Finding, Look, simply_so

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

VERSION = 1
FIELDS = {
    "email": "e-mail address",
    "telephone": "telephone number",
    "other_fingerprint": "fingerprint",
    "other_ip": "IP address",
}
OFFICE = 10
"""Up to this many leads of one IP address and campaign may come from one office, school or mobile operator."""
TELLS_NOTHING = 0.2
"""If a larger share of the leads repeat a value, the column does not tell people apart (a test number, a shared device)."""
CANNOT = "Who sent the person's data first outside this platform, and which of the leads is correct."


def duplicates(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Later leads with the same value, by publisher. The finding says which lead came first, not which one is correct."""
    import numpy as np

    if "date" not in leads.columns or leads.attrs.get("masked"):
        look.say("Duplicates could not be checked: the frame is masked or has no dates.")
        return
    # The id decides between leads of the same second, so that what counts as the first does not hang on the order of the frame.
    ordered = leads.assign(_id=leads.index).sort_values(["date", "_id"], kind="stable")
    by: dict[str, NDArray[np.bool_]] = {}
    first: dict[int, int] = {}
    for column, what in FIELDS.items():
        look.check()
        if column in ordered.columns:
            later, firsts = _later(ordered, column, what, look)
            by[what] = later
            for lead_id, earlier in firsts.items():
                first.setdefault(lead_id, earlier)
    if not by:
        return
    any_of = np.logical_or.reduce(list(by.values()))
    publisher = group_of(ordered, "publisher", zone_of("UTC")).astype("object")
    for name, places in publisher.groupby(publisher.to_numpy(), sort=True).indices.items():
        mine = places[any_of[places]]
        if len(mine):
            counts = {what: int(later[places].sum()) for what, later in by.items() if later[places].any()}
            yield _finding(f"publisher {name}", [int(i) for i in ordered.index[mine]], len(places), counts, first)


def _later(ordered: pd.DataFrame, column: str, what: str, look: Look) -> tuple[NDArray[np.bool_], dict[int, int]]:
    """Which leads repeat an earlier one of their campaign, and which is the first of each."""
    import numpy as np
    import pandas as pd

    value = folded(ordered[column], column)
    keys = pd.DataFrame({"value": value, "campaign": ordered["campaign_id"].array if "campaign_id" in ordered.columns else 0})
    # pandas numbers them as floats where a row has no value, and as -1 in other versions.
    codes = keys.groupby(["value", "campaign"], sort=False, dropna=True).ngroup().fillna(-1).to_numpy().astype("int64")
    # Rows without a value have no group: two leads without a telephone number are no duplicates.
    known = codes >= 0
    repeated = pd.Series(codes).duplicated(keep="first").to_numpy() & known
    if repeated.sum() > TELLS_NOTHING * max(1, int(known.sum())):
        look.say(f"Leads with the same {what} were not judged: more than a fifth of the leads repeat one.")
        return np.zeros(len(ordered), dtype=bool), {}
    if column == "other_ip" and repeated.any():
        sizes = np.bincount(codes[known])
        repeated &= np.where(known, sizes[np.maximum(codes, 0)] > OFFICE, False)
    ids = ordered.index.to_numpy()
    places = np.flatnonzero(repeated)
    where: dict[int, int] = {}
    wanted = set(codes[places].tolist())
    for code, lead_id in zip(codes.tolist(), ids.tolist(), strict=True):
        if code in wanted:
            where.setdefault(code, lead_id)
    return repeated, {int(ids[p]): int(where[int(codes[p])]) for p in places}


def folded(values: pd.Series[Any], column: str) -> pd.Series[Any]:
    """Values without spaces and capitals; telephone numbers as their digits. None where there is nothing to compare."""
    import pandas as pd

    def fold(text: Any) -> str | None:
        if not isinstance(text, str):
            return None
        if column == "telephone":
            digits = "".join(c for c in text if c.isdigit())
            return digits if len(digits) > 6 else None
        return text.strip().casefold() or None

    return pd.Series([fold(v) for v in values], index=values.index, dtype="object")


def _finding(about: str, ids: list[int], n: int, counts: dict[str, int], first: dict[int, int]) -> Finding:
    said = ", ".join(f"{count:,}{' repeat' if not n else ''} the {what}" for n, (what, count) in enumerate(counts.items()))
    sentence = (
        f"{len(ids):,} of {n:,} leads of {about} repeat an earlier lead of the same campaign ({said}); for example, "
        f"lead {ids[0]} repeats lead {first[ids[0]]}."
    )
    return simply_so(
        "duplicates", VERSION, about, ids, n, measure="leads that repeat an earlier one", sentence=sentence, cannot_tell=CANNOT,
        parameters={"repeated": counts, "first_lead": {str(i): first[i] for i in ids}},
    )  # fmt: skip
