"""JSON that can be written in one way only: for hashes, which must come out the same in every version."""

from __future__ import annotations

import json
from typing import Any

import orjson

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_AS_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, default=str)
_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def canonical(value: Any, *, in_order: bool = False) -> str:
    """Compact JSON in ASCII, as Python's own ``json`` writes it; what JSON does not have as text. ``in_order``: keys sorted.

    Nearly all of it comes from a quicker library, which writes the same as long as every character is printable ASCII; but
    for very large and very small fractions, NaN and enumerations of anything but texts, so what is compared between versions
    has none of these.
    """
    try:
        text = orjson.dumps(value, default=str, option=_OPTIONS | (orjson.OPT_SORT_KEYS if in_order else 0)).decode()
    except (TypeError, orjson.JSONEncodeError):  # numbers beyond 64 bits, half characters, keys that are no text
        text = "\x7f"
    if text.isascii() and "\x7f" not in text:
        return text
    return (_SORTED if in_order else _AS_JSON).encode(value)
