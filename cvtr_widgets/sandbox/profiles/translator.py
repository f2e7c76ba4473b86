"""Translates between the sandbox and a client that expects other words: requests on their way in, answers on their way out."""

from __future__ import annotations

import io
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cvtr_widgets.sandbox.app import SINCE
from cvtr_widgets.sandbox.data.seed import CATEGORIES, REASONS
from cvtr_widgets.sandbox.profiles.platform_page import page
from cvtr_widgets.sandbox.profiles.profile import CallProfile, ServiceProfile, put, taken
from cvtr_widgets.sandbox.rules import Refused

API_ROOT = "/api/v4/"
PAGE = "/v2/leads"
"""Where the platform's own page is."""
MARK = "x-cvtr-sandbox"
Environ = dict[str, Any]
Start = Callable[..., Any]
App = Callable[[Environ, Start], Iterable[bytes]]
Answer = tuple[int, list[tuple[str, str]], bytes]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{lead\}", r"(?P<lead>\d+)").replace(r"\{flag\}", r"(?P<flag>[\w-]+)"))


class Translator:
    """A WSGI app around another. ``heard`` holds the writes as they were said: method, path, content type, body."""

    def __init__(self, app: App, speech: ServiceProfile) -> None:
        self.speech = speech
        self.heard: list[tuple[str, str, str, bytes]] = []
        self.marked = True
        self._app = app
        self._calls = [(_pattern(call.path), call) for call in speech.calls]
        self._jobs: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if (method, path) == ("GET", PAGE):
            shown = page(self.speech)
            start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(shown)))])
            return [shown]
        try:
            status, headers, text = self._answer(environ, method, path, body)
        except Refused as refused:
            problem = {"@type": "hydra:Error", "hydra:title": "An error occurred", "hydra:description": refused.text}
            status, headers, text = refused.status, [], json.dumps(problem).encode()
        dropped = {"content-length", "content-type"} | (set() if self.marked else {MARK})
        kept = [(k, v) for k, v in headers if k.lower() not in dropped]
        start(f"{status} .", [*kept, ("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
        return [text]

    def _answer(self, environ: Environ, method: str, path: str, body: bytes) -> Answer:
        if path == self.speech.login:
            return self._login(environ, body)
        if path == "/oauth/v2/token":
            return self._ask(environ, method, path, body, environ.get("CONTENT_TYPE", ""))
        if not path.startswith(f"{self.speech.base}/"):
            raise Refused(404, "Not Found")
        rest = path[len(self.speech.base) + 1 :]
        if method == "GET" and rest.startswith(f"{self.speech.jobs}/"):
            return self._job(environ, rest.removeprefix(f"{self.speech.jobs}/"))
        for pattern, call in self._calls:
            match = pattern.fullmatch(rest)
            if match and method == call.method:
                self.heard.append((method, path, environ.get("CONTENT_TYPE", ""), body))
                return self._write(environ, call, match.groupdict(), body)
        return self._read(environ, method, rest, body)

    def _ask(self, environ: Environ, method: str, path: str, body: bytes, kind: str, query: str | None = None) -> Answer:
        """The sandbox's own answer."""
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            told.extend((int(status.split(maxsplit=1)[0]), headers))

        asked = {
            **environ, SINCE: time.monotonic(), "REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body), "QUERY_STRING": environ.get("QUERY_STRING", "") if query is None else query,
        }  # fmt: skip
        text = b"".join(self._app(asked, start))
        return told[0], told[1], text

    # -- reading ------------------------------------------------------------------------------------------------------

    def _login(self, environ: Environ, body: bytes) -> Answer:
        status, headers, text = self._ask(environ, "POST", "/api/login", body, environ.get("CONTENT_TYPE", ""))
        found = json.loads(text)
        if "access_token" in found:
            put(found, self.speech.token, found.pop("access_token"))
        return status, headers, json.dumps(found).encode()

    def _read(self, environ: Environ, method: str, rest: str, body: bytes) -> Answer:
        if method != "GET" and not rest.endswith(("change-password", "lead-flag-reason-categories")):
            raise Refused(404, "Not Found")  # the sandbox's own writes are not spoken here
        resource, slash, more = rest.partition("/")
        ending = self.speech.enriched
        enriched = bool(ending) and resource.endswith(ending)
        spoken = resource.removesuffix(ending) if enriched else resource
        own_name = {v: k for k, v in self.speech.resources.items()}.get(spoken, spoken)
        if own_name != spoken or spoken not in self.speech.resources:
            keys = {v: k for k, v in self.speech.query.items()}
            dropped = set(self.speech.query) - set(keys)
            pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
            query = urlencode([(keys.get(k, k), v) for k, v in pairs if k not in dropped])
            path = API_ROOT + own_name + (".jsonld" if enriched else "") + slash + more
            status, headers, text = self._ask(environ, method, path, body, environ.get("CONTENT_TYPE", ""), query)
            return status, headers, self._spoken(own_name, text) if status == 200 else text
        raise Refused(404, "Not Found")

    def _spoken(self, resource: str, text: bytes) -> bytes:
        found = json.loads(text)
        if not isinstance(found, dict) or "hydra:member" not in found:
            return json.dumps(self._row(resource, found)).encode()
        out: dict[str, Any] = {}
        put(out, self.speech.members, [self._row(resource, r) for r in found["hydra:member"]])
        if self.speech.total:
            put(out, self.speech.total, found["hydra:totalItems"])
        for mapping in found.get("hydra:search", {}).get("hydra:mapping", []):
            mapping["variable"] = self.speech.query.get(mapping["variable"], mapping["variable"])
        out.update({k: v for k, v in found.items() if k == "hydra:search"})
        return json.dumps(out, ensure_ascii=False).encode()

    def _row(self, resource: str, row: Any) -> Any:
        names: Mapping[str, str] = self.speech.lead if resource == "leads" else self.speech.rows.get(resource, {})
        if not names or not isinstance(row, dict):
            return row
        out = {k: v for k, v in row.items() if k not in names}
        for lead_id, spoken in names.items():
            if lead_id in row and spoken:
                words = self.speech.lead_words.get(lead_id, {}) if resource == "leads" else {}
                put(out, spoken, words.get(row[lead_id], row[lead_id]))
        return out

    # -- writing ------------------------------------------------------------------------------------------------------

    def _write(self, environ: Environ, call: CallProfile, parts: dict[str, str], body: bytes) -> Answer:
        said = self._said(environ, call, body)
        ids = self._ids(call, parts, said)
        lead_id: dict[str, Any] = {"leads": ids}
        for key, wanted in call.demands.items():
            found = taken(said, key)
            if found != (str(wanted).lower() if call.form and isinstance(wanted, bool) else wanted):
                raise Refused(422, f"{key}: this is needed.", key)
        if call.native in {"leads-bulk-deliver", "leads-bulk-undeliver", "leads-bulk-reprocess", "leads-bulk-delete"}:
            lead_id["confirm"] = True
        for key, spoken in call.keys.items():
            value = parts.get("flag") if spoken == "{flag}" else taken(said, spoken)
            if value is not None:
                self._understood(call, lead_id, key, value)
        # All that was understood has been taken out: a field that is left is one that this service does not know.
        if said:
            raise Refused(422, f"{next(iter(said))}: this field was not expected.")
        status, headers, text = self._ask(
            environ, "POST", API_ROOT + call.native, json.dumps(lead_id).encode(), "application/json", ""
        )
        if status >= 300:
            return status, headers, text
        rows = json.loads(text)["leads"]
        whole = self._shaped(call, rows)
        if call.queued:
            job = secrets.token_hex(6)
            names = self.speech.job
            done: dict[str, Any] = {}
            put(done, names["state"], names["done"])
            put(done, names["result"], whole)
            with self._lock:
                self._jobs[job] = (200, [], json.dumps(done).encode())
            first: dict[str, Any] = {}
            put(first, names["job"], job)
            return 202, headers, json.dumps(first).encode()
        return call.status, headers, b"" if call.answer == "none" else json.dumps(whole).encode()

    def _job(self, environ: Environ, job: str) -> Answer:
        status, headers, text = self._ask(environ, "GET", f"{API_ROOT}statistics", b"", "")  # whose token it is, and the limits
        if status != 200:
            return status, headers, text
        with self._lock:
            return self._jobs.get(job, (404, [], b"{}"))

    @staticmethod
    def _said(environ: Environ, call: CallProfile, body: bytes) -> dict[str, Any]:
        kind = environ.get("CONTENT_TYPE", "").partition(";")[0]
        if not body:
            return {}
        if kind != ("application/x-www-form-urlencoded" if call.form else "application/json"):
            raise Refused(415, "This content type is not taken here.")
        if not call.form:
            found = json.loads(body)
            if not isinstance(found, dict):
                raise Refused(400, "An object is needed.")
            return found
        out: dict[str, Any] = {}
        for key, value in parse_qsl(body.decode(), keep_blank_values=True):
            if key.endswith("[]"):
                out.setdefault(key, []).append(value)
            else:
                put(out, key.replace("[", ".").replace("]", ""), value)
        return out

    def _ids(self, call: CallProfile, parts: dict[str, str], said: dict[str, Any]) -> list[int]:
        if not call.ids:
            return [int(parts["lead"])]
        given = taken(said, call.ids)
        if call.id_as == "comma":
            given = given.split(",") if isinstance(given, str) else None
        if call.one:
            given = [given]
        if not isinstance(given, list) or not given:
            raise Refused(422, f"{call.ids}: leads are needed.", call.ids)
        if call.wrapped:
            given = [one.get(call.wrapped) if isinstance(one, dict) else None for one in given]
        if call.most is not None and len(given) > call.most:
            raise Refused(413, f"At most {call.most} leads.")
        return [self._id(call, one) for one in given]

    def _id(self, call: CallProfile, value: Any) -> int:
        start = f"{self.speech.base}/{self.speech.resources.get('leads', 'leads')}/"
        if call.id_as == "iri" and isinstance(value, str) and value.startswith(start):
            value = value.removeprefix(start)
        elif call.id_as == "integer" and not call.form:
            if not isinstance(value, int) or isinstance(value, bool):
                raise Refused(422, f"{call.ids}: integers are needed.", call.ids)
            return value
        elif call.id_as == "iri" or not isinstance(value, str):
            raise Refused(422, f"{call.ids}: ids of another form are needed.", call.ids)
        if not (value.isascii() and value.isdigit()):
            raise Refused(422, f"{call.ids}: no id.", call.ids)
        return int(value)

    def _understood(self, call: CallProfile, lead_id: dict[str, Any], key: str, value: Any) -> None:
        words = call.words.get(key)
        if words is not None:
            if value not in words:
                raise Refused(422, f"{key}: this word is not known.", key)
            lead_id[key] = words[value]
        elif key == "flagReason":
            self._reason(call, lead_id, value)
        elif key == "flagReasonCategory":
            lead_id[key] = self._listed(call, "lead-flag-reason-categories", CATEGORIES, value)
        elif key == "integrations":
            values = value if isinstance(value, list) else [value]
            lead_id[key] = [int(v) if call.form else self._job_id(call, v) for v in values]
        else:
            lead_id[key] = value

    def _job_id(self, call: CallProfile, value: Any) -> int:
        if call.id_as == "iri":
            return int(str(value).rsplit("/", 1)[-1])
        if call.id_as == "text":
            return int(value)
        if not isinstance(value, int):
            raise Refused(422, "jobs: integers are needed.")
        return value

    def _reason(self, call: CallProfile, lead_id: dict[str, Any], value: Any) -> None:
        flag = lead_id.get("flag")
        listed = REASONS.get(str(flag), {})
        if call.reason_as == "name":
            number = next((i for i, name in listed.items() if name == value), None)
            lead_id.update({"customReason": value} if number is None else {"flagReason": number})
        else:
            lead_id["flagReason"] = self._listed(call, "lead-flag-reasons", listed, value)

    def _listed(self, call: CallProfile, resource: str, listed: Mapping[int, str], value: Any) -> int:
        match call.reason_as:
            case "name":
                found = next((i for i, name in listed.items() if name == value), None)
            case "iri":
                start = f"{API_ROOT}{resource}/"
                found = int(value.removeprefix(start)) if isinstance(value, str) and value.startswith(start) else None
            case "digits":
                found = int(value) if isinstance(value, str) and value.isdigit() else None
            case _:
                digits = call.form and isinstance(value, str) and value.isdigit()
                found = int(value) if digits else value if isinstance(value, int) else None
        if found is None:
            raise Refused(422, f"{resource}: this one is not known.")
        return found

    # -- answers ------------------------------------------------------------------------------------------------------

    def _shaped(self, call: CallProfile, rows: list[dict[str, Any]]) -> Any:
        names, check = call.names, call.native == "is-lead-delivered"
        word_key = names.get("delivered", "delivered") if check else names.get("status", "status")

        def row(one: dict[str, Any]) -> dict[str, Any]:
            word = one["delivered"] if check else one["status"]
            shown: dict[str, Any] = {}
            put(shown, names.get("id", "id"), str(one["id"]) if call.id_as == "text" else one["id"])
            put(shown, word_key, call.said.get(word, word))
            if one.get("message"):
                put(shown, names.get("message", "message"), one["message"])
            return shown

        out: dict[str, Any] = {}
        match call.answer:
            case "rows":
                put(out, names.get("leads", "leads"), [row(one) for one in rows])
            case "map":
                said = {str(one["id"]): call.said.get(w := one["delivered"] if check else one["status"], w) for one in rows}
                put(out, names.get("leads", "leads"), said)
            case "lists":
                good = [one for one in rows if (one["delivered"] if check else one["status"] != "error")]
                bad = [one for one in rows if one not in good]
                put(out, names.get("accepted", "accepted"), [one["id"] for one in good])
                rejected = [one["id"] for one in bad] if check else [row(one) for one in bad]
                put(out, names.get("rejected", "rejected"), rejected)
            case "one":
                return row(rows[0]) if rows else {}
            case "none":
                return None
        return out


def dressed(app: App, speech: ServiceProfile | None, *, pretend_live: bool) -> App:
    """The app in other words, and without the mark of the sandbox where it pretends to be live."""
    inner = app if speech is None else Translator(app, speech)
    if not pretend_live:
        return inner
    if isinstance(inner, Translator):
        inner.marked = False
        return inner
    return _unmarked(inner)


def _unmarked(app: App) -> App:
    def unmarked(environ: Environ, start: Start) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [(k, v) for k, v in headers if k.lower() != MARK], *more)

        return app(environ, begin)

    return unmarked
