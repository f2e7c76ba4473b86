"""Reading from the service into a store: what is new, what may have changed, and a share of the rest.

By creation date, the only documented filter, in windows of some thousand leads, newest first; each window counts once it was
listed as a whole, so that a sync that was killed goes on with the next. A change of status does not move the creation date:
so leads that may still change are read again by their ids, and a share of all windows is listed again each time, the ones
listed longest ago first. That way late arrivals, changes of old leads and deletions are found, too, after some syncs.

A lead counts as deleted only where the service itself says, in its own form, that it is not there, while another lead can be
read (as for deletions of a run). What is absent without such a word stays as it was, with the time when it was last seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cvtr_widgets.archive import windows as ranges
from cvtr_widgets.archive.batch import Batch
from cvtr_widgets.archive.hash_personal import PersonalHasher
from cvtr_widgets.archive.last_versions import LatestVersions
from cvtr_widgets.archive.own_runs import new_runs, put_runs
from cvtr_widgets.archive.schema import DELETED
from cvtr_widgets.archive.store import ArchiveWriter
from cvtr_widgets.archive.windows import LOW, ReadWindow, WindowSizes
from cvtr_widgets.errors import Cancelled, ServiceError
from cvtr_widgets.models import LeadId, Stopped

if TYPE_CHECKING:
    from cvtr_widgets.api.client import Convertr
    from cvtr_widgets.session.lead_session import LeadSession

OVERLAP = timedelta(days=2)
"""So much of what was listed last is listed again: leads that arrived late, and clocks that differ."""
RECENT_CHANGES = timedelta(days=14)
"""Leads that came in or changed so lately are read again."""
ROLLING_SHARE = 30
"""Each sync lists one of so many parts of the rest again."""
FIRST_WINDOW = 50
"""Open leads that are read by their ids before it is known whether the service filters by them."""
CLOCKS_DIFFER = timedelta(seconds=30)
"""Answers carry whole seconds and take their time: less than this is not a difference."""
HISTORY = 200
"""Syncs that the manifest remembers."""


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a sync has come. ``seconds``: how long the requests that are known to be needed take, the request limit counted
    in; None where it is not known yet.
    """

    step: str
    done: int
    total: int | None
    requests: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class SyncCost:
    """What the next sync takes, before it begins: requests for new leads, for open leads, and for a share of the rest.

    ``new_leads``: how many leads the service counts in what is to be listed, the overlap included; None where it does not count.
    """

    new_leads: int | None
    open_leads: int
    new_requests: int
    open_requests: int
    rest_requests: int

    @property
    def requests(self) -> int:
        """All of them."""
        return self.new_requests + self.open_requests + self.rest_requests


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. ``complete``: everything that it set out to read was read.

    ``read``: readings of leads (a lead may be read twice), ``new changed deleted returned`` are leads; ``not_found``: leads that
    did not come any more, without a word of the service that they are gone. ``leads``: how many are archived as being there.
    """

    began: datetime
    ended: datetime
    complete: bool
    read: int
    new: int
    changed: int
    deleted: int
    returned: int
    not_found: int
    leads: int
    requests: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        done = "complete" if self.complete else "NOT COMPLETE"
        return (
            f"<SyncReport {done}: {self.leads:,} leads archived; {self.new:,} new, {self.changed:,} changed, "
            f"{self.deleted:,} deleted, {self.read:,} read with {self.requests:,} requests{', see .notes' if self.notes else ''}>"
        )


def utc_now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


Hear = Callable[[SyncProgress], None]


class Sync:
    """One sync under way, of one session into one store that this process writes."""

    def __init__(
        self,
        session: LeadSession,
        writer: ArchiveWriter,
        cover: PersonalHasher,
        *,
        everything: bool = False,
        runs_only: bool = False,
        hear: Hear = lambda _progress: None,
        stop: Stopped = lambda: False,
        sizes: WindowSizes = WindowSizes(),  # noqa: B008  a frozen value
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._session = session
        self._client: Convertr = session.client
        self._writer = writer
        self._everything = everything
        self._runs_only = runs_only
        self._hear = hear
        self._stop = stop
        self._sizes = sizes
        self._clock = clock
        self._latest = LatestVersions(writer.store, writer.manifest)
        self._batch = Batch(writer, self._latest, self._client, cover, sizes.batch)
        self._began = self._now()
        self._windows = ranges.loaded(writer.manifest.windows)
        self._requests = 0
        self._needed: int | None = None
        self._not_found: set[LeadId] = set()
        self._seen: set[LeadId] = set()
        self._notes: list[str] = []
        self._whole = True

    def _now(self) -> datetime:
        """The time by this machine's clock, unless the service's is far from it: then by that one."""
        return self._clock() + self._ahead

    @property
    def _ahead(self) -> timedelta:
        ahead = timedelta(seconds=self._client.clock_offset or 0)
        return ahead if abs(ahead) > CLOCKS_DIFFER else timedelta(0)

    @property
    def _floor(self) -> datetime:
        floor = self._writer.manifest.floor
        return datetime.fromisoformat(floor) if floor else LOW

    # -- the whole --------------------------------------------------------------------------------------------------------

    def run(self) -> SyncReport:
        """Read, and give the report. What was read is kept, however it ends.

        Raises:
            ServiceError: the service could not be read any further; what had come is archived.
        """
        try:
            self._read_all()
        except Cancelled:
            self._whole = False
        except ServiceError:
            self._whole = False
            self._end()
            raise
        finally:
            self._latest.close()
        return self._end()

    def _read_all(self) -> None:
        # Own runs first: what they changed is known from the journal, and each of these leads is read once.
        runs = new_runs(self._session, self._writer, self._notes)
        sent_ids = list(dict.fromkeys(int(lead_id) for sent in runs.values() for lead_id in sent.index))
        # Leads that the archive does not hold yet are left out here: the windows of new leads bring them.
        self._by_ids("leads of own runs", [i for i in sent_ids if self._latest.state(i) is not None])
        # Noted only after their leads were read: a sync that is killed in between reads these leads once more instead of never.
        put_runs(runs, self._writer, self._ahead)
        if self._runs_only:
            return
        open_ids, rest = self._to_read_again()
        for window in ranges.to_list(self._windows, self._floor, OVERLAP):
            if not self._list("new leads", window):
                return
        # Now that new leads have been listed, it is known what the rest takes, and the time left can be told.
        self._needed = self._requests + self.by_ids_cost(open_ids) + self.list_cost(rest)
        if not self._few_by_ids(open_ids):
            # The listing of all windows takes the place of both: it brings the open leads and the share of the rest.
            rest = self._windows
        for window in list(rest):
            if not self._list("a share of the rest", window):
                return
        self._by_ids("open leads", self._left(open_ids))  # those without a date are in no window

    def _to_read_again(self) -> tuple[list[LeadId], list[ReadWindow]]:
        """Leads that are read by their ids, and windows that are listed again. All windows hold all leads."""
        if self._everything:
            # Listing every window reads the open leads, too; asking for them by id as well would read them twice.
            return self._latest.ids("date IS NULL"), list(self._windows)
        share = math.ceil(len(self._windows) / ROLLING_SHARE)
        return self._latest.open_ids(self._began - RECENT_CHANGES), ranges.oldest_read(self._windows, share)

    def _left(self, ids: Sequence[LeadId]) -> list[LeadId]:
        """Those of these leads that have not been asked for in this sync."""
        gone = (lead_id for lead_id in ids if (known := self._latest.state(lead_id)) is None or known[1] == DELETED)
        done = self._seen | self._not_found | set(gone)
        return [lead_id for lead_id in ids if lead_id not in done]

    def _few_by_ids(self, ids: Sequence[LeadId]) -> bool:
        """Read open leads by their ids, unless listing all leads takes fewer requests, as where the service cannot filter by ids;
        it may turn out only now that it ignores that filter. False: list all.
        """
        # Whether the service obeys a filter by ids is only known once it has answered one. A service that ignores it silently
        # costs one request a lead, so a few leads are tried first and the cost is worked out again with what was learned.
        for part in (self._left(ids)[:FIRST_WINDOW], self._left(ids)[FIRST_WINDOW:]):
            if self.by_ids_cost(part) > self.list_cost(self._windows):
                return False
            self._by_ids("open leads", self._left(part))
        return True

    def cost(self) -> SyncCost:
        """What ``run`` takes; asks the service how many leads are to be listed."""
        open_ids, windows = self._to_read_again()
        expected: int | None = 0
        requests = 0
        for window in ranges.to_list(self._windows, self._floor, OVERLAP):
            listing = self._client.listing(
                created_after=window.after, created_before=window.high, go_on=True, cancelled=self._stop
            )
            # One page is enough: each page says how many leads there are in all.
            next(listing.pages(), None)
            total = listing.tally.expected
            expected = None if total is None or expected is None else expected + total
            # A window that is too large is halved until its parts fit. Each half costs one page that only tells the total, and
            # leads are not spread evenly over time: hence twice the number of parts, and 60 for the halvings down to where the
            # leads are.
            cuts = 2 * math.ceil((total or 0) / (self._sizes.window / 2)) + 60 if (total or 0) > self._sizes.window else 0
            requests += math.ceil((total or 0) / self._client.limits.page) + 2 + cuts
        by_ids, rest, whole = self.by_ids_cost(open_ids), self.list_cost(windows), self.list_cost(self._windows)
        self._latest.close()
        # The same rule as in _few_by_ids: then all windows are listed, and no lead is read by its id.
        if by_ids > whole:
            return SyncCost(expected, len(open_ids), requests, 0, whole)
        return SyncCost(expected, len(open_ids), requests, by_ids, rest)

    def by_ids_cost(self, ids: Sequence[LeadId]) -> int:
        """Requests that reading these leads by their ids takes."""
        return self._client.fetch_cost(ids).requests if ids else 0

    def list_cost(self, windows: Sequence[ReadWindow]) -> int:
        """Requests that listing these windows takes, as far as is known of them."""
        known = sum(len(self._latest.between(w.low, w.high or self._began)) for w in windows)
        return math.ceil(known / self._client.limits.page) + 2 * len(windows)

    def _end(self) -> SyncReport:
        ended = self._now()
        self._batch.flush()
        c = self._batch.counts
        for name, number in sorted(c.lost.items()):
            self._notes.append(
                f"{number:,} values of {name} have more digits than the archive holds and are archived as empty. If they "
                "matter, read these leads from the service."
            )
        if self._not_found:
            some = ", ".join(map(str, sorted(self._not_found)[:5]))
            self._notes.append(
                f"{len(self._not_found):,} archived leads were no longer in the service's answers ({some}). The service does "
                "not say that they are deleted, so they stay as they were last seen."
            )
        if not self._whole:
            self._notes.append("Not everything was read. What was read is archived; sync again for the rest.")
        report = SyncReport(
            self._began, ended, self._whole, c.read, c.new, c.changed, c.deleted, c.returned, len(self._not_found),
            self._latest.count + c.new + c.returned - c.deleted, self._requests, tuple(self._notes),
        )  # fmt: skip
        said = {
            "began": self._began.isoformat(), "ended": ended.isoformat(), "complete": self._whole, "read": c.read, "new": c.new,
            "changed": c.changed, "deleted": c.deleted, "not_found": len(self._not_found), "requests": self._requests,
            "leads": report.leads,
        }  # fmt: skip
        if not self._runs_only:  # else the archive is no fresher than before
            self._writer.commit(syncs=(*self._writer.manifest.syncs, said)[-HISTORY:])
        return report

    # -- windows ----------------------------------------------------------------------------------------------------------

    def _list(self, step: str, window: ReadWindow, *, cut: bool = True) -> bool:
        """List a window; ``cut``: in parts where it holds many leads. False: the user stopped it."""
        todo = [window]
        while todo:
            one = todo.pop()
            # The time before the request counts: a lead that comes in while the window is being listed may be on no page, and the
            # overlap of the next sync has to reach it.
            began = self._now()
            listing = self._client.listing(created_after=one.after, created_before=one.high, go_on=True, cancelled=self._stop)
            seen: set[LeadId] = set()
            first = True
            for records in listing.pages():
                at = self._now()
                total = listing.tally.expected
                # A window with too many leads is cut as soon as its first page names the total, and only the halves are read:
                # pages of a long listing shift while leads come in, and a stop would lose all of it.
                halves = one.halves(began) if cut and first and (total or 0) > self._sizes.window else None
                ignored = {"created_after", "created_before"} & listing.left_out.keys()
                # Rows outside of the range came: the service ignores it, and each window would list everything.
                if ignored:
                    self._requests += listing.tally.requests
                    return self._all_at_once(step)
                if halves:
                    todo += halves
                    break
                first = False
                self._batch.add(records, at)
                seen.update(lead_id for lead_id in self._client.fields.lead_ids(records) if lead_id is not None)
                if self._batch.full:
                    self._batch.flush()
                self._tell(step, listing.tally.rows, total, listing.tally.requests)
            self._requests += listing.tally.requests
            # Left through ``break``: nothing of this window was archived, and its halves are on the list now.
            if first and halves:
                continue
            self._batch.flush()
            if self._stop():
                self._whole = False
                return False
            self._listed(one, began, seen, listing.tally.missing, listing.notes)
        return True

    def _all_at_once(self, step: str) -> bool:
        """The service does not filter by creation date: all leads are listed, each time."""
        note = "The service does not filter by creation date: all leads are listed in each sync."
        if note in self._notes:
            return True
        self._notes.append(note)
        return self._list(step, ReadWindow(LOW, None), cut=False)

    def _listed(self, window: ReadWindow, began: datetime, seen: set[LeadId], missing: int, notes: Sequence[str]) -> None:
        """A window was listed to its end."""
        self._seen |= seen
        if missing:
            self._whole = False
            self._notes += [note for note in notes if note not in self._notes]
            return
        high = window.high
        if high is None:  # up to the newest lead; up to now only as far as a clock says, and clocks jump
            last = self._batch.last_created or self._newest()
            high = min(last, began) if last is not None else window.low
        # Archived in this range and not listed: deleted, or only missing from the pages. Only their own addresses tell.
        absent = [lead_id for lead_id in self._latest.between(window.low, high) if lead_id not in seen]
        if absent:
            self._ask_after(absent)
        self._windows = ranges.with_window(self._windows, ReadWindow(window.low, high, began))
        self._writer.commit(windows=ranges.dumped(self._windows))

    def _newest(self) -> datetime | None:
        return max((w.high for w in self._windows if w.high is not None), default=None)

    # -- leads by their ids -----------------------------------------------------------------------------------------------

    def _by_ids(self, step: str, ids: Sequence[LeadId]) -> None:
        """Read leads again by their ids.

        Raises:
            Cancelled: the user stopped it; what had come is kept.
        """
        # In parts, each of them committed: a stop or a kill loses one part and not an hour of requests.
        for start in range(0, len(ids), self._sizes.part):
            part = ids[start : start + self._sizes.part]
            if self._stop():
                raise Cancelled("The sync was stopped. What was read is archived; sync again for the rest.")

            def tick(done: int, before: int = start) -> None:
                self._tell(step, before + done, len(ids), 0)

            cost = self.by_ids_cost(part)
            # ``gone`` gets only the leads of which the service says itself that they are not there. A lead that is simply not
            # among the answers may exist: an account can lose sight of a campaign, and pages shift.
            gone: set[LeadId] = set()
            found = self._client.fetch_records(part, tick=tick, cancelled=self._stop, gone=gone)
            self._requests += cost
            self._batch.add(list(found.values()), self._now())
            self._seen |= found.keys()
            self._batch.flush()
            self._absent([lead_id for lead_id in part if lead_id not in found], gone)

    def _ask_after(self, ids: Sequence[LeadId]) -> None:
        """Leads that did not come with the others of their window: read by their own addresses."""
        known = [lead_id for lead_id in ids if self._latest.state(lead_id) is not None]
        self._by_ids("leads missing from the listing", known)

    def _absent(self, ids: Sequence[LeadId], gone: set[LeadId]) -> None:
        if gone:
            self._batch.deleted(gone, self._now())
        self._not_found.update(lead_id for lead_id in ids if lead_id not in gone)

    def _tell(self, step: str, done: int, total: int | None, under_way: int) -> None:
        self._hear(SyncProgress(step, done, total, self._requests + under_way, self._seconds(under_way, done, total)))

    def _seconds(self, under_way: int, done: int, total: int | None) -> float | None:
        """How long what is known to be left takes: by the latency, and by the request limit where that is slower."""
        limits = self._client.limits
        left = math.ceil(max(0, (total or 0) - done) / limits.page)
        if self._needed is not None:
            left = max(left, self._needed - self._requests - under_way)
        elif total is None:
            return None
        # Requests overlap, so the latency counts once per set of requests in flight; 0.1 s stands in until one was measured.
        quick = left * (self._client.latency() or 0.1) / limits.in_flight
        # What is free in the limit's window goes out at once; only the requests beyond it wait for the limit.
        free = limits.requests - self._client.usage()[0]
        return quick if left <= free else max(quick, (left - free) / limits.requests * limits.window + self._client.waiting())
