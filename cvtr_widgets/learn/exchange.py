"""What is kept of one exchange in a capture: no headers, no cookies, no token, no login."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Leaves = dict[str, Any]
_PLAIN = re.compile(r"[A-Za-z_@][\w@-]*")


@dataclass(frozen=True)
class Exchange:
    """One request with its answer. ``sent`` and ``got`` are decoded bodies (None: there is none that can be read); ``form``:
    it was sent as a form; ``number`` its place in the capture. ``location`` is the path of a Location header.
    """

    number: int
    origin: str
    method: str
    path: str = field(repr=False)
    status: int
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    sent: Any = field(default=None, repr=False)
    got: Any = field(default=None, repr=False)
    form: bool = False
    location: str = field(default="", repr=False)

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path."""
        return tuple(part for part in self.path.split("/") if part)


def quoted(key: str) -> str:
    """One key in a place."""
    return key if _PLAIN.fullmatch(key) else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def leaves(value: Any, path: str = "", *, depth: int = 12) -> Iterator[tuple[str, Any]]:
    """Dotted place and value of everything in nested objects; lists are values."""
    if isinstance(value, Mapping) and value and depth:
        for key, inner in value.items():
            if isinstance(key, str):
                yield from leaves(inner, f"{path}.{quoted(key)}" if path else quoted(key), depth=depth - 1)
    elif path:
        yield path, value


def body_leaves(exchange: Exchange) -> Leaves:
    """The leaves of a body, keys as they are (dots nest)."""
    return dict(_raw(exchange.sent)) if isinstance(exchange.sent, dict) else {}


def _raw(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        name = f"{path}.{key}" if path else key
        if isinstance(inner, Mapping) and inner:
            yield from _raw(inner, name)
        else:
            yield name, inner


def form_body(text: str) -> dict[str, Any]:
    """The fields of a form, ``a[b]`` nested as PHP reads it; ``a[]`` stays a list under that very key."""
    out: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        *path, last = key.replace("]", "").split("[") if not key.endswith("[]") else [key]
        place = out
        for part in path:
            inner = place.setdefault(part, {})
            place = inner if isinstance(inner, dict) else {}
        if key.endswith("[]") or last in place:
            before = place.get(last, [])
            place[last] = [*(before if isinstance(before, list) else [before]), value]
        else:
            place[last] = value
    return out


def split_url(url: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Origin, path and query of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower(), parts.path, tuple(parse_qsl(parts.query, keep_blank_values=True))


def number_in(value: Any) -> int | None:
    """The id that a value stands for: a number, digits, or an address that ends in digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        digits = value.rsplit("/", 1)[-1] if value.startswith("/") else value
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
    return None


def form_of(value: Any) -> str:
    """The form in which an id is written: ``integer``, ``digits`` or ``iri``."""
    if isinstance(value, int):
        return "integer"
    return "iri" if isinstance(value, str) and value.startswith("/") else "digits"
