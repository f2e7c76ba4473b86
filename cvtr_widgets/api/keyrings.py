"""What the user chose to keep in this machine's keyring: the account of an enterprise and its password. Never a token.

``place`` is the enterprise, with the address where that is not the usual one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cvtr_widgets.errors import CredentialsError

_NOTHING_KEPT = (
    "The keyring of this machine keeps nothing (none is set up, or it is switched off), so nothing was kept. Set one up (`keyring"
    " --list-backends` shows what there is), set CVTR_PASSWORD where it is safe, or type the password each time."
)
ACCOUNT = "@account"
"""Under this name the keyring holds which user is meant where none is given."""


def _service(place: str) -> str:
    return f"cvtr-widgets:{place}"


def _keyring() -> Any:
    try:
        import keyring
    except ImportError:
        return None
    return keyring


def available() -> None:
    """Say that there is none before anything is asked.

    Raises:
        CredentialsError: no keyring is installed, or the one that is in use keeps nothing.
    """
    found = _need()
    if not _keeps(found):
        raise CredentialsError(_NOTHING_KEPT)


def account(place: str) -> tuple[str | None, str]:
    """The user that ``login`` noted, and what was looked at."""
    return _get(place, ACCOUNT)


def password(place: str, user: str) -> tuple[str | None, str]:
    """The password that is kept, and what was looked at."""
    return _get(place, user)


def _get(place: str, name: str) -> tuple[str | None, str]:
    found = _keyring()
    if found is None:
        return None, "the keyring (not installed: pip install cvtr-widgets[keyring])"
    from keyring.errors import KeyringError

    try:
        return found.get_password(_service(place), name), "the keyring"
    except KeyringError:
        return None, "the keyring (it cannot be used here)"


def keep(place: str, user: str, secret: str) -> None:
    """Keep an account and its password.

    Raises:
        CredentialsError: there is no keyring that can be used.
    """
    found = _need()
    from keyring.errors import KeyringError

    try:
        found.set_password(_service(place), user, secret)
        found.set_password(_service(place), ACCOUNT, user)
        # Some keyrings take everything and keep nothing.
        kept = [found.get_password(_service(place), name) for name in (user, ACCOUNT)]
        if kept != [secret, user]:
            drop(place, user)
            raise CredentialsError(_NOTHING_KEPT)
    except KeyringError as error:
        drop(place, user)
        raise CredentialsError(
            f"The keyring of this machine cannot be used ({type(error).__name__}), so nothing was kept. Set CVTR_PASSWORD where "
            "it is safe, or type the password each time."
        ) from None


def drop(place: str, user: str) -> None:
    """Take a password out, if that can be done: one that is half kept, or no longer right."""
    found = _keyring()
    if found is None:
        return
    from keyring.errors import KeyringError

    for name in (user, ACCOUNT):
        with suppress(KeyringError):
            found.delete_password(_service(place), name)


def _keeps(found: Any) -> bool:
    """Keyring's own null and fail backends have a priority of 0 and below."""
    priority = getattr(found.get_keyring(), "priority", 1)
    return not isinstance(priority, (int, float)) or priority > 0


def forget(place: str) -> str | None:
    """Take an account out of the keyring; its user's name, or None where there was none.

    Raises:
        CredentialsError: there is no keyring that can be used.
    """
    found = _need()
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        user: str | None = found.get_password(_service(place), ACCOUNT)
        for name in (user, ACCOUNT):
            if name is None:
                continue
            try:
                found.delete_password(_service(place), name)
            except PasswordDeleteError:
                continue  # it was not there
    except KeyringError as error:
        raise CredentialsError(
            f"The keyring of this machine cannot be used ({type(error).__name__}). Remove the entry with the system's own tool."
        ) from None
    return user


def _need() -> Any:
    found = _keyring()
    if found is None:
        raise CredentialsError("There is no keyring here. Install it: pip install cvtr-widgets[keyring].")
    return found
