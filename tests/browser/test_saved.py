"""What a saved notebook holds, and what it shows to whoever opens it later. Nothing of any lead, nothing typed, no secret."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import Mishap
from tests.browser.lab import PATIENCE, end_kernels, environment_cell, joined, write_notebook
from tests.browser.panel import CELL

COMMENT = "zq comment that nobody else writes"
SIGNATURE = "Zebedee Quillfeather"
TOGGLE = "async () => { await window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState'); }"
PERSONAL = ("id", "firstName", "lastName", "email", "telephone", "ip", "fingerprint", "publisherSubId")


def values(sandbox, ids):
    """Everything that says something about a lead, as the service sends it, and what the accounts are opened with."""
    found = {password for _, password, _ in sandbox.users.values()}
    found |= {COMMENT, SIGNATURE, COMMENT.split(maxsplit=1)[0], *sandbox.campaigns().values()}
    for lead_id in ids:
        record = sandbox.record(lead_id)
        found |= {str(record[key]) for key in PERSONAL if record[key]}
        found |= {entry["value"] for entry in record["leadData"] if entry["name"] in {"Company", "leadHash"}}
    return found


def held(text, wanted):
    """Those of ``wanted`` that the text holds, as whole words; also in the forms that JSON gives them."""
    lines = text + "\n" + re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    # "Tom" is not in "bottom", and an id not in the digits of a hash.
    return [lead_id for lead_id in wanted if lead_id in lines and re.search(rf"(?<!\w){re.escape(lead_id)}(?!\w)", lines)]


@pytest.fixture
def state_saved(notebooks):
    """Switches JupyterLab's saving of widget state on for the notebook that was opened last; off again afterwards."""
    switched = []

    def switch():
        notebooks[-1]._finish(TOGGLE)
        switched.append(True)

    yield switch
    if switched:
        notebooks[-1]._finish(TOGGLE)


def reopen(opened, lab):
    """As on another day: the kernels are gone, the page is new."""
    end_kernels(lab)
    opened.page.goto("about:blank")
    opened.open()


@pytest.mark.kept_page
def test_a_notebook_saved_with_widget_state_in_the_middle_of_a_run_holds_nothing(
    open_panel, sandbox, state_saved, lab, screenshot
):
    sandbox_ids = sandbox.lead_ids()
    ids = sandbox.lead_ids(status="Valid", delivery="Not Delivered")[:6]
    wanted = values(sandbox, sandbox_ids)
    panel = open_panel(cells=["import os\nos.environ.update(CVTR_CHUNK='1', CVTR_IN_FLIGHT='1')", CELL.format(role="admin")])
    state_saved()
    panel.load()
    panel(".cvtr-open").first.click()
    panel(".cvtr-fields dt").first.wait_for()
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(6)
    panel.next()
    panel.choose("test", reason="Test lead", comment=COMMENT)
    panel.choose("delivered")
    panel.preview()
    panel(".cvtr-signature").fill(SIGNATURE)
    panel(".cvtr-confirm").check()
    assert not held(str(panel.opened.save()), wanted)
    sandbox.latency = 0.3
    panel.press(".cvtr-run")
    panel(".cvtr-progress").wait_for()
    saved = panel.opened.save()
    expect(panel(".cvtr-progress")).to_be_visible()  # it was in the middle
    text = panel.opened.path.read_text(encoding="utf-8")
    assert "application/vnd.jupyter.widget-state+json" in saved["metadata"]["widgets"]
    assert not held(text, wanted)
    sandbox.latency = 0.0
    panel(".cvtr-results").wait_for()
    panel.opened.save()
    text = panel.opened.path.read_text(encoding="utf-8")
    assert not held(text, wanted)
    assert not re.search(r"Bearer|access_token|refresh_token", text)

    reopen(panel.opened, lab)  # the widget's state is there, its kernel is not
    # JupyterLab reads the saved state and asks the new kernel at the same time. Where the kernel's answer is the quicker one, it
    # says “model not found” for good, though the state is in the file: then the sentence above it has to tell what to do.
    refused = panel.page.get_by_text("Error displaying widget: model not found")
    silent = panel(".cvtr-silent:visible")
    expect(silent.or_(refused)).to_be_visible()
    if refused.is_visible():
        expect(panel.page.locator(".cvtr-absent-panel")).to_contain_text("“model not found”?")
    else:
        expect(silent).to_contain_text("No kernel answers this panel yet.")
        expect(silent).to_contain_text("run the cell that makes the panel (Shift+Enter).")
    screenshot("reopened-with-state")
    panel.opened.run_all()
    panel.step(1)
    panel.selected(0)


@pytest.mark.kept_page
def test_a_notebook_saved_without_widget_state_says_how_to_start(open_panel, sandbox, lab, screenshot):
    panel = open_panel()
    absent = panel.page.locator(".cvtr-absent-panel")
    expect(absent).to_be_hidden()
    panel.load()
    text = str(panel.opened.save())
    assert "widgets" not in panel.opened.save()["metadata"]
    assert not held(text, values(sandbox, sandbox.lead_ids()))
    reopen(panel.opened, lab)
    expect(absent).to_be_visible()
    expect(absent).to_contain_text("run this cell (Shift+Enter)")
    screenshot("reopened-without-state")
    panel.opened.run_all()
    panel.step(1)
    expect(absent).to_be_hidden()


EVERY_SECOND = """async seconds => {
    const value = seconds ? { autosaveInterval: seconds } : {};
    await window.jupyterapp.serviceManager.settings.save('@jupyterlab/docmanager-extension:plugin', JSON.stringify(value));
}"""


@pytest.fixture
def saved_by_itself(notebooks):
    """Has JupyterLab save the notebook that was opened last every second, once its page is loaded again. That page goes on with
    it, so it must be the test's own: a notebook that is closed while it is being saved leaves an error on the page.
    """
    yield lambda: notebooks[-1]._finish(EVERY_SECOND, 1)
    notebooks[-1]._finish(EVERY_SECOND, 0)


def test_what_the_timer_saves_in_the_middle_of_a_run_holds_nothing(open_panel, sandbox, state_saved, saved_by_itself):
    ids = sandbox.lead_ids(status="Caution")[:6]
    wanted = values(sandbox, sandbox.lead_ids())
    panel = open_panel(cells=["import os\nos.environ.update(CVTR_CHUNK='1', CVTR_IN_FLIGHT='1')", CELL.format(role="admin")])
    saved_by_itself()
    panel.reload()
    panel.step(1)
    state_saved()
    panel.load()
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(6)
    panel.next()
    panel.choose("test", reason="Test lead", comment=COMMENT)
    panel.preview()
    sandbox.latency = 0.5
    panel.press(".cvtr-run")
    panel(".cvtr-progress").wait_for()
    before = panel.opened.path.read_text(encoding="utf-8")
    # The user does something else meanwhile; nobody saves.
    panel.opened._finish("async () => { await window.jupyterapp.commands.execute('notebook:insert-cell-below'); }")
    panel.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    expect(panel(".cvtr-progress")).to_be_visible()  # it was in the middle
    text = panel.opened.path.read_text(encoding="utf-8")
    assert len(json.loads(text)["cells"]) == len(json.loads(before)["cells"]) + 1
    assert "application/vnd.jupyter.widget-state+json" in text
    assert not held(text, wanted)
    sandbox.latency = 0.0
    panel(".cvtr-results").wait_for()


DRIVEN = """
def page(kind, /, **fields):  # what the page of a panel sends
    panel._handle_custom_msg({{"v": 1, "kind": kind, "is": fields, "page": "p", "n": 1}}, [])

def until(condition):
    import time
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)

import builtins

page("hello")
page("ids", text={text!r})
if {errors}:  # the service refuses to be read, in words that hold a lead's e-mail address
    until(lambda: panel._state.leads.problem is not None)
page("load", go_on=False)
until(lambda: len(panel.leads) >= 300)
page("search", text={name!r})
if {errors}:  # a fault of ours, about a lead
    table, search = panel._state.leads.table, type(panel._state.leads.table).search
    type(table).search = lambda *_: builtins.int({name!r})
    page("search", text="x" + {name!r})
    type(table).search = search
    page("upload", purpose="file", name={name!r} + ".csv", part=0, parts=1)
    page("nonsense", text={name!r})
page("action", kind="test")
page("reason", value="own")
page("own_reason", text={comment!r})
page("comment", text={comment!r})
page("detail", id={own!r})
page("preview")
until(lambda: panel.plan is not None)
page("signature", text={signature!r}, fingerprint=panel.plan.fingerprint)
page("run", fingerprint=panel.plan.fingerprint)
until(lambda: panel.run is not None and panel.run.finished)
"""


REFUSED = "You may not see {} today."


def driven_by(sandbox, ids, *, errors):
    typed = " ".join(map(str, ids))
    name = sandbox.record(ids[0])["email"]
    if errors:
        text = REFUSED.format(name)
        sandbox.mishaps = [
            Mishap("leads", "status", status=400, text=text, times=2),
            *(Mishap("leads-bulk-flag", "refuse_lead", lead=lead_id, text=text) for lead_id in ids[:2]),
        ]
    driven = DRIVEN.format(text=typed, name=name, comment=COMMENT, own=str(ids[0]), signature=SIGNATURE, errors=errors)
    wanted = values(sandbox, sandbox.lead_ids())
    assert set(typed.split()) < set(held(driven, wanted))  # such a search finds what is there
    return driven, wanted


def write_driven(folder, name, sandbox, driven):
    """What the notebook's author writes is the author's own; so the messages come from a file beside it."""
    (folder / "driven.py").write_text(driven, encoding="utf-8")
    run = "exec(open('driven.py', encoding='utf-8').read())"
    show = "from IPython.display import display\ndisplay(panel)\npanel"
    write_notebook(folder / name, [environment_cell(joined(sandbox)), CELL.format(role="admin"), run, show])


@pytest.mark.parametrize("errors", [False, True])
def test_nbconvert_stores_nothing_of_what_a_panel_was_driven_through(sandbox, tmp_path, errors):
    ids = sandbox.lead_ids(status="Caution")[:3]
    driven, wanted = driven_by(sandbox, ids, errors=errors)
    write_driven(tmp_path, "book.ipynb", sandbox, driven)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output", "out.ipynb", "book.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE * 2, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    text = (tmp_path / "out.ipynb").read_text(encoding="utf-8")
    assert [bool(sandbox.effects(lead_id)) for lead_id in ids] == (
        [False, False, True] if errors else [True] * 3
    )  # it was driven
    assert "application/vnd.jupyter.widget-state+json" in text
    assert ("a fault in the lead panel" in text) is errors
    assert not held(text, wanted)


def test_the_source_of_a_voila_page_holds_nothing_after_errors(sandbox, lab, lab_root, watched):
    ids = sandbox.lead_ids(status="Caution")[:3]
    driven, wanted = driven_by(sandbox, ids, errors=True)
    write_driven(lab_root, "voila-errors.ipynb", sandbox, driven)
    source = watched.page.request.get(lab.address("voila-errors.ipynb", "voila/render"), timeout=PATIENCE * 1000).text()
    assert [bool(sandbox.effects(lead_id)) for lead_id in ids] == [False, False, True]  # it was driven, errors and all
    assert "cvtr" in source
    assert not held(source, wanted)
    end_kernels(lab)
