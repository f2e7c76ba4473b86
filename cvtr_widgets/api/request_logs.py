"""What httpx and httpcore log of our requests, without ids, queries and headers.

Both log each request once the user sets logging up (httpx at INFO with the whole address, httpcore at DEBUG with the
headers of answers, cookies included). Nothing of the user's set-up is changed: levels, handlers and other programs' requests
stay as they are. A filter on these loggers rewrites the lines that come from a request of ours, in the thread that sends it.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from contextvars import ContextVar

LOGGERS = (
    "httpx", "httpcore", "httpcore.connection", "httpcore.connection_pool", "httpcore.http11", "httpcore.http2", "httpcore.proxy",
    "httpcore.socks",
)  # fmt: skip
_ours: ContextVar[bool] = ContextVar("cvtr_request", default=False)
_ADDRESS = re.compile(r"(https?://[^\s/\"'?]+)([^\s\"'?]*)(\?[^\s\"']*)?")
_DIGIT = re.compile(r"\d")
_VERSION = re.compile(r"v\d")
_RESULT = re.compile(r"(return_value|exception|request|response_closed)=.*", re.DOTALL)


class _WithoutIds(logging.Filter):
    """Lets every record pass; those of our requests are rewritten first."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _ours.get():
            text = record.getMessage()
            if record.name.startswith("httpcore"):
                text = _RESULT.sub(r"\1=(not shown)", text)
            record.msg, record.args = _ADDRESS.sub(_masked, text), None
            record.exc_info = record.exc_text = None
        return True


def _masked(found: re.Match[str]) -> str:
    """The address without its query, and without what may be an id in its path."""
    path = "/".join("[id]" if _DIGIT.search(part) and not _VERSION.fullmatch(part) else part for part in found[2].split("/"))
    return found[1] + path + ("?(not shown)" if found[3] else "")


_FILTER = _WithoutIds()


@contextlib.contextmanager
def without_ids() -> Iterator[None]:
    """For the time of one request of ours, in this thread."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # a second time changes nothing
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)
