"""Where a lead record keeps what: by what changed when each action was done, and by what was typed and chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.learn.exchange import leaves
from cvtr_widgets.learn.identify_calls import Ask
from cvtr_widgets.learn.known import KnownLists, Listed
from cvtr_widgets.learn.place_choice import Default, PlaceChoice
from cvtr_widgets.learn.write_requests import Seen

FLAG_STATUSES = {"valid": "Valid", "invalid": "Invalid", "test": "Test"}
_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d{9,}$")
"""A time is another one after every action, and means none of them."""


@dataclass(frozen=True, repr=False)
class Change:
    """One action on one lead: its record before and after, as leaves."""

    number: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def had(self, place: str) -> bool:
        """Whether the place was there before, be it within an object that was null then."""
        if place in self.before:
            return True
        parts = place.split(".")
        return any(self.before.get(".".join(parts[:n]), "") is None for n in range(1, len(parts)))

    def was(self, place: str) -> Any:
        """What was there before."""
        return self.before.get(place)


class LeadFields(PlaceChoice):
    """Compares lead records of one capture."""

    def __init__(self, known: KnownLists, default: Default, ask: Ask) -> None:
        super().__init__(default, ask)
        self._known = known
        self._timeline: dict[int, list[tuple[int, dict[str, Any]]]] = {}
        for exchange, record in known.records:
            lead_id = known.lead_of(record)
            if lead_id is not None:
                self._timeline.setdefault(lead_id, []).append((exchange.number, dict(leaves(record))))

    def changes(self, seen: Seen) -> list[Change]:
        """What became of the leads of some exchanges, where they were read before and after."""
        found = []
        for exchange, where in seen:
            for lead_id in where.ids:
                line = self._timeline.get(lead_id, [])
                # The last reading before and the first one after: a later one may show what another action did.
                before = next((r for n, r in reversed(line) if n < exchange.number), None)
                after = next((r for n, r in line if n > exchange.number), None)
                if before is not None and after is not None:
                    found.append(Change(exchange.number, before, after))
        return found

    def changed(self, number: int, lead_id: int) -> bool | None:
        """Whether a lead's record is another one after an exchange; None where it was not read before and after it."""
        line = self._timeline.get(lead_id, [])
        before = next((r for n, r in reversed(line) if n < number), None)
        after = next((r for n, r in line if n > number), None)
        return None if before is None or after is None else before != after

    def learn_id(self) -> None:
        """Where the lead's own id is."""
        for lead_id, line in self._timeline.items():
            at = [p for p, v in line[-1][1].items() if v == lead_id or v == str(lead_id)]
            # The shortest place: a copy of the id in some inner object lies deeper than the lead's own.
            if at and not self.kept("id", [line[-1][1]]):
                self.put("id", min(at, key=len))
            return

    def learn_flags(self, changes: Sequence[Change], flags: Mapping[int, str], reasons: Mapping[int, Listed | None]) -> None:
        """Status, reason, category and comment. ``flags`` and ``reasons`` by number of exchange (None: typed words)."""
        told = [c for c in changes if c.number in flags]
        if not told:
            self.lesson.notes.append("no lead was read before and after a flag was set")
            return
        typed = self._known.typed
        wanted = {c.number: (r.name if (r := reasons.get(c.number)) is not None else typed.reason) for c in told}
        named = [c for c in told if c.number in reasons]
        self.choose("reason", [p for p in self._places(named) if all(c.after[p] == wanted[c.number] for c in named)])
        categories = {row.name for row in self._known.lists.get("categories", ())}
        returned = [c for c in named if wanted[c.number].lower() == "returned"]
        self.choose("category", [p for p in self._places(returned) if all(word_of(c.after[p]) in categories for c in returned)])
        # Only leads that got the comment now: an older one may be there.
        self.choose("comment", [p for p in self._places(told) if any(c.after[p] == typed.comment for c in told)])
        self._status(told, flags)

    def _status(self, told: Sequence[Change], flags: Mapping[int, str]) -> None:
        def words(place: str) -> dict[str, Any] | None:
            found: dict[str, Any] = {}
            for change in told:
                value = change.after[place]
                if (
                    not isinstance(value, (str, int))
                    or value == ""
                    or _TIME.match(str(value))
                    # One flag must lead to one word each time; a place that says now this and now that after the same flag is
                    # another field.
                    or found.setdefault(flags[change.number], value) != value
                ):
                    return None
            kinds = {(type(v), v) for v in found.values()}
            # And each flag to a word of its own. With one flag only, any place that changed would fit, such as who changed it
            # last.
            return found if len(kinds) == len(found) and len(found) > 1 else None

        can = {p: w for p in self._places(told) if (w := words(p)) is not None}
        # What is current is never empty; the mark of a manual check is, for most leads.
        records = [r for line in self._timeline.values() for _, r in line]
        never_empty = {p: w for p, w in can.items() if all(word_of(r.get(p)) is not None for r in records)}
        place = self.choose("status", list(never_empty or can))
        if place is None:
            return
        other = {word_of(v): FLAG_STATUSES[f] for f, v in can[place].items() if str(v).lower() != f}
        self.lesson.entries["words.statuses"] = {"value": other}

    def learn_delivery(self, to: Sequence[Change], back: Sequence[Change]) -> None:
        """The delivery: one word after Delivered, another after Undelivered, and the other way round before."""
        if not to or not back:
            return
        can: dict[str, tuple[str | None, str | None]] = {}
        for place in self._places([*to, *back]):
            yes, no = {word_of(c.after[place]) for c in to}, {word_of(c.after[place]) for c in back}
            was = {word_of(c.was(place)) for c in to}
            # Delivered and Undelivered are each other's way back, so the word before the one must be the word after the other.
            # This leaves out counters and times, which change with both.
            if len(yes) == len(no) == 1 and yes != no and was == no and None not in yes | no:
                can[place] = (yes.pop(), no.pop())
        chosen = self.choose("delivery", list(can))
        if chosen is None:
            return
        yes_word, no_word = can[chosen]
        known = (str(yes_word).lower(), str(no_word).lower()) == ("delivered", "not delivered")
        told = {} if known else {str(yes_word): "Delivered", str(no_word): "Not Delivered"}
        self.lesson.entries["words.deliveries"] = {"value": told}

    def learn_replacement(self, changes: Sequence[Change], marks: Mapping[int, str]) -> None:
        """The replacement mark."""
        marked = [c for c in changes if marks.get(c.number) == "Replacement"]
        cleared = [c for c in changes if marks.get(c.number) == "None"]
        if not marked:
            return
        can: dict[str, tuple[str | None, str | None]] = {}
        for place in self._places([*marked, *cleared]):
            words = {word_of(c.after[place]) for c in marked}
            empty = {word_of(c.after[place]) for c in cleared}
            # The typed comment appears together with the mark, and would pass for it.
            said = words != {None} and all(c.after[place] != self._known.typed.comment for c in marked)
            if len(words) == 1 and said and not words & empty and all(word_of(c.was(place)) not in words for c in marked):
                can[place] = (words.pop(), empty.pop() if len(empty) == 1 else None)
        chosen = self.choose("replacement", list(can))
        if chosen is not None:
            word, empty_word = can[chosen]
            told = {} if str(word).lower() == "replacement" else {str(word): "Replacement"}
            told |= {} if empty_word is None else {str(empty_word): ""}
            self.lesson.entries["words.replacements"] = {"value": told}

    def learn_processing(self, changes: Sequence[Change]) -> None:
        """The counter that goes up when a lead is reprocessed."""

        def up(change: Change, place: str) -> bool:
            old, new = change.was(place), change.after[place]
            return type(old) is int and type(new) is int and new == old + 1

        self.choose("processing_counter", [p for p in self._places(changes) if changes and all(up(c, p) for c in changes)])

    # -- choosing -----------------------------------------------------------------------------------------------------

    def _places(self, changes: Sequence[Change]) -> list[str]:
        """Places that every record afterwards has, and that were there before, or would have been in what was null then."""
        if not changes:
            return []
        return sorted(set.intersection(*({p for p in c.after if c.had(p)} for c in changes)))


def word_of(value: Any) -> str | None:
    """A value as the tables of words have it; None for what is empty or no word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) and value != "" else None
