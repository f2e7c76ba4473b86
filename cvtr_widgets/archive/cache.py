"""The DuckDB file beside a store: made from the Parquet files, so that questions take seconds. Never the only copy of anything.

Its name says which manifest it was made from. It is written under another name and renamed, and from then on only read: any
number of kernels may have it open, while a sync writes Parquet files and the next reader makes a new one. What is missing,
damaged, cut, or of another version of DuckDB is made again.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cvtr_widgets import safe_files
from cvtr_widgets.archive import engines, schema
from cvtr_widgets.archive.last_versions import files_sql
from cvtr_widgets.archive.store import ArchiveStore, Manifest
from cvtr_widgets.errors import ArchiveError

if TYPE_CHECKING:
    import duckdb

LAYOUT = 2
"""Changes with what is in the file."""
NAME = "cache-"
TABLES = ("current", "former", "sightings", "runs", "places")


class Cache:
    """The cache of one store, opened for reading. ``connection()`` gives one that fits the manifest at hand."""

    def __init__(self, store: ArchiveStore) -> None:
        self._store = store
        self._open: tuple[Path, duckdb.DuckDBPyConnection] | None = None

    def connection(self) -> tuple[duckdb.DuckDBPyConnection, Manifest]:
        """A connection to the cache of what counts now, and the manifest that it was made from. Made where it has to be.

        Raises:
            ArchiveError: the files of the archive cannot be read, or there is no room.
        """
        manifest = self._store.manifest()
        path = self._store.folder / f"{NAME}{manifest.number:06d}.duckdb"
        if self._open is not None:
            if self._open[0] == path:
                return self._open[1], manifest
            self._open = None  # leads that were given out before still ask the file that they were made from
        found = _sound(path, manifest)
        if found is None:
            manifest = self._made(path)
            path = self._store.folder / f"{NAME}{manifest.number:06d}.duckdb"
            found = _sound(path, manifest)
        if found is None:
            raise ArchiveError(f"{path.name} cannot be read although it was made just now. Check the disk: archive.check().")
        self._open = (path, found)
        return found, manifest

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def drop(self) -> None:
        """Remove it, so that it is made again."""
        self.close()
        for path in self._store.folder.glob(f"{NAME}*"):
            with suppress(OSError):
                path.unlink()

    def _made(self, path: Path) -> Manifest:
        """Make the file. Where files vanish meanwhile, as another process compacts, once more from what counts then."""
        import duckdb

        for last in (False, True):
            manifest = self._store.manifest()
            path = self._store.folder / f"{NAME}{manifest.number:06d}.duckdb"
            beside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
            try:
                _fill(beside, self._store, manifest)
                _put(beside, path, manifest)
            except (duckdb.Error, OSError) as error:
                # The files of the manifest that was read are gone because there is a newer one: not a fault, so it is made from
                # that.
                if not last and self._store.manifest().number != manifest.number:
                    continue
                raise ArchiveError(
                    f"The archive's files cannot be read, or there is no room beside them ({type(error).__name__}: "
                    f"{str(error)[:200]}). Check them with archive.check(), and make room."
                ) from None
            finally:
                # Also DuckDB's write-ahead log and its folder of spilled data, which stand beside the file under its name.
                for left in path.parent.glob(f"{beside.name}*"):
                    with suppress(OSError):
                        left.unlink()
            return manifest
        raise AssertionError  # the last try returns or raises


def _sound(path: Path, manifest: Manifest) -> duckdb.DuckDBPyConnection | None:
    """A connection to the file, where it is one that can be used."""
    import duckdb

    try:
        said = json.loads(safe_files.read(path.with_suffix(".json"), ArchiveError, most=10_000))
        fits = said == _about(path.stat().st_size, manifest)
    except (ArchiveError, OSError, ValueError):
        return None
    if not fits:
        return None
    try:
        connection = engines.opened(str(path), read_only=True)
        # DuckDB may open a damaged file and fail only when a table is asked, so each is asked once here, before an analyst's
        # question meets it.
        for table in TABLES:
            connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    except duckdb.Error:
        return None
    return connection


def _about(size: int, manifest: Manifest) -> dict[str, object]:
    import duckdb

    # The exact version: DuckDB reads files of older versions, but a file written by a newer one may fail only in the middle.
    # Making it again is cheap beside that. The size finds a file that was cut.
    return {"layout": LAYOUT, "duckdb": duckdb.__version__, "manifest": manifest.number, "size": size}


def _put(beside: Path, path: Path, manifest: Manifest) -> None:
    """Into its place, and those of other manifests away."""
    about = json.dumps(_about(beside.stat().st_size, manifest)).encode()
    # First the description goes, last the new one comes: a file without a description is not used, so a half-made cache never
    # is.
    path.with_suffix(".json").unlink(missing_ok=True)
    beside.replace(path)
    safe_files.write(path.with_suffix(".json"), [about], ArchiveError, private=True, overwrite=True)
    for other in path.parent.glob(f"{NAME}*"):
        if other.stem != path.stem:
            with suppress(OSError):  # open in another kernel of a system that keeps it then
                other.unlink()


def _fill(path: Path, store: ArchiveStore, manifest: Manifest) -> None:
    connection = engines.opened(str(path))
    try:
        # DuckDB creates the file with the permissions of the umask; it will hold leads, so it is closed to others before anything
        # is in it.
        safe_files.close_file(path)
        declared = {
            "versions": schema.versions_schema(manifest.personal), "seen": schema.seen_schema(), "runs": schema.runs_schema(),
        }  # fmt: skip
        for kind, columns in declared.items():
            files = files_sql(store.paths(manifest, kind))
            if files is None:
                # read_parquet refuses an empty list of files: a new store without runs gets an empty table of the right types
                # instead.
                connection.register(f"no_{kind}", columns.empty_table())
                files = f"no_{kind}"
            connection.execute(f"CREATE TEMP VIEW stored_{kind} AS SELECT * FROM {files}")
        # Few leads have several versions: what costs time is done for these alone. A version is valid until a later one was read;
        # where a clock jumped back between the two, the later version counts. ``places`` has the key (``asking``) of each
        # version in the order in which a table shows leads, so that nothing is sorted when one is opened.
        connection.execute(
            "CREATE TABLE sightings AS SELECT lead_id, seen_at FROM stored_seen;"
            "CREATE TABLE runs AS SELECT * FROM stored_runs;"
            "CREATE TEMP TABLE several AS SELECT lead_id, max(version) AS last FROM stored_versions GROUP BY lead_id "
            "HAVING count(*) > 1;"
            "CREATE TEMP TABLE sight AS SELECT lead_id, max(seen_at) AS seen_at FROM stored_seen GROUP BY lead_id;"
            "CREATE TABLE current AS SELECT v.*, NULL::TIMESTAMPTZ AS valid_to, s.seen_at FROM stored_versions v "
            "LEFT JOIN several m ON m.lead_id = v.lead_id LEFT JOIN sight s ON s.lead_id = v.lead_id "
            "WHERE m.last IS NULL OR m.last = v.version;"
            "CREATE TABLE former AS SELECT * EXCLUDE (last) FROM (SELECT v.*, min(v.read_at) OVER (PARTITION BY v.lead_id "
            "ORDER BY v.version ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS valid_to, m.last "
            "FROM stored_versions v JOIN several m ON m.lead_id = v.lead_id) WHERE version <> last;"
            "CREATE VIEW every AS SELECT * EXCLUDE (seen_at) FROM current UNION ALL SELECT * FROM former;"
            "CREATE TABLE places AS SELECT lead_id, CAST(key AS INTEGER) AS key FROM (SELECT lead_id, rowid AS key FROM current "
            "UNION ALL SELECT lead_id, (SELECT count(*) FROM current) + rowid FROM former) ORDER BY lead_id DESC, key;"
        )
    finally:
        connection.close()
    safe_files.close_file(path)
