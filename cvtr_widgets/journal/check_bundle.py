"""Checks a bundle of a journal of runs. Needs Python 3.8 or newer and nothing else; works as a file of its own.

    python check_bundle.py journal.jsonl [head noted elsewhere]

It follows the chain of hashes from the first line to the last. That proves that nothing in the bundle was edited, removed or
put elsewhere after it was written; with a head that was noted elsewhere, also that nothing was cut off at the end. It does
not prove who wrote it: whoever owns the machine can make the whole bundle again. Exit code 0: whole, 1: not.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

FORMAT = "cvtr-journal-bundle/1"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(entry: Dict[str, Any]) -> str:
    said = [entry[k] for k in ("at", "run", "kind", "data")]
    return _sha(json.dumps(said, ensure_ascii=True, separators=(",", ":")))


def _unlike(entry: Dict[str, Any], run: Optional[str], shown: int, hidden: bool) -> str:
    """What is wrong with an entry of a bundle of this run (None: of all runs), of which so many entries were shown before."""
    if hidden:
        return "" if run is not None else "does not show what it says"
    if run is None:
        return ""
    if entry["run"] != run:
        return "is of another run"
    before = json.loads(entry["data"]).get("own") if entry["kind"] == "end" else None
    return "" if before in (None, shown) else "ends a run of %d entries, and %d are shown" % (before, shown)


def check(lines: Iterator[str], head: Optional[str] = None) -> Tuple[List[str], int]:
    """The problems found (a list of sentences) and how many entries were followed."""
    try:
        first = json.loads(next(lines))
        previous, number, run, last, entries = (first[k] for k in ("previous", "first", "run", "head", "entries"))
        if first["format"] != FORMAT:
            return ["it is not a bundle of the format " + FORMAT], 0
    except (StopIteration, ValueError, KeyError, TypeError):
        return ["it has no readable first line"], 0
    number, count, shown, noted = number - 1, 0, 0, head in (None, previous)
    for line in lines:
        try:
            entry = json.loads(line)
            number += 1
            hidden = "data" not in entry
            content = entry["digest"] if hidden else _digest(entry)
            if entry["number"] != number:
                return ["entry %d is missing" % number], count
            problem = _unlike(entry, run, shown, hidden)
            if problem:
                return ["entry %d %s" % (number, problem)], count
            shown += not hidden
            if _sha("%s|%d|%s" % (previous, number, content)) != entry["hash"]:
                return ["entry %d was changed, or one before it was removed" % number], count
        except (ValueError, KeyError, TypeError, AttributeError):
            return ["line %d cannot be read" % (count + 2)], count
        previous, count = entry["hash"], count + 1
        noted = noted or previous == head
    problems = []
    if previous != last or count != entries:
        problems.append("its last entries are missing: it says %d, and holds %d" % (entries, count))
    if not noted:
        problems.append("the noted head is not in it: entries at the end were cut off, or everything was rewritten")
    return problems, count


def main(arguments: List[str]) -> int:
    """Check the file that is named, and say what was found."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python check_bundle.py journal.jsonl [head]\n")
        return 2
    try:
        with Path(arguments[0]).open(encoding="utf-8") as file:
            problems, count = check(iter(file), arguments[1] if len(arguments) > 1 else None)
    except (OSError, UnicodeDecodeError) as error:
        problems, count = ["it cannot be read: %s" % error], 0
    sys.stdout.write("".join("NOT WHOLE: %s\n" % p for p in problems) or "whole: %d entries\n" % count)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
