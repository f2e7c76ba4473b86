"""The panel as a user meets it: what tests click, type and read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from cvtr_widgets.sandbox import SandboxServer
from tests.browser.lab import PATIENCE, NotebookPage, joined

expect.set_options(timeout=PATIENCE * 1000)
READY = ".cvtr-panel[data-step='1']:not(.cvtr-waiting)"
"""Until unfinished runs have been looked for, the steps are not displayed, and Tab finds none of their controls."""
CELL = "import cvtr_widgets as cvtr\nclient = cvtr.Sandbox().connect(role={role!r})\npanel = cvtr.LeadPanel(client)\npanel"


class PanelPage:
    """One panel in an open notebook. ``root`` is its outermost element."""

    def __init__(self, opened: NotebookPage, sandbox: SandboxServer, place: int = 0) -> None:
        self.opened = opened
        self.page: Page = opened.page
        self.sandbox = sandbox
        self.root = self.page.locator(".cvtr-panel").nth(place)

    def __call__(self, selector: str) -> Locator:
        return self.root.locator(selector)

    def reload(self) -> int:
        """Load the page again; gives how often JupyterLab showed “model not found” first, though kernel and widget were there.

        It asks for an output's widget before it has read the widgets of the kernel, and does not ask again (about one load in a
        hundred, on a busy machine). The sentence beside it says what to do.
        """
        self.opened.reload()
        missing = self.page.get_by_text("Error displaying widget: model not found")
        expect(missing.or_(self.root)).to_be_visible()
        if not missing.is_visible():
            return 0
        expect(self.page.locator(".cvtr-absent-panel")).to_contain_text("If this notebook’s kernel is running, reload the page.")
        return 1 + self.reload()

    # -- step 1 -------------------------------------------------------------------------------------------------------

    def load(self, **filters: str) -> None:
        """Load leads, all of them; ``filters``: the label of an option by the filter's name (campaign, status ...)."""
        for name, label in filters.items():
            self.filter(name, label)
        self(".cvtr-load").click()
        self(".cvtr-table .cvtr-row-tick").first.wait_for()
        # The first rows show before the last ones are there. What is shown with the time of reading knows of the work, too.
        expect(self(".cvtr-usage")).to_contain_text("leads as of")
        expect(self(".cvtr-step-leads .cvtr-still .cvtr-working")).to_be_hidden()

    def filter(self, name: str, *labels: str) -> None:
        """Choose values of a filter by their labels; the others of it are let go."""
        opener = self(f".cvtr-filter-{name}")
        opener.click()
        menu = self(f".cvtr-filter-{name}-menu")
        for label in labels:
            menu.get_by_text(label, exact=True).wait_for()
        for one in menu.locator("label").all():
            one.locator("input").set_checked(one.inner_text().strip() in labels)
        self.page.keyboard.press("Escape")
        expect(opener).to_be_focused()

    def rows(self) -> list[int]:
        """Lead ids of the rows shown, once those out of sight are drawn, too."""
        expect(self(".cvtr-table .cvtr-grid")).not_to_have_attribute("aria-busy", "true")
        return [int(box.get_attribute("data-lead-id") or 0) for box in self(".cvtr-table .cvtr-row-tick").all()]

    def box(self, lead_id: int) -> Locator:
        return self(f".cvtr-row-tick[data-lead-id='{lead_id}']")

    def tick(self, ids: Sequence[int]) -> None:
        for lead_id in ids:
            self.box(lead_id).click()
        self.selected(len(ids))

    def type_ids(self, text: str) -> None:
        self(".cvtr-lead-ids").fill(text)

    def import_file(self, path: Path) -> None:
        with self.page.expect_file_chooser() as chosen:
            self(".cvtr-import").click()
        chosen.value.set_files(path)

    def selected(self, number: int) -> None:
        """Wait until so many leads are selected."""
        words = f"{number:,} lead{'' if number == 1 else 's'} selected"
        expect(self(".cvtr-count")).to_have_text(words)

    # -- step 2 and 3 -------------------------------------------------------------------------------------------------

    def next(self) -> None:
        self.press(".cvtr-next")
        self.step(2)

    def step(self, number: int) -> None:
        """Wait until a step is open."""
        expect(self.root).to_have_attribute("data-step", str(number))

    def press(self, selector: str) -> None:
        """Click a button once it is enabled."""
        button = self(f"{selector}:not(.cvtr-off)")
        button.wait_for()
        button.click()

    def choose(self, action: str, **fields: str) -> None:
        """Fill step 2: ``reason``, ``category`` by label; ``own_reason``, ``comment`` as text."""
        self(".cvtr-action").select_option(action)
        for name, value in fields.items():
            control = self(f".cvtr-{name.replace('_', '-')}")
            control.wait_for()
            if name in {"reason", "category"}:
                control.locator("option", has_text=re.compile(f"^{re.escape(value)}$")).wait_for(state="attached")
                control.select_option(label=value)
            else:
                control.fill(value)

    def preview(self) -> None:
        self.press(".cvtr-preview")
        self(".cvtr-plan").wait_for()

    def begin_test(self, ids: Sequence[int], *, latency: float) -> None:
        """A run under way that marks these leads as Test, with a service as slow as that from the press on."""
        self.type_ids(" ".join(map(str, ids)))
        self.selected(len(ids))
        self.next()
        self.choose("test", reason="Test lead")
        self.preview()
        self.sandbox.latency = latency
        self.press(".cvtr-run")
        self(".cvtr-progress").wait_for()

    def run(self, *, confirm: bool = True, signature: str = "", count: str = "") -> None:
        """Confirm as asked, press the last button, wait for the results."""
        if signature:
            self(".cvtr-signature").fill(signature)
        if count:
            self(".cvtr-confirm-count").fill(count)
        if confirm:
            self(".cvtr-confirm").check()
        self.press(".cvtr-run")
        self(".cvtr-results").wait_for()

    def outcomes(self) -> dict[str, int]:
        """The outcome tiles: words -> number."""
        found = {}
        for tile in self(".cvtr-outcome-filter .cvtr-tile").all():
            number, words = tile.inner_text().split("\n", 1)
            found[words.strip()] = int(number.replace(",", ""))
        return found

    def texts(self, selector: str) -> list[str]:
        return [" ".join(text.split()) for text in self(selector).all_inner_texts() if text.strip()]


Opener = Callable[..., PanelPage]


def opener(notebook: Callable[..., NotebookPage], sandbox: SandboxServer) -> Opener:
    """``open_panel(role="admin", cells=None)``: a notebook with the panel, joined to ``sandbox``."""

    def make(role: str = "admin", cells: Sequence[str] | None = None, **more: Any) -> PanelPage:
        made = notebook(cells or [CELL.format(role=role)], environ=joined(sandbox), until=READY, **more)
        return PanelPage(made, sandbox)

    return make
