"""Lead ids out of whatever the user has: ``select(...)`` and the ``Selection`` it gives.

What is not a lead id is never dropped and never guessed: it comes back in ``Selection.rejected`` with the place where it
stood and the reason. What holds no lead ids at all is refused with a ``SelectionError``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets.arguments import checked, listed, shown
from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import MAX_LEAD_ID, Lead, LeadId, Origin, Rejected
from cvtr_widgets.selection.column_choice import Survey, held_in, refuse_beside_names, the_one
from cvtr_widgets.selection.column_names import heading
from cvtr_widgets.selection.files import SUFFIXES, read_file, read_pasted
from cvtr_widgets.selection.lead_id import SMALL_FLOATS, id_in, id_of_value
from cvtr_widgets.selection.odd_ids import KnownIds, with_odd_set_aside
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.selection.summaries import refuse_summaries
from cvtr_widgets.selection.text import parse_ids

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Selection", "parse_ids", "read_file", "select"]


@checked
def select(
    what: Any,
    *,
    column: str | None = None,
    sheet: str | None = None,
    include_odd: bool = False,
    known: KnownIds | None = None,
) -> Selection:
    """Lead ids from any of these:

    * a frame: its index if that is called ``lead_id``, else its column ``lead_id``, ``Lead ID``, ``Id`` ... or ``column``;
    * a Series or Index of lead ids;
    * a number, a record or ``Lead``, or any iterable of numbers, texts, IRIs, records and ``Lead``;
    * the path of a CSV or Excel file (``column`` and ``sheet`` as in ``read_file``);
    * any other text: typed or pasted ids (see ``parse_ids``), or a pasted table with its header (``column`` as for a file);
    * a finding or a chart of ``insight``: its leads (anything with a method ``__lead_ids__``);
    * a ``Selection``, which comes back as it is.

    Out of text and files, ids that do not look like the others of their list (of another size, counting up from 1, outside of
    ``known``) are not taken: they are in ``Selection.set_aside``, and its warnings say so. ``include_odd`` takes them. Out of
    frames and lists that you made, they are taken, and a note says how many they are.

    Raises:
        ColumnUnclear: several columns could be meant, or a mere ``Id`` stands beside nothing but a name and a status, which
            campaigns have, too (unless all of these ids are known leads); the error names them.
        SheetUnclear: several sheets of a workbook could be meant; the error names them.
        SelectionError: it has no lead ids at all, such as a frame without a column of them.
    """
    if isinstance(what, Selection):
        return what.with_odd() if include_odd else what
    if hasattr(type(what), "__lead_ids__"):
        what = list(what.__lead_ids__())
    chosen = _chosen(what, column, known) if sheet is None else _of_sheet(what, column, sheet, known)
    # Who names the column "lead_id", or gives the lead itself, has said that these are ids: nothing is left to doubt.
    if chosen.column == "lead_id" or "lead" in chosen.counts or include_odd:
        return chosen
    return with_odd_set_aside(chosen, known, keep=not {"typed", "file"} & chosen.counts.keys())


def _of_sheet(what: Any, column: str | None, sheet: str, known: KnownIds | None) -> Selection:
    path = _path_in(what) if isinstance(what, str) else what
    if not isinstance(path, os.PathLike):
        raise SelectionError("Only Excel files have sheets. Give the path of one, or leave sheet=... out.")
    return read_file(path, column=column, sheet=sheet, include_odd=True, known=known)


def _chosen(what: Any, column: str | None, known: KnownIds | None) -> Selection:
    if isinstance(what, os.PathLike):
        return read_file(what, column=column, include_odd=True, known=known)
    if isinstance(what, str):
        path = _path_in(what)
        return _from_text(what, column, known) if path is None else read_file(path, column=column, include_odd=True, known=known)
    if isinstance(what, (bytes, bytearray, memoryview)):
        raise SelectionError(
            "These are bytes. Use read_file(content, name=...) from cvtr_widgets.selection.select for what a file holds."
        )
    what = _in_pandas(what)
    if type(what).__module__.partition(".")[0] in ("pandas", "numpy"):
        from_pandas = _from_pandas(what, column, known)
        if from_pandas is not None:
            return from_pandas
    fixed = hasattr(what, "_fields")  # a tuple with names holds more than ids, such as a row or an entry of a plan
    if isinstance(what, Iterable) and not isinstance(what, Mapping) and not fixed:
        return _from_values(what, "list", "item")
    found = id_of_value(what)
    if not isinstance(found, int):
        raise SelectionError(f"This {found}. Give lead ids, a frame, text, or the path of a CSV or Excel file.")
    return Selection.of([found], "lead" if isinstance(what, (Mapping, Lead)) else "list")


def _from_text(text: str, column: str | None, known: KnownIds | None) -> Selection:
    if column is not None:
        return read_pasted(text, column)
    found = parse_ids(text, include_odd=True, known=known)
    # Whoever runs a script reads no list of what was not taken: a table of which the column is unclear ends it, as a file does.
    for one in found.rejected:
        if one.why.startswith(_NO_TABLE) and not found.ids:
            read_pasted(text, known=known)
            raise SelectionError(f"This text {one.why}")
    return found


_NO_TABLE = "is not a table of leads: "


def _path_in(text: str) -> Path | None:
    """The file that a text names, if it is the name of one rather than ids."""
    bare = text.strip()
    # A text names a file by its ending only, not because such a file is there: what "160185" means must not depend on the folder.
    if "\n" in bare or len(bare) > 1_000 or isinstance(id_in(bare), int):
        return None
    path = Path(bare).expanduser()
    # Endings of spreadsheets that cannot be read count as well: the reader looks into the file, and says how to save it.
    if path.suffix.lower() not in (*SUFFIXES, ".xls", ".xlsb", ".ods"):
        return None
    return path


def _from_pandas(what: Any, column: str | None, known: KnownIds | None) -> Selection | None:
    import numpy as np
    import pandas as pd

    if isinstance(what, pd.DataFrame):
        return _from_frame(what, column, known)
    if isinstance(what, pd.Series):
        return _from_series(what)
    if isinstance(what, pd.Index):
        return _from_index(what)
    if isinstance(what, np.ndarray):
        if what.ndim > 1:
            raise SelectionError(f"This array has {what.ndim} dimensions. Give one column of it.")
        if what.dtype == bool:
            raise SelectionError(_MASK)
        return _from_values(what, "list", "item") if what.ndim else select(what[()])
    if isinstance(what, np.datetime64):
        raise SelectionError("This is a date, not a lead id. Give lead ids, a frame, text or a path.")
    if isinstance(what, pd.api.extensions.ExtensionArray):
        return _from_values(what, "list", "item")
    return None


def _in_pandas(what: Any) -> Any:
    """A frame or column of another library (polars, pyarrow ...) as one of pandas; anything else unchanged."""
    if type(what).__module__.partition(".")[0] not in OTHER_FRAMES:
        return what
    import narwhals as nw
    import pandas as pd

    try:
        native = what.collect() if hasattr(what, "collect") else what
        frame: Any = nw.from_native(native, allow_series=True, eager_only=True)
    except Exception as error:
        kind = f"{type(what).__module__.partition('.')[0]} {type(what).__name__}"
        raise SelectionError(
            f"This {kind} cannot be read. Give a frame or a list: what.to_pandas() or what.to_list()."
        ) from error
    if isinstance(frame, nw.Series):
        # Through Python's own values: a column with missing ids would come as floats, which change ids above 2**53.
        return pd.Series(frame.to_list(), name=frame.name, dtype="object")
    return pd.DataFrame({name: pd.Series(frame[name].to_list(), dtype="object") for name in frame.columns})


OTHER_FRAMES = frozenset({"polars", "pyarrow", "modin", "cudf"})
_MASK = "These are True and False, not lead ids. Select the rows first: session.select(leads[mask])."


def _from_frame(frame: pd.DataFrame, column: str | None, known: KnownIds | None) -> Selection:
    if column is None and (lists := frame.attrs.get("lists")):
        # Campaigns, reasons and findings have an index of numbers, too, and 1 to 8 are ids that leads can have.
        raise SelectionError(f"This frame lists {lists}, not leads. Pull the leads that you mean: session.pull(...).")
    names = [str(c) for c in frame.columns]
    columns = tuple(shown(n, 60) for n in names)
    if column is not None:
        return _of_column(frame, column, names, columns)
    # The index comes before any column: after a join, a column "lead_id" may be that of the other frame, and the index is what
    # the frame is by.
    if "lead_id" in frame.index.names:
        return _from_values(frame.index.get_level_values("lead_id"), "frame", "row", column="lead_id", columns=columns)
    levels = [i for i, name in enumerate(frame.index.names) if name is not None]
    whole = [shown(frame.index.names[i], 60) for i in levels] + list(columns)

    def values_at(place: int) -> Any:
        return frame.index.get_level_values(levels[place]) if place < len(levels) else frame.iloc[:, place - len(levels)]

    def look(wanted: Callable[[int], bool]) -> Survey:
        places = [i for i in range(len(whole)) if wanted(i)]
        return Survey({i: [held_in(v) for v in values_at(i).tolist()] for i in places}, len(frame))

    given = [*(frame.index.names[i] for i in levels), *frame.columns]
    ranked = sorted((rank, i) for i, name in enumerate(given) if (rank := heading(name)) is not None)
    if not ranked:
        raise SelectionError(
            f"The frame has neither an index nor a column of lead ids. It has: {_listed(columns) or 'no columns'}. "
            "Choose one with column=..., or use a frame from session.pull()."
        )
    place = the_one(whole, ranked, look)
    name = whole[place]
    if ranked[0][0] == 1:
        refuse_beside_names(whole, place, look, known)
    refuse_summaries(frame, values_at(place).tolist() if place >= len(levels) else ())
    notes = [f"The ids were read from the {'index' if place < len(levels) else 'column'} “{name}”."]
    if others := [whole[i] for _, i in ranked if i != place]:
        notes.append(f"Not used, though they could have been meant: {_listed(others)}.")
    return _from_values(values_at(place), "frame", "row", column=name, columns=columns, notes=notes)


def _of_column(frame: pd.DataFrame, column: str, names: list[str], columns: tuple[str, ...]) -> Selection:
    called = shown(column, 60)
    if column not in names and list(frame.index.names).count(column) == 1:
        return _from_values(frame.index.get_level_values(column), "frame", "row", column=called, columns=columns)
    if names.count(column) != 1:
        raise SelectionError(f"The frame has {names.count(column)} columns “{called}”. It has: {_listed(columns)}.")
    return _from_values(frame.iloc[:, names.index(column)], "frame", "row", column=called, columns=columns)


def _from_series(series: pd.Series[Any]) -> Selection:
    if series.dtype in ("bool", "boolean"):
        raise SelectionError(_MASK)
    named = heading(series.name) is not None
    if not named and (series.name is not None or any(name is not None for name in series.index.names)):
        raise SelectionError(
            f"The Series “{shown(series.name, 60)}” does not say that it holds lead ids. "
            "Give the frame, its index, or list(series)."
        )
    refuse_summaries(series, series.tolist(), named=named)
    return _from_values(series, "frame", "row")


def _from_index(index: pd.Index[Any]) -> Selection:
    import pandas as pd

    if "lead_id" in index.names:
        return _from_values(index.get_level_values("lead_id"), "frame", "row")
    if index.name is not None and heading(index.name) is None:
        raise SelectionError(
            f"The index “{shown(index.name, 60)}” does not say that it holds lead ids. Give list(index) if it does."
        )
    # frame.index of a frame that was read from a CSV file: 0, 1, 2 ... are rows, and most of them are ids of somebody's leads.
    if isinstance(index, pd.RangeIndex) and index.name is None:
        raise SelectionError("This index only numbers the rows. Give the frame, or its column of lead ids.")
    return _from_values(index, "frame", "row")


def _must_be_exact(values: Any) -> None:
    """A column of small floats has made other leads of large ids, and nobody can tell any more."""
    kind = str(getattr(values, "dtype", ""))
    exact = SMALL_FLOATS.get(kind.lower())
    if exact is None:
        return
    import pandas as pd

    if pd.Series(values).dropna().abs().ge(exact).any():
        raise SelectionError(
            f"These numbers are of the type {kind}, which holds whole numbers exactly only below {exact:,}: some may have become "
            "other leads. Read the ids as text or as int64."
        )


def _from_values(
    values: Iterable[Any],
    origin: Origin,
    unit: str,
    *,
    column: str = "",
    columns: tuple[str, ...] = (),
    notes: Iterable[str] = (),
) -> Selection:
    """Ids out of single values. ``unit``: what a place is called, counted from 1."""
    _must_be_exact(values)
    plain: list[Any] = values.tolist() if hasattr(values, "tolist") else listed(values, "This list of ids")
    ids: list[LeadId] = plain
    rejected: list[Rejected] = []
    # A million plain ids are looked at in 0.1 s by three passes in C, and taken as they are; one by one it takes 2.6 s.
    if plain and not (set(map(type, plain)) == {int} and min(plain) > 0 and max(plain) <= MAX_LEAD_ID):
        ids = []
        for place, value in enumerate(plain, 1):
            found = id_of_value(value)
            if isinstance(found, int):
                ids.append(found)
            else:
                text = shown(value) if isinstance(value, (str, int, float)) else type(value).__name__
                rejected.append(Rejected(f"{unit} {place}", text, found))
    return Selection.of(ids, origin, rejected=rejected, notes=notes, column=column, columns=columns)


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:40]) + (f" and {len(names) - 40:,} more" if len(names) > 40 else "")
