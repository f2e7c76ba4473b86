"""What the network does, done for real: a TCP proxy on loopback between a caller and the sandbox.

It understands just enough of HTTP to know where a request and its answer end. What it passes on it does not change, but for the
faults that are about that.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from cvtr_widgets.sandbox.faults.draw import Chaos, Faults, call_of, leads_of
from cvtr_widgets.sandbox.faults.faults import NetworkFault
from cvtr_widgets.sandbox.faults.proxy_rewrite import REWRITE, rewritten

HOST = "127.0.0.1"
EARLY = frozenset({"reset_before_body", "reset_in_body"})
"""These strike before the whole request was read, if they are not about one lead."""
SWALLOWED = frozenset({"reset_before_body", "reset_in_body", "reset_after_body"})
"""The service never hears of these requests."""


class _Gone(Exception):
    """The other end has closed, or the proxy is stopping."""


class _Line:
    """One connection, read piece by piece."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.doomed = False
        self._held = bytearray()

    def _more(self) -> None:
        try:
            piece = self.sock.recv(65_536)
        except OSError:
            raise _Gone from None
        if not piece:
            raise _Gone
        self._held += piece

    def head(self) -> bytes:
        """Up to and with the empty line."""
        while b"\r\n\r\n" not in self._held:
            self._more()
        return self.take(self._held.index(b"\r\n\r\n") + 4)

    def take(self, size: int) -> bytes:
        """So many bytes."""
        while len(self._held) < size:
            self._more()
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def rest(self) -> bytes:
        """Whatever comes until the other end closes."""
        with contextlib.suppress(_Gone):
            while True:
                self._more()
        return self.take(len(self._held))

    def send(self, data: bytes) -> None:
        """Send it all."""
        try:
            self.sock.sendall(data)
        except OSError:
            raise _Gone from None

    def closed(self) -> bool:
        """Whether the other end has hung up. Asked only while nothing is expected from it."""
        try:
            if not select.select([self.sock], [], [], 0)[0]:
                return False
            # Peeked at, not taken: what has come is perhaps the beginning of the next request.
            return self.sock.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    def close(self) -> None:
        """Hang up in good order."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def reset(self) -> None:
        """Hang up with RST, as a router does that has lost track."""
        with contextlib.suppress(OSError):
            # Linger on with 0 seconds: close() then sends RST instead of a FIN in good order.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


@dataclass
class _Request:
    """One request as it came in."""

    head: bytes
    path: str
    query: list[tuple[str, str]]
    size: int
    body: bytes = b""

    @property
    def call(self) -> str:
        return call_of(self.path)

    def leads(self) -> list[int]:
        try:
            body = json.loads(self.body) if self.body else None
        except ValueError:
            body = None
        return leads_of(self.path, self.query, body)


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


def _request_of(head: bytes) -> _Request:
    target = head.split(b"\r\n", 1)[0].split(b" ")[1].decode("latin-1")
    parts = urlsplit(target)
    return _Request(head, parts.path, parse_qsl(parts.query, keep_blank_values=True), _length(head) or 0)


class Proxy:
    """Listens on 127.0.0.1 and passes everything on to ``upstream`` (a port there), but for the faults in force."""

    def __init__(self, upstream: int, *, port: int = 0) -> None:
        self._upstream = upstream
        self._stopping = threading.Event()
        self._hurried = threading.Event()
        self._lock = threading.Lock()
        self._lines: set[_Line] = set()
        self._threads: set[threading.Thread] = set()
        self._flights: dict[threading.Event, _Line] = {}
        self._held = 0
        self.max_in_flight = 0
        self.requests = 0
        self._early, self._late = Faults(), Faults()
        # The port stays ours while nobody is let in: a socket that is bound and does not listen refuses.
        self._holder: socket.socket | None = None
        if hasattr(socket, "SO_REUSEPORT"):
            self._holder = self._bound(port)
            port = self._holder.getsockname()[1]
        self._listener: socket.socket | None = self._bound(port)
        self.port = int(self._listener.getsockname()[1])
        self._listen()

    # -- for its owner ------------------------------------------------------------------------------------------------

    def set_faults(self, faults: Sequence[NetworkFault], chaos: Chaos | None) -> None:
        """The faults from now on; their counts start again."""
        # These strike before the body is read, so they cannot depend on the leads in it.
        early = [f for f in faults if f.do in EARLY and f.lead is None]
        self._early = Faults(early)
        self._late = Faults([f for f in faults if f not in early], chaos)

    def hurry(self) -> None:
        """End every hold-up now; when this returns, everybody is let in again."""
        with self._lock:
            hurried, self._hurried = self._hurried, threading.Event()
        hurried.set()
        self._open()

    def stop(self) -> None:
        """Hang up everywhere."""
        self._stopping.set()
        self._hurried.set()
        with self._lock:
            listener, self._listener = self._listener, None
            lines, threads = list(self._lines), list(self._threads)
        for sock in (listener, self._holder):
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
        for line in lines:
            with contextlib.suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)

    def under_way(self) -> bool:
        """Whether any request is still held here, with or without its caller, or nobody is let in just now."""
        with self._lock:
            return self._held > 0 or self._listener is None

    # -- the door -----------------------------------------------------------------------------------------------------

    @staticmethod
    def _bound(port: int) -> socket.socket:
        sock = socket.socket()
        # SO_REUSEPORT lets the listener share the port with the holder. Windows lacks it: there the port is free for a moment
        # between two openings.
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR), 1)
        sock.bind((HOST, port))
        return sock

    def _listen(self) -> None:
        assert self._listener is not None  # noqa: S101  set by whoever calls
        self._listener.listen(128)
        self._spawn(self._accept, self._listener)

    def _spawn(self, work: object, *args: object) -> None:
        def whole() -> None:
            try:
                work(*args)  # type: ignore[operator]
            finally:
                with self._lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=whole, name="cvtr-sandbox-proxy", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._spawn(self._serve, _Line(sock))

    def _refuse(self, seconds: float) -> None:
        """Let nobody in for so long."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            # close() alone does not wake a thread that waits in accept().
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        self._spawn(self._reopen, seconds)

    def _reopen(self, seconds: float) -> None:
        if not self._hurried.wait(seconds):
            self._open()

    def _open(self) -> None:
        with self._lock:
            if self._stopping.is_set() or self._listener is not None:
                return
            self._listener = self._bound(self.port)
        self._listen()

    # -- one connection -----------------------------------------------------------------------------------------------

    def _serve(self, client: _Line) -> None:
        with self._lock:
            self._lines.add(client)
        wire: list[_Line] = []
        try:
            while not self._stopping.is_set() and self._one(client, wire):
                pass
        except _Gone:
            pass
        finally:
            with self._lock:
                self._lines -= {client, *wire}
            client.close()
            for line in wire:
                line.close()

    def _one(self, client: _Line, wire: list[_Line]) -> bool:
        """One exchange. Gives whether the connection may be used again."""
        if client.doomed:
            # Waits until the caller reuses the connection, which is when it must break: a client cannot tell that beforehand.
            client.take(1)
            client.reset()
            return False
        request = _request_of(client.head())
        with self._flight(client) as landed:
            struck = self._early.for_call(request.call, [])
            if not struck:
                request.body = client.take(request.size)
                struck = self._late.for_call(request.call, request.leads())
            fault = next((f for f in struck if isinstance(f, NetworkFault)), None)
            do = fault.do if fault is not None else None
            if do in SWALLOWED:
                # Struck before the body was read: half of it is taken, so that the caller is hit while it is still sending.
                if do == "reset_in_body" and not request.body:
                    client.take(request.size // 2)
                self._land(landed)
                client.reset()
                return False
            # The service hears of it later, perhaps when its caller has given up and asked again.
            if do == "late" and fault is not None:
                self._hurried.wait(fault.seconds)
                if self._stopping.is_set():
                    return False
            answer = self._ask(request, wire)
            return self._deliver(client, answer, fault, landed)

    @contextlib.contextmanager
    def _flight(self, client: _Line) -> Iterator[threading.Event]:
        """Counts an exchange from the caller's side: it has ended when it is answered, or when the caller has hung up."""
        landed = threading.Event()
        with self._lock:
            self.requests += 1
            self._held += 1
            # A caller that has hung up no longer counts as in flight, although the sandbox may still be at work for it.
            at_once = 1 + sum(not line.closed() for line in self._flights.values())
            self._flights[landed] = client
            self.max_in_flight = max(self.max_in_flight, at_once)
        try:
            yield landed
        finally:
            self._land(landed)
            with self._lock:
                self._held -= 1

    def _land(self, landed: threading.Event) -> None:
        with self._lock:
            self._flights.pop(landed, None)

    def _ask(self, request: _Request, wire: list[_Line]) -> bytes:
        """Pass the request on; the whole answer. Where the caller goes meanwhile, the service is not told."""
        if not wire:
            wire.append(_Line(socket.create_connection((HOST, self._upstream))))
            with self._lock:
                self._lines.add(wire[0])
            wire[0].sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        service = wire[0]
        service.send(request.head + request.body)
        head = service.head()
        size = _length(head)
        return head + (service.take(size) if size is not None else service.rest())

    def _deliver(self, client: _Line, answer: bytes, fault: NetworkFault | None, landed: threading.Event) -> bool:
        do = fault.do if fault is not None else None
        if fault is not None and do in {"reset_after_applying", "cut_answer", "deaf"}:
            self._withhold(client, answer, do, landed)
            return False
        if fault is not None and do == "trickle":
            # All but the last byte; that one goes the usual way below, with what belongs to the end of an exchange.
            for n in range(len(answer) - 1):
                client.send(answer[n : n + 1])
                if self._stopping.wait(fault.seconds):
                    return False
            answer = answer[-1:]
        if fault is not None and do in REWRITE:
            answer = rewritten(answer, fault)
        if fault is not None and do == "refuse":
            self._refuse(fault.seconds)  # before the answer, so that the caller's next connection meets it
        self._land(landed)  # before: with the answer in its hands the caller may send the next request at once
        client.send(answer)
        client.doomed = do == "reset_when_reused"
        return do != "close_idle"

    def _withhold(self, client: _Line, answer: bytes, do: str | None, landed: threading.Event) -> None:
        if do == "deaf":
            # Polled, because the sandbox may be stopped meanwhile, too.
            while not client.closed() and not self._stopping.wait(0.01):
                pass
            return
        if do == "cut_answer":
            # Content-Length promises more than comes: the caller must see a broken answer and not a short one.
            client.send(answer[: len(answer) - max(1, (_length(answer) or 2) // 2)])
        self._land(landed)
        client.reset()
