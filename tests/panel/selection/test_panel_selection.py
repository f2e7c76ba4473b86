"""Ticked, typed and imported leads together: each step against plain dicts and sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cvtr_widgets.panel.selection.id_set import IdSet
from cvtr_widgets.panel.selection.panel_selection import PanelSelection
from cvtr_widgets.selection.select import Selection, parse_ids

IDS = st.lists(st.integers(1, 15), max_size=6)
STEP = st.one_of(
    st.tuples(st.just("tick"), IDS),
    st.tuples(st.just("untick"), IDS),
    st.tuples(st.just("invert"), IDS),
    st.tuples(st.just("type"), st.one_of(st.none(), st.lists(st.integers(1, 15), max_size=6, unique=True))),
    st.tuples(st.just("file"), st.tuples(st.sampled_from("ab"), IDS)),
    st.tuples(st.just("drop"), st.sampled_from("ab")),
)


class Plain:
    """The same with dicts: ``ticks`` in order, what text and files bring in, and what of it was unticked."""

    def __init__(self):
        self.ticks, self.typed, self.files, self.unticked = {}, None, {}, set()

    def brought(self):
        return list(dict.fromkeys([*(self.typed or []), *(i for ids in self.files.values() for i in ids)]))

    def ids(self):
        return list(dict.fromkeys([*self.ticks, *(i for i in self.brought() if i not in self.unticked)]))

    def tick(self, ids):
        here = self.ids()
        self.ticks |= dict.fromkeys(i for i in ids if i not in here)
        self.unticked -= set(ids)

    def untick(self, ids):
        self.ticks = {i: None for i in self.ticks if i not in ids}
        self.unticked |= set(ids) & set(self.brought())

    def invert(self, ids):
        here = self.ids()
        self.untick([i for i in ids if i in here])
        self.tick([i for i in ids if i not in here])

    def type(self, ids):
        self.unticked -= set(ids or []) - set(self.typed or [])
        self.typed = ids
        self.unticked &= set(self.brought())

    def file(self, named):
        name, ids = named
        self.files.pop(name, None)
        self.files[name] = ids
        self.unticked -= set(ids)
        self.unticked &= set(self.brought())

    def drop(self, name):
        self.files.pop(name, None)
        self.unticked &= set(self.brought())


def stepped(picked: PanelSelection, what: str, given) -> PanelSelection:
    if what == "type":
        return picked.type(None if given is None else parse_ids(" ".join(map(str, given)), include_odd=True))
    if what == "file":
        return picked.add_file(given[0], Selection.of(given[1], "file"))
    return picked.drop_file(given) if what == "drop" else getattr(picked, what)(given)


@given(start=st.booleans(), steps=st.lists(STEP, max_size=12))
@settings(deadline=None, max_examples=60)
def test_every_step_gives_the_leads_that_were_meant(start, steps):
    picked, plain, states = PanelSelection(), Plain(), []
    if start:  # so many that the steps are notes beside an array
        picked = picked.tick(np.arange(3, 20_000, 3), "matching")
        plain.tick(range(3, 20_000, 3))
    for what, given_ in steps:
        states.append((picked, plain.ids()))
        picked = stepped(picked, what, given_)
        getattr(plain, what)(given_)
        assert picked.ids == tuple(plain.ids()) == tuple(picked.array.tolist())
        assert picked.ids_set == set(plain.ids())
        assert len(picked) == len(plain.ids()) == sum(n for n, _ in picked.parts())
        assert picked.unticked == plain.unticked
    for former, ids in states:  # and none of them has been touched since
        assert former.ids == tuple(ids)
    assert set(picked.selection.ids) == set(plain.ids())


def test_where_leads_came_from_is_counted_once():
    picked = (
        PanelSelection()
        .tick([1, 2])
        .tick(range(3, 6), "matching")
        .type(parse_ids("5 6 7"))
        .add_file("returned.csv", Selection.of([7, 8], "file"))
    )
    assert picked.parts() == [(2, "ticked"), (3, "by “all matching”"), (2, "typed"), (1, "from returned.csv")]
    assert picked.untick([6, 8]).parts() == [(2, "ticked"), (3, "by “all matching”"), (1, "typed")]


def test_a_tick_beside_a_million_shares_the_million():
    everything = PanelSelection().tick(np.arange(1_000_000), "matching")
    one_less = everything.untick([17])
    assert one_less.ids_set.steps_from(everything.ids_set) == ([], [17])
    assert one_less.tick([17]).ids_set == everything.ids_set
    assert isinstance(one_less.ids_set, IdSet)
    assert len(everything.invert(np.arange(1_000_001))) == 1
