"""How the leads of a plan were selected (ticked, typed, from which file), kept as runs: a word, and how many leads in a row.

It is shown and noted, and nothing is decided by it: it is not part of a plan's fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, groupby, repeat
from typing import TypeAlias

WordRuns: TypeAlias = tuple[tuple[str, int], ...]


def runs_of(words: Iterable[str]) -> WordRuns:
    """One word a lead, as runs."""
    return tuple((word, sum(1 for _ in same)) for word, same in groupby(words))


def joined(runs: Iterable[tuple[str, int]]) -> WordRuns:
    """Neighbouring runs of one word as one; empty ones dropped."""
    made: list[tuple[str, int]] = []
    for word, number in runs:
        if made and made[-1][0] == word:
            made[-1] = (word, made[-1][1] + number)
        elif number:
            made.append((word, number))
    return tuple(made)


def words_of(runs: Sequence[tuple[str, int]], total: int) -> list[str | None]:
    """One word a lead. None for all where the runs are of another number of leads, or nothing is known, as in the journals of
    earlier versions.
    """
    if sum(number for _, number in runs) != total:
        return [None] * total
    return [word or None for word in chain.from_iterable(repeat(word, number) for word, number in runs)]
