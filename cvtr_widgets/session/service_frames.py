"""What is known of the service, as frames: its lists, what it says of deliveries and statistics, the dialect with its evidence,
and what the doctor found. Nothing personal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.dialect.model import EntryRow
from cvtr_widgets.errors import RequestRefused
from cvtr_widgets.frames.described import TEXT, frame_of
from cvtr_widgets.frames.field_map import id_of
from cvtr_widgets.frames.leads import records_frame
from cvtr_widgets.models import INT64_MAX, Choice, Diagnosis, LeadId

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("documented", "inferred", "seen", "sent", "verified")
NAMED: Mapping[str, str] = {"name": TEXT}
STATES = ("ok", "differs", "missing")


def dialect_frame(rows: Sequence[EntryRow]) -> pd.DataFrame:
    """The dialect, one row an entry.

    Index ``entry`` (text: its dotted name). Columns: ``value`` (text: JSON), ``evidence`` (category: ``documented``,
    ``inferred``, ``seen``, ``sent``, ``verified``), ``when`` (text: a day), ``where`` (text: an enterprise), ``own`` (bool: it is
    in your own file).
    """
    kinds = {"entry": TEXT, "value": TEXT, "evidence": "category", "when": TEXT, "where": TEXT, "own": "bool"}
    frame = frame_of(
        (
            {"entry": r.entry, "value": r.value, "evidence": r.evidence.kind, "when": r.evidence.when, "where": r.evidence.where,
             "own": r.own}
            for r in rows
        ), kinds, "entry",
    )  # fmt: skip
    frame["evidence"] = frame["evidence"].cat.set_categories(list(KINDS))
    return frame


def doctor_frame(findings: Sequence[Diagnosis]) -> pd.DataFrame:
    """What the doctor found, one row a check.

    Index ``check`` (text). Columns: ``state`` (category: ``ok``, ``differs``, ``missing``), ``found`` (text), ``advice`` (text,
    empty where the state is ok).
    """
    kinds = {"check": TEXT, "state": "category", "found": TEXT, "advice": TEXT}
    rows = ({"check": f.check, "state": f.state, "found": f.found, "advice": f.advice} for f in findings)
    frame = frame_of(rows, kinds, "check")
    frame["state"] = frame["state"].cat.set_categories(list(STATES))
    return frame


def list_frame(
    client: Convertr, records: Iterable[Mapping[str, Any] | Choice], lists: str, resource: str, columns: Mapping[str, str] = NAMED
) -> pd.DataFrame:
    """One of the service's lists: index ``id``, and these columns. ``attrs["notes"]``: what its reader should know."""
    rows = [{"id": r.id, "name": r.name} if isinstance(r, Choice) else r for r in records]
    frame = records_frame(rows, columns, lists)
    frame.attrs["notes"] = client.catalog.notes(resource)
    return frame


def campaigns_frame(client: Convertr) -> pd.DataFrame:
    """See ``LeadSession.campaigns``."""
    rows = [{**r, "advertiser_id": id_of(r.get("advertiser"))} for r in client.campaigns()]
    return list_frame(
        client, rows, "campaigns", "campaigns", {**NAMED, "advertiser_id": "Int64", "status": TEXT, "currency": TEXT}
    )


def integrations_frame(client: Convertr, campaign_id: int | None) -> pd.DataFrame:
    """See ``LeadSession.integrations``."""
    if campaign_id is None:
        raise RequestRefused("No campaign is named", advice="Give its id or its exact name.")
    found = client.integrations(campaign_id)
    if not found and not client.catalog.has("campaigns", campaign_id):
        raise RequestRefused(
            f"There is no campaign {campaign_id}, or it is not visible to you", advice="See session.campaigns()."
        )
    return list_frame(client, found, "integrations", "campaign-processr-jobs")


def delivered_frame(client: Convertr, ids: tuple[LeadId, ...], cancelled: Callable[[], bool]) -> pd.DataFrame:
    """See ``LeadSession.is_delivered``."""
    import pandas as pd

    told = client.is_delivered(ids, cancelled=cancelled)
    index = pd.Index(ids, dtype="int64", name="lead_id")
    return pd.DataFrame({"delivered": pd.array([told.get(lead) for lead in ids], dtype="boolean")}, index=index)


def chronology_frame(client: Convertr, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """See ``LeadSession.statistics_over_time``."""
    import pandas as pd

    said = [{k: v for k, v in r.items() if not k.startswith("@")} for r in rows]
    names = dict.fromkeys(name for row in said for name in row if name != "date")
    data = {name: _counts([row.get(name) for row in said]) for name in names}
    days = [day if isinstance(day := row.get("date"), str) else None for row in said]  # a number would be taken for nanoseconds
    dates = pd.to_datetime(pd.Series(days, dtype="object"), errors="coerce", utc=True).dt.date
    frame = pd.DataFrame(data, index=pd.Index(dates, dtype="object", name="date")).sort_index()
    frame.attrs["notes"] = client.catalog.notes("lead-statistics-chronologies")
    return frame


def _counts(values: list[Any]) -> Any:
    """Whole numbers as Int64, with or without missing ones; anything else as the service sends it."""
    import pandas as pd

    whole = all(value is None or (type(value) is int and abs(value) <= INT64_MAX) for value in values)
    return pd.array(values, dtype="Int64" if whole else "object")
