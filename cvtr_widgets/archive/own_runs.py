"""What runs from this machine did to leads, by its journal: the archive then says which changes were ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from cvtr_widgets.archive import engines, schema
from cvtr_widgets.archive.last_versions import files_sql
from cvtr_widgets.archive.store import ArchiveStore, ArchiveWriter, Manifest
from cvtr_widgets.errors import CvtrError

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.session.lead_session import LeadSession

UNSENT_OUTCOMES = frozenset({"skipped", "refused", "not_sent"})
"""Outcomes after which nothing was changed by us."""


def new_runs(session: LeadSession, writer: ArchiveWriter, notes: list[str]) -> dict[str, pd.DataFrame]:
    """Ended runs that are not in the store yet: run id -> results of the leads that it was sent for."""
    try:
        history = session.history()
    except CvtrError as error:
        notes.append(f"Own runs are not in the archive: {error}")
        return {}
    known = known_runs(writer.store, writer.manifest)
    found = {}
    # Only runs that have ended: a run that goes on may still change leads after they were read here.
    for run_id in map(str, history.index[history["ended"].notna() & ~history["open"]]):
        if run_id not in known:
            results = session.recorded(run_id)
            sent = results[~results["outcome"].astype("object").isin(UNSENT_OUTCOMES)]
            if len(sent):
                found[run_id] = sent
    return found


def put_runs(runs: Mapping[str, pd.DataFrame], writer: ArchiveWriter, ahead: timedelta) -> None:
    """Put down what runs did, once their leads were read again: a sync that is killed before reads them again.

    ``ahead``: how far the archive's clock is ahead of the journal's.
    """
    for run_id, sent in runs.items():
        _put(writer, run_id, sent, ahead)
    if runs:
        writer.commit()


def _put(writer: ArchiveWriter, run_id: str, sent: pd.DataFrame, ahead: timedelta) -> None:
    import pyarrow as pa

    declared = schema.runs_schema()
    # The journal has this machine's time and the archive the service's, where the two differ: history compares them.
    finished = [None if at != at else at.to_pydatetime() + ahead for at in sent["finished_at"]]  # noqa: PLR0124  NaT
    columns = [
        pa.array(sent.index.to_numpy(), pa.int64()),
        *(
            schema.array_of(values, declared.field(name).type)
            for name, values in (
                ("run_id", [run_id] * len(sent)),
                ("action", [str(a) for a in sent["action"]]),
                ("outcome", [str(o) for o in sent["outcome"]]),
            )
        ),
        pa.array(finished, declared.field("finished_at").type),
    ]
    writer.put("runs", pa.table(columns, schema=declared))


def known_runs(store: ArchiveStore, manifest: Manifest) -> set[str]:
    """The runs that are in the store."""
    files = files_sql(store.paths(manifest, "runs"))
    if files is None:
        return set()
    connection = engines.in_memory()
    try:
        return {row[0] for row in connection.sql(f"SELECT DISTINCT run_id FROM {files}").fetchall()}
    finally:
        connection.close()
