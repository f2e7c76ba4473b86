"""The sheets of an ``.xlsx`` workbook: which one is read, as a table, with what Excel hides and what it has not calculated."""

from __future__ import annotations

import dataclasses
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias
from xml.parsers.expat import ExpatError

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import ColumnUnclear, SelectionError, SheetUnclear
from cvtr_widgets.models import LeadId
from cvtr_widgets.reader_limits import BOOK_DIRECTORY, BOOK_UNPACKED
from cvtr_widgets.selection.column_names import heading
from cvtr_widgets.selection.excel_of_ours import is_sheets_of_all
from cvtr_widgets.selection.excel_rows import Workbook, Worksheet
from cvtr_widgets.selection.id_column import HEADER_ROWS, IdColumn, Table, find_column, is_blank
from cvtr_widgets.selection.lead_id import EXCEL_EXACT
from cvtr_widgets.selection.odd_ids import KnownIds
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.selection.table_blocks import says_no
from cvtr_widgets.selection.table_rows import Tell, take

_CHOOSE: Final = "Choose the one that is meant by its name (sheet=...), or save it as a file of its own."
_UNCALCULATED: Final = "Some formulas have no stored result: open the file in Excel and save it to store them."
_ALL: Final = KnownIds(leads=frozenset)
CouldBe = Callable[[Sequence[Sequence[Any]]], bool]
"""Whether a sheet with these first rows could be the one that is meant."""
# Broken XML comes as many different exceptions. Their texts may quote cells, so that only their names are shown.
_BROKEN: Final = (
    ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError, SyntaxError, TypeError,
    ValueError, zipfile.BadZipFile, zlib.error, ExpatError,
)  # fmt: skip


def read_workbook(content: bytes, column: str | None, sheet: str | None, tell: Tell | None, known: KnownIds | None) -> Selection:
    """The lead ids of a workbook: of ``sheet``, else of the only shown sheet that can be meant.

    Raises:
        SheetUnclear: several sheets could be meant.
        SelectionError: it is broken, or no sheet has a column of lead ids.
    """
    workbook = _opened(content)
    try:
        return _read(workbook, column, sheet, tell, known)
    except (*_BROKEN, MemoryError) as error:
        raise SelectionError(f"The workbook is damaged ({type(error).__name__}). Open it in Excel and save it again.") from None
    finally:
        workbook.close()


def directory_of(content: bytes) -> int:
    """Bytes of the list of parts at the end of a zip archive, as it says itself; that list is read as a whole."""
    end = content.rfind(b"PK\x05\x06")
    size = int.from_bytes(content[end + 12 : end + 16], "little") if end >= 0 else 0
    large = content.rfind(b"PK\x06\x06", max(0, end - 200), max(0, end))
    return max(size if size != 0xFFFFFFFF else 0, int.from_bytes(content[large + 40 : large + 48], "little") if large >= 0 else 0)


def _opened(content: bytes) -> Workbook:
    if directory_of(content) > BOOK_DIRECTORY:
        raise SelectionError("The workbook has more parts than any Excel file. Open it in Excel and save it again.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist())
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise SelectionError("The workbook is damaged. Open it in Excel and save it again.") from None
    if "xl/workbook.bin" in names:
        raise SelectionError("This is a binary workbook (.xlsb), which cannot be read. Save it as .xlsx or CSV.")
    if "content.xml" in names:
        raise SelectionError("This is an OpenDocument file, which cannot be read. Save it as .xlsx or CSV.")
    if not any(name.startswith("xl/") for name in names):
        raise SelectionError("This is a zip archive, not an Excel workbook. Unpack it, or save the list as .xlsx or CSV.")
    if size > BOOK_UNPACKED:
        raise SelectionError("The workbook is too large unpacked (over 2 GB). Save only the column of lead ids, as CSV.")
    try:
        return Workbook(content)
    except _BROKEN as error:
        raise SelectionError(f"The workbook is damaged ({type(error).__name__}). Open it in Excel and save it again.") from None


def _read(workbook: Workbook, column: str | None, sheet: str | None, tell: Tell | None, known: KnownIds | None) -> Selection:
    sheets = list(workbook.sheets)
    if sheet is not None:
        sheets = [s for s in sheets if s.title == sheet]
        if not sheets:
            titles = ", ".join(shown(s.title, 40) for s in workbook.sheets)
            raise SelectionError(f"There is no sheet “{shown(sheet, 40)}”. Choose one of these: {titles}.")
    found: list[_Found] = []
    hidden: list[str] = []
    refusals: list[str] = []
    unclear: list[_Unclear] = []
    for one in sheets:
        if sheet is None and not one.visible:
            hidden.append(shown(one.title, 40))
            continue
        # What is on a sheet called "Excluded" has to be known, whatever its ids are of.
        table = _table(one, _ALL if sheet is None and _denied(one.title) else known)
        try:
            found.append((one, table, find_column(table, column)))
        except SelectionError as error:
            if isinstance(error, ColumnUnclear):
                unclear.append((one, error))
            refusals.append(str(error) if len(sheets) == 1 else f"Sheet “{shown(one.title, 40)}”: {error}")
    if not found:
        _refuse_all(refusals, hidden, [error for _, error in unclear])
    ours = (
        sheet is None and not hidden and is_sheets_of_all([(one.title, table, where) for one, table, where in found], len(sheets))
    )
    chosen, table, where = found[0] if sheet is not None or ours else _meant(found, unclear)
    taken = take(table, where, tell)
    if chosen.uncalculated:
        taken = dataclasses.replace(taken, notes=(*taken.notes, _UNCALCULATED))
    return _with_notes(
        taken,
        chosen.title,
        [(one.title, n) for one, other, there in found if one is not chosen and (n := _not_in(taken, _ids_in(other, there)))],
        hidden,
        len(workbook.sheets),
    )


_Found: TypeAlias = tuple[Worksheet, Table, IdColumn]
_Unclear: TypeAlias = tuple[Worksheet, ColumnUnclear]


def _refuse_all(refusals: list[str], hidden: list[str], unclear: list[ColumnUnclear]) -> None:
    if hidden:
        refusals.append(f"Not looked at, because hidden: {', '.join(hidden)}.")
    if unclear:  # so that the user can be asked which one
        raise ColumnUnclear(" ".join(refusals), columns=list(dict.fromkeys(c for error in unclear for c in error.columns)))
    raise SelectionError(" ".join(refusals) or "The workbook has no sheet with cells. Choose another file.")


def _meant(found: Sequence[_Found], unclear: Sequence[_Unclear]) -> _Found:
    """The only sheet that can be meant: that with a column named for lead ids comes before those with a mere ``ID``.

    Raises:
        SheetUnclear: several could be, or the only one is called *Do not return*, *Excluded* or the like.
    """
    free = [one for one in found if not _denied(one[0].title)]
    asked = [(sheet, error) for sheet, error in unclear if not _denied(sheet.title)]
    plain = [one for one in free if one[2].rank == 0]
    if plain:  # a sheet whose lead ids stand in one of two columns is as plain as one with a single such column
        asked = [(sheet, error) for sheet, error in asked if any(heading(name) == 0 for name in error.columns)]
    choice = plain or [one for one in free if one[2].header] or free or list(found)
    rivals = [*(sheet for sheet, *_ in choice), *(sheet for sheet, _ in asked)]
    if free and (len(rivals) == 1 or (not asked and _holds_all(choice))):
        _must_not_be_denied(choice[0], [one for one in found if _denied(one[0].title)])
        return choice[0]
    titles = ", ".join(f"“{shown(one.title, 40)}”" for one in rivals)
    why = f"Several sheets of this workbook could be meant: {titles}"
    if len(rivals) == 1:
        why = f"The name of the sheet {titles} may say that its leads are not meant"
    raise SheetUnclear(
        f"{why}. Nothing was taken. {_CHOOSE}",
        sheets=[one.title for one in rivals],
    )


def _denied(title: str) -> bool:
    return title != "(none)" and says_no(title)  # our own workbooks call the rows so that have no value


def _must_not_be_denied(chosen: _Found, denied: Sequence[_Found]) -> None:
    """Refuse a sheet with leads that another sheet, called *Do not return* or the like, holds as well."""
    for sheet, table, column in denied:
        if both := _ids_in(table, column) & _ids_in(chosen[1], chosen[2]):
            number = f"{len(both):,} {'lead' if len(both) == 1 else 'leads'}"
            raise SheetUnclear(
                f"The sheet “{shown(sheet.title, 40)}” holds {number} of the sheet “{shown(chosen[0].title, 40)}”, and its name "
                f"may say that these are not meant. Nothing was taken. {_CHOOSE}",
                sheets=[chosen[0].title, sheet.title],
            )


def _holds_all(found: Sequence[_Found]) -> bool:
    """Whether the first sheet holds what the others hold together, as in a workbook of ours: ``All``, and one for each value."""
    (first, *_), *others = found
    if first.title != "All":
        return False
    parts = set().union(*(_ids_in(table, column) for _, table, column in others))
    return parts == _ids_in(found[0][1], found[0][2])


def _ids_in(table: Table, column: IdColumn) -> set[LeadId]:
    try:
        return set(take(table, column))
    except ColumnUnclear:  # a title above it says that its leads are not meant
        return set()


def _not_in(taken: Selection, ids: set[LeadId]) -> int:
    """Leads of a sheet that was not read; none where it holds nothing but what was taken."""
    return 0 if ids <= set(taken) else len(ids)


def _with_notes(taken: Selection, title: str, others: list[tuple[str, int]], hidden: list[str], count: int) -> Selection:
    notes = []
    if count > 1:
        notes.append(f"The sheet “{shown(title, 40)}” was read.")
    if others:
        listed = ", ".join(f"“{shown(o, 40)}” ({n:,} {'lead' if n == 1 else 'leads'})" for o, n in others)
        notes.append(
            f"Not read, though they have lead ids too: {listed}. Choose one with sheet=..., or import it as its own file."
        )
    if hidden:
        notes.append(f"Not read, because Excel hides them: {', '.join(hidden)}.")
    return dataclasses.replace(taken, notes=(*notes, *taken.notes))


def _table(sheet: Worksheet, known: KnownIds | None) -> Table:
    return Table(
        sheet.rows, unit="row", exact=EXCEL_EXACT, no_leads=sheet.no_leads, hidden_columns=sheet.hidden_columns,
        title=sheet.title, merged=sheet.merged, known=known,
    )  # fmt: skip


class RawTable(NamedTuple):
    """A table of a file as it stands: the file's content, the sheet's title (empty for text), (row number, cells), and which rows
    are no leads (hidden, totals), with the reason. ``sheets``: the titles of those that could be meant; ``others``: how many
    sheets the workbook has besides; ``hidden``: those of them that Excel hides.
    """

    content: bytes
    sheet: str
    rows: list[tuple[int, Sequence[Any]]]
    no_leads: dict[int, str]
    sheets: tuple[str, ...] = ()
    others: int = 0
    hidden: tuple[str, ...] = ()


def workbook_rows(content: bytes, sheet: str | None, could_be: CouldBe) -> RawTable:
    """The rows of one sheet: of ``sheet``, else of the only one that could be meant, which is one that Excel shows and, where it
    shows several, whose first rows ``could_be`` those of the table wanted.

    Raises:
        SheetUnclear: several sheets could be meant. SelectionError: the workbook is broken, or has no such sheet.
    """
    workbook = _opened(content)
    try:
        visible = [one for one in workbook.sheets if one.visible]
        meant = visible if len(visible) == 1 else [one for one in visible if could_be(_first_rows(one))]
        chosen = _the_sheet(workbook, sheet, meant, visible)
        rows: list[tuple[int, Sequence[Any]]] = list(chosen.rows())
        return RawTable(
            content, chosen.title, rows, dict(chosen.no_leads), tuple(one.title for one in meant or visible),
            len(workbook.sheets) - 1, tuple(one.title for one in workbook.sheets if not one.visible and one is not chosen),
        )  # fmt: skip
    except (*_BROKEN, MemoryError) as error:
        raise SelectionError(f"The workbook is damaged ({type(error).__name__}). Open it in Excel and save it again.") from None
    finally:
        workbook.close()


def _first_rows(sheet: Worksheet) -> list[Sequence[Any]]:
    """The first rows of a sheet that hold something, as far as a header is looked for."""
    filled = (cells for _, cells in sheet.rows() if not all(map(is_blank, cells)))
    return list(islice(filled, HEADER_ROWS))


def _the_sheet(workbook: Workbook, sheet: str | None, meant: list[Worksheet], visible: list[Worksheet]) -> Worksheet:
    """The sheet of that title, else the only one that could be meant."""
    if sheet is not None:
        found = next((one for one in workbook.sheets if one.title == sheet), None)
        if found is None:
            titles = ", ".join(shown(one.title, 40) for one in workbook.sheets)
            raise SelectionError(f"There is no sheet “{shown(sheet, 40)}”. Choose one of these: {titles}.")
        return found
    if len(meant) == 1:
        return meant[0]
    choice = meant or visible
    if not choice:
        raise SelectionError("Excel hides every sheet of this workbook. Show the one that is meant, and save it.")
    titles = ", ".join(f"“{shown(one.title, 40)}”" for one in choice)
    why = (
        "Several sheets of this workbook could be meant"
        if meant
        else "No sheet of this workbook names its leads in its first rows"
    )
    raise SheetUnclear(f"{why}: {titles}. Choose one: sheet={choice[0].title!r}.", sheets=[one.title for one in choice])
