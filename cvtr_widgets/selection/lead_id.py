"""One piece of input -> a lead id, or the reason why it is none. Nothing is guessed, and nothing is rounded.

A reason is a phrase that can follow the text it is about: ``“12.5” has a fraction``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from numbers import Integral
from typing import Any, Final

from cvtr_widgets.arguments import listed, shown
from cvtr_widgets.errors import RequestRefused
from cvtr_widgets.models import MAX_LEAD_ID, Lead, LeadId
from cvtr_widgets.selection.grouped_digits import LAKHS, MAY_BE_LAKHS, MAY_BE_THOUSANDS, THOUSANDS

DIGITS: Final = r"[1-9][0-9]{0,18}"
"""The digits of a lead id; the largest of them are more than MAX_LEAD_ID."""
SHORT_ID: Final = re.compile(r"#?[1-9][0-9]{0,17}")
"""A lead id that is not near MAX_LEAD_ID and has no zeros behind a dot: nearly all are of this kind."""
EXCEL_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number; a longer one stored as a number is no longer what was typed."""

# Marks of direction that leave digits in their order; U+202E is left out on purpose: it shows them in another.
ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069"
SPACES: Final = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_AROUND: Final = SPACES + ZERO_WIDTH + "\"'`“”„‘’«»"

# One or two zeros behind a dot lose nothing (pandas and Excel write them); three could be thousands.
_PLAIN = re.compile(rf"#?({DIGITS})(?:[.,]00?)?")
_ADDRESS = re.compile(rf"(?:https?://([A-Za-z0-9.-]+(?::[0-9]+)?))?/api/v[0-9]+/leads/({DIGITS})(?:\.jsonld|\.json)?/?")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_TOO_LONG = re.compile(r"#?[1-9][0-9]{18,}(?:\.00?)?")
_FRACTION = re.compile(r"#?[0-9]+[.,][0-9]+")
_ZERO = re.compile(r"#?0+(?:[.,]0+)?")

DAMAGED: Final = (
    "was damaged by Excel, its last digits are gone: open the original file again, format the column as Text or as Number "
    "without decimals, and save it again"
)
TOO_LONG: Final = "has too many digits for a lead id"
EMPTY: Final = "is empty"

# What each form is called when it is none of the good ones; the first that fits counts.
_FORMS: Final = (
    (_SCIENTIFIC, DAMAGED),
    (_ZERO, "is zero, which is not a lead id"),
    (_TOO_LONG, TOO_LONG),
    (LAKHS, MAY_BE_LAKHS),
    (THOUSANDS, MAY_BE_THOUSANDS),
    (_FRACTION, "has a fraction, so it is not a lead id"),
    (re.compile(r"#?0[0-9]+"), "begins with 0, which no lead id does (a telephone number or a postcode?)"),
    (re.compile(r"\(?\+[\s()/.-]*[0-9][0-9\s()/.-]*"), "looks like a telephone number"),
    (re.compile(r"[-−–]\s*[0-9]+(?:\.[0-9]+)?"), "is negative, so it is not a lead id"),
    (re.compile(r"[0-9]+\s*(?:[-–—]|\.\.+)\s*[0-9]+"), "is a range, and ranges are not read: list every id"),
    (re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}.*"), "looks like a date"),
    (re.compile(r"[0-9]+(?:[,;|\s]+[0-9]+)+"), "holds several numbers: put each id into its own cell"),
    (
        re.compile(r"(?:https?:/|/|www\.).*", re.IGNORECASE | re.DOTALL),
        "is an address, but not a lead's (/api/v4/leads/123)",
    ),
)
_NUMBERLIKE: Final = (_SCIENTIFIC, _ZERO, _TOO_LONG, _FRACTION, LAKHS, THOUSANDS)


class NoId(str):
    """What a cell holds, where something else than its text says that it is not a lead id. ``why`` says what."""

    why: str

    def __new__(cls, text: str, why: str) -> NoId:
        """Text that is not a lead id, whatever it is."""
        made = super().__new__(cls, text)
        made.why = why
        return made


def trimmed(text: str) -> str:
    """The text without spaces, invisible characters and quotation marks around it."""
    return text.strip(_AROUND)


def id_in(text: str) -> LeadId | str:
    """The lead id that the whole of ``text`` is, else the reason why it is none.

    Taken: ``123``, ``#123``, ``123.0`` (nothing is lost), ``/api/v4/leads/123`` and addresses that end so. Digits other
    than 0-9 are refused: whoever wrote them should see them as the service does.
    """
    bare = text.strip(_AROUND)
    plain = _PLAIN.fullmatch(bare)
    digits = plain.group(1) if plain else None
    if digits is None:
        address = _ADDRESS.fullmatch(bare)
        digits = address.group(2) if address else None
    if digits is not None:
        number = int(digits)
        return number if number <= MAX_LEAD_ID else TOO_LONG
    return _why(bare)


def _why(bare: str) -> str:
    if not bare:
        return EMPTY
    for form, why in _FORMS:
        if form.fullmatch(bare):
            return why
    if not bare.isascii() and any(c.isdigit() and not c.isascii() for c in bare):
        return "holds digits other than 0-9: type them as 0-9"
    return "is not a lead id"


def is_numberlike(text: str) -> bool:
    """Whether the text is a number, good or damaged, so that its neighbours may still be ids."""
    bare = trimmed(text)
    return any(form.fullmatch(bare) for form in _NUMBERLIKE)


def host_in(text: str) -> str:
    """The host of a lead's full address, lower-case; empty for anything else."""
    address = _ADDRESS.fullmatch(trimmed(text))
    return (address.group(1) or "").lower() if address else ""


def id_of_value(value: Any, *, exact: int = MAX_LEAD_ID) -> LeadId | str:
    """The lead id that a cell, an item or a record is, else the reason. ``exact``: numbers from there on are not trusted.

    True and False are not ids. A float is one when it is whole and below 2**53, above which floats skip numbers.
    """
    if isinstance(value, NoId):
        return value.why
    if isinstance(value, str):
        return id_in(value)
    if isinstance(value, Lead):
        return value.id
    if _nothing(value):
        return EMPTY
    if isinstance(value, Mapping):
        lead_id = value.get("@id")
        found = id_in(lead_id) if isinstance(lead_id, str) else ""
        return found if isinstance(found, int) else "is a record without a lead's @id"
    if isinstance(value, (date, time)):
        return "is a date, not a lead id"
    return _number(value, exact)


def _nothing(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA. Some values cannot be compared at all; those are something."""
    try:
        # By its name, so that lists of ids need no pandas. NA has to be told first: compared with anything it gives NA, which is
        # neither true nor false and raises.
        return value is None or type(value).__name__ == "NAType" or bool(value != value)  # noqa: PLR0124  NaN differs from itself
    except Exception:  # noqa: BLE001  an array, or somebody's own class
        return False


def lead_id_of(value: Any) -> LeadId:
    """The lead id that an argument is: a number, its digits, or the lead's address.

    Raises:
        RequestRefused: it is not a lead id. No address is ever built from anything else.
    """
    found = value if type(value) is int and 0 < value <= MAX_LEAD_ID else id_of_value(value)
    if not isinstance(found, int):
        text = f"“{shown(value, 40)}”" if isinstance(value, (str, int, float)) and "@" not in str(value) else "This"
        raise RequestRefused(f"{text} {found}", advice="Give the id of a lead, such as 160185; nothing was asked for.")
    return found


def lead_ids_of(values: Iterable[Any]) -> list[LeadId]:
    """``lead_id_of`` of each.

    Raises:
        RequestRefused: one of them is not a lead id, or these are not ids at all.
    """
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise RequestRefused(f"A list of lead ids is needed here, not {type(values).__name__}", advice="Give it as [160185].")
    found = listed(values, "This list of ids")
    # By type: True is an instance of int. Plain ids, which nearly all lists are, are checked as a whole.
    if set(map(type, found)) <= {int} and (not found or (min(found) > 0 and max(found) <= MAX_LEAD_ID)):
        return found
    return [lead_id_of(value) for value in found]


SMALL_FLOATS: Final = {"float16": 2**11, "float32": 2**24, "halffloat[pyarrow]": 2**11, "float[pyarrow]": 2**24}
"""Types of numbers -> below what they hold every whole number exactly."""


def _number(value: Any, exact: int) -> LeadId | str:
    if isinstance(value, bool) or type(value).__name__ in {"bool_", "bool"}:
        return "is True or False, not a lead id"
    if isinstance(value, Integral):
        number = int(value)
    elif isinstance(value, (float, Decimal)) or type(value).__name__ in ("float32", "float16"):
        if not math.isfinite(value):
            return "is not a number"
        if value != int(value):
            return "has a fraction, so it is not a lead id"
        number = int(value)
        if not isinstance(value, Decimal) and abs(number) >= SMALL_FLOATS.get(type(value).__name__, 2**53):
            return "is too large to be exact as a floating-point number: give it as text"
    else:
        return f"is of the kind {type(value).__name__[:40]}, not a lead id"
    if number <= 0:
        return "is zero, which is not a lead id" if number == 0 else "is negative, so it is not a lead id"
    if number > MAX_LEAD_ID:
        return TOO_LONG
    return number if number < exact else "has more than 15 digits, which Excel does not keep: store it as text"
