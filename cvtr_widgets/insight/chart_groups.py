"""Which leads are behind the marks of a chart: a code per lead and key, so that a million are searched in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class GroupCodes:
    """The value of one key for each lead: ``codes`` are places in ``values``, which are as JSON has them; -1 is no value."""

    codes: NDArray[np.intp]
    values: tuple[Any, ...]

    @classmethod
    def of(cls, column: pd.Series[Any], *, text: bool = False) -> GroupCodes:
        """The values of a column; ``text``: as text, as the table of a chart names its groups."""
        import pandas as pd

        codes, values = pd.factorize(column)
        found = values.tolist() if hasattr(values, "tolist") else list(values)
        return cls(codes, tuple(str(v) if text else plain(v) for v in found))

    def at(self, value: Any) -> Mask:
        """The leads with this value; None: those that have none."""
        wanted = plain(value)
        if wanted is None:
            none: Mask = self.codes == -1
            return none
        return self.where([v is not None and v == wanted for v in self.values])

    def among(self, wanted: frozenset[Any]) -> Mask:
        """The leads with one of these values."""
        return self.where([v in wanted for v in self.values])

    def between(self, first: Any, last: Any) -> Mask:
        """The leads whose value is from ``first`` to ``last``."""
        low, high = plain(first), plain(last)
        return self.where([v is not None and low <= v <= high for v in self.values])

    def where(self, yes: list[bool]) -> Mask:
        """The leads whose value is one for which ``yes`` says so."""
        import numpy as np

        found: Mask = np.array([*yes, False], dtype=bool)[self.codes]  # the last one is the place of -1
        return found


class Behind:
    """The leads of a chart: ``ids``, and the codes of each key."""

    def __init__(self, groups: Mapping[str, pd.Series[Any] | GroupCodes], ids: Any = None) -> None:
        import numpy as np

        columns = [group for group in groups.values() if not isinstance(group, GroupCodes)]
        self._ids = np.asarray(columns[0].index if ids is None else ids, dtype="int64")
        self.codes = {name: group if isinstance(group, GroupCodes) else GroupCodes.of(group) for name, group in groups.items()}

    def ids(self, mask: Mask) -> NDArray[np.int64]:
        """The ids of these leads, ascending."""
        import numpy as np

        return np.sort(self._ids[mask])


def plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO text, missing ones as None."""
    import math
    from datetime import datetime

    import pandas as pd

    if isinstance(value, (pd.Timestamp, datetime)):
        # NaT is an instance of datetime, and would give the text "NaT".
        return None if value is pd.NaT else value.isoformat()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if isinstance(value, (bool, int, float)) else str(value)
