"""The store of one account at one address: immutable Parquet files, and a manifest that says which of them count.

::

    leads/                                     the archive, for its owner only (0700; files 0600)
      enterprise=acme-5f1c2a9d0b3e4f67/        one account at one address; two never mix
        manifest.json                          which files count; written beside and renamed
        versions/month=2026-11/000012-9f3a.parquet   versions of leads that came in that month (UTC)
        seen/000012-9f3a.parquet               when leads were read
        runs/000013-77b1.parquet               what own runs did to leads
        cache-000013.duckdb                    made from the above whenever it is missing

A file is written once and never changed. A commit writes its files first and the manifest last: whoever is killed in between
leaves files that no manifest names, which the next writer removes. Files that a compaction replaced stay for an hour, for
readers that are at it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ArchiveBusy, ArchiveError
from cvtr_widgets.models import Identity
from cvtr_widgets.settings import safe_name

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
MANIFEST = "manifest.json"
PREFIX = "enterprise="
KINDS = ("versions", "seen", "runs")
MOST_MANIFEST = 256_000_000
KEEP_REPLACED = timedelta(hours=1)
PERSONAL = ("none", "hashed", "kept")


def store_name(identity: Identity) -> str:
    """The folder of one account at one address, distinguished as the journal does; of a sandbox also by its world."""
    who = f"{identity.enterprise}|{identity.origin}|{identity.account}"
    if identity.sandbox:
        # A sandbox takes another port each time, and two sandboxes may have leads with the same ids: what tells them apart is
        # their world, not their address.
        who = f"{identity.enterprise}|{identity.account}|{identity.world}"
    return f"{PREFIX}{safe_name(identity.enterprise)}-{hashlib.sha256(who.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One Parquet file: its name in the store, rows, bytes, and the BLAKE2 hash of these."""

    name: str
    rows: int
    size: int
    digest: str

    @property
    def kind(self) -> str:
        """``versions``, ``seen`` or ``runs``."""
        return self.name.partition("/")[0]

    @property
    def month(self) -> str:
        """``2026-11`` for versions, else empty."""
        return self.name.partition("month=")[2].partition("/")[0]


@dataclass(frozen=True)
class Manifest:
    """What counts in a store, and how far it was synced. Immutable: ``ArchiveWriter.commit`` writes the next one.

    ``windows``: (from, to, read) in ISO times: all leads that came in between were listed then. ``sent``: columns that the
    service sent for any lead so far. ``floor``: leads that came in before it were removed and are not read again;
    ``keep_days``: how long leads are kept (0: for ever).
    """

    number: int = 0
    personal: str = "none"
    key_id: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    next_version: int = 1
    files: tuple[StoredFile, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    windows: tuple[tuple[str, str, str], ...] = ()
    sent: tuple[str, ...] = ()
    floor: str = ""
    keep_days: int = 0
    syncs: tuple[Mapping[str, Any], ...] = ()
    removals: tuple[Mapping[str, Any], ...] = ()

    def of(self, kind: str) -> list[StoredFile]:
        """The files of one kind."""
        return [file for file in self.files if file.kind == kind]

    def dumped(self) -> bytes:
        """As it is written."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        values["files"] = [[f.name, f.rows, f.size, f.digest] for f in self.files]
        return json.dumps({"format": FORMAT, **values}, indent=1, sort_keys=True).encode()

    @classmethod
    def loaded(cls, content: bytes) -> Manifest:
        """As it was written.

        Raises:
            ValueError, KeyError, TypeError: it is not one.
        """
        said = json.loads(content)
        if said.pop("format") != FORMAT:
            raise KeyError("format")
        said["files"] = tuple(StoredFile(*one) for one in said["files"])
        for name in ("replaced", "windows"):
            said[name] = tuple(tuple(one) for one in said[name])
        for name in ("sent", "syncs", "removals"):
            said[name] = tuple(said[name])
        return cls(**said)


class ArchiveStore:
    """One store, read by anybody and written by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        return f"<Store {self.folder.name}>"

    # -- reading ----------------------------------------------------------------------------------------------------------

    def manifest(self) -> Manifest:
        """What counts now.

        Raises:
            ArchiveError: there is none, or it is damaged.
        """
        content = safe_files.read(self.folder / MANIFEST, ArchiveError, most=MOST_MANIFEST, what="manifest of the archive")
        try:
            return Manifest.loaded(content)
        except (ValueError, KeyError, TypeError):
            raise ArchiveError(
                f"The manifest of the archive in {str(self.folder)!r} is damaged, or of a later version of cvtr-widgets. Put "
                "back a copy of it, or move the folder away and sync again."
            ) from None

    def there(self) -> bool:
        """Whether anything was archived here."""
        return (self.folder / MANIFEST).exists()

    def paths(self, manifest: Manifest, kind: str) -> list[Path]:
        """The files of a kind that count."""
        return [self.folder / file.name for file in manifest.of(kind)]

    def problems(self) -> list[str]:
        """What is not as the manifest says, file by file; empty where all is."""
        found = []
        for file in self.manifest().files:
            path = self.folder / file.name
            if not path.is_file():
                found.append(f"{file.name} is missing.")
            elif path.stat().st_size != file.size:
                found.append(f"{file.name} has {path.stat().st_size:,} bytes instead of {file.size:,}.")
            elif _digest(safe_files.read(path, ArchiveError, most=file.size)) != file.digest:
                found.append(f"{file.name} holds other bytes than were written.")
        return found

    # -- writing ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[ArchiveWriter]:
        """The one who writes, until the end of the block.

        Raises:
            ArchiveBusy: somebody else writes. ArchiveError: the folder cannot be used.
        """
        try:
            safe_files.make_folder(self.folder)
            safe_files.close_folder(self.folder, _ours)
            # The lock of the operating system goes with its process, so that a kill leaves no stale lock. timeout=0: a sync takes
            # minutes, and whoever waits without a word looks frozen.
            lock = FileLock(self.folder / ".writing.lock", timeout=0, mode=safe_files.FILE)
            lock.acquire()
        except Timeout:
            raise ArchiveBusy(
                f"Another process is writing to the archive in {str(self.folder)!r}. Wait until it has ended, and sync again: "
                "what it has read will then be there. You can ask questions in the meantime."
            ) from None
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise ArchiveError(f"The archive in {str(self.folder)!r} cannot be written ({why}). Choose another folder.") from None
        try:
            # Read under the lock only: a manifest read before could be that of a writer who has committed since.
            writer = ArchiveWriter(self, self.manifest() if self.there() else Manifest())
            writer.tidy()
            yield writer
        finally:
            lock.release()


class ArchiveWriter:
    """Adds files to a store. ``put`` writes them, ``commit`` makes them count."""

    def __init__(self, store: ArchiveStore, manifest: Manifest) -> None:
        self.store = store
        self.manifest = manifest
        self._new: list[StoredFile] = []

    def put(self, kind: str, table: pa.Table, *, month: str = "") -> None:
        """Write a table as a file of its own. It does not count before ``commit``.

        Raises:
            ArchiveError: it cannot be written, as on a full disk.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        # In memory first: the digest is of the bytes as they were meant, so a disk that writes something else is found out later.
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", use_dictionary=True, row_group_size=122_880)
        content = sink.getvalue().to_pybytes()
        folder = f"{kind}/month={month}" if kind == "versions" else kind
        # The number alone is not unique: one commit may write several files of a kind, and a killed writer may have left one.
        name = f"{folder}/{self.manifest.number + 1:06d}-{secrets.token_hex(4)}.parquet"
        place = self.store.folder / name
        try:
            safe_files.make_folder(place.parent)
        except OSError as error:
            raise ArchiveError(f"{str(place.parent)!r} cannot be made ({error.strerror}). Make room, and sync again.") from None
        safe_files.write(place, [content], ArchiveError, private=True, durable=True)
        self._new.append(StoredFile(name, table.num_rows, len(content), _digest(content)))

    def commit(self, *, drop: Sequence[StoredFile] = (), now: bool = False, **changes: Any) -> Manifest:
        """Make what was put count, from one moment to the next. ``drop``: files that count no longer; ``now``: they are removed
        at once, and not after an hour.

        Raises:
            ArchiveError: the manifest cannot be written; then nothing has changed.
        """
        gone = {file.name for file in drop}
        stamp = datetime.now(UTC).isoformat()
        kept = tuple(file for file in self.manifest.files if file.name not in gone)
        # Removals that a person asked for (retention) are at once: data that must be gone may not wait for readers.
        changes.setdefault("replaced", self.manifest.replaced + (() if now else tuple((name, stamp) for name in sorted(gone))))
        made = replace(self.manifest, number=self.manifest.number + 1, files=kept + tuple(self._new), **changes)
        # One rename makes all of it count. Before it the new files are strangers that tidy() removes; after it the old ones
        # are. A process that is killed at any point leaves a whole archive.
        safe_files.write(self.store.folder / MANIFEST, [made.dumped()], ArchiveError, private=True, overwrite=True, durable=True)
        # Only after the rename: if the write fails, what was put is still there for another try.
        self.manifest, self._new = made, []
        if now:
            for name in gone:
                (self.store.folder / name).unlink(missing_ok=True)
        return made

    def tidy(self) -> None:
        """Remove what no manifest names: files of a commit that never came, and those replaced more than an hour ago."""
        now = datetime.now(UTC)
        # An hour, because another kernel may be asking the files of the manifest that it read before.
        lately = {name for name, at in self.manifest.replaced if now - datetime.fromisoformat(at) < KEEP_REPLACED}
        named = {file.name for file in self.manifest.files} | lately
        for kind in KINDS:
            for path in (self.store.folder / kind).rglob("*"):
                if path.is_file() and path.relative_to(self.store.folder).as_posix() not in named:
                    with suppress(OSError):
                        path.unlink()
        # Left by a process that was killed between writing the manifest beside and renaming it.
        for path in self.store.folder.glob(f".{MANIFEST}-*"):
            with suppress(OSError):
                path.unlink()
        left = tuple(one for one in self.manifest.replaced if one[0] in lately)
        self.manifest = replace(self.manifest, replaced=left)


def stores_in(folder: Path) -> list[ArchiveStore]:
    """The stores of an archive, by name."""
    return [store for path in sorted(folder.glob(f"{PREFIX}*")) if (store := ArchiveStore(path)).there()]


def _ours(name: str) -> bool:
    return name in {MANIFEST, *KINDS} or name.startswith((".", "cache-"))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
