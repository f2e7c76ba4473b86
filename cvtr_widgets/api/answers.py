"""What an answer says of each lead, in every shape that a dialect can name, matched by id and never by place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.dialect.kinds import AnswerEntry
from cvtr_widgets.dialect.model import Call, Dialect
from cvtr_widgets.frames.field_map import getter, id_of, plain_word
from cvtr_widgets.models import NOT_SENT, LeadAnswer, LeadId
from cvtr_widgets.redact import Redactor

TWICE = "the service named this lead twice, with different words"


@dataclass(frozen=True, slots=True, repr=False)
class LeadWord:
    """The raw word on one lead. ``listed``: it is in a list that means yes (True) or no (False)."""

    lead_id: LeadId
    word: Any = NOT_SENT
    message: Any = NOT_SENT
    listed: bool | None = None


def place(expression: str, found: Any) -> Any:
    """What is at a place in an answer; ``@`` is the answer itself."""
    if expression == "@":
        return found
    return getter((expression,))(found) if isinstance(found, dict) else NOT_SENT


def told(call: Call, found: Any, asked: Sequence[LeadId], *, check: bool = False) -> Iterator[LeadWord]:
    """Everything that an answer says of leads. ``check``: it answers the delivery check."""
    shape = call.answer
    word_at = shape.delivered if check else shape.status
    match shape.shape:
        case "rows":
            yield from _rows(shape, word_at, found)
        case "map":
            yield from _map(shape, word_at, found)
        case "lists":
            yield from _lists(shape, found)
        case "one":
            named = id_of(place(shape.id, found))
            # An answer about one thing is only taken for a lead if one lead was asked about, and it does not name another.
            if len(asked) == 1 and named in {None, asked[0]}:
                yield LeadWord(asked[0], place(word_at, found), place(shape.message, found))
        case "none":
            return


def _rows(shape: AnswerEntry, word_at: str, found: Any) -> Iterator[LeadWord]:
    # By the id in each row and never by its place: a service may leave refused leads out, and all below would get their
    # neighbour's word.
    rows = found if isinstance(found, list) else place(shape.leads, found)
    for row in rows if isinstance(rows, list) else ():
        lead_id = id_of(place(shape.id, row))
        if lead_id is not None:
            yield LeadWord(lead_id, place(word_at, row), place(shape.message, row))


def _map(shape: AnswerEntry, word_at: str, found: Any) -> Iterator[LeadWord]:
    rows = place(shape.leads, found)
    for key, value in rows.items() if isinstance(rows, dict) else ():
        lead_id = id_of(key)
        if lead_id is not None and isinstance(value, dict):
            yield LeadWord(lead_id, place(word_at, value), place(shape.message, value))
        elif lead_id is not None:
            yield LeadWord(lead_id, value)


def _lists(shape: AnswerEntry, found: Any) -> Iterator[LeadWord]:
    for listed, expression in ((True, shape.accepted), (False, shape.rejected)):
        rows = place(expression, found)
        for row in rows if isinstance(rows, list) else ():
            lead_id = id_of(place(shape.id, row)) if isinstance(row, dict) else id_of(row)
            if lead_id is not None:
                yield LeadWord(lead_id, message=place(shape.message, row), listed=listed)


def _words(dialect: Dialect, name: str) -> set[str | None]:
    return {plain_word(w) for w in dialect.value("words", name)}


def per_lead(
    dialect: Dialect, call: Call, found: Any, asked: Sequence[LeadId], gate: Redactor
) -> dict[LeadId, LeadAnswer] | None:
    """The service's word on each lead that it names; None where it names none. Named twice with different words: no word.

    Its words on a lead pass the ``gate``: they may name that lead and no other.
    """
    yes, no = _words(dialect, "yes"), _words(dialect, "no")
    said: dict[LeadId, LeadAnswer] = {}
    for one in told(call, found, asked):
        word = plain_word(one.word)
        ok = one.listed
        if ok is None and word is not None:
            # A word on neither list is no yes: the lead is read back, and the dialect can be taught the word.
            ok = True if word in yes else False if word in no else None
        mine = LeadAnswer(ok, gate.said(one.message, ids=(one.lead_id,)))
        # Two words that differ are none. Taking the last would be a guess, and the lead is read back anyway.
        if one.lead_id in said and said[one.lead_id].ok != ok:
            mine = LeadAnswer(None, TWICE)
        said[one.lead_id] = mine
    return said or None


def delivered_in(dialect: Dialect, call: Call, found: Any, asked: Sequence[LeadId]) -> dict[LeadId, bool | None]:
    """The delivery check's word on each lead that it names; None where it is neither a yes nor a no, or contradicts itself."""
    yes, no = _words(dialect, "delivered"), _words(dialect, "not_delivered")
    said: dict[LeadId, bool | None] = {}
    for one in told(call, found, asked, check=True):
        word = plain_word(one.word)
        mine = one.listed
        if mine is None and word is not None:
            mine = True if word in yes else False if word in no else None
        said[one.lead_id] = None if one.lead_id in said and said[one.lead_id] is not mine else mine
    return said
