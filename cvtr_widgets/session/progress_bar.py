"""A progress bar for what takes longer than a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tqdm.auto import tqdm

Tell = Callable[[int, int | None], None]


def counted(told: Callable[[int, int], None] | None) -> Tell | None:
    """What is told both numbers, as something that may be told that the second is not known (0)."""
    return None if told is None else lambda done, total: told(done, total or 0)


class ProgressBar:
    """A progress bar that appears after a second, or the caller's own function instead."""

    def __init__(self, what: str, given: Tell | None, *, shown: bool) -> None:
        self._what = what
        self._given = given
        self._shown = shown
        self._bar: Any = None

    def __enter__(self) -> Tell:
        if self._given is not None:
            return self._given
        if not self._shown:
            return lambda _done, _total: None
        self._bar = tqdm(unit=" " + self._what, delay=1.0, leave=False)
        return self._tell

    def _tell(self, done: int, total: int | None) -> None:
        bar = self._bar
        if total is not None and bar.total != total:
            bar.total = total
        bar.update(done - bar.n)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
