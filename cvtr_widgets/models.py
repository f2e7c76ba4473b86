"""The values that travel between the layers. Standard library only; nothing here does anything to a lead."""

from __future__ import annotations

import enum
import hashlib
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from cvtr_widgets.redact import size_of
from cvtr_widgets.request_limits import Limits

LeadId: TypeAlias = int
INT64_MAX: Final = 2**63 - 1
"""The largest whole number in a column, and the largest id of the service."""
MAX_LEAD_ID: Final = INT64_MAX
STATUS_WORDS: Final = ("Valid", "Invalid", "Caution", "Test")
"""Current Status, as it is written everywhere here."""
DELIVERY_WORDS: Final = ("Delivered", "Not Delivered")
Record: TypeAlias = dict[str, Any]
"""One object of the service as it arrived (decoded JSON)."""
Stopped: TypeAlias = Callable[[], bool]
"""Whether the user wants to stop. It is asked again and again, and may change its mind."""


class Missing(enum.Enum):
    """The service does not send this field: it can prove nothing. Not the same as null."""

    NOT_SENT = "not sent"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOT_SENT"


NOT_SENT: Final = Missing.NOT_SENT
Text: TypeAlias = str | None | Missing
Flag: TypeAlias = bool | None | Missing


class HashedText(str):
    """A text of which only the hash is known: ``sha256:`` and 32 hexadecimal digits."""

    __slots__ = ()


def seal(text: str) -> HashedText:
    """The hash that stands for a text. Whoever has a guess of a short text can check it against this."""
    if isinstance(text, HashedText):
        return text
    return HashedText("sha256:" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32])


def alike(one: Any, other: Any) -> bool:
    """Whether two values are equal; a sealed text equals the text that it stands for."""
    if (isinstance(one, HashedText) and isinstance(other, str)) or (isinstance(other, HashedText) and isinstance(one, str)):
        return str(seal(one)) == str(seal(other))
    return bool(one == other)


class ActionKind(enum.StrEnum):
    """The eight things that can be done to leads."""

    VALID = "valid"
    INVALID = "invalid"
    TEST = "test"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    OTHER = "other"
    REPROCESS = "reprocess"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list that the service keeps (a reason, a category, an integration job)."""

    name: str
    id: int | None = None
    iri: str | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What to do to leads. Made by ``mark_invalid(...)`` and its seven sisters; completed when a plan is made.

    ``reason`` is a listed name or the user's own words; ``reason_choice`` is filled in by the plan when the service's
    list has it (None afterwards means: own words). ``integrations`` are ids of integration jobs (Valid only).
    """

    kind: ActionKind
    reason: str | None = None
    category: str | None = None
    comment: str | None = None
    integrations: tuple[int, ...] = ()
    reason_choice: Choice | None = None
    category_choice: Choice | None = None

    def __repr__(self) -> str:
        """Without words of the user's own: a listed reason and category by name, others by their length."""
        said = [str(self.kind)]
        for name, choice in (("reason", self.reason_choice), ("category", self.category_choice)):
            if (text := getattr(self, name)) is not None:
                said.append(f"{name}={size_of(text) if choice is None else repr(choice.name)}")
        said += [f"comment={size_of(self.comment)}"] if self.comment is not None else []
        said += [f"integrations={self.integrations}"] if self.integrations else []
        return f"Action({', '.join(said)})"


class Verdict(enum.StrEnum):
    """What a plan says of one lead."""

    WILL_CHANGE = "will_change"
    ALREADY_SO = "already_so"
    NOT_ELIGIBLE = "not_eligible"
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    CANNOT_TELL = "cannot_tell"

    @property
    def label(self) -> str:
        """The word for it on the screen, the same in every place."""
        return self.value.replace("_", " ")


class Outcome(enum.StrEnum):
    """What became of one lead in a run."""

    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    NOT_SENT = "not_sent"

    @property
    def label(self) -> str:
        """The word for it on the screen, the same in every place."""
        return self.value.replace("_", " ")

    @property
    def label_so_far(self) -> str:
        """The word while the run goes on: what may still be read back is not called unknown."""
        return "not settled yet" if self is Outcome.UNKNOWN else self.label


FAILED_OUTCOMES = (Outcome.CONTRADICTED, Outcome.UNKNOWN, Outcome.REFUSED, Outcome.NOT_SENT)
"""Of leads that are not known to have gone through."""


class Cause(enum.StrEnum):
    """How one write exchange ended, as far as the wire can tell. ``runs/write_retry.py`` says what follows from each."""

    ANSWERED = "answered"
    UNREADABLE = "unreadable"
    NOT_CONNECTED = "not_connected"
    LOST = "lost"
    TIMED_OUT = "timed_out"
    HELD = "held"
    LOGIN_ENDED = "login_ended"
    REDIRECTED = "redirected"


@dataclass(frozen=True, slots=True)
class LeadAnswer:
    """The service's word on one lead of a write: ``ok`` True, False or None (it named the lead and said neither)."""

    ok: bool | None
    detail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """Everything the wire can tell about one write. It judges nothing; ``runs/write_retry.py`` does.

    ``status`` is the HTTP status or None. ``per_lead`` is None when the answer names no leads. ``retry_after`` is in
    seconds. ``queued`` means that the service said it will do it later (202). ``refusal`` is the form of an error: ``field`` (a
    validation that names the field), ``error`` (the service's own error object), or empty (any other).
    """

    cause: Cause
    status: int | None = None
    per_lead: Mapping[LeadId, LeadAnswer] | None = None
    detail: str = field(default="", repr=False)
    retry_after: float | None = None
    queued: bool = False
    refusal: Literal["", "error", "field"] = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """A printed name under one plan. ``signed_at`` carries its zone; ``fingerprint`` is the plan's."""

    name: str = field(repr=False)
    meaning: str = field(repr=False)
    signed_at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a plan came from that was opened from a file: which login made and saved it (``account``, ``user_id``: as in
    ``Identity``, never a typed name), when, and why. ``fingerprint`` and ``made_at`` tell which plan it was; ``sent_back``: it
    came back with a remark, and is not to be run as it is.
    """

    fingerprint: str
    made_at: datetime
    account: str
    user_id: int | None
    saved_at: datetime
    why: str = field(default="", repr=False)
    sent_back: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose session this is. ``sandbox`` is True only for our own look-alike on this machine; ``world`` says which one, for
    two of them hold other leads under the same ids and users (empty for a live enterprise).

    ``origin`` (``https://acme.cvtr.io``) and ``account`` (``user:7``; ``token:...`` or ``name:...``, both hashes, where the
    service does not say which user) tell accounts apart: two are one only if both are equal. ``masked``: whether the
    platform shows this account masked data; None = the service does not say, which is treated as yes.
    """

    enterprise: str
    user_id: int | None
    username: str
    role: str
    sandbox: bool
    may_delete: bool | None = None
    masked: bool | None = None
    world: str = ""
    origin: str = ""
    account: str = ""


class LeadState(NamedTuple):
    """All that runs need to know of a lead but its id. Leads that stand alike share one: there are few, and many leads.

    A field is ``NOT_SENT`` when the service does not send it at all, None when it is sent empty. ``status`` is one of
    ``Valid Invalid Caution Test`` or the service's own word; ``delivery`` is ``Delivered`` or ``Not Delivered``.
    Payouts are in ``currency`` (None = not stated).
    """

    status: Text = NOT_SENT
    reason: Text = NOT_SENT
    category: Text = NOT_SENT
    comment: Text = NOT_SENT
    delivery: Text = NOT_SENT
    replacement: Text = NOT_SENT
    replacement_comment: Text = NOT_SENT
    processr_status: int | str | None | Missing = NOT_SENT
    processing_counter: int | None | Missing = NOT_SENT
    billable_for_publisher: Flag = NOT_SENT
    billable_for_advertiser: Flag = NOT_SENT
    publisher_payout: Decimal | None | Missing = NOT_SENT
    advertiser_payout: Decimal | None | Missing = NOT_SENT
    currency: str | None = None
    campaign_id: int | None = None
    campaign: str | None = None
    publisher: str | None = None
    publisher_id: int | None = None

    def __repr__(self) -> str:
        """Status and delivery; reasons and comments are words that somebody wrote."""
        said = ", ".join(f"{n}={v!r}" for n in ("status", "delivery") if (v := getattr(self, n)) is not NOT_SENT)
        return f"LeadState({said})"


def _of_state(name: str) -> Any:
    return property(operator.attrgetter(f"state.{name}"))


class Lead:
    """One lead as far as runs need to know it: its ``id`` and its ``state``, whose fields it has as its own. Holds nothing
    personal: ``person`` is a mark of eight digits that changes when the person behind the lead changes (empty = not known), and
    far too short to tell who that is. ``created``: when it came in, as the service or the frame says it. Neither counts when
    leads are compared.
    """

    __slots__ = ("created", "id", "person", "state")

    def __init__(self, id: LeadId, state: LeadState | None = None, person: str = "", **fields: Any) -> None:  # noqa: A002  the field's name
        """Of a state, or of the ``fields`` of one."""
        self.id = id
        self.person = person
        self.created: Any = None
        self.state = state or LeadState(**fields)

    def __repr__(self) -> str:
        """Its id, status and delivery."""
        return f"Lead({self.id}, {self.state!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lead) and (self.id, self.state) == (other.id, other.state)

    def __hash__(self) -> int:
        return hash((self.id, self.state))

    status: Text = _of_state("status")
    reason: Text = _of_state("reason")
    category: Text = _of_state("category")
    comment: Text = _of_state("comment")
    delivery: Text = _of_state("delivery")
    replacement: Text = _of_state("replacement")
    replacement_comment: Text = _of_state("replacement_comment")
    processr_status: int | str | None | Missing = _of_state("processr_status")
    processing_counter: int | None | Missing = _of_state("processing_counter")
    billable_for_publisher: Flag = _of_state("billable_for_publisher")
    billable_for_advertiser: Flag = _of_state("billable_for_advertiser")
    publisher_payout: Decimal | None | Missing = _of_state("publisher_payout")
    advertiser_payout: Decimal | None | Missing = _of_state("advertiser_payout")
    currency: str | None = _of_state("currency")
    campaign_id: int | None = _of_state("campaign_id")
    campaign: str | None = _of_state("campaign")
    publisher: str | None = _of_state("publisher")
    publisher_id: int | None = _of_state("publisher_id")


class RunState(enum.StrEnum):
    """Where a run is."""

    WAITING = "waiting"
    SENDING = "sending"
    PAUSED = "paused"
    READING_BACK = "reading back"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """One progress event. ``done`` and ``total`` count leads that the run sends, ``sent`` those whose write was answered, of
    which some may not be read back yet; ``out``: those and the ones in flight, which Cancel can no longer stop.
    ``seconds_left`` None = not known.
    """

    state: RunState
    done: int
    total: int
    rate: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    sent: int = 0
    out: int = 0


@dataclass(frozen=True, slots=True)
class ReadCost:
    """What reading a set of leads takes: ``requests`` and the ``way`` (``id filter``, ``campaign and date``, ``one by one``)."""

    requests: int
    way: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the doctor. ``state``: ``ok``, ``differs`` or ``missing``; ``advice`` is empty where there is nothing to do."""

    check: str
    state: Literal["ok", "differs", "missing"]
    found: str
    advice: str = ""


class LeadReads(Protocol):
    """What plans know of Convertr: it only reads. ``cancelled`` is also asked, a few times a second, while a request waits for
    the limit; a read then raises Cancelled and gives no part.
    """

    @property
    def identity(self) -> Identity:
        """Whose session this is."""
        ...

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        ...

    @property
    def dialect_hash(self) -> str:
        """Changes with any entry of the dialect."""
        ...

    def waiting(self) -> float:
        """Seconds until the limits let the next request go out."""
        ...

    def latency(self, *, since: float | None = ...) -> float | None:
        """Seconds that a request takes, as measured lately; None if none was made yet. ``since``: by requests that began
        after that moment (of ``time.monotonic``), if there are any.
        """
        ...

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which the service's clock is ahead of this machine's; None if its answers carry no date."""
        ...

    def usage(self) -> tuple[int, int]:
        """Requests used in the past window, and how many are allowed."""
        ...

    def chunk(self, action: Action) -> int:
        """Most leads that one write of this action takes; never more than ``limits.chunk``."""
        ...

    def fetch(
        self,
        ids: Sequence[LeadId],
        *,
        tick: Callable[[int], None] = ...,
        cancelled: Stopped = ...,
        gone: set[LeadId] | None = ...,
    ) -> dict[LeadId, Lead]:
        """Read leads afresh. An id that is absent was not found, or is not visible to this account. ``gone``, if given,
        collects the ids that the service itself reports as gone, in its own form, while another lead could be read.
        """
        ...

    def fetch_cost(self, ids: Sequence[LeadId], *, cancelled: Stopped = ...) -> ReadCost:
        """What a ``fetch`` of these leads takes."""
        ...

    def is_delivered(
        self, ids: Sequence[LeadId], *, tick: Callable[[int], None] = ..., cancelled: Stopped = ...
    ) -> dict[LeadId, bool | None]:
        """The service's delivery check. None or absent = it gave no usable answer for that lead."""
        ...

    def at_rest(self, lead: Lead) -> bool | None:
        """Whether the lead's Processr status says that processing has ended. None = the service does not tell."""
        ...


class LeadService(LeadReads, Protocol):
    """All that ``runs`` knows of Convertr: reading, and the one way to write."""

    def apply(
        self,
        action: Action,
        ids: Sequence[LeadId],
        *,
        signature: Signature | None,
        cancelled: Stopped = ...,
        held: Stopped = ...,
        leave: Stopped = ...,
    ) -> WriteAnswer:
        """Send one write once. Never raises for what the service or the network did. ``cancelled`` is asked while the limit
        makes it wait, ``held`` until it goes out; where one says so, nothing is sent. ``leave``: whether a queued write is not
        to be asked after any more.
        """
        ...


Origin: TypeAlias = Literal["ticked", "typed", "file", "matching", "frame", "list", "lead", "look"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """One piece of input that was not taken. ``where`` is a line or cell ("line 17"), ``text`` what stood there.

    ``leads``: how many leads it may stand for; a row of a table is one, a line of words as many as it has numbers but for dates,
    telephone numbers and the like. ``words``: it is such a line, and its numbers may be anything.
    """

    where: str
    text: str = field(repr=False)
    why: str = field(repr=False)
    leads: int = 1
    words: bool = False


def not_taken(rejected: Iterable[Rejected]) -> str:
    """How many leads these may stand for: ``3 leads``, ``up to 6 leads`` where lines of words are among them; empty for none."""
    found = list(rejected)
    number = sum(r.leads for r in found)
    most = "up to " if any(r.words and r.leads for r in found) else ""
    return f"{most}{number:,} lead{'' if number == 1 else 's'}" if number else ""


def ordered_unique(ids: Iterable[LeadId]) -> tuple[LeadId, ...]:
    """The ids in their first order, each once."""
    return tuple(dict.fromkeys(ids))
