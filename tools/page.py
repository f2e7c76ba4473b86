"""Write the shortened script and style of the panel's page. ``python3 dev.py page`` calls this."""

from __future__ import annotations

import sys
from pathlib import Path

import minify

from cvtr_widgets.panel.link import page

TYPES = {page.SCRIPTS: "application/javascript", page.STYLES: "text/css"}


def main() -> int:
    for names, kind in TYPES.items():
        written = page.whole(names)
        short = f"{page.mark_of(written)}\n{minify.string(kind, written)}\n"
        to = Path(page.__file__).parents[1] / "static" / page.SHORT[names]
        to.write_text(short, encoding="utf-8")
        print(f"{to.name}: {len(written.encode()):,} bytes as written, {len(short.encode()):,} shortened")
    return 0


if __name__ == "__main__":
    sys.exit(main())
