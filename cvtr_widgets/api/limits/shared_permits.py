"""The allowance that all kernels of a user on this machine share, for one platform.

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

import atexit
import contextlib
import hashlib
import platform
import random
import re
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from pyrate_limiter import Decision, RateItem, SQLiteBucket
from pyrate_limiter.buckets.sqlite_bucket import Queries

from cvtr_widgets import safe_files
from cvtr_widgets.api.limits.local_permits import rate_of, reserve_of
from cvtr_widgets.api.origin import is_loopback
from cvtr_widgets.request_limits import Limits
from cvtr_widgets.settings import MAX_IN_FLIGHT, safe_name, shared_folder

TABLE = "permits"
FAIR = 4
"""Places that a kernel keeps to while another waits for one: with two kernels that leaves one over, with three each has some."""
NOWHERE = -1
"""The place of a request in flight for which the new folder had none left."""
UNUSABLE = (OSError, sqlite3.Error, NotImplementedError, Timeout)
"""What is raised where the folder cannot be used."""


_OURS = ("permits", "place-", "pause", "wanted")
"""How the names of the files of an allowance begin."""
_PLATFORM = re.compile("[0-9a-f]{24}")


def allowance_folder(origin: str, base: Path | None = None) -> Path:
    """The folder of one platform on this machine, in ``settings.shared_folder()``. It names nobody.

    Convertr counts for the platform as a whole (convertr 2.7), so that all accounts share it, however they log in, and so do
    the names of this machine.
    """
    parts = urlsplit(origin)
    host = "loopback" if is_loopback(parts.hostname or "") else parts.hostname
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    whose = hashlib.sha256(f"{host}|{port}".encode()).hexdigest()[:24]
    return (base or shared_folder()) / safe_name(platform.node()) / whose


_OPEN: weakref.WeakSet[SharedPermits] = weakref.WeakSet()


@atexit.register
def _leave_sqlite() -> None:
    """Before the interpreter ends: a thread that is inside SQLite while its objects are taken down would crash it. The lock is
    kept, so that no thread comes back.
    """
    for shared in list(_OPEN):
        if shared._in_sqlite.acquire(timeout=10) and shared._finalizer is not None:
            shared._finalizer()


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


class SharedPermits:
    """See ``Permits`` for the calls; each raises one of ``UNUSABLE`` where the folder cannot be used."""

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
        self._window = limits.window
        # Places with a request of ours in flight; places that are free and still locked for us; and, after the folder was made
        # again, where a place has moved to.
        self._in_use: set[int] = set()
        self._kept: list[int] = []
        self._moved: dict[int, int] = {}
        self._lock = threading.RLock()
        self._in_sqlite = threading.RLock()
        self._calm_until = float("-inf")
        self._gate, self._places = self._files()
        with self._gate:
            self._home = self._identity_of_files()
        # What was wanted before this kernel came is not news.
        self._wanted_look.changed()
        # A real write and a real lock: where these fail, whoever made us hears of it now.
        self.give_back(0)
        place = self.enter()
        if place is not None:
            self.leave(place)
        self.idle()

    def _files(self) -> tuple[FileLock, list[FileLock]]:
        self._close_to_others()
        settings: dict[str, Any] = {"thread_local": False, "fallback_to_soft": False, "mode": safe_files.FILE}
        # Waiting for it is waiting for one small transaction of another process.
        gate = FileLock(self._folder / "permits.lock", timeout=10, poll_interval=0.002, **settings)
        places = [FileLock(self._folder / f"place-{n}.lock", blocking=False, **settings) for n in range(MAX_IN_FLIGHT)]
        return gate, places

    def _close_to_others(self) -> None:
        """Folders and files for this user only, also where they were there before with wider rights."""
        safe_files.close_folder(self._folder, lambda name: name.startswith(_OURS))
        if _PLATFORM.fullmatch(self._folder.name):
            safe_files.close_folder(self._folder.parent, lambda name: _PLATFORM.fullmatch(name) is not None)
            safe_files.close_folder(self._folder.parent.parent, lambda name: name == safe_name(platform.node()))
        for file in self._folder.iterdir():
            if file.name.startswith(_OURS):
                safe_files.close_file(file)

    # -- a folder that is removed ---------------------------------------------------------------------------------------

    def _identity_of_files(self) -> tuple[int, ...] | None:
        try:
            found = [path.stat() for path in (self._folder, self._folder / "permits.lock")]
        except FileNotFoundError:
            return None
        return tuple(number for one in found for number in (one.st_dev, one.st_ino))

    def _stay_shared(self) -> None:
        """Locks of files that were removed keep nobody out. Where that is so, take part again in the folder that others will
        use: with what is in flight, and with the permits that were used. Looked at each time: however short the time without
        a look, more than nine requests can begin in it. A look takes microseconds, a request milliseconds.
        """
        with self._lock:
            if self._identity_of_files() == self._home:
                return
            used = self._used_before()
            # In this order: the new locks are taken before the old ones are let go, so that at no moment a request in flight is
            # without a place in some file.
            former = self._places
            self._gate, self._places = self._files()
            self._pause_look, self._wanted_look = _Look(self._folder / "pause"), _Look(self._folder / "wanted")
            with self._gate:
                self._home = self._identity_of_files()
            self._take_places_again()
            for lock in former:
                lock.release(force=True)
            self._note_used(used)
            if self._paused_until > self._clock():
                self.pause(self._paused_until)
            # The other kernels notice it as well before anybody sends more than is in flight already.
            self._calm_until = time.monotonic() + 0.3

    def _used_before(self) -> list[tuple[Any, ...]]:
        """The permits of the removed file, which is still open here."""
        if self._bucket is None:
            return []
        with contextlib.suppress(sqlite3.Error):
            rows = self._bucket.conn.execute(f"SELECT name, item_timestamp FROM {TABLE}").fetchall()  # noqa: S608
            self.close()
            return list(rows)
        raise sqlite3.OperationalError("the record of what was used can no longer be read")

    def _note_used(self, used: list[tuple[Any, ...]]) -> None:
        with self._open() as (bucket, _):
            there = {name for (name,) in bucket.conn.execute(f"SELECT DISTINCT name FROM {TABLE}")}  # noqa: S608
            for name, at in used:
                # Its own in any case, those of others only if nobody has brought them yet. One that counts twice is on the safe
                # side.
                if name == self._name or name not in there:
                    bucket.put(RateItem(name, int(at)))

    def _take_places_again(self) -> None:
        self._kept.clear()
        held: set[int] = set()
        for place in self._in_use:
            # Its request is out already and cannot be stopped, whether or not the new folder has a place for it.
            self._moved[place] = NOWHERE
            for n in (place, *range(MAX_IN_FLIGHT)):
                if n not in held:
                    with contextlib.suppress(Timeout):
                        self._places[n].acquire()
                        held.add(n)
                        self._moved[place] = n
                        break

    # -- permits ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[SQLiteBucket, int]]:
        """The bucket, ours alone for the moment, without what is past; and now in milliseconds."""
        self._stay_shared()
        # Its own lock first: a file lock keeps other processes out, and another thread of this process would get through it.
        with self._in_sqlite, self._gate:
            if self._bucket is None:
                self._bucket = self._opened()
            now = int(self._clock() * 1000)
            # Later than now is from before a restart of the machine (or of a clock that was set back): to be on the safe
            # side, it counts as if it were of now.
            self._bucket.conn.execute(f"UPDATE {TABLE} SET item_timestamp = ? WHERE item_timestamp > ?", (now, now))  # noqa: S608
            self._bucket.leak(now)
            yield self._bucket, now

    def _opened(self) -> SQLiteBucket:
        # Kernels that were told to count over another time count by themselves; places and pauses are everybody's.
        name = "permits.sqlite" if self._window == Limits().window else f"permits-{self._window:g}.sqlite"
        safe_files.close_file(self._folder / name, make=True)
        db = sqlite3.connect(self._folder / name, timeout=10.0, check_same_thread=False)
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
        self._finalizer.atexit = False  # see _leave_sqlite
        _OPEN.add(self)
        return SQLiteBucket([self._rate], db, TABLE, lock=self._gate)

    def take(self, count: int) -> float:
        """See ``Permits``."""
        with self._open() as (bucket, now):
            # Under the file lock: two kernels that look first and write afterwards would both find the last permit.
            decision = bucket.put_decision(RateItem(self._name, now, weight=count))
        assert isinstance(decision, Decision)  # noqa: S101  a bucket in SQLite answers at once
        return 0.0 if decision.allowed else max(0.01, (decision.retry_after_ms or 100) / 1000)

    def give_back(self, count: int) -> None:
        """See ``Permits``."""
        mine = f"SELECT rowid FROM {TABLE} WHERE name = ? ORDER BY item_timestamp DESC LIMIT ?"  # noqa: S608
        with self._open() as (bucket, _):
            bucket.conn.execute(f"DELETE FROM {TABLE} WHERE rowid IN ({mine})", (self._name, count))  # noqa: S608
            bucket.conn.commit()

    def used(self) -> int:
        """See ``Permits``."""
        with self._open() as (bucket, _):
            return bucket.count()

    def wait(self) -> float:
        """See ``Permits``."""
        with self._open() as (bucket, now):
            if bucket.count() < self._rate.limit:
                return 0.0
            nth = bucket.peek(self._rate.limit - 1)
        return 0.01 if nth is None else max(0.01, (nth.timestamp - now + self._rate.interval) / 1000)

    # -- the pause ----------------------------------------------------------------------------------------------------

    def pause(self, until: float) -> None:
        """See ``Permits``."""
        with self._gate:
            self._pause_look = _Look(self._pause_look.path)
            until = max(until, self.paused_until())
            # A file of its own that is renamed into place: readers take no lock and must never see half a number.
            text = self._folder / f"pause-{self._name}"
            safe_files.close_file(text, make=True)
            text.write_text(repr(until), encoding="ascii")
            text.replace(self._pause_look.path)
            self._paused_until = until

    def paused_until(self) -> float:
        """See ``Permits``. Asked before each request: the file is read only when it has changed."""
        if self._pause_look.changed():
            with contextlib.suppress(ValueError, FileNotFoundError):  # not one of ours, or just being replaced
                self._paused_until = float(self._pause_look.path.read_text(encoding="ascii"))
        if self._paused_until > self._clock() + self._most_wait:
            self._paused_until = float("-inf")
        return self._paused_until

    # -- places in flight ---------------------------------------------------------------------------------------------

    def enter(self) -> int | None:
        """See ``Permits``. A place that was given back is kept for the next request of this process, for speed, unless
        another kernel finds none: then each keeps to ``FAIR`` places.
        """
        self._stay_shared()
        with self._lock:
            if time.monotonic() < self._calm_until:
                return None
            # A kernel that sends without a break would never let its places go by itself.
            if self._is_wanted() and len(self._in_use) >= FAIR:
                return None
            place = self._kept.pop() if self._kept else self._locked()
            if place is None:
                # Tell the other kernels by touching a file. They see its time change when they look next, at most 20 ms later.
                safe_files.close_file(self._wanted_look.path, make=True)
                self._wanted_look.path.touch()
            else:
                self._in_use.add(place)
            return place

    def _locked(self) -> int | None:
        taken = self._in_use | set(self._moved.values())
        free = [n for n in range(MAX_IN_FLIGHT) if n not in taken]
        random.shuffle(free)  # so that processes do not all try the same ones first
        for place in free:
            with contextlib.suppress(Timeout):
                self._places[place].acquire()
                return place
        return None

    def _is_wanted(self) -> bool:
        if self._wanted_look.changed():
            self._wanted_at = time.monotonic()
        # The wish is repeated while it lasts, and forgotten soon when it ends: somebody who was killed while waiting holds
        # nobody back.
        return time.monotonic() - self._wanted_at < 0.1

    def leave(self, place: int) -> None:
        """See ``Permits``."""
        with self._lock:
            self._in_use.discard(place)
            if place in self._moved:
                if (now := self._moved.pop(place)) != NOWHERE:
                    self._places[now].release()
            elif self._is_wanted():
                self._places[place].release()
            else:
                # Kept locked for our next request: locking a file takes longer than everything else in a slot.
                self._kept.append(place)

    def idle(self) -> None:
        """See ``Permits``."""
        with self._lock:
            while self._kept:
                self._places[self._kept.pop()].release()

    def close(self) -> None:
        """See ``Permits``."""
        if self._finalizer is not None:
            self._finalizer()
        self._bucket, self._finalizer = None, None
