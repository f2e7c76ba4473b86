"""Which writes may go to a live enterprise: those whose entries a run has proven there, one lead to prove them, or what the
user lets through knowingly. The last gate before the wire, whatever was checked above it.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from cvtr_widgets.dialect.model import Dialect, EntryRow, Evidence, proof_word
from cvtr_widgets.errors import LiveWritesRefused
from cvtr_widgets.models import Action, Identity, LeadId


class WriteGate:
    """The gate of one client. On the sandbox it is open."""

    def __init__(self, identity: Identity, dialect: Dialect) -> None:
        self.enterprise = identity.enterprise
        self.sandbox = identity.sandbox
        self.where = proof_word(identity.origin, identity.account)
        self._whose = (identity.origin, identity.account)
        self._dialect = dialect
        self._proven: dict[str, str] = {}
        self._waived: set[str] = set()
        self._one: tuple[Action, LeadId] | None = None
        self._lock = threading.Lock()

    def verified(self, entries: Iterable[str]) -> set[str]:
        """Those of the entries that were read back here, now or before."""
        with self._lock:
            mine = {name for name, kind in self._proven.items() if kind == "verified"}
        return {n for n, e in self._dialect.evidence_of(entries).items() if n in mine or e.verified_at(*self._whose)}

    def unproven(self, entries: Iterable[str]) -> tuple[str, ...]:
        """Those of the entries that no run of this account has proven at this address; none on the sandbox."""
        if self.sandbox:
            return ()
        found = self._dialect.evidence_of(entries)
        with self._lock:
            return tuple(n for n, e in found.items() if n not in self._proven and not e.tried_at(*self._whose))

    def rows(self) -> list[EntryRow]:
        """Every entry with its evidence; what was proven since the file was read counts."""
        today, here = datetime.now(UTC).date().isoformat(), self.where
        with self._lock:
            return [
                dataclasses.replace(row, evidence=Evidence(kind, today, here)) if (kind := self._proven.get(row.entry)) else row
                for row in self._dialect.evidence()
            ]

    def proven(self, kinds: Mapping[str, str]) -> None:
        """What a run has proven here: entry -> ``verified`` (it was read back) or ``sent`` (it cannot be)."""
        with self._lock:
            self._proven.update(kinds)

    def waive(self, entries: Iterable[str]) -> None:
        """The user lets these entries be used unproven, for as long as this client lives."""
        with self._lock:
            self._waived.update(entries)

    def one_lead(self, action: Action, lead_id: LeadId) -> None:
        """Let one write of one action to one lead through."""
        with self._lock:
            self._one = (action, lead_id)

    def no_lead(self) -> None:
        """Take back what ``one_lead`` gave."""
        with self._lock:
            self._one = None

    def check(self, action: Action, ids: Sequence[LeadId], entries: Sequence[str]) -> None:
        """Let a write through, or not.

        Raises:
            LiveWritesRefused: it rests on entries that are neither proven nor waived.
        """
        open_ = [name for name in self.unproven(entries) if name not in self._waived]
        if not open_:
            return
        with self._lock:
            if self._one == (action, ids[0]) and len(ids) == 1:
                return
        raise LiveWritesRefused(refusal(self.enterprise, open_))


def refusal(enterprise: str, entries: Sequence[str]) -> str:
    """Why a write was not sent, and what to do."""
    named = ", ".join(entries[:3]) + (f" and {len(entries) - 3} more" if len(entries) > 3 else "")
    return (
        f"Nothing was sent: how {enterprise!r} takes this action is not proven there yet ({named}). Send it "
        "to one single lead first: session.canary(plan)."
    )
