"""Blocks that were read and are being sent, and how long ago the leads of each chunk were read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cvtr_widgets.models import LeadId
from cvtr_widgets.plans.chunks import Chunk
from cvtr_widgets.plans.read_age import Moment


class ChunkPart(NamedTuple):
    """Leads of one chunk that are to be sent, as they stood at a moment."""

    chunk: Chunk
    ids: tuple[LeadId, ...]
    read: Moment


class BlockInFlight:
    """A block that was just read. Threads share it; a chunk's part is in the hands of one of them, or waits here."""

    def __init__(self, ids: tuple[LeadId, ...], parts: Sequence[tuple[Chunk, tuple[LeadId, ...]]], began: Moment) -> None:
        """``began``: when their reading did."""
        self.ids = ids
        # _left: chunks that are not through yet. _together: how many of them are read again at once.
        self._left = self._together = len(parts)
        # How often a reading of this block took longer than a reading may be old.
        self._slow = 0
        self._lock = threading.Lock()
        read = self.read_at(began, len(parts))
        self._waiting = {chunk.number: ChunkPart(chunk, lead_id, read) for chunk, lead_id in parts}

    def read_at(self, began: Moment, number: int) -> Moment:
        """As of when so many parts count as read whose reading began then: as of that moment, so that what took too long is
        read again, from the second time on in pieces of half as many. One part that takes too long again counts as of now.
        """
        with self._lock:
            if not number or not began.old():
                return began
            self._slow += 1
            # The first slow reading is only repeated: the service may have been slow for once, and without an id filter pieces
            # cost more requests than the whole (each lists a campaign's range again). Halves come after that. A single chunk
            # cannot be cut, and must not be read for ever: it counts as read now, which is the best that this service can do.
            if self._slow > 1:
                if number == 1:
                    return Moment.now()
                self._together = number // 2
            return began

    def one_done(self) -> bool:
        """One chunk is through. Gives whether it was the last."""
        with self._lock:
            self._left -= 1
            return self._left == 0

    def stale(self, chunk: Chunk) -> bool:
        """Whether the chunk's part is to be read again, or is being read by another thread."""
        with self._lock:
            part = self._waiting.get(chunk.number)
            return part is None or part.read.old()

    def take(self, chunk: Chunk) -> ChunkPart | None:
        """The chunk's part, if it waits."""
        with self._lock:
            return self._waiting.pop(chunk.number, None)

    def take_stale(self, chunk: Chunk) -> list[ChunkPart]:
        """Parts that wait and were read too long ago, the chunk's first; as many as are read together."""
        with self._lock:
            old = [part for part in self._waiting.values() if part.read.old()]
            # Only parts that wait: those that other threads have taken are being sent, and reading them again would prove
            # nothing.
            old.sort(key=lambda part: part.chunk.number != chunk.number)
            for part in (taken := old[: self._together]):
                del self._waiting[part.chunk.number]
            return taken

    def put(self, parts: Iterable[ChunkPart]) -> None:
        """These wait (again)."""
        with self._lock:
            self._waiting |= {part.chunk.number: part for part in parts}
