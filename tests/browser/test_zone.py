"""A browser in another time zone than the kernel: which days are meant is said where days are chosen and where they are read."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.kept_page


@pytest.fixture
def at(page):
    """Let the browser be in a time zone, while the test lasts."""
    session = page.context.new_cdp_session(page)
    yield lambda zone: session.send("Emulation.setTimezoneOverride", {"timezoneId": zone})
    session.send("Emulation.setTimezoneOverride", {"timezoneId": ""})
    session.detach()


@pytest.fixture
def far_panel(at, open_panel):
    at("Asia/Tokyo")
    panel = open_panel(cells=["import os\nos.environ['CVTR_TIMEZONE'] = 'Europe/London'", CELL])
    panel.load()
    return panel


CELL = "import cvtr_widgets as cvtr\nclient = cvtr.Sandbox().connect()\npanel = cvtr.LeadPanel(client)\npanel"


def test_a_zone_that_is_not_the_browsers_is_named_beside_the_days_with_the_menu_closed(far_panel, screenshot):
    panel = far_panel
    line = panel(".cvtr-elsewhere")
    expect(line).to_be_visible()
    expect(line).to_have_text("Days and times are in Europe/London time; your browser is in Asia/Tokyo.")
    head = panel(".cvtr-table th[data-column='date'] .cvtr-not-yours")
    expect(head).to_be_visible()
    panel.page.evaluate("window.jupyterapp.shell.collapseLeft()")
    for width in (1280, 420):
        panel.opened.width(width)
        panel.root.scroll_into_view_if_needed()
        right = panel.root.bounding_box()["x"] + panel.root.bounding_box()["width"]
        for one in (line, panel(".cvtr-load")):
            box = one.bounding_box()
            assert box["x"] + box["width"] <= right, f"it sticks out at {width} px"
        screenshot(f"zone-{width}")


def test_a_browser_in_the_kernels_zone_is_told_nothing_of_it(open_panel, at):
    at("Europe/London")
    panel = open_panel(cells=["import os\nos.environ['CVTR_TIMEZONE'] = 'Europe/London'", CELL])
    panel.load()
    expect(panel(".cvtr-elsewhere")).to_be_hidden()
    expect(panel(".cvtr-table th[data-column='date'] .cvtr-not-yours")).to_be_hidden()
