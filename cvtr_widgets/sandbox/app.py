"""The sandbox over HTTP: one WSGI app. Every request is noted, passes the gate and the mishaps, then the rules."""

from __future__ import annotations

import json
import math
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.datastructures import Headers

from cvtr_widgets.sandbox.answers import as_error, as_json, compact, password_expired
from cvtr_widgets.sandbox.auth import LoginCheck
from cvtr_widgets.sandbox.data.store import SandboxStore
from cvtr_widgets.sandbox.faults.draw import Faults, call_of, leads_of
from cvtr_widgets.sandbox.faults.faults import Mishap
from cvtr_widgets.sandbox.faults.inject import ALTERING, CUT_HEADER, altered, spoiled
from cvtr_widgets.sandbox.reads import GetAnswers
from cvtr_widgets.sandbox.rules import Effect, Refused, Rules, User, check_ids

SINCE, SEEN = "cvtr.since", "cvtr.seen"
"""Where a WSGI environment has the moment when its request came in, and what was noted of it."""
WRITES = frozenset(f"leads-bulk-{what}" for what in ("flag", "deliver", "undeliver", "metadata", "reprocess", "delete"))
BASE = "/api/v4/"


@dataclass
class SeenRequest:
    """One request that came in. Times are ``time.monotonic()`` seconds."""

    method: str
    path: str
    query: list[tuple[str, str]]
    started: float
    body: Any = None
    user: str | None = None
    status: int | None = None
    ended: float | None = None


@dataclass
class RequestRecord:
    """What the sandbox noted about its callers."""

    requests: list[SeenRequest] = field(default_factory=list)
    in_flight: int = 0
    max_in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, seen: SeenRequest) -> None:
        """A request came in."""
        with self.lock:
            self.requests.append(seen)
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self, seen: SeenRequest, status: int | None) -> None:
        """It was answered (None: the connection was cut)."""
        with self.lock:
            seen.status, seen.ended = status, time.monotonic()
            self.in_flight -= 1


class EffectQueue:
    """Effects that come later. They are carried out when their time has come and somebody asks."""

    def __init__(self) -> None:
        self._due: list[tuple[float, Callable[[], object]]] = []
        self._lock = threading.Lock()
        # Two locks: ``_lock`` guards the list for a moment, ``_working`` is held while effects run, so that whoever calls work()
        # second returns only when the first is done.
        self._working = threading.Lock()
        self._hurried = threading.Event()

    def hold(self, seconds: float) -> None:
        """Let so many seconds pass, or fewer when it is hurried."""
        self._hurried.wait(seconds)

    def add(self, seconds: float, effect: Callable[[], object]) -> None:
        """Carry it out in so many seconds."""
        with self._lock:
            self._due.append((time.monotonic() + seconds, effect))

    def __len__(self) -> int:
        return len(self._due)

    def hurry(self) -> None:
        """All of it is due now."""
        with self._lock:
            self._due = [(float("-inf"), effect) for _, effect in self._due]
            # A new event for the holds to come: an event that is set stays set, and would let them all pass at once.
            hurried, self._hurried = self._hurried, threading.Event()
        hurried.set()
        self.work()

    def work(self) -> None:
        """Carry out what is due; when it returns, that is done, whoever did it."""
        with self._working:
            now = time.monotonic()
            with self._lock:
                due = [effect for at, effect in self._due if at <= now]
                self._due = [(at, effect) for at, effect in self._due if at > now]
            for effect in due:
                effect()


@dataclass
class RequestContext:
    """Everything that answering a request takes."""

    store: SandboxStore
    gate: LoginCheck
    rules: Rules
    reads: GetAnswers
    latency: float
    queue_delay: float
    max_ids: int
    world: str = field(default_factory=lambda: secrets.token_hex(8))
    record: RequestRecord = field(default_factory=RequestRecord)
    queue: EffectQueue = field(default_factory=EffectQueue)
    faults: Faults = field(default_factory=Faults)


def make_app(desk: RequestContext) -> Callable[..., Iterable[bytes]]:
    """The app. ``desk`` may be changed while it runs (faults)."""
    app = Flask("cvtr_widgets.sandbox", static_folder=None)

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    def answer(path: str) -> Response:
        seen = SeenRequest(request.method, "/" + path, list(request.args.items(multi=True)), request.environ[SINCE])
        if request.is_json:
            seen.body = request.get_json(silent=True)
        desk.record.begin(seen)
        request.environ[SEEN] = seen
        # Half of the latency before and half after the effect, as on a real way there and back: a caller that times out early
        # must not know whether the write was applied.
        pass_until(seen.started + desk.latency / 2)
        desk.queue.work()
        return RequestInProgress(desk, seen).answer()

    return TimedAnswers(app, desk)


class TimedAnswers:
    """A WSGI app around another, which has its answer ready when the time for it has come and holds it until then.

    A request counts as under way until its answer is about to be sent.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], desk: RequestContext) -> None:
        self._app = app
        self._desk = desk

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        told: list[Any] = []
        status: int | None = None
        try:
            answer = self._app(environ, lambda *words: told.extend(words))
            # Flask cannot hang up; a header of the sandbox's own carries the wish out to the server, and never goes over the
            # wire.
            cut = any(name == CUT_HEADER for name, _ in told[1])
            pass_until(environ[SINCE] + self._desk.latency)
            status = None if cut else int(told[0].split(maxsplit=1)[0])
            if cut:
                environ["cvtr.cut"]()
        finally:
            if SEEN in environ:
                # Before the answer is sent: with it in its hands the caller may send the next request, and would otherwise be
                # counted as having two in flight.
                self._desk.record.end(environ[SEEN], status)
        start(told[0], [(name, value) for name, value in told[1] if name != CUT_HEADER])
        return answer


def pass_until(moment: float) -> None:
    """Wait for a moment of ``time.monotonic()``, if it is still to come."""
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)


def stranger(host: str, headers: Headers) -> str | None:
    """Why a request is not answered: it comes from a page of another site in the user's browser, or by a name that somebody
    has pointed at this machine (DNS rebinding). Everybody on the machine could otherwise be made to write to the sandbox.
    """
    name = urlsplit(f"//{host}").hostname or ""
    if name not in {"127.0.0.1", "localhost", "::1"}:
        return "The sandbox only answers to this machine's own names."
    # Scripts send neither Origin nor Sec-Fetch-Site; browsers send at least one of them on every request that could write.
    origin = headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        return "The sandbox does not answer to pages of other sites."
    if origin is None and headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return "The sandbox does not answer to pages of other sites."
    return None


class RequestInProgress:
    """One request on its way to its answer."""

    def __init__(self, desk: RequestContext, seen: SeenRequest) -> None:
        self._desk = desk
        self._seen = seen
        self._call = call_of(seen.path)

    def answer(self) -> Response:
        """The answer, as the gate, the mishaps and the rules will have it."""
        try:
            early = self._doors()
            if early is not None:
                return early
            user = self._desk.gate.user(request.headers.get("Authorization", ""))
            self._seen.user = user.username
            if request.is_json and self._seen.body is None and request.get_data().strip() not in {b"", b"null"}:
                raise Refused(400, "Syntax error")
            return self._for_user(user)
        except Refused as refused:
            if refused.status == 401:
                return as_json({"error": "invalid_grant", "error_description": refused.text}, 401)
            return as_error(refused.status, refused.text, refused.where)

    def _doors(self) -> Response | None:
        path = self._seen.path
        if (why := stranger(request.host, request.headers)) is not None:
            return as_error(403, why)
        wait = self._desk.gate.wait()
        if wait:
            return Response("Too many requests", 429, {"Retry-After": str(math.ceil(wait))}, mimetype="text/plain")
        if path not in {"/api/login", "/oauth/v2/token"}:
            return None if path.startswith(BASE) else as_error(404, "Not Found")
        if request.method != "POST":
            return as_error(405, "Method Not Allowed")
        return spoiled(self._struck([]), self._log_in, self._desk.queue.hold)

    def _log_in(self) -> Response:
        form, fresh = request.form.to_dict(), self._seen.path == "/api/login"
        status, body = self._desk.gate.login(form) if fresh else self._desk.gate.renew(form)
        response = as_json(body, status)
        if fresh:
            response.headers["X-Cvtr-Sandbox"] = self._desk.world
        return response

    def _struck(self, leads: list[int]) -> list[Mishap]:
        return [m for m in self._desk.faults.for_call(self._call, leads) if isinstance(m, Mishap)]

    def _for_user(self, user: User) -> Response:
        if self._seen.path == f"{BASE}users/{user.id}/change-password" and request.method == "POST":
            return self._change_password(user)
        if user.expired:
            return password_expired()
        body = self._seen.body if isinstance(self._seen.body, dict) else {}
        leads = leads_of(self._seen.path, self._seen.query, body)
        struck = self._struck(leads)
        if self._password_ends(user, struck):
            return password_expired()
        self._others(struck, leads, "before")
        response = spoiled(struck, lambda: self._plain(user, body, struck), self._desk.queue.hold)
        self._others(struck, leads, "after")
        return response

    def _password_ends(self, user: User, struck: list[Mishap]) -> bool:
        """The token, the whole login or the password ends with this call; gives whether it was the password."""
        ended = {m.do for m in struck}
        user.expired = user.expired or "password_expires" in ended
        user.locked = user.locked or "login_ends" in ended
        if ended & {"token_ends", "login_ends"}:
            self._desk.gate.expire_tokens(refresh_too="login_ends" in ended)
            raise Refused(401, "The access token provided has expired.")
        return user.expired

    def _others(self, struck: list[Mishap], leads: list[int], when: str) -> None:
        """What others do to leads meanwhile."""
        for mishap in struck:
            if mishap.do == "meddle" and mishap.when == when:
                for lead_id in leads:
                    self._desk.store.meddle(lead_id)
            elif mishap.do == "arrive" and when == "after":
                self._desk.store.arrive(3)

    def _change_password(self, user: User) -> Response:
        body = self._seen.body if isinstance(self._seen.body, dict) else {}
        new = body.get("newPassword")
        if body.get("currentPassword") != user.password or not isinstance(new, str) or len(new) < 8:
            return as_error(422, "The current password is wrong, or the new one is too short.", "newPassword")
        user.password, user.expired = new, False
        return Response(status=202)

    def _plain(self, user: User, body: dict[str, Any], struck: list[Mishap]) -> Response:
        path = self._seen.path.removeprefix(BASE)
        if path in WRITES or path == "is-lead-delivered":
            if request.method != "POST":
                return as_error(405, "Method Not Allowed")
            return self._check(user, body, struck) if path == "is-lead-delivered" else self._write(path, user, body, struck)
        if path == "lead-flag-reason-categories" and request.method == "POST":
            return self._add_category(user, body)
        if request.method != "GET":
            return as_error(405, "Method Not Allowed")
        text = self._desk.reads.answer(path, self._seen.query, user)
        if text is None:
            return as_error(404, "Not Found")
        if path == "users/me":  # a token tells whose it is, and here also of which sandbox
            response = as_json(text)
            response.headers["X-Cvtr-Sandbox"] = self._desk.world
            return response
        if self._call == "leads" and any(m.do in ALTERING for m in struck):
            read = json.loads(text)
            text = compact(read | {"hydra:member": altered(read.get("hydra:member", []), struck)})
        return as_json(text)

    def _add_category(self, user: User, body: dict[str, Any]) -> Response:
        if user.advertisers is not None:
            return as_error(403, "Only admins can add categories.")
        name = body.get("name")
        if not isinstance(name, str) or not name.strip():
            return as_error(422, "name: this value should not be blank.", "name")
        category_id = self._desk.store.add_category(name.strip())
        if category_id is None:
            return as_error(422, "name: this category is there already.", "name")
        iri = f"/api/v4/lead-flag-reason-categories/{category_id}"
        return as_json({"@id": iri, "@type": "LeadFlagReasonCategory", "id": category_id, "name": name.strip()}, 201)

    def _check(self, user: User, body: dict[str, Any], struck: list[Mishap]) -> Response:
        rows = []
        for lead_id in check_ids(body, self._desk.max_ids):
            found = self._desk.reads.visible(lead_id, user)
            if found is not None:
                rows.append({"id": lead_id, "delivered": found["record"]["deliveryStatus"] == "Delivered"})
        return as_json({"leads": altered(rows, struck)})

    def _write(self, call: str, user: User, body: dict[str, Any], struck: list[Mishap]) -> Response:
        ids = check_ids(body, self._desk.max_ids)
        effect = self._desk.rules.effect_of(call, body, user)
        culprit = next((m for m in struck if m.do == "chunk_422_if_lead" and m.lead in ids), None)
        if culprit is not None:
            raise Refused(422, culprit.text, "leads")
        # Which calls the service queues is not documented; here reprocessing always is, and its 202 proves nothing yet.
        queued = call == "leads-bulk-reprocess" or any(m.do in {"never", "queue"} for m in struck)
        half = next((m for m in struck if m.do == "half"), None)
        if half is not None:
            # The fault that a retry policy fears most: an error is answered, and yet half of the leads are changed.
            for lead_id in ids[: (len(ids) + 1) // 2]:
                self._one(call, lead_id, user, body, effect, struck, queued=queued)
            raise Refused(half.status, half.text)
        rows = [self._one(call, lead_id, user, body, effect, struck, queued=queued) for lead_id in ids]
        return as_json({"leads": altered(rows, struck)}, 202 if queued else 200)

    def _one(
        self, call: str, lead_id: int, user: User, body: dict[str, Any], effect: Effect, struck: list[Mishap], *, queued: bool
    ) -> dict[str, Any]:
        desk = self._desk
        with desk.store.writing():
            lead = desk.reads.visible(lead_id, user)
            if lead is None:
                return {"id": lead_id, "status": "error", "message": "Lead not found"}
            mine = [m for m in struck if m.lead in {lead_id, None}]
            refusal = next((m for m in mine if m.do == "refuse_lead"), None)
            if refusal is not None:
                return {"id": lead_id, "status": "error", "message": refusal.text}
            word = "queued" if queued else "ok"
            # The answer says success and nothing happens: only reading the lead back can find that.
            if any(m.do in {"lie", "never"} for m in mine):
                return {"id": lead_id, "status": word}

            def carry_out() -> str | None:
                with desk.store.writing():
                    # Read again when it is carried out: a later effect meets the lead as it is then, perhaps deleted meanwhile.
                    there = desk.store.get(lead_id)
                    why = effect(there) if there is not None and not there["deleted"] else "Lead not found"
                    if why is None:
                        desk.store.effect(lead_id, call, user.username, body)
                    return why

            later = next((m.seconds for m in mine if m.do in {"later", "queue"}), None)
            if call == "leads-bulk-reprocess":
                desk.store.change(lead_id, user.username, None, processrStatus=200)
                desk.queue.add(desk.queue_delay if later is None else later, carry_out)
            elif later is not None:
                desk.queue.add(later, carry_out)
            else:
                why = carry_out()
                if why is not None:
                    return {"id": lead_id, "status": "error", "message": why}
            return {"id": lead_id, "status": word}
