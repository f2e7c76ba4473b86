"""A chart over leads: a Vega-Lite specification, the table of its numbers, and the leads behind each mark.

Only the table, which holds counts, goes into the chart; which leads are behind a mark is looked up in the kernel, by key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ExportError, InsightError

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.insight.chart_view import ChartView

VEGA_LITE = "6.4"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Says which grammar a specification is written in; nothing loads it."""
COLOURS = {"Valid": "#009E73", "Caution": "#E69F00", "Invalid": "#D55E00", "Test": "#999999", "other": "#56B4E9"}
"""One colour per state, told apart also in grey and by the colour-blind (Okabe and Ito)."""
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
MOST_ROWS = 5_000
"""Marks of one chart; more cannot be told apart, and would be slow in the page."""


class Chart:
    """A chart of ``insight.charts``. As a cell's last line it is shown, with its numbers beside it.

    ``spec`` (Vega-Lite, without data; ``alt.Chart.from_dict(chart.full_spec)`` makes an Altair chart of it), ``table`` (the
    numbers), ``title``. A click on a mark, a brush, or a row of the table picks the leads behind it: ``picked`` (ids), for
    ``panel.select(chart)``; ``on_pick`` calls back. ``png`` and ``svg`` write pictures without a browser.

    Args:
        title: with units and counts.
        spec: Vega-Lite without data.
        table: one row a mark; no lead fields.
        keys: columns of ``table`` that name the leads of a mark.
        groups: for each key, the value of each lead (index: ids).
    """

    def __init__(
        self, title: str, spec: Mapping[str, Any], table: pd.DataFrame, keys: list[str], groups: Mapping[str, pd.Series[Any]]
    ) -> None:
        if len(table) > MOST_ROWS:
            raise InsightError(
                f"That makes {len(table):,} marks, too many for one chart. Take a longer period or a coarser group."
            )
        self.title = title
        self.spec = {"$schema": SCHEMA, "title": title, **spec}
        self.table = table
        self.keys = tuple(keys)
        self._groups = groups
        self._picked: tuple[int, ...] = ()
        self._callbacks: list[Callable[[tuple[int, ...]], object]] = []
        self._view: ChartView | None = None

    def __repr__(self) -> str:
        return f"<Chart: {self.title}>"

    @property
    def full_spec(self) -> dict[str, Any]:
        """The specification with its numbers."""
        return {**self.spec, "data": {"name": "table", "values": self.records()}}

    def records(self) -> list[dict[str, Any]]:
        """The rows of the table as the chart takes them: dates as ISO text, missing numbers as None."""
        columns = {name: [_plain(v) for v in self.table[name].tolist()] for name in self.table.columns}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    # -- picking ------------------------------------------------------------------------------------------------------

    @property
    def picked(self) -> tuple[int, ...]:
        """Ids of the leads that were picked last, ascending; empty before."""
        return self._picked

    def __lead_ids__(self) -> tuple[int, ...]:
        """What ``select`` takes of it: ``panel.select(chart)``.

        Raises:
            InsightError: nothing is picked yet.
        """
        if not self._picked:
            raise InsightError("No leads are picked in this chart. Click a mark or a row of its table first.")
        return self._picked

    def on_pick(self, callback: Callable[[tuple[int, ...]], object]) -> None:
        """Call ``callback(ids)`` whenever leads are picked."""
        self._callbacks.append(callback)

    def leads_of(self, **key: Any) -> tuple[int, ...]:
        """The leads behind a mark, by its key as in ``table``: ``chart.leads_of(publisher="LeadGen Ltd")``. Ids, ascending.

        Raises:
            InsightError: the chart has no such key.
        """
        if not key or not set(key) <= set(self.keys):
            raise InsightError(f"The leads of this chart go by {', '.join(self.keys)}. Name one or more of these.")
        mask: Any = True
        for name, value in key.items():
            mask = mask & (self._groups[name].map(_plain) == _plain(value))
        series = self._groups[self.keys[0]]
        return tuple(sorted(int(i) for i in series.index[mask]))

    def leads_between(self, name: str, first: Any, last: Any) -> tuple[int, ...]:
        """The leads whose ``name`` (a time of the chart) is from ``first`` to ``last``, both included. Ids, ascending.

        Raises:
            InsightError: the chart has no such key.
        """
        if name not in self.keys:
            raise InsightError(f"The leads of this chart go by {', '.join(self.keys)}. Name one of these.")
        values = self._groups[name].map(_plain)
        mask = values.notna() & (values >= _plain(first)) & (values <= _plain(last))
        return tuple(sorted(int(i) for i in values.index[mask.to_numpy(dtype=bool)]))

    def pick(self, ids: tuple[int, ...]) -> None:
        """Take these leads as picked, and tell those who wait for it."""
        self._picked = ids
        for callback in self._callbacks:
            callback(ids)

    # -- showing ------------------------------------------------------------------------------------------------------

    @property
    def widget(self) -> ChartView:
        """The chart as a widget, for a VBox, a tab or an accordion."""
        if self._view is None:
            from cvtr_widgets.insight.chart_view import ChartView

            self._view = ChartView(self)
        return self._view

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self.widget._repr_mimebundle_()

    def svg(self, path: str | Path | None = None, *, overwrite: bool = False) -> str:
        """The chart as SVG text; written to ``path`` where one is given; a file that is there stays unless ``overwrite``.

        Raises:
            ExportError: the file cannot be written.
        """
        import vl_convert

        text: str = vl_convert.vegalite_to_svg(self.full_spec, vl_version=VEGA_LITE)
        _written(path, text.encode(), overwrite=overwrite)
        return text

    def png(self, path: str | Path | None = None, *, scale: float = 2.0, overwrite: bool = False) -> bytes:
        """The chart as PNG; written to ``path`` where one is given; a file that is there stays unless ``overwrite``.

        Raises:
            ExportError: the file cannot be written.
        """
        import vl_convert

        picture: bytes = vl_convert.vegalite_to_png(self.full_spec, vl_version=VEGA_LITE, scale=scale)
        _written(path, picture, overwrite=overwrite)
        return picture


def _written(path: str | Path | None, content: bytes, *, overwrite: bool) -> None:
    if path is not None:
        safe_files.write(path, [content], ExportError, overwrite=overwrite)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    import math

    import pandas as pd

    if isinstance(value, (pd.Timestamp, datetime)):
        return None if value is pd.NaT else value.isoformat()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if isinstance(value, (bool, int, float)) else str(value)
