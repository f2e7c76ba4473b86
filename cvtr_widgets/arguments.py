"""What is given to a public call, checked at the border: a wrong kind of argument is one clear error, and nothing was done.

``checked`` reads a function's own annotations: ``bool`` takes True or False only, a path no NUL, what is called back must be
callable, an ``Action`` must be one. What a call can only judge itself (ids, dates, names) it checks with the helpers below.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import os
from collections.abc import Callable
from datetime import tzinfo
from numbers import Integral
from typing import Any, ParamSpec, TypeVar

from cvtr_widgets.errors import ArgumentError

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)
Rule = Callable[[str, Any], None]

MOST_VALUES = 20_000_000
"""Values that a list may have: twice as many leads as the largest platform was tried with. A range without end fills memory."""
MOST_TEXT = 10_000
"""Characters that a text may have which is a name, an address or a comment."""
VALUES = frozenset(
    {
        "Action",
        "Archive",
        "PlanEntry",
        "PlanFile",
        "Rule",
        "Lead",
        "Selection",
        "Convertr",
        "LeadSession",
        "Lesson",
        "Limits",
        "Patience",
        "Timeouts",
        "KnownIds",
    }
)
"""Our own values that an argument may have to be."""
CALLED = frozenset({"Stopped", "Tick", "Tell", "Stop", "Ask", "Question"})
"""Names of annotations for what is called back."""


def shown(value: Any, most: int = 120) -> str:
    """Any input as one printable line, cut at ``most`` characters; what cannot be printed shows as ``�``. Never raises."""
    try:
        text = " ".join(value.split()) if isinstance(value, str) else str(value)
    except Exception:  # noqa: BLE001  whatever somebody's __str__ raises, and a nesting without end
        text = f"something of the kind {type(value).__name__}"
    text = "".join(c if c.isprintable() else "�" for c in text[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


def quoted(value: Any, most: int = 60) -> str:
    """As ``shown``, in quotes where it is text."""
    return f"'{shown(value, most)}'" if isinstance(value, str) else shown(value, most)


def listed(values: Any, what: str) -> list[Any]:
    """The values of anything that can be gone through, as a list.

    Raises:
        ArgumentError: it cannot be, or has more than ``MOST_VALUES``.
    """
    too_many = f"{what}: more than {MOST_VALUES:,} values. Give them in several calls."
    if isinstance(values, range) and values[MOST_VALUES:]:  # known without listing the first 20 million
        raise ArgumentError(too_many)
    try:
        found = list(itertools.islice(values, MOST_VALUES + 1)) if not isinstance(values, list) else values
    except Exception as error:
        raise ArgumentError(f"{what} cannot be read as a list ({type(error).__name__}). Give a list such as [160185].") from error
    if len(found) > MOST_VALUES:
        raise ArgumentError(too_many)
    return found


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with its arguments checked by its annotations before it does anything."""
    parameters = inspect.signature(function).parameters
    rules = [
        (place, name, rule)
        for place, (name, parameter) in enumerate(parameters.items())
        if (rule := _rule(str(parameter.annotation))) is not None
    ]
    if not rules:
        return function

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        # By place, and not with signature.bind, which takes ten times as long: some of these are called for every lead.
        for place, name, rule in rules:
            if place < len(args):
                rule(name, args[place])
            elif name in kwargs:
                rule(name, kwargs[name])
        return function(*args, **kwargs)

    return call


def checked_calls(cls: C) -> C:
    """The class, with all its public methods ``checked``."""
    for name, member in list(vars(cls).items()):
        if inspect.isfunction(member) and (not name.startswith("_") or name == "__init__"):
            setattr(cls, name, checked(member))
    return cls


def _rule(annotation: str) -> Rule | None:
    """The check for one annotation; None where the call checks such an argument itself."""
    parts = {part.strip() for part in annotation.split("|")}
    optional = "None" in parts
    kinds = parts - {"None"}
    if "Callable" in annotation or kinds & CALLED:
        return functools.partial(_called, optional=optional)
    if any("Path" in kind for kind in kinds) and all(kind == "str" or "Path" in kind for kind in kinds):
        return functools.partial(_path, optional=optional)
    if any("Path" in kind for kind in kinds) and (ours := kinds & VALUES) and kinds - ours <= {"str", "Path"}:
        return functools.partial(_path_or_value, kinds=frozenset(ours))
    if kinds and kinds <= VALUES:
        return functools.partial(_value, kinds=frozenset(kinds), optional=optional)
    if len(kinds) == 1 and (rule := BY_NAME.get(next(iter(kinds)))) is not None:
        return functools.partial(_optional, rule=rule) if optional else rule
    return None


def _optional(name: str, value: Any, *, rule: Rule) -> None:
    if value is not None:
        rule(name, value)


def _flag(name: str, value: Any) -> None:
    if type(value) is not bool:
        raise ArgumentError(f"{name} is True or False, not {quoted(value)}.")


def _whole(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ArgumentError(f"{name} is a whole number, not {quoted(value)}.")


def _number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e300 < value < 1e300:
        raise ArgumentError(f"{name} is a number, not {quoted(value)}.")


def _zone(name: str, value: Any) -> None:
    if not isinstance(value, tzinfo):
        raise ArgumentError(f"{name} is a time zone, such as zoneinfo.ZoneInfo('Europe/Lisbon'), not {quoted(value)}.")


def _called(name: str, value: Any, *, optional: bool) -> None:
    if not callable(value) and not (optional and value is None):
        raise ArgumentError(f"{name} is a function that is called, not {quoted(value)}. Leave it out, or give a function.")


def _path(name: str, value: Any, *, optional: bool) -> None:
    if optional and value is None:
        return
    if not isinstance(value, (str, os.PathLike)):
        raise ArgumentError(f"{name} is the path of a file, as text or a Path, not {quoted(value)}.")
    text = os.fspath(value)
    if not isinstance(text, str) or not text.strip() or "\0" in text or _broken(text):
        raise ArgumentError(f"{name} is not a path that a file can have: {quoted(text)}. Correct it.")


def _value(name: str, value: Any, *, kinds: frozenset[str], optional: bool) -> None:
    if optional and value is None:
        return
    if not any(cls.__name__ in kinds for cls in type(value).__mro__):
        raise ArgumentError(
            f"{name} is a {' or a '.join(sorted(kinds))}, not {quoted(value)}. See the help of the call for how to get one."
        )


def _path_or_value(name: str, value: Any, *, kinds: frozenset[str]) -> None:
    if not any(cls.__name__ in kinds for cls in type(value).__mro__):
        _path(name, value, optional=False)


def _broken(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def is_text(name: str, value: Any) -> None:
    """Whether it is text that can be sent and stored.

    Raises:
        ArgumentError: it is not text, is too long, or holds half a character.
    """
    if not isinstance(value, str) or len(value) > MOST_TEXT or "\0" in value or _broken(value):
        raise ArgumentError(
            f"{name} is text of at most {MOST_TEXT:,} characters, not {quoted(value)}. Give text, or leave it out."
        )


BY_NAME: dict[str, Rule] = {"bool": _flag, "int": _whole, "float": _number, "str": is_text, "tzinfo": _zone}
