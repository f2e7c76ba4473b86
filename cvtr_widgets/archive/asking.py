"""What is asked of a store: leads as of a moment, and the history of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cvtr_widgets import settings
from cvtr_widgets.api.lead_listing import in_order, moment, wanted_id, wanted_text
from cvtr_widgets.archive import schema
from cvtr_widgets.archive.archived_leads import ARCHIVE_COLUMNS, ArchivedLeads, Stored, column_of
from cvtr_widgets.archive.store import Manifest
from cvtr_widgets.arguments import checked_calls
from cvtr_widgets.errors import ArchiveError
from cvtr_widgets.frames.described import TEXT, frame_of
from cvtr_widgets.frames.leads import FRAME_COLUMNS
from cvtr_widgets.session.several_listings import values_of

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

Answer = TypeVar("Answer")
Moment = str | date | datetime | None
Named = int | str | Sequence[int | str] | None
Words = str | Sequence[str] | None
NAMED = ("campaign", "lead_generator")
"""Columns of names, beside each of which stands one of ids."""
_AT = (
    "SELECT v.*, coalesce(s.seen_at, v.read_at) AS seen_at FROM every v "
    "LEFT JOIN (SELECT lead_id, max(seen_at) AS seen_at FROM sightings WHERE seen_at <= $1 GROUP BY lead_id) s "
    "ON s.lead_id = v.lead_id WHERE v.read_at <= $1 AND (v.valid_to IS NULL OR v.valid_to > $1)"
)
_AT_UNSEEN = "SELECT *, NULL AS seen_at FROM every WHERE read_at <= $1 AND (valid_to IS NULL OR valid_to > $1)"
"""The same without when leads were last seen: for questions that do not ask for it, in a tenth of the time."""
_KEYED = "SELECT *, rowid AS key FROM current"
_AT_KEYED = (
    "SELECT * FROM (SELECT * EXCLUDE (seen_at), rowid AS key FROM current UNION ALL "
    "SELECT *, (SELECT count(*) FROM current) + rowid FROM former) "
    "WHERE read_at <= $1 AND (valid_to IS NULL OR valid_to > $1)"
)
"""With where each lead is stored, and without when it was last seen as of a moment, which would take a second each time."""


@dataclass(frozen=True, slots=True)
class LeadQuestion:
    """What ``Archive.leads`` is asked, checked: the same question for DuckDB and for Spark.

    ``at`` is None for leads as they were last seen. Each part of ``any_of`` holds columns and values, one of which a lead must
    have; values of ``NAMED`` columns are in small letters, and are compared so.
    """

    at: datetime | None
    after: datetime | None
    before: datetime | None
    any_of: tuple[tuple[tuple[str, Any], ...], ...]
    deleted: bool

    def attrs(self, manifest: Manifest, kinds: Collection[str]) -> dict[str, Any]:
        """What a frame of its answer says of itself."""
        return {
            "as_of": (last_read(manifest) if self.at is None else self.at).isoformat(),
            "notes": notes_of(manifest, kinds),
            "not_sent": [c.name for c in FRAME_COLUMNS if c.name in kinds and c.name not in manifest.sent],
        }


@checked_calls
class AskedForLeads(Generic[Answer]):
    """What an archive takes to give leads, whichever engine gives them."""

    def leads(
        self,
        *,
        as_of: Moment = None,
        campaign: Named = None,
        publisher: Named = None,
        status: Words = None,
        delivery: Words = None,
        created_after: Moment = None,
        created_before: Moment = None,
        deleted: bool = False,
    ) -> Answer:
        """Leads as they were last seen, or as they were at a moment. Nothing is loaded: give them to ``cvtr.insight``, or call
        ``to_pandas()``.

        Args:
            as_of: a day (its end) or a time: each lead as it had been seen last by then.
            campaign: id or exact name, or a list of them (any of these); ``publisher`` likewise.
            status: Valid, Invalid, Caution or Test, or a list; ``delivery``: Delivered or Not Delivered.
            created_after: a day or time; ``created_before`` likewise, a bare day is included whole.
            deleted: with leads of which the service had said that they are gone.

        Raises:
            ArchiveError: there is nothing yet, or not as early as that.
        """
        zone = settings.zone()
        at = moment(as_of, zone, end=True)
        after, before = moment(created_after, zone, end=False), moment(created_before, zone, end=True)
        in_order(after, before, zone)
        any_of = (
            [_named("campaign", one) for one in values_of("campaign", campaign)],
            [_named("lead_generator", one) for one in values_of("publisher", publisher)],
            [("current_status", wanted_text("status", one)) for one in values_of("status", status)],
            [("delivery", wanted_text("delivery", one)) for one in values_of("delivery", delivery)],
        )
        wanted = (tuple((column, value) for column, value in part if value is not None) for part in any_of)
        # A moment still to come is taken as now: nothing is known of it, and "today" ends in the future.
        return self._answer(
            LeadQuestion(None if at is None else min(at, datetime.now(UTC)), after, before, tuple(filter(None, wanted)), deleted)
        )

    def _answer(self, question: LeadQuestion) -> Answer:
        raise NotImplementedError


def _named(column: str, value: int | str | None) -> tuple[str, Any]:
    if isinstance(value, str) and value.strip() and not value.strip().isdecimal():
        return column, value.strip().lower()
    return f"{column}_id", wanted_id(column, value)


def leads_of(connection: duckdb.DuckDBPyConnection, manifest: Manifest, question: LeadQuestion) -> ArchivedLeads:
    """Leads as of a moment; see ``Archive.leads``."""
    values: list[Any] = []
    base, bare, keyed = "SELECT * FROM current", "SELECT * FROM current", _KEYED
    if question.at is not None:
        _must_be_known(connection, question.at)
        base, bare, keyed, values = _AT, _AT_UNSEEN, _AT_KEYED, [question.at]
    conditions = [] if question.deleted else ["presence = 'there'"]
    parts = [[(f"lower({name})" if name in NAMED else name, "=", value) for name, value in part] for part in question.any_of]
    parts += [[("date", ">=", question.after)]] if question.after is not None else []
    parts += [[("date", "<=", question.before)]] if question.before is not None else []
    for part in parts:
        first = len(values) + 1
        values += [value for _, _, value in part]
        conditions.append(f"({' OR '.join(f'{name} {sign} ${first + n}' for n, (name, sign, _) in enumerate(part))})")
    kinds = {**schema.fields(manifest.personal), **ARCHIVE_COLUMNS}
    names = ", ".join(f'"{name}"' for name in ("lead_id", *kinds))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    # Two queries: what does not ask when leads were last seen takes a tenth of the time as of a past day.
    query, without_seen = (f"SELECT {names} FROM ({one}){where}" for one in (base, bare))
    stored = f"SELECT * FROM ({keyed}){where}"
    attrs = question.attrs(manifest, kinds)
    attrs["notes"] += [] if question.at is not None else _older(connection, manifest)
    asked = {name: kind for name, kind in kinds.items() if question.at is None or name != "seen_at"}
    return ArchivedLeads(
        connection, query, without_seen, Stored(connection, stored, tuple(values), asked), tuple(values), kinds, attrs
    )


def last_read(manifest: Manifest) -> datetime:
    """When the last sync ended."""
    return datetime.fromisoformat(manifest.syncs[-1]["ended"]) if manifest.syncs else datetime.now(UTC)


def notes_of(manifest: Manifest, kinds: Any) -> list[str]:
    """What the reader of leads of this archive should know."""
    notes = []
    if not manifest.syncs:
        notes.append("No sync has finished yet: leads are missing. Sync again.")
    elif not manifest.syncs[-1]["complete"]:
        notes.append("The last sync did not read everything: leads may be missing or older than it. Sync again.")
    if manifest.floor:
        notes.append(f"Leads that came in before {manifest.floor[:10]} were removed from the archive.")
    if "email" not in kinds:
        notes.append("This archive keeps no names, addresses, comments or form fields.")
    return notes


def _older(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> list[str]:
    """How many leads the last sync did not read, and how long ago the longest was."""
    if not manifest.syncs:
        return []
    began = datetime.fromisoformat(manifest.syncs[-1]["began"])
    many, earliest = connection.cursor().execute(
        "SELECT count(*), min(seen_at) FROM current WHERE presence = 'there' AND seen_at < ?", [began]
    ).fetchall()[0]  # fmt: skip
    if not many:
        return []
    when = f"{earliest:%Y-%m-%d %H:%M} UTC"
    return [f"{many:,} leads of the archive were not read in the last sync; the oldest reading is from {when}. See seen_at."]


def _must_be_known(connection: duckdb.DuckDBPyConnection, at: datetime) -> None:
    begun = connection.cursor().sql("SELECT min(read_at) FROM every").fetchall()[0][0]
    if begun is None or at < begun:
        since = "it is empty" if begun is None else f"it begins on {begun:%Y-%m-%d %H:%M} UTC"
        raise ArchiveError(f"The archive cannot tell how leads were at {at:%Y-%m-%d %H:%M}: {since}. Choose a later time.")


# -- one lead -------------------------------------------------------------------------------------------------------------


HISTORY_COLUMNS = {
    "seen_before": "UTC", "seen_at": "UTC", "what": TEXT, "field": TEXT, "was": "object", "now": "object", "run_id": TEXT,
}  # fmt: skip


def history_of(connection: duckdb.DuckDBPyConnection, manifest: Manifest, lead_id: int) -> pd.DataFrame:
    """What changed of a lead and when; see ``Archive.history``."""
    kinds = schema.fields(manifest.personal)
    names = ", ".join(f'"{name}"' for name in kinds)
    found = connection.cursor().sql(
        f"SELECT version, read_at, presence, {names} FROM every WHERE lead_id = ? ORDER BY version",
        params=[lead_id],
    )
    table = found.to_arrow_table()
    if table.num_rows == 0:
        raise ArchiveError(f"The archive has no lead {lead_id}. Check the id, or sync.")
    values = {name: list(column_of(table.column(name), kind, name)) for name, kind in kinds.items()}
    times, presence = table.column("read_at").to_pylist(), table.column("presence").to_pylist()
    seen = [row[0] for row in connection.cursor().execute(
        "SELECT seen_at FROM sightings WHERE lead_id = ? ORDER BY seen_at", [lead_id]
    ).fetchall()]  # fmt: skip
    runs = connection.cursor().execute(
        "SELECT finished_at, run_id FROM runs WHERE lead_id = ? AND outcome IN ('confirmed', 'accepted') ORDER BY finished_at",
        [lead_id],
    ).fetchall()  # fmt: skip
    rows: list[dict[str, Any]] = []
    for n, at in enumerate(times):
        # The change happened after this reading and before the next; when exactly nobody knows.
        before = max((s for s in seen if s < at), default=None)
        base = {"seen_before": before, "seen_at": at, "run_id": _run(runs, before, at) if n else None}
        if n == 0:
            rows.append({**base, "field": "", "was": None, "now": None, "what": "first seen"})
        elif presence[n] != presence[n - 1]:
            what = "deleted" if presence[n] == schema.DELETED else "there again"
            rows.append({**base, "field": "", "was": None, "now": None, "what": what})
        for name, series in values.items():
            if n and _differ(series[n - 1], series[n]):
                rows.append({**base, "field": name, "was": _none(series[n - 1]), "now": _none(series[n]), "what": "changed"})
    numbered = ({"number": number, **row} for number, row in enumerate(rows))
    made = frame_of(numbered, {"number": "int64", **HISTORY_COLUMNS}, "number").reset_index(drop=True)
    made.attrs = {"lists": "changes of a lead", "last_seen": seen[-1].isoformat() if seen else None, "notes": []}
    return made


def _run(runs: Sequence[tuple[Any, ...]], before: datetime | None, at: datetime) -> str | None:
    """The run of ours that was at this lead between two readings, where there was one."""
    ended = [(finished, run_id) for finished, run_id in runs if finished is not None]
    mine = [run_id for finished, run_id in ended if finished <= at and (before is None or finished >= before)]
    return mine[-1] if mine else None


def _none(value: Any) -> Any:
    import pandas as pd

    return None if pd.isna(value) else value


def _differ(one: Any, other: Any) -> bool:
    return bool(_none(one) != _none(other))
