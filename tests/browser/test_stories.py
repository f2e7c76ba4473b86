"""What happens on real days: rights, runs cut short, other people, mistakes, reloads, busy kernels, faults."""

from __future__ import annotations

import io
import time

import openpyxl
import pandas as pd
import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import Mishap
from tests.browser.lab import PATIENCE, joined
from tests.browser.panel import CELL, PanelPage

ONE_BY_ONE = "import os\nos.environ.update(CVTR_CHUNK='1', CVTR_IN_FLIGHT='1')"


def caution(sandbox, number, role="admin"):
    return sandbox.lead_ids(role=role, status="Caution")[:number]


def changed(sandbox, ids):
    return {lead_id for lead_id in ids if sandbox.effects(lead_id)}


def prepare(panel, ids, action="other", **fields):
    """As far as the plan. The default action needs no confirmation."""
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(len(ids))
    panel.next()
    panel.choose(action, **(fields or {"reason": "Replacement"}))
    panel.preview()


def writes(sandbox):
    return [seen for seen in sandbox.requests if "leads-bulk" in seen.path]


def wait_until(panel, condition):
    """Wait for something that is not in the page."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        panel.page.wait_for_timeout(20)  # the browser's events go on meanwhile


def block_kernel(panel, name):
    """Run code, as a cell would, that goes on until ``release_kernel``."""
    code = f"from pathlib import Path\nimport time\nwhile not Path('{name}').exists(): time.sleep(0.02)"
    panel.page.evaluate(
        """code => {
            const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
            kernel.requestExecute({code, silent: true, store_history: false});
        }""",
        code,
    )


def release_kernel(panel, name):
    (panel.opened.path.parent / name).touch()


@pytest.mark.kept_page
def test_an_agency_user_sees_less_and_may_do_less(open_panel, sandbox):
    everyone, seen = sandbox.lead_ids(), sandbox.lead_ids(role="agency")
    others = [lead_id for lead_id in everyone if lead_id not in set(seen)]
    panel = open_panel(role="agency")
    expect(panel(".cvtr-head")).to_contain_text("agency@sandbox.example")
    panel.load()
    expect(panel(".cvtr-table .cvtr-where")).to_have_text(f"1–50 of {len(seen)}")
    panel(".cvtr-filter-campaign").click()
    options = panel(".cvtr-filter-campaign-menu label").all_inner_texts()
    assert {text.strip() for text in options} == {*sandbox.campaigns("agency").values()}
    panel.page.keyboard.press("Escape")

    panel.type_ids(f"{others[0]} {others[1]}")
    expect(panel(".cvtr-absent summary")).to_have_text("2 can’t be found: deleted, or not visible to you.")
    why = "None of the selected leads can be found: deleted, or not visible to you. Select others."
    assert panel.texts(".cvtr-step-leads .cvtr-foot .cvtr-why li") == [why]
    panel.type_ids(f"{others[0]} {seen[0]} {seen[1]}")
    expect(panel(".cvtr-absent summary")).to_contain_text("1 can’t be found")
    panel.next()
    assert "delete" not in [o.get_attribute("value") for o in panel(".cvtr-action option").all()]
    panel.root.get_by_text("This account has no right to delete leads.").wait_for()
    panel.choose("other", reason="Replacement")
    panel.preview()
    assert panel.texts(".cvtr-verdicts .cvtr-tile") == ["2 will change", "1 not found"]
    panel.run(confirm=False)
    assert panel.outcomes() == {"confirmed": 2, "skipped": 1}
    assert changed(sandbox, everyone) == set(seen[:2])


def read_export(panel, form, tmp_path):
    panel(".cvtr-export-format").select_option(form)
    with panel.page.expect_download() as coming:
        panel(".cvtr-export").click()
    path = tmp_path / coming.value.suggested_filename
    coming.value.save_as(path)
    expect(panel(".cvtr-download")).to_have_text(f"{path.name} was sent to the browser.")
    return path


@pytest.mark.kept_page
def test_a_run_cancelled_half_way_tells_of_each_lead_and_goes_on_with_the_rest(open_panel, sandbox, tmp_path):
    everyone = sandbox.lead_ids()
    ids = everyone[:20]
    panel = open_panel(cells=[ONE_BY_ONE, CELL.format(role="admin")])
    prepare(panel, ids)
    sandbox.latency = 0.4
    panel(".cvtr-run").dblclick()  # an impatient user
    panel(".cvtr-progress").wait_for()
    expect(panel(".cvtr-problem:visible")).to_have_count(0)
    wait_until(panel, lambda: len(writes(sandbox)) > 3)
    panel(".cvtr-cancel").click()
    panel(".cvtr-results").wait_for()
    sandbox.latency = 0.0
    found = panel.outcomes()
    done = changed(sandbox, everyone)
    assert found == {"confirmed": len(done), "not sent": 20 - len(done)}
    assert 0 < len(done) < 20
    assert done < set(ids)
    assert all(len(sandbox.effects(lead_id)) == 1 for lead_id in done)

    panel(".cvtr-outcome-filter [data-key='not_sent']").click()
    expect(panel(".cvtr-table-results .cvtr-where")).to_contain_text(f"of {20 - len(done)} matching, 20 loaded")
    shown = {int(row.get_attribute("data-lead-id")) for row in panel(".cvtr-grid-results tbody tr").all()}
    assert shown == set(ids) - done
    panel(".cvtr-outcome-filter [data-key='not_sent']").click()
    expect(panel(".cvtr-table-results .cvtr-where")).to_have_text("1–20 of 20")

    written = pd.read_csv(read_export(panel, "csv", tmp_path), encoding="utf-8-sig")
    assert sorted(written["lead_id"]) == sorted(ids)
    assert set(written.loc[written["outcome"] == "confirmed", "lead_id"]) == done
    assert set(written.loc[written["detail"].isna(), "lead_id"]) == done  # what went well hides nothing
    book = openpyxl.load_workbook(io.BytesIO(read_export(panel, "excel", tmp_path).read_bytes()))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    column = rows[0].index("lead_id")
    assert sorted(row[column] for row in rows[1:]) == sorted(ids)

    left = 20 - len(done)
    expect(panel(".cvtr-again")).to_have_text(f"Repeat for the {left} leads that were not sent")
    panel(".cvtr-again").click()
    panel.step(2)
    expect(panel(".cvtr-action")).to_have_value("other")
    panel.preview()
    assert panel.texts(".cvtr-verdicts .cvtr-tile") == [f"{left} will change"]
    panel.run(confirm=False)
    assert panel.outcomes() == {"confirmed": left}
    assert changed(sandbox, everyone) == set(ids)
    assert all(len(sandbox.effects(lead_id)) == 1 for lead_id in ids)


@pytest.mark.kept_page
def test_a_double_click_sends_once(open_panel, sandbox):
    ids = caution(sandbox, 3)
    panel = open_panel()
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(3)
    panel.next()
    panel.choose("reprocess")
    panel.preview()
    panel(".cvtr-confirm").check()
    panel(".cvtr-run:not(.cvtr-off)").dblclick()
    panel(".cvtr-results").wait_for()
    assert panel.outcomes() == {"confirmed": 3}
    assert len(writes(sandbox)) == 1
    assert all(len(sandbox.effects(lead_id)) == 1 for lead_id in ids)


@pytest.mark.kept_page
def test_a_lead_that_somebody_else_changed_is_held_back_and_what_changed_is_shown(open_panel, sandbox):
    ids = caution(sandbox, 3)
    panel = open_panel()
    panel.load(status="Caution")
    reason = next(iter(sandbox.reasons("test").values()))
    prepare(panel, ids, "test", reason=reason)
    sandbox.change(ids[1], status="Invalid", reason="Duplicate")
    panel.run(confirm=False)
    assert panel.outcomes() == {"confirmed": 2, "skipped": 1}
    row = panel(f".cvtr-grid-results tr[data-lead-id='{ids[1]}']").inner_text()
    assert "Caution" in row
    assert "Invalid" in row
    assert "changed" in row
    assert changed(sandbox, sandbox.lead_ids()) == {ids[0], ids[2]}
    assert sandbox.lead(ids[1])["status"] == "Invalid"
    panel(".cvtr-start-over").click()
    expect(panel(".cvtr-step-leads")).to_contain_text("A run has changed leads since these were read.")
    panel(".cvtr-refresh-now").click()
    expect(panel(".cvtr-step-leads")).not_to_contain_text("A run has changed leads since these were read.")


@pytest.mark.kept_page
def test_a_confirmation_lapses_with_any_change(open_panel, sandbox):
    ids = caution(sandbox, 3)
    panel = open_panel()
    prepare(panel, ids, "invalid", reason="Duplicate", comment="first")
    panel(".cvtr-confirm").check()
    expect(panel(".cvtr-run")).not_to_have_attribute("aria-disabled", "true")
    # the action changes
    panel.press(".cvtr-step-processing .cvtr-back")
    panel.step(2)
    panel(".cvtr-comment").fill("second")
    panel(".cvtr-step-processing .cvtr-step-open").click()
    panel.step(3)
    expect(panel(".cvtr-step-processing")).to_contain_text("The action has changed since this plan was made. Preview again.")
    expect(panel(".cvtr-run")).to_have_attribute("aria-disabled", "true")
    expect(panel(".cvtr-confirm")).not_to_be_checked()
    # even when it is changed back: what was confirmed was confirmed before
    panel.press(".cvtr-step-processing .cvtr-back")
    panel(".cvtr-comment").fill("first")
    panel(".cvtr-step-processing .cvtr-step-open").click()
    panel.step(3)
    expect(panel(".cvtr-step-processing")).not_to_contain_text("Preview again.")
    expect(panel(".cvtr-confirm")).not_to_be_checked()
    panel(".cvtr-confirm").check()
    expect(panel(".cvtr-run")).not_to_have_attribute("aria-disabled", "true")
    # the selection changes
    panel(".cvtr-step-leads .cvtr-step-open").click()
    panel.step(1)
    panel.box(ids[2]).click()
    panel.selected(2)
    panel(".cvtr-step-processing .cvtr-step-open").click()
    panel.step(3)
    expect(panel(".cvtr-step-processing")).to_contain_text("The selection has changed since this plan was made. Preview again.")
    expect(panel(".cvtr-confirm")).not_to_be_checked()
    panel(".cvtr-run").click(force=True)
    panel(".cvtr-preview-again").click()
    expect(panel(".cvtr-run")).to_have_text("Mark 2 leads as Invalid")
    expect(panel(".cvtr-confirm")).not_to_be_checked()
    panel.run()
    assert panel.outcomes() == {"confirmed": 2}
    assert changed(sandbox, sandbox.lead_ids()) == set(ids[:2])
    assert len(writes(sandbox)) == 1


@pytest.mark.kept_page
def test_start_over_and_reload_keep_what_should_be_kept(open_panel, sandbox, kernel_eval):
    ids = caution(sandbox, 2)
    panel = open_panel()
    panel.load(status="Caution")
    panel(".cvtr-search").fill("a")
    prepare(panel, ids, "test", reason="Test lead", comment="a comment that stays")
    plan = panel.texts(".cvtr-plan-line")
    panel.reload()
    panel.step(3)
    assert panel.texts(".cvtr-plan-line") == plan
    panel.press(".cvtr-step-processing .cvtr-back")
    panel.step(2)
    expect(panel(".cvtr-comment")).to_have_value("a comment that stays")
    expect(panel(".cvtr-reason")).to_have_value("listed:Test lead")
    panel.press(".cvtr-step-type .cvtr-back")
    panel.step(1)
    expect(panel(".cvtr-lead-ids")).to_have_value(" ".join(map(str, ids)))
    expect(panel(".cvtr-search")).to_have_value("a")
    expect(panel(".cvtr-filter-status .cvtr-menu-text")).to_have_text("Caution")
    panel.selected(2)
    panel(".cvtr-step-processing .cvtr-step-open").click()
    panel.run(confirm=False)
    panel.reload()
    panel(".cvtr-results").wait_for()
    assert panel.outcomes() == {"confirmed": 2}
    panel.press(".cvtr-same-again")
    panel.step(1)
    panel.selected(0)
    expect(panel(".cvtr-lead-ids")).to_have_value("")
    expect(panel(".cvtr-filter-status .cvtr-menu-text")).to_have_text("Caution")
    panel.tick(panel.rows()[:1])
    panel.next()
    expect(panel(".cvtr-action")).to_have_value("test")
    expect(panel(".cvtr-reason")).to_have_value("listed:Test lead")
    expect(panel(".cvtr-comment")).to_have_value("a comment that stays")
    assert kernel_eval("len(panel.selection)") == 1


@pytest.mark.kept_page
def test_two_panels_do_not_meddle_and_two_views_of_one_agree(open_panel, sandbox):
    ids = caution(sandbox, 4)
    first = open_panel(cells=[CELL.format(role="admin"), "panel", "other = cvtr.LeadPanel(client)\nother"])
    view, other = (PanelPage(first.opened, sandbox, place) for place in (1, 2))
    first.type_ids(f"{ids[0]} {ids[1]}")
    other.type_ids(f"{ids[2]}")
    first.selected(2)
    view.selected(2)
    other.selected(1)
    expect(view(".cvtr-lead-ids")).to_have_value(f"{ids[0]} {ids[1]}")
    view.box(ids[1]).click()
    first.selected(1)
    expect(first.box(ids[1])).not_to_be_checked()
    first.next()
    view.step(2)
    other.step(1)
    view.choose("other", reason="Replacement")
    expect(first(".cvtr-action")).to_have_value("other")
    first.preview()
    view(".cvtr-plan").wait_for()
    view.run(confirm=False)
    assert first.outcomes() == view.outcomes() == {"confirmed": 1}
    other.selected(1)
    other.next()
    expect(other(".cvtr-action")).to_have_value("")
    other.choose("test", reason="Test lead")
    other.preview()
    other.run(confirm=False)
    assert first.outcomes() == other.outcomes() == {"confirmed": 1}
    assert changed(sandbox, sandbox.lead_ids()) == {ids[0], ids[2]}


def test_while_a_cell_runs_a_run_goes_on_and_a_click_waits_and_says_so(notebook, sandbox):
    everyone = sandbox.lead_ids()
    opened = notebook([ONE_BY_ONE, CELL.format(role="admin")], environ=joined(sandbox), run=False)
    # Newer kernels can hear widgets on a line of their own (a subshell) while a cell runs; all others hear them afterwards.
    opened.page.evaluate("() => { window.jupyterapp.serviceManager.kernels.commsOverSubshells = 'disabled'; }")
    opened.run_all()
    panel = PanelPage(opened, sandbox)
    panel.step(1)
    prepare(panel, everyone[:30])
    sandbox.latency = 0.2
    panel.press(".cvtr-run")
    panel(".cvtr-progress").wait_for()
    block_kernel(panel, "go-on")
    line = panel(".cvtr-progress .cvtr-line")
    before = line.inner_text()
    panel(".cvtr-cancel").click()
    expect(panel(".cvtr-silent")).to_contain_text(
        "The kernel has not answered yet. It may be busy with another cell or its own work."
    )
    expect(panel(".cvtr-silent")).to_contain_text("What you pressed has not been answered yet.")
    expect(line).not_to_have_text(before)  # the run does not wait
    release_kernel(panel, "go-on")
    expect(panel(".cvtr-silent")).to_be_hidden()
    panel(".cvtr-results").wait_for()
    sandbox.latency = 0.0
    found, done = panel.outcomes(), changed(sandbox, everyone)
    assert found["confirmed"] == len(done)
    assert sum(found.values()) == 30
    # what is pressed while a cell runs is carried out afterwards
    block_kernel(panel, "go-on-again")
    panel(".cvtr-start-over").click()
    expect(panel(".cvtr-silent")).to_be_visible()
    release_kernel(panel, "go-on-again")
    panel.step(1)
    expect(panel(".cvtr-silent")).to_be_hidden()


@pytest.mark.kept_page
def test_faults_are_shown_with_their_way_out(open_panel, sandbox):
    ids = caution(sandbox, 2)
    panel = open_panel()
    sandbox.mishaps = [Mishap("leads", "status", status=403, text="<b>not</b> for you")]
    panel(".cvtr-load").click()
    problem = panel(".cvtr-step-leads .cvtr-problem:visible").first
    expect(problem).to_contain_text("403")
    sandbox.mishaps = []
    panel.load()
    expect(problem).to_be_hidden()
    panel.type_ids(" ".join(map(str, ids)))
    panel.next()
    panel.choose("other", reason="Replacement")
    sandbox.mishaps = [Mishap("leads", "html")]
    panel.press(".cvtr-preview")
    problem = panel(".cvtr-step-processing .cvtr-problem:visible").first
    problem.wait_for()
    sandbox.mishaps = []
    panel.press(".cvtr-preview-again")
    panel(".cvtr-plan").wait_for()
    expect(problem).to_be_hidden()
    sandbox.stop()
    panel.press(".cvtr-run")
    panel.page.wait_for_function(
        """() => document.querySelector('.cvtr-results:not([hidden])')
            || document.querySelector('.cvtr-step-processing .cvtr-problem:not([hidden])')"""
    )
    expect(panel(".cvtr-results")).to_be_visible()
    assert sum(panel.outcomes().values()) == 2
    assert "confirmed" not in panel.outcomes()
    panel.press(".cvtr-start-over")
    panel(".cvtr-load").click()
    problem = panel(".cvtr-step-leads .cvtr-problem:visible").first
    problem.wait_for()
    assert problem.inner_text().strip().endswith(".")
    whole = panel.page.content()
    assert "sandbox-admin" not in whole  # the password
    assert "Bearer" not in whole
