"""What the lead forms collected: a list of names and values in each lead -> a column for each name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cvtr_widgets.frames import values as values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Names = tuple[str, ...]


@dataclass(slots=True)
class _Form:
    """Leads whose lists have the same names in the same order: nearly always those of one campaign."""

    places: list[int] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)


class FormData:
    """Takes the lists of leads, page by page; ``columns`` gives what has come so far."""

    def __init__(self) -> None:
        self._forms: dict[Names, _Form] = {}
        self._count = 0

    def add(self, lists: Sequence[Any]) -> None:
        """The lists of the next leads, each of ``{"name": ..., "value": ...}``; anything else in them is left out."""
        forms = self._forms
        for place, items in enumerate(lists, self._count):
            try:
                names, row = tuple([item["name"] for item in items]), [item["value"] for item in items]
                form = forms.get(names)
                if form is None and not all(type(name) is str for name in names):
                    raise TypeError
            except (TypeError, KeyError, IndexError):
                names, row = _carefully(items)
                form = forms.get(names)
            if form is None:
                form = forms[names] = _Form()
            form.places.append(place)
            form.rows.append(row)
        self._count += len(lists)

    def columns(self, count: int) -> dict[str, Any]:
        """Column (``data_...``) -> its texts, one a lead, None where the lead has none; object arrays of ``count``."""
        import numpy as np

        made: dict[str, Any] = {}
        column_of = self._column_of()
        for names, form in self._forms.items():
            places = np.array(form.places, dtype="int64")
            mine: dict[str, list[str | None]] = {}
            for name, values in zip(names, zip(*form.rows, strict=True), strict=True):
                column, texts = column_of[name], values_of.texts(values)
                mine[column] = list(map(_both, mine[column], texts)) if column in mine else texts
            for column, texts in mine.items():
                if column not in made:
                    made[column] = np.full(count, None, dtype="object")
                made[column][places] = texts
        return made

    def _column_of(self) -> dict[str, str]:
        """Name of a form -> its column. Names that would share one (``Email`` and ``e-mail``) get numbers, in their own order."""
        names = sorted({name for form in self._forms for name in form})
        found: dict[str, str] = {}
        taken: set[str] = set()
        for name in names:
            column, number = values_of.data_column(name), 1
            wanted = column
            while column in taken:
                number += 1
                column = f"{wanted}_{number}"
            found[name] = column
            taken.add(column)
        return found


def _both(one: str | None, two: str | None) -> str | None:
    """A form that has a name twice: what both say is kept."""
    return two if one is None else one if two is None else f"{one} | {two}"


def _carefully(items: Any) -> tuple[Names, list[Any]]:
    pairs = [
        (item["name"], item.get("value"))
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, dict) and isinstance(item.get("name"), str)
    ]
    return tuple(name for name, _ in pairs), [value for _, value in pairs]
