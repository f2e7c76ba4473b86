"""A self-contained copy of the journal, or of one run in it, that ``check_bundle.py`` can check without this package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ExportError, RunError
from cvtr_widgets.journal import check_bundle
from cvtr_widgets.journal.hash_chain import FIRST_HASH, digest
from cvtr_widgets.journal.journal import Journal


def export(journal: Journal, path: Path, run_id: str | None = None, *, overwrite: bool = False) -> str:
    """Write JSON lines: a head line, then the entries. Gives the hash of the last one, to be noted elsewhere. Only this user
    can read the file; one that is there is only replaced with ``overwrite``.

    With a ``run_id`` it holds that run from its first entry to its last; of other runs' entries in between only the digests.

    Raises:
        RunError: there is no such run. ExportError: the file cannot be written. JournalError: the journal cannot be read.
    """
    numbers = [row[0] for row in journal.rows(run_id)]
    if run_id is not None and not numbers:
        raise RunError(f"The journal has no run {run_id!r}. See session.history() for those it has.")
    first, last = (numbers[0], numbers[-1]) if numbers else (1, 0)
    ends = {row[0]: row[5] for row in journal.rows(after=max(0, first - 2)) if row[0] in {first - 1, last}}
    head = {
        "format": check_bundle.FORMAT, "first": first, "entries": last - first + 1, "previous": ends.get(first - 1, FIRST_HASH),
        "head": ends.get(last, FIRST_HASH), "run": run_id,
    }  # fmt: skip
    lines = chain([head], _lines(journal, first, last, run_id))
    pieces = (json.dumps(line).encode() + b"\n" for line in lines)
    safe_files.write(path, pieces, ExportError, private=True, overwrite=overwrite)
    return str(head["head"])


def copy_checker(folder: Path, *, overwrite: bool = False) -> Path:
    """Put ``check_bundle.py`` into a folder; its path. Another file of that name is only replaced with ``overwrite``.

    Raises:
        ExportError: it cannot be written.
    """
    path = folder / "check_bundle.py"
    checker = Path(check_bundle.__file__).read_bytes()
    try:
        if path.read_bytes() == checker:
            return path
    except OSError:
        pass  # it is not there, or is to be replaced
    return safe_files.write(path, [checker], ExportError, overwrite=overwrite)


def _lines(journal: Journal, first: int, last: int, run_id: str | None) -> Iterator[dict[str, Any]]:
    for number, at, run, kind, data, found in journal.rows(after=first - 1):
        if number > last:
            return
        if run_id is None or run == run_id:
            yield {"number": number, "at": at, "run": run, "kind": kind, "data": data, "hash": found}
        else:
            yield {"number": number, "digest": digest(at, run, kind, data), "hash": found}
