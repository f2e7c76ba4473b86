"""What is known of the service, as frames: its lists, what it says of deliveries and statistics, the dialect with its evidence,
and what the doctor found. Nothing personal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.dialect.model import EntryRow
from cvtr_widgets.errors import RequestRefused
from cvtr_widgets.frames.field_map import id_of
from cvtr_widgets.frames.leads import records_frame
from cvtr_widgets.models import Choice, Diagnosis, LeadId

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("documented", "inferred", "seen", "sent", "verified")
STATES = ("ok", "differs", "missing")


def dialect_frame(rows: Sequence[EntryRow]) -> pd.DataFrame:
    """Index ``entry`` (dotted name); ``value`` (JSON text), ``evidence`` (category: documented, inferred, seen, sent, verified),
    ``when`` (text, a day), ``where`` (text, an enterprise), ``own`` (bool: it is in your own file).
    """
    import pandas as pd

    data = {
        "value": [r.value for r in rows],
        "evidence": pd.Categorical([r.evidence.kind for r in rows], categories=list(KINDS)),
        "when": [r.evidence.when for r in rows],
        "where": [r.evidence.where for r in rows],
        "own": [r.own for r in rows],
    }
    return pd.DataFrame(data, index=pd.Index([r.entry for r in rows], dtype="object", name="entry"))


def doctor_frame(findings: Sequence[Diagnosis]) -> pd.DataFrame:
    """Index ``check`` (text); ``state`` (category: ok, differs, missing), ``found`` (text), ``advice`` (text, empty when ok)."""
    import pandas as pd

    data = {
        "state": pd.Categorical([f.state for f in findings], categories=list(STATES)),
        "found": [f.found for f in findings],
        "advice": [f.advice for f in findings],
    }
    return pd.DataFrame(data, index=pd.Index([f.check for f in findings], dtype="object", name="check"))


def list_frame(
    client: Convertr, records: Iterable[Mapping[str, Any] | Choice], lists: str, resource: str, columns: Sequence[str] = ("name",)
) -> pd.DataFrame:
    """One of the service's lists: index ``id``, and these columns. ``attrs["notes"]``: what its reader should know."""
    rows = [{"id": r.id, "name": r.name} if isinstance(r, Choice) else r for r in records]
    frame = records_frame(rows, columns, lists)
    frame.attrs["notes"] = client.catalog.notes(resource)
    return frame


def campaigns_frame(client: Convertr) -> pd.DataFrame:
    """See ``LeadSession.campaigns``."""
    rows = [{**r, "advertiser_id": id_of(r.get("advertiser"))} for r in client.campaigns()]
    return list_frame(client, rows, "campaigns", "campaigns", ("name", "advertiser_id", "status", "currency"))


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

    frame = pd.DataFrame([{k: v for k, v in r.items() if not k.startswith("@")} for r in rows])
    frame.attrs["notes"] = client.catalog.notes("lead-statistics-chronologies")
    if "date" not in frame.columns:
        return frame
    days = [day if isinstance(day, str) else None for day in frame["date"]]  # a number would be taken for nanoseconds
    frame["date"] = pd.to_datetime(pd.Series(days, dtype="object"), errors="coerce", utc=True).dt.date
    return frame.set_index("date").sort_index()
