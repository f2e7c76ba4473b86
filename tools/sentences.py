"""All sentences that a user can read, by file: ``python tools/sentences.py [--docs] [word]`` (or ``python dev.py sentences``).

Texts of at least three words in the package: in Python without docstrings, except those that a command shows as its help; in
JavaScript; in the templates of reports. With ``--docs`` also the docstrings, the notebooks' text and the pages of docs, paragraph
by paragraph.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cvtr_widgets"
WORDS = re.compile(r"[A-Za-z’']{2,}")
NO_SENTENCE = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|COPY|WITH|DROP|ALTER)\b|[;{}<>]\s*$|^--|^cvtr-[\w-]+( cvtr-[\w-]+)+$"
)
SCRIPT_TEXT = re.compile(r"`((?:[^`\\]|\\.)*)`|\"((?:[^\"\\\n]|\\.)*)\"")
TEMPLATE_CODE = re.compile(r"<style.*?</style>|\{#.*?#\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
Found = Iterator[tuple[int, str]]


def in_python(path: Path, *, docs: bool = False) -> Found:
    """Line and text of each sentence of a module; what is put in stands as {...}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {
        id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in ast.walk(node) if value is not node
    }
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and (docs or _is_command(node)):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""
        if id(node) in left_out | parts:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(v.value) if isinstance(v, ast.Constant) else "{...}" for v in node.values)


def _is_command(node: ast.AST) -> bool:
    """Whether its docstring is the help of a command."""
    return any(
        ast.unparse(mark).partition("(")[0].endswith((".command", ".callback")) for mark in getattr(node, "decorator_list", ())
    )


def in_script(path: Path) -> Found:
    """The same of a JavaScript file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.lstrip().startswith(("//", "*", "/*")):
            for found in SCRIPT_TEXT.finditer(line):
                yield number, re.sub(r"\$\{[^}]*\}", "{...}", found[1] or found[2] or "")


def in_template(path: Path) -> Found:
    """The same of a template of a page, without its marks."""
    text = TEMPLATE_CODE.sub(lambda found: "\n" * max(1, found[0].count("\n")), path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), 1):
        yield number, re.sub(r"\{\{.*?\}\}", "{...}", line)


def in_notebook(path: Path) -> Found:
    """What is written between the cells; the line is the cell's number."""
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], 1):
        if cell["cell_type"] == "markdown":
            yield number, "".join(cell["source"])


def in_page(path: Path) -> Found:
    """The paragraphs of a page of docs, without code and generated tables."""
    text = re.sub(
        r"```.*?```|<!-- table.*?end of table -->", lambda f: "\n" * f[0].count("\n"), path.read_text("utf-8"), flags=re.DOTALL
    )
    number = 1
    for paragraph in re.split(r"(\n\n+)", text):
        if paragraph.strip():
            yield number, paragraph
        number += paragraph.count("\n")


def sentences(*, docs: bool = False) -> Iterator[tuple[str, int, str]]:
    """File, line and text of all of them."""
    readers = {".js": in_script, ".jinja": in_template}
    for path in sorted(one for one in PACKAGE.rglob("*") if one.suffix in {".py", *readers}):
        if not path.name.endswith(".min.js"):
            found = in_python(path, docs=docs) if path.suffix == ".py" else readers[path.suffix](path)
            yield from _told(path, found)
    if docs:
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            yield from _told(path, in_notebook(path))
        for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
            if path.name != "api.md":  # made of docstrings
                yield from _told(path, in_page(path))


def _told(path: Path, found: Found) -> Iterator[tuple[str, int, str]]:
    for line, text in found:
        if len(WORDS.findall(text)) >= 3 and " " in text.strip() and not NO_SENTENCE.search(text):
            yield path.relative_to(ROOT).as_posix(), line, " ".join(text.split())


def main(words: Sequence[str]) -> int:
    """Print them; with a word, those that hold it."""
    last, wanted = "", [word for word in words if word != "--docs"]
    for file, line, text in sentences(docs="--docs" in words):
        if wanted and wanted[0].lower() not in text.lower():
            continue
        if file != last:
            print(f"\n{file}")
            last = file
        print(f"  {line}: {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
