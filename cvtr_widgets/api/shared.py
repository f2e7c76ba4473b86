"""The allowance that all kernels of a user on this machine share, for one enterprise.

A folder holds it: the permits of the past window in SQLite (pyrate-limiter's bucket, under a file lock), nine lock files
for the places in flight, and the moment until which everybody pauses. The system takes a lock from a process that dies,
however it dies; the permits that it had used stay used, as they should, and up to ``block`` that it had not used are lost
for one window.

What it promises: all kernels together stay within the limits, and while one finds no place in flight, the others keep to
four each after the request that they are at. What it does not promise is a fair share of the permits: who asks first gets
them, so that a kernel that sends without a break may use most of a window up, and the others wait for its end. A pause
that one kernel was told holds for all, 20 ms later at most. Other machines, containers, system users and other Convertr
users of the enterprise are not seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import random
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pyrate_limiter import Decision, RateItem, SQLiteBucket
from pyrate_limiter.buckets.sqlite_bucket import Queries

from cvtr_widgets.api.allowance import rate_of, reserve_of
from cvtr_widgets.models import Limits
from cvtr_widgets.settings import MAX_IN_FLIGHT, safe_name, shared_folder

TABLE = "permits"
FAIR = 4
"""Places that a kernel keeps to while another waits for one: with two kernels that leaves one over, with three each has some."""
UNUSABLE = (OSError, sqlite3.Error, NotImplementedError, Timeout)
"""What is raised where the folder cannot be used."""


def allowance_folder(origin: str, username: str, limits: Limits, base: Path | None = None) -> Path:
    """The folder of one enterprise and user on this machine, in ``settings.shared_folder()``. It names nobody."""
    whose = hashlib.sha256(f"{origin}|{username.lower()}|{limits.window:g}".encode()).hexdigest()[:24]
    return (base or shared_folder()) / safe_name(platform.node()) / whose


class _Look:
    """Whether a file has changed since the last look; it looks fifty times a second at most, for each look lets go of
    Python's lock, and getting that back takes long in a busy process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: object = None
        self._looked = float("-inf")

    def changed(self) -> bool:
        now = time.monotonic()
        if now - self._looked < 0.02:
            return False
        self._looked = now
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        seen = (found.st_mtime_ns, found.st_ino)
        changed, self._seen = seen != self._seen, seen
        return changed


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
        self._pause_look = _Look(folder / "pause")
        self._wanted_look = _Look(folder / "wanted")
        self._paused_until = self._wanted_at = float("-inf")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Waiting for it is waiting for one small transaction of another process.
        self._gate = FileLock(
            folder / "permits.lock", timeout=10, poll_interval=0.002, thread_local=False, fallback_to_soft=False
        )
        self._places = [
            FileLock(folder / f"place-{n}.lock", blocking=False, thread_local=False, fallback_to_soft=False)
            for n in range(MAX_IN_FLIGHT)
        ]
        self._in_use: set[int] = set()
        self._kept: list[int] = []
        self._lock = threading.Lock()
        self._wanted_look.changed()
        # A real write and a real lock: where these fail, whoever made us hears of it now.
        self.give_back(0)
        place = self.enter()
        if place is not None:
            self.leave(place)
        self.idle()

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
            self._pause_look = _Look(self._pause_look.path)
            until = max(until, self.paused_until())
            text = self._folder / f"pause-{self._name}"
            text.write_text(repr(until), encoding="ascii")
            text.replace(self._pause_look.path)
            self._paused_until = until

    def paused_until(self) -> float:
        """See ``Allowance``. Asked before each request: the file is read only when it has changed."""
        if self._pause_look.changed():
            with contextlib.suppress(ValueError, FileNotFoundError):  # not one of ours, or just being replaced
                self._paused_until = float(self._pause_look.path.read_text(encoding="ascii"))
        if self._paused_until > self._clock() + self._most_wait:
            self._paused_until = float("-inf")
        return self._paused_until

    # -- places in flight ---------------------------------------------------------------------------------------------

    def enter(self) -> int | None:
        """See ``Allowance``. A place that was given back is kept for the next request of this process, for speed, unless
        another kernel finds none: then each keeps to ``FAIR`` places.
        """
        with self._lock:
            if self._is_wanted() and len(self._in_use) >= FAIR:
                return None
            place = self._kept.pop() if self._kept else self._locked()
            if place is None:
                self._wanted_look.path.touch()
            else:
                self._in_use.add(place)
            return place

    def _locked(self) -> int | None:
        free = [n for n in range(MAX_IN_FLIGHT) if n not in self._in_use]
        random.shuffle(free)  # so that processes do not all try the same ones first
        for place in free:
            with contextlib.suppress(Timeout):
                self._places[place].acquire()
                return place
        return None

    def _is_wanted(self) -> bool:
        if self._wanted_look.changed():
            self._wanted_at = time.monotonic()
        return time.monotonic() - self._wanted_at < 0.1

    def leave(self, place: int) -> None:
        """See ``Allowance``."""
        with self._lock:
            self._in_use.discard(place)
            if self._is_wanted():
                self._places[place].release()
            else:
                self._kept.append(place)

    def idle(self) -> None:
        """See ``Allowance``."""
        with self._lock:
            while self._kept:
                self._places[self._kept.pop()].release()

    def close(self) -> None:
        """See ``Allowance``."""
        if self._finalizer is not None:
            self._finalizer()
        self._bucket, self._finalizer = None, None
