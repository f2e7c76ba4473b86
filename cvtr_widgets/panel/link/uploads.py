"""Files and long texts from the page, which come in parts: one message must stay below the server's limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cvtr_widgets.reader_limits import BOOK_BYTES

LARGEST_PART = 4 * 1024 * 1024


@dataclass
class _Under:
    name: str
    parts: int
    got: list[bytes] = field(default_factory=list)


class Uploads:
    """Puts parts together. One upload of a purpose at a time; a first part begins again."""

    def __init__(self, done: Callable[[str, str, bytes], None], refused: Callable[[str, str], None]) -> None:
        self._done = done
        self._refused = refused
        self._under: dict[str, _Under] = {}

    def add(self, purpose: str, name: str, part: int, parts: int, content: bytes) -> None:
        """Take the ``part``-th (from 0) of ``parts``; with the last one, the whole is handed over."""
        if part == 0:
            self._under[purpose] = _Under(name, parts)
        under = self._under.get(purpose)
        size = sum(map(len, under.got)) + len(content) if under else 0
        # Parts must come in order and belong to the same file: after a lost part or a reload of the page nothing is put together
        # from two halves.
        fits = under and (under.name, under.parts, len(under.got)) == (name, parts, part) and len(content) <= LARGEST_PART
        if not under or not fits or size > BOOK_BYTES:
            self._under.pop(purpose, None)
            why = "is larger than 200 MB" if size > BOOK_BYTES else "did not arrive completely"
            self._refused(purpose, f"{name[:80]} {why}. Nothing was taken from it. Try again, or split the file.")
            return
        under.got.append(content)
        if part == parts - 1:
            del self._under[purpose]
            self._done(purpose, name, b"".join(under.got))
