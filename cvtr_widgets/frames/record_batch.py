"""A page of records, read by column: most records of a service have the same keys in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from cvtr_widgets.models import NOT_SENT, Record


class RecordBatch(list[Record]):
    """Records that are not changed any more. What one column needs of all of them is looked up at once."""

    @staticmethod
    def of(records: Sequence[Record]) -> RecordBatch:
        """These records, which may be ``RecordBatch`` already."""
        return records if isinstance(records, RecordBatch) else RecordBatch(records)

    @cached_property
    def _columns(self) -> dict[str, Sequence[Any]] | None:
        """Key -> values, where all records have the same keys in the same order; else None."""
        try:
            # By far the most pages have one layout. Its columns come from one zip() in C instead of a dict look-up per cell.
            layouts = set(map(tuple, self))
        except TypeError:  # not all of them are objects
            return None
        if len(layouts) != 1:
            return None
        return dict(zip(layouts.pop(), zip(*[record.values() for record in self], strict=True), strict=True))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All keys, in the order in which they come."""
        return tuple(self._columns or dict.fromkeys(key for record in self for key in record))

    def column(self, key: str) -> Sequence[Any]:
        """The values of a key; ``NOT_SENT`` where a record has none."""
        if self._columns is not None:
            found = self._columns.get(key)
            return [NOT_SENT] * len(self) if found is None else found
        return [record.get(key, NOT_SENT) for record in self]
