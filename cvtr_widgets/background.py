"""Threads that work for a page or a table while the caller goes on, and their end.

They are daemons: none holds up a script or a kernel that ends. But Python ends a daemon that is inside a library's C++ code
(pandas over Arrow, NumPy) by unwinding it, and C++ answers that with an abort: a script that had sent everything and said so
then ended with code 134. So at the end of the process each one is asked to stop and is waited for, all of them together for
``SECONDS``.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

SECONDS = 5.0
"""How long the end of the process waits for all of them: longer than a table or a file takes to make, shorter than a user
waits before pressing Ctrl-C."""

Stop = Callable[[], None]
_GOING: weakref.WeakKeyDictionary[threading.Thread, Stop | None] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def background_thread(work: Callable[..., None], *given: Any, name: str, stop: Stop | None = None) -> threading.Thread:
    """A thread that calls ``work(*given)`` once it is started; ``stop()`` asks it to end early.

    Args:
        work: What it does. Errors are its own affair, as in any thread.
        *given: Arguments of ``work``.
        name: Name of the thread, seen in a debugger.
        stop: Called at the end of the process if the thread is still at work; without it the thread is only waited for.
    """
    thread = threading.Thread(target=work, args=given, name=name, daemon=True)
    with _LOCK:
        # Registered with the first thread, not with the import: what is registered last is called first, and these threads
        # have to be over before journals and limits are closed at the end.
        if not _GOING:
            atexit.unregister(_end_all)
            atexit.register(_end_all)
        _GOING[thread] = stop
    return thread


def _end_all() -> None:
    with _LOCK:
        going = [(thread, stop) for thread, stop in _GOING.items() if thread.is_alive()]
    for _, stop in going:
        if stop is not None:
            stop()
    end = time.monotonic() + SECONDS
    for thread, _ in going:
        thread.join(max(0.0, end - time.monotonic()))
