"""Frames of made-up leads put into a store as a sync would, without a service."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from cvtr_widgets.archive import schema
from cvtr_widgets.archive.archive import Archive
from cvtr_widgets.archive.batch import versions_table
from cvtr_widgets.archive.hash_personal import PersonalHasher
from cvtr_widgets.archive.store import PREFIX, ArchiveStore
from cvtr_widgets.frames.leads import FRAME_COLUMNS


def completed(frame: pd.DataFrame) -> pd.DataFrame:
    """With the columns that a frame of leads has besides."""
    made = frame.copy()
    for column in FRAME_COLUMNS:
        if column.name not in made.columns:
            made[column.name] = pd.Series([None] * len(made), index=made.index, dtype="object")
    made["updated"] = pd.to_datetime(made["updated"], utc=True)
    made.attrs = dict(frame.attrs)
    return made


def archived(folder: Path, frame: pd.DataFrame, personal: str = "none") -> Archive:
    """An archive that holds these leads, besides what was put there before."""
    import pyarrow as pa

    full, cover = completed(frame), PersonalHasher(b"key", frame["reason"].dropna().unique())
    at = datetime.fromisoformat(frame.attrs["as_of"]).astimezone(UTC)
    with ArchiveStore(folder / f"{PREFIX}made-up").writing() as writer:
        values, lost = schema.values_table(full, personal, cover)
        assert lost == {}
        ids, first = full.index.tolist(), writer.manifest.next_version
        table = versions_table(
            values, ids, range(first, first + len(ids)), [at] * len(ids), schema.THERE, schema.row_hashes(values), personal
        )
        writer.put("versions", table, month="2026-11")
        writer.put("seen", pa.table([pa.array(ids, pa.int64()), [at] * len(ids)], schema=schema.seen_schema()))
        sent = [c.name for c in FRAME_COLUMNS if c.name not in frame.attrs["not_sent"]]
        writer.commit(
            personal=personal, next_version=first + len(ids), sent=tuple(sent),
            syncs=({"began": at.isoformat(), "ended": at.isoformat(), "complete": True},),
        )  # fmt: skip
    return Archive(folder)
