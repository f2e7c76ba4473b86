"""How each step looks, light and dark, narrow and wide, and whether everybody can use it.

With ``CVTR_PICTURES=1`` the pictures lie in ``test-output/looks-....png``, for somebody to look at.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from cvtr_widgets.sandbox import Mishap
from tests.browser.panel import CELL

pytestmark = pytest.mark.kept_page
WIDTHS = (320, 1280, 2560)
PICTURED = (320, 1280)
"""Each step is measured and pictured at these; those with a table at every width."""
TALL = 3_000
"""High enough that the whole panel is in the window; what a notebook has scrolled away cannot be pictured."""
SIDEWAYS = """root => ({
    panel: root.scrollWidth - root.clientWidth,
    output: Math.round(root.getBoundingClientRect().right - root.closest('.jp-OutputArea-output').getBoundingClientRect().right),
    notebook: (one => one.scrollWidth - one.clientWidth)(document.querySelector('.jp-WindowedPanel-outer')),
    page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""
OUTLINE = """() => {
    const one = document.activeElement;
    if (!one.closest('.cvtr-panel')) return null;
    const style = getComputedStyle(one);
    return {what: one.outerHTML.slice(0, 160), seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2};
}"""
SQUEEZED = """root => [...root.querySelectorAll('button, input, select, textarea, summary')].filter(one => one.checkVisibility())
    .map(one => [one.getBoundingClientRect(), one])
    .filter(([box, one]) => !one.closest('.cvtr-scroll') && (box.right > root.getBoundingClientRect().right + 1
        || box.left < root.getBoundingClientRect().left - 1 || box.height < (one.type === 'checkbox' ? 16 : 20)))
    .map(([box, one]) => one.outerHTML.slice(0, 120))"""

ALL_SEEN = "() => { document.body.style.height = '100vh'; }"
"""JupyterLab's body is 0 px high and hides what overflows it: axe takes all text in it for hidden, and judges no contrast."""
TEXTS = """root => [...root.querySelectorAll('*')].filter(one => one.checkVisibility() && !one.closest('.cvtr-scroll, select, [aria-disabled]')
    && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())).length"""
"""Texts on the screen, without those that scroll, and without those that are disabled, which may be pale."""
ALIKE = ".cvtr-scroll tbody tr:nth-child(n+8)"
"""Rows of a table after the first seven, among which are ticked ones, others, and one whose lead is shown: axe need not see more."""
JUDGE = """async rules => {
    // Without selectors, which take axe most of its time. By itself it tells one passed element of a rule.
    const kinds = ['violations', 'passes', 'incomplete'];
    const found = await window.axe.run({include: ['.cvtr-panel'], exclude: [rules.alike]}, {resultTypes: kinds, selectors: false, elementRef: true, ...rules.options});
    const why = ({any: [told], none: [error]}) => told ? (told.data || {}).messageKey : JSON.stringify(error);  // axe's own error
    const [failed, passed, unclear] = kinds.map(
        kind => found[kind].filter(rule => rule.id === 'color-contrast').flatMap(rule => rule.nodes));
    return {
        wrong: found.violations.flatMap(
            rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)),
        unclear: unclear.map(node => [why(node), node.html.slice(0, 160),
            Boolean(node.element.closest('.cvtr-scroll, .cvtr-fields'))]),  // by the edge of what scrolls
        passed: passed.length,
        seen: failed.length + passed.length + unclear.length,
    };
}"""
JUDGED = {"resultTypes": ["violations"], "selectors": False}
"""For axe's own report, where only what is wrong is looked at."""


def faults(page: Page, context: Any, **options: Any) -> list[tuple[str, list[str]]]:
    """What axe finds wrong in a part of the page, after it has judged the contrast of its texts."""
    page.evaluate(ALL_SEEN)
    found = Axe().run(page, context=context, options={**JUDGED, "resultTypes": ["violations", "passes"], **options}).response
    assert any(rule["id"] == "color-contrast" for rule in found["passes"]), f"the contrast of no text was judged in {context}"
    return [(wrong["id"], [node["html"][:150] for node in wrong["nodes"][:3]]) for wrong in found["violations"]]


CONTRAST_ALONE = {"runOnly": ["color-contrast"]}
"""For a second theme: nothing else depends on it."""
SIGNS = {"nonBmp", "shortTextContent"}  # a sign of one character, such as an arrow, is not judged as text


SMALL = CELL.format(role="admin").replace("LeadPanel(client", "LeadPanel(client, page_size=25")
"""Fewer rows to lay out, at every width: all are made alike."""


def leads(panel, sandbox):
    ids = sandbox.lead_ids(status="Caution")
    panel.load(status="Caution")
    panel.tick(panel.rows()[1:4])
    panel.type_ids(f"{ids[0]} {ids[1]} 1.2E+08\nbanana 99999999")
    panel(".cvtr-rejected summary").click()


def detail(panel, sandbox):
    panel(".cvtr-open").nth(2).click()
    panel(".cvtr-fields dt").first.wait_for()


def kind(panel, sandbox):
    panel(".cvtr-detail-close").click()
    valid = sandbox.lead_ids(status="Valid", delivery="Delivered")[:4]
    panel.type_ids(" ".join(map(str, [*sandbox.lead_ids(status="Caution")[:6], *valid, 299111])))
    panel(".cvtr-absent summary").wait_for()
    panel.next()
    panel.choose("invalid", reason="Returned", category="No budget", comment="Returned by the advertiser, 24 November")


def integrations(panel, sandbox):
    panel.choose("valid", reason="Details verified")
    panel(".cvtr-integrations input").first.check()


def plan(panel, sandbox):
    panel.choose("invalid")
    panel.preview()


def signed(panel, sandbox):
    panel.press(".cvtr-step-processing .cvtr-back")
    panel.choose("undelivered")
    panel.preview()
    panel(".cvtr-signature").wait_for()


def running(panel, sandbox):
    panel.press(".cvtr-step-processing .cvtr-back")
    panel.choose("invalid")
    panel.preview()
    panel(".cvtr-confirm").check()
    sandbox.latency = 1.5
    panel.press(".cvtr-run")
    panel(".cvtr-progress").wait_for()


def results(panel, sandbox):
    sandbox.latency = 0.0
    panel(".cvtr-results").wait_for()


def problem(panel, sandbox):
    panel.press(".cvtr-start-over")
    panel.step(1)
    sandbox.mishaps = [Mishap("leads", "status", status=403, text="Access Denied.")]
    panel(".cvtr-load").click()
    panel(".cvtr-step-leads .cvtr-problem:visible").first.wait_for()


IN_DARK = {"detail", "integrations", "signed", "running", "results", "problem"}
"""What is judged in dark, too: the others have nothing that one of these does not show as well."""


def look(panel, stage, screenshot, widths):
    """Pictures and what can be measured; gives what is wrong."""
    wrong = []
    for theme in ("light", "dark") if stage in IN_DARK else ("light",):
        panel.opened.theme(theme)
        for width in widths if theme == "light" else (1280,):  # colours move nothing
            panel.opened.width(width, TALL)
            found = {name: by for name, by in panel.root.evaluate(SIDEWAYS).items() if by > 0}
            squeezed = panel.root.evaluate(SQUEEZED)
            wrong += [f"{stage} {theme} {width}: {found} {squeezed}"] if found or squeezed else []
            if width in PICTURED:
                screenshot(f"looks-{stage}-{theme}-{width}", ".cvtr-panel")
        panel.opened.width(1280, TALL)  # what is outside of the window is not judged
        wrong += [f"{stage} {theme} {found}" for found in judged(panel, CONTRAST_ALONE if theme == "dark" else {})]
    return wrong


def judged(panel, rules=None):
    """What axe finds wrong; that it could not judge the contrast of a text is wrong, too."""
    panel.page.evaluate(ALL_SEEN)
    if not panel.page.evaluate("() => Boolean(window.axe)"):
        panel.page.evaluate(Axe().axe_script)
    found = panel.page.evaluate(JUDGE, {"alike": ALIKE, "options": rules or {}})
    wrong = found["wrong"]
    for why, html, cut in found["unclear"]:
        wrong += [] if (cut and why == "bgOverlap") or why in SIGNS else [f"contrast not judged, {why}: {html}"]
    texts, seen = panel.root.evaluate(TEXTS), found["seen"]
    wrong += [f"contrast of only {seen} texts of {texts} was judged"] if seen < texts or not found["passed"] else []
    return wrong


def unseen_focus(panel, most=80):
    """Press Tab through the panel; gives what has the focus and does not show it."""
    page = panel.page
    panel(".cvtr-step-open").first.focus()
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        state = page.evaluate(OUTLINE)
        if state is None:
            break
        if not state["seen"]:
            found.append(state["what"])
    return found


@pytest.mark.parametrize("stages", [(leads, detail, kind, integrations), (plan, signed, running, results, problem)])
def test_each_step_in_both_themes_and_every_width(open_panel, sandbox, screenshot, stages):
    panel = open_panel(cells=[SMALL])
    panel.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    if leads not in stages:
        leads(panel, sandbox)
        detail(panel, sandbox)
        kind(panel, sandbox)
    wrong = []
    for stage in stages:
        stage(panel, sandbox)
        # a run does not wait until its picture has been taken in every size
        wide = WIDTHS if stage in {leads, plan, results} else PICTURED
        wrong += look(panel, stage.__name__, screenshot, (1280,) if stage is running else wide)
        if stage in {detail, signed, results}:
            wrong += [f"{stage.__name__}: focus not seen on {what}" for what in unseen_focus(panel)]
    assert not wrong, "\n".join(wrong)
    style = panel.page.add_style_tag(
        content=".cvtr-usage { color: #b8b8b8 !important; background: #fff !important; }"
    )  # 1.98 : 1
    pale = judged(panel)
    style.evaluate("one => one.remove()")
    assert [one for one in pale if one.startswith("color-contrast") and "cvtr-usage" in one], "a pale text passed"


MARKS = """root => [...root.querySelectorAll('.cvtr-badge, .cvtr-on, .cvtr-problem, button, .cvtr-progress')].filter(one => one.checkVisibility())
    .filter(one => {
        const style = getComputedStyle(one), side = ['Top', 'Left', 'Bottom', 'Right'].some(
            s => style['border' + s + 'Style'] !== 'none' && parseFloat(style['border' + s + 'Width']) > 0);
        const line = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
        const link = style.textDecorationLine === 'underline' || one.matches('.cvtr-sort');  // a head of a column, with an arrow
        return !(side || line || link);
    }).map(one => one.outerHTML.slice(0, 160))"""


def test_at_twice_the_size_and_in_the_users_own_colours(open_panel, sandbox, screenshot):
    panel = open_panel(cells=[SMALL])
    page = panel.page
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.set_viewport_size({"width": 640, "height": 512})  # as a window of 1,280 x 1,024 at 200 % lays it out
    wrong = []
    for stage in (leads, detail, kind, plan):
        stage(panel, sandbox)
        found = {name: by for name, by in panel.root.evaluate(SIDEWAYS).items() if by > 0}
        wrong += [f"{stage.__name__} at 200 %: {found}"] if found else []
        wrong += [f"{stage.__name__} at 200 %: {what}" for what in panel.root.evaluate(SQUEEZED)]
        screenshot(f"looks-{stage.__name__}-zoomed")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    signed(panel, sandbox)
    wrong += [f"signed, forced colours: no edge around {what}" for what in panel.root.evaluate(MARKS)]
    screenshot("looks-signed-forced-colours", ".cvtr-panel")
    running(panel, sandbox)
    results(panel, sandbox)
    wrong += [f"results, forced colours: no edge around {what}" for what in panel.root.evaluate(MARKS)]
    screenshot("looks-results-forced-colours", ".cvtr-panel")
    problem(panel, sandbox)
    panel.tick(panel.rows()[4:6])
    wrong += [f"leads, forced colours: no edge around {what}" for what in panel.root.evaluate(MARKS)]
    wrong += [f"leads, forced colours: focus not seen on {what}" for what in unseen_focus(panel)]
    screenshot("looks-leads-forced-colours", ".cvtr-panel")
    assert panel.root.evaluate("root => root.getAnimations({ subtree: true }).length") == 0
    assert not wrong, "\n".join(wrong)
