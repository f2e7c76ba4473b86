"""What is known before learning: the leads used, the words typed, and the lists that the capture shows."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cvtr_widgets.errors import CaptureError
from cvtr_widgets.learn.exchange import Exchange, leaves, number_in

_PERSONAL = re.compile(r"name|mail|phone|address|postcode|^ip$|value|title|dob|sex|host|hash|finger|company", re.IGNORECASE)
FLAGS = ("valid", "invalid", "test")


@dataclass(frozen=True, repr=False)
class TypedWords:
    """What the user typed on the platform's page while the capture was made, so that it can be found again."""

    comment: str = "learning comment"
    reason: str = "learning reason"
    signature: str = "Learning Signature"


@dataclass(frozen=True)
class Listed:
    """One row of a list of the service."""

    name: str
    id: int | None
    iri: str | None = None
    flag: str = ""

    def form_in(self, value: Any) -> str | None:
        """The form in which ``value`` names this row: ``id``, ``digits``, ``iri`` or ``name``; None where it does not."""
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            return "id" if value == self.id else None
        if not isinstance(value, str):
            return None
        if value == self.name:
            return "name"
        if self.iri and value == self.iri:
            return "iri"
        return "digits" if self.id is not None and value == str(self.id) else None


@dataclass
class KnownLists:
    """``lists`` maps a kind (``reasons``, ``categories``, ``jobs``) to its rows; ``sources`` to the exchanges they came by."""

    ids: frozenset[int]
    typed: TypedWords
    origin: str
    exchanges: list[Exchange]
    lists: dict[str, list[Listed]] = field(default_factory=dict)
    sources: dict[str, list[Exchange]] = field(default_factory=dict)

    @functools.cached_property
    def records(self) -> Sequence[tuple[Exchange, Mapping[str, Any]]]:
        """Every lead record that the capture shows, with the exchange it came by. Looked for once: each call learnt asks."""
        return list(self._records())

    def _records(self) -> Iterator[tuple[Exchange, Mapping[str, Any]]]:
        for exchange in self.exchanges:
            if exchange.method == "GET" and 200 <= exchange.status < 300:
                whole = exchange.got
                rows = [whole] if isinstance(whole, dict) and self.lead_of(whole) is not None else objects(whole)
                for row in rows:
                    if self.lead_of(row) is not None:
                        yield exchange, row

    @functools.cached_property
    def private(self) -> frozenset[str]:
        """Texts of lead records that may be somebody's: they are never written anywhere."""
        found: set[str] = set()
        # A list of what is still to be looked into, instead of recursion: a record is the service's, and as deep as it likes.
        waiting: list[tuple[str, Any]] = [("", record) for _, record in self.records]
        while waiting:
            key, one = waiting.pop()
            if isinstance(one, dict):
                waiting += one.items()
            elif isinstance(one, list):
                waiting += [(key, inner) for inner in one]
            elif isinstance(one, str) and one and _PERSONAL.search(key):
                found.add(one)
        return frozenset(found)

    def lead_of(self, row: Mapping[str, Any]) -> int | None:
        """Which of the leads used a record is about."""
        # A record of a lead has dozens of fields; fewer than five are a row of an answer, which names a lead and says little of
        # it.
        if len(row) < 5:
            return None
        found = {n for key, value in row.items() if not isinstance(value, (dict, list)) and (n := number_in(value)) in self.ids}
        found = {n for n in found if n is not None}
        # With two of the leads in one row, nobody can tell which one it is about (a duplicate names the lead that it repeats).
        return found.pop() if len(found) == 1 else None


def objects(got: Any, *, depth: int = 4) -> Iterator[Mapping[str, Any]]:
    """The object that an answer is, or those of the list that it holds."""
    rows = next((value for _, value in rows_in(got, depth=depth)), None)
    if rows is not None:
        yield from rows
    elif isinstance(got, dict):
        yield got


def rows_in(got: Any, *, depth: int = 4) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Every list of objects in an answer that is a list itself or holds one, with its place."""
    if isinstance(got, list):
        if got and all(isinstance(row, dict) for row in got):
            yield "@", got
        return
    for place, value in leaves(got, depth=depth):
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            yield place, value


def known_from(exchanges: Iterable[Exchange], ids: Iterable[int], typed: TypedWords) -> KnownLists:
    """Everything that is known, from the one origin that the leads were handled at.

    Raises:
        CaptureError: no exchange is about any of the leads.
    """
    wanted = frozenset(ids)
    every = list(exchanges)
    counts: dict[str, int] = {}
    for exchange in every:
        if _mentions(exchange, wanted):
            counts[exchange.origin] = counts.get(exchange.origin, 0) + 1
    if not counts:
        raise CaptureError(
            "Nothing in this capture is about the leads given: it is of another site, or the actions were done on other leads. "
            "Capture the platform's own page while you do each action, and give those leads with --ids."
        )
    # A capture holds whatever the browser did: other sites, and their own numbers that happen to be the id of a lead. The
    # platform is where most exchanges name the leads.
    origin = max(counts, key=lambda o: counts[o])
    known = KnownLists(wanted, typed, origin, [e for e in every if e.origin == origin])
    _lists(known)
    return known


def _mentions(exchange: Exchange, ids: frozenset[int]) -> bool:
    if any(number_in(part) in ids for part in exchange.segments):
        return True
    # The text of the body, whatever its form: where in it the leads are is only learned later.
    words = re.findall(r"\d+", str(exchange.sent)) if exchange.method != "GET" and exchange.sent is not None else ()
    return any(int(word) in ids for word in words if len(word) < 19)


def _lists(known: KnownLists) -> None:
    for exchange in known.exchanges:
        kind = _kind(exchange)
        if kind is None or exchange.method != "GET" or exchange.status != 200:
            continue
        flag = next((v.lower() for _, v in exchange.query if v.lower() in FLAGS), "")
        for row in objects(exchange.got):
            listed = _listed(row, flag)
            if listed is not None and listed not in known.lists.setdefault(kind, []):
                known.lists[kind].append(listed)
        known.sources.setdefault(kind, []).append(exchange)


def _kind(exchange: Exchange) -> str | None:
    last = exchange.segments[-1].lower() if exchange.segments else ""
    if "categor" in last:
        return "categories"
    if "reason" in last:
        return "reasons"
    return "jobs" if "job" in last and "lead" not in last else None


def _listed(row: Mapping[str, Any], flag: str) -> Listed | None:
    name = next((row[k] for k in ("name", "label", "title") if isinstance(row.get(k), str)), None)
    if name is None:
        return None
    iri = row.get("@id")
    record_id = number_in(row.get("id", iri))
    inner = next((v.lower() for _, v in leaves(row) if isinstance(v, str) and v.lower() in FLAGS), "")
    return Listed(name, record_id, iri if isinstance(iri, str) else None, inner or flag)
