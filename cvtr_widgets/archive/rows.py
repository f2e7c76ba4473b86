"""Leads of an archive as rows of a table that nobody has loaded: filtered, sorted, counted and read page by page by DuckDB.

Kept in memory are the lead ids and where each lead is stored: 28 bytes a lead. Everything else is asked in a query of its own,
whose answer is places of rows, a few counts, or the values of the rows of one page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cvtr_widgets.archive import schema
from cvtr_widgets.archive.archived_leads import ArchivedLeads, column_of
from cvtr_widgets.archive.engines import named
from cvtr_widgets.models import INT64_MAX

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Rows: TypeAlias = npt.NDArray[np.int64]
    Mask: TypeAlias = npt.NDArray[np.bool_]

MOST_WORDS = 10_000
"""Values of a column of text that are looked through one by one; a column with more is searched by the engine."""
FEW = 1_000_000
"""So many rows are handed to the engine as a list; of more, those are taken that come first of all."""
_LARGEST = Decimal(10) ** (schema.MONEY[0] - schema.MONEY[1])
_NUMBERS = {
    "time": ("epoch_us({})", "BIGINT", str(INT64_MAX)), "flag": ("{}", "INTEGER", "2"), "number": ("{}", "DOUBLE", "'infinity'"),
    "money": (f"{{}} * {10 ** schema.MONEY[1]}", "BIGINT", str(INT64_MAX)),
}  # fmt: skip
"""What a column is sorted by: an expression, its type, and what stands for an empty value, which comes last."""
Sort: TypeAlias = Sequence[tuple[str, bool]]


class ArchivedRows:
    """Rows of ``leads``, the newest lead ids first. ``without``: columns that are left out, such as those of persons.

    Takes some tenths of a second for 10,000,000 leads. Any thread may ask: each question has a cursor of its own.
    """

    def __init__(self, leads: ArchivedLeads, without: Collection[str] = ()) -> None:
        self.leads = leads
        self._stored = leads.stored
        self.kinds = {name: kind for name, kind in self._stored.kinds.items() if name not in without}
        self._words: dict[str, list[str] | None] = {}
        self.ids, self._keys = self._placed()
        # From key to row by position in an array: a dict of 10,000,000 keys would take a gigabyte.
        self._row_of = np.full(int(self._keys.max(initial=-1)) + 1, -1, np.int32)
        self._row_of[self._keys] = np.arange(len(self.ids), dtype=np.int32)

    def __len__(self) -> int:
        return len(self.ids)

    # -- asking the engine ------------------------------------------------------------------------------------------------

    def _asked(self, select: str, rest: str = "", values: Sequence[Any] = (), **tables: Any) -> Any:
        """An Arrow table of a question about these leads; ``tables`` are there under their names."""
        # A DuckDB connection runs one question at a time; a cursor is a connection of its own to the same open file, so that the
        # search in the background does not hold up the page.
        cursor = self._stored.connection.cursor()
        for name, table in tables.items():
            cursor.register(name, table)
        given = [*self._stored.values, *values]
        return cursor.sql(f"{select} FROM ({self._stored.query}) AS leads {rest}", params=given).to_arrow_table()

    def _placed(self) -> tuple[Rows, npt.NDArray[np.int32]]:
        """Ids and keys of these leads. Nothing is sorted: the cache has every key at its place already."""
        count = self._asked("SELECT count(*)").column(0)[0].as_py()
        every = self._stored.connection.cursor().sql("SELECT rowid AS place, lead_id, key FROM places").to_arrow_table()
        ids, keys = np.empty(every.num_rows, np.int64), np.empty(every.num_rows, np.int32)
        for batch in every.to_batches():  # the engine gives them in any order
            place, lead_id, key = (column.to_numpy() for column in batch.columns)
            ids[place], keys[place] = lead_id, key
        # All leads: the usual case when a table opens, and the second question is saved.
        if count == len(ids):
            return ids, keys
        wanted = np.zeros(len(ids), dtype=bool)
        for batch in self._asked("SELECT key").to_batches():
            wanted[batch.column(0).to_numpy()] = True
        kept = wanted[keys]
        return ids[kept], keys[kept]

    def _rows(self, keys: Any) -> Rows:
        rows: Rows = self._row_of[keys.to_numpy()].astype(np.int64)
        return rows

    def _place(self, offset: int) -> str:
        return f"${len(self._stored.values) + 1 + offset}"

    # -- which rows -------------------------------------------------------------------------------------------------------

    def where(self, column: str, how: str, *given: Any) -> Mask:
        """Rows of which ``column`` is ``empty``, is ``one_of`` texts, ``contains`` a folded text, is ``between`` two numbers or
        times (None: open), or is the flag ``is``. An empty value is none of these but empty.
        """
        if how == "contains":
            return self.holding(given[0], (column,))
        made = self._condition(column, how, given)
        return self.none() if made is None else self._mask(*made)

    def none(self) -> Mask:
        """No row."""
        return np.zeros(len(self), dtype=bool)

    def _mask(self, condition: str, values: Sequence[Any]) -> Mask:
        mask = self.none()
        mask[self._rows(self._asked("SELECT key", f"WHERE {condition}", values).column(0))] = True
        return mask

    def _condition(self, column: str, how: str, given: Sequence[Any]) -> tuple[str, list[Any]] | None:
        """A condition of SQL with its values; None where no row can fulfil it."""
        name, kind = named(column), self._kind(column)
        if how == "empty":
            blank = f"({name} IS NULL OR {name} = '')" if self._is_text(column) else f"({name} IS NULL)"
            return (blank if given[0] else f"NOT {blank}"), []
        if how == "one_of":
            # One bound list instead of IN with a placeholder each: the text of the question stays the same, and no value is put
            # into SQL.
            return f"list_contains({self._place(0)}, {name})", [list(given[0])]
        if how == "is":
            return (name if given[0] else f"NOT {name}"), []
        low, high = _bounds(kind, *given)
        if low is not None and high is not None and low > high:
            return None
        parts = [(f"{name} {sign} ", bound) for sign, bound in ((">=", low), ("<=", high)) if bound is not None]
        said = " AND ".join(f"{part}{self._place(n)}" for n, (part, _) in enumerate(parts))
        return said or f"{name} IS NOT NULL", [bound for _, bound in parts]

    def holding(self, folded: str, columns: Iterable[str], *, ids: bool = False) -> Mask:
        """Rows in which a text of one of these columns, or with ``ids`` the lead's id, holds this casefolded text."""
        parts: list[str] = []
        values: list[Any] = []
        for column in columns:
            # A column with few different texts is searched in Python, by casefold as in a loaded table; only columns such as
            # e-mail are left to the engine, which has no casefold (see _folded).
            words = self.words(column)
            if words is None:
                parts.append(f"contains({_folded(named(column))}, {self._place(len(values))})")
                values.append(folded)
            elif fitting := [word for word in words if folded in word.casefold()]:
                parts.append(f"list_contains({self._place(len(values))}, {self._text(column)})")
                values.append(fitting)
        if ids and folded.isdecimal():
            parts.append(f"contains(CAST(lead_id AS VARCHAR), {self._place(len(values))})")
            values.append(folded)
        return self._mask(" OR ".join(parts), values) if parts else self.none()

    def words(self, column: str) -> list[str] | None:
        """The texts that occur in a column; None where they are more than ``MOST_WORDS``."""
        if column not in self._words:
            text = self._text(column)
            # Approximate first: the exact list of 10,000,000 different e-mail addresses would be made only to be thrown away.
            many = self._asked(f"SELECT approx_count_distinct({text})").column(0)[0].as_py()
            found = None
            if many <= MOST_WORDS:
                found = [w for w in self._asked(f"SELECT DISTINCT {text}").column(0).to_pylist() if w]
            self._words[column] = found
        return self._words[column]

    def known_words(self, column: str) -> bool:
        """Whether ``words`` has been asked for, and are few."""
        return self._words.get(column) is not None

    def _text(self, column: str) -> str:
        """A column as the text that a loaded table shows of it."""
        name = named(column)
        if self._is_text(column):
            return name
        if self._kind(column) != "number":
            return f"CAST({name} AS VARCHAR)"
        # A loaded table shows 5.0 as 5; DuckDB would search and count it as "5.0".
        return f"CASE WHEN {name} = floor({name}) THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE CAST({name} AS VARCHAR) END"

    def _kind(self, column: str) -> str:
        return "id" if column == "lead_id" else self.kinds[column]

    def _is_text(self, column: str) -> bool:
        return self._kind(column) in {"text", "state"}

    # -- in which order ---------------------------------------------------------------------------------------------------

    def first(self, sort: Sort, count: int, among: Rows | None = None) -> Rows:
        """The first rows in order; ``among``: of these."""
        tables: dict[str, Any] = {}
        joins, keys, where = "", [], ""
        if among is not None:
            tables["chosen"], where = self._chosen(among), "WHERE key IN (SELECT mine FROM chosen)"
        for n, (column, descending) in enumerate(sort):
            words = self.words(column) if self._is_text(column) else None
            if words is not None:
                # Texts are ordered by the rank of their casefolded form, worked out in Python: the engine's own order of text
                # puts capitals before small letters and umlauts last, unlike a loaded table.
                tables[f"words{n}"] = _ranks(words, n)
                joins += f" LEFT JOIN words{n} ON words{n}.word{n} = {named(column)}"
            keys.append(f"{self._key(column, n, words)} {'DESC' if descending else 'ASC'} NULLS LAST")
        rest = f"{joins} {where} ORDER BY {', '.join([*keys, 'lead_id DESC'])} LIMIT {int(count)}"
        return self._rows(self._asked("SELECT key", rest, **tables).column(0))

    def _key(self, column: str, n: int, words: list[str] | None) -> str:
        if words is not None:
            return f"rank{n}"
        return f"nullif({_folded(named(column))}, '')" if self._is_text(column) else named(column)

    def order(self, sort: Sort) -> Rows:
        """All rows in order: equal ones with the newest lead first."""
        if any(self._is_text(column) and self.words(column) is None for column, _ in sort):
            return self.first(sort, len(self))
        order = np.arange(len(self))
        # Last column first: each stable pass keeps the order of the one before among equals.
        for column, descending in reversed(sort):
            order = order[_stable(self._numbers(column, descending=descending)[order])]
        return order

    def _numbers(self, column: str, *, descending: bool) -> Any:
        """A number a row, ascending in the order wanted, empty ones greatest."""
        name, tables, join = named(column), {}, ""
        if self._is_text(column):
            words = self.words(column) or []
            tables, join = {"words0": _ranks(words, 0)}, f"LEFT JOIN words0 ON word0 = {name}"
            value, kind, last = "rank0", "INTEGER", str(len(words))
        else:
            value, kind, last = _NUMBERS.get(self._kind(column), ("{}", "BIGINT", str(INT64_MAX)))
        value = f"{'-' if descending else ''}CAST({value.format(name)} AS {kind})"
        found = self._asked(f"SELECT key, coalesce({value}, CAST({last} AS {kind})) AS value", join, **tables)
        values = found.column(1).to_numpy()
        made = np.empty(len(self), values.dtype)
        made[self._rows(found.column(0))] = values
        return made

    # -- what is in them --------------------------------------------------------------------------------------------------

    def frame(self, rows: Rows, names: Iterable[str]) -> pd.DataFrame:
        """The values of a few rows, as a frame of leads has them, in the order given."""
        import pandas as pd
        import pyarrow as pa

        wanted = [name for name in names if name in self.kinds]
        keys = self._keys[rows].tolist()
        columns = ", ".join(["key", *map(named, wanted)])
        found = self._asked(f"SELECT {columns}", f"WHERE key IN ({', '.join(map(str, keys)) or 'NULL'})")
        # An IN list comes back in the engine's order, not in that of the list.
        place = {key: n for n, key in enumerate(found.column("key").to_pylist())}
        ordered = found.take(pa.array([place[key] for key in keys], pa.int64()))
        frame = pd.DataFrame({name: column_of(ordered.column(name), self.kinds[name], name) for name in wanted})
        frame.index = pd.Index(self.ids[rows], dtype="int64", name="lead_id")
        return frame

    def counts(self, column: str, within: Mask | None = None) -> dict[str, int]:
        """Rows by the text of a column, most first, empty ones left out; ``within``: of these rows."""
        text, where = self._text(column), ""
        tables: dict[str, Any] = {}
        if within is not None and not within.all():
            tables["chosen"], where = self._chosen(np.flatnonzero(within)), "WHERE key IN (SELECT mine FROM chosen)"
        rest = f"{where} GROUP BY value ORDER BY n DESC, value LIMIT {MOST_WORDS}"
        found = self._asked(f"SELECT {text} AS value, count(*) AS n", rest, **tables)
        return {value: n for value, n in zip(*(c.to_pylist() for c in found.columns), strict=True) if value}

    def campaigns(self, rows: Rows) -> list[tuple[int, str, int]]:
        """The campaigns of these rows, most leads first: id, name, number of leads."""
        where = "WHERE key IN (SELECT mine FROM chosen) AND campaign_id IS NOT NULL GROUP BY campaign_id ORDER BY n DESC"
        found = self._asked("SELECT campaign_id, max(campaign) AS name, count(*) AS n", where, chosen=self._chosen(rows))
        return [(int(i), str(name), n) for i, name, n in zip(*(c.to_pylist() for c in found.columns), strict=True)]

    def _chosen(self, rows: Rows) -> Any:
        import pyarrow as pa

        return pa.table({"mine": self._keys[rows]})

    def first_among(self, sort: Sort, mask: Mask, count: int) -> Rows:
        """The first rows in order of those that ``mask`` flags: at least ``count`` of them, or as many as there are."""
        many = int(np.count_nonzero(mask))
        # Few matches are handed over as a list and sorted alone. Of more, the engine sorts all rows and the matches are picked
        # out of the first ones; 400,000 matches took 4.7 s that way and 0.4 s as a list, hence the large FEW.
        if many <= FEW:
            return self.first(sort, min(count, many), np.flatnonzero(mask))
        wanted = min(count, many)
        # Were the matches spread evenly, half of this would do. Where it does not do, eight times as many are asked for.
        take = min(len(self), max(count, 2 * wanted * len(self) // max(many, 1)))
        while True:
            rows = self.first(sort, take)
            found = rows[mask[rows]]
            if len(found) >= wanted or take >= len(self):
                return found
            take = min(len(self), take * 8)


def _ranks(words: list[str], n: int) -> Any:
    """Texts with their places in order, in any case; those that are equal so have the same place."""
    import pyarrow as pa

    folded = sorted({word.casefold() for word in words})
    place = {text: n for n, text in enumerate(folded)}
    ranks = pa.array([place[word.casefold()] for word in words], pa.int32())
    return pa.table({f"word{n}": pa.array(words, pa.string()), f"rank{n}": ranks})


def _folded(name: str) -> str:
    """A column's text in any case, as ``str.casefold`` gives it for the letters that names and addresses are written with."""
    return f"replace(replace(lower({name}), 'ß', 'ss'), 'ς', 'σ')"


def _stable(numbers: Any) -> Rows:
    """The order of numbers, equal ones as they stand. Small ones take one pass of 16 bits, which is quickest."""
    small = numbers.dtype == np.int32 and (not len(numbers) or (numbers.min() > -(2**15) and numbers.max() < 2**15))
    return np.argsort(numbers.astype(np.int16) if small else numbers, kind="stable")


def _bounds(kind: str, low: Any, high: Any) -> tuple[Any, Any]:
    """Bounds as the column's type can be compared with, exactly."""
    if kind == "time":
        return low, high
    if kind in {"id", "key"}:
        return _whole(low, ROUND_CEILING), _whole(high, ROUND_FLOOR)
    if kind == "money":
        return _amount(low, ROUND_CEILING), _amount(high, ROUND_FLOOR)
    return tuple(None if bound is None else float(bound) for bound in (low, high))  # type: ignore[return-value]


def _whole(bound: Decimal | None, rounding: str) -> int | None:
    return None if bound is None else max(-INT64_MAX, min(INT64_MAX, int(bound.to_integral_value(rounding))))


def _amount(bound: Decimal | None, rounding: str) -> Decimal | None:
    if bound is None or abs(bound) >= _LARGEST:
        return None if bound is None else _LARGEST.copy_sign(bound)
    return bound.quantize(Decimal(1).scaleb(-schema.MONEY[1]), rounding)
