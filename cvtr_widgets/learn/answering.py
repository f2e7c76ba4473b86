"""From the answers of one call: its shape, its words, and where a queued one is asked after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cvtr_widgets.learn.exchange import Exchange, leaves, number_in, quoted
from cvtr_widgets.learn.known import KnownLists
from cvtr_widgets.learn.write_requests import Seen, Table

WORD_KEYS = ("status", "result", "state", "word", "outcome", "delivered", "sent", "success", "ok")
Changed = Callable[[int, int], bool | None]
MESSAGES = ("message", "why", "note", "error", "detail", "reason")


@dataclass
class AnswerWords:
    """Words that answers had for leads, by what became of them: of leads that changed, of leads that did not, and of leads of
    which the capture does not show it.
    """

    yes: list[Any] = field(default_factory=list)
    no: list[Any] = field(default_factory=list)
    open: list[Any] = field(default_factory=list)

    def add(self, word: Any, changed: bool | None) -> None:
        """One word for one lead."""
        mine = self.open if changed is None else self.yes if changed else self.no
        if not any(_same(word, one) for one in mine):
            mine.append(word)


def _same(one: Any, two: Any) -> bool:
    return type(one) is type(two) and one == two


def learn_answer(seen: Seen, known: KnownLists, base: str, changed: Changed) -> tuple[dict[str, Table], AnswerWords]:
    """Entries ``answer`` and ``queue`` of a write, and the words that were said of leads. ``changed``: whether the record of a
    lead is another one after an exchange; None where the capture does not show it.
    """
    entries: dict[str, Table] = {}
    told = AnswerWords()
    for exchange, where in seen:
        final: Any = exchange.got
        queue = _queue(exchange, known, base)
        if queue is not None:
            # A queued call answers twice: at once with the number of its job, and later to the page, which asks after the job.
            # Only the later answer says anything about leads.
            final = queue[1]
            entries.setdefault("queue", queue[0])
        shape, said = _shape(final, where.ids, check=False)
        entries.setdefault("answer", shape)
        # The first exchange gives the shape, unless it says nothing of leads (204, an empty object): then the first that does.
        if shape != entries["answer"] and entries["answer"]["shape"] == "none":
            entries["answer"] = shape
        for lead_id, word in said:
            # What a word means is not read from the word: a service may say "ok" of a lead that it left as it was. The lead's own
            # record, before and after, tells.
            told.add(word, changed(exchange.number, lead_id))
    return entries, told


def learn_check(seen: Seen, truth: Mapping[int, bool]) -> tuple[dict[str, Table], dict[bool, list[Any]]]:
    """The entry ``answer`` of the delivery check, and its words for yes and no. ``truth``: number of an exchange -> whether
    its lead was delivered then, as far as the actions before and after it tell.
    """
    words: dict[bool, list[Any]] = {True: [], False: []}
    entry: Table = {"shape": "none"}
    for exchange, where in seen:
        shape, said = _shape(exchange.got, where.ids, check=True)
        so = truth.get(exchange.number)
        # A list has no word for its leads, it only holds them: which of the two lists this one is follows from what was true of
        # its lead.
        if shape["shape"] == "lists" and so is not None:
            entry = {**entry, "shape": "lists", "accepted" if so else "rejected": shape["accepted"]}
        elif shape["shape"] != "lists":
            entry = shape if entry["shape"] == "none" else entry
            if so is not None:
                words[so] += [w for _, w in said if not any(_same(w, one) for one in words[so])]
    return {"answer": entry}, words


def _queue(exchange: Exchange, known: KnownLists, base: str) -> tuple[Table, Any] | None:
    """The job that an answer names, if later exchanges ask after it."""
    later = [e for e in known.exchanges if e.number > exchange.number and e.method == "GET" and 200 <= e.status < 300]
    for place, value in leaves(exchange.got):
        # A value of one or two characters is in some later path by chance, and a lead's own id is there because the lead was
        # read.
        if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) < 3 or number_in(value) in known.ids:
            continue
        asked = [e for e in later if str(value) in e.segments]
        if asked and asked[-1].path.startswith(f"{base}/"):
            # The last time that it was asked after, it had ended: what it said then is the word for done.
            parts = asked[-1].path.removeprefix(f"{base}/").split("/")
            path = "/".join("{job}" if part == str(value) else part for part in parts)
            state = _named(asked[-1].got, ("state", "status"))
            if state is not None:
                return {"path": path, "job": place, "state": state[0], "done": [state[1]]}, asked[-1].got
    return None


def _named(got: Any, names: Sequence[str]) -> tuple[str, Any] | None:
    found = [(p, v) for p, v in leaves(got) if isinstance(v, (str, bool, int)) and p.rsplit(".", 1)[-1].lower() in names]
    return found[0] if found else None


def _shape(got: Any, ids: Sequence[int], *, check: bool) -> tuple[Table, list[tuple[int, Any]]]:
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
        # Ids as keys, such as {"160185": "ok"}. Looked for after rows and lists: an object with an id among its values is a row.
        keyed = [(lead_id, value[key]) for key in value if (lead_id := number_in(key)) is not None and lead_id in ids]
        if keyed and not isinstance(keyed[0][1], (list, dict)):
            return {"shape": "map", "leads": place}, keyed
    if isinstance(got, dict) and (at := _id_key(got, ids)) is not None:
        shape, words = _row([got], at, word)
        return {"shape": "one", "id": at, **shape}, words
    if check and len(ids) == 1 and isinstance(got, dict) and (found := _named(got, (*WORD_KEYS, "value"))) is not None:
        return {"shape": "one", word: found[0]}, [(ids[0], found[1])]  # asked about one lead, and about it alone
    return {"shape": "none"}, []


def _tables(got: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(got, dict):
        yield path or "@", got
        for key, inner in got.items():
            yield from _tables(inner, f"{path}.{quoted(key)}" if path else quoted(key))


def _id_key(row: dict[str, Any], ids: Sequence[int]) -> str | None:
    return next((place for place, value in leaves(row) if number_in(value) in ids and not isinstance(value, list)), None)


def _row(rows: Sequence[dict[str, Any]], key: str, word: str) -> tuple[Table, list[tuple[int, Any]]]:
    plain = [p for p, v in leaves(rows[0]) if p != key and isinstance(v, (str, bool, int))]
    # The key that is called most like an outcome. Where none is, the first plain value of the row: sorting keeps the service's
    # order.
    ranked = sorted(
        plain, key=lambda p: WORD_KEYS.index(n) if (n := p.rsplit(".", 1)[-1].lower()) in WORD_KEYS else len(WORD_KEYS)
    )
    shape: Table = {}
    if not ranked:
        return shape, []
    shape[word] = ranked[0]
    message = next((p for p in plain if p != ranked[0] and p.rsplit(".", 1)[-1].lower() in MESSAGES), None)
    if message is not None:
        shape["message"] = message
    said = []
    for row in rows:
        flat = dict(leaves(row))
        lead_id = number_in(flat.get(key))
        if lead_id is not None and ranked[0] in flat:
            said.append((lead_id, flat[ranked[0]]))
    return shape, said


def _lists(got: Any, place: str) -> tuple[Table, list[tuple[int, Any]]]:
    others = [p for p, v in leaves(got) if isinstance(v, list) and p != place]
    shape: Table = {"shape": "lists", "accepted": place}
    if len(others) == 1:
        shape["rejected"] = others[0]
    return shape, []
