"""The reference of the dialect file, made from its schema."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from cvtr_widgets.dialect.kinds import Entry, Part
from cvtr_widgets.dialect.schema import Body, CallPart, DialectFile

WORDS = {str: "text", int: "whole number", bool: "true or false", float: "number"}


def markdown() -> str:
    """Every table of the file, and every kind of entry."""
    out = ["## The tables of the file\n\n"]
    kinds: dict[type[Entry], None] = {}
    for name, kind, about in _tables():
        out.append(f"### `{name}`\n\n{about}\n\n| entry | kind | needed |\n| --- | --- | --- |\n")
        for key, field in kind.model_fields.items():
            found = _entry(field.annotation)
            if found is None:
                continue
            kinds.setdefault(found)
            needed = "yes" if field.is_required() else "no"
            out.append(f"| `{key}` | [{_title(found)}](#{_title(found).replace(' ', '-')}) | {needed} |\n")
        out.append("\n")
    out.append("## The kinds of entries\n\nEvery entry can also have `evidence`.\n\n")
    for entry in sorted(kinds, key=_title):
        out.append(f"### {_title(entry)}\n\n{_about(entry)}\n\n| key | what it may be | when left out |\n| --- | --- | --- |\n")
        for key, field in entry.model_fields.items():
            if key != "evidence":
                default = "must be there" if field.is_required() else f"`{_toml(field.get_default(call_default_factory=True))}`"
                out.append(f"| `{field.alias or key}` | {_may_be(field)} | {default} |\n")
        out.append("\n")
    return "".join(out).rstrip("\n") + "\n"


def _tables() -> Iterator[tuple[str, type[Part], str]]:
    for key, field in DialectFile.model_fields.items():
        kind = field.annotation
        if not isinstance(kind, type) or not issubclass(kind, Part) or issubclass(kind, Entry):
            continue
        if key == "calls":
            calls = ", ".join(f"`{name}`" for name in kind.model_fields)
            yield "calls.<call>", CallPart, f"{_about(CallPart)} The calls are {calls}."
            yield "calls.<call>.body", Body, _about(Body)
        else:
            yield key, kind, _about(kind)


def _about(kind: type[Part]) -> str:
    return " ".join((kind.__doc__ or "").split()).replace("``", "`")


def _title(kind: type[Entry]) -> str:
    name = kind.__name__.removesuffix("Entry")
    return "yes or no" if name == "YesNo" else name.lower()


def _entry(annotation: Any) -> type[Entry] | None:
    for part in (annotation, *typing.get_args(annotation)):
        if isinstance(part, type) and issubclass(part, Entry):
            return part
    return None


def _may_be(field: FieldInfo) -> str:
    return _words(field.annotation)


def _words(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(_words(one) for one in inner if one is not type(None))
    if origin is typing.Annotated:
        return _words(inner[0])
    if origin is list:
        return f"list of: {_words(inner[0])}"
    if origin is dict:
        return f"table of: {_words(inner[1])}"
    return WORDS.get(annotation, "anything")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }" if value else "{}"
    return str(value)
