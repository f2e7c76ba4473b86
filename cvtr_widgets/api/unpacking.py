"""The body of an answer, unpacked piece by piece and never past its limit."""

from __future__ import annotations

import zlib


class BadBody(Exception):
    """The body cannot be taken; says why."""


class UnpackedBody:
    """Takes the pieces of a body. Only gzip is asked for, so that anything else (gzip within gzip, too) is refused: 5 KB of it
    can cost 3 GB.
    """

    def __init__(self, encoding: str, most: int) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._most = most
        named = [name for part in encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
        if named not in ([], ["gzip"], ["x-gzip"]):
            raise BadBody("the answer is compressed in a way that was not asked for")
        self._gzip = zlib.decompressobj(wbits=31) if named else None

    def add(self, piece: bytes) -> None:
        """The next piece, as it came.

        Raises:
            BadBody: too large, or broken.
        """
        if self._gzip is None:
            self._take(piece)
            return
        try:
            while piece:
                # At most one byte too many: what a piece of a bomb holds is never unpacked.
                self._take(self._gzip.decompress(piece, self._most - self._size + 1))
                piece = self._gzip.unconsumed_tail
        except zlib.error:
            raise BadBody("the answer's compression is broken") from None
        if self._gzip.unused_data:
            raise BadBody("there is more data after the end of the compressed answer")

    def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most:
            raise BadBody(f"the answer is larger than {self._most:,} bytes")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """All of it.

        Raises:
            BadBody: it ends in the middle.
        """
        if self._gzip is not None and self._size + len(self._pieces) and not self._gzip.eof:
            raise BadBody("the compressed answer is not complete")
        return b"".join(self._pieces)
