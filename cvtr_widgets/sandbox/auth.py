"""Logging in, tokens, the request limit."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque

from cvtr_widgets.sandbox.rules import Refused, User, make_users

LOCK_AFTER = 10


class LoginCheck:
    """Who is asking, and may they now?"""

    def __init__(self, *, token_life: float, rate_limit: int, window: float) -> None:
        self.users = make_users()
        self.logins = 0
        self._life = token_life
        self._limit = rate_limit
        self._window = window
        self._tokens: dict[str, tuple[User, float]] = {}
        self._refresh: dict[str, User] = {}
        self._mfa: dict[str, User] = {}
        self._made: set[str] = set()
        self._asked: deque[float] = deque()
        self._lock = threading.Lock()

    def login(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Status and body of a login."""
        with self._lock:
            self.logins += 1
            user = next((u for u in self.users if u.username == form.get("username", "")), None)
            if user is None or user.locked:
                return 401, _no("Your account is locked." if user else "Invalid credentials.")
            if user.password != form.get("password"):
                self._count_failure(user)
                return 401, _no("Invalid credentials.")
            if user.code is not None and not self._second_factor(user, form):
                token = secrets.token_hex(8)
                self._mfa[token] = user
                words = "Multifactor authentication required"
                # A new mfa_token each time, and the code counts as a failed login: guessing codes locks the account, too.
                if "mfa_code" in form:
                    self._count_failure(user)
                    words = "That code is wrong."
                return 401, {"error": "Mfa Required", "error_description": words, "mfa_token": token}
            user.failures = 0
            return 200, self._token(user)

    @staticmethod
    def _count_failure(user: User) -> None:
        user.failures += 1
        user.locked = user.failures >= LOCK_AFTER

    def _second_factor(self, user: User, form: dict[str, str]) -> bool:
        return self._mfa.pop(form.get("mfa_token", ""), None) is user and form.get("mfa_code") == user.code

    def renew(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Status and body of a renewal."""
        with self._lock:
            # A refresh token works once, as in OAuth servers that rotate them: a client that keeps the old one is found out.
            user = self._refresh.pop(form.get("refresh_token", ""), None)
            if form.get("grant_type") != "refresh_token" or user is None or user.locked:
                return 400, _no("Invalid refresh token.")
            return 200, self._token(user)

    def _token(self, user: User) -> dict[str, object]:
        token, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self._tokens[token] = (user, time.monotonic() + self._life)
        self._refresh[refresh] = user
        self._made |= {token, refresh}
        return {
            "access_token": token, "expires_in": int(self._life), "token_type": "bearer", "scope": None, "refresh_token": refresh,
            "client_id": "sandbox-client", "client_secret": "sandbox-secret", "user_id": user.id, "password_expired": user.expired,
        }  # fmt: skip

    def user(self, authorization: str) -> User:
        """Whose token it is.

        Raises:
            Refused: 401 without a living token.
        """
        with self._lock:
            found = self._tokens.get(authorization.removeprefix("Bearer ")) if authorization.startswith("Bearer ") else None
        if found is None or found[1] < time.monotonic() or found[0].locked:
            raise Refused(401, "The access token provided has expired.")
        return found[0]

    def expire_tokens(self, *, refresh_too: bool = False) -> None:
        """Every token ends now."""
        with self._lock:
            self._tokens.clear()
            if refresh_too:
                self._refresh.clear()

    def secrets(self) -> set[str]:
        """Every password, token and code that is or was in use."""
        with self._lock:
            given = {word for user in self.users for word in (user.password, user.code) if word}
            return given | self._made

    def wait(self) -> float:
        """Count a request. 0, or the seconds until the limit allows one more."""
        now = time.monotonic()
        with self._lock:
            # A true sliding window over all callers, stricter than counters that are reset: a client must not rely on the moment
            # of a reset.
            while self._asked and self._asked[0] <= now - self._window:
                self._asked.popleft()
            if len(self._asked) >= self._limit:
                return self._asked[0] + self._window - now
            self._asked.append(now)
            return 0.0


def _no(words: str) -> dict[str, object]:
    return {"error": "invalid_grant", "error_description": words}
