"""A redraw never takes the focus away: Tab visits the same controls while the kernel redraws all the time."""

from __future__ import annotations

import pytest

from tests.browser.test_honest_panel import caution, flag
from tests.browser.test_returns_file import choose_file

pytestmark = pytest.mark.kept_page
REDRAW = """
import threading
going = threading.Event()
def redraw():
    turn, state = 0, panel._state
    lead = int(panel.leads.index[0]) if len(panel.leads) else None
    while not going.wait(0.04):
        turn += 1
        with state.lock:
            state.kept.keep("kept" if turn % 2 else "other", state.leads.picked.ids_set)
            state.kept.drop("other" if turn % 2 else "kept")
            state.past.notes = [f"a note {turn}"]
            if lead is not None:
                state.kept.mark(lead, "later")
            for name in ("leads", "plan", "results"):
                table = state.table(name)
                table.size(25 if turn % 2 else 26)
            file = state.files.imported
            if file.found is not None:
                wording = next(iter({**file.found.unmapped, **file.found.mapped}))
                file.map(wording, "" if turn % 2 else file.view()["targets"][1][0])
            panel._news.forget()
            panel._sent_rows.clear()
        panel._changed()
thread = threading.Thread(target=redraw, daemon=True)
thread.start()
"""
NAME = """() => {
    const one = document.activeElement;
    if (!one?.closest('.cvtr-panel')) return '';
    if (!one.checkVisibility()) return 'hidden';
    return one.dataset.leadId && !one.closest('.cvtr-detail') ? `${one.className} row` : [...one.classList].join('.') || one.tagName;
}"""


def walk(panel, most=400):
    """What Tab visits from the panel's first control on, until it leaves the panel. Rows of a table count once."""
    panel.page.evaluate("() => document.querySelector('.cvtr-panel button:not([hidden])').focus()")
    found = []
    for _ in range(most):
        name = panel.page.evaluate(NAME)
        if not name:
            return found
        assert name != "hidden"
        if not found or found[-1] != name:
            found.append(name)
        panel.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not leave the panel: {found[-5:]}")


def visits(panel):
    """What Tab visits while nothing happens, and while the kernel redraws."""
    still = walk(panel)
    panel.opened.kernel_eval(f"exec({REDRAW!r}, globals())")
    try:
        moving = walk(panel)
    finally:
        assert panel.opened.kernel_eval("thread.is_alive()"), "nothing was redrawn"
        panel.opened.kernel_eval("going.set()")
    ours = ("cvtr-use-decided", "cvtr-use-kept", "cvtr-link")  # what the redrawing itself adds
    return tuple([name for name in walked if not any(o in name for o in ours)] for walked in (still, moving))


def alike(panel, where):
    still, moving = visits(panel)
    assert moving == still, f"{where}: still {' '.join(still)}\nwhile it is redrawn {' '.join(moving)}"


def test_tab_visits_every_control_while_the_kernel_redraws(open_panel, sandbox, tmp_path):
    panel = open_panel()
    alike(panel, "at first")
    panel.load()
    alike(panel, "with leads")
    path = tmp_path / "october.csv"
    path.write_text("Email,Reason\n" + "".join(f"nobody{n}@example.org,{n}\n" for n in range(3)))
    choose_file(panel, path)
    panel(".cvtr-returns-map").first.wait_for()
    alike(panel, "with a returns file")
    panel(".cvtr-returns-close").click()
    flag(panel, caution(sandbox, 3), "invalid", reason="Duplicate")
    alike(panel, "with a plan")
    panel.run()
    alike(panel, "with results")
