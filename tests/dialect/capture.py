"""Drives the page of a service in a real browser, as a user would who shows each action once, and keeps the capture."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from cvtr_widgets.sandbox import SandboxServer

COMMENT, OWN_REASON, SIGNATURE = "learning comment", "learning reason", "Learning Signature"


def leads_for(server: SandboxServer) -> dict[str, int]:
    """A lead for each action."""
    delivered = server.lead_ids(status="Valid", delivery="Delivered")
    pending = server.lead_ids(status="Valid", delivery="Not Delivered")
    caution = [
        i for i in server.lead_ids(status="Caution") if server.lead(i)["reason"] is None and server.lead(i)["replacement"] is None
    ]
    invalid = [i for i in server.lead_ids(status="Invalid") if server.lead(i)["reason"] is None]
    names = ("valid", "returned", "own", "other")
    return {
        **dict(zip(names, caution, strict=False)), "test": invalid[0], "delivered": pending[0], "undelivered": delivered[0],
        "reprocess": delivered[1], "delete": invalid[1],
    }  # fmt: skip


def capture(browser: Browser, server: SandboxServer, path: Path, *, content: str = "embed") -> dict[str, int]:
    """Do every action once on the page and save the HAR; gives the leads used."""
    leads = leads_for(server)
    context = browser.new_context(record_har_path=path, record_har_content=content)
    page = context.new_page()
    page.goto(f"{server.url}/v2/leads")
    user, password, _ = server.users["admin"]
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.click("#login button")
    expect(page.locator("#said")).to_have_text("ready")
    for action, lead, values in steps(leads):
        save(page, action, lead, values)
    context.close()
    return leads


def steps(leads: dict[str, int]) -> list[tuple[str, int, dict[str, str]]]:
    return [
        ("valid", leads["valid"], {"reason": "Details verified", "comment": COMMENT, "jobs": "?"}),
        ("invalid", leads["returned"], {"reason": "Returned", "category": "No budget", "comment": COMMENT}),
        ("invalid", leads["own"], {"reason": OWN_REASON}),
        ("test", leads["test"], {"reason": "Test lead", "comment": COMMENT}),
        ("delivered", leads["delivered"], {"signature": SIGNATURE}),
        ("undelivered", leads["undelivered"], {"signature": SIGNATURE}),
        ("other", leads["other"], {"kind": "Replacement", "comment": COMMENT}),
        ("other", leads["other"], {"kind": "None"}),
        ("reprocess", leads["reprocess"], {}),
        ("delete", leads["delete"], {}),
    ]


def save(page: Page, action: str, lead: int, values: dict[str, str]) -> None:
    for name in ("reason", "comment", "jobs", "signature"):
        page.fill(f"[name={name}]", "")
    page.fill("[name=leads]", str(lead))
    page.locator("[name=leads]").blur()
    expect(page.locator("#said")).to_have_text("lead read")
    page.select_option("[name=action]", action)
    for name, value in values.items():
        if name in {"category", "kind"}:
            page.select_option(f"[name={name}]", value)
        else:
            page.fill(f"[name={name}]", page.locator("[name=jobs]").get_attribute("placeholder") if value == "?" else value)
    page.click("#manage button")
    expect(page.locator("#said")).to_have_text(re.compile(r"saved 2\d\d"))
