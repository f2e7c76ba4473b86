"""Doing the same to many things, several at a time, with the results in order and flat memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from cvtr_widgets.api.cancel_token import never
from cvtr_widgets.errors import Cancelled
from cvtr_widgets.models import Stopped

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 4
"""Times ``at_once``: what is handed to the pool, so that its threads wait neither for the reader nor for one that is late."""
READ_STOPPED = "Stopped. Nothing was changed; start again when you like."


def map_ordered(
    pool: ThreadPoolExecutor,
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    at_once: int,
    cancelled: Stopped = never,
) -> Iterator[tuple[T, R]]:
    """Pairs of item and result, in order; up to ``AHEAD`` times ``at_once`` handed
    to the pool. With 1 it works in the calling thread.

    Work that itself waits for the same pool must use 1, or all places could be held by those who wait.

    Raises:
        Cancelled: ``cancelled()`` turned true.
    """
    todo = iter(items)
    waiting: deque[tuple[T, Future[R]]] = deque()
    try:
        while True:
            if cancelled():
                raise Cancelled(READ_STOPPED)
            if at_once == 1:
                for item in todo:
                    yield item, work(item)
                    break
                else:
                    return
                continue
            while len(waiting) < AHEAD * at_once and (more := next(todo, waiting)) is not waiting:
                waiting.append((more, _submitted(pool, work, more)))  # type: ignore[arg-type]
            if not waiting:
                return
            item, future = waiting.popleft()
            yield item, _result(future, work, item, cancelled)
    finally:
        for _, future in waiting:
            future.cancel()


def _submitted(pool: ThreadPoolExecutor, work: Callable[[T], R], item: T) -> Future[R]:
    """Work handed to the pool; done here where Python is ending and its pools take nothing more: a run that is still going on has
    to read back what it has sent.
    """
    try:
        return pool.submit(work, item)
    except RuntimeError:
        if threading.main_thread().is_alive():
            raise
    done: Future[R] = Future()
    try:
        done.set_result(work(item))
    except Exception as error:  # noqa: BLE001  it is raised where the result is asked for
        done.set_exception(error)
    return done


def _result(future: Future[R], work: Callable[[T], R], item: T, cancelled: Stopped) -> R:
    """The result of one piece of work. What no thread of the pool has begun for a while is done here: they may all be busy with
    others' work that waits for the limit, or have been ended from outside.
    """
    looks = 0
    while not future.done() and not wait([future], timeout=LOOK).done:
        if cancelled():
            raise Cancelled(READ_STOPPED)
        looks += 1
        if looks >= LOOKS and future.cancel():
            return work(item)
    return future.result()


LOOK, LOOKS = 0.25, 8
"""Seconds between two looks at a piece of work, and how many of them a pool has to begin it."""
