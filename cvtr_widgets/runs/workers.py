"""A few threads that carry out tasks, those furthest along first, so that few leads are in flight at any time.

Towards the end it is the other way round: each of the last tasks leads to several steps, one after the other, which few
threads would else carry out while the others have nothing to do.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from cvtr_widgets.runs.signals import SLICE

Task = Callable[[], None]


class Workers:
    """Tasks come from ``source`` when nothing else is ready, and from ``add`` (higher ``rank`` = sooner).

    ``last``: with so many tasks left in the source, these come first, and then the lower ranks.
    """

    def __init__(self, threads: int, source: Iterator[Task], name: str, *, last: int = 0) -> None:
        self._source = source
        self._last = last
        # Tasks taken from the source and not begun: with more than last of them in sight, the end is not near yet.
        self._next_ones: deque[Task] = deque()
        self._names = [f"{name}-{n}" for n in range(threads)]
        self._ready: defaultdict[int, deque[Task]] = defaultdict(deque)
        # The lock is always taken by itself, never through the condition: see signals.py.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._working = 0
        self._drained = False
        self._error: BaseException | None = None

    def add(self, rank: int, task: Task) -> None:
        """One more task; may be called by tasks."""
        with self._lock:
            self._ready[rank].append(task)
            self._changed.notify()

    def run(self, watch: Callable[[], None] = lambda: None) -> None:
        """Carry everything out. The first error of a task stops the rest and is raised here, when all threads have ended.

        ``watch`` is called a few times a second meanwhile. The threads are not daemons: a script ends when they have ended.
        """
        threads = [threading.Thread(target=self._work, name=name, daemon=False) for name in self._names]
        begun: list[threading.Thread] = []
        try:
            for thread in threads:
                # Before start(): an exception thrown in between must not leave a thread running that nobody joins.
                begun.append(thread)
                thread.start()
        except BaseException as error:  # noqa: BLE001  it is raised below
            self._fail(error)
        while True:
            try:
                for thread in begun:
                    while thread.is_alive():
                        thread.join(SLICE)
                        watch()
                break
            except BaseException as error:  # noqa: BLE001  thrown into this thread: the others have to end first
                self._fail(error)
        if self._error is not None:
            raise self._error

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        with self._lock:
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while (task := self._next()) is not None:
                task()
                with self._lock:
                    self._working -= 1
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001  it is raised by run()
            self._fail(error)

    def _next(self) -> Task | None:
        with self._lock:
            while not self._failed():
                self._look_ahead()
                task = None if self._failed() else self._one()
                if task is not None:
                    self._working += 1
                    return task
                if not self._working:
                    break
                # Others are working, and their tasks may add more. A notice can be lost to a thrown exception, so the wait is
                # short.
                self._changed.wait(SLICE)
            self._changed.notify_all()
            return None

    def _failed(self) -> bool:
        return self._error is not None

    def _one(self) -> Task | None:
        ready = [rank for rank, tasks in self._ready.items() if tasks]
        # While the source has more, what is further along goes first (reading back before sending before reading): few leads
        # are in flight, and Cancel has little to wait for. Near the end the order is reversed, so that the last blocks are read
        # at once and all threads have something to send.
        if self._next_ones and (self._drained or not ready):
            return self._next_ones.popleft()
        return self._ready[min(ready) if self._drained else max(ready)].popleft() if ready else None

    def _look_ahead(self) -> None:
        """Take one more task from the source than are begun early, so that its end is known before it comes."""
        while not self._drained and self._error is None and len(self._next_ones) <= self._last:
            try:
                task = next(self._source, None)
            except BaseException as error:  # noqa: BLE001  it is raised by run()
                self._error = self._error or error
                return
            self._drained = task is None
            if task is not None:
                self._next_ones.append(task)
