"""The allowance that all kernels of a user on this machine share, for one enterprise.

A folder holds it: the permits of the past window in SQLite (pyrate-limiter's bucket, under a file lock), nine lock files
for the places in flight, and the moment until which everybody pauses. The system takes a lock from a process that dies,
however it dies; the permits that it had used stay used, as they should, and up to ``block`` that it had not used are lost
for one window.

What it promises: all kernels together stay within the limits. What it does not promise is a fair share. Who asks gets: a
kernel that sends without a break may take most of the places and permits, and another waits longer than its share would
be; but each place is given back after one request and whoever waits asks again every few milliseconds at random, so that
nobody waits for ever. Other machines, containers, system users and other Convertr users of the enterprise are not seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import random
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pyrate_limiter import Decision, RateItem, SQLiteBucket
from pyrate_limiter.buckets.sqlite_bucket import Queries

from cvtr_widgets.api.allowance import rate_of, reserve_of
from cvtr_widgets.models import Limits
from cvtr_widgets.settings import MAX_IN_FLIGHT, safe_name

TABLE = "permits"
UNUSABLE = (OSError, sqlite3.Error, NotImplementedError, Timeout)
"""What is raised where the folder cannot be used."""


def allowance_folder(base: Path, origin: str, username: str, limits: Limits) -> Path:
    """The folder of one enterprise and user on this machine. It names nobody."""
    whose = hashlib.sha256(f"{origin}|{username.lower()}|{limits.window:g}".encode()).hexdigest()[:24]
    return base / safe_name(platform.node()) / whose


class SharedAllowance:
    """See ``Allowance`` for the calls; each raises one of ``UNUSABLE`` where the folder cannot be used."""

    def __init__(self, folder: Path, limits: Limits, clock: Callable[[], float], *, most_wait: float) -> None:
        """Take part in the allowance in ``folder``.

        ``clock`` must be the same for all processes of the machine: ``time.monotonic`` counts from its start, and no change
        of the time of day touches it. A pause of more than ``most_wait`` seconds is from before a restart, and not believed.
        """
        # A block is small beside the limit, so that several kernels can each hold one.
        self.block = max(1, min(20, limits.requests // 60))
        self._folder = folder
        self._clock = clock
        self._most_wait = most_wait
        self._rate = rate_of(limits, reserve_of(limits))
        self._name = secrets.token_hex(8)
        self._bucket: SQLiteBucket | None = None
        self._finalizer: weakref.finalize[..., Any] | None = None
        self._pause_file = folder / "pause"
        self._pause_seen: object = None
        self._paused_until = float("-inf")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Waiting for it is waiting for one small transaction of another process.
        self._gate = FileLock(
            folder / "permits.lock", timeout=10, poll_interval=0.002, thread_local=False, fallback_to_soft=False
        )
        self._places = [
            FileLock(folder / f"place-{n}.lock", blocking=False, thread_local=False, fallback_to_soft=False)
            for n in range(MAX_IN_FLIGHT)
        ]
        self._free = set(range(MAX_IN_FLIGHT))
        self._lock = threading.Lock()
        self.used()  # a real write: where it fails, whoever made us hears of it now
        self.leave(self._any_place())

    # -- permits ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[SQLiteBucket, int]]:
        """The bucket, ours alone for the moment, without what is past; and now in milliseconds."""
        with self._gate:
            if self._bucket is None:
                self._bucket = self._opened()
            now = int(self._clock() * 1000)
            # Later than now is from before a restart of the machine (or of a clock that was set back): to be on the safe
            # side, it counts as if it were of now.
            self._bucket.conn.execute(f"UPDATE {TABLE} SET item_timestamp = ? WHERE item_timestamp > ?", (now, now))  # noqa: S608
            self._bucket.leak(now)
            yield self._bucket, now

    def _opened(self) -> SQLiteBucket:
        db = sqlite3.connect(self._folder / "permits.sqlite", timeout=10.0, check_same_thread=False)
        try:
            # Nothing here need outlive a crash of the machine.
            for pragma in ("journal_mode=WAL", "synchronous=OFF"):
                db.execute(f"PRAGMA {pragma}")
            db.execute(Queries.CREATE_BUCKET_TABLE.format(table=TABLE))
            db.execute(Queries.CREATE_INDEX_ON_TIMESTAMP.format(table_name=TABLE, index_name=f"{TABLE}_by_time"))
            db.commit()
        except BaseException:
            db.close()
            raise
        self._finalizer = weakref.finalize(self, db.close)
        return SQLiteBucket([self._rate], db, TABLE, lock=self._gate)

    def take(self, count: int) -> float:
        """See ``Allowance``."""
        with self._open() as (bucket, now):
            decision = bucket.put_decision(RateItem(self._name, now, weight=count))
        assert isinstance(decision, Decision)  # noqa: S101  a bucket in SQLite answers at once
        return 0.0 if decision.allowed else max(0.01, (decision.retry_after_ms or 100) / 1000)

    def give_back(self, count: int) -> None:
        """See ``Allowance``."""
        mine = f"SELECT rowid FROM {TABLE} WHERE name = ? ORDER BY item_timestamp DESC LIMIT ?"  # noqa: S608
        with self._open() as (bucket, _):
            bucket.conn.execute(f"DELETE FROM {TABLE} WHERE rowid IN ({mine})", (self._name, count))  # noqa: S608
            bucket.conn.commit()

    def used(self) -> int:
        """See ``Allowance``."""
        with self._open() as (bucket, _):
            return bucket.count()

    def wait(self) -> float:
        """See ``Allowance``."""
        with self._open() as (bucket, now):
            if bucket.count() < self._rate.limit:
                return 0.0
            nth = bucket.peek(self._rate.limit - 1)
        return 0.01 if nth is None else max(0.01, (nth.timestamp - now + self._rate.interval) / 1000)

    # -- the pause ----------------------------------------------------------------------------------------------------

    def pause(self, until: float) -> None:
        """See ``Allowance``."""
        with self._gate:
            until = max(until, self.paused_until())
            text = self._folder / f"pause-{self._name}"
            text.write_text(repr(until), encoding="ascii")
            text.replace(self._pause_file)

    def paused_until(self) -> float:
        """See ``Allowance``. Asked before each request: it reads the file only when it has changed."""
        try:
            found = self._pause_file.stat()
        except FileNotFoundError:
            return self._paused_until
        seen = (found.st_mtime_ns, found.st_ino)
        if seen != self._pause_seen:
            try:
                self._paused_until = float(self._pause_file.read_text(encoding="ascii"))
            except (ValueError, FileNotFoundError):  # not one of ours, or just being replaced
                return self._paused_until
            self._pause_seen = seen
        if self._paused_until > self._clock() + self._most_wait:
            self._paused_until = float("-inf")
        return self._paused_until

    # -- places in flight ---------------------------------------------------------------------------------------------

    def _any_place(self) -> int:
        place = self.enter()
        return -1 if place is None else place

    def enter(self) -> int | None:
        """See ``Allowance``."""
        with self._lock:
            free = list(self._free)
            random.shuffle(free)  # so that processes do not all try the same ones first
            for place in free:
                try:
                    self._places[place].acquire()
                except Timeout:
                    continue
                self._free.discard(place)
                return place
        return None

    def leave(self, place: int) -> None:
        """See ``Allowance``."""
        if place >= 0:
            with self._lock:
                self._places[place].release()
                self._free.add(place)

    def close(self) -> None:
        """See ``Allowance``."""
        if self._finalizer is not None:
            self._finalizer()
        self._bucket, self._finalizer = None, None
