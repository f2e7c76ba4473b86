"""Make the script and style that go to the page: ``python tools/page.py`` (``python3 dev.py page``); ``--check`` only looks.

anywidget takes a widget's module as one text, so esbuild (``package.json``) puts our ES modules together. The result is kept in
the repository: nobody needs Node to use or to test the package. Its first line says of which sources and of which text it is the
line, so that neither a change without a new bundle nor a bundle changed by hand goes unseen. Looking needs no Node.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cvtr_widgets"
IMPORT = r'^@?import [^;]*?"(\.[^"]+)";$'
BUNDLES = {
    "panel/static/panel.js": "panel/static/page.min.js",
    "panel/static/lead_table.js": "panel/static/table.min.js",
    "panel/static/panel.css": "panel/static/page.min.css",
    "insight/static/chart.js": "insight/static/chart.min.js",
    "insight/static/frame_table.js": "insight/static/frame_table.min.js",
    "insight/static/look.js": "insight/static/look.min.js",
}


def imported(file: Path) -> list[Path]:
    """The modules that a module imports."""
    return [(file.parent / name).resolve() for name in re.findall(IMPORT, file.read_text(encoding="utf-8"), re.MULTILINE)]


def sources(entry: str) -> list[Path]:
    """The files that a bundle is made of: the entry and what it imports."""
    wanted, found = [(PACKAGE / entry).resolve()], set()
    while wanted:
        file = wanted.pop()
        if file not in found:
            found.add(file)
            wanted += imported(file)
    return sorted(found)


def short_hash(*texts: str) -> str:
    """16 bytes are plenty: this finds mistakes."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{len(text)}:{text}".encode())
    return digest.hexdigest()[:32]


def first_line(entry: str, body: str) -> str:
    """What a bundle begins with."""
    named = [text for file in sources(entry) for text in (file.name, file.read_text(encoding="utf-8"))]
    return f"/* {short_hash(*named)} {short_hash(body)} */\n"


def is_current(entry: str) -> bool:
    """Whether the bundle that is there was made from the sources that are there."""
    to = PACKAGE / BUNDLES[entry]
    if not to.exists():
        return False
    head, newline, body = to.read_text(encoding="utf-8").partition("\n")
    return head + newline == first_line(entry, body)


def bundle(entry: str) -> str:
    """What esbuild makes of an entry and all that it imports."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("Node is missing. Type: python3 dev.py page (it says how to get Node), then try again.")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, Path(BUNDLES[entry]).name)
        done = subprocess.run([node, ROOT / "tools" / "bundle.mjs", PACKAGE / entry, made], check=False)  # noqa: S603  our own script
        if done.returncode:
            raise SystemExit("Nothing was written. If esbuild is missing, type: python3 dev.py page")
        return made.read_text(encoding="utf-8")


def main(words: Sequence[str]) -> int:
    """Make all of them, or name those that are not current."""
    if "--check" in words:
        old = [to for entry, to in BUNDLES.items() if not is_current(entry)]
        print(f"not current: {', '.join(old) or 'none'}")
        return 1 if old else 0
    for entry, to in BUNDLES.items():
        body = bundle(entry)
        (PACKAGE / to).write_text(first_line(entry, body) + body, encoding="utf-8", newline="\n")
        written = sum(file.stat().st_size for file in sources(entry))
        print(f"{to}: {written:,} bytes as written, {(PACKAGE / to).stat().st_size:,} bundled")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
