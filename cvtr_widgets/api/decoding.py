"""JSON as it must be: no key twice in one object, no NaN, no half characters, not nested too deep."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson


def decode(body: bytes) -> Any:
    """JSON from an answer's body.

    A key that stands twice in one object is refused: which of the two counts is anybody's guess, and one may be a lead's id.
    Lone halves of surrogate pairs, which no file or page can take, become replacement characters.

    Raises:
        ValueError: not JSON, not UTF-8, nested deeper than ``DEEPEST``, a key twice, NaN, or a number of absurd length.
    """
    # The quick way first; whatever it stumbles over or leaves in doubt is decided the careful way.
    try:
        found = orjson.loads(body)
        if not _spaced(body) and body.count(b'":') == _keys(found):
            return found
    except (orjson.JSONDecodeError, RecursionError):
        pass
    return _decoded_carefully(body)


def _decoded_carefully(body: bytes) -> Any:
    text = body.decode("utf-8-sig")
    if "\\ud" in text or "\\uD" in text:
        text = _HALF.sub(_mended, text)
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    _keys(found)
    return found


DEEPEST = 64
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = re.compile(rf"(?<!\\)((?:\\\\)*)({_HIGH}{_LOW}|{_HIGH}|{_LOW})")
"""A pair of surrogates, or half of one, that is no escaped backslash."""


def _mended(match: re.Match[str]) -> str:
    return match[0] if len(match[2]) == 12 else f"{match[1]}\\ufffd"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')


def _spaced(body: bytes) -> bool:
    """Whether white space may stand between a key and its colon."""
    if b"\n" in body or b"\t" in body or b"\r" in body:
        return _SPACED_KEY.search(body) is not None
    return b" :" in body


def _keys(found: Any) -> int:
    """How many keys all objects have together. In compact JSON each stands before ``":``; more of these than keys are left
    where a key stands twice, or where a text holds a quote. Never fewer.

    Raises:
        ValueError: nested too deep.
    """
    level, count = [found] if type(found) in _BOXES else [], 0
    for _ in range(DEEPEST + 1):
        if not level:
            return count
        inner: list[Any] = []
        for box in level:
            if type(box) is dict:
                count += len(box)
                inner += [v for v in box.values() if type(v) in _BOXES]
            else:
                inner += [v for v in box if type(v) in _BOXES]
        level = inner
    raise ValueError("nested too deep")


_BOXES = frozenset({dict, list})
