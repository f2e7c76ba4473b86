"""Entries of the journal, and the chain of hashes that they form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cvtr_widgets.errors import JournalError
from cvtr_widgets.plans.canonical_json import canonical

FIRST_HASH = "0" * 64
Item = tuple[str, Mapping[str, Any]]
"""Kind and data of an entry to be written."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry. ``kind``: ``run``, ``plan``, ``claim``, ``intent``, ``answer``, ``outcome`` or ``end``."""

    number: int
    at: str
    run: str
    kind: str
    data: dict[str, Any] = field(repr=False)
    hash: str


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What a check of the journal found. ``head`` is the last entry's hash: note it elsewhere to detect a cut tail."""

    ok: bool
    entries: int
    head: str
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class WaitingEntries:
    """Entries (``at run kind data digest``) that wait for the next commit, whoever makes it. ``later``: nobody waits for it."""

    entries: list[tuple[str, str, str, str, str]]
    later: bool = False
    done: bool = False
    head: str = ""
    error: Exception | None = field(default=None)


def made(run: str, kind: str, data: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """One entry, as it is written: ``at run kind data digest``."""
    text = canonical(data)
    at = datetime.now(UTC).isoformat()
    return at, run, kind, text, digest(at, run, kind, text)


def time_of(text: Any) -> datetime:
    """A time that the journal holds.

    Raises:
        JournalError: it is not one.
    """
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise JournalError("A time in the journal cannot be read: it was changed. See cvtr-widgets journal verify.") from None


def digest(at: str, run: str, kind: str, data: str) -> str:
    """The hash of what one entry says. A bundle of one run shows only this of the entries of others."""
    return hashlib.sha256(canonical([at, run, kind, data]).encode()).hexdigest()


def chain(previous: str, number: int, content: str) -> str:
    """The hash of an entry: over the hash before, its number, and the digest of its content."""
    return hashlib.sha256(f"{previous}|{number}|{content}".encode()).hexdigest()


def followed(rows: Iterable[tuple[Any, ...]], head: str | None) -> JournalReport:
    """Follow the chain through ``number at run kind data hash`` of all entries. ``head``: a hash that must be in it."""
    previous, place, problems = FIRST_HASH, 0, []
    noted = head is None or head == FIRST_HASH
    try:
        for place, (number, at, run, kind, data, found) in enumerate(rows, 1):
            if number != place:
                problems.append(f"entry {place} is missing (the next one is number {number})")
                break
            if chain(previous, number, digest(at, run, kind, data)) != found:
                problems.append(f"entry {number} was changed, or one before it was removed")
                break
            previous = found
            noted = noted or found == head
    except JournalError as error:
        problems.append(str(error))
    if not problems and not noted:
        problems.append("the noted head is not in the chain: entries at the end were cut off, or everything was rewritten")
    return JournalReport(not problems, place, previous, tuple(problems))
