"""A record of the service -> the ``Lead`` that runs work with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cvtr_widgets.fields import FieldMap, delivery_of, id_of, name_of, status_of, text_of
from cvtr_widgets.models import NOT_SENT, Flag, Lead, LeadId, Missing, Record
from cvtr_widgets.values import money


def money_of(value: Any) -> Decimal | None | Missing:
    """A decimal string (or number) as an exact decimal; ``NOT_SENT`` for what is no amount."""
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
    own = id_of(value)
    return name_of(value) or (names.get(own) if own is not None else None)


def _shared(value: Any) -> Any:
    """The same text as one object: among a hundred thousand leads there are few statuses and reasons."""
    return sys.intern(value) if type(value) is str else value


def lead_of(record: Record, own: LeadId, fields: FieldMap, campaigns: Mapping[int, str], publishers: Mapping[int, str]) -> Lead:
    """The lead in a record. Nothing personal is taken over."""

    def read(name: str) -> Any:
        return fields.read(record, name)

    processr = read("processr_status")
    currency = read("currency")
    return Lead(
        id=own,
        status=_shared(status_of(read("status"))),
        reason=_shared(text_of(read("reason"))),
        category=_shared(text_of(read("category"))),
        comment=text_of(read("comment")),
        delivery=_shared(delivery_of(read("delivery"))),
        replacement=_shared(text_of(read("replacement"))),
        replacement_comment=text_of(read("replacement_comment")),
        processr_status=processr if isinstance(processr, (int, str)) and not isinstance(processr, bool) else NOT_SENT,
        processing_counter=_counter(read("processing_counter")),
        billable_for_publisher=flag_of(read("billable_for_publisher")),
        billable_for_advertiser=flag_of(read("billable_for_advertiser")),
        publisher_payout=money_of(read("publisher_payout")),
        advertiser_payout=money_of(read("advertiser_payout")),
        currency=_shared(currency) if isinstance(currency, str) and currency else None,
        campaign_id=id_of(read("campaign")),
        campaign=_shared(_named(read("campaign"), campaigns)),
        publisher=_shared(_named(read("publisher"), publishers)),
    )
