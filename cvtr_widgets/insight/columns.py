"""A frame of leads as the questions need it: what leads are grouped by, yes-or-no columns as 0 and 1, money as whole numbers.

Questions are Narwhals expressions over this narrow frame, so that another engine that holds the same columns can be asked
the same ones. Time zones stand here and not in the expressions: engines that compute later refuse to convert them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cvtr_widgets import settings
from cvtr_widgets.errors import InsightError
from cvtr_widgets.frames.masking import shortener
from cvtr_widgets.insight.lazy_leads import column_group, is_lazy, period_group

if TYPE_CHECKING:
    import pandas as pd

NAMES = {"publisher": "lead_generator", "status": "current_status", "country": "data_country"}
"""Other names of columns of the leads frame."""
PERIODS = ("hour", "day", "week", "month")
STATES = ("valid", "caution", "invalid", "test")
NONE = "(none)"
"""What a group is called whose leads have no value there."""
NOT_STATED = "not stated"
"""The currency of leads whose service names none."""
PERSONAL = frozenset(
    {"other_fingerprint", "other_email_hash", "comment", "replacement_comment", "data_leadHash", "data_lead_hash"}
)


def need(leads: Any, *columns: str) -> None:
    """Refuse what is not a frame of leads, or has lost columns.

    Raises:
        InsightError: a column is missing.
    """
    import pandas as pd

    if is_lazy(leads):
        lacking = [c for c in columns if c not in leads.columns]
        if lacking:
            raise InsightError(
                f"These leads have no column {lacking[0]!r}: their archive does not keep it (personal=). Ask another "
                "question, or use session.pull()."
            )
        return
    if not isinstance(leads, pd.DataFrame):
        raise InsightError(f"This is {type(leads).__name__}, not a frame of leads. Use session.pull() or panel.leads.")
    missing = [c for c in columns if c not in leads.columns]
    if missing:
        raise InsightError(f"The frame has no column {missing[0]!r}. Use the frame as session.pull() or run.results returned it.")


def need_loaded(leads: Any, what: str) -> None:
    """Refuse leads in an engine where each single one is looked at.

    Raises:
        InsightError: they are not loaded.
    """
    if is_lazy(leads):
        raise InsightError(
            f"{what} looks at each lead, and these are not loaded. Narrow them and load them: archive.leads(created_after=...)"
            ".to_pandas()."
        )


def zone_of(given: tzinfo | str | None) -> tzinfo:
    """The zone in which days begin: the given one, by name too; else the one in which times are shown.

    Raises:
        InsightError: there is no zone of that name.
    """
    if given is None:
        return settings.zone()
    if isinstance(given, tzinfo):
        return given
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise InsightError(f"zone is {given!r}, which is not a time zone. Use one like Europe/London.") from None


def as_of(leads: Any) -> datetime:
    """When the leads were read; now, where the frame does not say."""
    said = leads.attrs.get("as_of")
    return datetime.fromisoformat(said) if isinstance(said, str) else datetime.now(UTC)


def not_sent(leads: Any, column: str) -> bool:
    """Whether the service sends this column for no lead."""
    return column not in leads.columns or column in leads.attrs.get("not_sent", ())


# -- what leads are grouped by ----------------------------------------------------------------------------------------


def names_of(by: str | Sequence[str], most: int = 2) -> list[str]:
    """The names in ``by``: one, or a list of up to ``most``.

    Raises:
        InsightError: none, too many, or one twice.
    """
    names = [by] if isinstance(by, str) else list(by)
    if not 1 <= len(names) <= most or len(set(names)) != len(names) or not all(isinstance(n, str) for n in names):
        raise InsightError(f"by= takes one column, or a list of up to {most} different ones, such as ['publisher', 'campaign'].")
    return names


def group_of(leads: Any, name: str, zone: tzinfo) -> Any:
    """The group of each lead: text with ``(none)`` where there is no value, or the start of its period (see ``period_of``).
    Of leads in an engine what they are grouped by there (``lazy_leads.LazyGroup``).

    Raises:
        InsightError: there is no such column, or it is personal.
    """
    if name in PERIODS:
        need(leads, "date")
        return period_group(leads, name, zone) if is_lazy(leads) else period_of(leads["date"], name, zone)
    if name == "email_domain" and "email_domain" not in leads.columns:
        need(leads, "email")
        return _labelled(domains_of(leads["email"]))
    column = NAMES.get(name, name)
    if name == "advertiser" and name not in leads.columns:
        raise InsightError(
            "Leads do not name their advertiser. Add it from what you know about your campaigns: "
            "leads.assign(advertiser=leads['campaign'].map({'Campaign A': 'Advertiser 1'}))."
        )
    need(leads, column)
    if shortener(column) is not None or column in PERSONAL:
        raise InsightError(f"{name} is personal: a table by it would show people. Group by 'email_domain' or 'country' instead.")
    return column_group(column, NONE) if is_lazy(leads) else _labelled(leads[column])


def _labelled(values: pd.Series[Any]) -> pd.Series[Any]:
    """Texts, with a word for those that have none that is nobody else's."""
    import pandas as pd

    word = NONE
    known = set(values.dropna().unique().tolist())
    # A sub-id may really be called "(none)": a blank behind the word keeps the two apart, and a page does not show it.
    while word in known:
        word += " "
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.set_categories([*values.cat.categories, word]).fillna(word) if values.isna().any() else values
    texts = values.astype("object")
    return texts.where(texts.notna(), word)


def domains_of(emails: pd.Series[Any]) -> pd.Series[Any]:
    """What follows the last ``@``, in lower case; None where there is no address."""
    import pandas as pd

    found = [e.rpartition("@")[2].strip().strip(".").lower() or None if isinstance(e, str) and "@" in e else None for e in emails]
    return pd.Series(found, index=emails.index, dtype="object")


def period_of(dates: pd.Series[Any], every: str, zone: tzinfo) -> pd.Series[Any]:
    """The period that each date falls into, in ``zone``; NaT where there is no date.

    ``day``, ``week`` (Monday) and ``month``: the first day as a calendar date (datetime64, no zone). ``hour``: when it began
    (datetime64 in ``zone``): the hour that comes twice when clocks go back is two hours.
    """
    import pandas as pd

    if every not in PERIODS:
        raise InsightError(f"every is {every!r}. Choose one of: {', '.join(PERIODS)}.")
    if not isinstance(dates.dtype, pd.DatetimeTZDtype):
        raise InsightError("The column date has no times with a zone. Use the frame as session.pull() returned it.")
    there = dates.dt.tz_convert(zone)
    wall = there.dt.tz_localize(None)
    days: pd.Series[Any] = wall.dt.normalize()
    if every == "hour":
        # What has passed of the hour is taken off the moment itself: flooring local times would make one hour of the two that
        # come twice.
        days = (dates - (wall - wall.dt.floor("h"))).dt.tz_convert(zone)
    elif every == "week":
        days = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    elif every == "month":
        days = days - pd.to_timedelta(days.dt.day - 1, unit="D")
    return days


# -- money ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Amounts:
    """Money as whole numbers of ``10 ** -scale``: sums are exact in any engine. ``units`` are 0 where there is no amount."""

    units: Any
    scale: int
    known: Any

    def decimal(self, units: int) -> Decimal:
        """A sum of units as an amount, with at least two decimal places."""
        return Decimal((int(units < 0), tuple(map(int, str(abs(int(units))))), -self.scale))  # a context would round long ones


def amounts_of(values: Sequence[Any]) -> Amounts:
    """Amounts as whole numbers. What is not a finite number is not known."""
    import numpy as np

    # Payouts are few different values in many leads: each is read once.
    different: dict[Any, Decimal | None] = {}
    for value in values:
        if value.__hash__ is not None and value not in different:
            different[value] = _decimal(value)
    real = [v for v in different.values() if v is not None]
    scale = max([2, *(-int(v.as_tuple().exponent) for v in real)])
    whole = {key: 0 if v is None else _units(v, scale) for key, v in different.items()}
    known = np.array([different.get(v) is not None for v in values], dtype="int64")
    units = [whole.get(v, 0) for v in values]
    most = max((abs(u) for u in whole.values()), default=0)
    # Where even the sum of all stays below 64 bits, numpy adds; else Python's whole numbers, which are slow and have no end.
    small = most * max(1, len(units)) < 2**62
    return Amounts(np.array(units, dtype="int64" if small else "object"), scale, known)


def _units(value: Decimal, scale: int) -> int:
    sign, digits, exponent = value.as_tuple()
    whole: int = int("".join(map(str, digits))) * 10 ** (int(exponent) + scale)
    return -whole if sign else whole


def _decimal(value: Any) -> Decimal | None:
    import pandas as pd

    if isinstance(value, float):
        # The shortest text that reads back as this float: Decimal(0.1) itself would have 55 digits.
        value = Decimal(repr(value))
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    elif not isinstance(value, Decimal) or value is pd.NaT:
        return None
    # Nobody's payout has forty digits; such a value is not an amount, and would make every sum huge.
    return value if value.is_finite() and -20 <= int(value.as_tuple().exponent) <= 20 and value.adjusted() < 20 else None


def currencies_of(leads: pd.DataFrame) -> pd.Series[Any]:
    """The currency of each lead's payouts; ``not stated`` where the service names none."""
    import pandas as pd

    if "currency" not in leads.columns:
        return pd.Series(NOT_STATED, index=leads.index, dtype="object")
    named = leads["currency"].astype("object")
    return named.where(named.notna() & (named != ""), NOT_STATED)


def column_name(currency: str) -> str:
    """A currency as part of a column's name: letters and digits only, as names of columns are not escaped everywhere."""
    return re.sub(r"\W+", "_", currency, flags=re.ASCII).strip("_")[:20] or "other"
