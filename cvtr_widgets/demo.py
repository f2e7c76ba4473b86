"""The joins that only the top may make: ``connect()`` to an enterprise, and ``Sandbox``, the look-alike on this machine."""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cvtr_widgets import settings
from cvtr_widgets.api import keyrings
from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.dialect import Dialect, default_dialect, load_dialect
from cvtr_widgets.api.transport import Timeouts, is_loopback
from cvtr_widgets.errors import CredentialsError, SandboxError
from cvtr_widgets.models import Limits
from cvtr_widgets.sandbox import SandboxServer

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SANDBOX = "sandbox"
"""What the sandbox's enterprise is called."""


def connect(
    enterprise: str | None = None,
    username: str | None = None,
    password: str | None = None,
    *,
    token: str | bool | None = None,
    url: str | None = None,
    dialect: str | Path | Dialect | None = None,
    limits: Limits | None = None,
    timeouts: Timeouts | None = None,
    allow_expired: bool = False,
    allow_public_machine: bool = False,
    ask: Callable[[str], str] | None = None,
) -> Convertr:
    """Log in to ``https://<enterprise>.cvtr.io``, or to ``url``.

    Enterprise, user and password come from the arguments, else ``CVTR_ENTERPRISE``, ``CVTR_USERNAME``,
    ``CVTR_PASSWORD``, else the keyring (see ``cvtr-widgets login``), else they are asked for without echo where that can be.
    The environment's user and password are for its enterprise alone. A login that the request limit delays says so on stderr.

    Args:
        enterprise: the first part of the platform's address (``acme`` for ``https://acme.cvtr.io``).
        username: the account, usually an e-mail address.
        password: never shown or kept.
        token: for accounts with single sign-on only: a token copied from the platform, or True to be asked for it without
            echo. ``CVTR_TOKEN`` counts where no password is given. It lives about an hour.
        url: the platform's address in full, where it has another host. https, except on this machine.
        dialect: a dialect file, where this enterprise speaks differently from the default.
        limits: other limits than Convertr's documented ones.
        timeouts: seconds to wait for connections and answers.
        allow_expired: log in although the password has expired, to call ``client.change_password()``.
        allow_public_machine: connect from a public Binder machine, which belongs to somebody else.
        ask: a function that asks a question without echo and gives the answer; default ``getpass``.

    Raises:
        CredentialsError: something is missing; says what was tried.
        LoginRefused: wrong user or password, or locked; never repeated.
        PasswordExpired, NotReached, ServiceError: as their names say.
    """
    if os.environ.get("BINDER_LAUNCH_HOST") and not allow_public_machine:
        raise CredentialsError(
            "This is a public Binder machine: your password and your leads would be on somebody else's computer. Use "
            "cvtr.Sandbox() here, or pass allow_public_machine=True if you may do that."
        )
    question = ask or _ask
    # An address that is given alone names its own enterprise: the environment's password is not for it.
    given = enterprise or (_host_label(url) if url else os.environ.get("CVTR_ENTERPRISE"))
    name = given or _need(question, "Enterprise (the first part of https://....cvtr.io): ", "enterprise", _tried_enterprise())
    origin = _origin(name, url)
    return Convertr(
        origin,
        name,
        _credentials(name, kept_under(name, url), username, password, token, question),
        dialect=_dialect(dialect, name),
        limits=limits,
        timeouts=timeouts,
        ask_code=question,
        allow_expired=allow_expired,
        tell=_tell,
    )


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def kept_under(enterprise: str, url: str | None) -> str:
    """The keyring's name for an account: a password that is kept for another host never goes to the usual one, nor back.

    Raises:
        CredentialsError: no enterprise, or no address.
    """
    origin = _origin(enterprise, url)
    return enterprise if origin == f"https://{enterprise}.cvtr.io" else f"{enterprise} at {origin}"


def _credentials(
    enterprise: str,
    kept: str,
    username: str | None,
    password: str | None,
    token: str | bool | None,
    question: Callable[[str], str],
) -> Credentials:
    pasted = _token(enterprise, token, question) if password is None else ""
    if pasted:
        return Credentials(username or "account of the token", token=pasted)
    return Credentials(*_account(enterprise, kept, username, password, os.environ, question))


def _dialect(given: str | Path | Dialect | None, enterprise: str) -> Dialect:
    if isinstance(given, Dialect):
        return given
    path = given or settings.dialect_path(enterprise)
    return load_dialect(path) if path else default_dialect()


def _host_label(url: str) -> str:
    return (urlsplit(url).hostname or "").split(".")[0]


def _origin(enterprise: str, url: str | None) -> str:
    """The one origin that may see the token."""
    if url is None:
        if not _LABEL.fullmatch(enterprise):
            raise CredentialsError(
                f"{enterprise[:60]!r} is no enterprise name. Give only the first part of the platform's address, such as acme "
                "for https://acme.cvtr.io, or the whole address as url=."
            )
        return f"https://{enterprise}.cvtr.io"
    parts = urlsplit(url)
    plain = parts.path in {"", "/"} and not parts.query and not parts.fragment and parts.username is None
    if not parts.hostname or not plain or parts.scheme not in {"https", "http"}:
        raise CredentialsError("url= takes an address such as https://acme.cvtr.io, without path or user. Correct it.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise CredentialsError("url= must be https: over http your password could be read on the way. Use https.")
    return f"{parts.scheme}://{parts.netloc}"


def _tried_enterprise() -> str:
    return "the argument enterprise=, CVTR_ENTERPRISE"


def _need(question: Callable[[str], str], prompt: str, what: str, tried: str) -> str:
    answer = question(prompt).strip()
    if not answer:
        raise CredentialsError(
            f"No {what}: looked at {tried}, and nobody could be asked. Pass it to cvtr.connect(), or set CVTR_{what.upper()}."
        )
    return answer


def _account(
    enterprise: str, kept: str, username: str | None, password: str | None, environ: Mapping[str, str],
    question: Callable[[str], str],
) -> tuple[str, str]:  # fmt: skip
    tried = ["the arguments"]
    mine = _environment_is_for(enterprise, environ)
    tried.append(
        "CVTR_USERNAME and CVTR_PASSWORD" if mine else "not CVTR_USERNAME and CVTR_PASSWORD (they are for another enterprise)"
    )
    user = username or (environ.get("CVTR_USERNAME") if mine else None)
    if not user:
        user, said = keyrings.account(kept)
        tried.append(said)
    user = user or _need(question, f"User for {enterprise}: ", "username", ", ".join(tried))
    secret = password
    if not secret and mine and environ.get("CVTR_USERNAME", user) == user:
        secret = environ.get("CVTR_PASSWORD")
    if not secret:
        secret, said = keyrings.password(kept, user)
        tried += [said] if said not in tried else []
    secret = secret or _need(question, f"Password of {user}: ", "password", ", ".join(tried))
    return user, secret


def _environment_is_for(enterprise: str, environ: Mapping[str, str]) -> bool:
    """Somebody else's password or token must never travel to this enterprise."""
    return environ.get("CVTR_ENTERPRISE", enterprise) == enterprise


def _token(enterprise: str, given: str | bool | None, question: Callable[[str], str]) -> str:
    """A token instead of user and password; empty where none is meant. Checked, because it goes into a header."""
    if given is True:
        text = _need(question, f"Token for {enterprise} (it is not shown): ", "token", "the argument token=")
    elif given:
        text = given
    elif given is None and _environment_is_for(enterprise, os.environ):
        text = os.environ.get("CVTR_TOKEN", "")
    else:
        return ""
    text = text.strip().removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    if not text:
        return ""
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > 8_000:
        raise CredentialsError("That is no token: it holds spaces or odd characters. Copy it again, without the quotes.")
    return text


def _ask(prompt: str) -> str:
    """Ask without echo; an empty answer where there is nobody to ask (a scheduled notebook, Voilà)."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    in_kernel = hasattr(shell, "kernel") and not settings.under_voila()
    if not in_kernel and not (sys.stdin and sys.stdin.isatty()):
        return ""
    try:
        return getpass.getpass(prompt)
    except (NotImplementedError, EOFError):  # a kernel whose front end takes no input
        return ""


class Sandbox:
    """A Convertr look-alike on this machine, for trying, learning and testing. Nothing in it is real.

    A with-block or ``stop()`` ends it; it also ends with the process. Where ``CVTR_SANDBOX_URL`` is set (``cvtr-widgets
    demo`` does that), ``Sandbox()`` without arguments joins that one instead of starting another. ``server`` is the
    ``SandboxServer`` that this one started (None where it joined one): its faults may be changed while it runs.
    """

    __slots__ = ("__weakref__", "server", "url")  # what is set on it by mistake must not be lost in silence

    def __init__(self, leads: int = 2_000, seed: int = 1, latency: float = 0.0, port: int = 0, **more: Any) -> None:
        """Start it.

        Args:
            leads: how many leads it holds.
            seed: the same seed makes the same world.
            latency: seconds that each answer takes, its making included: half of them pass before anything is done.
            port: on 127.0.0.1; 0 takes a free one.
            more: further settings of ``cvtr_widgets.sandbox.SandboxServer`` (``id_filter``, ``mishaps``, ``network``,
                ``chaos``, ``rate_limit`` ...).

        Raises:
            SandboxError: it cannot be started.
        """
        running = os.environ.get("CVTR_SANDBOX_URL", "")
        plain = (leads, seed, latency, port) == (2_000, 1, 0.0, 0) and not more
        self.server: SandboxServer | None = None
        if running and plain:
            self.url = running.rstrip("/")
            if not is_loopback(urlsplit(self.url).hostname or ""):
                raise SandboxError("CVTR_SANDBOX_URL is not on this machine. Unset it; Sandbox() then starts its own.")
            return
        try:
            self.server = SandboxServer(leads=leads, seed=seed, latency=latency, port=port, **more)
        except OSError as error:
            raise SandboxError(f"The sandbox cannot listen on 127.0.0.1:{port}: {error}. Choose another port, or 0.") from None
        self.url = self.server.url

    def __repr__(self) -> str:
        return f"<Sandbox {self.url}>"

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def users(self) -> dict[str, tuple[str, str, str | None]]:
        """Role -> user, password, code of the second factor (None: has none)."""
        return dict(SandboxServer.USERS)

    def connect(self, role: str = "admin", **more: Any) -> Convertr:
        """A client of one of its users: ``admin agency agency_delete mfa expired locked``.

        ``more`` are arguments of ``connect()``.

        Raises:
            SandboxError: there is no such role.
        """
        users = self.users
        if role not in users:
            raise SandboxError(f"The sandbox has no user {role!r}. It has: {', '.join(users)}.")
        name, password, code = users[role]
        more.setdefault("ask", lambda _prompt: code or "")
        more.setdefault("allow_public_machine", True)
        more.setdefault("dialect", default_dialect())
        return connect(SANDBOX, name, password, url=self.url, **more)

    def stop(self) -> None:
        """End it; one that was joined goes on."""
        if self.server is not None:
            self.server.stop()
