"""The filters of step 1, as the user has set them. A frozen value."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any

STATUSES = ("Valid", "Invalid", "Caution", "Test")
DELIVERIES = ("Delivered", "Not Delivered")
NAMES = ("campaign", "publisher", "status", "delivery", "created_after", "created_before")


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty text is "any". ``campaign`` and ``publisher`` are ids; the days are as the browser gives them (2026-11-24)."""

    campaign: str = ""
    publisher: str = ""
    status: str = ""
    delivery: str = ""
    created_after: str = ""
    created_before: str = ""

    def with_(self, name: str, value: str) -> Filters:
        """The same with one filter changed."""
        return dataclasses.replace(self, **{name: value.strip()})

    def blockers(self) -> tuple[str, ...]:
        """Why these cannot be loaded by."""
        said = []
        days: dict[str, date] = {}
        for name, word in (("created_after", "From"), ("created_before", "To")):
            text = getattr(self, name)
            try:
                if text:
                    days[name] = date.fromisoformat(text)
            except ValueError:
                said.append(f"{word} is no whole day yet. Complete it, or clear it.")
        if len(days) == 2 and days["created_after"] > days["created_before"]:
            said.append("From is later than To. Change one of them.")
        return tuple(said)

    def query(self) -> dict[str, Any]:
        """As arguments of ``session.pull``."""
        given = {name: getattr(self, name) for name in NAMES}
        return {name: int(v) if name in {"campaign", "publisher"} else v for name, v in given.items() if v}
