"""The journal of runs: one SQLite file per enterprise, address and account, append only, each entry carrying the hash of the
one before.

Intent is committed before anything is sent, the outcome after. It holds lead ids, states, reasons, and
names of campaigns and publishers; never names of people, e-mails, tokens or passwords; comments only as a hash, unless the user
opts in.

What the chain of hashes proves: that no entry was edited, removed or put elsewhere, by accident or by somebody who did not
work all later hashes out again; and, against a head that was noted elsewhere, that nothing was cut off at the end. What it
cannot prove: anything against whoever owns the machine, who can rebuild the whole file. It is a record for its user, and no
claim of compliance with any law.
"""

from __future__ import annotations

import atexit
import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cvtr_widgets import safe_files
from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal.file_errors import WAIT, error_of, is_busy, tries
from cvtr_widgets.journal.hash_chain import (
    FIRST_HASH,
    Item,
    JournalEntry,
    JournalReport,
    WaitingEntries,
    chain,
    digest,
    followed,
    made,
)

_TABLE = """
CREATE TABLE IF NOT EXISTS entries (
  number INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  run TEXT NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_of ON entries (run);
CREATE INDEX IF NOT EXISTS runs_of ON entries (number) WHERE kind = 'run';
CREATE TABLE IF NOT EXISTS probe (at TEXT) STRICT;
"""


LATER = 1.0
"""Seconds that what is written later waits for a commit at the most."""

FOLDERS = frozenset({"live", "sandbox", "visitors"})
"""What a folder of journals holds."""


_OPEN: weakref.WeakSet[Journal] = weakref.WeakSet()


@atexit.register
def _leave_sqlite() -> None:
    """Before the interpreter ends: a thread that is inside SQLite while its objects are taken down would crash it. The lock is
    kept, so that no thread comes back.
    """
    for journal in list(_OPEN):
        if journal._lock.acquire(timeout=10):
            with suppress(sqlite3.Error, AttributeError):
                journal._db.close()


class Journal:
    """One open journal. Threads may share it; other processes may write to the same file.

    ``mode`` is ``wal``, or ``delete`` where the file system cannot do that; ``seconds`` is the time spent in ``commits``
    so far (by the clock: waiting for Python's lock afterwards is counted, too).
    """

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        """Open or make it, and prove by a real write that it is durable. ``reading``: only to look; it must be there.

        Raises:
            JournalError: it cannot be written (or read), or is damaged.
        """
        self.path = path
        self.mode = "reading" if reading else ""
        self.seconds = 0.0
        self.commits = 0
        self._process = os.getpid()
        self._lock = threading.RLock()  # a check within a transaction reads
        # With a lock of its own: threads queue their entries while another one waits for the disk, and the next commit takes
        # all.
        self._queue: list[WaitingEntries] = []
        self._queueing = threading.Lock()
        self._timer: threading.Timer | None = None
        self._db: sqlite3.Connection
        try:
            if not reading:
                self._close_to_others()
            for attempt in tries():
                with attempt:
                    self._open(reading=reading)
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise error_of(self.path, error) from None
        self._file = self._identity_of_file()
        # Entries in one statement: SQLite takes so many values in one, and an entry has six.
        self._most = max(1, self._db.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // 6)
        self._looked = time.monotonic()
        self._last: tuple[int, str] | None = None
        if not reading:
            _OPEN.add(self)

    def _close_to_others(self) -> None:
        """Folder and files for this user only, also where they were there before with wider rights. SQLite gives what it puts
        beside a file the rights of the file.
        """
        mine, all_of_mine, visitors, everybody = [*self.path.parents, *[self.path.parent] * 3][:4]
        safe_files.close_folder(mine, lambda name: name.startswith("runs-"))
        safe_files.close_folder(all_of_mine, lambda name: name in FOLDERS)
        if visitors.name == "visitors":
            safe_files.close_folder(visitors, lambda _name: True)
            safe_files.close_folder(everybody, lambda name: name in FOLDERS)
        safe_files.close_file(self.path, make=True)
        for end in ("-wal", "-shm", "-journal"):
            safe_files.close_file(self.path.with_name(self.path.name + end))

    def _connect(self, how: str) -> sqlite3.Connection:
        uri = f"{self.path.resolve().as_uri()}?mode={how}"
        # No isolation_level: sqlite3 would begin transactions by itself then, and here it is always said where one begins and
        # ends. Threads share the connection behind the journal's own lock.
        return sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)

    def _open(self, *, reading: bool) -> None:
        if reading:
            self._db = self._connect("ro")
        else:
            self._open_durable()
        try:
            self._check_file()
        except sqlite3.Error:
            self._db.close()
            raise

    def _open_durable(self) -> None:
        for mode in ("wal", "delete"):  # some network file systems cannot have a WAL: the old way is as safe, only slower
            self._db = self._connect("rwc")
            try:
                if mode == "delete":  # out of WAL mode, without the shared memory that it could not have
                    self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
                found = str(self._db.execute(f"PRAGMA journal_mode={mode}").fetchone()[0]).lower()
                if found != mode:
                    raise sqlite3.OperationalError(f"the file system offers {found} instead of {mode}")
                self._db.execute("PRAGMA locking_mode=NORMAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.executescript(_TABLE)
                self._probe()
            except sqlite3.OperationalError as error:
                self._db.close()
                if mode == "delete" or is_busy(error):
                    raise
            else:
                self.mode = mode
                return

    def _probe(self) -> None:
        """A real write, and its reading by another connection."""
        at = f"{datetime.now(UTC).isoformat()} {os.getpid()} {threading.get_ident()}"
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("DELETE FROM probe")
            self._db.execute("INSERT INTO probe VALUES (?)", (at,))
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        with closing(self._connect("ro")) as other:
            if not other.execute("SELECT count(*) FROM probe").fetchone()[0]:
                raise sqlite3.OperationalError("what was written cannot be read again")

    def _check_file(self) -> None:
        # Only the file's form and its last link: to follow the whole chain takes longer with every run. verify() does that, and
        # resuming a run calls it.
        found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(" ".join(str(found).split()))
        rows = self._db.execute("SELECT number, at, run, kind, data, hash FROM entries ORDER BY number DESC LIMIT 2").fetchall()
        if rows:
            number, at, run, kind, data, found = rows[0]
            previous = rows[1][5] if len(rows) > 1 else FIRST_HASH
            if chain(previous, number, digest(at, run, kind, data)) != found:
                raise sqlite3.DatabaseError("its last entry was changed")

    def _identity_of_file(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError as error:
            raise error_of(self.path, error) from None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Close the file."""
        with self._queueing:
            later = bool(self._queue)
            if self._timer is not None:
                self._timer.cancel()
        if later:
            with suppress(JournalError):
                self.flush()
        with self._lock, suppress(AttributeError):
            self._db.close()

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(self, run: str, kind: str, data: Mapping[str, Any], *, gather: float = 0.0) -> str:
        """Append one entry and give its hash; it is on disk when this returns.

        Raises:
            JournalError: it could not be made durable.
        """
        return self.write_all(run, [(kind, data)], gather=gather)

    def write_all(self, run: str, items: Iterable[Item], *, gather: float = 0.0) -> str:
        """Append entries, all or none; the last one's hash. Threads that come together share one commit: those that come
        within ``gather`` seconds, and those that come while another commit goes on.

        Raises:
            JournalError: they could not be made durable.
        """
        mine = WaitingEntries([made(run, kind, data) for kind, data in items])
        with self._queueing:
            self._queue.append(mine)
        # With several threads each intent would be a commit of its own. A short wait gathers those that come together.
        if gather:
            time.sleep(gather)
        with self._lock:
            if not mine.done:
                self._commit()
        if mine.error is not None or not mine.done:
            error = mine.error or sqlite3.OperationalError("it was interrupted")
            raise error if isinstance(error, JournalError) else error_of(self.path, error)
        return mine.head

    def write_many(self, run: str, items: Iterable[Item], *, check: Callable[[], None] = lambda: None) -> str:
        """As ``write_all``, for what is large: each entry is made when the one before has been written, in one transaction.

        ``check`` is called within it, before the first entry, while no other process can write: what it reads is so until the
        entries are there. What it raises keeps all of them out.

        Raises:
            JournalError: they could not be made durable; none of them is there.
        """
        with self._lock:
            try:
                self._still_there()
                self._together((WaitingEntries([made(run, kind, data)]) for kind, data in items), check)
                self.commits += 1
            except (sqlite3.Error, JournalError) as error:
                raise error if isinstance(error, JournalError) else error_of(self.path, error) from None
            return (self._last or self._read_last())[1]

    def write_later(self, run: str, kind: str, data: Mapping[str, Any]) -> None:
        """Append one entry with the next commit, whoever makes it, or in a second. For what makes a record fuller, and is not
        relied on.
        """
        entry = made(run, kind, data)
        with self._queueing:
            self._queue.append(WaitingEntries([entry], later=True))
            if self._timer is None:
                self._timer = threading.Timer(LATER, self._write_late)
                self._timer.daemon = True
                self._timer.start()

    def _write_late(self) -> None:
        with self._queueing:
            self._timer = None
        with suppress(JournalError):  # it stays in the queue; the next to write hears of it
            self.flush()

    def flush(self) -> None:
        """What ``write_later`` was given is on disk when this returns.

        Raises:
            JournalError: it could not be made durable.
        """
        self.write_all("", ())

    def _commit(self) -> None:
        """All that waits, in one transaction. Everybody who waits for it hears of an error; what was to be written later
        waits for the next one then.
        """
        batch: list[WaitingEntries] = []
        try:
            with self._queueing:
                # Everything that waits, also what others have queued: whoever gets the lock commits for all.
                batch, self._queue = self._queue, batch
            self._still_there()
            self._no_leftover()
            try:
                self._append(batch) if sum(len(one.entries) for one in batch) <= self._most else self._together(batch)
            except sqlite3.IntegrityError:  # another process has written meanwhile: go on from its last entry
                self._together(batch)
            self.commits += any(waiting.entries for waiting in batch)
        except BaseException as found:
            self._last = None
            with self._queueing:
                # Intents that failed are not kept: their writers hear of it and send nothing. Answers and outcomes are true
                # whenever they are written, so they wait in front of the queue.
                self._queue[:0] = [waiting for waiting in batch if waiting.later]
            for waiting in batch:
                waiting.error = found if isinstance(found, Exception) else sqlite3.OperationalError("it was interrupted")
            if not isinstance(found, Exception):  # Ctrl-C: for whoever pressed it
                raise
        finally:
            for waiting in batch:
                waiting.done = True

    def _together(self, waiting: Iterable[WaitingEntries], check: Callable[[], None] = lambda: None) -> None:
        """With all other writers shut out: several of them would overtake a second try as they did the first."""
        self._last = None
        self._no_leftover()
        try:
            self._write("BEGIN IMMEDIATE")
            check()
            for one in waiting:
                self._append([one])
            self._write("COMMIT")
        except BaseException:
            self._last = None
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _no_leftover(self) -> None:
        """A transaction that Ctrl-C left open at the worst moment would take in what is written after it, and never end."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
            self._last = None

    def _append(self, batch: list[WaitingEntries]) -> None:
        """One statement, which is a transaction by itself: each call of SQLite lets other threads in and has to wait for them.
        More than ``_most`` entries take several: those are written within a transaction (``_together``).
        """
        number, previous = self._last or self._read_last()
        rows: list[tuple[Any, ...]] = []
        for waiting in batch:
            for at, run, kind, text, content in waiting.entries:
                number += 1
                previous = chain(previous, number, content)
                rows.append((number, at, run, kind, text, previous))
            waiting.head = previous
        for first in range(0, len(rows), self._most):
            part = rows[first : first + self._most]
            places = ",".join(["(?,?,?,?,?,?)"] * len(part))
            self._write(f"INSERT INTO entries VALUES {places}", [value for row in part for value in row])  # noqa: S608
        self._last = (number, previous)

    def _write(self, sql: str, values: Sequence[Any] = ()) -> None:
        started = time.perf_counter()
        try:
            self._db.execute(sql, values)
        finally:
            self.seconds += time.perf_counter() - started

    def _read_last(self) -> tuple[int, str]:
        found = self._db.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
        return (int(found[0]), str(found[1])) if found else (0, FIRST_HASH)

    def _still_there(self) -> None:
        """Find a file that was removed or replaced; SQLite would go on writing to what nobody can find again. And a copy of this
        process (a fork), whose locks are not locks.
        """
        self._must_be_own_process()
        moment = time.monotonic()
        if moment - self._looked > 0.5:
            if self._identity_of_file() != self._file:
                raise sqlite3.OperationalError("it was replaced or removed while it was in use")
            self._looked = moment

    def _must_be_own_process(self) -> None:
        if os.getpid() != self._process:
            raise JournalError(
                "This session was made in another process, of which this one is a copy (a fork), and its journal cannot be used "
                "here. Nothing was sent. Make a session here: cvtr.LeadSession(cvtr.connect(...))."
            )

    # -- reading ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """The lock, for a look into the file.

        Raises:
            JournalError: the file cannot be read, or this is a fork.
        """
        self._must_be_own_process()
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise error_of(self.path, error) from None

    def rows(self, run: str | None = None, *, after: int = 0, kinds: Iterable[str] = ()) -> Iterator[tuple[Any, ...]]:
        """``number, at, run, kind, data (text), hash`` of all entries or those of one run, in order, some at a time.

        Raises:
            JournalError: the file cannot be read.
        """
        wanted = tuple(kinds)
        where = "" if run is None else " AND run = ?"
        where += f" AND kind IN ({','.join('?' * len(wanted))})" if wanted else ""
        sql = f"SELECT number, at, run, kind, data, hash FROM entries WHERE number > ?{where} ORDER BY number LIMIT 200"  # noqa: S608
        while True:
            # A part at a time, and the lock is given back in between: a run that goes on has to write meanwhile.
            with self._reading():
                part = self._db.execute(sql, (after, *(() if run is None else (run,)), *wanted)).fetchall()
            yield from part
            if len(part) < 200:
                return
            after = part[-1][0]

    def entries(self, run: str | None = None) -> list[JournalEntry]:
        """All entries, or those of one run, in order.

        Raises:
            JournalError: as ``each``.
        """
        return list(self.each(run))

    def each(self, run: str | None = None, *, after: int = 0, kinds: Iterable[str] = ()) -> Iterator[JournalEntry]:
        """All entries, or those of one run, in order, some at a time.

        Raises:
            JournalError: the file cannot be read, or an entry is not JSON.
        """
        for number, at, name, kind, data, found in self.rows(run, after=after, kinds=kinds):
            yield JournalEntry(number, at, name, kind, self._object(number, data), found)

    def _object(self, number: int, text: str) -> dict[str, Any]:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise error_of(self.path, sqlite3.DatabaseError(f"entry {number} cannot be read"))
        return found

    def count(self, run: str) -> int:
        """How many entries a run has, those included that wait to be written."""
        self.flush()
        with self._reading():
            return int(self._db.execute("SELECT count(*) FROM entries WHERE run = ?", (run,)).fetchone()[0])

    def last(self) -> tuple[int, str]:
        """Number and hash of the last entry; 0 and ``FIRST_HASH`` where there is none.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._reading():
            return self._read_last()

    def head(self) -> str:
        """The last entry's hash."""
        return self.last()[1]

    def hash_at(self, number: int) -> str | None:
        """The hash of the entry of this number; ``FIRST_HASH`` before the first, None where there is none.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._reading():
            found = self._db.execute("SELECT hash FROM entries WHERE number = ?", (number,)).fetchone()
        return str(found[0]) if found else FIRST_HASH if number == 0 else None

    def verify(self, head: str | None = None) -> JournalReport:
        """Follow the chain from the first entry to the last. ``head``: a hash noted elsewhere, which must be in the chain."""
        return followed(self.rows(), head)
