"""The Look section of the panel in JupyterLab, with the network cut off: from a question to selected leads, by mouse and by keys."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.lab import shut_off
from tests.browser.panel import PanelPage
from tests.browser.test_accessibility import CONTRAST_ALONE, SIDEWAYS, SQUEEZED, TALL, faults
from tests.browser.test_saved import TOGGLE
from tests.runs.conftest import until

pytestmark = pytest.mark.kept_page
CELL = """
from datetime import UTC, datetime
import cvtr_widgets as cvtr
sandbox = cvtr.Sandbox(story="bad_month", leads=2_000, seed=2, now=datetime(2026, 11, 20, 12, tzinfo=UTC))
client = sandbox.connect()
panel = cvtr.LeadPanel(client)
panel
"""
TITLES = {"breakdown": "^Share invalid by", "over_time": "^Leads by", "reasons": "^Reasons by", "funnel": "^Share Invalid by"}
PICKED = "sorted(panel.selection.ids)"


@pytest.fixture
def looking(notebook, page):
    asked = shut_off(page)
    panel = PanelPage(notebook([CELL], until=".cvtr-panel[data-step='1']"), None)
    panel(".cvtr-load").click()
    expect(panel(".cvtr-usage")).to_contain_text("leads as of")
    expect(panel(".cvtr-step-leads .cvtr-still .cvtr-working")).to_be_hidden()
    yield panel
    assert [url for url in asked if "vega" in url or "jsdelivr" in url or "unpkg" in url] == []


def ask(panel, question, by=""):
    panel(".cvtr-look [aria-label='Question']").select_option(question)
    if by:
        panel(".cvtr-look [aria-label='by']").select_option(by)
    panel(".cvtr-look-ask").click()
    if question == "findings":
        panel(".cvtr-look-finding").first.wait_for()
    else:
        expect(panel(".cvtr-chart-picture")).to_have_attribute("aria-label", re.compile(TITLES[question]))
        expect(panel(".cvtr-chart[data-drawn=true]")).to_be_visible()
        expect(panel(".cvtr-live-table[data-live=true]")).to_be_visible()


def test_from_a_question_to_the_selected_leads_and_back(looking, page, screenshot):
    panel, kernel = looking, looking.opened.kernel_eval
    assert panel(".cvtr-look").is_hidden()  # folded at the beginning
    panel(".cvtr-step-look .cvtr-step-open").click()
    ask(panel, "findings")
    screenshot("look-in-panel")
    panel(".cvtr-look-finding button").first.click()
    expect(panel(".cvtr-look-state")).to_contain_text("leads selected")
    assert kernel(f"{PICKED} == list(panel._state.look.findings[0].leads)")
    count = kernel("len(panel.selection.ids)")
    panel.selected(count)
    expect(panel(".cvtr-given, .cvtr-selection, .cvtr-step-leads").first).to_contain_text("from Look")
    assert set(panel.rows()) <= set(kernel(PICKED))  # only these are shown
    panel(".cvtr-look-undo").click()
    panel.selected(0)
    # The case file of a finding, which selects nothing.
    with page.expect_download() as case:
        panel(".cvtr-look-case").first.click()
    text = zipfile.ZipFile(case.value.path()).read("leads.csv").decode()
    assert [int(line) for line in text.split()[1:]] == kernel("list(panel._state.look.findings[0].leads)")
    panel.selected(0)
    # A period, brushed by mouse.
    ask(panel, "over_time", "day")
    box = panel(".cvtr-chart g.mark-rect.role-mark.marks").bounding_box()
    y = box["y"] + box["height"] - 20
    page.mouse.move(box["x"] + box["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=6)
    page.mouse.up()
    expect(panel(".cvtr-look-state")).to_contain_text("leads selected (Leads by day and status: date")

    def words():
        return panel(".cvtr-look-state").text_content()

    def as_said() -> bool:
        first, last = words().rpartition("date ")[2].rstrip(").").split(" to ")
        inside = f"(lambda d: (d >= '{first}') & (d <= '{last}'))(panel.leads.date.dt.tz_convert(panel.session.client.zone).dt.strftime('%Y-%m-%d'))"
        return kernel(f"{PICKED} == sorted(panel.leads.index[{inside}])")

    # On a busy machine the mouse rests on its way, and what is brushed by then is selected, too.
    until(as_said)
    brushed = words()
    # The same by keyboard: a period, then what is outside of a funnel, then a row of the table.
    panel(".cvtr-chart-tools select").first.select_option(index=2)
    panel(".cvtr-chart-tools button").first.focus()
    page.keyboard.press("Enter")
    expect(panel(".cvtr-look-state")).not_to_have_text(brushed)
    ask(panel, "funnel", "sub_id")
    panel(".cvtr-chart-tools button").first.focus()
    page.keyboard.press("Enter")
    expect(panel(".cvtr-look-state")).to_contain_text("above the 99.8 % line")
    assert kernel(f"{PICKED} == list(panel._state.look.chart.leads_outside('above the 99.8 % line'))")
    panel(".cvtr-chart-numbers tbody button").nth(1).focus()
    page.keyboard.press("Enter")
    expect(panel(".cvtr-look-state")).to_contain_text("sub_id")
    assert kernel("len(panel.selection.ids) == int(panel._state.look.chart.table.leads[1])")
    # Saved with its state, the notebook holds none of it.
    opened = panel.opened
    opened._finish(TOGGLE)
    try:
        text = json.dumps(opened.save())
    finally:
        opened._finish(TOGGLE)
    assert not [e for e in kernel("panel.leads.email.tolist()") if e in text]
    assert not [n for n in kernel("panel.leads.sub_id.dropna().unique().tolist()") if n in text]
    assert len(text) < 150_000


QUESTIONS = (("findings", ""), ("breakdown", "publisher"), ("over_time", "day"), ("reasons", "publisher"), ("funnel", "sub_id"))


IN_DARK = {"findings", "breakdown"}
"""A list of findings, and a chart with its table: the other charts have the same colours."""


def test_every_answer_in_both_themes_narrow_and_wide(looking, page, screenshot):
    panel = looking
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    panel.opened.width(1280, TALL)
    panel(".cvtr-step-look .cvtr-step-open").click()
    wrong = []
    for question, by in QUESTIONS:
        ask(panel, question, by)
        for theme in ("light", "dark") if question in IN_DARK else ("light",):
            panel.opened.theme(theme)
            for width in (320, 1280) if theme == "light" else (1280,):  # colours move nothing
                panel.opened.width(width, TALL)
                if question != "findings":
                    expect(panel(".cvtr-chart[data-drawn=true]")).to_be_visible()
                screenshot(f"look-{question}-{theme}-{width}", ".cvtr-step-look")
                sideways = panel.root.evaluate(SIDEWAYS)
                wrong += [(question, theme, width, sideways)] if sideways["panel"] > 0 or sideways["output"] > 0 else []
                wrong += [(question, theme, width, one) for one in panel.root.evaluate(SQUEEZED)]
            panel.opened.width(1280, TALL)
            options = {} if theme == "light" else CONTRAST_ALONE
            wrong += [(question, theme, *one) for one in faults(page, ".cvtr-step-look", **options)]
    assert wrong == []


def test_a_new_user_flags_what_look_has_found(looking, page):
    """From the panel as it opens to flagged leads with a reason: no word of documentation, and the clicks counted."""
    panel, clicks = looking, 1  # Load leads

    def press(selector):
        nonlocal clicks
        clicks += 1
        panel.press(selector)

    press(".cvtr-step-look .cvtr-step-open")
    press(".cvtr-look-ask")
    panel(".cvtr-look-finding").first.wait_for()
    finding = panel(".cvtr-look-finding").filter(has_text="duplicates · publisher").first
    sentence = finding.locator("div").first.text_content()
    finding.get_by_role("button", name=re.compile("^Select ")).click()
    expect(finding.locator(".cvtr-look-state")).to_contain_text("leads selected")  # said where the hand is
    clicks += 1
    wanted = panel.opened.kernel_eval("next(list(f.leads) for f in panel._state.look.findings if f.rule == 'duplicates')")
    panel.selected(len(wanted))
    panel.next()
    panel.choose("invalid", reason="Duplicate", comment=sentence[:200])
    panel.preview()
    panel.run()
    clicks += 6  # Next, the action, the reason, Preview, the tick box, and the last button; the comment is typed
    results = panel.opened.kernel_eval(
        "[sorted(panel.results.index.tolist()), panel.results[panel.results.outcome == 'confirmed'].after_status.unique().tolist()]"
    )
    assert results[0] == wanted
    assert results[1] == ["Invalid"]
    assert clicks <= 12
