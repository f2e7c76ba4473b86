"""A copy of a capture that can be shared: its shape, its words and its addresses; nothing secret, nothing personal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cvtr_widgets import safe_files
from cvtr_widgets.errors import CaptureError, ExportError
from cvtr_widgets.learn import har
from cvtr_widgets.learn.exchange import form_body
from cvtr_widgets.reader_limits import HAR_BYTES
from cvtr_widgets.redact import personal

KEPT = re.compile(
    r"valid|invalid|caution|test|delivered|not delivered|undelivered|replacement|none|ok|done|error|failed|queued|yes|no|on|"
    r"true|false|returned|hydra:\w+|/api/[\w./-]*|POST|GET|PUT|PATCH|DELETE",
    re.IGNORECASE,
)
"""Words that say how a service speaks, and nothing about anybody."""
_SEGMENT = re.compile(r"v\d|[A-Za-z][A-Za-z_.-]{0,60}|")
"""A part of a path that is a name."""
_MADE_UP = re.compile(r"(?=.*\d)[A-Za-z0-9_-]{6,64}")
"""What a machine made up: the same one becomes the same other."""
_FIELD = re.compile(r"(?:@|hydra:)?[A-Za-z_$][\w.:\[\]-]{0,59}", re.ASCII)
"""A key that is the name of a field: an @ begins it at most."""
_STATIC = re.compile(r"\.(?:js|css|png|jpe?g|svg|gif|woff2?|ico|map)$", re.IGNORECASE)


class Scrubber:
    """Numbers of more than three digits become others, the same everywhere; texts become their length."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def number(self, digits: str) -> str:
        """Another number of the same length, the same for the same."""
        if len(digits) <= 3:
            return digits
        # The length stays, as it tells an id from a time. The same number becomes the same other one everywhere, or nobody could
        # see that the id in a path is the one in a body.
        start = 10 ** (len(digits) - 1)
        return self._numbers.setdefault(digits, str(start + len(self._numbers) + 1)[: len(digits)])

    def text(self, value: str) -> str:
        """A text without what it says, unless it is a word of the service."""
        if value.isascii() and value.isdigit():
            return self.number(value)
        if KEPT.fullmatch(value):
            return re.sub(r"\d{4,}", lambda m: self.number(m[0]), value)
        # A time to the microsecond finds its lead again in the service's lists; that it is one, and how long, is all that
        # learning needs.
        if re.fullmatch(r"\d{4}-\d\d-\d\d.*", value):
            return "2000-01-01T00:00:00+00:00"[: max(10, len(value))]
        if _MADE_UP.fullmatch(value):
            return self._numbers.setdefault(value, f"id-{len(self._numbers) + 1}")
        return f"text of {len(value)}" if value else ""

    def value(self, value: Any, depth: int = 30) -> Any:
        """Any JSON value, scrubbed. Keys stay."""
        if isinstance(value, dict):
            return {self.key(str(k)): self.value(v, depth - 1) for k, v in value.items()} if depth else {}
        if isinstance(value, list):
            return [self.value(v, depth - 1) for v in value[:200]] if depth else []
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return int(self.number(str(abs(value)))) if abs(value) < 10**18 else 0
        return self.text(value) if isinstance(value, str) else 0

    def key(self, key: str) -> str:
        """A key: names of fields stay, ids are replaced, and what looks like neither is replaced, too, the same by the same."""
        if key.isascii() and key.isdigit():
            return self.number(key)
        named = _FIELD.fullmatch(key) and not re.search(r"\d{4}", key) and not personal(key)
        return key if named else self._numbers.setdefault(f"key {key}", f"key-{len(self._numbers) + 1}")

    def url(self, url: str) -> str:
        """An address on a host that is nobody's."""
        parts = urlsplit(url)
        path = "/".join(p if _SEGMENT.fullmatch(p) else self.text(p) for p in parts.path.split("/"))
        query = urlencode([(self.key(k), self.text(v)) for k, v in parse_qsl(parts.query, keep_blank_values=True)])
        return f"https://scrubbed.example{path}" + (f"?{query}" if query else "")

    def entry(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        """One exchange, scrubbed; None for pictures, scripts and logins."""
        request, response = entry.get("request"), entry.get("response")
        if not isinstance(request, dict) or not isinstance(response, dict) or not isinstance(request.get("url"), str):
            return None
        if not request["url"].startswith(("http://", "https://")) or _STATIC.search(urlsplit(request["url"]).path):
            return None
        sent, form, secret = har.sent_body(request)
        got = har.got_body(response)
        if secret or har.holds_token(got):
            return None
        posted: dict[str, Any] = {}
        if form:
            fields = form_body(urlencode(_pairs(sent)))
            posted = {"mimeType": "application/x-www-form-urlencoded", "text": urlencode(_pairs(self.value(fields)))}
        elif sent is not None:
            posted = {"mimeType": "application/json", "text": json.dumps(self.value(sent))}
        content = {} if got is None else {"mimeType": "application/json", "text": json.dumps(self.value(got))}
        asked = {"method": str(request.get("method", ""))[:10], "url": self.url(request["url"]), "headers": []}
        status = response.get("status")
        answer = {"status": status if isinstance(status, int) else 0, "headers": [], "content": content}
        return {"request": asked | ({"postData": posted} if posted else {}), "response": answer}


def _pairs(body: Any, prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in body.items() if isinstance(body, dict) else ():
        name = f"{prefix}[{key}]" if prefix else str(key)
        if isinstance(value, dict):
            found += _pairs(value, name)
        else:
            found += [(name, one) for one in (value if isinstance(value, list) else [value])]
    return found


def scrub(source: Path, target: Path, *, overwrite: bool = False) -> int:
    """Write a scrubbed copy; gives how many exchanges it holds. ``overwrite``: replace a file that is there.

    Raises:
        CaptureError: the capture cannot be read.
        ExportError: the copy cannot be written.
    """
    scrubber, count = Scrubber(), 0

    def pieces() -> Iterator[str]:
        nonlocal count
        yield '{"log": {"version": "1.2", "creator": {"name": "cvtr-widgets scrub", "version": "1"}, "entries": [\n'
        with safe_files.opened(source, CaptureError, most=HAR_BYTES, what="capture") as file:
            for entry in har.entries(file):
                clean = scrubber.entry(entry)
                if clean is not None:
                    yield (",\n" if count else "") + json.dumps(clean)
                    count += 1
        yield "\n]}}\n"

    safe_files.write(target, (piece.encode() for piece in pieces()), ExportError, private=True, overwrite=overwrite)
    return count
