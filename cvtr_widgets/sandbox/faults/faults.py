"""Faults as data: what a service does on a bad day (``Mishap``), and what the network does (``NetworkFault``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Do = Literal[
    "status", "half", "html", "cut_json", "empty", "wrong_charset", "huge", "reset", "slow", "drop_ids", "extra_ids",
    "reorder_ids", "double_ids", "refuse_lead", "chunk_422_if_lead", "lie", "never", "later", "queue", "redirect", "token_ends",
    "login_ends", "password_expires", "meddle", "arrive", "two_records",
]  # fmt: skip
NetworkDo = Literal[
    "refuse", "reset_before_body", "reset_in_body", "reset_after_body", "reset_after_applying", "cut_answer", "late", "deaf",
    "trickle", "close_idle", "reset_when_reused", "clock", "small_total", "gateway",
]  # fmt: skip


@dataclass(frozen=True)
class Mishap:
    """One fault.

    ``call``: the last part of the path that is not an id (``"leads-bulk-flag"``; ``"leads"`` is the list and the single lead),
    or ``"*"``. ``do``: what happens. ``when``: before or after the service has applied the call; what spoils only the answer's
    rows (``drop_ids extra_ids reorder_ids double_ids two_records``, at the writes, the delivery check and the list of leads) or a lead's
    fate has no moment. ``nth``: only the nth such call (from 1), else every one, ``times`` at the most. ``lead``: the fault
    strikes only calls that name this lead (or a list that names none), and is about this lead alone where it is about leads.
    ``status`` and ``retry_after`` (text) for ``"status"``; ``seconds`` for ``"slow"``, ``"later"`` and ``"queue"``;
    ``location`` for ``"redirect"``; ``text`` is what the service says.

    ``lie``: says yes and does nothing. ``never``: 202, queued, and nothing ever comes of it. ``later``: says yes at once; the
    effect comes after ``seconds``. ``queue``: 202, and the effect comes after ``seconds``. ``half``: the first half of the
    leads, then ``status``. ``refuse_lead``: an error for that lead. ``chunk_422_if_lead``: nothing is applied when that lead
    is among the ids. ``reset``: the connection is closed without an answer. ``huge``: right, with 70 MB of spaces behind.
    ``token_ends``: all tokens end, renewing works. ``login_ends``: so does renewing, and the account is locked.
    ``password_expires``: from now on everything but changing it is refused. ``meddle``: a colleague flags the call's leads
    (``when`` before it or after it). ``two_records``: each lead of a list comes twice, the second time with the status Test.
    ``arrive``: three new leads come in after the call.
    """

    call: str
    do: Do
    when: Literal["before", "after"] = "before"
    nth: int | None = None
    times: int | None = None
    lead: int | None = None
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.5
    location: str = "https://elsewhere.example/"
    text: str = "made to fail"


@dataclass(frozen=True)
class NetworkFault:
    """One fault of the network between caller and service. ``call nth times lead`` as in ``Mishap``.

    ``refuse``: once this call is answered, nobody is let in for ``seconds``; what is connected stays so.
    ``reset_before_body``, ``reset_in_body``, ``reset_after_body``: the connection is reset when the head, half the body or
    all of it was taken; the service never hears of it. ``reset_after_applying``: the service has answered, nothing of that
    gets through. ``cut_answer``: half of it does. ``late``: the call is held up for ``seconds`` and carried out then, whether
    or not the caller still waits. ``deaf``: it is carried out at once and the answer never comes. ``trickle``: the answer
    comes at one byte per ``seconds``. ``close_idle``: closed in good order after the answer. ``reset_when_reused``: reset when
    the next request comes over the same connection. And a proxy on the way that changes answers: ``clock`` puts their Date
    ``seconds`` forward (or back), ``small_total`` makes the total of a list the number of rows on that page, ``gateway`` answers
    404 with a page of its own, whatever the service has said.
    """

    call: str
    do: NetworkDo
    nth: int | None = None
    times: int | None = None
    lead: int | None = None
    seconds: float = 1.0
