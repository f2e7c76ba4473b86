"""Which messages of a page are late, lost or here; with a clock that stands still unless it is told to go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvtr_widgets.panel.link.acknowledgements import PATIENCE, Acknowledgements


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def known(clock) -> Acknowledgements:
    return Acknowledgements(clock)


def numbers(gaps):
    return [number for first, last in gaps for number in range(first, last + 1)]


def test_none_of_hundreds_that_were_swallowed_is_left_out(known):
    known.note("page", 1)
    assert known.note("page", 500).missing == [(2, 499)]


def test_what_comes_late_fills_its_gap_and_what_comes_too_late_is_given_up(known, clock):
    known.note("page", 5)
    assert known.note("page", 3).missing == [(1, 2), (4, 4)]
    clock.now = PATIENCE
    after = known.note("page", 6)
    assert (after.missing, after.lost) == ([], [(1, 2), (4, 4)])
    assert known.note("page", 4).given_up
    assert not known.note("page", 7).given_up
    assert not known.note("another page", 1).given_up


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 2)), max_size=60))
def test_each_number_is_here_missing_or_lost(steps):
    clock = Clock()
    known, here = Acknowledgements(clock), set()
    for number, wait in steps:
        clock.now += wait
        noted = known.note("page", number)
        if not noted.given_up:
            here.add(number)
        of = [*here, *numbers(noted.missing), *numbers(noted.lost)]
        assert sorted(of) == list(range(1, max(*of, number) + 1))
