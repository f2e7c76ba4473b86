"""What the panel says of its own state: days and zones, decisions, what was entered, undo, and what a run came to."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.kept_page


def caution(sandbox, number):
    return sandbox.lead_ids(status="Caution")[:number]


def flag(panel, ids, action, **fields):
    panel.type_ids("\n".join(map(str, ids)))
    panel.selected(len(ids))
    panel.next()
    panel.choose(action, **fields)
    panel.preview()


def test_the_zone_of_the_days_is_named_and_a_half_typed_day_loads_nothing(open_panel, screenshot):
    panel = open_panel()
    expect(panel(".cvtr-zone")).to_contain_text("Days and times are in ")
    day = panel(".cvtr-filter-from")
    panel.page.locator(".cvtr-panel[data-step='1']:not(.cvtr-waiting)").first.wait_for()  # what comes last has come
    panel(".cvtr-filter-date").click()
    day.press("1")
    expect(panel(".cvtr-step-leads .cvtr-why").first).to_contain_text("From is not a complete day yet. Complete it, or clear it.")
    expect(panel(".cvtr-load")).to_have_attribute("aria-disabled", "true")
    screenshot("half-typed-day")
    day.fill("2020-01-01")
    panel.page.keyboard.press("Escape")
    expect(panel(".cvtr-filter-date")).to_contain_text("from 2020-01-01")
    panel.press(".cvtr-load")
    panel(".cvtr-table .cvtr-row-tick").first.wait_for()


def test_decisions_by_key_are_counted_and_lead_on(open_panel, sandbox, screenshot):
    panel = open_panel()
    panel.load(status="Caution")
    first = panel.rows()[0]
    panel(f".cvtr-table .cvtr-open[data-lead-id='{first}']").click()
    panel(".cvtr-decide-invalid").wait_for()
    panel(".cvtr-decide-invalid").click()
    expect(panel(".cvtr-decided")).to_contain_text("1 for Invalid")
    row = panel(f".cvtr-table tr[data-lead-id='{first}']")
    expect(row).to_have_attribute("data-mark", "invalid")  # the table shows what was decided, too
    expect(panel(".cvtr-table tr[data-mark]")).to_have_count(1)
    screenshot("decided")
    panel.press(".cvtr-use-decided-invalid")
    panel.step(2)
    expect(panel(".cvtr-action")).to_have_value("invalid")
    panel.choose("invalid", reason="Duplicate")
    panel.preview()
    expect(panel(".cvtr-warnings")).to_contain_text("This can’t be undone for 1 lead: now Caution, and no action sets that.")
    screenshot("cannot-be-undone")
    panel.run()
    expect(panel(".cvtr-sums")).to_contain_text("Current Status Caution → Invalid: 1 lead")
    expect(panel(".cvtr-decided")).to_be_hidden()
    panel.press(".cvtr-undo-run")
    expect(panel(".cvtr-undo-problem")).to_contain_text("Nothing of this run can be taken back.")
    screenshot("nothing-to-undo")
    panel.press(".cvtr-start-over")
    panel.step(1)
    panel.tick(panel.rows()[:1])
    panel.next()
    expect(panel(".cvtr-action")).to_have_value("")


def test_undo_has_a_way_back_to_the_results(open_panel, sandbox, screenshot):
    ids = [lead_id for lead_id in sandbox.lead_ids(status="Invalid") if sandbox.lead(lead_id)["reason"] == "Duplicate"][:2]
    panel = open_panel()
    flag(panel, ids, "test", reason="Test lead")
    panel.run(confirm=False)
    panel.press(".cvtr-undo-run")
    panel(".cvtr-takes-back").wait_for()
    screenshot("taking-back")
    panel.press(".cvtr-to-results")
    panel(".cvtr-results").wait_for()
    assert panel.outcomes() == {"confirmed": 2}


def test_what_an_undo_leaves_different_is_in_sight_where_it_is_carried_out_and_above_its_results(open_panel, sandbox, screenshot):
    flagged = [lead_id for lead_id in sandbox.lead_ids(status="Invalid") if sandbox.lead(lead_id)["reason"] == "Duplicate"][:30]
    panel = open_panel()
    flag(panel, [*flagged, *caution(sandbox, 2)], "test", reason="Test lead")
    panel.run(confirm=False)
    panel.press(".cvtr-undo-run")
    said = panel(".cvtr-undoes")
    expect(said).to_contain_text(f"for {len(flagged)} leads; 2 leads stay different (see above).")
    expect(said).to_be_in_viewport(ratio=1)
    screenshot("undo-plan")
    expect(panel(".cvtr-plan .cvtr-select-rest")).to_have_count(0)  # it would drop the plan
    panel.run()
    rest = panel(".cvtr-results .cvtr-rest:not([hidden])")
    expect(rest).to_have_count(1)
    expect(rest).to_contain_text("2 leads stay different: they were Caution, and no action sets that.")
    table = panel(".cvtr-results .cvtr-grid").bounding_box()
    assert rest.bounding_box()["y"] < table["y"]
    expect(rest).to_be_in_viewport(ratio=1)
    screenshot("undo-results")
    rest.get_by_role("button", name="Select these 2 leads").click()
    panel.selected(2)


def test_what_an_undo_from_step_1_cannot_restore_is_counted_at_its_button_and_can_be_selected(open_panel, sandbox, screenshot):
    panel = open_panel()
    flag(panel, caution(sandbox, 3), "test", reason="Test lead")
    panel.run(confirm=False)
    panel.press(".cvtr-start-over")
    panel.step(1)
    box = panel(".cvtr-past-undo-box")
    box.locator("summary").click()
    which = box.locator("select")
    run = which.locator("option", has_text="Test, reason Test lead: 3 leads sent")
    run.wait_for(state="attached")
    which.select_option(run.get_attribute("value"))
    panel.press(".cvtr-past-undo")
    rest = box.locator(".cvtr-rest")
    expect(rest).to_contain_text("3 leads stay different: they were Caution, and no action sets that.")
    panel.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for theme in ("light", "dark"):
        panel.opened.theme(theme)
        for width in (1280, 420):
            panel.opened.width(width)
            rest.scroll_into_view_if_needed()
            screenshot(f"past-undo-rest-{theme}-{width}")
    rest.get_by_role("button", name="Select these 3 leads").click()
    panel.selected(3)
    expect(rest).to_be_hidden()
