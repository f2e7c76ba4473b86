"""Writing a dialect file: the entries given, each with its evidence; whatever else is in it, comments too, stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from cvtr_widgets import safe_files
from cvtr_widgets.dialect.model import Dialect, enterprise_word
from cvtr_widgets.dialect.reading import text_of_file
from cvtr_widgets.errors import DialectError
from cvtr_widgets.settings import SETTINGS


def _inline(value: Any) -> Any:
    """Tables inside entries on one line, as they are read."""
    if isinstance(value, Mapping):
        table: InlineTable = tomlkit.inline_table()
        for key, inner in value.items():
            table[key] = _inline(inner)
        return table
    return value


def with_entries(text: str, changes: Mapping[str, Mapping[str, Any]], *, name: str, where: str = "the dialect") -> str:
    """TOML text with entries (dotted name -> table) set.

    Raises:
        DialectError: the text is no TOML.
    """
    try:
        document = tomlkit.parse(text)
    except (TOMLKitError, RecursionError) as error:
        raise DialectError(f"{where} is not TOML: {error}. Correct it, or remove it and start again.") from None
    if "name" not in document:
        _top(document, "name", name)
    for dotted, entry in changes.items():
        *path, last = dotted.split(".")
        place: Any = document
        if not path:  # name and base are plain values
            _top(document, last, entry["value"])
            continue
        for key in path:
            if key not in place or not isinstance(place[key], Mapping):
                place[key] = tomlkit.table(is_super_table=True) if key == "calls" else tomlkit.table()
            place = place[key]
        place[last] = _inline(dict(entry))
    return tomlkit.dumps(document)


def _top(document: tomlkit.TOMLDocument, key: str, value: str) -> None:
    """A key of the whole file. It must stand before the first table, or it would belong to that."""
    if key in document or not any(isinstance(v, Mapping) for v in document.values()):
        document[key] = value
        return
    # tomlkit appends: a new key would come after the tables. So the text is put together and read again.
    rest = tomlkit.dumps(document)
    document.clear()
    head = tomlkit.parse(f"{tomlkit.dumps({key: value})}\n{rest}")
    for name in head:
        document[name] = head[name]


def write_text(path: Path, text: str) -> None:
    """Put a file in place as a whole, readable by its owner only, in a folder of its owner only: a crash leaves the old one.

    Raises:
        DialectError: it cannot be written.
    """
    try:
        if path.parent.name == "dialects":
            safe_files.close_folder(path.parent, lambda name: name.endswith(".toml"))
            safe_files.close_folder(path.parent.parent, lambda name: name in SETTINGS)
        else:
            safe_files.make_folder(path.parent)
    except OSError as error:
        raise DialectError(f"{str(path)!r} cannot be written: {error.strerror}. Choose another place, or free it.") from None
    # What was there has been read, and is kept in what is written now. The link is one that the user has made to the file.
    safe_files.write(path, [text.encode()], DialectError, private=True, overwrite=True, follow_symlink=True)


def mark_proven(path: Path, dialect: Dialect, kinds: Mapping[str, str], enterprise: str, where: str, day: date) -> None:
    """Write entries as they are now, with the evidence that a run gave ``where`` (``proof_word``), into the user's own file.

    ``kinds``: entry -> ``verified`` or ``sent`` (see ``Evidence``).

    The value is written beside its evidence, so that a later default cannot slip under it.

    Raises:
        DialectError: the file cannot be read or written.
    """
    changes: dict[str, dict[str, Any]] = {}
    for name, kind in kinds.items():
        word = f"{kind} {day.isoformat()} {where}"
        entry: Any = dialect.entry(*name.split("."))
        changes[name] = {**{k: v for k, v in entry.items() if k != "evidence"}, "evidence": word}
    text = text_of_file(path) if path.exists() else ""
    write_text(path, with_entries(text, changes, name=enterprise_word(enterprise), where=str(path)))
