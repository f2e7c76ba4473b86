"""The answered returns file: the same file, with what became of each row beside it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ExportError
from cvtr_widgets.frames.export import excel_text, safe_text
from cvtr_widgets.models import LeadId
from cvtr_widgets.returned.columns import ReturnsTable
from cvtr_widgets.selection.files import raw_rows

HEADERS = ("lead id", "outcome", "detail")
NOBODY = "no lead"
"""What the file of the rows is named that are nobody's."""
Said = Mapping[int, tuple[LeadId | None, str, str]]


def write_answer(table: ReturnsTable, said: Said, path: Path, *, overwrite: bool) -> Path:
    """Write the file with three columns more.

    Raises:
        ExportError: it cannot be written, is there already, or has another ending than the file it answers.
    """
    _must_end_well(table, path)
    return safe_files.write(path, [answered(table, said)], ExportError, overwrite=overwrite)


def parts_of(table: ReturnsTable, said: Said, path: Path, owners: Mapping[int, str], *, overwrite: bool) -> list[Path]:
    """Write one file for each owner of rows, and one of the rows that are nobody's; each row is in exactly one of them.

    Raises:
        ExportError: as ``write_answer``; nothing was written where a file is there already.
    """
    _must_end_well(table, path)
    rows: dict[str, set[int]] = {}
    for number in said:
        rows.setdefault(owners.get(number, NOBODY), set()).add(number)
    places: dict[str, Path] = {}
    for name in sorted(rows, key=lambda name: (name == NOBODY, name)):
        bare = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "unnamed"
        used = {place.name.casefold() for place in places.values()}
        number, place = 1, path.with_name(f"{path.stem}-{bare}{path.suffix}")
        while place.name.casefold() in used:
            number += 1
            place = path.with_name(f"{path.stem}-{bare}-{number}{path.suffix}")
        places[name] = place
    # All are looked at before the first is written: some files of a set are worse than none.
    there = [place.name for place in places.values() if place.exists()]
    if there and not overwrite:
        raise ExportError(
            f"The file {there[0]!r} already exists, and nothing was written. Give another name, or pass overwrite=True."
        )
    return [
        safe_files.write(place, [answered(table, said, only=rows[name])], ExportError, overwrite=overwrite)
        for name, place in places.items()
    ]


def _must_end_well(table: ReturnsTable, path: Path) -> None:
    if table.sheet and path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise ExportError("The answer to an Excel file is an Excel file. Give a name that ends in .xlsx.")


def answered(table: ReturnsTable, said: Said, *, only: Collection[int] | None = None) -> bytes:
    """The content of the answer. ``only``: the rows of one owner; nothing of the others is in it."""
    return _workbook(table, said, only) if table.sheet else _text(table, said, only)


def _workbook(table: ReturnsTable, said: Said, only: Collection[int] | None) -> bytes:
    """Cells, formats, widths and other sheets stay as openpyxl keeps them."""
    from openpyxl import load_workbook

    # Not into the file for one publisher: macros may hold data of others.
    macros = Path(table.name).suffix.lower() == ".xlsm" and only is None
    book = load_workbook(io.BytesIO(table.content), keep_vba=macros, rich_text=True)
    sheet = book[table.sheet]
    first = sheet.max_column + 1
    if only is not None:
        _leave_only(book, sheet, {number for number, _ in table.rows} - set(only))
    for place, name in enumerate(HEADERS):
        sheet.cell(table.header, first + place, name)
    for number, values in said.items():
        if only is not None and number not in only:
            continue
        for place, value in enumerate(values):
            if value is None or value == "":
                continue
            cell = sheet.cell(number, first + place)
            if isinstance(value, int) and value < 10**15:
                cell.value = value
            else:
                cell.value = excel_text(str(value))
                cell.data_type = "s"  # never a formula, whatever the service's words begin with
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def _leave_only(book: Any, sheet: Any, others: Collection[int]) -> None:
    """Empty the rows of others, and take out whatever else of the workbook may show them. The rows stay as empty, hidden ones, so
    that formulas and row numbers still fit.
    """
    # A file for one publisher must show nothing of another. Besides the rows, a workbook keeps values in charts, pivot caches,
    # lists of allowed values, names and properties.
    for other in list(book.worksheets) + list(book.chartsheets):
        if other is not sheet:
            book.remove(other)
    book.active = 0
    sheet._pivots, sheet._charts, sheet._images = [], [], []
    sheet.data_validations.dataValidation = []
    for name in list(book.defined_names):
        del book.defined_names[name]
    for merged in list(sheet.merged_cells.ranges):
        if any(row in others for row in range(merged.min_row, merged.max_row + 1)):
            sheet.unmerge_cells(str(merged))
    for number in others:
        for cell in sheet[number]:
            cell.value = cell.comment = cell.hyperlink = None
        sheet.row_dimensions[number].hidden = True
    book.properties.title = book.properties.description = book.properties.keywords = None


def _text(table: ReturnsTable, said: Said, only: Collection[int] | None) -> bytes:
    """All lines of the file in their order, blank ones too, with its own delimiter."""
    delimiter, rows = raw_rows(table.content)
    width = max((len(cells) for _, cells in rows), default=0)
    into = io.StringIO()
    writer = csv.writer(into, delimiter=delimiter, lineterminator="\r\n")
    for number, cells in rows:
        # Lines above the header stay: they belong to everybody.
        if only is not None and number > table.header and number not in only:
            continue
        more: list[Any] = []
        if number == table.header:
            more = list(HEADERS)
        elif number in said:
            lead_id, outcome, detail = said[number]
            more = ["" if lead_id is None else lead_id, safe_text(outcome), safe_text(detail)]
        writer.writerow([*cells, *[""] * (width - len(cells) if more else 0), *more])
    return into.getvalue().encode("utf-8-sig")
