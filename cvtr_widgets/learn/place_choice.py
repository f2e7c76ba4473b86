"""Which of several places of a lead's record a field is kept in: the one in force, the best named, or whichever the user says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cvtr_widgets.learn.identify_calls import Ask
from cvtr_widgets.learn.write_requests import Table

Default = Callable[[str], Sequence[str]]
"""Name of a field -> the places that the dialect in force has for it."""
HINTS = {
    "status": ("current", "quality", "status", "state"), "reason": ("reason", "why"), "category": ("categor", "exactly"),
    "comment": ("comment", "note", "remark"), "delivery": ("deliver", "sent"),
    "replacement": ("replac", "other", "tag", "marker"),
}  # fmt: skip
ELSEWHERE = ("billable_for_advertiser", "billable_for_publisher", "second_check_status", "replacement_comment")
MISTAKEN = ("status", "delivery", "replacement", "comment")
"""Fields that change together with others: those others have their places already."""


@dataclass
class FieldLesson:
    """Entries (``fields.status`` -> table, ``words.statuses`` -> table), and what could not be learned."""

    entries: dict[str, Table] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class PlaceChoice:
    """Chooses places, never the same one for two fields."""

    def __init__(self, default: Default, ask: Ask) -> None:
        self.lesson = FieldLesson()
        self._default = default
        self._ask = ask
        self._taken: set[str] = set()

    def kept(self, name: str, records: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a place in force is in all of the records."""
        return any(all(p in r for r in records) for p in self._default(name))

    def choose(self, name: str, can: Sequence[str]) -> str | None:
        """The place of a field: the default's where it fits, else the best one; between equals the user is asked."""
        others = {p for other in ELSEWHERE if name in MISTAKEN for p in self._default(other)}
        can = [p for p in can if p not in self._taken and p not in others]
        if not can:
            # It was not found, so the entry stays as it is and is not marked as seen.
            self.lesson.notes.append(f"{name.replace('_', ' ')}: not found in the leads; left as it is")
            return None
        default = [p for p in can if p in self._default(name)]
        if default:
            return self.put(name, default[0])

        def fit(place: str) -> int:
            hints = HINTS.get(name, ())
            return next((n for n, hint in enumerate(hints) if hint in place.lower()), len(hints))

        best = min(fit(p) for p in can)
        top = [p for p in can if fit(p) == best]
        if len(top) > 1:
            number = self._ask(f"Where does a lead keep its {name.replace('_', ' ')}?", top)
            if number is None:
                words = ", ".join(top[:6]) + (f" and {len(top) - 6} more" if len(top) > 6 else "")
                self.lesson.notes.append(f"{name.replace('_', ' ')}: could be any of {words}; left as it is")
                return None
            top = [top[number]]
        return self.put(name, top[0])

    def put(self, name: str, place: str) -> str:
        """Note the place of a field."""
        self._taken.add(place)
        self.lesson.entries[f"fields.{name}"] = {"places": [place]}
        return place
