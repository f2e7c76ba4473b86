"""The columns of the archive with their declared types, and how a frame of leads becomes a table of them.

Types are declared and never guessed: an engine that guesses takes the precision of money from the first rows, and goes wrong
where a column is empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cvtr_widgets.archive.hash_personal import PersonalHasher
from cvtr_widgets.archive.personal_columns import HASH_KEYS, kept_columns
from cvtr_widgets.frames.leads import FRAME_COLUMNS
from cvtr_widgets.insight.columns import domains_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COUNTRY = "data_country"
FORM = "form"
"""What the form collected and keys that this version does not know, as JSON: kept only where personal data is kept."""
MONEY = (18, 6)
"""Digits, and how many of them are decimal places: an amount fits into 64 bits."""
THERE, DELETED = "there", "deleted"
_SEPARATOR, _NOTHING = "\x1f", "\x00"


def fields(personal: str) -> dict[str, str]:
    """The columns of a version that hold the lead's values, with their kinds in words: ``text state number money flag time``
    and ``key``.
    """
    made = {c.name: _KINDS[c.kind] for c in kept_columns(personal)}
    made[COUNTRY] = "state"
    if personal != "none":
        made |= {"email_domain": "state", **dict.fromkeys(HASH_KEYS, "key")}
    if personal == "kept":
        made[FORM] = "text"
    return made


_KINDS = {
    "text": "text", "list": "text", "state": "state", "related name": "state", "number": "number", "code": "number",
    "related id": "id", "money": "money", "flag": "flag", "time": "time",
}  # fmt: skip
_DICTIONARY = frozenset({"reason", "category", "replacement", "sub_id", "failed_jobs"})


def arrow_type(kind: str) -> pa.DataType:
    """The declared type of a kind of column."""
    import pyarrow as pa

    return {
        "text": pa.string(), "state": pa.dictionary(pa.int32(), pa.string()), "number": pa.float64(), "id": pa.int64(),
        "key": pa.int64(), "money": pa.decimal128(*MONEY), "flag": pa.bool_(), "time": pa.timestamp("us", tz="UTC"),
    }[kind]  # fmt: skip


def versions_schema(personal: str) -> pa.Schema:
    """The columns of a file of versions."""
    import pyarrow as pa

    own = [
        ("lead_id", pa.int64()),
        ("version", pa.int64()),
        ("read_at", arrow_type("time")),
        ("presence", arrow_type("state")),
        ("row_hash", pa.int64()),
    ]
    return pa.schema([*own, *((name, _type(name, kind)) for name, kind in fields(personal).items())])


def seen_schema() -> pa.Schema:
    """The columns of a file of readings."""
    import pyarrow as pa

    return pa.schema([("lead_id", pa.int64()), ("seen_at", arrow_type("time"))])


def runs_schema() -> pa.Schema:
    """The columns of a file of what own runs did."""
    import pyarrow as pa

    state = arrow_type("state")
    return pa.schema([
        ("lead_id", pa.int64()), ("run_id", state), ("action", state), ("outcome", state), ("finished_at", arrow_type("time")),
    ])  # fmt: skip


def _type(name: str, kind: str) -> pa.DataType:
    return arrow_type("state" if name in _DICTIONARY else kind)


def values_table(frame: pd.DataFrame, personal: str, cover: PersonalHasher) -> tuple[pa.Table, dict[str, int]]:
    """The values of leads as they are archived, in the order of ``fields``, and how many amounts of each column do not fit."""
    import pyarrow as pa

    made: dict[str, Any] = {}
    lost: dict[str, int] = {}
    covered = frame if personal == "kept" else cover.covered(frame)
    for column in kept_columns(personal):
        made[column.name] = covered[column.name]
        if column.kind == "money":
            made[column.name], missing = _amounts(covered[column.name].tolist())
            if missing:
                lost[column.name] = missing
    made[COUNTRY] = covered[COUNTRY] if COUNTRY in covered.columns else [None] * len(frame)
    if personal != "none":
        made["email_domain"] = domains_of(frame["email"])
        for key, source in HASH_KEYS.items():
            made[key] = cover.keys(source, frame[source])
    if personal == "kept":
        made[FORM] = cover.form(frame)
    arrays = [array_of(made[name], _type(name, kind)) for name, kind in fields(personal).items()]
    return pa.table(arrays, schema=pa.schema([(n, _type(n, k)) for n, k in fields(personal).items()])), lost


def array_of(values: Any, kind: pa.DataType) -> Any:
    """Values as an array of a declared type."""
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        if isinstance(values, pd.Series) and isinstance(values.dtype, pd.CategoricalDtype):
            categories = pa.array([str(c) for c in values.cat.categories], pa.string())
            # The categories of pandas become the dictionary of Arrow as they are: no text is looked at row by row.
            codes = values.cat.codes.to_numpy().astype("int32")
            return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=codes < 0), categories)
        return pa.array(_plain(values), pa.string()).dictionary_encode().cast(kind)
    if isinstance(values, pd.Series):
        # from_pandas: NaN and NaT become null, as a missing value is everywhere in the archive.
        return pa.array(values, kind, from_pandas=True)
    return pa.array(values, kind)


def _plain(values: Any) -> list[str | None]:
    return [value if isinstance(value, str) else None for value in values]


def _amounts(values: Sequence[Any]) -> tuple[list[Decimal | None], int]:
    """Amounts that fit as declared, and how many do not. None is rounded: a payout that was changed would be untrue."""
    known: dict[Decimal, Decimal | None] = {}
    made: list[Decimal | None] = []
    missing = 0
    for value in values:
        if not isinstance(value, Decimal):
            made.append(None)
            continue
        if value not in known:
            known[value] = value if _fits(value) else None
        made.append(known[value])
        missing += known[value] is None
    return made, missing


def _fits(value: Decimal) -> bool:
    if not value.is_finite():
        return False
    digits, places = MONEY
    _, figures, exponent = value.as_tuple()
    text = "".join(map(str, figures)).lstrip("0")
    whole = text.rstrip("0")  # not normalize(), which rounds long ones
    power = int(exponent) + len(text) - len(whole)
    return not whole or (-power <= places and len(whole) + power <= digits - places)


def row_hashes(table: pa.Table) -> list[int]:
    """A 64-bit hash of each lead's values: equal values have equal ones, whatever the version of any library."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    for column in table.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(pa.string())  # noqa: PLW2901
        # As whole microseconds: how a time is written as text may change with the version of Arrow, and every lead would look
        # changed.
        elif pa.types.is_timestamp(kind):
            column = column.cast(pa.int64())  # noqa: PLW2901
        parts.append(column.cast(pa.string()))
    # Joined by a character that texts hardly hold; a missing value is another such character, as it must not equal an empty text.
    lines = pc.binary_join_element_wise(*parts, _SEPARATOR, null_handling="replace", null_replacement=_NOTHING)
    return [
        int.from_bytes(hashlib.blake2b(line.encode(), digest_size=8).digest(), "big", signed=True) for line in lines.to_pylist()
    ]


def sent_columns(frame: pd.DataFrame) -> set[str]:
    """The columns that the service sent for any of these leads."""
    not_sent = set(frame.attrs.get("not_sent", ()))
    return {c.name for c in FRAME_COLUMNS if c.name not in not_sent} if len(frame) else set()


def months_of(frame: pd.DataFrame) -> list[str]:
    """The month (UTC) in which each lead came in; ``unknown`` where its date is not."""
    dates: Any = frame["date"]
    return ["unknown" if text is None or text != text else str(text) for text in dates.dt.strftime("%Y-%m").tolist()]  # noqa: PLR0124


def about_types(personal: str) -> Mapping[str, str]:
    """Column -> its type in words, for documents."""
    return {field.name: str(field.type) for field in versions_schema(personal)}
