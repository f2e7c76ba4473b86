"""A dialect: everything undocumented about one Convertr, as data with its evidence, read from a TOML file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from cvtr_widgets.errors import DialectError
from cvtr_widgets.fields import FieldMap, getter
from cvtr_widgets.models import Record


@dataclass(frozen=True)
class Slot:
    """Where one value goes in a body: ``key`` (dots nest) and the form it takes there."""

    key: str
    form: str = "text"


@dataclass(frozen=True)
class Call:
    """One of the seven writes."""

    name: str
    path: str
    body: Mapping[str, Slot]
    fixed: Mapping[str, Any]
    yes: frozenset[int]
    answer: Mapping[str, str]
    evidence: str


@dataclass(frozen=True)
class Dialect:
    """See ``dialects/default.toml`` for what each part means. ``hash`` changes with any entry."""

    name: str
    base: str
    hash: str
    raw: Mapping[str, Any]
    lead: FieldMap
    calls: Mapping[str, Call]

    def value(self, *keys: str) -> Any:
        """One entry's value.

        Raises:
            DialectError: the entry is missing.
        """
        found: Any = self.raw
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                raise DialectError(f"dialect {self.name!r} has no entry {'.'.join(keys)}. Add it to the file.")
            found = found[key]
        if isinstance(found, dict):
            for part in ("value", "values", "places", "key", "path"):
                if part in found:
                    return found[part]
        return found

    def read(self, record: Record, *keys: str) -> Any:
        """The value that the places under an entry lead to in ``record``, or ``NOT_SENT``."""
        return getter(tuple(self.value(*keys)))(record)

    def evidence(self) -> list[dict[str, str]]:
        """Every entry with where it comes from: dicts of ``entry``, ``value``, ``evidence``."""
        rows: list[dict[str, str]] = []
        _collect_evidence(self.raw, "", rows)
        return rows


def _collect_evidence(table: Mapping[str, Any], path: str, rows: list[dict[str, str]]) -> None:
    if "evidence" in table:
        rest = {k: v for k, v in table.items() if k != "evidence"}
        shown = next(iter(rest.values())) if len(rest) == 1 else rest
        rows.append({"entry": path, "value": json.dumps(shown, default=str), "evidence": str(table["evidence"])})
        return
    for key, value in table.items():
        if isinstance(value, dict):
            _collect_evidence(value, f"{path}.{key}" if path else key, rows)


def _call(name: str, table: Mapping[str, Any], where: str) -> Call:
    try:
        body = {k: Slot(str(v["key"]), str(v.get("as", "text"))) for k, v in table["body"].items()}
        return Call(
            name=name,
            path=str(table["path"]),
            body=body,
            fixed=dict(table.get("fixed", {})),
            yes=frozenset(int(s) for s in table["yes"]),
            answer={k: str(v) for k, v in table.get("answer", {}).items()},
            evidence=str(table.get("evidence", "inferred")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DialectError(f"{where}: [calls.{name}] is incomplete: {error!r}. Compare it with the default.") from None


CALLS = ("is_delivered", "flag", "deliver", "undeliver", "metadata", "reprocess", "delete")


def parse_dialect(text: str, where: str) -> Dialect:
    """A dialect from TOML text; ``where`` names it in errors.

    Raises:
        DialectError: not TOML, or an entry is missing or of the wrong kind.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DialectError(f"{where} is not TOML: {error}. Mend the line it names.") from None
    for key in ("name", "base", "auth", "paging", "filters", "fields", "calls", "lists", "words", "processr", "user"):
        if key not in raw:
            raise DialectError(f"{where} lacks {key!r}. Copy that part from the default dialect.")
    missing = [name for name in CALLS if name not in raw["calls"]]
    if missing:
        raise DialectError(f"{where} lacks [calls.{missing[0]}]. Copy that part from the default dialect.")
    places = {k: tuple(v.get("places", ())) for k, v in raw["fields"].items()}
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode()).hexdigest()
    return Dialect(
        name=str(raw["name"]),
        base=str(raw["base"]).rstrip("/"),
        hash=digest,
        raw=raw,
        lead=FieldMap(places),
        calls={name: _call(name, raw["calls"][name], where) for name in CALLS},
    )


def default_dialect() -> Dialect:
    """The dialect shipped with the package: what is documented, and our guesses, each marked."""
    text = resources.files("cvtr_widgets.api").joinpath("dialects/default.toml").read_text(encoding="utf-8")
    return parse_dialect(text, "the default dialect")


def load_dialect(path: str | Path) -> Dialect:
    """The dialect in a file.

    Raises:
        DialectError: the file cannot be read or is not a dialect.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DialectError(f"The dialect {str(path)!r} cannot be read: {error}. Check the path.") from None
    return parse_dialect(text, str(path))
