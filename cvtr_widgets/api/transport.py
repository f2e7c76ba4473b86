"""HTTP to one origin: time-outs, size limits, the rate limiter, and what became of each exchange. Knows no leads.

The token only ever goes to the origin the client was made for: redirects are never followed, and links that leave the
origin are refused.
"""

from __future__ import annotations

import email.utils
import os
import re
import ssl
import statistics
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from cvtr_widgets.api.deadline import ends_at, keep_deadlines
from cvtr_widgets.api.limits.rate_limiter import WAIT_STOPPED, RateLimiter
from cvtr_widgets.api.proxy_settings import trust
from cvtr_widgets.api.request_logs import without_ids
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.api.unpacking import BadBody, UnpackedBody
from cvtr_widgets.errors import (
    Cancelled,
    NoAnswer,
    NotAllowed,
    NotFound,
    NotReached,
    NotTrusted,
    OffOrigin,
    RequestRefused,
    ServiceBroken,
    ServiceError,
    TooManyRequests,
    Unreadable,
)
from cvtr_widgets.models import Cause, LeadId
from cvtr_widgets.reader_limits import ANSWER_BYTES
from cvtr_widgets.redact import Redactor

Params = Sequence[tuple[str, str]]
Form = Mapping[str, str | list[str]]
LATELY = 9
"""Exchanges by which the latency is judged where nothing else is asked: as many as go out at once."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for the whole exchange."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``body`` is undecoded and never shown in errors: it may hold lead fields. What is to be shown of it
    passes its ``gate``.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    gate: Redactor = field(default_factory=Redactor, repr=False, compare=False)


class FailedRequest(Exception):
    """No answer. ``cause`` says whether the request can have reached the service; ``untrusted``: its certificate failed."""

    def __init__(self, cause: Cause, detail: str, *, untrusted: bool = False) -> None:
        self.cause = cause
        self.untrusted = untrusted
        self.detail = detail
        super().__init__(detail)


# Row by row what httpx says and what it means for a request that changes something. Whatever is not listed is LOST. Only
# what cannot happen once a request is on its way counts as not connected: a write is sent again after that.
CAUSES: dict[type[Exception], tuple[Cause, str]] = {
    httpx.ConnectError: (Cause.NOT_CONNECTED, "no connection could be made"),
    httpx.ConnectTimeout: (Cause.NOT_CONNECTED, "no connection could be made in time"),
    httpx.PoolTimeout: (Cause.NOT_CONNECTED, "no free connection in time"),
    httpx.ProxyError: (Cause.NOT_CONNECTED, "the proxy refused to connect"),
    httpx.UnsupportedProtocol: (Cause.LOST, "the address does not begin with http or https"),
    httpx.ReadTimeout: (Cause.TIMED_OUT, "no answer in time"),
    httpx.WriteTimeout: (Cause.TIMED_OUT, "the request could not be sent in time"),
    httpx.ReadError: (Cause.LOST, "the connection broke while waiting for the answer"),
    httpx.WriteError: (Cause.LOST, "the connection broke while sending"),
    httpx.CloseError: (Cause.LOST, "the connection broke while closing"),
    httpx.RemoteProtocolError: (Cause.LOST, "the connection was closed or broke the protocol"),
    httpx.LocalProtocolError: (Cause.LOST, "this side broke the HTTP protocol"),
    httpx.DecodingError: (Cause.UNREADABLE, "the answer's compression is broken"),
    httpx.TooManyRedirects: (Cause.REDIRECTED, "redirected in a loop"),
    httpx.HTTPStatusError: (Cause.LOST, "the answer's status was refused on this side"),
    httpx.InvalidURL: (Cause.LOST, "the address cannot be read"),
    httpx.CookieConflict: (Cause.LOST, "the answer's cookies contradict each other"),
    httpx.StreamConsumed: (Cause.LOST, "the answer was read twice"),
    httpx.StreamClosed: (Cause.LOST, "the answer's stream was closed"),
    httpx.ResponseNotRead: (Cause.LOST, "the answer was not read"),
    httpx.RequestNotRead: (Cause.LOST, "the request was not read"),
}


def cause_of(error: Exception) -> tuple[Cause, str]:
    """What an httpx error means: its own row, else that of the nearest parent class, else lost."""
    for cls in type(error).__mro__:
        if cls in CAUSES:
            return CAUSES[cls]
    return Cause.LOST, f"the exchange broke ({type(error).__name__})"


def certificate_trouble(error: BaseException | None) -> str | None:
    """Why a certificate does not hold, where that is what an error comes from."""
    # httpx wraps the error of ssl, sometimes twice.
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not valid ({error.verify_message})"
        error = error.__cause__ or error.__context__
    return None


def origin_of(url: str) -> str:
    """``scheme://host:port`` of an address."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


class Transport:
    """All exchanges with one origin. Threads may share it. Reads and writes keep separate connections."""

    def __init__(
        self,
        origin: str,
        limiter: RateLimiter,
        *,
        timeouts: Timeouts | None = None,
        max_bytes: int = ANSWER_BYTES,
        make_client: Callable[..., httpx.Client] = httpx.Client,
    ) -> None:
        self.origin = origin
        self.limiter = limiter
        self.timeouts = timeouts or Timeouts()
        self.max_bytes = max_bytes
        self.gate = Redactor()
        self._process = os.getpid()
        # How far the service's clock was ahead in the last answers, and how long the last reads and writes took.
        self._offsets: deque[float] = deque(maxlen=9)
        self._took: dict[bool, deque[tuple[float, float]]] = {write: deque(maxlen=50) for write in (False, True)}
        places = limiter.limits.in_flight
        wait = httpx.Timeout(self.timeouts.read, connect=self.timeouts.connect, pool=self.timeouts.total)
        settings: dict[str, Any] = {
            "base_url": origin, "timeout": wait, "follow_redirects": False, "headers": {"Accept-Encoding": "gzip"},
            **trust(origin),
        }  # fmt: skip
        self._reads = make_client(
            limits=httpx.Limits(max_connections=places, max_keepalive_connections=places, keepalive_expiry=20.0),
            **settings,
        )
        # A write never goes out on a connection that has been idle for more than 2 s: a server that closes it at that
        # moment would leave us in doubt.
        self._writes = make_client(
            limits=httpx.Limits(max_connections=places, max_keepalive_connections=places, keepalive_expiry=2.0),
            **settings,
        )
        for client in (self._reads, self._writes):
            keep_deadlines(client)

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which the service's clock is ahead of this machine's; None where no answer carried a date.

        Of the last answers the newest date counts: one that was kept on the way carries an old one.
        """
        found = list(self._offsets)
        return max(found) if found else None

    def latency(self, *, write: bool = False, since: float | None = None) -> float | None:
        """Seconds that an exchange took lately (the median; reads or writes), without waiting for the limits. ``since``: only
        those that began after that moment (of ``time.monotonic``), where there are any; else the last few count: a service
        that has become slow is believed at once.
        """
        known = list(self._took[write])
        found = [] if since is None else [took for began, took in known if began >= since]
        found = found or [took for _, took in known[-LATELY:]]
        return statistics.median(found) if found else None

    def close(self) -> None:
        """Close all connections."""
        self._reads.close()
        self._writes.close()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        form: Form | None = None,
        write: bool = False,
        cancelled: Callable[[], bool] | None = None,
    ) -> Answer:
        """One request, once, within the limits.

        Raises:
            Failed: no (whole) answer came.
            TooManyRequests: our own allowance is used up; nothing was sent.
            Cancelled: ``cancelled()`` turned true before it went out.
        """
        if os.getpid() != self._process:
            raise RequestRefused(
                "This client was made in another process, of which this one is a copy (a fork). Two that share one connection "
                "would read each other's answers",
                method=method, path=path, advice="Nothing was sent. Make a client here: cvtr.connect(...).",
            )  # fmt: skip
        client = self._writes if write else self._reads
        request = client.build_request(
            method,
            path,
            params=list(params) or None,
            headers=dict(headers or {}),
            json=body,
            data=dict(form) if form is not None else None,
        )
        if origin_of(str(request.url)) != origin_of(self.origin):
            raise OffOrigin("A link leads to another host", method=method, path=path, advice="It was not followed.")
        with self.limiter.slot(cancelled=cancelled):
            if write and cancelled is not None and cancelled():  # meanwhile, without having been asked
                raise Cancelled(WAIT_STOPPED)
            try:
                return self._send(client, request)
            except FailedRequest:
                raise
            except Exception as error:  # noqa: BLE001  what httpx lets through of its own helpers is doubt as well
                if (why := certificate_trouble(error)) is not None:
                    raise FailedRequest(Cause.NOT_CONNECTED, why, untrusted=True) from None
                cause, detail = cause_of(error)
                raise FailedRequest(cause, detail) from None

    def _send(self, client: httpx.Client, request: httpx.Request) -> Answer:
        began = time.monotonic()
        ends = began + self.timeouts.total
        with ends_at(ends), without_ids():
            answer = self._receive(client, request, ends)
        self._took[client is self._writes].append((began, time.monotonic() - began))
        return answer

    def _receive(self, client: httpx.Client, request: httpx.Request, ends: float) -> Answer:
        response = client.send(request, stream=True)
        try:
            unpacked = UnpackedBody(response.headers.get("content-encoding", ""), self.max_bytes)
            for piece in response.iter_raw():
                unpacked.add(piece)
                if time.monotonic() > ends:
                    raise FailedRequest(Cause.TIMED_OUT, f"no whole answer within {self.timeouts.total:.0f} s")
            self._note_clock(response.headers.get("date"))
            if "set-cookie" in response.headers:
                self.gate.know(*(cookie.value for cookie in client.cookies.jar))
            return Answer(response.status_code, response.headers, unpacked.whole(), self.gate)
        except BadBody as error:
            raise FailedRequest(Cause.UNREADABLE, str(error)) from None
        finally:
            response.close()

    def _note_clock(self, date: str | None) -> None:
        there = _moment(date)
        if there is not None:
            self._offsets.append((there - datetime.now(UTC)).total_seconds())


def _moment(text: str | None) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (number or date); None if there is none that can be read.

    A date is measured by the ``Date`` of the same answer: this machine's clock may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    when = _moment(text)
    if when is None:
        return None
    return (when - (_moment(headers.get("date")) or datetime.now(UTC))).total_seconds()


def refusal_of(body: bytes) -> Literal["", "error", "field"]:
    """The form of an error answer: ``field`` where it is the service's validation and names a field, ``error`` where it is the
    service's error object, else empty (a page of a gateway, plain text).
    """
    try:
        found = decode(body)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    # Symfony's validation: it names a field, so the service has looked at the request and refused it whole. That is the proof
    # on which a chunk may be split and sent again.
    listed = found.get("violations")
    if isinstance(listed, list) and any(isinstance(v, dict) and v.get("propertyPath") for v in listed):
        return "field"
    own = any(isinstance(found.get(key), str) and found[key] for key in ("hydra:description", "hydra:title"))
    return "error" if own or (isinstance(found.get("title"), str) and isinstance(found.get("detail"), str)) else ""


def problem_words(answer: Answer, ids: Collection[LeadId] = ()) -> str:
    """The service's own words in an error answer, through its gate; empty if there are none to be read. ``ids``: the leads
    that were asked about, which may be named.
    """
    try:
        found = decode(answer.body)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    for key in ("hydra:description", "detail", "error_description", "message", "hydra:title", "title"):
        words = found.get(key)
        if isinstance(words, str) and words.strip():
            return answer.gate.said(words, ids=ids)
    return ""


def own_form(body: bytes) -> bool:
    """Whether an error came in the service's own form: the problem object that is documented for v4, or Hydra's (convertr: 2.6).
    A gateway's page, and a gateway's ``{"message": "Not Found"}``, are neither.
    """
    try:
        found = decode(body)
    except ValueError:
        return False
    if not isinstance(found, dict):
        return False
    text = {key for key, value in found.items() if isinstance(value, str) and value.strip()}
    return found.get("@type") == "hydra:Error" or "hydra:description" in text or {"type", "title", "detail"} <= text


def failure_error(failed: FailedRequest, method: str, path: str) -> ServiceError:
    """The error to raise for a read that got no answer."""
    if failed.untrusted:
        return NotTrusted(
            f"Convertr could not be reached safely: {failed.detail}", method=method, path=path,
            advice="Nothing was sent, and this is not tried again. If your company inspects traffic, SSL_CERT_FILE names its "
            "certificates; else ask your administrator.",
        )  # fmt: skip
    if failed.cause is Cause.NOT_CONNECTED:
        return NotReached(
            f"Convertr could not be reached: {failed.detail}", method=method, path=path,
            advice="Check the enterprise name, the network and any proxy, then try again.",
        )  # fmt: skip
    if failed.cause is Cause.UNREADABLE:
        return Unreadable(failed.detail.capitalize(), method=method, path=path, advice="Ask for less at once.")
    return NoAnswer(f"No reliable answer: {failed.detail}", method=method, path=path, advice="Try again in a moment.")


_IN_PATH = re.compile(r"/(\d{1,19})(?=/|$)")


def status_error(answer: Answer, method: str, path: str) -> ServiceError | None:
    """The error to raise for an answer that is no 2xx; None for a 2xx."""
    status = answer.status
    if 200 <= status < 300:
        return None
    words = problem_words(answer, [int(n) for n in _IN_PATH.findall(path)])

    def make(cls: type[ServiceError], what: str, advice: str) -> ServiceError:
        return cls(
            what, method=method, path=path, status=status, advice=advice, own_form=own_form(answer.body), words=words
        )  # fmt: skip

    if 300 <= status < 400:
        return make(OffOrigin, "The service redirects elsewhere", "It was not followed; check the enterprise name.")
    if status == 403:
        return make(NotAllowed, "This account may not do that", "Ask an admin of the enterprise for the right.")
    if status in {404, 410}:
        return make(NotFound, "It does not exist, or is not visible to you", "Check the id.")
    if status == 429:
        return make(TooManyRequests, "The request limit of the platform is used up", "Wait five minutes.")
    if status >= 500:
        return make(ServiceBroken, "The service failed", "Try again in a moment. If that does not help, tell Convertr support.")
    return make(RequestRefused, "The service refused the request", "Its message says why. The request was not carried out.")
