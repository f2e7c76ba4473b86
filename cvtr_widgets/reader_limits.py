"""How much each reader takes: bytes, depth, rows, cells, seconds, each with its reason. More ends in a ``CvtrError``.

A small file can be made to fill any memory (a zip bomb, lists in lists, one cell of a gigabyte), and some files never end (a
pipe). Memory that runs out ends the kernel, and with it what was not saved; so every reader stops long before.
``benchmarks/limits.py`` measures what each takes at its limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from cvtr_widgets.errors import CvtrError


@dataclass(frozen=True, slots=True)
class ReaderLimit:
    """One limit. ``most`` in ``unit``; ``reader``: what is read."""

    reader: str
    what: str
    most: int
    unit: str
    why: str


_ALL: list[ReaderLimit] = []


def _limit(reader: str, what: str, most: int, unit: str, why: str) -> int:
    _ALL.append(ReaderLimit(reader, what, most, unit, why))
    return most


ANSWER: Final = "answer of the service"
TEXT: Final = "CSV and pasted text"
BOOK: Final = "Excel workbook"
CAPTURE: Final = "capture (HAR)"
DIALECT: Final = "dialect file"
PLAN: Final = "plan file"

ANSWER_BYTES: Final = _limit(
    ANSWER, "size, unpacked", 64_000_000, "bytes", "a page of 100 leads has well under 1 MB; gzip is undone piece by piece, once"
)
JSON_VALUES: Final = _limit(
    ANSWER,
    "values (commas and brackets are counted)",
    2_000_000,
    "values",
    "each takes 8 to 230 bytes of memory, whatever its length",
)
JSON_DEPTH: Final = _limit(ANSWER, "lists and objects within each other", 254, "levels", "records of leads have four or five")

TEXT_BYTES: Final = _limit(TEXT, "size", 100_000_000, "bytes", "its characters take up to four bytes each in memory")
TEXT_ROWS: Final = _limit(
    TEXT, "lines, and ids", 5_000_000, "lines", "each id takes 36 bytes and more; no list of leads is so long"
)
TEXT_ROW: Final = _limit(
    TEXT, "one row", 1_000_000, "characters", "a quotation mark that is never closed makes one row of a file"
)
TEXT_FIELD: Final = _limit(TEXT, "one field", 131_072, "characters", "four times what a cell of Excel holds")

BOOK_BYTES: Final = _limit(BOOK, "size", 200_000_000, "bytes", "a million rows of 40 columns have about 100 MB")
BOOK_DIRECTORY: Final = _limit(BOOK, "list of its parts", 4_000_000, "bytes", "a workbook of 1,000 sheets has 0.3 MB")
BOOK_UNPACKED: Final = _limit(
    BOOK, "size, unpacked", 2_000_000_000, "bytes", "it is unpacked piece by piece; this bounds the time"
)
BOOK_PART: Final = _limit(BOOK, "list of sheets, styles and the like, each", 8_000_000, "bytes", "these are held as a whole")
BOOK_STRINGS: Final = _limit(BOOK, "shared texts together", 100_000_000, "characters", "they are held while sheets are read")
SHEET_ROWS: Final = _limit(BOOK, "rows of a sheet", 1_048_576, "rows", "Excel's own limit")
SHEET_COLUMNS: Final = _limit(BOOK, "columns of a sheet", 16_384, "columns", "Excel's own limit")
SHEET_CELLS: Final = _limit(
    BOOK, "cells of a sheet, blank ones before others included", 50_000_000, "cells", "this bounds the time"
)
CELL_TEXT: Final = _limit(BOOK, "one cell", 1_000_000, "characters", "Excel's own limit is 32,767")
READ_SECONDS: Final = _limit("CSV, workbook and capture", "time", 300, "seconds", "what takes longer is not a list of leads")

HAR_BYTES: Final = _limit(CAPTURE, "size", 1_000_000_000, "bytes", "it is read piece by piece; long sessions have some 100 MB")
HAR_DEPTH: Final = _limit(CAPTURE, "lists and objects within each other", 64, "levels", "HAR has eight")
HAR_STRING: Final = _limit(CAPTURE, "one text", 64_000_000, "bytes", "a text is held as a whole while it is read")
HAR_VALUES: Final = _limit(CAPTURE, "values of one exchange", 200_000, "values", "an exchange is held as a whole")
HAR_BODY: Final = _limit(CAPTURE, "one body, unpacked", 16_000_000, "characters", "larger ones are passed over")
HAR_KEPT: Final = _limit(
    CAPTURE,
    "values in all bodies together",
    3_000_000,
    "values",
    "the bodies are held until all is learned; a session has some 100,000",
)

DIALECT_BYTES: Final = _limit(DIALECT, "size", 256_000, "bytes", "the whole default has 10 KB")
PLAN_BYTES: Final = _limit(PLAN, "size", 200_000_000, "bytes", "100,000 leads have about 20 MB")
EXPRESSION: Final = _limit(DIALECT, "a place (JMESPath)", 500, "characters", "the longest one shipped has under 60")
EXPRESSION_STEPS: Final = _limit(
    DIALECT, "work of a place on one record", 200_000, "steps and list items", "places within places can be made to run for ever"
)

ALL: Final = tuple(_ALL)


class ReaderTimeLimit:
    """Ends a reader that takes too long."""

    def __init__(self, error: type[CvtrError], what: str, seconds: float = READ_SECONDS) -> None:
        self._error = error
        self._what = what
        self._seconds = seconds
        self._ends = time.monotonic() + seconds

    def check(self) -> None:
        """Call it now and then.

        Raises:
            CvtrError: (of the kind given) the time is over.
        """
        if time.monotonic() > self._ends:
            raise self._error(
                f"{self._what} was not read within {self._seconds:,.0f} seconds, and nothing was taken from it. "
                "Give a smaller one: "
                "only the column of lead ids, or the part that matters."
            )
