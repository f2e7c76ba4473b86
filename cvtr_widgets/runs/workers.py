"""A few threads that carry tasks out, those that are further along first, so that few leads are under way at any time."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator

Task = Callable[[], None]


class Workers:
    """Tasks come from ``source`` when nothing else is ready, and from ``add`` (higher ``rank`` = sooner)."""

    def __init__(self, threads: int, source: Iterator[Task], name: str) -> None:
        self._source = source
        self._names = [f"{name}-{n}" for n in range(threads)]
        self._ready: list[tuple[int, int, Task]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._working = 0
        self._drained = False
        self._error: BaseException | None = None

    def add(self, rank: int, task: Task) -> None:
        """One more task; may be called by tasks."""
        with self._changed:
            heapq.heappush(self._ready, (-rank, next(self._count), task))
            self._changed.notify()

    def run(self) -> None:
        """Carry everything out. The first error of a task stops the rest and is raised here."""
        threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in self._names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except BaseException as error:  # noqa: BLE001  it is raised by run()
                with self._changed:
                    self._error = self._error or error
            finally:
                with self._changed:
                    self._working -= 1
                    self._changed.notify_all()

    def _next(self) -> Task | None:
        with self._changed:
            while self._error is None:
                task = self._one()
                if task is not None:
                    self._working += 1
                    return task
                if not self._working or self._error is not None:
                    break
                self._changed.wait()
            self._changed.notify_all()
            return None

    def _one(self) -> Task | None:
        if self._ready:
            return heapq.heappop(self._ready)[2]
        if self._drained:
            return None
        try:
            task = next(self._source, None)
        except BaseException as error:  # noqa: BLE001  it is raised by run()
            self._error = self._error or error
            return None
        self._drained = task is None
        return task
