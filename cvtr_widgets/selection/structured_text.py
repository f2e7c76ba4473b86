"""Text that is data of a program: JSON, JSON lines, what Python prints of lists and dicts, and YAML.

Line by line its numbers would be judged by the words beside them, and a nested ``"id"`` of a campaign would be a lead. So it is
parsed as a whole, and its records are the rows of a table of which a column is chosen as of any other. What cannot be parsed,
such as a part of it, is refused whole.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import LeadId, Origin, Rejected
from cvtr_widgets.selection.column_names import heading
from cvtr_widgets.selection.id_column import Cells, Table, find_column
from cvtr_widgets.selection.lead_id import id_of_value, trimmed
from cvtr_widgets.selection.lines import negates
from cvtr_widgets.selection.odd_ids import KnownIds
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.selection.table_rows import take

_LITERAL: Final = 2_000_000
"""Characters up to which Python's own notation is parsed: it takes a hundred times its size in memory."""
_DEEPEST: Final = 3
_KEY = re.compile(r"""["']([^"'\n]{1,60})["']\s*:""")
_OPENS = re.compile(r"""\s*(?:\{\s*["']|[\[(]\s*[\[({])""")
_NESTED = re.compile(
    r"""^([ \t]*)(?:- )?["']?[\w.@-]+["']?:[ \t]*\r?\n\1[ \t]+(?:- )?["']?[\w.@-]+["']?:[ \t]*\S""", re.MULTILINE
)
_ITEMS = re.compile(r"""^([ \t]*)- ["']?[\w.@-]+["']?:[ \t]*\S.*\r?\n\1  ["']?[\w.@-]+["']?:[ \t]*\S""", re.MULTILINE)
_RECORD = re.compile(r"^[ \t]*- |^[ \t]*[\w.-]*id:", re.MULTILINE | re.IGNORECASE)
_ENVELOPES: Final = frozenset(
    {
        *("leads", "lead", "data", "hydra:member", "member", "results", "result", "items", "records", "rows", "list", "content"),
        "values",
    }
)
"""Names under which services put what they list."""
_CUT_OFF: Final = "looks like JSON or Python data but cannot be read as such (a part of it?): copy all of it, or the ids alone"
_NO_RECORDS: Final = "is JSON or Python data without a list of records or of lead ids: copy the ids alone"
_YAML: Final = "looks like YAML, which is not read: copy the ids alone"
_REPEATED: Final = "gives one key twice in one record, so it is unclear which value counts"
_MANY: Final = "holds several lists, and nothing says which of them are leads: copy the one that is meant"
_DENIED: Final = "says “{}”, which may mean that its leads are not meant"


@dataclass(frozen=True)
class Structured:
    """What a text of data holds: a table (``rows``, the first one its header), else why it gives no lead."""

    rows: Sequence[Cells] = ()
    title: str = ""
    why: str = ""
    text: str = ""
    leads: int = 1

    def table(self, origin: Origin, known: KnownIds | None) -> Table:
        """Its records as the rows of a table.

        Raises:
            SelectionError: it has none.
        """
        if self.why:
            raise SelectionError(f"This text {self.why}")

        def rows() -> Iterator[tuple[int, Cells]]:
            return iter(enumerate(self.rows, 1))

        return Table(rows, origin=origin, unit="row", title=self.title, known=known)


def structured(text: str) -> Structured | None:
    """The records in a text of data; None for all other text, and for a plain list of numbers, which other readers know."""
    if not ("{" in text or "[" in text or "(" in text or ":" in text):
        return None
    if _OPENS.match(text) or len(set(_KEY.findall(text[:20_000]))) > 1:
        return _of_data(text)
    if "\n" in text and (_NESTED.search(text) or _ITEMS.search(text)):
        return _refused(text, _YAML, len(_RECORD.findall(text)))
    return None


def selected(told: Structured, origin: Origin, known: KnownIds | None) -> Selection:
    """The leads of a text of data; where it gives none, the reason."""
    why = told.why
    if not why:
        try:
            table = told.table(origin, known)
            return take(table, find_column(table))
        except SelectionError as error:
            why = f"is not a table of leads: {error}"
    return Selection.of((), origin, rejected=[Rejected("the whole text", told.text, why, told.leads)])


def _refused(text: str, why: str, leads: int) -> Structured:
    return Structured(why=why, text=shown(trimmed(text[:200])), leads=max(1, leads))


def _of_data(text: str) -> Structured:
    keys = [key for key in _KEY.findall(text) if heading(key) is not None]
    leads = len(keys) or text.count("{")
    try:
        found, value = _parsed(text)
        if not found:
            return _refused(text, _CUT_OFF, leads)
        title, rows = _table_in(value)
    except _NoTableError as no:
        return _refused(text, str(no), leads)
    except RecursionError:
        return _refused(text, _NO_RECORDS, leads)
    return Structured(rows, title, "", shown(trimmed(text[:200])), max(1, len(rows) - 1))


class _NoTableError(Exception):
    """Why data gives no table."""


def _parsed(text: str) -> tuple[bool, Any]:
    """Whether a text is JSON (also as lines, or without the brackets around it) or Python's notation, and its value."""
    inner = text.strip().strip(",").strip("\ufeff")
    lines = ",".join(filter(None, (line.strip().rstrip(",") for line in inner.splitlines())))
    for candidate in (inner, f"[{inner}]", f"[{lines}]", f"{{{inner}}}", f"[{{{inner}}}]"):
        try:
            return True, json.loads(
                candidate, parse_float=str, parse_constant=lambda _: None, object_pairs_hook=_without_repeated_keys
            )
        except (ValueError, RecursionError):
            continue
    if len(inner) <= _LITERAL:
        try:
            return True, _literal(inner)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            pass
    return False, None


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _NoTableError(_REPEATED)
    return made


def _literal(text: str) -> Any:
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            if len(set(keys)) < len(keys):
                raise _NoTableError(_REPEATED)
    return ast.literal_eval(tree)


# -- which records --------------------------------------------------------------------------------------------------------


def _table_in(value: Any) -> tuple[str, list[Cells]]:
    """The title and the rows of data, the first of them its header.

    Raises:
        _NoTableError: it has no records.
    """
    if isinstance(value, dict):
        return _in_object(value)
    if isinstance(value, (list, tuple)) and value:
        if all(isinstance(one, dict) for one in value):
            return "", _of_records(value)
        if all(isinstance(one, (list, tuple)) for one in value):
            return "", [[_cell(c) for c in one] for one in value]
    raise _NoTableError(_NO_RECORDS)


def _in_object(value: dict[Any, Any]) -> tuple[str, list[Cells]]:
    if set(value) >= {"columns", "data"} and isinstance(value["columns"], list):
        return "", _of_columns_and_data(value)
    filled = {str(k): v for k, v in value.items() if isinstance(v, (list, tuple, dict)) and v}
    if filled and len(filled) == len(value) and (rows := _of_columns(filled)):
        return "", rows
    lists = {k: v for k, v in filled.items() if isinstance(v, (list, tuple))}
    if not lists:
        if filled and len(filled) == len(value):  # records by their keys, as pandas gives them by its index
            return "", _of_records([one for one in filled.values() if isinstance(one, dict)])
        return "", _of_records([value])
    if len(lists) > 1:
        raise _NoTableError(_MANY)
    _must_not_deny(value)
    ((name, held),) = lists.items()
    if all(isinstance(one, dict) for one in held):
        # {"lead_id": 5, "answers": [{...}]} is one record, and its list is of something else.
        if any(heading(str(k)) is not None and isinstance(id_of_value(v), int) for k, v in value.items()):
            return "", _of_records([value])
        if name.casefold() in _ENVELOPES:
            return "" if name.casefold() != "lead" else "Leads", _of_records(list(held))
    elif name.casefold() == "leads" or heading(name) is not None:
        return "", [["Lead ID"], *([_cell(one)] for one in held)]
    raise _NoTableError(f"is a list called “{shown(name, 40)}”, which does not say that these are leads: copy the ids alone")


def _must_not_deny(value: dict[Any, Any]) -> None:
    words = [w for pair in value.items() for w in pair if isinstance(w, str) and len(w) <= 120]
    if (said := next((w for w in words if negates(re.sub(r"[_\W]+", " ", w))), None)) is not None:
        raise _NoTableError(_DENIED.format(shown(said, 40)))


def _of_records(records: Sequence[dict[Any, Any]]) -> list[Cells]:
    flat = [_flat(one) for one in records]
    names = list(dict.fromkeys(name for one in flat for name in one))
    return [names, *([one.get(name) for name in names] for one in flat)]


def _flat(record: dict[Any, Any], before: str = "", depth: int = 0) -> dict[str, Any]:
    """A record with its inner records beside it: ``campaign.id``, which is no lead's."""
    made: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and depth < _DEEPEST:
            made |= _flat(value, f"{name}.", depth + 1)
        else:
            made[name] = _cell(value)
    return made


def _cell(value: Any) -> LeadId | float | str | bool | None:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return f"({type(value).__name__})"


def _of_columns(value: dict[str, Any]) -> list[Cells]:
    """``{"lead_id": [1, 2], "score": [3, 4]}``, also with the rows' names; nothing where it is something else."""
    if not any(heading(name) is not None for name in value) or len({type(v) for v in value.values()}) != 1:
        return []
    first = next(iter(value.values()))
    if isinstance(first, dict):
        if any(v.keys() != first.keys() for v in value.values()):
            return []
        columns = [list(v.values()) for v in value.values()]
    else:
        columns = [list(v) for v in value.values()]
    if len({len(column) for column in columns}) != 1 or any(isinstance(c, (dict, list)) for column in columns for c in column):
        return []
    return [list(value), *([_cell(c) for c in row] for row in zip(*columns, strict=True))]


def _of_columns_and_data(value: dict[str, Any]) -> list[Cells]:
    data = value["data"]
    if not isinstance(data, list) or not all(isinstance(row, list) for row in data):
        raise _NoTableError(_NO_RECORDS)
    return [[str(name) for name in value["columns"]], *([_cell(c) for c in row] for row in data)]
