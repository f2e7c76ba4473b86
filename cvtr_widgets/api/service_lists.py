"""The small lists around leads: campaigns, publishers, reasons, categories, jobs, notes, statistics."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from cvtr_widgets.api.cancel_token import CancelToken, never
from cvtr_widgets.api.json_reader import Reader
from cvtr_widgets.api.pages import Pages
from cvtr_widgets.api.transport import Params
from cvtr_widgets.arguments import quoted
from cvtr_widgets.errors import RequestRefused, Unreadable
from cvtr_widgets.frames.field_map import id_of, plain_word
from cvtr_widgets.models import ActionKind, Choice, LeadId, Record, Stopped
from cvtr_widgets.selection.lead_id import lead_id_of


def _whole(records: Sequence[Record]) -> list[Hashable]:
    """Rows that have no id of their own are told apart by all that they say."""
    return [json.dumps(record, sort_keys=True, default=str) for record in records]


class Catalog:
    """Plain records. Lists that hardly change (campaigns, publishers, reasons ...) are read once; ``refresh()`` forgets."""

    def __init__(self, reader: Reader, pool: ThreadPoolExecutor) -> None:
        self._reader = reader
        self._pool = pool
        self._kept: dict[tuple[str, Params], list[Record]] = {}
        self._notes: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Read every list again when it is next asked for."""
        with self._lock:
            self._kept.clear()

    def notes(self, resource: str) -> list[str]:
        """What the reader of a list should know, such as that it may be incomplete; as of its last reading."""
        return list(self._notes.get(resource, ()))

    def has(self, resource: str, record_id: int) -> bool:
        """Whether a list such as ``campaigns`` has this one now."""
        if any(self._reader.record_id(resource, record) == record_id for record in self.kept(resource)):
            return True
        with self._lock:
            self._kept.pop((resource, ()), None)  # it may be new
        return any(self._reader.record_id(resource, record) == record_id for record in self.kept(resource))

    def all(
        self,
        resource: str,
        params: Params = (),
        *,
        cancelled: Stopped = never,
        key: Callable[[Sequence[Record]], Sequence[Hashable]] | None = None,
    ) -> list[Record]:
        """A whole collection, read to its end; ``notes`` says where that is not certain. ``key``: as in ``Pages``.

        Raises:
            Cancelled: it was stopped; a part of it is never given.
        """
        stop = CancelToken(cancelled)
        pages = Pages(self._reader, self._pool, resource, params, key=key, cancelled=stop)
        found = [record for page in pages.pages() for record in page]
        stop.check()
        said = list(pages.tally.notes)
        if pages.tally.unreadable:
            said.append(f"{pages.tally.unreadable:,} rows could not be read and are left out.")
        self._notes[resource] = said
        return found

    def kept(self, resource: str, params: Params = (), *, cancelled: Stopped = never) -> list[Record]:
        """A whole collection, read once."""
        key = (resource, tuple(params))
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        found = self.all(resource, params, cancelled=cancelled)
        with self._lock:
            self._kept[key] = found
        return found

    def names(self, resource: str, *, cancelled: Stopped = never) -> dict[int, str]:
        """Id -> name of a list such as ``campaigns``."""
        found: dict[int, str] = {}
        for record in self.kept(resource, cancelled=cancelled):
            record_id, name = self._reader.record_id(resource, record), self._name(record)
            if record_id is not None and name is not None:
                found[record_id] = name
        return found

    def reasons(self, kind: ActionKind | str) -> list[Choice]:
        """The listed reasons of Valid, Invalid or Test, in the service's order (convertr: lead-flag-reasons).

        Raises:
            RequestRefused: it is none of these.
        """
        if not isinstance(kind, str) or str(kind) not in {"valid", "invalid", "test"}:
            raise RequestRefused(f"{quoted(kind)} has no list of reasons", advice='Use "valid", "invalid" or "test".')
        d = self._reader.dialect
        flag = d.value("lists", "flag_names").get(str(kind))
        if not isinstance(flag, str):
            return []
        found = self.kept("lead-flag-reasons", [(d.value("lists", "reason_filter"), flag)])
        # The filter is believed only when obeyed: reasons of another flag are left out here.
        mine = [r for r in found if str(d.read(r, "lists", "flag_name")).lower() == flag.lower()]
        return [c for c in (self._choice(r, flag) for r in mine) if c is not None]

    def categories(self) -> list[Choice]:
        """The reason categories for Returned."""
        return [c for c in (self._choice(r, None) for r in self.kept("lead-flag-reason-categories")) if c is not None]

    def added_category(self, answer: Any) -> Choice:
        """The category that the service's answer says was added. All lists are read again when they are next asked for.

        Raises:
            Unreadable: the answer shows none.
        """
        self.refresh()
        made = self._choice(answer, None) if isinstance(answer, dict) else None
        if made is None:
            raise Unreadable("The answer does not show the new category", advice="Read the categories to see if it is there.")
        return made

    def integrations(self, campaign_id: int) -> list[Choice]:
        """The integration jobs configured on a campaign, in their order.

        Raises:
            RequestRefused: the campaign is not an id.
        """
        campaign_id = lead_id_of(campaign_id)
        d = self._reader.dialect
        found = self.kept("campaign-processr-jobs", [(d.value("lists", "job_filter"), str(campaign_id))])
        wanted = {plain_word(w) for w in d.value("lists", "integration_types")}

        def mine(record: Record) -> bool:
            word = plain_word(d.read(record, "lists", "job_type"))
            return word is not None and word in wanted and id_of(record.get("campaign")) in {campaign_id, None}

        return [c for c in (self._choice(r, None) for r in found if mine(r)) if c is not None]

    def of_lead(self, resource: str, lead_id: LeadId) -> list[Record]:
        """Records that belong to one lead (``lead-notes``, ``processr-job-leads``); rows of other leads are left out."""
        wanted_id, key = lead_id_of(lead_id), self._reader.dialect.value("lists", "lead_filter")
        return [r for r in self.all(resource, [(key, str(wanted_id))]) if id_of(r.get("lead")) == wanted_id]

    def statistics(self) -> Record:
        """The totals of the past 30 days."""
        found = self._reader.get("statistics")
        if not isinstance(found, dict):
            raise Unreadable("The statistics are not an object", path=self._reader.url("statistics"), advice="Try again.")
        return found

    def chronologies(self, after: datetime | None, before: datetime | None) -> list[Record]:
        """Leads over time, one record a day, read to their end."""
        d = self._reader.dialect
        params: list[tuple[str, str]] = []
        if after is not None:
            params.append((d.value("filters", "created_after"), after.isoformat()))
        if before is not None:
            params.append((d.value("filters", "created_before"), before.isoformat()))
        return self.all("lead-statistics-chronologies", params, key=_whole)  # days need not have ids

    def _name(self, record: Record) -> str | None:
        name = self._reader.dialect.read(record, "lists", "name")
        return name if isinstance(name, str) else None

    def _choice(self, record: Record, flag: str | None) -> Choice | None:
        name, iri = self._name(record), record.get("@id")
        return Choice(name, self._reader.record_id("", record), iri if isinstance(iri, str) else None, flag) if name else None
