"""Reading a dialect file: written out in full, laid over the default, checked by the schema, errors with line and key."""

from __future__ import annotations

import hashlib
import json
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cvtr_widgets import safe_files
from cvtr_widgets.dialect.kinds import DialectEntry, DialectTable, MapEntry, PlacesEntry, StatusesEntry, ValuesEntry
from cvtr_widgets.dialect.kinds import FixedEntry as Fixed
from cvtr_widgets.dialect.model import Call, Dialect, Slot, entries
from cvtr_widgets.dialect.schema import CALLS, SLOTS, CallPart, DialectFile
from cvtr_widgets.errors import DialectError
from cvtr_widgets.frames.field_map import OUR_WORDS, FieldMap, own_word, plain_word
from cvtr_widgets.reader_limits import DIALECT_BYTES

_LISTS = {PlacesEntry: "places", ValuesEntry: "values", StatusesEntry: "values"}
_MAPS = (MapEntry, Fixed)


def _kinds(annotation: Any) -> tuple[type[DialectTable] | None, type[DialectTable] | None]:
    """The table that an annotation stands for, or the kind of the tables in it where it is a dict of them."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    if typing.get_origin(annotation) is dict:
        inner = typing.get_args(annotation)[1]
        return None, inner if isinstance(inner, type) and issubclass(inner, DialectTable) else None
    return (annotation, None) if isinstance(annotation, type) and issubclass(annotation, DialectTable) else (None, None)


def written_out(kind: type[DialectTable], table: Any, evidence: str = "inferred") -> Any:
    """A table with every short entry as a table of its own, and its evidence in it. What fits nothing stays as it is."""
    if not isinstance(table, dict):
        return table
    table = dict(table)
    evidence = table.pop("evidence", evidence)
    out: dict[str, Any] = {}
    for key, value in table.items():
        field = kind.model_fields.get(key)
        inner, of = _kinds(field.annotation) if field is not None else (None, None)
        if inner is not None and issubclass(inner, DialectEntry):
            out[key] = _entry(inner, value, evidence)
        elif inner is not None:
            out[key] = written_out(inner, value, evidence)
        elif of is not None and isinstance(value, dict):
            mine = value.get("evidence", evidence)
            out[key] = {k: _entry(of, v, mine) for k, v in value.items() if k != "evidence"}
        else:
            out[key] = value
    return out


def _entry(kind: type[DialectTable], value: Any, evidence: Any) -> Any:
    # A map may be written as itself, and is a table like a full entry; the key "value" tells them apart, so no word of a map can
    # be called that.
    if issubclass(kind, _MAPS) and isinstance(value, dict) and "value" not in value:
        rest = {k: v for k, v in value.items() if k != "evidence"}
        return {"value": rest, "evidence": value.get("evidence", evidence)}
    if isinstance(value, dict):
        return {**value, "evidence": value.get("evidence", evidence)}
    name = next((n for k, n in _LISTS.items() if issubclass(kind, k)), None)
    name = name or ("key" if "key" in kind.model_fields else "path" if "path" in kind.model_fields else "value")
    return {name: value, "evidence": evidence}


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` upon ``base``, both written out: an entry replaces an entry as a whole, other tables are joined."""
    out = dict(base)
    for key, value in over.items():
        # An entry is replaced as a whole: half of one with half of another would be something that nobody has ever seen.
        below = out.get(key)
        tables = isinstance(below, dict) and isinstance(value, dict) and "evidence" not in below and "evidence" not in value
        out[key] = laid_over(below, value) if tables and isinstance(below, dict) else value
    return out


MOST_PARTS = 200
"""Dots in a line; a key with so many parts is none."""
MOST_LINES = 2_000
"""Lines of a file in which the place of an error is looked for; looking takes the square of it."""


def line_of(text: str, keys: tuple[str | int, ...]) -> int | None:
    """The line (from 1) at which the value under ``keys`` stands, or what holds it; None where the text has none of it.

    tomllib tells no positions. So the text is read line by line until the value is there: small files, and only for errors.
    """
    path = [k for k in keys if isinstance(k, str)]
    lines = text.splitlines()
    while path and len(lines) <= MOST_LINES:
        begun = 1
        for number in range(1, len(lines) + 1):
            try:
                # The first so many lines, if they are TOML by themselves; in the middle of a list they are not, and one more is
                # tried.
                found: Any = tomllib.loads("\n".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue
            for key in path:
                found = found.get(key) if isinstance(found, dict) else None
            if found is not None:
                return begun
            begun = number + 1
        path.pop()
    return None


def _readable(message: str) -> str:
    if message.startswith("String should match pattern"):
        return "say documented, inferred, seen 2026-11-24, or sent or verified 2026-11-24 https://acme.cvtr.io user:7"
    return message.removeprefix("Value error, ").replace("Extra inputs are not permitted", "there is no such entry")


def _complaint(text: str, where: str, error: ValidationError) -> DialectError:
    found = error.errors(include_url=False, include_input=False)
    said: dict[str, None] = {}
    for one in found:
        loc = one["loc"]
        line = line_of(text, loc)
        name = ".".join(str(k) for k in loc).removesuffix(".value")
        said[f"{f'line {line}, ' if line else ''}{name}: {_readable(one['msg'])}"] = None
    more = f" (and {len(said) - 5} more)" if len(said) > 5 else ""
    return DialectError(
        f"{where}, " + "; ".join(list(said)[:5]) + more + ". Correct it; docs/dialect.md lists what each entry may be."
    )


def toml_of(text: str, where: str) -> dict[str, Any]:
    """TOML as it stands.

    Raises:
        DialectError: it is not one.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MOST_PARTS:  # tomllib takes the square of it, in memory
            raise DialectError(f"{where}, line {number} has more than {MOST_PARTS} dots. Shorten it.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DialectError(f"{where} is not TOML: {error}. Correct the line it names.") from None


def parse_dialect(text: str, where: str, *, over: Dialect | None = None, source: Path | None = None) -> Dialect:
    """A dialect from TOML text; ``where`` names it in errors. What the text does not hold is taken from ``over``.

    Raises:
        DialectError: not TOML, an entry of the wrong kind, one that does not exist, or (without ``over``) one missing; with
            line and key.
    """
    own = written_out(DialectFile, toml_of(text, where))
    raw = own if over is None else laid_over(over.raw, own)
    try:
        checked = DialectFile.model_validate(raw)
    except ValidationError as error:
        raise _complaint(text, where, error) from None
    _sensible(checked, where, text)
    names = frozenset(name for name, _ in entries(own)) if over is not None else frozenset()
    return _dialect(checked, raw, names, source)


def _never_filled(name: str, call: CallPart) -> str | None:
    """A value in the body of a call that no action can give it: it would be left out in silence."""
    named = [slot for slot in type(call.body).model_fields if (entry := getattr(call.body, slot)) is not None and entry.key]
    return next((slot for slot in named if slot not in SLOTS[name]), None)


def _sensible(checked: DialectFile, where: str, text: str) -> None:
    """What no single entry shows.

    Raises:
        DialectError: a call that could not be made, or whose answers could not be understood.
    """
    for name in CALLS:
        problem = _problem(name, getattr(checked.calls, name))
        if problem is not None:
            key, what = problem
            line = line_of(text, ("calls", name, *key.split(".")))
            at = f"line {line}, " if line else ""
            raise DialectError(f"{where}, {at}calls.{name}.{key}: {what}. Correct it.")
    _words_apart(checked, where, text)


def _problem(name: str, call: CallPart) -> tuple[str, str] | None:
    """Key and fault of a call that could not be made, or whose answers could not be understood."""
    leads = call.body.leads
    placed = "{lead}" in call.path.value
    one_list = call.format.value == "form" and leads is not None and bool(leads.item or leads.list == "array")
    never = _never_filled(name, call)
    # Found when the file is read, with line and key, and not when the first lead is to be written.
    faults = [
        (
            not placed and (leads is None or not leads.key),
            "path",
            "the leads have no place: name body.leads, or put {lead} into the path",
        ),
        (placed and call.many.value, "path", "{lead} in the path takes one lead a call: set many = false"),
        (
            call.answer.shape == "one" and call.many.value,
            "answer",
            'the shape "one" is for calls about one lead: set many = false',
        ),
        (name == "is_delivered" and call.answer.shape == "none", "answer", "the delivery check must name leads"),
        (one_list and call.many.value, "body", 'a form sends a list by list = "repeat" or list = "comma"'),
        (
            call.method.value == "GET" and (name != "is_delivered" or not placed),
            "method",
            "only the delivery check can be a GET, with {lead} in its path",
        ),
        (not call.yes.values, "yes", "at least one status must mean yes"),
        (never is not None, f"body.{never}", f"no action gives this call a value {never}: leave the entry out"),
    ]
    return next(((key, what) for wrong, key, what in faults if wrong), None)


def _words_apart(checked: DialectFile, where: str, text: str) -> None:
    """A word that meant both yes and no would make every answer true."""
    for one, other in (("yes", "no"), ("delivered", "not_delivered")):
        mine, theirs = (getattr(checked.words, kind).values for kind in (one, other))
        both = {plain_word(w) for w in mine} & {plain_word(w) for w in theirs}
        if both:
            line = line_of(text, ("words", one)) or line_of(text, ("words", other))
            at = f"line {line}, " if line else ""
            raise DialectError(
                f"{where}, {at}words.{one} and words.{other} both hold {', '.join(sorted(map(repr, both)))}. Take it out "
                "of one of them."
            )
    maps = (("statuses", "status"), ("deliveries", "delivery"), ("replacements", "replacement"))
    for key, name in maps:
        for word, ours in getattr(checked.words, key).value.items():
            if own_word(name, str(ours)) is None:
                line = line_of(text, ("words", key))
                at = f"line {line}, " if line else ""
                known = ", ".join(w or "None" for w in dict.fromkeys(OUR_WORDS[name].values()))
                raise DialectError(
                    f"{where}, {at}words.{key}: {word!r} stands for {str(ours)[:40]!r}, which is none of {known}. The service's "
                    "word is on the left, ours on the right."
                )


def _without_evidence(table: Any) -> Any:
    if isinstance(table, dict):
        return {k: _without_evidence(v) for k, v in table.items() if k != "evidence"}
    return table


def _dialect(checked: DialectFile, raw: Mapping[str, Any], own: frozenset[str], source: Path | None) -> Dialect:
    # Evidence and name say nothing on the wire.
    values = _without_evidence({k: v for k, v in raw.items() if k != "name"})
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
    places = {name: tuple(getattr(checked.fields, name).places) for name in type(checked.fields).model_fields}
    words = {
        "status": checked.words.statuses.value,
        "delivery": checked.words.deliveries.value,
        "replacement": checked.words.replacements.value,
    }
    return Dialect(
        name=checked.name,
        base=checked.base.rstrip("/"),
        hash=digest,
        raw=raw,
        file=checked,
        lead=FieldMap(places, {k: {str(w): str(o) for w, o in v.items()} for k, v in words.items() if v}),
        calls={name: _call(name, getattr(checked.calls, name)) for name in CALLS},
        own=own,
        source=source,
    )


def _call(name: str, part: CallPart) -> Call:
    slots: dict[str, Slot] = {}
    for slot in type(part.body).model_fields:
        found = getattr(part.body, slot)
        if found is not None and found.key:
            slots[slot] = found
    return Call(
        name=name, path=part.path.value, method=part.method.value, format=part.format.value, many=part.many.value,
        chunk=part.chunk.value if part.chunk else None, body=slots, words={k: w.value for k, w in part.words.items()},
        fixed=dict(part.fixed.value), yes=frozenset(part.yes.values), answer=part.answer, queue=part.queue,
    )  # fmt: skip


def text_of_file(place: Path) -> str:
    """What is in a dialect file.

    Raises:
        DialectError: it cannot be read, is not a file, is too large to be a dialect, or is not text.
    """
    try:
        return safe_files.read(place, DialectError, most=DIALECT_BYTES, what="dialect").decode("utf-8")
    except UnicodeDecodeError:
        raise DialectError(f"The dialect {str(place)!r} cannot be read: it is not UTF-8 text. Save it again.") from None


def load_dialect(path: str | Path, *, over: Dialect) -> Dialect:
    """The dialect in a file, laid over ``over``.

    Raises:
        DialectError: the file cannot be read or is not a dialect.
    """
    place = Path(path).expanduser()
    text = text_of_file(place)
    return parse_dialect(text, str(path), over=over, source=place)
