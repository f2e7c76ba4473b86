"""How another Convertr might name things: the sandbox then answers in those words and no others.

Written from the service's side. It shares nothing with the client's dialects, so that neither checks itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

IdForm = Literal["integer", "text", "iri", "comma"]
Shape = Literal["rows", "map", "lists", "one", "none"]


@dataclass(frozen=True)
class CallProfile:
    """One of the writes (or the delivery check) in other words.

    ``native``: which of the sandbox's own calls it is. ``path``: below the base; ``{lead}`` and ``{flag}`` are filled by the
    caller. ``ids``: the key of the leads (dots nest; empty: in the path); ``id_as`` their form, ``wrapped`` the key of the
    object that each id is in; ``one``: the call takes one lead. ``most``: leads a call. ``keys``: own key -> key spoken.
    ``words``: own key -> word spoken -> own value. ``reason_as``: how listed reasons and categories are named. ``demands``:
    keys that must hold this very value. ``answer`` and ``names``: what comes back, and what its parts are called (``leads id
    status message delivered accepted rejected``); ``said``: own word -> word spoken. ``status``: of a yes. ``queued``: it is
    put off as a job.
    """

    native: str
    path: str
    method: str = "POST"
    form: bool = False
    ids: str = "leads"
    id_as: IdForm = "integer"
    wrapped: str = ""
    one: bool = False
    most: int | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    reason_as: Literal["id", "digits", "iri", "name"] = "id"
    demands: Mapping[str, Any] = field(default_factory=dict)
    answer: Shape = "rows"
    names: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[Any, Any] = field(default_factory=dict)
    status: int = 200
    queued: bool = False


@dataclass(frozen=True)
class ServiceProfile:
    """A whole service. ``base``: where its resources are. ``resources``, ``query``, ``lead``: own name -> name spoken (dots
    nest in ``lead``; an empty name: not sent). ``lead_words``: own key -> own value -> value spoken. ``rows``: the same as
    ``lead`` for other resources. ``members``, ``total``: where lists keep rows and count. ``enriched``: the ending that lists
    filters (empty: none does). ``login`` is its path, ``token`` where its answer keeps the token. ``jobs``: path of queued jobs, ``job``: names of
    their parts (``job`` in the first answer, ``state`` and ``result`` in the job, ``done`` the word).
    """

    name: str
    calls: tuple[CallProfile, ...]
    base: str = "/api/v4"
    resources: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    members: str = "hydra:member"
    total: str = "hydra:totalItems"
    lead: Mapping[str, str] = field(default_factory=dict)
    lead_words: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    enriched: str = ".jsonld"
    login: str = "/api/login"
    token: str = "access_token"  # noqa: S105  a place
    jobs: str = "jobs"
    job: Mapping[str, str] = field(default_factory=lambda: {"job": "job", "state": "state", "result": "result", "done": "done"})


def put(table: dict[str, Any], dotted: str, value: Any) -> None:
    """Set a value at a dotted key."""
    *path, last = dotted.split(".")
    for key in path:
        table = table.setdefault(key, {})
    table[last] = value


def taken(table: dict[str, Any], dotted: str) -> Any:
    """Take a value out of a dotted key, and tables that are empty then; None if there is none."""
    first, _, rest = dotted.partition(".")
    if not rest:
        return table.pop(first, None)
    inner = table.get(first)
    if not isinstance(inner, dict):
        return None
    value = taken(inner, rest)
    # Emptied tables go, too: what is left over at the end is what the caller should not have sent.
    if not inner:
        del table[first]
    return value
