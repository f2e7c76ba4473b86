"""``Convertr``: one account at one enterprise. Gives plain records; useful without any widget or frame."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, tzinfo
from typing import Any
from urllib.parse import urlsplit

from cvtr_widgets import settings
from cvtr_widgets.api import doctor, write_bodies
from cvtr_widgets.api.ask_unseen import ask_unseen
from cvtr_widgets.api.auth import Auth, Credentials, Login
from cvtr_widgets.api.cancel_token import never
from cvtr_widgets.api.json_reader import Reader
from cvtr_widgets.api.lead_listing import LeadFilter, LeadLists, Listing, in_order, moment, wanted_id, wanted_text
from cvtr_widgets.api.lead_reader import LeadReading, Tick
from cvtr_widgets.api.limits.rate_limiter import RateLimiter
from cvtr_widgets.api.limits.shared_permits import allowance_folder
from cvtr_widgets.api.origin import checked_origin, is_loopback
from cvtr_widgets.api.pages import Page, Pages
from cvtr_widgets.api.records import leads_of
from cvtr_widgets.api.service_lists import Catalog
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.api.transport import FailedRequest, Timeouts, Transport, failure_error, status_error
from cvtr_widgets.api.write_calls import WriteCalls
from cvtr_widgets.api.write_gate import WriteGate
from cvtr_widgets.arguments import checked_calls
from cvtr_widgets.dialect.default import Dialect, default_dialect
from cvtr_widgets.dialect.model import EntryRow
from cvtr_widgets.errors import (
    ArgumentError,
    CredentialsError,
    CvtrError,
    LiveWritesRefused,
    LoginRefused,
    NotAllowed,
    NotFound,
    RequestRefused,
    ServiceError,
)
from cvtr_widgets.frames.field_map import FieldMap
from cvtr_widgets.models import (
    INT64_MAX,
    Action,
    ActionKind,
    Choice,
    Diagnosis,
    Identity,
    Lead,
    LeadId,
    LeadState,
    ReadCost,
    Record,
    Signature,
    Stopped,
)
from cvtr_widgets.request_limits import ALLOWED_PAGES, Limits
from cvtr_widgets.selection.lead_id import lead_id_of, lead_ids_of

SPARE = 4


@checked_calls
class Convertr:
    """One account at one enterprise. Made by ``cvtr.connect()`` or ``Sandbox.connect()``; a with-block closes it.

    Reading returns plain records (dicts as the service sends them). The client changes no lead: only a plan and a run do that,
    with ``LeadSession`` or ``LeadPanel``, because only they keep the promises of this package.
    """

    def __init__(
        self,
        origin: str,
        enterprise: str,
        credentials: Credentials,
        *,
        dialect: Dialect | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        zone: tzinfo | None = None,
        ask_code: Callable[[str], str] = ask_unseen,
        allow_expired: bool = False,
        first_wait: float = 0.25,
        tell: Callable[[str], None] = lambda _words: None,
    ) -> None:
        """Log in. ``tell`` hears of it where the request limit makes that wait for more than a second."""
        origin = checked_origin(origin)
        self._tell = tell
        self.dialect = dialect or default_dialect()
        self.zone = zone or settings.zone()
        self._limits = limits or settings.limits()
        self._limiter = RateLimiter(self._limits, folder=allowance_folder(origin))
        self._transport = Transport(origin, self._limiter, timeouts=timeouts)
        self._auth = Auth(self._transport, self.dialect, credentials, ask_code)
        self._reader = Reader(self._transport, self._auth, self.dialect, first_wait=first_wait)
        places = self._limits.in_flight
        # More threads than places: while some decode what has come, the places are all in use. The rate limiter keeps the limit.
        self._pool = ThreadPoolExecutor(places + SPARE, thread_name_prefix="cvtr-read")
        page = min(self._limits.page, int(self.dialect.value("paging", "largest")))
        self.catalog = Catalog(self._reader, self._pool)
        self._lists = LeadLists(self._reader, self._pool, self.catalog, size=page, at_once=places)
        self._reading = LeadReading(self._reader, self._pool, self._lists, size=page, at_once=places)
        self._lock = threading.Lock()
        self._enterprise = enterprise
        wait = self._limiter.waiting()
        if wait > 1:
            tell(f"The request limit is used up. The login waits for it: {wait:.0f} s or more.")
        try:
            _ = self._auth.token_even_if_expired() if allow_expired else self._auth.token()
        except BaseException:
            self.close()  # nobody else can: there is no client to close
            raise
        try:
            self._identity = self._read_identity()
        except BaseException:
            self.close()
            raise
        # Last, because what may be written depends on who this is and whether it is the sandbox.
        self._write_gate = WriteGate(self._identity, self.dialect)
        self._writing = WriteCalls(self._transport, self._auth, self._reader, self._pool, self._write_gate, self._limits)

    def __reduce__(self) -> Any:
        """Raises ArgumentError: it holds connections, locks and a login, which no copy of it would share."""
        raise ArgumentError(
            f"A {type(self).__name__} cannot be copied or pickled. Make one where it is needed: cvtr.connect(...)."
        )

    def __repr__(self) -> str:
        kind = "sandbox" if self._identity.sandbox else "live"
        return f"<Convertr {self._enterprise} ({kind}), {self._identity.role}>"

    def __enter__(self) -> Convertr:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. The token is forgotten with the object; the service offers no log-out."""
        if hasattr(self, "_writing"):  # not yet, where the login failed
            self._writing.close()
        # Not waited for: a read in one of its threads may wait minutes for the limit. It ends when its connection is closed.
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._transport.close()
        self._limiter.close()

    # -- who and how much ---------------------------------------------------------------------------------------------

    @property
    def identity(self) -> Identity:
        """Enterprise, user, role, rights, and whether this is the sandbox."""
        return self._identity

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._limits

    @property
    def dialect_hash(self) -> str:
        """Changes with any entry of the dialect."""
        return self.dialect.hash

    @property
    def fields(self) -> FieldMap:
        """Where this service keeps each lead field."""
        return self.dialect.lead

    def usage(self) -> tuple[int, int]:
        """Requests used by this user's kernels here in the past window, and how many are allowed. Colleagues' are not seen."""
        return self._limiter.used(), self._limits.requests

    @property
    def limit_note(self) -> str:
        """A sentence if the limit cannot be shared with this user's other kernels; else empty."""
        return self._limiter.note

    def latency(self, *, since: float | None = None) -> float | None:
        """Seconds that a request takes, as measured lately: the slower of reads and writes. None if there was no request yet.
        ``since``: by requests that began after that moment (of ``time.monotonic``), if there are any.
        """
        found = [took for write in (False, True) if (took := self._transport.latency(write=write, since=since)) is not None]
        return max(found, default=None)

    def waiting(self) -> float:
        """Seconds until the limits let the next request go out."""
        return self._limiter.waiting()

    # -- what the service is like -------------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        """``scheme://host``, the one place that sees the token."""
        return self._transport.origin

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which the service's clock is ahead of this machine's; None if its answers carry no date."""
        return self._transport.clock_offset

    @property
    def auth(self) -> Login:
        """How it is logged in: ``way``, ``source``, ``life`` (seconds), ``renewable``, ``password_expired``. Holds no token."""
        return self._auth.as_login()

    def offered_filters(self) -> frozenset[str]:
        """Query keys of filters and orders that the service lists for leads."""
        return self._lists.offered()

    def first_page(self, size: int) -> Page:
        """The first page of all leads, as it comes."""
        return Pages(self._reader, self._pool, "leads", size=size).first()

    def evidence(self) -> list[EntryRow]:
        """Every entry of the dialect with its source, including what this session has proven."""
        return self._write_gate.rows()

    def doctor(self) -> list[Diagnosis]:
        """Check whether the service is as the dialect says. Only reads. See ``api/doctor.py``."""
        return doctor.examine(self)

    def _read_identity(self) -> Identity:
        user_id = self._auth.user_id
        role, may_delete, masked = "role not known", None, None
        found = self._record_of_token() if self._auth.way == "token" else self._own_record(user_id)
        if found is not None:
            d = self.dialect
            word = d.read(found, "user", "role")
            if isinstance(word, str):
                role = str(d.value("user", "roles").get(word, "")) or self._transport.gate.said(word, most=60) or role
            may_delete, masked = (
                right if isinstance(right := d.read(found, "user", name), bool) else None for name in ("may_delete", "masked")
            )
        # Only our own look-alike says that it is one, and it is only believed from this machine.
        origin = self._transport.origin
        sandbox = self._auth.sandbox and is_loopback((urlsplit(origin).hostname or "").lower())
        return Identity(
            self._enterprise, self._auth.user_id, self._auth.username, role, sandbox, may_delete, masked,
            self._auth.world if sandbox else "", origin, self._auth.account(origin),
        )  # fmt: skip

    def _own_record(self, user_id: int | None) -> Record | None:
        """The account's own record. Where it is, is a guess of the dialect, and nothing but rights and masking depends on it."""
        if user_id is None or self._auth.password_expired:
            return None
        try:
            found = self._reader.get(str(self.dialect.value("user", "path")).format(user_id=user_id))
        except ServiceError:
            return None
        return found if isinstance(found, dict) else None

    def _record_of_token(self) -> Record | None:
        """Whose the token is, where the service tells; and a first use of it, so that a wrong one does not connect.

        Raises:
            LoginRefused: it is not accepted. ServiceError: the service cannot be asked, so that nothing is known of it.
        """
        found: Any = None
        try:
            answer = self._reader.answer(str(self.dialect.value("user", "own")))
            self._auth.note_world(answer)
            found = decode(answer.body)
        except LoginRefused:
            raise
        except (ServiceError, ValueError):
            with suppress(NotAllowed):  # it was let in, then
                self.first_page(1)
        user_id = found.get("id") if isinstance(found, dict) else None
        if isinstance(user_id, bool) or not isinstance(user_id, int) or not 0 < user_id <= INT64_MAX:
            return None
        name = found.get("username")
        self._auth.belongs_to(user_id, name if isinstance(name, str) else "")
        return dict(found)

    def check_password(self, password: str | None = None) -> None:
        """Ask the service, by one login, whether a password is this account's; asked for without echo if not given. It is not
        kept, and after a refusal not tried again.

        Raises:
            LoginRefused: it is not. CredentialsError: there is none (a token), or nothing was typed. ServiceError: the service
            could not be asked.
        """
        self._auth.check_password(ask_unseen("Password: ") if password is None else password)

    def change_password(self, current: str | None = None, new: str | None = None) -> None:
        """Change the password; asked for without echo if not given. The enterprise's password policy applies.

        Raises:
            CredentialsError: nothing was typed. ServiceError: refused, with the service's words.
        """
        current = current if current is not None else ask_unseen("Current password: ")
        new = new if new is not None else ask_unseen("New password: ")
        if not current or not new:
            raise CredentialsError("No password was typed, so nothing was sent. Type it, or pass current= and new=.")
        path = self._reader.url(f"users/{self._auth.user_id}/change-password")
        token = self._auth.token_even_if_expired()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        body = {"currentPassword": current, "newPassword": new}
        try:
            answer = self._transport.exchange("POST", path, headers=headers, body=body, write=True)
        except FailedRequest as failed:
            raise failure_error(failed, "POST", path) from None
        error = status_error(answer, "POST", path)
        if error is not None:
            raise error
        self._auth.replace_password(new)
        for words in self._auth.keep_new_password(new):
            self._tell(words)
        self._identity = self._read_identity()

    # -- reading leads ------------------------------------------------------------------------------------------------

    def listing(
        self,
        *,
        campaign: int | None = None,
        publisher: int | None = None,
        status: str | None = None,
        delivery: str | None = None,
        created_after: str | date | datetime | None = None,
        created_before: str | date | datetime | None = None,
        go_on: bool = False,
        cancelled: Stopped = never,
    ) -> Listing:
        """A listing in progress: iterate ``.pages()``; then ``.tally`` and ``.notes`` say how complete it is. A day given as
        ``created_before`` includes that day, in this client's zone. Over 300 requests raise ``ReadTooLarge`` unless ``go_on``.
        """
        after, before = moment(created_after, self.zone, end=False), moment(created_before, self.zone, end=True)
        in_order(after, before, self.zone)
        wanted = LeadFilter(
            wanted_id("campaign", campaign), wanted_id("publisher", publisher),
            wanted_text("status", status), wanted_text("delivery", delivery), after, before,
        )  # fmt: skip
        return self._lists.start(wanted, allow=None if go_on else ALLOWED_PAGES, cancelled=cancelled)

    def leads(self, **filters: Any) -> Iterator[Record]:
        """Records of leads, one after the other; the arguments are those of ``listing``."""
        for page in self.listing(**filters).pages():
            yield from page

    def lead(self, lead_id: LeadId) -> Record:
        """One lead's record.

        Raises:
            NotFound: it does not exist, or is not visible to this account.
        """
        lead_id = lead_id_of(lead_id)
        if found := self.fetch_records([lead_id]).get(lead_id):
            return found
        raise NotFound(f"Lead {lead_id} does not exist, or is not visible to you", advice="Check the id.")

    def fetch_records(
        self,
        ids: Sequence[LeadId],
        *,
        tick: Tick = lambda _n: None,
        cancelled: Stopped = never,
        gone: set[LeadId] | None = None,
    ) -> dict[LeadId, Record]:
        """Records of given leads, read now in the cheapest way that is proven; an absent id was not found. ``gone``: as for
        ``fetch``.
        """
        return self._reading.fetch(ids, lambda _ids, records: records, tick=tick, cancelled=cancelled, gone=gone)

    def lead_notes(self, lead_id: LeadId) -> list[Record]:
        """The notes of one lead: what happened to it, when, by whom."""
        return self.catalog.of_lead("lead-notes", lead_id)

    def lead_jobs(self, lead_id: LeadId) -> list[Record]:
        """The job results of one lead."""
        return self.catalog.of_lead("processr-job-leads", lead_id)

    # -- lists --------------------------------------------------------------------------------------------------------

    def campaigns(self) -> list[Record]:
        """All campaigns that this account sees."""
        return self.catalog.kept("campaigns")

    def publishers(self) -> list[Record]:
        """All publishers (Lead Generators)."""
        return self.catalog.kept("publishers")

    def advertisers(self) -> list[Record]:
        """All advertisers that this account sees."""
        return self.catalog.kept("advertisers")

    def channels(self) -> list[Record]:
        """All channels."""
        return self.catalog.kept("channels")

    def flag_reasons(self, kind: ActionKind | str) -> list[Choice]:
        """The listed reasons of ``"valid"``, ``"invalid"`` or ``"test"``."""
        return self.catalog.reasons(kind)

    def reason_categories(self) -> list[Choice]:
        """The reason categories for Returned."""
        return self.catalog.categories()

    def add_reason_category(self, name: str, *, confirm: bool = False) -> Choice:
        """Add a reason category. It can never be changed or deleted again, hence ``confirm=True``."""
        if not confirm:
            raise CvtrError("A category can never be changed or deleted again. Pass confirm=True to add it.")
        if not self._identity.sandbox:
            raise LiveWritesRefused(
                "Adding a category to a live enterprise is not possible from here: nobody has documented how, and it can never "
                "be taken back. Add it on the platform: Enterprise, Flag Reasons."
            )
        name = name.strip()
        if not name:
            raise RequestRefused("A category needs a name", advice="Give the text to show.")
        return self.catalog.added_category(self._reader.post_once("lead-flag-reason-categories", {"name": name}))

    def integrations(self, campaign_id: int) -> list[Choice]:
        """The integration jobs configured on a campaign."""
        return self.catalog.integrations(campaign_id)

    def statistics(self) -> Record:
        """The totals of the past 30 days."""
        return self.catalog.statistics()

    def statistics_over_time(
        self, after: str | date | datetime | None = None, before: str | date | datetime | None = None
    ) -> list[Record]:
        """Leads over time, one record per day, from all pages. ``client.catalog.notes("lead-statistics-chronologies")`` says
        what may be missing.

        Raises:
            RequestRefused: a date is not valid, or the range ends before it begins.
        """
        since, until = moment(after, self.zone, end=False), moment(before, self.zone, end=True)
        in_order(since, until, self.zone)
        return self.catalog.chronologies(since, until)

    # -- LeadReads --------------------------------------------------------------------------------------------------

    def fetch(
        self,
        ids: Sequence[LeadId],
        *,
        tick: Tick = lambda _n: None,
        cancelled: Stopped = never,
        gone: set[LeadId] | None = None,
    ) -> dict[LeadId, Lead]:
        """Leads as runs need them; an absent id was not found or is not visible. ``gone``, if given, collects
        the ids that the service itself reports as gone, in its own form, while another lead could be read.
        """
        ids = lead_ids_of(ids)  # before anything is asked for
        campaigns, publishers = (self.catalog.names(what, cancelled=cancelled) for what in ("campaigns", "publishers"))
        known: dict[tuple[Any, ...], LeadState] = {}

        def make(ids: Sequence[LeadId], records: Sequence[Record]) -> list[Lead]:
            return leads_of(records, ids, self.dialect.lead, campaigns, publishers, known)

        return self._reading.fetch(ids, make, tick=tick, cancelled=cancelled, gone=gone)

    def fetch_cost(self, ids: Sequence[LeadId], *, cancelled: Stopped = never) -> ReadCost:
        """What a ``fetch`` of these leads takes."""
        return self._reading.cost(ids, cancelled=cancelled)

    def is_delivered(
        self, ids: Sequence[LeadId], *, tick: Tick = lambda _n: None, cancelled: Stopped = never
    ) -> dict[LeadId, bool | None]:
        """The service's delivery check, in chunks; only ids that were asked about count."""
        return self._writing.is_delivered(ids, tick=tick, cancelled=cancelled)

    def chunk(self, action: Action) -> int:
        """Most leads that one write of this action takes here."""
        return self._writing.chunk(action)

    def at_rest(self, lead: Lead) -> bool | None:
        """Whether the lead's Processr status means that processing has ended; None if the service does not send it."""
        status = lead.processr_status
        return status in self.dialect.value("processr", "at_rest") if isinstance(status, (int, str)) else None

    def preview(self, action: Action, ids: Sequence[LeadId], signature: Signature | None = None) -> str:
        """The exact request that a run would send, as text without the token."""
        return f"{self._transport.origin}\n{self._writing.request(action, ids, signature).shown()}"

    def entries_used(self, action: Action) -> tuple[str, ...]:
        """The dialect's entries that a write of this action depends on."""
        return write_bodies.entries_used(self.dialect, action, signed=True)

    def unproven(self, action: Action) -> tuple[str, ...]:
        """Those of ``entries_used`` that no run has proven at this enterprise; none on the sandbox."""
        return self._write_gate.unproven(self.entries_used(action))
