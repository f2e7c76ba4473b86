"""Looks over every test: a token goes to no other origin than the one that issued it, and no log holds a secret or an e-mail.

Installed by ``conftest.py``. It watches httpx itself, below all of our own code. Kernels and commands that a test starts as
processes of their own are not seen here; their tests look at what those leave behind.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx

SECRETS = re.compile(
    r"lead\.\d+@\w+\.example|sandbox-(?:admin|agency|agency-delete|mfa|expired|locked)\b|pass-word|sandbox-secret|[Bb]earer \S+"
)


def origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.host}:{url.port or {'http': 80, 'https': 443}.get(url.scheme)}"


class Guard(logging.Handler):
    """``problems`` is emptied before each test and must be empty after it."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.problems: list[str] = []
        self.tokens_seen = 0
        self._issued: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    # -- where tokens go ----------------------------------------------------------------------------------------------

    def install(self) -> None:
        """Watch every exchange that httpx makes in this process."""
        send = httpx.HTTPTransport.handle_request
        guard = self

        def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            token = request.headers.get("authorization")
            if token is not None:
                guard._sent(token.removeprefix("Bearer "), origin(request.url))
            response = send(transport, request)
            return response if token is not None or request.method != "POST" else guard._noted(response, origin(request.url))

        httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]
        logging.getLogger().addHandler(self)

    def _noted(self, response: httpx.Response, where: str) -> httpx.Response:
        raw = b"".join(response.stream)  # type: ignore[arg-type]
        response.stream.close()  # type: ignore[union-attr]
        with self._lock:
            for text in _strings(raw):
                self._issued.setdefault(text, set()).add(where)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(raw), extensions=response.extensions
        )

    def _sent(self, token: str, where: str) -> None:
        with self._lock:
            self.tokens_seen += 1
            # A token that nobody issued was pasted by the test: it belongs to the first origin it goes to.
            if where not in self._issued.setdefault(token, {where}):
                self.problems.append(f"a token that {sorted(self._issued[token])} issued went to {where}")

    def begin(self) -> None:
        """A new test: ports and tokens of prepared answers come again."""
        with self._lock:
            self.problems.clear()
            self._issued = {t: o for t, o in self._issued.items() if len(t) >= 32}  # those of sandboxes that still run

    # -- what is logged -----------------------------------------------------------------------------------------------

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage() + (str(record.exc_info[1]) if record.exc_info else "")
        secret = SECRETS.search(text)
        with self._lock:
            tokens = [t for t in self._issued if len(t) >= 16 and t in text]
        if secret or tokens:
            self.problems.append(f"the log {record.name!r} holds a secret or an e-mail: {text[:60]!r}")


def _strings(raw: bytes) -> Iterator[str]:
    try:
        found: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
