"""One value of a frame as the short plain text that a table cell shows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal

Look = Literal["id", "text", "state", "time", "number", "flag", "score", "verdict", "outcome"]
LONGEST = 200
"""Characters of a cell. Longer text is cut with an ellipsis; the row's detail has all of it."""
LONGEST_DETAIL = 20_000
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Shown:
    """One column on screen: the frame's column ``name``, its ``title``, and how a value looks."""

    name: str
    title: str
    look: Look = "text"


LEAD_COLUMNS = (
    Shown("lead_id", "Id", "id"),
    Shown("date", "Date", "time"),
    Shown("current_status", "Current Status", "state"),
    Shown("delivery", "Delivery"),
    Shown("campaign", "Campaign"),
    Shown("lead_generator", "Lead Generator"),
    Shown("first_name", "First Name"),
    Shown("last_name", "Last Name"),
    Shown("email", "Email"),
    Shown("score", "Score", "score"),
    Shown("reason", "Reason"),
    Shown("processr_status", "Processr Status"),
    Shown("billable_for_publisher", "Billable for Publisher", "flag"),
    Shown("billable_for_advertiser", "Billable for Advertiser", "flag"),
    Shown("channel", "Channel"),
    Shown("campaign_id", "Campaign ID", "number"),
)
PLAN_COLUMNS = (
    Shown("lead_id", "Id", "id"),
    Shown("campaign", "Campaign"),
    Shown("publisher", "Lead Generator"),
    Shown("now", "Now", "state"),
    Shown("then", "Then", "state"),
    Shown("verdict", "Verdict", "verdict"),
    Shown("why", "Why"),
    Shown("billed", "Billed to Advertiser", "flag"),
)
RESULT_COLUMNS = (
    Shown("lead_id", "Id", "id"),
    Shown("outcome", "Outcome", "outcome"),
    Shown("detail", "Detail"),
    Shown("before_status", "Status before", "state"),
    Shown("after_status", "Status after", "state"),
    Shown("before_delivery", "Delivery before"),
    Shown("after_delivery", "Delivery after"),
    Shown("campaign", "Campaign"),
    Shown("publisher", "Lead Generator"),
    Shown("reason", "Reason"),
    Shown("category", "Reason Category"),
    Shown("comment", "Comment"),
    Shown("integrations", "Sent to Integrations"),
    Shown("attempts", "Attempts", "number"),
    Shown("http_status", "HTTP status", "number"),
    Shown("finished_at", "Finished", "time"),
)


def plain(text: str, longest: int = LONGEST) -> str:
    """Text that cannot break a line, hide or turn its surroundings round: control and format characters are made visible.

    Lead data is typed by strangers. Joiners stay, as several scripts are written with them.
    """
    cut = text[: longest + 1]
    if not (cut.isascii() and cut.isprintable()):
        cut = "".join(_visible(c) for c in cut)
    return cut[:longest] + "…" if len(cut) > longest else cut


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\r\t\u2028\u2029":
        return " "
    if category in {"Cc", "Cs", "Co"} or (category == "Cf" and character not in "\u200c\u200d"):
        return "\ufffd"
    return character


def empty(value: Any) -> bool:
    """None, NaN, NaT and NA."""
    if value is None:
        return True
    if isinstance(value, (str, bytes, list, tuple, dict)):
        return False
    try:
        return bool(value != value)  # noqa: PLR0124  the plainest test for NaN and NaT
    except TypeError:  # pandas.NA refuses to be true or false
        return True


def moment(value: Any, zone: tzinfo) -> str:
    """A time in the session's zone, to the minute."""
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else plain(str(value))


def clock(at: str, zone: tzinfo) -> str:
    """An ISO time as a clock shows it today, with the day where it is another one."""
    then, now = datetime.fromisoformat(at).astimezone(zone), datetime.now(zone)
    return then.strftime("%H:%M" if then.date() == now.date() else "%Y-%m-%d %H:%M")


def zone_words(zone: tzinfo) -> str:
    """What a time zone is called: ``Europe/London``, ``UTC``, or ``UTC+02:00`` where it has no name."""
    name = str(getattr(zone, "key", "") or datetime.now(zone).strftime("%Z")).removeprefix("Etc/")
    minutes = offset_of(zone)
    sign = "-" if minutes < 0 else "+"
    return plain(name, 40) if name else f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def offset_of(zone: tzinfo) -> int:
    """Minutes that a zone's clocks are ahead of UTC now."""
    return int((datetime.now(zone).utcoffset() or timedelta()).total_seconds()) // 60


def cell(value: Any, look: Look, zone: tzinfo) -> str:
    """The text of one cell; empty where there is nothing."""
    if empty(value):
        return ""
    if look == "time":
        return moment(value, zone)
    if look == "flag":
        return "yes" if value else "no"
    if look in {"verdict", "outcome"}:
        return str(value).replace("_", " ")
    if look == "number":
        return str(value)
    return plain(str(value))


def detail(value: Any, zone: tzinfo) -> str:
    """A value in a row's detail: long text stays."""
    if empty(value):
        return ""
    if type(value).__name__ in {"bool", "bool_"}:  # numpy has its own
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str) and _ISO_TIME.fullmatch(value):
        return moment(datetime.fromisoformat(value), zone)
    return plain(str(value), LONGEST_DETAIL)
