"""Long work in background threads: one job per name at a time, and the newest one counts."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvtr_widgets.background import background_thread
from cvtr_widgets.errors import Cancelled, CvtrError, ReadTooLarge
from cvtr_widgets.panel.visitor_words import for_reader
from cvtr_widgets.plans.plan_entries import duration

log = logging.getLogger("cvtr_widgets.panel")
Asker = tuple[str, int]
"""A page and the number of one of its messages: which press something answers."""
ASKER: ContextVar[Asker | None] = ContextVar("cvtr_asker", default=None)
"""The press that is being answered. What goes wrong notes it, so that the page can say so next to the button that was pressed."""


class Refused(Exception):
    """What was pressed is not done, and why: one or more sentences for the user. Raised before anything was changed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong, as the panel shows it. ``detail`` is for whoever mends it and holds no lead field.

    ``asker``: the press that it answers, if any. ``note``: nothing went wrong; it is only said.
    """

    text: str
    fault: bool = False
    detail: str = ""
    note: bool = False
    asker: Asker | None = field(default_factory=ASKER.get, compare=False)

    def message(self) -> dict[str, Any]:
        """As JSON values. ``asked``: page and number of the press that it answers, or None."""
        asked = None if self.asker is None else list(self.asker)
        return {"text": self.text, "fault": self.fault, "detail": self.detail, "note": self.note, "asked": asked}


def problem_of(error: BaseException) -> Problem:
    """What to show of an error. Ours say what to do next; any other is a fault of this package and is logged.

    The words of a foreign error are left out: a lead's name may be among them.
    """
    if isinstance(error, CvtrError):
        return Problem(for_reader(str(error)))
    places = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__)[-12:]]
    kind = type(error).__name__
    log.error("a fault in the lead panel: %s at %s", kind, " < ".join(reversed(places)))
    return Problem(
        f"This is a fault in cvtr_widgets ({kind}), not yours. What you entered is still here: try again, and if it comes "
        "again, report the technical detail.",
        fault=True,
        detail="\n".join([kind, *places]),
    )


class Job:
    """One piece of work under way."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.cancel = threading.Event()
        self.done = 0
        self.total: int | None = None
        self.begun = time.monotonic()
        # Taken here, in the thread of the press: a new thread begins with an empty context and would not know whom it answers.
        self.asker = ASKER.get()

    def message(self) -> dict[str, Any]:
        """As JSON values: ``what``, ``done``, ``total`` (or None), ``stopping``, and ``time``: how long it has taken, and will
        take where that can be told, in words.
        """
        gone = time.monotonic() - self.begun
        words = [f"{int(gone)} s"] if gone >= 1 else []
        if gone >= 1 and self.total and 0 < self.done < self.total:
            words.append(f"about {duration(gone * (self.total - self.done) / self.done)} left")
        about = {"what": self.what, "done": self.done, "total": self.total, "stopping": self.cancel.is_set()}
        return {**about, "time": ", ".join(words)}


class Pulse:
    """While ``busy()``, calls ``beat()`` once a second, from a thread of its own: so that whoever waits sees that time passes."""

    def __init__(self, busy: Callable[[], bool], beat: Callable[[], None]) -> None:
        self._busy = busy
        self._beat = beat
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._beating = False

    def begin(self) -> None:
        """Something may have been begun."""
        with self._lock:
            # At most one thread, and none while nothing goes on: an idle panel costs nothing.
            if self._beating or not self._busy():
                return
            self._beating = True
        background_thread(self._go, name="cvtr-pulse", stop=self._ending.set).start()

    def _go(self) -> None:
        while not self._ending.wait(1.0):
            with self._lock:
                if not self._busy():
                    self._beating = False
                    return
            self._beat()


class Jobs:
    """Runs jobs. What a job gives is handed over under ``lock``, and only if no newer job has its name."""

    def __init__(self, lock: threading.RLock, changed: Callable[[], None]) -> None:
        self._lock = lock
        self._changed = changed
        self._jobs: dict[str, Job] = {}
        self._threads: set[threading.Thread] = set()

    def start(
        self,
        name: str,
        what: str,
        work: Callable[[Job, Callable[[int, int | None], None]], Any],
        done: Callable[[Any], None],
        failed: Callable[[Problem, BaseException], None],
    ) -> Job:
        """Begin ``work(job, tell)`` in a thread; the former job of that name is stopped and what it gives ignored."""
        with self._lock:
            self.drop(name)
            job = self._jobs[name] = Job(what)
            # Registered under the lock before it starts: a quick job could otherwise end before wait() knows of it.
            thread = background_thread(self._work, name, job, work, done, failed, name=f"cvtr-{name}", stop=job.cancel.set)
            self._threads.add(thread)
        thread.start()
        return job

    def meanwhile(self, name: str, job: Job, act: Callable[[], None]) -> None:
        """Let a job under way show what it has so far; nothing happens where a newer one has its name."""
        with self._lock:
            if self._jobs.get(name) is not job:
                return
            act()
        self._changed()

    @property
    def busy(self) -> bool:
        """Whether any job is under way."""
        return bool(self._jobs)

    def get(self, name: str) -> Job | None:
        """The job of that name, if it is under way."""
        return self._jobs.get(name)

    def stop(self, name: str) -> None:
        """Ask a job to stop; it gives what it has."""
        job = self._jobs.get(name)
        if job is not None:
            job.cancel.set()

    def drop(self, name: str) -> None:
        """Stop a job and ignore what it gives."""
        job = self._jobs.pop(name, None)
        if job is not None:
            job.cancel.set()

    def wait(self, timeout: float = 60.0) -> bool:
        """Wait until nothing is under way (seconds). For tests and scripts."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with self._lock:
                threads = list(self._threads)
            if not threads:
                return True
            # Without the lock, which that thread needs to end.
            threads[0].join(max(0.0, end - time.monotonic()))
        return False

    def _work(
        self,
        name: str,
        job: Job,
        work: Callable[[Job, Callable[[int, int | None], None]], Any],
        done: Callable[[Any], None],
        failed: Callable[[Problem, BaseException], None],
    ) -> None:
        def tell(count: int, total: int | None) -> None:
            job.done, job.total = count, total
            self._changed()

        ASKER.set(job.asker)  # of this thread
        result: Any = None
        wrong: BaseException | None = None
        try:
            result = work(job, tell)
        except Exception as error:  # noqa: BLE001  the border of a thread: nothing may be lost silently
            wrong = error
        with self._lock:
            # Asked under the lock: a job that was dropped meanwhile must not show what it read for a choice that has changed.
            current = self._jobs.get(name) is job
            if current:
                del self._jobs[name]
                self._hand_over(result, wrong, done, failed)
            self._threads.discard(threading.current_thread())
        if current:
            self._changed()

    @staticmethod
    def _hand_over(
        result: Any, wrong: BaseException | None, done: Callable[[Any], None], failed: Callable[[Problem, BaseException], None]
    ) -> None:
        if wrong is None:
            try:
                done(result)
            except Exception as error:  # noqa: BLE001  as above: what was read could not be shown
                failed(problem_of(error), error)
        elif isinstance(wrong, (Cancelled, ReadTooLarge)):
            failed(Problem(for_reader(str(wrong))), wrong)
        else:
            failed(problem_of(wrong), wrong)
