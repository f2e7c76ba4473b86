"""What the page may say to the kernel: a closed set of messages, each with its fields and their kinds.

The page names lead ids, never rows. Whatever does not fit is not acted upon.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from cvtr_widgets.models import MAX_LEAD_ID
from cvtr_widgets.panel.steps.load_filters import CHOICES, DAY_FILTERS, RANGES
from cvtr_widgets.panel.table.cells import ShownColumn
from cvtr_widgets.returned.columns import ROLES
from cvtr_widgets.selection.lead_id import DIGITS

VERSION: Final = 1
"""Raised with every change that an older page would misunderstand."""
MOST_MESSAGE_TEXT = 400_000
MOST_IDS = 500
MOST_AHEAD = 4
"""Pages of a table that are asked for at once, before anybody turns to them."""
_ID = re.compile(DIGITS)

Reader = Callable[[Any], Any]


class BadMessage(Exception):
    """A message that is not one of ours. Holds no part of it."""


def _text(most: int = MOST_MESSAGE_TEXT) -> Reader:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise BadMessage("a text was expected")
        return value

    return read


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadMessage("yes or no was expected")
    return value


def _number(low: int, high: int) -> Reader:
    def read(value: Any) -> int:
        # In Python True is an int: without the first test a flag would pass as the number 1.
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise BadMessage("a whole number was expected")
        return value

    return read


_COUNT = _number(0, 10_000_000)


def _one_of(*words: str) -> Reader:
    def read(value: Any) -> str:
        if value not in words or not isinstance(value, str):
            raise BadMessage("one of a few words was expected")
        return value

    return read


def _lead(value: Any) -> int:
    """Lead ids travel as text: the browser's numbers end at 2**53."""
    if not isinstance(value, str) or not _ID.fullmatch(value) or int(value) > MAX_LEAD_ID:
        raise BadMessage("a lead id was expected")
    return int(value)


def _lead_or_none(value: Any) -> int | None:
    return None if value == "" else int(_lead(value))


def _leads(value: Any) -> tuple[int, ...]:
    # One page of a table at most. "Select all" does not send ids: the kernel has them, and the page names the version that it
    # showed.
    if not isinstance(value, list) or len(value) > MOST_IDS:
        raise BadMessage("a page of lead ids was expected")
    return tuple(_lead(v) for v in value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 100:
        raise BadMessage("a list of texts was expected")
    short = _text(500)
    return tuple(short(v) for v in value)


def _pages(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > MOST_AHEAD:
        raise BadMessage("a few pages were expected")
    return tuple(_COUNT(v) for v in value)


def _filter(value: Any) -> dict[str, Any] | None:
    """A filter as JSON, or null; ``column_filters.from_json`` reads what is in it."""
    if value is not None and not isinstance(value, dict):
        raise BadMessage("a filter was expected")
    # The size of the whole is what counts: a filter may nest many short texts.
    if value is not None and len(json.dumps(value)) > MOST_MESSAGE_TEXT:
        raise BadMessage("a shorter filter was expected")
    return value


def _small(value: Any) -> dict[str, Any]:
    """What was asked or clicked in Look; ``LookState.handle`` reads what is in it."""
    if not isinstance(value, dict) or len(json.dumps(value)) > 20_000:
        raise BadMessage("a small message was expected")
    return value


_TABLE = _one_of("leads", "plan", "results")
KINDS: Mapping[str, Mapping[str, Reader]] = {
    "hello": {},
    "ping": {},
    "go": {"step": _number(1, 3)},
    # step 1
    "filter": {"name": _one_of(*CHOICES), "values": _texts},
    "source": {"archive": _flag},
    "day": {"name": _one_of(*DAY_FILTERS, "as_of"), "value": _text(40)},
    "range": {"name": _one_of("", *RANGES)},
    "load": {"go_on": _flag},
    "refresh": {},
    "stop": {},
    "search": {"text": _text(500)},
    "sort": {"table": _TABLE, "column": _text(100), "descending": _flag, "add": _flag},
    "page": {"table": _TABLE, "page": _COUNT},
    "ahead": {"table": _TABLE, "edition": _COUNT, "pages": _pages},
    "size": {"table": _TABLE, "rows": _number(25, 500)},
    "only": {"table": _TABLE, "column": _one_of("verdict", "outcome"), "values": _texts},
    "marked_only": {"on": _flag},
    "tick": {"ids": _leads, "on": _flag},
    "invert": {"ids": _leads},
    "select_loaded": {"version": _COUNT},
    "narrow": {"column": _text(200), "wanted": _filter},
    "narrow_none": {},
    "ask_counts": {"column": _text(200)},
    "columns": {"names": _texts},
    "save_view": {"name": _text(200)},
    "use_view": {"name": _text(200)},
    "drop_view": {"name": _text(200)},
    "jump": {"text": _text(100)},
    "keep": {"name": _text(200)},
    "use_kept": {"name": _text(200), "add": _flag},
    "drop_kept": {"name": _text(200)},
    "use_decided": {"mark": _one_of("valid", "invalid", "later")},
    "decide": {"id": _lead, "mark": _one_of("valid", "invalid", "later")},
    "select_matching": {"version": _COUNT},
    "select_none": {},
    "undo_selection": {},
    "ids": {"text": _text()},
    "upload": {
        "purpose": _one_of("file", "ids", "returns", "plan"),
        "name": _text(300),
        "part": _COUNT,
        "parts": _number(1, 10_000),
    },
    "drop_file": {"name": _text(300)},
    "file_column": {"name": _text(300), "column": _text(500)},
    "file_sheet": {"name": _text(300), "sheet": _text(500)},
    "export_rejected": {},
    "add_odd": {"key": _text(64)},
    "look_up": {},
    "detail": {"id": _lead},
    "detail_step": {"step": _number(-1, 1)},
    "detail_close": {},
    # look
    "look": {"message": _small},
    "look_open": {"renderer": _flag, "tables": _flag},
    # step 2
    "action": {"kind": _text(40)},
    "reason": {"value": _text(500)},
    "own_reason": {"text": _text(5_000)},
    "category": {"value": _text(500)},
    "comment": {"text": _text(20_000)},
    "integration": {"job": _lead, "on": _flag},
    "lists_again": {},
    # step 3
    "preview": {},
    "include": {"on": _flag},
    "confirm": {"on": _flag, "fingerprint": _text(100)},
    "count": {"text": _text(40), "fingerprint": _text(100)},
    "signature": {"text": _text(300), "fingerprint": _text(100)},
    "run": {"fingerprint": _text(100)},
    "cancel": {},
    "export": {"what": _one_of("csv", "excel", "excel_by_publisher", "report_html", "report_excel", "answer")},
    "again": {},
    "agree": {"place": _COUNT, "on": _flag, "fingerprint": _text(100)},
    "first": {"fingerprint": _text(100)},
    "exception": {"name": _text(300), "reason": _text(2_000), "fingerprint": _text(100)},
    "verify": {"way": _one_of("all", "doubtful", "sample:100", "none")},
    "pause": {"on": _flag},
    "undo_run": {},
    "undo_several": {"by": _one_of("run", "day", "week", "person"), "nearest": _flag},
    "select_rest": {"place": _COUNT, "of": _one_of("run", "past")},
    "resume": {"run": _text(100), "send": _flag, "comment": _text(20_000)},
    "watch": {"run": _text(100)},
    "look_again": {},
    "past_hide": {"what": _text(100)},
    "past_rest": {"run": _text(100)},
    "start_over": {},
    "same_again": {},
    "to_results": {},
    # returns files and plan files
    "returns_sheet": {"name": _text(500)},
    "returns_column": {"role": _one_of(*ROLES), "name": _text(500)},
    "returns_advertiser": {"name": _text(300)},
    "returns_map": {"wording": _text(), "target": _text(1_000)},
    "returns_choose": {"row": _COUNT, "lead_id": _lead_or_none},
    "returns_window": {"requests": _COUNT},
    "returns_stop": {},
    "returns_close": {},
    "returns_preview": {},
    "plan_include": {"on": _flag},
    "plan_stop": {},
    "rule_stop": {},
    "past_undo_look": {},
    "past_undo": {"which": _text(300), "nearest": _flag},
    "past_undo_stop": {},
    "plan_save": {"why": _text(2_000), "fingerprint": _text(100)},
    "plan_back": {"remark": _text(2_000)},
}


def read_message(content: Any) -> tuple[str, dict[str, Any]]:
    """A message's kind and its fields, each of its kind.

    Raises:
        BadMessage: it is not one of ``KINDS``, or has more, fewer or other fields.
    """
    if not isinstance(content, dict) or content.get("v") != VERSION:
        raise BadMessage("another version")
    kind = content.get("kind")
    fields = KINDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise BadMessage("an unknown kind")
    given = content.get("is", {})
    # Exactly these fields: an older page that lacks one, or a newer one with one more, means something else than what would be
    # done here.
    if not isinstance(given, dict) or given.keys() != fields.keys():
        raise BadMessage("other fields than this kind has")
    return str(kind), {name: read(given[name]) for name, read in fields.items()}


def sender_of(content: Any) -> tuple[str, int] | None:
    """The page that a message comes from and the message's number, where it says so."""
    page, number = (content.get("page"), content.get("n")) if isinstance(content, dict) else (None, None)
    if isinstance(page, str) and len(page) < 40 and isinstance(number, int) and number > 0:
        return page, number
    return None


def sortable(columns: tuple[ShownColumn, ...], name: str) -> str | None:
    """A column to sort by; empty or unknown means the frame's own order."""
    return name if any(c.name == name for c in columns) else None
