"""Every fault, and for each call what becomes of the leads of the request that it strikes. The tests hold each cell;
``docs/faults.md`` is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cvtr_widgets.sandbox import Mishap, NetworkFault

WRITES = (
    "leads-bulk-flag", "leads-bulk-deliver", "leads-bulk-undeliver", "leads-bulk-metadata", "leads-bulk-reprocess",
    "leads-bulk-delete",
)  # fmt: skip
CHECK, READ = "is-lead-delivered", "leads"
CALLS = (*WRITES, CHECK, READ)
ELSEWHERE = "https://elsewhere.example/api/v4/leads"
LATER = 3_600
"""Seconds: never before the sandbox is told to hurry."""
PLAIN = "http://127.0.0.1:9/"


@dataclass(frozen=True)
class Row:
    """One fault. ``expected``: outcomes of the three leads of the struck request, for every call or for the one named.

    ``on``: the calls that it makes sense for. ``also`` happens to the same requests. ``strikes`` another call than its column's, and ``every`` such request that
    names the first lead instead of only the first. ``hurried``: short time-outs. ``own``: a sandbox of its own, made with
    these settings. ``cancel``: the run is cancelled once it waits. ``hurry_at``: the step of the run at which what is to come
    ``LATER`` comes; else it comes when the run has ended.
    """

    name: str
    do: str
    expected: Mapping[str, str]
    group: str = "service"
    on: tuple[str, ...] = CALLS
    settings: Mapping[str, Any] = field(default_factory=dict)
    also: str = ""
    strikes: str = ""
    every: bool = False
    hurried: bool = False
    anew: bool = False
    own: Mapping[str, Any] | None = None
    cancel: bool = False
    slow: bool = False
    hurry_at: str = ""

    def outcome(self, call: str) -> str:
        return self.expected.get(call) or self.expected["*"]

    def faults(self, call: str, lead: int | None) -> list[Mishap | NetworkFault]:
        """The faults that strike a call about this lead (None: the first call)."""
        given = dict(self.settings)
        if given.get("retry_after") == "date":
            given["retry_after"] = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        times = None if self.every else 1
        made = NetworkFault if self.group == "network" else Mishap
        found = [made(self.strikes or call, self.do, lead=lead, times=times, **given)] if self.do else []
        return [
            *found,
            *([Mishap(call, self.also, **{k: v for k, v in self.settings.items() if k == "seconds"})] if self.also else []),
        ]


def _all(outcome: str, **others: str) -> dict[str, str]:
    names = {"flag": WRITES[0], "deliver": WRITES[1], "undeliver": WRITES[2], "metadata": WRITES[3], "reprocess": WRITES[4],
             "delete": WRITES[5], "check": CHECK, "read": READ}  # fmt: skip
    return {"*": outcome, **{names[name]: value for name, value in others.items()}}


SEEN = "3 confirmed"
READS = {"check": SEEN, "read": SEEN}
UNREAD = {"check": "3 not_sent", "read": "3 not_sent"}


def _network() -> list[Row]:
    def row(name: str, do: str, expected: Mapping[str, str], **more: Any) -> Row:
        return Row(name, do, expected, group="network", **more)

    return [
        row("connection refused for a moment", "refuse", _all(SEEN), on=WRITES, strikes=READ, anew=True, hurry_at="answer noted", settings={"seconds": LATER}),
        row("connection refused for longer", "refuse", _all("3 not_sent"), on=WRITES, strikes=READ, anew=True, settings={"seconds": LATER}),
        row("reset before the body", "reset_before_body", _all("3 unknown", **READS)),
        row("reset in the middle of the body", "reset_in_body", _all("3 unknown", **READS)),
        row("reset after the body, before it is applied", "reset_after_body", _all("3 unknown", **READS)),
        row("reset after it was applied", "reset_after_applying", _all(SEEN)),
        row("answer cut in the middle", "cut_answer", _all(SEEN)),
        row("time-out, the effect comes later", "late", _all("3 unknown", **READS), hurried=True, settings={"seconds": LATER}),
        row("time-out, applied at once", "deaf", _all(SEEN), hurried=True),
        row("keep-alive closed while idle", "close_idle", _all(SEEN)),
        row("keep-alive reset at its next use", "reset_when_reused", _all("3 confirmed, then 3 unknown", **READS), own={"in_flight": 1}),
        row("the Date of answers three hours back", "clock", _all(SEEN), settings={"seconds": -10_800}),
        row("a total cut to the rows of one page", "small_total", _all(SEEN), on=(READ,)),
        row("a gateway's own 404", "gateway", _all("3 not_sent"), on=(CHECK, READ)),
        row("one byte at a time", "trickle", _all(SEEN), hurried=True, settings={"seconds": 0.1}),
    ]  # fmt: skip


def _limits() -> list[Row]:
    def row(name: str, retry_after: str | None, outcome: str, **more: Any) -> Row:
        settings = {"status": 429, "retry_after": retry_after}
        return Row(f"429, Retry-After {name}", "status", _all(outcome), settings=settings, own={}, **more)

    return [
        row("in seconds", "1", SEEN),
        row("as a date", "date", SEEN, slow=True),
        row("absurd", "99999999", "3 not_sent", cancel=True, on=WRITES),
        row("absent", None, "3 not_sent", cancel=True, on=WRITES),
        row("unreadable", "soon", "3 not_sent", cancel=True, on=WRITES),
    ]


def _failures() -> list[Row]:
    rows = []
    for status in (500, 502, 503, 504):
        rows.append(Row(f"{status} before it is applied", "status", _all("3 unknown", **READS), settings={"status": status}))
        rows.append(Row(f"{status} after it was applied", "status", _all(SEEN), settings={"status": status, "when": "after"}))
    rows.append(Row("500 after half of it was applied", "half", _all("1 unknown, 2 confirmed"), on=WRITES))
    for name, do in (("HTML", "html"), ("cut JSON", "cut_json"), ("a wrong charset", "wrong_charset")):
        rows.append(Row(f"200 with {name}, not applied", do, _all("3 unknown", **READS)))
        rows.append(Row(f"200 with {name}, applied", do, _all(SEEN), settings={"when": "after"}))
    rows += [
        Row("200 and empty, not applied", "empty", _all("3 contradicted", reprocess="3 accepted", **READS)),
        Row("200 and empty, applied", "empty", _all(SEEN), settings={"when": "after"}),
        Row("answer of 70 MB", "huge", _all(SEEN), settings={"when": "after"}, slow=True),
        Row("closed without an answer, not applied", "reset", _all("3 unknown", **READS)),
        Row("closed without an answer, applied", "reset", _all(SEEN), settings={"when": "after"}),
        Row("redirect to another host", "redirect", _all("3 unknown", **UNREAD), settings={"location": ELSEWHERE}),
        Row("redirect to http", "redirect", _all("3 unknown", **UNREAD), settings={"location": PLAIN}),
    ]  # fmt: skip
    return rows


def _rows() -> list[Row]:
    return [
        Row("fewer ids in the answer", "drop_ids", _all(SEEN)),
        Row("more ids in the answer", "extra_ids", _all(SEEN)),
        Row("reordered ids", "reorder_ids", _all(SEEN)),
        Row("doubled ids", "double_ids", _all(SEEN)),
        Row("two different records of each lead", "two_records", _all(SEEN), on=(READ,)),
        Row("partial success", "refuse_lead", _all("1 refused, 2 confirmed"), on=WRITES, every=True),
        Row(
            "partial success, reordered ids",
            "refuse_lead",
            _all("1 refused, 2 confirmed"),
            on=WRITES,
            every=True,
            also="reorder_ids",
        ),
        Row("202, effect later", "queue", _all(SEEN), on=WRITES, settings={"seconds": 0.15}),
        Row("202, effect never", "never", _all("2 confirmed, 1 accepted"), on=WRITES),
        Row("yes, effect a little later", "later", _all(SEEN), on=WRITES, settings={"seconds": 0.1}),
        Row(
            "yes, effect too late",
            "later",
            _all("1 contradicted, 2 confirmed", reprocess="2 confirmed, 1 accepted"),
            on=WRITES,
            settings={"seconds": LATER},
        ),
        Row(
            "a yes that changes nothing",
            "lie",
            _all("1 contradicted, 2 confirmed", reprocess="2 confirmed, 1 accepted"),
            on=WRITES,
        ),
    ]


def _refusals() -> list[Row]:
    split = _all("1 refused, 2 confirmed", reprocess="3 refused", **UNREAD)
    doubt = _all("3 unknown", **UNREAD)
    return [
        *(
            Row(f"{status} because of one lead", "status", split, settings={"status": status}, every=True)
            for status in (403, 413, 422)
        ),
        *(
            Row(f"{status} because of one lead", "status", doubt, settings={"status": status}, every=True)
            for status in (400, 404, 405, 409, 410, 423, 499)
        ),
        *(
            Row(
                f"{status}, and the effect comes later",
                "status",
                _all(SEEN),
                on=WRITES,
                also="later",
                settings={"status": status, "when": "after", "seconds": 0.02},
            )
            for status in (400, 404, 409, 422, 423, 499)
        ),
        Row("413, too many leads", "", _all(SEEN, reprocess="3 refused"), on=(*WRITES, CHECK), own={"max_ids": 2}),
    ]


def _logins() -> list[Row]:
    return [
        Row("token ends, renewal works", "token_ends", _all(SEEN)),
        Row("token ends, renewal fails", "login_ends", _all("3 not_sent"), own={}),
        Row("password expires", "password_expires", _all("3 refused", **UNREAD), own={}),
    ]


def _others() -> list[Row]:
    return [
        Row("changed by others between plan and send", "meddle", _all("3 skipped"), on=WRITES, strikes=READ),
        Row("changed by others just before it is applied", "meddle", _all(SEEN, deliver="3 refused", undeliver="3 refused"), on=WRITES),
        Row("changed by others just after it was applied", "meddle", _all(SEEN, flag="3 contradicted"), on=WRITES, settings={"when": "after"}),
        Row("pages shift while read", "arrive", _all(SEEN), on=WRITES, strikes=READ, own={"id_filter": False}),
    ]  # fmt: skip


ROWS: tuple[Row, ...] = (*_network(), *_limits(), *_failures(), *_rows(), *_refusals(), *_logins(), *_others())
CELLS: tuple[tuple[Row, str], ...] = tuple((row, call) for row in ROWS for call in row.on)
