"""``insight.table``: a frame of counts for a notebook, and what it refuses to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cvtr_widgets.errors import InsightError
from cvtr_widgets.frames.masking import shortener
from cvtr_widgets.insight.chart import MOST_ROWS
from cvtr_widgets.insight.chart_groups import plain
from cvtr_widgets.insight.columns import PERSONAL
from cvtr_widgets.insight.finding import Findings

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.insight.frame_view import FrameTable


def table(frame: pd.DataFrame | pd.Series[Any] | Findings, title: str = "") -> FrameTable:
    """A frame of counts for the last line of a cell, or for a box, with search, sorting by a click, and "Save as CSV".

    ``frame``: what a question of ``insight`` gives, a ``Series`` of counts, or ``findings``; at most 5,000 rows. A named index
    becomes the first columns. ``title`` is shown above it, and names the file. Leads are refused: ``cvtr.LeadTable`` shows them.

    Raises:
        InsightError: it holds leads or something personal, has more than 5,000 rows, or is not a frame.
    """
    import pandas as pd

    from cvtr_widgets.insight.frame_view import FrameTable

    shown = frame.frame if isinstance(frame, Findings) else frame.to_frame() if isinstance(frame, pd.Series) else frame
    if not isinstance(shown, pd.DataFrame):
        raise InsightError(f"This is {type(frame).__name__}. insight.table takes a frame of insight, or findings.")
    named = [name for name in shown.index.names if name is not None]
    if named:
        shown = shown.reset_index(level=named)
    columns = [
        " ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in cast("list[Any]", shown.columns.tolist())
    ]
    if "lead_id" in columns:
        raise InsightError("This frame holds leads. insight.table shows counts of leads; cvtr.LeadTable(leads) shows leads.")
    personal = [name for name in columns if shortener(name) is not None or name in PERSONAL]
    if personal:
        raise InsightError(f"{personal[0]} is personal, so a table of it would show people. Leave the column out.")
    if len(shown) > MOST_ROWS:
        raise InsightError(f"{len(shown):,} rows are too many for a page. Show a part, such as frame.head(1_000).")
    notes = list(shown.attrs.get("notes", []))
    rows = [dict(zip(columns, map(plain, row), strict=True)) for row in shown.itertuples(index=False, name=None)]
    return FrameTable({"kind": "table", "title": title, "columns": columns, "rows": rows, "notes": notes})
