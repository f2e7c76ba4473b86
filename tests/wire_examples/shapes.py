"""The examples of this folder as values: read them, fill their placeholders, and hold an answer against its shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NAMES = tuple(sorted(path.stem for path in HERE.glob("*.json")))
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")


def example(name: str) -> dict[str, Any]:
    """One example by its name (``flag_invalid``)."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def filled(value: Any, fill: Mapping[str, Any]) -> Any:
    """A request with its placeholders filled: a text that is one placeholder becomes the value with its type.

    Raises:
        KeyError: a placeholder that ``fill`` does not have.
    """
    if isinstance(value, dict):
        return {key: filled(part, fill) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, fill) for part in value]
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\{[^{}]+\}", value):
        return fill[value]
    return re.sub(r"\{[^{}]+\}", lambda found: str(fill[found[0]]), value)


def placeholders(value: Any) -> set[str]:
    """The placeholders of a request."""
    return set(re.findall(r"\{[A-Za-z][^{}\"]*\}", json.dumps(value, ensure_ascii=False)))


def _is_ts(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_KINDS: dict[str, Callable[[Any], bool]] = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "decimal": lambda value: isinstance(value, str) and _DECIMAL.fullmatch(value) is not None,
    "ts": _is_ts,
    "any": lambda _: True,
}


def _fits(shape: str, value: Any) -> bool:
    if value is None and shape.endswith("?"):
        return True
    kind = shape.rstrip("?").strip("<>")
    if kind.startswith("iri:"):
        return isinstance(value, str) and re.fullmatch(rf"/api/v4/{re.escape(kind[4:])}/\d+", value) is not None
    return _KINDS[kind](value)


def misfits(shape: Any, value: Any, where: str = "$") -> list[str]:
    """Where ``value`` is not of this shape; empty when it is. Keys that the shape does not name may be there.

    Values are not repeated in the sentences, only their types.
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where}: an object is needed, not {type(value).__name__}"]
        missing = [f"{where}.{key}: missing" for key in shape if key not in value]
        return missing + [m for key, part in shape.items() if key in value for m in misfits(part, value[key], f"{where}.{key}")]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where}: a list is needed, not {type(value).__name__}"]
        return [m for n, part in enumerate(value) for m in misfits(shape[0], part, f"{where}[{n}]")]
    if isinstance(shape, str) and re.fullmatch(r"<[^<>]+>\??", shape):
        return [] if _fits(shape, value) else [f"{where}: {shape} is needed, not {type(value).__name__}"]
    return [] if type(shape) is type(value) and shape == value else [f"{where}: must be {shape!r}"]
