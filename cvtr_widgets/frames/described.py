"""Small frames whose dtypes are those that the reference promises, and docstrings that name the columns of a frame.

Left to itself, pandas chooses a dtype by the values: a column of text is ``str`` or, where all of it is missing, ``object``;
whole numbers become floats with the first missing one; times of an empty frame count seconds instead of microseconds. Code
that works on Monday's history then fails on Tuesday's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from cvtr_widgets.frames.values import text

if TYPE_CHECKING:
    import pandas as pd

TEXT = "text"
UTC = "UTC"
Given = TypeVar("Given", bound=Callable[..., Any])


def frame_of(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], index: str) -> pd.DataFrame:
    """These rows, by ``index``; ``columns`` names the dtype of each: ``text`` (object, None where missing), ``UTC``
    (datetime64[us, UTC]), or one of pandas. What a row lacks is missing.
    """
    import pandas as pd

    rows = list(rows)
    made = pd.DataFrame({name: _typed([row.get(name) for row in rows], kind) for name, kind in columns.items() if name != index})
    made.index = pd.Index(_typed([row[index] for row in rows], columns[index]), name=index)
    return made


def _typed(values: list[Any], kind: str) -> Any:
    import pandas as pd

    if kind == UTC:
        return pd.to_datetime(pd.Series(values, dtype="object"), utc=True).dt.as_unit("us")
    if kind == TEXT:
        return pd.Series([text(value) for value in values], dtype="object")
    dtype: Any = kind
    return pd.array(values, dtype=dtype)


def columns_of(maker: Callable[..., Any]) -> Callable[[Given], Given]:
    """Put what the docstring of ``maker`` says after its first paragraph, the index and columns, into a public call's own.

    The columns are described once, beside the code that makes them, and ``help()`` shows them wherever the frame is given.
    ``made_by`` and ``own_doc`` are for the reference, which prints them once.
    """

    def described(call: Given) -> Given:
        own = inspect.getdoc(call) or ""
        _, _, columns = (inspect.getdoc(maker) or "").partition("\n\n")
        call.__dict__.update(own_doc=own, made_by=maker)
        said, raises, errors = own.partition("\n\nRaises:\n")
        call.__doc__ = f"{said}\n\n{columns}{raises}{errors}"
        return call

    return described
