"""One platform has one limit, however its address is written and however one logs in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx

from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.request_limits import Limits
from cvtr_widgets.sandbox import SandboxServer


def test_no_more_than_nine_in_flight_by_two_names_and_two_logins(tmp_path, monkeypatch):
    monkeypatch.setenv("CVTR_SHARED", str(tmp_path))
    with SandboxServer(leads=60, seed=1) as server:
        user, password, _ = server.USERS["admin"]
        ways = []
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            answer = httpx.post(f"{url}/api/login", data={"username": user, "password": password}, trust_env=False)
            ways += [(url, Credentials(user, password)), (url, Credentials("", token=answer.json()["access_token"]))]
        clients = [Convertr(url, "acme", credentials, limits=Limits(in_flight=9)) for url, credentials in ways]
        server.latency = 0.02
        leads = server.lead_ids()[:10]
        with ThreadPoolExecutor(40) as pool:
            list(pool.map(lambda job: job[0].lead(job[1]), [(client, lead_id) for lead_id in leads for client in clients]))
        assert 5 < server.max_in_flight <= 9
        for client in clients:
            client.close()
