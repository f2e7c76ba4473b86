"""The joins that only the top may make: ``connect()`` to an enterprise, and ``Sandbox``, the look-alike on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cvtr_widgets import settings
from cvtr_widgets.api import keyrings
from cvtr_widgets.api.ask_unseen import ask_unseen
from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.origin import checked_origin, default_name, is_loopback, own_origin
from cvtr_widgets.api.transport import Timeouts
from cvtr_widgets.arguments import checked, quoted
from cvtr_widgets.dialect.default import Dialect, default_dialect, load_dialect
from cvtr_widgets.errors import CredentialsError, SandboxError
from cvtr_widgets.request_limits import Limits
from cvtr_widgets.sandbox import SandboxServer
from cvtr_widgets.settings import usual_origin

SANDBOX = "sandbox"
"""What the sandbox's enterprise is called."""


@settings.told_to_visitors
@checked
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
    ``CVTR_PASSWORD``, else the keyring (see ``cvtr-widgets login``), else they are asked for without echo if that is possible.
    The environment's account is for one address alone: ``CVTR_URL``, else the usual one of ``CVTR_ENTERPRISE``.
    A login that the request limit delays says so on stderr.

    Args:
        enterprise: the first part of the platform's address (``acme`` for ``https://acme.cvtr.io``).
        username: the account, usually an e-mail address.
        password: never shown or kept.
        token: for accounts with single sign-on only: a token copied from the platform, or True to be asked for it without
            echo. ``CVTR_TOKEN`` is used if no password is given. It lasts about an hour. If the service does not say whose
            it is, each token counts as a separate account.
        url: the platform's address in full, if it has another host (default ``CVTR_URL`` for the enterprise that goes with
            it). https, except on this machine.
        dialect: a dialect file, if this enterprise speaks differently from the default.
        limits: other limits than Convertr's documented ones.
        timeouts: seconds to wait for connections and answers.
        allow_expired: log in although the password has expired, to call ``client.change_password()``.
        allow_public_machine: connect from a public Binder machine, which belongs to somebody else.
        ask: a function that asks a question without echo and gives the answer; default ``getpass``.

    Raises:
        CredentialsError: something is missing; says what was tried.
        LoginRefused: wrong user or password, or locked; never repeated.
        PasswordExpired, NotReached, ServiceError: the password has expired; no connection; the service failed.
    """
    if os.environ.get("BINDER_LAUNCH_HOST") and not allow_public_machine:
        raise CredentialsError(
            "This is a public Binder machine: your password and your leads would be on somebody else's computer. Use "
            "cvtr.Sandbox() here, or pass allow_public_machine=True if you are allowed to do that."
        )
    question = ask or ask_unseen
    name, origin = _where(enterprise, url, os.environ, question)
    return Convertr(
        origin,
        name,
        _credentials(name, origin, username, password, token, question),
        dialect=_dialect(dialect, name, origin),
        limits=limits,
        timeouts=timeouts,
        ask_code=question,
        allow_expired=allow_expired,
        tell=_tell,
    )


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def _where(
    enterprise: str | None, url: str | None, environ: Mapping[str, str], question: Callable[[str], str]
) -> tuple[str, str]:
    """The enterprise's name and its one origin, which alone may see the account."""
    named, address = environ.get("CVTR_ENTERPRISE"), environ.get("CVTR_URL")
    if url is not None:
        origin = checked_origin(url)
        return enterprise or default_name(origin), origin
    if address and enterprise in {None, "", named}:
        origin = _of_environment(address)
        return enterprise or named or default_name(origin), origin
    name = enterprise or named or _need(
        question, "Enterprise (the first part of https://....cvtr.io): ", "enterprise", _TRIED
    )  # fmt: skip
    return name, own_origin(name)


_TRIED = "the argument enterprise=, CVTR_ENTERPRISE"


def _of_environment(address: str) -> str:
    try:
        return checked_origin(address)
    except CredentialsError as error:
        raise CredentialsError(f"CVTR_URL cannot be used. {error}") from None


def environment_origin(environ: Mapping[str, str]) -> str | None:
    """The one origin that the environment's account is for: ``CVTR_URL``, else the usual address of ``CVTR_ENTERPRISE``.

    Raises:
        CredentialsError: the variable holds neither.
    """
    if environ.get("CVTR_URL"):
        return _of_environment(environ["CVTR_URL"])
    return own_origin(environ["CVTR_ENTERPRISE"]) if environ.get("CVTR_ENTERPRISE") else None


def kept_under(enterprise: str, url: str | None) -> str:
    """The keyring's name for an account: a password that is kept for another address never goes to the usual one, nor back.

    Raises:
        CredentialsError: no enterprise, or no address.
    """
    return _place(*_where(enterprise, url, os.environ, lambda _prompt: ""))


def _place(enterprise: str, origin: str) -> str:
    return enterprise if origin == usual_origin(enterprise) else f"{enterprise} at {origin}"


def _credentials(
    enterprise: str,
    origin: str,
    username: str | None,
    password: str | None,
    token: str | bool | None,
    question: Callable[[str], str],
) -> Credentials:
    if password is None:
        pasted, source = _token(enterprise, origin, token, question)
        if pasted:
            # Whose it is, only the service can say: a name that is given here would be believed of anybody's token.
            return Credentials("account of the token", token=pasted, source=source)
    return _account(enterprise, origin, username, password, os.environ, question)


def _dialect(given: str | Path | Dialect | None, enterprise: str, origin: str) -> Dialect:
    if isinstance(given, Dialect):
        return given
    path = given or settings.dialect_path(enterprise, origin)
    if not path and (usual := settings.dialect_file(enterprise)).is_file():
        _tell(
            f"There is a dialect of {enterprise} at its usual address, and none for {origin}, so the default is used. If it "
            f"also fits here, copy {str(usual)!r} to {str(settings.dialect_file(enterprise, origin))!r}, or pass dialect=."
        )
    return load_dialect(path) if path else default_dialect()


def _need(question: Callable[[str], str], prompt: str, what: str, tried: str) -> str:
    answer = question(prompt).strip()
    if not answer:
        raise CredentialsError(
            f"No {what}: looked at {tried}, and there was nobody to ask. Pass it to cvtr.connect(), or set CVTR_{what.upper()}."
        )
    return answer


def _account(
    enterprise: str, origin: str, username: str | None, password: str | None, environ: Mapping[str, str],
    question: Callable[[str], str],
) -> Credentials:  # fmt: skip
    """User and password, where they came from, and what was looked at where there are none."""
    place, tried = _place(enterprise, origin), ["the arguments"]
    mine = _environment_is_for(origin, environ, ("CVTR_USERNAME", "CVTR_PASSWORD"))
    tried.append(
        "CVTR_USERNAME and CVTR_PASSWORD" if mine else f"not CVTR_USERNAME and CVTR_PASSWORD ({_not_for(origin, environ)})"
    )
    user = username or (environ.get("CVTR_USERNAME") if mine else None)
    if not user:
        user, said = keyrings.account(place)
        tried.append(said)
    user = user or _need(question, f"User for {enterprise} at {origin}: ", "username", ", ".join(tried))
    if password:
        return Credentials(user, password, "", "the argument password=", CHECK, place)
    # The environment's password is that of the environment's user. With another user given, it would be a refused login, and ten
    # of these lock an account.
    if mine and environ.get("CVTR_PASSWORD") and environ.get("CVTR_USERNAME", user) == user:
        remedy = "Correct CVTR_PASSWORD and CVTR_USERNAME, restart the kernel, then connect again."
        return Credentials(user, environ["CVTR_PASSWORD"], "", "CVTR_PASSWORD", remedy, place)
    kept, said = keyrings.password(place, user)
    if kept:
        again = f"cvtr-widgets login {enterprise}" + ("" if origin == usual_origin(enterprise) else f" --url {origin}")
        return Credentials(user, kept, "", "the keyring", f"Replace it there: {again}.", place)
    tried += [said] if said not in tried else []
    typed = _need(question, f"Password of {user} at {origin}: ", "password", ", ".join(tried))
    return Credentials(user, typed, "", "what was typed", CHECK, place)


CHECK = "Check it, the user and the enterprise, then connect again."


def _environment_is_for(origin: str, environ: Mapping[str, str], names: Sequence[str]) -> bool:
    """Whether the environment's account may go to an address. Somebody else's password or token must never travel there."""
    if not any(environ.get(name) for name in names):
        return True  # there is nothing that could travel
    return environment_origin(environ) == origin


def _not_for(origin: str, environ: Mapping[str, str]) -> str:
    theirs = environment_origin(environ)
    if theirs is None:
        return "neither CVTR_ENTERPRISE nor CVTR_URL says which address they are for"
    return f"they are for {theirs}, and this is {origin}; CVTR_URL says which address they are for"


def _token(enterprise: str, origin: str, given: str | bool | None, question: Callable[[str], str]) -> tuple[str, str]:
    """A token instead of user and password, and where it came from; empty if none is meant. Checked: it goes into a header."""
    if given is True:
        prompt = f"Token for {enterprise} at {origin} (it is not shown): "
        text, source = _need(question, prompt, "token", "the argument token="), "what was pasted"
    elif isinstance(given, str) and given:
        text, source = given, "the argument token="
    elif given is None and _environment_is_for(origin, os.environ, ("CVTR_TOKEN",)):
        text, source = os.environ.get("CVTR_TOKEN", ""), "CVTR_TOKEN"
    elif given is None or given is False or given == "":
        return "", ""
    else:
        raise CredentialsError(f"token= takes a text, or True to be asked for it, not {type(given).__name__}. Correct it.")
    text = text.strip().removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    if not text:
        return "", ""
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > 8_000:
        raise CredentialsError(
            f"That is not a token ({source}): it holds spaces or odd characters. Copy it again, without the quotes."
        )
    return text, source


class Sandbox:
    """A Convertr look-alike on this machine, for trying, learning and testing. Nothing in it is real.

    A with-block or ``stop()`` ends it; it also ends with the process. If ``CVTR_SANDBOX_URL`` is set (``cvtr-widgets
    demo`` does that), ``Sandbox()`` without arguments joins that one instead of starting another. ``server`` is the
    ``SandboxServer`` that this one started (None if it joined one): its faults may be changed while it runs.
    """

    __slots__ = ("__weakref__", "server", "url")  # what is set on it by mistake must not be lost in silence

    def __init__(self, leads: int = 2_000, seed: int = 1, latency: float = 0.0, port: int = 0, **more: Any) -> None:
        """Start it.

        Args:
            leads: how many leads it holds.
            seed: the same seed makes the same world.
            latency: seconds that each answer takes, its making included: half of them pass before anything is done.
            port: on 127.0.0.1; 0 takes a free one.
            more: further settings of ``cvtr_widgets.sandbox.SandboxServer`` (``story``, ``id_filter``, ``mishaps``, ``network``,
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
        settings.note_own_sandbox(self.url)

    def __repr__(self) -> str:
        return f"<Sandbox {self.url}>"

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def users(self) -> dict[str, tuple[str, str, str | None]]:
        """Role -> user, password, code of the second factor (None if there is none)."""
        return dict(SandboxServer.USERS)

    def connect(self, role: str = "admin", **more: Any) -> Convertr:
        """A client of one of its users: ``admin agency agency_delete mfa expired locked masked``.

        ``more`` are arguments of ``connect()``.

        Raises:
            SandboxError: there is no such role.
        """
        users = self.users
        if not isinstance(role, str) or role not in users:
            raise SandboxError(f"The sandbox has no user {quoted(role, 40)}. It has: {', '.join(users)}.")
        name, password, code = users[role]
        more.setdefault("ask", lambda _prompt: code or "")
        more.setdefault("allow_public_machine", True)
        # The sandbox speaks the default. A dialect file of an enterprise that happens to be called sandbox is not for it.
        more.setdefault("dialect", default_dialect())
        return connect(SANDBOX, name, password, url=self.url, **more)

    def stop(self) -> None:
        """End it; a joined one keeps running."""
        if self.server is not None:
            self.server.stop()
