"""The journal of runs: one SQLite file per enterprise and user, append only, each entry carrying the hash of the one before.

Intent is committed before anything is sent, the outcome after. It holds lead ids, states and reasons; never names,
e-mails, tokens or passwords; comments only as a hash.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cvtr_widgets.errors import JournalError
from cvtr_widgets.models import Identity
from cvtr_widgets.settings import safe_name

_TABLE = """
CREATE TABLE IF NOT EXISTS entries (
  number INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  run TEXT NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT
"""
FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry. ``kind``: ``run``, ``intent``, ``answer``, ``outcome``, ``end`` or ``probe``."""

    number: int
    at: str
    run: str
    kind: str
    data: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What a check of the journal found. ``head`` is the last entry's hash: note it elsewhere to detect a cut tail."""

    ok: bool
    entries: int
    head: str
    problems: tuple[str, ...] = ()


def chain(previous: str, number: int, at: str, run: str, kind: str, data: str) -> str:
    """The hash of an entry."""
    text = json.dumps([previous, number, at, run, kind, data], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def journal_file(folder: Path, identity: Identity) -> Path:
    """The journal of one enterprise and user. The sandbox's journals are kept apart."""
    kind = "sandbox" if identity.sandbox else "live"
    return folder / kind / f"{safe_name(identity.enterprise)}-{identity.user_id or safe_name(identity.username)}.sqlite"


class Journal:
    """One open journal. Threads may share it; other processes may write to the same file."""

    def __init__(self, path: Path) -> None:
        """Open or make it, and prove by a real write that it is durable.

        Raises:
            JournalError: it cannot be written.
        """
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
            mode = self._db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            if str(mode).lower() != "wal":  # some network file systems cannot: the old way is as safe, only slower
                self._db.execute("PRAGMA journal_mode=DELETE")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(_TABLE)
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from None
        self.write("", "probe", {})

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _error(self, error: Exception) -> JournalError:
        return JournalError(
            f"The journal {str(self.path)!r} cannot be used: {error}. Without it nothing is sent. Free some space or "
            "choose another folder with CVTR_JOURNAL."
        )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._in_transaction():
                    self._db.execute("ROLLBACK")
                raise self._error(error) from None

    def _in_transaction(self) -> bool:
        try:
            return self._db.in_transaction
        except sqlite3.Error:
            return False

    def write(self, run: str, kind: str, data: Mapping[str, Any]) -> JournalEntry:
        """Append one entry; it is on disk when this returns.

        Raises:
            JournalError: it could not be made durable.
        """
        text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), default=str)
        at = datetime.now(UTC).isoformat()
        with self._writing() as db:
            last = db.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
            number, previous = (last[0] + 1, last[1]) if last else (1, FIRST)
            digest = chain(previous, number, at, run, kind, text)
            if kind != "probe":
                db.execute("INSERT INTO entries VALUES (?,?,?,?,?,?)", (number, at, run, kind, text, digest))
            else:  # the probe proves that writing works and leaves nothing behind
                db.execute("CREATE TABLE IF NOT EXISTS probe (at TEXT) STRICT")
                db.execute("DELETE FROM probe")
                db.execute("INSERT INTO probe VALUES (?)", (at,))
        return JournalEntry(number, at, run, kind, dict(data), digest)

    def entries(self, run: str | None = None) -> list[JournalEntry]:
        """All entries, or those of one run, in order.

        Raises:
            JournalError: the file cannot be read.
        """
        where, given = ("WHERE run = ?", (run,)) if run is not None else ("", ())
        with self._lock:
            try:
                rows = self._db.execute(
                    f"SELECT number, at, run, kind, data, hash FROM entries {where} ORDER BY number",  # noqa: S608
                    given,
                ).fetchall()
            except sqlite3.Error as error:
                raise self._error(error) from None
        return [JournalEntry(n, at, r, kind, _object(data), digest) for n, at, r, kind, data, digest in rows]

    def verify(self) -> JournalReport:
        """Follow the chain from the first entry to the last."""
        with self._lock:
            try:
                rows = self._db.execute("SELECT number, at, run, kind, data, hash FROM entries ORDER BY number").fetchall()
            except sqlite3.Error as error:
                raise self._error(error) from None
        previous, problems = FIRST, []
        for place, (number, at, run, kind, data, digest) in enumerate(rows, 1):
            if number != place:
                problems.append(f"entry {place} is missing (the next one is number {number})")
                break
            if chain(previous, number, at, run, kind, data) != digest:
                problems.append(f"entry {number} was changed, or one before it was removed")
                break
            previous = digest
        return JournalReport(not problems, len(rows), previous, tuple(problems))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
