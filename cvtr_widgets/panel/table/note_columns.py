"""A column that says what this user last did to a lead from this machine, and how long ago. It comes from the journal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import short_name
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.table.cells import clock
from cvtr_widgets.panel.table.lead_table import LeadTable

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession

LAST_ACTION_COLUMN = "by_you"


def ago(seconds: float) -> str:
    """``just now``, ``12 min ago``, ``2 h ago``, ``3 days ago``; empty for what lies ahead, as after a clock was set back."""
    if seconds <= -60:
        return ""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    if hours < 24:
        return f"{hours} h ago"
    days = hours // 24
    return f"{days} day{'' if days == 1 else 's'} ago"


class LastActionColumn:
    """Shows the column once there is something to say."""

    def __init__(self, table: LeadTable, session: LeadSession) -> None:
        self._table = table
        self._session = session
        self._asked: tuple[str, int] | None = None

    def follow(self, state: str) -> None:
        """Look at the journal again when ``state`` (the run shown and how it stands) is another one, or a minute has gone by."""
        # "12 min ago" changes by itself, but asking the journal with each view would be asking several times a second.
        minute = int(time.time() // 60)
        if (state, minute) == self._asked:
            return
        self._asked = (state, minute)
        try:
            any_ = bool(self._session.flagged_by_me())
        except CvtrError:
            any_ = False  # a journal that cannot be read is said where runs are offered
        self._table.annotate(LAST_ACTION_COLUMN, "By you", self._texts if any_ else None)

    def _texts(self, ids: Sequence[LeadId]) -> list[str]:
        try:
            found = self._session.flagged_by_me(ids)
        except CvtrError:
            return [""] * len(ids)
        now = datetime.now(UTC)
        return [self._text(*found[i], now) if i in found else "" for i in ids]

    def _text(self, kind: str, at: datetime, now: datetime) -> str:
        return (
            f"{short_name(kind)} {ago((now - at).total_seconds())}".rstrip()
            + f", {clock(at.isoformat(), self._session.client.zone)}"
        )
