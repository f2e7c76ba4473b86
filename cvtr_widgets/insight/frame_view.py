"""A frame of counts in a page, to search, sort and save: DataTables as itables bundles it.

The rows travel as messages and are not synced traits, so that a saved notebook holds none of them, and no script of 700 kB.
"""

from __future__ import annotations

from typing import Any

import anywidget

from cvtr_widgets.insight.chart_view import static
from cvtr_widgets.insight.page_parts import send_parts


class FrameTable(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's own bases have no types
    """A frame of counts as a widget; ``insight.table`` makes it."""

    _esm = static("frame_table.min.js")
    _css = static("chart.css")

    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__()
        self._message = message
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return f"<FrameTable: {len(self._message['rows']):,} rows>"

    def _repr_keys(self) -> list[str]:
        return []

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A message of the page."""
        if isinstance(content, dict) and content.get("kind") == "hello":
            self.send(self._message)
            send_parts(self.send, {**content, "renderer": True})
