"""Values of the service in a column: text, times, money, numbers, names; what cannot be read is counted, not guessed."""

from __future__ import annotations

import contextlib
import gc
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from cvtr_widgets.frames.field_map import id_of, name_of
from cvtr_widgets.models import INT64_MAX, NOT_SENT

if TYPE_CHECKING:
    import pandas as pd


@lru_cache(maxsize=4096)
def snake(key: str) -> str:
    """A key of the service as a column's name."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return re.sub(r"[^a-zA-Z0-9]+", "_", text).strip("_").lower()[:60] or "unnamed"


@lru_cache(maxsize=4096)
def data_column(name: str) -> str:
    """The column of something that a form collected."""
    return "data_" + snake(name)


def text(value: Any) -> str | None:
    """Any value as text, nothing lost: objects by their name, else as JSON."""
    if value is None or value is NOT_SENT:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return str(value["name"])
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)


NONE = type(None)


def only(values: Iterable[Any], *types: type) -> bool:
    """Whether all values are of these very types (a bool is not an int)."""
    return set(map(type, values)).issubset(types)


def texts(values: Sequence[Any]) -> list[str | None]:
    """``text`` of each value."""
    if only(values, str, NONE):
        return list(values)
    return [v if v is None or type(v) is str else text(v) for v in values]


def times(values: Sequence[Any]) -> pd.Series[Any]:
    """Texts with any offset as times in UTC; NaT where a value is none."""
    import pandas as pd

    clean = only(values, str, NONE) and "" not in values
    given = values if clean else [v if type(v) is str and v else None for v in values]
    return pd.to_datetime(pd.Series(given, dtype="object"), utc=True, format="ISO8601", errors="coerce")


def money(value: Any) -> Decimal | None:
    """An exact amount; None if it is not one."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        text = str(value).strip()
        return _usual_amount(text) if len(text) < 40 else _amount(text)
    return None


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


_usual_amount = lru_cache(maxsize=4096)(_amount)
"""Leads are paid for with few different amounts."""


def person_mark(*said: Any) -> str:
    """Eight digits of a hash of names, e-mail address and telephone; empty if none is known.

    They tell that the person behind a lead has changed, and not who it is: thousands of people share each mark.
    """
    text = "\n".join([v if type(v) is str else "" for v in said])
    if not text.strip("\n"):
        return ""
    return blake2b(text.casefold().encode(errors="surrogatepass"), digest_size=4).hexdigest()


def number(value: Any) -> int | float | None:
    """A number that 64 bits hold; None if it is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if value == value and abs(value) <= INT64_MAX else None  # noqa: PLR0124  the plainest test for NaN


def enumeration(value: Any) -> str | None:
    """A list as text, joined by commas."""
    if type(value) is list:
        try:
            return ", ".join(filter(None, value))
        except TypeError:  # not all of them are texts
            return ", ".join(t for v in value if (t := text(v)))
    return text(value)


@contextlib.contextmanager
def no_collecting() -> Iterator[None]:
    """Hundreds of thousands of new values, none of them in a circle: looking for circles takes as long as making them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def plain(value: Any) -> str | None:
    """Text as it is; None for anything else."""
    return value if isinstance(value, str) else None


def related_name(value: Any, names: Mapping[int, str]) -> str | None:
    """The name of something that is given as IRI, id or object."""
    record_id = id_of(value)
    if (name := name_of(value)) is not None:
        return name
    if record_id is not None:
        return names.get(record_id, f"{record_id}")
    return value if isinstance(value, str) else None


def lost(values: Sequence[Any], readable: Sequence[bool]) -> int:
    """How many values were there and could not be read."""
    if all(readable):
        return 0
    return sum(1 for v, ok in zip(values, readable, strict=True) if not ok and v is not None and v is not NOT_SENT)
