"""What draws charts and tables in a page: Vega and DataTables, from Python packages: nothing is loaded from the network.

They travel as custom messages, once a page, and are not synced traits: a notebook saved with its widget state holds neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

PARTS = ("renderer", "tables")
"""What a page may lack: it says of each whether it has it, or has it on its way."""


@lru_cache(maxsize=1)
def renderer() -> bytes:
    """Vega, Vega-Lite and vega-embed as one script, which sets ``cvtrVegaEmbed``."""
    import vl_convert

    return str(vl_convert.javascript_bundle("globalThis.cvtrVegaEmbed = vegaEmbed;")).encode()


@lru_cache(maxsize=1)
def tables() -> tuple[bytes, bytes]:
    """DataTables as itables bundles it: an ES module, and its style."""
    html = resources.files("itables").joinpath("html")
    return html.joinpath("dt_bundle.js").read_bytes(), html.joinpath("dt_bundle.css").read_bytes()


def send_parts(send: Callable[[dict[str, Any], list[bytes]], object], there: Mapping[str, Any]) -> None:
    """Send what a page has not got, by what it said of each of ``PARTS``: True is that it needs none."""
    if there.get("renderer") is not True:
        send({"kind": "renderer"}, [renderer()])
    if there.get("tables") is not True:
        send({"kind": "tables"}, list(tables()))
