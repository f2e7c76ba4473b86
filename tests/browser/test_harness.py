"""The harness itself, on a small widget: what the other browser tests stand on."""

from __future__ import annotations

import json

import pytest

from tests.browser.lab import end_kernels, joined

COUNTER = '''
import anywidget

class Counter(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
        const button = document.createElement("button");
        button.className = "test-count";
        const show = n => { button.textContent = `count ${n}`; };
        show(0);
        button.addEventListener("click", () => model.send({ kind: "click" }));
        model.on("msg:custom", message => show(message.count));
        el.append(button);
    } };
    """
    count = 0
    def __init__(self):
        super().__init__()
        self.on_msg(self.heard)
    def heard(self, _widget, content, _buffers):
        if content["kind"] == "click":
            self.count += 1
            self.send({"count": self.count})

counter = Counter()
counter
'''

used = pytest.mark.long
"""What other tests of the browser use all the time; it need not be looked at by itself every day."""


@pytest.mark.kept_page
def test_a_click_reaches_the_kernel_and_its_answer_the_page(notebook, kernel_eval, screenshot):
    opened = notebook([COUNTER])
    button = opened.page.locator(".test-count")
    button.click()
    opened.page.get_by_text("count 1").wait_for()
    button.click()
    opened.page.get_by_text("count 2").wait_for()
    assert kernel_eval("counter.count") == 2
    assert screenshot("harness", ".test-count", always=True).stat().st_size > 100


@pytest.mark.kept_page
@used
def test_values_come_back_from_the_kernel_as_they_are(notebook, kernel_eval):
    notebook(["x = 1"])
    assert kernel_eval("y = x + 1\n{'y': [y, None, True, 'ü \"\\'']}") == {"y": [2, None, True, "ü \"'"]}
    assert len(kernel_eval("'z' * 200_000")) == 200_000
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        kernel_eval("1 / 0")


@pytest.mark.kept_page
def test_a_cell_that_fails_fails_the_test(notebook):
    with pytest.raises(AssertionError, match="KeyError"):
        notebook(["{}['missing']"])


@pytest.mark.kept_page
@used
def test_the_kernel_has_the_environment_it_was_given_and_nobody_elses(notebook, kernel_eval, monkeypatch):
    notebook(["import cvtr_widgets"], environ={"CVTR_SANDBOX_URL": "http://127.0.0.1:9"})
    assert kernel_eval("import os\nos.environ['CVTR_SANDBOX_URL']") == "http://127.0.0.1:9"
    assert kernel_eval("[n for n in os.environ if n in ('CVTR_USERNAME', 'CVTR_PASSWORD', 'CVTR_ENTERPRISE')]") == []
    assert "cvtr-tests-" in kernel_eval("os.environ['CVTR_JOURNAL']")


@used
def test_a_reloaded_page_finds_the_same_kernel_and_the_next_test_does_not(notebook, kernel_eval, lab):
    opened = notebook([COUNTER])
    opened.page.locator(".test-count").click()
    opened.page.get_by_text("count 1").wait_for()
    opened.reload()
    assert kernel_eval("counter.count") == 1
    end_kernels(lab)
    assert json.loads(lab.call("api/kernels")) == []


@pytest.mark.kept_page
@used
def test_light_dark_narrow_and_wide(notebook):
    opened = notebook([COUNTER])
    background = "() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"
    light = opened.page.evaluate(background)
    opened.theme("dark")
    opened.page.wait_for_function(f"light => ({background})() !== light", arg=light)
    opened.width(420)
    assert opened.page.evaluate("() => innerWidth") == 420


@pytest.mark.kept_page
@used
def test_the_saved_file_can_be_read(notebook):
    opened = notebook(["print('hello')"])
    (cell,) = opened.save()["cells"]
    assert cell["outputs"][0]["text"] == ["hello\n"]


@pytest.mark.kept_page
@used
def test_a_running_cell_need_not_be_waited_for(notebook):
    waiting = "from pathlib import Path\nimport time\nwhile not Path('go').exists(): time.sleep(0.02)\nprint('went on')"
    opened = notebook([COUNTER, waiting], wait=False, until=".test-count")
    (opened.path.parent / "go").touch()
    opened.wait_run()
    assert opened.cells()[1]["outputs"][0]["text"] == "went on\n"


@pytest.mark.parametrize("script", ["alert('x')", "setTimeout(() => { throw new Error('broken') })"])
def test_dialogs_and_errors_in_the_page_are_noticed(watched, script):
    watched.page.goto("about:blank")
    watched.page.evaluate(f"() => {{ {script} }}")
    watched.page.evaluate("() => new Promise(done => setTimeout(done))")
    assert len(watched.troubles) == 1
    watched.troubles.clear()  # otherwise this test would fail of it, which is the point


@pytest.mark.kept_page
@used
def test_a_notebook_joins_the_sandbox_whose_truth_the_test_holds(notebook, kernel_eval, sandbox):
    notebook(["import cvtr_widgets as cvtr\nclient = cvtr.Sandbox().connect()"], environ=joined(sandbox))
    assert kernel_eval("cvtr.Sandbox().url") == sandbox.url
