"""From the exchanges of one call to its path, method and body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cvtr_widgets.learn.exchange import Exchange, form_of, number_in
from cvtr_widgets.learn.identify_calls import Ask, LeadsPlace, others
from cvtr_widgets.learn.known import FLAGS, KnownLists, Listed

Seen = Sequence[tuple[Exchange, LeadsPlace]]
Table = dict[str, Any]
_PERSON = re.compile(r"user|e?-?mail|person|operator|owner|author|token|csrf|nonce", re.IGNORECASE)
_SAFE_WORD = re.compile(r"[A-Za-z][A-Za-z _-]{0,39}|\d{1,3}")


@dataclass
class CallLesson:
    """Entries of one call (name below ``calls.<call>`` -> table), why, and what could not be learned."""

    entries: dict[str, Table] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    flags: dict[int, str] = field(default_factory=dict)
    """Number of an exchange -> its flag, or ``Replacement`` or ``None``."""


def learn_call(name: str, seen: Seen, known: KnownLists, base: str, default_keys: Mapping[str, str], ask: Ask) -> CallLesson:
    """What the exchanges of one call say. ``default_keys``: the values that the default has a place for in this call."""
    slots = list(default_keys)
    lesson = CallLesson()
    first, where = seen[0]
    rest = {e.number: others(e, w) for e, w in seen}
    taken: set[str] = set()
    if name == "flag":
        _flag(lesson, seen, known, rest, taken, ask)
    elif name == "metadata":
        _words_of(lesson, seen, rest, taken, ask, key_of="reason", meanings=_replacement_meanings(known, rest))
    _typed(lesson, known, rest, taken, name)
    _path(lesson, seen, base)
    lesson.entries["method"] = {"value": first.method}
    lesson.entries["format"] = {"value": "form" if first.form else "json"}
    lesson.entries["many"] = {"value": where.many and bool(where.key)}
    lesson.entries["body.leads"] = _leads_slot(where, form=first.form)
    lesson.entries["yes"] = {"values": sorted({e.status for e, _ in seen})}
    _fixed(lesson, known, rest, taken, ask)
    _unseen(lesson, slots, default_keys)
    return lesson


def _unseen(lesson: CallLesson, slots: Iterable[str], default: Mapping[str, str]) -> None:
    """A value that was not seen has no place where the others have other names than the default's: a guess beside what is
    known would be sent, and might be ignored in silence. Without a place, it is refused before anything is sent.
    """
    seen = {name.removeprefix("body."): t["key"] for name, t in lesson.entries.items() if name.startswith("body.")}
    differs = any(key != default.get(slot, "") for slot, key in seen.items())
    for slot in slots:
        if slot in seen:
            continue
        if slot in {"confirmation", "signature"}:  # these stand among what is always sent
            lesson.entries[f"body.{slot}"] = {"key": ""}
        elif differs:
            lesson.entries[f"body.{slot}"] = {"key": ""}
            lesson.notes.append(f"{slot.replace('_', ' ')} was not seen; an action that needs it is refused until it is learned")


def _leads_slot(where: LeadsPlace, *, form: bool) -> Table:
    slot: Table = {"key": where.key, "as": where.form}
    if where.item:
        slot["item"] = where.item
    if where.comma:
        slot["list"] = "comma"
    elif form and where.many:
        slot["list"] = "repeat"
    return slot


def _path(lesson: CallLesson, seen: Seen, base: str) -> None:
    """The path below base; ``{lead}`` and ``{flag}`` for what differs."""
    templates = []
    for exchange, where in seen:
        parts = exchange.path.removeprefix(base).strip("/").split("/")
        if not where.key:
            parts = ["{lead}" if number_in(part) in where.ids else part for part in parts]
        templates.append(parts)
    if len({tuple(t) for t in templates}) > 1 and len({len(t) for t in templates}) == 1:
        differs = [n for n, column in enumerate(zip(*templates, strict=True)) if len(set(column)) > 1]
        by_flag: dict[str, set[str]] = {}
        for (exchange, _), parts in zip(seen, templates, strict=True):
            # One part of the path differs and goes with the flag: the service has the flag in its path.
            if len(differs) == 1 and (flag := lesson.flags.get(exchange.number)):
                by_flag.setdefault(flag, set()).add(parts[differs[0]])
        if by_flag and all(len(words) == 1 for words in by_flag.values()):
            templates[0][differs[0]] = "{flag}"
            lesson.entries["body.flag"] = {"key": ""}
            for flag, words in by_flag.items():
                lesson.entries[f"words.{flag}"] = {"value": next(iter(words))}
        else:
            lesson.notes.append("its exchanges have different paths; the first one is taken")
    lesson.entries["path"] = {"value": "/".join(templates[0])}


def _flag(
    lesson: CallLesson, seen: Seen, known: KnownLists, rest: Mapping[int, Mapping[str, Any]], taken: set[str], ask: Ask
) -> None:
    found = _listed_slot(rest, known.lists.get("reasons", ()), "reason", ask)
    reasons: dict[int, Listed] = {}
    if found is not None:
        key, form, reasons = found
        taken.add(key)
        lesson.entries["body.listed_reason"] = {"key": key, "as": form}
    else:
        lesson.notes.append("no listed reason was seen; choose one from the list for at least one action")
    for number, values in rest.items():
        own_key = next((k for k, v in values.items() if v == known.typed.reason), None)
        if own_key is not None:
            taken.add(own_key)
            lesson.entries["body.own_reason"] = {"key": own_key}
        if number in reasons and reasons[number].flag:
            lesson.flags[number] = reasons[number].flag
    _words_of(lesson, seen, rest, taken, ask, key_of="flag", meanings={})
    returned = {n: values for n, values in rest.items() if n in reasons and reasons[n].name.lower() == "returned"}
    left = {n: {k: v for k, v in values.items() if k not in taken} for n, values in returned.items()}
    category = _listed_slot(left, known.lists.get("categories", ()), "category", ask)
    if category is not None:
        taken.add(category[0])
        lesson.entries["body.category"] = {"key": category[0], "as": category[1]}
    jobs = {row.id for row in known.lists.get("jobs", ())}
    for values in rest.values():
        for key, value in values.items():
            numbers = [number_in(v) for v in value] if isinstance(value, list) else [None]
            if key not in taken and numbers and all(n in jobs and n is not None for n in numbers):
                taken.add(key)
                slot: Table = {"key": key, "as": form_of(value[0])}
                lesson.entries["body.integrations"] = {**slot, "list": "repeat"} if seen[0][0].form else slot


def _listed_slot(
    rest: Mapping[int, Mapping[str, Any]], listed: Sequence[Listed], hint: str, ask: Ask
) -> tuple[str, str, dict[int, Listed]] | None:
    """The key that names rows of a list, the form it does so in, and the row by exchange."""
    votes: dict[tuple[str, str], dict[int, Listed]] = {}
    for number, values in rest.items():
        for key, value in values.items():
            for row in listed:
                form = row.form_in(value)
                if form is not None:
                    votes.setdefault((key, form), {})[number] = row
    if not votes:
        return None

    def weight(one: tuple[str, str]) -> tuple[bool, bool, int]:
        key, form = one
        # How sure a key is, in this order: the form in which it names rows, its own name, and in how many exchanges it does so.
        return form in {"name", "iri"}, hint in key.lower(), len(votes[one])

    best = sorted(votes, key=weight, reverse=True)
    # Several that are equally likely are a question to the user, never a guess: the wrong key would be sent to live leads.
    top = [one for one in best if weight(one) == weight(best[0])]
    if len(top) > 1:
        chosen = ask(f"Which key holds the {hint}?", [key for key, _ in top])
        if chosen is None:
            return None
        top = [top[chosen]]
    return *top[0], votes[top[0]]


def _words_of(
    lesson: CallLesson, seen: Seen, rest: Mapping[int, Mapping[str, Any]], taken: set[str], ask: Ask, *,
    key_of: str, meanings: Mapping[int, str],
) -> None:  # fmt: skip
    """The key whose word says which flag (or which other reason) it is, and the words."""
    lesson.flags.update({number: meaning for number, meaning in meanings.items() if meaning})
    can = _candidates(lesson.flags, rest, taken)
    if len(can) > 1:
        chosen = ask(f"Which key says what the lead becomes ({key_of})?", [key for key, _ in can])
        can = [] if chosen is None else [can[chosen]]
    if not can:
        return
    key, told = can[0]
    taken.add(key)
    lesson.entries[f"body.{key_of}"] = {"key": key}
    for flag, word in told.items():
        lesson.entries[f"words.{flag}"] = {"value": word}
    for exchange, _ in seen:
        by_word = {(type(w), w): f for f, w in told.items()}
        value = rest[exchange.number].get(key)
        if exchange.number not in lesson.flags and not isinstance(value, (list, dict)) and (type(value), value) in by_word:
            lesson.flags[exchange.number] = by_word[type(value), value]
    missing = [flag for flag in (FLAGS if key_of == "flag" else ("Replacement", "None")) if flag not in told]
    if missing:
        lesson.notes.append(f"the word for {', '.join(missing)} was not seen")


def _candidates(
    flags: Mapping[int, str], rest: Mapping[int, Mapping[str, Any]], taken: set[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Keys with one word per flag, each flag another."""
    keys = set.intersection(*(set(values) for values in rest.values())) - taken if rest else set()
    can = []
    for key in sorted(keys):
        words: dict[str, list[Any]] = {}
        for number, values in rest.items():
            flag = flags.get(number) or _flag_word(values[key])
            if flag and not isinstance(values[key], (list, dict)) and values[key] not in words.setdefault(flag, []):
                words[flag].append(values[key])
        said = [w[0] for w in words.values() if len(w) == 1]
        # One word for each flag, and a different one for each; a single flag is only believed if the word is the flag's own
        # name.
        if words and len(said) == len(words) == len({(type(w), w) for w in said}) and (len(words) > 1 or _flag_word(said[0])):
            can.append((key, {flag: w[0] for flag, w in words.items()}))
    return can


def _flag_word(value: Any) -> str:
    return value.lower() if isinstance(value, str) and value.lower() in FLAGS else ""


def _replacement_meanings(known: KnownLists, rest: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """Which of the exchanges set the mark, and which took it away."""
    said: dict[int, str] = {}
    for number, values in rest.items():
        words = [v for v in values.values() if v != known.typed.comment and not isinstance(v, (list, dict))]
        marks = [w is True or str(w).lower() in {"r", "1", "replacement", "yes"} or "replac" in str(w).lower() for w in words]
        takes = [w is False or w is None or str(w).lower() in {"n", "0", "none", "no", "nothing"} for w in words]
        said[number] = "Replacement" if any(marks) and not any(takes) else "None" if any(takes) and not any(marks) else ""
    return said


def _typed(lesson: CallLesson, known: KnownLists, rest: Mapping[int, Mapping[str, Any]], taken: set[str], name: str) -> None:
    wanted = {"comment": known.typed.comment, "signature": known.typed.signature}
    for values in rest.values():
        for key, value in values.items():
            for slot, text in wanted.items():
                if value == text and key not in taken:
                    taken.add(key)
                    lesson.entries[f"body.{slot}"] = {"key": key}
    if name in {"flag", "metadata"} and "body.comment" not in lesson.entries:
        lesson.notes.append("no comment was seen")


def _fixed(lesson: CallLesson, known: KnownLists, rest: Mapping[int, Mapping[str, Any]], taken: set[str], ask: Ask) -> None:
    """What is the same in every exchange is always sent; only words that can be no secret and nobody's name."""
    private = known.private
    fixed: Table = {}
    keys = {key: None for values in rest.values() for key in values if key not in taken}
    for key in keys:
        values = [values[key] for values in rest.values() if key in values]
        same = len(values) == len(rest) and all(v == values[0] and type(v) is type(values[0]) for v in values)
        value = values[0]
        if value in ("", None, []) and same:
            continue
        # A dialect file is shown and shared, so only values that cannot be a secret or a name are written into it: flags, small
        # numbers, plain words.
        plain = isinstance(value, bool) or (isinstance(value, int) and abs(value) < 1_000)
        word = isinstance(value, str) and _SAFE_WORD.fullmatch(value) and value not in private and not _PERSON.search(key)
        if same and (plain or word):
            fixed[key] = value
            continue
        # There is one answer only. It is asked all the same, so that whoever teaches knows that this part will not be sent.
        ask(f"What is {key!r}? Its value was not recognised, and is not shown.", ["leave it out"])
        lesson.notes.append(f"{key!r} was left out: its value was not recognised")
    lesson.entries["fixed"] = {"value": fixed}
