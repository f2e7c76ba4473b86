"""A CSV or Excel file -> a selection. ``tables`` finds the column, ``table_rows`` tells which rows count."""

from __future__ import annotations

import csv
import dataclasses
import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from cvtr_widgets import safe_files
from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import LeadId
from cvtr_widgets.reader_limits import BOOK_BYTES, TEXT_BYTES, TEXT_FIELD, TEXT_ROW, TEXT_ROWS, ReaderTimeLimit
from cvtr_widgets.selection.excel_sheets import CouldBe, RawTable, read_workbook, workbook_rows
from cvtr_widgets.selection.id_column import HEADER_ROWS, Cells, Rows, Table, find_column, heading, is_blank
from cvtr_widgets.selection.lead_id import ZERO_WIDTH
from cvtr_widgets.selection.lines import is_bracketed_list
from cvtr_widgets.selection.odd_ids import KnownIds, with_odd_set_aside
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.selection.structured_text import structured
from cvtr_widgets.selection.table_rows import take
from cvtr_widgets.selection.text import parse_ids

SUFFIXES: Final = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm")
_DELIMITERS: Final = (",", ";", "\t", "|")
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# In each of these a byte below 128 is ASCII, so that a wrong guess can spoil a name but never a digit.
_CODE_PAGES: Final = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman"]

Progress = Callable[[int, int], None]


def read_file(
    source: bytes | str | os.PathLike[str],
    name: str = "",
    *,
    column: str | None = None,
    sheet: str | None = None,
    include_odd: bool = False,
    known: KnownIds | None = None,
    accepted: Iterable[LeadId] = (),
    on_progress: Progress | None = None,
) -> Selection:
    """The lead ids of a CSV (comma, semicolon, tab, bar; UTF-8, UTF-16, Windows code pages) or ``.xlsx`` file.

    Args:
        source: the file's path, or what is in it.
        name: what it is called, if ``source`` is its content.
        column: the name of the column to read, where another is meant than the one found (``Selection.columns``), or
            ``column 2`` where there are no names.
        sheet: the sheet to read, where another is meant.
        include_odd: take ids that do not look like the others of the file; else they are in ``Selection.set_aside``.
        known: what is known of the enterprise's ids.
        accepted: odd ids that the user has added already.
        on_progress: called with (rows done, all rows as far as known) now and then; what it raises stops the reading.

    Raises:
        ColumnUnclear: several columns could be meant, or nothing says whose a mere ``Id`` is; the error names them.
        SheetUnclear: several sheets of a workbook could be meant; the error names them.
        SelectionError: it cannot be read, or no column of lead ids can be told; nothing is taken then.
    """
    found = _read(source, name, column, sheet, on_progress, known)
    if called := name or _name_of(source):
        found = dataclasses.replace(found, files=(shown(called, 100),) * len(found.spans))
    return found if include_odd else with_odd_set_aside(found, known, accepted=accepted)


def _name_of(source: bytes | str | os.PathLike[str]) -> str:
    return "" if isinstance(source, bytes) else Path(source).name


def _read(
    source: bytes | str | os.PathLike[str],
    name: str,
    column: str | None,
    sheet: str | None,
    on_progress: Progress | None,
    known: KnownIds | None,
) -> Selection:
    if not isinstance(source, bytes):
        path = Path(source)
        content, name = _content(path), name or path.name
    else:
        content = source
    if len(content) > BOOK_BYTES:
        raise SelectionError(_TOO_LARGE.format(BOOK_BYTES // 1_000_000))
    if not content.strip(b"\x00 \t\r\n" + ZERO_WIDTH.encode()):
        raise SelectionError("The file is empty. Choose another.")
    _refuse_other_kinds(content)
    if content.startswith(b"PK\x03\x04"):
        tell = None if on_progress is None else lambda done: on_progress(done, 0)
        return read_workbook(content, column, sheet, tell, known)
    if sheet is not None:
        raise SelectionError("Only Excel files have sheets. Leave sheet=... out.")
    if len(content) > TEXT_BYTES:
        raise SelectionError(_TOO_LARGE.format(TEXT_BYTES // 1_000_000))
    return _read_text(_decoded(content), column, name, on_progress, known)


_TOO_LARGE: Final = "The file is larger than {} MB. Save only the column of lead ids, as CSV."


def _content(path: Path) -> bytes:
    return safe_files.read(path, SelectionError, most=BOOK_BYTES)


def _refuse_other_kinds(content: bytes) -> None:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise SelectionError("The workbook is protected by a password. Open it in Excel and save it without one.")
        raise SelectionError("This is an old Excel file (.xls), which cannot be read. Save it as .xlsx or CSV.")
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kinds = (
        (b"%pdf", "a PDF"),
        (b"<", "a web page or XML"),
        (b"{\\rtf", "a text document (RTF)"),
        (b"\x1f\x8b", "a packed file (gzip)"),
        (b"7z\xbc\xaf", "a packed file (7z)"),
        (b"\x89png", "a picture"),
    )
    for mark, what in kinds:
        if start.startswith(mark):
            raise SelectionError(f"This is {what}, not a CSV or Excel file. Open it in Excel and save it as .xlsx or CSV.")


def _decoded(content: bytes) -> str:
    from charset_normalizer import from_bytes

    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    if not encoding and b"\x00" in content[:4_000]:
        # UTF-16 without its mark, as Excel's "Unicode text" is saved by some tools: every other byte of plain text is 0.
        even, odd = content[:4_000:2].count(0), content[1:4_000:2].count(0)
        encoding = "utf-16-le" if odd > 2 * even else "utf-16-be" if even > 2 * odd else ""
        if not encoding:
            raise SelectionError(_NO_TEXT)
    try:
        text = content.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding:
            raise SelectionError(_NO_TEXT) from None
        # The ids are digits in any of these code pages; what the guess decides is how names of columns are read.
        best = from_bytes(content[:100_000], cp_isolation=_CODE_PAGES).best()
        text = content.decode(best.encoding if best is not None else "cp1252", errors="replace")
    if "\x00" in text:
        raise SelectionError(_NO_TEXT)
    return text


_NO_TEXT: Final = "This is neither text nor an Excel workbook. Save the list as CSV or .xlsx and choose that."


def _read_text(text: str, column: str | None, name: str, on_progress: Progress | None, known: KnownIds | None) -> Selection:
    if (told := structured(text)) is not None:
        table = told.table("file", known)
        return take(table, find_column(table, column))
    text, said = _declared(text)
    delimiter, named = (said, True) if said else _delimiter(text)
    # A text file is a list that somebody typed, unless its first line names the column.
    if name.lower().endswith(".txt") and column is None and not named:
        return parse_ids(text, origin="file", include_odd=True, on_progress=on_progress)
    if column is None and not named and (_LIST.fullmatch(text) or is_bracketed_list(text)):  # which no table is
        return parse_ids(text.strip(), origin="file", include_odd=True)
    lines = text.count("\n") + 1
    if lines > TEXT_ROWS:
        raise SelectionError(f"The file has more than {TEXT_ROWS:,} lines. Save it in parts, and choose one after the other.")
    tell = None if on_progress is None else lambda done: on_progress(min(done, lines), lines)
    table = Table(_rows(text, delimiter), known=known)
    taken = take(table, find_column(table, column), tell)
    if on_progress is not None:
        on_progress(lines, lines)
    return taken


def read_pasted(text: str, column: str | None = None, known: KnownIds | None = None) -> Selection:
    """The lead ids of a table that was pasted as text, by its ``column``.

    Raises:
        ColumnUnclear: several columns could be meant. SelectionError: there is no such column, or it is no table.
    """
    if len(text) > TEXT_BYTES:
        raise SelectionError(_TOO_LARGE.format(TEXT_BYTES // 1_000_000))
    told = structured(text)
    table = Table(_rows(text, _delimiter(text)[0]), origin="typed", known=known) if told is None else told.table("typed", known)
    return take(table, find_column(table, column))


_LIST: Final = re.compile(r"[\ufeff\r\n]*[1-9][0-9]*(?:[,;\t |]+[1-9][0-9]*)+[,;]?[\r\n ]*")


def _declared(text: str) -> tuple[str, str | None]:
    """Excel's own first line ``sep=;``. It is blanked rather than cut off: the lines keep their numbers."""
    first, _, rest = text.partition("\n")
    said = first.strip().strip('"').lower()
    if said.startswith("sep=") and len(said) == 5 and said[4] in _DELIMITERS:
        return "\n" + rest, said[4]
    if said == "sep=" and first.rstrip("\r").endswith("\t"):
        return "\n" + rest, "\t"
    return text, None


class _Lines:
    """The lines of a text with their ends, as a file opened with ``newline=""`` gives them, without a copy of the text."""

    def __init__(self, text: str) -> None:
        self._lines = (found[0] for found in _LINE.finditer(text))
        self._row = self._number = 0
        self._watch = ReaderTimeLimit(SelectionError, "The file")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._row += len(line)
        if self._row > TEXT_ROW:
            raise SelectionError(
                f"The row that ends at line {self._number} or below has more than {TEXT_ROW:,} characters. Look "
                "for a quotation mark that "
                "is never closed, or save only the column of lead ids."
            )
        if self._number % 10_000 == 0:
            self._watch.check()
        return line

    def row_ends(self) -> None:
        """The reader has a whole row."""
        self._row = 0


_LINE: Final = re.compile(rf"[^\r\n]{{1,{TEXT_ROW + 1}}}(?:\r\n|\r|\n)?|\r\n|\r|\n")


def _rows(text: str, delimiter: str) -> Rows:
    def rows() -> Iterator[tuple[int, Cells]]:
        # strict: a quotation mark that is never closed would swallow the rest of the file without a word.
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        before = 0
        try:
            for row in reader:
                yield before + 1, row
                before = reader.line_num
                lines.row_ends()
        except csv.Error as error:
            if "field larger" in str(error):
                raise SelectionError(
                    f"A field from line {before + 1} on has more than {TEXT_FIELD:,} characters. Leave that "
                    "column out, or save only "
                    "the column of lead ids."
                ) from None
            raise SelectionError(
                f"The quotation marks from line {before + 1} on do not match up, so the rest cannot be told apart. "
                "Correct that line, or open the file in Excel and save it as .xlsx."
            ) from None

    return rows


def _delimiter(text: str) -> tuple[str, bool]:
    """The delimiter by which the first rows make the best table, and whether one of these names a column of lead ids."""
    best: tuple[bool, int, int] = (False, 0, 0)
    chosen = ","
    for delimiter in _DELIMITERS:
        try:
            head = [cells for _, cells in islice(_rows(text, delimiter)(), HEADER_ROWS) if not all(map(is_blank, cells))]
        except SelectionError:
            continue
        widths = [len(cells) for cells in head if len(cells) > 1]
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        named = any(len(cells) > 1 and any(heading(c) is not None for c in cells) for cells in head)
        score = (named, widths.count(usual), usual)
        if score > best:
            best, chosen = score, delimiter
    return chosen, best[0]


def table_of(source: bytes | str | os.PathLike[str], sheet: str | None = None, could_be: CouldBe = bool) -> RawTable:
    """All rows of a file (its path, or what is in it) as they stand. Of a workbook: of ``sheet``, else of the only one that could
    be meant (``workbook_rows``).

    Raises:
        SelectionError: it cannot be read. SheetUnclear: several sheets could be meant.
    """
    content = source if isinstance(source, bytes) else _content(Path(source))
    if len(content) > BOOK_BYTES:
        raise SelectionError(_TOO_LARGE.format(BOOK_BYTES // 1_000_000))
    if not content.strip(b"\x00 \t\r\n"):
        raise SelectionError("The file is empty. Choose another.")
    _refuse_other_kinds(content)
    if content.startswith(b"PK\x03\x04"):
        return workbook_rows(content, sheet, could_be)
    if sheet is not None:
        raise SelectionError("Only Excel files have sheets. Leave sheet=... out.")
    if len(content) > TEXT_BYTES:
        raise SelectionError(_TOO_LARGE.format(TEXT_BYTES // 1_000_000))
    return RawTable(content, "", raw_rows(content)[1], {})


def raw_rows(content: bytes) -> tuple[str, list[tuple[int, Cells]]]:
    """The delimiter of a text file, and its rows: (line on which it begins, cells).

    Raises:
        SelectionError: it is not text.
    """
    text, said = _declared(_decoded(content).removeprefix("\ufeff"))
    delimiter = said or _delimiter(text)[0]
    return delimiter, list(_rows(text, delimiter)())
