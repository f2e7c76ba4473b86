"""A chart in the page: a small widget that loads nothing from the network.

What draws it (``page_parts``) and the numbers travel as custom messages and are not synced traits, so that a
notebook saved with its widget state holds neither.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

import anywidget

from cvtr_widgets.insight.page_parts import send_parts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

log = logging.getLogger("cvtr_widgets.insight")


def static(name: str) -> str:
    """A file of the page."""
    return resources.files("cvtr_widgets.insight").joinpath("static", name).read_text(encoding="utf-8")


PICKS = frozenset({"pick", "brush", "area", "outside"})
"""What a page says when the user means leads of a chart."""


class _ShownChart(Protocol):
    """A chart as the page needs it; see ``Chart`` for each member."""

    @property
    def title(self) -> str: ...
    @property
    def spec(self) -> Mapping[str, Any]: ...
    @property
    def table(self) -> pd.DataFrame: ...
    @property
    def keys(self) -> Sequence[str]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def outside(self) -> Mapping[str, Sequence[str]]: ...
    def records(self) -> list[dict[str, Any]]: ...
    def ids_at(self, key: Mapping[str, Any]) -> NDArray[np.int64]: ...
    def ids_between(self, name: str, first: Any, last: Any) -> NDArray[np.int64]: ...
    def ids_within(self, ranges: Mapping[str, Sequence[float]]) -> NDArray[np.int64]: ...
    def ids_outside(self, where: str) -> NDArray[np.int64]: ...
    def pick(self, ids: tuple[int, ...]) -> None: ...


def pick_of(chart: _ShownChart, content: Mapping[str, Any]) -> tuple[NDArray[np.int64], str]:
    """The leads that a message of ``PICKS`` means, ascending, and in words which ones. What makes no sense raises."""
    kind = content["kind"]
    if kind == "pick":
        key = {str(name): value for name, value in content["key"].items()}
        return chart.ids_at(key), ", ".join(f"{name} {shown(value)}" for name, value in key.items())
    if kind == "brush":
        first, last = content["first"], content["last"]
        return chart.ids_between(content["field"], first, last), f"{content['field']} {shown(first)} to {shown(last)}"
    if kind == "outside":
        return chart.ids_outside(str(content["where"])), str(content["where"])
    ranges = {str(name): (float(low), float(high)) for name, (low, high) in content["ranges"].items()}
    return chart.ids_within(ranges), "groups in the rectangle"


def shown(value: Any) -> str:
    """A key as text; days without their midnight."""
    return "(none)" if value is None else str(value).removesuffix("T00:00:00").replace("T", " ")


def chart_message(chart: _ShownChart) -> dict[str, Any]:
    """A chart as the page takes it: the specification, the rows of its table, and how parts of it can be picked."""
    meta = chart.spec.get("usermeta", {})
    return {
        "kind": "chart",
        "title": chart.title,
        "spec": chart.spec,
        "rows": chart.records(),
        "columns": list(chart.table.columns),
        "keys": list(chart.keys),
        "brush": meta.get("brush"),
        "area": meta.get("area"),
        "notes": list(chart.notes),
        "outside": [[where, len(names), len(chart.ids_outside(where))] for where, names in chart.outside.items()],
    }


class ChartView(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's own bases have no types
    """One chart as a widget; ``Chart.widget`` makes it."""

    _esm = static("chart.min.js")
    _css = static("chart.css")

    def __init__(self, chart: _ShownChart) -> None:
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
            # As messages and not as synced traits: those are saved in the notebook where widgets' state is.
            self.send(chart_message(self._chart))
            send_parts(self.send, content)
        elif kind in PICKS:
            self._pick(content)
        else:
            log.warning("a message of a chart was not understood; nothing was done")

    def _pick(self, content: dict[str, Any]) -> None:
        try:
            ids = tuple(pick_of(self._chart, content)[0].tolist())
        except Exception:  # noqa: BLE001  the border to the page: what it says wrongly picks nothing
            log.warning("a message of a chart was not understood; nothing was done")
            return
        self._chart.pick(ids)
        self.send({"kind": "picked", "leads": len(ids)})
