"""``Archive``: the public face. A folder in which leads are kept as they were on any day."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets import settings
from cvtr_widgets.api.cancel_token import Cancel, stopper
from cvtr_widgets.archive import engines
from cvtr_widgets.archive.archived_leads import ArchivedLeads
from cvtr_widgets.archive.asking import AskedForLeads, LeadQuestion, history_of, leads_of
from cvtr_widgets.archive.cache import Cache
from cvtr_widgets.archive.hash_personal import PersonalHasher
from cvtr_widgets.archive.store import PERSONAL, PREFIX, ArchiveStore, ArchiveWriter, Manifest, store_name, stores_in
from cvtr_widgets.archive.sync import Sync, SyncCost, SyncProgress, SyncReport, utc_now
from cvtr_widgets.archive.upkeep import MANY_FILES, Removal, compact, remove_before
from cvtr_widgets.archive.windows import WindowSizes
from cvtr_widgets.arguments import checked_calls
from cvtr_widgets.errors import ArchiveError, ArgumentError, ServiceError
from cvtr_widgets.selection.lead_id import lead_id_of
from cvtr_widgets.session.lead_session import LeadSession

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from cvtr_widgets.archive.on_spark import SparkArchive
    from cvtr_widgets.models import Identity


@checked_calls
class Archive(AskedForLeads[ArchivedLeads]):
    """Leads as they were on any day, in Parquet files of a folder. Needs the extra ``cvtr-widgets[archive]``.

    One folder may hold several accounts' leads, each in a part of its own: they never mix. ``store`` names one of them where
    there are several (see ``stores``).

    Args:
        folder: made when the first sync writes to it, for its owner only.
        personal: ``"none"`` (default): no name, e-mail address, telephone, comment or form field is written. ``"hashed"``:
            besides, e-mail addresses and telephones as 64-bit hashes with this user's key, and the domains of addresses.
            ``"kept"``: all of it in plain. Chosen when a part is made, and never changed.
        store: the part to ask.
        sizes: how much a sync reads at a time.
        clock: gives the time by this machine's clock, with its zone.

    Raises:
        ArchiveError: pyarrow or DuckDB is missing.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        personal: str | None = None,
        store: str | None = None,
        sizes: WindowSizes | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        engines.must_be_there()
        if personal is not None and personal not in PERSONAL:
            raise ArgumentError(f"personal is {personal!r}. Choose one of: {', '.join(PERSONAL)}.")
        self.folder = Path(folder).expanduser()
        self._personal = personal
        self._chosen = store
        self._sizes = sizes or WindowSizes()
        self._clock = clock
        self._synced: str | None = None
        self._lock = threading.Lock()
        self._caches: dict[str, Cache] = {}

    def __repr__(self) -> str:
        return f"<Archive {self.folder.name}: {len(stores_in(self.folder))} parts>"

    @property
    def stores(self) -> list[str]:
        """The names of the parts: one for each account at each address."""
        return [store.folder.name.removeprefix(PREFIX) for store in stores_in(self.folder)]

    # -- reading from the service -----------------------------------------------------------------------------------------

    def sync(
        self,
        session: LeadSession,
        *,
        everything: bool = False,
        runs_only: bool = False,
        on_progress: Callable[[SyncProgress], None] | None = None,
        cancel: Cancel = None,
    ) -> SyncReport:
        """Bring the archive up to date: new leads, leads that may have changed, a share of the rest, and own runs.

        Goes through the session's client, within its request limit. Whatever ends it, what has come is kept, and the next sync
        goes on from there. Leads that were not delivered, are Caution, or came in or changed within 14 days are read again each
        time; of the rest a thirtieth. ``everything``: all of them.

        Args:
            session: whose leads.
            everything: read every lead again.
            runs_only: read only the leads of own runs that have ended since, as after a run.
            on_progress: is told a ``SyncProgress``, instead of a progress bar.
            cancel: an event or a function; when true, it ends.

        Raises:
            ArchiveBusy: another process writes to this part.
            ArchiveError: it cannot be written, or does not go with this session.
            ServiceError: the service could not be read any further.
        """
        store = ArchiveStore(self.folder / store_name(session.identity))
        with store.writing() as writer:
            cover = self._begin(session, writer)
            # What was synced last is what questions are about, unless a part was named: a script that syncs one account need not
            # name it.
            self._synced = store.folder.name
            with session._bar("leads", None if on_progress is None else lambda _n, _t: None) as tell:

                def hear(progress: SyncProgress) -> None:
                    tell(progress.done, progress.total)
                    if on_progress is not None:
                        on_progress(progress)

                sync = Sync(
                    session, writer, cover, everything=everything, runs_only=runs_only, hear=hear, stop=stopper(cancel),
                    sizes=self._sizes, clock=self._clock,
                )  # fmt: skip
                return self._ended(sync.run(), writer)

    def _ended(self, report: SyncReport, writer: ArchiveWriter) -> SyncReport:
        """The report of a sync, after what is to be done behind it."""
        compact(writer, at_least=MANY_FILES)
        notes = list(report.notes)
        if writer.manifest.keep_days:
            removed = remove_before(writer, report.ended - timedelta(days=writer.manifest.keep_days))
            if removed.leads:
                notes.append(f"{removed.leads:,} leads that came in before {removed.before:%Y-%m-%d %H:%M} UTC were removed.")
                report = replace(report, leads=report.leads - removed.leads)
        return replace(report, notes=(*notes, *self.notes()))

    def cost(self, session: LeadSession, *, everything: bool = False) -> SyncCost:
        """How many requests the next ``sync`` takes. Asks the service how many leads there are; writes nothing of them.

        Raises:
            ArchiveBusy, ArchiveError, ServiceError: as ``sync``.
        """
        store = ArchiveStore(self.folder / store_name(session.identity))
        with store.writing() as writer:
            cover = self._begin(session, writer)
            return Sync(session, writer, cover, everything=everything, sizes=self._sizes).cost()

    def _begin(self, session: LeadSession, writer: ArchiveWriter) -> PersonalHasher:
        """Whether this session may write to this part, and how; a new part gets its manifest."""
        cover = PersonalHasher(settings.machine_key(), _listed(session))
        manifest = writer.manifest
        if not writer.store.there():
            personal = self._personal or "none"
            _must_see(session, personal)
            writer.commit(personal=personal, key_id=cover.id, about=_about(session.identity))
            return cover
        if self._personal not in {None, manifest.personal}:
            raise ArchiveError(
                f"This part of the archive was made with personal={manifest.personal!r}, not {self._personal!r}. Leave personal "
                "out, or choose another folder."
            )
        _must_see(session, manifest.personal)
        # With another key the same address gets another hash: each lead would look changed, and no repeat would be found.
        if manifest.key_id != cover.id and manifest.personal != "kept":
            raise ArchiveError(
                "This archive was made with the key of another user or machine, so equal values would not be recognised. "
                f"Copy the file {str(settings.settings_folder() / 'key')!r} from there, or sync into another folder."
            )
        return cover

    # -- asking -----------------------------------------------------------------------------------------------------------

    def _answer(self, question: LeadQuestion) -> ArchivedLeads:
        connection, manifest = self._connection()
        return leads_of(connection, manifest, question)

    def of(self, session: LeadSession) -> Archive:
        """The same folder, asked for the leads of this session's account and no other's.

        Raises:
            ArchiveError: it holds none of them.
        """
        name = store_name(session.identity).removeprefix(PREFIX)
        if name not in self.stores:
            raise ArchiveError(
                f"The archive in {str(self.folder)!r} holds no leads of this account at {session.identity.enterprise}. Fill it: "
                "archive.sync(session)."
            )
        return Archive(self.folder, store=name, sizes=self._sizes, clock=self._clock)

    @staticmethod
    def on(spark: Any, path: str, *, store: str | None = None) -> SparkArchive:
        """The archive at a path that a Spark session can read (``s3://...`` or a folder): ``.leads(...)`` gives leads for
        ``cvtr.insight`` that the cluster counts and sums. See ``docs/spark.md``.

        Raises:
            ArchiveError: there is no archive, or several parts and none was named.
        """
        from cvtr_widgets.archive.on_spark import SparkArchive

        return SparkArchive(spark, path, store)

    def history(self, lead_id: int) -> pd.DataFrame:
        """What was seen to change of one lead, in order.

        Columns: ``seen_before seen_at`` (UTC: the change came between these two readings), ``what`` (text: ``first seen``,
        ``changed``, ``deleted``, ``there again``), ``field`` (text: what changed), ``was now`` (object: from what
        to what), ``run_id`` (text: the own run that ended between the two, where there was one). ``attrs["last_seen"]``: when it
        was last read.

        Raises:
            ArchiveError: the archive has no such lead.
        """
        connection, manifest = self._connection()
        return history_of(connection, manifest, lead_id_of(lead_id))

    def _connection(self) -> tuple[duckdb.DuckDBPyConnection, Manifest]:
        store = self._store()
        with self._lock:
            cache = self._caches.setdefault(store.folder.name, Cache(store))
            return cache.connection()

    def close(self) -> None:
        """Close the files that questions have opened."""
        with self._lock:
            for cache in self._caches.values():
                cache.close()

    # -- parts ------------------------------------------------------------------------------------------------------------

    def _store(self) -> ArchiveStore:
        """The part that is asked.

        Raises:
            ArchiveError: there is none, or several and none was named.
        """
        found = {store.folder.name: store for store in stores_in(self.folder)}
        name = self._synced if self._chosen is None else PREFIX + self._chosen
        if name is not None and name in found:
            return found[name]
        if self._chosen is not None or not found:
            what = f"no part {self._chosen!r}" if self._chosen is not None and found else "nothing yet"
            raise ArchiveError(f"The archive in {str(self.folder)!r} holds {what}. Fill it: archive.sync(session).")
        if len(found) > 1:
            raise ArchiveError(
                f"The archive holds several parts: {', '.join(self.stores)}. Name one: cvtr.Archive(..., store=...)."
            )
        return next(iter(found.values()))

    def notes(self) -> list[str]:
        """What has to be known of the disk: that it is thrown away, or that others reach it. Also in a sync's report, in ``info``
        and in the panel.
        """
        said = []
        if why := settings.throw_away(self.folder):
            said.append(f"The archive will not last: {why}. Choose another folder.")
        if why := settings.on_shared_disk(self.folder):
            said.append(
                f"Others may read this archive: {why}, where people with more rights than yours see it. Keep personal data out "
                'of it (personal="none"), or choose a disk of your own.'
            )
        return said

    def manifest(self) -> Manifest:
        """What the part that is asked consists of, and how far it was synced."""
        return self._store().manifest()

    def info(self) -> dict[str, Any]:
        """What the part that is asked holds, in plain values: ``folder personal leads deleted versions files bytes first_read
        last_read last_sync complete keep_days removed notes``.
        """
        store = self._store()
        connection, manifest = self._connection()
        there, deleted = connection.cursor().sql(
            "SELECT count(*) FILTER (presence = 'there'), count(*) FILTER (presence = 'deleted') FROM current"
        ).fetchall()[0]  # fmt: skip
        first, last = connection.cursor().sql("SELECT min(seen_at), max(seen_at) FROM sightings").fetchall()[0]
        return {
            "folder": str(store.folder), "personal": manifest.personal, "leads": there, "deleted": deleted,
            "versions": sum(file.rows for file in manifest.of("versions")), "files": len(manifest.files),
            "bytes": sum(file.size for file in manifest.files), "first_read": first, "last_read": last,
            "last_sync": manifest.syncs[-1]["ended"] if manifest.syncs else None,
            "complete": bool(manifest.syncs and manifest.syncs[-1]["complete"]), "keep_days": manifest.keep_days or None,
            "removed": sum(one["leads"] for one in manifest.removals), "notes": self.notes(),
        }  # fmt: skip

    def compact(self) -> tuple[int, int]:
        """Put small files together: how many files there were, and how many there are. A sync does it, too, where they are many.

        Raises:
            ArchiveBusy: another process writes.
        """
        with self._store().writing() as writer:
            return compact(writer)

    def retain(self, days: int | None) -> Removal | None:
        """Keep leads for so many days after they came in, from now on; None: for ever. What is older is removed now and after
        each sync: files are written again without it, and the cache is made again. The manifest says when and how many.

        Raises:
            ArgumentError: it is not a whole number from 1 up. ArchiveBusy: another process writes.
        """
        if days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 1):
            raise ArgumentError("retain() takes a number of days from 1 up, or None for ever.")
        store = self._store()
        with store.writing() as writer:
            # Before anything is removed: if that fails half-way, the next sync removes the rest.
            writer.commit(keep_days=days or 0)
            if days is None:
                return None
            with self._lock:
                if store.folder.name in self._caches:
                    self._caches[store.folder.name].close()
            return remove_before(writer, datetime.now(UTC) - timedelta(days=days))

    def check(self) -> list[str]:
        """What is not as it was written, in words, file by file; empty where everything is. Reads every byte."""
        return self._store().problems()


def _listed(session: LeadSession) -> list[str]:
    """Reasons and categories of the service's lists. Where one cannot be read, its words are looked into like anybody's."""
    names: list[str] = []
    for kind in ("valid", "invalid", "test"):
        with suppress(ServiceError):
            names += [choice.name for choice in session.client.flag_reasons(kind)]
    with suppress(ServiceError):
        names += [choice.name for choice in session.client.reason_categories()]
    return names


def _must_see(session: LeadSession, personal: str) -> None:
    if personal != "none" and session.masked:
        raise ArchiveError(
            f"personal={personal!r} needs names and addresses in full, and this session shortens them (session.masked). Use an "
            "account that may see them, or personal='none'."
        )


def _about(identity: Identity) -> dict[str, object]:
    return {
        "enterprise": identity.enterprise, "origin": identity.origin, "account": identity.account, "sandbox": identity.sandbox,
        "world": identity.world,
    }  # fmt: skip
