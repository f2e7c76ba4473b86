"""The sheets of an ``.xlsx`` workbook as tables, with what Excel hides and what it has not calculated."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.lead_ids import EXCEL_EXACT, shown
from cvtr_widgets.selected import Selection
from cvtr_widgets.selection_tables import Cells, Column, Table, Tell, find_column, is_blank, take

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

UNPACKED_MOST: Final = 2_000_000_000
"""Bytes that a workbook may take unpacked; a small file can be made to fill any memory."""
# Broken XML comes as many different exceptions. Their texts may quote cells, so that only their names are shown.
_BROKEN: Final = (
    ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError, SyntaxError, TypeError,
    ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_UNCALCULATED: Final = "(formula without a result)"
_ROW = re.compile(rb"<row\b[^>]*>")
_NUMBER = re.compile(rb'\br="(\d+)"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_NO_RESULT = re.compile(
    rb'<c\b[^>]*\br="([A-Z]{1,3})(\d+)"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)


@dataclass(frozen=True)
class _Marks:
    """Of one sheet: rows that are not shown, and cells whose formula has no stored result, as (row, column from 0)."""

    hidden: frozenset[int]
    uncalculated: frozenset[tuple[int, int]]


def read_workbook(content: bytes, column: str | None, sheet: str | None, tell: Tell | None) -> Selection:
    """The lead ids of a workbook: of ``sheet``, else of the first shown sheet that has a column of lead ids.

    Raises:
        SelectionError: it is broken, or no sheet has a column of lead ids.
    """
    workbook = _opened(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return _read(workbook, packed, column, sheet, tell)
    except _BROKEN as error:
        raise SelectionError(f"The workbook is damaged ({type(error).__name__}). Open it in Excel and save it anew.") from None
    finally:
        workbook.close()


def _opened(content: bytes) -> Workbook:
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist())
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise SelectionError("The workbook is damaged. Open it in Excel and save it anew.") from None
    if "xl/workbook.bin" in names:
        raise SelectionError("This is a binary workbook (.xlsb), which is not read. Save it as .xlsx or CSV.")
    if "content.xml" in names:
        raise SelectionError("This is an OpenDocument file, which is not read. Save it as .xlsx or CSV.")
    if not any(name.startswith("xl/") for name in names):
        raise SelectionError("This is a zip archive, but no Excel workbook. Unpack it, or save the list as .xlsx or CSV.")
    if size > UNPACKED_MOST:
        raise SelectionError("The workbook is too large unpacked (over 2 GB). Save only the column of lead ids, as CSV.")
    try:
        with warnings.catch_warnings():
            # It warns of what it does not need to understand: styles, validations, extensions.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except _BROKEN as error:
        raise SelectionError(f"The workbook is damaged ({type(error).__name__}). Open it in Excel and save it anew.") from None


def _read(workbook: Workbook, packed: zipfile.ZipFile, column: str | None, sheet: str | None, tell: Tell | None) -> Selection:
    sheets = list(workbook.worksheets)
    if sheet is not None:
        sheets = [s for s in sheets if s.title == sheet]
        if not sheets:
            titles = ", ".join(shown(s.title, 40) for s in workbook.worksheets)
            raise SelectionError(f"There is no sheet “{shown(sheet, 40)}”. Choose one of these: {titles}.")
    found: list[tuple[Any, Table, Column]] = []
    hidden: list[str] = []
    refusals: list[str] = []
    for one in sheets:
        if sheet is None and one.sheet_state != "visible":
            hidden.append(shown(one.title, 40))
            continue
        table = _table(one, packed)
        try:
            found.append((one, table, find_column(table, column)))
        except SelectionError as error:
            refusals.append(str(error) if len(sheets) == 1 else f"Sheet “{shown(one.title, 40)}”: {error}")
    if not found:
        if hidden:
            refusals.append(f"Not looked at, because hidden: {', '.join(hidden)}.")
        raise SelectionError(" ".join(refusals) or "The workbook has no sheet with cells. Choose another file.")
    # A sheet whose header says so comes before one that only looks as if it held ids.
    chosen, table, where = min(found, key=lambda f: f[2].header == 0)
    taken = take(table, where, tell)
    return _with_notes(taken, chosen.title, [f[0].title for f in found if f[0] is not chosen], hidden, len(workbook.worksheets))


def _with_notes(taken: Selection, title: str, others: list[str], hidden: list[str], count: int) -> Selection:
    import dataclasses

    notes = []
    if count > 1:
        notes.append(f"The sheet “{shown(title, 40)}” was read.")
    if others:
        notes.append(f"Not read, though they have lead ids too: {', '.join(shown(o, 40) for o in others)}.")
    if hidden:
        notes.append(f"Not read, because Excel hides them: {', '.join(hidden)}.")
    return dataclasses.replace(taken, notes=(*notes, *taken.notes))


def _table(sheet: Any, packed: zipfile.ZipFile) -> Table:
    marks = _marks(packed, getattr(sheet, "_worksheet_path", ""))
    # Some programs store a wrong extent; the rows themselves are right.
    sheet.reset_dimensions()

    def rows() -> Iterator[tuple[int, Cells]]:
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            if marks.uncalculated and any(is_blank(c) and (number, i) in marks.uncalculated for i, c in enumerate(cells)):
                yield number, [_UNCALCULATED if (number, i) in marks.uncalculated else c for i, c in enumerate(cells)]
            else:
                yield number, cells

    note = "Some formulas have no stored result: open the file in Excel and save it, then they have."
    return Table(rows, unit="row", exact=EXCEL_EXACT, hidden=marks.hidden, notes=(note,) if marks.uncalculated else ())


def _marks(packed: zipfile.ZipFile, path: str) -> _Marks:
    """Read from the sheet's XML, because openpyxl's way of reading that fits in memory leaves both out."""
    if path.lstrip("/") not in packed.namelist():
        return _Marks(frozenset(), frozenset())
    hidden: set[int] = set()
    uncalculated: set[tuple[int, int]] = set()
    last = 0
    with packed.open(path.lstrip("/")) as stream:
        for part in _parts(stream):
            for row in _ROW.findall(part):
                number = _NUMBER.search(row)
                last = int(number.group(1)) if number else last + 1
                if _HIDDEN.search(row):
                    hidden.add(last)
            for letters, number_text in _NO_RESULT.findall(part):
                uncalculated.add((int(number_text), _place(letters)))
    return _Marks(frozenset(hidden), frozenset(uncalculated))


def _parts(stream: IO[bytes], size: int = 1 << 20) -> Iterator[bytes]:
    """The stream in parts that end at the end of a row."""
    rest = b""
    while block := stream.read(size):
        rest += block
        cut = rest.rfind(b"</row>") + 6
        if cut > 6:
            yield rest[:cut]
            rest = rest[cut:]
    yield rest


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1
