"""One value of a frame as the short plain text that a table cell shows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal

Look = Literal["id", "text", "state", "time", "number", "flag", "score", "verdict", "outcome"]
LONGEST_CELL = 200
"""Characters of a cell. Longer text is cut with an ellipsis; the row's detail has all of it."""
LONGEST_DETAIL = 20_000
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """One column on screen: the frame's column ``name``, its ``title``, and how a value looks."""

    name: str
    title: str
    look: Look = "text"


LEAD_COLUMNS = (
    ShownColumn("lead_id", "Id", "id"),
    ShownColumn("date", "Date", "time"),
    ShownColumn("current_status", "Current Status", "state"),
    ShownColumn("delivery", "Delivery"),
    ShownColumn("campaign", "Campaign"),
    ShownColumn("lead_generator", "Lead Generator"),
    ShownColumn("first_name", "First Name"),
    ShownColumn("last_name", "Last Name"),
    ShownColumn("email", "Email"),
    ShownColumn("score", "Score", "score"),
    ShownColumn("reason", "Reason"),
    ShownColumn("processr_status", "Processr Status"),
    ShownColumn("billable_for_publisher", "Billable for Publisher", "flag"),
    ShownColumn("billable_for_advertiser", "Billable for Advertiser", "flag"),
    ShownColumn("channel", "Channel"),
    ShownColumn("campaign_id", "Campaign ID", "number"),
)
PLAN_COLUMNS = (
    ShownColumn("lead_id", "Id", "id"),
    ShownColumn("campaign", "Campaign"),
    ShownColumn("publisher", "Lead Generator"),
    ShownColumn("now", "Now", "state"),
    ShownColumn("then", "Then", "state"),
    ShownColumn("verdict", "Verdict", "verdict"),
    ShownColumn("why", "Why"),
    ShownColumn("billed", "Billed to Advertiser", "flag"),
)
RESULT_CELLS = (
    ShownColumn("lead_id", "Id", "id"),
    ShownColumn("outcome", "Outcome", "outcome"),
    ShownColumn("before_status", "Status before", "state"),
    ShownColumn("after_status", "Status after", "state"),
    ShownColumn("detail", "Detail"),
    ShownColumn("before_delivery", "Delivery before"),
    ShownColumn("after_delivery", "Delivery after"),
    ShownColumn("campaign", "Campaign"),
    ShownColumn("publisher", "Lead Generator"),
    ShownColumn("reason", "Reason"),
    ShownColumn("category", "Reason Category"),
    ShownColumn("comment", "Comment"),
    ShownColumn("integrations", "Sent to Integrations"),
    ShownColumn("attempts", "Attempts", "number"),
    ShownColumn("http_status", "HTTP status", "number"),
    ShownColumn("finished_at", "Finished", "time"),
)


def plain(text: str, longest: int = LONGEST_CELL) -> str:
    """Text that cannot break a line, hide or turn its surroundings round: control and format characters are made visible.

    Lead data is typed by strangers. Joiners stay, as several scripts are written with them.
    """
    # Cut first: a field may hold megabytes, and looking at each character of it would hold up the page.
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
    # Before the comparison below, which a list of arrays would answer with a ValueError; none of these is ever a missing value.
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
