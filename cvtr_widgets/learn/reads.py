"""From the reading in a capture: base, paths, names of query keys, places in lists, the login."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cvtr_widgets.dialect.model import Dialect
from cvtr_widgets.learn.exchange import Exchange, leaves, number_in
from cvtr_widgets.learn.har import Capture
from cvtr_widgets.learn.known import FLAGS, KnownLists, rows_in
from cvtr_widgets.learn.write_requests import Table

KINDS = {"reasons": "lead_flag_reasons", "categories": "lead_flag_reason_categories", "jobs": "campaign_processr_jobs"}


def learn_reads(capture: Capture, known: KnownLists, dialect: Dialect) -> dict[str, Table]:
    """Entries about reading. ``base`` is a plain value in a table of its own, for the file to write as it is."""
    entries: dict[str, Table] = {}
    base = _base(known)
    if base is not None:
        prefix, leads = base
        if prefix != dialect.base:
            entries["base"] = {"value": prefix}
        entries["resources.leads"] = {"value": leads}
        for kind, resource in KINDS.items():
            for exchange in known.sources.get(kind, ())[:1]:
                if exchange.path.startswith(f"{prefix}/"):
                    entries[f"resources.{resource}"] = {"value": exchange.path.removeprefix(f"{prefix}/")}
        entries.update(_paging(known, f"{prefix}/{leads}", dialect))
    entries.update(_filters(known))
    if capture.login:
        entries["auth.login"] = {**_without_evidence(dialect.entry("auth", "login")), "path": capture.login}
        entries["auth.token"] = {**_without_evidence(dialect.entry("auth", "token")), "token": capture.token_place}
    return entries


def _without_evidence(table: Any) -> Table:
    return {k: v for k, v in dict(table).items() if k != "evidence"}


def _base(known: KnownLists) -> tuple[str, str] | None:
    """Base and path of the leads: what stands before the id of a lead that was read."""
    for exchange, _ in known.records:
        if exchange.segments and number_in(exchange.segments[-1]) in known.ids and len(exchange.segments) > 2:
            *prefix, leads, _own = exchange.segments
            return "/" + "/".join(prefix), leads
    return None


def _paging(known: KnownLists, path: str, dialect: Dialect) -> dict[str, Table]:
    """Names of page and size, and where rows and total are: of lists of leads, else of the small lists."""
    entries: dict[str, Table] = {}
    lists = [e for e in known.exchanges if e.method == "GET" and e.path == path and e.status == 200]
    small = [e for sources in known.sources.values() for e in sources]
    for exchange in lists[:1]:
        numbers = [(k, int(v)) for k, v in exchange.query if v.isdigit() and len(v) < 6]
        page = _key(numbers, str(dialect.value("paging", "page")), lambda k, v: k.lower() in {"p", "page"} and v < 1_000)
        left = [(k, v) for k, v in numbers if k != page]
        size = _key(left, str(dialect.value("paging", "size")), lambda _, v: 5 <= v <= 1_000)
        entries |= {f"paging.{n}": {"value": k} for n, k in (("page", page), ("size", size)) if k is not None}
    for exchange in [*lists, *small][:1]:
        members = [(place, rows) for place, rows in rows_in(exchange.got) if place != "@"]
        if members and not _holds(exchange.got, dialect.value("paging", "members")):
            entries["paging.members"] = {"places": [members[0][0]]}
        if members and not _holds(exchange.got, dialect.value("paging", "total")):
            count = len(members[0][1])
            totals = [p for p, v in leaves(exchange.got) if type(v) is int and v >= count and _last(p) in {"total", "count"}]
            totals = totals or [p for p, v in leaves(exchange.got) if type(v) is int and v >= count and "total" in p.lower()]
            entries["paging.total"] = {"places": totals[:1]}
    return entries


def _last(place: str) -> str:
    return place.rsplit(".", 1)[-1].lower()


def _key(numbers: Sequence[tuple[str, int]], default: str, fits: Any) -> str | None:
    if any(k == default for k, _ in numbers):
        return default
    return next((k for k, v in numbers if fits(k, v)), None)


def _holds(got: Any, places: Sequence[str]) -> bool:
    return any(place in places for place, _ in leaves(got))


def _filters(known: KnownLists) -> dict[str, Table]:
    entries: dict[str, Table] = {}

    def first(sources: Sequence[Exchange], fits: Any) -> str | None:
        return next((k for e in sources for k, v in e.query if fits(v)), None)

    reason = first(known.sources.get("reasons", ()), lambda v: v.lower() in FLAGS)
    job = first(known.sources.get("jobs", ()), lambda v: v.isdigit() and len(v) > 2)
    if reason is not None:
        entries["lists.reason_filter"] = {"value": reason}
    if job is not None:
        entries["lists.job_filter"] = {"value": job}
    return entries
