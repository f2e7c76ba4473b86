"""Whatever is sorted, filtered, searched, paged, refreshed and undone: the leads selected are those that were ticked."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from cvtr_widgets.panel.selection.panel_selection import PanelSelection
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.panel.table.saved_views import View

from .table_model import COLUMNS, FILTERS, FLAGS, MOMENTS, PAYOUTS, SCORES, SORTABLE, STATES, TEXTS, ZONE, Model, Row, frame_of

IDS = st.one_of(st.integers(1, 60), st.sampled_from([2**53 + 1, 2**53 + 2, 2**63 - 1]))
ROWS = st.builds(
    Row,
    st.sampled_from(TEXTS),
    st.sampled_from(STATES),
    st.sampled_from(SCORES),
    st.sampled_from(MOMENTS),
    st.sampled_from(FLAGS),
    st.sampled_from(PAYOUTS),
    st.sampled_from(TEXTS),
)
LEADS = st.lists(st.tuples(IDS, ROWS), min_size=1, max_size=25, unique_by=lambda lead: lead[0]).map(dict)
STEP = st.tuples(st.sampled_from(SORTABLE), st.booleans())


class TableMachine(RuleBasedStateMachine):
    views = Bundle("views")

    @initialize(leads=LEADS, crowd=st.booleans())
    def begin(self, leads, crowd):
        self.table = LeadTable(COLUMNS, page_size=5, zone=ZONE, more=True)
        self.model = Model(leads)
        self.picked = PanelSelection()
        self.before: list[tuple[PanelSelection, dict[int, None]]] = []
        self.page = 0
        self.table.set_frame(frame_of(leads))
        self.model.arrange()
        if crowd:  # so many that sets share an array and note the differences
            self.from_elsewhere([*range(2, 10_000, 2)])

    # -- looking ------------------------------------------------------------------------------------------------------

    def rearranged(self, *, page: int = 0):
        self.model.arrange()
        self.page = page

    @rule(steps=st.lists(STEP, max_size=3, unique_by=lambda s: s[0]))
    def sort(self, steps):
        self.table.sort(steps)
        self.model.sort = tuple(steps)
        self.rearranged()

    @rule(step=STEP)
    def sort_by_one(self, step):
        self.table.sort(step[0], descending=step[1])
        self.model.sort = (step,)
        self.rearranged()

    @rule(wanted=st.sampled_from(FILTERS), off=st.booleans())
    def narrow(self, wanted, off):
        name, one = wanted
        self.table.filter(name, None if off else one)
        self.model.filters = {n: f for n, f in self.model.filters.items() if n != name} | ({} if off else {name: one})
        self.rearranged()

    @rule(text=st.sampled_from(["", "a", "STRASSE", "s 1", "va", "9", "b nobody", "<img", "i"]))
    def search(self, text):
        if text != self.model.search:
            self.table.search(text)
            self.model.search = text
            self.rearranged()

    @rule(on=st.booleans())
    def selected_only(self, on):
        self.table.marked_only(on)
        self.model.marked_only = on
        self.rearranged()

    @rule(page=st.integers(-1, 8))
    def turn(self, page):
        self.table.go(page)
        self.page = min(max(page, 0), self.table.pages - 1)

    @rule(lead_id=IDS)
    def jump(self, lead_id):
        said = self.table.show(lead_id)
        if lead_id in self.model.shown:
            assert said == "shown"
            self.page = self.model.shown.index(lead_id) // 5
        else:
            assert said == ("hidden" if lead_id in self.model.rows else "absent")

    @rule(target=views)
    def save_view(self):
        saved = self.table.view("mine")
        assert View.from_json(json.loads(json.dumps(saved.to_json()))) == saved
        return saved

    @rule(view=views)
    def use_view(self, view):
        assert self.table.use(view) == ()
        self.model.sort, self.model.filters = view.sort, dict(view.filters)
        self.rearranged()

    # -- other leads --------------------------------------------------------------------------------------------------

    @rule(leads=LEADS, keep=st.randoms(use_true_random=False), reorder=st.booleans())
    def refresh(self, leads, keep, reorder):
        """Some leads are gone, some are new, some have changed, and the order may be another one."""
        kept = {lead_id: row for lead_id, row in self.model.rows.items() if keep.random() < 0.7}
        items = [*(kept | leads).items()]
        if reorder:
            keep.shuffle(items)
        rows, former, seen = dict(items), self.model.rows, self.page_ids()
        gone = self.table.set_frame(frame_of(rows))
        assert sorted(gone) == sorted(i for i in former if i in self.model.selected and i not in rows)
        assert set(self.table.new) == rows.keys() - former.keys()
        shown = ("email", "current_status", "score", "date", "visible")
        assert set(self.table.changed) == {
            i for i in rows.keys() & former.keys() if any(rows[i].value(i, n) != former[i].value(i, n) for n in shown)
        }
        self.model.rows = rows
        self.model.arrange()
        last = max(0, -(-len(self.model.shown) // 5) - 1)
        self.page = min(self.page, last)
        still = [i for i in seen if i in self.model.shown]
        if self.page and still:
            self.page = self.model.shown.index(still[0]) // 5

    @rule(leads=LEADS)
    def arrive(self, leads):
        fresh = self.table.append(frame_of(leads), last=True)
        new = {lead_id: row for lead_id, row in leads.items() if lead_id not in self.model.rows}
        assert fresh == len(new)
        self.model.rows = self.model.rows | new
        if new:
            self.model.arrange()
            self.page = min(self.page, self.table.pages - 1)

    # -- selecting ----------------------------------------------------------------------------------------------------

    def pick(self, picked: PanelSelection):
        self.before.append((self.picked, dict(self.model.selected)))
        self.picked = picked
        self.table.mark(picked.ids_set)

    def page_ids(self) -> list[int]:
        return self.model.shown[self.page * 5 : self.page * 5 + 5]

    @rule(row=st.integers(0, 4), to=st.integers(0, 4), on=st.booleans())
    def tick_rows(self, row, to, on):
        """A click, or a range of them. The browser sends what its rows say, as text."""
        ids = [int(r["id"]) for r in self.table.message()["rows"][min(row, to) : max(row, to) + 1]]
        self.pick(self.picked.tick(ids) if on else self.picked.untick(ids))
        meant = self.page_ids()[min(row, to) : max(row, to) + 1]
        (self.model.tick if on else self.model.untick)(meant)

    @rule(what=st.sampled_from(["page", "matching", "loaded"]), step=st.sampled_from(["tick", "untick", "invert"]))
    def many(self, what, step):
        self.pick(getattr(self.picked, step)(self.table.ids_of(what)))
        meant = {"page": self.page_ids(), "matching": self.model.shown, "loaded": list(self.model.rows)}[what]
        getattr(self.model, step)(meant)

    @rule(ids=st.lists(IDS, max_size=6))
    def from_elsewhere(self, ids):
        """Ids of an analysis; they need not be loaded."""
        self.pick(self.picked.tick(ids, "list"))
        self.model.tick(ids)

    @rule()
    def none(self):
        self.pick(PanelSelection())
        self.model.selected = {}

    @precondition(lambda self: self.before)
    @rule()
    def undo(self):
        self.picked, self.model.selected = self.before.pop()
        self.table.mark(self.picked.ids_set)

    # -- always -------------------------------------------------------------------------------------------------------

    @invariant()
    def the_selection_is_what_was_ticked(self):
        if not hasattr(self, "table"):
            return
        assert self.picked.ids == tuple(self.model.selected)
        assert set(self.picked.ids_set) == self.model.selected.keys()
        assert len(self.picked) == len(self.model.selected) == sum(n for n, _ in self.picked.parts())

    @invariant()
    def the_page_shows_the_right_leads(self):
        if not hasattr(self, "table"):
            return
        message = self.table.message()
        assert self.table.matching_ids == tuple(self.model.shown)
        assert message["page"] == self.page
        assert [int(r["id"]) for r in message["rows"]] == self.page_ids()
        assert [r["on"] for r in message["rows"]] == [i in self.model.selected for i in self.page_ids()]
        assert [r["cells"][0] for r in message["rows"]] == [
            (self.model.rows[i].email or "").replace("\n", " ") for i in self.page_ids()
        ]
        here = self.model.selected.keys() & self.model.rows.keys()
        assert self.table.marked_here == len(here)
        assert self.table.marked_hidden == len(here - set(self.model.shown))
        assert self.table.marked_elsewhere == len(here - set(self.page_ids()))


QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
TestTable = TableMachine.TestCase
TestTable.settings = settings(max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=QUIET)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
class TestTableLong(TableMachine.TestCase):
    settings = settings(max_examples=10_000, stateful_step_count=20, deadline=None, suppress_health_check=QUIET)
