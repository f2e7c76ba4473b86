"""JSON as it must be: no key twice in one object, no NaN, no half characters, not nested too deep."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from cvtr_widgets.reader_limits import JSON_DEPTH, JSON_VALUES


def decode(body: bytes) -> Any:
    """JSON from an answer's body.

    A key that stands twice in one object is refused: which of the two counts is anybody's guess, and one may be a lead's id.
    Lone halves of surrogate pairs, which no file or page can take, become replacement characters.

    Raises:
        TooMuch: more values than ``reader_limits.JSON_VALUES``.
        ValueError: not JSON, not UTF-8, nested deeper than ``JSON_DEPTH``, a key twice, NaN, or a number of absurd length.
    """
    check_size(body)
    # The quick way first; whatever it stumbles over or leaves in doubt is decided the careful way.
    try:
        found = orjson.loads(body)
        again = orjson.dumps(found)
        if again == body or (not _spaced(body) and not _hidden(body) and body.count(KEY) == again.count(KEY)):
            return found
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        pass
    return _decoded_carefully(body)


class TooMuch(ValueError):
    """More than is taken; the message says of what."""


def values_in(body: bytes) -> int:
    """Values that a JSON text holds at the most: there is a comma or a bracket before each but the first. What stands in its
    texts is counted as well, which is quick, and errs on the safe side.
    """
    return body.count(b",") + body.count(b"[") + body.count(b"{") + 1


def check_size(body: bytes, most: int = JSON_VALUES) -> None:
    """Raises TooMuch where a JSON text may hold more values than are taken; 2 MB of it can cost 2 GB."""
    if len(body) > most and values_in(body) > most:
        raise TooMuch(f"it holds more than {most:,} values")


KEY = b'":'
"""Stands behind each key of compact JSON, and in texts that hold a quote and a colon: in both alike, before and after. So
an answer that has more of them than what was read from it, written again, had a key twice."""


def _decoded_carefully(body: bytes) -> Any:
    text = body.decode("utf-8-sig")
    if "\\ud" in text or "\\uD" in text:
        text = _HALF.sub(_mended, text)
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    _not_too_deep(found)
    return found


_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = re.compile(rf"(?<!\\)((?:\\\\)*)({_HIGH}{_LOW}|{_HIGH}|{_LOW})")
"""A pair of surrogates, or half of one, that is no escaped backslash."""


def _mended(match: re.Match[str]) -> str:
    return match[0] if len(match[2]) == 12 else f"{match[1]}\\ufffd"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')


def _spaced(body: bytes) -> bool:
    """Whether white space may stand between a key and its colon."""
    if b"\n" in body or b"\t" in body or b"\r" in body:
        return _SPACED_KEY.search(body) is not None
    return b" :" in body


def _hidden(body: bytes) -> bool:
    """Whether a quote or a colon within a text may be written as a number."""
    return b"\\u00" in body and _ESCAPED.search(body) is not None


_ESCAPED = re.compile(rb"\\u00(22|3[aA])")


def _not_too_deep(found: Any) -> None:
    level = [found] if type(found) in _BOXES else []
    for _ in range(JSON_DEPTH + 1):
        level = [v for box in level for v in (box.values() if type(box) is dict else box) if type(v) in _BOXES] if level else []
    if level:
        raise ValueError("nested too deep")


_BOXES = frozenset({dict, list})
