"""The reference of the dialect file, made from its schema."""

from __future__ import annotations

import textwrap
import tomllib
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from cvtr_widgets.dialect.default import default_dialect, default_text
from cvtr_widgets.dialect.examples import EXAMPLES
from cvtr_widgets.dialect.kinds import DialectEntry, DialectTable
from cvtr_widgets.dialect.schema import CALLS, SLOTS, Body, CallPart, DialectFile

WORDS = {str: "text", int: "whole number", bool: "true or false", float: "number"}


def markdown() -> str:
    """Every table of the file, and every kind of entry."""
    kinds: dict[type[DialectEntry], None] = {}
    tables = [_table(name, kind, about, kinds) for name, kind, about in _tables()]
    entries = [_kind(entry) for entry in sorted(kinds, key=_title)]
    return (
        "## The tables of the file\n\n" + "".join(tables) + _slots_by_call()
        + "## The kinds of entries\n\nEvery entry can also have `evidence`.\n\n" + "".join(entries).rstrip("\n") + "\n"
    )  # fmt: skip


def _table(name: str, kind: type[DialectTable], about: str, kinds: dict[type[DialectEntry], None]) -> str:
    """One table of the file; adds the kinds of its entries to ``kinds``."""
    says = _default_table(name)
    out = [f"### `{name}`\n\n{about}\n\n| entry | kind | needed | the default says |\n| --- | --- | --- | --- |\n"]
    for key, field in kind.model_fields.items():
        found = _entry(field.annotation)
        if found is None:
            continue
        kinds.setdefault(found)
        needed = "yes" if field.is_required() else "no"
        default = f"`{_toml(says[key])}`" if key in says else ""
        link = f"[{_title(found)}](#{_title(found).replace(' ', '-')})"
        out.append(f"| `{key}` | {link} | {needed} | {default.replace('|', chr(92) + '|')} |\n")
    return "".join(out) + "\n"


def _default_table(name: str) -> dict[str, Any]:
    """The entries of a table as the default has them, without their evidence; of the calls, those of ``flag``."""
    found: Any = tomllib.loads(default_text())
    for key in name.replace("<call>", "flag").split("."):
        found = found[key]
    return {key: _short(value) for key, value in found.items() if key != "evidence"}


def _short(entry: Any) -> Any:
    """An entry as it may be written short."""
    if not isinstance(entry, dict):
        return entry
    left = {key: value for key, value in entry.items() if key != "evidence"}
    return next(iter(left.values())) if len(left) == 1 and next(iter(left)) in _ALONE else left


_ALONE = frozenset({"value", "values", "places", "key", "path"})
"""What an entry may be written as without its table."""


def _slots_by_call() -> str:
    """Which call has which values, and under which key the default sends them."""
    calls = default_dialect().calls
    slots = list(Body.model_fields)
    about = (
        "With the key under which the default sends each. A dash: it may have a place in your file, the default has none.\n"
        "An empty cell: no action gives the call such a value, and an entry for it is refused."
    )
    out = [f"### Which values a call can have\n\n{about}\n\n"]
    out.append("| call | " + " | ".join(f"`{slot}`" for slot in slots) + " |\n")
    out.append("| --- |" + " --- |" * len(slots) + "\n")
    for name in CALLS:
        mine = calls[name].body
        keys = [f"`{mine[slot].key}`" if slot in mine else "-" if slot in SLOTS[name] else "" for slot in slots]
        out.append(f"| `{name}` | " + " | ".join(keys) + " |\n")
    return "".join(out) + "\n"


def _kind(entry: type[DialectEntry]) -> str:
    """One kind: what it is, its keys, and an example."""
    out = [f"### {_title(entry)}\n\n{_about(entry)}\n\n| key | what it may be | when left out |\n| --- | --- | --- |\n"]
    for key, field in entry.model_fields.items():
        if key != "evidence":
            default = "must be there" if field.is_required() else f"`{_toml(field.get_default(call_default_factory=True))}`"
            out.append(f"| `{field.alias or key}` | {_may_be(field)} | {default} |\n")
    return "".join(out) + f"\n```toml\n{textwrap.dedent(EXAMPLES[entry]).strip()}\n```\n\n"


def _tables() -> Iterator[tuple[str, type[DialectTable], str]]:
    for key, field in DialectFile.model_fields.items():
        kind = field.annotation
        if not isinstance(kind, type) or not issubclass(kind, DialectTable) or issubclass(kind, DialectEntry):
            continue
        if key == "calls":
            calls = ", ".join(f"`{name}`" for name in kind.model_fields)
            yield "calls.<call>", CallPart, f"{_about(CallPart)} The calls are {calls}."
            yield "calls.<call>.body", Body, _about(Body)
        else:
            yield key, kind, _about(kind)


def _about(kind: type[DialectTable]) -> str:
    return " ".join((kind.__doc__ or "").split()).replace("``", "`")


def _title(kind: type[DialectEntry]) -> str:
    name = kind.__name__.removesuffix("Entry")
    return "yes or no" if name == "YesNo" else name.lower()


def _entry(annotation: Any) -> type[DialectEntry] | None:
    for part in (annotation, *typing.get_args(annotation)):
        if isinstance(part, type) and issubclass(part, DialectEntry):
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
