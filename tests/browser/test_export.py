"""A file goes to the view that asked for it, and to no other one of the same panel."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.panel import CELL, PanelPage
from tests.browser.test_accessibility import faults

pytestmark = pytest.mark.kept_page


def test_only_the_view_that_asked_gets_the_file(open_panel, sandbox):
    first = open_panel(cells=[CELL.format(role="admin"), "panel"])
    second = PanelPage(first.opened, sandbox, place=1)
    expect(second.root).to_have_attribute("data-step", "1")
    page = first.page
    saved = []
    page.on("download", lambda coming: saved.append(coming))  # noqa: PLW0108  Playwright cannot wrap a builtin
    first.type_ids("\n".join(map(str, sandbox.lead_ids(status="Caution")[:2])))
    first.next()
    first.choose("test", reason="Test lead", comment="two views")
    first.preview()
    first.run(confirm=False)
    expect(second(".cvtr-results")).to_be_visible()

    forms = (
        (second, first, "csv", ".csv"),
        (first, second, "excel", ".xlsx"),
        (second, first, "report_excel", ".xlsx"),
        (first, second, "report_html", ".html"),
    )
    for view, other, form, name in forms:
        view(".cvtr-export-format").select_option(form)
        with page.expect_download() as coming:
            view(".cvtr-export").click()
        assert coming.value.suggested_filename.endswith(name)
        expect(view(".cvtr-download")).to_contain_text("was sent to the browser")
        expect(other(".cvtr-download")).to_have_text("")
    # What the kernel says next comes after the files: a second copy would have been saved by then.
    second(".cvtr-start-over").click()
    expect(first.root).to_have_attribute("data-step", "1")
    expect(second.root).to_have_attribute("data-step", "1")
    assert len(saved) == 4
    shows_the_report(page.context, saved[-1].path())


def shows_the_report(context, path):
    """A report opens by itself, asks for nothing, and everybody can read it."""
    text = path.read_text(encoding="utf-8")
    report = context.new_page()
    asked = []
    report.on("request", lambda request: asked.append(request.url))
    report.set_content(text)
    expect(report.locator("h1")).to_have_text("I mark 2 leads as Test, reason Test lead.")
    assert report.locator("figure svg").count() == 2
    assert asked == []
    report.set_content(text.replace("default-src", "x-"))  # so that the checker may look at the page
    assert faults(report, None) == []
    report.close()
