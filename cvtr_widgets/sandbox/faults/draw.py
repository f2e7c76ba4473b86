"""Which faults strike a call: those that were listed, and those that chance draws."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cvtr_widgets.sandbox.faults.faults import Mishap, NetworkFault

_WRITES = ("flag", "deliver", "undeliver", "metadata", "reprocess", "delete")
LEAD_CALLS = frozenset([*(f"leads-bulk-{what}" for what in _WRITES), "is-lead-delivered", "leads"])
"""The calls about leads: the six writes, the delivery check, and reading leads."""
ONE_LEAD = frozenset({"refuse_lead", "chunk_422_if_lead", "drop_ids", "lie", "later"})
"""What chaos does to one lead of a call."""


def call_of(path: str) -> str:
    """The last part of a path that is not an id."""
    parts = path.split("/")
    last = parts[-1].removesuffix(".jsonld")
    return parts[-2] if len(parts) > 2 and last.isdigit() else last


def leads_of(path: str, query: Sequence[tuple[str, str]], body: Any) -> list[int]:
    """The ids of the leads that a request names: in its body, its query, or its path."""
    listed = body.get("leads") if isinstance(body, dict) else None
    leads = [i for i in listed if isinstance(i, int)] if isinstance(listed, list) else []
    asked = [value for key, value in query if key in {"id[]", "lead.id"}]
    asked += [path.rsplit("/", 1)[-1].removesuffix(".jsonld")] if call_of(path) == "leads" else []
    return leads + [int(text) for text in asked if text.isascii() and text.isdigit()]


@dataclass(frozen=True)
class Chaos:
    """Faults by chance, the same for the same ``seed``, however the caller's threads run.

    Each is drawn from the hash of seed, call, sorted lead ids and attempt: ``rate`` is the share of calls about leads that
    is struck (0 to 1), ``faults`` are what is chosen from; their ``call``, ``"*"`` or one, says where they may strike.
    """

    seed: int
    rate: float
    faults: tuple[Mishap | NetworkFault, ...]

    def draw(self, call: str, leads: Sequence[int], attempt: int) -> Mishap | NetworkFault | None:
        """The fault of one call, or None. ``attempt`` counts the calls with the same leads, from 1."""
        fitting = [f for f in self.faults if f.call in {"*", call}]
        if call not in LEAD_CALLS or not fitting:
            return None
        # Hashed and not drawn in turn: threads arrive in any order, and the same call must meet the same fault in each run.
        digest = hashlib.sha256(f"{self.seed}|{call}|{sorted(leads)}|{attempt}".encode()).digest()
        if int.from_bytes(digest[:8], "big") >= self.rate * 2**64:
            return None
        fault = fitting[int.from_bytes(digest[8:12], "big") % len(fitting)]
        if fault.do in ONE_LEAD and fault.lead is None and leads:
            return replace(fault, lead=sorted(leads)[int.from_bytes(digest[12:16], "big") % len(leads)])
        return fault


@dataclass
class _Counter:
    seen: int = 0
    used: int = 0


@dataclass
class Faults:
    """The faults in force at one place. ``for_call`` gives those that strike a call."""

    listed: Sequence[Mishap | NetworkFault] = ()
    chaos: Chaos | None = None
    _counts: dict[int, _Counter] = field(default_factory=dict)
    _attempts: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def for_call(self, call: str, leads: Sequence[int]) -> list[Mishap | NetworkFault]:
        """The faults that strike a call about these leads."""
        with self._lock:
            struck = [fault for n, fault in enumerate(self.listed) if self._strikes(n, fault, call, leads)]
            if self.chaos is not None:
                key = (call, tuple(sorted(leads)))
                self._attempts[key] = self._attempts.get(key, 0) + 1
                drawn = self.chaos.draw(call, leads, self._attempts[key])
                struck += [] if drawn is None else [drawn]
        return struck

    def _strikes(self, number: int, fault: Mishap | NetworkFault, call: str, leads: Sequence[int]) -> bool:
        if fault.call not in {"*", call} or (fault.lead is not None and leads and fault.lead not in leads):
            return False
        count = self._counts.setdefault(number, _Counter())
        count.seen += 1
        if (fault.nth is not None and count.seen != fault.nth) or (fault.times is not None and count.used >= fault.times):
            return False
        count.used += 1
        return True
