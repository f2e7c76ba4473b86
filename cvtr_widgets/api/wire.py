"""THE SEVEN WRITE CALLS AND NOTHING ELSE: path, body, reader, evidence, all taken from a dialect.

Nothing here decides whether a write was applied; ``runs/doubt.py`` does. Nothing here repeats a write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cvtr_widgets.api.dialect import Call, Dialect, Slot
from cvtr_widgets.api.transport import Answer, decode, problem_words, retry_after
from cvtr_widgets.errors import PlanError
from cvtr_widgets.fields import getter, id_of
from cvtr_widgets.models import (
    Action,
    ActionKind,
    Cause,
    Choice,
    LeadAnswer,
    LeadId,
    Signature,
    WriteAnswer,
)

CALL_OF = {
    ActionKind.VALID: "flag",
    ActionKind.INVALID: "flag",
    ActionKind.TEST: "flag",
    ActionKind.DELIVERED: "deliver",
    ActionKind.UNDELIVERED: "undeliver",
    ActionKind.OTHER: "metadata",
    ActionKind.REPROCESS: "reprocess",
    ActionKind.DELETE: "delete",
}


def call_for(dialect: Dialect, action: Action) -> Call:
    """The call that carries an action out."""
    return dialect.calls[CALL_OF[action.kind]]


def _put(body: dict[str, Any], slot: Slot, value: Any) -> None:
    *path, last = slot.key.split(".")
    place = body
    for key in path:
        place = place.setdefault(key, {})
    place[last] = value


def _id_form(dialect: Dialect, slot: Slot, resource: str, own: int) -> int | str:
    if slot.form == "text":
        return str(own)
    return f"{dialect.base}/{resource}/{own}" if slot.form == "iri" else own


def _choice_form(choice: Choice, slot: Slot, what: str) -> int | str:
    value = {"id": choice.id, "iri": choice.iri}.get(slot.form, choice.name)
    if value is None:
        raise PlanError(f"The service's list gives no {slot.form} for the {what} {choice.name!r}. Mend the dialect.")
    return value


def body_of(
    dialect: Dialect, call: Call, ids: Sequence[LeadId], action: Action | None, signature: Signature | None
) -> dict[str, Any]:
    """The JSON body of one write.

    Raises:
        PlanError: the action holds something that this call has no place for; it is never left out silently.
    """
    body: dict[str, Any] = {}
    leads = call.body["leads"]
    _put(body, leads, [_id_form(dialect, leads, "leads", i) for i in ids])
    for name, value in _values(dialect, call, action, signature).items():
        slot = call.body.get(name)
        if slot is None:
            raise PlanError(
                f"This service's dialect has no place for {name.replace('_', ' ')} in {call.path}. "
                "Leave it out, or add it to the dialect."
            )
        _put(body, slot, value)
    for key, value in call.fixed.items():
        _put(body, Slot(key), value)
    return body


def _values(dialect: Dialect, call: Call, action: Action | None, signature: Signature | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if action is None:
        return values
    flags: Mapping[str, Any] = dialect.raw["lists"]["flag_names"]
    if call.name == "flag":
        values["flag"] = flags[str(action.kind)]
        if action.reason_choice is not None:
            slot = call.body.get("listed_reason", Slot("", "name"))
            values["listed_reason"] = _choice_form(action.reason_choice, slot, "reason")
        elif action.reason:
            values["own_reason"] = action.reason
        if action.category_choice is not None:
            slot = call.body.get("category", Slot("", "name"))
            values["category"] = _choice_form(action.category_choice, slot, "category")
    elif action.reason:
        values["reason"] = action.reason
    if action.comment:
        values["comment"] = action.comment
    if action.integrations:
        slot = call.body.get("integrations", Slot("", "integer"))
        values["integrations"] = [_id_form(dialect, slot, "campaign-processr-jobs", i) for i in action.integrations]
    if signature is not None and "signature" in call.body:
        values["signature"] = signature.name
    return values


def read_write(dialect: Dialect, call: Call, answer: Answer) -> WriteAnswer:
    """Everything an answer to a write says. An answer that should be JSON and is not is ``UNREADABLE``."""
    status = answer.status
    if 300 <= status < 400:
        return WriteAnswer(Cause.REDIRECTED, status, detail="the service redirects elsewhere; not followed")
    if 200 <= status < 300 and status not in call.yes:
        return WriteAnswer(Cause.UNREADABLE, status, detail=f"the service answered {status}, which is no yes for this call")
    if status not in call.yes:
        words = problem_words(answer.body)
        return WriteAnswer(
            Cause.ANSWERED, status, detail=words or f"the service answered {status}", retry_after=retry_after(answer.headers)
        )
    queued = status == 202
    if not answer.body.strip():
        return WriteAnswer(Cause.ANSWERED, status, detail="the service said yes without naming leads", queued=queued)
    try:
        found = decode(answer.body)
    except ValueError:
        return WriteAnswer(Cause.UNREADABLE, status, detail="the answer is not JSON", queued=queued)
    per_lead = _per_lead(dialect, call, found)
    detail = "" if per_lead else "the service said yes without naming leads"
    return WriteAnswer(Cause.ANSWERED, status, per_lead=per_lead, detail=detail, queued=queued)


def _rows(call: Call, found: Any) -> list[Any]:
    place = call.answer.get("leads")
    rows = getter((place,))(found) if place and isinstance(found, dict) else found
    return rows if isinstance(rows, list) else []


def _per_lead(dialect: Dialect, call: Call, found: Any) -> dict[LeadId, LeadAnswer] | None:
    """The service's word on each lead that it names, matched by id. Named twice with different words: no word."""
    words_yes = {w.lower() for w in dialect.raw["words"]["yes"]}
    words_no = {w.lower() for w in dialect.raw["words"]["no"]}
    said: dict[LeadId, LeadAnswer] = {}
    for row in _rows(call, found):
        own = id_of(getter((call.answer.get("id", "id"),))(row)) if isinstance(row, dict) else None
        if own is None:
            continue
        word = getter((call.answer.get("status", "status"),))(row)
        message = getter((call.answer.get("message", "message"),))(row)
        word = str(word).lower() if isinstance(word, (str, bool)) else ""
        ok = True if word in words_yes or word == "true" else False if word in words_no or word == "false" else None
        text = "".join(c if c.isprintable() else " " for c in message)[:300] if isinstance(message, str) else ""
        mine = LeadAnswer(ok, text)
        if own in said and said[own].ok != ok:
            mine = LeadAnswer(None, "the service named this lead twice, with different words")
        said[own] = mine
    return said or None


def delivered_in(call: Call, found: Any) -> dict[LeadId, bool | None]:
    """The delivery check's word on each lead that it names; None where it is no yes or no, or contradicts itself."""
    said: dict[LeadId, bool | None] = {}
    for row in _rows(call, found):
        own = id_of(getter((call.answer.get("id", "id"),))(row)) if isinstance(row, dict) else None
        if own is None:
            continue
        value = getter((call.answer.get("delivered", "delivered"),))(row)
        mine = value if isinstance(value, bool) else None
        said[own] = None if own in said and said[own] is not mine else mine
    return said
