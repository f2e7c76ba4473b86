"""The answered returns file: the same file, and behind each row what became of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ExportError
from cvtr_widgets.frames.export import excel_text, safe_text
from cvtr_widgets.models import LeadId
from cvtr_widgets.returned.columns import ReturnsTable
from cvtr_widgets.selection.files import raw_rows

HEADERS = ("lead id", "outcome", "detail")
Said = Mapping[int, tuple[LeadId | None, str, str]]


def write_answer(table: ReturnsTable, said: Said, path: Path, *, overwrite: bool) -> Path:
    """Write the file with three columns more.

    Raises:
        ExportError: it cannot be written, is there already, or has another ending than the file it answers.
    """
    kind = ".xlsx" if table.sheet else ".csv"
    if table.sheet and path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise ExportError(f"The answer to an Excel file is an Excel file. Give a name that ends in {kind}.")
    content = _workbook(table, said) if table.sheet else _text(table, said)
    return safe_files.write(path, [content], ExportError, overwrite=overwrite)


def _workbook(table: ReturnsTable, said: Said) -> bytes:
    """Cells, formats, widths and other sheets stay as openpyxl keeps them."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(table.content), keep_vba=table.path.suffix.lower() == ".xlsm", rich_text=True)
    sheet = book[table.sheet]
    first = sheet.max_column + 1
    for place, name in enumerate(HEADERS):
        sheet.cell(table.header, first + place, name)
    for number, values in said.items():
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


def _text(table: ReturnsTable, said: Said) -> bytes:
    """All lines of the file in their order, blank ones too, with its own delimiter."""
    delimiter, rows = raw_rows(table.content)
    width = max((len(cells) for _, cells in rows), default=0)
    into = io.StringIO()
    writer = csv.writer(into, delimiter=delimiter, lineterminator="\r\n")
    for number, cells in rows:
        more: list[Any] = []
        if number == table.header:
            more = list(HEADERS)
        elif number in said:
            own, outcome, detail = said[number]
            more = ["" if own is None else own, safe_text(outcome), safe_text(detail)]
        writer.writerow([*cells, *[""] * (width - len(cells) if more else 0), *more])
    return into.getvalue().encode("utf-8-sig")
