"""Faults of the service, as data: what a real one does on a bad day."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Do = Literal[
    "status", "html", "cut_json", "empty", "wrong_charset", "reset", "slow", "drop_ids", "extra_ids", "reorder_ids", "double_ids",
    "refuse_lead", "chunk_422_if_lead", "lie", "never", "later", "redirect",
]  # fmt: skip


@dataclass(frozen=True)
class Mishap:
    """One fault.

    ``call``: the last part of the path that is no id (``"leads-bulk-flag"``; ``"leads"`` is the list and the single lead),
    or ``"*"``. ``do``: what happens. ``when``: before or after the service has applied the call; what spoils only the answer's
    rows (``drop_ids extra_ids reorder_ids double_ids``, at the writes, the delivery check and the list of leads) or a lead's
    fate has no moment. ``nth``: only the nth such call (from 1), else every one, ``times`` at the most. ``lead``: the fault
    strikes only calls that name this lead (or a list that names none), and is about this lead alone where it is about leads.
    ``status`` and ``retry_after`` (text) for ``"status"``; ``seconds`` for ``"slow"`` and ``"later"``; ``location`` for
    ``"redirect"``; ``text`` is what the service says.

    ``lie``: says yes and does nothing. ``never``: 202, queued, and nothing ever comes of it. ``later``: says yes at once; the
    effect comes after ``seconds``. ``refuse_lead``: an error for that lead. ``chunk_422_if_lead``: nothing is applied when
    that lead is among the ids. ``reset``: the connection is closed without an answer.
    """

    call: str
    do: Do
    when: Literal["before", "after"] = "before"
    nth: int | None = None
    times: int | None = None
    lead: int | None = None
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.5
    location: str = "https://elsewhere.example/"
    text: str = "made to fail"


@dataclass
class _Counter:
    seen: int = 0
    used: int = 0


@dataclass
class Mishaps:
    """The faults in force. ``for_call`` gives those that strike this call."""

    faults: Sequence[Mishap] = ()
    _counts: dict[int, _Counter] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def for_call(self, call: str, leads: Sequence[int]) -> list[Mishap]:
        """The faults that strike a call about these leads."""
        struck = []
        with self._lock:
            for n, fault in enumerate(self.faults):
                if fault.call not in {"*", call} or (fault.lead is not None and leads and fault.lead not in leads):
                    continue
                count = self._counts.setdefault(n, _Counter())
                count.seen += 1
                if (fault.nth is not None and count.seen != fault.nth) or (fault.times is not None and count.used >= fault.times):
                    continue
                count.used += 1
                struck.append(fault)
        return struck
