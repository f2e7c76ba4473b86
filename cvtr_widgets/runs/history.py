"""What the journal tells about past runs, as a frame."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.models import Outcome
from cvtr_widgets.runs.journal import Journal, JournalEntry

if TYPE_CHECKING:
    import pandas as pd


def history_frame(journal: Journal) -> pd.DataFrame:
    """Runs, newest first: index ``run_id``.

    Columns: ``started ended`` (UTC), ``state`` (``done``, ``cancelled``, ``failed``, or ``unfinished`` where the run never
    came to its end), ``actions`` (text), ``leads`` (int64, leads to be sent), one Int64 column per outcome,
    ``signed_by``, ``fingerprint``.
    """
    import pandas as pd

    runs: dict[str, dict[str, Any]] = {}
    for entry in journal.entries():
        _take(runs.setdefault(entry.run, {"run_id": entry.run}), entry)
    rows = [row for row in runs.values() if "started" in row]
    outcomes = [str(o) for o in Outcome]
    columns = ["run_id", "started", "ended", "state", "actions", "leads", *outcomes, "signed_by", "fingerprint"]
    frame = pd.DataFrame([{"state": "unfinished", **row} for row in rows], columns=columns)
    for name in ("started", "ended"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    for name in ("leads", *outcomes):
        frame[name] = frame[name].astype("Int64")
    return frame.set_index("run_id").iloc[::-1]


def _take(row: dict[str, Any], entry: JournalEntry) -> None:
    data = entry.data
    if entry.kind == "run":
        kinds = [f"{a['kind']}" + (f" ({a['reason']})" if a.get("reason") else "") for a in data.get("actions", [])]
        signature = data.get("signature") or {}
        row.update(
            started=datetime.fromisoformat(entry.at), actions=", ".join(kinds), leads=data.get("leads"),
            fingerprint=data.get("fingerprint"), signed_by=signature.get("name"),
        )  # fmt: skip
    elif entry.kind == "end":
        row.update(ended=datetime.fromisoformat(entry.at), state=data.get("state"), **data.get("counts", {}))
