"""Where a lead record keeps what: by what the platform's own page shows of some leads, and by what changed in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.dialect.model import Dialect
from cvtr_widgets.errors import CaptureError
from cvtr_widgets.frames.field_map import OUR_WORDS, own_word
from cvtr_widgets.learn.exchange import leaves
from cvtr_widgets.learn.identify_calls import Ask
from cvtr_widgets.learn.lead_fields import word_of
from cvtr_widgets.learn.lesson import Lesson, Questions, must_parse, proposals
from cvtr_widgets.learn.place_choice import HINTS, PlaceChoice
from cvtr_widgets.learn.write_requests import Table
from cvtr_widgets.models import Record

WORDS = {"status": "statuses", "delivery": "deliveries", "replacement": "replacements"}
"""Fields whose words may differ from ours -> their table under ``words``."""
TEXTS = ("reason", "category", "comment", "replacement_comment", "second_check_status", "qa_status", "currency")
"""Fields that are text, as it is shown."""
FIELDS = (*WORDS, *TEXTS)
Shown = Mapping[str, Mapping[int, str | None]]
"""Field -> lead -> what the platform's page shows for it; None or empty where it shows nothing."""


@dataclass(frozen=True)
class BeforeAndAfter:
    """A lead's record before and after something was done to it on the platform's page (the same where nothing was), as leaves:
    place -> value.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @classmethod
    def of(cls, before: Record, after: Record) -> BeforeAndAfter:
        """From two records."""
        return cls(dict(leaves(before)), dict(leaves(after)))

    def changed(self, place: str) -> bool:
        """Whether another value is there now."""
        return self.before.get(place) != self.after.get(place)

    def changes(self) -> list[tuple[str, Any, Any]]:
        """Place, value before, value now, of everything that changed."""
        places = sorted({*self.before, *self.after})
        return [(p, self.before.get(p), self.after.get(p)) for p in places if self.changed(p)]


def learn_shown(shown: Shown, readings: Mapping[int, BeforeAndAfter], dialect: Dialect, ask: Ask | None) -> Lesson:
    """What the values shown teach, as changes to ``dialect``.

    Raises:
        CaptureError: a field or a word that there is not, or a lead that was not read; says which there are.
    """
    _must_make_sense(shown, readings)
    asking = Questions(ask)
    choice = PlaceChoice(lambda name: dialect.value("fields", name), asking)
    entries: dict[str, Table] = {}
    for name, values in shown.items():
        can = _places(name, values, readings, dialect)
        # One lead that stayed as it is fits every place that happens to hold that text. What tells is a second lead, a change, or
        # a place whose name says it.
        if len(values) > 1 or any(readings[lead].changed(p) for lead in values for p in can) or _hinted(name, can):
            chosen = choice.choose(name, list(can))
        else:
            chosen = None
            what = name.replace("_", " ")
            choice.lesson.notes.append(f"{what}: one lead that did not change is too little to go by; show another lead with it")
        if chosen is not None:
            entries[f"fields.{name}"] = {"places": _joined(name, chosen, values, readings, dialect)}
            if can[chosen]:
                table = f"words.{WORDS[name]}"
                entries[table] = {"value": {**dict(dialect.value("words", WORDS[name])), **can[chosen]}}
    lesson = Lesson(notes=list(choice.lesson.notes), questions=asking.count)
    lesson.proposals = proposals(entries, dialect, why="as you showed it")
    must_parse(lesson, dialect)
    return lesson


def _must_make_sense(shown: Shown, readings: Mapping[int, BeforeAndAfter]) -> None:
    if not isinstance(shown, Mapping) or not all(isinstance(values, Mapping) for values in shown.values()):
        raise CaptureError('What is shown is given as {"reason": {160185: "Wrong phone"}}: field, lead, and what the page shows.')
    for name, values in shown.items():
        if name not in FIELDS:
            raise CaptureError(f"There is no field {name!r} to learn. Choose among {', '.join(FIELDS)}.")
        if not values:
            raise CaptureError(f"Nothing is shown for {name!r}. Give at least one lead and what the page shows for it.")
        missing = [lead for lead in values if lead not in readings]
        if missing:
            raise CaptureError(f"Lead {missing[0]} was not read. Name it when you start watching.")
        known = ", ".join(w for w in dict.fromkeys(OUR_WORDS.get(name, {}).values()) if w)
        odd = [word for word in values.values() if word is not None and not isinstance(word, str)]
        if odd:
            raise CaptureError(f"What is shown for {name!r} is text, not {type(odd[0]).__name__}. Write it as the page does.")
        wrong = [word for word in values.values() if name in WORDS and word and own_word(name, word) is None]
        if wrong:
            raise CaptureError(f"{wrong[0]!r} is not a known {name}. Say which of {known} the page means by it.")


def _hinted(name: str, can: Mapping[str, Any]) -> bool:
    return len(can) == 1 and any(hint in place.lower() for place in can for hint in HINTS.get(name, (name,)))


def _places(
    name: str, values: Mapping[int, str | None], readings: Mapping[int, BeforeAndAfter], dialect: Dialect
) -> dict[str, dict[str, str]]:
    """Places where every lead shown has what is shown -> the service's words that are not ours. Where the leads were changed
    meanwhile, only the places that changed with them.
    """
    records = {lead: readings[lead].after for lead in values}
    every = sorted(set().union(*records.values()))
    form = tuple(dialect.value("fields", "data"))
    found: dict[str, dict[str, str]] = {}
    for place in every:
        # What people typed into a form may say anything, "Valid" too, and would be read as the lead's status for good.
        if any(place == p or place.startswith(f"{p}.") for p in form):
            continue
        seen = {lead: record.get(place) for lead, record in records.items()}
        words = _words(name, values, seen) if name in WORDS else _same(values, seen)
        if words is not None:
            found[place] = words
    moved = {p: w for p, w in found.items() if any(readings[lead].changed(p) for lead in values)}
    return moved or found


def _same(values: Mapping[int, str | None], seen: Mapping[int, Any]) -> dict[str, str] | None:
    """No words where each value is the one shown; None where one is another, or all are empty."""
    fits = all((word_of(seen[lead]) or "").strip() == (word or "").strip() for lead, word in values.items())
    return {} if fits and any(values.values()) else None


def _words(name: str, values: Mapping[int, str | None], seen: Mapping[int, Any]) -> dict[str, str] | None:
    """The service's words -> ours, where they say the same of every lead; None where they do not."""
    told: dict[str, str] = {}
    for lead, word in values.items():
        theirs, ours = word_of(seen[lead]), own_word(name, word or "") or ""
        if theirs is None:
            if ours:
                return None
            continue
        if told.setdefault(theirs, ours) != ours:
            return None
    # Two of the service's words for one of ours: this place tells apart what the field does not, so it keeps something else.
    if not told or len(set(told.values())) < len(told):
        return None
    other = {theirs: ours for theirs, ours in told.items() if own_word(name, theirs) != ours}
    # One foreign word proves nothing: any place that never changes would do.
    return None if other and len(told) < 2 and len(values) < 2 else other


def _joined(
    name: str, chosen: str, values: Mapping[int, str | None], readings: Mapping[int, BeforeAndAfter], dialect: Dialect
) -> list[str]:
    """The chosen place, and after it those in force that are empty, or the same, in every lead shown: another kind of reason may
    be kept there.
    """
    keep: list[str] = []
    for place in dialect.value("fields", name):
        stands: Sequence[Any] = [readings[lead].after.get(place) for lead in values]
        there = any(place in readings[lead].after for lead in values)
        mine = [readings[lead].after.get(chosen) for lead in values]
        agrees = all(value in (None, "") or value == own for value, own in zip(stands, mine, strict=True))
        if place != chosen and there and agrees:
            keep.append(place)
    return [chosen, *keep]
