"""How much is asked of the service at once: leads a write, requests at once and in five minutes, leads a page, pages a read."""

from __future__ import annotations

from dataclasses import dataclass

from cvtr_widgets.arguments import quoted
from cvtr_widgets.errors import SettingsError

ALLOWED_PAGES = 300
"""Requests that a read may take before somebody has to allow it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``chunk`` leads a write call, ``in_flight`` requests at once, ``requests`` per ``window`` seconds."""

    chunk: int = 50
    in_flight: int = 8
    requests: int = 3_000
    window: float = 300.0
    page: int = 100

    def __post_init__(self) -> None:
        """Raises SettingsError if a number is not usable."""
        for name in ("chunk", "in_flight", "requests", "page"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise SettingsError(f"Limits({name}={quoted(value)}): give a whole number from 1 up.")
        if not isinstance(self.window, (int, float)) or not 0 < self.window < float("inf"):
            raise SettingsError(f"Limits(window={quoted(self.window)}): give the seconds over which requests are counted.")
