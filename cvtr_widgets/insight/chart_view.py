"""A chart in the page: a small widget that loads nothing from the network.

The renderer (Vega, out of ``vl-convert-python``) and the numbers travel as custom messages and are no synced traits, so that a
notebook saved with its widget state holds neither.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import anywidget

if TYPE_CHECKING:
    from cvtr_widgets.insight.chart import Chart

log = logging.getLogger("cvtr_widgets.insight")


def static(name: str) -> str:
    """A file of the page."""
    return resources.files("cvtr_widgets.insight").joinpath("static", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def renderer() -> bytes:
    """Vega, Vega-Lite and vega-embed as one script, which sets ``cvtrVegaEmbed``."""
    import vl_convert

    return str(vl_convert.javascript_bundle("globalThis.cvtrVegaEmbed = vegaEmbed;")).encode()


def pick_of(chart: Chart, content: dict[str, Any]) -> tuple[int, ...]:
    """The leads that a message ``pick`` or ``brush`` of the page means. What makes no sense raises."""
    if content["kind"] == "pick":
        return chart.leads_of(**{str(name): value for name, value in content["key"].items()})
    return chart.leads_between(content["field"], content["first"], content["last"])


def chart_message(chart: Chart) -> dict[str, Any]:
    """A chart as the page takes it: the specification and the rows of its table."""
    return {
        "kind": "chart",
        "title": chart.title,
        "spec": chart.spec,
        "rows": chart.records(),
        "columns": list(chart.table.columns),
        "keys": list(chart.keys),
        "brush": chart.spec.get("usermeta", {}).get("brush"),
    }


class ChartView(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's own bases have no types
    """One chart as a widget; ``Chart.widget`` makes it."""

    _esm = static("chart.min.js")
    _css = static("chart.css")

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self._chart = chart
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return repr(self._chart)

    def _repr_keys(self) -> list[str]:
        return []

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A message of the page."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "hello":
            if content.get("renderer") is not True:
                self.send({"kind": "renderer"}, [renderer()])
            self.send(chart_message(self._chart))
        elif kind in {"pick", "brush"}:
            self._pick(content)
        else:
            log.warning("a message of a chart was not understood; nothing was done")

    def _pick(self, content: dict[str, Any]) -> None:
        try:
            ids = pick_of(self._chart, content)
        except Exception:  # noqa: BLE001  the border to the page: what it says wrongly picks nothing
            log.warning("a message of a chart was not understood; nothing was done")
            return
        self._chart.pick(ids)
        self.send({"kind": "picked", "leads": len(ids)})
