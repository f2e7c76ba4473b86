"""The panel on a page that is not Jupyter's: nothing but its own module and style is allowed, and nothing else is tried."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from playwright.sync_api import expect

import cvtr_widgets as cvtr
from tests.browser.host_page import Host
from tests.panel.conftest import Driven

STATIC = sorted((resources.files("cvtr_widgets.panel") / "static").iterdir(), key=lambda file: file.name)
NEVER = {
    "text run as code": r"\beval\b|\bFunction\s*\(|setTimeout\s*\(\s*[\"'`]|setInterval\s*\(\s*[\"'`]|javascript:",
    "text taken for markup": r"innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|document\.write|DOMParser|srcdoc|"
    r"createContextualFragment|parseHTMLUnsafe",
    "a request": r"\bfetch\b|XMLHttpRequest|WebSocket|EventSource|sendBeacon|(?<!-)\bimport\b|\brequire\b|importScripts|\bWorker\b|"
    r"url\(|@import|@font-face|https?:|\bsrc\b",
    "something left in the browser": r"localStorage|sessionStorage|indexedDB|document\.cookie|\bcaches\b",
}
PRESSED_ELSEWHERE = ".cvtr-import"  # the browser's own window for files


def recorded(driven: Driven) -> dict:
    """What the kernel would send now."""
    state = driven.state
    view = state.view()
    view["head"] |= {"download": None}
    rows = {name: state.table(name).message() for name in ("leads", "plan", "results")}
    made: dict = json.loads(json.dumps({"view": view, "rows": rows, "texts": state.texts()}))
    return made


@pytest.fixture(scope="module")
def stages():
    """The whole job, as the kernel tells it: leads, a lead's detail, what to do, the plan, the results, an export."""
    with cvtr.Sandbox(leads=120, seed=5) as sandbox:
        driven = Driven.of(sandbox)
        try:
            ids = sandbox.server.lead_ids(status="Caution")[:3]
            driven.say("load", go_on=False)
            driven.say("ids", text=f"{' '.join(map(str, ids))} 299111\nbanana")
            driven.say("narrow", column="email", wanted={"kind": "contains", "text": "lead"})
            driven.say("save_view", name="mine")
            driven.say("keep", name="these")
            made = [recorded(driven)]
            driven.say("detail", id=str(ids[0]))
            made.append(recorded(driven))
            driven.say("go", step=2)
            driven.say("action", kind="invalid")
            driven.say("reason", value="listed:Duplicate")
            made.append(recorded(driven))
            driven.say("preview")
            driven.say("confirm", on=True)
            made.append(recorded(driven))
            driven.run()
            made.append(recorded(driven))
        finally:
            driven.close()
    return [*made, {"file": "lead_id,outcome\n1,confirmed\n"}]


def press_everything(root) -> int:
    """Every button and box that can be seen, and a word into every field; how many there were."""
    closed = root.locator("details:not([open]) > summary:visible")
    while closed.count():
        closed.first.click()
    pressed = 0
    for one in root.locator(f"button:visible:not({PRESSED_ELSEWHERE}), input[type=checkbox]:visible").element_handles():
        one.dispatch_event("click")
        pressed += 1
    for field in root.locator("input[type=text]:visible, input[type=search]:visible, textarea:visible").all():
        field.fill("a word")
        field.blur()
        pressed += 1
    return pressed


@pytest.mark.parametrize("as_anywidget", [False, True], ids=["strictest", "as anywidget loads it"])
def test_the_whole_job_on_a_page_that_allows_nearly_nothing(page, stages, as_anywidget, screenshot):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    host = Host(cvtr.LeadPanel._esm, cvtr.LeadPanel._css, stages, as_anywidget=as_anywidget)
    with host.served():
        page.goto(host.url)
        root = page.locator(".cvtr-panel")
        following = page.locator("#next")
        expect(root).to_have_attribute("data-step", "1")
        expect(root.locator(".cvtr-head .cvtr-badge")).to_have_css("border-top-style", "dashed")  # the style is in force
        expect(root.locator(".cvtr-grid-leads tbody tr")).to_have_count(50)
        expect(root.locator(".cvtr-count")).to_have_text("4 leads selected")
        loaded = len(requests)
        assert press_everything(root) > 100

        following.click()
        expect(root.locator(".cvtr-detail")).to_be_visible()
        press_everything(root)
        following.click()
        expect(root).to_have_attribute("data-step", "2")
        expect(root.locator(".cvtr-action")).to_have_value("invalid")
        press_everything(root)
        following.click()
        expect(root).to_have_attribute("data-step", "3")
        expect(root.locator(".cvtr-plan .cvtr-tile-will_change")).to_contain_text("3")
        press_everything(root)
        following.click()
        expect(root.locator(".cvtr-results .cvtr-tile-confirmed")).to_contain_text("3")
        expect(root.locator(".cvtr-grid-results tbody tr")).to_have_count(4)
        press_everything(root)
        screenshot(f"host-page-{'anywidget' if as_anywidget else 'strictest'}")
        with page.expect_download() as download:
            following.click()
        assert download.value.path().read_text() == stages[-1]["file"]
        following.click()
        expect(page.locator("#said")).to_contain_text("listeners left: 0")

        said = (page.locator("#said").text_content() or "").split("\n")
        assert {"hello", "tick", "sort", "select_matching", "go", "preview", "run", "export", "narrow"} <= set(said)
        assert page.locator("#violations").text_content() == ""
        assert page.locator("#broken").text_content() == ""
        assert [url for url in requests[loaded:] if not url.startswith("blob:")] == []
        assert set(host.asked) == host.files.keys()
        assert not any(name in host.policy for name in ("unsafe-inline", "unsafe-eval", "http"))


def test_such_a_page_tells_when_something_is_not_allowed(page, stages):
    """Else the test above would show nothing."""
    bad = """
        const bad = (act) => { try { act(); } catch { /* seen by the page */ } };
        bad(() => eval("1"));
        bad(() => { document.body.insertAdjacentHTML("beforeend", "<i>x</i>"); });
        bad(() => { document.body.append(Object.assign(new Image(), { src: "/picture.png" })); });
        bad(() => { fetch("/data").catch(() => {}); });
        document.body.setAttribute("style", "color: red");
    """
    esm = cvtr.LeadPanel._esm + bad
    with Host(esm, cvtr.LeadPanel._css, stages, as_anywidget=False).served() as host:
        page.goto(host.url)
        violations = page.locator("#violations")
        for said in ("eval|1", "insertAdjacentHTML", "img-src", "connect-src", "style-src"):
            expect(violations).to_contain_text(said)
        assert not {"/picture.png", "/data"} & set(host.asked)


@pytest.mark.parametrize("file", STATIC, ids=lambda file: file.name)
def test_what_the_modules_never_use(file):
    text = file.read_text(encoding="utf-8")
    code = re.sub(r"/\*[\s\S]*?\*/|^\s*//.*$|\s//\s.*$", "", text, flags=re.MULTILINE)
    if file.name.endswith(".min.js"):  # a bundle imports nothing but the charts' renderer, which the kernel sends as bytes
        code = re.sub(r"import\([a-z]\)", "", code, count=1)
        code = re.sub(r"http:\(\)=>Promise\.reject\(", "", code, count=1)  # what a chart would load is refused
    else:  # a module or style imports its neighbours
        code = re.sub(r'^(import \{[^}]*\} from|@import) "[./]+/[\w/]+\.(js|css)";$', "", code, flags=re.MULTILINE)
    assert len(code) > len(text) / 4, "hardly any code is left"
    for what, pattern in NEVER.items():
        assert re.findall(pattern, code) == [], what
