"""Upkeep of a store: small files are merged, and leads whose time is over are really removed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.archive import windows as ranges
from cvtr_widgets.archive.last_versions import LatestVersions
from cvtr_widgets.archive.store import ArchiveWriter, StoredFile
from cvtr_widgets.archive.windows import ReadWindow

if TYPE_CHECKING:
    import pyarrow as pa

MANY_FILES = 12
"""Files of a month, of readings or of runs that are put together after a sync."""
_ORDER = {"versions": ("lead_id", "version"), "seen": ("lead_id", "seen_at"), "runs": ("lead_id",)}
"""What the rows of a file are ordered by."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What ``Archive.retain`` removed: how many leads, and those that came in before when."""

    leads: int
    before: datetime


def compact(writer: ArchiveWriter, *, at_least: int = 2) -> tuple[int, int]:
    """Put small files together: how many files there were, and how many there are. Nothing of what they say changes.

    Files that were replaced stay for an hour, for readers that are at them.

    Raises:
        ArchiveError: a file cannot be read or written; then nothing has changed.
    """
    before = len(writer.manifest.files)
    parts: dict[tuple[str, str], list[StoredFile]] = {}
    for file in writer.manifest.files:
        parts.setdefault((file.kind, file.month), []).append(file)
    for (kind, month), files in parts.items():
        if len(files) >= at_least:
            writer.put(kind, read(writer, files).sort_by([(name, "ascending") for name in _ORDER[kind]]), month=month)
            # One commit for each kind and month: a kill in between leaves those done put together, and the rest as it was.
            writer.commit(drop=files)
    return before, len(writer.manifest.files)


def remove_before(writer: ArchiveWriter, moment: datetime) -> Removal:
    """Remove leads that came in before a moment: their files are written again without them, and the old ones deleted at once.

    Raises:
        ArchiveError: a file cannot be read or written.
    """
    latest = LatestVersions(writer.store, writer.manifest)
    try:
        gone = latest.ids_before(moment)
    finally:
        latest.close()
    drop = []
    for file in writer.manifest.files if gone else ():
        table = read(writer, [file])
        kept = without(table, gone)
        if kept.num_rows < table.num_rows:
            drop.append(file)
            if kept.num_rows:
                writer.put(file.kind, kept, month=file.month)
    windows = [
        ReadWindow(max(w.low, moment), w.high, w.read)
        for w in ranges.loaded(writer.manifest.windows)
        if w.high and w.high > moment
    ]
    said = {"at": datetime.now(UTC).isoformat(), "before": moment.isoformat(), "leads": len(gone)}
    writer.commit(
        drop=drop, now=True, floor=moment.isoformat(), windows=ranges.dumped(windows), replaced=(),
        removals=(*writer.manifest.removals, said) if gone else writer.manifest.removals,
    )  # fmt: skip
    writer.tidy()  # files that a compaction had replaced hold these leads, too
    # The cache holds the removed leads, too; the next question makes it again.
    for path in writer.store.folder.glob("*cache-*"):
        with suppress(OSError):
            path.unlink()
    return Removal(len(gone), moment)


def read(writer: ArchiveWriter, files: Sequence[StoredFile]) -> pa.Table:
    """Files of one kind as a table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # partitioning=None: pyarrow, too, would add the month from the folder's name.
    tables = [pq.read_table(writer.store.folder / file.name, partitioning=None) for file in files]
    return pa.concat_tables(tables).unify_dictionaries()


def without(table: pa.Table, gone: Sequence[int]) -> pa.Table:
    """The table without the rows of these leads."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.invert(pc.is_in(table.column("lead_id"), value_set=pa.array(gone, pa.int64()))))
