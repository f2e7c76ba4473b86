"""Reading JSON: logged in, retried where that is safe, and turned into errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from cvtr_widgets.api.auth import EXPIRED_ADVICE, Auth
from cvtr_widgets.api.cancel_token import never
from cvtr_widgets.api.read_retry import ReadRetry
from cvtr_widgets.api.strict_json import TooMuch, decode
from cvtr_widgets.api.transport import (
    Answer,
    FailedRequest,
    Form,
    Params,
    Transport,
    failure_error,
    origin_of,
    problem_words,
    retry_after,
    status_error,
)
from cvtr_widgets.dialect.default import Dialect
from cvtr_widgets.errors import (
    LoginRefused,
    OffOrigin,
    PasswordExpired,
    RequestRefused,
    Unreadable,
)
from cvtr_widgets.frames.field_map import id_in, ids_in
from cvtr_widgets.models import LeadId, Stopped

_PLAIN_REST = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
"""What may follow a resource's name: no dots, no query, nothing encoded."""


class Reader:
    """GET (and the harmless POSTs that only ask). Reads may be repeated: they change nothing."""

    def __init__(self, transport: Transport, auth: Auth, dialect: Dialect, *, first_wait: float = 0.25) -> None:
        self.transport = transport
        self.auth = auth
        self.dialect = dialect
        self._retry = ReadRetry(first_wait)

    def url(self, resource: str) -> str:
        """The path of a resource, or of one thing of it (``leads/123``).

        Raises:
            RequestRefused: what follows it could lead elsewhere.
        """
        name, slash, rest = resource.partition("/")
        if slash and not _PLAIN_REST.fullmatch(rest):
            raise RequestRefused("That is not an id, so nothing was asked for", advice="Give the id as a number.")
        return self.dialect.resource(name) + slash + rest

    def link(self, address: str) -> str:
        """A link out of an answer, as a path of this origin.

        Raises:
            OffOrigin: it leads to another host; it is not followed.
        """
        try:
            whole = urljoin(f"{self.transport.origin}{self.dialect.base}/", address)
            same = origin_of(whole) == origin_of(self.transport.origin)
        except ValueError:
            raise OffOrigin("A link in the answer is not an address", advice="It was not followed.") from None
        if not same:
            raise OffOrigin("A link in the answer leads to another host", advice="It was not followed.")
        parts = urlsplit(whole)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def record_id(self, resource: str, record: Any) -> LeadId | None:
        """The id of a row of a resource; None where it has none, or names two different ones."""
        return id_in(record, self.dialect.id_path(resource))

    def record_ids(self, resource: str, records: Sequence[Any]) -> list[LeadId | None]:
        """``record_id`` of many rows."""
        return ids_in(records, self.dialect.id_path(resource))

    def get(self, resource: str, params: Params = (), *, cancelled: Stopped = never) -> Any:
        """The decoded JSON of a resource.

        Raises:
            ServiceError: one of its kinds, when no attempt gave a readable 2xx.
        """
        return self.ask("GET", self.url(resource), params, cancelled=cancelled)

    def ask(
        self,
        method: str,
        path: str,
        params: Params = (),
        *,
        body: Any = None,
        form: Form | None = None,
        cancelled: Stopped = never,
    ) -> Any:
        """The decoded JSON at a path, asked for by a method that only asks there.

        Raises:
            ServiceError: one of its kinds, when no attempt gave a readable 2xx.
        """

        def work() -> Any:
            answer = self._once(method, path, params, body, form, cancelled)
            try:
                return decode(answer.body)
            except TooMuch as error:
                raise Unreadable(
                    f"The answer cannot be taken: {error}", method=method, path=path, status=answer.status,
                    advice="Ask for less at once.",
                ) from None  # fmt: skip
            except ValueError:
                raise Unreadable(
                    "The answer is not JSON", method=method, path=path, status=answer.status,
                    advice="Try again. If that does not help, check that the enterprise name is right.",
                ) from None  # fmt: skip

        return self._retry(work)

    def answer(self, resource: str) -> Answer:
        """The whole answer of ``get``, undecoded.

        Raises:
            ServiceError: one of its kinds, when no attempt gave a 2xx.
        """
        return self._retry(lambda: self._once("GET", self.url(resource), (), None, None, never))

    def bring(self, resource: str, params: Params = (), *, cancelled: Stopped = never) -> bytes:
        """What ``get`` would decode, for whoever decodes it elsewhere.

        Raises:
            ServiceError: one of its kinds, when no attempt gave a 2xx.
        """
        return self._retry(lambda: self._once("GET", self.url(resource), params, None, None, cancelled).body)

    def post_once(self, resource: str, body: Any) -> Any:
        """A POST that changes something small: sent once, never repeated.

        Raises:
            NoAnswer: it is not known whether it was carried out; read before trying again.
        """
        path = self.url(resource)
        answer = self._once("POST", path, (), body, None, never)
        try:
            return decode(answer.body) if answer.body else None
        except ValueError:
            return None

    def _once(self, method: str, path: str, params: Params, body: Any, form: Form | None, cancelled: Stopped) -> Answer:
        """One exchange, with one renewal when the token has ended."""
        for renewed in (False, True):
            headers = self.auth.header(cancelled)
            try:
                answer = self.transport.exchange(
                    method, path, params=params, headers=headers, body=body, form=form, cancelled=cancelled
                )
            except FailedRequest as failed:
                raise failure_error(failed, method, path) from None
            # Once: a second 401 with a new token is an answer, and more logins would bring the account closer to being locked.
            if answer.status == 401 and not renewed:
                self.auth.renew(headers["Authorization"].removeprefix("Bearer "), cancelled)
                continue
            break
        self._raise_for(answer, method, path)
        return answer

    def _raise_for(self, answer: Answer, method: str, path: str) -> None:
        if answer.status == 401:
            raise LoginRefused(
                "The service does not take the new token either", method=method, path=path, status=401,
                advice="Connect again. If that does not help, the account may have been closed.",
            )  # fmt: skip
        if answer.status >= 400 and problem_words(answer) == "Password expired":
            raise PasswordExpired(
                "The password of this account has expired", method=method, path=path, status=answer.status,
                advice=EXPIRED_ADVICE,
            )  # fmt: skip
        if answer.status == 429:
            self.transport.limiter.pause(retry_after(answer.headers))
        error = status_error(answer, method, path)
        if error is not None:
            raise error
