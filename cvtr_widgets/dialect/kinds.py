"""The kinds of entries that a dialect file has. Every entry is a table with its ``evidence``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cvtr_widgets.errors import DialectError
from cvtr_widgets.frames.field_map import getter

EVIDENCE = r"^(documented|inferred|seen \d{4}-\d\d-\d\d|(sent|verified) \d{4}-\d\d-\d\d \S+( \S+)?)$"


def _expression(text: str) -> str:
    try:
        getter((text,))
    except DialectError as error:
        raise ValueError(str(error).splitlines()[0].split(": ")[0]) from None
    return text


def _relative(text: str) -> str:
    if text.startswith(("/", "\\")) or "://" in text or ".." in text.split("/") or "?" in text or "#" in text:
        raise ValueError("give a path below base, such as leads-bulk-flag: no address, no leading /, no .., no ? or #")
    return text


def _absolute(text: str) -> str:
    if text and (not text.startswith("/") or text.startswith("//") or "\\" in text or ".." in text.split("/")):
        raise ValueError("give a path that begins with one /, such as /api/login")
    return text


Expression = Annotated[str, AfterValidator(_expression)]
Relative = Annotated[str, AfterValidator(_relative)]
Absolute = Annotated[str, AfterValidator(_absolute)]
Word = str | int | bool


class DialectTable(BaseModel):
    """A table of the file. Keys that are not named here are errors: a typing mistake must not pass in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DialectEntry(DialectTable):
    """One entry. ``evidence``: documented, inferred, ``seen 2026-11-24``, ``sent 2026-11-24 https://acme.cvtr.io user:7`` or
    ``verified ...``.
    """

    evidence: str = Field(default="inferred", pattern=EVIDENCE)


class TextEntry(DialectEntry):
    """A text."""

    value: str


class PathEntry(DialectEntry):
    """A path below ``base``. ``{lead}`` stands for the id of the lead, ``{flag}`` for the word of the flag."""

    value: Relative


class NumberEntry(DialectEntry):
    """A whole number from 1."""

    value: int = Field(ge=1)


class YesNoEntry(DialectEntry):
    """true or false."""

    value: bool


class MethodEntry(DialectEntry):
    """The HTTP method. GET only for the delivery check."""

    value: Literal["POST", "PUT", "PATCH", "DELETE", "GET"]


class FormatEntry(DialectEntry):
    """How the body is sent."""

    value: Literal["json", "form"]


class WordEntry(DialectEntry):
    """A word, number or true/false as the service wants it."""

    value: Word


class MapEntry(DialectEntry):
    """Words and what they stand for. Under ``[words]`` the service's word is on the left and ours on the right (``OK =
    "Valid"``; ``true = "Replacement"``, ``false = "None"``); in the ``words`` of a call ours is on the left, and what the service
    wants to be sent on the right (``valid = "OK"``).
    """

    value: dict[str, Word]


class FixedEntry(DialectEntry):
    """Keys (dots nest) and values that are always sent as they stand."""

    value: dict[str, Any]


class PlacesEntry(DialectEntry):
    """JMESPath expressions; the first place where a record holds something counts: null and empty text are passed over. An empty
    list: the service does not send it.
    """

    places: list[Expression]


class ValuesEntry(DialectEntry):
    """A list of words or numbers."""

    values: list[Word]


class StatusesEntry(DialectEntry):
    """HTTP statuses."""

    values: list[Annotated[int, Field(ge=200, le=299)]]


class KeyEntry(DialectEntry):
    """The name of a query key. Empty: the service does not have it."""

    key: str


class LoginEntry(DialectEntry):
    """The login: its path from the root, and what its fields are called."""

    path: Absolute
    format: Literal["form", "json"] = "form"
    username: str = "username"
    password: str = "password"  # noqa: S105  the name of a field
    mfa_token: str = "mfa_token"  # noqa: S105  the name of a field
    mfa_code: str = "mfa_code"


class RenewEntry(DialectEntry):
    """Renewing a token: its path from the root (empty: not possible, log in again), what is sent, and which values of the
    login's answer go back with it.
    """

    path: Absolute
    send: dict[str, str] = {"grant_type": "refresh_token"}
    keep: list[str] = ["client_id", "client_secret", "refresh_token"]


class TokenEntry(DialectEntry):
    """Where the login's answer holds the token, its life in seconds, the user's id, and whether the password has expired."""

    token: Expression = "access_token"  # noqa: S105  a place
    life: Expression = "expires_in"
    user_id: Expression = "user_id"
    password_expired: Expression = "password_expired"  # noqa: S105  a place
    mfa_token: Expression = "mfa_token"  # noqa: S105  a place


class MfaEntry(DialectEntry):
    """How an answer says that a second factor is wanted: the word ``value`` at ``place``."""

    value: str
    place: Expression = "error"


class SlotEntry(DialectEntry):
    """Where one value goes in a body.

    ``key``: its name; dots nest; empty: the call has no such value. ``as``: the form of an id (integer, digits, iri) or of a
    listed reason or category (id, digits, iri, name); text is digits for ids and name for the others. ``item``: each entry
    of a list is an object with this one key. ``list``: how a list is sent: ``array``; in forms ``repeat`` (the key again and
    again) or ``comma``. ``value``: what a confirmation sends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    key: str
    form: Literal["integer", "digits", "text", "iri", "id", "name"] = Field(default="text", alias="as")
    item: str = ""
    list: Literal["array", "repeat", "comma"] = "array"
    value: Word = True


class AnswerEntry(DialectEntry):
    """Where an answer's word on each lead stands.

    ``shape``: ``rows`` (``leads`` is a list of objects with ``id`` and ``status`` or ``delivered``), ``map`` (``leads`` is an
    object: id -> word, or id -> object with ``status``), ``lists`` (``accepted`` and ``rejected`` are lists of ids or of
    objects with ``id``), ``one`` (the answer is about the one lead that was asked), ``none`` (answers name no leads).
    """

    shape: Literal["rows", "map", "lists", "one", "none"] = "rows"
    leads: Expression = "leads"
    id: Expression = "id"
    status: Expression = "status"
    message: Expression = "message"
    delivered: Expression = "delivered"
    accepted: Expression = "accepted"
    rejected: Expression = "rejected"


class QueueEntry(DialectEntry):
    """Where to ask what became of a queued call. Empty ``path`` and ``link``: there is nowhere to ask.

    ``path`` is below ``base``, with ``{job}`` for what ``job`` finds in the answer; ``link`` finds an address of the same
    origin in the answer, ``header:location`` takes that header. ``state`` is the word on the job, ``done`` and ``failed`` the
    words that end the waiting. ``wait``: seconds at most.
    """

    path: Relative = ""
    job: Expression = "id"
    link: str = ""
    state: Expression = "status"
    done: list[Word] = ["done"]
    failed: list[Word] = ["failed"]
    wait: float = Field(default=30.0, gt=0, le=600)
