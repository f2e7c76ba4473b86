"""The first write of an action at an enterprise that is not the sandbox: one lead, shown, asked, read back; then the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import Mishap, SandboxServer
from tests.browser.panel import PanelPage

pytestmark = pytest.mark.kept_page

CELL = """import os
os.environ["CVTR_SETTINGS"] = {settings!r}
import cvtr_widgets as cvtr
client = cvtr.connect("acme", "admin@sandbox.example", "sandbox-admin", url={url!r})
panel = cvtr.LeadPanel(client)
panel"""


@pytest.fixture
def live() -> Iterator[SandboxServer]:
    """A service that does not say that it is a sandbox."""
    with SandboxServer(leads=300, seed=3, pretend_live=True) as server:
        yield server


@pytest.fixture
def open_live(notebook, live, tmp_path):
    def make() -> PanelPage:
        cell = CELL.format(settings=str(tmp_path / "settings"), url=live.url)
        return PanelPage(notebook([cell], until=".cvtr-panel[data-step='1']"), live)

    return make


def to_the_plan(panel: PanelPage, ids, action, **fields) -> None:
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(len(ids))
    panel.next()
    panel.choose(action, **fields)
    panel.preview()
    panel(".cvtr-first").wait_for()


def agree(panel: PanelPage) -> None:
    for box in panel(".cvtr-first-agree").all():
        box.check()


def test_one_lead_first_and_then_the_rest(open_live, live, screenshot):
    ids = live.lead_ids(status="Caution")[:4]
    panel = open_live()
    expect(panel(".cvtr-head .cvtr-badge")).to_have_text("LIVE")
    to_the_plan(panel, ids, "invalid", reason="Duplicate", comment="twice")
    expect(panel(".cvtr-request")).to_contain_text("leads-bulk-flag")
    expect(panel(".cvtr-request")).not_to_contain_text("Bearer")
    expect(panel(".cvtr-run")).to_be_hidden()
    assert not any(live.effects(lead_id) for lead_id in ids)
    assert "Tick each sentence to agree to it." in panel.texts(".cvtr-first .cvtr-why li")
    agree(panel)
    screenshot("first-write")
    panel.press(".cvtr-first-send")
    panel(".cvtr-proven").wait_for()
    assert sum(1 for lead_id in ids if live.effects(lead_id)) == 1
    panel.run()
    assert panel.outcomes() == {"confirmed": 4}
    expect(panel(".cvtr-what")).to_have_text("This run: Invalid, reason Duplicate: 4 leads.")
    assert {live.lead(lead_id)["status"] for lead_id in ids} == {"Invalid"}
    assert [len(live.effects(lead_id)) for lead_id in ids] == [1, 1, 1, 1]
    # Proven once is proven: the next run of this action has no first write.
    panel.press(".cvtr-same-again")
    others = live.lead_ids(status="Caution")[:2]
    panel.type_ids(" ".join(map(str, others)))
    panel.selected(2)
    panel.next()
    panel.preview()
    expect(panel(".cvtr-first")).to_be_hidden()
    panel.run()
    assert panel.outcomes() == {"confirmed": 2}


def test_a_lead_that_is_not_as_intended_stops_everything(open_live, live):
    ids = live.lead_ids(status="Valid", delivery="Not Delivered")[:3]
    live.mishaps = [Mishap("leads-bulk-deliver", "lie")]
    panel = open_live()
    to_the_plan(panel, ids, "delivered")
    panel(".cvtr-signature").fill("Ana Example")
    agree(panel)
    panel.press(".cvtr-first-send")
    expect(panel(".cvtr-first .cvtr-alarm")).to_contain_text("contradicted")
    expect(panel(".cvtr-first")).to_contain_text("The rest was not sent.")
    expect(panel(".cvtr-run")).to_be_hidden()
    assert not any(live.effects(lead_id) for lead_id in ids)
