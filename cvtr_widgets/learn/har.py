"""Reading a HAR file of Chromium or Firefox, entry by entry, however large; secrets are dropped as they are read."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import ijson

from cvtr_widgets import safe_files
from cvtr_widgets.errors import CaptureError
from cvtr_widgets.learn.exchange import Exchange, form_body, leaves, split_url
from cvtr_widgets.reader_limits import (
    HAR_BODY,
    HAR_BYTES,
    HAR_DEPTH,
    HAR_KEPT,
    HAR_STRING,
    HAR_VALUES,
    JSON_VALUES,
    ReaderTimeLimit,
)

_LOGIN = re.compile(r"passw|secret|mfa_code|otp", re.IGNORECASE)
_TOKEN = re.compile(r"(?:^|\.)(?:(?:access|refresh|id|auth)_?token|token|bearer|jwt)$", re.IGNORECASE)
SHORTER = "Record less: clear the list in the developer tools, do only the actions, and save it again."
HOW = "Save it again: developer tools, Network, 'Save all as HAR' with content (Firefox: 'Save All As HAR')."


@dataclass
class Capture:
    """What a HAR file holds that matters here. ``login`` is the path of the login, ``token_place`` where its answer keeps the
    token; both empty where the capture does not show them. ``bodies`` counts answers that have a body.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    login: str = ""
    token_place: str = ""
    bodies: int = 0
    values: int = 0


def read(path: Path) -> Capture:
    """A capture.

    Raises:
        CaptureError: not a HAR file, cut off, empty, or without bodies.
    """
    found = Capture()
    hashes: dict[str, tuple[str, str]] = {}
    try:
        with safe_files.opened(path, CaptureError, most=HAR_BYTES, what="capture") as file:
            for number, entry in enumerate(entries(file)):
                _take(found, hashes, number, entry)
                if found.values > HAR_KEPT:
                    raise CaptureError(
                        f"{path.name} holds more than can be learned from at once ({HAR_KEPT:,} values). {SHORTER}"
                    )
    except OSError as error:
        raise CaptureError(f"{path.name} cannot be read: {error.strerror}. Check the path.") from None
    if not found.exchanges:
        raise CaptureError(f"{path.name} holds no exchanges. {HOW}")
    if not found.bodies:
        raise CaptureError(f"{path.name} holds no bodies, only headers. {HOW}")
    return found


def entries(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The entries of a HAR file, one at a time.

    Raises:
        CaptureError: it is none, or ends in the middle.
    """
    count = 0
    try:
        # Limits are held on ijson's events, before it builds objects of them: one entry may be all that a small file unpacks to.
        events = _within_limits(ijson.basic_parse(_Texts(file), use_float=True, buf_size=_AT_ONCE))
        for entry in ijson.items(ijson.parse(events), "log.entries.item"):
            if isinstance(entry, dict):
                count += 1
                yield entry
    except ijson.IncompleteJSONError:
        what = f"is cut off after {count:,} exchanges" if count else "is not a HAR file, or is cut off before its first exchange"
        raise CaptureError(f"The capture {what}. {HOW}") from None
    except (ijson.JSONError, UnicodeDecodeError, ValueError):
        raise CaptureError(f"The capture is not a HAR file. {HOW}") from None


class _Texts:
    """A file whose texts are looked at before they are held: one without an end would fill the memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._run = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            CaptureError: a text is longer than ``HAR_STRING``.
        """
        piece = self._file.read(size)
        # What is counted is how long no text has begun or ended. A quotation mark after a backslash does neither; one whose
        # backslash ends the piece before is taken for an end, so that a text may be a piece longer than the limit, and no more.
        first = piece.find(b'"')
        while first >= 0 and _escaped(piece, first):
            first = piece.find(b'"', first + 1)
        self._run += len(piece) if first < 0 else first
        if self._run > HAR_STRING:
            raise CaptureError(f"The capture holds a text of more than {HAR_STRING // 1_000_000} MB. {SHORTER}")
        if first >= 0:
            last = piece.rfind(b'"')
            while _escaped(piece, last):
                last = piece.rfind(b'"', 0, last)
            self._run = len(piece) - last - 1
        return piece


def _escaped(piece: bytes, place: int) -> bool:
    """Whether the quotation mark there stands within a text."""
    before = place
    while before and piece[before - 1] == _BACKSLASH:
        before -= 1
    return (place - before) % 2 == 1


_BACKSLASH = 0x5C
_AT_ONCE = 1_000_000
"""Bytes that are parsed at once: a text that goes on is looked at from its beginning each time."""
_OPENS, _CLOSES = frozenset({"start_map", "start_array"}), frozenset({"end_map", "end_array"})


def _within_limits(events: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """What is in a HAR file, one after the other.

    Raises:
        CaptureError: too deep, too many values in one exchange, or it takes too long.
    """
    watch = ReaderTimeLimit(CaptureError, "The capture")
    depth = values = 0
    for event in events:
        if event[0] in _OPENS:
            depth += 1
            if depth > HAR_DEPTH:
                raise CaptureError(
                    f"The capture holds lists within lists, more than {HAR_DEPTH} deep, which no HAR file has. {HOW}"
                )
        elif event[0] in _CLOSES:
            depth -= 1
            if depth == _ENTRIES:
                values = 0
        values += 1
        if values > HAR_VALUES:
            raise CaptureError(f"The capture holds an exchange of more than {HAR_VALUES:,} values, which no HAR file has. {HOW}")
        if values % 1_000 == 0 or depth == _ENTRIES:
            watch.check()
        yield event


_ENTRIES = 3
"""How deep the list of exchanges stands."""


def _take(found: Capture, hashes: dict[str, tuple[str, str]], number: int, entry: dict[str, Any]) -> None:
    request, response = _object(entry, "request"), _object(entry, "response")
    url, method = request.get("url"), request.get("method")
    if not isinstance(url, str) or not isinstance(method, str) or not url.startswith(("http://", "https://")):
        return
    try:
        origin, path, query = split_url(url)
    except ValueError:
        return
    sent, form, secret = sent_body(request)
    raw = content(_object(response, "content"))
    got = _json(raw)
    found.bodies += got is not None
    # Of a body that is read, the values are counted for the whole capture, too: a thousand exchanges that are each small enough
    # fill the memory together.
    found.values += 0 if got is None else values_in(raw)
    found.values += 0 if sent is None else values_in(str(_object(request, "postData").get("text", "")).encode(errors="replace"))
    # Which answer handed out the token is seen when the token comes back in a later request. Only hashes are compared, so that no
    # token is kept until then.
    bearer = _header(request, "authorization").removeprefix("Bearer ")
    if bearer and not found.token_place and (seen := hashes.get(_hash(bearer))) is not None:
        found.login, found.token_place = seen
    if method == "POST" and (secret or not bearer) and got is not None:
        hashes.update({_hash(v): (path, place) for place, v in leaves(got) if isinstance(v, str) and len(v) >= 8})
    if secret or (method == "POST" and holds_token(got)):
        return  # a login: nothing of it is kept
    location = _header(response, "location")
    status = response.get("status")
    found.exchanges.append(
        Exchange(
            number,
            origin,
            method.upper(),
            path,
            status if isinstance(status, int) else 0,
            query,
            sent,
            got,
            form,
            split_url(location)[1] if location.startswith("http") else location,
        )
    )


def values_in(raw: bytes) -> int:
    """About how many values a body holds, and never fewer."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _object(table: dict[str, Any], key: str) -> dict[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _header(message: dict[str, Any], name: str) -> str:
    listed = message.get("headers")
    for header in listed if isinstance(listed, list) else ():
        if isinstance(header, dict) and str(header.get("name", "")).lower() == name:
            return str(header.get("value", ""))
    return ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def holds_token(got: Any) -> bool:
    """Whether an answer hands out a token."""
    found = leaves(got) if isinstance(got, dict) else ()
    return any(_TOKEN.search(place) and isinstance(v, str) and len(v) >= 16 for place, v in found)


def sent_body(request: dict[str, Any]) -> tuple[Any, bool, bool]:
    """The body that was sent, whether as a form, and whether it holds a password."""
    posted = _object(request, "postData")
    text = posted.get("text")
    kind = str(posted.get("mimeType", "")).partition(";")[0].strip().lower()
    # No call on leads is as long as that; the exchange is kept without its body.
    text = text if isinstance(text, str) and len(text) <= HAR_BODY else ""
    if kind == "application/x-www-form-urlencoded":
        params = posted.get("params")
        if not text and isinstance(params, list):  # Firefox names the fields instead
            from urllib.parse import urlencode

            text = urlencode([(str(p.get("name", "")), str(p.get("value", ""))) for p in params if isinstance(p, dict)])
        body: Any = form_body(text)
        return body, True, any(_LOGIN.search(key) for key in body)
    body = _json(text.encode(errors="replace")) if text else None
    secret = isinstance(body, dict) and any(_LOGIN.search(place) for place, _ in leaves(body))
    return body, False, secret


def got_body(response: dict[str, Any]) -> Any:
    """The decoded body of an answer; None if there is none that can be read."""
    return _json(content(_object(response, "content")))


def content(told: dict[str, Any]) -> bytes:
    """The body of an answer as bytes; base64 and gzip are undone. Empty where there is none, or it is too large."""
    text = told.get("text")
    if not isinstance(text, str) or len(text) > HAR_BODY:
        return b""
    raw = text.encode(errors="replace")
    if told.get("encoding") == "base64":
        try:
            raw = base64.b64decode(raw, validate=False)
        except (binascii.Error, ValueError):
            return b""
    if raw[:2] == b"\x1f\x8b":
        try:
            # Not gzip.decompress: a body of a few kB may unpack to more than the memory holds.
            opened = zlib.decompressobj(wbits=31)
            raw = opened.decompress(raw, HAR_BODY)
        except (zlib.error, gzip.BadGzipFile):
            return b""
    return raw


def _json(raw: bytes) -> Any:
    if raw[:1] not in {b"{", b"[", b'"'} and not raw.strip().startswith((b"{", b"[")):
        return None
    if values_in(raw) > JSON_VALUES:
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
