"""THE SEVEN WRITE CALLS AND NOTHING ELSE: path, body, reader, evidence, all taken from a dialect.

Nothing here decides whether a write was applied; ``runs/write_retry.py`` does. Nothing here repeats a write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.api import answers
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.api.transport import Answer, problem_words, refusal_of, retry_after
from cvtr_widgets.dialect.model import Call, Dialect, Slot
from cvtr_widgets.errors import PlanError
from cvtr_widgets.models import MAX_LEAD_ID, Action, Cause, Choice, LeadId, Signature, WriteAnswer

Fields = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request as it goes out. Of ``json`` and ``form`` one is None (both, where nothing is sent)."""

    method: str
    path: str
    json: Any = field(default=None, repr=False)
    form: Fields | None = field(default=None, repr=False)

    def shown(self) -> str:
        """The request as text, without any token: method, path and body."""
        if self.form is not None:
            lines = [f"{key}={one}" for key, v in self.form.items() for one in (v if isinstance(v, list) else [v])]
            body = "\n".join(["Content-Type: application/x-www-form-urlencoded", "", *lines])
        elif self.json is not None:
            body = "Content-Type: application/json\n\n" + json.dumps(self.json, ensure_ascii=False, indent=2)
        else:
            body = ""
        return f"{self.method} {self.path}\n{body}".rstrip()


def call_for(dialect: Dialect, action: Action) -> Call:
    """The call that carries an action out."""
    return dialect.calls[ROWS[action.kind].call]


def size_of(call: Call, limit: int) -> int:
    """Most leads in one such call."""
    return min(limit, call.chunk or limit) if call.many else 1


def _put(body: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    place = body
    for part in path:
        place = place.setdefault(part, {})
    place[last] = value


def _id_form(dialect: Dialect, slot: Slot, resource: str, record_id: int) -> Any:
    value: int | str = record_id
    if slot.form in {"text", "digits"}:
        value = str(record_id)
    elif slot.form == "iri":
        value = f"{dialect.resource(resource)}/{record_id}"
    return {slot.item: value} if slot.item else value


def _choice_form(choice: Choice, slot: Slot, what: str) -> int | str:
    digits = None if choice.id is None else str(choice.id)
    forms = {"id": choice.id, "integer": choice.id, "digits": digits, "iri": choice.iri}
    value = forms.get(slot.form, choice.name)
    if value is None:
        raise PlanError(f"The service's list gives no {slot.form} for the {what} {choice.name!r}. Correct the dialect.")
    return value


def _in_form(body: Mapping[str, Any], prefix: str = "") -> Fields:
    """A nested body as the fields of a form: ``a[b]``, as PHP reads them."""
    fields: Fields = {}
    for key, value in body.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, dict):
            fields.update(_in_form(value, name))
        elif isinstance(value, list):
            fields[name] = [_field(v) for v in value]
        else:
            fields[name] = _field(value)
    return fields


def _field(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def request_of(
    dialect: Dialect, call: Call, ids: Sequence[LeadId], action: Action | None, signature: Signature | None
) -> WireRequest:
    """One write (or the delivery check) about these leads.

    Raises:
        PlanError: the action holds something that this call has no place for; it is never left out silently. Or there are
            more leads than one call takes.
    """
    # The last look before the wire, whoever made the list. By type and not isinstance: True is an int, and lead 1 is somebody's.
    if not all(type(lead_id) is int and 0 < lead_id <= MAX_LEAD_ID for lead_id in ids):
        raise PlanError("One of these is not a lead id, so nothing was sent. Make the plan from session.select(...).")
    if not ids or (len(ids) > 1 and not call.many):
        raise PlanError(f"{call.path} takes one lead a call, not {len(ids)}. Send them one by one.")
    values = _values(dialect, call, action, signature)
    path = call.path.replace("{lead}", str(ids[0]))
    if "{flag}" in path:
        # Taken out of the values: the path says it, and the body of such a service has no place for it.
        path = path.replace("{flag}", quote(str(values.pop("flag")), safe=""))
    body: dict[str, Any] = {}
    if (leads := call.body.get("leads")) is not None:
        listed = [_id_form(dialect, leads, "leads", i) for i in ids]
        _put(body, leads.key, _listed(listed, leads) if call.many else listed[0])
    # Whatever the action holds must have a place in the body. Left out in silence, the service would flag without the reason that
    # the user has seen and signed.
    for name, value in values.items():
        slot = call.body.get(name)
        if slot is None:
            raise PlanError(
                f"This service's dialect has no place for {name.replace('_', ' ')} in {call.path}. "
                "Leave it out, or add it to the dialect."
            )
        _put(body, slot.key, _listed(value, slot) if isinstance(value, list) else value)
    if (confirmation := call.body.get("confirmation")) is not None:
        _put(body, confirmation.key, confirmation.value)
    # Last, so that nothing of the action can take their place.
    for key, value in call.fixed.items():
        _put(body, key, value)
    url = f"{dialect.base}/{path}"
    if call.method == "GET":
        return WireRequest("GET", url)
    return WireRequest(call.method, url, form=_in_form(body)) if call.format == "form" else WireRequest(call.method, url, body)


def _listed(values: list[Any], slot: Slot) -> Any:
    return ",".join(_field(v) for v in values) if slot.list == "comma" else values


def _values(dialect: Dialect, call: Call, action: Action | None, signature: Signature | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if action is None:
        return values
    if call.name == "flag":
        values["flag"] = call.words.get(str(action.kind), str(action.kind))
        if action.reason_choice is not None:
            slot = call.body.get("listed_reason")
            values["listed_reason"] = _choice_form(action.reason_choice, slot, "reason") if slot else action.reason
        elif action.reason:
            values["own_reason"] = action.reason
        if action.category_choice is not None:
            slot = call.body.get("category")
            values["category"] = _choice_form(action.category_choice, slot, "category") if slot else action.category
    elif action.reason:
        values["reason"] = call.words.get(action.reason, action.reason)
    if action.comment:
        values["comment"] = action.comment
    if action.integrations:
        slot = call.body.get("integrations")
        jobs = [_id_form(dialect, slot, "campaign-processr-jobs", i) if slot else i for i in action.integrations]
        values["integrations"] = jobs
    if signature is not None and "signature" in call.body:
        values["signature"] = signature.name
    return values


def entries_used(dialect: Dialect, action: Action, *, signed: bool = False) -> tuple[str, ...]:
    """The dialect's entries that a write of this action rests on, as dotted names."""
    call = call_for(dialect, action)
    root = f"calls.{call.name}"
    names = [f"{root}.{part}" for part in ("path", "method", "format", "many", "yes", "fixed", "answer", "queue")]
    slots = set(_values(dialect, call, action, None)) | {"leads", "confirmation"} | ({"signature"} if signed else set())
    names += [f"{root}.body.{slot}" for slot in sorted(slots)]
    word = str(action.kind) if call.name == "flag" else action.reason if call.name == "metadata" else None
    names += [f"{root}.words.{word}"] if word else []
    return tuple(dialect.evidence_of(names))


def read_write(dialect: Dialect, call: Call, ids: Sequence[LeadId], answer: Answer) -> WriteAnswer:
    """Everything an answer to a write says. An answer that should be JSON and is not is ``UNREADABLE``."""
    status = answer.status
    if 300 <= status < 400:
        return WriteAnswer(Cause.REDIRECTED, status, detail="the service redirects elsewhere; not followed")
    if 200 <= status < 300 and status not in call.yes:
        return WriteAnswer(
            Cause.UNREADABLE, status, detail=f"the service answered {status}, which does not mean yes for this call"
        )
    if status not in call.yes:
        words = problem_words(answer, ids)
        return WriteAnswer(
            Cause.ANSWERED, status, detail=words or f"the service answered {status}", retry_after=retry_after(answer.headers),
            refusal=refusal_of(answer.body),
        )  # fmt: skip
    queued = status == 202
    if not answer.body.strip():
        return WriteAnswer(Cause.ANSWERED, status, detail="the service said yes without naming leads", queued=queued)
    try:
        found = decode(answer.body)
    except ValueError:
        return WriteAnswer(Cause.UNREADABLE, status, detail="the answer is not JSON", queued=queued)
    per_lead = answers.per_lead(dialect, call, found, ids, answer.gate)
    detail = "" if per_lead else "the service said yes without naming leads"
    return WriteAnswer(Cause.ANSWERED, status, per_lead=per_lead, detail=detail, queued=queued)
