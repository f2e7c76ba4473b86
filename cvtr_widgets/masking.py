"""The masked view: names, e-mail addresses, telephone numbers and addresses shortened, wherever a frame of leads goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Shorten = Callable[[str], str]


def short_name(text: str) -> str:
    """``Zoë`` as ``Z…``."""
    text = text.strip()
    return f"{text[0]}…" if text else ""


def short_email(text: str) -> str:
    """``zoe@mail.example`` as ``z…@m….example``; what is no address as a name."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not local or not domain:
        return short_name(text)
    host, dot, end = domain.rpartition(".")
    return f"{local[0]}…@{host[0]}….{end}" if dot and host and end else f"{local[0]}…@{domain[0]}…"


def short_telephone(text: str) -> str:
    """``(+1) 45656456234`` as ``…34``."""
    digits = [c for c in text if c.isdigit()]
    return "…" + "".join(digits[-2:]) if len(digits) > 4 else "…" if text.strip() else ""


EXACT: dict[str, Shorten] = {
    "first_name": short_name,
    "last_name": short_name,
    "email": short_email,
    "telephone": short_telephone,
}
# What forms collect has any name; these words in it mean something personal. emailDomain and the like stay readable.
PATTERNS: tuple[tuple[re.Pattern[str], Shorten], ...] = (
    (re.compile(r"(^|_)e?_?mail(_address|s)?$"), short_email),
    (re.compile(r"(^|_)(tele)?phone|(^|_)(mobile|tel|fax)($|_)"), short_telephone),
    (re.compile(r"(^|_)(first|last|full|middle|sur|given|family|contact)_?name$|^(data|other)_name$|(^|_)surname$"), short_name),
    (re.compile(r"(^|_)(address|street|post_?code|zip|dob|birth|ip|photo|linked_?in|landing_page)"), short_name),
)


def shortener(column: str) -> Shorten | None:
    """How a column is shortened, or None where it is not personal."""
    if column in EXACT:
        return EXACT[column]
    if not column.startswith(("data_", "other_")):
        return None
    return next((shorten for pattern, shorten in PATTERNS if pattern.search(column)), None)


def masked(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of leads with its personal columns shortened; index, other columns and ``attrs`` stay. A new frame."""
    import pandas as pd

    made: dict[str, Any] = {}
    for column in frame.columns:
        shorten = shortener(str(column))
        if shorten is not None:
            values = [shorten(v) if isinstance(v, str) else v for v in frame[column].tolist()]
            made[column] = pd.Series(values, index=frame.index, dtype="object")
    found = frame.assign(**made)
    found.attrs = {**frame.attrs, "masked": True}
    return found
