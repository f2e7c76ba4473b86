"""The doctor: what of the service is as the dialect says. Only reads, a dozen requests, nothing personal in what it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from cvtr_widgets.actions.catalogue import FLAGS
from cvtr_widgets.errors import CvtrError, NotFound, ServiceError
from cvtr_widgets.frames.field_map import delivery_of, id_of, status_of, unknown_of, unknown_words
from cvtr_widgets.models import NOT_SENT, Choice, Diagnosis, Identity, LeadId, Record

if TYPE_CHECKING:
    from cvtr_widgets.api.auth import Login
    from cvtr_widgets.api.pages import Page
    from cvtr_widgets.dialect.model import Dialect, EntryRow

CLOCK = 60.0
"""Seconds by which the clocks may differ: more would put ranges of dates and the end of tokens wrong."""
PAGE_SIZE = 25
EXPECTED = ("id", "created", "campaign", "status", "reason", "comment", "delivery", "processr_status", "processing_counter")
"""Fields without which actions cannot be planned or proven."""
KNOWN_FIELDS = frozenset({
    "@id", "@type", "@context", "id", "publisherSubId", "channel", "formHash", "createdTs", "updatedTs", "firstDeliveredTs",
    "postcode", "addressLine1", "addressLine2", "addressLine3", "addressLine4", "title", "firstName", "lastName", "email",
    "telephone", "dob", "sex", "photo", "host", "ip", "landingPageUrl", "optIn", "doubleOptIn", "integration", "overAllocation",
    "visible", "processrStatus", "score", "maxScore", "hardfail", "processingCounter", "suppressionList", "imported",
    "emailHash", "fingerprint", "baseCurrencyPublisherPayout", "publisherPayout", "baseCurrencyAdvertiserPayout",
    "advertiserPayout", "publisherBillable", "advertiserBillable", "leadData", "leadNotes", "campaign", "qaResult",
})  # fmt: skip
"""Keys of lead records that published pages show."""
AGAIN = "Run the doctor again. If that does not help, ask the admin."
NEEDED_FIELDS = ("id", "created", "campaign", "status", "reason")
"""Fields without which no flag can be planned or proven."""
LEARN = "See docs/connect.md: name the place in the dialect, or let `cvtr-widgets learn` find it."


class _Examined(Protocol):
    """A client as the doctor knows it; see ``Convertr`` for each member."""

    @property
    def origin(self) -> str: ...
    @property
    def auth(self) -> Login: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def clock_offset(self) -> float | None: ...
    @property
    def dialect(self) -> Dialect: ...
    def usage(self) -> tuple[int, int]: ...
    def offered_filters(self) -> frozenset[str]: ...
    def first_page(self, size: int) -> Page: ...
    def flag_reasons(self, kind: str) -> list[Choice]: ...
    def reason_categories(self) -> list[Choice]: ...
    def campaigns(self) -> list[Record]: ...
    def integrations(self, campaign_id: int) -> list[Choice]: ...
    def statistics(self) -> Record: ...
    def is_delivered(self, ids: Sequence[LeadId]) -> dict[LeadId, bool | None]: ...
    def evidence(self) -> list[EntryRow]: ...


def examine(client: _Examined) -> list[Diagnosis]:
    """Every check, in order. A check that fails is a line, too; nothing is raised for what the service does."""
    lines: list[Diagnosis] = []
    for check, work in CHECKS:
        try:
            lines += work(client)
        except CvtrError as error:
            lines.append(Diagnosis(check, "missing", _without_numbers(error), AGAIN))
    return lines


def _without_numbers(error: CvtrError) -> str:
    """What failed, without the path (it may hold an id) and without the service's own words."""
    status = error.status if isinstance(error, ServiceError) else None
    return type(error).__name__ + (f", answered {status}" if status is not None else "")


def _reached(client: _Examined) -> Iterator[Diagnosis]:
    secure = client.origin.startswith("https://")
    found = "the name resolves; TLS works" if secure else "on this machine, without TLS"
    yield Diagnosis("connection", "ok", found)
    came = f", from {client.auth.source}" if client.auth.source else ""
    yield Diagnosis("login", "ok", f"logged in ({client.auth.way}{came})")
    if client.identity.user_id is None:
        yield Diagnosis(
            "user", "missing", "the service does not say whose login this is",
            "What was run or proven with one token is not offered with another. See the dialect: user.own."
            if client.auth.way == "token" else "See the dialect: auth.token.user_id.",
        )  # fmt: skip
    life = client.auth.life
    if life is None:
        yield Diagnosis(
            "token", "differs", "when it expires is not known", "When the service stops taking it, copy a new one and connect."
        )
    else:
        renewal = "it can be renewed" if client.auth.renewable else "it cannot be renewed: the password is used again"
        yield Diagnosis("token", "ok", f"ends in {max(0, life) / 60:.0f} min; {renewal}")
    offset = client.clock_offset
    if offset is None:
        yield Diagnosis("clock", "missing", "answers carry no Date header", "Nothing to do; times are this machine's.")
    elif abs(offset) > CLOCK:
        yield Diagnosis(
            "clock", "differs", f"the service's clock is {offset:+.0f} s from this machine's", "Set this machine's clock."
        )
    else:
        yield Diagnosis("clock", "ok", "within a minute of this machine")


def _account(client: _Examined) -> Iterator[Diagnosis]:
    who = client.identity
    if who.role == "role not known":
        advice = "Nothing depends on it; to have it shown, name the place in the dialect: user."
        yield Diagnosis("role", "missing", "the account's record cannot be read", advice)
    else:
        yield Diagnosis("role", "ok", who.role)
    if who.may_delete is None:
        yield Diagnosis("right to delete", "missing", "not told", "If Delete is refused, ask an admin for the right.")
    else:
        yield Diagnosis("right to delete", "ok", "yes" if who.may_delete else "no")
    if who.masked:
        yield Diagnosis("masked data", "differs", "this account sees masked data", "Names and e-mails will be masked.")
    elif who.masked is None:
        advice = "Names and e-mails are masked, to be safe. If this account may see them: LeadSession(client, masked=False)."
        yield Diagnosis("masked data", "missing", "the service does not say whether this account sees masked data", advice)


def _filters(client: _Examined) -> Iterator[Diagnosis]:
    offered = client.offered_filters()
    slower = "Leads with given ids are then read by campaign and date, or one by one: slower, but as reliable."
    if not offered:
        yield Diagnosis("filters offered", "missing", "the service lists none", slower)
        return
    d = client.dialect
    for part in ("filters", "orders"):
        for name in d.entry(part):
            key = d.value(part, name)
            what = f"{part.removesuffix('s')}: {name.replace('_', ' ')}"
            here = "They are put in order here instead." if part == "orders" else "It is filtered here instead."
            advice = slower if (part, name) == ("filters", "ids") else here
            if not key:
                yield Diagnosis(what, "missing", "the dialect names none", advice)
            elif key in offered:
                yield Diagnosis(what, "ok", key)
            else:
                yield Diagnosis(what, "missing", f"{key} is not offered", f"{advice} See the dialect if it has another name.")


def _page(client: _Examined) -> Iterator[Diagnosis]:
    page = client.first_page(PAGE_SIZE)
    total = page.total
    if total is None:
        yield Diagnosis(
            "total", "missing", "lists name no total", "Completeness cannot be checked; see the dialect: paging.total."
        )
    else:
        yield Diagnosis("total", "ok", "lists name their total")
    there = len(page.records)
    short = there < PAGE_SIZE and (total is None or there < min(PAGE_SIZE, total))
    if there > PAGE_SIZE or short:
        advice = "See the dialect: paging.size and paging.largest."
        yield Diagnosis("page size", "differs", f"{PAGE_SIZE} asked, {there} came", advice)
    else:
        yield Diagnosis(
            "page size", "ok", f"{PAGE_SIZE} asked, {there} came" + (" (there are no more)" if there < PAGE_SIZE else "")
        )
    if not page.records:
        yield Diagnosis("lead fields", "missing", "there are no leads to look at", "Run the doctor again when there are.")
        return
    yield from _fields(client, page.records)


def _fields(client: _Examined, records: list[Record]) -> Iterator[Diagnosis]:
    fields = client.dialect.lead
    for name, places in fields.places.items():
        sent = sum(fields.read(r, name) is not NOT_SENT for r in records)
        what = f"field: {name.replace('_', ' ')}"
        unknown = _unknown(client, name, records)
        if unknown:
            yield Diagnosis(what, "differs", unknown[0], LEARN)
        elif sent == len(records):
            yield Diagnosis(what, "ok", f"at {', '.join(places)}")
        elif sent:
            yield Diagnosis(what, "differs", f"sent for {sent} of {len(records)} leads", "Empty where it is not sent.")
        else:
            advice = LEARN if name in EXPECTED else ""
            yield Diagnosis(what, "missing", f"not at {', '.join(places)}" if places else "the dialect names no place", advice)
    keys = {key for record in records for key in record if isinstance(key, str)}
    # Only what looks like a name of a field: it can hold nothing of a lead.
    new = sorted(key for key in keys - KNOWN_FIELDS - fields.roots() if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{1,40}", key))
    if new:
        yield Diagnosis("new fields", "differs", ", ".join(new[:30]), "One of them may hold what is missing above.")


def _unknown(client: _Examined, name: str, records: list[Record]) -> list[str]:
    """What to say of words that nobody here understands, where the field is the status or the delivery."""
    if name not in {"status", "delivery"}:
        return []
    read = status_of if name == "status" else delivery_of
    words = Counter(w for r in records if (w := unknown_of(name, read(client.dialect.lead.read(r, name)))) is not None)
    return unknown_words(name, words, "cannot be judged by it")


def _lists(client: _Examined) -> Iterator[Diagnosis]:
    def count(what: str, read: Callable[[], int], advice: str) -> Diagnosis:
        try:
            found = read()
        except ServiceError as error:
            return Diagnosis(what, "missing", _without_numbers(error), advice)
        return Diagnosis(what, "ok" if found else "missing", f"{found} listed", "" if found else advice)

    for kind in FLAGS:
        mine = lambda kind=kind: len(client.flag_reasons(kind))  # noqa: E731  # the one thing that differs
        yield count(f"reasons: {kind}", mine, "Reasons can be given in your own words; see the dialect: lists.")
    yield count("reason categories", lambda: len(client.reason_categories()), "Returned cannot be used without one.")
    campaigns = client.campaigns()
    yield count("campaigns", lambda: len(campaigns), "Ask an admin which campaigns this account may see.")
    first = next((lead_id for c in campaigns if (lead_id := id_of(c.get("id", c.get("@id")))) is not None), None)
    if first is not None:
        yield count("integrations of one campaign", lambda: len(client.integrations(first)), "Valid then sends to none.")
    try:
        client.statistics()
    except ServiceError as error:
        yield Diagnosis("statistics", "missing", _without_numbers(error), "Only the listing page's totals need it.")
    else:
        yield Diagnosis("statistics", "ok", "readable")


def _delivery_check(client: _Examined) -> Iterator[Diagnosis]:
    page = client.first_page(PAGE_SIZE)
    wanted_id = next((wanted_id for r in page.records if (wanted_id := client.dialect.lead.lead_id(r)) is not None), None)
    if wanted_id is None:
        return
    advice = "Delivered and Undelivered need it or a delivery field. " + LEARN
    try:
        said = client.is_delivered([wanted_id])
    except NotFound:
        yield Diagnosis("delivery check", "missing", "there is no such call", advice)
        return
    if said.get(wanted_id) is None:
        yield Diagnosis("delivery check", "differs", "its answer is not understood", advice)
    else:
        yield Diagnosis("delivery check", "ok", "answers for one lead")


def _writes(client: _Examined) -> Iterator[Diagnosis]:
    who, rows = client.identity, client.evidence()
    for call in client.dialect.calls:
        kind = {"flag": "Valid, Invalid, Test", "metadata": "Other"}.get(call, call.capitalize())
        if call == "is_delivered":
            continue
        mine = [row.evidence for row in rows if row.entry.startswith(f"calls.{call}.")]
        open_ = [evidence for evidence in mine if not evidence.tried_at(who.origin, who.account)]
        if who.sandbox or not open_:
            yield Diagnosis(f"action: {kind}", "ok", "proven here" if not who.sandbox else "the sandbox")
        else:
            advice = "Its first write goes to one lead only (the canary), and is read back."
            yield Diagnosis(f"action: {kind}", "differs", f"{len(open_)} entries not proven here", advice)


def _limiter(client: _Examined) -> Iterator[Diagnosis]:
    used, allowed = client.usage()
    found = f"{used:,} of {allowed:,} used from this machine"
    if used < allowed * 0.8:
        yield Diagnosis("request limit", "ok", found)
    else:
        yield Diagnosis("request limit", "differs", found, "Wait five minutes before a large read or run.")


CHECKS: tuple[tuple[str, Callable[[_Examined], Iterator[Diagnosis]]], ...] = (
    ("connection", _reached),
    ("account", _account),
    ("filters offered", _filters),
    ("leads", _page),
    ("lists", _lists),
    ("delivery check", _delivery_check),
    ("actions", _writes),
    ("request limit", _limiter),
)


def as_text(lines: list[Diagnosis]) -> str:
    """The lines as text to be read or sent to support."""
    width = max((len(line.check) for line in lines), default=0)
    out = []
    for line in lines:
        out.append(f"{line.state:<8} {line.check:<{width}}  {line.found}")
        if line.advice and line.state != "ok":
            out.append(f"{'':<8} {'':<{width}}  -> {line.advice}")
    counts = {state: sum(line.state == state for line in lines) for state in ("ok", "differs", "missing")}
    out.append(f"{counts['ok']} ok, {counts['differs']} differ, {counts['missing']} missing.")
    return "\n".join(out)


def essential(line: Diagnosis) -> bool:
    """Whether a line says that something is missing without which actions cannot be planned or proven."""
    needed = {"connection", "login", "leads", "lists", *(f"field: {n.replace('_', ' ')}" for n in NEEDED_FIELDS)}
    return line.state == "missing" and line.check in needed
