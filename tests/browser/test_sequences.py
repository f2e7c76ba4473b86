"""Random sequences of what users do to the lead table, in the browser: the leads selected are those that were ticked.

After each step the page must show what a plain model says, after each sequence ``panel.selection.ids`` in the kernel must
be the model's. What was ticked is the id that a user reads in the row whose box is clicked.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as TooLate

from tests.browser.panel import PanelPage
from tests.browser.ticking_model import SORTS, TITLES, Ticking

# Ids are read as text from the rows, not from attributes: it is what a user goes by.
SHOWN = """() => {
    const root = document.querySelector('.cvtr-panel');
    const text = (selector) => root.querySelector(selector).textContent;
    const sorted = [...root.querySelectorAll('.cvtr-table th[aria-sort]')].filter((th) => th.getAttribute('aria-sort') !== 'none');
    return {
        rows: [...root.querySelectorAll('.cvtr-table tbody tr')].map((tr) =>
            [tr.querySelector('th').textContent, tr.querySelector('input').checked]),
        where: text('.cvtr-table .cvtr-where'),
        sorts: sorted.map((th) => [th.dataset.column, th.getAttribute('aria-sort')]).sort(),
        absent: text('.cvtr-absent summary'),
        count: text('.cvtr-count'),
        filters: [...root.querySelectorAll('.cvtr-active-filters button')].map((b) => b.getAttribute('aria-label').slice(13)).sort(),
    };
}"""
SORTED = (
    "value => JSON.stringify(value, (_, v) => v && v.constructor === Object ? Object.fromEntries(Object.entries(v).sort()) : v)"
)
AGREES = f"wanted => {{ const one = {SORTED}; return one(({SHOWN})()) === one(wanted); }}"


# Does not wait for the kernel: sorts, turns and ticks at a user's fastest, and notes what each ticked row said just then.
HURRY = """async ([seed, steps]) => {
    const root = document.querySelector('.cvtr-panel .cvtr-table');
    let state = seed + 1;
    const random = (below) => { state = (state * 48271) % 2147483647; return state % below; };
    const meant = [];
    for (let n = 0; n < steps; n += 1) {
        const what = random(10);
        if (what < 2) [...root.querySelectorAll('.cvtr-sort')][random(5)].click();
        else if (what < 4) root.querySelector(random(3) ? '.cvtr-page-next' : '.cvtr-page-previous').click();
        else {
            const rows = [...root.querySelectorAll('tbody tr')];
            const row = rows[random(rows.length)];
            const id = row.querySelector('th').textContent;
            row.querySelector('input').click();
            meant.push([Number(id), row.querySelector('input').checked]);
        }
        await new Promise((done) => { setTimeout(done, random(90)); });
    }
    return meant;
}"""


class User:
    """Does one random thing at a time, in the page and in the model."""

    def __init__(self, panel: PanelPage, model: Ticking, seed: int) -> None:
        self.panel, self.model, self.random = panel, model, random.Random(seed)
        self.did: list[str] = []

    def settle(self) -> None:
        """Wait until the page shows what the model says."""
        try:
            self.panel.page.wait_for_function(AGREES, arg=self.model.page_shows(), timeout=30_000)
        except TooLate:
            assert self.panel.page.evaluate(SHOWN) == self.model.page_shows(), self.did
            raise

    def note(self, what: str) -> None:
        self.did.append(what)

    def press(self, selector: str) -> None:
        self.panel(selector).first.click()

    # -- ticking ------------------------------------------------------------------------------------------------------

    def click(self, *, shift: bool = False) -> None:
        here = self.model.here
        if not here:
            return
        place = self.random.randrange(len(here))
        self.note(f"{'shift-' if shift else ''}click on {here[place]}")
        box = self.panel(".cvtr-table tbody tr").nth(place).locator("input")
        box.click(modifiers=["Shift"] if shift else [])
        self.model.click(here[place], shift=shift)

    def click_twice(self) -> None:
        """One, then a range from it."""
        self.click()
        self.click(shift=True)

    def tick_page(self) -> None:
        self.note("this page")
        self.press(".cvtr-select-page")
        self.model.tick(self.model.here, on=True)

    def head_box(self) -> None:
        here = self.model.here
        if here:
            self.note("the box of the page")
            on = not all(lead_id in self.model.selected for lead_id in here)
            self.press(".cvtr-tick-page")
            self.model.tick(here, on=on)

    def matching(self) -> None:
        self.note("all matching")
        self.press(".cvtr-select-matching")
        self.model.pick(self.model.selected | set(self.model.shown))

    def loaded(self) -> None:
        if len(self.model.shown) != len(self.model.rows):
            self.note("all loaded")
            self.press(".cvtr-select-loaded")
            self.model.pick(self.model.selected | self.model.rows.keys())

    def invert(self) -> None:
        here = self.model.here
        self.note("invert page")
        self.press(".cvtr-invert")
        if here:
            self.model.pick(self.model.selected ^ set(here))

    def none(self) -> None:
        self.note("none")
        self.press(".cvtr-select-none")
        self.model.pick(frozenset())

    def undo(self) -> None:
        if self.model.steps:
            self.note("undo")
            self.press(".cvtr-undo-selection")
            self.model.undo()

    # -- looking ------------------------------------------------------------------------------------------------------

    def sort(self) -> None:
        name, add = self.random.choice([*SORTS]), self.random.random() < 0.3
        self.note(f"sort by {name}{' too' if add else ''}")
        self.panel(f".cvtr-table [data-sort='{name}']").click(modifiers=["Shift"] if add else [])
        down = dict(self.model.sort).get(name)
        rest = tuple(step for step in self.model.sort if step[0] != name) if add else ()
        self.model.sort = () if down else (*rest, (name, down is False))
        self.model.arrange()

    def search(self) -> None:
        some = self.random.choice([*self.model.rows])
        text = self.random.choice(
            ["", f"lead.{str(some)[:5]}", f"LEAD.{str(some)[:5]} @Corp", "@mail", f"lead.{some}@", "@nobody.example"]
        )
        self.note(f"search {text!r}")
        self.panel(".cvtr-search").fill(text)
        if text != self.model.search:
            self.model.search = text
            self.model.arrange()

    def narrow(self) -> None:
        """A filter on a column, or no filter on it."""
        name = self.random.choice([*TITLES])
        if name in self.model.filters and self.random.random() < 0.7:
            self.note(f"no filter on {name}")
            self.panel(f"button[aria-label='No filter on {TITLES[name]}']").click()
            del self.model.filters[name]
        elif name == "current_status":
            if not self.one_of(name):
                return
        else:
            wanted = self.random.choice(["e", "10", "MÜ", "corp"])
            self.note(f"{name} contains {wanted!r}")
            self.head(name, "contains")
            self.panel(".cvtr-filter-value").fill(wanted)
            self.panel(".cvtr-filter-apply").click()
            self.model.filters[name] = wanted.casefold()
        self.model.arrange()

    def head(self, name: str, kind: str) -> None:
        """Open a column's menu, to filter it so."""
        self.panel(f".cvtr-table [data-menu='{name}']").click()
        self.panel(".cvtr-filter-kind").select_option(kind)

    def one_of(self, name: str) -> bool:
        values = self.model.values(name)
        if not values:
            return False
        wanted = self.random.choice(sorted(values))
        self.note(f"{name} is {wanted}")
        self.head(name, "one_of")
        self.panel(".cvtr-values label").first.wait_for()
        for one in self.panel(".cvtr-values input:checked").all():
            one.uncheck()
        self.panel(".cvtr-values label").filter(has_text=re.compile(rf"^{wanted}\s*\({values[wanted]}\)$")).locator(
            "input"
        ).check()
        self.panel(".cvtr-filter-apply").click()
        self.model.filters[name] = wanted
        return True

    def selected_only(self) -> None:
        self.note("selected only")
        self.press(".cvtr-selected-only")
        self.model.only = not self.model.only
        self.model.arrange()

    def turn(self) -> None:
        how, page, pages = self.random.choice(["next", "previous", "number"]), self.model.page, self.model.pages
        wanted = {"next": page + 1, "previous": page - 1, "number": self.random.randrange(pages)}[how]
        if not 0 <= wanted < pages:
            return
        self.note(f"page {wanted + 1}")
        if how == "number":
            self.panel(".cvtr-table .cvtr-page").fill(str(wanted + 1))
            self.panel(".cvtr-table .cvtr-page").press("Enter")
        else:
            self.press(f".cvtr-table .cvtr-page-{how}")
        self.model.turn(wanted)

    def resize(self) -> None:
        size = self.random.choice([25, 50, 100])
        self.note(f"{size} rows")
        self.panel(".cvtr-table .cvtr-page-size").select_option(str(size))
        self.model.resize(size)

    def view(self) -> None:
        """Keep how the table is looked at, or look at it as it was kept."""
        if self.model.views and self.random.random() < 0.6:
            name = self.random.choice([*self.model.views])
            self.note(f"view {name}")
            self.press(".cvtr-views-button")
            self.panel(".cvtr-use-view").get_by_text(name, exact=True).click()
            self.model.sort, filters = self.model.views[name]
            self.model.filters = dict(filters)
            self.model.arrange()
            return
        name = f"view {self.random.randrange(4)}"
        self.note(f"keep {name}")
        self.press(".cvtr-views-button")
        self.panel(".cvtr-view-name").fill(name)
        self.press(".cvtr-save-view")
        self.panel(".cvtr-use-view").get_by_text(name, exact=True).wait_for()
        self.panel.page.keyboard.press("Escape")
        self.model.views[name] = (self.model.sort, dict(self.model.filters))

    # -- other leads --------------------------------------------------------------------------------------------------

    def meanwhile(self) -> None:
        """Somebody else deletes and changes leads (selected ones too), and new ones come in. The list does not show it yet."""
        model = self.model
        rows = [lead_id for lead_id in model.rows if lead_id not in model.gone]
        chosen = sorted(model.selected & set(rows))
        gone = {*self.random.sample(chosen or rows, 1), *self.random.sample(rows, self.random.randrange(3))}
        changed = [lead_id for lead_id in self.random.sample(rows, 5) if lead_id not in gone]
        self.note(f"meanwhile {sorted(gone)} are deleted, {changed} changed")
        for lead_id in gone:
            model.sandbox.delete(lead_id)
        for lead_id in changed:
            status, reason = self.random.choice([("Invalid", "Duplicate"), ("Valid", None), ("Test", None)])
            model.sandbox.change(lead_id, status=status, reason=reason)
        model.sandbox.arrive(self.random.randrange(1, 6))
        model.arrived = int(time.time())
        model.gone |= gone
        model.changed |= set(changed)

    def refresh(self) -> None:
        model = self.model
        if len(model.sandbox.lead_ids()) == len(model.rows):  # the number of leads tells when the page has the new ones
            self.meanwhile()
            return
        self.note("refresh")
        # A reading takes what was there when its second began.
        self.panel.page.wait_for_function("second => Date.now() >= (second + 1) * 1000", arg=model.arrived)
        self.press(".cvtr-refresh")
        model.refresh()

    def step(self) -> None:
        ways: dict[Callable[[], None], int] = {
            self.click: 6, self.click_twice: 4, self.tick_page: 2, self.head_box: 2, self.matching: 2, self.loaded: 1, self.invert: 3,
            self.none: 1, self.undo: 3, self.sort: 5, self.search: 3, self.narrow: 3, self.selected_only: 2, self.turn: 5,
            self.resize: 2, self.view: 3, self.meanwhile: 3,
            self.refresh: 4,
        }  # fmt: skip
        self.random.choices([*ways], [*ways.values()])[0]()
        self.settle()


def play(panel: PanelPage, model: Ticking, seed: int, steps: int, asked: Callable[[str], Any]) -> None:
    """One sequence. It begins with nothing selected, and with the list as the one before has left it."""
    user = User(panel, model, seed)
    user.none()
    user.settle()
    for _ in range(steps):
        user.step()
    ids = asked("list(panel.selection.ids)")
    assert len(ids) == len(set(ids)), (seed, user.did)
    assert set(ids) == model.selected, (seed, user.did)


@pytest.fixture
def table(open_panel, sandbox):
    panel = open_panel()
    panel.load()
    model = Ticking(sandbox)
    model.load()
    return panel, model


@pytest.mark.kept_page
def test_sequences_select_exactly_what_was_ticked(table, kernel_eval):
    panel, model = table
    for seed in range(15):
        play(panel, model, seed, 6, kernel_eval)


def hurry(panel, kernel_eval, seed: int, steps: int) -> None:
    panel(".cvtr-select-none").click()
    panel.selected(0)
    meant = dict(panel.page.evaluate(HURRY, [seed, steps]))
    wanted = {lead_id for lead_id, on in meant.items() if on}
    ends = time.monotonic() + 30.0
    # What is asked here may pass by clicks that were made just before: widgets are heard on a line of their own.
    while set(ids := kernel_eval("list(panel.selection.ids)")) != wanted and time.monotonic() < ends:
        panel.page.wait_for_timeout(50)
    assert len(ids) == len(set(ids)), seed
    assert set(ids) == wanted, seed
    panel.selected(len(ids))


@pytest.mark.kept_page
def test_ticks_made_before_the_list_has_caught_up_mean_the_leads_that_stood_there(table, kernel_eval):
    panel, _ = table
    for seed in range(3):
        hurry(panel, kernel_eval, seed, 30)


@pytest.mark.long
def test_many_ticks_made_in_a_hurry(table, kernel_eval):
    panel, _ = table
    for seed in range(100, 150):
        hurry(panel, kernel_eval, seed, 60)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(4))
def test_many_more_sequences_select_exactly_what_was_ticked(table, kernel_eval, part):
    panel, model = table
    for seed in range(1000 * (part + 1), 1000 * (part + 1) + 50):
        play(panel, model, seed, 20, kernel_eval)
