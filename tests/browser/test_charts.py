"""Charts in JupyterLab with the network cut off: drawn in both themes, picked by mark, row, brush and key; nothing saved."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.lab import shut_off
from tests.browser.test_accessibility import JUDGED, faults
from tests.browser.test_saved import TOGGLE
from tests.runs.conftest import until

pytestmark = pytest.mark.kept_page
SETUP = """
from datetime import UTC, datetime
import cvtr_widgets as cvtr
from cvtr_widgets.insight import charts
sandbox = cvtr.Sandbox(story="bad_month", leads=2_000, seed=2, now=datetime(2026, 11, 20, 12, tzinfo=UTC))
client = sandbox.connect()
leads = cvtr.LeadSession(client, progress=False).pull()
days = charts.over_time(leads, zone="UTC"); shares = charts.breakdown(leads)
why = charts.reasons(leads); funnel = charts.funnel(leads, "sub_id"); early = leads.date < leads.date.median()
"""
TABLE = "cvtr.insight.table(cvtr.insight.breakdown(leads, 'sub_id'), 'Leads by sub-id')"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture
def shown(notebook, page):
    asked = shut_off(page)
    opened = notebook(
        [SETUP, "days", "shares", "why", "funnel", "charts.compare(leads[~early], leads[early])", "charts.money(leads)", TABLE]
    )
    expect(page.locator(".cvtr-chart[data-drawn=true]")).to_have_count(6)
    expect(page.locator(".cvtr-live-table[data-live=true]")).to_have_count(7)
    return opened, asked


def saved_sizes(saved):
    """Bytes that each widget shown takes in a file saved with its widget state: its cell's outputs, its model, and all that it names."""
    models = saved["metadata"]["widgets"][STATE]["state"]
    found = []
    for cell in saved["cells"]:
        for output in cell.get("outputs", []):
            if VIEW in output.get("data", {}):
                model = models[output["data"][VIEW]["model_id"]]
                others = [
                    models[v.removeprefix("IPY_MODEL_")] for v in model["state"].values() if str(v).startswith("IPY_MODEL_")
                ]
                found.append(len(json.dumps([output, model, others])))
    return found


def test_charts_are_drawn_and_picked_without_a_network_and_leave_nothing_in_the_file(shown, page, screenshot):
    opened, asked = shown
    chart = page.locator(".cvtr-chart")
    # A row of the table, by keyboard.
    shares = chart.nth(1)
    button = shares.locator("tbody button").first
    button.focus()
    page.keyboard.press("Enter")
    name = button.text_content()
    wanted = opened.kernel_eval(f"int((leads.lead_generator == {name!r}).sum())")
    expect(shares.locator(".cvtr-chart-said")).to_have_text(f"{wanted:,} leads picked.")
    assert opened.kernel_eval("len(shares.picked)") == wanted
    # A mark, by mouse.
    bar = chart.nth(2).locator("g.mark-rect.role-mark path").first
    bar.click()
    expect(chart.nth(2).locator(".cvtr-chart-said")).to_contain_text("picked")
    assert opened.kernel_eval("why.picked in {why.leads_of(publisher=r['publisher'], reason=r['reason']) for r in why.records()}")
    point = chart.nth(3).locator("g.mark-symbol.role-mark path").first
    point.scroll_into_view_if_needed()
    point.click()
    expect(chart.nth(3).locator(".cvtr-chart-said")).to_contain_text("picked")
    # A brush over days.
    days = chart.nth(0)
    days.scroll_into_view_if_needed()
    box = days.locator("g.mark-rect.role-mark.marks").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] - 20
    page.mouse.move(box["x"] + box["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=6)
    page.mouse.up()
    # On a busy machine the mouse rests on its way, and what is brushed by then is picked, too.
    until(lambda: opened.kernel_eval("0.2 * len(leads) < len(days.picked) < 0.6 * len(leads)"))
    expect(days.locator(".cvtr-chart-said")).to_contain_text("picked")
    screenshot("charts-light")
    assert [url for url in asked if "vega" in url or "jsdelivr" in url or "unpkg" in url] == []
    opened._finish(TOGGLE)
    try:
        saved = opened.save()
    finally:
        opened._finish(TOGGLE)
    text = json.dumps(saved)
    fields = opened.kernel_eval(
        "[str(v) for name in ('email', 'telephone', 'last_name', 'sub_id') for v in leads[name].dropna()]"
    )
    assert not [one for one in set(fields) if f'"{one}"' in text or ("@" in one and one in text)]
    sizes = saved_sizes(saved)
    assert len(sizes) == 7
    assert max(sizes) < 50_000, sizes
    follow_the_theme_and_are_accessible(opened, page, screenshot)


def follow_the_theme_and_are_accessible(opened, page, screenshot):
    """Of the charts that are shown already: to draw them all again would take longer than to judge them."""
    opened.theme("dark")
    try:
        label = page.locator(".cvtr-chart").first.locator(".role-axis-label text").first
        expect(label).to_have_attribute("fill", "#e0e0e0")
        page.locator(".cvtr-chart").nth(3).scroll_into_view_if_needed()
        screenshot("charts-dark")
    finally:
        opened.theme("light")
    # Axe judges the colours of no text in a drawing, nor of what the notebook has scrolled away; those of Look are judged below.
    found = [
        one
        for part in (".cvtr-chart", ".cvtr-frame-table")
        for one in Axe().run(page, context=part, options=JUDGED).response["violations"]
    ]
    assert [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in found] == []


LOOK = """
from datetime import UTC, datetime
import cvtr_widgets as cvtr
sandbox = cvtr.Sandbox(story="bad_month", leads=2_000, seed=2, now=datetime(2026, 11, 20, 12, tzinfo=UTC))
client = sandbox.connect()
leads = cvtr.LeadSession(client, progress=False).pull()
look = cvtr.LookPanel(leads)
"""


def test_the_look_panel_goes_from_a_finding_to_its_leads(notebook, page, screenshot):
    opened = notebook([LOOK, "look"])
    look = page.locator(".cvtr-look")
    look.get_by_role("button", name="Ask").click()
    first = look.locator(".cvtr-look-finding").first
    expect(first).to_be_visible()
    screenshot("look-findings")
    first.get_by_role("button", name=re.compile("^Select ")).click()
    expect(look.locator(".cvtr-look-state")).to_contain_text("leads selected")
    assert opened.kernel_eval("look.picked == look.findings[0].leads")
    assert faults(page, ".cvtr-look") == []
    look.get_by_label("Question").select_option("funnel")
    look.get_by_label("by", exact=True).select_option("sub_id")
    look.get_by_role("button", name="Ask").click()
    expect(look.locator(".cvtr-chart[data-drawn=true]")).to_be_visible()
    look.locator("tbody button").first.click()
    expect(look.locator(".cvtr-look-state")).to_contain_text("leads selected")
    screenshot("look-funnel")
