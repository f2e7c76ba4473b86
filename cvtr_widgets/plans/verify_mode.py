"""Which leads a run reads back: ``all``, ``doubtful``, ``sample:N`` or ``none``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.arguments import quoted
from cvtr_widgets.errors import PlanError
from cvtr_widgets.models import LeadId

MODES_SHOWN = ("all", "doubtful", "sample:100", "none")
"""The ways whose costs a plan shows."""


@dataclass(frozen=True, slots=True)
class Verify:
    """One way. ``number`` is the size of a sample.

    ``all``: every lead that was sent. ``doubtful``: those without a clear yes that names them. ``sample:N``: those, and N
    of the others; where one of the N is not as the service said, all. ``none``: none; what is in doubt stays ``unknown``. A
    chunk that was refused whole is read in any case, as it could not be split otherwise.
    """

    way: str
    number: int = 0

    def __str__(self) -> str:
        return f"sample:{self.number}" if self.way == "sample" else self.way

    def drawn(self, run_id: str, ids: Iterable[LeadId]) -> list[LeadId]:
        """The leads in the order in which a sample takes them: by a hash, so that a resumed run draws the same. Empty where no
        sample is asked for.
        """
        if self.way != "sample":
            return []
        return [i for _, i in sorted((hashlib.sha256(f"{run_id}|{i}".encode()).digest(), i) for i in ids)]


def verify_way(text: Any) -> Verify:
    """``"all"``, ``"doubtful"``, ``"none"`` or ``"sample:50"`` as a value.

    Raises:
        PlanError: it is none of these.
    """
    if not isinstance(text, str):
        raise PlanError(f'verify={quoted(text)} is not known. Use "all", "doubtful", "sample:100" (any number) or "none".')
    way, _, number = text.partition(":")
    if way == "sample" and number.isascii() and number.isdigit() and int(number) > 0:
        return Verify(way, int(number))
    if text in {"all", "doubtful", "none"}:
        return Verify(text)
    raise PlanError(f'verify={text[:40]!r} is not known. Use "all", "doubtful", "sample:100" (any number) or "none".')
