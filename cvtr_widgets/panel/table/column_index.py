"""What is kept about one column, so that it is filtered, searched and sorted without asking pandas again.

A column of texts or amounts is kept as its distinct values and a small number a row, so that a filter looks at each
distinct value once. Where nearly every row has its own value (e-mail), the values are kept row by row instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise, starmap
from operator import ne
from threading import Event
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cvtr_widgets.days import day_begins
from cvtr_widgets.errors import Cancelled
from cvtr_widgets.models import INT64_MAX
from cvtr_widgets.panel.table.cells import Look, empty
from cvtr_widgets.panel.table.text_sort import Tell, folded, ranks

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Mask: TypeAlias = npt.NDArray[np.bool_]
    Keys: TypeAlias = npt.NDArray[np.int64]
    Index: TypeAlias = "DictionaryColumn | NumberColumn"

SLOW = 100_000
"""From so many distinct values on, their order is worth a background job (some tenths of a second a million)."""
_SAMPLE = 20_000
_DISTINCT = 0.96
"""Of a sample that size: where fewer differ, a million rows hold some 250,000 distinct values or less."""


class DictionaryColumn:
    """A column as distinct ``values`` and ``codes`` (a place among them a row, -1 empty); ``codes`` None: one value a row."""

    def __init__(self, values: Sequence[Any], codes: npt.NDArray[np.int32] | None, blank: Mask) -> None:
        self.values = values
        self.blank = blank
        self._codes = codes
        self._sortable: list[Any] | None = None
        self._keys: Keys | None = None

    @property
    def wide(self) -> bool:
        """One value a row."""
        return self._codes is None

    @property
    def slow(self) -> bool:
        """The order of its values is not known yet and takes its time."""
        return self._keys is None and len(self.values) > SLOW

    @property
    def sortable(self) -> list[Any]:
        """For each value what it is sorted and searched by."""
        if self._sortable is None:
            self._sortable = self._sorted_by()
        return self._sortable

    def _sorted_by(self) -> list[Any]:
        raise NotImplementedError

    def spread(self, flags: Iterable[bool]) -> Mask:
        """One flag a value as one flag a row; empty rows have none."""
        made = np.fromiter(flags, bool, len(self.values))
        if self._codes is None:
            return made & ~self.blank
        # One look a distinct value, then one numpy step for all rows. -1 points at the False.
        return np.append(made, False)[self._codes]

    def at(self, rows: npt.NDArray[np.int64]) -> list[Any]:
        """What these rows are sorted by; they must not be empty."""
        known, places = self.sortable, rows if self._codes is None else self._codes[rows]
        if self._codes is None and len(rows) == len(known):  # all of them, which are in order
            return known
        return [known[p] for p in places.tolist()]

    def among(self, wanted: frozenset[str]) -> Mask:
        """Rows whose value, as text, is one of these."""
        return self.spread(str(v) in wanted for v in self.values)

    def counts(self, within: Mask | None = None) -> dict[str, int]:
        """Rows by value, as text, most first."""
        if self._codes is None:
            shown = ~self.blank if within is None else ~self.blank & within
            places, numbers = np.flatnonzero(shown).tolist(), None
        else:
            codes = self._codes if within is None else self._codes[within]
            numbers = np.bincount(codes[codes >= 0], minlength=len(self.values))
            places = np.argsort(-numbers, kind="stable").tolist()
        made: dict[str, int] = {}
        for place in places:
            number = 1 if numbers is None else int(numbers[place])
            if number:
                text = str(self.values[place])
                made[text] = made.get(text, 0) + number
        return dict(sorted(made.items(), key=lambda item: -item[1])) if numbers is None else made

    def keys(self) -> Keys:
        """A number a row that orders as the values do (equal where they count as equal); -1 for empty."""
        if self._keys is None:
            self.order_values()
        assert self._keys is not None  # noqa: S101  made just now
        return self._keys

    def order_values(self, tell: Tell | None = None, cancel: Event | None = None) -> None:
        """Put the values in order, in steps between which others may go on and ``cancel`` is asked.

        Raises:
            Cancelled: ``cancel`` was set; nothing is kept.
        """
        ranks = self._ranks(tell, cancel)
        if self._codes is None:
            ranks[self.blank] = -1
            self._keys = ranks
        else:
            self._keys = np.append(ranks, -1)[self._codes]

    def _ranks(self, tell: Tell | None, cancel: Event | None) -> Keys:
        """For each value its place among the distinct ones in order."""
        raise NotImplementedError


class TextColumn(DictionaryColumn):
    """A column of text. Empty text counts as empty: nobody can see a difference."""

    def _sorted_by(self) -> list[Any]:
        return folded(self.values)

    def _ranks(self, tell: Tell | None, cancel: Event | None) -> Keys:
        return ranks(self.sortable, tell, cancel)

    def holding(self, folded: str) -> Mask:
        """Rows whose text holds this, which is casefolded."""
        return self.spread([folded in text for text in self.sortable])


class AmountColumn(DictionaryColumn):
    """A column of Decimals or of mixed things that should be numbers. What is not a number is sorted behind the numbers."""

    def _sorted_by(self) -> list[Any]:
        return [(0, v, "") if _is_number(v) else (1, 0, str(v).casefold()) for v in self.values]

    def _ranks(self, tell: Tell | None, cancel: Event | None) -> Keys:
        known, count = self.sortable, len(self.values)
        # Compared by Python: numpy would make floats of Decimals, and could not compare what is no number with them.
        order = sorted(range(count), key=known.__getitem__)
        in_order = [known[i] for i in order]
        made = np.empty(count, np.int64)
        steps = np.fromiter(starmap(ne, pairwise(in_order)), bool, max(0, count - 1))
        made[np.asarray(order, np.int64)] = np.concatenate([[0], np.cumsum(steps)]) if count else []
        if tell is not None:
            tell(count, count)
        if cancel is not None and cancel.is_set():
            raise Cancelled("Sorting was stopped. Sort again to continue.")
        return made

    def between(self, low: Decimal | None, high: Decimal | None) -> Mask:
        """Rows whose number lies there, compared exactly."""
        return self.spread(
            _is_number(v) and (low is None or bool(v >= low)) and (high is None or bool(v <= high)) for v in self.values
        )


class NumberColumn:
    """A column of whole numbers, floats, flags or times (in ``unit`` since 1970), as the plain array."""

    slow = False
    wide = False

    def __init__(self, values: npt.NDArray[Any], blank: Mask, unit: str = "") -> None:
        self.values = values
        self.blank = blank
        self._unit = unit
        self._keys: Keys | None = None

    def between(self, low: Decimal | None, high: Decimal | None) -> Mask:
        """Rows whose number lies there."""
        mask: Mask = ~self.blank
        if low is not None:
            mask &= self.values >= self._bound(low, up=True)
        if high is not None:
            mask &= self.values <= self._bound(high, up=False)
        return mask

    def _bound(self, given: Decimal, *, up: bool) -> Any:
        if self.values.dtype.kind == "f":
            return float(given)
        # Rounded inwards: "at least 2.5" means 3 for whole numbers.
        whole = int(given.to_integral_value("ROUND_CEILING" if up else "ROUND_FLOOR"))
        # beyond int64 numpy would compare as floats
        return whole if -INT64_MAX - 1 <= whole <= INT64_MAX else float(given)

    def days(self, first: date | None, last: date | None, zone: tzinfo) -> Mask:
        """Rows whose time falls on these days of ``zone``, both included."""
        mask: Mask = ~self.blank
        if first is not None:
            mask &= self.values >= self._midnight(first, zone)
        if last is not None and last < date.max:
            mask &= self.values < self._midnight(last + timedelta(days=1), zone)
        return mask

    def _midnight(self, day: date, zone: tzinfo) -> int:
        seconds = (day_begins(day, zone) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
        moved = seconds * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[self._unit]
        return max(-INT64_MAX, min(INT64_MAX, moved))

    def at(self, rows: npt.NDArray[np.int64]) -> list[Any]:
        """The numbers of these rows."""
        return list(self.values[rows].tolist())

    def counts(self, within: Mask | None = None) -> dict[str, int]:
        """Rows by value, as text, most first."""
        shown = ~self.blank if within is None else ~self.blank & within
        values, numbers = np.unique(self.values[shown], return_counts=True)
        order = np.argsort(-numbers, kind="stable")
        return dict(zip(map(str, values[order].tolist()), numbers[order].tolist(), strict=True))

    def keys(self) -> Keys:
        """As ``DictionaryColumn.keys``."""
        if self._keys is None:
            self._keys = self._whole_keys() if self.values.dtype.kind in "iub" else self._ranks()
        return self._keys

    def _whole_keys(self) -> Keys:
        present = self.values[~self.blank]
        least, most = (int(present.min()), int(present.max())) if len(present) else (0, 0)
        # Sorting takes the keys 16 bits at a time. A wide range (ids with one outlier, times in microseconds) would need four
        # passes; ranks never need more than two up to four billion rows.
        if most - least >= 2**32:
            return self._ranks()
        return np.where(self.blank, -1, self.values.astype(np.int64) - least)

    def _ranks(self) -> Keys:
        order = np.argsort(self.values, kind="stable")
        in_order = self.values[order]
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.concatenate([[0], np.cumsum(in_order[1:] != in_order[:-1])]) if len(order) else []
        ranks[self.blank] = -1
        return ranks


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def index_of(column: pd.Series[Any], look: Look) -> DictionaryColumn | NumberColumn:
    """What is kept about a column that looks so. Takes some tens of milliseconds a million rows."""
    if look == "time":
        return _times(column)
    if look == "flag":
        return _flags(column)
    if look in {"number", "score", "id"}:
        return _numbers(column)
    return texts_of(column)


def texts_of(column: pd.Series[Any]) -> TextColumn:
    """Any column as the text of its values."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return TextColumn(*_categories(column, lambda v: "" if empty(v) else str(v)))
    values = column.to_numpy(dtype=object)
    # One pass in C instead of an isinstance for each of a million values; "string" means that not a single one is missing.
    full = pd.api.types.infer_dtype(values, skipna=False) == "string"
    if not full and pd.api.types.infer_dtype(values, skipna=True) not in {"string", "empty"}:
        values = _objects(None if empty(v) else v if isinstance(v, str) else str(v) for v in values.tolist())
    if _mostly_distinct(values):
        return _wide(values.tolist(), full=full)
    # For columns whose values repeat (campaign, publisher, reason): hashing each value once is quicker than anything that
    # compares them.
    places, distinct = pd.factorize(values)
    codes = places.astype(np.int32)
    # Empty text becomes -1 like a missing value: on screen both are an empty cell.
    known = [str(v) for v in distinct.tolist()]
    if "" in known:
        codes[codes == known.index("")] = -1
    return TextColumn(known, codes, codes < 0)


def _wide(texts: list[Any], *, full: bool) -> TextColumn:
    """``full``: there is a text in every row."""
    if not full:
        texts = [v if isinstance(v, str) else "" for v in texts]
    if full and "" not in texts:
        return TextColumn(texts, None, np.zeros(len(texts), dtype=bool))
    return TextColumn(texts, None, np.fromiter((not t for t in texts), bool, len(texts)))


def _categories(column: pd.Series[Any], text: Callable[[Any], Any]) -> tuple[list[Any], npt.NDArray[np.int32], Mask]:
    values = [text(v) for v in column.cat.categories.tolist()]
    codes = np.array(column.cat.codes, dtype=np.int32)
    if "" in values:
        codes[codes == values.index("")] = -1
    return values, codes, codes < 0


def _objects(values: Iterable[Any]) -> npt.NDArray[np.object_]:
    given = list(values)
    made = np.empty(len(given), dtype=object)
    made[:] = given
    return made


def _mostly_distinct(values: npt.NDArray[np.object_]) -> bool:
    # In a small frame either way is quick, and codes make filters quicker.
    if len(values) <= SLOW:
        return False
    sample = [v for v in values[:: max(1, len(values) // _SAMPLE)].tolist() if isinstance(v, str) and v]
    return len(set(sample)) > _DISTINCT * max(len(sample), _SAMPLE // 4)


def _times(column: pd.Series[Any]) -> NumberColumn:
    import pandas as pd

    if not isinstance(column.dtype, (pd.DatetimeTZDtype, np.dtypes.DateTime64DType)):
        column = pd.to_datetime(column.astype(object), utc=True, errors="coerce", format="ISO8601")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    moments = column.to_numpy()
    blank = np.isnat(moments)
    # NaT is the smallest int64: kept as it is, it would be the earliest time of the column and would widen the range of the keys.
    values = np.where(blank, np.int64(0), moments.view(np.int64))
    return NumberColumn(values, blank, np.datetime_data(moments.dtype)[0])


def _flags(column: pd.Series[Any]) -> NumberColumn:
    if str(column.dtype) in {"bool", "boolean"}:
        blank = column.isna().to_numpy(bool)
        return NumberColumn(column.to_numpy(dtype=np.int8, na_value=0) if blank.any() else column.to_numpy(np.int8), blank)
    values = column.tolist()
    blank = np.fromiter((empty(v) for v in values), bool, len(values))
    return NumberColumn(np.fromiter((not empty(v) and bool(v) for v in values), np.int8, len(values)), blank)


def _numbers(column: pd.Series[Any]) -> DictionaryColumn | NumberColumn:
    import pandas as pd

    types = pd.api.types
    if types.is_integer_dtype(column.dtype) and not types.is_unsigned_integer_dtype(column.dtype):
        blank = column.isna().to_numpy(bool)
        return NumberColumn(column.to_numpy(np.int64, na_value=0) if blank.any() else column.to_numpy(np.int64), blank)
    if types.is_float_dtype(column.dtype):
        floats = column.to_numpy(np.float64, na_value=np.nan)
        blank = np.isnan(floats)
        return NumberColumn(np.where(blank, 0.0, floats), blank)
    values = [None if empty(v) or v == "" else v if _is_number(v) else str(v) for v in column.tolist()]
    codes, distinct = pd.factorize(_objects(values))
    return AmountColumn(distinct.tolist(), codes.astype(np.int32), codes < 0)


def text_index(index: DictionaryColumn | NumberColumn) -> TextColumn:
    """A column of numbers as text, for searching."""
    import pandas as pd

    if isinstance(index, TextColumn):
        return index
    if isinstance(index, DictionaryColumn):
        return TextColumn([str(v) for v in index.values], index._codes, index.blank)
    places, distinct = pd.factorize(index.values)
    codes = np.where(index.blank, -1, places).astype(np.int32)
    return TextColumn([str(v) for v in distinct.tolist()], codes, index.blank)
