"""Whether a plan is confirmed as it must be: by yes, by the number of leads, by a signature under this very plan."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime
from numbers import Integral
from typing import Any, TypeAlias

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.errors import NotConfirmed, PlanError, PlanOutOfDate
from cvtr_widgets.journal.ownership import made_by
from cvtr_widgets.models import Signature
from cvtr_widgets.plans.fingerprint import must_be_whole
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.policy import read_policy

PrintedName: TypeAlias = str
"""Text that ``printed_name`` checks."""
_JOINERS = "\u200c\u200d"
"""Some scripts write names with these between letters."""
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u034f\u180b\u180c\u180d")
"""Letters and marks that show nothing."""
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""They choose how the character before them looks."""


def printed_name(name: Any) -> str:
    """A name as a signature has it: visible characters, single spaces between them.

    Raises:
        NotConfirmed: it is empty, has no letter, or holds characters that nobody can see.
    """
    text = " ".join(name.split()) if isinstance(name, str) else ""
    if any(_hidden(text, place) for place in range(len(text))):
        raise NotConfirmed("This signature holds characters that cannot be seen. Type your printed name again.")
    if not any(unicodedata.category(c).startswith("L") for c in text):
        raise NotConfirmed("A signature is your printed name. Type it in full.")
    return text


def _hidden(text: str, place: int) -> bool:
    """Whether the character at a place shows nothing."""
    character = text[place]
    if character in _JOINERS:
        around = [text[place - 1 : place], text[place + 1 : place + 2]]
        return not all(c and unicodedata.category(c)[0] in "LM" for c in around)
    return character in _BLANK or unicodedata.category(character)[0] == "C" or character in _SELECTORS


def confirmed(
    plan: Plan, confirm: bool | int, signature: str | Signature | None, sign: Callable[[Plan, str], Signature]
) -> Signature | None:
    """The signature under a plan that is confirmed as it must be. Any plan may be signed; Delivered and Undelivered must be.

    Raises:
        NotConfirmed: confirmation, count or signature is missing or does not fit.
    """
    if not plan.will_change:
        return None
    if plan.needs_count:
        counted = isinstance(confirm, (int, Integral)) and type(confirm) is not bool  # numpy's True is not a number, but equals 1
        if not counted or int(confirm) != plan.will_change:
            raise NotConfirmed(
                f"This plan deletes, which cannot be undone. Confirm with the number of leads: confirm={plan.will_change}."
            )
    elif confirm is not True:
        raise NotConfirmed(f"Not confirmed. To continue, pass confirm=True to: {plan.statement}")
    if signature is None:
        if not plan.needs_signature:
            return None
        raise NotConfirmed(f'This needs your signature: pass signature="Your Printed Name" to: {plan.statement}')
    signed = sign(plan, signature) if isinstance(signature, str) else signature
    _must_be_under(plan, signed)
    return signed


def _must_be_under(plan: Plan, signed: Any) -> None:
    """A signature is worth something under one plan and its sentence only."""
    if not isinstance(signed, Signature):
        raise NotConfirmed(
            f"This is {type(signed).__name__}, not a signature. Give your printed name, or session.sign(plan, name)."
        )
    if signed.fingerprint != plan.fingerprint:
        raise NotConfirmed("This signature belongs to another plan. Sign this one.")
    # Beside the fingerprint: a signature made by hand could carry the right one under other words.
    if signed.meaning != plan.statement:
        raise NotConfirmed(f"This signature is under a different sentence. What this plan does: {plan.statement} Sign that.")
    if printed_name(signed.name) != signed.name:
        raise NotConfirmed("This signature's name is not in its printed form. Sign again.")
    if not isinstance(signed.signed_at, datetime) or signed.signed_at.utcoffset() is None:
        raise NotConfirmed(
            "This signature does not say when it was given, with its time zone. Sign again: session.sign(plan, name)."
        )


def must_fit(client: Convertr, plan: Plan) -> None:
    """Refuse a plan that was not made by this account, at this address, with this dialect and policy, or was changed since.

    Raises:
        PlanError: it is not a plan, or not intact. PlanOutOfDate: make it again.
    """
    if not isinstance(plan, Plan):
        raise PlanError(f"This is {type(plan).__name__}, not a plan. Make one: session.plan(action, leads).")
    mine = client.identity
    if not made_by(mine, plan):
        raise PlanOutOfDate("This plan was made for another account, enterprise or address. Plan again in this session.")
    if plan.dialect_hash != client.dialect_hash:
        raise PlanOutOfDate("The dialect has changed since this plan was made. Plan again.")
    must_be_whole(plan, mine)
    if plan.policy != read_policy(mine).mark:
        raise PlanOutOfDate("The policy has changed since this plan was made. Plan again.")
