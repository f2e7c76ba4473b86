"""Answers as the service writes them."""

from __future__ import annotations

import json
from typing import Any

from flask import Response


def compact(value: Any) -> str:
    """JSON without spaces, as the services of this family write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_json(value: Any, status: int = 200) -> Response:
    """A JSON-LD answer; text is taken as JSON that is ready."""
    text = value if isinstance(value, str) else compact(value)
    return Response(text, status, mimetype="application/ld+json")


def as_error(status: int, text: str, where: str = "") -> Response:
    """The error object; with status 422 it names the field ``where``."""
    body: dict[str, Any] = {
        "@context": "/api/v4/contexts/Error", "@type": "hydra:Error", "hydra:title": "An error occurred", "hydra:description": text,
    }  # fmt: skip
    if status == 422:
        body["violations"] = [{"propertyPath": where, "message": text}]
    return as_json(body, status)


def password_expired() -> Response:
    """What everything but changing the password answers then."""
    problem = {
        "type": "https://tools.ietf.org/html/rfc2616#section-10",
        "title": "An error occurred",
        "detail": "Password expired",
    }
    return as_json(problem, 403)
