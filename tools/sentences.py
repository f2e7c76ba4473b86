"""All sentences that a user can read, by file: ``python tools/sentences.py [word]`` (or ``python dev.py sentences``).

Out of the code: texts of at least three words in the package's Python and JavaScript, without docstrings. Docs, notebooks and the
docstrings of public calls (docs/api.md) are read where they stand.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cvtr_widgets"
WORDS = re.compile(r"[A-Za-z’']{2,}")
NO_SENTENCE = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|COPY|WITH|DROP|ALTER)\b|[;{}<>]\s*$|^--")
SCRIPT_TEXT = re.compile(r"`((?:[^`\\]|\\.)*)`|\"((?:[^\"\\\n]|\\.)*)\"")


def in_python(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each sentence of a module; what is put in stands as {...}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {
        id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in ast.walk(node) if value is not node
    }
    for node in ast.walk(tree):
        if id(node) in left_out | parts:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(v.value) if isinstance(v, ast.Constant) else "{...}" for v in node.values)


def in_script(path: Path) -> Iterator[tuple[int, str]]:
    """The same of a JavaScript file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.lstrip().startswith(("//", "*", "/*")):
            for found in SCRIPT_TEXT.finditer(line):
                yield number, re.sub(r"\$\{[^}]*\}", "{...}", found[1] or found[2] or "")


def sentences() -> Iterator[tuple[str, int, str]]:
    """File, line and text of all of them."""
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js")]):
        if path.name.endswith(".min.js"):
            continue
        for line, text in in_python(path) if path.suffix == ".py" else in_script(path):
            if len(WORDS.findall(text)) >= 3 and " " in text.strip() and not NO_SENTENCE.search(text):
                yield path.relative_to(ROOT).as_posix(), line, " ".join(text.split())


def main(words: Sequence[str]) -> int:
    """Print them; with a word, those that hold it."""
    last = ""
    for file, line, text in sentences():
        if words and words[0].lower() not in text.lower():
            continue
        if file != last:
            print(f"\n{file}")
            last = file
        print(f"  {line}: {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
