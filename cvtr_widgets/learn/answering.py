"""From the answers of one call: its shape, its words, and where a queued one is asked after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cvtr_widgets.learn.bodies import Seen, Table
from cvtr_widgets.learn.exchange import Exchange, leaves, number_in, quoted
from cvtr_widgets.learn.known import Known

WORDS = ("status", "result", "state", "word", "outcome", "delivered", "sent", "success", "ok")
MESSAGES = ("message", "why", "note", "error", "detail", "reason")


def learn_answer(seen: Seen, known: Known, base: str) -> tuple[dict[str, Table], list[Any]]:
    """Entries ``answer`` and ``queue`` of a write, and the words that were said of leads."""
    exchange, where = seen[0]
    entries: dict[str, Table] = {}
    final: Any = exchange.got
    queue = _queue(exchange, known, base)
    if queue is not None:
        entries["queue"], final = queue
    entries["answer"], words = _shape(final, where.ids, check=False)
    return entries, words


def learn_check(seen: Seen, truth: Mapping[int, bool]) -> tuple[dict[str, Table], dict[bool, list[Any]]]:
    """The entry ``answer`` of the delivery check, and its words for yes and no. ``truth``: number of an exchange -> whether
    its lead was delivered then, as far as the actions before and after it tell.
    """
    words: dict[bool, list[Any]] = {True: [], False: []}
    entry: Table = {"shape": "none"}
    for exchange, where in seen:
        shape, said = _shape(exchange.got, where.ids, check=True)
        so = truth.get(exchange.number)
        if shape["shape"] == "lists" and so is not None:
            entry = {**entry, "shape": "lists", "accepted" if so else "rejected": shape["accepted"]}
        elif shape["shape"] != "lists":
            entry = shape if entry["shape"] == "none" else entry
            if so is not None:
                words[so] += [w for w in said if w not in words[so]]
    return {"answer": entry}, words


def _queue(exchange: Exchange, known: Known, base: str) -> tuple[Table, Any] | None:
    """The job that an answer names, if later exchanges ask after it."""
    later = [e for e in known.exchanges if e.number > exchange.number and e.method == "GET" and 200 <= e.status < 300]
    for place, value in leaves(exchange.got):
        if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) < 3 or number_in(value) in known.ids:
            continue
        asked = [e for e in later if str(value) in e.segments]
        if asked and asked[-1].path.startswith(f"{base}/"):
            parts = asked[-1].path.removeprefix(f"{base}/").split("/")
            path = "/".join("{job}" if part == str(value) else part for part in parts)
            state = _named(asked[-1].got, ("state", "status"))
            if state is not None:
                return {"path": path, "job": place, "state": state[0], "done": [state[1]]}, asked[-1].got
    return None


def _named(got: Any, names: Sequence[str]) -> tuple[str, Any] | None:
    found = [(p, v) for p, v in leaves(got) if isinstance(v, (str, bool, int)) and p.rsplit(".", 1)[-1].lower() in names]
    return found[0] if found else None


def _shape(got: Any, ids: Sequence[int], *, check: bool) -> tuple[Table, list[Any]]:
    word = "delivered" if check else "status"
    for place, value in [("@", got), *leaves(got)]:
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            rows = [row for row in value if _id_key(row, ids) is not None]
            if rows:
                key = _id_key(rows[0], ids) or "id"
                shape, words = _row(rows, key, word)
                return {"shape": "rows", "leads": place, "id": key, **shape}, words
        if isinstance(value, list) and any(number_in(one) in ids for one in value if not isinstance(one, dict)):
            return _lists(got, place)
    for place, value in _tables(got):
        keyed = [value[key] for key in value if number_in(key) in ids]
        if keyed and not isinstance(keyed[0], (list, dict)):
            return {"shape": "map", "leads": place}, keyed
    if isinstance(got, dict) and (at := _id_key(got, ids)) is not None:
        shape, words = _row([got], at, word)
        return {"shape": "one", "id": at, **shape}, words
    return {"shape": "none"}, []


def _tables(got: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(got, dict):
        yield path or "@", got
        for key, inner in got.items():
            yield from _tables(inner, f"{path}.{quoted(key)}" if path else quoted(key))


def _id_key(row: dict[str, Any], ids: Sequence[int]) -> str | None:
    return next((place for place, value in leaves(row) if number_in(value) in ids and not isinstance(value, list)), None)


def _row(rows: Sequence[dict[str, Any]], key: str, word: str) -> tuple[Table, list[Any]]:
    plain = [p for p, v in leaves(rows[0]) if p != key and isinstance(v, (str, bool, int))]
    ranked = sorted(plain, key=lambda p: WORDS.index(n) if (n := p.rsplit(".", 1)[-1].lower()) in WORDS else len(WORDS))
    shape: Table = {}
    if not ranked:
        return shape, []
    shape[word] = ranked[0]
    message = next((p for p in plain if p != ranked[0] and p.rsplit(".", 1)[-1].lower() in MESSAGES), None)
    if message is not None:
        shape["message"] = message
    return shape, [v for row in rows for p, v in leaves(row) if p == ranked[0]]


def _lists(got: Any, place: str) -> tuple[Table, list[Any]]:
    others = [p for p, v in leaves(got) if isinstance(v, list) and p != place]
    shape: Table = {"shape": "lists", "accepted": place}
    if len(others) == 1:
        shape["rejected"] = others[0]
    return shape, []
