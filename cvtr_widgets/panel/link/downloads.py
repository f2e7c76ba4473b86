"""Files from the kernel to the page that asked for one. They travel in parts, slowly enough for the server's limit on what a
kernel may send.

A kernel can only speak to all views of a panel at once, so that each message names the page that it is for, and the others
leave it alone: neither a second view nor a colleague's browser saves a file that nobody asked for there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cvtr_widgets.background import background_thread
from cvtr_widgets.panel.jobs import ASKER, Asker, Problem, problem_of
from cvtr_widgets.panel.link.messages import VERSION

if TYPE_CHECKING:
    import pandas as pd

CHUNK_BYTES = 256 * 1024
SECONDS_A_PART = 0.4
"""Jupyter servers drop what comes faster than 1 MB a second from a kernel, over 3 s."""
KINDS = {
    "csv": "text/csv",
    "html": "text/html",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types by the ending of a file."""
OTHER = "application/octet-stream"


class Downloads:
    """Makes files and sends them. ``line`` says how far it is or what went wrong, next to the button that asked."""

    def __init__(self, post: Callable[[dict[str, Any], list[bytes]], None], changed: Callable[[], None]) -> None:
        self.line: Problem | None = None
        self._post = post
        self._changed = changed
        self._lock = threading.Lock()
        self._beside: object = None

    def message(self, beside: object) -> dict[str, Any] | None:
        """The line, for as long as what is ``beside`` it stays the same: it is of no other run's file."""
        if beside != self._beside:
            self.line, self._beside = None, beside
        return None if self.line is None else self.line.message()

    def start(self, frame: pd.DataFrame, what: str, name: str, zone: tzinfo, asker: Asker | None) -> None:
        """Send ``frame`` as ``csv``, ``excel`` or ``excel_by_publisher`` to the page that asked; formula-safe."""
        from cvtr_widgets.frames.export import to_csv, to_excel  # openpyxl is not wanted before

        def make() -> bytes:
            by = "publisher" if what == "excel_by_publisher" else None
            made = to_csv(frame, zone=zone) if what == "csv" else to_excel(frame, by=by, zone=zone)
            assert isinstance(made, bytes)  # noqa: S101  without a path, the file itself is given
            return made

        self.send(make, f"{name}.csv" if what == "csv" else f"{name}.xlsx", asker)

    def send(self, make: Callable[[], bytes], name: str, asker: Asker | None) -> None:
        """Send the file that ``make`` gives, in the background, as ``name`` to the page that asked."""
        background_thread(self._work, make, name, asker, name="cvtr-export").start()

    def _work(self, make: Callable[[], bytes], name: str, asker: Asker | None) -> None:
        # One file at a time: two at once would together exceed the rate that the pauses keep to.
        with self._lock:
            ASKER.set(asker)  # of this thread
            try:
                self._say("Making the file.")
                self._parts(make(), name, KINDS.get(name.rpartition(".")[2], OTHER))
                self._say(f"{name} was sent to the browser.")
            except Exception as error:  # noqa: BLE001  the border of a thread: shown in the panel
                self._say(f"The file could not be made: {problem_of(error).text}", note=False)

    def _parts(self, content: bytes, name: str, kind: str) -> None:
        parts = [content[i : i + CHUNK_BYTES] for i in range(0, len(content), CHUNK_BYTES)] or [b""]
        asker = ASKER.get()
        page = asker[0] if asker else ""
        key = f"{time.monotonic_ns()}"
        for place, part in enumerate(parts):
            message = {"v": VERSION, "kind": "file", "page": page, "key": key, "name": name, "type": kind}
            self._post(message | {"part": place, "parts": len(parts)}, [part])
            # Up to 2 MB go out at once: the server allows 3 MB in 3 s.
            if len(parts) > 8:
                self._say(f"Sending {name}: {place + 1} of {len(parts)} parts.")
                time.sleep(SECONDS_A_PART)

    def _say(self, text: str, *, note: bool = True) -> None:
        self.line = Problem(text, note=note)
        self._changed()
