"""The filters of step 1, as the user has set them. A frozen value."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from numbers import Integral
from typing import Any

from cvtr_widgets.arguments import quoted
from cvtr_widgets.errors import ArgumentError
from cvtr_widgets.models import DELIVERY_WORDS, STATUS_WORDS
from cvtr_widgets.session.several_listings import MOST_PARTS

CHOICES = ("campaign", "publisher", "status", "delivery")
DAY_FILTERS = ("created_after", "created_before")


def _last_month(today: date) -> tuple[date, date]:
    # The day before the first of this month: no table of lengths of months is needed.
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


RANGES: Mapping[str, Callable[[date], tuple[date, date]]] = {
    "Today": lambda today: (today, today),
    "Last 7 days": lambda today: (today - timedelta(days=6), today),
    "This month": lambda today: (today.replace(day=1), today),
    "Last month": _last_month,
}
"""Ranges of days by name, first and last day, both counted in full. The last 7 days are today and the six before."""


Named = Callable[[str, str], str | None]
"""Kind and name -> the id of a campaign or publisher as text; None if there is none such, or several."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What leads are loaded by. Of a choice any of its values must fit, and none is "any": ``campaign`` and ``publisher`` are
    ids as text. The days are as the browser gives them (2026-11-24); empty is any. ``archive``: they are read from the archive,
    as they were at the end of the day ``as_of`` (empty: as last seen).
    """

    campaign: tuple[str, ...] = ()
    publisher: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    delivery: tuple[str, ...] = ()
    created_after: str = ""
    created_before: str = ""
    archive: bool = False
    as_of: str = ""

    def reading(self, *, archive: bool) -> Filters:
        """The same, read from the archive or from the service."""
        return dataclasses.replace(self, archive=archive)

    def choose(self, name: str, values: Sequence[str]) -> Filters:
        """The same with other values of one choice."""
        changed: dict[str, Any] = {name: tuple(dict.fromkeys(values))}
        return dataclasses.replace(self, **changed)

    def on(self, name: str, value: str) -> Filters:
        """The same with another first or last day."""
        changed: dict[str, Any] = {name: value.strip()}
        return dataclasses.replace(self, **changed)

    def within(self, name: str, today: date) -> Filters:
        """The same with the days of a range; an empty name is any day."""
        first, last = map(str, RANGES[name](today)) if name else ("", "")
        return dataclasses.replace(self, created_after=first, created_before=last)

    @classmethod
    def preset(cls, given: Mapping[str, Any], today: date, named: Named) -> Filters:
        """From what a script names: as ``session.pull`` takes it, and ``range``, the name of a range of days. ``named`` looks up
        the id of a campaign or publisher.

        Raises:
            ArgumentError: a filter or a value that there is not; says which there are.
        """
        if not isinstance(given, Mapping) or not set(given) <= {*CHOICES, *DAY_FILTERS, "range"}:
            raise ArgumentError(f"filters= takes a dict with some of {', '.join((*CHOICES, *DAY_FILTERS, 'range'))}.")
        made = cls()
        for name in CHOICES:
            if given.get(name) is not None:
                made = made.choose(name, [_chosen(name, value, named) for value in _several(given[name])])
        if given.get("range") is not None:
            if given["range"] not in tuple(RANGES):
                raise ArgumentError(f"filters: range is {quoted(given['range'])}. Choose one of: {', '.join(RANGES)}.")
            made = made.within(given["range"], today)
        for name in DAY_FILTERS:
            if given.get(name) is not None:
                made = made.on(name, str(given[name])[:10])
        if problems := made.blockers():
            raise ArgumentError(f"filters: {problems[0]}")
        return made

    def blockers(self) -> tuple[str, ...]:
        """Why these cannot be loaded by."""
        said = []
        days: dict[str, date] = {}
        asked = [("created_after", "From"), ("created_before", "To"), *([("as_of", "As of")] if self.archive else [])]
        for name, word in asked:
            text = getattr(self, name)
            try:
                if text:
                    days[name] = date.fromisoformat(text)
            except ValueError:
                said.append(f"{word} is not a complete day yet. Complete it, or clear it.")
        if {*DAY_FILTERS} <= days.keys() and days["created_after"] > days["created_before"]:
            said.append("From is later than To. Change one of them.")
        # The service takes one value a filter, so that each combination is a listing of its own; an archive takes lists.
        parts = math.prod(max(1, len(getattr(self, name))) for name in CHOICES)
        if parts > MOST_PARTS and not self.archive:
            said.append(
                f"These filters have {parts:,} combinations. Each is read separately, and at most {MOST_PARTS} are allowed. "
                "Choose fewer, or load more and filter by the columns of the table."
            )
        return tuple(said)

    def query(self) -> dict[str, Any]:
        """As arguments of ``session.pull``."""
        asked: dict[str, Any] = {name: getattr(self, name) for name in DAY_FILTERS if getattr(self, name)}
        for name in CHOICES:
            values = getattr(self, name)
            if values:
                asked[name] = [int(v) for v in values] if name in {"campaign", "publisher"} else list(values)
        return asked

    def view(self, today: date) -> dict[str, Any]:
        """As JSON values; ``range`` is what the days are called today, ``ranges`` the names to choose from."""
        days = (self.created_after, self.created_before)
        named = (name for name, of in RANGES.items() if days == tuple(map(str, of(today))))
        return {
            **{name: list(getattr(self, name)) for name in CHOICES},
            **{name: getattr(self, name) for name in DAY_FILTERS},
            "range": next(named, ""),
            "ranges": {name: " – ".join(map(str, dict.fromkeys(of(today)))) for name, of in RANGES.items()},
        }


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _chosen(name: str, value: Any, named: Callable[[str, str], str | None]) -> str:
    """One value of a choice as the filters hold it."""
    if name in {"status", "delivery"}:
        known = STATUS_WORDS if name == "status" else DELIVERY_WORDS
        if value not in known:
            raise ArgumentError(f"filters: {name} is {quoted(value)}. Choose one or more of: {', '.join(known)}.")
        return str(value)
    if isinstance(value, Integral) and value is not True and int(value) > 0:
        return str(int(value))
    found = named(name, value) if isinstance(value, str) else None
    if found is None:
        raise ArgumentError(f"filters: there is no {name} {quoted(value)}. Give its id or its exact name: session.{name}s().")
    return found
