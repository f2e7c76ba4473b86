"""An ``.xlsx`` workbook, read as XML by namespace (Transitional and Strict): cells with what Excel shows of them.

One reading gives the values and everything that decides whether a row is a lead: hidden rows and columns, formulas that add
up, text that is struck through, rows of totals. openpyxl's reading in little memory leaves these out, and refuses files that
Excel opens (Strict Open XML, an empty fill).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from xml.etree import ElementTree

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.reader_limits import (
    BOOK_PART,
    CELL_TEXT,
    SHEET_CELLS,
    SHEET_COLUMNS,
    SHEET_ROWS,
    ReaderTimeLimit,
)
from cvtr_widgets.selection.excel_conditions import CONDITIONAL, Condition, ConditionalFormats, may_hide
from cvtr_widgets.selection.excel_formulas import TOTAL, WORKED_OUT, totals_its_column, works_out
from cvtr_widgets.selection.excel_styles import INVISIBLE, PLAIN, UNSEEN, Look, Styles, all_of, local, place_of
from cvtr_widgets.selection.excel_xml import (
    HUGE_CELL,
    PARTLY,
    ROW_STRUCK,
    STRUCK,
    ShallowTreeBuilder,
    SharedStrings,
    feed,
    is_on,
    joined,
    parser_for,
    unescaped,
)
from cvtr_widgets.selection.lead_id import NoId

_SHEETS: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_PART: Final = 1 << 18
_END: Final = ("row", "c", "v", "f", "t", "r", "rPh")
_BEGIN: Final = (*_END, "strike", "col", "mergeCell")
HIDDEN: Final = "is in a row that Excel hides (a filter?): unhide it to take it"
UNCALCULATED: Final = "is a formula without a stored result: open the file in Excel and save it to store one"


@dataclass
class Worksheet:
    """One sheet. ``rows()`` gives (number, cells); what it learns on the way of hidden columns and of rows that are no leads
    (number -> why) is kept in the other fields.
    """

    title: str
    visible: bool
    path: str
    book: Workbook
    hidden_columns: set[int] = field(default_factory=set)
    no_leads: dict[int, str] = field(default_factory=dict)
    uncalculated: bool = False
    merged: set[tuple[int, int, int, int]] = field(default_factory=set)

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Rows that the file holds, blank ones too where it stores them."""
        reading = _Rows(self)
        totals = self.book.total_rows(self.path)
        for part in self.book.pieces(self.path):
            feed(reading, part)
            yield from self._told(reading, totals)
        reading.parser.Parse(b"", True)
        yield from self._told(reading, totals)

    def _told(self, reading: _Rows, totals: Mapping[int, str]) -> Iterator[tuple[int, list[Any]]]:
        while reading.done:
            number, cells = reading.done.popleft()
            if number in totals:
                self.no_leads.setdefault(number, totals[number])
            yield number, cells


class Workbook:
    """A workbook that is open for reading. Raises whatever broken XML raises; ``excel`` makes sentences of it."""

    def __init__(self, content: bytes) -> None:
        self.packed = zipfile.ZipFile(io.BytesIO(content))
        self._watch = ReaderTimeLimit(SelectionError, "The workbook")
        self._names = {name.lower(): name for name in self.packed.namelist()}
        main = next((t for kind, t in self._links("").values() if kind == "officeDocument"), "xl/workbook.xml")
        self._main = main
        tree = self._tree(main)
        if tree is None:
            raise SelectionError("The workbook lacks its list of sheets. Open it in Excel and save it again.")
        self.from_1904 = any(is_on(e.get("date1904")) for e in all_of(tree, "workbookPr"))
        links = self._links(main)
        self.sheets = []
        for e in all_of(tree, "sheet"):
            target = links.get(_id_of(e), ("", ""))
            if target[0] == "worksheet" and self._real(target[1]):
                state = e.get("state", "visible")
                self.sheets.append(Worksheet(unescaped(e.get("name", "")), state == "visible", self._real(target[1]), self))
        self._parts = dict(links.values())
        self._conditions: dict[str, list[Condition]] = {}

    def close(self) -> None:
        """Close the archive."""
        self.packed.close()

    # -- parts ----------------------------------------------------------------------------------------------------------

    def _real(self, path: str) -> str:
        # Names of parts are the same in any case by the standard; the names in a ZIP file are not.
        return self._names.get(path.lower(), "")

    def _tree(self, path: str) -> ElementTree.Element | None:
        name = self._real(path)
        if not name:
            return None
        if self.packed.getinfo(name).file_size > BOOK_PART:
            raise SelectionError(
                f"The workbook holds a list of sheets or styles of more than {BOOK_PART // 1_000_000} MB, which "
                "no Excel file has. Save only "
                "the column of lead ids, as CSV."
            )
        content = self.packed.read(name)
        if b"<!DOCTYPE" in content[:4_000] or "<!DOCTYPE".encode("utf-16-le") in content[:4_000]:
            raise SelectionError("The workbook declares a document type, which no Excel file does. Save it again in Excel.")
        parser = ElementTree.XMLParser(target=ShallowTreeBuilder())  # noqa: S314  without a document type there are no entities to expand
        parser.feed(content)
        tree: ElementTree.Element = parser.close()
        return tree

    def pieces(self, path: str) -> Iterator[bytes]:
        """A part, unpacked piece by piece."""
        with self.packed.open(path) as stream:
            while part := stream.read(_PART):
                self._watch.check()
                yield part

    def _links(self, path: str) -> dict[str, tuple[str, str]]:
        """Id of each link of a part -> (kind, path)."""
        folder, name = posixpath.split(path)
        tree = self._tree(posixpath.join(folder, "_rels", f"{name}.rels"))
        if tree is None:
            return {}
        found: dict[str, tuple[str, str]] = {}
        for e in tree.iter():
            if local(e.tag) == "Relationship" and e.get("TargetMode") != "External":
                target = e.get("Target", "")
                whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                # Transitional and Strict name the kinds by different addresses, which end in the same word.
                found[e.get("Id", "")] = (e.get("Type", "").rpartition("/")[2], whole)
        return found

    @cached_property
    def strings(self) -> list[str]:
        """The shared texts; those struck through know it."""
        name = self._real(self._parts.get("sharedStrings", ""))
        reading = SharedStrings()
        if name:
            for part in self.pieces(name):
                feed(reading, part)
            reading.parser.Parse(b"", True)
        return reading.done

    @cached_property
    def styles(self) -> Styles | None:
        """What its styles do to cells."""
        tree = self._tree(self._parts.get("styles", ""))
        return None if tree is None else Styles(tree, self._tree(self._parts.get("theme", "")))

    def conditions(self, path: str) -> list[Condition]:
        """The cells of a sheet that conditional formatting may hide or strike through."""
        # The rules stand behind the cells, so that the sheet is read once more; few workbooks have a rule that hides.
        if path not in self._conditions:
            styles = self.styles or Styles(None, None)
            reading = ConditionalFormats(styles)
            if may_hide(self.pieces(path), styles):
                for part in self.pieces(path):
                    feed(reading, part)
                reading.parser.Parse(b"", True)
            self._conditions[path] = reading.done
        return self._conditions[path]

    def total_rows(self, path: str) -> dict[int, str]:
        """Rows that the sheet's tables have for totals."""
        found: dict[int, str] = {}
        for kind, target in self._links(path).values():
            tree = self._tree(target) if kind == "table" else None
            if tree is not None and 0 < (count := int(tree.get("totalsRowCount", "0"))) <= SHEET_ROWS:
                last = int(re.sub(r"[^0-9]", "", tree.get("ref", "A0").rpartition(":")[2]) or 0)
                found |= dict.fromkeys(range(last - count + 1, last + 1), TOTAL)
        return found

    def date(self, number: float) -> Any:
        """What a number means as a date."""
        from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

        try:
            return from_excel(number, CALENDAR_MAC_1904 if self.from_1904 else CALENDAR_WINDOWS_1900)
        except (OverflowError, ValueError):
            return number


class _Rows:
    """Turns a sheet's XML into rows, as it comes."""

    def __init__(self, sheet: Worksheet) -> None:
        self.done: deque[tuple[int, list[Any]]] = deque()
        self._sheet, self._book = sheet, sheet.book
        self._looks = [] if sheet.book.styles is None else sheet.book.styles.looks
        self._conditions = sheet.book.conditions(sheet.path)
        self._number = self._column = self._count = self._filled = self.fed = 0
        self._cells: list[Any] = []
        self._shared = ""
        self._masters: dict[str, tuple[str, int]] = {}
        self._kind = self._style = self._text = self._formula = ""
        self._has_formula = self._in_text = self._in_formula = False
        self._runs: list[tuple[str, bool]] = []
        self._struck = self._in_phonetic = False
        self._begin = {f"{ns} {name}": getattr(self, f"_begin_{name}") for ns in _SHEETS for name in _BEGIN}
        self._end = {f"{ns} {name}": getattr(self, f"_end_{name}") for ns in _SHEETS for name in _END}
        self.parser = parser_for(self._started, self._ended, self._characters)

    def _started(self, name: str, given: dict[str, str]) -> None:
        if (begin := self._begin.get(name)) is not None:
            begin(given)

    def _ended(self, name: str) -> None:
        if (end := self._end.get(name)) is not None:
            end()

    def _characters(self, text: str) -> None:
        if self._in_text:
            self._text += text
        elif self._in_formula:
            self._formula += text
        if len(self._text) + len(self._formula) > CELL_TEXT:
            raise SelectionError(HUGE_CELL)

    # -- what begins and ends ---------------------------------------------------------------------------------------------

    def _begin_col(self, given: dict[str, str]) -> None:
        if is_on(given.get("hidden")) or _zero(given.get("width")):
            first, last = int(given.get("min", "1")), int(given.get("max", "1"))
            self._sheet.hidden_columns.update(range(first - 1, min(last, 16_384)))

    def _begin_row(self, given: dict[str, str]) -> None:
        # The numbers of rows and the places of cells may be left out; each is then the one after the last.
        self._number = int(given["r"]) if "r" in given else self._number + 1
        self._column, self._cells = 0, []
        self._count += 1
        if self._count > SHEET_ROWS or self._number > SHEET_ROWS:
            raise SelectionError(
                f"A sheet of the workbook has more than {SHEET_ROWS:,} rows, and Excel's have no more. Save it again in Excel."
            )
        # A row drawn to no height is as invisible as a hidden one; so is a column of no width.
        if is_on(given.get("hidden")) or _zero(given.get("ht")):
            self._sheet.no_leads[self._number] = HIDDEN

    def _begin_c(self, given: dict[str, str]) -> None:
        self._column = place_of(given["r"]) if "r" in given else self._column
        self._filled += 1
        if self._column >= SHEET_COLUMNS:
            raise SelectionError(
                f"A sheet of the workbook has more than {SHEET_COLUMNS:,} columns, and Excel's have no more. "
                "Save it again in Excel."
            )
        self._kind, self._style = given.get("t", "n"), given.get("s", "")
        self._text = self._formula = ""
        self._has_formula = self._struck = False
        self._runs = []

    def _begin_v(self, _given: dict[str, str]) -> None:
        self._in_text = True

    def _end_v(self) -> None:
        self._in_text = False

    def _begin_f(self, given: dict[str, str]) -> None:
        self._has_formula = self._in_formula = True
        # The cells that share a formula hold its number only; it is written out in the first of them.
        self._shared = given.get("si", "") if given.get("t") == "shared" else ""

    def _begin_mergeCell(self, given: dict[str, str]) -> None:  # noqa: N802  the element's name
        ends = [re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", end) for end in given.get("ref", "").split(":")]
        if len(ends) == 2 and ends[0] is not None and ends[1] is not None and len(self._sheet.merged) < SHEET_COLUMNS:
            (first, top), (last, bottom) = ends[0].groups(), ends[1].groups()
            self._sheet.merged.add((int(top), int(bottom), place_of(first), place_of(last)))

    def _end_f(self) -> None:
        self._in_formula = False

    def _begin_t(self, _given: dict[str, str]) -> None:
        # rPh holds how a Japanese text is pronounced. Excel shows it above the cell, and it is not part of the value.
        self._in_text, self._text = not self._in_phonetic, ""

    def _end_t(self) -> None:
        if self._in_text:
            self._runs.append((self._text, self._struck))
        self._in_text = False

    def _begin_r(self, _given: dict[str, str]) -> None:
        self._struck = False

    def _end_r(self) -> None:
        self._struck = False

    def _begin_rPh(self, _given: dict[str, str]) -> None:  # noqa: N802  the element's name
        self._in_phonetic = True

    def _end_rPh(self) -> None:  # noqa: N802  the element's name
        self._in_phonetic = False

    def _begin_strike(self, given: dict[str, str]) -> None:
        self._struck = is_on(given.get("val", "1"))

    def _end_row(self) -> None:
        self.done.append((self._number, self._cells))

    def _end_c(self) -> None:
        value = self._value()
        if value is not None:
            self._filled += max(0, self._column - len(self._cells))
            if self._filled > SHEET_CELLS:
                raise SelectionError(
                    f"A sheet of the workbook has more than {SHEET_CELLS:,} cells. Save only the column of lead ids, as CSV."
                )
            self._cells.extend([None] * (self._column - len(self._cells)))
            self._cells[self._column :] = [value]
        self._column += 1

    def _value(self) -> Any:
        look = self._look()
        value = self._stored(look.dated)
        if self._has_formula:
            value = self._of_formula(value)
        if value is None:
            return None
        conditional = self._conditional()
        if look.struck or (isinstance(value, NoId) and value.why in {STRUCK, PARTLY}):
            self._sheet.no_leads.setdefault(self._number, ROW_STRUCK)
        return value if isinstance(value, NoId) else _as_shown(value, look, conditional=conditional)

    def _conditional(self) -> bool:
        """Whether a rule may hide the cell; one that strikes through makes the whole row doubtful."""
        hidden = False
        for top, bottom, left, right, strikes in self._conditions:
            if top <= self._number <= bottom and left <= self._column <= right:
                hidden = True
                if strikes:
                    self._sheet.no_leads.setdefault(self._number, CONDITIONAL)
        return hidden

    def _stored(self, dated: bool) -> Any:
        text = self._text
        value: Any
        if self._kind == "inlineStr":
            value = joined(self._runs)
        elif text.strip() == "" and self._kind != "str":
            value = None
        elif self._kind == "s":
            value = self._book.strings[int(text)]
        elif self._kind in {"str", "e"}:
            value = unescaped(text) or None
        elif self._kind == "b":
            value = text.strip() == "1"
        elif self._kind == "d":
            value = text
        else:
            value = _number(text)
            if dated and not isinstance(value, str):
                value = self._book.date(value)
        return value

    def _look(self) -> Look:
        place = int(self._style) if self._style else 0
        return self._looks[place] if place < len(self._looks) else PLAIN

    def _of_formula(self, value: Any) -> Any:
        formula, place = self._formula, self._column
        if self._shared and not formula:
            formula, place = self._masters.get(self._shared, ("", place))
        elif self._shared:
            self._masters[self._shared] = (formula, place)
        if totals_its_column(formula, place):
            self._sheet.no_leads.setdefault(self._number, TOTAL)
        if value is None:
            self._sheet.uncalculated = True
            return NoId("(formula without a result)", UNCALCULATED)
        # Names and dates are worked out, too, and say nothing of an id; only a number could be taken for one.
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return NoId(str(value), WORKED_OUT) if number and works_out(formula, place) else value


def _as_shown(value: Any, look: Look, *, conditional: bool) -> Any:
    why = ""
    if look.struck:
        why = STRUCK
    elif look.unseen == "all" or (look.unseen and not isinstance(value, str)):
        why = UNSEEN
    elif look.invisible:
        why = INVISIBLE
    elif conditional:
        why = CONDITIONAL
    return NoId(str(value), why) if why else value


def _number(text: str) -> Any:
    text = text.strip()
    if text.isascii() and text.removeprefix("-").isdigit():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _id_of(sheet: ElementTree.Element) -> str:
    return next((value for key, value in sheet.items() if key.endswith("}id")), "")


def _zero(value: str | None) -> bool:
    return value is not None and re.fullmatch(r"0(\.0*)?", value) is not None
