"""What a mishap makes of an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response

from cvtr_widgets.sandbox.answers import as_error
from cvtr_widgets.sandbox.faults.faults import Mishap

EXTRA = 1_000_000
HUGE = 70_000_000
CUT_HEADER = "X-Cut"
"""Marks an answer that is never sent: the connection is closed instead."""
_START = b'{"@context": "/api/v4/contexts/Lead", "@id": "/api/v4/leads", "hydra:member": [{"@id": "/api/v'
ALTERING = frozenset({"drop_ids", "extra_ids", "reorder_ids", "double_ids", "two_records"})


def altered(rows: list[dict[str, Any]], struck: Sequence[Mishap]) -> list[dict[str, Any]]:
    """The rows of an answer (each with its ``id``) as a confused service would send them."""
    for mishap in struck:
        if mishap.do == "drop_ids":
            rows = [r for r in rows if r["id"] != mishap.lead] if mishap.lead is not None else rows[: len(rows) // 2]
        elif mishap.do == "extra_ids":
            rows = [*rows, *({**r, "id": r["id"] + EXTRA} for r in rows)]
        elif mishap.do == "reorder_ids":
            rows = rows[::-1]
        elif mishap.do == "double_ids":
            rows = [r for row in rows for r in (row, row)]
        elif mishap.do == "two_records":
            rows = [r for row in rows for r in (row, row | {"currentStatus": "Test"} if "currentStatus" in row else row)]
    return rows


def spoiled(struck: Sequence[Mishap], whole: Callable[[], Response], hold: Callable[[float], object]) -> Response:
    """The answer with its mishaps. ``whole`` carries the call out; a mishap ``before`` may keep it from being carried out.
    ``hold`` lets seconds pass.
    """
    for mishap in struck:
        if mishap.when == "before":
            early = _instead(mishap, None, hold)
            if early is not None:
                return early
    answer = whole()
    for mishap in struck:
        if mishap.when == "after":
            answer = _instead(mishap, answer, hold) or answer
    return answer


def _instead(mishap: Mishap, answer: Response | None, hold: Callable[[float], object]) -> Response | None:
    """What is sent instead, or None. ``slow`` only takes its time."""
    if mishap.do == "slow":
        hold(mishap.seconds)
    if mishap.do == "cut_json":
        # Cut before the call is carried out, there is no answer yet: a beginning that looks like one is sent.
        text = _START if answer is None else answer.get_data()
        return Response(text[: max(1, len(text) // 2)], 200, mimetype="application/ld+json")
    if mishap.do == "huge":
        text = b"{}" if answer is None else answer.get_data()
        # Blanks are valid JSON: only a client that limits what it reads is safe from it.
        return Response(text + b" " * HUGE, 200, mimetype="application/ld+json")
    made = _INSTEAD.get(mishap.do)
    return None if made is None else made(mishap)


def _status(mishap: Mishap) -> Response:
    plain = mishap.status in {401, 429}
    response = (
        Response(mishap.text, mishap.status, mimetype="text/plain") if plain else as_error(mishap.status, mishap.text, "leads")
    )
    if mishap.retry_after is not None:
        response.headers["Retry-After"] = mishap.retry_after
    return response


_INSTEAD: dict[str, Callable[[Mishap], Response]] = {
    "status": _status,
    "html": lambda _: Response("<!doctype html><title>Maintenance</title><p>We are back soon.</p>", 200, mimetype="text/html"),
    "empty": lambda _: Response("", 200, mimetype="application/json"),
    "wrong_charset": lambda _: Response('{"leads": [], "note": "Zürich"}'.encode("latin-1"), 200, mimetype="application/json"),
    "reset": lambda _: Response("", 200, {CUT_HEADER: "1"}),
    "redirect": lambda m: Response("", 302, {"Location": m.location}),
}
