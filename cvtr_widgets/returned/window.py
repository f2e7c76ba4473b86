"""The leads of a campaign and some dates, read to match a returns file with them: the cost is shown first, and all of
them are read or none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from cvtr_widgets.errors import ArgumentError, Cancelled, ReadTooLarge
from cvtr_widgets.frames.described import columns_of
from cvtr_widgets.frames.leads import lead_columns
from cvtr_widgets.session.lead_session import LeadSession

if TYPE_CHECKING:
    import pandas as pd

Moment = str | date | datetime | None


@dataclass(frozen=True, slots=True)
class WindowCost:
    """What reading a window takes: ``requests``, and how many ``leads`` the service counts in it (None: it names no number, and
    ``requests`` is then the least).
    """

    requests: int
    leads: int | None

    @property
    def words(self) -> str:
        """The requests in words."""
        one = "1 request" if self.requests == 1 else f"{self.requests:,} requests"
        return f"at least {one}" if self.leads is None else one

    def __str__(self) -> str:
        """In words."""
        return self.words if self.leads is None else f"{self.words} for {self.leads:,} leads"


@dataclass(frozen=True, slots=True)
class Window:
    """Leads of one or several campaigns (id or exact name) that came in between two days or times, as ``session.pull`` takes
    them. At least one of the three is given.
    """

    campaign: int | str | Sequence[int | str] | None = None
    created_after: Moment = None
    created_before: Moment = None

    def __post_init__(self) -> None:
        """Raises ArgumentError: nothing is given."""
        if self.campaign is None and self.created_after is None and self.created_before is None:
            raise ArgumentError(
                "A window needs a campaign or a date, such as cvtr.Window(campaign=44064, created_after='2026-10-01')."
            )

    def cost(self, session: LeadSession) -> WindowCost:
        """What reading it takes. Asks the service for the first page of each campaign, and reads no further.

        Raises:
            RequestRefused: no such campaign, or no date. ServiceError: it cannot be asked.
        """
        totals = []
        for one in self._campaigns():
            count, per_page = session.count(campaign=one, created_after=self.created_after, created_before=self.created_before)
            totals.append((count, per_page))
        known = [max(1, math.ceil(count / max(1, size))) for count, size in totals if count is not None]
        whole = len(known) == len(totals)
        return WindowCost(sum(known) + len(totals) - len(known), sum(c or 0 for c, _ in totals) if whole else None)

    def _campaigns(self) -> list[int | str | None]:
        return [self.campaign] if self.campaign is None or isinstance(self.campaign, (int, str)) else list(self.campaign)

    @columns_of(lead_columns)
    def read(
        self,
        session: LeadSession,
        *,
        allow: int,
        on_page: Callable[[int, int | None], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> pd.DataFrame:
        """Its leads, all of them, as a frame.

        Args:
            session: whose leads.
            allow: requests that it may take.
            on_page: told (rows so far, total or None).
            cancel: when it turns true, nothing is given.

        Raises:
            ReadTooLarge: it takes more; says how many. Cancelled: ``cancel`` turned true. ServiceError: it cannot be read.
        """
        cost = self.cost(session)
        if cost.requests > allow:
            raise ReadTooLarge(
                f"The leads of this window are read to look for the rows in them, which takes {cost}. Narrow the window, or "
                f"allow it: allow={cost.requests}.",
                requests=cost.requests,
            )
        pages = 0

        def told(rows: int, total: int | None) -> None:
            nonlocal pages
            pages += 1
            if on_page is not None:
                on_page(rows, total)

        found = session.pull(
            campaign=self.campaign, created_after=self.created_after, created_before=self.created_before, on_page=told,
            cancel=lambda: pages > allow + SLACK or (cancel is not None and cancel()), go_on=True,
        )  # fmt: skip
        if pages > allow + SLACK:
            raise ReadTooLarge(
                f"This window holds more than the service counted: {allow:,} requests have not read all of it, and "
                "nothing was matched. Narrow the window, or allow more.",
                requests=pages,
            )
        if cancel is not None and cancel():
            raise Cancelled("Reading was stopped; nothing was matched.")
        return found


SLACK = 2
"""Requests beyond those allowed: leads come in while they are read, and the end of a full last page is looked for."""
