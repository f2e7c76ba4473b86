"""Records of leads -> a DataFrame. ``FRAME_COLUMNS`` is the only list of columns; the docs show it.

Pages are turned into columns as they arrive and their records dropped: a third of the memory, and faster than joining
small frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from cvtr_widgets.errors import PlanError
from cvtr_widgets.frames import values as values_of
from cvtr_widgets.frames.described import frame_of
from cvtr_widgets.frames.dictionary_column import DictionaryBuilder
from cvtr_widgets.frames.field_map import FieldMap, delivery_of, id_of, replacement_of, status_of, unknown_of, unknown_words
from cvtr_widgets.frames.form_data import FormData
from cvtr_widgets.frames.record_batch import RecordBatch
from cvtr_widgets.models import NOT_SENT, Lead, LeadId, Record

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "state", "number", "code", "money", "flag", "time", "related id", "related name", "list"]


@dataclass(frozen=True, slots=True)
class LeadColumn:
    """One column. ``source``: the field (a name of the dialect's ``[fields]``) or, with ``key:``, the service's own key."""

    name: str
    source: str
    kind: Kind
    about: str

    @property
    def dtype(self) -> str:
        """The dtype, in the words of docs/frames.md."""
        return DTYPES[self.kind]


DTYPES: dict[str, str] = {
    "text": "text",
    "state": "category",
    "number": "Int64",
    "code": "Int64",
    "money": "Decimal",
    "flag": "boolean",
    "time": "UTC",
    "related id": "Int64",
    "related name": "category",
    "list": "text",
}

FRAME_COLUMNS: tuple[LeadColumn, ...] = (
    LeadColumn("date", "created", "time", "when the lead came in"),
    LeadColumn("campaign_id", "campaign", "related id", "the campaign's id"),
    LeadColumn("campaign", "campaign", "related name", "the campaign's name"),
    LeadColumn("lead_generator", "publisher", "related name", "the publisher's name (shown as Lead Generator)"),
    LeadColumn("channel", "channel", "related name", "the channel's name"),
    LeadColumn("first_name", "first_name", "text", "first name"),
    LeadColumn("last_name", "last_name", "text", "last name"),
    LeadColumn("email", "email", "text", "e-mail address"),
    LeadColumn("processr_status", "processr_status", "state", "Processr status in words where the code is known"),
    LeadColumn("current_status", "status", "state", "Valid, Invalid, Caution or Test"),
    LeadColumn("delivery", "delivery", "state", "Delivered or Not Delivered"),
    LeadColumn("billable_for_publisher", "billable_for_publisher", "flag", "whether the publisher is paid for it"),
    LeadColumn("billable_for_advertiser", "billable_for_advertiser", "flag", "whether the advertiser is billed for it"),
    LeadColumn("reason", "reason", "text", "reason of the last flag"),
    LeadColumn("category", "category", "text", "reason category of the last flag (Returned)"),
    LeadColumn("comment", "comment", "text", "comment of the last flag"),
    LeadColumn("replacement", "replacement", "text", "Replacement where the lead is marked so"),
    LeadColumn("replacement_comment", "replacement_comment", "text", "comment of the replacement mark"),
    LeadColumn("score", "key:score", "number", "points reached in the checks"),
    LeadColumn("max_score", "key:maxScore", "number", "points that could be reached"),
    LeadColumn("hardfail", "key:hardfail", "flag", "whether a check failed that is decisive on its own"),
    LeadColumn("qa_status", "qa_status", "state", "result of quality assurance"),
    LeadColumn("failed_jobs", "failed_jobs", "list", "names of the checks that failed, joined by commas"),
    LeadColumn("second_check_status", "second_check_status", "state", "result of the second check (a person's flag)"),
    LeadColumn("publisher_payout", "publisher_payout", "money", "what the publisher gets for it, exact"),
    LeadColumn("advertiser_payout", "advertiser_payout", "money", "what the advertiser pays for it, exact"),
    LeadColumn("currency", "currency", "state", "currency of the payouts, where the service names it"),
    LeadColumn("base_publisher_payout", "key:baseCurrencyPublisherPayout", "money", "publisher payout in the base currency"),
    LeadColumn("base_advertiser_payout", "key:baseCurrencyAdvertiserPayout", "money", "advertiser payout in the base currency"),
    LeadColumn("lead_generator_id", "publisher", "related id", "the publisher's id"),
    LeadColumn("updated", "key:updatedTs", "time", "last change"),
    LeadColumn("first_delivered", "key:firstDeliveredTs", "time", "first delivery (a hint, proves nothing about now)"),
    LeadColumn("telephone", "key:telephone", "text", "telephone number"),
    LeadColumn("sub_id", "key:publisherSubId", "text", "the publisher's own sub id"),
    LeadColumn("opt_in", "key:optIn", "flag", "consent"),
    LeadColumn("integration", "key:integration", "flag", "whether an integration has received it"),
    LeadColumn("over_allocation", "key:overAllocation", "flag", "above the contracted volume; empty text = not stated"),
    LeadColumn("visible", "key:visible", "flag", "whether reports show it"),
    LeadColumn("processr_code", "processr_status", "code", "Processr status as the service's number"),
    LeadColumn("processing_counter", "processing_counter", "code", "how often it was processed"),
)


def lead_columns() -> tuple[LeadColumn, ...]:
    """The columns of a frame of leads."""
    return FRAME_COLUMNS


lead_columns.__doc__ = (
    f"{lead_columns.__doc__}\n\nIndex ``lead_id`` (int64). Columns: "
    + ", ".join(f"``{column.name}`` ({column.dtype})" for column in FRAME_COLUMNS)
    + "; then ``data_*`` (text: what the form collected) and ``other_*`` (text: keys that this version does not know). "
    "``docs/frames.md`` says what each of them holds."
)

_AS_THEY_COME: frozenset[Kind] = frozenset({"text", "list", "time"})
"""Kinds of columns whose values are nearly all different."""
FIRST_COLUMNS = tuple(c.name for c in FRAME_COLUMNS[:13])
"""The columns that a lead table shows first."""
_IGNORED = frozenset({"@id", "@type", "@context", "id", "leadData", "leadNotes", "qaResult"})


class FrameBuilder:
    """Takes pages of records, keeps columns. ``frame()`` may be called at any time for what has come so far."""

    def __init__(self, fields: FieldMap, processr_names: Mapping[str, str] | None = None) -> None:
        self._fields = fields
        self._processr = dict(processr_names or {})
        self._ids: list[int] = []
        self._raw: dict[str, list[Any]] = {c.source: [] for c in FRAME_COLUMNS if c.kind in _AS_THEY_COME}
        self._coded: dict[str, DictionaryBuilder] = {
            c.source: DictionaryBuilder() for c in FRAME_COLUMNS if c.kind not in _AS_THEY_COME
        }
        self._data = FormData()
        self._other: dict[str, list[Any]] = {}
        self._keys = {c.source[4:] for c in FRAME_COLUMNS if c.source.startswith("key:")} | fields.roots() | _IGNORED

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, records: Sequence[Record]) -> None:
        """Take a page. A record without a readable lead id must not come here (listings leave it out and say so)."""
        rows = RecordBatch.of(records)
        ids = self._fields.lead_ids(rows)
        if None in ids:
            rows = RecordBatch(record for lead_id, record in zip(ids, rows, strict=True) if lead_id is not None)
        self._ids.extend(lead_id for lead_id in ids if lead_id is not None)
        for into in (self._raw, self._coded):
            for source, values in into.items():
                values.extend(rows.column(source[4:]) if source.startswith("key:") else self._fields.column(rows, source))
        self._data.add(self._fields.column(rows, "data"))
        self._add_other(rows)

    def _add_other(self, records: RecordBatch) -> None:
        start = len(self._ids) - len(records)
        keys = [key for key in records.names if key not in self._keys]
        names = Counter(values_of.snake(key) for key in keys)
        for key in keys:
            name = "other_" + values_of.snake(key)
            if names[values_of.snake(key)] > 1:  # two keys of the service become one column of ours: cell by cell, both are kept
                for place, record in enumerate(records, start):
                    if key in record:
                        self._cell(self._other, name, place, record[key])
                continue
            column = self._other.setdefault(name, [])
            column.extend([None] * (start - len(column)))
            column.extend(values_of.texts(records.column(key)))

    @staticmethod
    def _cell(columns: dict[str, list[Any]], name: str, place: int, value: Any) -> None:
        column = columns.setdefault(name, [])
        column.extend([None] * (place - len(column)))
        if len(column) > place:  # two names of the service became one of ours: both are kept
            column[place] = f"{column[place]} | {values_of.text(value)}"
        else:
            column.append(values_of.text(value))

    def frame(
        self,
        *,
        campaigns: Mapping[int, str],
        publishers: Mapping[int, str],
        as_of: datetime,
        notes: Iterable[str] = (),
    ) -> pd.DataFrame:
        """The leads so far: index ``lead_id`` (int64, unique), the columns of ``FRAME_COLUMNS`` in order, then ``data_*`` (what
        the form collected) and ``other_*`` (keys that this version does not know), as text.

        ``attrs``: ``as_of`` (ISO time of reading), ``notes`` (sentences the reader should see), ``not_sent`` (columns
        that the service sends for no lead).
        """
        count = len(self._ids)
        names = {"campaign": campaigns, "publisher": publishers}
        with values_of.no_collecting():
            return self._made(count, names, as_of, list(notes))

    def _made(self, count: int, names: Mapping[str, Mapping[int, str]], as_of: datetime, said: list[str]) -> pd.DataFrame:
        import pandas as pd

        made: dict[str, Any] = {}
        not_sent: list[str] = []
        for column in FRAME_COLUMNS:
            # Each distinct value is read once, and the rows only take its number: of 100,000 leads perhaps ten statuses are
            # parsed.
            coded = self._coded.get(column.source)
            came = self._raw[column.source] if coded is None else coded.different
            if count and all(v is NOT_SENT for v in came):
                not_sent.append(column.name)
            if column.kind in _AS_THEY_COME:
                made[column.name], lost = _as_it_came(column, self._raw[column.source])
            else:
                made[column.name], lost = self._converted(column, self._coded[column.source], names.get(column.source, {}))
            if column.source in {"status", "delivery"}:
                said += _unknown(column, self._coded[column.source])
            if lost:
                said.append(f"{lost:,} values of {column.name} could not be read and are shown as empty.")
        for name, texts in self._data.columns(count).items():
            made[name] = pd.Series(texts, dtype="object")
        for name, values in self._other.items():
            made[name] = pd.Series(values + [None] * (count - len(values)), dtype="object")
        frame = pd.DataFrame(made)
        frame.index = pd.Index(self._ids, dtype="int64", name="lead_id")
        frame.attrs = {"as_of": as_of.isoformat(), "notes": said, "not_sent": not_sent}
        return frame

    def _converted(self, column: LeadColumn, coded: DictionaryBuilder, names: Mapping[int, str]) -> tuple[Any, int]:
        """One column in its dtype, and how many values were there and could not be read."""
        import numpy as np
        import pandas as pd

        match column.kind:
            case "state":
                return _category(coded, coded.read(self._state_of(column))), 0
            case "related id":
                return pd.array(coded.read(id_of), dtype="Int64").take(coded.numbers), 0
            case "related name":
                return _category(coded, coded.read(lambda v: values_of.related_name(v, names))), 0
            case "money":
                amounts = coded.read(values_of.money)
                objects = np.array([*amounts, None], dtype="object")[:-1]  # of what is empty numpy would make numbers
                return pd.Series(objects[coded.numbers], dtype="object"), coded.lost(a is not None for a in amounts)
            case "flag":
                flags = coded.read(lambda v: v if isinstance(v, bool) else None)
                # Empty text is how PHP writes "nothing": not stated, and nothing is lost.
                lost = coded.lost((f is not None for f in flags), nothing=("",))
                return pd.array(flags, dtype="boolean").take(coded.numbers), lost
            case _:
                numbers = coded.read(values_of.number)
                whole = all(n is None or n == int(n) for n in numbers)
                array = pd.array(
                    [None if n is None else int(n) if whole else n for n in numbers], dtype="Int64" if whole else "Float64"
                )
                # A Processr status in words is not lost: the column processr_status shows it.
                return array.take(coded.numbers), 0 if column.kind == "code" else coded.lost(n is not None for n in numbers)

    def _state_of(self, column: LeadColumn) -> Callable[[Any], str | None]:
        if column.source == "status":
            return lambda v: values_of.plain(status_of(v))
        if column.source == "delivery":
            return lambda v: values_of.plain(delivery_of(v))
        if column.source == "processr_status":
            return lambda v: self._processr.get(str(v), values_of.text(v))
        return values_of.text


def _unknown(column: LeadColumn, coded: DictionaryBuilder) -> list[str]:
    """What to say of words in this column that are none of ours."""
    read = status_of if column.source == "status" else delivery_of
    words = [unknown_of(column.source, read(value)) for value in coded.different]
    counts: Counter[str] = Counter()
    for number in coded.numbers:
        if (word := words[number]) is not None:
            counts[word] += 1
    return unknown_words(column.source, counts, "are shown with it")


def _as_it_came(column: LeadColumn, values: list[Any]) -> tuple[Any, int]:
    """A column of texts or times, and how many values were there and could not be read."""
    import pandas as pd

    if column.source == "replacement":
        values = [replacement_of(v) for v in values]
    if column.kind == "text":
        return pd.Series(values_of.texts(values), dtype="object"), 0
    if column.kind == "list":
        return pd.Series([values_of.enumeration(v) for v in values], dtype="object"), 0
    made = values_of.times(values)
    return made, values_of.lost(values, list(made.notna()))


def _category(coded: DictionaryBuilder, words: Sequence[str | None]) -> Any:
    """A categorical of the words of the different values, which may have one word for several of them."""
    import numpy as np
    import pandas as pd

    known = sorted({word for word in words if word is not None})
    places = {word: place for place, word in enumerate(known)}
    of_each = np.array([*(-1 if word is None else places[word] for word in words), -1], dtype="int32")
    return pd.Categorical.from_codes(of_each[coded.numbers], categories=pd.Index(known))


_LEAD_COLUMNS = {
    "status": "current_status", "reason": "reason", "category": "category", "comment": "comment", "delivery": "delivery",
    "replacement": "replacement", "replacement_comment": "replacement_comment", "processr_status": "processr_code",
    "processing_counter": "processing_counter", "billable_for_publisher": "billable_for_publisher",
    "billable_for_advertiser": "billable_for_advertiser", "publisher_payout": "publisher_payout",
    "advertiser_payout": "advertiser_payout",
}  # fmt: skip
STATE_COLUMNS = tuple(_LEAD_COLUMNS.values())
"""Columns of a loaded frame that a plan rests on."""
_PERSON = ("first_name", "last_name", "email", "telephone")
_ALSO = ("processr_status", "currency", "campaign_id", "campaign", "lead_generator", "lead_generator_id", *_PERSON)


def leads_in(frame: pd.DataFrame, ids: Iterable[LeadId]) -> dict[LeadId, Lead]:
    """Leads as a loaded frame shows them, for a plan from what was loaded. An id that is not in it is absent."""
    import pandas as pd

    not_sent = set(frame.attrs.get("not_sent", ()))
    known = frame.index
    wanted = [i for i in ids if i in known]
    if known.has_duplicates and (twice := known[known.duplicated()].intersection(wanted)).size:
        raise PlanError(
            f"Lead {twice[0]} is in that frame more than once, and nothing says which row is current. Pull the leads "
            "again, or keep one row of each: frame[~frame.index.duplicated(keep='last')]."
        )
    part = frame.loc[wanted]
    columns = {c: part[c].tolist() if c in part.columns else None for c in (*_LEAD_COLUMNS.values(), *_ALSO, "date")}

    def value(column: str, place: int) -> Any:
        values = columns[column]
        found = None if values is None else values[place]
        return None if found is None or found is pd.NA or found != found else found  # noqa: PLR0124  NaN

    def person(place: int) -> str:
        # Of what is masked, or has lost a column, nothing is known.
        if frame.attrs.get("masked") or any(columns[c] is None for c in _PERSON):
            return ""
        return values_of.person_mark(*(value(c, place) for c in _PERSON))

    leads = {}
    for place, lead_id in enumerate(wanted):
        fields = {
            name: NOT_SENT if column in not_sent or columns[column] is None else value(column, place)
            for name, column in _LEAD_COLUMNS.items()
        }
        fields = {name: None if v == "" else v for name, v in fields.items()}
        if fields["processr_status"] is None:  # a service may send words instead of a number
            fields["processr_status"] = value("processr_status", place)
        campaign, publisher = value("campaign_id", place), value("lead_generator_id", place)
        leads[int(lead_id)] = Lead(
            int(lead_id), None, person(place), **fields, currency=value("currency", place),
            campaign_id=None if campaign is None else int(campaign), campaign=value("campaign", place),
            publisher=value("lead_generator", place),
            publisher_id=None if publisher is None else int(publisher),
        )  # fmt: skip
        leads[int(lead_id)].created = value("date", place)
    return leads


def records_frame(records: Sequence[Mapping[str, Any]], columns: Mapping[str, str], lists: str) -> pd.DataFrame:
    """Small lists (campaigns, reasons, notes ...): index ``id`` (int64; 0 where a record has none), and these.

    ``attrs["lists"]`` says what they are, so that nobody takes their ids for those of leads.
    """
    rows = ({**r, "id": id_of(r.get("id", r.get("@id"))) or 0} for r in records)
    frame = frame_of(rows, {"id": "int64", **columns}, "id")
    frame.attrs["lists"] = lists
    return frame
