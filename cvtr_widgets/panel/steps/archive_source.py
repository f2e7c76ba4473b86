"""An archive as what step 1 shows: leads as they were last seen, or as of a day, asked page by page and never loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import ArchiveError
from cvtr_widgets.panel.jobs import Job, Jobs
from cvtr_widgets.panel.table.cells import clock, plain

if TYPE_CHECKING:
    from cvtr_widgets.archive.archive import Archive
    from cvtr_widgets.panel.steps.load_filters import Filters
    from cvtr_widgets.panel.table.archive_sheet import ArchiveSheet
    from cvtr_widgets.panel.table.lead_table import LeadTable
    from cvtr_widgets.session.lead_session import LeadSession

READ_AGAIN = "A plan always reads its leads at the service again."
OUTDATED = (
    "A run has changed leads since this archive was synced. Sync it, archive.sync(session, runs_only=True), and press Refresh."
)
ASK_INSIGHT = (
    "Look works on loaded leads, and these are an archive’s: cvtr.insight answers the same questions for panel.archived, without "
    "loading it. Or choose fewer leads and load them from the service."
)
CHANGED = "The choice has changed: press Open archive to show it."


class ArchiveSource:
    """``archive``: where the leads of this session's account are kept, or None. ``sheet``: what is shown of it, or None."""

    def __init__(self, session: LeadSession) -> None:
        self.archive: Archive | None = None
        self.sheet: ArchiveSheet | None = None
        self._session = session
        self._words = ""

    def use(self, archive: Archive) -> None:
        """Offer an archive.

        Raises:
            ArchiveError: it holds no leads of this account.
        """
        self.archive = archive.of(self._session)

    def open(self, asked: Filters, table: LeadTable, jobs: Jobs, done: Any, failed: Any) -> None:
        """Open the archive by these filters, in the background; ``done`` is told when it is there."""
        archive = self.archive
        if archive is None:
            raise ArchiveError("This panel has no archive. Give it one: cvtr.LeadPanel(session, archive=cvtr.Archive(...)).")

        def work(_job: Job, _tell: Any) -> tuple[ArchiveSheet, str]:
            leads = archive.leads(as_of=asked.as_of or None, **asked.query())
            sheet = table.archive_sheet(leads, masked=self._session.masked)
            return sheet, self._said(sheet, asked.as_of)

        def take(found: tuple[ArchiveSheet, str]) -> None:
            self.sheet, self._words = found
            done()

        jobs.start("load", "Opening the archive", work, take, failed)

    def close(self) -> None:
        """Leads of the service are shown instead."""
        self.sheet, self._words = None, ""

    def _said(self, sheet: ArchiveSheet, as_of: str) -> str:
        """What is shown, and how fresh it is."""
        zone = self._session.client.zone
        at = clock(sheet.leads.attrs["as_of"], zone)
        if as_of:
            return f"From the archive: leads as they had been seen by {at}, not as they are now. {READ_AGAIN}"
        low, high = sheet.leads.freshness().values()
        if low is None or high is None:
            return f"From the archive, last synced {at}. {READ_AGAIN}"
        first, last = clock(low.isoformat(), zone), clock(high.isoformat(), zone)
        seen = f"last seen at {last}" if first == last else f"last seen between {first} and {last}, each at its own time"
        return f"From the archive: leads as {seen}, not as they are now. {READ_AGAIN}"

    def notes(self) -> list[str]:
        """What has to be known of the disk that the archive is on."""
        return [] if self.archive is None or self.sheet is None else self.archive.notes()

    def absent(self, count: int) -> str:
        """What is said of selected leads that the archive does not show."""
        return f"{count:,} not among these leads of the archive" if count and self.sheet is not None else ""

    def view(self, asked: Filters) -> dict[str, Any]:
        """As JSON values."""
        return {
            "there": self.archive is not None,
            "chosen": asked.archive,
            "as_of": asked.as_of,
            "words": plain(self._words, 400),
        }
