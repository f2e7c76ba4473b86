"""A chart over leads: a Vega-Lite specification, the table of its numbers, and the leads behind each mark.

Only the table, which holds counts, goes into the chart; which leads are behind a mark is looked up in the kernel, by key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ExportError, InsightError
from cvtr_widgets.insight.chart_groups import Behind, GroupCodes, plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from cvtr_widgets.insight.chart_view import ChartView

VEGA_LITE = "6.4"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Says which grammar a specification is written in; nothing loads it."""
MOST_ROWS = 5_000
"""Marks of one chart; more cannot be told apart, and would be slow in the page."""


class Chart:
    """A chart of ``insight.charts``. As a cell's last line it is shown, with its numbers beside it.

    ``spec`` (Vega-Lite, without data; ``alt.Chart.from_dict(chart.full_spec)`` makes an Altair chart of it), ``table`` (the
    numbers), ``title``, ``notes`` (sentences to read with it: what it leaves out). A click on a mark, a brush, or a row of the
    table picks the leads behind it: ``picked`` (ids), for ``panel.select(chart)``; ``on_pick`` calls back. ``png`` and ``svg``
    write pictures without a browser.

    Args:
        title: with units and counts.
        spec: Vega-Lite without data.
        table: one row a mark; no lead fields.
        keys: columns of ``table`` that name the leads of a mark.
        groups: for each key, the value of each lead: a Series (index: ids), or ``GroupCodes`` beside ``ids``.
        ids: the leads, where ``groups`` are codes.
        notes: sentences to read with the chart.
        outside: of a funnel: what lies outside of which line -> the groups there.
    """

    def __init__(
        self,
        title: str,
        spec: Mapping[str, Any],
        table: pd.DataFrame,
        keys: list[str],
        groups: Mapping[str, pd.Series[Any] | GroupCodes],
        *,
        ids: Any = None,
        notes: Sequence[str] = (),
        outside: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        if len(table) > MOST_ROWS:
            raise InsightError(
                f"That makes {len(table):,} marks, too many for one chart. Take a longer period or a coarser group."
            )
        self.title = title
        self.spec = {"$schema": SCHEMA, "title": title, **spec}
        self.table = table
        self.keys = tuple(keys)
        self.notes = tuple(notes)
        self.outside = {words: tuple(names) for words, names in (outside or {}).items()}
        self._behind = Behind(groups, ids)
        self._picked: tuple[int, ...] = ()
        self._callbacks: list[Callable[[tuple[int, ...]], object]] = []
        self._view: ChartView | None = None

    def __repr__(self) -> str:
        return f"<Chart: {self.title}>"

    @property
    def full_spec(self) -> dict[str, Any]:
        """The specification with its numbers."""
        times = [name for name in self.table.columns if str(self.table[name].dtype).startswith("datetime64")]
        rows = [{**row, **{name: f"{row[name]}Z" for name in times if row[name]}} for row in self.records()]
        return {**self.spec, "data": {"name": "table", "values": rows}}  # Z: not moved to the zone of whoever draws it

    def records(self) -> list[dict[str, Any]]:
        """The rows of the table as the chart takes them: dates as ISO text, missing numbers as None."""
        columns = {name: [plain(v) for v in self.table[name].tolist()] for name in self.table.columns}
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
        return tuple(self.ids_at(key).tolist())

    def ids_at(self, key: Mapping[str, Any]) -> NDArray[np.int64]:
        """The same as an array."""
        import numpy as np

        if not key or not set(key) <= set(self.keys):
            raise InsightError(f"The leads of this chart are grouped by {', '.join(self.keys)}. Name one or more of these.")
        masks = [self._behind.codes[name].at(value) for name, value in key.items()]
        return self._behind.ids(np.logical_and.reduce(masks))

    def leads_between(self, name: str, first: Any, last: Any) -> tuple[int, ...]:
        """The leads whose ``name`` (a time of the chart) is from ``first`` to ``last``, both included. Ids, ascending.

        Raises:
            InsightError: the chart has no such key.
        """
        return tuple(self.ids_between(name, first, last).tolist())

    def ids_between(self, name: str, first: Any, last: Any) -> NDArray[np.int64]:
        """The same as an array."""
        if name not in self.keys:
            raise InsightError(f"The leads of this chart are grouped by {', '.join(self.keys)}. Name one of these.")
        return self._behind.ids(self._behind.codes[name].between(first, last))

    def leads_within(self, **ranges: tuple[float, float]) -> tuple[int, ...]:
        """The leads of all marks whose numbers lie in these ranges, ends included: ``funnel.leads_within(leads=(50, 400),
        share=(0.2, 1))``. Ids, ascending.

        Raises:
            InsightError: the table has no such column of numbers.
        """
        return tuple(self.ids_within(ranges).tolist())

    def ids_within(self, ranges: Mapping[str, Sequence[float]]) -> NDArray[np.int64]:
        """The same as an array."""
        numbers = [name for name in self.table.columns if self.table[name].dtype.kind in "if"]
        if not ranges or not set(ranges) <= set(numbers):
            raise InsightError(f"The marks of this chart have the numbers {', '.join(numbers)}. Name one or more of these.")
        rows = self.table
        for name, (low, high) in ranges.items():
            rows = rows[(rows[name] >= low) & (rows[name] <= high)]
        return self._any_of(rows)

    def leads_outside(self, where: str) -> tuple[int, ...]:
        """The leads of the groups outside of a funnel, by what ``chart.outside`` calls it. Ids, ascending.

        Raises:
            InsightError: there is nothing of that name.
        """
        return tuple(self.ids_outside(where).tolist())

    def ids_outside(self, where: str) -> NDArray[np.int64]:
        """The same as an array."""
        if where not in self.outside:
            raise InsightError(f"Nothing is {where!r} here. Choose one of: {', '.join(self.outside) or '(nothing is outside)'}.")
        return self._any_of(self.table[self.table[self.keys[0]].isin(self.outside[where])])

    def _any_of(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        """The leads behind any of these rows of a table by one key."""
        return self._behind.ids(self._behind.codes[self.keys[0]].among(frozenset(map(plain, rows[self.keys[0]].tolist()))))

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
        text = svg_of(self.full_spec)
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


def svg_of(spec: Mapping[str, Any]) -> str:
    """A Vega-Lite specification with its data as SVG text, without a browser."""
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(dict(spec), vl_version=VEGA_LITE)
    return text


def _written(path: str | Path | None, content: bytes, *, overwrite: bool) -> None:
    if path is not None:
        safe_files.write(path, [content], ExportError, overwrite=overwrite)
