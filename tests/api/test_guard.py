"""The guard over the whole suite sees what it is there to see."""

from __future__ import annotations

import logging

import httpx

from tests.api.scripted import LOGIN, Reply, Scripted


def test_a_token_at_another_origin_is_seen(guard):
    first, second = Scripted(), Scripted()
    second.answers["POST", "/api/login"] = Reply(200, {**LOGIN, "access_token": "token-2"})
    try:
        token = httpx.post(f"{first.url}/api/login").json()["access_token"]
        httpx.get(f"{first.url}/api/v4/users/7", headers={"Authorization": f"Bearer {token}"})
        assert guard.problems == []
        httpx.get(f"{second.url}/api/v4/users/7", headers={"Authorization": f"Bearer {token}"})
        assert len(guard.problems) == 1
        assert second.url in guard.problems[0]
    finally:
        first.stop()
        second.stop()
        guard.problems.clear()


def test_a_secret_in_a_log_is_seen(guard):
    for text in ("mail to lead.160001@corp.example", "Authorization: Bearer abc", "password sandbox-admin"):
        logging.getLogger("anything").warning(text)
    assert len(guard.problems) == 3
    guard.problems.clear()
    logging.getLogger("anything").warning("GET /api/v4/leads?page=2 answered 200")
    assert guard.problems == []
