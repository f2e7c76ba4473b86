"""What a proxy on the way makes of an answer that it should have let pass."""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Callable
from datetime import timedelta

from cvtr_widgets.sandbox.faults.faults import NetworkFault

_DATE = re.compile(rb"(?im)^(date:[ \t]*)([^\r\n]*)")
_LENGTH = re.compile(rb"(?im)^(content-length:[ \t]*)[0-9]+")
GATEWAY_PAGE = b"<!doctype html><title>Not found</title><p>The requested page is not on this gateway.</p>"


def rewritten(answer: bytes, fault: NetworkFault) -> bytes:
    """The answer as it gets through: its clock off, its total cut to what this page holds, or a page of the gateway's own."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return REWRITE[fault.do](head, body, fault)


def _clock(head: bytes, body: bytes, fault: NetworkFault) -> bytes:
    def off(found: re.Match[bytes]) -> bytes:
        at = email.utils.parsedate_to_datetime(found[2].decode("latin-1")) + timedelta(seconds=fault.seconds)
        return found[1] + email.utils.format_datetime(at, usegmt=True).encode()

    return _DATE.sub(off, head) + b"\r\n\r\n" + body


def _small_total(head: bytes, body: bytes, _fault: NetworkFault) -> bytes:
    try:
        found = json.loads(body)
        found["hydra:totalItems"] = len(found["hydra:member"])
    except (ValueError, KeyError, TypeError):
        return head + b"\r\n\r\n" + body
    text = json.dumps(found, ensure_ascii=False).encode()
    # The length is corrected: the fault is the wrong total, and not a broken answer.
    return _LENGTH.sub(rb"\g<1>%d" % len(text), head) + b"\r\n\r\n" + text


def _gateway(_head: bytes, _body: bytes, _fault: NetworkFault) -> bytes:
    head = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(GATEWAY_PAGE)
    return head + GATEWAY_PAGE


REWRITE: dict[str, Callable[[bytes, bytes, NetworkFault], bytes]] = {
    "clock": _clock,
    "small_total": _small_total,
    "gateway": _gateway,
}
