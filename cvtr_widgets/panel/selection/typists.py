"""Who typed in LEAD ID(S): where two pages do so at once, neither has seen what the other one typed, and both are told."""

from __future__ import annotations

import time

AT_ONCE = 3.0
"""Seconds between what two pages typed, below which the second cannot have seen what the first has."""
TYPED_OVER = "Two pages typed in LEAD ID(S) at the same time. The text typed last is shown; “undo” brings back the other one."


class Typists:
    """``note`` is what to say of the last of them."""

    def __init__(self) -> None:
        self.note = ""
        self._last = ("", 0.0)

    def typed(self, page: str) -> None:
        """A page has typed; empty: nobody knows which."""
        before, at = self._last
        now = time.monotonic()
        self._last = (page, now)
        self.note = TYPED_OVER if page and before not in {"", page} and now - at < AT_ONCE else ""

    def forget(self) -> None:
        """Something else was selected since, which all pages show."""
        self.note, self._last = "", ("", 0.0)
