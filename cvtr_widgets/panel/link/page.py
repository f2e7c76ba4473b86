"""The page's one ES module and its style: our scripts, one after the other, in one scope.

What goes out is their shortened form, which ``python3 dev.py page`` writes, for as long as it was made from just these
scripts; while they are being worked on, they go out as they are.
"""

from __future__ import annotations

import hashlib
from importlib import resources

SCRIPTS = (
    "dom.js", "fields.js", "menus.js", "load_filters.js", "table_foot.js", "table.js", "head_menu.js", "arrange.js",
    "given_ids.js", "leads.js", "detail.js", "type.js", "processing.js", "panel.js",
)  # fmt: skip
STYLES = ("panel.css",)
SHORT = {SCRIPTS: "page.min.js", STYLES: "page.min.css"}


def static(name: str) -> str:
    """A file of the page."""
    return resources.files("cvtr_widgets.panel").joinpath("static", name).read_text(encoding="utf-8")


def whole(names: tuple[str, ...]) -> str:
    """These files as one, as they were written."""
    return "\n".join(static(name) for name in names)


def mark_of(text: str) -> str:
    """What the shortened form of a text begins with."""
    return f"/* {hashlib.sha256(text.encode()).hexdigest()[:32]} */"


def page(names: tuple[str, ...]) -> str:
    """These files as they go out."""
    written = whole(names)
    try:
        short = static(SHORT[names])
    except FileNotFoundError:
        return written
    return short if short.startswith(mark_of(written)) else written
