"""The XML of a workbook, read so that no file can fill the memory: what is held, and how much of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias
from xml.etree import ElementTree
from xml.parsers import expat

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.reader_limits import BOOK_STRINGS, CELL_TEXT
from cvtr_widgets.selection.lead_id import NoId

Told: TypeAlias = Callable[[str], None]
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
STRUCK: Final = "is struck through: remove the line if the lead is meant"
ROW_STRUCK: Final = "is in a row with a cell that is struck through: remove the line if the lead is meant"
PARTLY: Final = "is partly struck through, so it is unclear which number counts: leave only the right one in the cell"


class XmlReading(Protocol):
    """Something that takes a part's XML as it comes; ``fed`` counts its bytes."""

    parser: Any
    fed: int


def feed(reading: XmlReading, part: bytes) -> None:
    """Parse a piece; refuse a word (a name, an attribute) that does not end, which would be held until it does.

    Raises:
        SelectionError: there is one.
    """
    reading.parser.Parse(part, False)
    reading.fed += len(part)
    if reading.fed - reading.parser.CurrentByteIndex > _WORD:
        raise SelectionError("The workbook holds an endless name or attribute, which no Excel file does. Save it again in Excel.")


class ShallowTreeBuilder(ElementTree.TreeBuilder):
    """Builds a tree that is not deeper than any Excel file's."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: Any, attrs: Any) -> Any:
        """One level down."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SelectionError("The workbook's XML is nested deeper than any Excel file's. Save it again in Excel.")
        return super().start(tag, attrs)

    def end(self, tag: Any) -> Any:
        """And up again."""
        self._depth -= 1
        return super().end(tag)


class SharedStrings:
    """Turns the shared texts into a list, as they come; those struck through know it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._runs: list[tuple[str, bool]] = []
        self._text: list[str] = []
        self._in_text = self._in_run = self._struck = False
        self._phonetic = self._size = self._all = self.fed = 0
        self.parser = parser_for(self._started, self._ended, self._characters)

    def _started(self, name: str, given: dict[str, str]) -> None:
        match name.rpartition(" ")[2]:
            case "si":
                self._runs, self._text, self._size = [], [], 0
                self._in_run = self._struck = False
            case "r":
                self._in_run, self._struck, self._text = True, False, []
            case "strike" if self._in_run:
                self._struck = is_on(given.get("val", "1"))
            case "rPh":
                self._phonetic += 1
            case "t":
                self._in_text = not self._phonetic

    def _ended(self, name: str) -> None:
        match name.rpartition(" ")[2]:
            case "rPh":
                self._phonetic -= 1
            case "t":
                if self._in_text and not self._in_run:
                    self._end_run(struck=False)
                self._in_text = False
            case "r":
                self._end_run(struck=self._struck)
                self._in_run = False
            case "si":
                self.done.append(joined(self._runs))
                self._all += 1

    def _end_run(self, *, struck: bool) -> None:
        self._runs.append(("".join(self._text), struck))
        self._text = []
        self._size += 10  # runs without letters take their place as well

    def _characters(self, text: str) -> None:
        if self._in_text:
            self._text.append(text)
        self._size += len(text)
        self._all += len(text)
        if self._size > CELL_TEXT:
            raise SelectionError(HUGE_CELL)
        if self._all > BOOK_STRINGS:
            raise SelectionError(
                f"The workbook's texts have more than {BOOK_STRINGS:,} characters together. Save only the "
                "column of lead ids, as CSV."
            )


def parser_for(started: Callable[[str, dict[str, str]], None], ended: Told, characters: Told) -> expat.XMLParserType:
    """A parser that gives names with their namespace, texts whole, and takes no document type."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse_doctype
    return parser


def refuse_doctype(*_: Any) -> None:
    """Raises SelectionError: with a document type there would be entities to expand."""
    raise SelectionError("The workbook declares a document type, which no Excel file does. Save it again in Excel.")


_WORD: Final = 4_000_000
"""Bytes that one word of XML may have."""
_DEEPEST: Final = 100
HUGE_CELL: Final = (
    f"The workbook holds a cell of more than {CELL_TEXT:,} characters, and Excel's hold 32,767. "
    "Save only the column of lead ids, as CSV."
)


def joined(runs: list[tuple[str, bool]]) -> str:
    """Runs of text as one; struck through whole or in part, it is not a lead id."""
    text = unescaped("".join(t for t, _ in runs))
    marks = {struck for t, struck in runs if t.strip()}
    if True not in marks:
        return text
    return NoId(text, STRUCK if marks == {True} else PARTLY)


def unescaped(text: str) -> str:
    """``_x000D_`` and its like as the characters that they stand for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def is_on(value: str | None) -> bool:
    """Whether an attribute says yes."""
    return value in {"1", "true", "on"}
