"""How each lead of a store stood when it was last read: what a sync compares with.

The last version of a lead is the one with the greatest ``version``, which is counted up under the lock of the store; not the one
with the latest ``read_at``, as clocks are set back. The cache (``cache.py``) goes by the same number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.archive import engines
from cvtr_widgets.archive.schema import DELETED, THERE
from cvtr_widgets.archive.store import ArchiveStore, ArchiveWriter, Manifest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_NEEDED = "lead_id, version, read_at, presence, row_hash, date, updated, current_status, delivery"


class LatestVersions:
    """Lead ids with the hash of their last version, and a table ``latest`` to ask. ``note`` adds what was read since."""

    def __init__(self, store: ArchiveStore, manifest: Manifest) -> None:
        import numpy as np

        self._connection = engines.in_memory()
        versions, seen = (files_sql(store.paths(manifest, kind)) for kind in ("versions", "seen"))
        if versions is None:
            self._connection.sql(
                "CREATE TABLE latest (lead_id BIGINT, presence VARCHAR, row_hash BIGINT, date TIMESTAMPTZ, updated TIMESTAMPTZ, "
                "current_status VARCHAR, delivery VARCHAR, read_at TIMESTAMPTZ, changed BOOLEAN, seen_at TIMESTAMPTZ)"
            )
        else:
            self._connection.sql(
                # arg_max per lead in one pass; a window over all versions and a filter for the last one took longer.
                f"CREATE TABLE latest AS WITH last AS (SELECT unnest(arg_max(v, v.version)), count(*) > 1 AS changed FROM "
                f"(SELECT {_NEEDED} FROM {versions}) v GROUP BY v.lead_id), "
                f"sight AS (SELECT lead_id, max(seen_at) AS seen_at FROM {seen} GROUP BY lead_id) "
                "SELECT lead_id, presence, row_hash, date, updated, current_status, delivery, read_at, changed, seen_at "
                "FROM last LEFT JOIN sight USING (lead_id) ORDER BY lead_id"
            )
        found = self._connection.sql(
            "SELECT lead_id, row_hash, presence = 'there' AS there FROM latest ORDER BY lead_id"
        ).fetchnumpy()
        self._ids: Ints = np.asarray(found["lead_id"], dtype="int64")
        self._hashes: Ints = np.asarray(found["row_hash"], dtype="int64")
        self._there = np.asarray(found["there"], dtype=bool)
        self._since: dict[int, tuple[int, str]] = {}
        self.count = int(self._there.sum())

    def close(self) -> None:
        """Forget it."""
        self._connection.close()

    def state(self, lead_id: int) -> tuple[int, str] | None:
        """The hash and the presence of a lead; None where it was never read."""
        import numpy as np

        if lead_id in self._since:
            return self._since[lead_id]
        # Sorted arrays of 17 bytes a lead; a dict of 10,000,000 leads would take more than a gigabyte.
        place = int(np.searchsorted(self._ids, lead_id))
        if place < len(self._ids) and int(self._ids[place]) == lead_id:
            return int(self._hashes[place]), THERE if self._there[place] else DELETED
        return None

    def note(self, lead_id: int, row_hash: int, presence: str) -> None:
        """What was read now."""
        self._since[lead_id] = (row_hash, presence)

    def ids(self, where: str, values: Sequence[Any] = ()) -> list[int]:
        """Ids of leads that are there and match."""
        query = f"SELECT lead_id FROM latest WHERE presence = 'there' AND ({where}) ORDER BY lead_id"
        return [row[0] for row in self._connection.execute(query, list(values)).fetchall()]

    def ids_before(self, moment: datetime) -> list[int]:
        """Leads that came in before, deleted ones too."""
        rows = self._connection.execute("SELECT lead_id FROM latest WHERE date < ? ORDER BY lead_id", [moment]).fetchall()
        return [row[0] for row in rows]

    def open_ids(self, since: datetime) -> list[int]:
        """Leads that may still change: not delivered, Caution, or new or changed since."""
        return self.ids(
            # IS DISTINCT FROM: with <> a lead whose delivery is not known would not count as open.
            "delivery IS DISTINCT FROM 'Delivered' OR current_status = 'Caution' OR date >= ? OR updated >= ? OR "
            "(changed AND read_at >= ?)",
            (since, since, since),
        )

    def between(self, low: datetime, high: datetime) -> list[int]:
        """Leads that came in between, both ends included."""
        return self.ids("date >= ? AND date <= ?", (low, high))


def files_sql(paths: Sequence[Any]) -> str | None:
    """``read_parquet`` over files; None if there are none."""
    if not paths:
        return None
    names = ", ".join(engines.quoted(str(path)) for path in paths)
    # hive_partitioning off: DuckDB would add a column ``month`` from the folder's name. union_by_name: files of an earlier
    # version may lack a column.
    return f"read_parquet([{names}], hive_partitioning = false, union_by_name = true)"


def last_versions(writer: ArchiveWriter, ids: Sequence[int]) -> pa.Table:
    """The last version of each of these leads as a table, with the ``month`` of its file."""
    import pyarrow as pa

    files = files_sql(writer.store.paths(writer.manifest, "versions"))
    connection = engines.in_memory()
    try:
        wanted = connection.from_arrow(pa.table({"lead_id": pa.array(ids, pa.int64())}))
        connection.register("wanted", wanted)
        found = connection.sql(
            f"WITH mine AS (SELECT * FROM {files} WHERE lead_id IN (SELECT lead_id FROM wanted)) "
            "SELECT * EXCLUDE (last), coalesce(strftime(date, '%Y-%m'), 'unknown') AS month FROM "
            "(SELECT *, max(version) OVER (PARTITION BY lead_id) AS last FROM mine) WHERE version = last ORDER BY lead_id"
        )
        return found.to_arrow_table()
    finally:
        connection.close()
