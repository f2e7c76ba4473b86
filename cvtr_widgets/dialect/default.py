"""The dialect shipped with the client. ``cvtr_widgets.dialect`` says what a dialect is."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from cvtr_widgets.dialect import reading
from cvtr_widgets.dialect.model import Call, Dialect, Slot

__all__ = ["Call", "Dialect", "Slot", "default_dialect", "default_text", "load_dialect", "parse_dialect"]


def default_text() -> str:
    """The file shipped with the package."""
    return resources.files("cvtr_widgets.dialect").joinpath("default.toml").read_text(encoding="utf-8")


@cache
def default_dialect() -> Dialect:
    """What is documented, and our guesses, each marked."""
    return reading.parse_dialect(default_text(), "the default dialect")


def parse_dialect(text: str, where: str) -> Dialect:
    """A dialect from TOML text that holds what differs from the default.

    Raises:
        DialectError: with line and key.
    """
    return reading.parse_dialect(text, where, over=default_dialect())


def load_dialect(path: str | Path) -> Dialect:
    """The dialect in a file that holds what differs from the default.

    Raises:
        DialectError: the file cannot be read or is not a dialect; with line and key.
    """
    return reading.load_dialect(path, over=default_dialect())
