"""Which numbers are of one size, as the ids of one list are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from cvtr_widgets.models import LeadId

FACTOR: Final = 2
"""Ids of one list are neighbours where the next larger one is at most this many times as large."""
_FEW: Final = 5


def groups_by_size(ordered: list[LeadId]) -> list[list[LeadId]]:
    """Neighbours together. In a short list, numbers with as many digits are neighbours too."""
    few = len(ordered) < _FEW
    groups = [[ordered[0]]]
    for before, one in pairwise(ordered):
        # Of numbers below 100 the factor says nothing: 3 and 40 may well be of one list.
        if one <= FACTOR * before or (few and len(str(one)) == len(str(before))) or one < 100:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def alike(ids: Iterable[LeadId]) -> bool:
    """Whether the numbers look as ids of one list do."""
    ordered = sorted(set(ids))
    return len(ordered) < 2 or (ordered[-1] <= FACTOR * ordered[0]) or len(groups_by_size(ordered)) == 1
