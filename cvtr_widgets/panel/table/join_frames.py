"""Frames of leads put together: loaded leads and leads looked up by id, or pages as they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = {"Int64", "Float64", "boolean"}


def joined(loaded: pd.DataFrame | None, looked_up: pd.DataFrame | None) -> pd.DataFrame | None:
    """The leads of both, ``loaded`` first; a lead in both is there once, as loaded. dtypes and ``attrs`` stay.

    ``attrs["as_of"]`` is the earlier of the two: no row is older than it says.
    """
    if loaded is None or looked_up is None:
        return looked_up if loaded is None else loaded
    extra = looked_up[~looked_up.index.isin(loaded.index)]
    if not len(extra) or not len(loaded):
        return extra if not len(loaded) and len(extra) else loaded
    return stacked([loaded, extra])


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of different leads, one below the other, in one pass. A column that one lacks is empty there.

    ``attrs`` are the first one's, but ``as_of`` is the earliest and ``not_sent`` what none of them had.
    """
    import pandas as pd

    # The usual case: pages of one listing are all alike, and concat is then one copy per column.
    kinds = frames[0].dtypes
    if all(f.columns.equals(frames[0].columns) and (f.dtypes == kinds).all() for f in frames):
        frame = pd.concat(frames, ignore_index=True)
    else:
        columns = list(dict.fromkeys(name for frame in frames for name in frame.columns))
        made = {name: _column([f[name] if name in f.columns else len(f) for f in frames]) for name in columns}
        frame = pd.DataFrame(made, columns=columns)
    frame.index = pd.Index([], dtype="int64").append([f.index for f in frames]).astype("int64").rename("lead_id")
    frame.attrs = dict(frames[0].attrs)
    frame.attrs["as_of"] = min(f.attrs.get("as_of") or "" for f in frames) or None
    # A column counts as not sent only where no reading had it.
    lacking = [set(f.attrs.get("not_sent", ())) for f in frames]
    frame.attrs["not_sent"] = [c for c in frames[0].attrs.get("not_sent", ()) if all(c in lack for lack in lacking)]
    return frame


def _column(parts: Sequence[pd.Series[Any] | int]) -> Any:
    """Parts of one column; a number stands for so many empty values."""
    import pandas as pd

    there = [p for p in parts if not isinstance(p, int)]
    dtypes = {str(p.dtype) for p in there}
    if all(isinstance(p.dtype, pd.CategoricalDtype) for p in there):
        kind: Any = "category"
    elif len(dtypes) == 1:
        kind = there[0].dtype
    elif dtypes <= _NUMBERS:
        kind = "Float64" if "Float64" in dtypes else "Int64"
    else:
        kind = "object"
    whole = [pd.Series([None] * p, dtype="object") if isinstance(p, int) else p for p in parts]
    if kind == "category":
        return _categories(whole)
    if len(there) < len(parts) and str(kind) in {"bool", "int64"}:  # these cannot be empty
        kind = "boolean" if str(kind) == "bool" else "Int64"
    return pd.concat([p if p.dtype == kind else p.astype(kind) for p in whole], ignore_index=True)


def _categories(parts: Sequence[pd.Series[Any]]) -> Any:
    import pandas as pd

    given = [p if isinstance(p.dtype, pd.CategoricalDtype) else p.astype("category") for p in parts]
    # concat makes plain objects of categoricals whose categories differ, so they get the same ones first.
    categories = list(dict.fromkeys(c for p in given for c in p.cat.categories.tolist()))
    kind = pd.CategoricalDtype(categories)
    return pd.concat([p.astype(kind) for p in given], ignore_index=True)
