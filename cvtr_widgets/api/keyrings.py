"""What the user chose to keep in this machine's keyring: the account of an enterprise and its password. Never a token.

``place`` is the enterprise, with the address where that is not the usual one.
"""

from __future__ import annotations

from typing import Any

from cvtr_widgets.errors import CredentialsError

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
        CredentialsError: no keyring is installed.
    """
    _need()


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
    except KeyringError as error:
        raise CredentialsError(
            f"The keyring of this machine cannot be used ({type(error).__name__}), so nothing was kept. Set CVTR_PASSWORD where "
            "it is safe, or type the password each time."
        ) from None


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
