"""What a run changed, as far as it was read; what was refused and why; and runs of the journal counted."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import InsightError
from cvtr_widgets.insight.columns import need, period_of, zone_of
from cvtr_widgets.models import Outcome

if TYPE_CHECKING:
    import pandas as pd

RUN_GROUPS = ("person", "account", "action", "day", "week", "month")
PLAINLY = r"read back: [^;]*|the service said yes; not read back, as asked \(.*\)"
"""Details of leads that went as they should."""
RANK = {str(o): n for n, o in enumerate(Outcome)}


def run_effect(run: Any) -> pd.DataFrame:
    """What a run did: leads by ``action``, ``outcome``, ``before`` and ``after``; alarms first.

    ``run`` is a ``Run``, or its results frame (``run.results``, ``session.recorded(...)``).

    Columns: ``action outcome before after`` (text; ``before`` and ``after`` are status · delivery, empty for what was not read),
    ``leads`` (int64). They add up to the leads of the run. Billing and money after a run are in the leads, once they are pulled
    again: ``insight.money(session.pull(ids=run.results.index))``; a run reads back status and delivery only.

    Raises:
        InsightError: it is neither a run nor a results frame.
    """
    results = _results(run)
    frame = results.assign(
        action=results["action"].astype("object") if "action" in results.columns else "",
        before=state_words(results, "before"),
        after=state_words(results, "after"),
        outcome=results["outcome"].astype("object"),
    )
    table = frame.groupby(["action", "outcome", "before", "after"], observed=True).size().rename("leads").reset_index()
    made = table.sort_values(["outcome", "leads"], key=lambda c: c.map(RANK) if c.name == "outcome" else -c, ignore_index=True)
    made.attrs["lists"] = "counts of a run"
    return made


def why_not(run: Any) -> pd.DataFrame:
    """Why leads of a run were not changed: ``outcome detail`` (text) and ``leads`` (int64), most frequent first.

    Leads that are ``confirmed`` or ``accepted`` are not in it.
    """
    results = _results(run)
    need(results, "detail")
    rest = results[~results["outcome"].astype("object").isin(["confirmed", "accepted"])]
    # dropna=False: a lead whose detail is empty is counted, or the rows would not add up.
    table = rest.assign(outcome=rest["outcome"].astype("object")).groupby(["outcome", "detail"], observed=True, dropna=False)
    made = table.size().rename("leads").reset_index().sort_values("leads", ascending=False, kind="stable", ignore_index=True)
    made.attrs["lists"] = "counts of a run"
    return made


def runs_by(history: pd.DataFrame, by: str = "week", *, zone: tzinfo | str | None = None) -> pd.DataFrame:
    """Runs of ``session.history()`` by ``person`` (who signed), ``account`` (the login that ran it), ``action``, or
    ``day``, ``week`` or ``month`` in ``zone``.

    Index: the group (``(not signed)`` for runs without a signature). ``runs`` (int64), ``leads`` (int64: to be sent),
    ``contradicted unknown refused confirmed accepted skipped not_sent`` (int64: leads, of runs that have come to their end).

    Raises:
        InsightError: another group, or another frame.
    """
    if by not in RUN_GROUPS:
        raise InsightError(f"by is {by!r}. Choose one of: {', '.join(RUN_GROUPS)}.")
    need(history, "started", "actions", "leads", "signed_by")
    if by == "person":
        group = history["signed_by"].astype("object").fillna("(not signed)")
    elif by == "account":
        need(history, "account")
        group = history["account"].astype("object").replace("", None).fillna("(not noted)")
    elif by == "action":
        group = history["actions"].astype("object")
    else:
        group = period_of(history["started"], by, zone_of(zone))
    numbers = history[["leads", *RANK]].fillna(0).astype("int64")
    made = numbers.groupby(group.rename(by)).sum()
    made.insert(0, "runs", group.value_counts().reindex(made.index).astype("int64"))
    made.attrs["lists"] = "counts of runs"
    return made


def notable_detail(results: pd.DataFrame) -> pd.Series[str]:
    """What is said of each lead of a results frame; missing where a lead went well and nothing else is said, so that those that
    matter can be seen among them.
    """
    # Only where nothing else is said: "; no reliable answer came" after it is worth a look.
    plainly = results["detail"].astype("object").str.fullmatch(PLAINLY).fillna(value=False).astype(bool)
    return results["detail"].mask(plainly & results["outcome"].astype("object").isin(["confirmed", "accepted"]), None)


def _results(run: Any) -> pd.DataFrame:
    import pandas as pd

    results = run if isinstance(run, pd.DataFrame) else getattr(run, "results", None)
    if not isinstance(results, pd.DataFrame):
        raise InsightError(f"This is {type(run).__name__}, neither a run nor its results. Give session.run(...) or run.results.")
    need(results, "outcome", "before_status", "after_status", "before_delivery", "after_delivery")
    return results


def state_words(results: pd.DataFrame, when: str) -> pd.Series[str]:
    """How each lead was (``when`` is ``before``) or is (``after``): status · delivery, empty for what was not read."""
    status = results[f"{when}_status"].astype("object").fillna("")
    delivery = results[f"{when}_delivery"].astype("object").fillna("")
    return (status + " · " + delivery).str.strip(" ·")
