"""Records of leads -> a DataFrame. ``COLUMNS`` is the only list of columns; the docs show it.

Pages are turned into columns as they arrive and their records dropped: a third of the memory, and faster than joining
small frames.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from cvtr_widgets.fields import FieldMap, delivery_of, id_of, name_of, status_of
from cvtr_widgets.models import NOT_SENT, Lead, LeadId, Record

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "state", "number", "code", "money", "flag", "time", "related id", "related name", "list"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``source``: the field (a name of the dialect's ``[fields]``) or, with ``key:``, the service's own key."""

    name: str
    source: str
    kind: Kind
    about: str

    @property
    def dtype(self) -> str:
        """The pandas dtype."""
        return DTYPES[self.kind]


DTYPES: dict[str, str] = {
    "text": "object",
    "state": "category",
    "number": "Int64",
    "code": "Int64",
    "money": "object (Decimal)",
    "flag": "boolean",
    "time": "datetime64[ns, UTC]",
    "related id": "Int64",
    "related name": "category",
    "list": "object",
}

COLUMNS: tuple[Column, ...] = (
    Column("date", "created", "time", "when the lead came in"),
    Column("campaign_id", "campaign", "related id", "the campaign's id"),
    Column("campaign", "campaign", "related name", "the campaign's name"),
    Column("lead_generator", "publisher", "related name", "the publisher's name (shown as Lead Generator)"),
    Column("channel", "channel", "related name", "the channel's name"),
    Column("first_name", "first_name", "text", "first name"),
    Column("last_name", "last_name", "text", "last name"),
    Column("email", "email", "text", "e-mail address"),
    Column("processr_status", "processr_status", "state", "Processr status in words where the code is known"),
    Column("current_status", "status", "state", "Valid, Invalid, Caution or Test"),
    Column("delivery", "delivery", "state", "Delivered or Not Delivered"),
    Column("billable_for_publisher", "billable_for_publisher", "flag", "whether the publisher is paid for it"),
    Column("billable_for_advertiser", "billable_for_advertiser", "flag", "whether the advertiser is billed for it"),
    Column("reason", "reason", "text", "reason of the last flag"),
    Column("category", "category", "text", "reason category of the last flag (Returned)"),
    Column("comment", "comment", "text", "comment of the last flag"),
    Column("replacement", "replacement", "text", "Replacement where the lead is marked so"),
    Column("replacement_comment", "replacement_comment", "text", "comment of the replacement mark"),
    Column("score", "key:score", "number", "points reached in the checks"),
    Column("max_score", "key:maxScore", "number", "points that could be reached"),
    Column("hardfail", "key:hardfail", "flag", "whether a check failed that decides alone"),
    Column("qa_status", "qa_status", "state", "result of quality assurance"),
    Column("failed_jobs", "failed_jobs", "list", "names of the checks that failed, joined by commas"),
    Column("second_check_status", "second_check_status", "state", "result of the second check (a person's flag)"),
    Column("publisher_payout", "publisher_payout", "money", "what the publisher gets for it, exact"),
    Column("advertiser_payout", "advertiser_payout", "money", "what the advertiser pays for it, exact"),
    Column("currency", "currency", "state", "currency of the payouts, where the service names it"),
    Column("base_publisher_payout", "key:baseCurrencyPublisherPayout", "money", "publisher payout in the base currency"),
    Column("base_advertiser_payout", "key:baseCurrencyAdvertiserPayout", "money", "advertiser payout in the base currency"),
    Column("lead_generator_id", "publisher", "related id", "the publisher's id"),
    Column("updated", "key:updatedTs", "time", "last change"),
    Column("first_delivered", "key:firstDeliveredTs", "time", "first delivery (a hint, proves nothing about now)"),
    Column("telephone", "key:telephone", "text", "telephone number"),
    Column("sub_id", "key:publisherSubId", "text", "the publisher's own sub id"),
    Column("opt_in", "key:optIn", "flag", "consent"),
    Column("integration", "key:integration", "flag", "whether an integration has received it"),
    Column("over_allocation", "key:overAllocation", "flag", "above the contracted volume; empty text = not stated"),
    Column("visible", "key:visible", "flag", "whether reports show it"),
    Column("processr_code", "processr_status", "code", "Processr status as the service's number"),
    Column("processing_counter", "processing_counter", "code", "how often it was processed"),
)

FIRST = tuple(c.name for c in COLUMNS[:13])
"""The columns that a lead table shows first."""
_IGNORED = frozenset({"@id", "@type", "@context", "id", "leadData", "leadNotes", "qaResult"})


def _snake(key: str) -> str:
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return re.sub(r"[^a-zA-Z0-9]+", "_", text).strip("_").lower()[:60] or "unnamed"


def _text(value: Any) -> str | None:
    """Any value as text, nothing lost: objects by their name, else as JSON."""
    if value is None or value is NOT_SENT:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return str(value["name"])
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)


def _money(value: Any) -> Decimal | None:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            amount = Decimal(str(value).strip())
        except InvalidOperation:
            return None
        return amount if amount.is_finite() else None
    return None


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if value == value and abs(value) < 2**63 else None  # noqa: PLR0124  the plainest test for NaN


def _list(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(t for v in value if (t := _text(v)))
    return _text(value)


class FrameBuilder:
    """Takes pages of records, keeps columns. ``frame()`` may be called at any time for what has come so far."""

    def __init__(self, fields: FieldMap, processr_names: Mapping[str, str] | None = None) -> None:
        self._fields = fields
        self._processr = dict(processr_names or {})
        self._ids: list[int] = []
        self._raw: dict[str, list[Any]] = {c.source: [] for c in COLUMNS}
        self._data: dict[str, list[Any]] = {}
        self._other: dict[str, list[Any]] = {}
        self._keys = {c.source[4:] for c in COLUMNS if c.source.startswith("key:")} | fields.roots() | _IGNORED

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, records: Sequence[Record]) -> None:
        """Take a page. A record without a readable lead id must not come here (listings leave it out and say so)."""
        taken = [(own, r) for r in records if (own := self._fields.own_id(r)) is not None]
        records = [r for _, r in taken]
        self._ids.extend(own for own, _ in taken)
        for source, values in self._raw.items():
            if source.startswith("key:"):
                key = source[4:]
                values.extend([r.get(key, NOT_SENT) for r in records])
            else:
                values.extend(self._fields.column(records, source))
        self._add_data(records)
        self._add_other(records)

    def _add_data(self, records: Sequence[Record]) -> None:
        start = len(self._ids) - len(records)
        for place, found in enumerate(self._fields.column(records, "data"), start):
            for item in found if isinstance(found, list) else ():
                name = item.get("name") if isinstance(item, dict) else None
                if isinstance(name, str):
                    self._cell(self._data, "data_" + _snake(name), place, item.get("value"))

    def _add_other(self, records: Sequence[Record]) -> None:
        start = len(self._ids) - len(records)
        for place, record in enumerate(records, start):
            if record.keys() <= self._keys:
                continue
            for key in record.keys() - self._keys:
                self._cell(self._other, "other_" + _snake(key), place, record[key])

    @staticmethod
    def _cell(columns: dict[str, list[Any]], name: str, place: int, value: Any) -> None:
        column = columns.setdefault(name, [])
        column.extend([None] * (place - len(column)))
        if len(column) > place:  # two names of the service became one of ours: both are kept
            column[place] = f"{column[place]} | {_text(value)}"
        else:
            column.append(_text(value))

    def frame(
        self,
        *,
        campaigns: Mapping[int, str],
        publishers: Mapping[int, str],
        as_of: datetime,
        notes: Iterable[str] = (),
    ) -> pd.DataFrame:
        """The leads so far: index ``lead_id`` (int64, unique), the columns of ``COLUMNS`` in order, then ``data_*`` (what
        the form collected) and ``other_*`` (keys that this version does not know), as text.

        ``attrs``: ``as_of`` (ISO time of reading), ``notes`` (sentences the reader should see), ``not_sent`` (columns
        that the service sends for no lead).
        """
        import pandas as pd

        count = len(self._ids)
        names = {"campaign": campaigns, "publisher": publishers}
        said = list(notes)
        made: dict[str, Any] = {}
        not_sent: list[str] = []
        for column in COLUMNS:
            values = self._raw[column.source]
            if count and all(v is NOT_SENT for v in values):
                not_sent.append(column.name)
            made[column.name], lost = self._convert(column, values, names.get(column.source, {}))
            if lost:
                said.append(f"{lost:,} values of {column.name} could not be read and are shown as empty.")
        for extra in (self._data, self._other):
            for name, values in extra.items():
                made[name] = pd.Series(values + [None] * (count - len(values)), dtype="object")
        frame = pd.DataFrame(made)
        frame.index = pd.Index(self._ids, dtype="int64", name="lead_id")
        frame.attrs = {"as_of": as_of.isoformat(), "notes": said, "not_sent": not_sent}
        return frame

    def _convert(self, column: Column, values: list[Any], names: Mapping[int, str]) -> tuple[Any, int]:
        """One column in its dtype, and how many values were there and could not be read."""
        import pandas as pd

        match column.kind:
            case "text":
                return pd.Series([_text(v) for v in values], dtype="object"), 0
            case "list":
                return pd.Series([_list(v) for v in values], dtype="object"), 0
            case "state":
                return pd.Categorical(self._states(column, values)), 0
            case "related id":
                return pd.array(_cached(values, id_of), dtype="Int64"), 0
            case "related name":
                return pd.Categorical(_cached(values, lambda v: _related_name(v, names))), 0
            case "time":
                texts = [v if isinstance(v, str) and v else None for v in values]
                made = pd.to_datetime(pd.Series(texts, dtype="object"), utc=True, format="ISO8601", errors="coerce")
                return made, _lost(values, list(made.notna()))
            case "money":
                amounts = [_money(v) for v in values]
                return pd.Series(amounts, dtype="object"), _lost(values, [a is not None for a in amounts])
            case "flag":
                flags = [v if isinstance(v, bool) else None for v in values]
                # Empty text is how PHP writes "nothing": not stated, and nothing is lost.
                return pd.array(flags, dtype="boolean"), _lost(values, [f is not None for f in flags], nothing=("",))
            case _:
                numbers = [_number(v) for v in values]
                whole = all(n is None or n == int(n) for n in numbers)
                whole_numbers = [n if n is None or not whole else int(n) for n in numbers]
                array = pd.array(whole_numbers, dtype="Int64" if whole else "Float64")
                # A Processr status in words is not lost: the column processr_status shows it.
                lost = 0 if column.kind == "code" else _lost(values, [n is not None for n in numbers])
                return array, lost

    def _states(self, column: Column, values: list[Any]) -> list[Any]:
        if column.source == "status":
            return _cached(values, lambda v: _plain(status_of(v)))
        if column.source == "delivery":
            return _cached(values, lambda v: _plain(delivery_of(v)))
        if column.source == "processr_status":
            return _cached(values, lambda v: self._processr.get(str(v), _text(v)))
        return _cached(values, _text)


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _related_name(value: Any, names: Mapping[int, str]) -> str | None:
    own = id_of(value)
    if (name := name_of(value)) is not None:
        return name
    if own is not None:
        return names.get(own, f"{own}")
    return value if isinstance(value, str) else None


def _cached(values: list[Any], read: Any) -> list[Any]:
    """``read`` of each value, once per distinct value: states and relations repeat thousands of times."""
    known: dict[Any, Any] = {}
    made: list[Any] = []
    for value in values:
        try:
            key = (value.__class__, value)
            if key not in known:
                known[key] = read(value)
            made.append(known[key])
        except TypeError:  # an embedded object cannot be a key
            made.append(read(value))
    return made


def _lost(values: list[Any], readable: list[bool], nothing: tuple[Any, ...] = ()) -> int:
    return sum(
        1 for v, ok in zip(values, readable, strict=True) if not ok and v is not None and v is not NOT_SENT and v not in nothing
    )


_LEAD_COLUMNS = {
    "status": "current_status", "reason": "reason", "category": "category", "comment": "comment", "delivery": "delivery",
    "replacement": "replacement", "replacement_comment": "replacement_comment", "processr_status": "processr_code",
    "processing_counter": "processing_counter", "billable_for_publisher": "billable_for_publisher",
    "billable_for_advertiser": "billable_for_advertiser", "publisher_payout": "publisher_payout",
    "advertiser_payout": "advertiser_payout",
}  # fmt: skip
_ALSO = ("processr_status", "currency", "campaign_id", "campaign", "lead_generator")


def leads_in(frame: pd.DataFrame, ids: Iterable[LeadId]) -> dict[LeadId, Lead]:
    """Leads as a loaded frame shows them, for a plan from what was loaded. An id that is not in it is absent."""
    import pandas as pd

    not_sent = set(frame.attrs.get("not_sent", ()))
    known = frame.index
    wanted = [i for i in ids if i in known]
    part = frame.loc[wanted]
    columns = {c: part[c].tolist() if c in part.columns else None for c in (*_LEAD_COLUMNS.values(), *_ALSO)}

    def value(column: str, place: int) -> Any:
        values = columns[column]
        found = None if values is None else values[place]
        return None if found is None or found is pd.NA or found != found else found  # noqa: PLR0124  NaN

    leads = {}
    for place, own in enumerate(wanted):
        fields = {
            name: NOT_SENT if column in not_sent or columns[column] is None else value(column, place)
            for name, column in _LEAD_COLUMNS.items()
        }
        fields = {name: None if v == "" else v for name, v in fields.items()}
        if fields["processr_status"] is None:  # a service may send words instead of a number
            fields["processr_status"] = value("processr_status", place)
        campaign = value("campaign_id", place)
        leads[int(own)] = Lead(
            int(own), **fields, currency=value("currency", place),
            campaign_id=None if campaign is None else int(campaign), campaign=value("campaign", place),
            publisher=value("lead_generator", place),
        )  # fmt: skip
    return leads


def records_frame(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Small lists (campaigns, reasons, notes ...): index ``id``; the named columns first, as text or number."""
    import pandas as pd

    rows = [{c: r.get(c) for c in columns} for r in records]
    frame = pd.DataFrame(rows, columns=list(columns))
    frame.index = pd.Index([id_of(r.get("id", r.get("@id"))) or 0 for r in records], dtype="int64", name="id")
    return frame
