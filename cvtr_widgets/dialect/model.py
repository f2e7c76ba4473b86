"""A dialect as the client uses it: everything undocumented about one Convertr, as data with its evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvtr_widgets.dialect.kinds import AnswerEntry, QueueEntry, SlotEntry
from cvtr_widgets.dialect.schema import DialectFile
from cvtr_widgets.errors import DialectError
from cvtr_widgets.frames.field_map import FieldMap, getter
from cvtr_widgets.models import NOT_SENT, Record

Slot = SlotEntry
VALUE_KEYS = ("value", "values", "places", "key", "path")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an entry comes from: ``kind``, ``when`` (a day), ``where`` (an address and an account; older files name only an
    enterprise, which proves nothing at any address).

    Kinds: documented, inferred, seen (in a capture), sent (a run sent it, and what could be read of the lead was as intended; it
    cannot be read itself) and verified (a run sent it and read it back).
    """

    kind: str
    when: str = ""
    where: str = ""

    @classmethod
    def of(cls, text: str) -> Evidence:
        """From a file's word."""
        kind, _, rest = text.partition(" ")
        when, _, where = rest.partition(" ")
        return cls(kind, when, where)

    def verified_at(self, origin: str, account: str) -> bool:
        """Whether a run of this account at this address has proven it. What others proved elsewhere proves nothing here."""
        return self.kind == "verified" and self.where == proof_word(origin, account)

    def tried_at(self, origin: str, account: str) -> bool:
        """Whether a run of this account at this address sent it and found the lead as intended, though it may not be readable."""
        return self.kind in {"sent", "verified"} and self.where == proof_word(origin, account)


def proof_word(origin: str, account: str) -> str:
    """Address and account as evidence names them."""
    return f"{origin} {account}"


def enterprise_word(enterprise: str) -> str:
    """An enterprise's name as a dialect file writes it."""
    return re.sub(r"[^\w.-]", "_", enterprise)


@dataclass(frozen=True)
class Call:
    """One of the seven writes. ``chunk``: most leads per call (None = the client's own limit); ``many`` False: one a call."""

    name: str
    path: str
    method: str
    format: str
    many: bool
    chunk: int | None
    body: Mapping[str, Slot]
    words: Mapping[str, Any]
    fixed: Mapping[str, Any]
    yes: frozenset[int]
    answer: AnswerEntry
    queue: QueueEntry


@dataclass(frozen=True)
class EntryRow:
    """One entry: its dotted name, value as JSON, evidence, and whether it is in the user's own file."""

    entry: str
    value: str
    evidence: Evidence
    own: bool


@dataclass(frozen=True)
class Dialect:
    """``raw`` is the whole file written out, default and own merged; ``file`` the same as checked values.

    ``hash`` changes with any value; not with evidence, so that proving an entry does not put a plan out of date.
    ``source`` is the user's own file, if there is one.
    """

    name: str
    base: str
    hash: str
    raw: Mapping[str, Any]
    file: DialectFile = field(compare=False, repr=False)
    lead: FieldMap
    calls: Mapping[str, Call]
    own: frozenset[str] = frozenset()
    source: Path | None = field(default=None, compare=False)

    def entry(self, *keys: str) -> Any:
        """One entry or table as it is in ``raw``.

        Raises:
            DialectError: the entry is missing.
        """
        found: Any = self.raw
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                raise DialectError(f"dialect {self.name!r} has no entry {'.'.join(keys)}. Add it to the file.")
            found = found[key]
        return found

    def value(self, *keys: str) -> Any:
        """One entry's value.

        Raises:
            DialectError: the entry is missing.
        """
        found = self.entry(*keys)
        if isinstance(found, dict):
            # Kinds of entries keep what they say under different keys (value, places, values ...); whoever asks need not know
            # which.
            for part in VALUE_KEYS:
                if part in found:
                    return found[part]
        return found

    def read(self, record: Record, *keys: str) -> Any:
        """The value that the places under an entry lead to in ``record``, or ``NOT_SENT``."""
        places = tuple(self.value(*keys))
        return getter(places)(record) if places else NOT_SENT

    def resource(self, name: str) -> str:
        """The path, from the root, of what we call ``name`` (``leads``, ``lead-flag-reasons``)."""
        found = self.raw["resources"].get(name.replace("-", "_"))
        return f"{self.base}/{found['value'] if found else name}"

    def spoken(self, kind: str, word: str) -> str:
        """Our word (``Valid``, ``Delivered``) as this service says it in records."""
        # The map goes from their words to ours; several of theirs may mean one of ours, and the first is spoken.
        for theirs, ours in self.value("words", kind).items():
            if ours == word:
                return str(theirs)
        return word

    def id_path(self, resource: str) -> tuple[str, ...]:
        """The places of the id in rows of a resource."""
        return tuple(self.value("fields", "id") if resource == "leads" else self.value("lists", "id"))

    def evidence(self) -> list[EntryRow]:
        """Every entry with where it comes from."""
        return [
            EntryRow(name, shown(entry), Evidence.of(entry["evidence"]), name in self.own) for name, entry in entries(self.raw)
        ]

    def evidence_of(self, names: Iterable[str]) -> dict[str, Evidence]:
        """The evidence of given entries; those that the dialect does not have are left out."""
        wanted = set(names)
        return {name: Evidence.of(entry["evidence"]) for name, entry in entries(self.raw) if name in wanted}


def entries(table: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Dotted name and table of every entry below ``table`` (written out)."""
    for key, value in table.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            if "evidence" in value:
                yield name, value
            else:
                yield from entries(value, name)


def shown(entry: Mapping[str, Any]) -> str:
    """An entry's value as short JSON."""
    rest = {k: v for k, v in entry.items() if k != "evidence"}
    return json.dumps(next(iter(rest.values())) if len(rest) == 1 else rest, ensure_ascii=False, default=str)
