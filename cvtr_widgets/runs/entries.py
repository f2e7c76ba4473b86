"""Entries of the journal, and the chain of hashes that they form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cvtr_widgets.runs.canonical import canonical

FIRST = "0" * 64
Item = tuple[str, Mapping[str, Any]]
"""Kind and data of an entry to be written."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry. ``kind``: ``run``, ``plan``, ``claim``, ``intent``, ``answer``, ``outcome`` or ``end``."""

    number: int
    at: str
    run: str
    kind: str
    data: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What a check of the journal found. ``head`` is the last entry's hash: note it elsewhere to detect a cut tail."""

    ok: bool
    entries: int
    head: str
    problems: tuple[str, ...] = ()


def made(run: str, kind: str, data: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """One entry, as it is written: ``at run kind data digest``."""
    text = canonical(data)
    at = datetime.now(UTC).isoformat()
    return at, run, kind, text, digest(at, run, kind, text)


def digest(at: str, run: str, kind: str, data: str) -> str:
    """The hash of what one entry says. A bundle of one run shows only this of the entries of others."""
    return hashlib.sha256(canonical([at, run, kind, data]).encode()).hexdigest()


def chain(previous: str, number: int, content: str) -> str:
    """The hash of an entry: over the hash before, its number, and the digest of its content."""
    return hashlib.sha256(f"{previous}|{number}|{content}".encode()).hexdigest()
