"""A file goes to the view that asked for it, and to no other one of the same panel."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.panel import CELL, PanelPage


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

    for view, other, form, name in ((second, first, "csv", ".csv"), (first, second, "excel", ".xlsx")):
        view(".cvtr-export-format").select_option(form)
        with page.expect_download() as coming:
            view(".cvtr-export").click()
        assert coming.value.suggested_filename.endswith(name)
        expect(view(".cvtr-download")).to_contain_text("was handed to the browser")
        expect(other(".cvtr-download")).to_have_text("")
    # What the kernel says next comes after the files: a second copy would have been saved by then.
    second(".cvtr-start-over").click()
    expect(first.root).to_have_attribute("data-step", "1")
    expect(second.root).to_have_attribute("data-step", "1")
    assert len(saved) == 2
