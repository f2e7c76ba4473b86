"""Logging in once for all threads, renewing once, and never repeating a refused login (convertr: lock-out after ten)."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from cvtr_widgets import settings
from cvtr_widgets.api import keyrings
from cvtr_widgets.api.cancel_token import never
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.api.transport import Answer, FailedRequest, Transport, failure_error, problem_words, status_error
from cvtr_widgets.dialect.default import Dialect
from cvtr_widgets.errors import Cancelled, CredentialsError, CvtrError, LoginRefused, PasswordExpired, Unreadable
from cvtr_widgets.frames.field_map import getter
from cvtr_widgets.models import INT64_MAX, Stopped

MAX_LIFE = 10 * 365 * 86_400
"""Seconds; a token that claims to live longer is taken to live an hour."""
EXPIRED_ADVICE = (
    "Connect with cvtr.connect(..., allow_expired=True) and call client.change_password(), or change it on the platform."
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password, or a token that was pasted. Never shown: the repr names the user only.

    ``source`` says where the secret came from, for messages (``CVTR_PASSWORD``), ``remedy`` what to do where it is wrong;
    ``place`` is the keyring's entry for this account.
    """

    username: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    source: str = ""
    remedy: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    ends: float
    refresh: dict[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """How a client is logged in, as it is now, and no secret.

    ``way``: ``password``, ``password and second factor`` or ``token``. ``source``: where that came from, in words, such as
    ``CVTR_PASSWORD``. ``life``: seconds that the token still lives; None where that is not known. ``renewable``: whether it can
    be renewed without the password. ``password_expired``: whether nothing but ``change_password`` works.
    """

    way: str
    source: str
    life: float | None
    renewable: bool
    password_expired: bool


class Auth:
    """The token of one account. ``ask_code(prompt)`` is called for a second factor and gives what the user typed."""

    RESERVE = 60.0
    """Seconds before its end at which a token is renewed."""

    def __init__(
        self,
        transport: Transport,
        dialect: Dialect,
        credentials: Credentials,
        ask_code: Callable[[str], str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.user_id: int | None = None
        self.password_expired = False
        self.world = ""
        self._second = False
        self._transport = transport
        self._dialect = dialect
        self._credentials = credentials
        self._first_source = credentials.source
        self._ask_code = ask_code
        self._clock = clock
        self._lock = threading.Lock()
        self._refused: CvtrError | None = None
        self._check_refused: CvtrError | None = None
        self._token: _Token | None = None
        transport.gate.know(credentials.password, credentials.token)
        if credentials.token:
            self._token = _Token(credentials.token, float("inf"))

    @property
    def sandbox(self) -> bool:
        """Whether what answered the login said that it is our look-alike; ``world`` is which one."""
        return bool(self.world)

    @property
    def username(self) -> str:
        """The account's name."""
        return self._credentials.username

    @property
    def way(self) -> str:
        """How it was logged in: ``password``, ``password and second factor`` or ``token``."""
        if self._credentials.token:
            return "token"
        return "password and second factor" if self._second else "password"

    @property
    def life(self) -> float | None:
        """Seconds that the token still lives; None where that is not known."""
        token = self._token
        return None if token is None or token.ends == float("inf") else token.ends - self._clock()

    @property
    def renewable(self) -> bool:
        """Whether the token can be renewed without the password."""
        return self._token is not None and self._token.refresh is not None

    def as_login(self) -> Login:
        """How it is logged in, for those who must not have the token."""
        return Login(self.way, self.source, self.life, self.renewable, self.password_expired)

    def header(self, cancelled: Stopped = never) -> dict[str, str]:
        """The header that carries the token; logs in or renews first where needed.

        Raises:
            LoginRefused, PasswordExpired, ServiceError: there is no token to be had. Cancelled: while waiting for the limit.
        """
        return {"Authorization": f"Bearer {self.token(cancelled)}", "Accept": "application/ld+json, application/json"}

    @contextmanager
    def _alone(self, cancelled: Stopped) -> Iterator[None]:
        """One thread logs in for all; it may have to wait for the limit."""
        while not self._lock.acquire(timeout=0.25):
            if cancelled():
                raise Cancelled("Stopped while another thread renews the login. Nothing was sent; start again when you like.")
        try:
            yield
        finally:
            self._lock.release()

    def token(self, cancelled: Stopped = never) -> str:
        """A token that still lives."""
        with self._alone(cancelled):
            if self._token is None or self._clock() >= self._token.ends - self.RESERVE:
                self._token = self._renewed(cancelled) or self._logged_in(cancelled)
            if self.password_expired:
                raise PasswordExpired("The password of this account has expired", advice=EXPIRED_ADVICE)
            return self._token.text

    def token_even_if_expired(self) -> str:
        """A token for changing the password, which is all that an expired password allows."""
        try:
            return self.token()
        except PasswordExpired:
            with self._lock:
                assert self._token is not None  # noqa: S101  token() has just set it
                return self._token.text

    def renew(self, stale: str, cancelled: Stopped = never) -> None:
        """Replace a token that the service no longer takes, unless another thread has done so already."""
        with self._alone(cancelled):
            # Eight threads get a 401 at the same moment. The first renews, the others find a newer token than theirs and go on
            # with it.
            if self._token is None or self._token.text != stale:
                return
            if self._credentials.token:
                came = f" (it came from {self._credentials.source})" if self._credentials.source else ""
                raise LoginRefused(
                    f"The token is not accepted{came}: it has expired, or belongs to another platform", status=401,
                    advice="Tokens last about an hour. Copy a new one from the platform, set CVTR_TOKEN or paste it, and connect "
                    "again. Nothing was repeated.",
                )  # fmt: skip
            self._token = self._renewed(cancelled) or self._logged_in(cancelled)

    def forget(self) -> None:
        """After a changed password: the next call logs in again."""
        with self._lock:
            self._token = None
            self.password_expired = False

    def keep_new_password(self, password: str) -> list[str]:
        """Put a changed password where the old one is kept. Gives what the user has to do by hand."""
        place, user = self._credentials.place, self.username
        said = ["CVTR_PASSWORD still holds the old password. Correct it before you connect again."] if (
            self._first_source == "CVTR_PASSWORD"
        ) else []  # fmt: skip
        if not place or keyrings.password(place, user)[0] is None:
            return said
        try:
            keyrings.keep(place, user, password)
        except CredentialsError as error:
            keyrings.drop(place, user)  # each connect would spend one of ten refusals on the old one
            said.append(f"The new password is not in the keyring: {error}")
        return said

    def replace_password(self, password: str) -> None:
        """Use another password from now on."""
        with self._lock:
            self._transport.gate.know(password)
            self._credentials = replace(self._credentials, password=password, token="", source="change_password()", remedy="")
            self._refused = None
            self._token = None
            self.password_expired = False

    def _renewed(self, cancelled: Stopped) -> _Token | None:
        if self._token is None or not self._token.refresh:
            return None
        renew = self._dialect.file.auth.renew
        try:
            # A renewal that fails is no refusal of the password, so every failure here only leads to a login.
            form = {**renew.send, **self._token.refresh}
            answer = self._transport.exchange("POST", renew.path, form=form, cancelled=cancelled)
        except FailedRequest:
            return None
        if answer.status != 200:
            return None
        try:
            return self._taken(self._object(answer, renew.path))
        except Unreadable:
            return None

    def _logged_in(self, cancelled: Stopped) -> _Token:
        if self._refused is not None:
            raise self._refused
        if not self._credentials.password:
            raise CredentialsError("No password to log in with. Give one to connect() or set CVTR_PASSWORD.")
        path = self._dialect.file.auth.login.path
        try:
            answer = self._answer_to(self._credentials.password, cancelled)
        except CredentialsError as error:  # nobody could be asked for a code
            self._refused = error
            raise
        if answer.status != 200:
            self._refused = self._refusal(answer, path)
            raise self._refused
        # Only a 200 with a token in it is a login: captive portals answer 200 with a page.
        token = self._taken(self._object(answer, path))
        self.note_world(answer)
        return token

    def check_password(self, password: str) -> None:
        """One login with a password that was typed just now, beside the token in use. Neither the password nor what the login
        gives is kept, and after a refusal there is no second try.

        Raises:
            LoginRefused: it is not this account's. CredentialsError: this account was logged in with a token, or nobody could be
            asked for the code of a second factor. ServiceError: the service could not be asked.
        """
        with self._lock:
            if self._check_refused is not None:
                raise self._check_refused
            if self._credentials.token:
                raise CredentialsError("This account logged in with a token, so there is no password to check.")
            if not password:
                raise CredentialsError("No password was typed, so nothing was sent. Type it.")
            answer = self._answer_to(password, never)
            if answer.status != 200:
                self._check_refused = LoginRefused(
                    "The password was refused", status=answer.status,
                    advice="It is not tried again in this session, because ten refusals lock an account. Connect again.",
                )  # fmt: skip
                raise self._check_refused

    def _answer_to(self, password: str, cancelled: Stopped) -> Answer:
        """The service's answer to a login: 200, or a refusal.

        Raises:
            ServiceError: it is neither. CredentialsError: nobody could be asked for the code of a second factor.
        """
        login, mfa = self._dialect.file.auth.login, self._dialect.file.auth.mfa
        form = {login.username: self._credentials.username, login.password: password}
        answer = self._login(form, login.path, cancelled)
        body = self._maybe_object(answer)
        if getter((mfa.place,))(body) == mfa.value:
            self._second = True
            code = self._code()
            token = getter((self._dialect.file.auth.token.mfa_token,))(body)
            token = token if isinstance(token, str) else ""
            self._transport.gate.know(token, code)
            answer = self._login({**form, login.mfa_token: token, login.mfa_code: code}, login.path, cancelled)
        if answer.status != 200 and not self._is_refusal(answer):
            error = status_error(answer, "POST", login.path)
            if error is not None:
                raise error
        return answer

    def _code(self) -> str:
        """The code of the second factor. Without one nothing is sent: an empty code would count as a refusal.

        Raises:
            CredentialsError: nobody could be asked.
        """
        try:
            code = self._ask_code("Code that was sent to your phone: ").strip()
        except (EOFError, NotImplementedError):  # no terminal, or a front end that takes no input
            code = ""
        if not code:
            raise CredentialsError(
                f"The account {self.username} needs the code that was sent to its phone, and nobody could be asked for it. "
                "Connect in a terminal or a notebook cell, pass ask= to cvtr.connect(), or use an account "
                "without a second factor for unattended work."
            )
        return code

    def _login(self, form: dict[str, str], path: str, cancelled: Stopped) -> Answer:
        try:
            as_form = self._dialect.file.auth.login.format == "form"
            fields: dict[str, Any] = {"form": form} if as_form else {"body": form}
            answer = self._transport.exchange("POST", path, cancelled=cancelled, **fields)
        except FailedRequest as failed:
            raise failure_error(failed, "POST", path) from None
        return answer

    @property
    def place(self) -> str:
        """The keyring's entry for this account; empty where it has none."""
        return self._credentials.place

    @property
    def source(self) -> str:
        """Where the password or token came from, in words."""
        return self._credentials.source

    def account(self, origin: str) -> str:
        """What tells this account apart from others at its address, the same at each login: ``user:7`` where the service says
        so. Else a hash: of the user name that it let in, or, with this machine's own key, of the token.
        """
        if self.user_id is not None:
            return f"user:{self.user_id}"
        if not self._credentials.token:
            return "name:" + hashlib.sha256(f"{origin}|{self.username.casefold()}".encode()).hexdigest()[:16]
        # With this machine's key, so that the name says nothing about the token to whoever reads the folder.
        mark = hmac.new(settings.machine_key(), f"{origin}|{self._credentials.token}".encode(), "sha256")
        return f"token:{mark.hexdigest()[:16]}"

    def belongs_to(self, user_id: int, name: str) -> None:
        """The service has told whose the token is."""
        self.user_id = user_id
        self._credentials = replace(self._credentials, username=name or f"user {user_id}")

    def note_world(self, answer: Answer) -> None:
        """Which sandbox this is, if it is one. It is only believed from this very machine (see client.Convertr).

        Raises:
            LoginRefused: another service than before answers at this address; its leads are not those of this client.
        """
        said = answer.headers.get("x-cvtr-sandbox", "")
        world = said if re.fullmatch(r"[0-9A-Za-z]{1,64}", said) else ""
        if self.world and world != self.world:
            self._refused = LoginRefused(
                "A different service now answers at this address",
                advice="Its leads are not the ones that you have loaded. Connect again.",
            )
            raise self._refused
        self.world = world

    @staticmethod
    def _is_refusal(answer: Answer) -> bool:
        return answer.status in {400, 401, 403, 422, 423}

    def _refusal(self, answer: Answer, path: str) -> LoginRefused:
        words, source = problem_words(answer), self._credentials.source
        check = f"The password came from {source}. {self._credentials.remedy}" if source else (
            "Check user, password and enterprise, then connect again."
        )  # fmt: skip
        return LoginRefused(
            "The login was refused",
            words=words,
            method="POST",
            path=path,
            status=answer.status,
            advice=f"It is not tried again, because ten refusals lock an account. {check}",
        )

    @staticmethod
    def _maybe_object(answer: Answer) -> dict[str, Any]:
        try:
            found = decode(answer.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _object(self, answer: Answer, path: str) -> dict[str, Any]:
        found = self._maybe_object(answer)
        token = getter((self._dialect.file.auth.token.token,))(found)
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise Unreadable(
                "The answer to the login holds no token", method="POST", path=path, status=answer.status,
                advice="Check that the enterprise name is right: another site may be answering.",
            )  # fmt: skip
        return found

    def _taken(self, body: dict[str, Any]) -> _Token:
        places = self._dialect.file.auth.token

        def read(place: str) -> Any:
            return getter((place,))(body)

        life = read(places.life)
        usable = isinstance(life, (int, float)) and not isinstance(life, bool) and 0 < life < MAX_LIFE
        seconds = float(life) if usable else 3600.0
        user_id = read(places.user_id)
        if isinstance(user_id, int) and not isinstance(user_id, bool) and 0 < user_id <= INT64_MAX:
            if self.user_id not in {None, user_id}:
                self._refused = LoginRefused(
                    "The service now gives another user for this login",
                    advice="What you have loaded and planned belongs to the previous user. Connect again.",
                )
                raise self._refused
            self.user_id = user_id
        self.password_expired = read(places.password_expired) is True
        names = self._dialect.file.auth.renew.keep
        refresh = {k: body[k] for k in names if isinstance(body.get(k), str) and body[k]}
        # A token that lives shorter than the reserve is used up to a tenth before its end.
        ends = self._clock() + seconds + (self.RESERVE - seconds * 0.1 if seconds < 10 * self.RESERVE else 0.0)
        renewable = bool(self._dialect.file.auth.renew.path) and len(refresh) == len(names)
        self._transport.gate.know(read(places.token), *(refresh or {}).values())
        return _Token(str(read(places.token)), ends, refresh if renewable else None)
