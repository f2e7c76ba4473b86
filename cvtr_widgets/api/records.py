"""Records of the service -> the ``Lead`` objects that runs work with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cvtr_widgets.frames.field_map import FieldMap, delivery_of, id_of, name_of, replacement_of, status_of, text_of
from cvtr_widgets.frames.record_batch import RecordBatch
from cvtr_widgets.frames.values import money, person_mark
from cvtr_widgets.models import NOT_SENT, Flag, Lead, LeadId, LeadState, Missing, Record


def money_of(value: Any) -> Decimal | None | Missing:
    """A decimal string (or number) as an exact decimal; ``NOT_SENT`` for what is not an amount."""
    if value is None or value is NOT_SENT:
        return value
    amount = money(value)
    return NOT_SENT if amount is None else amount


def flag_of(value: Any) -> Flag:
    """A yes or no; None for null; ``NOT_SENT`` for anything else."""
    if value is None or isinstance(value, bool):
        return value
    return NOT_SENT


def _counter(value: Any) -> int | None | Missing:
    if value is None:
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else NOT_SENT


def _named(value: Any, names: Mapping[int, str]) -> str | None:
    record_id = id_of(value)
    return name_of(value) or (names.get(record_id) if record_id is not None else None)


def _shared(value: Any) -> Any:
    """The same text as one object: among a hundred thousand leads there are few statuses and reasons."""
    return sys.intern(value) if type(value) is str else value


def _read(fields: FieldMap, records: Sequence[Record], name: str, how: Callable[[Any], Any]) -> list[Any]:
    """``how`` of a field of many records. Among a page of leads there are few different values of most."""
    values = fields.column(records, name)
    kinds = set(map(type, values)) - _TEXTS
    if kinds and (len(kinds) > 1 or not kinds <= _NUMBERS):  # 1, 1.0 and true are equal in Python, and not the same
        return [how(value) for value in values]
    # A page of 100 leads has some five statuses and reasons: each is looked at once.
    known = {value: how(value) for value in set(values)}
    return [known[value] for value in values]


_TEXTS = frozenset({str, type(None), Missing})
_NUMBERS = frozenset({int, bool})


def _processr(value: Any) -> int | str | None | Missing:
    return value if isinstance(value, (int, str)) and not isinstance(value, bool) else NOT_SENT


def _currency(value: Any) -> str | None:
    return sys.intern(value) if type(value) is str and value else None


def persons(records: Sequence[Record], fields: FieldMap) -> list[str]:
    """``person_mark`` of each lead."""
    columns = [fields.column(records, name) for name in ("first_name", "last_name", "email")]
    return list(map(person_mark, *columns, RecordBatch.of(records).column("telephone")))


def leads_of(
    records: Sequence[Record],
    ids: Sequence[LeadId],
    fields: FieldMap,
    campaigns: Mapping[int, str],
    publishers: Mapping[int, str],
    known: dict[tuple[Any, ...], LeadState],
) -> list[Lead]:
    """The leads in a page of records, whose ids are ``ids``. Nothing personal is taken over. ``known``: the states of other
    pages, which these leads share where they stand alike.
    """

    def of(name: str, how: Callable[[Any], Any]) -> list[Any]:
        return _read(fields, records, name, how)

    states = zip(
        of("status", lambda v: _shared(status_of(v))),
        of("reason", lambda v: _shared(text_of(v))),
        of("category", lambda v: _shared(text_of(v))),
        of("comment", text_of),
        of("delivery", lambda v: _shared(delivery_of(v))),
        of("replacement", lambda v: _shared(replacement_of(v))),
        of("replacement_comment", text_of),
        of("processr_status", _processr),
        of("processing_counter", _counter),
        of("billable_for_publisher", flag_of),
        of("billable_for_advertiser", flag_of),
        of("publisher_payout", money_of),
        of("advertiser_payout", money_of),
        of("currency", _currency),
        of("campaign", id_of),
        of("campaign", lambda v: _shared(_named(v, campaigns))),
        of("publisher", lambda v: _shared(_named(v, publishers))),
        of("publisher", id_of),
        strict=True,
    )
    leads = []
    created = fields.column(records, "created")
    for record_id, state, person, came in zip(ids, states, persons(records, fields), created, strict=True):
        # Leads that stand alike share one state object: a plan of 100,000 leads is judged by its few states, and takes a fraction
        # of the memory.
        shared = known.get(state)
        if shared is None:
            shared = LeadState._make(state)
            known[shared] = shared
        lead = Lead(record_id, shared, person)
        lead.created = came
        leads.append(lead)
    return leads
