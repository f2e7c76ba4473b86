"""Leads of an archive as a lazy query: nothing is read until a question is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from cvtr_widgets import safe_files
from cvtr_widgets.archive import schema
from cvtr_widgets.archive.schema import arrow_type
from cvtr_widgets.errors import ArchiveError
from cvtr_widgets.frames.export import to_csv

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

ARCHIVE_COLUMNS = {"seen_at": "time", "read_at": "time", "presence": "state"}
"""Columns beside those of a frame of leads: when it was last seen, when it was first seen as it is, whether it is there."""
SAMPLE = 2_000
UNKNOWN_MEMORY = 2_000_000_000
"""Bytes that a frame may take where the system does not say how much memory is free."""


@dataclass(frozen=True)
class Stored:
    """Where leads of an archive are: ``query`` with its ``values`` gives their columns with ``key``, a small number a lead that
    says where it is stored; ``kinds``: the columns and their kinds (``schema.fields``).
    """

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    query: str = field(repr=False)
    values: tuple[Any, ...] = field(repr=False)
    kinds: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class ArchivedLeads:
    """Leads of an archive, to be counted and summed by ``cvtr.insight`` without being loaded, or loaded with ``to_pandas``.

    ``columns``: their names. ``attrs``: as of a frame of leads (``as_of notes not_sent``), with ``seen``: the earliest and
    the latest time at which one of these leads was last seen, as far as the archive goes. ``stored``: where they are, for a
    table that shows them page by page.
    """

    _connection: duckdb.DuckDBPyConnection = field(repr=False)
    _query: str = field(repr=False)
    _bare: str = field(repr=False)
    stored: Stored = field(repr=False)
    _values: tuple[Any, ...] = field(repr=False)
    _kinds: Mapping[str, str] = field(repr=False)
    attrs: dict[str, Any] = field(repr=False)

    @property
    def columns(self) -> list[str]:
        """The names of their columns, ``lead_id`` first."""
        return ["lead_id", *self._kinds]

    @property
    def relation(self) -> duckdb.DuckDBPyRelation:
        """The same as a DuckDB relation, for SQL of one's own."""
        # A cursor for each question: DuckDB allows one at a time on a connection, and the table asks from several threads.
        return self._connection.cursor().sql(self._query, params=list(self._values))

    @property
    def lazy(self) -> nw.LazyFrame[Any]:
        """The same as a Narwhals lazy frame, with times as microseconds besides (``insight.lazy_leads``)."""
        times = "SELECT *, epoch_us(date) AS date_us, epoch_us(first_delivered) AS first_delivered_us"
        relation = self._connection.cursor().sql(f"{times} FROM ({self._bare})", params=list(self._values))
        made: nw.LazyFrame[Any] = nw.from_native(relation)
        return made

    def __len__(self) -> int:
        """How many they are."""
        return int(self._rows(f"SELECT count(*) FROM ({self._bare})")[0][0])

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._connection.cursor().execute(query, list(self._values)).fetchall()
        return found

    def freshness(self) -> dict[str, datetime | None]:
        """When these leads were last seen: ``earliest`` and ``latest`` (UTC)."""
        low, high = self._rows(f"SELECT min(seen_at), max(seen_at) FROM ({self._query})")[0]
        return {"earliest": low, "latest": high}

    def size(self) -> int:
        """Bytes that they would take as a frame, by a sample of them."""
        count = len(self)
        # A sample of real rows: how long texts are differs too much from one service to another to guess by the number of
        # columns.
        sample = self._frame(f"SELECT * FROM ({self._query}) LIMIT {SAMPLE}")
        return 0 if not len(sample) else int(sample.memory_usage(deep=True, index=True).sum() / len(sample) * count)

    def to_pandas(self, *, most: int | None = None) -> pd.DataFrame:
        """A frame as ``session.pull`` gives it, ordered by lead id, without the columns that the archive does not keep, and
        at its end ``seen_at read_at`` (UTC: last seen in a list, last read), ``presence`` (category: as last read).

        ``most``: bytes that it may take; by default half of the memory that is free.

        Raises:
            ArchiveError: it would be larger; says how large.
        """
        allowed = free_memory() // 2 if most is None else most
        needed = self.size()
        if needed > allowed:
            raise ArchiveError(
                f"{len(self):,} leads would take {safe_files.size(needed)} as a frame, and {safe_files.size(allowed)} may be "
                "used. Narrow them (campaign=, created_after=), ask cvtr.insight without loading them, or allow more with most=."
            )
        made = self._frame(f"{self._query} ORDER BY lead_id")
        made.attrs = {}
        made.attrs.update(self.attrs)
        return made

    def export(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write them to a file, readable by its owner only: ``.parquet`` (any number of leads), or ``.csv`` as ``cvtr.to_csv``.

        Raises:
            ArchiveError: another ending; more leads than a frame may have (CSV); or it cannot be written.
            ExportError: a file is there already, or cannot be written.
        """
        place = Path(path).expanduser()
        if place.suffix.lower() == ".csv":
            to_csv(self.to_pandas(), place, overwrite=overwrite)
            return place
        if place.suffix.lower() != ".parquet":
            raise ArchiveError(f"{place.name[:80]!r} ends in neither .parquet nor .csv. Give it one of these endings.")
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = pa.BufferOutputStream()
        pq.write_table(self.relation.order("lead_id").to_arrow_table(), sink, compression="zstd")
        return safe_files.write(place, [sink.getvalue().to_pybytes()], ArchiveError, private=True, overwrite=overwrite)

    def _frame(self, query: str) -> pd.DataFrame:
        import pandas as pd

        table = self._connection.cursor().sql(query, params=list(self._values)).to_arrow_table()
        made = {name: column_of(table.column(name), kind, name) for name, kind in self._kinds.items()}
        index = pd.Index(table.column("lead_id").to_numpy(), dtype="int64", name="lead_id")
        frame = pd.DataFrame(made)
        frame.index = index
        return frame


def column_of(column: Any, kind: str, name: str) -> Any:
    """A column of the archive as a frame of leads has it."""
    import pandas as pd
    import pyarrow as pa

    if kind in {"state", "text"}:
        if kind == "state" and name not in {schema.COUNTRY, "email_domain"}:
            coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
            coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
            words = coded.dictionary.to_pylist()
            # Categories in alphabetical order, as pandas makes them; Arrow's dictionary is in the order of arrival.
            order = sorted(range(len(words)), key=words.__getitem__)
            place = {old: new for new, old in enumerate(order)}
            codes = [place.get(code, -1) for code in coded.indices.to_pylist()]
            return pd.Categorical.from_codes(codes, categories=pd.Index([words[n] for n in order]))
        return pd.Series(column.to_pylist(), dtype="object")
    if kind == "money":
        return pd.Series(_plain_amounts(column.to_pylist()), dtype="object")
    if kind == "number":
        values = column.to_pylist()
        whole = all(v is None or v == int(v) for v in values)
        return pd.array([int(v) if whole and v is not None else v for v in values], dtype="Int64" if whole else "Float64")
    if kind in {"id", "key"}:
        return pd.array(column.to_pylist(), dtype="Int64")
    if kind == "flag":
        return pd.array(column.to_pylist(), dtype="boolean")
    return pd.Series(column.cast(arrow_type("time")).to_pandas())


def _plain_amounts(values: list[Decimal | None]) -> list[Decimal | None]:
    """Amounts without the zeros that the declared type adds behind the second decimal place."""
    known: dict[Decimal | None, Decimal | None] = {None: None}
    for value in set(values):
        if value is not None:
            text = f"{value:f}"
            whole, _, places = text.partition(".")
            known[value] = Decimal(f"{whole}.{places.rstrip('0').ljust(2, '0')}")
    return [known[value] for value in values]


def free_memory() -> int:
    """Bytes of memory that are free, as far as the system tells."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2 * UNKNOWN_MEMORY
