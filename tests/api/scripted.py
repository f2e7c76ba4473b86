"""A server on a real socket that gives prepared answers and notes every request: the client's opposite in these tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LOGIN = {
    "access_token": "token-1",
    "expires_in": 3600,
    "token_type": "bearer",
    "scope": None,
    "refresh_token": "refresh-1",
    "client_id": "client",
    "client_secret": "secret",
    "user_id": 7,
    "password_expired": False,
}


@dataclass
class Request:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Reply:
    """``raw`` bytes are sent as they are; ``cut`` closes the connection after so many bytes of the body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: int | None = None
    close_before: bool = False

    def bytes(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


Answering = Reply | Callable[[Request], Reply]


class Scripted:
    """``answers[(method, path)]`` is a Reply, a function of the request, or a list of them (the last one repeats)."""

    def __init__(self, *, sandbox: bool = True) -> None:
        self.requests: list[Request] = []
        self.date: str | None = None
        """The Date of every answer; None: the time it is."""
        marker = {"X-Cvtr-Sandbox": "1"} if sandbox else {}
        self.answers: dict[tuple[str, str], Answering | list[Answering]] = {
            ("POST", "/api/login"): Reply(200, LOGIN, marker),
            ("GET", "/api/v4/users/7"): Reply(200, {"id": 7, "role": "ROLE_ADMIN", "features": {"deleteLeads": True}}),
        }
        self._lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536  # one packet an answer: two small ones wait 40 ms for each other

            def log_message(self, *_: object) -> None:
                pass

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {k.lower(): v for k, v in self.headers.items()}
                query = parse_qsl(parts.query, keep_blank_values=True)
                reply = owner._answer(Request(self.command, parts.path, query, headers, body))
                if reply.close_before:
                    self.close_connection = True
                    return
                data = reply.bytes()
                dated = {} if owner.date is None else {"Date": owner.date}
                # http.server writes its own Date unless told not to
                (self.send_response_only if "Date" in reply.headers or dated else self.send_response)(reply.status)
                for name, value in {"Content-Type": "application/json", **dated, **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data if reply.cut is None else data[: reply.cut])
                if reply.cut is not None:
                    self.close_connection = True

            do_GET = do_POST = _serve  # noqa: N815

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            found = self.answers.get((request.method, request.path), Reply(404, {"hydra:description": "no such thing"}))
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, Reply) else found(request)

    def asked(self, path: str) -> list[Request]:
        return [r for r in self.requests if r.path == path]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def collection(members: list[Any], total: int | None = None) -> Reply:
    """A Hydra collection on one page."""
    return Reply(200, {"hydra:member": members, "hydra:totalItems": len(members) if total is None else total})
