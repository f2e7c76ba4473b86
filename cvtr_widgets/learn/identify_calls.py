"""Which of the seven calls each exchange of a capture is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.learn.exchange import Exchange, body_leaves, form_of, number_in
from cvtr_widgets.learn.known import KnownLists

Ask = Callable[[str, Sequence[str]], int | None]
"""Asks which of several readings is right; gives its number, or None for none of them."""
WHAT = {
    "is_delivered": "the delivery check", "flag": "Valid, Invalid or Test", "deliver": "Mark as Delivered",
    "undeliver": "Mark as Undelivered", "metadata": "Mark as Other (Replacement, None)", "reprocess": "Reprocess",
    "delete": "Delete",
}  # fmt: skip
_DELIVER = re.compile(r"deliver|sent(?:$|/)", re.IGNORECASE)
_UNDO = re.compile(r"un-?_?deliver|undo|not[-_]?deliver|revoke|withdraw", re.IGNORECASE)
_OTHER = re.compile(r"metadata|other|replace|marker|tag", re.IGNORECASE)
_PROCESS = re.compile(r"process|requeue|rerun", re.IGNORECASE)
_DELETE = re.compile(r"delet|remov|trash", re.IGNORECASE)


@dataclass(frozen=True)
class LeadsPlace:
    """Where an exchange names its leads: in the path, or under ``key`` in a ``form``; ``many`` as a list, ``item`` each in an
    object under that key, ``comma`` in one text.
    """

    ids: tuple[int, ...]
    key: str = ""
    form: str = "integer"
    many: bool = False
    item: str = ""
    comma: bool = False


def leads_at(exchange: Exchange, known: KnownLists) -> LeadsPlace | None:
    """Where an exchange names leads that were used; None where it names none."""
    for key, value in body_leaves(exchange).items():
        found = _leads_in(key, value, known)
        if found is not None:
            return found
    inner = [number_in(part) for part in exchange.segments]
    ids = tuple(n for n in inner if n is not None and n in known.ids)
    return LeadsPlace(ids) if ids else None


def _leads_in(key: str, value: Any, known: KnownLists) -> LeadsPlace | None:
    if isinstance(value, list) and value:
        item = ""
        if all(isinstance(v, dict) and len(v) == 1 for v in value):
            item = next(iter(value[0]))
            value = [next(iter(v.values())) for v in value]
        # All of them must be leads that were used: a list with one other number in it is another list, such as the integration
        # jobs.
        ids = [number_in(v) for v in value]
        if all(i in known.ids for i in ids):
            return LeadsPlace(tuple(i for i in ids if i is not None), key, form_of(value[0]), many=True, item=item)
        return None
    if (lead_id := number_in(value)) is not None and lead_id in known.ids:
        return LeadsPlace((lead_id,), key, form_of(value))
    if isinstance(value, str) and "," in value:
        ids = [number_in(part.strip()) for part in value.split(",")]
        if all(i in known.ids for i in ids):
            return LeadsPlace(tuple(i for i in ids if i is not None), key, "digits", many=True, comma=True)
    return None


def others(exchange: Exchange, where: LeadsPlace) -> dict[str, Any]:
    """What a body holds beside the leads."""
    return {key: value for key, value in body_leaves(exchange).items() if key != where.key}


def named_reason(exchange: Exchange, known: KnownLists, where: LeadsPlace) -> bool:
    """Whether an exchange names a listed reason, or the reason that was typed."""
    for key, value in others(exchange, where).items():
        if value == known.typed.reason:
            return True
        for listed in known.lists.get("reasons", ()):
            form = listed.form_in(value)
            # A bare number names some row of every list: it counts only under a key that speaks of reasons.
            if form in {"name", "iri"} or (form is not None and "reason" in key.lower()):
                return True
    return False


def calls_in(known: KnownLists, ask: Ask) -> dict[str, list[tuple[Exchange, LeadsPlace]]]:
    """Call -> the exchanges that are that call, in order. Where an exchange can be read as several, the user is asked."""
    found: dict[str, list[tuple[Exchange, LeadsPlace]]] = {}
    answers: dict[tuple[str, str], str | None] = {}
    for exchange in known.exchanges:
        where = leads_at(exchange, known)
        # A refused call teaches nothing: its body is what this service does not take.
        if where is None or not 200 <= exchange.status < 300:
            continue
        can = _readings(exchange, known, where)
        if not can:
            continue
        choice: str | None = can[0]
        if len(can) > 1:
            # One question for one address, whatever numbers are in it: an action that was done on fifty leads is not asked about
            # fifty times.
            key = (exchange.method, re.sub(r"\d+", "{}", exchange.path))
            if key not in answers:
                number = ask(f"What is {exchange.method} {key[1]}?", [WHAT[c] for c in can])
                answers[key] = None if number is None else can[number]
            choice = answers[key]
        if choice is not None:
            found.setdefault(choice, []).append((exchange, where))
    return found


def _readings(exchange: Exchange, known: KnownLists, where: LeadsPlace) -> list[str]:
    path, rest = exchange.path, others(exchange, where)
    reads_only = exchange.method == "GET"
    if reads_only:
        # The lead itself is read by GET, too: only what goes on behind its id can be the check.
        behind = exchange.segments and number_in(exchange.segments[-1]) is None and not where.key
        return ["is_delivered"] if behind and _DELIVER.search(exchange.segments[-1]) else []
    # From what proves most to what proves least: the signature is typed for two actions only; a listed reason belongs to a flag;
    # the words of an address come last, as a flag may be sent to an address that says "metadata".
    if known.typed.signature in rest.values():
        said = f"{path} {' '.join(str(v) for v in rest.values())}"
        return ["undeliver" if _UNDO.search(said) else "deliver"]
    if not rest and _DELIVER.search(path) and not _UNDO.search(path):
        return ["is_delivered"]
    if named_reason(exchange, known, where):
        return ["flag"]
    if exchange.method == "DELETE" or _DELETE.search(path):
        return ["delete"]
    if _OTHER.search(path) or any("replacement" in str(v).lower() for v in rest.values()):
        return ["metadata"]
    if _PROCESS.search(path):
        return ["reprocess"]
    # Nothing tells. All that it can be is offered, and the user says which: a guess here would be sent to live leads.
    return [call for call in ("reprocess", "delete", "metadata", "flag") if call in WHAT]
