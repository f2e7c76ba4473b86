"""A TCP proxy between a browser and Jupyter's server that spoils the web sockets of kernels, and leaves all else alone."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

HOST = "127.0.0.1"
PIECE = 65_536


class LinkProxy:
    """``url`` instead of the server's own. ``cut()`` breaks the web sockets that are open; ``swallow()`` lets them go on without
    anything arriving, until they are cut; ``delay`` (seconds) holds up each piece, both ways.
    """

    def __init__(self, upstream: int) -> None:
        self.delay = 0.0
        self.sockets = 0
        self._upstream = upstream
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, socket.socket] = {}
        self._deaf: set[socket.socket] = set()
        self._lines: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((HOST, 0))
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}/"
        self._start(self._accept)

    def __enter__(self) -> LinkProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            lines = list(self._lines)
        for one in lines:
            _hang_up(one)
        for thread in self._threads:
            thread.join(5)

    def swallow(self) -> None:
        """From now on nothing arrives by the web sockets that are open, and nobody is told."""
        with self._lock:
            self._deaf |= set(self._open)

    def cut(self) -> int:
        """Reset the web sockets that are open; gives how many."""
        with self._lock:
            pairs, self._open = list(self._open.items()), {}
        for pair in pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                _hang_up(one)
        return len(pairs)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, browser)

    def _start(self, act: Callable[..., None], *given: object) -> threading.Thread:
        thread = threading.Thread(target=act, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _serve(self, browser: socket.socket) -> None:
        with browser, socket.create_connection((HOST, self._upstream)) as server, contextlib.suppress(OSError):
            with self._lock:
                self._lines |= {browser, server}
            first = browser.recv(PIECE)
            link = b"upgrade: websocket" in first.lower() and b"/channels" in first.split(b"\r\n", 1)[0]
            if link:
                with self._lock:
                    self._open[browser] = server
                    self.sockets += 1
            server.sendall(first)
            answers = self._start(self._pump, server, browser, browser, link)
            self._pump(browser, server, browser, link)
            answers.join()
            with self._lock:
                self._open.pop(browser, None)
                self._lines -= {browser, server}

    def _pump(self, source: socket.socket, target: socket.socket, browser: socket.socket, link: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                if link and self.delay:
                    self._stopping.wait(self.delay)
                if browser not in self._deaf:
                    target.sendall(piece)
        _hang_up(source)
        _hang_up(target)


def _hang_up(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
