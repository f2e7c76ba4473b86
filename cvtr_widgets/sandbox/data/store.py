"""The sandbox's leads in SQLite. One connection, one lock.

What is searched is in a narrow table with covering indexes; the text of each lead, ready to be sent, in another.
Nobody reads wide rows to count, sort or skip.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from cvtr_widgets.sandbox.data.lazy_leads import OutlinedLeads
from cvtr_widgets.sandbox.data.seed import CAMPAIGNS, CATEGORIES, MadeLead, SeedWorld, iri, record_of, text_of

_TABLES = """
CREATE TABLE leads (
  id INTEGER PRIMARY KEY, created INTEGER, campaign INTEGER, advertiser INTEGER, publisher INTEGER, status TEXT, delivery TEXT,
  sent_to TEXT, deleted INTEGER DEFAULT 0
);
CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, lead INTEGER, at TEXT, type TEXT, text TEXT, user TEXT);
CREATE TABLE effects (id INTEGER PRIMARY KEY, lead INTEGER, call TEXT, user TEXT, body TEXT, at REAL);
CREATE INDEX by_date ON leads (deleted, created DESC, id DESC);
CREATE INDEX by_campaign ON leads (deleted, campaign, created DESC, id DESC);
CREATE INDEX by_advertiser ON leads (deleted, advertiser);
CREATE INDEX notes_of ON notes (lead);
CREATE INDEX effects_of ON effects (lead);
"""
LEADS_A_PART = 5_000
MOST_IN_FULL = 100_000
"""So many leads are made in full at the start; of more only the outlines, which takes a quarter of the time."""
FIELDS = {
    "status": "currentStatus", "reason": "secondCheckFlagReason", "category": "secondCheckFlagReasonCategory",
    "comment": "secondCheckFlagComment", "delivery": "deliveryStatus", "replacement": "otherReasonType",
    "replacement_comment": "otherReasonComment", "processing_counter": "processingCounter", "processr_status": "processrStatus",
    "publisher_billable": "publisherBillable", "advertiser_billable": "advertiserBillable",
}  # fmt: skip
Where = Sequence[tuple[str, Any]]
LARGEST_ID = 2**63 - 1


def stamp() -> str:
    """Now, as the service writes it."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


class SandboxStore:
    """Leads, their notes, and what was done to them."""

    def __init__(self, world: SeedWorld, count: int, *, made: bytes | None = None) -> None:
        """``made``: the leads of this very world, made before (``copied``)."""
        # In memory (about 3 KB a lead), so that nothing is left behind however the process ends.
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._lock = threading.RLock()
        self._world = world
        # Counting a million rows takes longer than fetching a page of them, and pages of one listing all ask for the same
        # total.
        self._totals: dict[tuple[str, tuple[Any, ...]], int] = {}
        self.categories = dict(CATEGORIES)
        # Nothing has to survive: the database is in memory and ends with the process.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY"):
            self._db.execute(f"PRAGMA {pragma}")
        self._outlines: OutlinedLeads | None = None
        self._full: set[int] = set()
        if made is not None:
            with contextlib.closing(sqlite3.connect(":memory:")) as before:
                before.deserialize(made)
                before.backup(self._db)
            return
        self._db.executescript(_TABLES)
        with self.writing():
            if count > MOST_IN_FULL:
                self._outline(count)
            else:
                self._insert(world.leads(count))

    def copied(self) -> bytes:
        """All that is in it, for another store of the same world. Not for one whose leads are only outlined."""
        with self._lock:
            return self._db.serialize()

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One change at a time; several statements together, for speed. There is no rollback: nothing here fails half-way."""
        with self._lock:
            self._totals.clear()
            with self._together():
                yield

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        # SQLite has no nested transactions; a writer inside of another writer joins it.
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def _insert(self, leads: Iterable[MadeLead]) -> list[int]:
        note = int(self._db.execute("SELECT coalesce(max(id), 700000) FROM notes").fetchone()[0])
        rows: list[tuple[Any, ...]] = []

        def passing() -> Iterator[MadeLead]:  # none is kept: they are large
            for made in leads:
                rows.append(self._row(made.record["id"], made))
                yield made

        self._insert_texts(passing(), note)
        self._db.executemany("INSERT INTO leads VALUES (?,?,?,?,?,?,?,?,0)", rows)
        return [row[0] for row in rows]

    def _insert_texts(self, leads: Iterable[MadeLead], note: int) -> None:
        """Texts and notes; these are numbered on from ``note``."""
        texts, notes = [], []
        for made in leads:
            lead_id = made.record["id"]
            for at, kind, text, user in made.notes:
                note += 1
                made.record["leadNotes"].append(iri("lead-notes", note))
                notes.append((note, lead_id, at, kind, text, user))
            texts.append((lead_id, text_of(made.record)))
        self._db.executemany("INSERT INTO texts VALUES (?,?)", texts)
        self._db.executemany("INSERT INTO notes VALUES (?,?,?,?,?,?)", notes)

    def _outline(self, count: int) -> None:
        """Leads that are made in full when they are first read."""
        self._outlines = OutlinedLeads(self._world, count)
        coming = self._outlines.rows(700_000)
        note = 0
        while part := list(islice(coming, LEADS_A_PART)):
            self._db.executemany("INSERT INTO leads VALUES (?,?,?,?,?,?,?,?,0)", [row for row, _ in part])
            note = part[-1][1]
        # Notes that are written from now on come after those that are not made yet.
        self._db.execute("INSERT INTO notes (id, lead) VALUES (?, 0)", (note + 1,))

    def _fill(self, ids: Iterable[int]) -> None:
        """Make these leads in full, with their neighbours, where that is still to do."""
        if self._outlines is None:
            return
        for number in {self._outlines.block_of(lead_id) for lead_id in ids}:
            if number is not None and number not in self._full:
                # Noted before it is made: making it is under the lock of whoever reads, so nobody sees a block that is noted and
                # not there.
                self._full.add(number)
                with self._together():  # nothing that is counted changes
                    self._insert_texts(*self._outlines.block(number))

    @staticmethod
    def _row(lead_id: int, made: MadeLead) -> tuple[Any, ...]:
        record = made.record
        return (
            lead_id, int(made.created.timestamp()), made.campaign, made.advertiser, made.publisher, record["currentStatus"],
            record["deliveryStatus"], str(made.sent_to),
        )  # fmt: skip

    def arrive(self, count: int) -> list[int]:
        """New leads, now."""
        with self.writing():
            return self._insert(self._world.lead(datetime.now(UTC)) for _ in range(count))

    # -- reading ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _where(where: Where) -> tuple[str, list[Any]]:
        # "+": few leads are looked up by their ids, not by a walk through all that are there
        by_id = any(condition == "id" for condition, _ in where)
        parts, values = ["+deleted = 0" if by_id else "deleted = 0"], []
        for condition, value in where:
            if isinstance(value, (list, tuple)):
                parts.append(f"{condition} IN ({','.join('?' * len(value))})")
                values += list(value)
            else:
                parts.append(f"{condition} ?")
                values.append(value)
        return " AND ".join(parts), values

    def page(self, where: Where, order: str, size: int, offset: int) -> tuple[list[str], int]:
        """Texts of one page, and how many leads there are in all."""
        condition, values = self._where(where)
        asked = (condition, tuple(values))
        with self._lock:
            total = self._totals.get(asked)
            if total is None:
                total = int(self._db.execute(f"SELECT count(*) FROM leads WHERE {condition}", values).fetchone()[0])  # noqa: S608
                self._totals[asked] = total
            sql = f"SELECT id FROM leads WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
            ids = [lead_id for (lead_id,) in self._db.execute(sql, [*values, size, offset])]
            self._fill(ids)
            marks = ",".join("?" * len(ids))
            texts = dict(self._db.execute(f"SELECT id, text FROM texts WHERE id IN ({marks})", ids).fetchall())  # noqa: S608
        return [texts[lead_id] for lead_id in ids], total

    def ids(self, where: Where) -> list[int]:
        """Lead ids, newest first."""
        condition, values = self._where(where)
        sql = f"SELECT id FROM leads WHERE {condition} ORDER BY created DESC, id DESC"  # noqa: S608
        with self._lock:
            return [lead_id for (lead_id,) in self._db.execute(sql, values)]

    def get(self, lead_id: int) -> dict[str, Any] | None:
        """One lead with what the service keeps to itself: ``record``, ``campaign``, ``advertiser``, ``sent_to``, ``deleted``."""
        if not 0 < lead_id <= LARGEST_ID:
            return None
        with self._lock:
            self._fill([lead_id])
            row = self._db.execute(
                "SELECT text, campaign, advertiser, sent_to, deleted FROM leads JOIN texts USING (id) WHERE id = ?", (lead_id,)
            ).fetchone()
        if row is None:
            return None
        return {
            "record": record_of(row[0]), "campaign": row[1], "advertiser": row[2], "sent_to": json.loads(row[3]), "deleted": bool(row[4]),
        }  # fmt: skip

    def notes(self, lead_id: int) -> list[tuple[Any, ...]]:
        """``id, at, type, text, user`` of a lead's notes."""
        with self._lock:
            self._fill([lead_id])
            return self._db.execute(
                "SELECT id, at, type, text, user FROM notes WHERE lead = ? ORDER BY id", (lead_id,)
            ).fetchall()

    def days(self, where: Where) -> list[tuple[Any, ...]]:
        """``date, total, valid, invalid, delivered`` per day (UTC)."""
        condition, values = self._where(where)
        with self._lock:
            return self._db.execute(
                "SELECT date(created, 'unixepoch'), count(*), sum(status = 'Valid'), sum(status = 'Invalid'),"  # noqa: S608
                f" sum(delivery = 'Delivered') FROM leads WHERE {condition} GROUP BY 1 ORDER BY 1",
                values,
            ).fetchall()

    # -- changing -----------------------------------------------------------------------------------------------------

    def change(self, lead_id: int, user: str, note: tuple[str, str] | None, sent_to: Sequence[int] = (), **fields: Any) -> None:
        """Set fields of the record, add a note, note integrations that received it."""
        with self.writing():
            found = self.get(lead_id)
            if found is None:
                raise KeyError(lead_id)
            now = stamp()
            record = {**found["record"], **fields, "updatedTs": now}
            if note is not None:
                cursor = self._db.execute(
                    "INSERT INTO notes (lead, at, type, text, user) VALUES (?,?,?,?,?)",
                    (lead_id, now, *note, user),
                )
                record["leadNotes"] = [*record["leadNotes"], iri("lead-notes", cursor.lastrowid or 0)]
            sent = json.dumps([*found["sent_to"], *sent_to])
            self._db.execute("UPDATE texts SET text = ? WHERE id = ?", (text_of(record), lead_id))
            self._db.execute(
                "UPDATE leads SET status = ?, delivery = ?, sent_to = ? WHERE id = ?",
                (record["currentStatus"], record["deliveryStatus"], sent, lead_id),
            )

    def meddle(self, lead_id: int) -> None:
        """A colleague flags a lead just now, as Invalid with words of their own."""
        found = self.get(lead_id)
        if found is not None and not found["deleted"]:
            self.change(
                lead_id, "colleague@sandbox.example", ("status", "Invalid: A colleague's word"), currentStatus="Invalid",
                secondCheckStatus="Invalid", secondCheckFlagReason="A colleague's word",
            )  # fmt: skip

    def add_category(self, name: str) -> int | None:
        """A new category of the reason Returned; None where there is one of that name."""
        with self._lock:
            if name in self.categories.values():
                return None
            category_id = max(self.categories) + 1
            self.categories = {**self.categories, category_id: name}
            return category_id

    def delete(self, lead_id: int) -> None:
        """It leaves all reads."""
        with self.writing():
            self._db.execute("UPDATE leads SET deleted = 1 WHERE id = ?", (lead_id,))

    def effect(self, lead_id: int, call: str, user: str, body: dict[str, Any]) -> None:
        """Note that a write was applied to a lead."""
        with self.writing():
            self._db.execute(
                "INSERT INTO effects (lead, call, user, body, at) VALUES (?,?,?,?,?)",
                (lead_id, call, user, json.dumps({k: v for k, v in body.items() if k != "leads"}), time.time()),
            )

    def effects(self, lead_id: int) -> list[dict[str, Any]]:
        """The writes that were applied to a lead, in order."""
        with self._lock:
            rows = self._db.execute("SELECT call, user, body, at FROM effects WHERE lead = ? ORDER BY id", (lead_id,)).fetchall()
        return [{"call": c, "user": u, **json.loads(body), "at": at} for c, u, body, at in rows]

    def truth(self, lead_id: int) -> dict[str, Any]:
        """What is so of one lead, whatever any answer says."""
        found = self.get(lead_id)
        if found is None:
            raise KeyError(f"the sandbox has no lead {lead_id}")
        record = found["record"]
        return {
            "id": lead_id, **{name: record[key] for name, key in FIELDS.items()}, "integrations_sent": found["sent_to"],
            "deleted": found["deleted"], "campaign_id": found["campaign"], "advertiser_id": CAMPAIGNS[found["campaign"]][1],
        }  # fmt: skip
