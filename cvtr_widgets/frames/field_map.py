"""Where a value is in a record of the service, as data.

A **place** is a JMESPath expression. Plain dotted keys (``channel.name``), which is nearly all of them, are looked up
without the JMESPath interpreter, because twenty thousand leads are read at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter

from cvtr_widgets.errors import DialectError
from cvtr_widgets.frames.record_batch import RecordBatch
from cvtr_widgets.models import DELIVERY_WORDS, INT64_MAX, MAX_LEAD_ID, NOT_SENT, STATUS_WORDS, Missing, Record
from cvtr_widgets.reader_limits import EXPRESSION, EXPRESSION_STEPS
from cvtr_widgets.redact import said

_PLAIN = re.compile(r"^[A-Za-z_@][\w@-]*(\.[A-Za-z_@][\w@-]*)*$")
_IRI_ID = re.compile(r"^/[\w./~-]*/(\d{1,19})(?:\.jsonld)?$")

Getter = Callable[[Record], Any]


def _plain_getter(keys: Sequence[str]) -> Getter:
    if len(keys) == 1:
        key = keys[0]
        return lambda record: record.get(key, NOT_SENT) if isinstance(record, dict) else NOT_SENT

    def get(record: Record) -> Any:
        value: Any = record
        for key in keys:
            if value is None:
                return None
            if not isinstance(value, dict) or key not in value:
                return NOT_SENT
            value = value[key]
        return value

    return get


class _TooMuchWork(Exception):
    """An expression that was made to run for ever, or to fill the memory."""


class _Counted(TreeInterpreter):
    """Works an expression out, and counts what it does: each step, and each item of what it makes."""

    def __init__(self) -> None:
        super().__init__()
        self._left = EXPRESSION_STEPS

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _TooMuchWork
        # Each step of the expression is counted, and each list that it makes: a short expression can multiply lists without
        # end.
        found = super().visit(node, *args, **kwargs)
        if node["type"] in _MAKING and isinstance(found, (list, str)):
            self._left -= len(found)
        return found

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        given = [self.visit(child, value) for child in node["children"]]
        for one in given:
            self.weigh(one)
        return self._functions.call_function(  # type: ignore[attr-defined]  # jmespath's types leave it out
            node["value"], given
        )

    def visit_comparator(self, node: Any, value: Any) -> Any:
        if node["value"] not in {"eq", "ne"}:  # these only take numbers
            return super().visit_comparator(node, value)
        children = node["children"]
        left, right = self.visit(children[0], value), self.visit(children[1], value)
        if isinstance(left, _HOLDING) and isinstance(right, _HOLDING):  # else they are compared at once
            self.weigh(left)
            self.weigh(right)
        return self.COMPARATOR_FUNC[node["value"]](left, right)

    def weigh(self, value: Any) -> None:
        """Count all that is in a value. ``[@,@]|[@,@]|...`` is small in memory, and endless for whoever goes through it."""
        rest = [value]
        while rest:
            one = rest.pop()
            self._left -= 1
            if self._left < 0:
                raise _TooMuchWork
            if isinstance(one, (list, dict)):
                rest.extend(one.values() if isinstance(one, dict) else one)


_HOLDING = (list, dict)
_MAKING = frozenset(
    {"flatten", "multi_select_list", "function_expression", "projection", "value_projection", "filter_projection"}
)


def _jmes_getter(place: str) -> Getter:
    if len(place) > EXPRESSION:
        raise DialectError(
            f"A place of {len(place):,} characters is too long (at most {EXPRESSION}). Shorten it in the dialect file."
        )
    try:
        compiled = jmespath.compile(place)
    except RecursionError:
        raise DialectError(f"{place[:60]!r} ... is nested too deep. Shorten it in the dialect file.") from None
    except (JMESPathError, ValueError) as error:
        raise DialectError(f"{place!r} is not a JMESPath expression: {error}. Correct it in the dialect file.") from None

    # A multi-select can give back the same value many times over in little memory, so its result is weighed.
    grows = "multi_select" in repr(compiled.parsed)

    def get(record: Record) -> Any:
        work = _Counted()
        try:
            value = work.visit(compiled.parsed, record)
            if grows:
                work.weigh(value)
        except _TooMuchWork:
            raise DialectError(
                f"The place {place[:80]!r} takes more than {EXPRESSION_STEPS:,} steps on one record. Write a "
                "simpler one in the dialect file."
            ) from None
        except (JMESPathError, RecursionError, ValueError, OverflowError, TypeError):
            return NOT_SENT  # what is there is not what the expression can work on
        # JMESPath cannot tell "not there" from null; what cannot be told apart proves nothing.
        return NOT_SENT if value is None else value

    return get


def _plain_column(rows: RecordBatch, keys: Sequence[str]) -> Sequence[Any]:
    """What ``_plain_getter`` reads, of many records."""
    first, *rest = keys
    values = rows.column(first)
    for key in rest:
        values = [v.get(key, NOT_SENT) if type(v) is dict else None if v is None else NOT_SENT for v in values]
    return values


@lru_cache(maxsize=512)
def getter(places: tuple[str, ...]) -> Getter:
    """A function that reads the first of the ``places`` where a record holds something.

    Null and empty text are nothing: the search goes on, and None (or the empty text) is only read where no place holds more.
    ``NOT_SENT``: the record has none of the places.
    """
    parts = [_plain_getter(p.split(".")) if _PLAIN.match(p) else _jmes_getter(p) for p in places]
    if len(parts) == 1:
        return parts[0]

    def get(record: Record) -> Any:
        empty: Any = NOT_SENT
        for part in parts:
            value = part(record)
            if value is not NOT_SENT and value is not None and value != "":
                return value
            empty = value if empty is NOT_SENT else empty
        return empty

    return get


def plain_word(value: Any) -> str | None:
    """A word, number or true/false as it is compared: lower case, without space around it; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip().lower() if isinstance(value, (str, int)) else None


def _translated(read: Getter, words: Mapping[str, str]) -> Getter:
    """``read`` with the service's words in ours; an empty word of ours means that the field is empty."""
    known = {plain_word(theirs): ours or None for theirs, ours in words.items()}

    def get(record: Record) -> Any:
        value = read(record)
        word = plain_word(value)
        return known[word] if word is not None and word in known else value

    return get


@dataclass(frozen=True)
class FieldMap:
    """Names of lead fields -> the places where this service keeps them. A field with no place is not sent.

    ``words``: field -> the service's word -> ours, where its words differ (true and false are written so).
    """

    places: Mapping[str, tuple[str, ...]]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _getters: dict[str, Getter] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, places in self.places.items():
            found = getter(places) if places else (lambda _record: NOT_SENT)
            words = self.words.get(name)
            self._getters[name] = _translated(found, words) if words else found

    def __contains__(self, name: str) -> bool:
        return bool(self.places.get(name))

    def read(self, record: Record, name: str) -> Any:
        """The value of field ``name`` in ``record``; ``NOT_SENT`` where the service does not send it."""
        found = self._getters.get(name)
        return NOT_SENT if found is None else found(record)

    def lead_id(self, record: Record) -> int | None:
        """The id of a lead's record; None where it has none, or names two different ones."""
        return id_in(record, self.places.get("id", ()))

    def lead_ids(self, records: Sequence[Record]) -> list[int | None]:
        """``lead_id`` of many records."""
        return ids_in(records, self.places.get("id", ()))

    def column(self, records: Sequence[Record], name: str) -> Sequence[Any]:
        """The same field of many records."""
        found = self._getters.get(name)
        if found is None:
            return [NOT_SENT] * len(records)
        places = self.places[name]
        # The usual case, a plain key, is read for the whole page at once.
        if name not in self.words and len(places) == 1 and _PLAIN.match(places[0]):
            return _plain_column(RecordBatch.of(records), places[0].split("."))
        return [found(record) for record in records]

    def roots(self) -> frozenset[str]:
        """The top-level keys that the plain places start with."""
        return frozenset(p.split(".")[0] for places in self.places.values() for p in places if _PLAIN.match(p))


def id_of(value: Any) -> int | None:
    """The number of a thing that is given as integer, digits, IRI or embedded object; None if it is none of these.

    Relations of this service come both as ``"/api/v4/campaigns/44064"`` and as ``{"@id": "/api/v4/channels/9"}``.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 < value <= INT64_MAX else None
    if isinstance(value, str):
        match = _IRI_ID.match(value)
        digits = match.group(1) if match else value if value.isascii() and value.isdigit() and len(value) < 20 else ""
        return id_of(int(digits)) if digits else None
    if isinstance(value, dict):
        inner, iri = value.get("id"), value.get("@id")
        lead_id = None if isinstance(inner, dict) else id_of(inner)
        return lead_id if lead_id is not None else id_of(iri) if isinstance(iri, str) else None
    return None


def id_in(record: Any, places: Sequence[str]) -> int | None:
    """The id at the places of a record; None if there is none, or where two places name different things."""
    if not isinstance(record, dict):
        return None
    found = None
    for place in places:
        lead_id = id_of(getter((place,))(record))
        if lead_id is not None and found not in {lead_id, None}:
            return None
        found = lead_id if found is None else found
    return found


def ids_in(records: Sequence[Any], places: Sequence[str]) -> list[int | None]:
    """``id_in`` of many records."""
    try:
        if tuple(places) == ("id", "@id"):  # nearly always: a number, and an address that ends with it
            rows = RecordBatch.of(records)
            ids, addresses = list(rows.column("id")), list(rows.column("@id"))
            start = addresses[0].removesuffix(str(ids[0]))
            usual = all(type(lead_id) is int for lead_id in ids) and min(ids) > 0 and max(ids) <= MAX_LEAD_ID
            if (
                usual
                and _IRI_ID.match(addresses[0])
                and start.endswith("/")
                and addresses == [f"{start}{lead_id}" for lead_id in ids]
            ):
                return ids
    except (IndexError, TypeError, AttributeError):
        pass  # one of them is something else
    return [id_in(record, places) for record in records]


def name_of(value: Any) -> str | None:
    """The name that an embedded object carries, else None."""
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None


def text_of(value: Any) -> str | None | Missing:
    """A value as text: text as it is, numbers printed, an embedded object by its name, empty as None."""
    if value is NOT_SENT or value is None:
        return value
    if isinstance(value, str):
        return value or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return name_of(value) if isinstance(value, dict) and "name" in value else NOT_SENT


STATUSES = {word.lower(): word for word in STATUS_WORDS}
_DELIVERED = {word.lower(): word for word in DELIVERY_WORDS} | {"undelivered": "Not Delivered"}


OUR_WORDS: Mapping[str, Mapping[str, str]] = {
    "status": STATUSES,
    "delivery": _DELIVERED,
    "replacement": {"replacement": "Replacement", "none": ""},
}
"""Field -> the words (lower case) that are understood in it, and how they are written here."""


def own_word(name: str, word: str) -> str | None:
    """A word as it is written here (``Valid``, ``Not Delivered``, empty for no replacement); None if there is none such."""
    plain = word.strip().lower()
    return "" if not plain else OUR_WORDS[name].get(plain.replace("_", " ") if name == "delivery" else plain)


def status_of(value: Any) -> str | None | Missing:
    """Current Status in Convertr's spelling (``Valid Invalid Caution Test``); another word is kept as it came."""
    text = text_of(value)
    return STATUSES.get(text.strip().lower(), text) if isinstance(text, str) else text


def replacement_of(value: Any) -> str | None | Missing:
    """``Replacement``, or None where the lead is not marked so; another word is kept as it came."""
    text = text_of(value)
    if not isinstance(text, str):
        return text
    own = own_word("replacement", text)
    return text if own is None else own or None


def delivery_of(value: Any) -> str | None | Missing:
    """``Delivered`` or ``Not Delivered``; another word is kept as it came."""
    if isinstance(value, bool):
        return "Delivered" if value else "Not Delivered"
    text = text_of(value)
    return _DELIVERED.get(text.strip().lower().replace("_", " "), text) if isinstance(text, str) else text


def unknown_of(name: str, value: Any) -> str | None:
    """A status or delivery, as ``status_of`` and ``delivery_of`` give it, where it is a word that is not among ours."""
    return value if isinstance(value, str) and value not in OUR_WORDS[name].values() else None


def unknown_words(name: str, words: Mapping[str, int], what: str) -> list[str]:
    """Sentences about words that are not among ours, the most frequent three: word -> how many leads have it."""
    known = ", ".join(dict.fromkeys(w for w in OUR_WORDS[name].values() if w))
    found = []
    for word, count in sorted(words.items(), key=lambda item: -item[1])[:3]:
        found.append(
            f"{count:,} leads have the {name} {said(word, most=40)!r} and {what}: it is none of {known}. Say what it means "
            f"under words.{'statuses' if name == 'status' else 'deliveries'} in the dialect file."
        )
    return found
