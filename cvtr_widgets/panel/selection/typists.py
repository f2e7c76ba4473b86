"""Who typed in LEAD ID(S): where two pages do so at once, neither has seen what the other one typed, and both are told."""

from __future__ import annotations

import time

AT_ONCE = 3.0
"""Seconds between what two pages typed, below which the second cannot have seen what the first has."""
SAID_FOR = 10.0
"""Seconds for which this is still said while the last of them goes on typing: every few letters are told here."""
TYPED_OVER = (
    "Two pages typed in LEAD ID(S) at the same time. The text typed last is shown; “undo” goes back through what was typed."
)


class Typists:
    """``note`` is what to say of the last of them."""

    def __init__(self) -> None:
        self.note = ""
        self._last = ("", 0.0)
        self._over_at = 0.0

    def typed(self, page: str) -> None:
        """A page has typed; empty: nobody knows which."""
        before, at = self._last
        now = time.monotonic()
        self._last = (page, now)
        if page and before not in {"", page} and now - at < AT_ONCE:
            self.note, self._over_at = TYPED_OVER, now
        elif now - self._over_at > SAID_FOR:
            self.note = ""

    def forget(self) -> None:
        """Something else was selected since, which all pages show."""
        self.note, self._last = "", ("", 0.0)
