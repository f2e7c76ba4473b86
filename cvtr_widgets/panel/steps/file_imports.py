"""Files and long texts that lead ids are read from, in the background; for a file, another column can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cvtr_widgets.errors import Cancelled, ColumnUnclear, SheetUnclear
from cvtr_widgets.panel.jobs import Job, Jobs, Problem, Refused
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.selection.odd_ids import KnownIds
from cvtr_widgets.selection.select import Selection, parse_ids, read_file

KEPT = 64 * 1024 * 1024
"""Bytes of files that are kept, so that another column can be chosen without choosing the file again."""


class Imports:
    """Reads what is imported and hands it on. ``problem`` says why the last one could not be taken, ``question`` which columns or
    sheets of it could be meant (``name``, ``kind``, ``choices``: what ``choose`` or ``choose_sheet`` takes, and its words);
    ``answers``: what the page calls these.
    """

    def __init__(self, jobs: Jobs, known: Callable[[], KnownIds], take: Callable[[str, Selection], None]) -> None:
        self.problem = ""
        self.question: dict[str, Any] | None = None
        self._jobs = jobs
        self._known = known
        self._take = take
        self._contents: dict[str, bytes] = {}
        self._sheets: dict[str, str] = {}
        self.answers: dict[str, Callable[..., None]] = {"file_column": self.choose, "file_sheet": self.choose_sheet}
        self._waiting: list[tuple[str, Callable[[], None]]] = []

    def read(
        self, name: str, content: bytes, *, pasted: bool = False, column: str | None = None, sheet: str | None = None
    ) -> None:
        """Take the lead ids of a CSV or Excel file, or of a text too long for the text area; one after the other."""
        if sheet is not None:
            self._sheets[plain(name, 80)] = sheet
        elif column is None:
            self._sheets.pop(plain(name, 80), None)
        if self._jobs.get("import"):
            self._waiting.append((plain(name, 80), lambda: self._begin(name, content, pasted=pasted, column=column)))
            return
        self.problem = ""
        self._begin(name, content, pasted=pasted, column=column)

    def stop(self) -> None:
        """Stop reading; what waits is not read either, and the user is told."""
        if self._jobs.get("import"):
            if self._waiting:
                self.problem = f"Not read either: {', '.join(name for name, _ in self._waiting)}."
                self._waiting.clear()
            self._jobs.stop("import")

    def _begin(self, name: str, content: bytes, *, pasted: bool, column: str | None) -> None:
        shown = plain(name, 80) or "file"

        def work(job: Job, tell: Callable[[int, int | None], None]) -> Selection:
            def told(done: int, total: int) -> None:
                if job.cancel.is_set():
                    raise Cancelled("Reading was stopped. Nothing was taken from the file.")
                tell(done, total or None)

            if pasted:
                # "replace": text from the clipboard may hold half a character, which must not cost all the ids around it.
                return parse_ids(content.decode("utf-8", "replace"), known=self._known(), on_progress=told)
            sheet = self._sheets.get(shown)
            return read_file(content, name=name, column=column, sheet=sheet, known=self._known(), on_progress=told)

        def done(found: Selection) -> None:
            if not pasted and column is None:
                self._keep(shown, content)
            self.question = None
            self._take(shown, found)
            next_one()

        def failed(problem: Problem, error: BaseException) -> None:
            self._ask(shown, content, error)
            text = problem.text.replace(" or choose it by its name (column=...)", " and import the file again")
            text = text.replace(" by its name (sheet=...), or save", " below, or save")
            self.problem = f"{self.problem} {shown}: {text}".strip()
            next_one()

        def next_one() -> None:
            if self._waiting:
                self._waiting.pop(0)[1]()

        self._jobs.start("import", f"Reading {shown}", work, done, failed)

    def _ask(self, name: str, content: bytes, error: BaseException) -> None:
        """Where several columns or sheets could be meant, ask which one."""
        if isinstance(error, (ColumnUnclear, SheetUnclear)):
            self._keep(name, content)
            kind, offered = ("sheet", error.sheets) if isinstance(error, SheetUnclear) else ("column", error.columns)
            choices = [[one, plain(one, 60)] for one in offered] if name in self._contents else []
            self.question = {"name": name, "kind": kind, "choices": choices}

    def _keep(self, name: str, content: bytes) -> None:
        """Keep a file's bytes where there is room, and say where it takes the place of another one."""
        if self._contents.pop(name, content) != content:
            self.problem = f"{self.problem} This file replaces another {name} that was imported before.".strip()
        # What does not fit is still read; only another column cannot be chosen for it without importing it again.
        if sum(map(len, self._contents.values())) + len(content) <= KEPT:
            self._contents[name] = content

    def choose(self, name: str, column: str) -> None:
        """Read a file again, by another column."""
        content = self._contents.get(name)
        if content is None:
            raise Refused(f"{plain(name, 80)} is no longer available. Import it again to choose its column.")
        self.read(name, content, column=column)

    def choose_sheet(self, name: str, sheet: str) -> None:
        """Read a workbook again, by the sheet that is meant."""
        content = self._contents.get(name)
        if content is None:
            raise Refused(f"{plain(name, 80)} is no longer available. Import it again to choose its sheet.")
        self.read(name, content, sheet=sheet)

    def forget(self, name: str) -> None:
        """A file is not wanted any more."""
        self._contents.pop(name, None)
        self._sheets.pop(name, None)

    def columns(self, name: str, content: Selection) -> list[list[Any]]:
        """The columns that could be chosen instead, each with its words; none where the file is not kept."""
        if name not in self._contents or len(content.columns) < 2:
            return []
        return [[column, plain(column, 60), column == content.column] for column in content.columns]
