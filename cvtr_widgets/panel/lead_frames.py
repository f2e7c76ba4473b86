"""Loaded leads and leads looked up by id, as one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def joined(loaded: pd.DataFrame | None, looked_up: pd.DataFrame | None) -> pd.DataFrame | None:
    """The leads of both, ``loaded`` first; a lead in both stands there once, as loaded. dtypes and ``attrs`` stay.

    ``attrs["as_of"]`` is the earlier of the two: no row is older than it says.
    """
    import pandas as pd

    if loaded is None or looked_up is None:
        return looked_up if loaded is None else loaded
    extra = looked_up[~looked_up.index.isin(loaded.index)]
    if not len(extra) or not len(loaded):
        return extra if not len(loaded) and len(extra) else loaded
    columns = list(dict.fromkeys([*loaded.columns, *extra.columns]))
    parts = [_fitted(part, columns) for part in (loaded, extra)]
    made = {name: _stacked(parts[0][name], parts[1][name]) for name in columns}
    frame = pd.DataFrame(made, columns=columns)
    frame.index = pd.Index([*loaded.index, *extra.index], dtype="int64", name="lead_id")
    frame.attrs = dict(loaded.attrs)
    frame.attrs["as_of"] = min(loaded.attrs.get("as_of", ""), extra.attrs.get("as_of", "")) or None
    # A column counts as not sent only where neither reading had it.
    frame.attrs["not_sent"] = [c for c in loaded.attrs.get("not_sent", ()) if c in set(extra.attrs.get("not_sent", ()))]
    return frame


def _fitted(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    missing = [c for c in columns if c not in frame.columns]
    return frame.assign(**dict.fromkeys(missing)) if missing else frame


def _stacked(first: pd.Series, second: pd.Series) -> pd.api.extensions.ExtensionArray | pd.Series:  # type: ignore[type-arg]
    import pandas as pd

    values = [*first.tolist(), *second.tolist()]
    if isinstance(first.dtype, pd.CategoricalDtype):
        return pd.Categorical(values)
    if first.dtype == second.dtype:
        return pd.Series(values, dtype=first.dtype).array
    numbers = {"Int64", "Float64", "boolean"}
    if str(first.dtype) in numbers and str(second.dtype) in numbers:
        wider: Any = "Float64" if "Float64" in {str(first.dtype), str(second.dtype)} else first.dtype
        made: pd.api.extensions.ExtensionArray = pd.array(values, dtype=wider)
        return made
    return pd.Series(values, dtype="object").array
