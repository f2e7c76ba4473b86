"""Records of leads on their way into a store: compared with what is there, written as versions where they differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cvtr_widgets.archive import schema
from cvtr_widgets.archive.hash_personal import PersonalHasher
from cvtr_widgets.archive.last_versions import LatestVersions, last_versions
from cvtr_widgets.archive.store import ArchiveWriter
from cvtr_widgets.frames.leads import FrameBuilder
from cvtr_widgets.models import LeadId, Record

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from cvtr_widgets.api.client import Convertr


class Counts:
    """What a sync has found so far."""

    def __init__(self) -> None:
        self.read = self.new = self.changed = self.deleted = self.returned = 0
        self.lost: dict[str, int] = {}
        self.unknown: set[str] = set()


class Batch:
    """Takes records; ``flush`` writes and commits them."""

    def __init__(self, writer: ArchiveWriter, latest: LatestVersions, client: Convertr, cover: PersonalHasher, most: int) -> None:
        self._writer = writer
        self._latest = latest
        self._client = client
        self._cover = cover
        self._most = most
        self._seen_at: list[datetime] = []
        self._builder = self._new_builder()
        self.counts = Counts()
        self.last_created: datetime | None = None

    def _new_builder(self) -> FrameBuilder:
        return FrameBuilder(self._client.fields, self._client.dialect.value("processr", "names"))

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return len(self._builder) >= self._most

    def add(self, records: Sequence[Record], at: datetime) -> None:
        """Take records that came now."""
        self._builder.add(records)
        # The builder may take fewer rows than were given (records without an id), so its length counts, not that of the list.
        self._seen_at += [at] * (len(self._builder) - len(self._seen_at))

    def flush(self, **changes: Any) -> None:
        """Write what has come, and make it count together with ``changes`` of the manifest."""
        count = len(self._builder)
        if count:
            names = self._client.catalog.names
            frame = self._builder.frame(
                campaigns=names("campaigns"), publishers=names("publishers"), as_of=self._seen_at[-1], notes=()
            )
            # A new builder before anything is written: pages that come after a failed write must not be archived with the old
            # ones.
            at, self._seen_at, self._builder = self._seen_at, [], self._new_builder()
            self._write(frame, at)
            changes["sent"] = tuple(sorted({*self._writer.manifest.sent, *schema.sent_columns(frame)}))
            changes["next_version"] = self._next
        if count or changes:
            self._writer.commit(**changes)

    def _write(self, frame: pd.DataFrame, at: list[datetime]) -> None:
        values, lost = schema.values_table(frame, self._writer.manifest.personal, self._cover)
        for name, number in lost.items():
            self.counts.lost[name] = self.counts.lost.get(name, 0) + number
        hashes = schema.row_hashes(values)
        ids = frame.index.tolist()
        fresh = []
        for place, (lead_id, row_hash) in enumerate(zip(ids, hashes, strict=True)):
            known = self._latest.state(lead_id)
            # Nothing new: no version is written, only that it was seen.
            if known == (row_hash, schema.THERE):
                continue
            self.counts.new += known is None
            self.counts.changed += known is not None and known[1] == schema.THERE
            self.counts.returned += known is not None and known[1] == schema.DELETED
            fresh.append(place)
            # Within a sync a lead may come twice, by its window and by its id; the second time it is compared with the first.
            self._latest.note(lead_id, row_hash, schema.THERE)
        self.counts.read += len(ids)
        self._note_created(frame)
        self._put_versions(values, fresh, [ids[p] for p in fresh], [at[p] for p in fresh], [hashes[p] for p in fresh], frame)
        self.saw(ids, at)

    def _note_created(self, frame: pd.DataFrame) -> None:
        last = frame["date"].max()
        if last == last and (self.last_created is None or last > self.last_created):  # noqa: PLR0124  NaT
            self.last_created = last.to_pydatetime()

    def _put_versions(
        self,
        values: pa.Table,
        places: list[int],
        ids: list[int],
        at: list[datetime],
        hashes: list[int],
        frame: pd.DataFrame,
    ) -> None:
        import pyarrow as pa

        self._next = self._writer.manifest.next_version + len(places)
        if not places:
            return
        first = self._writer.manifest.next_version
        table = versions_table(
            values.take(pa.array(places)), ids, range(first, self._next), at, schema.THERE, hashes, self._writer.manifest.personal
        )
        months = schema.months_of(frame.iloc[places])
        by_month: dict[str, list[int]] = {}
        for place, month in enumerate(months):
            by_month.setdefault(month, []).append(place)
        for month, mine in sorted(by_month.items()):
            self._writer.put("versions", table.take(pa.array(mine)), month=month)

    def saw(self, ids: Sequence[LeadId], at: Sequence[datetime]) -> None:
        """Put down that leads were read, changed or not."""
        import pyarrow as pa

        self._writer.put("seen", pa.table([pa.array(ids, pa.int64()), list(at)], schema=schema.seen_schema()))

    def deleted(self, ids: Collection[LeadId], at: datetime) -> None:
        """Put down that the service says of these leads that they are not there any more, with what was last known of them."""
        gone = [
            lead_id for lead_id in sorted(ids) if (known := self._latest.state(lead_id)) is not None and known[1] == schema.THERE
        ]
        if not gone:
            return
        # First, so that a lead that was read in this batch and is gone now gets its deletion as the later version.
        self.flush()
        manifest = self._writer.manifest
        # A deletion is a version of its own with the last values known, so that a question as of a later day leaves the lead
        # out and one as of an earlier day still finds it.
        last = last_versions(self._writer, gone)
        first = manifest.next_version
        by_month: dict[str, list[int]] = {}
        for place, month in enumerate(last.column("month").to_pylist()):
            by_month.setdefault(month, []).append(place)
        own_ids, hashes = last.column("lead_id").to_pylist(), last.column("row_hash").to_pylist()
        names = list(schema.fields(manifest.personal))
        table = versions_table(
            last.select(names), own_ids, range(first, first + len(own_ids)), [at] * len(own_ids), schema.DELETED, hashes,
            manifest.personal,
        )  # fmt: skip
        for month, mine in sorted(by_month.items()):
            self._writer.put("versions", table.take(pa_array(mine)), month=month)
        for lead_id, row_hash in zip(own_ids, hashes, strict=True):
            self._latest.note(lead_id, row_hash, schema.DELETED)
        self.counts.deleted += len(own_ids)
        self._writer.commit(next_version=first + len(own_ids))


def pa_array(places: Sequence[int]) -> Any:
    """Places in a table."""
    import pyarrow as pa

    return pa.array(places, pa.int64())


def versions_table(
    values: pa.Table,
    ids: Sequence[int],
    numbers: Sequence[int],
    at: Sequence[datetime],
    presence: str,
    hashes: Sequence[int],
    personal: str,
) -> pa.Table:
    """Values with what makes them versions, in the declared types."""
    import pyarrow as pa

    declared = schema.versions_schema(personal)
    given = {
        "lead_id": pa.array(ids, pa.int64()),
        "version": pa.array(numbers, pa.int64()),
        "read_at": pa.array(at, declared.field("read_at").type),
        "presence": schema.array_of([presence] * len(ids), declared.field("presence").type),
        "row_hash": pa.array(hashes, pa.int64()),
    }
    # The declared type decides, not what pyarrow would guess: a column that is empty in this batch must not become ``null`` in
    # one file and text in the next, or DuckDB cannot read them together.
    columns = [given[f.name] if f.name in given else values.column(f.name).cast(f.type) for f in declared]
    return pa.table(columns, schema=declared)
