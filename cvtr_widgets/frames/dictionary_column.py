"""Columns in which many leads have the same value: the distinct values, and for each lead the number of its value."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cvtr_widgets.models import NOT_SENT

if TYPE_CHECKING:
    import numpy as np

_PLAIN = frozenset({str, type(None), type(NOT_SENT)})


class DictionaryBuilder:
    """Takes values page by page. ``different``: each value that has come; ``numbers``: which of them each lead has.

    A value may be in ``different`` twice, but none is there in place of another: 1, 1.0 and true are equal in Python.
    """

    def __init__(self) -> None:
        self.different: list[Any] = []
        self._numbers = array("i")
        self._known: dict[Any, dict[Any, int]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def numbers(self) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Places in ``different``, one a lead."""
        import numpy as np

        return np.array(self._numbers, dtype="int32")

    def extend(self, values: Sequence[Any]) -> None:
        """The values of the next leads."""
        # 1, 1.0 and True are one key in a dict. So each type that could be mixed up has a dict of its own.
        odd = set(map(type, values)) - _PLAIN
        if len(odd) > 1 or not odd <= {int, bool}:
            self._numbers.extend([self._number(value) for value in values])
            return
        known = self._known.setdefault(odd.pop() if odd else str, {})  # text and bool, or text and int: never bool and int
        try:
            # Nearly always all values of a page are known already: one pass in C, and the loop only for a page with a new one.
            self._numbers.extend(list(map(known.__getitem__, values)))
        except KeyError:
            for value in values:
                if value not in known:
                    known[value] = self._new(value)
            self._numbers.extend([known[value] for value in values])

    def _number(self, value: Any) -> int:
        known = self._known.setdefault("any", {})
        try:
            key = _key(value)
            if key not in known:
                known[key] = self._new(value)
            return known[key]
        except TypeError:  # something in it cannot be a key
            return self._new(value)

    def _new(self, value: Any) -> int:
        self.different.append(value)
        return len(self.different) - 1

    def lost(self, readable: Iterable[bool], nothing: tuple[Any, ...] = ()) -> int:
        """How many values were there and could not be read; ``readable`` says it of the different ones."""
        bad = [
            place
            for place, (value, ok) in enumerate(zip(self.different, readable, strict=True))
            if not ok and value is not None and value is not NOT_SENT and not (type(value) is str and value in nothing)
        ]
        if not bad:
            return 0
        import numpy as np

        return int(np.isin(self.numbers, bad).sum())

    def read(self, how: Callable[[Any], Any]) -> list[Any]:
        """``how`` of each of the different values."""
        return [how(value) for value in self.different]


def _key(value: Any) -> Hashable:
    """Equal for values that read alike. An embedded object or a list cannot be a key; what is in it can."""
    if type(value) is dict:
        return (dict, *value.items(), *map(type, value.values()))
    return (list, *value, *map(type, value)) if type(value) is list else (type(value), value)
