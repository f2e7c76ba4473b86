"""What a column can be narrowed to. Each filter is a frozen value that can be written down as JSON and read again."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, TypeAlias

from cvtr_widgets.errors import TableError
from cvtr_widgets.panel.table.cells import Look, ShownColumn

LONGEST_TEXT = 500
MOST_FILTER_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Contains:
    """The text holds ``text``, literally, in any case."""

    kind: ClassVar[str] = "contains"
    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip():
            raise TableError("There is no text to look for. Type some, or remove the filter.")
        if len(self.text) > LONGEST_TEXT:
            raise TableError(f"The text to look for has more than {LONGEST_TEXT} characters. Shorten it.")


@dataclass(frozen=True, slots=True)
class Between:
    """The number is at least ``low`` and at most ``high``; None leaves a side open. Compared exactly."""

    kind: ClassVar[str] = "between"
    low: Decimal | None = None
    high: Decimal | None = None

    def __post_init__(self) -> None:
        # The dataclass is frozen, so what is typed becomes a number here, once, and in no place that compares it.
        for name in ("low", "high"):
            object.__setattr__(self, name, _number(getattr(self, name)))
        if self.low is None and self.high is None:
            raise TableError("From and To are both empty. Type a number in one of them, or remove the filter.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise TableError("From is greater than To. Change one of them.")


@dataclass(frozen=True, slots=True)
class Days:
    """The time falls on ``first``, ``last`` or a day between them, in the table's zone; ``last`` counts in full."""

    kind: ClassVar[str] = "days"
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        for name in ("first", "last"):
            object.__setattr__(self, name, _day(getattr(self, name)))
        if self.first is None and self.last is None:
            raise TableError("From and To are both empty. Choose a day in one of them, or remove the filter.")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise TableError("From is later than To. Change one of them.")


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these, exactly as ``LeadTable.counts`` lists them."""

    kind: ClassVar[str] = "one_of"
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        given: object = self.values
        if not isinstance(given, (tuple, list, set, frozenset)) or not all(isinstance(v, str) for v in given):
            raise TableError("The values to choose from are not a list of texts. Choose some of those listed.")
        # Sorted and each once: equal filters are then equal values, as the caches of masks are keyed by them.
        object.__setattr__(self, "values", tuple(sorted(set(self.values))))
        if not 0 < len(self.values) <= MOST_FILTER_VALUES:
            raise TableError(
                f"Between 1 and {MOST_FILTER_VALUES:,} values can be chosen. Change the choice, or remove the filter."
            )


@dataclass(frozen=True, slots=True)
class YesNo:
    """The flag is yes, or is no; a flag that is not stated is neither."""

    kind: ClassVar[str] = "yes_no"
    yes: bool

    def __post_init__(self) -> None:
        if not isinstance(self.yes, bool):
            raise TableError("A yes/no filter is either yes or no. Choose one.")


@dataclass(frozen=True, slots=True)
class Empty:
    """There is no value, or (``empty=False``) there is one."""

    kind: ClassVar[str] = "empty"
    empty: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.empty, bool):
            raise TableError("This filter is either empty or not empty. Choose one.")


Filter: TypeAlias = Contains | Between | Days | OneOf | YesNo | Empty
KINDS: dict[str, type[Filter]] = {k.kind: k for k in (Contains, Between, Days, OneOf, YesNo, Empty)}
_TEXT: tuple[type[Filter], ...] = (Contains, OneOf, Empty)
ALLOWED: dict[Look, tuple[type[Filter], ...]] = {
    "id": (Between,),
    "text": _TEXT,
    "state": (OneOf, Contains, Empty),
    "verdict": (OneOf, Contains, Empty),
    "outcome": (OneOf, Contains, Empty),
    "number": (Between, Empty),
    "score": (Between, Empty),
    "time": (Days, Empty),
    "flag": (YesNo, Empty),
}


def fits(column: ShownColumn, wanted: Filter) -> None:
    """Whether a column can be filtered so.

    Raises:
        TableError: it cannot; the message says how it can.
    """
    allowed = ALLOWED[column.look]
    if not isinstance(wanted, allowed):
        ways = ", ".join(k.kind.replace("_", " ") for k in allowed)
        how = wanted.kind.replace("_", " ") if isinstance(wanted, tuple(KINDS.values())) else "so"
        raise TableError(f"The column {column.title} cannot be filtered by “{how}”. It can be by: {ways}.")


def to_json(wanted: Filter) -> dict[str, Any]:
    """As JSON values: ``{"kind": "between", "low": "10", "high": None}``. Numbers and days are text, so that they stay exact."""
    fields: dict[str, Any] = {"kind": wanted.kind}
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if isinstance(value, (Decimal, date)):
            value = str(value)
        fields[field.name] = list(value) if isinstance(value, tuple) else value
    return fields


def from_json(found: Any) -> Filter:
    """The filter that ``to_json`` wrote.

    Raises:
        TableError: it is not one.
    """
    kind = KINDS.get(found.get("kind", "")) if isinstance(found, dict) and isinstance(found.get("kind"), str) else None
    if kind is None:
        raise TableError(f"This is not a filter. Its kind is one of {', '.join(KINDS)}.")
    names = {f.name for f in dataclasses.fields(kind)}
    given = {name: value for name, value in found.items() if name != "kind"}
    if not given.keys() <= names or (kind in {Contains, OneOf, YesNo} and not given):
        raise TableError(f"A filter of the kind {kind.kind} has the fields {', '.join(sorted(names))}. Give these and no others.")
    if isinstance(given.get("values"), list):
        given["values"] = tuple(given["values"])
    elif kind is OneOf:
        raise TableError("The values to choose from are not a list of texts. Choose some of those listed.")
    return kind(**given)


def _number(given: Any) -> Decimal | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    try:
        if isinstance(given, bool) or not isinstance(given, (str, int, float, Decimal)):
            raise InvalidOperation
        number = Decimal(str(given).strip())
    except InvalidOperation:
        raise TableError("From or To is not a number. Write it as 1250 or 12.50.") from None
    # "1e999999999" is a valid Decimal; turned into a whole number later it would take all memory.
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise TableError("From or To is too large a number. Write it as 1250 or 12.50.")
    return number


def _day(given: Any) -> date | None:
    if given is None or given == "":
        return None
    # type() and not isinstance: a datetime is a date as well, and would compare wrongly with days.
    if type(given) is date:
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise TableError("From or To is not a day. Write it as 2026-11-24.") from None
