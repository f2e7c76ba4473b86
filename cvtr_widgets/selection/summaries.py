"""Frames that pandas worked out of leads: counts, means and sums keep the name of the column that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import SelectionError
from cvtr_widgets.selection.column_names import heading

if TYPE_CHECKING:
    import pandas as pd

_STATISTICS: Final = frozenset(
    {
        "count",
        "mean",
        "std",
        "min",
        "max",
        "25%",
        "50%",
        "75%",
        "unique",
        "nunique",
        "top",
        "freq",
        "sum",
        "median",
        "var",
        "size",
    }
)
_COUNTS_BELOW: Final = 1_000
"""Numbers of leads in a group are mostly below this, and ids of leads are mostly not."""
_LOOK: Final = 200


def refuse_summaries(held: pd.DataFrame | pd.Series[Any], values: Sequence[Any], *, named: bool = True) -> None:
    """Refuse what pandas worked out of leads. ``values``: those of the column of ids; ``named``: its name says so.

    Raises:
        SelectionError: these may be no ids.
    """
    index = held.index
    labels = set(index.tolist()) if len(index) <= len(_STATISTICS) else set()
    if labels and labels <= _STATISTICS:
        raise SelectionError(f"These are statistics ({', '.join(map(str, index))}), not leads. Give the frame that they are of.")
    if not named and (word := next((one for one in index[:_LOOK] if heading(one) is not None), None)) is not None:
        raise SelectionError(
            f"The rows of this Series are called “{shown(word, 60)}” and the like, so it is one row or the sums of columns, not "
            "a list of leads. Give the frame."
        )
    # Rows that each stand for another value of something else are groups, and what they hold of leads is a count or a mean.
    by = index.name
    if not values or not isinstance(by, str) or heading(by) is not None or not index.is_unique:
        return
    if _worked_out(values):
        raise SelectionError(
            f"These rows are groups by “{shown(by, 60)}”, so their numbers may be counts or means of leads, not lead ids. Give "
            "the leads themselves, or list(...) of the column if it holds ids."
        )


def _worked_out(values: Sequence[Any]) -> bool:
    """Whether numbers, one for each group, are small, repeated, or fractions could be among them."""
    numbers = [one for one in values if isinstance(one, (int, float)) and one == one]  # noqa: PLR0124  NaN differs from itself
    small = bool(numbers) and min(numbers) < _COUNTS_BELOW
    # A column of ids with gaps comes as floats; without gaps nothing but arithmetic makes them so.
    means = len(numbers) == len(values) and any(isinstance(one, float) for one in numbers)
    return small or means or len(set(numbers)) < len(numbers)
