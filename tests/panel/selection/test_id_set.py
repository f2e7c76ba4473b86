"""Compact sets of ids behave as sets do, whatever they share and note."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cvtr_widgets.panel.selection.id_set import SMALL, IdSet, RowsOfIds, first_of_each
from cvtr_widgets.panel.selection.ticks import Ticks
from cvtr_widgets.panel.table.ticked_rows import TickedRows

FEW = st.lists(st.integers(0, 40), max_size=6)
MANY = st.integers(0, 3).map(lambda n: list(range(n * 2_000, n * 2_000 + SMALL + 50)))
STEPS = st.lists(st.tuples(st.booleans(), st.one_of(FEW, FEW, FEW, MANY)), max_size=8)


@given(start=st.one_of(FEW, MANY), steps=STEPS)
@settings(deadline=None)
def test_an_id_set_is_the_set_that_its_steps_make(start, steps):
    ids, plain = IdSet.of(start), set(start)
    for on, step in steps:
        former, ids = ids, ids.with_(step) if on else ids.without(step)
        before, plain = plain, plain | set(step) if on else plain - set(step)
        assert ids == plain
        assert len(ids) == len(plain)
        assert list(ids) == sorted(plain)
        assert ids.common(former) == len(plain & before)
        asked = np.arange(-2, 60)
        assert ids.holds(asked).tolist() == [i in plain for i in asked.tolist()] == [i in ids for i in asked.tolist()]
        steps_made = ids.steps_from(former)
        if steps_made is not None:
            assert tuple(map(sorted, steps_made)) == (sorted(plain - before), sorted(before - plain))


@given(
    start=st.one_of(FEW, MANY),
    steps=STEPS,
    order=st.one_of(st.permutations(range(0, 41, 2)), st.sampled_from([[*range(0, 41, 2)], [*range(40, -1, -2)], [8], []])),
)
@settings(deadline=None)
def test_ticks_of_rows_follow_the_set(start, steps, order):
    marks, ids = TickedRows(), IdSet.of(start)
    places = RowsOfIds(np.array(order, np.int64))
    marks.move(places)
    wanted = [order.index(i) if i in order else -1 for i in range(-1, 43)]
    assert [places.of(i) for i in range(-1, 43)] == places.many(np.arange(-1, 43)).tolist() == wanted
    for on, step in steps:
        ids = ids.with_(step) if on else ids.without(step)
        marks.set(ids)
        assert marks.ticks.tolist() == [i in ids for i in order]


@given(steps=STEPS)
@settings(deadline=None)
def test_ticks_keep_their_order_and_origin(steps):
    ticks, plain = Ticks(), {}
    for n, (on, step) in enumerate(steps):
        origin = "ticked" if n % 2 else "matching"
        ticks = ticks.with_(step, origin) if on else ticks.without(step)
        if on:
            plain |= {i: origin for i in step if i not in plain}
        else:
            gone = set(step)
            plain = {i: o for i, o in plain.items() if i not in gone}
        assert list(ticks) == list(plain)
        assert sum(ticks.counts().values()) == len(ticks) == len(plain)
        assert ticks.counts().get("matching", 0) == sum(o == "matching" for o in plain.values())
        assert {i: ticks[i] for i in [*plain][:3]} == dict([*plain.items()][:3])


def test_a_step_of_a_few_ids_shares_what_is_large():
    everything = IdSet.of(range(1_000_000))
    assert everything.without([5]).with_([2_000_000]).steps_from(everything) == ([2_000_000], [5])


def test_what_is_no_lead_id_is_in_no_set():
    ids = IdSet.of([2**63 - 1, 0])
    assert 2**63 - 1 in ids
    assert 2**70 not in ids
    assert "0" not in ids
    assert RowsOfIds(ids.array).of(2**70) == -1


@given(ids=st.lists(st.integers(0, 9)))
def test_ids_stay_in_their_first_order(ids):
    assert first_of_each(np.array(ids, np.int64)).tolist() == list(dict.fromkeys(ids))
