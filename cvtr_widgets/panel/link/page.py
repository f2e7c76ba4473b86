"""The page's one ES module and its style. ``python3 dev.py page`` makes both from the modules in ``panel/static``."""

from __future__ import annotations

from importlib import resources

SCRIPT = "page.min.js"
STYLE = "page.min.css"


def static(name: str) -> str:
    """A file of the page."""
    return resources.files("cvtr_widgets.panel").joinpath("static", name).read_text(encoding="utf-8")
