"""What pages have been told, so that only what is new goes out: while a million leads load, that is a line of progress."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Deltas:
    """The parts of the last message of each name, as they went out."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, str]] = {}

    def forget(self) -> None:
        """A page has come that has been told nothing."""
        self._told.clear()

    def of(self, name: str, parts: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The parts that are new, and whether these are all that there are: a page then drops what it had."""
        # Compared as text: cheaper than keeping deep copies, and exactly what the page would get.
        now = {key: json.dumps(value, default=str) for key, value in parts.items()}
        before = self._told.get(name)
        self._told[name] = now
        # A part that is gone cannot be told by sending what is new, so then everything goes out.
        if before is None or before.keys() != now.keys():
            return dict(parts), True
        return {key: value for key, value in parts.items() if now[key] != before[key]}, False

    def of_sections(self, name: str, view: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The same two levels deep: ``view`` holds sections, which hold parts (and single values)."""
        flat = {f"{key}.{part}": value for key, section in view.items() for part, value in _parts(section)}
        new, whole = self.of(name, flat)
        if whole:
            return dict(view), True
        found: dict[str, Any] = {}
        for place, value in new.items():
            key, _, part = place.partition(".")
            if part:
                found.setdefault(key, {})[part] = value
            else:
                found[key] = value
        return found, False


def _parts(section: Any) -> list[tuple[str, Any]]:
    return list(section.items()) if isinstance(section, dict) else [("", section)]
