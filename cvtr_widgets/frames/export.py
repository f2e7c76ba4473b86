"""Frames (leads, plans, results, analyses) -> CSV and Excel files that Excel opens without changing what they say.

No text can start a formula, no digit of an id or an amount is lost, and times say which zone they are in.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from numbers import Integral, Number, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from cvtr_widgets import safe_files, settings
from cvtr_widgets.arguments import checked, quoted
from cvtr_widgets.errors import ExportError

if TYPE_CHECKING:
    import pandas as pd

EXCEL_ROWS: Final = 1_048_576
EXCEL_COLUMNS: Final = 16_384
EXCEL_TEXT: Final = 32_767
"""Characters that a cell can hold."""
SHEETS_MOST: Final = 250
_DIGITS: Final = 10**15
"""Excel keeps 15 digits of a number: whatever has more is written as text."""

# Excel and its kin take a cell for a formula by its first character, spaces and invisible characters before it aside.
_SIGNS: Final = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
_SKIPPED: Final = "\\s\u200b\u200c\u200d\u2060\ufeff\u00ad\"'`"
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""In a workbook ``_x0041_`` stands for A; the text itself is written with its first underscore as ``_x005F_``."""
_STARTS_FORMULA = re.compile(rf"[{_SKIPPED}]*[{_SIGNS}]|[\t\r\n]")
# A program that splits at another character than the comma makes cells out of the middle of a text.
_FORMULA_INSIDE = re.compile(rf"([;\t\r\n])(?=[{_SKIPPED}]*[{_SIGNS}])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BAD_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@checked
def to_csv(
    frame: pd.DataFrame,
    path: str | os.PathLike[str] | None = None,
    *,
    zone: tzinfo = UTC,
    overwrite: bool = False,
    follow_symlink: bool = False,
) -> bytes | Path:
    """The frame as CSV: commas, UTF-8 with the mark (BOM) by which Excel recognises it, the index as first column.

    Times that have a zone are written in ``zone``, as ISO text with the offset. A text that could start a formula gets an
    apostrophe before it. Gives the bytes, or the path if one is given.

    The file is written as a whole: if that fails, the former file stays. An existing file is replaced only with
    ``overwrite=True``, and a symbolic link is followed only with ``follow_symlink=True``.

    Raises:
        ExportError: it is not a frame, or the file cannot be written.
    """
    import csv

    table = _table(frame)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_text(name) for name, _ in table])
    cells = [_csv_cells(values, zone) for _, values in table]
    # zip of nothing is nothing: a frame without columns is its (empty) header
    writer.writerows(zip(*cells, strict=True))
    return _written(out.getvalue().encode("utf-8-sig"), path, overwrite, follow_symlink)


@checked
def to_excel(
    frame: pd.DataFrame,
    path: str | os.PathLike[str] | None = None,
    *,
    by: str | None = None,
    zone: tzinfo = UTC,
    overwrite: bool = False,
    follow_symlink: bool = False,
) -> bytes | Path:
    """The frame as an ``.xlsx`` workbook, the index as first column; no cell of it is a formula.

    Excel knows no zones: times that have one are written as they read in ``zone``, whose name is in the header. What
    a cell cannot hold is replaced visibly. Numbers of more than 15 digits are written as text.

    Args:
        frame: what to write.
        path: where to; without it the bytes are given.
        by: a column; besides the sheet ``All`` there is then one for each of its values.
        zone: the zone of the times.
        overwrite: replace an existing file; otherwise it stays, and this fails.
        follow_symlink: if ``path`` is a symbolic link, write to where it leads; otherwise this fails.

    Raises:
        ExportError: more rows, columns or sheets than Excel can hold, no column ``by``, or it cannot be written.
    """
    table = _excel_table(frame)
    groups = {} if by is None else _groups(frame, by)
    headers, rows = _sheet(table, zone)
    every = list(rows) if groups else rows
    sheets: list[Sheet] = [("All", headers, every)]
    for name, places in groups.items():
        assert isinstance(every, list)  # noqa: S101  they are kept where there are groups
        sheets.append((name, headers, [every[i] for i in places]))
    return _written(_workbook(sheets), path, overwrite, follow_symlink)


def excel_sheets(frames: Mapping[str, pd.DataFrame], *, zone: tzinfo = UTC) -> bytes:
    """Several frames as one ``.xlsx`` workbook, a sheet each, under their names; cells as ``to_excel`` writes them, columns as
    wide as their longest texts, the file as small as it can be.

    Raises:
        ExportError: more rows or columns than Excel can hold.
    """
    return _workbook([(name, *_sheet(_excel_table(frame), zone)) for name, frame in frames.items()], fitted=True)


Sheet = tuple[str, Sequence[str], Iterable[Sequence[Any]]]


def _excel_table(frame: pd.DataFrame) -> list[tuple[str, pd.Series[Any]]]:
    table = _table(frame)
    if len(frame) >= EXCEL_ROWS:
        raise ExportError(
            f"{len(frame):,} rows are more than Excel can hold ({EXCEL_ROWS - 1:,}). "
            "Use to_csv(), or write parts: frame.iloc[:500_000]."
        )
    if len(table) > EXCEL_COLUMNS:
        raise ExportError(f"{len(table):,} columns are more than Excel can hold ({EXCEL_COLUMNS:,}). Leave some out.")
    return table


def _sheet(table: list[tuple[str, pd.Series[Any]]], zone: tzinfo) -> tuple[list[str], Iterable[Sequence[Any]]]:
    """Headers and rows."""
    headers = [_excel_header(name, values, zone) for name, values in table]
    return headers, zip(*[_excel_cells(values, zone) for _, values in table], strict=True)


def _workbook(sheets: Sequence[Sheet], *, fitted: bool = False) -> bytes:
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    out = io.BytesIO()
    try:
        workbook = Workbook(write_only=True)
        for name, (_, headers, rows) in zip(_sheet_names([name for name, _, _ in sheets]), sheets, strict=True):
            _fill(workbook, name, headers, list(rows) if fitted else rows, fitted=fitted)
        with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=9 if fitted else 6) as archive:
            ExcelWriter(workbook, archive).save()
    except OSError as error:  # openpyxl keeps the sheets in temporary files
        raise ExportError(
            f"The workbook cannot be written: the folder for temporary files has no room for its sheets ({error.strerror}). "
            "Free some space there, or use to_csv()."
        ) from None
    return out.getvalue()


# -- columns --------------------------------------------------------------------------------------------------------------


def _table(frame: pd.DataFrame) -> list[tuple[str, pd.Series[Any]]]:
    """Index and columns as (name, values); an index that only numbers the rows is left out."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise ExportError(f"This is a {type(frame).__name__[:40]}, not a frame. Give a DataFrame, such as run.results.")
    table: list[tuple[str, pd.Series[Any]]] = []
    if not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None):
        for level, name in enumerate(frame.index.names):
            title = "index" if name is None else str(name)
            table.append((title, pd.Series(frame.index.get_level_values(level))))
    columns = [" ".join(map(str, c)).strip() if isinstance(c, tuple) else str(c) for c in list[Any](frame.columns)]
    return table + [(name, frame.iloc[:, i]) for i, name in enumerate(columns)]


def _values(values: pd.Series[Any]) -> list[Any]:
    """Python values; what is missing (None, NaN, NaT, NA) is None."""
    return [None if gone else v for v, gone in zip(values.tolist(), values.isna().tolist(), strict=True)]


def _once(values: Iterable[Any], make: Callable[[Any], Any]) -> list[Any]:
    """``make`` of each value, once for texts that repeat: states, reasons and campaigns do by the thousand."""
    known: dict[str, Any] = {}
    made = []
    for value in values:
        if type(value) is str:
            if value not in known:
                known[value] = make(value)
            made.append(known[value])
        else:
            made.append(make(value))
    return made


def _csv_cells(values: pd.Series[Any], zone: tzinfo) -> list[Any]:
    def cell(value: Any) -> Any:
        if value is None or isinstance(value, (Number, Decimal)):
            return value
        if isinstance(value, datetime):
            return (value.astimezone(zone) if value.tzinfo else value).isoformat()
        return safe_text(_text(value))

    return _once(_values(values), cell)


def _excel_header(name: str, values: pd.Series[Any], zone: tzinfo) -> str:
    import pandas as pd

    zoned = isinstance(values.dtype, pd.DatetimeTZDtype) or (
        values.dtype == object and any(isinstance(v, datetime) and v.tzinfo for v in values)
    )
    return f"{name} ({zone_name(zone)})" if zoned else name


def zone_name(zone: tzinfo) -> str:
    """What a zone is called in a header."""
    # Of a zone without a name the abbreviation would be another one in summer.
    return getattr(zone, "key", None) or ("local time of this machine" if zone == settings.zone() else str(zone))


def _excel_cells(values: pd.Series[Any], zone: tzinfo) -> list[Any]:
    """Values that openpyxl writes as they are; texts that it would take for more are marked ``_Text``."""

    def cell(value: Any) -> Any:
        if value is None or type(value).__name__ in ("bool", "bool_"):
            return value if value is None else bool(value)
        if isinstance(value, Integral):
            return int(value) if abs(int(value)) < _DIGITS else _Text(str(int(value)))
        if isinstance(value, Decimal):
            return value if value.is_finite() and len(value.as_tuple().digits) <= 15 else _Text(str(value))
        if isinstance(value, Real):
            return float(value) if math.isfinite(value) else str(value)
        if isinstance(value, datetime):
            return _excel_time(value, zone)
        return excel_text(_text(value))

    return _once(_values(values), cell)


class _Text(str):
    """A text that must be written as a text whatever it looks like."""

    __slots__ = ()


def _excel_time(value: datetime, zone: tzinfo) -> Any:
    local = (value.astimezone(zone) if value.tzinfo else value).replace(tzinfo=None)
    if not 1900 < local.year < 10_000:
        return local.isoformat(" ")
    return datetime(local.year, local.month, local.day, local.hour, local.minute, local.second, local.microsecond)  # noqa: DTZ001  Excel has no zones


def excel_text(text: str) -> str:
    """A text as a cell of a workbook holds it: never a formula, cut at Excel's own limit."""
    text = _visible(text)
    if len(text) > EXCEL_TEXT:
        tail = f" … (cut: {len(text):,} characters)"
        text = text[: EXCEL_TEXT - len(tail)] + tail
    text = _ESCAPE.sub("_x005F_", text)
    # openpyxl takes = for a formula and #N/A for an error; the others are Excel's when a user edits the cell.
    return _Text(text) if text.startswith("#") or _STARTS_FORMULA.match(text) else text


# -- texts ----------------------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _visible(text: str) -> str:
    """What files cannot hold, and what would steer a terminal, as a visible sign: ``␛`` for escape."""
    return _CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])) if ord(found[0]) < 0x20 else "�", text)


def safe_text(text: str) -> str:
    """A text that starts no formula, also where a program splits the line elsewhere than at commas."""
    text = _FORMULA_INSIDE.sub(r"\1'", _visible(text))
    return "'" + text if _STARTS_FORMULA.match(text) else text


# -- sheets ---------------------------------------------------------------------------------------------------------------


def _groups(frame: pd.DataFrame, by: str) -> dict[str, list[int]]:
    """Value -> the places of its rows, in the order of the values."""
    if not isinstance(by, str) or [c for c in frame.columns if isinstance(c, str)].count(by) != 1:
        raise ExportError(
            f"There is no column {quoted(by)} to make sheets by. Choose one of: {', '.join(map(str, frame.columns))[:500]}."
        )
    groups: dict[str, list[int]] = {}
    for place, value in enumerate(_values(frame[by])):
        groups.setdefault("" if value is None else _text(value).strip(), []).append(place)
    if len(groups) > SHEETS_MOST:
        raise ExportError(f"{len(groups):,} sheets are too many (at most {SHEETS_MOST}). Choose a column with fewer values.")
    return dict(sorted(groups.items(), key=lambda item: (not item[0], item[0].casefold())))


def _sheet_names(wanted: Sequence[str]) -> list[str]:
    """Names that Excel accepts, no two alike."""
    taken: set[str] = set()
    names = []
    for text in wanted:
        base = _BAD_IN_NAMES.sub("_", _visible(text)).strip("' \t\n") or ("_" if text else "(none)")
        # Excel keeps this name for itself.
        base = "History_" if base.casefold() == "history" else base
        name, number = _cut(base, 31), 1
        while name.casefold() in taken:
            number += 1
            name = _cut(base, 31 - len(f" ({number})")) + f" ({number})"
        taken.add(name.casefold())
        names.append(name)
    return names


def _cut(text: str, most: int) -> str:
    """At most so many UTF-16 units, as Excel counts."""
    while len(text.encode("utf-16-le")) > 2 * most:
        text = text[:-1]
    return text.rstrip("' ") or "_"


def _widths(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[int]:
    """Characters of each column's longest text, as far as that helps; the first rows say it."""
    for place, name in enumerate(headers):
        yield min(90, max(len(str(row[place])) for row in [(*[name] * (place + 1),), *rows[:500]]) + 2)


def _fill(workbook: Any, title: str, headers: Sequence[str], rows: Iterable[Sequence[Any]], *, fitted: bool = False) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, width in enumerate(_widths(headers, list(rows)) if fitted else (), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    bold = Font(bold=True)

    def as_text(text: str) -> Any:
        cell = WriteOnlyCell(sheet, "")
        cell.value = str(text)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell

    head = []
    for name in headers:
        cell = as_text(excel_text(name))
        cell.font = bold
        head.append(cell)
    sheet.append(head)
    for row in rows:
        sheet.append([as_text(c) if type(c) is _Text else c for c in row])


# -- files ----------------------------------------------------------------------------------------------------------------


def _written(content: bytes, path: str | os.PathLike[str] | None, overwrite: bool, follow_symlink: bool) -> bytes | Path:
    if path is None:
        return content
    return safe_files.write(path, [content], ExportError, overwrite=overwrite, follow_symlink=follow_symlink)
